#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::*;
use crate::scratch::Scratch;
use crate::{ManualClock, Silent, backup};

/// A sample database with a backup of 1 November 2026, a Sunday, and a clock that a test moves.
struct Place {
    scratch: Scratch,
    clock: ManualClock,
}

impl Place {
    async fn new() -> Self {
        let mut scratch = Scratch::new(CancellationToken::new()).await.unwrap();
        let clock = ManualClock::at("2026-11-01T12:00:00Z".parse().unwrap());
        scratch.context.clock = Arc::new(clock.clone());
        let place = Self { scratch, clock };
        place.back_up().await;
        place
    }

    async fn back_up(&self) {
        backup::create(&self.scratch.context, Default::default(), &Silent).await.unwrap();
    }

    async fn at(&self, now: &str) -> Checklist {
        self.clock.set(now.parse().unwrap());
        status(&self.scratch.context).await.unwrap()
    }
}

fn of(list: &Checklist, item: CheckItem) -> (bool, bool) {
    let line = list.lines.iter().find(|line| line.item.is(item)).unwrap();
    (line.done.is_some(), line.missed)
}

#[tokio::test]
async fn what_there_is_evidence_of_ticks_itself_until_its_span_is_over() {
    let place = Place::new().await;
    let list = place.at("2026-11-01T20:00:00Z").await;
    assert_eq!(list.lines.len(), CheckItem::ALL.len());
    assert_eq!(of(&list, CheckItem::Completion), (true, false));
    assert_eq!(of(&list, CheckItem::Size), (true, false));
    assert_eq!(of(&list, CheckItem::Keys), (true, false));
    assert_eq!(of(&list, CheckItem::TestRestore), (false, false), "there was nothing to restore last month");
    let list = place.at("2026-11-02T09:00:00Z").await;
    assert_eq!(of(&list, CheckItem::Completion), (false, false), "today is not over");
    let list = place.at("2026-11-03T09:00:00Z").await;
    assert_eq!(of(&list, CheckItem::Completion), (false, true), "yesterday is");
    place.back_up().await;
    let list = place.at("2026-11-03T10:00:00Z").await;
    assert_eq!(of(&list, CheckItem::Completion), (true, false));
    let list = place.at("2027-01-02T09:00:00Z").await;
    assert_eq!(of(&list, CheckItem::TestRestore), (false, true));
}

#[tokio::test]
async fn the_rest_is_ticked_by_a_person_with_a_note_which_the_trail_has() {
    let place = Place::new().await;
    let context = &place.scratch.context;
    let request = |item, note: &str| TickRequest { item, note: note.to_owned() };
    for (item, note) in [(CheckItem::Completion, "it was made"), (CheckItem::Cost, "  ")] {
        let refused = tick(context, request(item, note)).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::ConfigInvalid);
    }
    place.clock.set("2026-12-10T08:00:00Z".parse().unwrap());
    let list = status(context).await.unwrap();
    assert_eq!(of(&list, CheckItem::Cost), (false, false), "no whole month has had backups");
    let list = tick(context, request(CheckItem::Cost, "4.20 a month, as planned")).await.unwrap();
    assert_eq!(of(&list, CheckItem::Cost), (true, false));
    // Whoever comes later changes nothing.
    let later = tick(context, request(CheckItem::Cost, "something else")).await.unwrap_err();
    assert_eq!(later.code(), ErrorCode::ConfigInvalid);
    let list = status(context).await.unwrap();
    let line = list.lines.iter().find(|line| line.item.is(CheckItem::Cost)).unwrap();
    let Some(Ticked::Person { note, .. }) = &line.done else { panic!("{line:?}") };
    assert_eq!(note, "4.20 a month, as planned");
    let trail =
        serde_json::to_string(&crate::trail::list(context, Default::default()).await.unwrap()).unwrap();
    assert!(trail.contains("cost: 4.20 a month, as planned"), "{trail}");
    let list = place.at("2027-01-10T08:00:00Z").await;
    assert_eq!(of(&list, CheckItem::Cost), (false, false), "it was done in the month before");
    let list = place.at("2027-02-10T08:00:00Z").await;
    assert_eq!(of(&list, CheckItem::Cost), (false, true));
}

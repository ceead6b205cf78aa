#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::sync::Arc;

use aitta_base::lock::ProfileLock;
use aitta_model::{BackupKind, DatabaseUrl, Operation, RUNS_AHEAD};
use aitta_policy::Schedule;
use proptest::prelude::*;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::config::Profile;
use crate::schedule::{pause, resume, status};
use crate::scratch::Scratch;
use crate::{Catalog, ManualClock, archives, sample};

/// A sample database whose schedule is switched on, daily at two, with a clock that a test moves.
struct Place {
    scratch: Scratch,
    clock: ManualClock,
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

impl Place {
    /// On 1 November at noon.
    async fn new() -> Self {
        let mut scratch = Scratch::new(CancellationToken::new()).await.unwrap();
        let clock = ManualClock::at(at("2026-11-01T12:00:00Z"));
        scratch.context.clock = Arc::new(clock.clone());
        let mut place = Self { scratch, clock };
        place.change(|profile| profile.auto_backup = true);
        place
    }

    fn change(&mut self, change: impl FnOnce(&mut Profile)) {
        let mut profile = self.scratch.context.profile.as_ref().clone();
        change(&mut profile);
        self.scratch.context.profile = Arc::new(profile);
    }

    fn context(&self) -> &Context {
        &self.scratch.context
    }

    /// The backup that is tried when it is looked at this moment.
    async fn look(&self, now: &str) -> Option<Slot> {
        let tried = self.tried(now, Lane::Archives).await;
        tried.into_iter().find_map(|(duty, slot)| (duty == Duty::Backup).then_some(slot))
    }

    /// All that is tried then.
    async fn tried(&self, now: &str, lane: Lane) -> Vec<(Duty, Slot)> {
        self.clock.set(at(now));
        look(self.context(), lane).await.unwrap()
    }

    fn key(&self) -> String {
        key(&self.context().profile)
    }

    async fn last(&self) -> Option<Slot> {
        let now = self.context().clock.now();
        self.context().catalog.last_slot(&self.key(), Duty::Backup, now).await.unwrap()
    }

    async fn archives(&self) -> usize {
        archives::list(self.context(), None).await.unwrap().archives.len()
    }
}

fn state(slot: &Slot) -> SlotState {
    slot.state.known().unwrap()
}

#[tokio::test]
async fn what_is_due_is_done_once_and_a_schedule_that_is_new_counts_from_now() {
    let place = Place::new().await;
    assert_eq!(place.look("2026-11-01T12:00:00Z").await, None, "today's two o'clock was before it");
    assert_eq!(place.look("2026-11-02T01:59:59Z").await, None);
    let slot = place.look("2026-11-02T02:00:20Z").await.unwrap();
    assert_eq!(
        (slot.due, state(&slot), slot.attempts),
        (at("2026-11-02T02:00:00Z"), SlotState::Succeeded, 1)
    );
    assert!(slot.missed.is_empty() && slot.run.is_some() && slot.failure.is_none(), "{slot:?}");
    assert_eq!(place.look("2026-11-02T02:00:50Z").await, None);
    assert_eq!(place.archives().await, 1);
    let listed = archives::list(place.context(), None).await.unwrap();
    assert_eq!(listed.archives[0].kind, Some(BackupKind::Scheduled.into()));

    let status = status(place.context()).await.unwrap();
    assert_eq!(status.last, Some(slot));
    assert_eq!((status.next.len(), status.next[0]), (RUNS_AHEAD, at("2026-11-03T02:00:00Z")));
    assert!(status.is_forsaken(), "nobody holds the lock of the host");
}

#[tokio::test]
async fn a_week_that_was_slept_through_is_one_backup_that_names_every_night() {
    let place = Place::new().await;
    place.look("2026-11-01T12:00:00Z").await;
    let slot = place.look("2026-11-08T09:30:00Z").await.unwrap();
    assert_eq!((slot.due, state(&slot)), (at("2026-11-08T02:00:00Z"), SlotState::Succeeded));
    let nights: Vec<Timestamp> = (2..=7).map(|day| at(&format!("2026-11-0{day}T02:00:00Z"))).collect();
    assert_eq!((slot.missed.clone(), slot.missed_count()), (nights, 6));
    assert_eq!(place.look("2026-11-08T09:30:30Z").await, None);
    assert_eq!(place.archives().await, 1);
    assert_eq!(place.last().await, Some(slot));
}

#[tokio::test]
async fn what_was_edited_or_switched_off_and_on_counts_from_then() {
    let mut place = Place::new().await;
    place.look("2026-11-01T12:00:00Z").await;
    place.change(|profile| profile.schedule = Schedule::parse("0 * * * *", "Europe/Helsinki").unwrap());
    assert_eq!(place.look("2026-11-05T12:30:00Z").await, None, "the hours before were not due");
    let slot = place.look("2026-11-05T13:00:00Z").await.unwrap();
    assert_eq!((slot.due, slot.missed_count()), (at("2026-11-05T13:00:00Z"), 0));

    place.change(|profile| profile.auto_backup = false);
    assert_eq!(place.look("2026-11-05T14:00:00Z").await, None);
    let off = status(place.context()).await.unwrap();
    assert!(!off.on && off.next.is_empty() && !off.is_forsaken());
    place.change(|profile| profile.auto_backup = true);
    assert_eq!(place.look("2026-11-06T08:10:00Z").await, None);
    let slot = place.look("2026-11-06T09:00:00Z").await.unwrap();
    assert_eq!((slot.due, slot.missed_count()), (at("2026-11-06T09:00:00Z"), 0));
}

#[tokio::test]
async fn a_backup_that_fails_is_tried_three_times_and_the_next_night_again() {
    let place = Place::new().await;
    place.look("2026-11-01T12:00:00Z").await;
    let away = place.scratch.dir.join("away");
    std::fs::rename(place.scratch.dir.join("store"), &away).unwrap();
    let first = place.look("2026-11-02T02:00:00Z").await.unwrap();
    assert_eq!((state(&first), first.again), (SlotState::Waiting, Some(at("2026-11-02T02:05:00Z"))));
    let failure = first.failure.unwrap();
    assert_eq!(failure.code, ErrorCode::StoreMissing);
    assert_eq!(next_look(place.context(), Lane::Archives).await.unwrap(), first.again);
    assert_eq!(place.look("2026-11-02T02:04:59Z").await, None);
    let second = place.look("2026-11-02T02:05:00Z").await.unwrap();
    assert_eq!((second.attempts, second.again), (2, Some(at("2026-11-02T02:25:00Z"))));
    let third = place.look("2026-11-02T02:25:00Z").await.unwrap();
    assert_eq!((state(&third), third.attempts, third.again), (SlotState::Failed, 3, None));
    assert_eq!(place.look("2026-11-02T03:25:00Z").await, None, "it was given up");

    std::fs::rename(away, place.scratch.dir.join("store")).unwrap();
    let next = place.look("2026-11-03T02:00:00Z").await.unwrap();
    assert_eq!((state(&next), next.missed_count(), next.failure), (SlotState::Succeeded, 0, None));
}

#[tokio::test]
async fn a_backup_that_waits_for_another_run_counts_no_attempt() {
    let place = Place::new().await;
    place.look("2026-11-01T12:00:00Z").await;
    let profile = &place.context().profile;
    let other = ProfileLock::acquire(
        &profile.data_dir,
        &profile.name,
        Operation::Restore,
        at("2026-11-02T01:50:00Z"),
    );
    for minute in 0..5 {
        let slot = place.look(&format!("2026-11-02T02:0{minute}:00Z")).await.unwrap();
        let again = at(&format!("2026-11-02T02:0{}:00Z", minute + 1));
        assert_eq!((state(&slot), slot.attempts, slot.again), (SlotState::Waiting, 0, Some(again)));
        assert_eq!(slot.failure.unwrap().code, ErrorCode::RunInProgress, "one that never ends is told");
    }
    drop(other);
    let slot = place.look("2026-11-02T02:05:00Z").await.unwrap();
    assert_eq!((state(&slot), slot.attempts), (SlotState::Succeeded, 1));
}

#[tokio::test]
async fn what_a_killed_program_has_begun_is_done_and_what_it_has_done_is_not_done_again() {
    let place = Place::new().await;
    place.look("2026-11-01T12:00:00Z").await;
    let catalog = &place.context().catalog;
    let claim = |now: &str| {
        let (now, profile) = (at(now), place.context().profile.clone());
        async move {
            let ended = interrupted(Duty::Backup).failure();
            let claimed =
                catalog.claim_due(&key(&profile), Duty::Backup, &profile.schedule, now, &ended).await;
            claimed.unwrap().unwrap()
        }
    };
    // Claimed, and killed before anything else.
    claim("2026-11-02T02:00:00Z").await;
    let slot = place.look("2026-11-02T07:00:00Z").await.unwrap();
    assert_eq!(
        (state(&slot), slot.attempts, slot.due),
        (SlotState::Succeeded, 2, at("2026-11-02T02:00:00Z"))
    );
    // Done, and killed before it was entered.
    let done = claim("2026-11-03T02:00:00Z").await;
    catalog.note_slot(&place.key(), Duty::Backup, &Slot { run: slot.run, ..done }).await.unwrap();
    assert_eq!(place.look("2026-11-03T02:10:00Z").await, None);
    let slot = place.last().await.unwrap();
    assert_eq!((state(&slot), slot.attempts), (SlotState::Succeeded, 1));
    assert_eq!(place.archives().await, 1);
    // Killed each time.
    let killed = claim("2026-11-04T02:00:00Z").await;
    let killed = Slot { attempts: ATTEMPTS, ..killed };
    catalog.note_slot(&place.key(), Duty::Backup, &killed).await.unwrap();
    let slot = place.look("2026-11-04T02:10:00Z").await.unwrap();
    assert_eq!((state(&slot), slot.failure.unwrap().code), (SlotState::Failed, ErrorCode::Interrupted));
    // Killed, and the next night has come: the slot of that one stands for itself.
    claim("2026-11-05T02:00:00Z").await;
    let slot = place.look("2026-11-06T02:00:00Z").await.unwrap();
    assert_eq!((state(&slot), slot.due), (SlotState::Succeeded, at("2026-11-06T02:00:00Z")));
    assert_eq!(catalog.open_slot(&place.key(), Duty::Backup, slot.due).await.unwrap(), None);
}

#[tokio::test]
async fn a_clock_that_goes_back_repeats_nothing_and_one_that_was_wrong_stops_nothing() {
    let place = Place::new().await;
    place.look("2026-11-01T12:00:00Z").await;
    place.look("2026-11-02T02:00:00Z").await.unwrap();
    assert_eq!(place.look("2026-11-02T01:59:00Z").await, None);
    assert_eq!(place.look("2026-11-02T02:00:00Z").await, None, "it was done");
    // Long ago by mistake, as without a battery, and back: what was done is not missed.
    assert_eq!(place.look("2020-01-01T00:00:00Z").await, None);
    assert_eq!(place.look("2026-11-02T02:30:00Z").await, None);
    assert_eq!(place.archives().await, 1);
    // A year ahead by mistake, and back.
    place.look("2027-11-02T02:00:00Z").await.unwrap();
    assert_eq!(place.look("2026-11-02T03:00:00Z").await, None);
    let slot = place.look("2026-11-03T02:00:00Z").await.unwrap();
    assert_eq!((state(&slot), slot.missed_count()), (SlotState::Succeeded, 0));
}

#[tokio::test]
async fn each_duty_has_a_schedule_of_its_own_and_one_that_is_off_is_not_done() {
    let mut place = Place::new().await;
    for lane in Lane::ALL {
        assert_eq!(place.tried("2026-11-01T12:00:00Z", lane).await, [], "all of it is new");
    }
    place.look("2026-11-02T02:00:00Z").await.unwrap();
    let pruned = place.tried("2026-11-02T03:00:00Z", Lane::Archives).await;
    let [(Duty::Prune, slot)] = pruned.as_slice() else { panic!("{pruned:?}") };
    assert_eq!(
        (state(slot), slot.due, &slot.failure),
        (SlotState::Succeeded, at("2026-11-02T03:00:00Z"), &None)
    );
    assert_eq!(place.tried("2026-11-02T04:00:00Z", Lane::Checks).await, [], "it is not the first of a month");
    let checked = place.tried("2026-12-01T04:00:00Z", Lane::Checks).await;
    let [(Duty::Verify, verified), (Duty::Trail, trail)] = checked.as_slice() else { panic!("{checked:?}") };
    for slot in [verified, trail] {
        assert_eq!((state(slot), &slot.failure), (SlotState::Succeeded, &None));
    }
    let done: Vec<Operation> = crate::runs::list(place.context(), 20)
        .await
        .unwrap()
        .into_iter()
        .map(|run| run.operation.known().unwrap())
        .collect();
    // Every byte of the archive, and its rows.
    assert_eq!(done, [Operation::Verify, Operation::Verify, Operation::Prune, Operation::Backup]);
    let status = status(place.context()).await.unwrap();
    let others: Vec<_> =
        status.others.iter().map(|other| (other.duty.known(), other.last.is_some())).collect();
    assert_eq!(others, [Duty::Prune, Duty::Verify, Duty::Trail].map(|duty| (Some(duty), true)));

    place.change(|profile| drop(profile.others.remove(&Duty::Prune)));
    place.look("2026-12-02T02:00:00Z").await.unwrap();
    assert_eq!(place.tried("2026-12-02T03:00:00Z", Lane::Archives).await, []);
}

#[tokio::test]
async fn old_archives_go_each_night_by_rules_that_somebody_has_agreed_to() {
    let mut place = Place::new().await;
    place.change(|profile| (profile.retention.days, profile.retention.share) = (3, 1.0));
    place.tried("2026-11-01T12:00:00Z", Lane::Archives).await;
    let night = async |place: &Place, day: u32| {
        let backup = place.look(&format!("2026-11-{day:02}T02:00:00Z")).await.unwrap();
        assert_eq!(state(&backup), SlotState::Succeeded);
        let mut pruned = place.tried(&format!("2026-11-{day:02}T03:00:00Z"), Lane::Archives).await;
        pruned.pop().unwrap().1
    };
    for day in 2..=6 {
        let slot = night(&place, day).await;
        let code = slot.failure.map(|failure| failure.code);
        // Nothing is old enough before.
        assert_eq!(code, (day >= 5).then_some(ErrorCode::PruneHeldBack), "on the {day}th");
    }
    assert_eq!(place.archives().await, 5, "nobody has agreed to rules that keep less than 30 days");
    let profile = place.context().profile.clone();
    place.context().catalog.agree_to_rules(&profile.name, &profile.retention).await.unwrap();
    let lying = |place: &Place| {
        let folder = place.scratch.dir.join("store").join(aitta_store::archive_name("x"));
        let files = std::fs::read_dir(folder.parent().unwrap()).unwrap();
        files.filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|e| e == "backup")).count()
    };
    for day in 7..=16 {
        assert_eq!(night(&place, day).await.failure, None, "on the {day}th");
    }
    assert_eq!(place.archives().await, 3, "of three days");
    assert_eq!(lying(&place), 3 + 7, "and what was put away for a week");
}

#[tokio::test]
async fn the_check_of_the_month_finds_what_is_damaged_and_what_is_gone() {
    let place = Place::new().await;
    for lane in Lane::ALL {
        place.tried("2026-11-01T12:00:00Z", lane).await;
    }
    for day in 2..=4 {
        place.look(&format!("2026-11-{day:02}T02:00:00Z")).await.unwrap();
    }
    let store = place.scratch.dir.join("store");
    let file = |id: &str| store.join(aitta_store::archive_name(id));
    let listed = archives::list(place.context(), None).await.unwrap().archives;
    let mut bytes = std::fs::read(file(&listed[1].id)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(file(&listed[1].id), bytes).unwrap();
    let verified = |tried: Vec<(Duty, Slot)>| {
        tried.into_iter().find_map(|(duty, slot)| (duty == Duty::Verify).then_some(slot)).unwrap()
    };
    let slot = verified(place.tried("2026-12-01T04:00:00Z", Lane::Checks).await);
    assert_eq!(state(&slot), SlotState::Succeeded, "it was done");
    assert_eq!(slot.failure.unwrap().code, ErrorCode::ArchiveDamaged);
    std::fs::remove_file(file(&listed[2].id)).unwrap();
    let slot = verified(place.tried("2027-01-01T04:00:00Z", Lane::Checks).await);
    let failure = slot.failure.unwrap();
    assert!(
        failure.code == ErrorCode::ArchiveNotFound && failure.message.contains(&listed[2].id),
        "{failure:?}"
    );
    let troubles = place.context().catalog.troubles(&place.context().profile.name).await.unwrap();
    let told: Vec<ErrorCode> =
        troubles.iter().map(|t| t.notice.as_ref().unwrap().failure.as_ref().unwrap().code).collect();
    assert_eq!(told, [ErrorCode::ArchiveDamaged, ErrorCode::ArchiveNotFound]);
}

#[tokio::test]
async fn what_is_due_during_a_pause_is_never_done_and_after_it_everything_counts_again() {
    let place = Place::new().await;
    place.look("2026-11-01T12:00:00Z").await;
    let until = at("2026-11-04T12:00:00Z");
    let request = |until| aitta_model::PauseRequest { until, reason: Some("the server moves".to_owned()) };
    for wrong in ["2026-11-01T12:00:00Z", "2026-12-03T12:00:00Z"] {
        let refused = pause(place.context(), request(at(wrong))).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::ConfigInvalid);
    }
    let unreasoned = pause(place.context(), aitta_model::PauseRequest { until, reason: None }).await;
    assert_eq!(unreasoned.unwrap_err().code(), ErrorCode::ReasonMissing);
    pause(place.context(), request(until)).await.unwrap();
    let paused = status(place.context()).await.unwrap();
    assert_eq!((paused.pause.unwrap().until, paused.next[0]), (until, at("2026-11-05T02:00:00Z")));
    assert_eq!(place.look("2026-11-03T02:00:00Z").await, None);
    assert_eq!(next_look(place.context(), Lane::Archives).await.unwrap(), Some(until));
    // Nobody looked when it ended. What was due since then was missed, and nothing before.
    let slot = place.look("2026-11-06T08:00:00Z").await.unwrap();
    assert_eq!((slot.due, slot.missed), (at("2026-11-06T02:00:00Z"), vec![at("2026-11-05T02:00:00Z")]));
    assert_eq!(status(place.context()).await.unwrap().pause, None);

    pause(place.context(), request(at("2026-11-20T00:00:00Z"))).await.unwrap();
    place.clock.set(at("2026-11-08T08:00:00Z"));
    resume(place.context(), None).await.unwrap();
    assert_eq!(place.look("2026-11-08T08:00:30Z").await, None);
    let slot = place.look("2026-11-09T02:00:00Z").await.unwrap();
    assert_eq!((slot.due, slot.missed_count()), (at("2026-11-09T02:00:00Z"), 0));
    let none = resume(place.context(), None).await.unwrap_err();
    assert_eq!(none.code(), ErrorCode::ConfigInvalid);
}

#[tokio::test]
async fn a_pause_lasts_no_longer_than_it_may_and_a_clock_that_is_behind_ends_none() {
    let place = Place::new().await;
    place.look("2026-11-01T12:00:00Z").await;
    let request =
        |until: &str| aitta_model::PauseRequest { until: at(until), reason: Some("a move".to_owned()) };
    pause(place.context(), request("2026-11-20T00:00:00Z")).await.unwrap();
    assert_eq!(place.look("2025-11-01T12:00:00Z").await, None);
    assert_eq!(place.look("2026-11-10T02:00:00Z").await, None, "it is paused still");
    let renewed = pause(place.context(), request("2026-12-10T00:00:00Z")).await.unwrap_err();
    assert_eq!(renewed.code(), ErrorCode::ConfigInvalid, "31 days from its begin have passed by then");
    pause(place.context(), request("2026-12-01T00:00:00Z")).await.unwrap();

    // Whoever can write the row can't do more than that.
    let forever = aitta_model::Pause {
        since: at("2026-11-01T12:00:00Z"),
        until: at("9999-01-01T00:00:00Z"),
        reason: String::new(),
        person: String::new(),
    };
    place.context().catalog.pause(&place.key(), &forever).await.unwrap();
    assert!(place.look("2026-11-12T02:00:00Z").await.is_some());
}

/// As two projects of one user, each with an environment of its own.
#[tokio::test]
async fn profiles_of_one_name_for_two_databases_have_a_schedule_each() {
    let mut place = Place::new().await;
    let first = place.context().profile.database_url.clone();
    let other = place.scratch.dir.join("other.db");
    sample::create(&other).await.unwrap();
    let other = Some(DatabaseUrl::new(format!("sqlite:{}", other.display())));
    for url in [&first, &other] {
        place.change(|profile| profile.database_url = url.clone());
        assert_eq!(place.look("2026-11-01T12:00:00Z").await, None);
    }
    for url in [&first, &other] {
        place.change(|profile| profile.database_url = url.clone());
        let slot = place.look("2026-11-02T02:00:00Z").await.unwrap();
        assert_eq!(state(&slot), SlotState::Succeeded);
        assert_eq!(place.last().await, Some(slot));
    }
    assert_eq!(place.archives().await, 2);
}

#[tokio::test]
async fn a_backup_that_a_further_store_lacks_is_done_and_says_so() {
    let mut place = Place::new().await;
    let dir = place.scratch.dir.join("not-mounted");
    place.change(|profile| {
        let store = aitta_store::StoreConfig::Local { dir };
        profile.copies = vec![aitta_store::CopyStore { store, login: Default::default(), quota_bytes: None }];
    });
    place.look("2026-11-01T12:00:00Z").await;
    let slot = place.look("2026-11-02T02:00:00Z").await.unwrap();
    assert_eq!((state(&slot), slot.failure.unwrap().code), (SlotState::Succeeded, ErrorCode::StoreMissing));
    // Its run is that of the backup, and not that of the copy after it.
    let runs = place.context().catalog.runs("scratch", 10).await.unwrap();
    let made = runs.iter().find(|run| run.operation.known() == Some(Operation::Backup)).unwrap();
    assert_eq!(slot.run, Some(made.id));
}

#[tokio::test]
async fn a_backup_stalls_by_its_silence_and_not_by_its_length() {
    let place = Place::new().await;
    place.look("2026-11-01T12:00:00Z").await;
    let slot = place.look("2026-11-02T02:00:00Z").await.unwrap();
    let watch = Watch::of(place.context(), Duty::Backup, &slot);
    let begun = Instant::now();
    assert!(watch.left(begun) > STALLED - Duration::from_secs(60));
    assert_eq!(watch.left(begun + STALLED * 2), Duration::ZERO);
    watch.told().last = begun + STALLED;
    assert_eq!(watch.left(begun + STALLED * 2), Duration::ZERO);
    assert_eq!(watch.left(begun + STALLED + STALLED / 2), STALLED / 2);
    watch.event(ProgressEvent::Plan { phases: Vec::new() });
    assert!(watch.told().last < begun + STALLED, "what is heard now counts from now");
}

/// What happens to a schedule in two years.
#[derive(Debug, Clone)]
enum Event {
    /// The program looks, minutes later.
    Look(u32),
    /// The machine sleeps, for hours, and the program looks then.
    Sleep(u32),
    /// The program is killed between claim and work, and another one looks.
    Crash,
    /// Another rule, of these.
    Edit(usize),
    /// Switched off for hours.
    Off(u32),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        12 => (1..120_u32).prop_map(Event::Look),
        6 => (1..95_u32).prop_map(Event::Sleep),
        2 => Just(Event::Crash),
        1 => (0..RULES.len()).prop_map(Event::Edit),
        1 => (1..400_u32).prop_map(Event::Off),
    ];
    proptest::collection::vec(event, 900)
}

const RULES: [&str; 4] = ["0 2 * * *", "0 * * * *", "30 3 * * 0", "0 0 1 * *"];

/// Zones and a moment some weeks before their clocks do something remarkable.
const PLACES: [(&str, &str); 4] = [
    ("Europe/Helsinki", "2027-02-20T00:00:00Z"),
    ("America/Sao_Paulo", "2018-09-30T00:00:00Z"),
    ("Australia/Lord_Howe", "2026-09-01T00:00:00Z"),
    ("Pacific/Apia", "2011-12-01T00:00:00Z"),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 200, ..ProptestConfig::default() })]

    /// Every moment that was due while the schedule was switched on is a slot of its own, or is named by one, once.
    #[test]
    fn every_due_moment_is_claimed_or_named_once(place in 0..PLACES.len(), events in events()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(two_years(PLACES[place], events));
    }
}

async fn two_years((zone, start): (&str, &str), events: Vec<Event>) {
    let folder = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(folder.path()).await.unwrap();
    let (mut now, mut rule) = (at(start), RULES[0]);
    let end = now + SignedDuration::from_hours(2 * 365 * 24);
    let parsed = |rule| Schedule::parse(rule, zone).unwrap();
    let mut schedule = parsed(rule);
    let claim = |schedule: Schedule, now| {
        let catalog = &catalog;
        async move {
            let ended = interrupted(Duty::Backup).failure();
            catalog.claim_due("shop", Duty::Backup, &schedule, now, &ended).await.unwrap()
        }
    };
    // What is due by a simple rule: one moment after the other, from when the schedule counts.
    let (mut due, mut told) = (BTreeSet::new(), BTreeSet::new());
    assert_eq!(claim(schedule.clone(), now).await, None);
    let mut counts_from = now;
    let mut settle = |schedule: &Schedule, from: Timestamp, until: Timestamp| {
        let mut next = schedule.due_after(from);
        while let Some(moment) = next.filter(|moment| *moment <= until) {
            due.insert(moment);
            next = schedule.due_after(moment);
        }
    };
    for event in events {
        if now >= end {
            break;
        }
        match event {
            Event::Look(minutes) => now += SignedDuration::from_mins(minutes.into()),
            Event::Sleep(hours) => now += SignedDuration::from_hours(hours.into()),
            Event::Crash => {}
            Event::Edit(another) => {
                settle(&schedule, counts_from, now);
                told_of(&mut told, claim(schedule.clone(), now).await);
                if RULES[another] != rule {
                    rule = RULES[another];
                    schedule = parsed(rule);
                    assert_eq!(claim(schedule.clone(), now).await, None);
                    counts_from = now;
                }
            }
            Event::Off(hours) => {
                settle(&schedule, counts_from, now);
                told_of(&mut told, claim(schedule.clone(), now).await);
                catalog.forget_schedule("shop", Duty::Backup).await.unwrap();
                now += SignedDuration::from_hours(hours.into());
                assert_eq!(claim(schedule.clone(), now).await, None);
                counts_from = now;
            }
        }
        told_of(&mut told, claim(schedule.clone(), now).await);
    }
    settle(&schedule, counts_from, now);
    assert_eq!(told, due);
}

fn told_of(told: &mut BTreeSet<Timestamp>, slot: Option<Slot>) {
    let Some(slot) = slot else { return };
    assert_eq!(slot.missed_before, 0, "so many are named at most: {slot:?}");
    for moment in slot.missed.iter().chain([&slot.due]) {
        assert!(told.insert(*moment), "{moment} was told before");
    }
}

//! The state of the data as it was told last. It is asked for again while the page is looked at; what was known stays
//! until the answer is there, and only what differs is drawn anew.

use aitta_model::{Failure, Overview, Targets, Timestamp};
use leptos::prelude::*;

use crate::activity::Activities;
use crate::api::api;
use crate::clock::Clock;

/// An answer, and milliseconds of the clock of this machine when it came.
#[derive(Clone, PartialEq)]
struct Told {
    overview: Overview,
    came_ms: f64,
}

/// What is known so far.
#[derive(Clone, Copy)]
pub(super) struct Known {
    told: RwSignal<Option<Told>>,
    failure: RwSignal<Option<Failure>>,
    clock: Clock,
    activities: Activities,
    /// Whether the charts have their answer. What takes longer and matters less is asked for then.
    has_charts: RwSignal<bool>,
}

/// What there is to show.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Stage {
    Waiting,
    Shown,
    Failed(Failure),
}

impl Known {
    /// Asks now, whenever an operation of this window has ended, and whenever it is time.
    pub(super) fn follow() -> Self {
        let (clock, activities) = (Clock::here(), Activities::here());
        let (told, failure) = (RwSignal::new(None), RwSignal::new(None));
        let known = Self { told, failure, clock, activities, has_charts: RwSignal::new(false) };
        // The latest question counts, in whatever order the answers come.
        let asked = StoredValue::new(0_u64);
        Effect::new(move || {
            activities.revision.track();
            known.clock.follow();
            let question = asked.get_value() + 1;
            asked.set_value(question);
            leptos::task::spawn_local(async move {
                let answer = api().overview().await;
                // The page may be another by now.
                if asked.try_get_value() == Some(question) {
                    known.take(answer);
                }
            });
        });
        known
    }

    /// The answer to a question that somebody has asked by a click.
    pub(super) fn ask_again(self) {
        self.failure.set(None);
        self.told.set(None);
        self.activities.refresh();
    }

    fn take(self, answer: Result<Overview, Failure>) {
        match answer {
            Ok(overview) => {
                let came_ms = self.clock.came();
                self.told.set(Some(Told { overview, came_ms }));
                self.failure.set(None);
            }
            Err(failure) => self.failure.set(Some(failure)),
        }
    }

    /// The charts have an answer, whatever it says.
    pub(super) fn charts_came(self) {
        // The page may be another by now, and the same once more is no news.
        if self.has_charts.try_get_untracked() == Some(false) {
            self.has_charts.set(true);
        }
    }

    /// Whether what comes after the charts may be asked for. An effect that calls this runs again when it may.
    pub(super) fn follow_charts(self) -> bool {
        self.has_charts.get()
    }

    pub(super) fn stage(self) -> Memo<Stage> {
        Memo::new(move |_| match (self.failure.get(), self.told.with(Option::is_some)) {
            (Some(failure), _) => Stage::Failed(failure),
            (None, true) => Stage::Shown,
            (None, false) => Stage::Waiting,
        })
    }

    /// The time by now, and the targets; nothing before the first answer.
    pub(super) fn at_now(self) -> Option<(Timestamp, Targets)> {
        self.told.with_untracked(|told| {
            let Told { overview, came_ms } = told.as_ref()?;
            Some((untrack(|| self.clock.now(overview.now, *came_ms)), overview.targets))
        })
    }

    /// A part of what is known, made anew when time goes on and told only when it differs.
    pub(super) fn part<T: PartialEq + Send + Sync + 'static>(
        self,
        of: impl Fn(&Overview) -> T + Send + Sync + 'static,
    ) -> Memo<Option<T>> {
        Memo::new(move |_| {
            self.told.with(|told| {
                let Told { overview, came_ms } = told.as_ref()?;
                let now = self.clock.now(overview.now, *came_ms);
                Some(of(&Overview { now, ..overview.clone() }))
            })
        })
    }
}

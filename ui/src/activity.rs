//! What is under way: shown on every page, stopped from every page.

use std::rc::Rc;
use std::time::Duration;

use aitta_model::{Course, Operation, ProgressEvent, Underway, Word};
use leptos::prelude::*;

use crate::api::api;
use crate::clock::Clock;
use crate::transport::{OnProgress, OperationId};

/// How often what runs elsewhere is looked at, and times go on.
const SECOND: Duration = Duration::from_secs(1);

/// What kind of operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    BackingUp,
    Verifying,
    Restoring,
    /// Restoring for a proof alone.
    Proving,
    MakingSample,
    Rotating,
    /// What this page begins nowhere; absent when it is not known here.
    Other(Option<Operation>),
}

impl Doing {
    fn of(operation: Option<&Word<Operation>>) -> Self {
        match operation.map(Word::known) {
            None => Self::MakingSample,
            Some(Some(Operation::Backup)) => Self::BackingUp,
            Some(Some(Operation::Verify)) => Self::Verifying,
            Some(Some(Operation::Restore)) => Self::Restoring,
            Some(Some(Operation::Rotate)) => Self::Rotating,
            Some(other) => Self::Other(other),
        }
    }
}

/// An operation, and how far it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Activity {
    /// By which this program stops it; absent for one of another process.
    pub(crate) operation: Option<OperationId>,
    pub(crate) doing: Doing,
    pub(crate) course: Course,
    pub(crate) cancelling: bool,
}

/// The operation that this window has begun, those that it found under way, and a number that grows whenever one has
/// ended: what depends on it is asked for anew.
#[derive(Clone, Copy)]
pub(crate) struct Activities {
    pub(crate) current: RwSignal<Option<Activity>>,
    /// Of this program before the page was loaded, and of other processes.
    others: RwSignal<Vec<Activity>>,
    pub(crate) revision: RwSignal<u32>,
    /// Milliseconds of the clock of this machine; goes on each second while something is under way.
    pub(crate) now_ms: RwSignal<i64>,
}

impl Activities {
    pub(crate) fn new() -> Self {
        Self {
            current: RwSignal::new(None),
            others: RwSignal::new(Vec::new()),
            revision: RwSignal::new(0),
            now_ms: RwSignal::new(now_ms()),
        }
    }

    /// Those of this window.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    /// Looks each second what is under way elsewhere, as long as there is something.
    pub(crate) fn watch(self, clock: Clock) {
        let (asking, first) = (StoredValue::new(false), StoredValue::new(true));
        set_interval(
            move || {
                let is_quiet = self.all_untracked().is_empty() && !clock.has_running() && !first.get_value();
                // An answer that takes longer than a second is waited for.
                if is_quiet || asking.get_value() {
                    return;
                }
                first.set_value(false);
                asking.set_value(true);
                self.now_ms.set(now_ms());
                leptos::task::spawn_local(async move {
                    // What is not known is not shown; the next second asks again.
                    if let Ok(underway) = api().underway().await {
                        self.found(&underway);
                    }
                    asking.set_value(false);
                });
            },
            SECOND,
        );
    }

    fn found(self, underway: &[Underway]) {
        let ours = self.current.with_untracked(|c| c.as_ref().map(|a| (a.operation, a.course.run)));
        let before = self.others.get_untracked();
        let now = others(underway, ours, &before);
        let has_ended = before.iter().any(|old| !now.iter().any(|new| is_same(old, new)));
        if now != before {
            self.others.set(now);
        }
        if has_ended {
            self.refresh();
        }
    }

    /// Enters an operation. Nothing else can be begun from this window until it is [`Self::end`]ed.
    pub(crate) fn begin(self, doing: Doing) -> (OperationId, OnProgress) {
        let operation = OperationId::next();
        let course = Course::new(now_ms());
        self.now_ms.set(course.began_ms);
        self.current.set(Some(Activity { operation: Some(operation), doing, course, cancelling: false }));
        let take = move |event: ProgressEvent| {
            self.current.update(|current| {
                if let Some(activity) = current.as_mut().filter(|a| a.operation == Some(operation)) {
                    activity.course.take(&event, now_ms());
                }
            });
        };
        (operation, Rc::new(take))
    }

    /// It has ended, however; what is shown is asked for anew.
    pub(crate) fn end(self, operation: OperationId) {
        self.current.update(|current| {
            if current.as_ref().is_some_and(|a| a.operation == Some(operation)) {
                *current = None;
            }
        });
        self.others.update(|others| others.retain(|a| a.operation != Some(operation)));
        self.revision.update(|n| *n += 1);
    }

    /// Everything that is shown is asked for anew.
    pub(crate) fn refresh(self) {
        self.revision.update(|n| *n += 1);
    }

    /// Asks the operation that this window has begun to stop. It ends when nothing half done is left.
    pub(crate) fn cancel(self) {
        let Some(operation) = self.current.with_untracked(|c| c.as_ref().and_then(|a| a.operation)) else {
            return;
        };
        self.stop(operation);
    }

    /// The same, of any operation of this program.
    pub(crate) fn stop(self, operation: OperationId) {
        let mark = |activity: &mut Activity| {
            if activity.operation == Some(operation) {
                activity.cancelling = true;
            }
        };
        self.current.update(|current| current.iter_mut().for_each(mark));
        self.others.update(|others| others.iter_mut().for_each(mark));
        leptos::task::spawn_local(async move {
            // It may have ended by itself just now; then there is nothing to stop.
            drop(api().cancel(operation).await);
        });
    }

    /// Everything that is under way, that of this window first.
    pub(crate) fn all(self) -> Vec<Activity> {
        self.current.get().into_iter().chain(self.others.get()).collect()
    }

    fn all_untracked(self) -> Vec<Activity> {
        untrack(|| self.all())
    }

    /// Whether anything is under way that nothing else can run beside. A check of another process reads only.
    pub(crate) fn is_busy(self) -> bool {
        self.current.with(Option::is_some)
            || self
                .others
                .with(|others| others.iter().any(|a| a.operation.is_some() || a.doing != Doing::Verifying))
    }
}

/// Of what was found under way what this window has not begun itself. What it was asked to stop stays marked so.
fn others(
    underway: &[Underway],
    ours: Option<(Option<OperationId>, Option<i64>)>,
    before: &[Activity],
) -> Vec<Activity> {
    let is_ours = |one: &Underway| {
        ours.is_some_and(|(operation, run)| {
            one.number.is_some_and(|number| operation == Some(OperationId(number)))
                || one.course.run.is_some() && one.course.run == run
        })
    };
    let activity = |one: &Underway| {
        let mut new = Activity {
            operation: one.number.map(OperationId),
            doing: if one.proof { Doing::Proving } else { Doing::of(one.operation.as_ref()) },
            course: one.course.clone(),
            cancelling: false,
        };
        new.cancelling = before.iter().any(|old| is_same(old, &new) && old.cancelling);
        new
    };
    underway.iter().filter(|one| !is_ours(one)).map(activity).collect()
}

fn is_same(one: &Activity, other: &Activity) -> bool {
    match (one.course.run, other.course.run) {
        (Some(run), Some(other)) => run == other,
        _ => one.operation.is_some() && one.operation == other.operation,
    }
}

/// Milliseconds of the clock of this machine.
fn now_ms() -> i64 {
    js_sys::Date::now() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn underway(number: Option<u32>, run: Option<i64>, operation: Operation) -> Underway {
        let course = Course::new(0).of_run(run);
        Underway { number, operation: Some(Word::Known(operation)), proof: false, course }
    }

    #[test]
    fn what_this_window_has_begun_is_not_shown_twice() {
        let found = [
            underway(Some(7), Some(1), Operation::Restore),
            underway(None, Some(2), Operation::Verify),
            underway(Some(8), None, Operation::Backup),
        ];
        let runs = |ours| others(&found, ours, &[]).iter().map(|a| a.course.run).collect::<Vec<_>>();
        assert_eq!(runs(None), [Some(1), Some(2), None], "after a reload all are there");
        assert_eq!(runs(Some((Some(OperationId(7)), None))), [Some(2), None]);
        // The program has forgotten the number already, the catalog not yet.
        let late = [underway(None, Some(1), Operation::Restore)];
        assert!(others(&late, Some((Some(OperationId(7)), Some(1))), &[]).is_empty());
    }

    #[test]
    fn what_was_asked_to_stop_stays_marked_so() {
        let found = [underway(Some(7), Some(1), Operation::Restore)];
        let mut before = others(&found, None, &[]);
        before[0].cancelling = true;
        assert!(others(&found, None, &before)[0].cancelling);
        let another = [underway(Some(8), Some(2), Operation::Restore)];
        assert!(!others(&another, None, &before)[0].cancelling);
    }

    #[test]
    fn a_proof_has_its_own_name_after_a_reload_too() {
        let proof = Underway { proof: true, ..underway(Some(7), Some(1), Operation::Restore) };
        assert_eq!(others(&[proof], None, &[])[0].doing, Doing::Proving);
    }

    #[test]
    fn an_operation_that_is_not_known_here_is_one_all_the_same() {
        assert_eq!(Doing::of(Some(&Word::read("dance"))), Doing::Other(None));
        assert_eq!(Doing::of(Some(&Word::Known(Operation::Copy))), Doing::Other(Some(Operation::Copy)));
        assert_eq!(Doing::of(None), Doing::MakingSample);
    }
}

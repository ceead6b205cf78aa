//! The state of the rotation, which outlives the page.

use aitta_model::{Failure, Guarded, MfaCode, RotateRequest, RotationDirection, RotationReport};
use leptos::prelude::*;

use crate::activity::{Activities, Doing};
use crate::api::api;
use crate::components::code::{SecondFactor, is_about_code};

/// The steps, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Why,
    Key,
    Work,
    Report,
}

impl Step {
    pub(super) const ALL: [Self; 4] = [Self::Why, Self::Key, Self::Work, Self::Report];
}

/// How the work on the archives stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Run {
    /// Not begun.
    Idle,
    /// The new key is active, the archives are not moved yet: something else was under way, or a code is asked for.
    Ready,
    Running,
    /// It stopped before its end, with what it ended with.
    Stopped(Failure),
    Done(Box<RotationReport>),
}

/// The step that is shown: where the work is, or what comes before it.
pub(super) fn step_of(run: &Run, has_kit: bool) -> Step {
    match run {
        Run::Idle if has_kit => Step::Key,
        Run::Idle => Step::Why,
        Run::Ready | Run::Running | Run::Stopped(_) => Step::Work,
        Run::Done(_) => Step::Report,
    }
}

/// The rotation of this window. No key is kept in it.
#[derive(Clone, Copy)]
pub(crate) struct Rotation {
    pub(super) run: RwSignal<Run>,
    pub(super) request: RwSignal<RotateRequest>,
    /// The code of the work on the archives. That of the new key was used up when the key was made.
    pub(super) factor: SecondFactor,
    /// Whether its end has been shown.
    pub(super) seen: RwSignal<bool>,
    /// Id of a new key that was left without being confirmed.
    pub(super) abandoned: RwSignal<Option<String>>,
    pub(super) activities: Activities,
}

impl Rotation {
    pub(crate) fn new(activities: Activities) -> Self {
        Self {
            run: RwSignal::new(Run::Idle),
            request: RwSignal::new(RotateRequest::default()),
            factor: SecondFactor::new(Guarded::Keys),
            seen: RwSignal::new(false),
            abandoned: RwSignal::new(None),
            activities,
        }
    }

    pub(super) fn here() -> Self {
        expect_context()
    }

    /// From now on it goes forward for this reason; the data stays as it is written, or is encrypted anew.
    pub(super) fn because(self, reason: Option<String>, reencrypt: bool) {
        self.request.set(RotateRequest { reason, reencrypt, ..RotateRequest::default() });
    }

    /// Moves the archives, on or back, with the code of the second factor that has been typed.
    pub(super) fn start(self, direction: RotationDirection, mfa: Option<MfaCode>) {
        if untrack(|| self.activities.is_busy()) {
            return;
        }
        self.request.update(|request| request.direction = direction);
        let request = RotateRequest { mfa, ..self.request.get_untracked() };
        let (operation, progress) = self.activities.begin(Doing::Rotating);
        self.seen.set(false);
        self.run.set(Run::Running);
        leptos::task::spawn_local(async move {
            let ended = api().rotate(request, operation, progress).await;
            self.run.set(match ended {
                Ok(report) => Run::Done(Box::new(report)),
                // Nothing was begun: the code is asked for again, in the same direction.
                Err(failure) if is_about_code(failure.code) => {
                    self.factor.refuse(failure);
                    Run::Ready
                }
                Err(failure) => Run::Stopped(failure),
            });
            self.activities.end(operation);
        });
    }
}

#[cfg(test)]
mod tests {
    use aitta_model::ErrorCode;

    use super::*;

    fn failure() -> Failure {
        Failure { code: ErrorCode::Cancelled, message: String::new(), hint: String::new() }
    }

    #[test]
    fn the_step_follows_from_the_work_and_only_before_it_from_the_kit() {
        assert_eq!(step_of(&Run::Idle, false), Step::Why);
        assert_eq!(step_of(&Run::Idle, true), Step::Key);
        for run in [Run::Ready, Run::Running, Run::Stopped(failure())] {
            assert_eq!(step_of(&run, false), Step::Work);
            assert_eq!(step_of(&run, true), Step::Work, "a key that is in use is not asked for again");
        }
    }
}

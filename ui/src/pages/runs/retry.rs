//! The way on from a run that failed or was stopped.

use aitta_model::{
    ArchiveSelector, BackupRequest, Failure, Operation, RunOutcome, RunSummary, VerifyLevel, VerifyReport,
    VerifyRequest, VerifyScope,
};
use leptos::prelude::*;
use leptos_router::components::A;

use crate::activity::{Activities, Doing};
use crate::address;
use crate::api::api;
use crate::components::failure::FailureBox;
use crate::components::icon::Icon;
use crate::preferences::texts;

/// What can be done again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Again {
    Backup(BackupRequest),
    Verify(VerifyRequest),
    /// In the wizard, which is there.
    Restore(String),
}

impl Again {
    /// What helps after this run; nothing when it went well or when nothing can be done from here.
    pub(super) fn after(run: &RunSummary) -> Option<Self> {
        if !matches!(run.outcome.known(), Some(RunOutcome::Failed | RunOutcome::Cancelled)) {
            return None;
        }
        match run.operation.known()? {
            Operation::Backup => {
                Some(Self::Backup(BackupRequest { reason: run.reason.clone(), ..BackupRequest::default() }))
            }
            Operation::Verify => {
                let scope = match &run.archive {
                    Some(id) => VerifyScope::One(ArchiveSelector::Id(id.clone())),
                    None => VerifyScope::All,
                };
                Some(Self::Verify(VerifyRequest { scope, level: VerifyLevel::Stored }))
            }
            Operation::Restore => Some(Self::Restore(match &run.archive {
                Some(id) => format!("/restore?archive={id}"),
                None => "/restore".to_owned(),
            })),
            _ => None,
        }
    }
}

/// What came of doing it again. It lies outside of what is asked for anew when that ends.
#[derive(Clone, Copy)]
pub(super) struct Retry {
    running: RwSignal<bool>,
    result: RwSignal<Option<Result<Done, Failure>>>,
}

#[derive(Debug, Clone)]
enum Done {
    Backup(String),
    Verify,
}

/// The first damage that was found, if there is any.
fn verdict(report: VerifyReport) -> Result<Done, Failure> {
    report.results.into_iter().find_map(|r| r.failure).map_or(Ok(Done::Verify), Err)
}

impl Retry {
    pub(super) fn new() -> Self {
        Self { running: RwSignal::new(false), result: RwSignal::new(None) }
    }

    fn start(self, again: Again, activities: Activities) {
        let doing = match again {
            Again::Backup(_) => Doing::BackingUp,
            Again::Verify(_) => Doing::Verifying,
            Again::Restore(_) => return,
        };
        self.result.set(None);
        self.running.set(true);
        let (operation, progress) = activities.begin(doing);
        leptos::task::spawn_local(async move {
            let done = match again {
                Again::Backup(request) => api()
                    .back_up(request, operation, progress)
                    .await
                    .map(|report| Done::Backup(report.archive.id)),
                Again::Verify(request) => api().verify(request, operation, progress).await.and_then(verdict),
                Again::Restore(_) => Ok(Done::Verify),
            };
            activities.end(operation);
            self.running.try_set(false);
            self.result.try_set(Some(done));
        });
    }
}

#[component]
pub(super) fn RetryButton(run: RunSummary, retry: Retry) -> impl IntoView {
    let r = &texts().runs;
    let activities = Activities::here();
    Again::after(&run).map(|again| {
        let words = match &again {
            Again::Restore(href) => {
                return view! {
                    <A href=href.clone() attr:class="btn primary" attr:id="run-retry">{r.retry_restore}</A>
                }
                .into_any();
            }
            Again::Backup(_) => r.retry_backup,
            Again::Verify(_) => r.retry_verify,
        };
        view! {
            <button
                id="run-retry"
                class="btn primary"
                disabled=move || activities.is_busy()
                on:click=move |_| retry.start(again.clone(), activities)
            >
                {words}
            </button>
        }
        .into_any()
    })
}

/// How it goes, and what came of it.
#[component]
pub(super) fn Retried(retry: Retry) -> impl IntoView {
    let t = texts();
    let done = move || {
        retry.result.get().map(|result| match result {
            Ok(done) => {
                let (words, archive) = match done {
                    Done::Backup(id) => (t.runs.retried_backup, Some(id)),
                    Done::Verify => (t.runs.retried_verify, None),
                };
                view! {
                    <div class="note ok above">
                        <Icon name="check"/>
                        <p>
                            {words}" "
                            {archive.map(|id| view! { <A href=address::backup(&id)>{t.backups.look_at_it}</A> })}
                        </p>
                    </div>
                }
                .into_any()
            }
            Err(failure) => view! {
                <h2 class="attempt">{t.runs.retried_failed}</h2>
                <div class="above"><FailureBox failure/></div>
                <h2 class="attempt">{t.runs.as_it_failed}</h2>
            }
            .into_any(),
        })
    };
    view! { <div id="run-retry-result" role="status">{move || done()}</div> }
}

#[cfg(test)]
mod tests {
    use aitta_model::{RunFigures, Timestamp};

    use super::*;

    fn run(operation: Operation, outcome: RunOutcome, archive: Option<&str>) -> RunSummary {
        RunSummary {
            id: 1,
            profile: "p".to_owned(),
            operation: operation.into(),
            outcome: outcome.into(),
            started: Timestamp::UNIX_EPOCH,
            ended: None,
            archive: archive.map(str::to_owned),
            reason: Some("release 47".to_owned()),
            failure: None,
            figures: RunFigures::default(),
        }
    }

    #[test]
    fn what_failed_or_was_stopped_can_be_done_again() {
        let again = |operation, outcome, archive| Again::after(&run(operation, outcome, archive));
        assert_eq!(again(Operation::Backup, RunOutcome::Succeeded, None), None);
        assert_eq!(again(Operation::Backup, RunOutcome::Running, None), None);
        let Some(Again::Backup(request)) = again(Operation::Backup, RunOutcome::Cancelled, None) else {
            panic!("a backup can be made again");
        };
        assert_eq!(request.reason.as_deref(), Some("release 47"));
        let one = VerifyScope::One(ArchiveSelector::Id("backup-1-a".to_owned()));
        let Some(Again::Verify(request)) = again(Operation::Verify, RunOutcome::Failed, Some("backup-1-a"))
        else {
            panic!("a verification can be made again");
        };
        assert_eq!(request.scope, one);
        assert_eq!(
            again(Operation::Restore, RunOutcome::Failed, Some("backup-1-a")),
            Some(Again::Restore("/restore?archive=backup-1-a".to_owned()))
        );
        assert_eq!(
            again(Operation::Restore, RunOutcome::Failed, None),
            Some(Again::Restore("/restore".to_owned()))
        );
        assert_eq!(again(Operation::Delete, RunOutcome::Failed, None), None);
    }
}

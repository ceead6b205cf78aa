//! The way on from a run that failed or was stopped.

use aitta_model::{
    ArchiveSelector, BackupRequest, ErrorCode, Failure, Operation, RestoreInto, RunDetails, RunOutcome,
    VerifyLevel, VerifyReport, VerifyRequest, VerifyScope,
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
    /// In the wizard, with what was chosen.
    Restore {
        archive: Option<String>,
        tables: Vec<String>,
        into: RestoreInto,
    },
}

impl Again {
    /// What helps after this run; nothing when it went well or when nothing can be done from here.
    pub(super) fn after(details: &RunDetails) -> Option<Self> {
        let run = &details.run;
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
            Operation::Restore => Some(Self::Restore {
                archive: run.archive.clone().filter(|id| address::is_archive(id)),
                tables: details.begun.as_ref().map(|begun| begun.tables.clone()).unwrap_or_default(),
                // Where it went is not known: nobody is led to the live database.
                into: details.into.unwrap_or(RestoreInto::Other),
            }),
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

/// The first damage that was found, if there is any; and an archive that is gone is not whole.
fn verdict(report: VerifyReport) -> Result<Done, Failure> {
    let gone = report.missing.into_iter().next().map(|message| Failure {
        code: ErrorCode::ArchiveNotFound,
        message,
        hint: String::new(),
    });
    report.results.into_iter().find_map(|r| r.failure).or(gone).map_or(Ok(Done::Verify), Err)
}

impl Retry {
    pub(super) fn new() -> Self {
        Self { running: RwSignal::new(false), result: RwSignal::new(None) }
    }

    fn start(self, again: Again, activities: Activities) {
        let doing = match again {
            Again::Backup(_) => Doing::BackingUp,
            Again::Verify(_) => Doing::Verifying,
            Again::Restore { .. } => return,
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
                Again::Restore { .. } => Ok(Done::Verify),
            };
            activities.end(operation);
            self.running.try_set(false);
            self.result.try_set(Some(done));
        });
    }
}

#[component]
pub(super) fn RetryButton(again: Option<Again>, retry: Retry) -> impl IntoView {
    let r = &texts().runs;
    let activities = Activities::here();
    again.map(|again| {
        let words = match &again {
            Again::Restore { archive, tables, into } => {
                let (href, words) = match into {
                    RestoreInto::Scratch => (address::prove(archive.as_deref()), r.retry_proof),
                    into => (address::restore_again(archive.as_deref(), tables, *into), r.retry_restore),
                };
                return view! { <A href attr:class="btn primary" attr:id="run-retry">{words}</A> }.into_any();
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
    use aitta_model::{RunFigures, RunSummary, Timestamp};

    use super::*;

    fn run(operation: Operation, outcome: RunOutcome, archive: Option<&str>) -> RunDetails {
        let run = RunSummary {
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
        };
        RunDetails {
            run,
            phases: Vec::new(),
            log: Vec::new(),
            restore: None,
            begun: None,
            into: None,
            undo: None,
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
        assert_eq!(again(Operation::Delete, RunOutcome::Failed, None), None);
    }

    #[test]
    fn a_restore_that_may_have_gone_elsewhere_does_not_lead_to_the_live_database() {
        let failed = run(Operation::Restore, RunOutcome::Failed, Some("backup-1-a"));
        let into = |into| match Again::after(&RunDetails { into, ..failed.clone() }) {
            Some(Again::Restore { archive, into, .. }) => (archive.unwrap_or_default(), into),
            other => panic!("{other:?}"),
        };
        assert_eq!(into(None), ("backup-1-a".to_owned(), RestoreInto::Other));
        for known in [RestoreInto::Own, RestoreInto::Schema, RestoreInto::Scratch, RestoreInto::Other] {
            assert_eq!(into(Some(known)).1, known);
        }
    }
}

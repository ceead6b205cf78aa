//! What the window keeps of a restore while other pages are looked at.

use std::sync::Arc;

use aitta_model::{
    ArchiveDetails, ArchiveSelector, ArchiveSummary, BackupKind, DatabaseEngine, ErrorCode, Failure, Guarded,
    ProveRequest, RestorePlan, RestoreReport, RestoreRequest, Timestamp,
};
use leptos::prelude::*;

use super::pace::Pace;
use super::wizard::{Phase, Wizard, is_damaged};
use crate::activity::{Activities, Doing};
use crate::api::api;
use crate::components::code::SecondFactor;
use crate::components::failure;
use crate::preferences::Preferences;
use crate::transport::Asked;

/// Runs that are looked through for the pace of the last restore.
const RUNS: u32 = 200;

/// How the restore itself stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Run {
    Idle,
    Running(Arc<RestorePlan>),
    Done(Arc<RestoreReport>),
    Failed(Failure),
}

/// How a proof stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Proof {
    Idle,
    Running,
    Done(Arc<RestoreReport>),
    Failed(Failure),
}

/// The wizard of this window.
#[derive(Clone, Copy)]
pub(crate) struct Kept {
    pub(super) wizard: RwSignal<Wizard>,
    pub(super) run: RwSignal<Run>,
    /// Whether the end of the run has been shown.
    pub(super) seen: RwSignal<bool>,
    /// Which archive is being opened.
    pub(super) asking: RwSignal<Option<String>>,
    /// Why an archive could not be taken.
    pub(super) trouble: RwSignal<Option<Failure>>,
    pub(super) pace: RwSignal<Option<Pace>>,
    pub(super) proof: RwSignal<Proof>,
    /// What the last proof was asked.
    proving: StoredValue<ProveRequest>,
    pub(super) factor: SecondFactor,
    /// The latest question counts, in whatever order the answers come.
    question: StoredValue<u32>,
    // Handlers of events have no context to ask for these.
    activities: Activities,
    preferences: Preferences,
}

impl Kept {
    pub(crate) fn new(activities: Activities, preferences: Preferences) -> Self {
        Self {
            activities,
            preferences,
            wizard: RwSignal::new(Wizard::default()),
            run: RwSignal::new(Run::Idle),
            seen: RwSignal::new(false),
            asking: RwSignal::new(None),
            trouble: RwSignal::new(None),
            pace: RwSignal::new(None),
            proof: RwSignal::new(Proof::Idle),
            proving: StoredValue::new(ProveRequest::default()),
            factor: SecondFactor::new(Guarded::Restore),
            question: StoredValue::new(0),
        }
    }

    /// That of this window.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    pub(super) fn phase(self) -> Phase {
        self.run.with(|run| match run {
            Run::Idle => Phase::Idle,
            Run::Running(_) => Phase::Running,
            Run::Done(_) | Run::Failed(_) => Phase::Ended { seen: self.seen.get() },
        })
    }

    pub(super) fn begin_anew(self, profile: &str, engine: Option<DatabaseEngine>) {
        self.question.update_value(|n| *n += 1);
        self.wizard.set(Wizard::new(profile, engine));
        self.run.set(Run::Idle);
        self.asking.set(None);
        self.trouble.set(None);
    }

    /// Opens an archive by its id, or the last one before a time, and takes it.
    pub(super) fn open(self, selector: String, before: Option<Timestamp>) {
        let archive = api().archive(&selector);
        self.open_and(&selector, archive, move |wizard, details| wizard.take(details, before));
    }

    /// Opens a safety archive, and takes all of it to undo the restore that it was made for.
    pub(super) fn open_to_undo(self, id: &str, reason: String) {
        self.open_and(id, api().archive(id), move |wizard, details| wizard.undo(details, reason));
    }

    /// Opens what takes the restore of a run back, and takes all of it.
    pub(super) fn open_to_undo_run(self, run: i64, reason: String) {
        let archive = api().undo_archive(run);
        self.open_and("undo", archive, move |wizard, details| wizard.undo(details, reason));
    }

    /// `take` says whether the archive was taken: a damaged one is not.
    fn open_and(
        self,
        what: &str,
        archive: Asked<ArchiveDetails>,
        take: impl FnOnce(&mut Wizard, Arc<ArchiveDetails>) -> bool + 'static,
    ) {
        let question = self.ask(what);
        leptos::task::spawn_local(async move {
            let answer = archive.await;
            if self.is_latest(question) {
                self.answer(answer, take);
                self.asking.set(None);
            }
        });
    }

    /// Says whether the archive was taken.
    fn answer(
        self,
        answer: Result<ArchiveDetails, Failure>,
        take: impl FnOnce(&mut Wizard, Arc<ArchiveDetails>) -> bool,
    ) -> bool {
        let failure = match answer {
            Ok(details) => {
                let id = details.summary.id.clone();
                let mut taken = false;
                self.wizard.update(|w| taken = take(w, Arc::new(details)));
                (!taken).then(|| self.damaged(&id))
            }
            Err(failure) => Some(failure),
        };
        let taken = failure.is_none();
        self.trouble.set(failure);
        taken
    }

    /// Proposes the newest backup, unless one was asked for already.
    pub(super) fn propose_latest(self) {
        if self.wizard.with(|w| !w.asked && !w.profile.is_empty()) {
            self.open_latest();
        }
    }

    /// Opens the newest backup; which one that is, the engine says. Where it is damaged, which stays to be read, the newest
    /// before it is taken that is not.
    pub(super) fn open_latest(self) {
        let latest = ArchiveSelector::Latest.to_string();
        let question = self.ask(&latest);
        leptos::task::spawn_local(async move {
            let answer = api().archive(&latest).await;
            let made = answer.as_ref().ok().map(|details| details.summary.created);
            if !self.is_latest(question) {
                return;
            }
            let taken = self.answer(answer, |wizard, details| wizard.take(details, None));
            if !taken && self.trouble.with_untracked(|failure| failure.as_ref().is_some_and(is_damage)) {
                let older = older(made).await;
                if !self.is_latest(question) {
                    return;
                }
                if let Some(details) = older {
                    self.wizard.update(|w| {
                        w.take(Arc::new(details), None);
                    });
                }
            }
            self.asking.set(None);
        });
    }

    /// Compares what is there now with the backup, for a preview that is shown already.
    pub(super) fn compare(self, request: RestoreRequest) {
        self.wizard.update(|w| w.begin_comparison(request.clone()));
        leptos::task::spawn_local(async move {
            let answer = api().compare_restore(request.clone()).await;
            let t = self.preferences.language.get_untracked().texts();
            let answer = answer.map_err(|failure| failure::title(t, &failure).to_owned());
            self.wizard.update(|w| w.take_comparison(&request, answer));
        });
    }

    pub(super) fn damaged(self, id: &str) -> Failure {
        let t = &self.preferences.language.get_untracked().texts().restore;
        Failure {
            code: ErrorCode::ArchiveDamaged,
            message: (t.is_damaged)(id),
            hint: t.is_damaged_hint.to_owned(),
        }
    }

    /// From now on another archive is wanted; the one before must not be gone on with by mistake.
    pub(super) fn ask(self, what: &str) -> u32 {
        let question = self.question.get_value() + 1;
        self.question.set_value(question);
        self.asking.set(Some(what.to_owned()));
        self.trouble.set(None);
        self.wizard.update(|w| (w.source, w.asked) = (None, true));
        question
    }

    /// Whether this is still the latest question.
    pub(super) fn is_latest(self, question: u32) -> bool {
        self.question.get_value() == question
    }

    /// Nothing is being opened any more.
    pub(super) fn stop_asking(self) {
        self.question.update_value(|n| *n += 1);
        self.asking.set(None);
    }

    /// Does what was chosen and confirmed.
    pub(super) fn start(self) {
        let activities = self.activities;
        let (request, plan) = self.wizard.with_untracked(|w| (w.request(), w.plan()));
        let (Some(request), Some(plan)) = (request, plan) else { return };
        let guarded = self.wizard.with_untracked(Wizard::is_guarded);
        if untrack(|| activities.is_busy()) {
            return;
        }
        let (operation, progress) = activities.begin(Doing::Restoring);
        let mfa = if guarded { self.factor.take() } else { None };
        let request = RestoreRequest { mfa, ..request };
        self.seen.set(false);
        self.run.set(Run::Running(plan));
        leptos::task::spawn_local(async move {
            let ended = api().restore(request, operation, progress).await;
            self.run.set(match ended {
                Ok(report) => {
                    self.wizard.update(Wizard::done);
                    self.learn_pace();
                    Run::Done(Arc::new(report))
                }
                // Nothing has begun: it is told where the code is typed.
                Err(failure) => match self.factor.refuse(failure) {
                    None => Run::Idle,
                    Some(failure) => {
                        // Tried again, it is confirmed again.
                        self.wizard.update(|w| w.typed.clear());
                        Run::Failed(failure)
                    }
                },
            });
            activities.end(operation);
        });
    }

    /// Restores into a new database, compares, and drops it again.
    pub(super) fn prove(self, request: ProveRequest) {
        let activities = self.activities;
        if untrack(|| activities.is_busy()) {
            return;
        }
        let (operation, progress) = activities.begin(Doing::Proving);
        self.proving.set_value(request.clone());
        self.proof.set(Proof::Running);
        leptos::task::spawn_local(async move {
            let ended = api().prove_restore(request, operation, progress).await;
            self.proof.set(match ended {
                Ok(report) => {
                    self.learn_pace();
                    Proof::Done(Arc::new(report))
                }
                Err(failure) => Proof::Failed(failure),
            });
            activities.end(operation);
        });
    }

    /// The last proof once more: what others have written may run in it.
    pub(super) fn prove_trusting(self) {
        self.prove(ProveRequest { trust_code: true, ..self.proving.get_value() });
    }

    /// Learns how fast the last restore was. Without an answer there is no estimate.
    pub(super) fn learn_pace(self) {
        leptos::task::spawn_local(async move {
            if let Ok(runs) = api().runs(RUNS).await {
                self.pace.set(Pace::of(&runs));
            }
        });
    }
}

fn is_damage(failure: &Failure) -> bool {
    matches!(failure.code, ErrorCode::ArchiveDamaged | ErrorCode::ArchiveTruncated)
}

/// Damaged backups that are passed over at most.
const PASSED_OVER: usize = 50;

/// The newest before the one that was made then that is not known to be damaged. One that does not open does not say when
/// it was made: then it is the newest of the list.
async fn older(made: Option<Timestamp>) -> Option<ArchiveDetails> {
    let mut limit = match made {
        Some(made) => made,
        None => {
            let list = api().archives().await.ok()?;
            let is_safety = |a: &ArchiveSummary| a.kind.as_ref().is_some_and(|k| *k == BackupKind::Safety);
            list.archives.iter().find(|archive| !is_safety(archive))?.created
        }
    };
    for _ in 0..PASSED_OVER {
        let details = api().archive(&before(limit)).await.ok()?;
        if !is_damaged(&details.summary.state) {
            return Some(details);
        }
        limit = details.summary.created;
    }
    None
}

/// As `before:` wants it.
pub(super) fn before(time: Timestamp) -> String {
    ArchiveSelector::Before(time).to_string()
}

//! What the wizard knows: the choice so far, what it still lacks, and the request that it makes. No DOM.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use aitta_model::{
    ArchiveDetails, ArchiveSelector, ArchiveState, DatabaseEngine, Likeness, ReasonCode, RestoreComparison,
    RestoreMode, RestorePlan, RestoreRequest, TableSummary, Timestamp,
};

use super::target::Target;
use crate::components::reason::ReasonChoice;
use crate::plain::last_part;
use crate::texts::restore::{Lack, Step, TargetKind};

#[cfg(test)]
mod tests;

/// How the restore itself stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Not begun.
    Idle,
    Running,
    /// It has ended, well or not.
    Ended {
        /// Whether its end has been shown.
        seen: bool,
    },
}

/// The archive to restore from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Source {
    pub(crate) details: Arc<ArchiveDetails>,
    /// The time it was looked for by.
    pub(crate) before: Option<Timestamp>,
}

/// A plan with the request that it answers.
#[derive(Debug, Clone, PartialEq)]
struct Planned {
    request: RestoreRequest,
    plan: Arc<RestorePlan>,
}

/// What is there now, compared with the archive of a request.
#[derive(Debug, Clone, PartialEq)]
struct Compared {
    request: RestoreRequest,
    found: Comparison,
}

/// How a comparison stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Comparison {
    UnderWay,
    Found(Arc<HashMap<String, Likeness>>),
    /// Why there is none.
    Failed(String),
}

/// The choice so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Wizard {
    /// Which profile it was begun for.
    pub(crate) profile: String,
    /// `postgresql` or `sqlite`.
    pub(crate) engine: Option<DatabaseEngine>,
    pub(crate) source: Option<Source>,
    /// Whether an archive was asked for: the newest is proposed only once.
    pub(crate) asked: bool,
    pub(crate) whole: bool,
    /// A target that was tested and is not empty.
    pub(crate) full: Option<Target>,
    /// Names of the chosen tables.
    pub(crate) chosen: HashSet<String>,
    pub(crate) target: Target,
    planned: Option<Planned>,
    compared: Option<Compared>,
    /// The request whose foreign code may run: another choice has to be trusted anew.
    trusted: Option<RestoreRequest>,
    /// As far as somebody has said it.
    reason: Option<ReasonChoice>,
    /// The name of the target, as it was typed.
    pub(crate) typed: String,
}

impl Wizard {
    /// Nothing chosen yet, for this profile.
    pub(crate) fn new(profile: &str, engine: Option<DatabaseEngine>) -> Self {
        // On a new machine everything is gone.
        Self { profile: profile.to_owned(), engine, whole: engine.is_none(), ..Self::default() }
    }

    pub(crate) fn details(&self) -> Option<&ArchiveDetails> {
        self.source.as_ref().map(|source| &*source.details)
    }

    /// Takes an archive. Tables that were chosen stay so, as far as it has them. Says whether it was taken:
    /// a damaged one is not.
    pub(crate) fn take(&mut self, details: Arc<ArchiveDetails>, before: Option<Timestamp>) -> bool {
        if is_damaged(&details.summary.state) {
            return false;
        }
        let has: HashSet<&str> = details.table_list.iter().map(|t| t.name.as_str()).collect();
        self.chosen.retain(|name| has.contains(name.as_str()));
        if !can_be_whole(&details) {
            self.whole = false;
        }
        self.source = Some(Source { details, before });
        // Without a database of its own, as on a new machine, there is nothing that it could go back into.
        if self.engine.is_none() && matches!(self.target.kind, TargetKind::Same | TargetKind::Schema) {
            let sqlite = self.archived_engine() == Some(DatabaseEngine::Sqlite);
            self.target.kind = if sqlite { TargetKind::File } else { TargetKind::Other };
        }
        true
    }

    /// Chooses these tables and no others, before an archive is taken.
    pub(crate) fn want(&mut self, tables: Vec<String>) {
        (self.whole, self.chosen) = (false, tables.into_iter().collect());
    }

    /// The way back from a restore of tables: all of the safety archive, into the same target.
    pub(crate) fn undo(&mut self, safety: Arc<ArchiveDetails>, reason: String) -> bool {
        let names: HashSet<String> = safety.table_list.iter().map(|t| t.name.clone()).collect();
        if !self.take(safety, None) {
            return false;
        }
        (self.whole, self.chosen, self.planned) = (false, names, None);
        self.reason = Some(ReasonChoice::in_words(reason));
        self.typed.clear();
        true
    }

    /// A restore has succeeded: the next one is looked at and confirmed anew.
    pub(crate) fn done(&mut self) {
        (self.planned, self.compared, self.trusted) = (None, None, None);
        self.typed.clear();
    }

    /// Why it is done. As long as nobody has said it, a restore into the live database answers an incident.
    pub(crate) fn reason(&self) -> ReasonChoice {
        self.reason.clone().unwrap_or_else(|| match self.target.kind {
            TargetKind::Same => ReasonChoice { code: ReasonCode::Incident, words: String::new() },
            _ => ReasonChoice::default(),
        })
    }

    /// Says why.
    pub(crate) fn give_reason(&mut self, reason: ReasonChoice) {
        self.reason = Some(reason);
    }

    /// The time that a backup was looked for before is given no more.
    pub(crate) fn drop_answer(&mut self) {
        if self.source.as_ref().is_some_and(|source| source.before.is_some()) {
            self.source = None;
        }
    }

    pub(crate) fn can_be_whole(&self) -> bool {
        self.details().is_some_and(can_be_whole)
    }

    pub(crate) fn set(&mut self, table: &str, on: bool) {
        self.whole = false;
        if on {
            self.chosen.insert(table.to_owned());
        } else {
            self.chosen.remove(table);
        }
    }

    /// The tables that will be given back, in the order of the archive.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &TableSummary> {
        let all = self.details().map(|d| d.table_list.as_slice()).unwrap_or_default();
        all.iter().filter(|t| self.whole || self.chosen.contains(&t.name))
    }

    pub(crate) fn rows(&self) -> u64 {
        self.tables().map(|t| t.rows).sum()
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.tables().map(|t| t.bytes).sum()
    }

    /// Bytes that have to be read from the store.
    pub(crate) fn stored_bytes(&self) -> u64 {
        match self.details() {
            Some(details) if self.whole => details.summary.size_bytes,
            _ => self.tables().map(|t| t.stored_bytes).sum(),
        }
    }

    /// What is asked of the engine, once all is chosen.
    pub(crate) fn request(&self) -> Option<RestoreRequest> {
        let reason = self.reason().to_text();
        self.plain_request().map(|request| RestoreRequest { reason, ..request })
    }

    /// The request without its reason: what the plan answers.
    pub(crate) fn plain_request(&self) -> Option<RestoreRequest> {
        let chosen = self.chosen_request()?;
        let trust_code = self.trusted.as_ref() == Some(&chosen);
        Some(RestoreRequest { trust_code, ..chosen })
    }

    /// Says that what others have written may run in the restore that is chosen now, or not.
    pub(crate) fn trust(&mut self, on: bool) {
        self.trusted = self.chosen_request().filter(|_| on);
    }

    fn chosen_request(&self) -> Option<RestoreRequest> {
        if self.lacks(Step::What).is_some() {
            return None;
        }
        let details = self.details()?;
        Some(RestoreRequest {
            archive: ArchiveSelector::Id(details.summary.id.clone()),
            tables: if self.whole { Vec::new() } else { self.tables().map(|t| t.name.clone()).collect() },
            to: self.target.url(),
            to_schema: self.target.schema_name(),
            ..RestoreRequest::default()
        })
    }

    /// Takes the plan that answers a request. One for a choice that has changed since is of no use.
    pub(crate) fn take_plan(&mut self, request: RestoreRequest, plan: RestorePlan) {
        self.planned = Some(Planned { request, plan: Arc::new(plan) });
    }

    pub(crate) fn forget_plan(&mut self) {
        (self.planned, self.compared) = (None, None);
    }

    /// A comparison for this request has begun.
    pub(crate) fn begin_comparison(&mut self, request: RestoreRequest) {
        self.compared = Some(Compared { request, found: Comparison::UnderWay });
    }

    /// Takes what a comparison has found, unless another one has begun since.
    pub(crate) fn take_comparison(
        &mut self,
        request: &RestoreRequest,
        found: Result<RestoreComparison, String>,
    ) {
        let Some(compared) = self.compared.as_mut().filter(|compared| compared.request == *request) else {
            return;
        };
        compared.found = match found {
            Ok(comparison) => {
                let tables = comparison.tables.into_iter().map(|table| (table.name, table.likeness));
                Comparison::Found(Arc::new(tables.collect()))
            }
            Err(why) => Comparison::Failed(why),
        };
    }

    /// The comparison of what is chosen now.
    pub(crate) fn comparison(&self) -> Option<&Comparison> {
        let request = self.plain_request()?;
        self.compared.as_ref().filter(|c| same_rows(&c.request, &request)).map(|c| &c.found)
    }

    /// The plan of what is chosen now.
    pub(crate) fn plan(&self) -> Option<Arc<RestorePlan>> {
        let planned = self.planned.as_ref()?;
        (Some(&planned.request) == self.plain_request().as_ref()).then(|| planned.plan.clone())
    }

    /// The name to be typed, when something is overwritten.
    pub(crate) fn overwrites(&self) -> Option<String> {
        self.plan().and_then(|plan| overwritten(&plan.mode).map(str::to_owned))
    }

    /// Whether it goes into a database that exists: such a restore asks for the second factor.
    pub(crate) fn is_guarded(&self) -> bool {
        self.plan().is_some_and(|plan| !matches!(plan.mode, RestoreMode::Create { .. }))
    }

    /// What this step still lacks.
    pub(crate) fn lacks(&self, step: Step) -> Option<Lack> {
        match step {
            Step::What => {
                let other = self.target.kind == TargetKind::Same && self.is_of_other_engine();
                let is_full = self.whole && self.full.as_ref() == Some(&self.target);
                let no_archive = self.source.is_none().then_some(Lack::Archive);
                no_archive
                    .or_else(|| (!self.whole && self.chosen.is_empty()).then_some(Lack::Tables))
                    .or_else(|| if other { Some(Lack::OtherEngine) } else { self.target.lacks() })
                    .or_else(|| is_full.then_some(Lack::NotEmpty))
            }
            Step::Preview => match self.plan() {
                None => Some(Lack::Plan),
                Some(plan) => plan.is_blocked().then_some(Lack::Blocked),
            },
            Step::Confirm => {
                if self.reason().to_text().is_none() {
                    Some(Lack::Reason)
                } else {
                    let wrong = self.overwrites().is_some_and(|name| name != self.typed.trim());
                    wrong.then_some(Lack::Name)
                }
            }
            Step::Restore | Step::Report => None,
        }
    }

    pub(crate) fn is_of_other_engine(&self) -> bool {
        let archived = self.details().and_then(|d| d.summary.engine.as_ref());
        archived.zip(self.engine).is_some_and(|(archived, own)| *archived != own)
    }

    /// The engine of the archive, which the target must have too; absent when it is not known here.
    pub(crate) fn archived_engine(&self) -> Option<DatabaseEngine> {
        match self.details().and_then(|d| d.summary.engine.as_ref()) {
            Some(archived) => archived.known(),
            None => self.engine,
        }
    }

    /// The step to show when this one is asked for: the first that is missing, or where the restore is.
    pub(crate) fn settle(&self, wanted: Option<Step>, phase: Phase) -> Step {
        match (phase, wanted) {
            (Phase::Running, _) => return Step::Restore,
            (Phase::Ended { .. }, Some(Step::Restore | Step::Report))
            | (Phase::Ended { seen: false }, None) => {
                return Step::Report;
            }
            _ => {}
        }
        // What has not begun is begun from the last step that asks.
        let wanted = wanted.unwrap_or(Step::What).min(Step::Confirm);
        Step::ALL.into_iter().find(|&step| step >= wanted || self.lacks(step).is_some()).unwrap_or(wanted)
    }

    /// Whether this step can be gone to from the list on top.
    pub(crate) fn can_enter(&self, step: Step, phase: Phase) -> bool {
        self.settle(Some(step), phase) == step
    }
}

/// Whether both ask for the same tables of the same place.
fn same_rows(one: &RestoreRequest, other: &RestoreRequest) -> bool {
    *one == RestoreRequest { trust_code: one.trust_code, ..other.clone() }
}

/// A restore of everything needs an archive of everything.
fn can_be_whole(details: &ArchiveDetails) -> bool {
    details.summary.complete != Some(false)
}

pub(crate) fn is_damaged(state: &ArchiveState) -> bool {
    matches!(state, ArchiveState::Damaged(_))
}

/// The name of what this mode overwrites: the last part of the target.
pub(crate) fn overwritten(mode: &RestoreMode) -> Option<&str> {
    match mode {
        RestoreMode::Replace { target } | RestoreMode::Swap { target, .. } => Some(last_part(target)),
        RestoreMode::Create { .. } | RestoreMode::Fill { .. } | RestoreMode::SideSchema { .. } => None,
    }
}

/// Where a mode puts things.
pub(crate) fn target_of(mode: &RestoreMode) -> &str {
    match mode {
        RestoreMode::Swap { target, .. }
        | RestoreMode::Replace { target }
        | RestoreMode::Create { target }
        | RestoreMode::Fill { target }
        | RestoreMode::SideSchema { target, .. } => target,
    }
}

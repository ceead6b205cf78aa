//! What makes itself, and how each of it is done.

use aitta_base::amount;
use aitta_model::{
    BackupKind, BackupRequest, Command, Duty, ErrorCode, Failure, PruneRequest, VerifyLevel, VerifyReport,
    VerifyRequest, VerifyScope,
};

use crate::{Context, Error, Progress, Result, backup, retention, trail, verify};

/// Archives beside the newest whose rows a check reads as well, in each store.
const SAMPLE: usize = 2;

/// What is done one after the other. A check of years of archives takes hours, in which backups go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Lane {
    /// What makes archives, and lets old ones go.
    Archives,
    /// What only reads.
    Checks,
}

impl Lane {
    pub(crate) const ALL: [Self; 2] = [Self::Archives, Self::Checks];

    pub(super) fn duties(self) -> &'static [Duty] {
        match self {
            Self::Archives => &[Duty::Backup, Duty::Prune],
            Self::Checks => &[Duty::Verify, Duty::Trail],
        }
    }
}

/// Within a sentence.
pub(super) fn in_words(duty: Duty) -> &'static str {
    match duty {
        Duty::Backup => "the backup",
        Duty::Prune => "the prune",
        Duty::Verify => "the check of the archives",
        Duty::Trail => "the check of the audit trail",
    }
}

/// Whether it tells again and again that it goes on.
pub(super) fn tells(duty: Duty) -> bool {
    matches!(duty, Duty::Backup | Duty::Verify)
}

/// Something that was done.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// What is wrong all the same.
    pub(super) beside: Option<Failure>,
    /// Whether nobody is told of that by a run.
    pub(super) untold: bool,
}

impl Done {
    fn told(beside: Option<Failure>) -> Self {
        Self { beside, untold: false }
    }

    fn untold(beside: Option<Failure>) -> Self {
        Self { untold: beside.is_some(), beside }
    }
}

/// Does it.
///
/// # Errors
/// Those of the backup, the prune, the check.
pub(super) async fn work(context: &Context, duty: Duty, progress: &dyn Progress) -> Result<Done> {
    match duty {
        Duty::Backup => {
            let request = BackupRequest { kind: BackupKind::Scheduled, ..BackupRequest::default() };
            let report = Box::pin(backup::create(context, request, progress)).await?;
            // It is there; that a further store lacks it is told all the same.
            Ok(Done::told(report.copies.into_iter().find_map(|copy| copy.failure)))
        }
        Duty::Prune => prune(context, progress).await,
        Duty::Verify => check_archives(context, progress).await,
        Duty::Trail => check_trail(context).await,
    }
}

async fn prune(context: &Context, progress: &dyn Progress) -> Result<Done> {
    let request = PruneRequest { dry_run: false, agreed: false, reason: None, mfa: None };
    let report = Box::pin(retention::prune(context, request, progress)).await?;
    if let Some(first) = report.failure() {
        return Err(Error::new(first.code, first.message.clone(), first.hint.clone()));
    }
    let held_back: u64 = report.places.iter().map(|place| place.held_back).sum();
    Ok(Done::told((held_back > 0).then(|| Failure {
        code: ErrorCode::PruneHeldBack,
        message: format!(
            "{} would go by the rules, and something is in the way",
            amount::count(held_back, "old archive")
        ),
        hint: format!("{} says what is in the way", Command::BackupPruneDry),
    })))
}

/// Every byte of every archive of every store, and the rows of some.
async fn check_archives(context: &Context, progress: &dyn Progress) -> Result<Done> {
    let (mut damage, mut gone, mut unread) = (None, None, None);
    for place in context.places() {
        match check_place(&place, progress).await {
            Ok(report) => {
                damage = damage.or_else(|| report.results.into_iter().find_map(|result| result.failure));
                gone = gone.or_else(|| missing(&place, &report.missing));
            }
            Err(error) if error.code() == ErrorCode::Cancelled => return Err(error),
            // The other stores are checked all the same.
            Err(error) => unread = unread.or(Some(error)),
        }
    }
    match (unread, damage, gone) {
        // What is gone from another store is told by nothing else.
        (Some(error), _, None) => Err(error),
        (Some(error), _, Some(gone)) => Err(error.context(format_args!("{}; and", gone.message))),
        // Its run has told it.
        (None, Some(damage), None) => Ok(Done::told(Some(damage))),
        (None, _, gone) => Ok(Done::untold(gone)),
    }
}

async fn check_place(place: &Context, progress: &dyn Progress) -> Result<VerifyReport> {
    let every = VerifyRequest { scope: VerifyScope::All, level: VerifyLevel::Stored };
    let mut report = match Box::pin(verify::verify(place, every, progress)).await {
        // Nothing was archived yet.
        Err(error) if error.code() == ErrorCode::ArchiveNotFound => {
            return Ok(VerifyReport {
                level: VerifyLevel::Stored,
                results: Vec::new(),
                missing: Vec::new(),
                duration_ms: 0,
            });
        }
        read => read?,
    };
    let intact = report.results.iter().filter(|result| result.ok).map(|result| result.id.clone());
    for id in sample(intact.collect())? {
        let scope = VerifyScope::One(aitta_model::ArchiveSelector::Id(id));
        let request = VerifyRequest { scope, level: VerifyLevel::Content };
        let read = Box::pin(verify::verify(place, request, progress)).await?;
        report.results.extend(read.results);
    }
    Ok(report)
}

/// The newest, and others by chance: who can write to the store doesn't know which.
fn sample(mut ids: Vec<String>) -> Result<Vec<String>> {
    ids.sort_unstable();
    let mut chosen: Vec<String> = ids.pop().into_iter().collect();
    while chosen.len() <= SAMPLE && !ids.is_empty() {
        let random = u64::from_le_bytes(aitta_base::random()?);
        let at = usize::try_from(random % ids.len() as u64).unwrap_or_default();
        chosen.push(ids.swap_remove(at));
    }
    Ok(chosen)
}

fn missing(place: &Context, ids: &[String]) -> Option<Failure> {
    let first = ids.first()?;
    Some(Failure {
        code: ErrorCode::ArchiveNotFound,
        message: format!(
            "{} that were made here are gone from {}, among them {first}",
            amount::count(ids.len() as u64, "archive"),
            place.store.location()
        ),
        hint: format!("{} names them; find out who has deleted them", Command::BackupList),
    })
}

async fn check_trail(context: &Context) -> Result<Done> {
    let status = trail::verify(context).await?;
    Ok(Done::untold(status.fault.map(|fault| Failure {
        code: ErrorCode::AuditFailed,
        message: format!("the audit trail is broken at entry {}: {}", fault.entry, fault.what),
        hint: format!("{} tells all that is wrong with it", Command::AuditVerify),
    })))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_sample_has_the_newest_and_each_of_the_others_at_some_time_and_none_twice() {
        let ids: Vec<String> = (1..=5).map(|n| format!("backup-{n}-x")).collect();
        let mut seen = BTreeSet::new();
        for _ in 0..500 {
            let chosen = sample(ids.clone()).unwrap();
            assert_eq!((chosen.len(), chosen[0].as_str()), (SAMPLE + 1, "backup-5-x"));
            assert_eq!(chosen.iter().collect::<BTreeSet<_>>().len(), chosen.len());
            seen.extend(chosen);
        }
        assert_eq!(seen.len(), ids.len());
        assert_eq!(sample(vec!["backup-1-x".to_owned()]).unwrap(), ["backup-1-x"]);
        assert!(sample(Vec::new()).unwrap().is_empty());
    }

    #[test]
    fn each_duty_is_in_one_lane() {
        let all: Vec<Duty> = Lane::ALL.iter().flat_map(|lane| lane.duties()).copied().collect();
        assert_eq!(all, [Duty::Backup, Duty::Prune, Duty::Verify, Duty::Trail]);
    }
}

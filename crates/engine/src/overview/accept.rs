//! The judgement of a person that what a backup has lost was meant to go.

use aitta_model::{AcceptReport, AcceptRequest, ErrorCode, Remedy, Verdict};

use crate::door::{Free, Subject};
use crate::reading::select;
use crate::run::{Done, Log, Run};
use crate::{Context, Error, Result};

/// Says that what the newest backup has lost was meant to go. The next loss is asked about again.
///
/// # Errors
/// `archive_not_found`; `config_invalid` when this is another backup, or has lost nothing; `archive_damaged` when the
/// newest one is damaged; `key_missing`, `reason_missing`, `run_in_progress`, `store_*`, `catalog_failed`, `audit_failed`.
pub async fn accept(context: &Context, request: AcceptRequest) -> Result<AcceptReport> {
    let AcceptRequest { id, reason } = request;
    // Without a signature it would count for nothing: anybody who can write into the catalog could add it.
    context.keys().await?;
    let id = select::by_name(context, id).await?.to_string();
    let subject = Subject { archive: Some(id.clone()), reason, ..Subject::default() };
    let log = Log::silent();
    // Under the lock, so that no other backup becomes the newest meanwhile.
    let work = |_| async {
        match super::overview(context).await?.verdict {
            Verdict::Shrunk { archive, tables, .. } if archive == id => Ok(AcceptReport { id, tables }),
            Verdict::Shrunk { archive, .. } => Err(Error::new(
                ErrorCode::ConfigInvalid,
                format!("{id} is not the newest backup: that is {archive}"),
                format!("check what {archive} has lost, then accept that one"),
            )),
            Verdict::Unknown { failure } => {
                Err(Error::new(failure.code, failure.message, Remedy::from(failure.hint)))
            }
            Verdict::Damaged { archive, .. } => Err(Error::new(
                ErrorCode::ArchiveDamaged,
                format!("the newest backup {archive} is damaged, so what it has lost is not known"),
                "make a new backup first",
            )),
            Verdict::Safe
            | Verdict::NeverRestored
            | Verdict::LastFailed { .. }
            | Verdict::TooOld { .. }
            | Verdict::NoDatabase { .. }
            | Verdict::NoBackup { .. } => Err(Error::new(
                ErrorCode::ConfigInvalid,
                format!("{id} has lost nothing that has to be accepted"),
                "nothing needs to be done",
            )),
        }
    };
    let run = Run::free(context, Free::Accept, subject).logged(&log);
    run.work(|report: &AcceptReport| Some(report.id.clone()), work).await.and_then(Done::noted)
}

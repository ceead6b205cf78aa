//! The judgement of a person that an archive is of no account.

use aitta_archive::Header;
use aitta_model::{Action, DisownReport, DisownRequest, ErrorCode};
use aitta_store::{REWRITABLE, archive_name};

use crate::door::{self, Guard, Subject};
use crate::reading::disowned::does_not_open;
use crate::reading::{OpenArchive, select, sidecar};
use crate::run::{self, Done, Run};
use crate::{Context, Error, Result};

/// Disowns an archive that no key at hand opens: `latest` passes it over, a rotation ends without it, and a key can be
/// destroyed in spite of it. It lies where it was, and counts again once a key opens it.
///
/// # Errors
/// `archive_not_found`; `config_invalid` when it opens; `reason_missing`, `mfa_*`, `run_in_progress`, `store_*`,
/// `catalog_failed`, `audit_failed`.
pub async fn disown(context: &Context, request: DisownRequest) -> Result<DisownReport> {
    let DisownRequest { id, reason, mfa } = request;
    let door = door::at(context, Guard::Disown, reason)?;
    let id = select::by_name(context, id).await?;
    let keys = context.keys().await?;
    let error = match OpenArchive::open(context.store.clone(), id, &keys).await {
        Err(error) if does_not_open(error.code()) => error,
        Err(error) => return Err(error),
        Ok(_) => {
            return Err(Error::new(
                ErrorCode::ConfigInvalid,
                format!("{id} opens with a key at hand, so it counts"),
                format!("to be rid of it, delete it with {delete}", delete = Action::delete(None, id)),
            ));
        }
    };
    let location = context.store.location();
    let start = context.store.read(&archive_name(&id.to_string()), 0..REWRITABLE).await;
    let header = start.ok().and_then(|start| Header::parse(&start).ok());
    let report = DisownReport {
        id: id.to_string(),
        location: location.clone(),
        failure: error.failure(),
        key_ids: header.as_ref().map(sidecar::key_ids).unwrap_or_default(),
    };
    let pass = door.open(context, mfa.as_ref()).await?;
    let subject = Subject {
        archive: Some(report.id.clone()),
        target: Some(location),
        note: Some(told(&report)),
        ..Subject::default()
    };
    let log = run::Log::silent();
    let run = Run::guarded(context, pass, subject).logged(&log);
    // The entry of the trail is all that is done.
    run.work(|report: &DisownReport| Some(report.id.clone()), |_| async { Ok(report) })
        .await
        .and_then(Done::noted)
}

/// For the trail: what was known when it was disowned.
fn told(report: &DisownReport) -> String {
    let keys = match report.key_ids.as_slice() {
        [] => "it names no key".to_owned(),
        keys => format!("it names {}", keys.join(", ")),
    };
    format!("it does not open ({}); {keys}", report.failure.message)
}

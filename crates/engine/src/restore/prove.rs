//! Proving a backup by a restore: everything into a new database, compared and dropped again.
//!
//! It is a restore into a database that does not exist yet, so nothing is taken away and no second factor is asked for.
//! Into which one nobody chooses: only [`Target::scratch`](aitta_source::Target::scratch) names it.

use aitta_model::{DatabaseUrl, Fact, Finding, ProveRequest, RestoreReport, RestoreRequest, Severity};

use super::choice::name_archive;
use super::{apply, from_nearest, unrecorded};
use crate::door::{self, Subject};
use crate::run::{self, Done, Run};
use crate::trail::PROOF;
use crate::{Context, Error, Progress, Result};

/// Why it is done, unless somebody says otherwise.
const REASON: &str = "drill";

/// Restores a whole archive into a new database, compares every row, and drops that database again.
///
/// # Errors
/// As those of a restore; `source_denied` when no database may be created. After any error nothing is left of it.
pub async fn prove(
    context: &Context,
    request: ProveRequest,
    progress: &dyn Progress,
) -> Result<RestoreReport> {
    let ProveRequest { archive, reason, jobs, trust_code } = request;
    let reason = reason.unwrap_or_else(|| REASON.to_owned());
    let door = door::at_restore(context, Some(reason))?;
    let keys = context.keys().await?;
    let scratch = context.target()?.scratch(&context.profile.data_dir).await?;
    // The place is for messages: what is written into is the new database itself.
    let to = Some(DatabaseUrl::new(scratch.target().place()));
    let request = RestoreRequest { archive, to, jobs, trust_code, ..RestoreRequest::default() };
    let (request, chosen) = name_archive(context, &keys, request).await?;
    let pass = door.into_new_target(context);
    let note = match trust_code {
        true => format!("{PROOF}; what others have written may run"),
        false => PROOF.to_owned(),
    };
    let subject = Subject {
        archive: Some(request.archive.to_string()),
        target: Some(scratch.target().place()),
        note: Some(note),
        ..Subject::default()
    };
    let log = run::Log::new(progress);
    let work = async {
        let step = |place: Context| {
            let (keys, target, request, log) = (&keys, scratch.target(), &request, &log);
            async move { apply(&place, keys, target, request, true, log).await }
        };
        let (mut report, passed) = from_nearest(context, step).await?;
        report
            .findings
            .extend(chosen.into_iter().chain(passed).chain(scratch.left().iter().map(|name| left(name))));
        match scratch.discard().await {
            Ok(()) => report.dropped = true,
            Err(error) => report.findings.insert(0, not_dropped(&report, &error)),
        }
        Ok(report)
    };
    let archive_of = |report: &RestoreReport| Some(report.archive.clone());
    let run = Run::guarded(context, pass, subject).logged(&log);
    let Done { mut report, unnoted, .. } = run.work(archive_of, |_| work).await?;
    report.findings.extend(unnoted.map(|error| unrecorded("its end", &error)));
    Ok(report)
}

fn not_dropped(report: &RestoreReport, error: &Error) -> Finding {
    let message =
        format!("{} is proven, but what was restored for it is still there: {error}", report.archive);
    Finding::new(Severity::Warning, message, error.hint()).of(Fact::ProofLeft)
}

fn left(name: &str) -> Finding {
    let message = format!("{name} belongs to another proof, which is under way or was killed");
    let hint = "when no proof is under way, drop it: it holds a copy of the database";
    Finding::new(Severity::Info, message, hint).of(Fact::OtherProof { name: name.to_owned() })
}

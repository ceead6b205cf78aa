//! Runs as they are listed and shown.

use aitta_model::{
    BackupReport, ErrorCode, PhaseTiming, Pulse, RestoreReport, RunDetails, RunSummary, Underway,
};

use crate::{Context, Error, Result, run};

/// The newest runs of the profile, newest first, `limit` of them at most. Those whose process is gone are
/// entered as failed first.
///
/// # Errors
/// `catalog_failed`.
pub async fn list(context: &Context, limit: u32) -> Result<Vec<RunSummary>> {
    let profile = &context.profile.name;
    run::abandon_stale(context).await?;
    context.catalog.runs(profile, limit).await
}

/// The newest runs of the profile that failed, as [`list`].
///
/// # Errors
/// `catalog_failed`.
pub async fn failed(context: &Context, limit: u32) -> Result<Vec<RunSummary>> {
    let profile = &context.profile.name;
    run::abandon_stale(context).await?;
    context.catalog.last_failed(profile, limit).await
}

/// The newest run of the profile and how many are under way: cheap enough to be asked for every second.
///
/// # Errors
/// `catalog_failed`.
pub async fn pulse(context: &Context) -> Result<Pulse> {
    context.catalog.pulse(&context.profile.name).await
}

/// The runs of the profile that are under way, in whichever process, and how far each is.
///
/// # Errors
/// `catalog_failed`.
pub async fn underway(context: &Context) -> Result<Vec<Underway>> {
    context.catalog.underway(&context.profile.name).await
}

/// One run with its log and phases.
///
/// # Errors
/// `config_invalid` when the profile has no such run, `catalog_failed`.
pub async fn show(context: &Context, id: i64) -> Result<RunDetails> {
    let found = context.catalog.run(&context.profile.name, id).await?;
    let stored = found.ok_or_else(|| {
        Error::new(
            ErrorCode::ConfigInvalid,
            format!("profile {:?} has no run {id}", context.profile.name),
            "the list of runs shows those that the catalog remembers",
        )
    })?;
    let report = stored.report.as_deref().unwrap_or_default();
    let restore: Option<RestoreReport> = serde_json::from_str(report).ok();
    let phases: Vec<PhaseTiming> = match (&restore, serde_json::from_str::<BackupReport>(report)) {
        (Some(report), _) => report.phases.clone(),
        (None, Ok(report)) => report.phases,
        (None, Err(_)) => Vec::new(),
    };
    Ok(RunDetails { run: stored.summary, phases, log: stored.log, restore })
}

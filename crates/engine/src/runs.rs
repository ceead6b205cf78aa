//! Runs as they are listed and shown.

use aitta_model::{
    ArchiveDetails, ArchiveSelector, AuditEntry, AuditStage, BackupKind, BackupReport, Command, ErrorCode,
    Operation, PhaseTiming, Pulse, RestoreInto, RestoreMode, RestoreReport, RunDetails, RunSummary, Underway,
};

use crate::catalog::Named;
use crate::{Context, Error, Result, archives, restore, run, trail};

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
    let begun = match stored.audit {
        Some(entry) => begun(context, entry, &stored.summary).await,
        None => None,
    };
    let into = begun.as_ref().and_then(|begun| into(context, begun));
    let undo = match (&restore, into) {
        (Some(report), Some(RestoreInto::Own)) => undo(context, id, report).await?,
        _ => None,
    };
    let begun = begun.map(Box::new);
    Ok(RunDetails { run: stored.summary, phases, log: stored.log, restore, begun, into, undo })
}

/// Seconds between the entry of the trail and the row of its run.
const BEGIN_S: u64 = 60;

/// What the trail says of its beginning. A run is shown without it where the trail can't be read, or where the catalog
/// names an entry of something else: rows of runs are not signed.
async fn begun(context: &Context, entry: i64, run: &RunSummary) -> Option<AuditEntry> {
    let link = context.catalog.audit_link(entry).await.ok()??;
    let begun: AuditEntry = serde_json::from_str(&link.body).ok()?;
    let is_of_run = begun.stage == AuditStage::Begun
        && begun.entry == link.entry
        && begun.operation == run.operation
        && begun.profile.as_ref() == Some(&run.profile)
        && begun.at.duration_since(run.started).as_secs().unsigned_abs() < BEGIN_S;
    is_of_run.then_some(begun)
}

/// What the profile's restore goes into, by what the trail says.
fn into(context: &Context, begun: &AuditEntry) -> Option<RestoreInto> {
    if begun.operation != Operation::Restore {
        return None;
    }
    if trail::is_proof(begun) {
        return Some(RestoreInto::Scratch);
    }
    let own = context.target().ok().map(|own| own.place());
    Some(restore::into(begun.target.as_deref()?, own.as_deref()))
}

/// The safety archive of the last restore of tables that went where this one did: an earlier one is no way back, for what
/// came after it would go as well.
async fn undo(context: &Context, id: i64, report: &RestoreReport) -> Result<Option<String>> {
    let RestoreMode::Replace { target } = &report.mode else { return Ok(None) };
    let newest = context.catalog.restores_before(&context.profile.name, i64::MAX, RESTORES).await?;
    let later =
        newest.iter().take_while(|restore| restore.id > id).filter_map(|restore| restore.told.as_ref());
    let is_last = later.map(|told| &told.mode).all(|mode| match mode {
        RestoreMode::Replace { target: other } | RestoreMode::Swap { target: other, .. } => other != target,
        RestoreMode::Create { .. } | RestoreMode::Fill { .. } | RestoreMode::SideSchema { .. } => true,
    });
    let is_seen = newest.iter().any(|restore| restore.id == id);
    Ok(report.safety_archive.clone().filter(|_| is_last && is_seen))
}

/// Restores that are looked through for one that came later.
const RESTORES: u32 = 200;

/// The archive that takes a restore back, opened: that it is what the catalog calls it, its own manifest says, and the time
/// at which the trail has this restore.
///
/// # Errors
/// `config_invalid` when the profile has no such run, or it has no way back; `audit_failed` when archive, catalog and trail
/// disagree; `archive_*`, `key_*`, `store_*`, `catalog_failed`.
pub async fn undo_archive(context: &Context, id: i64) -> Result<ArchiveDetails> {
    let details = show(context, id).await?;
    let (Some(safety), Some(begun)) = (details.undo, details.begun) else {
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            format!("run {id} can't be undone"),
            "restore from a backup that was made before it",
        ));
    };
    let archive = archives::show(context, &ArchiveSelector::Id(safety)).await?;
    let end = context.catalog.audit_end(begun.entry).await?;
    let end = end.and_then(|link| serde_json::from_str::<AuditEntry>(&link.body).ok());
    let made = archive.summary.created.as_millisecond();
    let within = end.is_some_and(|end| {
        end.succeeded() && (begun.at.as_millisecond()..=end.at.as_millisecond()).contains(&made)
    });
    let is_safety = archive.summary.kind.as_ref().is_some_and(|kind| *kind == BackupKind::Safety);
    let is_own = context.own()?.is_some_and(|own| own.is(&Named::from(&archive.summary)));
    if within && is_safety && is_own {
        return Ok(archive);
    }
    Err(Error::new(
        ErrorCode::AuditFailed,
        format!("{} is not what was overwritten by run {id}, whatever the catalog says", archive.summary.id),
        format!(
            "check the trail with {audit_verify}, and restore from a backup that was made before that run",
            audit_verify = Command::AuditVerify
        ),
    ))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use aitta_model::{BackupRequest, DatabaseUrl, ProveRequest, RestoreRequest};
    use sqlx::ConnectOptions;
    use sqlx::sqlite::SqliteConnectOptions;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::scratch::Scratch;
    use crate::{Silent, backup};

    /// A restore makes a safety backup, which is a run, too.
    async fn newest(context: &Context, operation: Operation) -> RunDetails {
        let runs = list(context, 10).await.unwrap();
        let run = runs.iter().find(|run| run.operation == operation).unwrap();
        show(context, run.id).await.unwrap()
    }

    #[tokio::test]
    async fn a_run_names_its_person_and_what_a_restore_was_to_overwrite_even_when_it_failed() {
        let scratch = Scratch::new(CancellationToken::new()).await.unwrap();
        let made = backup::create(&scratch.context, BackupRequest::default(), &Silent).await.unwrap();
        let of_backup = newest(&scratch.context, Operation::Backup).await;
        let person = of_backup.begun.as_ref().unwrap().actor.user.clone();
        assert_eq!((person.is_empty(), of_backup.into), (false, None));

        let request = RestoreRequest {
            archive: ArchiveSelector::Id(made.archive.id.clone()),
            tables: vec!["Holiday".to_owned()],
            reason: Some("incident".to_owned()),
            ..RestoreRequest::default()
        };
        restore::restore(&scratch.context, request.clone(), &Silent).await.unwrap();
        let done = newest(&scratch.context, Operation::Restore).await;
        assert_eq!(done.into, Some(RestoreInto::Own));
        assert_eq!(done.undo, done.restore.as_ref().unwrap().safety_archive);
        let way_back = undo_archive(&scratch.context, done.run.id).await.unwrap();
        assert_eq!(Some(way_back.summary.id), done.undo);

        scratch.execute("DROP TABLE Holiday; CREATE TABLE Holiday (other TEXT)").await.unwrap();
        restore::restore(&scratch.context, request.clone(), &Silent).await.unwrap_err();
        let failed = newest(&scratch.context, Operation::Restore).await;
        let begun = failed.begun.as_ref().unwrap();
        assert_eq!(
            (begun.actor.user.as_str(), begun.tables.as_slice()),
            (&*person, &["Holiday".to_owned()][..])
        );
        assert_eq!(begun.target, Some(scratch.context.target().unwrap().place()));
        assert_eq!(
            (failed.run.failure.is_some(), failed.into, failed.undo),
            (true, Some(RestoreInto::Own), None)
        );
    }

    #[tokio::test]
    async fn what_went_elsewhere_is_not_undone_in_the_live_database() {
        let scratch = Scratch::new(CancellationToken::new()).await.unwrap();
        backup::create(&scratch.context, BackupRequest::default(), &Silent).await.unwrap();
        let other = scratch.dir.join("other.db");
        std::fs::copy(&scratch.database, &other).unwrap();
        let request = RestoreRequest {
            tables: vec!["Holiday".to_owned()],
            to: Some(DatabaseUrl::new(format!("sqlite:{}", other.display()))),
            reason: Some("routine".to_owned()),
            ..RestoreRequest::default()
        };
        restore::restore(&scratch.context, request, &Silent).await.unwrap();
        let done = newest(&scratch.context, Operation::Restore).await;
        assert!(done.restore.as_ref().unwrap().safety_archive.is_some());
        assert_eq!((done.into, done.undo), (Some(RestoreInto::Other), None));

        let refused = undo_archive(&scratch.context, done.run.id).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::ConfigInvalid);

        restore::prove(&scratch.context, ProveRequest::default(), &Silent).await.unwrap();
        assert_eq!(newest(&scratch.context, Operation::Restore).await.into, Some(RestoreInto::Scratch));
    }

    /// Whoever writes the catalog can name any archive; its own manifest says what it is.
    #[tokio::test]
    async fn another_archive_in_the_name_of_the_safety_archive_is_no_way_back() {
        let scratch = Scratch::new(CancellationToken::new()).await.unwrap();
        let old = backup::create(&scratch.context, BackupRequest::default(), &Silent).await.unwrap();
        let request = RestoreRequest {
            tables: vec!["Holiday".to_owned()],
            reason: Some("incident".to_owned()),
            ..RestoreRequest::default()
        };
        restore::restore(&scratch.context, request.clone(), &Silent).await.unwrap();
        let first = newest(&scratch.context, Operation::Restore).await;
        restore::restore(&scratch.context, request, &Silent).await.unwrap();
        let second = newest(&scratch.context, Operation::Restore).await;
        assert!(second.undo.is_some());
        let earlier = show(&scratch.context, first.run.id).await.unwrap();
        assert_eq!(earlier.undo, None, "what came after it would go as well");

        let mut db =
            SqliteConnectOptions::new().filename(scratch.context.catalog.path()).connect().await.unwrap();
        for other in [old.archive.id, first.undo.unwrap()] {
            sqlx::query("UPDATE runs SET report = json_set(report, '$.safety_archive', ?) WHERE id = ?")
                .bind(other)
                .bind(second.run.id)
                .execute(&mut db)
                .await
                .unwrap();
            let refused = undo_archive(&scratch.context, second.run.id).await.unwrap_err();
            assert_eq!(refused.code(), ErrorCode::AuditFailed, "{refused}");
        }
        // Nor does the page of a run name somebody else for it.
        sqlx::query("UPDATE runs SET audit = 1 WHERE id = ?")
            .bind(second.run.id)
            .execute(&mut db)
            .await
            .unwrap();
        let shown = show(&scratch.context, second.run.id).await.unwrap();
        assert_eq!((shown.begun, shown.into, shown.undo), (None, None, None));
    }
}

//! The self-tests: the real operations, on a scratch database in a scratch store.

use std::path::{Path, PathBuf};

use aitta_archive::HEADER_LEN;
use aitta_model::{
    ArchiveSelector, ArchiveState, BackupReport, BackupRequest, DatabaseUrl, ErrorCode, RestoreReport,
    RestoreRequest, SelfTestReport, VerifyLevel, VerifyRequest, VerifyResult, VerifyScope,
};
use aitta_store::archive_name;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use crate::reading::{OpenArchive, select, sidecar};
use crate::scratch::{Scratch, Steps, expect, new_key, no_room};
use crate::{Context, Error, Result, Silent, archives, backup, restore, verify};

/// Which self-test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SelfTest {
    /// Makes an archive and checks what lies in the store.
    Create,
    /// Damages a database and gives it back.
    Restore,
    /// Damages archives and sees that it is noticed.
    Verify,
}

impl SelfTest {
    fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Restore => "restore",
            Self::Verify => "verify",
        }
    }
}

/// Runs a self-test. It leaves the user's database, store, keys and catalog alone.
///
/// # Errors
/// `proof_failed` when something is not as it should be, and whatever the operations themselves give.
pub async fn run(test: SelfTest, cancel: CancellationToken) -> Result<SelfTestReport> {
    let mut steps = Steps::new();
    let scratch = Scratch::new(cancel).await?;
    steps.done("made a sample database, a store and a throwaway key");
    let backup = backup::create(&scratch.context, BackupRequest::default(), &Silent).await?;
    let rows = backup.archive.rows.unwrap_or_default();
    expect(backup.tables.len() == 9 && rows > 20_000, || format!("the archive holds {rows} rows"))?;
    steps.done(format!("made an archive of {} tables and {rows} rows", backup.tables.len()));
    match test {
        SelfTest::Create => create(&scratch, &backup, &mut steps).await?,
        SelfTest::Restore => give_back(&scratch, &backup, &mut steps).await?,
        SelfTest::Verify => notice(&scratch, &backup, &mut steps).await?,
    }
    Ok(SelfTestReport { name: test.as_str().to_owned(), steps: steps.finish() })
}

async fn create(scratch: &Scratch, backup: &BackupReport, steps: &mut Steps) -> Result<()> {
    let (context, id) = (&scratch.context, &backup.archive.id);
    let bytes = std::fs::read(archive_path(scratch, id)).map_err(no_room)?;
    let checksum = hex::encode(Sha256::digest(bytes.get(HEADER_LEN..).unwrap_or_default()));
    let told = sidecar::read(context.store.as_ref(), id).await;
    expect(told.as_ref().is_ok_and(|s| s.checksum == checksum), || {
        format!("the SHA-256 of the file is {checksum}, and the sidecar says {told:?}")
    })?;
    steps.done("computed the SHA-256 of the file anew: it is the one in the sidecar");
    let readable = bytes.windows(7).any(|w| w == b"Booking" || w == b"SQLite ");
    expect(!readable, || "words of the database can be read in the archive".to_owned())?;
    steps.done("searched the file for words of the database: there are none");
    let list = archives::list(context, None).await?;
    let listed = list.archives.iter().any(|a| a.id == *id && matches!(a.state, ArchiveState::Verified(_)));
    expect(listed && list.total == 1, || format!("the list is {list:?}"))?;
    steps.done("listed the store: one archive, verified");
    Ok(())
}

async fn give_back(scratch: &Scratch, backup: &BackupReport, steps: &mut Steps) -> Result<()> {
    let rows = scratch
        .execute(
            "DROP TABLE \"Testimonial\"; UPDATE \"Booking\" SET \"status\" = 'peruttu', \"priceCents\" = 0",
        )
        .await?;
    steps.done(format!("deleted a table, and overwrote {rows} rows of another"));
    let request =
        RestoreRequest { tables: vec!["Testimonial".to_owned(), "Booking".to_owned()], ..by_id(backup) };
    let report = restored(&scratch.context, request).await?;
    proven(&report, 2)?;
    steps.done("restored these two tables: rows and digests equal");
    let other = scratch.dir.join("other.db");
    let to = DatabaseUrl::new(format!("sqlite:{}", other.display()));
    let report = restored(&scratch.context, RestoreRequest { to: Some(to), ..by_id(backup) }).await?;
    proven(&report, backup.tables.len())?;
    steps.done(format!(
        "restored everything into a new file: {} tables, rows and digests equal",
        report.proofs.len()
    ));
    Ok(())
}

async fn notice(scratch: &Scratch, backup: &BackupReport, steps: &mut Steps) -> Result<()> {
    let (context, path) = (&scratch.context, archive_path(scratch, &backup.archive.id));
    let whole = std::fs::read(&path).map_err(no_room)?;
    let result = verified(context, VerifyLevel::Content).await?;
    expect(result.ok && result.rows == backup.archive.rows, || format!("a whole archive: {result:?}"))?;
    steps.done("verified the archive by content: every row counted, every digest equal");

    let middle = whole.len() / 2;
    for at in [HEADER_LEN - 4000, HEADER_LEN + 100, middle, whole.len() - 100, whole.len() - 1] {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        std::fs::write(&path, &damaged).map_err(no_room)?;
        let result = verified(context, VerifyLevel::Stored).await?;
        let code = result.failure.map(|f| f.code);
        expect(code == Some(ErrorCode::ArchiveDamaged), || format!("byte {at} was changed: {code:?}"))?;
    }
    steps.done("changed single bits of header, frames, manifest and footer: noticed each time");
    std::fs::write(&path, &whole[..middle]).map_err(no_room)?;
    let code = verified(context, VerifyLevel::Stored).await?.failure.map(|f| f.code);
    expect(code == Some(ErrorCode::ArchiveTruncated), || format!("a cut archive: {code:?}"))?;
    steps.done("cut the archive in half: noticed");

    std::fs::write(&path, &whole).map_err(no_room)?;
    let id = select::one(context, &*context.keys().await?, &ArchiveSelector::Latest).await?;
    let stranger = new_key()?;
    let code = OpenArchive::open(context.store.clone(), id, &stranger).await.err().map(|e: Error| e.code());
    expect(code == Some(ErrorCode::KeyWrong), || format!("another key: {code:?}"))?;
    steps.done("tried another key: refused");
    Ok(())
}

fn by_id(backup: &BackupReport) -> RestoreRequest {
    RestoreRequest {
        archive: ArchiveSelector::Id(backup.archive.id.clone()),
        reason: Some("routine: self-test".to_owned()),
        ..RestoreRequest::default()
    }
}

pub(crate) async fn restored(context: &Context, request: RestoreRequest) -> Result<RestoreReport> {
    match restore::restore(context, request, &Silent).await? {
        restore::Outcome::Report(report) => Ok(report),
        restore::Outcome::Plan(plan) => Err(expect(false, || format!("a plan came of it: {plan:?}"))
            .err()
            .unwrap_or_else(Error::cancelled)),
    }
}

fn proven(report: &RestoreReport, tables: usize) -> Result<()> {
    let equal = report.proofs.iter().filter(|p| p.equal()).count();
    expect(equal == tables && report.proofs.len() == tables, || {
        format!("{equal} of {tables} tables were proven equal")
    })
}

async fn verified(context: &Context, level: VerifyLevel) -> Result<VerifyResult> {
    let scope = VerifyScope::One(ArchiveSelector::Latest);
    let mut report = verify::verify(context, VerifyRequest { scope, level }, &Silent).await?;
    report.results.pop().ok_or_else(|| select::nothing_found(context, &ArchiveSelector::Latest))
}

fn archive_path(scratch: &Scratch, id: &str) -> PathBuf {
    Path::new(&scratch.context.store.location()).join(archive_name(id))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[tokio::test]
    async fn every_self_test_passes() {
        for test in [SelfTest::Create, SelfTest::Restore, SelfTest::Verify] {
            let report = run(test, CancellationToken::new()).await.unwrap();
            assert!(report.steps.len() >= 4, "{report:?}");
        }
    }
}

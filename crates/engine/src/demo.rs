//! The demonstration: a database is archived, damaged, and given back, with proof.

pub mod past;

use aitta_model::{
    ArchiveSelector, BackupKind, BackupRequest, DemoReport, ErrorCode, RestoreRequest, VerifyLevel,
    VerifyRequest, VerifyScope,
};
use tokio_util::sync::CancellationToken;

use crate::scratch::{Scratch, Steps};
use crate::selftest::restored;
use crate::{Error, Result, Silent, backup, verify};

/// Runs the demonstration on a scratch database, with a scratch store and a throwaway key.
///
/// # Errors
/// Those of the operations.
pub async fn run(cancel: CancellationToken) -> Result<DemoReport> {
    let mut steps = Steps::new();
    let scratch = Scratch::new(cancel).await?;
    let context = &scratch.context;
    steps.done("made the database of a car wash, and a key");

    let request = BackupRequest {
        kind: BackupKind::Manual,
        reason: Some("demonstration".to_owned()),
        ..BackupRequest::default()
    };
    let archive = backup::create(context, request, &Silent).await?;
    steps.done(format!(
        "archived {} tables with {} rows, and read every byte back",
        archive.tables.len(),
        archive.archive.rows.unwrap_or_default()
    ));

    let id = ArchiveSelector::Id(archive.archive.id);
    let request = VerifyRequest { scope: VerifyScope::One(id.clone()), level: VerifyLevel::Content };
    let verified = verify::verify(context, request, &Silent).await?;
    if let Some(failure) = verified.results.into_iter().find_map(|r| r.failure) {
        return Err(Error::new(failure.code, failure.message, failure.hint));
    }
    steps.done("verified it: decrypted, every row counted, every digest computed anew");

    scratch.execute("DROP TABLE \"Testimonial\"").await?;
    steps.done("damage: the table Testimonial was deleted");
    let hit = scratch.execute("UPDATE \"Booking\" SET \"status\" = 'peruttu', \"priceCents\" = 0").await?;
    steps.done(format!("damage: an UPDATE without WHERE cancelled all {hit} bookings"));

    let tables = vec!["Testimonial".to_owned(), "Booking".to_owned()];
    let report = restored(
        context,
        RestoreRequest {
            archive: id,
            tables,
            reason: Some("routine: demonstration".to_owned()),
            ..RestoreRequest::default()
        },
    )
    .await?;
    if let Some(unequal) = report.proofs.iter().find(|p| !p.equal()) {
        return Err(Error::new(
            ErrorCode::ProofFailed,
            format!("the table {} is not what was archived", unequal.name),
            "don't rely on this build; report the message",
        ));
    }
    steps.done(format!("restored just these {} tables, the others untouched", report.proofs.len()));
    Ok(DemoReport { steps: steps.finish(), proofs: report.proofs })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[tokio::test]
    async fn the_demonstration_proves_the_two_tables_equal() {
        let report = run(CancellationToken::new()).await.unwrap();
        let mut names: Vec<&str> = report.proofs.iter().map(|p| p.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["Booking", "Testimonial"]);
        assert!(report.proofs.iter().all(|p| p.equal() && p.target_rows > 0));
    }
}

//! Proving a backup by a restore that leaves nothing behind.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aitta_engine::config::Profile;
use aitta_engine::keys::{self, KeyRing, MemoryVault};
use aitta_engine::{Context, Silent, archives, backup, restore, sample};
use aitta_model::{
    ArchiveSelector, ArchiveState, BackupRequest, DatabaseUrl, ErrorCode, ProveRequest, RestoreMode,
    TableProof,
};
use tokio_util::sync::CancellationToken;

/// The sample database with a store and a folder of its own for the app's data.
async fn context(dir: &Path) -> Context {
    let database = dir.join("carwash.db");
    sample::create(&database).await.unwrap();
    std::fs::create_dir(dir.join("store")).unwrap();
    let profile = Profile {
        name: "carwash".to_owned(),
        database_url: Some(DatabaseUrl::new(format!("sqlite:{}", database.display()))),
        create_store: false,
        ..aitta_testing::profile(dir)
    };
    let mut context = Context::new(profile).await.unwrap();
    let key = keys::generate().unwrap();
    context.key_ring = Some(Arc::new(KeyRing::from_hex(&key.key).unwrap()));
    context.vault = Arc::new(MemoryVault::default());
    context
}

/// What proofs have left in the folder of the app's data.
fn left(context: &Context) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(&context.profile.data_dir).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.to_string_lossy().contains("aitta-proof-")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_restores_everything_compares_it_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let context = context(dir.path()).await;
    let made = backup::create(&context, BackupRequest::default(), &Silent).await.unwrap();
    let live = std::fs::read(dir.path().join("carwash.db")).unwrap();
    let report = restore::prove(&context, ProveRequest::default(), &Silent).await.unwrap();
    assert!(report.dropped && report.whole, "{report:?}");
    assert_eq!(report.archive, made.archive.id);
    assert_eq!(report.proofs.len(), made.tables.len());
    assert!(report.proofs.iter().all(TableProof::equal));
    let RestoreMode::Create { target } = &report.mode else { panic!("{report:?}") };
    assert!(!Path::new(target).exists(), "{target} is still there");
    assert_eq!(left(&context), Vec::<PathBuf>::new());
    assert_eq!(std::fs::read(dir.path().join("carwash.db")).unwrap(), live, "the live file was written");
    let list = archives::list(&context, None).await.unwrap();
    assert!(matches!(list.archives[0].state, ArchiveState::Restored(_)), "{list:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_that_fails_or_is_stopped_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let context = context(dir.path()).await;
    let error = restore::prove(&context, ProveRequest::default(), &Silent).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ArchiveNotFound);
    backup::create(&context, BackupRequest::default(), &Silent).await.unwrap();
    let stopped = CancellationToken::new();
    stopped.cancel();
    let ended = restore::prove(&context.clone().stopped_by(stopped), ProveRequest::default(), &Silent).await;
    assert_eq!(ended.unwrap_err().code(), ErrorCode::Cancelled);
    assert_eq!(left(&context), Vec::<PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_proof_has_left_is_told_and_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let context = context(dir.path()).await;
    let made = backup::create(&context, BackupRequest::default(), &Silent).await.unwrap();
    let killed = context.profile.data_dir.join("aitta-proof-killed");
    std::fs::create_dir(&killed).unwrap();
    let archive = ArchiveSelector::Id(made.archive.id);
    let report =
        restore::prove(&context, ProveRequest { archive, ..ProveRequest::default() }, &Silent).await.unwrap();
    assert!(report.findings.iter().any(|f| f.message.contains("aitta-proof-killed")), "{report:?}");
    assert_eq!(left(&context), [killed]);
}

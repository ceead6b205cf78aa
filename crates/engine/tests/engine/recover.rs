//! Which archive a recovery goes back to, and what it never does.

use std::path::Path;
use std::sync::Arc;

use aitta_engine::config::{Hook, Hooks, Profile};
use aitta_engine::keys::{self, KeyRing, MemoryVault};
use aitta_engine::recover::{self, How};
use aitta_engine::{Context, Silent, backup, hooks, sample};
use aitta_model::{
    ArchiveSelector, BackupKind, BackupRequest, DatabaseUrl, ErrorCode, HookKind, RecoverRequest,
    RecoverStep, RestoreMode, StepState,
};

/// The sample database, whose restores have these programs around them.
async fn context(dir: &Path, before: &str, after: &str) -> Context {
    let database = dir.join("carwash.db");
    sample::create(&database).await.unwrap();
    std::fs::create_dir(dir.join("store")).unwrap();
    let hook = |program: &str| Some(Hook::parse(&[program]).unwrap());
    let profile = Profile {
        name: "carwash".to_owned(),
        database_url: Some(DatabaseUrl::new(format!("sqlite:{}", database.display()))),
        create_store: false,
        hooks: Hooks { before_restore: hook(before), after_restore: hook(after), ..Hooks::default() },
        ..aitta_testing::profile(dir)
    };
    let mut context = Context::new(profile).await.unwrap();
    let key = keys::generate().unwrap();
    context.key_ring = Some(Arc::new(KeyRing::from_hex(&key.key).unwrap()));
    context.vault = Arc::new(MemoryVault::default());
    context
}

async fn made(context: &Context, request: BackupRequest) -> String {
    backup::create(context, request, &Silent).await.unwrap().archive.id
}

fn incident(archive: ArchiveSelector) -> RecoverRequest {
    RecoverRequest { archive, reason: Some("incident".to_owned()), trust_code: false }
}

async fn go(context: &Context, step: RecoverStep) -> aitta_engine::Result<aitta_model::Recovery> {
    recover::go_on(context, step, How::Do(None), &Silent).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_verified_archive_of_the_whole_database_is_gone_back_to() {
    let dir = tempfile::tempdir().unwrap();
    let context = context(dir.path(), "/bin/true", "/bin/true").await;
    let plan = |archive| {
        let context = context.clone();
        async move { recover::plan(&context, &incident(archive)).await }
    };
    assert_eq!(plan(ArchiveSelector::Latest).await.unwrap_err().code(), ErrorCode::ArchiveNotFound);
    let first = made(&context, BackupRequest::default()).await;
    let between = context.clock.now();
    let second = made(&context, BackupRequest::default()).await;
    let part = BackupRequest { tables: vec!["Setting".to_owned()], ..BackupRequest::default() };
    let part = made(&context, part).await;
    let emergency = BackupRequest { kind: BackupKind::Emergency, ..BackupRequest::default() };
    let emergency = made(&context, emergency).await;

    let latest = plan(ArchiveSelector::Latest).await.unwrap();
    assert_eq!(latest.archive, second);
    assert!(matches!(latest.mode, RestoreMode::Swap { .. }) && latest.tables.is_empty(), "{latest:?}");
    assert!(latest.passed[0].starts_with(&emergency) && latest.passed[1].starts_with(&part), "{latest:?}");
    assert_eq!(plan(ArchiveSelector::Before(between)).await.unwrap().archive, first);
    // Whoever names one has looked at it.
    assert_eq!(plan(ArchiveSelector::Id(emergency.clone())).await.unwrap().archive, emergency);
    // What a check has found damaged is passed over, too.
    let path = dir.path().join("store/backups").join(format!("{second}.backup"));
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 7]).unwrap();
    let request = aitta_model::VerifyRequest {
        scope: aitta_model::VerifyScope::All,
        level: aitta_model::VerifyLevel::Stored,
    };
    aitta_engine::verify::verify(&context, request, &Silent).await.unwrap();
    let latest = plan(ArchiveSelector::Latest).await.unwrap();
    assert_eq!(latest.archive, first);
    assert!(latest.passed.iter().any(|passed| passed.starts_with(&second)), "{latest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_given_back_before_what_is_there_is_kept_or_a_person_has_said_so() {
    let dir = tempfile::tempdir().unwrap();
    let context = context(dir.path(), "/bin/true", "/bin/true").await;
    made(&context, BackupRequest::default()).await;
    let no_reason = RecoverRequest::default();
    assert_eq!(recover::begin(&context, no_reason).await.unwrap_err().code(), ErrorCode::ReasonMissing);
    assert_eq!(recover::open(&context).await.unwrap_err().code(), ErrorCode::ConfigInvalid);
    recover::begin(&context, incident(ArchiveSelector::Latest)).await.unwrap();
    let again = recover::begin(&context, incident(ArchiveSelector::Latest)).await.unwrap_err();
    assert_eq!(again.code(), ErrorCode::RunInProgress);
    for step in [RecoverStep::Backup, RecoverStep::Restore, RecoverStep::Start] {
        assert_eq!(go(&context, step).await.unwrap_err().code(), ErrorCode::ConfigInvalid, "{step}");
    }
    go(&context, RecoverStep::Stop).await.unwrap();
    assert_eq!(hooks::report(&context).await.unwrap().owed.len(), 1);
    let silent = recover::go_on(&context, RecoverStep::Backup, How::Without(" ".to_owned()), &Silent).await;
    assert_eq!(silent.unwrap_err().code(), ErrorCode::ConfigInvalid);
    let without = How::Without("the disk is gone".to_owned());
    let recovery = recover::go_on(&context, RecoverStep::Backup, without, &Silent).await.unwrap();
    assert_eq!((recovery.emergency, recovery.without.as_deref()), (None, Some("the disk is gone")));
    let left_out = How::Without("no".to_owned());
    let left_out = recover::go_on(&context, RecoverStep::Restore, left_out, &Silent).await;
    assert_eq!(left_out.unwrap_err().code(), ErrorCode::ConfigInvalid, "it is the recovery itself");
    let recovery = go(&context, RecoverStep::Restore).await.unwrap();
    let RestoreMode::Swap { set_aside, .. } = recovery.report.unwrap().mode else { panic!("not beside") };
    assert!(Path::new(&set_aside).exists(), "what was there is kept all the same");
    go(&context, RecoverStep::Proof).await.unwrap();
    let done = go(&context, RecoverStep::Start).await.unwrap();
    assert!(done.ended.is_some() && done.next().is_none() && !done.is_open(), "{done:?}");
    assert_eq!(hooks::report(&context).await.unwrap().owed, []);
    assert_eq!(recover::last(&context).await.unwrap().unwrap().id, done.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_whose_hook_fails_waits_there_and_is_told_until_it_has_run() {
    let dir = tempfile::tempdir().unwrap();
    let context = context(dir.path(), "/bin/true", "/bin/false").await;
    made(&context, BackupRequest::default()).await;
    recover::begin(&context, incident(ArchiveSelector::Latest)).await.unwrap();
    for step in [RecoverStep::Stop, RecoverStep::Backup, RecoverStep::Restore, RecoverStep::Proof] {
        go(&context, step).await.unwrap();
    }
    let error = go(&context, RecoverStep::Start).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::HookFailed, "{error}");
    let open = recover::open(&context).await.unwrap();
    let next = open.next().unwrap();
    assert!(next.step.is(RecoverStep::Start) && next.state.is(StepState::Failed), "{next:?}");
    assert_eq!(recover::run_owed(&context, &Silent).await.unwrap_err().code(), ErrorCode::RunInProgress);
    let (ended, failure) = recover::abandon(&context, None, true, &Silent).await.unwrap();
    assert!(!ended.is_open() && failure.unwrap().code == ErrorCode::HookFailed);
    let owed = hooks::report(&context).await.unwrap().owed;
    assert!(owed.len() == 1 && owed[0].hook.is(HookKind::AfterRestore), "{owed:?}");
    assert_eq!(hooks::remarks(&context).await.unwrap().len(), 1);
    // Mended, it runs and is owed no longer.
    let hook = Hook::parse(&["/bin/true"]).unwrap();
    let hooks = Hooks { after_restore: Some(hook), ..context.profile.hooks.clone() };
    let profile = Profile { hooks, ..context.profile.as_ref().clone() };
    let mended = Context { profile: Arc::new(profile), ..context };
    assert_eq!(recover::run_owed(&mended, &Silent).await.unwrap().len(), 1);
    assert_eq!(aitta_engine::hooks::report(&mended).await.unwrap().owed, []);
}

/// Another shell may have another `DATABASE_URL`.
#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_goes_on_for_the_database_alone_that_was_confirmed() {
    let dir = tempfile::tempdir().unwrap();
    let context = context(dir.path(), "/bin/true", "/bin/true").await;
    made(&context, BackupRequest::default()).await;
    recover::begin(&context, incident(ArchiveSelector::Latest)).await.unwrap();
    let other = dir.path().join("other.db");
    sample::create(&other).await.unwrap();
    let before = std::fs::read(&other).unwrap();
    let profile = Profile {
        database_url: Some(DatabaseUrl::new(format!("sqlite:{}", other.display()))),
        ..context.profile.as_ref().clone()
    };
    let elsewhere = Context { profile: Arc::new(profile), ..context.clone() };
    let refused = go(&elsewhere, RecoverStep::Stop).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::ConfigInvalid);
    let abandoned = recover::abandon(&elsewhere, None, true, &Silent).await.unwrap_err();
    assert_eq!(abandoned.code(), ErrorCode::ConfigInvalid);
    assert_eq!(std::fs::read(&other).unwrap(), before);
    go(&context, RecoverStep::Stop).await.unwrap();
}

/// Nothing is stopped that could not be started again.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_program_that_starts_the_application_nothing_is_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let context = context(dir.path(), "/bin/true", "/bin/not-there").await;
    made(
        &Context {
            profile: Arc::new(Profile { hooks: Hooks::default(), ..context.profile.as_ref().clone() }),
            ..context.clone()
        },
        BackupRequest::default(),
    )
    .await;
    let refused = recover::begin(&context, incident(ArchiveSelector::Latest)).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::HookFailed);
    assert_eq!(hooks::report(&context).await.unwrap().owed, []);
}

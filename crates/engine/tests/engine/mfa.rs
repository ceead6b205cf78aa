//! The second factor before the operations that it guards, and not before the others.

use std::path::Path;
use std::sync::Arc;

use aitta_engine::config::Profile;
use aitta_engine::keys::{KeyRing, MemoryVault};
use aitta_engine::restore::Outcome;
use aitta_engine::{
    Clock, Context, ManualClock, Silent, archives, backup, enrolment, restore, sample, verify,
};
use aitta_model::{
    ArchiveSelector, BackupRequest, ConfirmMfaRequest, DatabaseUrl, DeleteRequest, ErrorCode, MfaCode,
    RestoreRequest, VerifyLevel, VerifyRequest, VerifyScope,
};
use aitta_testing::profile;
use totp_rs::{Builder, Secret, Totp};

struct Bench {
    dir: tempfile::TempDir,
    context: Context,
    clock: ManualClock,
    phone: Totp,
    codes: Vec<String>,
}

impl Bench {
    /// A sample database with a backup, and a second factor.
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        sample::create(&dir.path().join("shop.db")).await.unwrap();
        std::fs::create_dir(dir.path().join("store")).unwrap();
        let profile = Profile {
            database_url: Some(url(dir.path(), "shop.db")),
            create_store: false,
            ..profile(dir.path())
        };
        let clock = ManualClock::at("2026-11-25T10:00:05Z".parse().unwrap());
        let mut context = Context::new(profile).await.unwrap();
        context.vault = Arc::new(MemoryVault::default());
        context.clock = Arc::new(clock.clone());
        context.key_ring = Some(Arc::new(KeyRing::from_hex(&"07".repeat(32)).unwrap()));
        let secret = enrolment::begin(&context).await.unwrap().secret;
        let secret = Secret::try_from_base32(secret).unwrap();
        let phone = Builder::new().with_account_name("me").with_secret(secret).build().unwrap();
        let mut bench = Self { dir, context, clock, phone, codes: Vec::new() };
        let request = ConfirmMfaRequest { code: bench.code(), mfa: None, reason: None };
        bench.codes = enrolment::confirm(&bench.context, request).await.unwrap().codes;
        // A second factor is set up, and a backup asks for none.
        backup::create(&bench.context, BackupRequest::default(), &Silent).await.unwrap();
        bench.clock.advance(std::time::Duration::from_secs(30));
        bench
    }

    fn code(&self) -> MfaCode {
        MfaCode::new(self.phone.generate(self.clock.now().as_second().unsigned_abs()).to_string())
    }

    /// The database, and the archives.
    fn everything(&self) -> (Vec<u8>, Vec<String>) {
        let archives = std::fs::read_dir(self.dir.path().join("store/backups")).unwrap();
        let mut names: Vec<String> =
            archives.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        (std::fs::read(self.dir.path().join("shop.db")).unwrap(), names)
    }

    async fn restore(&self, to: Option<DatabaseUrl>, mfa: Option<MfaCode>) -> aitta_engine::Result<Outcome> {
        // One table in place, which makes a safety archive; or all of it into another database.
        let tables = if to.is_none() { vec!["Setting".to_owned()] } else { Vec::new() };
        let reason = Some("drill".to_owned());
        let request = RestoreRequest { to, tables, mfa, reason, ..RestoreRequest::default() };
        restore::restore(&self.context, request, &Silent).await
    }
}

fn url(dir: &Path, name: &str) -> DatabaseUrl {
    DatabaseUrl::new(format!("sqlite:{}", dir.join(name).display()))
}

fn code_of<T>(result: aitta_engine::Result<T>) -> ErrorCode {
    result.err().unwrap().code()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_without_it_touches_nothing() {
    let bench = Bench::new().await;
    let before = bench.everything();
    let used = bench.code();
    assert_eq!(code_of(bench.restore(None, None).await), ErrorCode::MfaRequired);
    let wrong = Some(MfaCode::new("AAAA-AAAA-AAAA-AAAA"));
    assert_eq!(code_of(bench.restore(None, wrong).await), ErrorCode::MfaWrong);
    assert!(before == bench.everything(), "neither the database nor the store was touched");

    let Outcome::Report(report) = bench.restore(None, Some(used.clone())).await.unwrap() else {
        panic!("no dry run was asked for")
    };
    assert!(report.safety_archive.is_some());
    let after = bench.everything();
    assert_eq!(code_of(bench.restore(None, Some(used)).await), ErrorCode::MfaWrong);
    assert!(after == bench.everything());

    // In an emergency without the phone.
    bench.restore(None, Some(MfaCode::new(&bench.codes[0]))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_nothing_away_never_asks() {
    let bench = Bench::new().await;
    let context = &bench.context;
    archives::list(context, None).await.unwrap();
    let request =
        VerifyRequest { scope: VerifyScope::One(ArchiveSelector::Latest), level: VerifyLevel::Content };
    assert!(verify::verify(context, request, &Silent).await.unwrap().all_ok());
    let plan = RestoreRequest { dry_run: true, ..RestoreRequest::default() };
    restore::restore(context, plan, &Silent).await.unwrap();
    // Into a database that is not there yet.
    let new = Some(url(bench.dir.path(), "copy.db"));
    bench.restore(new.clone(), None).await.unwrap();
    // Now it is there.
    assert_eq!(code_of(bench.restore(new, None).await), ErrorCode::MfaRequired);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_is_deleted_with_it_only() {
    let bench = Bench::new().await;
    let before = bench.everything();
    let id = before.1[0].trim_end_matches(".backup").to_owned();
    let delete = async |mfa| {
        let request = DeleteRequest { id: id.clone(), reason: Some("routine".to_owned()), mfa };
        archives::delete(&bench.context, request).await
    };
    assert_eq!(code_of(delete(None).await), ErrorCode::MfaRequired);
    assert_eq!(code_of(delete(Some(MfaCode::new("000 00"))).await), ErrorCode::MfaWrong);
    assert!(before == bench.everything());
    delete(Some(bench.code())).await.unwrap();
    assert!(bench.everything().1.is_empty());
}

//! The second factor before the operations that it guards, and not before the others.

use std::path::Path;
use std::sync::Arc;

use aitta_engine::config::Profile;
use aitta_engine::keys::{KeyRing, MemoryVault};
use aitta_engine::restore::Outcome;
use aitta_engine::{
    Clock, Context, ManualClock, Silent, archives, backup, custody, enrolment, restore, rotation, sample,
    verify,
};
use aitta_model::{
    ArchiveSelector, BackupRequest, ConfirmKeyRequest, ConfirmMfaRequest, CreateKeyRequest, DatabaseUrl,
    DeleteRequest, DisownRequest, ErrorCode, ImportKeyRequest, KeyState, KeyText, MfaCode, RecoveryKit,
    RestoreRequest, RotateRequest, RotationDirection, TypedGroups, VerifyLevel, VerifyRequest, VerifyScope,
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
        let mut bench = Self::without_any().await;
        bench.context.key_ring = Some(Arc::new(KeyRing::from_hex(&"07".repeat(32)).unwrap()));
        bench.enrol().await;
        // A second factor is set up, and a backup asks for none.
        backup::create(&bench.context, BackupRequest::default(), &Silent).await.unwrap();
        bench.clock.advance(std::time::Duration::from_secs(30));
        bench
    }

    /// A sample database, and an empty vault.
    async fn without_any() -> Self {
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
        Self { dir, context, clock, phone: phone(Secret::from(vec![7; 20])), codes: Vec::new() }
    }

    async fn enrol(&mut self) {
        let secret = enrolment::begin(&self.context).await.unwrap().secret;
        self.phone = phone(Secret::try_from_base32(secret).unwrap());
        let request = ConfirmMfaRequest { code: self.code(), mfa: None, reason: None };
        self.codes = enrolment::confirm(&self.context, request).await.unwrap().codes;
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

fn phone(secret: Secret) -> Totp {
    Builder::new().with_account_name("me").with_secret(secret).build().unwrap()
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

/// A ring in the vault with one key, made before there was a second factor, and an archive that it locks.
struct Keys {
    bench: Bench,
    first: RecoveryKit,
    /// Made before there was a second factor, and not confirmed.
    waiting: RecoveryKit,
}

impl Keys {
    async fn new() -> Self {
        let mut bench = Bench::without_any().await;
        let create = || custody::create(&bench.context, CreateKeyRequest::default());
        let first = create().await.unwrap();
        confirm(&bench.context, &first, None).await.unwrap();
        let waiting = create().await.unwrap();
        bench.enrol().await;
        backup::create(&bench.context, BackupRequest::default(), &Silent).await.unwrap();
        Self { bench, first, waiting }
    }

    /// A code that was not used.
    fn code(&self) -> Option<MfaCode> {
        self.bench.clock.advance(std::time::Duration::from_secs(30));
        Some(self.bench.code())
    }

    /// Which key locks new archives, and how many keys there are.
    async fn ring(&self) -> (String, usize) {
        let ring = custody::status(&self.bench.context).await.unwrap();
        let active = ring.keys.iter().find(|key| key.state == KeyState::Active).unwrap();
        (active.key_id.clone(), ring.keys.len())
    }
}

/// A profile of its own, with a data folder that nobody has enrolled in.
async fn fresh(bench: &Bench) -> Context {
    let dir = bench.dir.path().join("elsewhere");
    std::fs::create_dir_all(dir.join("store")).unwrap();
    let database_url = Some(url(bench.dir.path(), "shop.db"));
    let mut context =
        Context::new(Profile { database_url, create_store: true, ..profile(&dir) }).await.unwrap();
    context.vault = bench.context.vault.clone();
    context.clock = bench.context.clock.clone();
    context
}

async fn confirm(context: &Context, kit: &RecoveryKit, mfa: Option<MfaCode>) -> aitta_engine::Result<()> {
    let typed = kit.asked.iter().map(|&n| kit.groups[usize::from(n) - 1].clone()).collect();
    let typed = TypedGroups::new(typed);
    let request = ConfirmKeyRequest { key_id: kit.key_id.clone(), typed, mfa };
    custody::confirm(context, request).await.map(drop)
}

/// Whoever sits at the desk would print a kit that opens everything, and leave the owner's opening nothing.
#[tokio::test(flavor = "multi_thread")]
async fn no_key_takes_the_place_of_another_without_it() {
    let keys = Keys::new().await;
    let context = &keys.bench.context;
    let before = (keys.ring().await, keys.bench.everything());
    let create = |mfa| custody::create(context, CreateKeyRequest { reason: None, mfa });
    let import = |key: &str, mfa| {
        let request = ImportKeyRequest { key: KeyText::new(key), reason: None, mfa };
        custody::import(context, request)
    };
    let rotate = |direction, reencrypt, mfa| {
        let request = RotateRequest { direction, reencrypt, reason: Some("routine".to_owned()), mfa };
        async move { rotation::rotate(context, request, &Silent).await }
    };
    let own = "5a".repeat(32);
    assert_eq!(code_of(create(None).await), ErrorCode::MfaRequired);
    assert_eq!(code_of(import(&own, None).await), ErrorCode::MfaRequired);
    assert_eq!(code_of(confirm(context, &keys.waiting, None).await), ErrorCode::MfaRequired);
    for direction in [RotationDirection::Forward, RotationDirection::Back] {
        for reencrypt in [false, true] {
            let refused = code_of(rotate(direction, reencrypt, None).await);
            // There is no key to go back to.
            let expected = [ErrorCode::MfaRequired, ErrorCode::KeyMissing];
            assert!(expected.contains(&refused), "{direction:?} {reencrypt}: {refused:?}");
        }
    }
    // Another profile, and another data folder, with the same vault.
    let elsewhere = fresh(&keys.bench).await;
    let refused = custody::create(&elsewhere, CreateKeyRequest::default()).await;
    assert_eq!(code_of(refused), ErrorCode::MfaRequired);
    assert_eq!(code_of(create(Some(MfaCode::new("000000"))).await), ErrorCode::MfaWrong);
    assert!(before == (keys.ring().await, keys.bench.everything()));

    // With it everything goes on.
    let kit = create(keys.code()).await.unwrap();
    confirm(context, &kit, None).await.unwrap();
    assert_eq!(keys.ring().await.0, kit.key_id);
    assert_eq!(code_of(rotate(RotationDirection::Forward, false, None).await), ErrorCode::MfaRequired);
    let report = rotate(RotationDirection::Forward, false, keys.code()).await.unwrap();
    assert_eq!((report.moved, report.to), (1, kit.key_id));
    assert_eq!(code_of(rotate(RotationDirection::Back, false, None).await), ErrorCode::MfaRequired);
    let back = rotate(RotationDirection::Back, false, keys.code()).await.unwrap();
    assert_eq!(back.to, keys.first.key_id);
    confirm(context, &keys.waiting, keys.code()).await.unwrap();
    assert_eq!(keys.ring().await.0, keys.waiting.key_id);
    import(&own, keys.code()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_key_of_an_installation_needs_none() {
    let mut bench = Bench::new().await;
    bench.context.key_ring = None;
    let kit = custody::create(&bench.context, CreateKeyRequest::default()).await.unwrap();
    confirm(&bench.context, &kit, None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_is_disowned_with_it_only() {
    let bench = Bench::new().await;
    let id = "backup-1642684800000-a1b2c3d4";
    std::fs::write(bench.dir.path().join(format!("store/backups/{id}.backup")), [7; 5000]).unwrap();
    let disown = async |mfa| {
        let request = DisownRequest { id: id.to_owned(), reason: Some("routine".to_owned()), mfa };
        archives::disown(&bench.context, request).await
    };
    assert_eq!(code_of(disown(None).await), ErrorCode::MfaRequired);
    assert_eq!(code_of(disown(Some(MfaCode::new("000 00"))).await), ErrorCode::MfaWrong);
    assert_eq!(disown(Some(bench.code())).await.unwrap().id, id);
}

//! Is everything there that a restore will need? What is called ready works, and what is called missing doesn't.

use std::sync::Arc;

use aitta_engine::config::Profile;
use aitta_engine::keys::{self, KeyRing, MemoryVault};
use aitta_engine::readiness::readiness;
use aitta_engine::store::{CopyStore, StoreConfig, StoreLogin, archive_name, sidecar_name};
use aitta_engine::{Context, ManualClock, Silent, backup, custody, restore, sample, verify};
use aitta_model::{
    ArchiveSelector, BackupRequest, Command, ConfirmKeyRequest, CreateKeyRequest, DatabaseUrl, ErrorCode,
    Fact, NewestFound, Readiness, ReadinessCheck, ReadinessFact, ReadinessKind, ReadinessRemedy,
    ReadinessState, RestorePlan, RestoreRequest, TypedGroups, VerifyLevel, VerifyRequest, VerifyScope,
};
use aitta_testing::pg::{TestDatabase, TestServer, psql};
use jiff::ToSpan;

/// A role of a name that would end a statement, were it not quoted.
const HOSTILE: &str = "ow\"ner'; DROP TABLE t; --";

fn of(readiness: &Readiness, kind: ReadinessKind) -> &ReadinessCheck {
    readiness.checks.iter().find(|check| check.kind == kind).unwrap()
}

async fn look(context: &Context, kind: ReadinessKind) -> ReadinessCheck {
    of(&readiness(context).await, kind).clone()
}

/// The statement that a check offers.
fn statement(check: &ReadinessCheck) -> &str {
    match check.remedies.as_slice() {
        [ReadinessRemedy::Sql { sql }] => sql,
        other => panic!("no statement: {other:?}"),
    }
}

fn hint(check: &ReadinessCheck) -> &str {
    match check.remedies.as_slice() {
        [ReadinessRemedy::Hint { text }] => text,
        other => panic!("{other:?}"),
    }
}

fn offers(check: &ReadinessCheck, command: Command) -> bool {
    check.remedies == [ReadinessRemedy::from(command)]
}

async fn context_of(dir: &std::path::Path, url: &str) -> Context {
    let profile = Profile { database_url: Some(DatabaseUrl::new(url)), ..aitta_testing::profile(dir) };
    let mut context = Context::new(profile).await.unwrap();
    context.key_ring = Some(Arc::new(KeyRing::from_hex(&keys::generate().unwrap().key).unwrap()));
    context.vault = Arc::new(MemoryVault::default());
    context
}

/// A database of a role without rights beyond its own.
struct Owned {
    server: &'static TestServer,
    database: TestDatabase,
    dir: tempfile::TempDir,
    context: Context,
    role: String,
}

impl Owned {
    async fn new(label: &str, role: &str) -> Self {
        let server = TestServer::shared();
        let database = server.database(label).await;
        let quoted = format!("\"{}\"", role.replace('"', "\"\""));
        let (name, admin) = (database.name(), server.url("postgres"));
        psql(
            &admin,
            &format!("CREATE ROLE {quoted} LOGIN PASSWORD 'p'; ALTER DATABASE \"{name}\" OWNER TO {quoted}"),
        )
        .await;
        database
            .psql(&format!(
                "CREATE TABLE t (id serial PRIMARY KEY, x text); INSERT INTO t (x) VALUES ('one'), ('two'); \
                 ALTER TABLE t OWNER TO {quoted}"
            ))
            .await;
        let dir = tempfile::tempdir().unwrap();
        let context = context_of(dir.path(), &server.url_as(role, "p", name)).await;
        Self { server, database, dir, context, role: quoted }
    }

    async fn restore_table(&self) -> aitta_engine::Result<()> {
        let request = RestoreRequest {
            tables: vec!["t".to_owned()],
            reason: Some("drill".to_owned()),
            ..RestoreRequest::default()
        };
        restore::restore(&self.context, request, &Silent).await.map(drop)
    }

    async fn end(self) {
        let (server, role) = (self.server, self.role);
        drop(self.context);
        self.database.psql(&format!("REASSIGN OWNED BY {role} TO CURRENT_USER; DROP OWNED BY {role}")).await;
        let name = self.database.name().to_owned();
        let give = format!("ALTER DATABASE \"{name}\" OWNER TO CURRENT_USER");
        psql(&server.url("postgres"), &give).await;
        self.database.drop_now().await;
        let mut more = String::new();
        if server.major() >= 15 {
            more = format!("REVOKE SET ON PARAMETER session_replication_role FROM {role}; ");
        }
        psql(&server.url("postgres"), &format!("{more}DROP ROLE {role}")).await;
        drop(self.dir);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_statement_that_an_owner_is_told_makes_what_it_says_ready() {
    let owned = Owned::new("ready_owner", HOSTILE).await;
    backup::create(&owned.context, BackupRequest::default(), &Silent).await.unwrap();
    let admin = owned.server.url("postgres");

    let tables = look(&owned.context, ReadinessKind::RestoreTables).await;
    assert_eq!(tables.state, ReadinessState::Missing);
    let fact = ReadinessFact::Tables {
        user: HOSTILE.to_owned(),
        silences: false,
        lacking: Vec::new(),
        lacking_count: 0,
    };
    assert_eq!(tables.fact, Some(fact));
    assert_eq!(owned.restore_table().await.unwrap_err().code(), ErrorCode::SourceDenied);
    if owned.server.major() >= 15 {
        psql(&admin, statement(&tables)).await;
        let tables = look(&owned.context, ReadinessKind::RestoreTables).await;
        assert!(tables.is_ready() && tables.remedies.is_empty(), "{tables:?}");
        owned.restore_table().await.unwrap();
    } else {
        assert!(matches!(tables.remedies.as_slice(), [ReadinessRemedy::Hint { .. }]), "{tables:?}");
    }

    let whole = look(&owned.context, ReadinessKind::RestoreWhole).await;
    assert_eq!(whole.state, ReadinessState::Missing);
    psql(&admin, statement(&whole)).await;
    assert!(look(&owned.context, ReadinessKind::RestoreWhole).await.is_ready());
    owned.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_only_reads_is_told_which_tables_and_who_restores_instead() {
    let owned = Owned::new("ready_reader", "ready_of_another").await;
    owned
        .database
        .psql(
            "CREATE TABLE \"odd \"\"name\"\"\" (a int); CREATE TABLE kept (a int) PARTITION BY LIST (a); \
             CREATE ROLE ready_reader LOGIN PASSWORD 'p'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO ready_reader",
        )
        .await;
    let url = owned.server.url_as("ready_reader", "p", owned.database.name());
    let reader = context_of(owned.dir.path(), &url).await;
    let found = readiness(&reader).await;
    let tables = of(&found, ReadinessKind::RestoreTables);
    let Some(ReadinessFact::Tables { lacking, lacking_count, .. }) = &tables.fact else {
        panic!("{tables:?}")
    };
    assert_eq!(lacking, &["public.\"odd \"\"name\"\"\"", "public.kept", "public.t", "public.t_id_seq"]);
    assert_eq!((*lacking_count, offers(tables, Command::ConfigCheckRoles)), (4, true), "{tables:?}");
    let whole = of(&found, ReadinessKind::RestoreWhole);
    assert!(offers(whole, Command::ConfigCheckRoles), "it must not be given the database: {whole:?}");
    // A superuser needs nothing, and the tools are found for both.
    let superuser = readiness(&context_of(owned.dir.path(), owned.database.url()).await).await;
    for kind in [ReadinessKind::RestoreTables, ReadinessKind::RestoreWhole, ReadinessKind::Tools] {
        assert!(of(&superuser, kind).is_ready(), "{superuser:?}");
    }
    let room = of(&superuser, ReadinessKind::ServerRoom);
    assert!(!room.counts() && matches!(room.state, ReadinessState::Unknown { .. }), "{room:?}");
    drop(reader);
    owned.database.psql("DROP OWNED BY ready_reader; DROP ROLE ready_reader").await;
    owned.end().await;
}

/// Each right that a restore of a table makes use of is looked at, not only those on most tables.
#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_only_its_owner_can_replace_is_named() {
    let owned = Owned::new("ready_rights", "ready_rights_owner").await;
    owned
        .database
        .psql(
            "CREATE ROLE ready_writer LOGIN PASSWORD 'p'; DROP TABLE t; \
             CREATE TABLE plain (a int PRIMARY KEY); CREATE TABLE referenced (a int PRIMARY KEY); \
             CREATE TABLE other (a int REFERENCES referenced); CREATE TABLE guarded (a int); \
             ALTER TABLE guarded ENABLE ROW LEVEL SECURITY; CREATE TABLE always (a int); \
             CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
             CREATE TRIGGER g AFTER INSERT ON always EXECUTE FUNCTION f(); ALTER TABLE always ENABLE ALWAYS TRIGGER g; \
             GRANT SELECT, INSERT, TRUNCATE ON ALL TABLES IN SCHEMA public TO ready_writer",
        )
        .await;
    let url = owned.server.url_as("ready_writer", "p", owned.database.name());
    let writer = context_of(owned.dir.path(), &url).await;
    let tables = look(&writer, ReadinessKind::RestoreTables).await;
    let Some(ReadinessFact::Tables { lacking, .. }) = &tables.fact else { panic!("{tables:?}") };
    assert_eq!(lacking, &["public.always", "public.guarded", "public.referenced"]);
    drop(writer);
    owned.database.psql("DROP OWNED BY ready_writer; DROP ROLE ready_writer").await;
    owned.end().await;
}

/// A sample database whose archives are copied to a second folder.
struct Shop {
    dir: tempfile::TempDir,
    clock: ManualClock,
    context: Context,
}

impl Shop {
    async fn new(copies: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("shop.db");
        sample::create(&database).await.unwrap();
        std::fs::create_dir(dir.path().join("second")).unwrap();
        let mut context = context_of(dir.path(), &format!("sqlite:{}", database.display())).await;
        let clock = ManualClock::at("2026-11-02T02:00:00Z".parse().unwrap());
        context.clock = Arc::new(clock.clone());
        if copies {
            let mut profile = context.profile.as_ref().clone();
            profile.copies = vec![CopyStore {
                store: StoreConfig::Local { dir: dir.path().join("second") },
                login: StoreLogin::default(),
                quota_bytes: None,
            }];
            context.profile = Arc::new(profile);
        }
        Self { dir, clock, context }
    }

    async fn back_up(&self) -> aitta_model::BackupReport {
        backup::create(&self.context, BackupRequest::default(), &Silent).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_backup_nothing_is_called_missing_that_needs_one() {
    let shop = Shop::new(true).await;
    let found = readiness(&shop.context).await;
    for kind in [ReadinessKind::Copies, ReadinessKind::Proven, ReadinessKind::StoreRoom, ReadinessKind::Tools]
    {
        assert_eq!(of(&found, kind).state, ReadinessState::NotApplicable, "{found:?}");
    }
    for kind in [ReadinessKind::RestoreTables, ReadinessKind::RestoreWhole, ReadinessKind::ServerRoom] {
        assert!(of(&found, kind).is_ready(), "{found:?}");
    }
    assert!(offers(of(&found, ReadinessKind::SecondFactor), Command::MfaEnroll), "{found:?}");
    assert_eq!(found.exit_code(), 10, "only the second factor is missing: {found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_lacks_the_newest_archive_is_named_and_one_that_is_away_is_not_known() {
    let shop = Shop::new(true).await;
    let made = shop.back_up().await.archive;
    let copies = look(&shop.context, ReadinessKind::Copies).await;
    assert!(copies.is_ready(), "{copies:?}");
    let room = look(&shop.context, ReadinessKind::StoreRoom).await;
    let Some(ReadinessFact::Room { needed_bytes, .. }) = room.fact else { panic!("{room:?}") };
    assert_eq!((room.state, needed_bytes), (ReadinessState::Ready, Some(made.size_bytes)));

    let second = shop.dir.path().join("second");
    std::fs::remove_file(second.join(archive_name(&made.id))).unwrap();
    let copies = look(&shop.context, ReadinessKind::Copies).await;
    let behind = vec![second.display().to_string()];
    assert_eq!(copies.fact, Some(ReadinessFact::Copies { stores: 1, behind }));
    assert!(offers(&copies, Command::StoreCopy), "{copies:?}");

    std::fs::remove_dir_all(&second).unwrap();
    let found = readiness(&shop.context).await;
    for kind in [ReadinessKind::Copies, ReadinessKind::Keys] {
        let check = of(&found, kind);
        let ReadinessState::Unknown { failure } = &check.state else { panic!("{check:?}") };
        assert_eq!(failure.code, ErrorCode::StoreMissing, "{check:?}");
    }
    let alone = look(&Shop::new(false).await.context, ReadinessKind::Copies).await;
    assert_eq!(alone.state, ReadinessState::Missing, "one folder is no copy elsewhere");
}

/// What a restore of the newest backup into a new file would do.
async fn planned(shop: &Shop) -> RestorePlan {
    let to = Some(DatabaseUrl::new(format!("sqlite:{}", shop.dir.path().join("new.db").display())));
    let request =
        RestoreRequest { to, dry_run: true, reason: Some("drill".to_owned()), ..RestoreRequest::default() };
    let restore::Outcome::Plan(plan) = restore::restore(&shop.context, request, &Silent).await.unwrap()
    else {
        panic!("nothing was to be restored")
    };
    plan
}

/// What a restore would begin with tonight: not ready because the keys would open it, were it there.
#[tokio::test(flavor = "multi_thread")]
async fn the_newest_backup_is_not_called_ready_when_it_is_damaged_changed_or_gone() {
    let shop = Shop::new(true).await;
    assert_eq!(look(&shop.context, ReadinessKind::Newest).await.state, ReadinessState::NotApplicable);
    shop.back_up().await;
    shop.clock.advance(std::time::Duration::from_secs(60));
    let made = shop.back_up().await.archive.id;
    let found = |found| Some(ReadinessFact::Newest { archive: made.clone(), found });
    let ready = look(&shop.context, ReadinessKind::Newest).await;
    assert_eq!((ready.is_ready(), ready.fact), (true, found(NewestFound::There)));

    let path = std::path::Path::new(&shop.context.store.location()).join(archive_name(&made));
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, b"").unwrap();
    let changed = look(&shop.context, ReadinessKind::Newest).await;
    assert_eq!((changed.is_unmet(), changed.fact), (true, found(NewestFound::Changed)));
    std::fs::remove_file(&path).unwrap();
    let all = readiness(&shop.context).await;
    let gone = of(&all, ReadinessKind::Newest);
    assert_eq!((gone.is_unmet(), gone.fact.clone()), (true, found(NewestFound::Gone)));
    // Nor does an older one take its place in silence.
    for scope in [VerifyScope::One(ArchiveSelector::Latest), VerifyScope::All] {
        let request = VerifyRequest { scope, level: VerifyLevel::Stored };
        let verified = verify::verify(&shop.context, request, &Silent).await.unwrap();
        assert_eq!((verified.missing.as_slice(), verified.all_ok()), ([made.clone()].as_slice(), false));
    }
    // Not in the copy either: otherwise the restore would take it from there.
    std::fs::remove_file(shop.dir.path().join("second").join(archive_name(&made))).unwrap();
    let plan = planned(&shop).await;
    let facts: Vec<_> = plan.findings.iter().filter_map(|finding| finding.fact.clone()).collect();
    assert!(facts.contains(&Fact::NewerGone { count: 1 }), "{:?}", plan.findings);

    // Encrypted anew elsewhere, it has another id and the same moment.
    let other = format!("{}-{:08x}", &made[..made.len() - 9], 7);
    let at = |name: String| std::path::Path::new(&shop.context.store.location()).join(name);
    let sidecar = std::fs::read_to_string(at(sidecar_name(&made))).unwrap();
    std::fs::write(at(sidecar_name(&other)), sidecar.replace(&made, &other)).unwrap();
    std::fs::write(at(archive_name(&other)), &bytes).unwrap();
    let anew = look(&shop.context, ReadinessKind::Newest).await;
    let fact = ReadinessFact::Newest { archive: other.clone(), found: NewestFound::There };
    assert_eq!((anew.is_ready(), anew.fact), (true, Some(fact)));
    let request = VerifyRequest { scope: VerifyScope::All, level: VerifyLevel::Stored };
    assert_eq!(verify::verify(&shop.context, request, &Silent).await.unwrap().missing, [""; 0]);
    std::fs::remove_file(at(archive_name(&other))).unwrap();
    std::fs::remove_file(at(sidecar_name(&other))).unwrap();

    let mut broken = bytes.clone();
    let middle = broken.len() / 2;
    broken[middle] ^= 1;
    std::fs::write(&path, broken).unwrap();
    let request = VerifyRequest { scope: VerifyScope::All, level: VerifyLevel::Stored };
    verify::verify(&shop.context, request, &Silent).await.unwrap();
    let damaged = look(&shop.context, ReadinessKind::Newest).await;
    assert_eq!((damaged.is_unmet(), damaged.fact), (true, found(NewestFound::Damaged)));
    shop.clock.advance(std::time::Duration::from_secs(60));
    shop.back_up().await;
    assert!(look(&shop.context, ReadinessKind::Newest).await.is_ready(), "a newer one is whole");
}

/// That the copy lags behind says nothing of what the first store has.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_has_lost_nothing() {
    let shop = Shop::new(true).await;
    shop.back_up().await;
    shop.clock.advance(std::time::Duration::from_secs(60));
    let made = shop.back_up().await.archive.id;
    std::fs::remove_file(shop.dir.path().join("second").join(archive_name(&made))).unwrap();
    std::fs::rename(shop.dir.path().join("store"), shop.dir.path().join("away")).unwrap();
    let plan = planned(&shop).await;
    let has =
        |is: fn(&Fact) -> bool| plan.findings.iter().any(|finding| finding.fact.as_ref().is_some_and(is));
    assert!(has(|fact| matches!(fact, Fact::StoreSilent { .. })), "{:?}", plan.findings);
    assert!(!has(|fact| matches!(fact, Fact::NewerGone { .. })), "{:?}", plan.findings);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_reached_is_not_known_and_keeps_nothing_else_from_its_answer() {
    let shop = Shop::new(false).await;
    shop.back_up().await;
    let mut profile = shop.context.profile.as_ref().clone();
    profile.database_url = Some(DatabaseUrl::new("postgres://me:p@127.0.0.1:1/shop"));
    let gone = Context { profile: Arc::new(profile), ..shop.context.clone() };
    std::fs::rename(shop.dir.path().join("store"), shop.dir.path().join("away")).unwrap();
    std::fs::write(shop.dir.path().join("store"), "no folder").unwrap();
    let found = readiness(&gone).await;
    let unknown = |kind: ReadinessKind| match &of(&found, kind).state {
        ReadinessState::Unknown { failure } => Some(failure.code),
        _ => None,
    };
    for kind in [
        ReadinessKind::RestoreTables,
        ReadinessKind::RestoreWhole,
        ReadinessKind::Tools,
        ReadinessKind::ServerRoom,
    ] {
        assert_eq!(unknown(kind), Some(ErrorCode::SourceUnreachable), "{found:?}");
    }
    // The folder is the one that the first backup makes. It has held archives, so it is away, and not new.
    for kind in [ReadinessKind::StoreRoom, ReadinessKind::Keys] {
        assert!(unknown(kind).is_some(), "{found:?}");
    }
    assert_eq!(of(&found, ReadinessKind::SecondFactor).state, ReadinessState::Missing);
    assert_eq!(of(&found, ReadinessKind::Proven).state, ReadinessState::Missing);
    assert_eq!(found.exit_code(), 7, "the first that is not ready: {found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_counts_for_thirty_days_and_is_then_due() {
    let shop = Shop::new(false).await;
    shop.back_up().await;
    assert_eq!(look(&shop.context, ReadinessKind::Proven).await.state, ReadinessState::Missing);
    let to = DatabaseUrl::new(format!("sqlite:{}", shop.dir.path().join("drill.db").display()));
    let request =
        RestoreRequest { to: Some(to), reason: Some("drill".to_owned()), ..RestoreRequest::default() };
    restore::restore(&shop.context, request, &Silent).await.unwrap();
    let proven = look(&shop.context, ReadinessKind::Proven).await;
    assert!(proven.is_ready(), "{proven:?}");
    let start: jiff::Timestamp = "2026-11-02T02:00:00Z".parse().unwrap();
    shop.clock.set(start + (24 * 31).hours());
    let proven = look(&shop.context, ReadinessKind::Proven).await;
    assert!(proven.is_unmet() && hint(&proven).contains("restore prove"), "{proven:?}");
    // And the backup itself is older than work may be lost.
    let newest = look(&shop.context, ReadinessKind::Newest).await;
    assert!(newest.is_unmet() && hint(&newest).contains("backup create"), "{newest:?}");
    assert!(
        matches!(newest.fact, Some(ReadinessFact::Newest { found: NewestFound::TooOld, .. })),
        "{newest:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn archives_that_no_key_at_hand_opens_are_counted_with_the_key_that_they_name() {
    let mut shop = Shop::new(false).await;
    shop.back_up().await;
    let lost = shop.context.keys().await.unwrap().active_id().to_string();
    let keys = look(&shop.context, ReadinessKind::Keys).await;
    assert!(keys.is_ready(), "{keys:?}");
    shop.context.key_ring = Some(Arc::new(KeyRing::from_hex(&keys::generate().unwrap().key).unwrap()));
    let keys = look(&shop.context, ReadinessKind::Keys).await;
    let fact = ReadinessFact::Keys { archives: 1, closed: 1, missing: vec![lost], active: true };
    assert_eq!(keys.fact, Some(fact));
    assert!(offers(&keys, Command::KeyImport), "{keys:?}");
    // On a new machine there is no key at all, and one from a kit is what helps: a new key opens nothing.
    shop.context.key_ring = None;
    shop.context.forget_keys();
    let keys = look(&shop.context, ReadinessKind::Keys).await;
    assert!(offers(&keys, Command::KeyImport), "{keys:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kit_that_was_not_confirmed_is_missing_until_it_is() {
    let mut shop = Shop::new(false).await;
    let given = look(&shop.context, ReadinessKind::Kit).await;
    assert_eq!(
        given.state,
        ReadinessState::NotApplicable,
        "nobody knows of the copies of a key that is given"
    );
    shop.context.key_ring = None;
    assert!(offers(&look(&shop.context, ReadinessKind::Keys).await, Command::KeyCreateKit));
    let kit = custody::create(&shop.context, CreateKeyRequest::default()).await.unwrap();
    let pending = look(&shop.context, ReadinessKind::Kit).await;
    let fact = ReadinessFact::Kit { pending: Some(kit.key_id.clone()), kept: "memory".to_owned() };
    assert_eq!((pending.state, pending.fact), (ReadinessState::Missing, Some(fact)));
    let typed = kit.asked.iter().map(|&n| kit.groups[usize::from(n) - 1].clone()).collect();
    let request = ConfirmKeyRequest { key_id: kit.key_id, typed: TypedGroups::new(typed), mfa: None };
    custody::confirm(&shop.context, request).await.unwrap();
    let found = readiness(&shop.context).await;
    assert!(
        of(&found, ReadinessKind::Kit).is_ready() && of(&found, ReadinessKind::Keys).is_ready(),
        "{found:?}"
    );
}

/// The worst day to read "there is no backup yet".
#[tokio::test(flavor = "multi_thread")]
async fn backups_of_another_database_are_not_called_none_at_all() {
    let mut shop = Shop::new(false).await;
    let none = look(&shop.context, ReadinessKind::Newest).await;
    assert_eq!((none.counts(), none.fact), (false, None));
    shop.back_up().await;
    let other = DatabaseUrl::new(format!("sqlite:{}", shop.dir.path().join("other.db").display()));
    let profile = Profile { database_url: Some(other), ..shop.context.profile.as_ref().clone() };
    shop.context.profile = Arc::new(profile);
    let newest = look(&shop.context, ReadinessKind::Newest).await;
    assert_eq!((newest.counts(), newest.fact), (false, Some(ReadinessFact::Others { archives: 1 })));
}

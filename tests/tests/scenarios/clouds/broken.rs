//! Requests that fail at every place of a backup, of its proof and of a restore, through a gate before the server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aitta_engine::config::Profile;
use aitta_engine::keys::{KeyRing, MemoryVault};
use aitta_engine::restore::Outcome;
use aitta_engine::store::s3::{PartSizes, Retries};
use aitta_engine::store::{ARCHIVES, AzureLimits, AzureStore, Credentials, S3Store, Store};
use aitta_engine::store::{AzureConfig, StoreConfig, StoreSecret};
use aitta_engine::{Context, Error, Silent, archives, backup, restore, runs, verify};
use aitta_model::{
    ArchiveSelector, ArchiveState, BackupReport, BackupRequest, DatabaseUrl, DeleteRequest, ErrorCode,
    RestoreRequest, VerifyLevel, VerifyRequest, VerifyScope,
};
use aitta_testing::s3::{self, BUCKET, Moto};
use aitta_testing::{AZURE_ACCOUNT, Azurite, Gate, KEY, Trouble, azure_limits, profile};

use super::CONTAINER;

/// What passes, when it comes to some of the requests.
const PASSING: [Trouble; 6] = [
    Trouble::Busy,
    Trouble::Reset,
    Trouble::CutRequest,
    Trouble::LoseAnswer,
    Trouble::CutAnswer,
    Trouble::Delay(Duration::from_millis(150)),
];

/// What ends a run, when it comes to all requests from one on.
const LASTING: [Trouble; 2] = [Trouble::CutRequest, Trouble::LoseAnswer];

/// Every third request: the one after it gets a chance.
const STEP: u64 = 3;

/// How long a request whose answer got lost can be on its way, on a machine with more to do than it can.
const ARRIVES_WITHIN: Duration = Duration::from_secs(30);

/// Rows of a database of 11 MB, which is sent in three parts of 5 MiB.
const THREE_PARTS: u32 = 110;

/// A request has so many attempts while every third one fails, and `FEW` when nothing gets better.
const MANY: u32 = 8;
const FEW: u32 = 2;

enum Cloud {
    S3(Moto),
    Azure(Azurite),
}

/// A machine with a database of a few parts, whose way to the store leads through a gate.
struct Scene {
    cloud: Cloud,
    gate: Gate,
    dir: tempfile::TempDir,
}

impl Cloud {
    /// Host and port.
    fn address(&self) -> String {
        match self {
            Self::S3(server) => server.endpoint().trim_start_matches("http://").to_owned(),
            Self::Azure(server) => server.address(),
        }
    }

    /// The store behind an address, as a profile has it.
    fn config(&self, address: &str) -> StoreConfig {
        match self {
            Self::S3(_) => StoreConfig::S3(s3::config(&format!("http://{address}"), BUCKET)),
            Self::Azure(server) => {
                let endpoint = Some(format!("http://{address}/{AZURE_ACCOUNT}"));
                StoreConfig::Azure(AzureConfig { endpoint, ..server.config(CONTAINER) })
            }
        }
    }

    /// The store behind an address; it takes uploads for abandoned at once.
    fn store(&self, address: &str, attempts: u32) -> Arc<dyn Store> {
        let (first_wait, longest_wait) = (Duration::from_millis(5), Duration::from_millis(40));
        match (self, self.config(address)) {
            (Self::S3(server), StoreConfig::S3(config)) => {
                let retries = Retries { attempts, first_wait, longest_wait, ..Retries::default() };
                // The smallest parts that S3 takes.
                let sizes = PartSizes { steps: &[(10_000, 5 << 20)], in_memory: 5 << 20 };
                let store = S3Store::new(config, server.keys().credentials());
                Arc::new(store.with_retries(retries).with_part_sizes(sizes))
            }
            (Self::Azure(_), StoreConfig::Azure(config)) => {
                let limits = AzureLimits {
                    attempts,
                    first_wait,
                    longest_wait,
                    blocks: vec![(50_000, 5 << 20)],
                    abandoned_after: Duration::ZERO,
                    ..azure_limits()
                };
                let key = Credentials::given(StoreSecret::new(Azurite::key()));
                Arc::new(AzureStore::with_limits(config, key, limits))
            }
            (_, other) => panic!("{other:?}"),
        }
    }

    /// Uploads that the server holds unfinished.
    async fn unfinished(&self) -> usize {
        match self {
            Self::S3(server) => {
                let client = s3::client(server.endpoint(), server.keys());
                client.list_multipart_uploads().bucket(BUCKET).send().await.unwrap().uploads().len()
            }
            Self::Azure(server) => {
                let count = |include: &str| {
                    let path = format!("/{CONTAINER}?restype=container&comp=list{include}");
                    let list = server.request("GET", &path, &[], b"");
                    assert_eq!(list.status, 200, "{}", list.body);
                    list.body.matches("<Name>").count()
                };
                count("&include=uncommittedblobs") - count("")
            }
        }
    }
}

impl Scene {
    /// With so many rows of 100 kB that do not compress.
    async fn new(cloud: Cloud, rows: u32) -> Self {
        use sqlx::ConnectOptions as _;
        let dir = tempfile::tempdir().unwrap();
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(dir.path().join("shop.db"));
        let mut connection = options.create_if_missing(true).connect().await.unwrap();
        let sql = format!(
            "CREATE TABLE bulk AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
             SELECT i, randomblob(100000) AS noise FROM n"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        Self { gate: Gate::before(&cloud.address()), cloud, dir }
    }

    /// A context whose store lies behind an address.
    async fn context(&self, address: &str, attempts: u32) -> Context {
        let url = DatabaseUrl::new(format!("sqlite:{}", self.dir.path().join("shop.db").display()));
        let store = self.cloud.config(address);
        let profile = Profile { database_url: Some(url), store, ..profile(self.dir.path()) };
        let mut context = Context::new(profile).await.unwrap();
        context.key_ring = Some(Arc::new(KeyRing::from_hex(KEY).unwrap()));
        context.vault = Arc::new(MemoryVault::default());
        context.store = self.cloud.store(address, attempts);
        context
    }

    async fn through(&self, attempts: u32) -> Context {
        self.context(&self.gate.address(), attempts).await
    }

    async fn around(&self) -> Context {
        self.context(&self.cloud.address(), MANY).await
    }
}

async fn back_up(context: &Context) -> Result<BackupReport, Error> {
    backup::create(context, BackupRequest { jobs: Some(1), ..BackupRequest::default() }, &Silent).await
}

async fn prove(context: &Context, id: &str) -> Result<bool, Error> {
    let scope = VerifyScope::One(ArchiveSelector::Id(id.to_owned()));
    let report =
        verify::verify(context, VerifyRequest { scope, level: VerifyLevel::Content }, &Silent).await?;
    Ok(report.results.iter().all(|result| result.ok))
}

async fn give_back(context: &Context, id: &str, file: &std::path::Path) -> Result<(), Error> {
    let request = RestoreRequest {
        archive: ArchiveSelector::Id(id.to_owned()),
        to: Some(DatabaseUrl::new(format!("sqlite:{}", file.display()))),
        reason: Some("drill".to_owned()),
        ..RestoreRequest::default()
    };
    match restore::restore(context, request, &Silent).await? {
        Outcome::Report(report) => {
            assert!(report.proofs.iter().all(|proof| proof.target_rows == proof.archive_rows), "{report:?}");
            Ok(())
        }
        Outcome::Plan(plan) => panic!("it only made a plan: {plan:?}"),
    }
}

async fn remove(context: &Context, id: &str) -> Result<(), Error> {
    let request =
        DeleteRequest { id: id.to_owned(), reason: Some("routine".to_owned()), ..DeleteRequest::default() };
    archives::delete(context, request).await.map(drop)
}

async fn listed(context: &Context) -> Vec<String> {
    let objects = context.store.list(ARCHIVES).await.unwrap();
    let id = |name: &str| name.trim_start_matches(ARCHIVES).trim_end_matches(".backup").to_owned();
    objects.iter().map(|object| id(&object.name)).collect()
}

/// Every third request of everything fails in every way, and nothing of it is noticed but in time.
async fn passing_trouble_costs_nothing_but_time(cloud: Cloud) {
    let scene = Scene::new(cloud, THREE_PARTS).await;
    let (context, around) = (scene.through(MANY).await, scene.around().await);
    for trouble in PASSING {
        for first in 1..=STEP {
            let case = format!("{trouble:?} at every {STEP}th request from {first} on");
            let file = scene.dir.path().join("back.db");
            scene.gate.trouble(trouble, first, STEP);
            let made = back_up(&context).await.unwrap_or_else(|e| panic!("{case}: {e}"));
            let id = made.archive.id.as_str();
            assert!(matches!(made.archive.state, ArchiveState::Verified(_)), "{case}: {made:?}");
            assert!(prove(&context, id).await.unwrap_or_else(|e| panic!("{case}: {e}")), "{case}");
            give_back(&context, id, &file).await.unwrap_or_else(|e| panic!("{case}: {e}"));
            let (requests, troubled) = scene.gate.open();
            assert!(troubled >= 10 && troubled >= requests / STEP - 1, "{case}: {troubled} of {requests}");
            context.store.settle().await;

            assert_eq!(listed(&around).await, [id], "{case}");
            assert!(prove(&around, id).await.unwrap(), "{case}");
            assert_eq!(scene.cloud.unfinished().await, 0, "{case}");
            scene.gate.trouble(trouble, first, STEP);
            remove(&context, id).await.unwrap_or_else(|e| panic!("{case}: {e}"));
            scene.gate.open();
            assert_eq!(listed(&around).await, Vec::<String>::new(), "{case}");
            std::fs::remove_file(file).unwrap();
        }
    }
}

/// The server is gone from one request on, whichever that is: the run says so, and nothing half is to be seen.
async fn lasting_trouble_is_told_and_leaves_nothing(cloud: Cloud) {
    let scene = Scene::new(cloud, THREE_PARTS).await;
    let (context, around) = (scene.through(FEW).await, scene.around().await);
    scene.gate.open();
    let made = back_up(&context).await.unwrap();
    let (requests, _) = scene.gate.open();
    remove(&around, &made.archive.id).await.unwrap();
    assert!(requests > 12, "{requests}");
    for trouble in LASTING {
        for first in 1..=requests {
            let case = format!("{trouble:?} from request {first} of {requests} on");
            scene.gate.trouble(trouble, first, 1);
            let ended = back_up(&context).await;
            scene.gate.open();
            context.store.settle().await;
            let run = runs::list(&around, 1).await.unwrap().remove(0);
            match &ended {
                Ok(made) => {
                    assert_eq!(run.outcome.as_str(), "succeeded", "{case}");
                    assert_eq!(listed(&around).await, [made.archive.id.as_str()], "{case}");
                }
                Err(error) => {
                    assert_eq!(error.code(), ErrorCode::StoreUnreachable, "{case}: {error}");
                    assert!(!error.hint().is_empty(), "{case}");
                    assert_eq!(
                        (run.operation.as_str(), run.outcome.as_str()),
                        ("backup", "failed"),
                        "{case}"
                    );
                }
            }
            // An answer that got lost at the end leaves a whole archive, and a run that does not vouch for it.
            for id in listed(&around).await {
                assert!(prove(&around, &id).await.unwrap(), "{case}: half an archive is to be seen");
                remove(&around, &id).await.unwrap();
            }
            // What was sent before its answer got lost can come to the server after a sweep; the next one takes it.
            let deadline = Instant::now() + ARRIVES_WITHIN;
            while {
                around.store.sweep_older_than(Duration::ZERO).await.unwrap();
                scene.cloud.unfinished().await > 0
            } {
                assert!(Instant::now() < deadline, "{case}: what is left is not swept");
            }
        }
    }
    let made = back_up(&context).await.unwrap();
    assert!(prove(&context, &made.archive.id).await.unwrap(), "the next run works");
}

/// The server is gone from one request of a restore on: its target is not there, or whole.
async fn a_restore_over_a_line_that_ends_leaves_no_half_database(cloud: Cloud) {
    let scene = Scene::new(cloud, 30).await;
    let (context, around) = (scene.through(FEW).await, scene.around().await);
    let id = back_up(&around).await.unwrap().archive.id;
    let file = scene.dir.path().join("back.db");
    scene.gate.open();
    give_back(&context, &id, &file).await.unwrap();
    let (requests, _) = scene.gate.open();
    std::fs::remove_file(&file).unwrap();
    assert!(requests > 4, "{requests}");
    for trouble in [Trouble::Reset, Trouble::CutAnswer] {
        for first in 1..=requests {
            let case = format!("{trouble:?} from request {first} of {requests} on");
            scene.gate.trouble(trouble, first, 1);
            let ended = give_back(&context, &id, &file).await;
            scene.gate.open();
            match ended {
                Ok(()) => std::fs::remove_file(&file).unwrap(),
                Err(error) => {
                    assert_eq!(error.code(), ErrorCode::StoreUnreachable, "{case}: {error}");
                    assert!(!file.exists(), "{case}: {} is there", file.display());
                }
            }
        }
    }
    give_back(&context, &id, &file).await.unwrap();
}

fn s3() -> Cloud {
    Cloud::S3(Moto::start())
}

fn azure() -> Cloud {
    Cloud::Azure(super::azurite())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passing_trouble_with_s3_costs_nothing_but_time() {
    passing_trouble_costs_nothing_but_time(s3()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passing_trouble_with_azure_costs_nothing_but_time() {
    passing_trouble_costs_nothing_but_time(azure()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lasting_trouble_with_s3_is_told_and_leaves_nothing() {
    lasting_trouble_is_told_and_leaves_nothing(s3()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lasting_trouble_with_azure_is_told_and_leaves_nothing() {
    lasting_trouble_is_told_and_leaves_nothing(azure()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_from_s3_over_a_line_that_ends_leaves_no_half_database() {
    a_restore_over_a_line_that_ends_leaves_no_half_database(s3()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_from_azure_over_a_line_that_ends_leaves_no_half_database() {
    a_restore_over_a_line_that_ends_leaves_no_half_database(azure()).await;
}

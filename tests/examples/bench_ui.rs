//! Measures page and window against their targets. Run by `cargo xtask bench ui`.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a tool of the build")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aitta_engine::demo::past;
use aitta_engine::store::{LocalStore, Store};
use aitta_engine::{Clock, Context, SystemClock, archives};
use aitta_model::Depth;
use aitta_testing::plant;
use aitta_tests::{Chrome, Look, Started, USABLE, Window, root, serve};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

const RUNS: i64 = 1000;

/// Beside those of the sample.
const BACKUPS: u64 = 10_000;

/// The middle one of this many counts.
const TIMES: usize = 5;

const IDLE: Duration = Duration::from_secs(20);

#[tokio::main]
async fn main() {
    let wasm = std::fs::metadata(root().join("ui/dist/aitta_bg.wasm")).unwrap().len();
    let (mut starts, mut memory, mut idle) = (Vec::new(), 0, 0.0);
    let sample = tempfile::tempdir().unwrap();
    let context = make_runs(sample.path()).await;
    for n in 0..TIMES {
        let app = start(sample.path()).await;
        starts.push(app.1.as_secs_f64());
        if n + 1 == TIMES {
            (memory, idle) = rest(&app.0).await;
        }
        app.0.page.close().await;
    }
    let many = many(sample.path(), &context).await;
    let (page, filter, sort) = page().await;
    println!("| what | target | measured |\n|---|---|---|");
    println!("| start to a usable dashboard, {RUNS} runs | 1.0 s | {:.2} s |", middle(starts));
    println!("| of that the page, in Chromium | 0.5 s | {:.2} s |", page / 1e3);
    println!("| size of the page's WebAssembly | 3.50 MB | {:.2} MB |", wasm as f64 / 1e6);
    println!("| start to a usable dashboard, {BACKUPS} backups more | | {:.2} s |", many.start);
    println!("| the list of them, from the click | | {:.2} s |", many.list);
    println!("| filter of 10,000 backups | 100 ms | {filter:.0} ms |");
    println!("| sort of 10,000 backups | 100 ms | {sort:.0} ms |");
    println!("| processor at rest, all its processes | near 0 % | {idle:.1} % |");
    println!("| memory of the Rust process | 150 MB | {:.0} MB |", memory as f64 / 1e6);
}

/// A month of real backups, and their runs again and again before that.
async fn make_runs(folder: &Path) -> Context {
    let past = past::make(&folder.join("sample"), 30, SystemClock.now(), Default::default()).await.unwrap();
    let catalog = past.context.catalog.path().to_owned();
    let mut db = SqliteConnectOptions::new().filename(catalog).connect().await.unwrap();
    let copy = format!(
        "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {RUNS})
         INSERT INTO runs (profile, operation, outcome, started_ms, ended_ms, archive, reason, alive, failure, report)
         SELECT profile, operation, outcome, started_ms - n * 3000000000, ended_ms - n * 3000000000,
                archive, reason, alive, failure, report
         FROM runs, n ORDER BY n LIMIT {RUNS} - (SELECT count(*) FROM runs)"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(copy)).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
    past.context
}

/// The app on the sample, and how long that took.
async fn start(folder: &Path) -> (Started, Duration) {
    let key = key(folder);
    let folder = folder.join("sample");
    let at = |name: &str| folder.join(name).display().to_string();
    let window = Window::new()
        .env("AITTA_CONFIG", &at("config.toml"))
        .env("AITTA_PROFILE", "sample")
        .env("AITTA_DATA_DIR", &at("data"))
        .env("BACKUP_ENCRYPTION_KEY", &key);
    let app = window.start("bench-ui").await;
    app.page.until("the dashboard", &format!("return {USABLE}")).await;
    let took = app.age();
    (app, took)
}

/// In seconds.
struct Many {
    start: f64,
    list: f64,
}

/// With a long list in the store whose archives the catalog knows, as those that were made here.
async fn many(folder: &Path, context: &Context) -> Many {
    let store: Arc<dyn Store> = Arc::new(LocalStore::new(folder.join("sample/store")));
    plant(&store, &key(folder), BACKUPS).await;
    enter(context).await;
    let (mut starts, mut lists) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        let (app, took) = start(folder).await;
        starts.push(took.as_secs_f64());
        let clicked = Instant::now();
        app.page.click("nav a[href='/backups']").await;
        app.page.find("tr[data-archive]").await;
        lists.push(clicked.elapsed().as_secs_f64());
        app.page.close().await;
    }
    Many { start: middle(starts), list: middle(lists) }
}

/// As their backups have: a rebuild would open each.
async fn enter(context: &Context) {
    let (location, now) = (context.store.location(), SystemClock.now());
    for archive in archives::list(context, None).await.unwrap().archives {
        context.catalog.enter_archive(&location, &archive).await.unwrap();
        context.catalog.record_evidence(&location, &archive.id, Depth::Stored, "", now).await.unwrap();
    }
}

/// The key of the sample.
fn key(folder: &Path) -> String {
    let environment = std::fs::read_to_string(folder.join("sample/env")).unwrap();
    let key = environment.lines().find_map(|line| line.strip_prefix("export BACKUP_ENCRYPTION_KEY="));
    key.unwrap().to_owned()
}

/// Memory in bytes, and percent of one processor while nobody does anything. The scroll bars of WebKit fade out for
/// some seconds after each page, which without a graphics card costs much; that is waited for.
async fn rest(app: &Started) -> (u64, f64) {
    for _ in 0..30 {
        let before = app.processor_time();
        tokio::time::sleep(Duration::from_secs(1)).await;
        if app.processor_time() - before < Duration::from_millis(30) {
            break;
        }
    }
    let before = app.processor_time();
    // Nothing is waited for: this is the time that is measured.
    tokio::time::sleep(IDLE).await;
    let spent = app.processor_time() - before;
    (app.memory(), 100.0 * spent.as_secs_f64() / IDLE.as_secs_f64())
}

/// In milliseconds: its start, and a filter and a sort of its longest list.
async fn page() -> (f64, f64, f64) {
    let (server, chrome) = (serve(), Chrome::start("bench-ui").await);
    chrome.look(Look { width: 1440, height: 1000, dark: false }).await;
    let mut starts = Vec::new();
    for _ in 0..TIMES {
        starts.push(chrome.start_time(&server.url("/")).await);
    }
    chrome.page.goto(&server.url("/backups?state=many")).await;
    let (filters, sorts) = chrome.list_times(TIMES).await;
    chrome.page.close().await;
    (middle(starts), middle(filters), middle(sorts))
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

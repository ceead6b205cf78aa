//! Times the overview of many runs.
use aitta_engine::config::Profile;
use aitta_engine::{Context, overview};
use aitta_model::{DatabaseUrl, Timestamp};
use sqlx::Connection as _;
use std::time::Instant;

fn rss() -> String {
    let s = std::fs::read_to_string("/proc/self/status").unwrap();
    s.lines().filter(|l| l.starts_with("VmHWM") || l.starts_with("VmRSS")).collect::<Vec<_>>().join(" ")
}

#[tokio::main]
async fn main() {
    let dir = std::path::PathBuf::from(std::env::args().nth(1).unwrap());
    let n: i64 = 10_000;
    let tables = 300;
    let fresh = !dir.exists();
    std::fs::create_dir_all(dir.join("store/backups")).unwrap();
    let db = dir.join("carwash.db");
    if fresh {
        aitta_engine::sample::create(&db).await.unwrap();
    }
    let profile = Profile::local(
        "carwash",
        Some(DatabaseUrl::new(format!("sqlite:{}", db.display()))),
        dir.join("store"),
        dir.join("data"),
    );
    let context = Context::new(profile).await.unwrap();
    if fresh {
        let now = Timestamp::now().as_millisecond();
        let url = format!("sqlite:{}", context.catalog.path().display());
        let mut conn = sqlx::SqliteConnection::connect(&url).await.unwrap();
        sqlx::raw_sql("PRAGMA synchronous=OFF; BEGIN").execute(&mut conn).await.unwrap();
        let store = context.store.location();
        for i in 0..n {
            let ms = now - (n - i) * 700_000;
            let id = format!("backup-{ms}-{:08x}", i);
            let list: Vec<String> = (0..tables).map(|t| format!("{{\"name\":\"Table{t:03}\",\"rows\":{},\"bytes\":{},\"stored_bytes\":{},\"digest\":\"{:064x}\",\"columns\":[\"id bigint\",\"userId bigint\",\"createdAt timestamptz\",\"status text\",\"note text\"]}}", 1000 + t * 10 + i, 100_000 + i, 10_000 + i, i * 1000 + t)).collect();
            let summary = format!(
                "\"id\":\"{id}\",\"created\":\"{}\",\"state\":\"verified\",\"at\":\"2026-01-01T00:00:00Z\",\"kind\":\"manual\",\"reason\":null,\"engine\":\"sqlite\",\"database\":\"carwash.db\",\"complete\":true,\"tables\":{tables},\"rows\":1000,\"size_bytes\":3,\"duration_ms\":9,\"checksum\":\"00\"",
                Timestamp::from_millisecond(ms).unwrap()
            );
            let report = format!(
                "{{\"archive\":{{{summary}}},\"location\":\"x\",\"tables\":[{}],\"source_bytes\":1,\"frames_checked\":1,\"duration_ms\":9,\"phases\":[],\"notes\":[],\"copies\":[]}}",
                list.join(",")
            );
            if i == 0 {
                println!("report of {} bytes", report.len());
            }
            sqlx::query("INSERT INTO runs (profile, operation, outcome, started_ms, ended_ms, archive, alive, report, log) VALUES ('carwash','backup','succeeded',?,?,?,'',?,'[]')")
                .bind(ms).bind(ms + 9).bind(&id).bind(report).execute(&mut conn).await.unwrap();
            sqlx::query("INSERT INTO archives (store, id, created_ms, engine, database, complete, size_bytes) VALUES (?,?,?,'sqlite','carwash.db',1,3)")
                .bind(&store).bind(&id).bind(ms).execute(&mut conn).await.unwrap();
            sqlx::query(
                "INSERT INTO evidence (store, archive, at_ms, depth, finding) VALUES (?,?,?,'stored','')",
            )
            .bind(&store)
            .bind(&id)
            .bind(ms)
            .execute(&mut conn)
            .await
            .unwrap();
            std::fs::write(dir.join(format!("store/backups/{id}.backup")), "abc").unwrap();
        }
        sqlx::raw_sql("COMMIT").execute(&mut conn).await.unwrap();
        println!("made; {}", rss());
    }
    for _ in 0..3 {
        let t = Instant::now();
        let o = overview::overview(&context).await.unwrap();
        println!("overview {:?} in {:?}; {} succeeded; {}", o.verdict, t.elapsed(), o.succeeded, rss());
    }
}

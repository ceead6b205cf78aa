//! Tables that are restored into the storm itself.
//!
//! `live.items` and `next.items` are exchanged all the time, by their schemas and by themselves, and nobody writes rows
//! into them but this: so it is known what each of the two holds, whatever it is called.

use std::collections::BTreeMap;

use sqlx::AssertSqlSafe;

use super::Storm;
use super::compare::digest;
use crate::pg;

/// What an archive holds of the two, as [`digest`] tells it.
pub(super) struct Archived {
    pub(super) id: String,
    pub(super) live: String,
    pub(super) next: String,
}

/// What one of the two tables holds.
#[derive(Debug, PartialEq, Eq)]
struct Holding {
    oid: i64,
    rows: String,
    /// The transactions that have written its rows.
    writers: Vec<String>,
}

/// By their marks.
type Holdings = BTreeMap<String, Holding>;

/// The two tables, by mark, with what they are called just now.
const BOTH: &str = "SELECT split_part(obj_description(oid, 'pg_class'), ' ', 2), oid::regclass::text, oid::int8 FROM pg_class \
    WHERE relkind = 'r' AND obj_description(oid, 'pg_class') ~ '^mark (blue|green) '";

/// Restores `live.items`, or both, while they are exchanged. What came of it has to be right, or an error that has
/// changed nothing.
pub(super) async fn restore(storm: &mut Storm, archived: &Archived) {
    // Other rows than in the archive, so that it shows where rows were written.
    fill(storm).await;
    let before = look(storm).await;
    let both = storm.chance.one_in(2);
    let tables = if both { "live.items,next.items" } else { "live.items" };
    let exchanged = storm.weather.done.exchanged();
    let args = ["backup", "restore", "--backup-id", &archived.id, "--tables", tables, "--lock-timeout", "3"];
    let finished = storm.aitta(&[&args[..], &["--reason", "drill", "--json"]].concat()).await;
    let exchanged = storm.weather.done.exchanged() > exchanged;
    let after = look(storm).await;
    let told = format!("{}, {tables} from {}", storm.place(), archived.id);
    if finished.code == Some(0) {
        let report = finished.json();
        let proofs = report["proofs"].as_array().unwrap();
        assert!(report["mode"] == "replace" && proofs.len() == 1 + usize::from(both), "{told}: {report}");
        assert!(proofs.iter().all(|p| p["archive_digest"] == p["target_digest"]), "{told}: {report}");
        assert!(report["safety_archive"].is_string(), "{told}: {report}");
        check(storm, archived, &before, &after, both, &told).await;
        storm.counts.restored_live += 1;
        storm.counts.restored_live_in_exchange += u64::from(exchanged);
    } else {
        let code = storm.code(&finished);
        assert_eq!(before, after, "{told}: {code}, but a table is not as it was");
        storm.counts.refused_live.add(&code, &finished.stderr);
    }
    // Each gets rows of its own again, which the backups of the next rounds have to find in it.
    fill(storm).await;
}

/// Expects that the tables which had the names when the restore began to write hold the rows of the archive, and
/// nothing else was written.
async fn check(
    storm: &Storm,
    archived: &Archived,
    before: &Holdings,
    after: &Holdings,
    both: bool,
    told: &str,
) {
    let written: Vec<&Holding> =
        after.iter().filter(|(mark, now)| before[*mark] != **now).map(|(_, now)| now).collect();
    assert_eq!(written.len(), 1 + usize::from(both), "{told}: {before:?} became {after:?}");
    let [writer] = &written[0].writers[..] else { panic!("{told}: rows of several transactions: {after:?}") };
    // An exchange that was committed before the restore wrote its first row is what it had to go by. One with a later
    // number came later, and one with an earlier number may have waited for its locks.
    let sql = format!(
        "SELECT live::int8, next::int8 FROM storm.truth WHERE xid::int8 < {writer} \
         AND pg_xact_commit_timestamp(xid::xid) < pg_xact_commit_timestamp('{writer}'::xid) ORDER BY id DESC LIMIT 1"
    );
    let mut conn = pg::connect(storm.ground.database.url()).await;
    let (live, next): (i64, i64) = sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&mut conn).await.unwrap();
    for now in &written {
        assert_eq!(now.writers[..], written[0].writers[..], "{told}: {after:?}");
        let right = match now.oid {
            oid if oid == live => &archived.live,
            oid if oid == next && both => &archived.next,
            oid => {
                panic!("{told}: {oid} was written, and live.items was {live}: {before:?} became {after:?}")
            }
        };
        assert_eq!(&now.rows, right, "{told}: {before:?} became {after:?}");
    }
}

/// What both hold. They are not exchanged meanwhile.
async fn look(storm: &Storm) -> Holdings {
    let _held = storm.weather.items.lock().await;
    let mut conn = pg::connect(storm.ground.database.url()).await;
    let both: Vec<(String, String, i64)> = sqlx::query_as(BOTH).fetch_all(&mut conn).await.unwrap();
    let mut holdings = Holdings::new();
    for (mark, name, oid) in both {
        let rows = digest(&mut conn, &name).await;
        let sql = format!("SELECT DISTINCT xmin::text FROM ONLY {name} ORDER BY 1");
        let writers = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut conn).await.unwrap();
        holdings.insert(mark, Holding { oid, rows, writers });
    }
    assert_eq!(holdings.len(), 2, "{}: {holdings:?}", storm.place());
    holdings
}

/// Fills both anew, each with rows of its own.
async fn fill(storm: &mut Storm) {
    storm.filling += 1;
    let _held = storm.weather.items.lock().await;
    let mut conn = pg::connect(storm.ground.database.url()).await;
    let both: Vec<(String, String, i64)> = sqlx::query_as(BOTH).fetch_all(&mut conn).await.unwrap();
    for (mark, name, _) in both {
        let n = storm.filling;
        let sql = format!("TRUNCATE {name}; SELECT storm.fill('{name}', '{mark}', 8000, 'filling-{n}')");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
    }
}

//! Reading large rows takes memory for a few of them, not for a queue full. A test program of its own: the peak is the
//! process's.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "engine/sqlite.rs"]
mod sqlite;

use sqlite::{Bench, digests};

/// Bytes of a row's blob, and how many such rows there are.
const ROW: u64 = 4 << 20;
const ROWS: u64 = 64;

#[tokio::test]
async fn large_rows_are_read_in_flat_memory() {
    let bench = Bench::with(&format!(
        "CREATE TABLE photos (id INTEGER PRIMARY KEY, taken TEXT, data BLOB);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})
         INSERT INTO photos SELECT i, '2026-11-01', randomblob({ROW}) FROM n"
    ))
    .await;
    let before = peak();
    let all = digests(&bench.live()).await;
    assert!(all.iter().any(|(name, rows, _)| name == "photos" && *rows == ROWS), "{all:?}");
    // A row is in the library's hands, in ours, as a line of hexadecimal digits in a buffer that grows by doubling,
    // and the line before is still being hashed.
    let grown = peak() - before;
    assert!(grown < 12 * ROW, "{} MiB more for rows of {} MiB", grown >> 20, ROW >> 20);
}

/// `VmHWM` of proc(5), in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
}

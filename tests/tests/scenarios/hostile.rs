//! Whoever owns the store, or the database, gets nothing from the person who makes the backups.

mod clouds;
mod files;
mod names;
mod stopping;
mod strangers;

use std::sync::mpsc;
use std::time::Duration;

/// Runs it on a thread of its own, with a runtime of its own, and gives up on it: what hangs must fail, and not hang
/// the tests.
#[track_caller]
fn within<T: Send + 'static, F: Future<Output = T>>(
    limit: Duration,
    what: &str,
    work: impl FnOnce() -> F + Send + 'static,
) -> T {
    let (done, ended) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let result = runtime.block_on(work());
        // The other side may have given up.
        let _gone = done.send(result);
    });
    ended.recv_timeout(limit).unwrap_or_else(|e| panic!("{what} has no end within {limit:?}: {e}"))
}

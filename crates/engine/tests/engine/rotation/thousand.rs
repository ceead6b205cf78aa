//! A thousand archives in a folder of this machine.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aitta_engine::store::{LocalStore, Store};
use aitta_engine::{Silent, rotation};
use aitta_testing::plant;

use super::{NEW, OLD, context, expect_moved, forward, opened, ring};

/// What is asked for, on a machine that does nothing else; this one may be busy, and this build is not optimised.
const TARGET: Duration = Duration::from_secs(10);

#[expect(clippy::print_stderr, reason = "a figure for whoever reads what the test says")]
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_archives_move_and_open() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("store")).unwrap();
    let store: Arc<dyn Store> = Arc::new(LocalStore::new(dir.path().join("store")));
    plant(&store, OLD, 1000).await;
    let context = context(dir.path(), store.clone(), ring(NEW, &[OLD])).await;
    let begun = Instant::now();
    let report = rotation::rotate(&context, forward(), &Silent).await.unwrap();
    let took = begun.elapsed();
    assert_eq!((report.moved, report.opened, report.unreadable.len()), (1000, 1000, 0));
    assert_eq!(report.written_bytes, 1000 * 2 * 512);
    expect_moved(opened(&store, &ring(NEW, &[])).await, opened(&store, &ring(OLD, &[])).await, 1000);
    eprintln!("1,000 archives moved in {:.2} s; phases: {:?}", took.as_secs_f64(), report.phases);
    assert!(took < 3 * TARGET, "{took:?} for 1,000 archives, and {TARGET:?} is the target");
}

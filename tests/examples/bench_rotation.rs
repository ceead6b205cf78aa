//! Measures rotation against its targets. Run by `cargo xtask bench rotation`.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a tool of the build")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aitta_engine::config::Profile;
use aitta_engine::keys::KeyRing;
use aitta_engine::store::{LocalStore, Store};
use aitta_engine::{Context, Silent, rotation};
use aitta_model::{RotateRequest, RotationReport};
use aitta_testing::{KEY, OTHER_KEY, plant, plant_large, profile};

const ARCHIVES: u64 = 1000;

#[tokio::main]
async fn main() {
    let small = tempfile::tempdir_in(folder()).unwrap();
    let store = store(small.path());
    plant(&store, KEY, ARCHIVES).await;
    let (many, many_took) = rotate(small.path(), store, false).await;

    let large = tempfile::tempdir_in(folder()).unwrap();
    let store = self::store(large.path());
    plant_large(store.as_ref(), KEY).await;
    let (one, one_took) = rotate(large.path(), store.clone(), false).await;
    // Back again, with the data.
    let (anew, anew_took) = rotate(large.path(), store, true).await;

    println!("| what | target | measured |\n|---|---|---|");
    println!("| {ARCHIVES} small archives | 10 s | {:.2} s |", many_took.as_secs_f64());
    println!("| of it opening them with the new key | | {} |", phase(&many, "opening"));
    println!("| bytes written, of {} | | {} |", many.archive_bytes, many.written_bytes);
    println!("| an archive of {:.2} GB | | {:.3} s |", gb(one.archive_bytes), one_took.as_secs_f64());
    println!("| bytes written to it | 1024 | {} |", one.written_bytes);
    println!("| the same with --reencrypt | | {:.1} s |", anew_took.as_secs_f64());
    println!("| bytes written to it | | {} |", anew.written_bytes);
    println!("| memory at most, of the whole process | | {} |", peak());
}

/// Beside the build, on a disk: `/tmp` may be memory.
fn folder() -> std::path::PathBuf {
    std::env::current_exe().unwrap().parent().unwrap().to_owned()
}

fn store(dir: &Path) -> Arc<dyn Store> {
    std::fs::create_dir(dir.join("store")).unwrap();
    Arc::new(LocalStore::new(dir.join("store")))
}

async fn rotate(dir: &Path, store: Arc<dyn Store>, reencrypt: bool) -> (RotationReport, Duration) {
    let profile = Profile { name: "bench".to_owned(), create_store: false, ..profile(dir) };
    let mut context = Context::new(profile).await.unwrap();
    context.store = store;
    let (active, retired) = if reencrypt { (KEY, OTHER_KEY) } else { (OTHER_KEY, KEY) };
    context.key_ring = Some(Arc::new(KeyRing::from_hex(active).unwrap().with_retired(retired).unwrap()));
    let request = RotateRequest { reencrypt, reason: Some("drill".to_owned()), ..RotateRequest::default() };
    let begun = Instant::now();
    let report = rotation::rotate(&context, request, &Silent).await.unwrap();
    assert!(report.unreadable.is_empty() && report.moved > 0, "{report:?}");
    (report, begun.elapsed())
}

fn phase(report: &RotationReport, name: &str) -> String {
    let phase = report.phases.iter().find(|phase| phase.name == name).unwrap();
    format!("{:.2} s", phase.duration_ms as f64 / 1000.0)
}

fn gb(bytes: u64) -> f64 {
    bytes as f64 / 1e9
}

/// `VmHWM` of proc(5).
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or("unknown".to_owned(), |line| line.trim().to_owned())
}

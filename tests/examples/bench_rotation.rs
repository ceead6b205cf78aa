//! Measures rotation against its targets. Run by `cargo xtask bench rotation`.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a tool of the build")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aitta_archive::{Assembler, FrameSealer, Header, Manifest, Section, SectionKind, SourceInfo, VaultKey};
use aitta_engine::config::{Profile, StoreConfig, StoreLogin};
use aitta_engine::keys::KeyRing;
use aitta_engine::store::{LocalStore, Store, archive_name};
use aitta_engine::{Context, Silent, rotation};
use aitta_model::{RotateRequest, RotationReport};
use aitta_testing::{KEY, OTHER_KEY, plant};

const ARCHIVES: u64 = 1000;
const FRAME: usize = 2 << 20;
/// 1 GB of frames that do not compress.
const FRAMES: u32 = 512;

#[tokio::main]
async fn main() {
    let small = tempfile::tempdir_in(folder()).unwrap();
    let store = store(small.path());
    plant(&store, KEY, ARCHIVES).await;
    let (many, many_took) = rotate(small.path(), store, false).await;

    let large = tempfile::tempdir_in(folder()).unwrap();
    let store = self::store(large.path());
    write_large(&store).await;
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
    let profile = Profile {
        name: "bench".to_owned(),
        database_url: None,
        store: StoreConfig::Local { dir: dir.join("store") },
        login: StoreLogin::default(),
        quota_bytes: None,
        create_store: false,
        copies: Vec::new(),
        copy: 0,
        retention_days: 30,
        password_in_keychain: false,
        auto_backup: false,
        admin: None,
        mfa_required: false,
        targets: aitta_model::Targets::default(),
        pg_bin_dir: None,
        data_dir: dir.join("data"),
    };
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

async fn write_large(store: &Arc<dyn Store>) {
    let (header, keys) = Header::create(aitta_testing::FIRST_MS, &VaultKey::from_hex(KEY).unwrap()).unwrap();
    let sections = vec![Section {
        kind: SectionKind::Table,
        schema: None,
        name: "filler".to_owned(),
        columns: Vec::new(),
        rows: 0,
        bytes: 0,
        digest: String::new(),
        frames: Vec::new(),
        properties: serde_json::Value::Null,
    }];
    let (mut sealer, mut assembler) = (FrameSealer::new(1).unwrap(), Assembler::new(1));
    let mut upload = store.create(&archive_name(&header.id().to_string())).await.unwrap();
    upload.write(header.as_bytes().to_vec()).await.unwrap();
    let mut state = 1_u64;
    for index in 0..FRAMES {
        let mut rows = vec![0; FRAME];
        for chunk in rows.chunks_exact_mut(8) {
            // xorshift64 (Marsaglia 2003): noise enough for a compressor.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            chunk.copy_from_slice(&state.to_le_bytes());
        }
        rows[FRAME - 1] = b'\n';
        let frame = sealer.seal_rows(&keys, 0, index, &rows).unwrap();
        assembler.place(&frame);
        upload.write(frame.bytes).await.unwrap();
    }
    let mut manifest = Manifest {
        id: header.id().to_string(),
        created_ms: aitta_testing::FIRST_MS,
        writer: "bench".to_owned(),
        kind: "manual".to_owned(),
        reason: None,
        audit: None,
        reencrypted: None,
        source: SourceInfo {
            engine: "sqlite".to_owned(),
            version: "3".to_owned(),
            database: "filler".to_owned(),
            place: None,
            snapshot: "none".to_owned(),
        },
        complete: true,
        sections,
        foreign_keys: Vec::new(),
        properties: serde_json::Value::Null,
    };
    upload.write(assembler.finish(&keys, &mut sealer, &mut manifest).unwrap()).await.unwrap();
    upload.commit().await.unwrap();
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

//! What the tests of the SQLite source share: a folder with a database and a store, and archives made
//! with the format crate alone, so that the source is tested without the rest of the engine.

#![allow(dead_code, reason = "the test of memory, a program of its own, uses a part")]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aitta_archive::{ArchiveKeys, Assembler, FrameSealer, Header, Manifest, VaultKey};
use aitta_engine::keys::KeyRing;
use aitta_engine::reading::OpenArchive;
use aitta_engine::source::{
    Archived, DigestSink, FrameSink, RestoreTask, Restored, SafetyNet, SnapshotRequest, Source, SqliteSource,
    Target,
};
use aitta_engine::store::{LocalStore, Store, archive_name};
use aitta_engine::{Patience, Phases, Result, Silent};
use aitta_model::{DatabaseUrl, Timestamp};
use async_trait::async_trait;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};
use tokio_util::sync::CancellationToken;

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// A folder of its own with a database `live.db`.
pub(crate) struct Bench {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) store: Arc<dyn Store>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("store");
        std::fs::create_dir(&root).unwrap();
        Self { store: Arc::new(LocalStore::new(root)), dir }
    }

    pub(crate) async fn with(sql: &str) -> Self {
        let bench = Self::new();
        run(&bench.live(), sql).await;
        bench
    }

    pub(crate) async fn sample() -> Self {
        let bench = Self::new();
        aitta_engine::sample::create(&bench.live()).await.unwrap();
        bench
    }

    pub(crate) fn live(&self) -> PathBuf {
        self.dir.path().join("live.db")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) async fn archive(&self, tables: &[&str]) -> Arc<OpenArchive> {
        self.archive_of(&self.live(), tables).await.unwrap()
    }

    pub(crate) async fn archive_of(&self, path: &Path, tables: &[&str]) -> Result<Arc<OpenArchive>> {
        self.archive_edited(path, tables, |_| {}).await
    }

    /// An archive whose schema somebody else has written, who has the key.
    pub(crate) async fn archive_edited(
        &self,
        path: &Path,
        tables: &[&str],
        edit: fn(&mut Vec<u8>),
    ) -> Result<Arc<OpenArchive>> {
        let mut snapshot = source(path).snapshot(&request(tables)).await?;
        let contents = snapshot.contents().clone();
        let (header, keys) = Header::create(1_790_000_000_000, &VaultKey::from_hex(KEY).unwrap()).unwrap();
        let keys = Arc::new(keys);
        let sections = contents.sections.len();
        let state = Sealing {
            sealer: FrameSealer::new(1).unwrap(),
            assembler: Assembler::new(sections),
            next: vec![0; sections],
            bytes: header.as_bytes().to_vec(),
        };
        let sink = Arc::new(Sealer { keys: keys.clone(), edit, state: Mutex::new(state) });
        snapshot.read(sink.clone()).await?;
        drop(snapshot);
        let Some(sink) = Arc::into_inner(sink) else { panic!("the snapshot kept the sink") };
        let mut state = sink.state.into_inner().unwrap();
        let mut manifest = Manifest {
            id: header.id().to_string(),
            created_ms: 1_790_000_000_000,
            writer: "test".into(),
            kind: "manual".into(),
            reason: None,
            audit: None,
            reencrypted: None,
            source: contents.info,
            complete: contents.complete,
            sections: contents.sections,
            foreign_keys: contents.foreign_keys,
            properties: contents.properties,
        };
        let tail = state.assembler.finish(&keys, &mut state.sealer, &mut manifest).unwrap();
        state.bytes.extend(tail);
        let mut upload = self.store.create(&archive_name(&header.id().to_string())).await.unwrap();
        upload.write(state.bytes).await.unwrap();
        upload.commit().await.unwrap();
        let ring = KeyRing::from_hex(KEY).unwrap();
        Ok(Arc::new(OpenArchive::open(self.store.clone(), header.id(), &ring).await.unwrap()))
    }

    /// Restores into `live.db`.
    pub(crate) async fn restore(
        &self,
        archive: &Arc<OpenArchive>,
        tables: Option<&[&str]>,
    ) -> Result<Restored> {
        self.restore_to(&self.live(), archive, task(archive, tables, true)).await
    }

    pub(crate) async fn restore_to(
        &self,
        path: &Path,
        archive: &Arc<OpenArchive>,
        task: RestoreTask,
    ) -> Result<Restored> {
        let safety = Safety { bench: self, path: path.to_owned() };
        let archive: Arc<dyn Archived> = archive.clone();
        source(path).restore(&archive, &task, &safety, &mut Phases::new(&Silent), &Silent).await
    }
}

pub(crate) fn source(path: &Path) -> SqliteSource {
    let text = path.to_str().unwrap().replace('%', "%25").replace('?', "%3F");
    SqliteSource::new(&DatabaseUrl::new(format!("sqlite:{text}"))).unwrap()
}

pub(crate) fn request(tables: &[&str]) -> SnapshotRequest {
    let tables = tables.iter().map(|t| (*t).to_owned()).collect();
    SnapshotRequest {
        tables,
        jobs: 2,
        lock_timeout: Duration::from_millis(300),
        patience: Patience::default(),
    }
}

pub(crate) fn task(archive: &OpenArchive, tables: Option<&[&str]>, in_place: bool) -> RestoreTask {
    let number = |name: &str| {
        let found = archive.manifest().tables().find(|(_, s)| s.name == name);
        found.unwrap_or_else(|| panic!("{name} is not archived")).0
    };
    RestoreTask {
        tables: tables.map(|names| names.iter().map(|name| number(name)).collect()),
        in_place,
        only_creates: false,
        to_schema: None,
        jobs: 2,
        lock_timeout: Duration::from_millis(300),
        patience: Patience::default(),
        no_owner: false,
        no_privileges: false,
        trust_code: false,
        now: "2026-11-23T10:00:00Z".parse::<Timestamp>().unwrap(),
        cancel: CancellationToken::new(),
    }
}

/// Rows and digest of every section, by name; the schema is one of them.
pub(crate) async fn digests(path: &Path) -> Vec<(String, u64, String)> {
    let mut snapshot = source(path).snapshot(&request(&[])).await.unwrap();
    let sink = Arc::new(DigestSink::default());
    snapshot.read(sink.clone()).await.unwrap();
    let names: Vec<String> = snapshot.contents().sections.iter().map(|s| s.name.clone()).collect();
    let of = |(i, name)| {
        let digest = sink.digest(i as u32);
        (name, digest.rows(), digest.to_hex())
    };
    names.into_iter().enumerate().map(of).collect()
}

/// Rows and digest of every section but these.
pub(crate) async fn digests_without(path: &Path, names: &[&str]) -> Vec<(String, u64, String)> {
    let mut all = digests(path).await;
    all.retain(|(name, ..)| !names.contains(&name.as_str()));
    all
}

pub(crate) async fn open(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true).foreign_keys(false);
    options.connect().await.unwrap()
}

pub(crate) async fn run(path: &Path, sql: &str) {
    let mut db = open(path).await;
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
}

pub(crate) async fn number(path: &Path, sql: &str) -> i64 {
    let mut db = open(path).await;
    let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut db).await.unwrap();
    let value = row.get(0);
    db.close().await.unwrap();
    value
}

pub(crate) async fn text(path: &Path, sql: &str) -> String {
    let mut db = open(path).await;
    let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut db).await.unwrap();
    let value = row.get(0);
    db.close().await.unwrap();
    value
}

/// Names of all files in the folder of the database, without SQLite's own side files.
pub(crate) fn files(bench: &Bench) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(bench.dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "store" && !name.ends_with("-wal") && !name.ends_with("-shm"))
        .collect();
    names.sort();
    names
}

struct Sealing {
    sealer: FrameSealer,
    assembler: Assembler,
    next: Vec<u32>,
    bytes: Vec<u8>,
}

struct Sealer {
    keys: Arc<ArchiveKeys>,
    edit: fn(&mut Vec<u8>),
    state: Mutex<Sealing>,
}

#[async_trait]
impl FrameSink for Sealer {
    async fn rows(&self, section: u32, rows: Vec<u8>) -> Result<()> {
        let state = &mut *self.state.lock().unwrap();
        let index = std::mem::replace(&mut state.next[section as usize], 0) + 1;
        state.next[section as usize] = index;
        let frame = state.sealer.seal_rows(&self.keys, section, index - 1, &rows).unwrap();
        state.assembler.place(&frame);
        state.bytes.extend(frame.bytes);
        Ok(())
    }

    async fn blob(&self, section: u32, mut blob: Vec<u8>) -> Result<()> {
        (self.edit)(&mut blob);
        let state = &mut *self.state.lock().unwrap();
        let frame = state.sealer.seal_blob(&self.keys, section, 0, &blob).unwrap();
        state.assembler.place(&frame);
        state.bytes.extend(frame.bytes);
        Ok(())
    }
}

struct Safety<'b> {
    bench: &'b Bench,
    path: PathBuf,
}

#[async_trait]
impl SafetyNet for Safety<'_> {
    async fn archive(&self, tables: Vec<String>) -> Result<String> {
        let tables: Vec<&str> = tables.iter().map(String::as_str).collect();
        Ok(self.bench.archive_of(&self.path, &tables).await?.id().to_string())
    }
}

//! Opening sources, and a sink that keeps what it gets.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aitta_archive::{RowDigest, Section};
use aitta_engine::source::{self, Access, Contents, FrameSink, Snapshot, SnapshotRequest};
use aitta_engine::{Error, Patience, Result};
use aitta_model::DatabaseUrl;
use async_trait::async_trait;
use futures::StreamExt;
use sqlx::{AssertSqlSafe, PgConnection};
use tokio::sync::Semaphore;

/// Keeps the rows of every section.
#[derive(Default)]
pub(crate) struct Collected {
    pub(crate) rows: Mutex<BTreeMap<u32, Vec<u8>>>,
    pub(crate) blobs: Mutex<BTreeMap<u32, Vec<u8>>>,
    /// When given, each chunk needs a permit.
    gate: Option<Semaphore>,
}

impl Collected {
    /// Takes nothing until [`Self::open_gate`].
    pub(crate) fn gated() -> Self {
        Self { gate: Some(Semaphore::new(0)), ..Self::default() }
    }

    pub(crate) fn open_gate(&self) {
        self.gate.as_ref().unwrap().add_permits(1 << 20);
    }

    pub(crate) fn lines(&self, section: u32) -> Vec<String> {
        let rows = self.rows.lock().unwrap();
        let text = String::from_utf8(rows.get(&section).cloned().unwrap_or_default()).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    pub(crate) fn digest(&self, section: u32) -> RowDigest {
        let mut digest = RowDigest::default();
        if let Some(rows) = self.rows.lock().unwrap().get(&section) {
            digest.add_lines(rows);
        }
        digest
    }
}

#[async_trait]
impl FrameSink for Collected {
    async fn rows(&self, section: u32, rows: Vec<u8>) -> Result<()> {
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        }
        assert_eq!(rows.last(), Some(&b'\n'), "only whole rows");
        self.rows.lock().unwrap().entry(section).or_default().extend(rows);
        Ok(())
    }

    async fn blob(&self, section: u32, blob: Vec<u8>) -> Result<()> {
        assert!(self.blobs.lock().unwrap().insert(section, blob).is_none(), "one blob");
        Ok(())
    }
}

/// The client tools of this folder.
pub(crate) fn access(bin_dir: &Path) -> Access {
    Access { bin_dir: Some(bin_dir.to_owned()), ..Access::default() }
}

pub(crate) fn request(jobs: usize) -> SnapshotRequest {
    SnapshotRequest {
        tables: Vec::new(),
        jobs,
        lock_timeout: Duration::from_secs(20),
        patience: Patience::default(),
    }
}

pub(crate) async fn snapshot(url: &str, request: &SnapshotRequest) -> Result<Box<dyn Snapshot>> {
    source::open(&DatabaseUrl::new(url), Access::default())?.snapshot(request).await
}

pub(crate) async fn snapshot_error(url: &str, request: &SnapshotRequest) -> Error {
    match snapshot(url, request).await {
        Ok(_) => panic!("the snapshot of {url} should fail"),
        Err(error) => error,
    }
}

/// Reads everything.
pub(crate) async fn dump(url: &str, request: &SnapshotRequest) -> (Contents, Arc<Collected>) {
    let mut snapshot = snapshot(url, request).await.unwrap();
    let sink = Arc::new(Collected::default());
    snapshot.read(sink.clone()).await.unwrap();
    (snapshot.contents().clone(), sink)
}

/// Number and section of a table.
pub(crate) fn table<'c>(contents: &'c Contents, schema: &str, name: &str) -> (u32, &'c Section) {
    let found = contents.sections.iter().enumerate();
    let mut found = found.filter(|(_, s)| s.schema.as_deref() == Some(schema) && s.name == name);
    let (i, section) = found.next().unwrap_or_else(|| panic!("no section {schema}.{name}"));
    (i as u32, section)
}

/// Count and digest of a `COPY`, by a way of its own.
pub(crate) async fn digest(conn: &mut PgConnection, sql: &str) -> RowDigest {
    let mut text = Vec::new();
    let mut stream = conn.copy_out_raw(sql).await.unwrap();
    while let Some(data) = stream.next().await {
        text.extend_from_slice(&data.unwrap());
    }
    let mut digest = RowDigest::default();
    digest.add_lines(&text);
    digest
}

pub(crate) async fn number(conn: &mut PgConnection, sql: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(conn).await.unwrap()
}

pub(crate) async fn run(conn: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(conn).await.unwrap();
}

/// Waits until a query gives true.
pub(crate) async fn until(conn: &mut PgConnection, sql: &str) {
    for _ in 0..1500 {
        let met: bool =
            sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut *conn).await.unwrap();
        if met {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never true: {sql}");
}

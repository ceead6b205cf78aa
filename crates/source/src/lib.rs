//! Sources: databases that can be read and written.
//!
//! A source reads through a [`Snapshot`] into a [`FrameSink`]. The same path serves the backup (the
//! sink seals and stores) and the proof after a restore of SQLite (the sink only counts and digests); PostgreSQL digests
//! its own rows of `COPY` as they were dumped. So what is compared is what was dumped.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aitta_archive::{ForeignKey, RowDigest, Section, SourceInfo};
use aitta_base::{Error, Patience, Phases, Progress, Result, blocking};
use aitta_model::{
    CleanupReport, ComparedTable, DatabaseEngine, DatabaseUrl, ErrorCode, Finding, ReadinessCheck,
    RestoreMode, RestorePlan, SequenceReport, SourceRights, TableProof,
};
use async_trait::async_trait;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

mod access;
mod archived;
mod compare;
mod postgres;
mod sqlite;
mod stamp;

pub use access::{Access, Passwords};
pub use archived::Archived;
pub use postgres::Server;
pub use sqlite::SqliteSource;

/// Plaintext that a source collects before it hands over a frame, in bytes. A single longer row makes
/// a longer frame.
pub const FRAME_TARGET: usize = 2 << 20;

/// That, and room for the row that reaches it, so that a buffer seldom grows.
pub const FRAME_ROOM: usize = FRAME_TARGET + FRAME_TARGET / 8;

/// What a snapshot should cover.
#[derive(Debug, Clone)]
pub struct SnapshotRequest {
    /// Only these tables; all when empty. With or without schema.
    pub tables: Vec<String>,
    /// Connections that read in parallel.
    pub jobs: usize,
    /// How long to wait for a lock.
    pub lock_timeout: Duration,
    /// What somebody hears of that wait, and decides meanwhile.
    pub patience: Patience,
}

/// What a snapshot covers: the manifest without its figures.
#[derive(Debug, Clone)]
pub struct Contents {
    /// Where the data comes from.
    pub info: SourceInfo,
    /// Whether this is the whole database.
    pub complete: bool,
    /// The sections. Rows, bytes, digest and frames are filled in later.
    pub sections: Vec<Section>,
    /// Every foreign key that touches one of the tables.
    pub foreign_keys: Vec<ForeignKey>,
    /// What only this source understands.
    pub properties: serde_json::Value,
    /// About how many bytes of rows there are.
    pub estimated_bytes: u64,
    /// Remarks for the report.
    pub notes: Vec<String>,
}

/// A database that is read: what a backup, a comparison and a proof need. Nothing here writes into it.
///
/// # Errors
/// Every call that connects may also give those of [`Passwords`].
#[async_trait]
pub trait Source: Send + Sync {
    /// `postgresql` or `sqlite`.
    fn engine(&self) -> DatabaseEngine;

    /// The name of the database, for people; no secrets.
    fn database(&self) -> String;

    /// Where it is, to tell two of one name apart: `host:port/database`, or the path of the file. No secrets.
    fn place(&self) -> String;

    /// Whether there is a database already, be it empty.
    ///
    /// # Errors
    /// `source_*`.
    async fn exists(&self) -> Result<bool>;

    /// Opens a consistent view and finds out what is in it.
    ///
    /// # Errors
    /// `source_*`, `table_*`, `tool_*`, `lock_timeout`.
    async fn snapshot(&self, request: &SnapshotRequest) -> Result<Box<dyn Snapshot>>;

    /// What the user that is set may do, and roles with no more than is needed; `None` where there are no users.
    ///
    /// # Errors
    /// `source_*`.
    async fn rights(&self) -> Result<Option<SourceRights>>;

    /// What a restore into this database will need, as far as the database and this machine can say: rights, tools,
    /// room. It makes the checks that the restore makes. `rows_bytes` is how much a backup of it holds, where that is
    /// known.
    ///
    /// # Errors
    /// `source_*`.
    async fn readiness(&self, rows_bytes: Option<u64>) -> Result<Vec<ReadinessCheck>>;
}

/// A database that is restored into.
#[async_trait]
pub trait Target: Source {
    /// What a restore would do. Writes nothing.
    ///
    /// # Errors
    /// `target_*`, `source_*`, `tool_*`, `archive_*`, `store_*`.
    async fn plan(&self, archive: &Arc<dyn Archived>, task: &RestoreTask) -> Result<RestorePlan>;

    /// Compares the rows of the tables that are there with those of the archive, smallest tables first. A table that is
    /// not read by `until` stays open, and so does one that can't be compared. Writes nothing, and runs nothing that
    /// somebody else has written.
    ///
    /// # Errors
    /// As [`Target::plan`]; `cancelled`.
    async fn compare(
        &self,
        archive: &Arc<dyn Archived>,
        task: &RestoreTask,
        until: Instant,
    ) -> Result<Vec<ComparedTable>>;

    /// Names a new database for one proof: on the same server, or a file in a new folder below `folder`.
    ///
    /// # Errors
    /// `source_*`; `source_denied` when none may be created, `system`.
    async fn scratch(&self, folder: &Path) -> Result<Box<dyn Scratch>>;

    /// Restores into this database. On any error the target is as it was before.
    ///
    /// # Errors
    /// `target_*`, `foreign_keys`, `proof_failed`, `source_*`, `tool_*`, `lock_timeout`, `archive_*`, `store_*`,
    /// `cancelled`, and those of `safety`.
    async fn restore(
        &self,
        archive: &Arc<dyn Archived>,
        task: &RestoreTask,
        safety: &dyn SafetyNet,
        phases: &mut Phases<'_>,
        progress: &dyn Progress,
    ) -> Result<Restored>;

    /// Lists what whole restores into this database have set aside, and drops what the caller names:
    /// one by `name`, or `all`.
    ///
    /// # Errors
    /// `source_*`; `config_invalid` when there is none of this name.
    async fn cleanup(&self, name: Option<&str>, all: bool) -> Result<CleanupReport>;
}

/// A new database for one proof. Only [`Target::scratch`] gives one, under a name of its own that is partly random and
/// that nobody chooses: a proof can't be pointed at a database that is in use.
#[async_trait]
pub trait Scratch: Send + Sync {
    /// The new database, which a restore makes.
    fn target(&self) -> &dyn Target;

    /// What proofs that were killed, or are under way, have there.
    fn left(&self) -> &[String];

    /// Drops what the restore has made, and nothing else.
    ///
    /// # Errors
    /// `source_*`, `system`; the hint says how to drop it by hand.
    async fn discard(self: Box<Self>) -> Result<()>;
}

/// A consistent view of a database, open until it is dropped.
#[async_trait]
pub trait Snapshot: Send {
    /// What it covers.
    fn contents(&self) -> &Contents;

    /// Reads everything into `sink`.
    ///
    /// # Errors
    /// `source_*`, `tool_*`, and those of the sink.
    async fn read(&mut self, sink: Arc<dyn FrameSink>) -> Result<()>;
}

/// Takes what a snapshot reads.
#[async_trait]
pub trait FrameSink: Send + Sync {
    /// Takes whole rows of a section, each ended by a line feed, about [`FRAME_TARGET`] bytes. Waits
    /// while too much is under way. Chunks of one section may come in any order.
    ///
    /// # Errors
    /// `store_*`, `cancelled`: the archive can't be continued.
    async fn rows(&self, section: u32, rows: Vec<u8>) -> Result<()>;

    /// Takes the one blob of a section.
    ///
    /// # Errors
    /// As [`FrameSink::rows`].
    async fn blob(&self, section: u32, blob: Vec<u8>) -> Result<()>;

    /// An empty buffer to collect the next rows in: one that has been used before, where there is one, because
    /// fresh memory costs the system a fault for every page of it.
    fn buffer(&self) -> Vec<u8> {
        Vec::with_capacity(FRAME_ROOM)
    }
}

/// How to restore.
#[derive(Debug, Clone)]
pub struct RestoreTask {
    /// Numbers of the chosen table sections; `None` for everything.
    pub tables: Option<Vec<u32>>,
    /// Whether the target is the profile's own database: then a whole restore swaps, while into
    /// another database it only creates or fills.
    pub in_place: bool,
    /// Whether there was no target when the caller looked, so that nobody was asked whether one may be changed: one that
    /// is there by now is refused.
    pub only_creates: bool,
    /// Into this schema, beside what is there.
    pub to_schema: Option<String>,
    /// Connections that write in parallel.
    pub jobs: usize,
    /// How long to wait for a lock.
    pub lock_timeout: Duration,
    /// What somebody hears of that wait, and decides meanwhile.
    pub patience: Patience,
    /// Don't restore who owns what.
    pub no_owner: bool,
    /// Don't restore privileges.
    pub no_privileges: bool,
    /// What the owner of the data has written may run with more rights than his.
    pub trust_code: bool,
    /// When the restore began; it names what is set aside.
    pub now: Timestamp,
    /// Stops it.
    pub cancel: CancellationToken,
}

impl RestoreTask {
    /// Refuses a target that has come into being since the caller looked.
    ///
    /// # Errors
    /// `target_not_empty`.
    pub(crate) fn allow(&self, mode: &RestoreMode, target: &str) -> Result<()> {
        if !self.only_creates || matches!(mode, RestoreMode::Create { .. }) {
            return Ok(());
        }
        Err(Error::new(
            ErrorCode::TargetNotEmpty,
            format!(
                "{target} was not there when the restore was allowed, and is there now; nothing was changed"
            ),
            "start the restore again: it then asks for what an existing database needs",
        ))
    }
}

/// Archives what a restore is about to overwrite. The source calls it once, while writers are locked out.
#[async_trait]
pub trait SafetyNet: Send + Sync {
    /// Archives these tables of the target (names with schema, quoted where needed) and returns the id.
    async fn archive(&self, tables: Vec<String>) -> Result<String>;
}

/// What a restore did.
#[derive(Debug)]
pub struct Restored {
    /// Where to and how.
    pub mode: RestoreMode,
    /// The proof, table by table; all equal.
    pub proofs: Vec<TableProof>,
    /// Sequences that were set.
    pub sequences: Vec<SequenceReport>,
    /// The archive of what was overwritten, if anything was.
    pub safety_archive: Option<String>,
    /// What is worth knowing.
    pub findings: Vec<Finding>,
}

/// Opens the database of a URL.
///
/// # Errors
/// `config_invalid` when the URL can't be understood.
pub fn open(url: &DatabaseUrl, access: Access) -> Result<Arc<dyn Source>> {
    Ok(open_target(url, access)?)
}

/// Opens the database of a URL to restore into it.
///
/// # Errors
/// As [`open`].
pub fn open_target(url: &DatabaseUrl, access: Access) -> Result<Arc<dyn Target>> {
    if SqliteSource::claims(url) {
        return Ok(Arc::new(SqliteSource::new(url)?));
    }
    if let Some("postgres" | "postgresql") = url.expose().split_once("://").map(|(scheme, _)| scheme) {
        return Ok(Arc::new(postgres::PostgresSource::new(Server::new(url)?.with(access))));
    }
    Err(Error::new(
        ErrorCode::ConfigInvalid,
        format!("{} names no database that Aitta knows", url.redacted()),
        "use postgres://user@host/database or sqlite:/path/file.db",
    ))
}

/// Counts and digests, and stores nothing: the reading half of a proof.
#[derive(Debug, Default)]
pub struct DigestSink {
    sections: std::sync::Mutex<std::collections::BTreeMap<u32, RowDigest>>,
}

impl DigestSink {
    /// What was read of a section; nothing read is no rows.
    #[must_use]
    pub fn digest(&self, section: u32) -> RowDigest {
        let sections = self.sections.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        sections.get(&section).copied().unwrap_or_default()
    }

    fn merge(&self, section: u32, digest: &RowDigest) {
        let mut sections = self.sections.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        sections.entry(section).or_default().merge(digest);
    }
}

#[async_trait]
impl FrameSink for DigestSink {
    async fn rows(&self, section: u32, rows: Vec<u8>) -> Result<()> {
        let digest = blocking(move || {
            let mut digest = RowDigest::default();
            digest.add_lines(&rows);
            Ok(digest)
        })
        .await?;
        self.merge(section, &digest);
        Ok(())
    }

    async fn blob(&self, section: u32, blob: Vec<u8>) -> Result<()> {
        let mut digest = RowDigest::default();
        digest.add_row(&blob);
        self.merge(section, &digest);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_restore_that_only_creates_changes_nothing_that_is_there() {
        let task = |only_creates| RestoreTask {
            tables: None,
            in_place: true,
            only_creates,
            to_schema: None,
            jobs: 1,
            lock_timeout: Duration::ZERO,
            patience: Patience::default(),
            no_owner: false,
            no_privileges: false,
            trust_code: false,
            now: Timestamp::UNIX_EPOCH,
            cancel: CancellationToken::new(),
        };
        let target = || "shop".to_owned();
        for mode in [
            RestoreMode::Swap { target: target(), set_aside: "old".to_owned() },
            RestoreMode::Replace { target: target() },
            RestoreMode::Fill { target: target() },
            RestoreMode::SideSchema { target: target(), schema: "aside".to_owned() },
        ] {
            let refused = task(true).allow(&mode, "shop").unwrap_err();
            assert_eq!(refused.code(), ErrorCode::TargetNotEmpty, "{mode:?}");
            task(false).allow(&mode, "shop").unwrap();
        }
        task(true).allow(&RestoreMode::Create { target: target() }, "shop").unwrap();
    }
}

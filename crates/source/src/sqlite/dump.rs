//! Reading a database: one connection, one read transaction.

use std::path::Path;
use std::sync::Arc;

use aitta_archive::{Section, SectionKind, SourceInfo};
use aitta_base::tables::{TableName, resolve};
use aitta_base::{Error, Result};
use aitta_model::{DatabaseEngine, ErrorCode};
use async_trait::async_trait;
use tokio::sync::mpsc::{Sender, channel};

use super::connection::{Access, Db, Session, needs_writer, quoted};
use super::part::{Part, empty_section, extra_section, section_of};
use super::row::{Encoding, encode};
use super::schema::{Entry, Schema, Table, foreign_keys, tables};
use super::{file_name, replay};
use crate::{Contents, FRAME_TARGET, FrameSink, Snapshot, SnapshotRequest};

/// A consistent view of a file.
pub(super) struct FileSnapshot {
    db: Db,
    contents: Contents,
    blob: Vec<u8>,
    encoding: Encoding,
    units: Vec<Unit>,
}

/// The rows of one part that are read.
#[derive(Clone)]
struct Unit {
    section: u32,
    part: Part,
    tagged: bool,
    /// The condition for a row to be read; empty for all.
    filter: String,
}

/// Refuses what cannot hold a database. Looks at the folder entry only: opening and closing the file
/// here would drop every lock that SQLite holds on it in this process
/// (<https://www.sqlite.org/howtocorrupt.html>, "Posix advisory locks cancelled by a separate thread").
pub(super) fn check_file(path: &Path) -> Result<()> {
    let shown = path.display();
    match std::fs::metadata(path) {
        Ok(meta) if meta.is_file() && meta.len() > 0 => Ok(()),
        Ok(meta) if meta.is_file() => Err(Error::new(
            ErrorCode::SourceUnfit,
            format!("{shown} is an empty file of 0 bytes, not a database"),
            "check that the URL names the right file; if it is, restore the last verified archive",
        )),
        Ok(_) => Err(Error::new(
            ErrorCode::SourceUnfit,
            format!("{shown} is not a file"),
            "let the URL name the database file itself",
        )),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(Error::new(
            ErrorCode::SourceUnreachable,
            format!("there is no file {shown}"),
            "check the path in the URL; Aitta never creates a database to back it up",
        )
        .with_source(e)),
        Err(e) => Err(Error::new(
            ErrorCode::SourceDenied,
            format!("{shown} cannot be reached: {e}"),
            "give the user that runs Aitta the right to read the file and its folder",
        )
        .with_source(e)),
    }
}

/// Opens a connection and a read transaction in it.
pub(super) async fn open_reader(path: &Path, busy: std::time::Duration) -> Result<(Db, Schema)> {
    check_file(path)?;
    let read = |access| async move {
        let mut db = Db::open(path, access, busy).await?;
        db.run("PRAGMA query_only = ON; BEGIN").await?;
        let schema = Schema::read(&mut db).await?;
        Ok((db, schema))
    };
    match read(Access::Read).await {
        // A writer that was killed left a journal to be rolled back, or a WAL database has no index
        // yet: SQLite repairs both by itself, but only on a connection that may write.
        Err(e) if needs_writer(&e) => read(Access::Write).await.map_err(|_| e),
        done => done,
    }
}

impl FileSnapshot {
    /// Pins the view and finds out what is in it.
    pub(super) async fn open(path: &Path, request: &SnapshotRequest) -> Result<Self> {
        let (db, schema) = open_reader(path, request.lock_timeout).await?;
        Self::of(db, schema, path, &request.tables).await
    }

    /// The view of a connection that has a transaction open.
    pub(super) async fn of(mut db: Db, schema: Schema, path: &Path, wanted: &[String]) -> Result<Self> {
        let (all, internal) = tables(&mut db, &schema).await?;
        let names: Vec<TableName> = all.iter().map(|t| TableName::new(None, &t.name)).collect();
        let complete = wanted.is_empty();
        let chosen: Vec<Table> = if complete {
            all
        } else {
            resolve(wanted, &names)?.into_iter().filter_map(|i| all.get(i).cloned()).collect()
        };
        let chosen_parts = |entry: &Entry| {
            let parts = chosen.iter().flat_map(|table| table.parts.iter().map(|part| &part.table));
            let mut names = parts.chain(chosen.iter().map(|table| &table.name));
            entry.kind != "view" && names.any(|name| name.eq_ignore_ascii_case(&entry.tbl_name))
        };
        let needed = |entry: &&Entry| complete || entry.is_internal() || chosen_parts(entry);
        let entries = schema.entries.iter().filter(needed).cloned().collect();
        replay::rehearse(&Schema { pragmas: schema.pragmas.clone(), entries }).await?;
        let mut sections = vec![empty_section(SectionKind::Schema, "schema")];
        let mut units = Vec::new();
        for table in &chosen {
            let section = sections.len() as u32;
            sections.push(section_of(table)?);
            for part in &table.parts {
                let tagged = table.module.is_some();
                units.push(Unit { section, part: part.clone(), tagged, filter: String::new() });
            }
        }
        for part in internal {
            let filter = if complete { String::new() } else { only_of(&part, &chosen) };
            let section = sections.len() as u32;
            sections.push(extra_section(&part));
            units.push(Unit { section, part, tagged: false, filter });
        }
        let contents = contents(&mut db, &schema, path, complete, sections, names.len()).await?;
        let blob = schema.to_blob()?;
        Ok(Self { db, contents, blob, encoding: schema.encoding(), units })
    }

    /// Ends the view.
    pub(super) async fn close(self) -> Result<()> {
        self.db.close().await
    }
}

/// Only the rows of a table of the library that concern the chosen tables.
fn only_of(part: &Part, chosen: &[Table]) -> String {
    let column = part.columns.first().map_or("name", |c| c.name.as_str());
    let tables = chosen.iter().flat_map(|t| &t.parts).map(|p| format!("'{}'", p.table.replace('\'', "''")));
    format!("{} COLLATE NOCASE IN ({})", quoted(column), tables.collect::<Vec<_>>().join(", "))
}

async fn contents(
    db: &mut Db,
    schema: &Schema,
    path: &Path,
    complete: bool,
    sections: Vec<Section>,
    available: usize,
) -> Result<Contents> {
    let mut keys = foreign_keys(db, schema).await?;
    let archived = |name: &str| sections.iter().any(|s| s.kind == SectionKind::Table && s.name == name);
    keys.retain(|key| archived(&key.table) || archived(&key.foreign_table));
    let pages = db.number("PRAGMA page_count", &[]).await?;
    let mut bytes = u64::try_from(pages * schema.pragmas.page_size).unwrap_or(0);
    if !complete {
        let tables = sections.iter().filter(|s| s.kind == SectionKind::Table).count();
        bytes = bytes / available.max(1) as u64 * tables as u64;
    }
    let mut notes = Vec::new();
    if schema.pragmas.journal_mode != "wal" {
        notes.push(
            "the database is not in WAL mode: while it was read, commits of other connections had to wait, and behind a waiting commit new readers too"
                .to_owned(),
        );
    }
    let snapshot = format!(
        "read transaction, schema version {}, {pages} pages",
        db.number("PRAGMA schema_version", &[]).await?
    );
    Ok(Contents {
        info: SourceInfo {
            engine: DatabaseEngine::Sqlite.to_string(),
            version: db.text("SELECT sqlite_version()", &[]).await?,
            database: file_name(path),
            place: Some(path.display().to_string()),
            snapshot,
        },
        complete,
        sections,
        foreign_keys: keys,
        properties: serde_json::json!({ "encoding": schema.pragmas.encoding }),
        estimated_bytes: bytes,
        notes,
    })
}

#[async_trait]
impl Snapshot for FileSnapshot {
    fn contents(&self) -> &Contents {
        &self.contents
    }

    async fn read(&mut self, sink: Arc<dyn FrameSink>) -> Result<()> {
        sink.blob(0, self.blob.clone()).await?;
        for unit in &self.units {
            read_part(&mut self.db, unit, self.encoding, &sink).await?;
        }
        Ok(())
    }
}

/// Reads the rows of a section of an archive from a database that has the same tables.
pub(super) async fn read_section(
    db: &mut Db,
    section: u32,
    parts: &[Part],
    tagged: bool,
    encoding: Encoding,
    sink: &Arc<dyn FrameSink>,
) -> Result<()> {
    for part in parts {
        let unit = Unit { section, part: part.clone(), tagged, filter: String::new() };
        read_part(db, &unit, encoding, sink).await?;
    }
    Ok(())
}

async fn read_part(db: &mut Db, unit: &Unit, encoding: Encoding, sink: &Arc<dyn FrameSink>) -> Result<()> {
    // One chunk waits while the next is read.
    let (full, mut chunks) = channel(1);
    let lines = Lines { unit: unit.clone(), encoding, sink: sink.clone(), full };
    let section = unit.section;
    let taking = async move {
        while let Some(rows) = chunks.recv().await {
            sink.rows(section, rows).await?;
        }
        Ok(())
    };
    let (read, taken): (Result<()>, Result<()>) =
        tokio::join!(db.call(move |session| lines.read(session)), taking);
    // The reader ends without a word of its own when nobody takes its rows.
    taken.and(read)
}

/// The rows of one part on their way into chunks.
struct Lines {
    unit: Unit,
    encoding: Encoding,
    sink: Arc<dyn FrameSink>,
    full: Sender<Vec<u8>>,
}

impl Lines {
    fn read(self, session: &Session) -> Result<()> {
        let part = &self.unit.part;
        self.rows(session).map_err(|e| session.failed(e).context(part.reading()))
    }

    fn rows(&self, session: &Session) -> rusqlite::Result<()> {
        let Unit { part, tagged, filter, .. } = &self.unit;
        let tag = tagged.then_some(part.table.as_str());
        let mut statement = session.raw().prepare(&part.select(self.encoding, filter))?;
        let mut rows = statement.query(())?;
        let mut buffer = Vec::new();
        while let Some(row) = rows.next()? {
            encode(row, part.fields(), self.encoding, tag, &mut buffer)?;
            if buffer.len() >= FRAME_TARGET {
                let next = self.sink.buffer();
                if self.full.blocking_send(std::mem::replace(&mut buffer, next)).is_err() {
                    return Ok(());
                }
            }
        }
        if !buffer.is_empty() {
            // Nobody takes it only when the taker has an error to tell.
            let _ = self.full.blocking_send(buffer);
        }
        Ok(())
    }
}

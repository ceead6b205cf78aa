//! Writing the rows of an archive into tables.

use std::sync::Arc;

use aitta_archive::{RowDigest, Section};
use aitta_base::tables::TableName;
use aitta_base::{Error, Progress, Result, amount};
use aitta_model::{ErrorCode, ProgressEvent, TableProof};
use futures::StreamExt;
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteArguments;
use tokio_util::sync::CancellationToken;

use super::connection::Db;
use super::dump::read_section;
use super::part::{Part, module};
use super::row::{Encoding, Value, decode};
use crate::{Archived, DigestSink, FrameSink};

/// Rows per statement: enough that the cost of a statement no longer shows.
const BATCH_ROWS: usize = 100;
/// SQLite takes at most 32,766 arguments by default.
const MAX_ARGUMENTS: usize = 32_000;
/// Bytes of arguments after which a statement is run before it is full.
const BATCH_BYTES: usize = 1 << 20;
/// Frames read ahead.
const AHEAD: usize = 3;

/// Rows on their way into one part.
struct Batch {
    part: Part,
    sql: Arc<str>,
    capacity: usize,
    arguments: SqliteArguments,
    rows: usize,
    bytes: usize,
}

impl Batch {
    fn new(part: Part) -> Self {
        let capacity = (MAX_ARGUMENTS / part.fields().max(1)).clamp(1, BATCH_ROWS);
        let sql = part.insert(capacity, &[]).into();
        Self { part, sql, capacity, arguments: SqliteArguments::default(), rows: 0, bytes: 0 }
    }

    async fn push(&mut self, db: &mut Db, values: Vec<Value>, bytes: usize) -> Result<()> {
        if values.len() != self.part.fields() {
            return Err(Error::new(
                ErrorCode::ArchiveDamaged,
                format!(
                    "a row of {:?} has {} fields instead of {}",
                    self.part.table,
                    values.len(),
                    self.part.fields()
                ),
                "restore from another archive, and report this: the archive was authentic",
            ));
        }
        if values.iter().any(Value::needs_cast) {
            self.flush(db).await?;
            let casts: Vec<bool> = values.iter().map(Value::needs_cast).collect();
            let mut arguments = SqliteArguments::default();
            values.into_iter().try_for_each(|value| value.bind(&mut arguments))?;
            let sql = self.part.insert(1, &casts).into();
            return self.run(db, sql, arguments, false).await;
        }
        values.into_iter().try_for_each(|value| value.bind(&mut self.arguments))?;
        self.rows += 1;
        self.bytes += bytes;
        if self.rows == self.capacity || self.bytes >= BATCH_BYTES {
            self.flush(db).await?;
        }
        Ok(())
    }

    async fn flush(&mut self, db: &mut Db) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let full = self.rows == self.capacity;
        let sql = if full { self.sql.clone() } else { self.part.insert(self.rows, &[]).into() };
        let arguments = std::mem::take(&mut self.arguments);
        (self.rows, self.bytes) = (0, 0);
        self.run(db, sql, arguments, full).await
    }

    async fn run(&self, db: &mut Db, sql: Arc<str>, arguments: SqliteArguments, keep: bool) -> Result<()> {
        let query = sqlx::query_with(AssertSqlSafe(sql), arguments).persistent(keep);
        let done = query.execute(db.raw()).await;
        done.map(drop)
            .map_err(|e| db.failed(e).context(format_args!("writing the table {:?}", self.part.table)))
    }
}

/// Inserts all rows of a section into its tables, which are there and empty.
pub(super) async fn load(
    db: &mut Db,
    archive: &Arc<dyn Archived>,
    number: u32,
    cancel: &CancellationToken,
    progress: &dyn Progress,
) -> Result<()> {
    let section = archive.section(number)?;
    let tagged = module(section)?.is_some();
    let encoding = Encoding::from_pragma(&db.text("PRAGMA encoding", &[]).await?);
    let mut batches: Vec<Batch> = Part::of_section(section)?.into_iter().map(Batch::new).collect();
    let mut current = 0;
    let mut frames = archive.frames(number, AHEAD);
    while let Some(frame) = frames.next().await {
        let frame = frame?;
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', &frame) {
            let mut values = decode(&frame[start..end])?;
            if tagged {
                let wanted = part_of(&mut values, &batches, section)?;
                if wanted != current {
                    batches[current].flush(db).await?;
                    current = wanted;
                }
            }
            let values = values.into_iter().map(|value| value.for_database(encoding)).collect();
            batches[current].push(db, values, end - start).await?;
            start = end + 1;
            if cancel.is_cancelled() {
                return Err(Error::cancelled());
            }
        }
        progress.event(ProgressEvent::Advance { bytes: frame.len() as u64 });
    }
    for batch in &mut batches {
        batch.flush(db).await?;
    }
    progress.event(ProgressEvent::Table { name: section.name.clone(), rows: section.rows });
    Ok(())
}

/// Takes the first value away, which names the part.
fn part_of(values: &mut Vec<Value>, batches: &[Batch], section: &Section) -> Result<usize> {
    let name = if values.is_empty() { Value::Null } else { values.remove(0) };
    batches.iter().position(|b| matches!(&name, Value::Text(text) if *text == b.part.table)).ok_or_else(
        || {
            Error::new(
                ErrorCode::ArchiveDamaged,
                format!("a row of {:?} names no part of it", section.name),
                "restore from another archive, and report this: the archive was authentic",
            )
        },
    )
}

/// Reads tables back and compares them with the archive.
///
/// # Errors
/// `proof_failed` when one is not equal.
pub(super) async fn prove(
    db: &mut Db,
    archive: &dyn Archived,
    sections: &[u32],
    encoding: Encoding,
) -> Result<Vec<TableProof>> {
    let mut proofs = Vec::new();
    for &number in sections {
        let section = archive.section(number)?;
        let digests = Arc::new(DigestSink::default());
        let sink: Arc<dyn FrameSink> = digests.clone();
        let tagged = module(section)?.is_some();
        read_section(db, number, &Part::of_section(section)?, tagged, encoding, &sink).await?;
        proofs.push(proof(section, &digests.digest(number))?);
    }
    Ok(proofs)
}

/// Compares one section.
pub(super) fn proof(section: &Section, found: &RowDigest) -> Result<TableProof> {
    let proof = TableProof {
        name: TableName::new(None, &section.name).to_string(),
        archive_rows: section.rows,
        target_rows: found.rows(),
        archive_digest: section.digest.clone(),
        target_digest: found.to_hex(),
    };
    if proof.equal() {
        return Ok(proof);
    }
    Err(Error::new(
        ErrorCode::ProofFailed,
        format!(
            "{:?} would differ: {} in the archive, {} in the target, digests {:.12}… and {:.12}…",
            section.name,
            amount::count(proof.archive_rows, "row"),
            amount::count(proof.target_rows, "row"),
            proof.archive_digest,
            proof.target_digest
        ),
        "nothing was changed; report this with the message, and restore into a new file with --to sqlite:new.db",
    ))
}

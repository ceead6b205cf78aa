//! Writing the rows of an archive into tables.

use std::sync::Arc;

use aitta_archive::{RowDigest, Section};
use aitta_base::tables::TableName;
use aitta_base::{Error, Progress, Result, amount};
use aitta_model::{ErrorCode, ProgressEvent, TableProof};
use futures::StreamExt;
use rusqlite::{Statement, params_from_iter};
use tokio_util::sync::CancellationToken;

use super::connection::{Db, Session};
use super::dump::read_section;
use super::part::{Part, module};
use super::row::{Encoding, Value, decode};
use crate::{Archived, DigestSink, FrameSink};

/// Frames read ahead.
const AHEAD: usize = 3;

/// Inserts all rows of a section into its tables, which are there and empty.
pub(super) async fn load(
    db: &mut Db,
    archive: &Arc<dyn Archived>,
    number: u32,
    cancel: &CancellationToken,
    progress: &dyn Progress,
) -> Result<()> {
    let section = archive.section(number)?;
    let encoding = Encoding::from_pragma(&db.text("PRAGMA encoding", &[]).await?);
    let rows = Arc::new(Rows {
        name: section.name.clone(),
        tagged: module(section)?.is_some(),
        parts: Part::of_section(section)?,
        encoding,
    });
    let mut frames = archive.frames(number, AHEAD);
    while let Some(frame) = frames.next().await {
        let frame = frame?;
        let (rows, bytes) = (rows.clone(), frame.len() as u64);
        let lines = memchr::memchr_iter(b'\n', &frame).count() as u64;
        db.call(move |session| rows.insert(session, &frame)).await?;
        if cancel.is_cancelled() {
            return Err(Error::cancelled());
        }
        progress.event(ProgressEvent::Advance { bytes, rows: lines });
    }
    progress.event(ProgressEvent::Table { name: section.name.clone(), rows: section.rows });
    Ok(())
}

/// How the rows of a section get into its tables.
struct Rows {
    name: String,
    /// Whether each row begins with the name of its part.
    tagged: bool,
    parts: Vec<Part>,
    encoding: Encoding,
}

impl Rows {
    /// Inserts the rows of a frame.
    fn insert(&self, session: &Session, frame: &[u8]) -> Result<()> {
        let mut writers: Vec<Option<Statement<'_>>> = self.parts.iter().map(|_| None).collect();
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', frame) {
            let mut values = decode(&frame[start..end])?;
            let at = if self.tagged { self.part_of(&mut values)? } else { 0 };
            let (Some(part), Some(writer)) = (self.parts.get(at), writers.get_mut(at)) else {
                return Err(self.damaged("belongs to no table"));
            };
            if values.len() != part.fields() {
                return Err(self.damaged(&format!(
                    "has {} fields instead of {}",
                    values.len(),
                    part.fields()
                )));
            }
            let values = values.into_iter().map(|value| value.for_database(self.encoding));
            write(session, part, writer, values.collect())
                .map_err(|e| session.failed(e).context(format_args!("writing the table {:?}", part.table)))?;
            start = end + 1;
        }
        Ok(())
    }

    /// Takes the first value away, which names the part.
    fn part_of(&self, values: &mut Vec<Value>) -> Result<usize> {
        let name = if values.is_empty() { Value::Null } else { values.remove(0) };
        let named = |part: &Part| matches!(&name, Value::Text(text) if *text == part.table);
        self.parts.iter().position(named).ok_or_else(|| self.damaged("names no part of it"))
    }

    fn damaged(&self, what: &str) -> Error {
        Error::new(
            ErrorCode::ArchiveDamaged,
            format!("a row of {:?} {what}", self.name),
            "restore from another archive, and report this: the archive was authentic",
        )
    }
}

/// Inserts one row, with the statement that was made for the rows before it.
fn write<'s>(
    session: &'s Session,
    part: &Part,
    writer: &mut Option<Statement<'s>>,
    values: Vec<Value>,
) -> rusqlite::Result<()> {
    if values.iter().any(Value::needs_cast) {
        let casts: Vec<bool> = values.iter().map(Value::needs_cast).collect();
        let mut statement = session.raw().prepare(&part.insert(&casts))?;
        return statement.execute(params_from_iter(values)).map(drop);
    }
    let statement = match writer {
        Some(statement) => statement,
        None => writer.insert(session.raw().prepare(&part.insert(&[]))?),
    };
    statement.execute(params_from_iter(values)).map(drop)
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

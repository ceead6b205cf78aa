//! Comparing the tables that a restore would overwrite with the archive. Writes nothing.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aitta_archive::Section;
use aitta_base::tables::TableName;
use aitta_base::{Error, Result};
use aitta_model::{ComparedTable, ErrorCode, Likeness, Obstacle};
use tokio::time::timeout_at;

use super::connection::Db;
use super::dump::{open_reader, read_section};
use super::job::Job;
use super::part::{Part, module};
use super::schema::Schema;
use crate::compare::LiveRows;
use crate::{Archived, FrameSink, RestoreTask};

/// How long a table may be held by somebody else.
const PATIENCE: Duration = Duration::from_secs(1);

/// Compares the smallest tables first, and those that are not read by `until` not at all.
pub(super) async fn compare(
    live: &Path,
    archive: &Arc<dyn Archived>,
    job: &Job,
    task: &RestoreTask,
    until: Instant,
) -> Result<Vec<ComparedTable>> {
    tokio::select! {
        biased;
        () = task.cancel.cancelled() => Err(Error::cancelled()),
        compared = compared(live, archive, job, until) => compared,
    }
}

async fn compared(
    live: &Path,
    archive: &Arc<dyn Archived>,
    job: &Job,
    until: Instant,
) -> Result<Vec<ComparedTable>> {
    let mut tables = Vec::new();
    for &number in &job.sections {
        tables.push((tables.len(), number, archive.section(number)?));
    }
    let is_there = std::fs::metadata(live).is_ok_and(|meta| meta.len() > 0);
    let mut open = if is_there { Some(open_reader(live, PATIENCE).await?) } else { None };
    tables.sort_by_key(|(_, _, section)| section.bytes);
    let mut found = Vec::new();
    for (place, number, section) in tables {
        let likeness = match &mut open {
            None if is_there => Likeness::NotReached,
            None => Likeness::Missing,
            Some((db, schema)) => {
                let reading = one(db, schema, archive, number, section);
                let done = timeout_at(until.into(), reading).await;
                match done {
                    Ok(Ok(likeness)) => likeness,
                    Ok(Err(error)) if is_of_table(error.code()) => {
                        let obstacle = Obstacle::Unread { code: error.code().into() };
                        Likeness::NotComparable { why: error.to_string(), obstacle: Some(obstacle) }
                    }
                    Ok(Err(error)) => return Err(error),
                    // Dropped, the connection ends what it was doing.
                    Err(_) => {
                        open = None;
                        Likeness::NotReached
                    }
                }
            }
        };
        found
            .push((place, ComparedTable { name: TableName::new(None, &section.name).to_string(), likeness }));
    }
    if let Some((db, _)) = open {
        db.close().await?;
    }
    found.sort_by_key(|(place, _)| *place);
    Ok(found.into_iter().map(|(_, table)| table).collect())
}

/// Whether another table can be read all the same.
fn is_of_table(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::SourceFailed | ErrorCode::SourceUnfit | ErrorCode::LockTimeout)
}

async fn one(
    db: &mut Db,
    schema: &Schema,
    archive: &Arc<dyn Archived>,
    number: u32,
    section: &Section,
) -> Result<Likeness> {
    if schema.table(&section.name).is_none() {
        return Ok(Likeness::Missing);
    }
    let parts = Part::of_section(section)?;
    for part in &parts {
        let found = part.differences(&Part::of(db, &part.table).await?);
        let (differences, words): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        if !words.is_empty() {
            let obstacle = Some(Obstacle::Changed { differences });
            return Ok(Likeness::NotComparable { why: words.join("; "), obstacle });
        }
    }
    let live = LiveRows::beside(section);
    let sink: Arc<dyn FrameSink> = Arc::new(live.clone());
    let read = read_section(db, number, &parts, module(section)?.is_some(), schema.encoding(), &sink).await;
    // Whoever waits to write gets in between two tables.
    db.run("COMMIT; BEGIN").await?;
    read?;
    live.against(archive, number).await
}

//! What backups say that counts for those after them, taken once from their reports.

use aitta_model::{ArchiveSummary, DatabaseEngine, Operation, TableSummary, Word};
use futures::stream::TryStreamExt;
use jiff::Timestamp;
use serde::Deserialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, SqliteConnection};

use super::archives::signed;
use super::{Catalog, time};
use crate::Result;

/// Reports that are read at a time.
const AT_ONCE: u32 = 50;

/// A database as an archive names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) engine: Option<Word<DatabaseEngine>>,
    pub(crate) database: Option<String>,
    /// Absent where an earlier version has not noted it.
    pub(crate) place: Option<String>,
}

impl From<&ArchiveSummary> for Named {
    fn from(archive: &ArchiveSummary) -> Self {
        let ArchiveSummary { engine, database, place, .. } = archive;
        Self { engine: engine.clone(), database: database.clone(), place: place.clone() }
    }
}

/// A backup that a run of this catalog has made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Made {
    pub(crate) run: i64,
    pub(crate) started: Timestamp,
    pub(crate) archive: String,
    /// `None` when its report could not be read.
    pub(crate) told: Option<Told>,
}

/// What the report says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// Whether it is of the whole database.
    pub(crate) complete: bool,
    pub(crate) named: Named,
    pub(crate) size_bytes: u64,
    pub(crate) rows: u64,
    pub(crate) duration_ms: u64,
    /// Number of tables.
    pub(crate) tables: u64,
}

/// The rows of each table of a backup of a whole database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableRows {
    pub(crate) archive: String,
    pub(crate) started: Timestamp,
    pub(crate) named: Named,
    /// Name and rows.
    pub(crate) tables: Vec<(String, u64)>,
}

/// The parts of a report that are taken from it.
#[derive(Deserialize)]
struct Report {
    archive: ArchiveSummary,
    duration_ms: u64,
    tables: Vec<ReportTable>,
}

#[derive(Deserialize)]
struct ReportTable {
    name: String,
    rows: u64,
}

impl Catalog {
    /// Takes what counts from the reports of backups that it was not taken from yet.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn note_backups(&self, profile: &str) -> Result<()> {
        let mut last = 0;
        loop {
            let rows = sqlx::query(
                "SELECT id, started_ms, archive, report FROM runs
                 WHERE profile = ? AND operation = ? AND outcome = 'succeeded' AND id > ?
                       AND NOT EXISTS (SELECT 1 FROM backups WHERE run = runs.id)
                 ORDER BY id LIMIT ?",
            )
            .bind(profile)
            .bind(Operation::Backup.as_str())
            .bind(last)
            .bind(AT_ONCE)
            .fetch_all(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
            let Some(newest) = rows.last() else { return Ok(()) };
            last = newest.get(0);
            self.note_all(profile, &rows).await.map_err(|e| self.failed(e))?;
        }
    }

    async fn note_all(&self, profile: &str, rows: &[SqliteRow]) -> Result<(), sqlx::Error> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        for row in rows {
            let (run, started) = (row.get::<i64, _>(0), row.get::<i64, _>(1));
            // Whatever has become of its bytes.
            let text = row.try_get::<Option<&str>, _>(3).ok().flatten();
            match text.and_then(|text| serde_json::from_str::<Report>(text).ok()) {
                Some(Report { archive, duration_ms, tables }) => {
                    let tables: Vec<(String, u64)> = tables.into_iter().map(|t| (t.name, t.rows)).collect();
                    let told = Noted { run: Some(run), started, archive: &archive, duration_ms, tables };
                    note(&mut transaction, profile, &told).await?;
                }
                None => {
                    let archive = row.try_get::<Option<&str>, _>(2).ok().flatten();
                    let archive = archive.map_or_else(|| format!("run {run}"), str::to_owned);
                    sqlx::query::<Sqlite>(
                        "INSERT INTO backups (profile, archive, run, started_ms) VALUES (?, ?, ?, ?)
                         ON CONFLICT (profile, archive) DO UPDATE SET run = excluded.run",
                    )
                    .bind(profile)
                    .bind(archive)
                    .bind(run)
                    .bind(started)
                    .execute(&mut *transaction)
                    .await?;
                }
            }
        }
        transaction.commit().await
    }

    /// Enters what an archive itself says, where no report has said it.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn enter_rows(
        &self,
        profile: &str,
        archive: &ArchiveSummary,
        tables: &[TableSummary],
    ) -> Result<()> {
        self.note_backups(profile).await?;
        let work = async {
            let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            let known = sqlx::query::<Sqlite>(
                "SELECT run, started_ms, complete IS NOT NULL, duration_ms FROM backups
                 WHERE profile = ? AND archive = ?",
            )
            .bind(profile)
            .bind(&archive.id)
            .fetch_optional(&mut *transaction)
            .await?;
            if known.as_ref().is_some_and(|row| row.get(2)) {
                return Ok(());
            }
            let told = Noted {
                run: known.as_ref().and_then(|row| row.get(0)),
                started: known.as_ref().map_or(archive.created.as_millisecond(), |row| row.get(1)),
                archive,
                duration_ms: archive.duration_ms.unwrap_or_default(),
                tables: tables.iter().map(|t| (t.name.clone(), t.rows)).collect(),
            };
            note(&mut transaction, profile, &told).await?;
            transaction.commit().await
        };
        work.await.map_err(|e| self.failed(e))
    }

    /// The backups that began in this span, as their runs tell, oldest first.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn backups(&self, profile: &str, from: Timestamp, to: Timestamp) -> Result<Vec<Made>> {
        sqlx::query(
            "SELECT run, started_ms, archive, complete, engine, database, place, size_bytes, row_count, duration_ms,
                    tables
             FROM backups WHERE profile = ? AND run IS NOT NULL AND started_ms BETWEEN ? AND ?
             ORDER BY started_ms, run",
        )
        .bind(profile)
        .bind(from.as_millisecond())
        .bind(to.as_millisecond())
        .fetch(&self.pool)
        .map_ok(|row| made(&row))
        .try_collect()
        .await
        .map_err(|e| self.failed(e))
    }

    /// What is known of the backup of this id.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn backup_of(&self, profile: &str, archive: &str) -> Result<Option<Told>> {
        let row = sqlx::query(
            "SELECT run, started_ms, archive, complete, engine, database, place, size_bytes, row_count, duration_ms,
                    tables
             FROM backups WHERE profile = ? AND archive = ?",
        )
        .bind(profile)
        .bind(archive)
        .fetch_optional(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(row.and_then(|row| told(&row)))
    }

    /// Gives the rows of all whole backups to `next`, oldest first: of those before `from`, of each day and database the
    /// last one, and those whose id begins with one of `always`.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn table_rows(
        &self,
        profile: &str,
        from: Timestamp,
        always: &[&str],
        mut next: impl FnMut(TableRows) + Send,
    ) -> Result<()> {
        let mut rows = sqlx::query(
            "SELECT archive, started_ms, engine, database, place, table_rows FROM backups
             WHERE profile = ?1 AND table_rows IS NOT NULL AND (
                 started_ms >= ?2
                 OR id IN (SELECT id FROM (
                     SELECT id, max(started_ms) FROM backups
                     WHERE profile = ?1 AND table_rows IS NOT NULL AND started_ms < ?2
                     GROUP BY started_ms / 86400000, engine, database, place))
                 OR EXISTS (SELECT 1 FROM json_each(?3) WHERE backups.archive GLOB value || '-*'))
             ORDER BY started_ms, id",
        )
        .bind(profile)
        .bind(from.as_millisecond())
        .bind(super::runs::json(&always)?)
        .fetch(&self.pool);
        while let Some(row) = rows.try_next().await.map_err(|e| self.failed(e))? {
            let Ok(tables) = serde_json::from_str(row.get(5)) else { continue };
            let (engine, database, place) = (row.get::<Option<String>, _>(2), row.get(3), row.get(4));
            let named = Named { engine: engine.map(Word::read), database, place };
            next(TableRows { archive: row.get(0), started: time(row.get(1)), named, tables });
        }
        Ok(())
    }
}

/// What is noted of one backup.
struct Noted<'n> {
    run: Option<i64>,
    started: i64,
    archive: &'n ArchiveSummary,
    duration_ms: u64,
    /// Name and rows.
    tables: Vec<(String, u64)>,
}

async fn note(conn: &mut SqliteConnection, profile: &str, told: &Noted<'_>) -> Result<(), sqlx::Error> {
    let Noted { run, started, archive, duration_ms, tables } = told;
    // Chosen tables say nothing of the size of the database.
    let complete = archive.complete.unwrap_or(false);
    let rows = complete.then(|| serde_json::to_string(tables)).transpose();
    sqlx::query(
        "INSERT OR REPLACE INTO backups (profile, archive, run, started_ms, complete, engine, database, place,
                                         size_bytes, row_count, duration_ms, tables, table_rows)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(profile)
    .bind(&archive.id)
    .bind(run)
    .bind(started)
    .bind(complete)
    .bind(archive.engine.as_ref().map(Word::as_str))
    .bind(&archive.database)
    .bind(&archive.place)
    .bind(signed(archive.size_bytes))
    .bind(signed(archive.rows.unwrap_or_default()))
    .bind(signed(*duration_ms))
    .bind(signed(tables.len() as u64))
    .bind(rows.map_err(|e| sqlx::Error::Encode(e.into()))?)
    .execute(conn)
    .await
    .map(drop)
}

fn made(row: &SqliteRow) -> Made {
    Made { run: row.get(0), started: time(row.get(1)), archive: row.get(2), told: told(row) }
}

fn told(row: &SqliteRow) -> Option<Told> {
    let figure = |column: usize| row.get::<Option<i64>, _>(column).map_or(0, i64::unsigned_abs);
    let engine = row.get::<Option<String>, _>(4);
    Some(Told {
        complete: row.get::<Option<bool>, _>(3)?,
        named: Named { engine: engine.map(Word::read), database: row.get(5), place: row.get(6) },
        size_bytes: figure(7),
        rows: figure(8),
        duration_ms: figure(9),
        tables: figure(10),
    })
}

//! Runs that are under way: how far each is stands in the file that marks it, and changes each second.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use aitta_base::lock;
use aitta_model::{Course, Operation, PhaseTiming, Underway, Word};
use serde::Deserialize;
use sqlx::Row;

use super::{Catalog, Run};
use crate::Result;

/// A course is small; a file that is larger was not written here.
const MOST_BYTES: u64 = 1 << 20;

/// A run notes how far it is each second.
const FIRST_NOTE: Duration = Duration::from_secs(3);

impl Run {
    /// Notes how far it is, for other processes. That may fail without harm: the run goes on.
    pub(crate) fn note(&self, course: &Course) {
        let written = serde_json::to_vec(&course.for_file()).map_err(Into::into).and_then(|text| {
            let mut file: &File = &self.alive;
            file.seek(SeekFrom::Start(0))?;
            file.write_all(&text)?;
            file.set_len(text.len() as u64)
        });
        if let Err(error) = written {
            tracing::debug!(%error, "how far the run is was not noted");
        }
    }
}

impl Catalog {
    /// The runs of a profile that are under way, in whichever process, oldest first.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn underway(&self, profile: &str) -> Result<Vec<Underway>> {
        let rows = sqlx::query(
            "SELECT id, operation, alive, started_ms FROM runs WHERE profile = ? AND outcome = 'running' ORDER BY id",
        )
        .bind(profile)
        .fetch_all(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        let underway = |row: sqlx::sqlite::SqliteRow| {
            let mark = self.mark(row.get(2));
            // A killed one is told as failed elsewhere.
            if !lock::is_held(&mark) {
                return None;
            }
            let noted = match course(&mark) {
                Some(noted) => noted,
                // Whether it is part of another one is noted in its first moments.
                None if is_young(&mark) => return None,
                None => Course::new(row.get(3)),
            };
            if noted.is_part {
                return None;
            }
            let operation: Word<Operation> = Word::read(row.get::<String, _>(1));
            Some(Underway {
                number: None,
                operation: Some(operation),
                proof: false,
                course: noted.of_run(Some(row.get(0))),
            })
        };
        Ok(rows.into_iter().filter_map(underway).collect())
    }

    /// How long the phases of the last run like this one took, if it succeeded and told them.
    pub(crate) async fn usual_phases(&self, profile: &str, operation: Operation) -> Vec<PhaseTiming> {
        let phases: Result<Option<Option<String>>, _> = sqlx::query_scalar(
            "SELECT json_extract(report, '$.phases') FROM runs \
             WHERE profile = ? AND operation = ? AND outcome = 'succeeded' ORDER BY id DESC LIMIT 1",
        )
        .bind(profile)
        .bind(operation.as_str())
        .fetch_optional(&self.pool)
        .await;
        match phases {
            Ok(phases) => {
                phases.flatten().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
            }
            Err(error) => {
                // Only the time that is left is not told.
                tracing::debug!(%error, "how long the last run took is not known");
                Vec::new()
            }
        }
    }
}

/// Whether a mark was made so lately that nothing need stand in it.
fn is_young(mark: &Path) -> bool {
    let made = fs::metadata(mark).and_then(|meta| meta.modified());
    made.is_ok_and(|made| made.elapsed().is_ok_and(|age| age < FIRST_NOTE))
}

/// What was noted; nothing while it is being written, or where the system keeps a locked file from others.
fn course(mark: &Path) -> Option<Course> {
    if fs::metadata(mark).ok()?.len() > MOST_BYTES {
        return None;
    }
    let text = fs::read(mark).ok()?;
    // What follows belongs to a longer note before this one.
    Course::deserialize(&mut serde_json::Deserializer::from_slice(&text)).ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use aitta_model::ProgressEvent;
    use jiff::Timestamp;

    use super::*;
    use crate::Error;

    async fn catalog(dir: &Path) -> Catalog {
        Catalog::open(dir).await.unwrap()
    }

    #[tokio::test]
    async fn how_far_a_run_of_another_process_is_can_be_seen() {
        let dir = tempfile::tempdir().unwrap();
        let (ours, theirs) = (catalog(dir.path()).await, catalog(dir.path()).await);
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let run = ours.begin_run("shop", Operation::Restore, None, None, now).await.unwrap();
        let seen = theirs.underway("shop").await.unwrap();
        assert!(seen.is_empty(), "whether it is part of another run is not known yet");
        let made = run.alive.metadata().and_then(|meta| meta.modified()).unwrap();
        run.alive.set_modified(made - 2 * FIRST_NOTE).unwrap();
        let seen = theirs.underway("shop").await.unwrap();
        assert_eq!(seen.len(), 1, "it notes nothing, as one of an earlier version");
        assert_eq!((seen[0].course.run, seen[0].course.began_ms), (Some(run.id()), now.as_millisecond()));

        let mut course = Course::new(0);
        for name in ["a phase with a long name that is over soon", "proving"] {
            course.take(&ProgressEvent::Phase { name: name.to_owned(), total_bytes: Some(100) }, 10);
            run.note(&course.began_at(now.as_millisecond()));
        }
        // The second note is longer than the first; this one is shorter than both.
        let mut short = Course::new(now.as_millisecond());
        short.take(&ProgressEvent::Phase { name: "proving".to_owned(), total_bytes: Some(100) }, 10);
        run.note(&short);
        let seen = theirs.underway("shop").await.unwrap();
        assert_eq!(seen[0].course, short.clone().of_run(Some(run.id())));
        assert_eq!(seen[0].operation, Some(Word::Known(Operation::Restore)));
        assert!(theirs.underway("other").await.unwrap().is_empty());
        run.note(&short.as_part(true));
        assert!(theirs.underway("shop").await.unwrap().is_empty(), "the run that it is part of is shown");

        let failed: Result<&(), &Error> = Err(&Error::cancelled());
        ours.finish_run(run, failed, None, &[], None, now).await.unwrap();
        assert!(theirs.underway("shop").await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_mark_that_holds_something_else_is_no_course() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mark");
        for text in ["", "{", "[]", "{\"steps\":1}", &"x".repeat((1 << 20) + 1)] {
            fs::write(&path, text).unwrap();
            assert_eq!(course(&path), None);
        }
    }
}

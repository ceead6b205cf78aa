//! How long it will take, judged by the last restore that succeeded, or else by the backup.

use aitta_model::{ArchiveSummary, Operation, RunOutcome, RunSummary, Timestamp};

/// Rows per second of a restore or a backup, and when that was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pace {
    rows_per_s: f64,
    pub(crate) at: Timestamp,
}

/// Too few rows tell nothing about many.
const FEWEST: u64 = 1000;
/// No restore is done sooner: it opens, locks, saves, proves.
const SHORTEST_S: f64 = 2.0;

impl Pace {
    /// Of the newest restore that had enough rows; runs come newest first.
    pub(crate) fn of(runs: &[RunSummary]) -> Option<Self> {
        let proven =
            |run: &&RunSummary| run.operation == Operation::Restore && run.outcome == RunOutcome::Succeeded;
        runs.iter().filter(proven).find_map(|run| {
            let took = run.took_ms()? as f64 / 1000.0;
            let rows = run.figures.rows.filter(|rows| *rows >= FEWEST)?;
            (took > 0.0).then(|| Self { rows_per_s: rows as f64 / took, at: run.started })
        })
    }

    /// Before the first restore: that of the backup itself.
    pub(crate) fn of_backup(archive: &ArchiveSummary) -> Option<Self> {
        let took = archive.duration_ms.filter(|ms| *ms > 0)? as f64 / 1000.0;
        let rows = archive.rows.filter(|rows| *rows >= FEWEST)?;
        Some(Self { rows_per_s: rows as f64 / took, at: archive.created })
    }

    /// Milliseconds for so many rows.
    pub(crate) fn estimate_ms(self, rows: u64) -> u64 {
        ((rows as f64 / self.rows_per_s).max(SHORTEST_S) * 1000.0) as u64
    }
}

#[cfg(test)]
mod tests {
    use aitta_model::RunFigures;

    use super::*;

    #[test]
    fn the_last_restore_sets_the_pace() {
        let run = |operation: Operation, outcome: RunOutcome, rows, took_s| {
            let started: Timestamp = "2026-11-22T08:00:00Z".parse().expect("a time");
            RunSummary {
                id: 1,
                profile: "p".to_owned(),
                operation: operation.into(),
                outcome: outcome.into(),
                started,
                ended: Some(started + jiff::SignedDuration::from_secs(took_s)),
                archive: None,
                reason: None,
                failure: None,
                figures: RunFigures { rows, ..RunFigures::default() },
            }
        };
        assert_eq!(Pace::of(&[]), None);
        let runs = [
            run(Operation::Backup, RunOutcome::Succeeded, Some(9_000_000), 1),
            run(Operation::Restore, RunOutcome::Failed, Some(9_000_000), 1),
            run(Operation::Restore, RunOutcome::Succeeded, Some(10), 1),
            run(Operation::Restore, RunOutcome::Succeeded, Some(100_000), 10),
        ];
        let pace = Pace::of(&runs).expect("a pace");
        assert_eq!((pace.estimate_ms(1_000_000), pace.estimate_ms(5)), (100_000, 2000));
    }

    #[test]
    fn before_the_first_restore_the_backup_sets_the_pace() {
        let created: Timestamp = "2026-11-22T08:00:00Z".parse().expect("a time");
        let archive = |rows, duration_ms| ArchiveSummary {
            id: "backup-1".to_owned(),
            created,
            state: aitta_model::ArchiveState::Verified(created),
            kind: None,
            reason: None,
            engine: None,
            database: None,
            place: None,
            complete: Some(true),
            tables: None,
            rows,
            size_bytes: 1,
            duration_ms,
            checksum: None,
        };
        assert_eq!(Pace::of_backup(&archive(Some(10), Some(1))), None, "too few rows");
        assert_eq!(Pace::of_backup(&archive(Some(9000), None)), None, "nobody knows how long it took");
        let pace = Pace::of_backup(&archive(Some(100_000), Some(10_000))).expect("a pace");
        assert_eq!(pace.estimate_ms(50_000), 5000);
    }
}

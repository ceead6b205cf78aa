//! What happened in a span of time: the data behind charts and reviews.

use aitta_base::amount;
use aitta_model::{
    AcceptReport, BackupPoint, BackupReport, DayOutcomes, ErrorCode, FailurePoint, History, Operation,
    RestoreMode, RestorePoint, RestoreReport, TableSummary, Word,
};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::catalog::PastRun;
use crate::{Context, Error, Result};

mod losses;

use losses::Levels;
pub(crate) use losses::{Losses, moment};

/// The phase in which a restore waits for others to let go of their locks.
const LOCKING: &str = "locking";

/// Sizes that the usual one is taken from.
const WINDOW: usize = 30;

/// With fewer sizes before it, nothing is called unusual.
const LEAST: usize = 7;

/// Deviations from the median that make a size unusual. For a normal distribution 1.4826 times the median
/// absolute deviation is the standard deviation (Rousseeuw and Croux, "Alternatives to the Median Absolute
/// Deviation", 1993); beyond five of them lies one in two million.
const DEVIATIONS: f64 = 5.0 * 1.4826;

/// Sizes so near to the usual one are never called unusual, however steady they were.
const AT_LEAST: f64 = 0.10;

/// The runs of the profile from the beginning of the day of `from` until `to`.
///
/// # Errors
/// `catalog_failed`; `config_invalid` when `from` is after `to`.
pub async fn history(context: &Context, from: Timestamp, to: Timestamp) -> Result<History> {
    Ok(with_losses(context, from, to, |id| Some(id.to_owned())).await?.0)
}

/// The same, with what the newest backup of the database has lost. `find` gives the id that a backup has now, if it is
/// there and whole.
///
/// # Errors
/// As [`history`].
pub(crate) async fn with_losses(
    context: &Context,
    from: Timestamp,
    to: Timestamp,
    find: impl Fn(&str) -> Option<String>,
) -> Result<(History, Option<Losses>)> {
    let first = from.to_zoned(TimeZone::UTC).date();
    let last = to.to_zoned(TimeZone::UTC).date();
    if first > last {
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            format!("the span from {from} to {to} ends before it begins"),
            "give the earlier time first",
        ));
    }
    let profile = context.profile.name.clone();
    let start = first.to_zoned(TimeZone::UTC).map_or(from, |midnight| midnight.timestamp());
    // What was usual before the span counts as well.
    let before = start.checked_sub((24 * 60).hours()).unwrap_or(start);
    let runs = context.catalog.past_runs(&profile, before, to).await?;

    let days = first.series(1.day()).take_while(|day| *day <= last);
    let mut days: Vec<DayOutcomes> = days.map(|day| DayOutcomes { day, succeeded: 0, failed: 0 }).collect();
    let mut count = |at: Timestamp, ok: bool| {
        let day = at.to_zoned(TimeZone::UTC).date();
        if let Ok(i) = days.binary_search_by(|d| d.day.cmp(&day)) {
            *if ok { &mut days[i].succeeded } else { &mut days[i].failed } += 1;
        }
    };
    let (mut backups, mut failures, mut restores) = (Vec::new(), Vec::new(), Vec::new());
    let mut seen: Vec<Seen> = Vec::new();
    let source = context.source().ok();
    let engine = source.as_ref().map(|s| Word::from(s.engine()));
    let database = source.as_ref().map(|s| s.database());
    // Only what has ended well has a report.
    let accepted = runs.iter().filter(|run| run.operation == Operation::AcceptLoss && run.failure.is_none());
    let accepted: Vec<AcceptReport> = accepted.filter_map(PastRun::report).collect();
    let accepted = accepted.iter().map(|report| report.id.as_str());
    let mut levels = Levels::new(context.profile.targets.table_loss, accepted);
    for run in runs {
        let inside = run.started >= start;
        match (run.operation.known(), &run.failure) {
            (Some(Operation::Backup), None) => {
                let Some(report) = run.report::<BackupReport>() else { continue };
                // Chosen tables say nothing about the size of the database.
                if !report.archive.complete.unwrap_or(false) {
                    continue;
                }
                // The profile may have protected another database once.
                let is_own = report.archive.engine == engine && report.archive.database == database;
                let (id, created) = (&report.archive.id, report.archive.created);
                match find(id).filter(|_| is_own) {
                    Some(id) => levels.next(&id, created, &report.tables),
                    None if is_own => levels.next_gone(id, created, &report.tables),
                    None => {}
                }
                let anomaly = anomaly(&seen, &report);
                if seen.len() == WINDOW {
                    seen.remove(0);
                }
                seen.push(Seen { size: report.archive.size_bytes as f64, tables: report.tables });
                if inside {
                    count(run.started, true);
                    backups.push(BackupPoint {
                        run: run.id,
                        at: run.started,
                        archive: report.archive.id,
                        duration_ms: report.duration_ms,
                        size_bytes: report.archive.size_bytes,
                        rows: report.archive.rows.unwrap_or_default(),
                        anomaly,
                    });
                }
            }
            (Some(Operation::Backup), Some(failure)) if inside && failure.code != ErrorCode::Cancelled => {
                count(run.started, false);
                failures.push(FailurePoint {
                    run: run.id,
                    at: run.started,
                    code: failure.code.as_str().to_owned(),
                    message: failure.message.clone(),
                });
            }
            (Some(Operation::Restore), None) if inside => {
                let Some(report) = run.report() else { continue };
                if is_whole(context, &report).await? {
                    restores.push(restore_point(&run, &report));
                }
            }
            _ => {}
        }
    }
    Ok((History { profile, from: start, to, days, backups, failures, restores }, levels.losses()))
}

/// Whether a restore has given back everything, and so proves that a recovery works.
///
/// # Errors
/// `catalog_failed`.
pub(crate) async fn is_whole(context: &Context, report: &RestoreReport) -> Result<bool> {
    // Known without a look at the catalog, of which the first page would need one for each restore there was.
    if report.of_tables.is_some() && !report.whole {
        return Ok(false);
    }
    let made = context.catalog.backup_of(&context.profile.name, &report.archive).await?;
    let made = made.and_then(|run| run.report::<BackupReport>());
    // The profile may have protected another database once: that its backup was restored proves nothing of this one.
    let source = context.source().ok();
    let is_other = made.as_ref().zip(source.as_ref()).is_some_and(|(made, source)| {
        made.archive.database.as_ref().is_some_and(|database| *database != source.database())
    });
    if is_other {
        return Ok(false);
    }
    match (&report.mode, report.of_tables) {
        (_, Some(_)) => Ok(report.whole),
        // Of earlier versions, which noted it nowhere.
        (RestoreMode::Swap { .. }, None) => Ok(true),
        (RestoreMode::Create { .. } | RestoreMode::Fill { .. }, None) => Ok(made.is_some_and(|made| {
            made.archive.complete == Some(true) && made.tables.len() == report.proofs.len()
        })),
        (RestoreMode::Replace { .. } | RestoreMode::SideSchema { .. }, None) => Ok(false),
    }
}

/// A restore as it is shown. What others let it wait for says nothing about how long it takes.
pub(crate) fn restore_point(run: &PastRun, report: &RestoreReport) -> RestorePoint {
    let waited = report.phases.iter().filter(|phase| phase.name == LOCKING).map(|phase| phase.duration_ms);
    RestorePoint {
        run: run.id,
        at: run.started,
        duration_ms: report.duration_ms.saturating_sub(waited.sum()),
        tables: report.proofs.len() as u32,
        of_tables: report.of_tables,
    }
}

impl PastRun {
    /// The report of a run that succeeded; `None` for one that another version wrote differently.
    pub(crate) fn report<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(self.report.as_deref()?).ok()
    }
}

/// A backup that came before.
struct Seen {
    size: f64,
    tables: Vec<TableSummary>,
}

/// What is unusual about the size of a backup, given those before it, oldest first.
fn anomaly(before: &[Seen], report: &BackupReport) -> Option<String> {
    let recent = &before[before.len().saturating_sub(WINDOW)..];
    let last = recent.last().filter(|_| recent.len() >= LEAST)?;
    let sizes: Vec<f64> = recent.iter().map(|seen| seen.size).collect();
    let usual = median(sizes.clone());
    let spread = median(sizes.iter().map(|size| (size - usual).abs()).collect());
    let size = report.archive.size_bytes as f64;
    let limit = (spread * DEVIATIONS).max(usual * AT_LEAST);
    // Only where the size changes, and not for all that follow on the new level.
    if (size - usual).abs() <= limit || (size - last.size).abs() <= limit / 2.0 {
        return None;
    }
    let share = ((size / usual - 1.0) * 100.0).round();
    let what = if share < 0.0 { "smaller" } else { "larger" };
    let cause = cause(&last.tables, &report.tables).map_or(String::new(), |cause| format!(": {cause}"));
    Some(format!("{:.0} % {what} than usual{cause}", share.abs()))
}

/// The table whose bytes changed most, in words.
fn cause(before: &[TableSummary], now: &[TableSummary]) -> Option<String> {
    let find = |tables: &[TableSummary], name: &str| {
        tables.iter().find(|t| t.name == name).map(|t| (t.rows, t.bytes))
    };
    let names = before.iter().chain(now).map(|t| t.name.as_str());
    let change = |name: &str| {
        let bytes = |tables| find(tables, name).map_or(0, |(_, bytes)| bytes);
        bytes(before).abs_diff(bytes(now))
    };
    let name = names.max_by_key(|name| change(name)).filter(|name| change(name) > 0)?;
    Some(match (find(before, name), find(now, name)) {
        (Some(_), None) => format!("{name} is gone"),
        (None, _) => format!("{name} is new"),
        (Some((old, _)), Some((new, _))) if new < old => {
            format!("{name} lost {:.0} % of its rows", (1.0 - new as f64 / old as f64) * 100.0)
        }
        (Some((0, _)), Some((new, _))) => format!("{name} was empty and has {}", amount::count(new, "row")),
        (Some((old, _)), Some((new, _))) if new > old => {
            format!("{name} has {:.0} % more rows", (new as f64 / old as f64 - 1.0) * 100.0)
        }
        _ => format!("the rows of {name} have another size"),
    })
}

/// The middle value; of an even number, the mean of the two in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values[..] {
        [] => 0.0,
        _ if values.len() % 2 == 1 => values[half],
        _ => f64::midpoint(values[half - 1], values[half]),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use aitta_model::{ArchiveState, ArchiveSummary};
    use proptest::prelude::*;

    use super::*;

    fn report(size: u64, tables: &[(&str, u64)]) -> BackupReport {
        let table = |(name, rows): &(&str, u64)| TableSummary {
            name: (*name).to_owned(),
            rows: *rows,
            bytes: rows * 100,
            stored_bytes: rows * 10,
            digest: String::new(),
            columns: Vec::new(),
        };
        BackupReport {
            archive: ArchiveSummary {
                id: String::new(),
                created: Timestamp::UNIX_EPOCH,
                state: ArchiveState::Stored,
                kind: None,
                reason: None,
                engine: None,
                database: None,
                complete: Some(true),
                tables: None,
                rows: None,
                size_bytes: size,
                duration_ms: None,
                checksum: None,
            },
            location: String::new(),
            tables: tables.iter().map(table).collect(),
            source_bytes: 0,
            frames_checked: 0,
            sampled: false,
            duration_ms: 0,
            phases: Vec::new(),
            notes: Vec::new(),
            copies: Vec::new(),
        }
    }

    /// What is said of each of these sizes in turn.
    fn said(sizes: impl IntoIterator<Item = (u64, Vec<(&'static str, u64)>)>) -> Vec<Option<String>> {
        let mut seen = Vec::new();
        let judge = |(size, tables): (u64, Vec<(&str, u64)>)| {
            let report = report(size, &tables);
            let anomaly = anomaly(&seen, &report);
            seen.push(Seen { size: size as f64, tables: report.tables });
            anomaly
        };
        sizes.into_iter().map(judge).collect()
    }

    #[test]
    fn a_lost_table_is_told_in_words_once() {
        let day = |n: u64, bookings: u64| (1000 + 10 * n, vec![("Booking", bookings), ("User", 500)]);
        let mut days: Vec<_> = (0..20).map(|n| day(n, 1000 + n)).collect();
        days.push((640, vec![("Booking", 398), ("User", 500)]));
        days.push((645, vec![("Booking", 399), ("User", 500)]));
        days.push((1210, vec![("Booking", 1020), ("User", 500)]));
        let said = said(days);
        assert_eq!(said[..20], vec![None; 20]);
        assert_eq!(said[20].as_deref(), Some("42 % smaller than usual: Booking lost 61 % of its rows"));
        assert_eq!(said[21], None, "it is the new level");
        assert_eq!(said[22], None, "it is the old level again");
    }

    #[test]
    fn a_table_that_is_gone_or_new_is_named() {
        let mut days: Vec<_> = (0..10).map(|_| (1000, vec![("Booking", 10), ("User", 10)])).collect();
        days.push((400, vec![("User", 10)]));
        assert_eq!(said(days.clone())[10].as_deref(), Some("60 % smaller than usual: Booking is gone"));
        days[10] = (3000, vec![("Booking", 10), ("Log", 900), ("User", 10)]);
        assert_eq!(said(days)[10].as_deref(), Some("200 % larger than usual: Log is new"));
    }

    proptest! {
        #[test]
        fn steady_growth_is_not_unusual(start in 1_000u64..1_000_000_000, permille in 0u64..5, days in 1usize..100) {
            let mut size = start;
            let sizes = (0..days).map(|_| { size += size * permille / 1000; (size, Vec::new()) });
            prop_assert!(said(sizes).iter().all(Option::is_none));
        }
    }

    #[tokio::test]
    async fn runs_are_counted_by_day_and_by_outcome() {
        let scratch = crate::scratch::Scratch::new(tokio_util::sync::CancellationToken::new()).await.unwrap();
        let context = &scratch.context;
        crate::backup::create(context, aitta_model::BackupRequest::default(), &crate::Silent).await.unwrap();
        let partial = aitta_model::BackupRequest {
            tables: vec!["User".to_owned()],
            ..aitta_model::BackupRequest::default()
        };
        crate::backup::create(context, partial, &crate::Silent).await.unwrap();
        let unknown = aitta_model::BackupRequest {
            tables: vec!["Usr".to_owned()],
            ..aitta_model::BackupRequest::default()
        };
        crate::backup::create(context, unknown, &crate::Silent).await.unwrap_err();
        let now = context.clock.now();
        let history = history(context, now - (48).hours(), now).await.unwrap();
        assert_eq!(history.days.len(), 3);
        // Over all days: midnight may have come in between.
        let all = history.days.iter().fold((0, 0), |all, day| (all.0 + day.succeeded, all.1 + day.failed));
        assert_eq!(all, (1, 1), "that of chosen tables is not one of the database");
        assert_eq!(history.failures[0].code, "table_unknown");
        assert!(history.backups[0].size_bytes > 0 && history.backups[0].rows > 0);
        let error = super::history(context, now, now - 48.hours()).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::ConfigInvalid);
    }
}

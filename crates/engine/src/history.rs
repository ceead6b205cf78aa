//! What happened in a span of time: the data behind charts and reviews.

use std::collections::{BTreeMap, BTreeSet};

use aitta_base::amount;
use aitta_model::{
    BackupPoint, BackupReport, DayOutcomes, ErrorCode, FailurePoint, History, PhaseTiming, RestoreMode,
    RestorePoint, TableChange, TableSummary, Unusual,
};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::catalog::{Made, PastRestore, PastRun, TableRows, ToldRestore, moment};
use crate::context::Own;
use crate::{Context, Error, Result};

mod losses;
mod past_losses;

use losses::Levels;
pub(crate) use losses::Losses;
pub(crate) use past_losses::past_losses;

/// Days of which every backup is compared with the one before; of earlier days, the last one of each is.
const ALL_DAYS: i64 = 90;

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
    let first = from.to_zoned(TimeZone::UTC).date();
    let last = to.to_zoned(TimeZone::UTC).date();
    if first > last {
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            format!("the span from {from} to {to} ends before it begins"),
            "give the earlier time first",
        ));
    }
    let (catalog, profile) = (&context.catalog, context.profile.name.clone());
    let start = first.to_zoned(TimeZone::UTC).map_or(from, |midnight| midnight.timestamp());
    // What was usual before the span counts as well.
    let before = start.checked_sub((24 * 60).hours()).unwrap_or(start);

    let days = first.series(1.day()).take_while(|day| *day <= last);
    let mut days: Vec<DayOutcomes> = days.map(|day| DayOutcomes { day, succeeded: 0, failed: 0 }).collect();
    let mut count = |at: Timestamp, ok: bool| {
        let day = at.to_zoned(TimeZone::UTC).date();
        if let Ok(i) = days.binary_search_by(|d| d.day.cmp(&day)) {
            *if ok { &mut days[i].succeeded } else { &mut days[i].failed } += 1;
        }
    };
    catalog.note_backups(&profile).await?;
    let (mut backups, mut unusual, mut unreadable) = (Vec::new(), Vec::new(), 0);
    let mut seen: Vec<Seen> = Vec::new();
    for Made { run, started, archive, told } in catalog.backups(&profile, before, to).await? {
        let inside = started >= start;
        let Some(told) = told else {
            unreadable += u64::from(inside);
            continue;
        };
        // Chosen tables say nothing about the size of the database.
        if !told.complete {
            continue;
        }
        let judged = seen.len() >= LEAST;
        let found = anomaly(&seen, told.size_bytes);
        let last = seen.last().map(|seen| seen.run);
        if seen.len() == WINDOW {
            seen.remove(0);
        }
        seen.push(Seen { run, size: told.size_bytes as f64 });
        if inside {
            count(started, true);
            unusual.extend(found.zip(last).map(|(what, last)| (backups.len(), what, last)));
            backups.push(BackupPoint {
                run,
                at: started,
                archive,
                duration_ms: told.duration_ms,
                size_bytes: told.size_bytes,
                rows: told.rows,
                judged,
                anomaly: None,
                unusual: None,
            });
        }
    }
    for (i, what, last) in unusual {
        let (before, now) = (tables(context, last).await?, tables(context, backups[i].run).await?);
        let unusual = Unusual { percent: what, cause: cause(&before, &now) };
        backups[i].anomaly = Some(in_words(&unusual));
        backups[i].unusual = Some(unusual);
    }
    let mut failures = Vec::new();
    for PastRun { id, started, failure } in catalog.failed_backups(&profile, start, to).await? {
        count(started, false);
        let Some(failure) = failure else { continue };
        failures.push(FailurePoint {
            run: id,
            at: started,
            code: failure.code.as_str().to_owned(),
            message: failure.message,
        });
    }
    let (mut restores, own) = (Vec::new(), context.own().ok().flatten());
    for restore in catalog.past_restores(&profile, start, to).await? {
        match &restore.told {
            None => unreadable += 1,
            Some(told) if is_whole(context, own.as_ref(), told).await? => {
                restores.push(restore_point(&restore, told));
            }
            Some(_) => {}
        }
    }
    Ok(History { profile, from: start, to, days, backups, failures, restores, unreadable })
}

/// The tables of a backup, as its report has them.
pub(crate) async fn tables(context: &Context, run: i64) -> Result<Vec<TableSummary>> {
    let run = context.catalog.run(&context.profile.name, run).await?;
    let report = run.and_then(|run| serde_json::from_str::<BackupReport>(run.report.as_deref()?).ok());
    Ok(report.map_or(Vec::new(), |report| report.tables))
}

/// What the newest backup of the database has lost, as far as that is known.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Compared {
    /// What is lost.
    pub(crate) losses: Option<Losses>,
    /// Backups that are there and of whose tables nothing is known.
    pub(crate) unknown: u64,
    /// The moments of those that were compared.
    pub(crate) known: BTreeSet<String>,
}

/// Compares the backups of the database with one another. `present` has those that are there and whole: their ids, by
/// their moments.
///
/// # Errors
/// `catalog_failed`.
pub(crate) async fn compare(
    context: &Context,
    now: Timestamp,
    present: &BTreeMap<String, String>,
) -> Result<Compared> {
    let (profile, catalog) = (&context.profile, &context.catalog);
    let Some(own) = context.own().ok().flatten() else { return Ok(Compared::default()) };
    catalog.note_backups(&profile.name).await?;
    let accepted = catalog.accepted_losses(&profile.name).await?;
    let accepted: Vec<&str> = accepted.iter().map(String::as_str).collect();
    let moments: Vec<&str> = accepted.iter().map(|id| moment(id)).collect();
    let mut levels = Levels::new(profile.targets.table_loss, &profile.table_loss_ignore, accepted);
    let mut known = BTreeSet::new();
    let from = now.checked_sub((24 * ALL_DAYS).hours()).unwrap_or(now);
    let next = |TableRows { archive, started, named, tables }: TableRows| {
        // The profile may have protected another database once.
        if !own.is(&named) {
            return;
        }
        match present.get_key_value(moment(&archive)) {
            Some((moment, id)) => {
                known.insert(moment.clone());
                levels.next(id, started, &tables);
            }
            None => levels.next_gone(&archive, started, &tables),
        }
    };
    catalog.table_rows(&profile.name, from, &moments, next).await?;
    let unknown = (present.len() - known.len()) as u64;
    Ok(Compared { unknown, losses: levels.losses(), known })
}

/// Whether a restore has given back everything of the profile's database, and so proves that a recovery works.
///
/// # Errors
/// `catalog_failed`.
pub(crate) async fn is_whole(context: &Context, own: Option<&Own>, told: &ToldRestore) -> Result<bool> {
    // Known without a look at the catalog, of which the first page would need one for each restore there was.
    if told.of_tables.is_some() && !told.whole {
        return Ok(false);
    }
    let made = context.catalog.backup_of(&context.profile.name, &told.archive).await?;
    // The profile may have protected another database once: that its backup was restored proves nothing of this one.
    let is_other = made.as_ref().zip(own).is_some_and(|(made, own)| !own.is(&made.named));
    if is_other {
        return Ok(false);
    }
    match (&told.mode, told.of_tables) {
        (_, Some(_)) => Ok(told.whole),
        // Of earlier versions, which noted it nowhere.
        (RestoreMode::Swap { .. }, None) => Ok(true),
        (RestoreMode::Create { .. } | RestoreMode::Fill { .. }, None) => {
            Ok(made.is_some_and(|made| made.complete && made.tables == told.tables() as u64))
        }
        (RestoreMode::Replace { .. } | RestoreMode::SideSchema { .. }, None) => Ok(false),
    }
}

/// A restore as it is shown. What others let it wait for says nothing about how long it takes.
pub(crate) fn restore_point(run: &PastRestore, told: &ToldRestore) -> RestorePoint {
    let waited =
        told.phases.iter().filter(|phase| phase.name == PhaseTiming::LOCKING).map(|phase| phase.duration_ms);
    RestorePoint {
        run: run.id,
        at: run.started,
        duration_ms: told.duration_ms.saturating_sub(waited.sum()),
        tables: told.tables() as u32,
        of_tables: told.of_tables,
    }
}

/// A backup that came before.
struct Seen {
    run: i64,
    size: f64,
}

/// How much larger a backup is than usual, in percent, given those before it, oldest first. Nothing where that is not
/// unusual.
fn anomaly(before: &[Seen], size_bytes: u64) -> Option<i64> {
    let recent = &before[before.len().saturating_sub(WINDOW)..];
    let last = recent.last().filter(|_| recent.len() >= LEAST)?;
    let sizes: Vec<f64> = recent.iter().map(|seen| seen.size).collect();
    let usual = median(sizes.clone());
    let spread = median(sizes.iter().map(|size| (size - usual).abs()).collect());
    let size = size_bytes as f64;
    let limit = (spread * DEVIATIONS).max(usual * AT_LEAST);
    // Only where the size changes, and not for all that follow on the new level.
    if (size - usual).abs() <= limit || (size - last.size).abs() <= limit / 2.0 {
        return None;
    }
    Some(((size / usual - 1.0) * 100.0).round() as i64)
}

/// For the command line.
fn in_words(unusual: &Unusual) -> String {
    let Unusual { percent, cause } = unusual;
    let what = if *percent < 0 { "smaller" } else { "larger" };
    let cause = match cause {
        None | Some(TableChange::Other) => String::new(),
        Some(TableChange::Gone { table }) => format!(": {table} is gone"),
        Some(TableChange::New { table }) => format!(": {table} is new"),
        Some(TableChange::Lost { table, percent }) => format!(": {table} lost {percent} % of its rows"),
        Some(TableChange::Filled { table, rows }) => {
            format!(": {table} was empty and has {}", amount::count(*rows, "row"))
        }
        Some(TableChange::Grown { table, percent }) => format!(": {table} has {percent} % more rows"),
        Some(TableChange::OtherRows { table }) => format!(": the rows of {table} have another size"),
    };
    format!("{} % {what} than usual{cause}", percent.unsigned_abs())
}

/// The table whose bytes changed most.
fn cause(before: &[TableSummary], now: &[TableSummary]) -> Option<TableChange> {
    let find = |tables: &[TableSummary], name: &str| {
        tables.iter().find(|t| t.name == name).map(|t| (t.rows, t.bytes))
    };
    let names = before.iter().chain(now).map(|t| t.name.as_str());
    let change = |name: &str| {
        let bytes = |tables| find(tables, name).map_or(0, |(_, bytes)| bytes);
        bytes(before).abs_diff(bytes(now))
    };
    let name = names.max_by_key(|name| change(name)).filter(|name| change(name) > 0)?;
    let table = name.to_owned();
    let percent = |share: f64| (share * 100.0).round_ties_even() as u64;
    Some(match (find(before, name), find(now, name)) {
        (Some(_), None) => TableChange::Gone { table },
        (None, _) => TableChange::New { table },
        (Some((old, _)), Some((new, _))) if new < old => {
            TableChange::Lost { table, percent: percent(1.0 - new as f64 / old as f64) }
        }
        (Some((0, _)), Some((rows, _))) => TableChange::Filled { table, rows },
        (Some((old, _)), Some((new, _))) if new > old => {
            TableChange::Grown { table, percent: percent(new as f64 / old as f64 - 1.0) }
        }
        _ => TableChange::OtherRows { table },
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

    use proptest::prelude::*;

    use super::*;

    /// What is said of each of these sizes in turn.
    fn said(sizes: impl IntoIterator<Item = (u64, Vec<(&'static str, u64)>)>) -> Vec<Option<String>> {
        let table = |(name, rows): &(&str, u64)| TableSummary {
            name: (*name).to_owned(),
            rows: *rows,
            bytes: rows * 100,
            stored_bytes: rows * 10,
            digest: String::new(),
            columns: Vec::new(),
        };
        let (mut seen, mut before) = (Vec::new(), Vec::new());
        let judge = |(size, tables): (u64, Vec<(&str, u64)>)| {
            let tables: Vec<TableSummary> = tables.iter().map(table).collect();
            let cause = cause(&before, &tables);
            let told = anomaly(&seen, size).map(|percent| in_words(&Unusual { percent, cause }));
            seen.push(Seen { run: 0, size: size as f64 });
            before = tables;
            told
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

    /// What others let a restore wait for says nothing of how long a recovery takes.
    #[test]
    fn waiting_for_a_lock_is_no_recovery_time() {
        let phases = [("opening", 100), ("locking", 22_000), ("restoring", 3_900)];
        let phases = phases.map(|(name, ms)| serde_json::json!({ "name": name, "duration_ms": ms }));
        let told: ToldRestore = serde_json::from_value(serde_json::json!({
            "archive": "backup-1-a", "mode": "replace", "target": "db1:5432/shop", "proofs": [],
            "duration_ms": 26_000, "phases": phases,
        }))
        .unwrap();
        let run = PastRestore { id: 1, started: Timestamp::UNIX_EPOCH, told: None };
        assert_eq!(restore_point(&run, &told).duration_ms, 4_000);
    }
}

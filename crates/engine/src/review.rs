//! What a month came to: figures beside those of the month before, and what people did.

use std::collections::HashMap;

use aitta_model::{Date, ErrorCode, MonthFigures, Review, TableGrowth, TableSummary};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::trail::{Deeds, deeds};
use crate::{Context, Error, Result, archives, custody, history, overview};

/// Losses that are told one by one. The owner of the database can make any number of them.
const LOSSES: usize = 50;

/// The month in which `day` lies, beside the one before; without a day the last month that is over, or the first of which
/// anything is known.
///
/// # Errors
/// `catalog_failed`, `audit_failed`; `config_invalid` for a month that has not begun.
pub async fn review(context: &Context, day: Option<Date>) -> Result<Review> {
    let (now, name) = (context.clock.now(), &context.profile.name);
    let since = context.catalog.known_since(name).await?.map(|at| at.to_zoned(TimeZone::UTC).date());
    let first = match day {
        Some(day) => day.first_of_month(),
        None => last_over(now.to_zoned(TimeZone::UTC).date(), since)?,
    };
    if midnight(first)? > now {
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            format!("{} has not begun yet", first.strftime("%B %Y")),
            "choose an earlier month",
        ));
    }
    let before = first.checked_sub(1.month()).map_err(out_of_range)?;
    let (month, tables) = figures(context, first, now).await?;
    let (before, tables_before) = figures(context, before, now).await?;
    let (from, to) = (month.history.from, month.history.to);
    let failures = context.catalog.failed_runs(name, from, to).await?;
    let Deeds { deeds, refused_codes, intact, unsigned, drilled } = deeds(context, from, to).await?;
    let mut losses = history::past_losses(context, from, to).await?;
    let more_losses = losses.len().saturating_sub(LOSSES) as u64;
    losses.truncate(LOSSES);
    let storage = match archives::present(context, None).await {
        Ok(list) => {
            Some(overview::storage_use(context, &list.archives, &overview::recent(context, now).await?).await)
        }
        Err(error) => {
            tracing::warn!(%error, "the room of the store is not known");
            None
        }
    };
    Ok(Review {
        profile: overview::profile(context),
        targets: context.profile.targets,
        now,
        since,
        failures,
        deeds,
        refused_codes,
        trail_intact: intact,
        unsigned_entries: unsigned,
        losses,
        more_losses,
        storage,
        proven: overview::restores(context).await?.0.map(|restore| restore.at),
        drilled,
        tables: growth(&tables_before, &tables),
        key: custody::active_status(context).await?,
        month,
        before,
    })
}

/// The last month that is over, unless everything began after it.
fn last_over(today: Date, since: Option<Date>) -> Result<Date> {
    let over = today.first_of_month().yesterday().map_err(out_of_range)?.first_of_month();
    let began = since.unwrap_or(today).min(today).first_of_month();
    Ok(over.max(began))
}

async fn figures(
    context: &Context,
    first: Date,
    now: Timestamp,
) -> Result<(MonthFigures, Vec<TableSummary>)> {
    let next = first.checked_add(1.month()).map_err(out_of_range)?;
    // The last moment of the month, or now.
    let to = (midnight(next)? - 1.millisecond()).min(now);
    let history = history::history(context, midnight(first)?, to).await?;
    let durations = history.backups.iter().map(|b| b.duration_ms as f64).collect::<Vec<_>>();
    let tables = match history.backups.last() {
        Some(last) => history::tables(context, last.run).await?,
        None => Vec::new(),
    };
    let figures = MonthFigures {
        first,
        median_duration_ms: (!durations.is_empty())
            .then(|| history::median(durations).round_ties_even() as u64),
        size_bytes: history.backups.last().map(|b| b.size_bytes),
        longest_restore_ms: history.restores.iter().map(|r| r.duration_ms).max(),
        history,
    };
    Ok((figures, tables))
}

/// The largest change first; tables that didn't change are left out.
fn growth(before: &[TableSummary], now: &[TableSummary]) -> Vec<TableGrowth> {
    let sizes = |tables: &[TableSummary]| -> HashMap<String, (u64, u64)> {
        tables.iter().map(|table| (table.name.clone(), (table.rows, table.stored_bytes))).collect()
    };
    let (sizes_before, sizes_now) = (sizes(before), sizes(now));
    let mut names: Vec<&str> = before.iter().chain(now).map(|t| t.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let mut tables: Vec<TableGrowth> = names
        .into_iter()
        .map(|name| {
            let (then, now) = (sizes_before.get(name), sizes_now.get(name));
            TableGrowth {
                name: name.to_owned(),
                rows_before: then.map(|(rows, _)| *rows),
                rows: now.map(|(rows, _)| *rows),
                bytes_before: then.map(|(_, bytes)| *bytes),
                bytes: now.map(|(_, bytes)| *bytes),
            }
        })
        .filter(|t| (t.rows_before, t.bytes_before) != (t.rows, t.bytes))
        .collect();
    tables.sort_by_key(|t| {
        std::cmp::Reverse(t.bytes.unwrap_or_default().abs_diff(t.bytes_before.unwrap_or_default()))
    });
    tables
}

fn midnight(day: Date) -> Result<Timestamp> {
    day.to_zoned(TimeZone::UTC).map(|midnight| midnight.timestamp()).map_err(out_of_range)
}

fn out_of_range(error: jiff::Error) -> Error {
    Error::new(ErrorCode::ConfigInvalid, format!("this month can't be used: {error}"), "choose another month")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use jiff::civil::date;

    use super::last_over;

    #[test]
    fn without_a_choice_the_last_month_that_is_over_is_reviewed() {
        for (today, since, chosen) in [
            (date(2026, 11, 1), Some(date(2026, 3, 9)), date(2026, 10, 1)),
            (date(2026, 1, 31), Some(date(2025, 12, 31)), date(2025, 12, 1)),
            (date(2026, 11, 28), Some(date(2026, 11, 2)), date(2026, 11, 1)),
            (date(2026, 11, 28), None, date(2026, 11, 1)),
            // A clock that was set back.
            (date(2026, 11, 28), Some(date(2027, 2, 2)), date(2026, 11, 1)),
        ] {
            assert_eq!(last_over(today, since).unwrap(), chosen, "{today}, {since:?}");
        }
    }
}

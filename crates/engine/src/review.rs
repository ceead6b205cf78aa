//! What a month came to: figures beside those of the month before, and what people did.

use aitta_model::{Date, ErrorCode, MonthFigures, Review, TableGrowth, TableSummary};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::trail::{Deeds, deeds};
use crate::{Context, Error, Result, archives, custody, history, overview};

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
    let Deeds { deeds, refused_codes, intact, drilled } = deeds(context, from, to).await?;
    let storage = match archives::list(context, None).await {
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
        losses: history::past_losses(context, from, to).await?,
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
    let of = |tables: &[TableSummary], name: &str| {
        tables.iter().find(|t| t.name == name).map(|t| (t.rows, t.stored_bytes))
    };
    let mut names: Vec<&str> = before.iter().chain(now).map(|t| t.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let mut tables: Vec<TableGrowth> = names
        .into_iter()
        .map(|name| {
            let (then, now) = (of(before, name), of(now, name));
            TableGrowth {
                name: name.to_owned(),
                rows_before: then.map(|(rows, _)| rows),
                rows: now.map(|(rows, _)| rows),
                bytes_before: then.map(|(_, bytes)| bytes),
                bytes: now.map(|(_, bytes)| bytes),
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
    fn without_a_choice_the_last_month_is_reviewed_of_which_anything_is_known() {
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

//! What the admin has to do, most pressing first, and how long the storage will do.

use aitta_model::{PROOF_DAYS, Review, StorageUse, TREND_DAYS, Timestamp};
use jiff::ToSpan;
use jiff::tz::TimeZone;
use leptos::prelude::*;

use super::figures;
use crate::format;
use crate::plain::named;
use crate::preferences::texts;
use crate::texts::Texts;

/// Losses that are named one by one.
const LOSSES: usize = 3;

/// Days ahead that are looked at.
const AHEAD_DAYS: u32 = 31;

#[component]
pub(super) fn Due(review: Review) -> impl IntoView {
    let t = texts();
    let r = &t.review;
    let dues = dues(t, &review);
    let storage = match &review.storage {
        None => r.storage_unknown.to_owned(),
        Some(storage) => self::storage(t, storage, &review).join(" "),
    };
    view! {
        <section class="card due">
            <header class="row"><h2>{r.due}</h2></header>
            {if dues.is_empty() {
                view! { <p class="pad muted">{r.nothing_due}</p> }.into_any()
            } else {
                view! { <ul>{dues.into_iter().map(|due| view! { <li>{due}</li> }.into_any()).collect_view()}</ul> }.into_any()
            }}
            <header class="row"><h2>{r.storage}</h2></header>
            <p class="pad muted">{storage}</p>
        </section>
    }
}

fn dues(t: &Texts, review: &Review) -> Vec<String> {
    let r = &t.review;
    let (now, targets) = (review.now, &review.targets);
    let day = |at: Timestamp| format::day(t, at, now, format::offset(at));
    let mut dues = Vec::new();
    let missing: Vec<_> = review.losses.iter().filter(|loss| !loss.meant && loss.back.is_none()).collect();
    let told = missing.iter().take(LOSSES);
    dues.extend(told.map(|loss| (r.due_loss)(&named(&loss.loss.name), &day(loss.found))));
    let more = missing.len().saturating_sub(LOSSES);
    dues.extend((more > 0).then(|| (r.more_due)(more)));
    let (ok, all) = figures::backups(&review.month);
    if all > 0 && ok as f64 / all as f64 <= targets.success_rate {
        dues.push(r.due_growth.to_owned());
    }
    if let Some(share) =
        review.storage.as_ref().and_then(share).filter(|share| *share >= targets.storage_alert)
    {
        dues.push((r.due_storage)(&format::percent(share), &format::percent(targets.storage_alert)));
    }
    if let Some((day, what)) = figures::odd(t, review) {
        dues.push((r.due_odd)(&day, &what));
    }
    if let Some(ms) = review.month.longest_restore_ms.filter(|ms| *ms > targets.rto_s * 1000) {
        dues.push((r.due_slow)(&format::duration_ms(ms)));
    }
    dues.push(match review.proven {
        None => r.due_never_proven.to_owned(),
        Some(at) if format::days_after(at, PROOF_DAYS) < now => (r.due_proof_past)(&day(at)),
        Some(at) => (r.due_proof)(&day(format::days_after(at, PROOF_DAYS))),
    });
    if let Some(end) = quarter_end(now).filter(|end| *end < format::days_after(now, AHEAD_DAYS))
        && review.drilled.is_none_or(|at| quarter_end(at) != Some(end))
    {
        dues.push((r.due_drill)(&day(end)));
    }
    let key = review.key.as_ref();
    let due = key.and_then(|key| {
        key.due.or_else(|| key.since.map(|since| format::days_after(since, targets.key_days)))
    });
    if let Some(due) = due.filter(|due| *due < format::days_after(now, AHEAD_DAYS)) {
        let words = if due < now { r.due_key_past } else { r.due_key };
        dues.push(words(&day(due)));
    }
    dues
}

/// Noon of the last day of the quarter, UTC.
fn quarter_end(at: Timestamp) -> Option<Timestamp> {
    let day = at.to_zoned(TimeZone::UTC).date();
    let months = (3 - (day.month() - 1) % 3) - 1;
    let last = day.first_of_month().checked_add(months.months()).ok()?.last_of_month();
    last.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).ok().map(|noon| noon.timestamp())
}

/// Whether the first run is too near for a trend.
fn is_young(review: &Review) -> bool {
    let first = review.since.and_then(|day| day.to_zoned(TimeZone::UTC).ok());
    first.is_none_or(|first| format::days_after(first.timestamp(), TREND_DAYS) > review.now)
}

/// The share of the store's room that is in use, from 0 to 1.
fn share(storage: &StorageUse) -> Option<f64> {
    let total = storage.total_bytes.filter(|total| *total > 0)?;
    storage.used_bytes.map(|used| used as f64 / total as f64)
}

/// Sentences.
fn storage(t: &Texts, storage: &StorageUse, review: &Review) -> Vec<String> {
    let r = &t.review;
    let mut said = vec![(r.storage_archives)(storage.archives, &format::bytes(storage.archives_bytes))];
    let (Some(share), Some(used), Some(total)) = (share(storage), storage.used_bytes, storage.total_bytes)
    else {
        return said;
    };
    said.push((r.storage_used)(&format::bytes(used), &format::bytes(total)));
    let alert = format::percent(review.targets.storage_alert);
    match storage.alert_at {
        // It is among what is due.
        _ if share >= review.targets.storage_alert => {}
        Some(at) => {
            let day = format::day(t, at, review.now, format::offset(at));
            said.push((r.storage_full)(&alert, &day));
        }
        None if is_young(review) => said.push(r.storage_early.to_owned()),
        None => {}
    }
    said
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_quarter_ends_with_its_last_day() {
        for (at, end) in [
            ("2026-01-01T00:00:00Z", "2026-03-31T12:00:00Z"),
            ("2026-11-30T23:59:59Z", "2026-12-31T12:00:00Z"),
            ("2026-06-30T23:00:00Z", "2026-06-30T12:00:00Z"),
            ("2028-02-29T08:00:00Z", "2028-03-31T12:00:00Z"),
        ] {
            assert_eq!(quarter_end(at.parse().unwrap()), Some(end.parse().unwrap()), "{at}");
        }
    }
}

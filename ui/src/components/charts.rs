//! The four charts of a history.

use std::sync::Arc;

use aitta_charts::{durations, median, restore_times, sizes, success_rate};
use aitta_model::{History, Targets, Timestamp};
use leptos::prelude::*;

use super::chart::{ChartCard, PointText};
use crate::address;
use crate::format;
use crate::preferences::texts;
use crate::texts::Texts;

/// The four of one history.
#[component]
pub(crate) fn Four(history: History, targets: Targets, now: Timestamp) -> impl IntoView {
    let t = texts();
    let d = &t.dashboard;
    let (baseline, target) = (targets.baseline_s as f64, targets.rto_s as f64);
    let words = d.words;
    // Each chart draws again when its width or the theme changes.
    let history = Arc::new(history);
    let [days, backups, sizes_of, restores] = [(); 4].map(|()| history.clone());
    view! {
        <div class="charts">
            <ChartCard
                title=d.chart_success
                summary=success_summary(t, &history)
                name="success"
                draw=Arc::new(move |size, theme| success_rate(&days, size, theme, &words))
                points=success_points(t, &history)
                csv=success_csv(&history)
            />
            <ChartCard
                title=d.chart_duration
                summary=duration_summary(t, &history)
                name="duration"
                draw=Arc::new(move |size, theme| durations(&backups, baseline, size, theme, &words))
                points=backup_points(t, &history, now)
                csv=backup_csv(&history)
            />
            <ChartCard
                title=d.chart_size
                summary=growth_summary(t, &history)
                name="size"
                draw=Arc::new(move |size, theme| sizes(&sizes_of, size, theme, &words))
                points=backup_points(t, &history, now)
                csv=backup_csv(&history)
            />
            <ChartCard
                title=d.chart_recovery
                summary=restore_summary(t, &history)
                name="recovery"
                draw=Arc::new(move |size, theme| restore_times(&restores, target, size, theme, &words))
                points=restore_points(t, &history, now)
                csv=restore_csv(&history)
            />
        </div>
    }
}

fn success_summary(t: &Texts, history: &History) -> String {
    let failed: u64 = history.days.iter().map(|day| u64::from(day.failed)).sum();
    let ok: u64 = history.days.iter().map(|day| u64::from(day.succeeded)).sum();
    match ok + failed {
        0 => t.dashboard.nothing_yet.to_owned(),
        all => (t.dashboard.sum_success)(&format::percent(ok as f64 / all as f64), failed, all),
    }
}

fn duration_summary(t: &Texts, history: &History) -> String {
    match &history.backups[..] {
        [] => t.dashboard.nothing_yet.to_owned(),
        backups => {
            let middle = median_ms(backups.iter().map(|b| b.duration_ms));
            (t.dashboard.sum_median)(&format::duration_ms(middle))
        }
    }
}

/// The median that the plot of the same card draws, with the same rounding.
fn median_ms(durations_ms: impl Iterator<Item = u64>) -> u64 {
    median(durations_ms.map(|ms| ms as f64).collect()).round_ties_even() as u64
}

/// Days that a trend is told from. Two backups of one afternoon would make any number of bytes a month.
const TREND_DAYS: f64 = 7.0;

/// Growth from the first to the last archive, for 30 days.
fn growth_summary(t: &Texts, history: &History) -> String {
    let (Some(first), Some(last)) = (history.backups.first(), history.backups.last()) else {
        return t.dashboard.nothing_yet.to_owned();
    };
    let days = last.at.duration_since(first.at).as_secs_f64() / 86_400.0;
    if days < TREND_DAYS {
        return t.dashboard.sum_too_early.to_owned();
    }
    let month = (last.size_bytes as f64 - first.size_bytes as f64) / days * 30.0;
    let amount = format::bytes(month.abs() as u64);
    match month {
        ..=-1000.0 => (t.dashboard.sum_growth)(&format!("−{amount}")),
        1000.0.. => (t.dashboard.sum_growth)(&format!("+{amount}")),
        _ => t.dashboard.sum_steady.to_owned(),
    }
}

fn restore_summary(t: &Texts, history: &History) -> String {
    match history.restores.len() {
        0 => t.dashboard.nothing_yet.to_owned(),
        n => (t.dashboard.sum_restores)(n as u64),
    }
}

fn success_points(t: &Texts, history: &History) -> Vec<PointText> {
    let run_of = |day: jiff::civil::Date| {
        let on_day = |at: &Timestamp| at.to_zoned(jiff::tz::TimeZone::UTC).date() == day;
        let failed = history.failures.iter().find(|f| on_day(&f.at)).map(|f| f.run);
        failed.or_else(|| history.backups.iter().find(|b| on_day(&b.at)).map(|b| b.run))
    };
    let point = |day: &aitta_model::DayOutcomes| {
        let mut lines = vec![(t.dashboard.succeeded_n)(u64::from(day.succeeded))];
        if day.failed > 0 {
            lines.push((t.dashboard.failed_n)(u64::from(day.failed)));
        }
        PointText {
            title: format!("{} UTC", (t.common.day)(day.day.day(), day.day.month(), Some(day.day.year()))),
            lines,
            href: run_of(day.day).map(address::run),
        }
    };
    history.days.iter().map(point).collect()
}

fn backup_points(t: &Texts, history: &History, now: Timestamp) -> Vec<PointText> {
    let point = |backup: &aitta_model::BackupPoint| {
        let mut lines = vec![
            format!("{} · {}", format::duration_ms(backup.duration_ms), format::bytes(backup.size_bytes)),
            (t.common.rows)(backup.rows),
        ];
        lines.extend(backup.anomaly.clone());
        PointText {
            title: format::time(t, backup.at, now, format::offset(backup.at)),
            lines,
            href: Some(address::run(backup.run)),
        }
    };
    history.backups.iter().map(point).collect()
}

fn restore_points(t: &Texts, history: &History, now: Timestamp) -> Vec<PointText> {
    let point = |restore: &aitta_model::RestorePoint| PointText {
        title: format::time(t, restore.at, now, format::offset(restore.at)),
        lines: vec![format::duration_ms(restore.duration_ms), (t.common.tables)(u64::from(restore.tables))],
        href: Some(address::run(restore.run)),
    };
    history.restores.iter().map(point).collect()
}

fn success_csv(history: &History) -> String {
    let rows = history.days.iter().map(|d| format!("{},{},{}\r\n", d.day, d.succeeded, d.failed));
    format!("day,succeeded,failed\r\n{}", rows.collect::<String>())
}

fn backup_csv(history: &History) -> String {
    let rows = history.backups.iter().map(|b| {
        let anomaly = b.anomaly.as_deref().unwrap_or_default().replace('"', "\"\"");
        format!("{},{},{},{},{},\"{anomaly}\"\r\n", b.at, b.archive, b.duration_ms, b.size_bytes, b.rows)
    });
    format!("started,archive,duration_ms,size_bytes,rows,anomaly\r\n{}", rows.collect::<String>())
}

fn restore_csv(history: &History) -> String {
    let rows = history.restores.iter().map(|r| format!("{},{},{}\r\n", r.at, r.duration_ms, r.tables));
    format!("started,duration_ms,tables\r\n{}", rows.collect::<String>())
}

#[cfg(test)]
mod tests {
    use aitta_model::BackupPoint;

    use super::*;
    use crate::texts::{EN, FI};

    fn history(backups: &[(&str, u64, u64)]) -> History {
        let point = |(at, duration_ms, size_bytes): &(&str, u64, u64)| BackupPoint {
            at: at.parse().expect("a time"),
            run: 1,
            archive: "backup-1-a".to_owned(),
            duration_ms: *duration_ms,
            size_bytes: *size_bytes,
            rows: 1,
            anomaly: None,
        };
        let backups: Vec<_> = backups.iter().map(point).collect();
        History {
            profile: "shop".to_owned(),
            from: Timestamp::UNIX_EPOCH,
            to: Timestamp::UNIX_EPOCH,
            days: Vec::new(),
            backups,
            restores: Vec::new(),
            unreadable: 0,
            failures: Vec::new(),
        }
    }

    #[test]
    fn one_card_names_two_medians_no_longer() {
        let two = history(&[("2026-11-01T00:00:00Z", 1800, 1), ("2026-11-02T00:00:00Z", 3200, 1)]);
        assert_eq!(duration_summary(&EN, &two), "median 2.5\u{a0}s");
        assert_eq!(median_ms([96, 97].into_iter()), 96, "rounded as the plot rounds it");
    }

    #[test]
    fn fifteen_minutes_make_no_growth_per_month() {
        let quarter =
            history(&[("2026-11-28T19:31:00Z", 1, 20_000_000), ("2026-11-28T19:46:00Z", 1, 16_000_000)]);
        assert_eq!(growth_summary(&EN, &quarter), "too early to tell");
        assert_eq!(growth_summary(&FI, &quarter), "liian aikaista sanoa");
        let week =
            history(&[("2026-11-01T00:00:00Z", 1, 20_000_000), ("2026-11-08T00:00:00Z", 1, 27_000_000)]);
        assert_eq!(growth_summary(&EN, &week), "+30\u{a0}MB per month");
    }
}

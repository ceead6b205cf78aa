//! The four charts of a history.

use std::sync::Arc;

use aitta_charts::{durations, restore_times, sizes, success_rate};
use aitta_model::{History, Targets, Timestamp};
use leptos::prelude::*;

use super::chart::{ChartCard, PointText};
use crate::address;
use crate::format;
use crate::order;
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
    let all = order::sorted(history.backups.iter().map(|b| b.duration_ms).collect(), u64::cmp);
    match all.get(all.len() / 2) {
        Some(median) => (t.dashboard.sum_median)(&format::duration_ms(*median)),
        None => t.dashboard.nothing_yet.to_owned(),
    }
}

/// Growth from the first to the last archive, for 30 days.
fn growth_summary(t: &Texts, history: &History) -> String {
    let ([first, .., last], true) = (&history.backups[..], true) else {
        return t.dashboard.nothing_yet.to_owned();
    };
    let days = (last.at.duration_since(first.at).as_secs_f64() / 86_400.0).max(1.0);
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
            title: format!("{} {} UTC", (t.common.day)(day.day.day(), day.day.month()), day.day.year()),
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

//! The four charts of a history.

use std::sync::Arc;

use aitta_charts::{FEW, day_outcomes, durations, median, restore_times, sizes};
use aitta_model::{History, Targets, Timestamp};
use leptos::prelude::*;
use leptos_router::components::A;

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
    let crosshair = RwSignal::new(None);
    let is_few = history.backups.len() < FEW;
    let ran = history.days.iter().any(|day| day.succeeded > 0 || day.failed > 0);
    // Each chart draws again when its width or the theme changes.
    let history = Arc::new(in_words(t, history));
    let [days, backups, sizes_of, restores] = [(); 4].map(|()| history.clone());
    let none = |title| figure(title, "–".to_owned(), vec![d.nothing_yet.to_owned()], None);
    let success = if ran {
        view! {
            <ChartCard
                title=d.chart_success
                summary=success_summary(t, &history)
                name="success"
                draw=Arc::new(move |size, theme| day_outcomes(&days, size, theme, &words))
                points=success_points(t, &history)
                crosshair
                csv=success_csv(&history)
            />
        }
        .into_any()
    } else {
        none(d.chart_success)
    };
    let duration = if is_few {
        few(t, d.chart_duration, &history, |b| b.duration_ms, format::duration_ms)
    } else {
        view! {
            <ChartCard
                title=d.chart_duration
                summary=duration_summary(t, &history)
                name="duration"
                draw=Arc::new(move |size, theme| durations(&backups, baseline, size, theme, &words))
                points=backup_points(t, &history, now)
                crosshair
                csv=backup_csv(&history)
            />
        }
        .into_any()
    };
    let size = if is_few {
        few(t, d.chart_size, &history, |b| b.size_bytes, format::bytes)
    } else {
        view! {
            <ChartCard
                title=d.chart_size
                summary=growth_summary(t, &history)
                name="size"
                draw=Arc::new(move |size, theme| sizes(&sizes_of, size, theme, &words))
                points=backup_points(t, &history, now)
                crosshair
                csv=backup_csv(&history)
            />
        }
        .into_any()
    };
    let proven = !history.restores.is_empty();
    let recovery = if proven {
        view! {
            <ChartCard
                title=d.chart_recovery
                summary=restore_summary(t, &history)
                name="recovery"
                draw=Arc::new(move |size, theme| restore_times(&restores, target, size, theme, &words))
                points=restore_points(t, &history, now)
                crosshair
                csv=restore_csv(&history)
            />
        }
        .into_any()
    } else {
        let target = (d.target_rto_only)(&format::span_s(t, targets.rto_s));
        figure(d.chart_recovery, d.never.to_owned(), vec![d.key_not_tested.to_owned(), target], None)
    };
    let cards = [(ran, success), (!is_few, duration), (!is_few, size), (proven, recovery)];
    // One figure fits among the charts; more of them have a row of their own, which is lower.
    let (drawn, small): (Vec<_>, Vec<_>) = cards.into_iter().partition(|(drawn, _)| *drawn || !is_few);
    let row = |class, cards: Vec<(bool, AnyView)>| {
        let shown = !cards.is_empty();
        let cards = cards.into_iter().map(|(_, card)| card).collect_view();
        shown.then(|| view! { <div class=class>{cards}</div> }.into_any())
    };
    view! { {row("charts", drawn)} {row("charts small-ones", small)} }
}

/// With what is unusual in the words of the page.
fn in_words(t: &Texts, mut history: History) -> History {
    for backup in &mut history.backups {
        backup.anomaly = odd(t, backup);
    }
    history
}

/// What is unusual about the size of a backup.
pub(crate) fn odd(t: &Texts, backup: &aitta_model::BackupPoint) -> Option<String> {
    backup.unusual.as_ref().map(t.findings.unusual).or_else(|| backup.anomaly.clone())
}

/// A figure in place of a chart that would show little or nothing.
fn figure(title: &'static str, value: String, lines: Vec<String>, run: Option<i64>) -> AnyView {
    let value = match run {
        Some(run) => view! { <A href=address::run(run)>{value}</A> }.into_any(),
        None => value.into_any(),
    };
    let lines = lines.into_iter().map(|line| view! { <span>{line}</span> }.into_any()).collect_view();
    view! {
        <section class="card chart figure">
            <header><h2>{title}</h2></header>
            <p class="v">{value}</p>
            <p class="xs muted">{lines}</p>
        </section>
    }
    .into_any()
}

/// The newest of few backups, how many there are, and how far they are apart.
fn few(
    t: &Texts,
    title: &'static str,
    history: &History,
    of: fn(&aitta_model::BackupPoint) -> u64,
    words: fn(u64) -> String,
) -> AnyView {
    let (value, lines, run) = few_words(t, history, of, words);
    figure(title, value, lines, run)
}

/// The figure of [`few`], its lines, and its run.
fn few_words(
    t: &Texts,
    history: &History,
    of: fn(&aitta_model::BackupPoint) -> u64,
    words: fn(u64) -> String,
) -> (String, Vec<String>, Option<i64>) {
    let Some(newest) = history.backups.last() else {
        return ("–".to_owned(), vec![t.dashboard.nothing_yet.to_owned()], None);
    };
    let values = || history.backups.iter().map(of);
    let (least, most) = (values().min().map(words), values().max().map(words));
    let mut lines = vec![(t.dashboard.newest_of)(history.backups.len() as u64)];
    // Those that read alike are not apart.
    if let (Some(least), Some(most)) = (least, most)
        && least != most
    {
        lines.push((t.dashboard.spread)(&least, &most));
    }
    (words(of(newest)), lines, Some(newest.run))
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
const LEAST_DAYS: f64 = aitta_model::TREND_DAYS as f64;

/// Growth from the first to the last archive, for 30 days.
fn growth_summary(t: &Texts, history: &History) -> String {
    let (Some(first), Some(last)) = (history.backups.first(), history.backups.last()) else {
        return t.dashboard.nothing_yet.to_owned();
    };
    let days = last.at.duration_since(first.at).as_secs_f64() / 86_400.0;
    if days < LEAST_DAYS {
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
        let noon = day.day.at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC);
        PointText {
            at: noon.map_or(Timestamp::UNIX_EPOCH, |noon| noon.timestamp()),
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
            at: backup.at,
            title: format::time(t, backup.at, now, format::offset(backup.at)),
            lines,
            href: Some(address::run(backup.run)),
        }
    };
    history.backups.iter().map(point).collect()
}

fn restore_points(t: &Texts, history: &History, now: Timestamp) -> Vec<PointText> {
    let point = |restore: &aitta_model::RestorePoint| PointText {
        at: restore.at,
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
            judged: true,
            anomaly: None,
            unusual: None,
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
    fn the_median_of_a_card_is_that_of_its_durations() {
        let two = history(&[("2026-11-01T00:00:00Z", 1800, 1), ("2026-11-02T00:00:00Z", 3200, 1)]);
        assert_eq!(duration_summary(&EN, &two), "median 2.5\u{a0}s");
        assert_eq!(median_ms([96, 97].into_iter()), 96, "rounded as the plot rounds it");
    }

    #[test]
    fn few_backups_are_a_figure_with_what_they_span() {
        let told = |backups: &[(&str, u64, u64)]| {
            let (value, lines, run) =
                few_words(&EN, &history(backups), |b| b.duration_ms, format::duration_ms);
            (value.replace('\u{a0}', " "), lines.join(" · ").replace('\u{a0}', " "), run)
        };
        assert_eq!(told(&[]), ("–".to_owned(), "no data yet".to_owned(), None));
        let one = ("2026-11-01T00:00:00Z", 1800, 1);
        assert_eq!(told(&[one]), ("1.8 s".to_owned(), "1 backup so far".to_owned(), Some(1)));
        let two = ("2026-11-02T00:00:00Z", 3200, 1);
        assert_eq!(told(&[two, one]).1, "newest of 2 backups · 1.8 s to 3.2 s");
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

    /// Durations whose middle lies between two roundings: it is rounded once, and both say the same.
    #[test]
    fn a_card_names_one_median_in_its_head_and_in_its_plot() {
        let size = aitta_charts::Size { width: 570, height: 190 };
        // A head has its tenths also where they are none.
        let plain = |words: &str| words.replace('\u{a0}', " ").replace(".0 ", " ");
        let edges = [(96, 97), (97, 98), (999, 1000), (2749, 2750), (9949, 9950), (59_499, 59_500)];
        for (one, other) in edges.into_iter().chain((100..300).map(|ms| (ms, ms + 1))) {
            let two = history(&[("2026-11-01T00:00:00Z", one, 1), ("2026-11-02T00:00:00Z", other, 1)]);
            let svg = durations(&two, 300.0, size, &aitta_charts::Theme::LIGHT, &EN.dashboard.words).svg;
            let plot = svg.lines().find(|line| line.starts_with("median ")).unwrap_or_default();
            assert_eq!(plain(&duration_summary(&EN, &two)), plain(plot), "of {one} ms and {other} ms");
        }
    }
}

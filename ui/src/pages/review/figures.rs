//! The metrics of a month beside those of the month before, each with its verdict.

use aitta_model::{BackupPoint, Date, MonthFigures, Review, Timestamp};
use jiff::tz::TimeZone;

use crate::components::badge::Tone;
use crate::components::charts;
use crate::format;
use crate::plain::tenths;
use crate::texts::Texts;

/// A schedule doesn't strike to the second: so many thousandths more than the target are no gap.
const SLACK: u64 = 100;

/// One metric.
pub(super) struct Figure {
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) target: String,
    pub(super) before: String,
    pub(super) change: String,
    pub(super) tone: Tone,
    pub(super) verdict: &'static str,
}

/// Backups of a month that succeeded, and all.
pub(super) fn backups(month: &MonthFigures) -> (u64, u64) {
    let ok: u64 = month.history.days.iter().map(|d| u64::from(d.succeeded)).sum();
    let failed: u64 = month.history.days.iter().map(|d| u64::from(d.failed)).sum();
    (ok, ok + failed)
}

fn rate(month: &MonthFigures) -> Option<f64> {
    let (ok, all) = backups(month);
    (all > 0).then(|| ok as f64 / all as f64)
}

/// The longest time without a new backup, in milliseconds: between two, to the first, and from the last to the end. Before
/// anything had begun there was nothing to be backed up. Nothing in a month without a backup.
fn longest_gap_ms(month: &MonthFigures, before: Option<Timestamp>, end: Timestamp) -> Option<u64> {
    let made: Vec<Timestamp> = month.history.backups.iter().map(|backup| backup.at).collect();
    let first = *made.first()?;
    let from = std::iter::once(before.unwrap_or(first)).chain(made.iter().copied());
    let gaps = from.zip(made.iter().copied().chain([end])).map(|(a, b)| b.duration_since(a).as_millis());
    gaps.max().map(|ms| ms.max(0).unsigned_abs() as u64)
}

/// When a month was over, or now.
fn end(month: &MonthFigures, now: Timestamp) -> Timestamp {
    let next = month.first.last_of_month().tomorrow().and_then(|day| day.to_zoned(TimeZone::UTC));
    next.map_or(now, |next| next.timestamp().min(now))
}

/// The day since which anything is known, where that lies within the month.
pub(super) fn begun_within(review: &Review) -> Option<Date> {
    review.since.filter(|since| since.first_of_month() == review.month.first && *since > review.month.first)
}

pub(super) fn figures(t: &Texts, review: &Review) -> [Figure; 5] {
    let (r, d) = (&t.review, &t.dashboard);
    let (month, before, targets) = (&review.month, &review.before, &review.targets);
    let none = || "–".to_owned();
    let verdict = |fine: Option<bool>, missing: &'static str| match fine {
        Some(true) => (Tone::Ok, d.in_target),
        Some(false) => (Tone::Bad, d.over_target),
        None => (Tone::Warn, missing),
    };
    let percent = |share: Option<f64>| share.map_or_else(none, format::percent);
    let duration = |ms: Option<u64>| ms.map_or_else(none, format::duration_ms);
    let bytes = |n: Option<u64>| n.map_or_else(none, format::bytes);

    let success = rate(month).map(|rate| rate > targets.success_rate);
    let (success_tone, _) = verdict(success, d.none_yet);
    let success_verdict = match success {
        Some(true) => d.in_target,
        Some(false) => d.below_target,
        None => d.none_yet,
    };
    let last_before = before.history.backups.last().map(|backup| backup.at);
    let gap = longest_gap_ms(month, last_before, end(month, review.now));
    let gap_before = longest_gap_ms(before, None, end(before, review.now));
    let (gap_tone, gap_verdict) = verdict(gap.map(|ms| ms <= targets.rpo_s * (1000 + SLACK)), d.none_yet);
    let (median_tone, median_verdict) =
        verdict(month.median_duration_ms.map(|ms| ms <= targets.baseline_s * 1000), d.none_yet);
    let (restore_tone, restore_verdict) =
        verdict(month.longest_restore_ms.map(|ms| ms <= targets.rto_s * 1000), r.not_proven);
    let (size_tone, size_verdict) = sizes(t, &month.history.backups);
    [
        Figure {
            name: r.success,
            value: percent(rate(month)),
            target: (r.more_than)(&format::percent(targets.success_rate)),
            before: percent(rate(before)),
            change: points(t, rate(before), rate(month)),
            tone: success_tone,
            verdict: success_verdict,
        },
        Figure {
            name: r.gap,
            value: duration(gap),
            target: (r.at_most)(&format::duration_ms(targets.rpo_s * 1000)),
            before: duration(gap_before),
            change: change(t, gap_before, gap),
            tone: gap_tone,
            verdict: gap_verdict,
        },
        Figure {
            name: r.median,
            value: duration(month.median_duration_ms),
            target: (r.at_most)(&format::duration_ms(targets.baseline_s * 1000)),
            before: duration(before.median_duration_ms),
            change: change(t, before.median_duration_ms, month.median_duration_ms),
            tone: median_tone,
            verdict: median_verdict,
        },
        Figure {
            name: r.size,
            value: bytes(month.size_bytes),
            target: r.no_target.to_owned(),
            before: bytes(before.size_bytes),
            change: change(t, before.size_bytes, month.size_bytes),
            tone: size_tone,
            verdict: size_verdict,
        },
        Figure {
            name: r.recovery,
            value: duration(month.longest_restore_ms),
            target: (r.at_most)(&format::duration_ms(targets.rto_s * 1000)),
            before: duration(before.longest_restore_ms),
            change: change(t, before.longest_restore_ms, month.longest_restore_ms),
            tone: restore_tone,
            verdict: restore_verdict,
        },
    ]
}

/// Whether the sizes of the month are as usual, as far as that can be told.
fn sizes(t: &Texts, of: &[BackupPoint]) -> (Tone, &'static str) {
    if of.is_empty() {
        (Tone::Warn, t.dashboard.none_yet)
    } else if of.iter().any(|backup| backup.anomaly.is_some()) {
        (Tone::Info, t.common.look)
    } else if of.iter().any(|backup| backup.judged) {
        (Tone::Info, t.common.as_usual)
    } else {
        (Tone::Info, t.dashboard.sum_too_early)
    }
}

/// The last backup of the month that was unlike the others, and how.
pub(super) fn odd(t: &Texts, review: &Review) -> Option<(String, String)> {
    let found = review.month.history.backups.iter().rev().find(|backup| backup.anomaly.is_some())?;
    let day = format::day(t, found.at, review.now, format::offset(found.at));
    charts::odd(t, found).map(|what| (day, what))
}

/// `+8 %`
pub(super) fn change(t: &Texts, before: Option<u64>, now: Option<u64>) -> String {
    let (Some(before), Some(now)) = (before.filter(|n| *n > 0), now) else { return "–".to_owned() };
    signed(t, (now as f64 / before as f64 - 1.0) * 100.0, "%")
}

/// Two shares differ by points of percent.
fn points(t: &Texts, before: Option<f64>, now: Option<f64>) -> String {
    let (Some(before), Some(now)) = (before, now) else { return "–".to_owned() };
    signed(t, (now - before) * 100.0, t.common.points)
}

fn signed(t: &Texts, value: f64, unit: &str) -> String {
    let shown = if value.abs() < 10.0 { tenths(value.abs()) } else { format!("{:.0}", value.abs()) };
    match shown.as_str() {
        "0.0" | "0,0" => t.review.same.to_owned(),
        _ if value < 0.0 => format!("−{shown}\u{a0}{unit}"),
        _ => format!("+{shown}\u{a0}{unit}"),
    }
}

#[cfg(test)]
mod tests {
    use aitta_model::History;

    use super::*;
    use crate::texts::EN;

    #[test]
    fn changes_are_told_with_their_sign() {
        for (before, now, told) in [
            (Some(100), Some(108), "+8.0\u{a0}%"),
            (Some(200), Some(100), "−50\u{a0}%"),
            (Some(100), Some(100), "same"),
            (None, Some(1), "–"),
            (Some(0), Some(1), "–"),
        ] {
            assert_eq!(change(&EN, before, now), told);
        }
        assert_eq!(points(&EN, Some(0.998), Some(0.992)), "−0.6\u{a0}points");
    }

    fn point(at: &str, judged: bool, anomaly: Option<&str>) -> BackupPoint {
        BackupPoint {
            run: 1,
            at: at.parse().expect("a time"),
            archive: String::new(),
            duration_ms: 1,
            size_bytes: 1,
            rows: 1,
            judged,
            anomaly: anomaly.map(str::to_owned),
            unusual: None,
        }
    }

    #[test]
    fn days_without_a_backup_are_a_gap() {
        let (from, to) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        let month = |at: &[&str]| MonthFigures {
            first: Date::constant(2026, 11, 1),
            history: History {
                profile: String::new(),
                from,
                to,
                days: Vec::new(),
                backups: at.iter().map(|at| point(at, false, None)).collect(),
                failures: Vec::new(),
                restores: Vec::new(),
                unreadable: 0,
            },
            median_duration_ms: None,
            size_bytes: None,
            longest_restore_ms: None,
        };
        let time = |text: &str| text.parse::<Timestamp>().expect("a time");
        let hours = |gap: Option<u64>| gap.map(|ms| ms / 3_600_000);
        let over = end(&month(&[]), time("2026-12-24T00:00:00Z"));
        assert_eq!(over, time("2026-12-01T00:00:00Z"));
        let daily = month(&["2026-11-29T20:00:00Z", "2026-11-30T20:00:00Z"]);
        assert_eq!(hours(longest_gap_ms(&daily, None, over)), Some(24));
        let before = Some(time("2026-11-27T20:00:00Z"));
        assert_eq!(hours(longest_gap_ms(&daily, before, over)), Some(48), "from the month before");
        let early = month(&["2026-11-29T20:00:00Z"]);
        assert_eq!(hours(longest_gap_ms(&early, None, over)), Some(28), "to the end");
        assert_eq!(longest_gap_ms(&month(&[]), before, over), None);
    }

    #[test]
    fn sizes_are_called_normal_only_where_they_were_judged() {
        let point = |judged, anomaly| point("2026-11-01T00:00:00Z", judged, anomaly);
        let said = |backups: &[BackupPoint]| sizes(&EN, backups).1;
        assert_eq!(said(&[]), EN.dashboard.none_yet);
        assert_eq!(said(&[point(false, None)]), EN.dashboard.sum_too_early);
        assert_eq!(said(&[point(false, None), point(true, None)]), EN.common.as_usual);
        assert_eq!(said(&[point(true, Some("36 % smaller")), point(true, None)]), EN.common.look);
    }
}

//! The four metrics of a month beside those of the month before, each with its verdict.

use aitta_model::{MonthFigures, Review};

use crate::components::badge::Tone;
use crate::components::charts;
use crate::format;
use crate::plain::tenths;
use crate::texts::Texts;

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

pub(super) fn figures(t: &Texts, review: &Review) -> [Figure; 4] {
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
    let (median_tone, median_verdict) =
        verdict(month.median_duration_ms.map(|ms| ms <= targets.baseline_s * 1000), d.none_yet);
    let (restore_tone, restore_verdict) =
        verdict(month.longest_restore_ms.map(|ms| ms <= targets.rto_s * 1000), r.not_proven);
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
            tone: Tone::Info,
            verdict: if month.history.backups.iter().any(|b| b.anomaly.is_some()) {
                t.common.look
            } else {
                t.common.as_usual
            },
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
}

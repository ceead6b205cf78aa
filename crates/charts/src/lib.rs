//! The history of backups as SVG.
//!
//! Pure functions: data, a size and a theme in, the text of an SVG out. The same picture serves the
//! window and printed reports. Colour is never the only signal: what is wrong is also marked by a shape
//! or by words.

mod days;
mod frame;
mod recovery;
mod theme;
mod words;

use aitta_model::History;
use jiff::Timestamp;
use plotters::prelude::*;

pub use crate::days::day_outcomes;
use crate::frame::{Frame, Unit, draw};
pub use crate::recovery::restore_times;
pub use crate::theme::{Size, Theme};
pub use crate::words::Words;

/// A picture, and where in it the data lies: what a pointer is over follows from that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// The text of the SVG.
    pub svg: String,
    /// One point for each element of the data, in its order, in pixels from the upper left corner.
    pub points: Vec<(i32, i32)>,
    /// Whether time runs to the right, so that points of one moment are below each other in all such pictures of a
    /// history.
    pub timed: bool,
}

/// Fewer points say more as a figure than as a curve.
pub const FEW: usize = 7;

/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// How long backups took, with the baseline and the median as dashed lines.
#[must_use]
pub fn durations(history: &History, baseline_s: f64, size: Size, theme: &Theme, words: &Words) -> Chart {
    let points: Vec<(f64, f64)> =
        history.backups.iter().map(|b| (seconds(b.at), b.duration_ms as f64 / 1000.0)).collect();
    let Some(span) = span(history, &points) else { return nothing(words.no_backups, size, theme) };
    // Of whole milliseconds: half of one is no binary fraction of a second, and would be rounded by chance.
    let middle = median(history.backups.iter().map(|b| b.duration_ms as f64).collect()).round_ties_even();
    let middle = middle / 1000.0;
    let highest = points.iter().map(|(_, y)| *y).fold(0.0, f64::max);
    draw(size, theme, |area| {
        // A baseline far above would press the curve flat; then only the words name it.
        let shown = baseline_s <= highest * 8.0;
        let top = if shown { highest.max(baseline_s) } else { highest };
        let mut frame = Frame::new(area, size, theme, words, span, top, Unit::Duration)?;
        // Their words keep clear of the curve and of each other's line.
        let levels = [middle, baseline_s].map(|value| [(span.0, value), (span.1, value)]);
        let shown_levels = if shown { &levels[..] } else { &levels[..1] };
        let told = [
            ((words.median)(&words.figure(duration(middle))), theme.muted),
            ((words.baseline)(&words.figure(duration(baseline_s))), theme.attention),
        ];
        for (i, (level, (told, colour))) in shown_levels.iter().zip(&told).enumerate() {
            let others = shown_levels.iter().enumerate().filter(|(other, _)| *other != i);
            let mut curves: Vec<&[(f64, f64)]> = others.map(|(_, level)| &level[..]).collect();
            curves.push(&points);
            frame.level(level[0].1, told, &curves, *colour)?;
        }
        frame.chart.draw_series(LineSeries::new(points.iter().copied(), theme.good.stroke_width(2)))?;
        frame.dots(&points, theme.good)?;
        Ok(points.iter().map(|p| frame.place(*p)).collect())
    })
}

/// Sizes of archives; one that is unusual is circled, and the words say why.
#[must_use]
pub fn sizes(history: &History, size: Size, theme: &Theme, words: &Words) -> Chart {
    let points: Vec<(f64, f64)> =
        history.backups.iter().map(|b| (seconds(b.at), b.size_bytes as f64)).collect();
    let Some(span) = span(history, &points) else { return nothing(words.no_backups, size, theme) };
    let highest = points.iter().map(|(_, y)| *y).fold(0.0, f64::max);
    draw(size, theme, |area| {
        let mut frame = Frame::new(area, size, theme, words, span, highest, Unit::Bytes)?;
        let area = AreaSeries::new(points.iter().copied(), 0.0, theme.good.mix(0.15));
        frame.chart.draw_series(area.border_style(theme.good.stroke_width(2)))?;
        frame.dots(&points, theme.good)?;
        for (backup, point) in history.backups.iter().zip(&points) {
            if let Some(words) = &backup.anomaly {
                frame.note(*point, words)?;
            }
        }
        Ok(points.iter().map(|p| frame.place(*p)).collect())
    })
}

/// An empty picture that says so.
fn nothing(told: &str, size: Size, theme: &Theme) -> Chart {
    draw(size, theme, |area| {
        let style = frame::font(16).color(&theme.muted).pos(frame::CENTRE);
        let at = (i32::try_from(size.width / 2).unwrap_or(0), i32::try_from(size.height / 2).unwrap_or(0));
        area.draw(&Text::new(told.to_owned(), at, style))?;
        Ok(Vec::new())
    })
}

fn seconds(at: Timestamp) -> f64 {
    at.as_second() as f64
}

fn midnight(day: jiff::civil::Date) -> f64 {
    day.to_zoned(jiff::tz::TimeZone::UTC).map_or(0.0, |start| seconds(start.timestamp()))
}

/// From midnight to midnight around the history, so that all charts of one have the same days below each other;
/// `None` without points.
fn span(history: &History, points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let (first, last) = (points.first()?.0, points.last()?.0);
    let from = (seconds(history.from).min(first) / DAY).floor() * DAY;
    let to = (seconds(history.to).max(last) / DAY).floor() * DAY + DAY;
    Some((from, to))
}

/// The middle value; of an even number, the mean of the two in the middle; 0 of none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values[..] {
        [] => 0.0,
        _ if values.len() % 2 == 1 => values[half],
        _ => f64::midpoint(values[half - 1], values[half]),
    }
}

/// `850 ms`, `12 s`, `2 min 41 s`, `1 h 5 min`
///
/// Of whole milliseconds, as the page rounds them: the figure beside a chart is that in it.
fn duration(seconds: f64) -> String {
    let ms = (seconds * 1000.0).round_ties_even() as u64;
    let whole = ms.saturating_add(500) / 1000;
    match whole {
        _ if ms < 1000 => format!("{ms} ms"),
        _ if ms < 9950 => format!("{} s", format!("{:.1}", ms as f64 / 1000.0).trim_end_matches(".0")),
        0..60 => format!("{whole} s"),
        60..3600 if whole.is_multiple_of(60) => format!("{} min", whole / 60),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ if whole % 3600 / 60 == 0 => format!("{} h", whole / 3600),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

/// `640 B`, `1.3 GB`: powers of 1000, as disks are sold.
fn bytes(bytes: f64) -> String {
    const UNITS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
    let mut value = bytes;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let shown =
        if value < 10.0 && value.fract() >= 0.05 { format!("{value:.1}") } else { format!("{value:.0}") };
    format!("{shown} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_as_people_tell_them() {
        let durations: Vec<String> =
            [0.25, 1.0, 1.26, 59.6, 60.0, 161.0, 3600.0, 3900.0].map(duration).into();
        assert_eq!(durations, ["250 ms", "1 s", "1.3 s", "1 min", "1 min", "2 min 41 s", "1 h", "1 h 5 min"]);
        let sizes: Vec<String> = [0.0, 999.0, 1300.0, 438e6, 1.0e9].map(bytes).into();
        assert_eq!(sizes, ["0 B", "999 B", "1.3 kB", "438 MB", "1 GB"]);
    }

    #[test]
    fn the_median_is_the_middle() {
        assert!(median(vec![]).abs() < f64::EPSILON);
        assert!((median(vec![3.0, 1.0, 9.0]) - 3.0).abs() < f64::EPSILON);
        assert!((median(vec![4.0, 1.0, 9.0, 2.0]) - 3.0).abs() < f64::EPSILON);
    }
}

//! What all charts share: axes, levels, marks and notes.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use plotters::backend::SVGBackend;
use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::{Chart, FEW, Size, Theme, Words, bytes, duration};

/// Names of the system's own font, in the order in which browsers look for them.
const FAMILY: &str = "system-ui, 'Segoe UI', Cantarell, 'Noto Sans', sans-serif";

/// Plotters takes the height of a line; letters of 11 pixels have this one.
pub(crate) const SMALL: i32 = 14;

pub(crate) const CENTRE: Pos = Pos { h_pos: HPos::Center, v_pos: VPos::Center };

pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(crate) type Drawn<T = ()> = Result<T, DrawingAreaErrorKind<std::io::Error>>;

/// Draws into a text. `draw` returns where the points lie.
pub(crate) fn draw(
    size: Size,
    theme: &Theme,
    draw: impl FnOnce(&Area<'_>) -> Drawn<Vec<(i32, i32)>>,
) -> Chart {
    let mut svg = String::new();
    let points = {
        let area = SVGBackend::with_string(&mut svg, (size.width, size.height)).into_drawing_area();
        let drawn = area.fill(&theme.surface).and_then(|()| draw(&area));
        let drawn = drawn.and_then(|points| area.present().map(|()| points));
        debug_assert!(drawn.is_ok(), "a text takes everything: {drawn:?}");
        drawn.unwrap_or_default()
    };
    Chart { svg, points, timed: true }
}

/// For the one figure that counts.
pub(crate) fn strong(size: i32) -> TextStyle<'static> {
    (FAMILY, size).into_font().style(FontStyle::Bold).into()
}

pub(crate) fn font(size: i32) -> TextStyle<'static> {
    (FAMILY, size).into_font().into()
}

/// What the values of an axis are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Unit {
    Duration,
    Bytes,
}

impl Unit {
    pub(crate) fn label(self, value: f64) -> String {
        match self {
            Self::Duration if value == 0.0 => "0".to_owned(),
            Self::Duration => duration(value),
            Self::Bytes => bytes(value),
        }
    }

    /// Distance of the lines of a grid that ends at `top` and has at most `lines` of them.
    pub(crate) fn step(self, top: f64, lines: f64) -> f64 {
        const MINUTES: [f64; 16] = [
            0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0,
        ];
        let least = top / lines;
        if let (Self::Duration, Some(step)) = (self, MINUTES.iter().find(|step| **step >= least)) {
            return *step;
        }
        let power = 10f64.powf(least.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|n| n * power).into_iter().find(|step| *step >= least);
        step.unwrap_or(least)
    }
}

/// A chart with its grid: time to the right, values up from zero.
pub(crate) struct Frame<'a, 'b> {
    pub(crate) chart: ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>,
    theme: Theme,
    size: Size,
    span: (f64, f64),
    top: f64,
}

impl<'a, 'b> Frame<'a, 'b> {
    /// `span` in seconds since 1970, UTC.
    pub(crate) fn new(
        area: &'a Area<'b>,
        size: Size,
        theme: &Theme,
        words: &Words,
        span: (f64, f64),
        highest: f64,
        unit: Unit,
    ) -> Drawn<Self> {
        let narrow = size.width < 420;
        let lines = if narrow || size.height < 160 { 3.0 } else { 4.0 };
        let highest = if highest > 0.0 { highest } else { 1.0 };
        let step = unit.step(highest, lines);
        // The highest value and what is written above it stay inside.
        let top = (highest * 1.08).max((highest / step).ceil() * step * 1.02);
        let mut chart = ChartBuilder::on(area)
            .margin_top(14)
            .margin_right(16)
            .margin_bottom(4)
            .set_label_area_size(LabelAreaPosition::Left, if narrow { 52 } else { 64 })
            .set_label_area_size(LabelAreaPosition::Bottom, 22)
            .build_cartesian_2d(span.0..span.1, 0.0..top)?;
        let frame = chart.plotting_area().clone();
        let (left, bottom) = (frame.get_x_axis_pixel_range().start, frame.get_y_axis_pixel_range().end);
        let right = frame.get_x_axis_pixel_range().end;
        let mut value = 0.0;
        while value <= top {
            let grid = PathElement::new([(span.0, value), (span.1, value)], theme.grid.stroke_width(1));
            chart.draw_series([grid])?;
            let y = frame.map_coordinate(&(span.0, value)).1;
            let style = font(SMALL).color(&theme.muted).pos(Pos::new(HPos::Right, VPos::Center));
            area.draw(&Text::new(words.figure(unit.label(value)), (left - 8, y), style))?;
            value += step;
        }
        // Three dates are enough: the window tells any other exactly.
        for (share, side) in [(0.0, HPos::Left), (0.5, HPos::Center), (1.0, HPos::Right)] {
            let at = span.0 + (span.1 - span.0) * share;
            let x = left + (f64::from(right - left) * share) as i32;
            let style = font(SMALL).color(&theme.muted).pos(Pos::new(side, VPos::Top));
            // A span that ends at midnight ends with the day before.
            let at = if share == 1.0 { at - 1.0 } else { at };
            area.draw(&Text::new(date(words, at), (x, bottom + 7), style))?;
        }
        Ok(Self { chart, theme: *theme, size, span, top })
    }

    /// Where a point lies in the picture.
    pub(crate) fn place(&self, (x, y): (f64, f64)) -> (i32, i32) {
        self.chart.plotting_area().map_coordinate(&(x, y))
    }

    /// Each point by itself, where they are few: a curve of one is none, and one of two says little.
    pub(crate) fn dots(&mut self, points: &[(f64, f64)], colour: RGBColor) -> Drawn {
        if points.len() >= FEW {
            return Ok(());
        }
        let dots = points.iter().map(|point| Circle::new(*point, 4, colour.filled()));
        self.chart.draw_series(dots).map(drop)
    }

    /// A dashed line at a value, with words above or below one of its ends: where the fewest of `curves` runs through
    /// them. Lines of the grid end where the words begin.
    pub(crate) fn level(
        &mut self,
        value: f64,
        words: &str,
        curves: &[&[(f64, f64)]],
        colour: RGBColor,
    ) -> Drawn {
        if value > self.top {
            return Ok(());
        }
        let ends = [(self.span.0, value), (self.span.1, value)];
        self.chart.draw_series(DashedLineSeries::new(ends, 5, 4, colour.stroke_width(1)))?;
        let curves: Vec<Vec<(i32, i32)>> =
            curves.iter().map(|curve| curve.iter().map(|point| self.place(*point)).collect()).collect();
        let ((left, y), right) = (self.place(ends[0]), self.place(ends[1]).0);
        let width = width_of(words);
        let spots = [(HPos::Right, -9), (HPos::Right, 10), (HPos::Left, -9), (HPos::Left, 10)];
        let covered = |(side, away): &(HPos, i32)| {
            let across =
                if matches!(side, HPos::Right) { (right - width, right) } else { (left, left + width) };
            let down = (y + away - HALF_LINE, y + away + HALF_LINE);
            curves.iter().map(|curve| covered(curve, across, down)).sum::<i32>()
        };
        // The first of equals.
        let Some((side, away)) = spots.into_iter().min_by_key(covered) else { return Ok(()) };
        let (x, from) = if matches!(side, HPos::Right) { (right, right - width - 4) } else { (left, left) };
        let plot = self.chart.plotting_area().strip_coord_spec();
        let (left, top) = (plot.get_pixel_range().0.start, plot.get_pixel_range().1.start);
        let room = [
            (from - left, y + away - HALF_LINE - top),
            (from - left + width + 4, y + away + HALF_LINE - top),
        ];
        plot.draw(&Rectangle::new(room, self.theme.surface.filled()))?;
        self.write(words, (x, y + away), side, colour)
    }

    /// A circle around a point, and words beside it.
    pub(crate) fn note(&mut self, at: (f64, f64), words: &str) -> Drawn {
        let ring = Circle::new(at, 5, self.theme.bad.stroke_width(2));
        self.chart.draw_series([ring])?;
        let (x, y) = self.chart.plotting_area().map_coordinate(&at);
        let on_the_left = x > i32::try_from(self.size.width / 2).unwrap_or(i32::MAX);
        let (side, away) = if on_the_left { (HPos::Right, -10) } else { (HPos::Left, 10) };
        let plot = self.chart.plotting_area().get_x_axis_pixel_range();
        let room = if on_the_left { x + away - plot.start } else { plot.end - x - away };
        // Below the point: the line comes from above it. In two lines where one has no room.
        let lines = match words.split_once(": ") {
            Some((first, second)) if width_of(words) > room => vec![format!("{first}:"), second.to_owned()],
            _ => vec![words.to_owned()],
        };
        let text = self.theme.text;
        for (line, words) in (0..).zip(lines) {
            self.write(&words, (x + away, y + 13 + 15 * line), side, text)?;
        }
        Ok(())
    }

    /// Words in the middle of this height, that end or begin at this place.
    fn write(&mut self, words: &str, at: (i32, i32), side: HPos, colour: RGBColor) -> Drawn {
        let area = self.chart.plotting_area().strip_coord_spec();
        let (left, top) = (area.get_pixel_range().0.start, area.get_pixel_range().1.start);
        let style = font(SMALL).color(&colour).pos(Pos::new(side, VPos::Center));
        area.draw(&Text::new(words.to_owned(), (at.0 - left, at.1 - top), style))
    }
}

/// Half the height of words of the small font in pixels.
const HALF_LINE: i32 = 6;

/// About how many pixels of the width of a rectangle a curve runs through.
fn covered(curve: &[(i32, i32)], across: (i32, i32), down: (i32, i32)) -> i32 {
    let through = |pair: &[(i32, i32)]| {
        let [(ax, ay), (bx, by)] = *pair else { return 0 };
        let (from, to) = (ax.max(across.0), bx.min(across.1));
        if from > to {
            return 0;
        }
        let at = |x: i32| ay + (by - ay) * (x - ax) / (bx - ax);
        let (one, other) = if ax == bx { (ay, by) } else { (at(from), at(to)) };
        let meets = one.min(other) <= down.1 && one.max(other) >= down.0;
        if meets { to - from + 1 } else { 0 }
    };
    curve.windows(2).map(through).sum()
}

/// About how many pixels words of the small font take.
pub(crate) fn width_of(words: &str) -> i32 {
    i32::try_from(words.chars().count()).unwrap_or(i32::MAX / 8).saturating_mul(6)
}

/// `25 Aug`, in UTC.
pub(crate) fn date(words: &Words, seconds: f64) -> String {
    let at = Timestamp::from_second(seconds as i64).unwrap_or(Timestamp::UNIX_EPOCH);
    let day = at.to_zoned(TimeZone::UTC).date();
    (words.date)(day.day(), day.month())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curve_covers_where_it_runs() {
        let curve = [(0, 50), (10, 50), (20, 10), (20, 90)];
        assert_eq!(covered(&curve, (2, 8), (45, 55)), 7);
        assert_eq!(covered(&curve, (2, 8), (60, 70)), 0);
        assert_eq!(covered(&curve, (15, 30), (80, 95)), 1, "upright");
        assert_eq!(covered(&curve, (15, 18), (0, 12)), 0, "it has not come down there");
        assert_eq!(covered(&curve, (21, 30), (0, 100)), 0);
        assert_eq!(covered(&[], (0, 9), (0, 9)), 0);
    }
}

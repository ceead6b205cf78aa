//! The days of a history as cells: a column for each week, a row for each day of it.

use aitta_model::{DayOutcomes, History};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::frame::{Area, Drawn, SMALL, date, draw, font, width_of};
use crate::{Chart, DAY, Size, Theme, Words, midnight, nothing};

/// Room for the names of the days, and for the words above and below the cells, in pixels.
const LEFT: f64 = 48.0;
const RIGHT: f64 = 16.0;
const ABOVE: f64 = 24.0;
const BELOW: f64 = 24.0;
/// A cell is no larger than this, with the gap after it.
const WIDEST: f64 = 64.0;
const HIGHEST: f64 = 28.0;
/// Names of three days tell the rows.
const NAMED: [usize; 3] = [0, 2, 4];
/// Side of the squares that explain the colours.
const KEY: i32 = 10;

/// How the backups of each day ended: a cell of one colour where all of them succeeded, one with a cross where one
/// failed, whose lower half keeps the first colour where others succeeded, and a pale one without a backup. No more
/// is known of such a day.
#[must_use]
pub fn day_outcomes(history: &History, size: Size, theme: &Theme, words: &Words) -> Chart {
    let days = &history.days;
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return nothing(words.no_runs, size, theme);
    };
    if days.iter().all(|day| day.succeeded == 0 && day.failed == 0) {
        return nothing(words.no_runs, size, theme);
    }
    let grid = Grid::new(number(first), number(last), size);
    let mut chart = draw(size, theme, |area| {
        legend(area, size, theme, words)?;
        let muted = |side, across| font(SMALL).color(&theme.muted).pos(Pos::new(side, across));
        for row in NAMED {
            let at = (LEFT as i32 - 8, grid.middle(0, row).1);
            area.draw(&Text::new(words.weekdays[row], at, muted(HPos::Right, VPos::Center)))?;
        }
        for day in days {
            cell(area, &grid, theme, day)?;
        }
        let below = grid.bottom() + 7;
        let ends = [(grid.left(0), first, HPos::Left), (grid.left(grid.weeks) - grid.gap, last, HPos::Right)];
        for (x, day, side) in ends {
            let told = date(words, midnight(day.day));
            area.draw(&Text::new(told, (x, below), muted(side, VPos::Top)))?;
        }
        Ok(days.iter().map(|day| grid.place(number(day))).collect())
    });
    chart.timed = false;
    chart
}

/// Days since 1970.
fn number(day: &DayOutcomes) -> i64 {
    (midnight(day.day) / DAY) as i64
}

/// The first of January 1970 was a Thursday; a week begins on Monday (ISO 8601).
fn week_of(day: i64) -> i64 {
    (day + 3).div_euclid(7)
}

/// Where the cells are.
struct Grid {
    first_week: i64,
    weeks: i64,
    /// From one cell to the next, in pixels.
    step: (f64, f64),
    gap: i32,
}

impl Grid {
    fn new(first: i64, last: i64, size: Size) -> Self {
        let weeks = (week_of(last) - week_of(first) + 1).max(1);
        let room = (f64::from(size.width) - LEFT - RIGHT, f64::from(size.height) - ABOVE - BELOW);
        let step = ((room.0 / weeks as f64).clamp(1.0, WIDEST), (room.1 / 7.0).clamp(1.0, HIGHEST));
        let gap = match step.0.min(step.1) {
            ..4.0 => 0,
            4.0..8.0 => 1,
            8.0..14.0 => 2,
            _ => 3,
        };
        Self { first_week: week_of(first), weeks, step, gap }
    }

    fn left(&self, week: i64) -> i32 {
        (LEFT + self.step.0 * week as f64).round() as i32
    }

    fn top(&self, row: usize) -> i32 {
        (ABOVE + self.step.1 * row as f64).round() as i32
    }

    fn bottom(&self) -> i32 {
        self.top(7) - self.gap
    }

    /// Upper left and lower right corner.
    fn corners(&self, week: i64, row: usize) -> [(i32, i32); 2] {
        let (left, top) = (self.left(week), self.top(row));
        let (right, bottom) = (self.left(week + 1) - self.gap, self.top(row + 1) - self.gap);
        [(left, top), (right.max(left + 1), bottom.max(top + 1))]
    }

    fn middle(&self, week: i64, row: usize) -> (i32, i32) {
        let [(left, top), (right, bottom)] = self.corners(week, row);
        (i32::midpoint(left, right), i32::midpoint(top, bottom))
    }

    /// Week and row of a day.
    fn at(&self, day: i64) -> (i64, usize) {
        let row = usize::try_from((day + 3).rem_euclid(7)).unwrap_or(0);
        (week_of(day) - self.first_week, row)
    }

    fn place(&self, day: i64) -> (i32, i32) {
        let (week, row) = self.at(day);
        self.middle(week, row)
    }
}

fn cell(area: &Area<'_>, grid: &Grid, theme: &Theme, day: &DayOutcomes) -> Drawn {
    let (week, row) = grid.at(number(day));
    let corners = grid.corners(week, row);
    let colour = match (day.succeeded, day.failed) {
        (0, 0) => theme.grid,
        (_, 0) => theme.good,
        _ => theme.bad,
    };
    area.draw(&Rectangle::new(corners, colour.filled()))?;
    if day.failed == 0 {
        return Ok(());
    }
    let [(left, top), (right, bottom)] = corners;
    let mut lower = bottom;
    if day.succeeded > 0 {
        lower = i32::midpoint(top, bottom);
        area.draw(&Rectangle::new([(left, lower), (right, bottom)], theme.good.filled()))?;
    }
    cross(area, [(left, top), (right, lower)], theme)
}

/// In the colour of the ground, so that it is seen without the other colours.
fn cross(area: &Area<'_>, [(left, top), (right, bottom)]: [(i32, i32); 2], theme: &Theme) -> Drawn {
    let middle = (i32::midpoint(left, right), i32::midpoint(top, bottom));
    let half = ((right - left).min(bottom - top) / 2 - 2).clamp(1, 4);
    area.draw(&Cross::new(middle, half, theme.surface.stroke_width(2)))
}

/// What the colours mean, above the cells, where it has room.
fn legend(area: &Area<'_>, size: Size, theme: &Theme, words: &Words) -> Drawn {
    let parts = [
        (words.day_good, theme.good, false),
        (words.day_bad, theme.bad, true),
        (words.day_none, theme.grid, false),
    ];
    let wide: i32 = parts.iter().map(|(words, ..)| KEY + 6 + width_of(words) + 16).sum();
    let mut left = LEFT as i32;
    if left + wide > i32::try_from(size.width).unwrap_or(i32::MAX) {
        return Ok(());
    }
    for (words, colour, crossed) in parts {
        let corners = [(left, 4), (left + KEY, 4 + KEY)];
        area.draw(&Rectangle::new(corners, colour.filled()))?;
        if crossed {
            cross(area, corners, theme)?;
        }
        let style = font(SMALL).color(&theme.muted).pos(Pos::new(HPos::Left, VPos::Center));
        area.draw(&Text::new(words, (left + KEY + 6, 4 + KEY / 2), style))?;
        left += KEY + 6 + width_of(words) + 16;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_begins_on_monday() {
        // 23 November 2026 is a Monday.
        let monday = (midnight(jiff::civil::date(2026, 11, 23)) / DAY) as i64;
        let grid = Grid::new(monday - 1, monday + 7, Size { width: 570, height: 190 });
        assert_eq!(
            [monday - 1, monday, monday + 6, monday + 7].map(|day| grid.at(day)),
            [(0, 6), (1, 0), (1, 6), (2, 0)]
        );
        assert_eq!(grid.weeks, 3);
    }
}

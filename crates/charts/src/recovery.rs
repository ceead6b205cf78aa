//! The recovery time as a bar against its target, with the restores that it comes from below.

use aitta_model::History;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::frame::{Area, Drawn, SMALL, Unit, draw, font, strong, width_of};
use crate::{Chart, Size, Theme, Words, duration, nothing};

/// Room at the sides, in pixels.
const LEFT: i32 = 12;
const RIGHT: i32 = 24;
/// Middle of the figure, top of the bar, and its height.
const FIGURE: i32 = 20;
const BAR: i32 = 52;
const BAR_HIGH: i32 = 16;
/// Room for the values below.
const BELOW: i32 = 22;

/// How long the newest proven restore took, as a bar against the target, which is a line; and each restore as a dot
/// below, the newest uppermost. One that took longer than the target has a cross.
#[must_use]
pub fn restore_times(history: &History, target_s: f64, size: Size, theme: &Theme, words: &Words) -> Chart {
    let took: Vec<f64> = history.restores.iter().map(|r| r.duration_ms as f64 / 1000.0).collect();
    let Some(newest) = took.last().copied() else { return nothing(words.no_restores, size, theme) };
    let end = took.iter().copied().fold(target_s, f64::max).max(f64::MIN_POSITIVE) * 1.04;
    let pixels = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    let (right, bottom) = ((pixels(size.width) - RIGHT).max(LEFT + 1), pixels(size.height) - BELOW);
    let at = |seconds: f64| LEFT + (f64::from(right - LEFT) * (seconds / end)).round() as i32;
    let colour = |seconds: f64| if seconds > target_s { theme.bad } else { theme.good };
    let mut chart = draw(size, theme, |area| {
        axis(area, theme, words, (end, right, bottom), &at)?;
        let track = [(LEFT, BAR), (right, BAR + BAR_HIGH)];
        area.draw(&Rectangle::new(track, theme.grid.filled()))?;
        let bar = [(LEFT, BAR + 3), (at(newest).max(LEFT + 2), BAR + BAR_HIGH - 3)];
        area.draw(&Rectangle::new(bar, colour(newest).filled()))?;
        let mark = [(at(target_s) - 1, BAR - 5), (at(target_s) + 2, BAR + BAR_HIGH + 5)];
        area.draw(&Rectangle::new(mark, theme.attention.filled()))?;
        told(area, theme, words, (newest, target_s), (at(target_s), right))?;
        // From the newest at the top down to the oldest, however many there are.
        let (from, to) = (BAR + BAR_HIGH + 14, (bottom - 8).max(BAR + BAR_HIGH + 14));
        let lanes = f64::from(u32::try_from(took.len().saturating_sub(1)).unwrap_or(u32::MAX)).max(1.0);
        let apart = (f64::from(to - from) / lanes).min(12.0);
        let mut points = Vec::with_capacity(took.len());
        for (back, seconds) in took.iter().rev().enumerate() {
            let point = (at(*seconds), from + (apart * back as f64).round() as i32);
            area.draw(&Circle::new(point, 3, colour(*seconds).filled()))?;
            if *seconds > target_s {
                area.draw(&Cross::new((point.0 + 9, point.1), 3, theme.bad.stroke_width(2)))?;
            }
            points.push(point);
        }
        points.reverse();
        Ok(points)
    });
    chart.timed = false;
    chart
}

/// The newest figure, and what the line is.
fn told(
    area: &Area<'_>,
    theme: &Theme,
    words: &Words,
    (newest, target_s): (f64, f64),
    (mark, right): (i32, i32),
) -> Drawn {
    let figure = words.figure(duration(newest));
    let large = strong(26).color(&theme.text).pos(Pos::new(HPos::Left, VPos::Center));
    area.draw(&Text::new(figure, (LEFT, FIGURE), large))?;
    let target = (words.target)(&words.figure(duration(target_s)));
    let (x, side) =
        if mark + width_of(&target) > right { (mark + 2, HPos::Right) } else { (mark - 1, HPos::Left) };
    let style = font(SMALL).color(&theme.attention).pos(Pos::new(side, VPos::Center));
    area.draw(&Text::new(target, (x, BAR - 13), style))
}

/// Values below, with a line up from each.
fn axis(
    area: &Area<'_>,
    theme: &Theme,
    words: &Words,
    (end, right, bottom): (f64, i32, i32),
    at: &dyn Fn(f64) -> i32,
) -> Drawn {
    let step = Unit::Duration.step(end, if right < 420 { 3.0 } else { 5.0 });
    let mut value = 0.0;
    while value <= end {
        let x = at(value);
        area.draw(&PathElement::new([(x, BAR + BAR_HIGH + 6), (x, bottom)], theme.grid.stroke_width(1)))?;
        let side = if value == 0.0 { HPos::Left } else { HPos::Center };
        let style = font(SMALL).color(&theme.muted).pos(Pos::new(side, VPos::Top));
        area.draw(&Text::new(words.figure(Unit::Duration.label(value)), (x, bottom + 6), style))?;
        value += step;
    }
    Ok(())
}

//! Which rows are in sight.

use std::ops::Range;

/// Height of a row, as `table.css` has it.
pub(super) const ROW_PX: usize = 40;
/// Height of the head that stays above the rows.
const HEAD_PX: f64 = 37.0;
/// Rows kept ready above and below, so that scrolling meets no gap.
const SPARE: usize = 12;
/// Rows are made and dropped by so many.
const STEP: usize = 8;

/// Where the rows are in the window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sight {
    /// Top of the first row, in pixels below the upper edge of the window; less than 0 when scrolled.
    pub(super) top: f64,
    /// Height of the window in pixels.
    pub(super) height: f64,
}

impl Sight {
    /// Before anything was measured.
    pub(super) fn first(height: f64) -> Self {
        Self { top: 0.0, height }
    }

    /// The rows that must be there, of so many.
    pub(super) fn rows(self, all: usize) -> Range<usize> {
        let row = ROW_PX as f64;
        let first = ((-self.top).max(0.0) / row) as usize;
        let last = ((self.height - self.top).max(0.0) / row) as usize + 1;
        let start = first.saturating_sub(SPARE) / STEP * STEP;
        let end = (last + SPARE).next_multiple_of(STEP).min(all);
        // A list that became shorter may leave the window behind its end.
        start.min(end.saturating_sub(1))..end
    }

    /// Rows that are seen whole.
    pub(super) fn whole_rows(self) -> usize {
        (((self.height - HEAD_PX) / ROW_PX as f64) as usize).max(1)
    }

    /// By how many pixels to scroll until a row is seen whole.
    pub(super) fn to_show(self, row: usize) -> f64 {
        let top = self.top + (row * ROW_PX) as f64;
        let bottom = top + ROW_PX as f64;
        if top < HEAD_PX {
            top - HEAD_PX
        } else if bottom > self.height {
            bottom - self.height
        } else {
            0.0
        }
    }
}

/// Where a key leads from a row, of so many, a page of which is seen at once.
pub(super) fn moved(key: &str, from: usize, all: usize, page: usize) -> Option<usize> {
    let last = all.checked_sub(1)?;
    let to = match key {
        "ArrowDown" => from + 1,
        "ArrowUp" => from.saturating_sub(1),
        "PageDown" => from + page,
        "PageUp" => from.saturating_sub(page),
        "Home" => 0,
        "End" => last,
        _ => return None,
    };
    Some(to.min(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rows_near_the_window_are_there() {
        let sight = Sight { top: 200.0, height: 1000.0 };
        assert_eq!(sight.rows(10_000), 0..40);
        assert_eq!(sight.rows(3), 0..3);
        assert_eq!(sight.rows(0), 0..0);
        let middle = Sight { top: -200_000.0, height: 1000.0 };
        assert_eq!(middle.rows(10_000), 4984..5040);
        assert_eq!(middle.rows(10), 9..10, "a list that became shorter");
    }

    #[test]
    fn a_row_is_brought_into_sight_by_no_more_than_needed() {
        let sight = Sight { top: 100.0, height: 500.0 };
        assert_eq!(sight.to_show(0), 0.0);
        assert_eq!(sight.to_show(10), 40.0);
        assert_eq!(Sight { top: -80.0, height: 500.0 }.to_show(2), -37.0, "the head would cover it");
    }

    #[test]
    fn keys_stay_within_the_list() {
        assert_eq!(moved("ArrowUp", 0, 5, 3), Some(0));
        assert_eq!(moved("ArrowDown", 4, 5, 3), Some(4));
        assert_eq!(moved("PageDown", 1, 10, 3), Some(4));
        assert_eq!(moved("End", 0, 10_000, 3), Some(9999));
        assert_eq!(moved("End", 0, 0, 3), None);
        assert_eq!(moved("x", 0, 5, 3), None);
    }
}

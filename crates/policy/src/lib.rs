//! When backups are due, which archives may go, and when a day or a quarter begins.
//!
//! Pure rules: data in, data out. The time comes in as an argument, and nothing here reads or writes, but for the tables
//! of time zones that jiff looks up.

mod retention;
mod schedule;
mod span;
mod zone;

pub use crate::retention::{Kept, State, Verdicts, judge};
pub use crate::schedule::{
    DEFAULT_PATTERN, DEFAULT_ZONE, Due, Field, Flaw, LISTED_MAX, LOOK_BACK_YEARS, NEVER_YEARS, PATTERN_MAX,
    Schedule, ScheduleError,
};
pub use crate::span::begins;
pub use crate::zone::zone;

//! What several pages use.

pub(super) mod en;
pub(super) mod fi;

use aitta_model::{BackupKind, Operation, RunOutcome};

pub(crate) struct Common {
    /// Code of the language (BCP 47).
    pub(crate) lang: &'static str,
    pub(crate) main_navigation: &'static str,
    pub(crate) skip_to_content: &'static str,
    pub(crate) dashboard: &'static str,
    pub(crate) backups: &'static str,
    pub(crate) restore: &'static str,
    pub(crate) restore_: &'static str,
    pub(crate) runs: &'static str,
    pub(crate) review: &'static str,
    pub(crate) settings: &'static str,
    pub(crate) profile: &'static str,
    pub(crate) sample: &'static str,
    pub(crate) back_up_now: &'static str,
    pub(crate) cancel: &'static str,
    pub(crate) cancelling: &'static str,
    pub(crate) close: &'static str,
    pub(crate) try_again: &'static str,
    pub(crate) loading: &'static str,
    pub(crate) just_now: &'static str,
    pub(crate) page_not_found: &'static str,
    pub(crate) times_in: fn(&str) -> String,
    pub(crate) ago: fn(&str) -> String,
    pub(crate) days: fn(u64) -> String,
    pub(crate) rows: fn(u64) -> String,
    pub(crate) tables: fn(u64) -> String,
    /// Day, month, and the year where it matters.
    pub(crate) day: fn(i8, i8, Option<i16>) -> String,
    pub(crate) month: fn(i8) -> &'static str,
    /// A day as it is typed.
    pub(crate) day_example: &'static str,
    pub(crate) no_day: &'static str,
    /// An operation; absent when the catalog names one that is not known here.
    pub(crate) operation: fn(Option<Operation>) -> &'static str,
    /// Why a backup was made; absent as above.
    pub(crate) kind: fn(Option<BackupKind>) -> &'static str,
    /// How a run ended; absent as above.
    pub(crate) outcome: fn(Option<RunOutcome>) -> &'static str,
    /// Why a restore has made a safety backup.
    pub(crate) before_restore: &'static str,
    /// A phase of an operation, as the engine names it.
    pub(crate) phase: fn(&str) -> String,
    pub(crate) stored: &'static str,
    pub(crate) verified: &'static str,
    pub(crate) restored_on: fn(&str) -> String,
    pub(crate) damaged: &'static str,
    pub(crate) unknown: &'static str,
    pub(crate) backing_up: &'static str,
    pub(crate) verifying: &'static str,
    pub(crate) restoring: &'static str,
    pub(crate) proving: &'static str,
    pub(crate) making_sample: &'static str,
    pub(crate) look: &'static str,
    pub(crate) as_usual: &'static str,
    pub(crate) points: &'static str,
    pub(crate) backups_n: fn(u64) -> String,
    /// What is read of a backup, and its size.
    pub(crate) read_of: fn(&str, &str) -> String,
    /// Why more is read than there is.
    pub(crate) read_twice: &'static str,
    pub(crate) more: fn(usize) -> String,
    pub(crate) time_left: fn(&str) -> String,
    pub(crate) rate: fn(&str) -> String,
}

/// The name of one of these, counted from 1.
pub(super) fn of(names: &'static [&'static str], number: i8) -> &'static str {
    names.get(usize::from(number.unsigned_abs()).wrapping_sub(1)).copied().unwrap_or("?")
}

/// With a full stop; a Finnish day has one already.
pub(super) fn ended(text: &str) -> String {
    format!("{}.", text.trim_end_matches('.'))
}

pub(super) fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{}\u{a0}{}", crate::plain::number(n), if n == 1 { one } else { many })
}

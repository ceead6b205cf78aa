//! The words of the report, in each language.

mod en;
mod fi;

use aitta_model::{ErrorCode, Language, Operation, ReasonCode, RunOutcome, Timestamp};

/// Every word of the report. A language that lacks some does not compile.
pub(super) struct Words {
    /// Its code (BCP 47).
    pub(super) code: &'static str,
    pub(super) title: fn(i16, i8) -> String,
    pub(super) heading: fn(i16, i8) -> String,
    /// From one day to another, and whether the quarter is still under way.
    pub(super) span: fn(&str, &str, bool) -> String,
    /// When, by whom, on which machine.
    pub(super) made: fn(&str, &str, &str) -> String,
    /// Of this version, with the profile whose duties they are.
    pub(super) footer: fn(&str, &str) -> String,
    pub(super) day: fn(Timestamp) -> String,
    pub(super) time: fn(Timestamp) -> String,
    pub(super) none: &'static str,
    // The trail.
    pub(super) empty: &'static str,
    pub(super) intact: fn(u64) -> String,
    pub(super) broken: fn(u64) -> String,
    pub(super) fault: fn(u64, &str) -> String,
    pub(super) fault_too: fn(u64, &str) -> String,
    pub(super) more_faults: fn(u64) -> String,
    /// Up to which entry, by which key.
    pub(super) signed: fn(u64, &str) -> String,
    pub(super) unsigned: &'static str,
    /// Entries, how they are signed, anchors, anchors read from the archives.
    pub(super) extent: fn(u64, &str, u64, u64) -> String,
    /// Archives, the other trail, its entry, whether a rebuild has noted it.
    pub(super) other_trail: fn(u64, &str, u64, bool) -> String,
    pub(super) remark: fn(&str) -> String,
    // Duties.
    pub(super) duties: fn(usize) -> String,
    pub(super) duties_head: [&'static str; 3],
    pub(super) overdue: &'static str,
    pub(super) in_order: &'static str,
    pub(super) proven_every: fn(u32) -> String,
    pub(super) never: &'static str,
    pub(super) last_on: fn(&str, &str) -> String,
    pub(super) drill: &'static str,
    pub(super) drill_done: fn(&str) -> String,
    pub(super) no_drill: &'static str,
    pub(super) factor: &'static str,
    pub(super) no_factor: &'static str,
    pub(super) factor_since: fn(&str) -> String,
    pub(super) key_every: fn(u32) -> String,
    pub(super) no_key: &'static str,
    /// The key, since when, for how many days.
    pub(super) key_since: fn(&str, &str, i64) -> String,
    pub(super) key_not_yet: fn(&str) -> String,
    pub(super) ago: fn(i64) -> String,
    // Contacts.
    pub(super) contacts: &'static str,
    pub(super) contacts_head: [&'static str; 4],
    // Tables. A head that begins with `>` is one of figures.
    pub(super) counts: &'static str,
    pub(super) counts_head: [&'static str; 6],
    pub(super) restores: &'static str,
    pub(super) restores_head: [&'static str; 5],
    pub(super) deletions: &'static str,
    pub(super) deletions_head: [&'static str; 5],
    pub(super) keys: &'static str,
    pub(super) keys_head: [&'static str; 5],
    pub(super) failures: &'static str,
    pub(super) failures_head: [&'static str; 5],
    pub(super) refused: &'static str,
    pub(super) refused_head: [&'static str; 4],
    pub(super) all_tables: &'static str,
    pub(super) own_database: &'static str,
    pub(super) set_aside: &'static str,
    pub(super) no_end_in_trail: &'static str,
    pub(super) no_end: &'static str,
    pub(super) entry: fn(u64) -> String,
    pub(super) rows: fn(u64) -> String,
    pub(super) no_reason: &'static str,
    pub(super) reason: fn(ReasonCode) -> &'static str,
    pub(super) outcome: fn(RunOutcome) -> &'static str,
    pub(super) operation: fn(Operation) -> &'static str,
    /// Why a second factor was refused, where the error is one of its own.
    pub(super) refusal: fn(ErrorCode) -> Option<&'static str>,
}

impl Words {
    pub(super) fn of(language: Language) -> &'static Self {
        match language {
            Language::En => &en::EN,
            Language::Fi => &fi::FI,
        }
    }
}

/// `12 345`, with spaces that don't break.
pub(super) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{a0}');
        }
        out.push(digit);
    }
    out
}

/// `1 row`, `12 345 rows`
fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{}\u{a0}{}", number(n), if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_groups() {
        assert_eq!([0, 999, 1_234_567].map(number), ["0", "999", "1\u{a0}234\u{a0}567"]);
        assert_eq!([1, 2].map(|n| plural(n, "row", "rows")), ["1\u{a0}row", "2\u{a0}rows"]);
    }
}

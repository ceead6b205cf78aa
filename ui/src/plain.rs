//! Numbers, sizes and names, which differ between the languages by one sign. The words of the page build on them.

use std::cell::Cell;

thread_local! {
    /// Between a figure and its tenths; one for the page, which has one language at a time and one thread.
    static POINT: Cell<char> = const { Cell::new('.') };
}

/// From now on figures have this sign before their tenths.
pub(crate) fn set_point(point: char) {
    POINT.set(point);
}

/// `2.5`, in Finnish `2,5`
pub(crate) fn tenths(value: f64) -> String {
    format!("{value:.1}").replace('.', POINT.get().encode_utf8(&mut [0; 4]))
}

/// Between digits of thousands: a space that doesn't break.
const THIN: char = '\u{202f}';
/// Between a number and its unit.
pub(crate) const NBSP: char = '\u{a0}';

/// `5 799 900`
pub(crate) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() * 2);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(THIN);
        }
        out.push(digit);
    }
    out
}

/// `640 B`, `1.3 GB`: powers of 1000, as disks are sold.
pub(crate) fn bytes(n: u64) -> String {
    const UNITS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
    let (mut value, mut unit) = (n as f64, 0);
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit > 0 && value < 9.95 {
        format!("{}{NBSP}{}", tenths(value), UNITS[unit])
    } else {
        format!("{value:.0}{NBSP}{}", UNITS[unit])
    }
}

/// `850 ms`, `12 s`, `2 min 41 s`, `1 h 5 min`
pub(crate) fn duration_ms(ms: u64) -> String {
    let s = ms.saturating_add(500) / 1000;
    match ms {
        0..1000 => format!("{ms}{NBSP}ms"),
        1000..9950 => format!("{}{NBSP}s", tenths(ms as f64 / 1000.0)),
        _ if s < 60 => format!("{s}{NBSP}s"),
        _ if s < 3600 && s.is_multiple_of(60) => format!("{}{NBSP}min", s / 60),
        _ if s < 3600 => format!("{}{NBSP}min {}{NBSP}s", s / 60, s % 60),
        _ if s % 3600 < 60 => format!("{}{NBSP}h", s / 3600),
        _ => format!("{}{NBSP}h {}{NBSP}min", s / 3600, s % 3600 / 60),
    }
}

/// `99.6 %`; never 100 % unless it is all.
pub(crate) fn percent(share: f64) -> String {
    let rounded = (share * 1000.0).round() / 10.0;
    let percent = if share < 1.0 { rounded.min(99.9) } else { rounded };
    if percent.fract() == 0.0 {
        format!("{percent:.0}{NBSP}%")
    } else {
        format!("{}{NBSP}%", tenths(percent))
    }
}

/// `carwash` of `db1:5432/carwash`, `shop.db` of `/srv/shop.db`.
pub(crate) fn last_part(target: &str) -> &str {
    target.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or(target)
}

/// Whether a word is the name of a variable, such as `AWS_REGION`.
pub(crate) fn is_variable(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    word.contains('_')
        && word.chars().all(|c| c == '_' || c.is_ascii_digit() || c.is_ascii_uppercase())
        && word.starts_with(|c: char| c.is_ascii_uppercase())
}

/// Whether a text names what only a terminal has: an option, a variable or a command of ours.
pub(crate) fn is_for_a_terminal(text: &str) -> bool {
    text.contains("--") || text.contains("`aitta ") || text.split([' ', '=']).any(is_variable)
}

/// Letters of a name that are shown.
const NAME: usize = 80;

/// A name that others have chosen, as it can stand in a line: nothing in it turns the line round, and nothing pushes the
/// rest of it away.
pub(crate) fn named(name: &str) -> String {
    let cut: String = name.chars().take(NAME).collect();
    let more = if cut.len() < name.len() { "…" } else { "" };
    aitta_model::plain(&cut) + more
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_a_terminal_has_is_told_from_other_words() {
        for text in [
            "set AWS_REGION",
            "(BACKUP_LOCAL_DIR)",
            "S3_PATH_STYLE=1",
            "with --to-schema",
            "`aitta key import`",
        ] {
            assert!(is_for_a_terminal(text), "{text}");
        }
        for text in ["PostgreSQL 15", "pg_dump", "the table user_session", "SSO - or not", "a right of aitta"]
        {
            assert!(!is_for_a_terminal(text), "{text}");
        }
    }
}

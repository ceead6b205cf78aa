//! Numbers, times and tables for people.

pub(crate) use aitta_model::plain;
use aitta_model::{Failure, Severity, Timestamp};

/// `1.3 GB`: powers of 1000, as disks are sold.
pub(crate) fn bytes(n: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if n < 1000 {
        return format!("{n} B");
    }
    let mut value = n as f64;
    let mut unit = "B";
    for next in UNITS {
        // As it would be rounded: 999.96 kB is 1.0 MB.
        if value < 999.95 {
            break;
        }
        value /= 1000.0;
        unit = next;
    }
    format!("{value:.1} {unit}")
}

/// `12 345`
pub(crate) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// `1 row`, `12 345 rows`
pub(crate) fn count(n: u64, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {one}s", number(n)) }
}

/// `250 ms`, `12.3 s`, `3 min 5 s`
pub(crate) fn duration(ms: u64) -> String {
    match ms {
        0..1000 => format!("{ms} ms"),
        1000..60_000 => format!("{:.1} s", ms as f64 / 1000.0),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1000),
    }
}

/// `2026-11-01 12:00:00 UTC`
pub(crate) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

pub(crate) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Blocker => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// `error: fact` and, below it, `hint: remedy`.
pub(crate) fn finding(level: Severity, message: &str, hint: &str) -> String {
    let mut out = format!("{}: {}\n", severity(level), plain(message));
    if !hint.is_empty() {
        out.push_str(&format!("  hint: {}\n", plain(hint)));
    }
    out
}

/// Why the hook after an operation failed, which is done all the same.
pub(crate) fn hook_failure(failure: Option<&Failure>) -> String {
    failure.map_or_else(String::new, |failure| finding(Severity::Warning, &failure.message, &failure.hint))
}

/// Lines of aligned columns. Columns whose header starts with `>` are aligned to the right.
pub(crate) struct Table {
    headers: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(headers: &[&'static str]) -> Self {
        Self { headers: headers.to_vec(), rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| plain(&cell)).collect());
    }

    pub(crate) fn render(&self) -> String {
        let titles: Vec<String> = self.headers.iter().map(|h| h.trim_start_matches('>').to_owned()).collect();
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.chain(titles.get(column)).map(|c| c.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.headers.len()).map(width).collect();
        let mut out = String::new();
        for row in std::iter::once(&titles).chain(&self.rows) {
            let mut line = String::new();
            for ((cell, width), header) in row.iter().zip(&widths).zip(&self.headers) {
                let padding = " ".repeat(width - cell.chars().count());
                if header.starts_with('>') {
                    line.push_str(&padding);
                    line.push_str(cell);
                } else {
                    line.push_str(cell);
                    line.push_str(&padding);
                }
                line.push_str("  ");
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        assert_eq!(
            [0, 999, 1000, 1_300_000_000, 999_960].map(bytes),
            ["0 B", "999 B", "1.0 kB", "1.3 GB", "1.0 MB"]
        );
        assert_eq!([0, 999, 1000, 12_345_678].map(number), ["0", "999", "1 000", "12 345 678"]);
        assert_eq!([1, 2].map(|n| count(n, "row")), ["1 row", "2 rows"]);
        assert_eq!([250, 12_300, 185_000].map(duration), ["250 ms", "12.3 s", "3 min 5 s"]);
    }

    #[test]
    fn names_with_control_characters_stay_on_their_line() {
        let mut table = Table::new(&["NAME", ">ROWS"]);
        table.row(["two\nlines\t\u{1b}[31m".to_owned(), "7".to_owned()]);
        assert_eq!(table.render(), "NAME                    ROWS\ntwo\\nlines\\t\\u{1b}[31m     7\n");
    }

    #[test]
    fn columns_are_aligned() {
        let mut table = Table::new(&["NAME", ">ROWS"]);
        table.row(["Käyttäjä".to_owned(), "7".to_owned()]);
        table.row(["a".to_owned(), "12 345".to_owned()]);
        assert_eq!(table.render(), "NAME        ROWS\nKäyttäjä       7\na         12 345\n");
    }
}

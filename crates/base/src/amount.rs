//! Amounts in messages.

/// `1 row`, `12 rows`
pub fn count(n: u64, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

/// `512 bytes`, `1.3 GB`: powers of 1000, as disks are sold.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1000 {
        return count(bytes, "byte");
    }
    // As it would be rounded: 999.96 kB is 1.0 MB.
    let mut value = bytes as f64 / 1000.0;
    let mut units = UNITS.iter();
    let mut unit = units.next();
    while value >= 999.95 && units.len() > 0 {
        value /= 1000.0;
        unit = units.next();
    }
    format!("{value:.1} {}", unit.unwrap_or(&"kB"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_their_number_and_unit() {
        assert_eq!([0, 1, 2].map(|n| count(n, "row")), ["0 rows", "1 row", "2 rows"]);
        let sizes = [0, 1, 8192, 999_960, 1_300_000_000, u64::MAX].map(size);
        assert_eq!(sizes, ["0 bytes", "1 byte", "8.2 kB", "1.0 MB", "1.3 GB", "18.4 EB"]);
    }
}

//! Time zones by name.

use jiff::tz::TimeZone;

/// Longer than any name in the IANA database, whose longest has 32 bytes.
const NAME_MAX: usize = 64;

/// The time zone of an IANA name such as `Europe/Helsinki`, in either case of letters.
///
/// Any other name has none. So do `localtime`, `posixrules` and the folders `right` and `posix`: Linux keeps them among
/// the zones, but the bundled database of another machine lacks them.
#[must_use]
pub fn zone(name: &str) -> Option<TimeZone> {
    // The name may become part of a path.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b'+');
    if name.is_empty() || name.len() > NAME_MAX || name.starts_with('/') || !name.bytes().all(plain) {
        return None;
    }
    let first = name.split('/').next().unwrap_or_default();
    if ["right", "posix", "posixrules", "localtime"].iter().any(|other| first.eq_ignore_ascii_case(other)) {
        return None;
    }
    TimeZone::get(name).ok().filter(|zone| !zone.is_unknown())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_database_are_zones() {
        for name in
            ["UTC", "Europe/Helsinki", "America/Argentina/ComodRivadavia", "Etc/GMT+5", "europe/helsinki"]
        {
            assert!(zone(name).is_some(), "{name}");
        }
    }

    #[test]
    fn anything_else_is_no_zone() {
        let long = "A".repeat(10_000);
        let others = [
            "",
            " ",
            "Mars/Base",
            "../../etc/passwd",
            "/etc/localtime",
            "localtime",
            "posixrules",
            "right/UTC",
            "posix/UTC",
            "Etc/Unknown",
            "Europe/Helsinki\0",
            "Europe/Helsinki ",
            "Éire",
            "EET-2EEST",
            "local",
            &long,
        ];
        for name in others {
            assert!(zone(name).is_none(), "{name:?}");
        }
    }
}

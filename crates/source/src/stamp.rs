//! The time in the names of what restores leave beside a database, such as `20261123T091300Z`.

use jiff::Timestamp;

/// Bytes of a stamp.
pub(super) const STAMP_LEN: usize = "20261123T091300Z".len();

/// The stamp of a time, to the second.
pub(super) fn stamp(now: Timestamp) -> String {
    now.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Whether a text has the form of a stamp.
pub(super) fn is_stamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == STAMP_LEN
        && bytes.iter().enumerate().all(|(i, b)| match i {
            8 => *b == b'T',
            15 => *b == b'Z',
            _ => b.is_ascii_digit(),
        })
}

/// Whether a text is a stamp, or one with the number of a further restore in the same second: `-2`.
pub(super) fn is_numbered_stamp(text: &str) -> bool {
    let (stamp, number) = text.split_once('-').unwrap_or((text, "2"));
    is_stamp(stamp) && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_restore_writes_is_a_stamp() {
        let now: Timestamp = "2026-11-23T09:13:00.5Z".parse().expect("a time");
        assert_eq!(stamp(now), "20261123T091300Z");
        assert!(is_stamp(&stamp(now)) && !is_stamp("20261123T091300Z-2"));
        for text in
            ["", "20261123T09130ZZ", "20261123T091300", "20261123T091300Z ", "20261123t091300Z", "monday"]
        {
            assert!(!is_stamp(text) && !is_numbered_stamp(text), "{text}");
        }
        for text in ["20261123T091300Z", "20261123T091300Z-2", "20261123T091300Z-100"] {
            assert!(is_numbered_stamp(text), "{text}");
        }
        for text in ["20261123T091300Z-", "20261123T091300Z-x", "20261123T091300Z-2-2", "20261123T091300Z+2"]
        {
            assert!(!is_numbered_stamp(text), "{text}");
        }
    }
}

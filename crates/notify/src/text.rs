//! What others have written, made fit to be shown.
//!
//! Names of tables, errors of servers and answers of receivers are data. None of it may break a line, hide what stands
//! beside it, or reach a terminal as a command.

/// So much of an answer is read, in bytes.
pub(crate) const TOLD_MAX: usize = 1024;

/// What stands for the rest of a text that was cut.
const CUT: char = '…';

/// A text as one line of at most `max` characters.
///
/// Control characters and line separators become spaces, and what turns the direction of writing is left out.
pub(crate) fn line(text: &str, max: usize) -> String {
    let shown = text.trim().chars().filter(|&c| !turns_or_hides(c)).map(|c| if breaks(c) { ' ' } else { c });
    let mut shown = shown.collect::<String>();
    if let Some((end, _)) = shown.char_indices().nth(max) {
        let last = shown[..end].char_indices().next_back().map_or(0, |(at, _)| at);
        shown.truncate(last);
        shown.push(CUT);
    }
    shown
}

/// The beginning of an answer as one line, without escape sequences of terminals.
pub(crate) fn told(answer: &[u8]) -> String {
    let answer = &answer[..answer.len().min(TOLD_MAX)];
    let mut plain = without_escapes(&String::from_utf8_lossy(answer));
    plain = line(&plain, TOLD_MAX);
    // Each byte that was no UTF-8 has become three.
    while plain.len() > TOLD_MAX {
        plain.pop();
    }
    plain.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// The last `max` bytes of a text, beginning at a character.
pub(crate) fn ending(text: &str, max: usize) -> &str {
    let mut from = text.len().saturating_sub(max);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    &text[from..]
}

/// Drops escape sequences as a whole (ECMA-48): CSI up to its final byte, strings such as OSC up to their terminator.
fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let kind = match c {
            '\u{1b}' => match rest.next() {
                Some(kind) => kind,
                None => break,
            },
            // The same in one character.
            '\u{9b}' => '[',
            '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => ']',
            _ => {
                plain.push(c);
                continue;
            }
        };
        match kind {
            '[' => {
                let _ = rest.find(|c| ('@'..='~').contains(c));
            }
            ']' | 'P' | 'X' | '^' | '_' => {
                while let Some(c) = rest.next() {
                    if matches!(c, '\u{7}' | '\u{9c}') || (c == '\u{1b}' && rest.next_if_eq(&'\\').is_some())
                    {
                        break;
                    }
                }
            }
            // Two characters, or one more after a character of the intermediate kind.
            ' '..='/' => {
                let _ = rest.next();
            }
            _ => {}
        }
    }
    plain
}

/// Whether a character ends a line or controls a device.
fn breaks(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Whether a character turns the direction of writing, or is there without being seen.
fn turns_or_hides(c: char) -> bool {
    matches!(c,
        '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escape_sequences_are_gone_as_a_whole() {
        for (answer, shown) in [
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("a\u{1b}]0;title\u{7}b", "ab"),
            ("a\u{1b}]8;;https://evil.example\u{1b}\\link\u{1b}]8;;\u{1b}\\", "alink"),
            ("a\u{9b}2Jb", "ab"),
            ("a\u{1b}(0b", "ab"),
            ("a\u{1b}cb", "ab"),
            ("a\r\nb\0c\u{8}", "a b c"),
            ("ends in \u{1b}", "ends in"),
            ("user\u{202e}gpj.exe", "usergpj.exe"),
        ] {
            assert_eq!(told(answer.as_bytes()), shown, "{answer:?}");
        }
    }

    #[test]
    fn the_end_of_a_log_begins_at_a_character() {
        assert_eq!(ending("aä", 1), "");
        assert_eq!(ending("aä", 2), "ä");
        assert_eq!(ending("aä", 3), "aä");
        assert_eq!(ending("", 5), "");
    }

    proptest! {
        #[test]
        fn whatever_is_answered_is_one_bounded_line(answer in prop::collection::vec(any::<u8>(), 0..3000)) {
            let told = told(&answer);
            prop_assert!(told.len() <= TOLD_MAX);
            prop_assert!(!told.chars().any(|c| breaks(c) || turns_or_hides(c)));
        }

        #[test]
        fn a_line_is_never_longer_than_asked(text in any::<String>(), max in 1_usize..50) {
            let line = line(&text, max);
            prop_assert!(line.chars().count() <= max);
            prop_assert!(!line.chars().any(breaks));
        }

        #[test]
        fn the_ending_is_as_long_as_fits(text in any::<String>(), max in 0_usize..50) {
            let end = ending(&text, max);
            prop_assert!(text.ends_with(end) && end.len() <= max);
            prop_assert!(end.len() == text.len() || end.len() + 4 > max);
        }
    }
}

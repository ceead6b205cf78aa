//! What errors mean: each code in words, for somebody who is tired.

pub(super) mod en;
pub(super) mod fi;

use aitta_model::ErrorCode;

/// Where a button below an error leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Settings,
    Keys,
    SecondFactor,
    Backups,
    Runs,
    Audit,
}

pub(crate) struct Failures {
    /// What has happened, in a sentence, and what to do. The fact, the hint and the code of the engine are folded below.
    pub(crate) said: fn(ErrorCode) -> (&'static str, &'static str),
    pub(crate) way: fn(Way) -> &'static str,
    pub(crate) details: &'static str,
    pub(crate) copy: &'static str,
    /// Before a statement for somebody who may run it.
    pub(crate) statement: &'static str,
    pub(crate) copy_statement: &'static str,
}

#[cfg(test)]
mod tests {
    use aitta_model::{ClosedList as _, ErrorCode};

    use crate::plain::is_for_a_terminal;
    use crate::texts::{EN, FI, Texts};

    #[test]
    fn every_error_is_told_in_sentences_without_flags_variables_and_commands() {
        for t in [&EN, &FI] {
            for code in ErrorCode::ALL.iter().copied() {
                let (title, cause) = (t.failures.said)(code);
                for words in [title, cause] {
                    let first = words.chars().next();
                    assert!(first.is_some_and(char::is_uppercase), "{code}: a capital begins {words:?}");
                    assert!(words.ends_with(['.', '?']), "{code}: a full stop ends {words:?}");
                    assert!(!is_for_a_terminal(words) && !words.contains(['`', '/']), "{code}: {words}");
                    assert!(!words.contains("  ") && words == words.trim(), "{code}: {words:?}");
                    // It is read where the code was to be seen before.
                    assert!(!words.contains(code.as_str()), "{code}: {words}");
                }
                let stops = title.matches(['.', '?', '!', ';']).count();
                assert_eq!(stops, 1, "{code}: one sentence: {title}");
                assert!(title.chars().count() <= 64, "{code}: {title}");
                assert!((1..=3).contains(&cause.matches(['.', '?', '!']).count()), "{code}: {cause}");
                assert!(cause.chars().count() <= 200, "{code}: {cause}");
            }
        }
    }

    #[test]
    fn no_error_is_told_in_the_other_language_or_in_the_words_of_another() {
        let of =
            |t: &Texts| -> Vec<_> { ErrorCode::ALL.iter().map(|code| (t.failures.said)(*code)).collect() };
        let (english, finnish) = (of(&EN), of(&FI));
        for told in [&english, &finnish] {
            for (i, (title, cause)) in told.iter().enumerate() {
                assert!(
                    told.iter().skip(i + 1).all(|other| other.0 != *title && other.1 != *cause),
                    "{title} {cause}"
                );
            }
        }
        for (english, finnish) in english.iter().zip(&finnish) {
            assert!(english.0 != finnish.0 && english.1 != finnish.1, "{finnish:?}");
            let word =
                |words: &str| words.split(' ').any(|word| ["the", "is", "a", "of", "and"].contains(&word));
            assert!(!word(finnish.0) && !word(finnish.1), "{finnish:?}");
        }
    }
}

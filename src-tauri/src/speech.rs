//! The language of the tray and of notifications: the one that the page has chosen.

mod en;
mod fi;

use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use aitta_model::{ErrorCode, Verdict};
use tauri::{AppHandle, Manager, Runtime};

use crate::choice;

/// Longer files were not written here.
const MAX_BYTES: u64 = 16;

/// What a notification is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    Backup,
    Restore,
    Proof,
    Rotation,
}

impl Work {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 4] = [Self::Backup, Self::Restore, Self::Proof, Self::Rotation];
}

/// What has to be done about a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyDuty {
    DoesNotOpen,
    StoreUnreadable,
    NotTested,
    Interrupted,
    Due,
}

/// Every word of the shell, in one language. One that lacks some does not compile.
pub(crate) struct Words {
    /// Its code (BCP 47).
    code: &'static str,
    pub(crate) open: &'static str,
    pub(crate) back_up: &'static str,
    pub(crate) quit: &'static str,
    pub(crate) not_set_up: &'static str,
    pub(crate) nothing_known: &'static str,
    /// While it is under way.
    pub(crate) at_work: fn(Work) -> &'static str,
    pub(crate) succeeded: fn(Work) -> &'static str,
    pub(crate) failed: fn(Work) -> &'static str,
    /// What a success rests on: of a backup that was read back, given its rows.
    pub(crate) read_back: fn(Option<u64>, bool) -> String,
    pub(crate) all_equal: &'static str,
    pub(crate) copy_equal: &'static str,
    pub(crate) opens: &'static str,
    pub(crate) some_closed: &'static str,
    /// What has failed, in a line.
    pub(crate) in_short: fn(ErrorCode) -> &'static str,
    pub(crate) verdict: fn(&Verdict) -> String,
    /// With how old the last backup is.
    pub(crate) last_backup: fn(&str) -> String,
    /// The same where newer ones may be there that nobody can see.
    pub(crate) last_known: fn(&str) -> String,
    /// So many seconds before.
    pub(crate) ago: fn(u64) -> String,
    pub(crate) keys: &'static str,
    pub(crate) duty: fn(KeyDuty) -> &'static str,
}

static LANGUAGES: [&Words; 2] = [&en::EN, &fi::FI];

/// The language, and where it is kept for the next start.
#[derive(Default)]
pub(crate) struct Speech {
    chosen: Mutex<Option<&'static Words>>,
    file: OnceLock<PathBuf>,
}

impl Speech {
    /// From now on the choice is kept in this file. Speaks as it says until the page is there.
    pub(crate) fn keep_in(&self, file: PathBuf) {
        let code = choice::read(&file, MAX_BYTES);
        if let Some(words) = code.as_deref().and_then(of_code) {
            *self.chosen.lock().unwrap_or_else(PoisonError::into_inner) = Some(words);
        }
        // Said once, at the start.
        drop(self.file.set(file));
    }

    pub(crate) fn words(&self) -> &'static Words {
        self.chosen.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or(&en::EN)
    }

    /// Speaks the language with this code, if it is one of ours. Returns whether that is another than before.
    pub(crate) fn choose(&self, code: &str) -> bool {
        let before = self.words().code;
        let Some(words) = of_code(code).filter(|words| words.code != before) else { return false };
        *self.chosen.lock().unwrap_or_else(PoisonError::into_inner) = Some(words);
        if let Some(Err(error)) = self.file.get().map(|file| choice::write(file, words.code)) {
            tracing::warn!("the chosen language can't be kept: {error}");
        }
        true
    }
}

fn of_code(code: &str) -> Option<&'static Words> {
    LANGUAGES.into_iter().find(|words| words.code == code)
}

/// The words to use now.
pub(crate) fn words<R: Runtime>(app: &AppHandle<R>) -> &'static Words {
    app.state::<Speech>().words()
}

/// `294 583`
fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() * 2);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{a0}');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
pub(crate) use tests::in_each;

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use aitta_model::ClosedList as _;

    use super::*;

    /// Looks at each language.
    pub(crate) fn in_each(look: impl Fn(&'static Words)) {
        LANGUAGES.into_iter().for_each(look);
    }

    #[test]
    fn a_notice_of_a_failure_is_short_and_names_no_command() {
        in_each(|words| {
            for code in ErrorCode::ALL {
                let told = (words.in_short)(*code);
                assert!(told.chars().count() < 80 && told.ends_with('.'), "{code}: {told}");
                assert!(!told.contains(['`', '_']) && !told.contains("--"), "{code}: {told}");
            }
        });
    }

    #[test]
    fn what_has_ended_is_told_apart() {
        in_each(|words| {
            for work in Work::ALL {
                let told = [(words.at_work)(work), (words.succeeded)(work), (words.failed)(work)];
                assert!(told[1] != told[2] && told.iter().all(|told| !told.is_empty()), "{told:?}");
            }
            assert!((words.read_back)(Some(294_583), false).starts_with("294\u{a0}583\u{a0}"));
            assert_ne!((words.read_back)(Some(2), true), (words.read_back)(Some(2), false));
            assert!(!(words.read_back)(None, false).contains('0'), "rows that are not known are not none");
        });
    }

    #[test]
    fn the_language_is_that_of_the_page_and_of_the_start_after_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config/language");
        let speech = Speech::default();
        speech.keep_in(file.clone());
        assert_eq!(speech.words().code, "en");
        assert!(speech.choose("fi") && !speech.choose("fi") && !speech.choose("tlh"));
        assert_eq!(speech.words().code, "fi");
        let next = Speech::default();
        next.keep_in(file.clone());
        assert_eq!(next.words().code, "fi");
        std::fs::write(&file, "x".repeat(100)).unwrap();
        let odd = Speech::default();
        odd.keep_in(file);
        assert_eq!(odd.words().code, "en");
    }
}

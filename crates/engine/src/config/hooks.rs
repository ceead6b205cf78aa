//! Programs that run before and after backups and restores. Only the file of the configuration names them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aitta_model::HookKind;

use super::setting::Note;

/// The setting for how long each may take.
pub(super) const TIMEOUT: &str = "timeout_s";

/// Everything that may stand in the table.
pub(super) const KEYS: [&str; 5] =
    ["before_backup", "after_backup", "before_restore", "after_restore", TIMEOUT];

/// How long a hook may take unless the file says otherwise, in seconds.
const TIMEOUT_S: u32 = 120;
/// Shorter than the hour after which a backup that tells of nothing counts as hung.
const TIMEOUT_MAX_S: u32 = 1800;
const WORDS_MAX: usize = 64;
const WORD_BYTES_MAX: usize = 4096;

/// A program and what it is given. No shell reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    program: PathBuf,
    arguments: Vec<String>,
}

impl Hook {
    /// The program, by its whole path.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// What it is given, word by word.
    #[must_use]
    pub fn arguments(&self) -> &[String] {
        &self.arguments
    }

    pub(super) fn of(what: &str, words: Vec<String>) -> Result<Self, Note> {
        if words.len() > WORDS_MAX {
            return Err(Note::blocker(
                format!("{what} has {} words, and {WORDS_MAX} are the most", words.len()),
                "put them into a script, and name that",
            ));
        }
        let mut words = words.into_iter();
        let program = PathBuf::from(words.next().unwrap_or_default());
        if !program.is_absolute() {
            return Err(Note::blocker(
                format!("{what} does not begin with the whole path of a program"),
                "write the path first and then each argument as a word of its own, such as [\"/usr/bin/systemctl\", \
                 \"stop\", \"shop\"]",
            ));
        }
        Ok(Self { program, arguments: words.collect() })
    }

    /// A hook of these words: the whole path of a program, and what it is given.
    ///
    /// # Errors
    /// What is wrong with the words.
    pub fn parse(words: &[&str]) -> Result<Self, String> {
        Self::of("the hook", words.iter().map(|word| (*word).to_owned()).collect())
            .map_err(|note| note.message)
    }
}

/// The hooks of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hooks {
    /// Before a backup.
    pub before_backup: Option<Hook>,
    /// After a backup.
    pub after_backup: Option<Hook>,
    /// Before a restore.
    pub before_restore: Option<Hook>,
    /// After a restore.
    pub after_restore: Option<Hook>,
    /// How long each may take, in seconds.
    pub timeout_s: u32,
}

impl Default for Hooks {
    fn default() -> Self {
        Self {
            before_backup: None,
            after_backup: None,
            before_restore: None,
            after_restore: None,
            timeout_s: TIMEOUT_S,
        }
    }
}

impl Hooks {
    /// How long each may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(u64::from(self.timeout_s))
    }

    /// The one of this kind.
    #[must_use]
    pub fn of(&self, kind: HookKind) -> Option<&Hook> {
        match kind {
            HookKind::BeforeBackup => self.before_backup.as_ref(),
            HookKind::AfterBackup => self.after_backup.as_ref(),
            HookKind::BeforeRestore => self.before_restore.as_ref(),
            HookKind::AfterRestore => self.after_restore.as_ref(),
        }
    }

    /// Those that are configured, in the order in which they run.
    pub fn all(&self) -> impl Iterator<Item = (HookKind, &Hook)> {
        use aitta_model::ClosedList as _;
        HookKind::ALL.iter().filter_map(|kind| Some((*kind, self.of(*kind)?)))
    }

    pub(super) fn slot(&mut self, kind: HookKind) -> &mut Option<Hook> {
        match kind {
            HookKind::BeforeBackup => &mut self.before_backup,
            HookKind::AfterBackup => &mut self.after_backup,
            HookKind::BeforeRestore => &mut self.before_restore,
            HookKind::AfterRestore => &mut self.after_restore,
        }
    }
}

/// A word that a program can be given.
pub(super) fn word(what: &str, text: &str) -> Result<String, Note> {
    if text.len() > WORD_BYTES_MAX || text.chars().any(char::is_control) {
        return Err(Note::blocker(
            format!("{what} has a word that is too long, or holds a control character"),
            format!("write words of at most {WORD_BYTES_MAX} bytes on one line"),
        ));
    }
    Ok(text.to_owned())
}

/// A number of seconds.
pub(super) fn timeout(what: &str, seconds: Option<u32>) -> Result<u32, Note> {
    seconds.filter(|seconds| (1..=TIMEOUT_MAX_S).contains(seconds)).ok_or_else(|| {
        Note::blocker(
            format!("{what} is no number from 1 to {TIMEOUT_MAX_S}"),
            "write how many seconds a hook may take, such as 60",
        )
    })
}

//! What to do about an error: words, and the actions that they name.
//!
//! A hint travels and is stored as text, with its actions in the words of the command line. These are a closed list
//! that is read back from the text, so that each face names an action as it has it: the command line as a command,
//! the window as the page or the button, also for errors that were stored long ago.

use std::fmt;

use crate::ClosedList;
use crate::word::{closed_list, shown_as_word};

/// A command that hints name, without anything of the case at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Start what is due, until it is stopped.
    AgentRun,
    /// Judge that an archive that no key opens is of no account.
    ArchiveDisown,
    /// See the end of the trail.
    AuditList,
    /// Check the trail, also against the archives.
    AuditVerify,
    /// Make an archive.
    BackupCreate,
    /// Delete an archive.
    BackupDelete,
    /// List the archives.
    BackupList,
    /// See which archives are held.
    BackupHolds,
    /// See what retention has put away.
    BackupListPutAway,
    /// See what would go by the rules, and why the rest stays.
    BackupPruneDry,
    /// Put back what retention has put away.
    BackupPutBack,
    /// See all of one archive.
    BackupShow,
    /// Check archives.
    BackupVerify,
    /// Check all archives.
    BackupVerifyAll,
    /// Check archives row by row.
    BackupVerifyContent,
    /// Make the catalog agree with the store.
    CatalogRebuild,
    /// See what is looked at each day, week, month and quarter.
    Checklist,
    /// Check the configuration.
    ConfigCheck,
    /// See roles with no more rights than needed.
    ConfigCheckRoles,
    /// See what a restore will need.
    Doctor,
    /// Run the after hooks that have not run.
    HooksRun,
    /// Make a key in the keychain or a key file.
    KeyCreate,
    /// Make a key, with its recovery kit as a file.
    KeyCreateKit,
    /// Print a new key for the environment.
    KeyGenerate,
    /// Take a key from its recovery kit.
    KeyImport,
    /// Write all archives anew under new data keys.
    KeyReencrypt,
    /// Move the archives to the active key.
    KeyRotate,
    /// Go on with a rotation.
    KeyRotateResume,
    /// See the keys.
    KeyStatus,
    /// Make new recovery codes.
    MfaCodes,
    /// Set up the second factor.
    MfaEnroll,
    /// Make an exception from the second factor.
    MfaExceptionAdd,
    /// End an exception.
    MfaExceptionRemove,
    /// See the second factor and its exceptions.
    MfaStatus,
    /// Try whether notices arrive.
    NotifyTest,
    /// Begin a recovery.
    Recover,
    /// End a recovery before it is done.
    RecoverAbandon,
    /// Go on with a recovery.
    RecoverResume,
    /// See what restores have set aside.
    RestoreCleanup,
    /// Prove that everything can be given back.
    RestoreProve,
    /// What is due when, and who sees to it.
    ScheduleStatus,
    /// Try the store.
    StoreCheck,
    /// Bring all copies up to date.
    StoreCopy,
    /// Put the store's credentials into the keychain.
    StoreLogin,
    /// Remove what uploads that ended early have left.
    StoreSweep,
}

closed_list!(Command {
    AgentRun => "agent run",
    ArchiveDisown => "archive disown ID --reason TEXT",
    AuditList => "audit list",
    AuditVerify => "audit verify",
    BackupCreate => "backup create",
    BackupDelete => "backup delete",
    BackupList => "backup list",
    BackupHolds => "backup holds",
    BackupListPutAway => "backup list --put-away",
    BackupPruneDry => "backup prune --dry-run",
    BackupPutBack => "backup put-back",
    BackupShow => "backup show",
    BackupVerify => "backup verify",
    BackupVerifyAll => "backup verify --all",
    BackupVerifyContent => "backup verify --level content",
    CatalogRebuild => "catalog rebuild",
    Checklist => "checklist",
    ConfigCheck => "config check",
    ConfigCheckRoles => "config check --roles",
    Doctor => "doctor",
    HooksRun => "hooks run",
    KeyCreate => "key create",
    KeyCreateKit => "key create --kit FILE",
    KeyGenerate => "key generate",
    KeyImport => "key import",
    KeyReencrypt => "key rotate --reencrypt",
    KeyRotate => "key rotate --reason routine",
    KeyRotateResume => "key rotate --resume --reason routine",
    KeyStatus => "key status",
    MfaCodes => "mfa codes",
    MfaEnroll => "mfa enroll",
    MfaExceptionAdd => "mfa exception add",
    MfaExceptionRemove => "mfa exception remove",
    MfaStatus => "mfa status",
    NotifyTest => "notify test",
    Recover => "recover",
    RecoverAbandon => "recover --abandon",
    RecoverResume => "recover --resume",
    RestoreCleanup => "restore cleanup",
    RestoreProve => "restore prove",
    ScheduleStatus => "schedule status",
    StoreCheck => "store check",
    StoreCopy => "store copy",
    StoreLogin => "store login",
    StoreSweep => "store sweep",
});

/// A choice of a restore that hints name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestoreOption {
    /// Which archive.
    Archive,
    /// Which tables.
    Tables,
    /// Into which database.
    Target,
    /// Into a new file.
    NewFile,
    /// Into which schema beside the tables.
    Schema,
    /// That what others have written may run.
    Trust,
}

closed_list!(RestoreOption {
    Archive => "--backup-id",
    Tables => "--tables",
    Target => "--to",
    NewFile => "--to sqlite:new.db",
    Schema => "--to-schema",
    Trust => "--trust-code",
});

shown_as_word!(RestoreOption);

/// Something that a hint says to do. `Display` gives it as text: a command as it is typed, in backticks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A command without anything of the case at hand.
    Run(Command),
    /// List the copies in a further store.
    ListCopies {
        /// Which, from 1 on.
        copy: usize,
    },
    /// See all of this archive.
    Show {
        /// Its id.
        id: String,
    },
    /// Check this archive.
    Verify {
        /// The further store that has it, from 1 on; absent for the first store.
        copy: Option<usize>,
        /// Its id.
        id: String,
        /// Row by row.
        content: bool,
    },
    /// Delete this archive.
    Delete {
        /// The further store that has it, from 1 on; absent for the first store.
        copy: Option<usize>,
        /// Its id.
        id: String,
    },
    /// Restore from this copy.
    RestoreCopy {
        /// The further store that has it, from 1 on.
        copy: usize,
        /// Its id.
        id: String,
    },
    /// Use a choice of a restore: `with --tables`.
    With(RestoreOption),
    /// A choice of a restore by its name: `--tables`.
    Option(RestoreOption),
}

/// As it is typed, in backticks.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{BEGIN}{}`", self.as_str())
    }
}

impl From<Command> for Action {
    fn from(command: Command) -> Self {
        Self::Run(command)
    }
}

const BEGIN: &str = "`aitta ";

impl Action {
    /// Checks the archive of this id in this store, from 1 on, or in the first one.
    #[must_use]
    pub fn verify(copy: Option<usize>, id: impl fmt::Display) -> Self {
        Self::Verify { copy, id: id.to_string(), content: false }
    }

    /// Deletes the archive of this id in this store, from 1 on, or in the first one.
    #[must_use]
    pub fn delete(copy: Option<usize>, id: impl fmt::Display) -> Self {
        Self::Delete { copy, id: id.to_string() }
    }

    /// Reads what stands between `aitta ` and the closing backtick.
    fn command(text: &str) -> Option<Self> {
        if let Some(command) = Command::of_word(text) {
            return Some(Self::Run(command));
        }
        let (copy, text) = match text.strip_prefix("--copy ").and_then(|rest| rest.split_once(' ')) {
            Some((copy, rest)) => (Some(copy.parse().ok()?), rest),
            None => (None, text),
        };
        let words: Vec<&str> = text.split(' ').collect();
        let id = |id: &str| id.to_owned();
        match (words.as_slice(), copy) {
            (["backup", "list"], Some(copy)) => Some(Self::ListCopies { copy }),
            (["backup", "show", it], None) => Some(Self::Show { id: id(it) }),
            (["backup", "verify", it], _) => Some(Self::Verify { copy, id: id(it), content: false }),
            (["backup", "verify", it, "--level", "content"], _) => {
                Some(Self::Verify { copy, id: id(it), content: true })
            }
            (["backup", "delete", it], _) => Some(Self::Delete { copy, id: id(it) }),
            // Without a reason in reports of earlier versions.
            (
                ["backup", "restore", "--backup-id", it]
                | ["backup", "restore", "--backup-id", it, "--reason", _],
                Some(copy),
            ) => Some(Self::RestoreCopy { copy, id: id(it) }),
            _ => None,
        }
    }

    /// The action that a text begins with, and how long that is.
    fn at_start(text: &str) -> Option<(Self, usize)> {
        if let Some(rest) = text.strip_prefix(BEGIN) {
            let end = rest.find('`')?;
            return Some((Self::command(&rest[..end])?, BEGIN.len() + end + 1));
        }
        let (with, name) = match text.strip_prefix("with ") {
            Some(name) => (true, name),
            None => (false, text),
        };
        let is_whole = |option: &RestoreOption| {
            let rest = name.strip_prefix(option.as_str());
            rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-'))
        };
        let options = RestoreOption::ALL.iter().copied().filter(is_whole);
        let option = options.max_by_key(|option| option.as_str().len())?;
        let action = if with { Self::With(option) } else { Self::Option(option) };
        Some((action, text.len() - name.len() + option.as_str().len()))
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |copy: &Option<usize>| copy.map_or_else(String::new, |copy| format!("--copy {copy} "));
        match self {
            Self::Run(command) => write!(f, "{command}"),
            Self::ListCopies { copy } => write!(f, "{BEGIN}--copy {copy} backup list`"),
            Self::Show { id } => write!(f, "{BEGIN}backup show {id}`"),
            Self::Verify { copy, id, content } => {
                let level = if *content { " --level content" } else { "" };
                write!(f, "{BEGIN}{}backup verify {id}{level}`", place(copy))
            }
            Self::Delete { copy, id } => write!(f, "{BEGIN}{}backup delete {id}`", place(copy)),
            Self::RestoreCopy { copy, id } => {
                write!(f, "{BEGIN}--copy {copy} backup restore --backup-id {id} --reason incident`")
            }
            Self::With(option) => write!(f, "with {option}"),
            Self::Option(option) => write!(f, "{option}"),
        }
    }
}

/// What to do about an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remedy {
    text: String,
}

/// A part of a remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part<'t> {
    /// Words.
    Words(&'t str),
    /// Something to do.
    Do(Action),
}

impl Remedy {
    /// Of an error that was stored or sent, maybe by another version: commands that are not on the list are words.
    #[must_use]
    pub fn read(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    /// For the command line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its parts in order, of which the text is made without anything between.
    #[must_use]
    pub fn parts(&self) -> Vec<Part<'_>> {
        parts(&self.text)
    }
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(rest) = text.get(at..) {
        // An action is a word of its own.
        let is_begin = !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '-');
        match Action::at_start(rest).filter(|_| is_begin) {
            Some((action, length)) => {
                if from < at {
                    parts.push(Part::Words(&text[from..at]));
                }
                parts.push(Part::Do(action));
                at += length;
                from = at;
            }
            None => match rest.chars().next() {
                Some(c) => at += c.len_utf8(),
                None => break,
            },
        }
    }
    if from < text.len() {
        parts.push(Part::Words(&text[from..]));
    }
    parts
}

impl From<String> for Remedy {
    fn from(text: String) -> Self {
        Self::read(text)
    }
}

impl From<&str> for Remedy {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<Remedy> for String {
    fn from(remedy: Remedy) -> Self {
        remedy.text
    }
}

impl From<Action> for Remedy {
    fn from(action: Action) -> Self {
        action.to_string().into()
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests;

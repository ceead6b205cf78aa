//! What a restore will need, looked at before the night on which it is needed. Data: the words are up to who shows it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::word::{closed_list, shown_as_word};
use crate::{Command, ErrorCode, Failure, Family, Word};

/// What is looked at, in the order in which it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadinessKind {
    /// Whether single tables of the live database can be replaced.
    RestoreTables,
    /// Whether the whole database can be restored in the place of the live one.
    RestoreWhole,
    /// Whether a restore would run what others have written with rights that they don't have, and so ask first.
    ForeignCode,
    /// Whether `pg_dump` and `pg_restore` are found that fit the server.
    Tools,
    /// Whether there is room for a restored database beside the live one.
    ServerRoom,
    /// Whether the store has room for one more archive.
    StoreRoom,
    /// Whether the newest archive of everything is as it was made.
    Newest,
    /// Whether the keys at hand open every archive.
    Keys,
    /// Whether the recovery kit of the key was confirmed.
    Kit,
    /// Whether a second factor guards restores and deletions.
    SecondFactor,
    /// Whether a further store holds the newest archive.
    Copies,
    /// Whether a restore of everything was proven, and not too long ago.
    Proven,
}

closed_list!(ReadinessKind {
    RestoreTables => "restore_tables",
    RestoreWhole => "restore_whole",
    ForeignCode => "foreign_code",
    Tools => "tools",
    ServerRoom => "server_room",
    StoreRoom => "store_room",
    Newest => "newest",
    Keys => "keys",
    Kit => "kit",
    SecondFactor => "second_factor",
    Copies => "copies",
    Proven => "proven",
});

shown_as_word!(ReadinessKind);

impl ReadinessKind {
    /// Where to look when it is not as it should be.
    #[must_use]
    pub fn family(self) -> Family {
        match self {
            Self::RestoreTables | Self::RestoreWhole | Self::ForeignCode | Self::Tools => Family::Database,
            Self::ServerRoom | Self::Proven => Family::Target,
            Self::StoreRoom | Self::Copies => Family::Store,
            Self::Newest => Family::Archive,
            Self::Keys | Self::Kit => Family::Key,
            Self::SecondFactor => Family::SecondFactor,
        }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ReadinessState {
    /// It is as a restore needs it.
    Ready,
    /// It is not; the fact says what is missing.
    Missing,
    /// It could not be found out; never to be shown as ready.
    Unknown {
        /// Why. `unsupported`: nobody could find it out from here, so it counts neither way.
        failure: Failure,
    },
    /// There is nothing to look at here, such as client tools for SQLite.
    NotApplicable,
}

/// What the state rests on. Names are those of the database and of the machine: data, and never commands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum ReadinessFact {
    /// The rights that replacing tables needs.
    Tables {
        /// The role that connects.
        user: String,
        /// Whether it may keep triggers from firing (`session_replication_role`).
        silences: bool,
        /// Tables and sequences on which it lacks rights, the first few, with schema.
        lacking: Vec<String>,
        /// How many there are in all.
        lacking_count: u64,
    },
    /// The rights that a swap of the whole database needs.
    Database {
        /// The role that connects.
        user: String,
        /// The database.
        database: String,
        /// Whether it may create databases.
        creates: bool,
        /// Whether it may rename the live one.
        renames: bool,
    },
    /// What others have written, and a restore could run.
    Code {
        /// The role that connects.
        user: String,
        /// Whether it has rights that the owner of a database has not, so that a restore asks first.
        is_mighty: bool,
        /// The first few, for people. Names are those of the database.
        code: Vec<String>,
        /// How many more there are.
        more: u64,
    },
    /// A file, or a folder in which a restore makes one.
    Place {
        /// Its path.
        path: String,
        /// Whether it may be written.
        writable: bool,
    },
    /// The client tools.
    Tools {
        /// Major version of the server.
        server: u32,
        /// Version of the tools that fit it; absent when none do.
        found: Option<String>,
    },
    /// Room on a disk or in a store, in bytes.
    Room {
        /// What is free, where that is known.
        free_bytes: Option<u64>,
        /// About what is needed, where that is known.
        needed_bytes: Option<u64>,
    },
    /// The newest archive of everything that is known.
    Newest {
        /// Its id.
        archive: String,
        /// What became of it.
        found: NewestFound,
    },
    /// There is no archive of this database, only others.
    Others {
        /// How many.
        archives: u64,
    },
    /// What the keys at hand open.
    Keys {
        /// Archives in all stores of the profile, each counted once.
        archives: u64,
        /// Those that no key at hand opens.
        closed: u64,
        /// Ids of keys that they name.
        missing: Vec<String>,
        /// Whether there is an active key, which locks new archives.
        active: bool,
    },
    /// The recovery kit.
    Kit {
        /// The key whose kit was not confirmed; absent when there is none.
        pending: Option<String>,
        /// Where keys are kept: `environment`, `keychain`, `key file`.
        kept: String,
    },
    /// The second factor.
    SecondFactor {
        /// Since when it is asked for.
        since: Option<Timestamp>,
    },
    /// Further stores.
    Copies {
        /// How many the profile has.
        stores: u64,
        /// Those that lack the newest archive.
        behind: Vec<String>,
    },
    /// The last restore of everything that was proven.
    Restored {
        /// When it was; absent for never.
        at: Option<Timestamp>,
        /// Whether that is so long ago that it should be done again.
        long_ago: bool,
    },
}

/// What became of the newest archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NewestFound {
    /// It is there, and not known to be damaged.
    There,
    /// It is there, and older than work may be lost.
    TooOld,
    /// It was found damaged.
    Damaged,
    /// Its size is another than when it was made.
    Changed,
    /// It is no longer in the store.
    Gone,
}

/// What helps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "remedy", rename_all = "snake_case")]
pub enum ReadinessRemedy {
    /// A statement that a superuser can run, its names quoted.
    Sql {
        /// The statement, with its semicolon.
        sql: String,
    },
    /// A command of Aitta.
    Run {
        /// Which.
        command: Word<Command>,
    },
    /// Words, in which commands stand as hints have them.
    Hint {
        /// The words.
        text: String,
    },
}

impl From<Command> for ReadinessRemedy {
    fn from(command: Command) -> Self {
        Self::Run { command: command.into() }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadinessCheck {
    /// What.
    pub kind: ReadinessKind,
    /// What was found.
    #[serde(flatten)]
    pub state: ReadinessState,
    /// What that rests on; absent where nothing could be seen.
    pub fact: Option<ReadinessFact>,
    /// What helps; empty when it is ready.
    pub remedies: Vec<ReadinessRemedy>,
}

impl ReadinessCheck {
    /// As it should be, or missing with what helps.
    #[must_use]
    pub fn found(
        kind: ReadinessKind,
        ready: bool,
        fact: ReadinessFact,
        remedies: impl IntoIterator<Item = ReadinessRemedy>,
    ) -> Self {
        let state = if ready { ReadinessState::Ready } else { ReadinessState::Missing };
        let remedies = if ready { Vec::new() } else { remedies.into_iter().collect() };
        Self { kind, state, fact: Some(fact), remedies }
    }

    /// It could not be found out.
    #[must_use]
    pub fn unknown(kind: ReadinessKind, failure: Failure, fact: Option<ReadinessFact>) -> Self {
        Self { kind, state: ReadinessState::Unknown { failure }, fact, remedies: Vec::new() }
    }

    /// There is nothing to look at.
    #[must_use]
    pub fn not_applicable(kind: ReadinessKind, fact: Option<ReadinessFact>) -> Self {
        Self { kind, state: ReadinessState::NotApplicable, fact, remedies: Vec::new() }
    }

    /// Whether it is as a restore needs it.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.state == ReadinessState::Ready
    }

    /// Whether it counts: there is something to look at, and somebody could see it from here.
    #[must_use]
    pub fn counts(&self) -> bool {
        match &self.state {
            ReadinessState::Ready | ReadinessState::Missing => true,
            ReadinessState::Unknown { failure } => failure.code != ErrorCode::Unsupported,
            ReadinessState::NotApplicable => false,
        }
    }

    /// Whether somebody should look at it: it counts, and is not ready.
    #[must_use]
    pub fn is_unmet(&self) -> bool {
        self.counts() && !self.is_ready()
    }
}

/// Everything that a restore will need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readiness {
    /// Which profile.
    pub profile: String,
    /// When this was looked at.
    pub now: Timestamp,
    /// What was looked at, one of each kind.
    pub checks: Vec<ReadinessCheck>,
}

impl Readiness {
    /// How many are ready.
    #[must_use]
    pub fn ready(&self) -> u64 {
        self.checks.iter().filter(|check| check.is_ready()).count() as u64
    }

    /// Of how many.
    #[must_use]
    pub fn counted(&self) -> u64 {
        self.checks.iter().filter(|check| check.counts()).count() as u64
    }

    /// The exit code of the command line: 0 when all are ready, else that of the first that is not.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.checks.iter().find(|check| check.is_unmet()).map_or(0, |check| match &check.state {
            ReadinessState::Unknown { failure } => failure.code.exit_code(),
            _ => check.kind.family().exit_code(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ClosedList as _;

    fn failure(code: ErrorCode) -> Failure {
        Failure { code, message: "a fact".to_owned(), hint: "a remedy".to_owned() }
    }

    fn readiness(checks: Vec<ReadinessCheck>) -> Readiness {
        Readiness { profile: "shop".to_owned(), now: Timestamp::UNIX_EPOCH, checks }
    }

    fn factor(ready: bool) -> ReadinessCheck {
        let fact = ReadinessFact::SecondFactor { since: ready.then_some(Timestamp::UNIX_EPOCH) };
        ReadinessCheck::found(ReadinessKind::SecondFactor, ready, fact, [Command::MfaEnroll.into()])
    }

    #[test]
    fn what_cannot_be_seen_by_anybody_counts_neither_way() {
        let room = |code| ReadinessCheck::unknown(ReadinessKind::ServerRoom, failure(code), None);
        let tools = ReadinessCheck::not_applicable(ReadinessKind::Tools, None);
        let all = readiness(vec![tools.clone(), room(ErrorCode::Unsupported), factor(true)]);
        assert_eq!((all.ready(), all.counted(), all.exit_code()), (1, 1, 0));
        let silent = readiness(vec![tools, room(ErrorCode::SourceUnreachable), factor(true)]);
        assert_eq!((silent.ready(), silent.counted(), silent.exit_code()), (1, 2, 7));
    }

    #[test]
    fn the_exit_code_is_that_of_the_first_that_is_missing() {
        let kit = ReadinessFact::Kit { pending: Some("4e7d".to_owned()), kept: "keychain".to_owned() };
        let kit = ReadinessCheck::found(ReadinessKind::Kit, false, kit, [Command::KeyStatus.into()]);
        assert_eq!(readiness(vec![factor(true), kit.clone(), factor(false)]).exit_code(), 4);
        assert_eq!(readiness(vec![factor(false), kit]).exit_code(), 10);
        let is_of_its_own = |kind: &ReadinessKind| kind.family().exit_code() > 2;
        assert!(
            ReadinessKind::ALL.iter().all(is_of_its_own),
            "neither success nor a slip of the command line"
        );
    }

    #[test]
    fn a_check_is_read_back_as_it_was_sent() {
        let sql = "GRANT SET ON PARAMETER session_replication_role TO \"a\"\"b\";".to_owned();
        let fact = ReadinessFact::Tables {
            user: "a\"b".to_owned(),
            silences: false,
            lacking: Vec::new(),
            lacking_count: 0,
        };
        let remedies = [ReadinessRemedy::Sql { sql }, Command::ConfigCheckRoles.into()];
        let check = ReadinessCheck::found(ReadinessKind::RestoreTables, false, fact, remedies);
        let unknown = ReadinessCheck::unknown(ReadinessKind::Keys, failure(ErrorCode::KeyMissing), None);
        let sent = readiness(vec![check, unknown, factor(true)]);
        let text = serde_json::to_string(&sent).expect("JSON");
        assert!(
            text.contains(r#""kind":"restore_tables","state":"missing","fact":{"fact":"tables""#),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<Readiness>(&text).expect("a readiness"), sent);
    }
}

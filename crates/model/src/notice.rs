//! What people are told without asking: events, the channels they go through, and whether they arrived.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::word::{closed_list, shown_as_word};
use crate::{Failure, Operation, Word};

/// What has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeEvent {
    /// A backup was made, and read back.
    BackupCreated,
    /// A backup has failed.
    BackupFailed,
    /// An archive was checked, and is as it was written.
    BackupVerified,
    /// An archive was checked, and is damaged or does not open.
    BackupDamaged,
    /// Data was given back, and proven.
    RestoreCompleted,
    /// The archives were moved to another key.
    KeyRotated,
    /// Old archives would go by the rules, and something is in the way.
    PruneHeldBack,
    /// The newest verified backup is older than the schedule allows.
    BackupOverdue,
    /// The store can't be looked at: what is in it is not known.
    StoreUnknown,
    /// A table has lost more of its rows than may go without a question.
    TableLoss,
    /// More of the store is in use than is allowed.
    StorageAlarm,
    /// A backup is of a size that those before it did not have.
    SizeAnomaly,
    /// The key is older than is allowed.
    KeyDue,
    /// Backups are to make themselves, and nothing sees to that.
    ScheduleForsaken,
    /// The audit trail is not as it was written.
    TrailBroken,
    /// What is wrong still, once a day.
    DailyDigest,
    /// Anything else has failed.
    RunFailed,
    /// What has failed before fails no more.
    WorksAgain,
    /// Somebody tries whether notices arrive.
    Test,
}

closed_list!(NoticeEvent {
    BackupCreated => "backup_created",
    BackupFailed => "backup_failed",
    BackupVerified => "backup_verified",
    BackupDamaged => "backup_damaged",
    RestoreCompleted => "restore_completed",
    KeyRotated => "key_rotated",
    PruneHeldBack => "prune_held_back",
    BackupOverdue => "backup_overdue",
    StoreUnknown => "store_unknown",
    TableLoss => "table_loss",
    StorageAlarm => "storage_alarm",
    SizeAnomaly => "size_anomaly",
    KeyDue => "key_due",
    ScheduleForsaken => "schedule_forsaken",
    TrailBroken => "trail_broken",
    DailyDigest => "daily_digest",
    RunFailed => "run_failed",
    WorksAgain => "works_again",
    Test => "test",
});

shown_as_word!(NoticeEvent);

impl NoticeEvent {
    /// Whether somebody has to do something.
    #[must_use]
    pub fn is_trouble(self) -> bool {
        match self {
            Self::BackupFailed
            | Self::BackupDamaged
            | Self::PruneHeldBack
            | Self::BackupOverdue
            | Self::StoreUnknown
            | Self::TableLoss
            | Self::StorageAlarm
            | Self::SizeAnomaly
            | Self::KeyDue
            | Self::ScheduleForsaken
            | Self::TrailBroken
            | Self::RunFailed => true,
            Self::BackupCreated
            | Self::BackupVerified
            | Self::RestoreCompleted
            | Self::KeyRotated
            | Self::DailyDigest
            | Self::WorksAgain
            | Self::Test => false,
        }
    }

    /// Whether it happens each night while all is well: people are told of it only when it ends a trouble.
    #[must_use]
    pub fn is_routine(self) -> bool {
        matches!(self, Self::BackupCreated | Self::BackupVerified)
    }
}

/// What a report tells people. Who it is of, and when, is added where it is noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tidings {
    /// What has happened.
    pub event: NoticeEvent,
    /// The archive that it is about.
    pub archive: Option<String>,
    /// Tables, by their names.
    pub tables: Vec<String>,
    /// Rows in them.
    pub rows: Option<u64>,
    /// Bytes of the archive.
    pub size_bytes: Option<u64>,
    /// From start to end, in milliseconds.
    pub duration_ms: Option<u64>,
    /// What is wrong.
    pub failure: Option<Failure>,
}

impl Tidings {
    /// Of this event, and no more.
    #[must_use]
    pub fn of(event: NoticeEvent) -> Self {
        Self {
            event,
            archive: None,
            tables: Vec::new(),
            rows: None,
            size_bytes: None,
            duration_ms: None,
            failure: None,
        }
    }
}

/// Names of tables that a notice has at most. Whoever owns a database can make any number of them, of any length.
pub const NOTICE_TABLES: usize = 500;

/// Bytes of these names together.
const NAMES_MAX: usize = 16_000;

/// Characters of a message and of its hint.
const WORDS_MAX: usize = 2000;

/// Something that people are told, as it is kept until it has arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What has happened.
    pub event: Word<NoticeEvent>,
    /// The profile.
    pub profile: String,
    /// When.
    pub at: Timestamp,
    /// What was done; absent for a test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Word<Operation>>,
    /// The run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<i64>,
    /// The archive that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<String>,
    /// The first [`NOTICE_TABLES`] tables, by their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<String>,
    /// How many more there are.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub more_tables: u64,
    /// Rows in them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Bytes of the archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// From start to end, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// What is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// How often the same has happened since people were told, without being told again.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub again: u64,
    /// What has ended, where that was found by looking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Word<NoticeEvent>>,
    /// Since when there was the trouble that this ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_trouble_since: Option<Timestamp>,
}

impl Notice {
    /// Of what a report tells.
    #[must_use]
    pub fn of(tidings: Tidings, profile: &str, at: Timestamp) -> Self {
        let Tidings { event, archive, mut tables, rows, size_bytes, duration_ms, failure } = tidings;
        let mut room = NAMES_MAX;
        let fits = |name: &&String| {
            let left = room.checked_sub(name.len());
            room = left.unwrap_or(room);
            left.is_some()
        };
        let named = tables.iter().take(NOTICE_TABLES).take_while(fits).count();
        let more_tables = (tables.len() - named) as u64;
        tables.truncate(named);
        let cut = |text: String| match text.char_indices().nth(WORDS_MAX) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        };
        let failure = failure.map(|Failure { code, message, hint }| Failure {
            code,
            message: cut(message),
            hint: cut(hint),
        });
        Self {
            event: event.into(),
            profile: profile.to_owned(),
            at,
            operation: None,
            run: None,
            archive,
            tables,
            more_tables,
            rows,
            size_bytes,
            duration_ms,
            failure,
            again: 0,
            ended: None,
            ends_trouble_since: None,
        }
    }
}

/// Kinds of channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// JSON by HTTP, signed as Standard Webhooks has it.
    Webhook,
    /// A chat of Slack, or of what takes its messages.
    Slack,
    /// A chat of Microsoft Teams.
    Teams,
    /// Mail.
    Mail,
    /// A dead man's switch: it raises an alarm elsewhere when no ping arrives.
    Ping,
}

closed_list!(ChannelKind {
    Webhook => "webhook",
    Slack => "slack",
    Teams => "teams",
    Mail => "mail",
    Ping => "ping",
});

shown_as_word!(ChannelKind);

/// How it stands with a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelStatus {
    /// Its kind; a profile has one of each at most.
    pub kind: ChannelKind,
    /// The variable of the environment that names it.
    pub variable: String,
    /// Scheme and host; the rest of the address is a secret.
    pub place: Option<String>,
    /// When something was last delivered.
    pub delivered: Option<Timestamp>,
    /// Notices that wait for it.
    pub waiting: u64,
    /// When the next attempt is made.
    pub again: Option<Timestamp>,
    /// Notices of the last week that it did not get, and will not.
    pub lost: u64,
    /// Why the last attempt failed; absent when it did not, or when there was none.
    pub failure: Option<Failure>,
}

/// The channels of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotifyStatus {
    /// The profile.
    pub profile: String,
    /// Its channels.
    pub channels: Vec<ChannelStatus>,
}

/// What a try of the channels, or a round of deliveries, came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotifyReport {
    /// Deliveries that were confirmed, by their channels.
    pub delivered: Vec<ChannelKind>,
    /// Attempts that failed, each with the reason.
    pub failed: Vec<(ChannelKind, Failure)>,
}

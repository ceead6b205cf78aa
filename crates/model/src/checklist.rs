//! The checklist: what is looked at each day, week, month and quarter, and who or what has done so.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Word;
use crate::word::{closed_list, shown_as_word};

/// How often something is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// Each day.
    Day,
    /// Each week, from Monday on.
    Week,
    /// Each month.
    Month,
    /// Each quarter of a year.
    Quarter,
}

closed_list!(Span {
    Day => "day",
    Week => "week",
    Month => "month",
    Quarter => "quarter",
});

shown_as_word!(Span);

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckItem {
    /// A backup was made.
    Completion,
    /// Its size is as usual.
    Size,
    /// The store has room.
    Storage,
    /// Somebody has read the logs.
    Logs,
    /// Archives were read back, with their sidecars.
    Integrity,
    /// Old archives went by the rules.
    Retention,
    /// Everything was restored and compared.
    TestRestore,
    /// Somebody has looked at what the store costs.
    Cost,
    /// Somebody has looked whether what is written down is right.
    Documentation,
    /// A disaster was rehearsed.
    Drill,
    /// Somebody has looked at the policies.
    Policies,
    /// Somebody has looked at who has access.
    Access,
    /// The key is not older than is allowed.
    Keys,
}

closed_list!(CheckItem {
    Completion => "completion",
    Size => "size",
    Storage => "storage",
    Logs => "logs",
    Integrity => "integrity",
    Retention => "retention",
    TestRestore => "test_restore",
    Cost => "cost",
    Documentation => "documentation",
    Drill => "drill",
    Policies => "policies",
    Access => "access",
    Keys => "keys",
});

shown_as_word!(CheckItem);

impl CheckItem {
    /// How often it is looked at.
    #[must_use]
    pub fn span(self) -> Span {
        match self {
            Self::Completion | Self::Size | Self::Storage => Span::Day,
            Self::Logs | Self::Integrity | Self::Retention => Span::Week,
            Self::TestRestore | Self::Cost | Self::Documentation => Span::Month,
            Self::Drill | Self::Policies | Self::Access | Self::Keys => Span::Quarter,
        }
    }

    /// Whether nothing but a person can say that it was done.
    #[must_use]
    pub fn is_by_hand(self) -> bool {
        matches!(
            self,
            Self::Logs | Self::Cost | Self::Documentation | Self::Drill | Self::Policies | Self::Access
        )
    }
}

/// How something was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Ticked {
    /// Aitta has evidence.
    Evidence {
        /// When.
        at: Timestamp,
        /// The run that shows it, where one does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        run: Option<i64>,
    },
    /// Somebody says so.
    Person {
        /// When.
        at: Timestamp,
        /// Who.
        name: String,
        /// What they have noted.
        note: String,
    },
}

/// A line of the checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckLine {
    /// What.
    pub item: Word<CheckItem>,
    /// How often.
    pub span: Word<Span>,
    /// When the span began that lasts now.
    pub from: Timestamp,
    /// How it was done in this span; absent when it was not yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<Ticked>,
    /// Whether it was not done in the span before, though there were backups then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missed: bool,
}

/// The checklist of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checklist {
    /// Which profile.
    pub profile: String,
    /// When this was looked at.
    pub now: Timestamp,
    /// The time zone in which days begin.
    pub zone: String,
    /// Its lines: daily, weekly, monthly, quarterly.
    pub lines: Vec<CheckLine>,
}

/// Says that something of the checklist was done by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TickRequest {
    /// What.
    pub item: CheckItem,
    /// What was found.
    pub note: String,
}

//! The audit trail: who did what, when, why, and how it ended.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ErrorCode, Operation, RunOutcome, Word};

/// Why something is done, of a closed list, so that reports can count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReasonCode {
    /// The ordinary course of things.
    Routine,
    /// A new version of an application.
    Release,
    /// Something went wrong.
    Incident,
    /// A rehearsal.
    Drill,
    /// A person asks for their data, or for it to be erased (GDPR, articles 15 and 17).
    RequestOfDataSubject,
    /// As the words say.
    Other,
}

impl ReasonCode {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 6] =
        [Self::Routine, Self::Release, Self::Incident, Self::Drill, Self::RequestOfDataSubject, Self::Other];

    /// As it is written, such as `request-of-data-subject`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Routine => "routine",
            Self::Release => "release",
            Self::Incident => "incident",
            Self::Drill => "drill",
            Self::RequestOfDataSubject => "request-of-data-subject",
            Self::Other => "other",
        }
    }
}

/// A code, and words. In requests it travels as text: `incident: UPDATE without WHERE`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Of the closed list.
    pub code: ReasonCode,
    /// In words; empty when the code says it all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

impl Reason {
    /// A code is the first word, alone or with more after it, as in `incident 17` and `incident: 17`; all other words are
    /// [`ReasonCode::Other`]. `None` for blank text, and for `other` without words.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '-').unwrap_or(text.len());
        let (head, rest) = text.split_at(end);
        let code = ReasonCode::ALL.into_iter().find(|code| code.as_str().eq_ignore_ascii_case(head));
        let words = rest.trim_start();
        let separated = words.strip_prefix([':', ',', ';', '.']);
        let reason = match code {
            // Other words begin with it as well.
            None | Some(ReasonCode::Other) if separated.is_none() && !rest.is_empty() => {
                Self { code: ReasonCode::Other, text: text.to_owned() }
            }
            Some(code) => Self { code, text: separated.unwrap_or(words).trim().to_owned() },
            None => Self { code: ReasonCode::Other, text: text.to_owned() },
        };
        (reason.code != ReasonCode::Other || !reason.text.is_empty()).then_some(reason)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.text.is_empty() {
            f.write_str(self.code.as_str())
        } else {
            write!(f, "{}: {}", self.code.as_str(), self.text)
        }
    }
}

/// What an operation was asked for by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The command line.
    #[default]
    CommandLine,
    /// The window.
    Window,
    /// HTTP.
    Api,
    /// The clock: there is no person to give a reason.
    Schedule,
}

impl Origin {
    /// As it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CommandLine => "command_line",
            Self::Window => "window",
            Self::Api => "api",
            Self::Schedule => "schedule",
        }
    }
}

/// Who.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// User of the operating system.
    pub user: String,
    /// The name that is configured for the admin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin: Option<String>,
    /// Name of the machine.
    pub host: String,
}

/// Which part of its operation an entry records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditStage {
    /// It begins now. Written before anything is done.
    Begun,
    /// It has ended, see [`AuditEntry::outcome`].
    Ended,
    /// It happened in one step, such as a refused second factor.
    Event,
}

impl AuditStage {
    /// As it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Ended => "ended",
            Self::Event => "event",
        }
    }
}

/// Where a chain was at some time: its number and hash stand for everything up to it, and reveal none of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditAnchor {
    /// Random id of the chain, from its first entry.
    pub chain: String,
    /// Number of the entry.
    pub entry: u64,
    /// Its hash, in hexadecimal.
    pub hash: String,
}

/// One entry. Its JSON, field by field in this order, is what the chain is made over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Number, from 1 without a gap.
    pub entry: u64,
    /// When.
    pub at: Timestamp,
    /// Which part of its operation it records.
    pub stage: AuditStage,
    /// Number of the entry that began what this one ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<u64>,
    /// Who.
    pub actor: Actor,
    /// What it was asked for by.
    pub origin: Origin,
    /// What is done.
    pub operation: Word<Operation>,
    /// Profile that it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Archive that it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<String>,
    /// Tables that were chosen; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<String>,
    /// Database or key that was written to, without secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// How it ended. Of an event, another word: what happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Word<RunOutcome>>,
    /// The error it ended with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<ErrorCode>,
    /// What it came to, such as `rows` and `bytes`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub figures: BTreeMap<String, u64>,
    /// What else is worth knowing: which second factor was shown, which exception was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Id of the key that signs it; absent when none was at hand. It is in here, so that a signature can't be
    /// taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<String>,
    /// Random id of the chain, in its first entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// Other chains that archives of the store tell of, each at its furthest: a rebuild of the catalog notes
    /// them, since the catalog that had them is another one, or gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_chains: Vec<AuditAnchor>,
}

impl AuditEntry {
    /// Whether it is of something that went well.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.outcome.as_ref().is_some_and(|outcome| outcome.is(RunOutcome::Succeeded))
    }
}

/// An entry with its link of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// The entry.
    #[serde(flatten)]
    pub entry: AuditEntry,
    /// SHA-256 over the hash before and the entry, in hexadecimal.
    pub hash: String,
}

/// Which entries are asked for. Nothing set means all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditQuery {
    /// Only this operation.
    pub operation: Option<Word<Operation>>,
    /// Only this profile.
    pub profile: Option<String>,
    /// Only this user or admin.
    pub user: Option<String>,
    /// From this time on.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub to: Option<Timestamp>,
    /// So many at most, the newest.
    pub limit: Option<u32>,
}

/// Entries, newest first, and whether the chain holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditList {
    /// The entries.
    pub records: Vec<AuditRecord>,
    /// How many match, also beyond the limit.
    pub total: u64,
    /// The chain as a whole.
    pub chain: ChainStatus,
}

/// Whether the trail is as it was written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChainStatus {
    /// Entries that are there.
    pub entries: u64,
    /// The last entry up to which everything is as it was written.
    pub intact_to: u64,
    /// The last entry under a signature that was checked; absent when the key is not at hand.
    pub signed_to: Option<u64>,
    /// Id of the key that signed it.
    pub key_id: Option<String>,
    /// Entries that were written while no key was at hand, and bear no signature of their own.
    pub unsigned: u64,
    /// Archives of the store whose anchors were compared.
    pub anchors: u64,
    /// Those among them whose anchors were read from the archives themselves, and not from their sidecars.
    pub anchors_proven: u64,
    /// Chains of other catalogs that archives of the store tell of.
    pub others: Vec<OtherChain>,
    /// What is wrong, at the first entry that is not as it was written.
    pub fault: Option<ChainFault>,
    /// All that is wrong, by entry: that one first. What stands behind a break can't be proven, but what was done to it
    /// as well is told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<ChainFault>,
    /// How many more there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_faults: u64,
    /// What could not be checked, and what else is odd.
    pub remarks: Vec<String>,
}

/// A chain that is not in this catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherChain {
    /// Its id.
    pub chain: String,
    /// Archives that tell of it.
    pub archives: u64,
    /// The furthest entry that they tell of.
    pub entry: u64,
    /// The archive that tells of it.
    pub archive: String,
    /// Where it was kept, as `host:folder`; absent when that archive could not be opened.
    pub place: Option<String>,
    /// Whether a rebuild of this catalog has noted it.
    pub noted: bool,
}

// On a machine of 32 bits the reference is the smaller one.
#[cfg_attr(target_pointer_width = "64", expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so"))]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl ChainStatus {
    /// Whether nothing was found wrong.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.fault.is_none()
    }
}

/// Where the chain breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainFault {
    /// Number of the first entry that is not as it was written, or is missing.
    pub entry: u64,
    /// What is wrong with it.
    pub what: String,
}

/// The trail as a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditFormat {
    /// RFC 4180, with a header line.
    Csv,
    /// An array of records.
    Json,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_may_stand_alone_or_before_words() {
        let read = |text: &str| Reason::parse(text).map(|r| r.to_string());
        for (text, read_as) in [
            ("incident", Some("incident")),
            (" Incident : UPDATE without WHERE ", Some("incident: UPDATE without WHERE")),
            ("request-of-data-subject: 17/2026", Some("request-of-data-subject: 17/2026")),
            ("incident 17", Some("incident: 17")),
            ("Incident, bookings are gone", Some("incident: bookings are gone")),
            ("incident-17", Some("other: incident-17")),
            ("before release 4.2", Some("other: before release 4.2")),
            ("other than usual", Some("other: other than usual")),
            ("other: a word", Some("other: a word")),
            ("12:30 it went wrong", Some("other: 12:30 it went wrong")),
            ("other", None),
            ("other:  ", None),
            ("  ", None),
        ] {
            assert_eq!(read(text).as_deref(), read_as, "{text:?}");
        }
    }

    #[test]
    fn a_reason_is_read_back_as_it_is_shown() {
        for code in ReasonCode::ALL {
            let reason = Reason { code, text: "a: b".to_owned() };
            assert_eq!(Reason::parse(&reason.to_string()), Some(reason));
        }
    }
}

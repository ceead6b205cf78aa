//! How a profile is saved: what is tried before, what stays behind, and what came of it.

use serde::{Deserialize, Serialize};

use crate::error::Family;
use crate::{ErrorCode, Session, SourceCheck, StoreCheck};

/// What becomes of the store that a profile had, when it gets another one. Its archives are never touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OldStore {
    /// It becomes a further store of the profile: its archives can be restored, and new ones are copied there.
    Keep,
    /// It is no store of the profile any more.
    Leave,
}

/// How a profile is to be saved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaveHow {
    /// Whether what was changed is saved without a try: for a server that is down right now.
    #[serde(default)]
    pub untested: bool,
    /// What becomes of the store that the profile had. When it is absent and archives stay there, nothing is saved, and
    /// the report says what stays.
    #[serde(default)]
    pub old_store: Option<OldStore>,
}

impl SaveHow {
    /// Whether saving untested can help against this error of a save: only a place that does not answer as it should is
    /// passed over, never settings that can't be meant.
    #[must_use]
    pub fn passes(code: ErrorCode) -> bool {
        matches!(code.family(), Family::Store | Family::Database)
    }
}

/// The store that a profile would leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftStore {
    /// Where it lies, for people.
    pub location: String,
    /// Archives that lie there; absent when it can't be looked at now.
    pub archives: Option<u64>,
}

/// What came of saving a profile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaveReport {
    /// Whether it was written. If not, [`Self::left`] has to be answered first, by [`SaveHow::old_store`].
    pub saved: bool,
    /// The store that the profile would leave, where archives stay there or may stay there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<LeftStore>,
    /// The database, where it was changed and has answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceCheck>,
    /// The store, where it was changed and has taken, given back and deleted an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreCheck>,
}

/// What the window gets when a profile was saved, or was not because something has to be answered first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedProfile {
    /// What came of it.
    pub report: SaveReport,
    /// What is shown now.
    pub session: Session,
}

/// Archives of somebody else among the newest ones of a store. Found in headers and sidecars, which nobody has signed: for
/// people, and no decision rests on it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreOthers {
    /// Databases that archives were made of, other than the profile's.
    pub databases: Vec<String>,
    /// Ids of keys that archives need and that are not at hand.
    pub keys: Vec<String>,
}

impl StoreOthers {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.databases.is_empty() && self.keys.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_never_saved_untested() {
        for code in [
            ErrorCode::ConfigInvalid,
            ErrorCode::Unsupported,
            ErrorCode::System,
            ErrorCode::KeychainUnavailable,
        ] {
            assert!(!SaveHow::passes(code), "{code}");
        }
        for code in [
            ErrorCode::StoreUnreachable,
            ErrorCode::StoreMissing,
            ErrorCode::SourceAuth,
            ErrorCode::LockTimeout,
        ] {
            assert!(SaveHow::passes(code), "{code}");
        }
    }

    /// A question without the newer fields is one that tests and asks.
    #[test]
    fn what_is_not_said_is_tested_and_asked() {
        let how: SaveHow = serde_json::from_str("{}").expect("all fields may be absent");
        assert_eq!(how, SaveHow { untested: false, old_store: None });
    }
}

//! The index of the ring: which keys there are, and what each is for. It holds no secrets.

use aitta_base::{Error, Result};
use aitta_model::{Command, ErrorCode, KeyState};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// The version of the index that this build writes.
const VERSION: u32 = 1;

/// Destroyed keys that are remembered. An entry of a keychain is small: 2560 bytes on Windows.
const REMEMBERED: usize = 4;

/// What is known about the keys, in the order in which they came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    version: u32,
    /// The keys.
    pub keys: Vec<Entry>,
}

/// One key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// What it is for.
    pub state: KeyState,
    /// When it was made, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When it was retired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired: Option<Timestamp>,
    /// From when on it may be destroyed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destroyable_from: Option<Timestamp>,
    /// When it was destroyed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destroyed: Option<Timestamp>,
    /// Numbers of the groups of its kit that are asked for, while it is pending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<u8>,
    /// Whether it was ever the active one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub used: bool,
    /// Whether the entry of a destroyed key is gone from the vault.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wiped: bool,
}

impl Entry {
    /// A key of which only this is known.
    #[must_use]
    pub fn new(id: String, state: KeyState, created: Option<Timestamp>) -> Self {
        Self {
            id,
            state,
            created,
            retired: None,
            destroyable_from: None,
            destroyed: None,
            asked: Vec::new(),
            used: state == KeyState::Active,
            wiped: false,
        }
    }
}

impl Default for Index {
    fn default() -> Self {
        Self { version: VERSION, keys: Vec::new() }
    }
}

impl Index {
    /// Reads what [`Index::to_text`] wrote.
    ///
    /// # Errors
    /// `unsupported` when a newer version wrote it, `key_invalid` when it is damaged.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let damaged = |e: serde_json::Error| {
            Error::new(
                ErrorCode::KeyInvalid,
                format!("the list of the keys is damaged: {e}"),
                format!(
                    "take the keys from their recovery kits again with {key_import}, the one in use first",
                    key_import = Command::KeyImport
                ),
            )
        };
        let Version { version } = serde_json::from_str(text).map_err(damaged)?;
        if version > VERSION {
            return Err(Error::new(
                ErrorCode::Unsupported,
                format!("the list of the keys was written by a newer version of Aitta (version {version})"),
                "install that version here too",
            ));
        }
        serde_json::from_str(text).map_err(damaged)
    }

    pub(crate) fn to_text(&self) -> String {
        serde_json::to_string(self).expect("plain data without maps of odd keys")
    }

    /// What is known about the key of this id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Entry> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// What is known about the key of this id, to change it.
    pub fn find_mut(&mut self, id: &str) -> Option<&mut Entry> {
        self.keys.iter_mut().find(|key| key.id == id)
    }

    /// Those in one state.
    pub fn in_state(&self, state: KeyState) -> impl Iterator<Item = &Entry> {
        self.keys.iter().filter(move |key| key.state == state)
    }

    /// The active key.
    #[must_use]
    pub fn active(&self) -> Option<&Entry> {
        self.in_state(KeyState::Active).next()
    }

    /// Makes a key the active one; the one before is retired, and may be destroyed after `retention_days`.
    pub fn activate(&mut self, id: &str, now: Timestamp, retention_days: u32) {
        for key in &mut self.keys {
            if key.id == id {
                (key.state, key.used) = (KeyState::Active, true);
                (key.retired, key.destroyable_from) = (None, None);
                key.asked.clear();
            } else if key.state == KeyState::Active {
                (key.state, key.used) = (KeyState::Retired, true);
                key.retired = Some(now);
                key.destroyable_from = Some(after(now, retention_days));
            }
        }
    }

    /// Puts in what there is to know about a key, in place of what was known.
    pub fn put(&mut self, entry: Entry) {
        self.keys.retain(|key| key.id != entry.id);
        self.keys.push(entry);
        // The oldest ones that nothing is left of.
        let mut surplus = self.keys.iter().filter(|key| key.wiped).count().saturating_sub(REMEMBERED);
        self.keys.retain(|key| {
            let forget = key.wiped && surplus > 0;
            surplus -= usize::from(forget);
            !forget
        });
    }
}

/// So many days later.
#[must_use]
pub fn after(now: Timestamp, days: u32) -> Timestamp {
    now.checked_add((24 * i64::from(days)).hours()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn now() -> Timestamp {
        "2026-11-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_key_before_is_retired_and_kept_as_long_as_archives() {
        let mut index = Index::default();
        for id in ["a", "b"] {
            index.put(Entry::new(id.to_owned(), KeyState::Pending, Some(now())));
            index.activate(id, now(), 30);
        }
        assert_eq!(index.active().unwrap().id, "b");
        let before = index.find("a").unwrap();
        let from = "2026-12-01T12:00:00Z".parse().unwrap();
        assert_eq!((before.state, before.destroyable_from), (KeyState::Retired, Some(from)));
        assert_eq!(Index::parse(&index.to_text()).unwrap(), index);
    }

    #[test]
    fn a_newer_or_damaged_list_is_told_apart() {
        let newer = Index::parse(r#"{"version":2,"rings":[]}"#).unwrap_err();
        assert_eq!(newer.code(), ErrorCode::Unsupported);
        for text in ["", "{}", "{\"version\":1}", "{\"version\":1,\"keys\":[{}]}"] {
            assert_eq!(Index::parse(text).unwrap_err().code(), ErrorCode::KeyInvalid, "{text}");
        }
    }

    #[test]
    fn only_destroyed_keys_are_ever_forgotten() {
        let mut index = Index::default();
        for n in 0..20 {
            let mut entry = Entry::new(format!("{n}"), KeyState::Retired, None);
            if n % 2 == 0 {
                (entry.state, entry.wiped) = (KeyState::Destroyed, true);
            }
            index.put(entry);
        }
        assert_eq!(index.in_state(KeyState::Retired).count(), 10);
        assert_eq!(index.in_state(KeyState::Destroyed).count(), REMEMBERED);
        assert!(index.find("18").is_some() && index.find("0").is_none());
    }
}

//! The key ring, rotation, and the recovery kit.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::word::{closed_list, shown_as_word};
use crate::{Failure, MfaCode, PhaseTiming};

/// What a vault key is for at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// Made, and kept, but not used before its recovery kit was confirmed.
    Pending,
    /// Locks new archives.
    Active,
    /// Still opens old archives.
    Retired,
    /// Gone. Only its id is remembered.
    Destroyed,
}

closed_list!(KeyState {
    Pending => "pending",
    Active => "active",
    Retired => "retired",
    Destroyed => "destroyed",
});

shown_as_word!(KeyState);

/// One vault key, without the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyEntry {
    /// Its id, which is derived from it and not secret.
    pub key_id: String,
    /// What it is for.
    pub state: KeyState,
    /// When it was made, or first seen.
    pub created: Option<Timestamp>,
    /// When another took its place.
    pub retired: Option<Timestamp>,
    /// From when on it may be destroyed.
    pub destroyable_from: Option<Timestamp>,
    /// When it was destroyed.
    pub destroyed: Option<Timestamp>,
    /// Archives in the stores of the profile that it opens, as far as these could be looked at; one that has copies
    /// counts once. Absent when no store could be looked at.
    pub archives: Option<u64>,
    /// Those among them that no other key of the ring opens, be it only a copy. Absent when there are none, but not
    /// everything could be looked at: see [`KeyRingReport::unseen`].
    pub archives_alone: Option<u64>,
    /// The stores that these lie in.
    #[serde(default)]
    pub needed_in: Vec<String>,
    /// Of a pending key: numbers, from 1, of the groups of its kit that confirm it, in the order in which they are
    /// asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<u8>,
}

/// A key that archives need, by what their headers say. An id in a header is signed by nobody as long as the key is not
/// at hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeededKey {
    /// Its id.
    pub key_id: String,
    /// Archives that need it; one that has copies counts once.
    pub archives: u64,
    /// When the newest of them was begun.
    pub newest: Timestamp,
}

/// Whether the active key was seen to open the newest archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyCanary {
    /// When that was tried.
    pub at: Timestamp,
    /// The archive; absent when there was none to try.
    pub archive: Option<String>,
    /// Why it did not open.
    pub failure: Option<Failure>,
}

/// The key ring of the profile that is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRingReport {
    /// Where keys are kept: `environment`, `keychain`, `key file`, or the `memory` of a sample.
    pub kept: String,
    /// What else would count if the environment did not come first.
    pub overrides: Option<String>,
    /// The keys: pending, active, retired, destroyed.
    pub keys: Vec<KeyEntry>,
    /// When the active key is to be changed.
    pub due: Option<Timestamp>,
    /// Whether that has passed.
    pub overdue: bool,
    /// The last test of the active key; absent when it was never tested.
    pub canary: Option<KeyCanary>,
    /// A rotation that has not ended.
    pub rotation: Option<RotationStatus>,
    /// Stores of the profile that could not be looked at, or not wholly, each with why: which keys are needed there
    /// is not known.
    #[serde(default)]
    pub unseen: Vec<(String, Failure)>,
    /// Keys that archives in these stores need and that are missing: no key of the ring opens these archives. Those that
    /// most archives need come first; at most [`Self::MISSING`] are listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<NeededKey>,
}

impl KeyEntry {
    /// Whether its kit can be confirmed from the copy that was printed: which groups are asked for is known.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.state == KeyState::Pending && !self.asked.is_empty()
    }
}

impl KeyRingReport {
    /// Missing keys that are listed at most: whoever may write into a store can make ids up.
    pub const MISSING: usize = 100;

    /// The key that locks new archives.
    #[must_use]
    pub fn active(&self) -> Option<&KeyEntry> {
        self.keys.iter().find(|key| key.state == KeyState::Active)
    }
}

/// A rotation that is under way, was interrupted, or is yet to be begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotationStatus {
    /// The key that is left.
    pub from: String,
    /// The key that takes its place.
    pub to: String,
    /// When it began; for one that was not begun yet, since when the new key is in use.
    pub started: Timestamp,
    /// Which way.
    #[serde(default)]
    pub direction: RotationDirection,
    /// Whether the data is written anew under new data keys.
    pub reencrypt: bool,
    /// Whether it was begun; otherwise archives need another key than the active one, as after a new key was made.
    #[serde(default = "begun")]
    pub begun: bool,
    /// Archives that are done. Of one that was killed it may be a few more.
    pub done: u64,
    /// Archives in all.
    pub archives: u64,
    /// Whether a process is at work on it now.
    pub running: bool,
}

/// Reports of earlier versions have no `begun`: they listed only rotations that had begun.
fn begun() -> bool {
    true
}

/// The printable copy of a vault key. It can't be printed by `Debug`: it holds the key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryKit {
    /// Id of the key.
    pub key_id: String,
    /// When the kit was made.
    pub created: Timestamp,
    /// The key: 16 groups of four hexadecimal digits and, after a dash, a check digit.
    pub groups: Vec<String>,
    /// Numbers, from 1, of the groups that are asked for.
    pub asked: Vec<u8>,
    /// The key as QR code, as SVG.
    pub qr_svg: String,
    /// The page as text.
    pub text: String,
    /// The page as HTML, complete in itself.
    pub html: String,
}

impl std::fmt::Debug for RecoveryKit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RecoveryKit({})", self.key_id)
    }
}

/// The groups of a recovery kit that somebody has typed. Never shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct TypedGroups(Vec<String>);

impl TypedGroups {
    /// In the order in which they were asked for.
    #[must_use]
    pub fn new(groups: Vec<String>) -> Self {
        Self(groups)
    }

    /// As they were typed.
    #[must_use]
    pub fn expose(&self) -> &[String] {
        &self.0
    }
}

impl std::fmt::Debug for TypedGroups {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// Make a key, to take the place of the active one, or to be the first.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct CreateKeyRequest {
    /// Why.
    pub reason: Option<String>,
    /// The second factor, where there is an active key already.
    pub mfa: Option<MfaCode>,
}

/// Show that the recovery kit of a pending key is at hand: it becomes active.
#[derive(Debug, Clone, Deserialize)]
pub struct ConfirmKeyRequest {
    /// Id of the pending key.
    pub key_id: String,
    /// The groups that [`RecoveryKit::asked`] asks for, in that order.
    pub typed: TypedGroups,
    /// The second factor, for a key that was made before it was set up.
    #[serde(default)]
    pub mfa: Option<MfaCode>,
}

/// A key as text: hexadecimal digits, the groups of a kit, or a whole kit. Never shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct KeyText(String);

impl KeyText {
    /// Wraps text; it is checked where it is used.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for KeyText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// Take a key from a recovery kit into the ring.
#[derive(Debug, Clone, Deserialize)]
pub struct ImportKeyRequest {
    /// The key.
    pub key: KeyText,
    /// Why.
    pub reason: Option<String>,
    /// The second factor, where there is an active key already.
    #[serde(default)]
    pub mfa: Option<MfaCode>,
}

/// Make the recovery kit of a key again.
#[derive(Debug, Clone, Deserialize)]
pub struct ExportKitRequest {
    /// Which key; the active one when absent.
    pub key_id: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The second factor.
    pub mfa: Option<MfaCode>,
}

/// Destroy a key. What only it opens is then lost for good, so that is refused.
#[derive(Debug, Clone, Deserialize)]
pub struct DestroyKeyRequest {
    /// Which key.
    pub key_id: String,
    /// Why.
    pub reason: Option<String>,
    /// The second factor.
    pub mfa: Option<MfaCode>,
    /// Stores that the key was used in, and that are gone for good.
    #[serde(default)]
    pub gone: Vec<String>,
}

/// What to do with the archives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RotationDirection {
    /// On to the active key, from the beginning or from where it was interrupted.
    #[default]
    Forward,
    /// Back to the key before.
    Back,
}

/// Move the archives from one key to another.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct RotateRequest {
    /// Which way.
    pub direction: RotationDirection,
    /// Write the data anew, too, under new data keys.
    pub reencrypt: bool,
    /// Why.
    pub reason: Option<String>,
    /// The second factor.
    pub mfa: Option<MfaCode>,
}

/// A rotation that has come to its end: every archive was opened with the key that stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotationReport {
    /// The key that was left.
    pub from: Vec<String>,
    /// The key that opens all archives now.
    pub to: String,
    /// Archives that were moved to it.
    pub moved: u64,
    /// Archives that needed nothing.
    pub unchanged: u64,
    /// Archives that were opened with the new key at the end.
    pub opened: u64,
    /// Archives that could not be opened by any key, each with its error. They are as they were.
    pub unreadable: Vec<(String, Failure)>,
    /// Bytes written to archives.
    pub written_bytes: u64,
    /// Bytes that the archives hold.
    pub archive_bytes: u64,
    /// From when on the old key may be destroyed.
    pub destroyable_from: Option<Timestamp>,
    /// Milliseconds.
    pub duration_ms: u64,
    /// Time per phase.
    pub phases: Vec<PhaseTiming>,
    /// Worth knowing.
    pub notes: Vec<String>,
}

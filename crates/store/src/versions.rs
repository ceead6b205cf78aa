//! What remains of objects that were replaced or deleted.

use aitta_base::amount;

/// What a store with versions keeps of objects that were replaced or deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OldVersions {
    /// Nothing.
    None,
    /// So many, and the bytes that they take. They are paid for, and open with the keys that they had.
    Kept {
        /// How many.
        count: u64,
        /// Their bytes in all.
        bytes: u64,
    },
    /// It could not be found out, for this reason.
    Unknown(String),
}

impl OldVersions {
    /// What to say when an archive was deleted.
    pub fn after_deletion(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Kept { count, bytes } => Some(format!(
                "the store keeps what is deleted: {} of this archive ({}) can still be read there with the \
                 key, until a lifecycle rule for old versions removes them",
                amount::count(*count, "old version"),
                amount::size(*bytes)
            )),
            Self::Unknown(why) => {
                Some(format!("whether the store keeps what is deleted could not be found out ({why})"))
            }
        }
    }

    /// What to say when archives were moved to another key.
    pub fn after_rotation(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Kept { count, bytes } => Some(format!(
                "the store keeps what is replaced: {} of archives ({}) remain there, and those from before still open \
                 with the key that was left, until a lifecycle rule for old versions removes them",
                amount::count(*count, "old version"),
                amount::size(*bytes)
            )),
            Self::Unknown(why) => Some(format!(
                "whether the store keeps old versions, which open with the key that was left, could not be found out \
                 ({why})"
            )),
        }
    }
}

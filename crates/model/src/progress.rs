//! Progress: one source of events, shown as a bar, a page or a stream.

use serde::{Deserialize, Serialize};

use crate::{PhaseTiming, Timestamp};

/// Something worth showing while an operation runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProgressEvent {
    /// A run of the catalog has begun.
    Begun {
        /// Its number there.
        run: i64,
        /// The phases of the last run like it that succeeded, as far as there is one.
        usual: Vec<PhaseTiming>,
    },
    /// What will be done from here on, so that it can be shown beforehand.
    Plan {
        /// The names of the phases, in their order.
        phases: Vec<String>,
    },
    /// A new phase begins, such as `reading` or `verifying`.
    Phase {
        /// Its name, an English participle.
        name: String,
        /// How many bytes it will handle, as far as that is known; an estimate.
        total_bytes: Option<u64>,
    },
    /// So many more bytes of the phase are done.
    Advance {
        /// Bytes since the last event.
        bytes: u64,
        /// Rows since the last event, where they are counted.
        #[serde(default)]
        rows: u64,
    },
    /// One table is finished.
    Table {
        /// Its name.
        name: String,
        /// Its rows.
        rows: u64,
    },
    /// A remark that needs no action.
    Note {
        /// The remark.
        text: String,
    },
    /// A lock is waited for, told each second; or no longer.
    Waiting {
        /// What for; absent when it is over.
        wait: Option<LockWait>,
    },
}

/// What an operation waits for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockWait {
    /// The table, as far as that is known.
    pub table: Option<String>,
    /// Sessions that are in the way; none when they are gone or hidden from us.
    pub holders: Vec<LockHolder>,
    /// So long it has waited, in milliseconds.
    pub waited_ms: u64,
    /// So long it goes on waiting before it gives up, in milliseconds.
    pub left_ms: u64,
}

/// A session that holds a lock. What a server says of it was chosen by its user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockHolder {
    /// Number of its process on the server.
    pub pid: i32,
    /// The role.
    pub user: Option<String>,
    /// The program, as it calls itself.
    pub application: Option<String>,
    /// When its transaction began.
    pub since: Option<Timestamp>,
    /// Such as `idle in transaction`.
    pub state: Option<String>,
    /// The beginning of its last statement; absent where the server hides it.
    pub query: Option<String>,
    /// Whether our role may end it.
    pub may_end: bool,
}

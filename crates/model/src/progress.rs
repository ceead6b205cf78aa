//! Progress: one source of events, shown as a bar, a page or a stream.

use serde::{Deserialize, Serialize};

/// Something worth showing while an operation runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProgressEvent {
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
}

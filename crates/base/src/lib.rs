//! What all crates of the engine share: errors that a user can meet, progress, the clock, locks of files, names of
//! tables, amounts in words, random bytes.

pub mod amount;
mod blocking;
mod clock;
mod error;
pub mod lock;
mod paths;
mod patience;
mod progress;
mod random;
pub mod tables;
mod user;

/// Name of the variable that holds the vault key.
pub const KEY_VARIABLE: &str = "BACKUP_ENCRYPTION_KEY";

/// Name of the variable with keys that only open old archives, with commas in between.
pub const RETIRED_VARIABLE: &str = "BACKUP_RETIRED_KEYS";

/// Name of the variable with the passphrase of the key file.
pub const PASSPHRASE_VARIABLE: &str = "AITTA_KEY_PASSPHRASE";

/// Name of the variable with the token of an exception from the second factor.
pub const TOKEN_VARIABLE: &str = "AITTA_MFA_TOKEN";

pub use blocking::{blocking, task_failed};
pub use clock::{Clock, ManualClock, SystemClock};
pub use error::{Error, Result};
pub use paths::absolute;
pub use patience::{Heard, Patience};
pub use progress::{Phases, Progress, Silent};
pub use random::random;
pub use user::user;

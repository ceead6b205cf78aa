//! What all crates of the engine share: errors that a user can meet, progress, the clock, locks of files, names of
//! tables, amounts in words, random bytes.

pub mod amount;
mod clock;
mod error;
pub mod lock;
mod paths;
mod progress;
mod random;
pub mod tables;

/// The environment variables that hold secrets of Aitta itself: no program that it starts is given them.
pub const SECRET_VARIABLES: [&str; 4] =
    ["BACKUP_ENCRYPTION_KEY", "BACKUP_RETIRED_KEYS", "AITTA_KEY_PASSPHRASE", "AITTA_MFA_TOKEN"];

pub use clock::{Clock, ManualClock, SystemClock};
pub use error::{Error, Result, blocking, task_failed};
pub use paths::absolute;
pub use progress::{Phases, Progress, Silent};
pub use random::random;

//! The key ring. Only this crate ever holds a vault key in the clear, and none leaves it: a ring makes headers and opens
//! them, and a [`HeldKey`] can be kept, printed as a recovery kit and tried, but not be looked at.
//!
//! # Where keys and other secrets are kept
//! Decided in [`vault_for`], and nowhere else:
//!
//! | what is set | keys | other secrets |
//! |---|---|---|
//! | `BACKUP_ENCRYPTION_KEY` | that one is active, those of `BACKUP_RETIRED_KEYS` are retired | as below |
//! | `AITTA_KEY_FILE` | the key file, sealed by a passphrase | the key file |
//! | only `BACKUP_ENCRYPTION_KEY` | the environment | the keychain; where there is none, `secrets.sealed` in the data folder, sealed by the key |
//! | none of them | the keychain | the keychain |
//!
//! The environment comes first, and every status says so. Nothing is opened before it is needed.
//!
//! # The ring in a vault
//! Each key has an entry of its own, `vault-key-{id}`, which is written once and read back before the index
//! `key-ring` names it; and the index says that a key is destroyed before its entry goes. So a crash in between
//! strands no key. The index holds no secrets, and neither do the entries `key-uses-{id}`, which name the stores that a
//! key has locked archives in. The one entry `vault-key` of earlier versions is adopted.

// From here, so that a fuzz target can put something else in its place.
use aitta_base::random;

mod choice;
mod found;
mod held;
mod index;
mod inputs;
mod keychain;
mod kit;
mod protect;
mod ring;
mod sealed;
mod stored;
pub mod uses;
mod vault;
mod ways_out;

pub use aitta_base::{KEY_VARIABLE, PASSPHRASE_VARIABLE, RETIRED_VARIABLE};
pub use choice::vault_for;
pub use found::FoundKeys;
pub use held::HeldKey;
pub use index::{Entry, Index, after};
pub use inputs::{Asked, KeyInputs};
pub use kit::{About, asked};
pub use protect::protect_process;
pub use ring::{KeyRing, generate};
pub use sealed::SealedVault;
pub use stored::{change, change_or_begin, load, note_use};
pub use vault::{KEYCHAIN, KeyVault, MemoryVault, NoKeychain, SystemVault};
pub use ways_out::with_ways_out;

/// Name of the variable with the path of the key file.
pub const FILE_VARIABLE: &str = "AITTA_KEY_FILE";

/// What [`KeyRing::kept`] says of keys that the environment gives.
pub const ENVIRONMENT: &str = "environment";

//! Operations on the key ring: making, confirming, importing, discarding and destroying keys, printing their kits
//! again, and their status.
//!
//! The ring itself, and where it is kept, is in [`aitta_keys`]. Here a key is only named.

mod canary;
mod change;
mod destroy;
#[cfg(test)]
mod fixture;
mod need;
mod needed;
mod pending;
mod status;
mod uses;

pub(crate) use canary::passed;
pub use canary::{check, check_if_due};
pub(crate) use change::own_vault;
pub use change::{confirm, create, discard, export_kit, import, make_active, retire_after_rotation};
pub use destroy::destroy;
pub(crate) use need::in_use;
pub(crate) use needed::Needs;
pub use pending::pending;
pub(crate) use status::active as active_status;
pub use status::status;
pub(crate) use uses::{note as note_use, note_before as note_use_before};

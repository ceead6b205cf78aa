//! The profile that tests begin with.

use std::path::Path;

use aitta_engine::config::Profile;

/// A profile called `shop` without a database, whose store is the folder `store` and whose data are in `data` below
/// `dir`. What a test is about it sets itself.
#[must_use]
pub fn profile(dir: &Path) -> Profile {
    Profile { create_store: true, ..Profile::local("shop", None, dir.join("store"), dir.join("data")) }
}

//! Words of the page of all profiles.

pub(super) mod en;
pub(super) mod fi;

pub(crate) struct Profiles {
    pub(crate) title: &'static str,
    /// How many are safe, and how many there are.
    pub(crate) lead: fn(u64, u64) -> String,
    pub(crate) not_known: &'static str,
    pub(crate) last_backup: fn(&str) -> String,
    pub(crate) open: &'static str,
    pub(crate) shown: &'static str,
}

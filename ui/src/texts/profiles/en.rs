//! English.

use super::Profiles;

pub(in crate::texts) const EN: Profiles = Profiles {
    title: "All profiles",
    lead: |safe, all| format!("Safe: {safe} of {all}."),
    not_known: "Can't tell how it stands.",
    last_backup: |when| format!("Last backup: {when}"),
    open: "Open",
    shown: "open now",
};

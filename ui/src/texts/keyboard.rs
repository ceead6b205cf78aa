//! Words of the commands (Ctrl K) and of the list of keys.

pub(super) mod en;
pub(super) mod fi;

pub(crate) struct Keyboard {
    pub(crate) title: &'static str,
    pub(crate) field: &'static str,
    pub(crate) none: &'static str,
    pub(crate) asking: &'static str,
    pub(crate) not_loaded: &'static str,
    // What an entry is.
    pub(crate) page: &'static str,
    pub(crate) action: &'static str,
    pub(crate) backup: &'static str,
    pub(crate) table: &'static str,
    // Entries.
    pub(crate) verify_newest: &'static str,
    pub(crate) restore_table: fn(&str) -> String,
    pub(crate) backup_of: fn(&str) -> String,
    pub(crate) switch_to: fn(&str) -> String,
    // The list of keys.
    pub(crate) shortcuts: &'static str,
    pub(crate) key_palette: &'static str,
    pub(crate) key_seek: &'static str,
    pub(crate) key_escape: &'static str,
    pub(crate) key_help: &'static str,
    pub(crate) key_arrows: &'static str,
    pub(crate) key_enter: &'static str,
    pub(crate) note: &'static str,
}

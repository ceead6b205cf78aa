//! Words of backups that were made elsewhere: a new machine, and stores whose backups need a key that is missing.

pub(super) mod en;
pub(super) mod fi;

pub(crate) struct Machine {
    // Welcome.
    pub(crate) restore: &'static str,
    pub(crate) restore_words: &'static str,
    // The way through.
    pub(crate) steps: &'static str,
    pub(crate) step_names: [&'static str; 2],
    pub(crate) store: &'static str,
    pub(crate) store_words: &'static str,
    pub(crate) look: &'static str,
    pub(crate) looking: &'static str,
    pub(crate) found: fn(u64) -> String,
    pub(crate) none_in_folder: &'static str,
    pub(crate) none_in_cloud: &'static str,
    pub(crate) kit: &'static str,
    pub(crate) kit_words: &'static str,
    pub(crate) ready: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) name: &'static str,
    pub(crate) name_hint: &'static str,
    pub(crate) name_missing: &'static str,
    pub(crate) no_database_yet: &'static str,
    pub(crate) go: &'static str,
    // What lies there.
    pub(crate) backups: &'static str,
    pub(crate) newest: &'static str,
    pub(crate) databases: &'static str,
    pub(crate) databases_unknown: &'static str,
    pub(crate) opens: fn(&str, u64) -> String,
    pub(crate) needs: fn(&str, u64) -> String,
    pub(crate) unclear: fn(u64) -> String,
    pub(crate) opened_all: &'static str,
    pub(crate) import: &'static str,
    pub(crate) importing: &'static str,
    // The step of the key in set-up.
    pub(crate) first: &'static str,
    pub(crate) first_words: fn(u64) -> String,
    pub(crate) first_reason: &'static str,
    pub(crate) with_new: &'static str,
    pub(crate) with_present: &'static str,
    pub(crate) without_words: fn(u64) -> String,
    // The page of the keys.
    pub(crate) missing: &'static str,
    pub(crate) missing_words: &'static str,
    pub(crate) import_kit: &'static str,
    pub(crate) import_title: fn(&str) -> String,
    pub(crate) interrupted_some_closed: fn(u64, u64) -> String,
    pub(crate) not_begun_some_closed: fn(u64, u64) -> String,
    // No database is named.
    pub(crate) no_database: &'static str,
    pub(crate) no_database_words: fn(u64) -> String,
    pub(crate) no_database_tile: &'static str,
    pub(crate) set_database: &'static str,
    pub(crate) restored_here: &'static str,
    // A key that waits for its confirmation.
    pub(crate) pending: fn(&str) -> String,
    pub(crate) pending_words: &'static str,
    pub(crate) go_on: &'static str,
    pub(crate) confirm: fn(&str) -> String,
    pub(crate) confirm_words: &'static str,
    /// Of a first key, which no backup waits for.
    pub(crate) confirm_first: &'static str,
    pub(crate) lost_copy: &'static str,
}

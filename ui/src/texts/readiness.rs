//! What a restore will need: on the first page, and where a connection is tested.

pub(super) mod en;
pub(super) mod fi;

use aitta_model::ReadinessKind;

pub(crate) struct Readiness {
    pub(crate) title: &'static str,
    /// So many of so many are ready.
    pub(crate) ready: fn(u64, u64) -> String,
    pub(crate) all: &'static str,
    pub(crate) checking: &'static str,
    /// What is looked at.
    pub(crate) name: fn(ReadinessKind) -> &'static str,
    // How it stands, beside the sign.
    pub(crate) is_ready: &'static str,
    pub(crate) is_missing: &'static str,
    pub(crate) is_unknown: &'static str,
    pub(crate) is_nothing: &'static str,
    // What was found. Names of roles, tables and places come as they are to be shown.
    pub(crate) tables_can: fn(&str) -> String,
    pub(crate) tables_cannot: fn(&str) -> String,
    /// The role, how many tables and sequences, and the first of them.
    pub(crate) tables_lacking: fn(&str, u64, &str) -> String,
    /// The role, and the database.
    pub(crate) database_can: fn(&str, &str) -> String,
    pub(crate) creates_not: fn(&str) -> String,
    pub(crate) renames_not: fn(&str, &str) -> String,
    pub(crate) code_none: fn(&str) -> String,
    pub(crate) code_harmless: fn(&str, u64) -> String,
    pub(crate) code_asks: fn(&str, &str) -> String,
    pub(crate) writable: fn(&str) -> String,
    pub(crate) not_writable: fn(&str) -> String,
    /// The version of the tools, and that of the server.
    pub(crate) tools_found: fn(&str, u32) -> String,
    pub(crate) tools_missing: fn(u32) -> String,
    pub(crate) free: fn(&str) -> String,
    pub(crate) restore_takes: fn(&str) -> String,
    pub(crate) archive_takes: fn(&str) -> String,
    pub(crate) room_unseen: &'static str,
    pub(crate) newest_there: &'static str,
    pub(crate) newest_too_old: &'static str,
    pub(crate) newest_others: fn(u64) -> String,
    pub(crate) newest_damaged: fn(&str) -> String,
    pub(crate) newest_changed: fn(&str) -> String,
    pub(crate) newest_gone: fn(&str) -> String,
    pub(crate) no_key: &'static str,
    pub(crate) keys_open: fn(u64) -> String,
    /// Backups that no key opens, of how many, and the keys that they name.
    pub(crate) keys_closed: fn(u64, u64, &str) -> String,
    pub(crate) kit_confirmed: &'static str,
    pub(crate) kit_pending: fn(&str) -> String,
    pub(crate) kit_environment: &'static str,
    pub(crate) factor_since: fn(&str) -> String,
    pub(crate) factor_none: &'static str,
    pub(crate) copies_none: &'static str,
    pub(crate) copies_hold: fn(u64) -> String,
    pub(crate) copies_behind: fn(&str) -> String,
    pub(crate) no_backup: &'static str,
    pub(crate) proven_on: fn(&str) -> String,
    pub(crate) proven_long_ago: fn(&str) -> String,
    pub(crate) proven_never: &'static str,
    // What helps.
    pub(crate) superuser_runs: &'static str,
    pub(crate) copy: &'static str,
    /// Where nothing is to be typed or clicked; empty where the fact says it already.
    pub(crate) help: fn(ReadinessKind) -> &'static str,
    pub(crate) set_up: &'static str,
    pub(crate) open_keys: &'static str,
    pub(crate) open_settings: &'static str,
    pub(crate) prove: &'static str,
    pub(crate) in_terminal: &'static str,
    /// In the test of a connection: backups work, and this is what restores lack.
    pub(crate) backups_work: &'static str,
}

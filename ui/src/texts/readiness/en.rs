//! English.

use aitta_model::ReadinessKind;

use super::Readiness;

pub(in crate::texts) const EN: Readiness = Readiness {
    title: "Readiness",
    ready: |ready, counted| format!("{ready} of {counted} ready"),
    all: "All checks",
    checking: "Checking what a restore needs…",
    name: |kind| match kind {
        ReadinessKind::RestoreTables => "Restore single tables in place",
        ReadinessKind::RestoreWhole => "Restore the whole database in place",
        ReadinessKind::ForeignCode => "Code written by others",
        ReadinessKind::Tools => "PostgreSQL client tools",
        ReadinessKind::ServerRoom => "Space for a restore",
        ReadinessKind::StoreRoom => "Space in the store",
        ReadinessKind::Newest => "Newest backup",
        ReadinessKind::Keys => "Encryption keys",
        ReadinessKind::Kit => "Recovery kit",
        ReadinessKind::SecondFactor => "Second factor",
        ReadinessKind::Copies => "Copy elsewhere",
        ReadinessKind::Proven => "Full restore proven",
    },
    is_ready: "Ready",
    is_missing: "Missing",
    is_unknown: "Not known",
    is_nothing: "Not counted",
    tables_can: |user| format!("{user} can replace every table."),
    tables_cannot: |user| {
        format!("{user} can't switch off triggers, so single tables can't be restored in place.")
    },
    tables_lacking: |user, n, names| {
        format!(
            "{user} lacks rights on {}: {names}.",
            super::super::common::plural(n, "table or sequence", "tables and sequences")
        )
    },
    database_can: |user, database| format!("{user} can create a database and rename {database}."),
    creates_not: |user| format!("{user} can't create databases."),
    renames_not: |user, database| format!("{user} doesn't own {database} and can't rename it."),
    code_none: |user| format!("A restore as {user} runs nothing that others wrote."),
    code_harmless: |user, n| {
        format!(
            "A restore as {user} could run {} that others wrote, with no more rights than a database owner has.",
            super::super::common::plural(n, "thing", "things")
        )
    },
    code_asks: |user, code| {
        format!(
            "A restore as {user} stops to ask, because it could run what others wrote with more rights than theirs: {code}."
        )
    },
    writable: |path| format!("{path} is writable."),
    not_writable: |path| format!("{path} isn't writable."),
    tools_found: |found, server| format!("Version {found}, for server {server}."),
    tools_missing: |server| {
        format!(
            "pg_dump and pg_restore {server} or newer weren't found. Install the client tools (Debian and Ubuntu: postgresql-client-{server})."
        )
    },
    free: |bytes| format!("{bytes} free"),
    restore_takes: |bytes| format!("a restore needs about {bytes}"),
    archive_takes: |bytes| format!("the newest backup takes {bytes}"),
    room_unseen: "Aitta can't see the server's free space",
    newest_there: "In the store, and not known to be damaged.",
    newest_damaged: |id| format!("{id} is damaged."),
    newest_too_old: "In the store, but older than the maximum data loss allows.",
    newest_others: |n| match n {
        1 => "No backup of this database. The store has 1 backup of another database.".to_owned(),
        n => format!("No backup of this database. The store has {n} backups of other databases."),
    },
    newest_changed: |id| format!("{id} isn't as it was made: its size has changed."),
    newest_gone: |id| format!("{id} is no longer in the store."),
    no_key: "There is no key yet.",
    keys_open: |n| match n {
        0 => "The key is available; there is no backup yet.".to_owned(),
        1 => "The available keys open the only backup.".to_owned(),
        n => format!("The available keys open all {} backups.", crate::plain::number(n)),
    },
    keys_closed: |closed, all, keys| {
        format!(
            "No available key opens {} of {} backups. They need key {keys}.",
            crate::plain::number(closed),
            crate::plain::number(all)
        )
    },
    kit_confirmed: "The key's recovery kit is confirmed.",
    kit_pending: |key| format!("The recovery kit for key {key} isn't confirmed."),
    kit_environment: "The key comes from the environment. Whoever sets it keeps its copies.",
    factor_since: |day| format!("Required since {day}."),
    factor_none: "Restores and deletions aren't protected by a second factor.",
    copies_none: "There is no further store.",
    copies_hold: |n| {
        if n == 1 {
            "The further store has the newest backup.".to_owned()
        } else {
            format!("{n} further stores have the newest backup.")
        }
    },
    copies_behind: |places| format!("The newest backup isn't in {places}."),
    no_backup: "There is no backup yet.",
    proven_on: |day| format!("Last proven {day}."),
    proven_long_ago: |day| format!("Last proven {day}, more than 30 days ago. Run another test restore."),
    proven_never: "No restore of the whole database has been proven yet.",
    superuser_runs: "A superuser can run:",
    copy: "Copy",
    help: |kind| match kind {
        ReadinessKind::RestoreTables => {
            "Before PostgreSQL 15 only a superuser can. Restore as one, or into a separate schema."
        }
        ReadinessKind::ForeignCode => "Or allow it when the restore asks, if you trust who wrote it.",
        ReadinessKind::ServerRoom => "Free some space there, or restore to another place.",
        ReadinessKind::StoreRoom => "Free some space there, or delete backups you no longer need.",
        ReadinessKind::Newest => "Back up now, and find out what happened to it.",
        ReadinessKind::Copies => {
            "Name one under “copies” in the configuration file. Each backup is then copied there."
        }
        ReadinessKind::RestoreWhole
        | ReadinessKind::Tools
        | ReadinessKind::Keys
        | ReadinessKind::Kit
        | ReadinessKind::SecondFactor
        | ReadinessKind::Proven => "",
    },
    set_up: "Set up",
    open_keys: "Open Keys",
    open_settings: "Show roles in Settings",
    prove: "Run a test restore…",
    in_terminal: "In a terminal:",
    backups_work: "Backups work. Still missing for a restore:",
};

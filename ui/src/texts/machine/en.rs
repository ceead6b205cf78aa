//! English.

use super::Machine;
use crate::texts::common::plural;

fn backups(n: u64) -> String {
    plural(n, "backup", "backups")
}

pub(in crate::texts) const EN: Machine = Machine {
    restore: "Restore on a new machine",
    restore_words: "From the backup store and the recovery kit. The old machine and its database aren't needed.",
    steps: "Steps",
    step_names: ["Storage", "Recovery kit"],
    store: "Where are your backups?",
    store_words: "Aitta only reads here: nothing is written or changed.",
    look: "Look for backups",
    looking: "Looking for backups…",
    found: |n| format!("{} found", backups(n)),
    none_in_folder: "There are no backups in this folder. Check the path.",
    none_in_cloud: "There are no backups in this place. Check its name and the prefix.",
    kit: "Open them with the recovery kit",
    kit_words: "The backups are encrypted. The kit is the page that was printed or saved when the key was created.",
    ready: "What was found",
    reason: "restore on a new machine",
    name: "Profile name",
    name_hint: "Taken from the backups. You can change it.",
    name_missing: "Enter a name for the profile.",
    no_database_yet: "You choose the server to restore into next. Until you set a database in Settings, no new backups are made.",
    go: "Choose what to restore",
    backups: "Backups",
    newest: "Newest",
    databases: "Database",
    databases_unknown: "not known: the backups can't be read",
    opens: |key, n| format!("Key {key} opens {}", backups(n)),
    needs: |key, n| format!("{} {} key {key}", backups(n), if n == 1 { "needs" } else { "need" }),
    unclear: |n| format!("{} can't be assigned to a key: damaged, or not made by Aitta", backups(n)),
    opened_all: "Every backup opens",
    import: "Import the kit",
    importing: "Opening the backups…",
    first: "Import the key of these backups first",
    first_words: |n| {
        format!(
            "The store you chose already holds {} that no key on this machine opens. Import the recovery kit, and one key opens old and new backups.",
            backups(n)
        )
    },
    first_reason: "backups that are already in the store",
    with_new: "Continue with a new key",
    with_present: "Continue with the current key",
    without_words: |n| {
        format!(
            "Without the kit, {} can't be opened. {} in place, and you can import the kit later under Keys.",
            backups(n),
            if n == 1 { "It remains" } else { "They remain" }
        )
    },
    missing: "Keys that backups need and that are missing",
    missing_words: "No key on this machine opens these backups. The IDs come from the backups themselves.",
    import_kit: "Import kit…",
    import_title: |key| format!("Import the kit of key {key}"),
    interrupted_some_closed: |done, all| {
        format!(
            "{} of {} backups use the new key. Some others don't open: their keys are missing (see Keys).",
            crate::plain::number(done),
            crate::plain::number(all)
        )
    },
    not_begun_some_closed: |left, all| {
        format!(
            "{} of {} backups don't use the active key yet. Some others don't open: their keys are missing (see Keys).",
            crate::plain::number(left),
            crate::plain::number(all)
        )
    },
    no_database: "No database is set yet.",
    no_database_words: |n| {
        format!(
            "{} {} in the store. Restore into a database, then set that database in Settings: until then no new backups are made.",
            backups(n),
            if n == 1 { "is" } else { "are" }
        )
    },
    no_database_tile: "no database",
    set_database: "Set the database…",
    restored_here: "This profile has no database yet, so what you have restored isn't backed up. Set the database to protect it.",
    pending: |key| format!("The new key {key} isn't confirmed yet"),
    pending_words: "The key isn't used until you confirm your copy of its kit. The copy you printed remains valid.",
    go_on: "Continue",
    confirm: |key| format!("Confirm the kit of key {key}"),
    confirm_words: "Type the groups from your printed or saved copy. After that, the backups are re-keyed.",
    confirm_first: "Type the groups from your printed or saved copy. After that, the key is used for new backups.",
    lost_copy: "No copy available?",
};

//! English.

use aitta_model::Depth;

use super::Backups;
use crate::texts::common::plural;

pub(in crate::texts) const EN: Backups = Backups {
    lead: "Every backup in the store, and what is known about it.",
    all: |n, size| format!("{}, {size}", plural(n, "backup", "backups")),
    some: |n, all, size| {
        format!("{} of {}, {size}", crate::plain::number(n), plural(all, "backup", "backups"))
    },
    search: "Search backups",
    search_hint: "Reason, type, database or ID",
    any_state: "Any state",
    any_kind: "Any type",
    restored: "restored",
    clear: "Clear filters",
    no_match: "No matching backups",
    no_match_hint: "No backup in the store matches the search and the filters.",
    none: "No backups yet",
    none_hint: "Make the first one now. It counts once it has been read back and checked.",
    none_here: "No backups in this store",
    first_here: "Make a backup now, so that this store has one, too.",
    elsewhere: |n| match n {
        1 => "1 backup was in a further store when last seen.".to_owned(),
        n => format!("{} backups were in further stores when last seen.", crate::plain::number(n)),
    },
    missing: |n| {
        if n == 1 {
            "1 backup made here is no longer in the store.".to_owned()
        } else {
            format!("{} backups made here are no longer in the store.", crate::plain::number(n))
        }
    },
    missing_hint: "Something other than Aitta removed them. If that wasn't intended, check who has write access.",
    strange: |n| {
        if n == 1 {
            "1 item in the store is named like a file, but isn't a regular file.".to_owned()
        } else {
            format!(
                "{} items in the store are named like files, but aren't regular files.",
                crate::plain::number(n)
            )
        }
    },
    strange_hint: "Aitta leaves them alone. Find out who put them there, and move them out of the store.",
    which: "Which ones",
    deleted: |id, size| format!("{id} deleted; {size} freed."),
    state: "State",
    when: "When",
    kind: "Type",
    reason: "Reason",
    size: "Size",
    rows: "Rows",
    took: "Duration",
    new: "New backup",
    new_kind: "Type",
    new_reason: "Reason",
    new_reason_hint: "Optional. Helps you find this backup later.",
    new_go: "Start backup",
    kind_manual: "Manual",
    kind_release: "Before release",
    kind_emergency: "Emergency",
    kind_manual_hint: "Made on demand",
    kind_release_hint: "Before a change goes live, as a way back",
    kind_emergency_hint: "Something is going wrong: save what is left",
    busy: "Another operation is running. Wait until it has finished.",
    made: |size, rows, took| format!("Backup finished in {took}: {size}, {rows}, read back and verified."),
    look_at_it: "Open",
    title: |when| format!("Backup of {when}"),
    partial: "selected tables only",
    copy_id: "Copy ID",
    copied: "Copied",
    copied_secret: "Copied for 30 seconds",
    not_copied: "Not copied",
    reveal: "Show file",
    delete: "Delete…",
    proof: "Is it intact?",
    is_stored: "Written in full, but not read back yet. Verify it to be sure.",
    is_verified: |ago| format!("Read back and checked {ago}; every byte is as it was written."),
    is_sampled: |ago| {
        format!(
            "The store confirmed the checksum of every part, and a sample was read back and checked {ago}. Verify the \
             backup to read every byte."
        )
    },
    is_restored: |day| format!("Data restored from this backup on {day} was proven equal, row by row."),
    is_damaged: |ago| format!("A check {ago} found damage. Don't rely on this backup; make a new one."),
    is_unknown: "Not checked: this backup was found in the store, or its last check couldn't be made.",
    depth: |depth| match depth {
        Some(Depth::Sampled) => "Confirmed by the store, a sample read and authenticated",
        Some(Depth::Stored) => "Every byte read and authenticated",
        Some(Depth::Content) => "Decrypted, rows counted, digests compared",
        Some(Depth::Restored) => "Restored, counts and digests equal",
        None => "Checked",
    },
    all_well: "no damage found",
    no_checks: "No checks recorded.",
    verify: "Verify",
    verify_how: "Depth",
    level_stored: "Bytes",
    level_content: "Content",
    level_stored_hint: "Reads the file and checks every authentication tag, the layout and the checksum.",
    level_content_hint: "Also decrypts everything, counts the rows and compares the digests. Takes longer.",
    whole: |frames, bytes, took| format!("Intact: {frames} frames, {bytes} read in {took}."),
    counted: |rows| format!("{rows} counted, all digests match."),
    about: "Details",
    database: "Database",
    source: "Source",
    writer: "Created by",
    file: "File",
    location: "Location",
    further: "Further copy",
    not_there_yet: "not copied yet",
    checksum: "Checksum (SHA-256)",
    check_by_hand: "Check the file without Aitta. The header is left out because a key rotation rewrites it:",
    copy_command: "Copy command",
    keys: "Opens with key",
    remarks: "Notes",
    tables: "Tables",
    find_table: "Find a table",
    table: "Table",
    size_before: "Data",
    size_stored: "In backup",
    columns: "Columns",
    columns_n: |n| plural(n, "column", "columns"),
    digest: "Digest",
    show_all: |n| format!("Show all {} tables", crate::plain::number(n)),
    no_table: "No matching tables.",
    delete_title: "Delete this backup?",
    delete_what: |when, rows, size| {
        format!("The backup of {when} with {rows} ({size}) will be permanently deleted.")
    },
    delete_not: "Your database isn't changed.",
    remains: |n, ago| {
        let remain = plural(n, "backup remains", "backups remain");
        format!("{remain}; the newest verified one was made {ago}.")
    },
    remains_no_good: |n| {
        let remain = plural(n, "backup remains", "backups remain");
        format!("{remain}, none of them verified. Verify one first.")
    },
    remains_none: "This is the only backup. Without it there is none.",
    delete_type: "To confirm, type the last eight characters of the ID:",
    delete_go: "Delete permanently",
    keep: "Cancel",
};

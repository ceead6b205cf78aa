//! English.

use aitta_model::Depth;

use super::Backups;
use crate::texts::common::plural;

pub(in crate::texts) const EN: Backups = Backups {
    lead: "Every backup in the store, with what is known about it.",
    all: |n, size| format!("{}, {size}", plural(n, "backup", "backups")),
    some: |n, all, size| {
        format!("{} of {}, {size}", crate::plain::number(n), plural(all, "backup", "backups"))
    },
    search: "Search backups",
    search_hint: "Reason, kind, database or id",
    any_state: "Any state",
    any_kind: "Any kind",
    restored: "restored",
    clear: "Clear filters",
    no_match: "No backup matches",
    no_match_hint: "Nothing in the store fits the search and the filters.",
    none: "No backup yet",
    none_hint: "Make the first one now. It counts only when it has been read back and checked.",
    missing: |n| {
        if n == 1 {
            "1 backup that was made here is no longer in the store.".to_owned()
        } else {
            format!("{} backups that were made here are no longer in the store.", crate::plain::number(n))
        }
    },
    missing_hint: "Somebody or something else has removed them. If nobody meant to, look at who may write there.",
    strange: |n| {
        if n == 1 {
            "1 thing in the store bears the name of a file and is none.".to_owned()
        } else {
            format!("{} things in the store bear the names of files and are none.", crate::plain::number(n))
        }
    },
    strange_hint: "They are left alone. Find out who has put them there, and move them out of the store.",
    which: "Which ones",
    deleted: |id, size| format!("{id} is deleted; {size} are free again."),
    state: "State",
    when: "When",
    kind: "Kind",
    reason: "Reason",
    size: "Size",
    rows: "Rows",
    took: "Took",
    new: "New backup",
    new_kind: "Why is it made?",
    new_reason: "Reason",
    new_reason_hint: "Optional. It helps whoever looks for this one later.",
    new_go: "Start backup",
    kind_manual: "Manual",
    kind_release: "Before release",
    kind_emergency: "Emergency",
    kind_manual_hint: "because you want one now",
    kind_release_hint: "before a change goes live, so that there is a way back",
    kind_emergency_hint: "something is going wrong: save what is still there",
    busy: "Another operation is under way. It has to end first.",
    made: |size, rows, took| format!("Backup made in {took}: {size}, {rows}, read back and verified."),
    look_at_it: "Open it",
    title: |when| format!("Backup of {when}"),
    partial: "only some tables",
    copy_id: "Copy id",
    copied: "Copied",
    copied_secret: "Copied for 30 seconds",
    not_copied: "Not copied",
    reveal: "Show file",
    delete: "Delete…",
    proof: "Can it be relied on?",
    is_stored: "It was written whole, but nobody has read it back yet. Verify it to be sure.",
    is_verified: |ago| format!("It was read back and checked {ago}; every byte is as it was written."),
    is_sampled: |ago| {
        format!(
            "The store confirmed the checksum of every part, and a sample was read back and checked {ago}. Verify it to \
             have every byte read."
        )
    },
    is_restored: |day| format!("Data restored from it on {day} was proven equal, row by row."),
    is_damaged: |ago| format!("A check {ago} found damage. Don't count on it; make a new backup."),
    is_unknown: "Nothing is known about it: it was found in the store, or its last check could not be made.",
    depth: |depth| match depth {
        Some(Depth::Sampled) => "Confirmed by the store, a sample read and authenticated",
        Some(Depth::Stored) => "Every byte read and authenticated",
        Some(Depth::Content) => "Decrypted, rows counted, digests compared",
        Some(Depth::Restored) => "Restored, counts and digests equal",
        None => "Checked",
    },
    all_well: "no fault found",
    no_checks: "No check is on record.",
    verify: "Verify",
    verify_how: "How deep",
    level_stored: "Bytes",
    level_content: "Content",
    level_stored_hint: "Reads the file and checks every authentication tag, the layout and the checksum.",
    level_content_hint: "Also decrypts everything, counts the rows and compares the digests. Takes longer.",
    whole: |frames, bytes, took| format!("It is whole: {frames} frames, {bytes} read in {took}."),
    counted: |rows| format!("{rows} counted, every digest is right."),
    about: "About",
    database: "Database",
    source: "Source",
    writer: "Made by",
    file: "File",
    location: "Where it lies",
    further: "Copy in",
    not_there_yet: "not copied yet",
    checksum: "Checksum (SHA-256)",
    check_by_hand: "Check it without Aitta; the header is left out because a change of keys rewrites it:",
    copy_command: "Copy command",
    keys: "Keys that open it",
    remarks: "Remarks",
    tables: "Tables",
    find_table: "Find a table",
    table: "Table",
    size_before: "Data",
    size_stored: "In backup",
    columns: "Columns",
    columns_n: |n| plural(n, "column", "columns"),
    digest: "Digest",
    show_all: |n| format!("Show all {} tables", crate::plain::number(n)),
    no_table: "No table has such a name.",
    delete_title: "Delete this backup?",
    delete_what: |when, rows, size| {
        format!("The backup of {when} with {rows} ({size}) will be gone for good.")
    },
    delete_not: "Your database is not touched.",
    remains: |n, ago| {
        format!("{} remain; the newest that is verified was made {ago}.", plural(n, "backup", "backups"))
    },
    remains_no_good: |n| {
        format!(
            "{} remain, and none of them is verified. Verify one of them first.",
            plural(n, "backup", "backups")
        )
    },
    remains_none: "It is the only one: afterwards there is no backup at all.",
    delete_type: "To confirm, type the last eight characters of its id:",
    delete_go: "Delete for good",
    keep: "Keep it",
};

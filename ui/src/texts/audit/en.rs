//! English.

use aitta_model::{AuditStage, Operation, Origin};

use super::Audit;
use crate::texts::common::plural;

pub(in crate::texts) const EN: Audit = Audit {
    title: "Audit",
    lead: "Who did what, when and why. Each entry is chained to the one before, so that no change goes unnoticed.",
    intact: |x| format!("Chain intact up to entry {x}"),
    signed: |x| format!("signed with key {x}"),
    unsigned: "signature not checked: its key isn't available",
    anchors: |n| format!("checked against {}", plural(n, "backup", "backups")),
    broken: |x| format!("The chain breaks at entry {x}"),
    broken_hint: "Copy the catalog file to a safe place now, before you do anything else, and compare it with an older copy. Up to that entry, everything is as it was written.",
    none: "No entries yet",
    none_hint: "The first operation starts the trail.",
    no_match: "No matching entries",
    no_match_hint: "Choose other dates, or all operations and users.",
    clear: "Show all",
    search: "Filter the trail",
    any_operation: "All operations",
    any_user: "All users",
    operation: "Operation",
    user: "User",
    from: "From",
    to: "To",
    all: |n| plural(n, "entry", "entries"),
    some: |n, all| format!("{} of {}", crate::plain::number(n), plural(all, "entry", "entries")),
    entry: "Entry",
    when: "When",
    ended: "Finished",
    about: "About",
    backup_of: |when| format!("backup of {when}"),
    all_tables: "all tables",
    outcome: "Outcome",
    reason: "Reason",
    stage: |stage| match stage {
        AuditStage::Begun => "started",
        AuditStage::Ended => "finished",
        AuditStage::Event => "event",
    },
    origin_name: |origin| match origin {
        Origin::CommandLine => "command line",
        Origin::Window => "window",
        Origin::Api => "API",
        Origin::Schedule => "schedule",
    },
    operation_name: |operation| {
        Some(match operation {
            Operation::KeyCreate => "Key created",
            Operation::KeyConfirm => "Key activated",
            Operation::KeyImport => "Key imported",
            Operation::KeyExportKit => "Recovery kit exported",
            Operation::KeyDestroy => "Key destroyed",
            Operation::Rotate => "Key rotation",
            Operation::Copy => "Copy",
            Operation::MfaEnroll => "Second factor set up",
            Operation::MfaChange => "Second factor changed",
            Operation::MfaRefused => "Second factor refused",
            Operation::Backup
            | Operation::Verify
            | Operation::Restore
            | Operation::Delete
            | Operation::Rebuild
            | Operation::Disown
            | Operation::AcceptLoss
            | Operation::Prune
            | Operation::PutBack
            | Operation::Pause
            | Operation::Resume
            | Operation::Tick
            | Operation::Hold
            | Operation::Release
            | Operation::Recover
            | Operation::Cleanup => return None,
        })
    },
    refusal: |code| {
        Some(match code {
            "mfa_wrong" => "Wrong code",
            "mfa_locked" => "Locked",
            "mfa_required" => "No code",
            "mfa_unavailable" => "Second factor unavailable",
            _ => return None,
        })
    },
    who: "Who",
    host: "Machine",
    origin: "Via",
    profile: "Profile",
    archive: "Backup",
    tables: "Tables",
    target: "Target",
    failure: "Error",
    note: "Note",
    begun: "Started in",
    figures: "Details",
    figure: |name| {
        Some(match name {
            "rows" => "rows",
            "tables" => "tables",
            "size_bytes" => "size",
            "duration_ms" => "duration",
            "read_bytes" => "read",
            "whole" => "whole database",
            "freed_bytes" => "freed",
            "archives" => "backups",
            "moved" => "re-keyed",
            "opened" => "opened",
            "written_bytes" => "written",
            _ => return None,
        })
    },
    hash: "Hash",
    details: |x| format!("Entry {x}"),
    details_of_two: |a, b| format!("Entries {a} and {b}"),
    close: "Close",
    csv: "CSV",
    json: "JSON",
    export: "Export",
    report: "Quarterly report",
    quarter: "Quarter",
    save: "Save as HTML",
    print: "Print",
    saved_to: |x| format!("Saved: {x}"),
};

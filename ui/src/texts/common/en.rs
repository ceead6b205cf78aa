//! English.

use aitta_model::{BackupKind, Operation, RunOutcome};

use super::{Common, of, plural};

pub(in crate::texts) const EN: Common = Common {
    lang: "en",
    main_navigation: "Main",
    skip_to_content: "Skip to content",
    dashboard: "Dashboard",
    backups: "Backups",
    restore: "Restore",
    restore_: "Restore…",
    runs: "Runs",
    review: "Review",
    settings: "Settings",
    profile: "Profile",
    sample: "sample data",
    back_up_now: "Back up now",
    cancel: "Cancel",
    cancelling: "Stopping…",
    close: "Close",
    try_again: "Try again",
    loading: "Loading",
    just_now: "just now",
    page_not_found: "Page not found.",
    times_in: |zone| match zone {
        "UTC" => "Times: UTC".to_owned(),
        _ => format!("Times: {zone} · days in charts: UTC"),
    },
    ago: |span| format!("{span} ago"),
    days: |n| plural(n, "day", "days"),
    rows: |n| plural(n, "row", "rows"),
    tables: |n| plural(n, "table", "tables"),
    day: |day, month, year| {
        let day = format!("{day}\u{a0}{}", of(&MONTHS, month));
        year.map_or(day.clone(), |year| format!("{day} {year}"))
    },
    month: |month| of(&LONG, month),
    day_example: "27 Nov 2026",
    no_day: "Enter a day, such as 27 Nov 2026 or 2026-11-27.",
    operation: |name| match name {
        Some(Operation::Backup) => "Backup",
        Some(Operation::Verify) => "Verification",
        Some(Operation::Restore) => "Restore",
        Some(Operation::Delete) => "Deletion",
        Some(Operation::Disown) => "Backup dismissed",
        Some(Operation::AcceptLoss) => "Loss accepted",
        Some(Operation::Prune) => "Retention",
        Some(Operation::PutBack) => "Backup put back",
        Some(Operation::Pause) => "Schedule paused",
        Some(Operation::Tick) => "Checklist item ticked",
        Some(Operation::Resume) => "Schedule resumed",
        Some(Operation::Hold) => "Backup pinned",
        Some(Operation::Release) => "Pin removed",
        Some(Operation::Rebuild) => "Catalog rebuild",
        Some(Operation::Cleanup) => "Clean-up",
        Some(Operation::Rotate) => "Key rotation",
        Some(Operation::Copy) => "Copy",
        Some(Operation::Recover) => "Recovery",
        Some(
            Operation::KeyCreate
            | Operation::KeyConfirm
            | Operation::KeyImport
            | Operation::KeyExportKit
            | Operation::KeyDestroy
            | Operation::MfaEnroll
            | Operation::MfaChange
            | Operation::MfaRefused,
        )
        | None => "Run",
    },
    kind: |name| match name {
        Some(BackupKind::Manual) => "manual",
        Some(BackupKind::PreDeployment) => "before release",
        Some(BackupKind::Emergency) => "emergency",
        Some(BackupKind::Scheduled) => "scheduled",
        Some(BackupKind::Safety) => "safety copy",
        None => "unknown",
    },
    outcome: |name| match name {
        Some(RunOutcome::Running) => "Running",
        Some(RunOutcome::Succeeded) => "Succeeded",
        Some(RunOutcome::Failed) => "Failed",
        Some(RunOutcome::Cancelled) => "Stopped",
        None => "Unknown",
    },
    before_restore: "before a restore overwrites these tables",
    phase: |name| {
        // The words of the engine, but for the two that say "archive" of the copy that a restore makes first.
        let words = if name.starts_with("archiving") { "creating the safety copy" } else { name };
        let mut letters = words.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    },
    stored: "stored",
    verified: "verified",
    restored_on: |day| format!("restored {day}"),
    damaged: "damaged",
    unknown: "unknown",
    backing_up: "Backing up",
    verifying: "Verifying",
    restoring: "Restoring",
    proving: "Running a test restore",
    making_sample: "Creating sample data",
    look: "check this",
    as_usual: "normal",
    points: "points",
    read_of: |read, all| format!("{read}; backup size {all}"),
    read_twice: "Each part is read twice: to check it, then to restore it",
    backups_n: |n| plural(n, "backup", "backups"),
    more: |n| format!("{n} more"),
    time_left: |span| format!("about {span} left"),
    rate: |bytes| format!("{bytes}/s"),
};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const LONG: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

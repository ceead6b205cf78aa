//! English.

use aitta_model::{Family, Verdict};

use super::{KeyDuty, Words, Work, number};

pub(super) static EN: Words = Words {
    code: "en",
    open: "Open Aitta",
    back_up: "Back up now",
    quit: "Quit",
    not_set_up: "Not set up",
    nothing_known: "Status unknown: the catalog can't be read",
    at_work: |work| match work {
        Work::Backup => "Backing up",
        Work::Restore => "Restoring",
        Work::Proof => "Running a test restore",
        Work::Rotation => "Rotating the key",
    },
    succeeded: |work| match work {
        Work::Backup => "Backup succeeded",
        Work::Restore => "Restore succeeded",
        Work::Proof => "Test restore succeeded",
        Work::Rotation => "Key rotation succeeded",
    },
    failed: |work| match work {
        Work::Backup => "Backup failed",
        Work::Restore => "Restore failed",
        Work::Proof => "Test restore failed",
        Work::Rotation => "Key rotation failed",
    },
    read_back: |rows, sampled| {
        let how = if sampled { "a sample of it read back and verified" } else { "read back and verified" };
        match rows {
            None => format!("Backup: {how}"),
            Some(1) => format!("1 row, {how}"),
            Some(rows) => format!("{}\u{a0}rows, {how}", number(rows)),
        }
    },
    all_equal: "Every table matches the backup.",
    copy_equal: "Every table of the restored copy matches the backup.",
    opens: "Every backup opens with the new key.",
    some_closed: "Not finished: some backups couldn't be re-keyed.",
    in_short: |code| match code.family() {
        Family::Configuration => "A setting or an entry doesn't fit. Open Aitta to see which.",
        Family::Key => "The encryption key can't be used. Open Aitta to see why.",
        Family::Archive => "A backup can't be used. Open Aitta to see which.",
        Family::Store => "The backup store can't be used. Open Aitta to see why.",
        Family::Database => "The database can't be used. Open Aitta to see why.",
        Family::Target => "The target can't take the backup. Open Aitta to see why.",
        Family::AnotherRun => "Another run is under way.",
        Family::SecondFactor => "The second factor is missing or wrong.",
        Family::Reason => "A reason is needed.",
        Family::AuditTrail => "The audit trail can't be relied on. Open Aitta to see why.",
        Family::Stopped => "Stopped on request.",
        Family::Other => "Something failed on this computer. Open Aitta to see what.",
    },
    verdict: |verdict| match verdict {
        Verdict::Safe => "Safe".to_owned(),
        Verdict::NeverRestored => "Backed up, no restore proven".to_owned(),
        Verdict::LastFailed { .. } => "The last backup failed".to_owned(),
        Verdict::Shrunk { tables, .. } => match tables.len() {
            1 => "A table lost rows".to_owned(),
            n => format!("{n} tables lost rows"),
        },
        Verdict::NoDatabase { .. } => "No database is set".to_owned(),
        Verdict::NoBackup { .. } => "There is no backup".to_owned(),
        Verdict::TooOld { .. } => "The last backup is too old".to_owned(),
        Verdict::Damaged { .. } => "The newest backup is damaged".to_owned(),
        Verdict::Unknown { .. } => "The store can't be read".to_owned(),
    },
    last_backup: |ago| format!("last backup {ago}"),
    last_known: |ago| format!("last known backup {ago}"),
    ago: |s| match s {
        0..60 => "just now".to_owned(),
        60..5400 => format!("{} min ago", s / 60),
        5400..172_800 => format!("{} h ago", s / 3600),
        _ => format!("{} days ago", s / 86_400),
    },
    keys: "Aitta: keys",
    duty: |duty| match duty {
        KeyDuty::DoesNotOpen => "The key doesn't open the newest backup. See Keys.",
        KeyDuty::StoreUnreadable => "The key can't be tested: the backup store can't be read.",
        KeyDuty::NotTested => "The key can't be tested. See Keys.",
        KeyDuty::Interrupted => {
            "Key rotation was interrupted. Every backup still opens; resume it under Keys."
        }
        KeyDuty::Due => "The key is due for rotation. Keys → Rotate takes a few minutes.",
    },
};

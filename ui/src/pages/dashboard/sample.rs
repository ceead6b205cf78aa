//! An overview for tests: one backup at 19:31, looked at at 20:00.

use aitta_model::{
    ArchiveState, LastBackup, Overview, ProfileSummary, TableLoss, Targets, Timestamp, Verdict,
};
use jiff::tz::Offset;

pub(super) fn utc(_: Timestamp) -> Offset {
    Offset::UTC
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

pub(super) fn loss(name: &str, rows_before: u64, rows: Option<u64>) -> TableLoss {
    TableLoss {
        name: name.to_owned(),
        rows_before,
        rows,
        archive: Some("backup-1-a".to_owned()),
        since: at("2026-11-28T19:31:00Z"),
    }
}

pub(super) fn overview(verdict: Verdict) -> Overview {
    let created = at("2026-11-28T19:31:00Z");
    Overview {
        profile: ProfileSummary {
            name: "shop".to_owned(),
            engine: None,
            database: None,
            store: "/mnt/store".to_owned(),
            sample: false,
        },
        now: at("2026-11-28T20:00:00Z"),
        verdict,
        targets: Targets { rpo_s: 3600, ..Targets::default() },
        last_backup: Some(LastBackup {
            archive: "backup-1-a".to_owned(),
            created,
            state: ArchiveState::Verified(created),
            size_bytes: 1,
            rows: Some(1),
            duration_ms: None,
            run: None,
        }),
        succeeded: 1,
        failed: 0,
        storage: None,
        last_restore: None,
        partial_restore: None,
        uncompared: 0,
        elsewhere: 0,
        unreadable: 0,
        key: None,
        recent: Vec::new(),
        schedule: None,
    }
}

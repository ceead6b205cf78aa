//! Archives, and what a restore makes of them.

use aitta_model::{
    ArchiveDetails, ArchiveState, ArchiveSummary, BackupKind, ComparedTable, DatabaseEngine, Depth,
    Difference, Evidence, Fact, Finding, ForeignKeySummary, KeptBeside, Likeness, Obstacle, PhaseTiming,
    RestoreComparison, RestoreMode, RestorePlan, RestoreReport, RestoreRequest, RowsApart, Severity,
    TablePlan, TableProof, TableSummary, Timestamp,
};
use jiff::ToSpan;

use super::basis::{ACTIVE, TABLES, die, hour};

/// The end of an id, which stays the same while the clock moves.
pub(in crate::mock) fn ending(id: &str) -> &str {
    id.rsplit('-').next().unwrap_or(id)
}

/// Archives that somebody has taken out of the store.
pub(in crate::mock) fn missing() -> Vec<String> {
    [800, 801].map(|i| archive(i).id).to_vec()
}

pub(in crate::mock) fn archives(n: usize) -> Vec<ArchiveSummary> {
    (0..n as i64).map(archive).collect()
}

pub(super) fn archive(i: i64) -> ArchiveSummary {
    let created = hour(i);
    let state = match i {
        7 => ArchiveState::Damaged(created + 2.hours()),
        11 => ArchiveState::Stored,
        12 => ArchiveState::Unknown,
        _ if i % 24 == 3 => ArchiveState::Restored(created + 90.minutes()),
        _ => ArchiveState::Verified(created + 2.minutes()),
    };
    let kind = match i {
        2 => BackupKind::PreDeployment,
        5 => BackupKind::Emergency,
        9 => BackupKind::Safety,
        _ if i % 13 == 6 => BackupKind::Manual,
        _ => BackupKind::Scheduled,
    };
    let partial = kind == BackupKind::Safety;
    ArchiveSummary {
        id: format!("backup-{}-{:08x}", created.as_millisecond(), (die(i, 4_000_000_000) as u32)),
        created,
        state,
        kind: Some(kind.into()),
        reason: match kind {
            BackupKind::PreDeployment => Some("release 2026.47".to_owned()),
            BackupKind::Emergency => Some("before cleaning up double bookings".to_owned()),
            BackupKind::Safety => Some(BackupKind::SAFETY_REASON.to_owned()),
            _ => None,
        },
        engine: Some(DatabaseEngine::Postgresql.into()),
        database: Some("carwash".to_owned()),
        place: None,
        complete: Some(!partial),
        tables: Some(if partial { 2 } else { 9 }),
        rows: Some((if partial { 2_900_000 } else { 5_799_900 } - 488 * i.min(5000)) as u64),
        size_bytes: (438_000_000 - 58_000 * i.min(5000) + die(i, 900_000)) as u64,
        duration_ms: Some((101_000 + die(i, 16_000)) as u64),
        checksum: Some(format!("{:064x}", die(i, i64::MAX))),
    }
}

pub(in crate::mock) fn details(summary: ArchiveSummary, many: bool) -> ArchiveDetails {
    let mut table_list: Vec<TableSummary> = TABLES
        .iter()
        .map(|(name, rows, bytes)| TableSummary {
            name: (*name).to_owned(),
            rows: *rows,
            bytes: bytes * 3,
            stored_bytes: *bytes,
            digest: format!("{:0<64x}", die(*rows as i64, i64::MAX)),
            columns: vec!["id integer".to_owned(), "createdAt timestamp".to_owned()],
        })
        .collect();
    if summary.complete == Some(false) {
        table_list.truncate(2);
    } else if many {
        table_list.extend((0..2000).map(|i| TableSummary {
            name: if i < 1000 { format!("audit_{i:04}") } else { format!("history.audit_{i:04}") },
            rows: die(i, 90_000) as u64,
            bytes: die(i, 9_000_000) as u64,
            stored_bytes: die(i, 1_000_000) as u64,
            digest: format!("{:064x}", i),
            columns: vec!["id bigint".to_owned()],
        }));
    }
    let key = |table: &str, foreign: &str| ForeignKeySummary {
        name: format!("{table}_{foreign}_fkey"),
        table: table.to_owned(),
        foreign_table: foreign.to_owned(),
    };
    let evidence = |at: Timestamp, depth: Depth, finding: &str| Evidence {
        at,
        depth: depth.into(),
        finding: finding.to_owned(),
    };
    ArchiveDetails {
        location: format!("/mnt/backup/aitta/backups/{}.backup", summary.id),
        source_version: "PostgreSQL 16.4".to_owned(),
        snapshot: "00000003-0000001B-1".to_owned(),
        writer: "aitta 0.1.0".to_owned(),
        key_ids: vec![ACTIVE.to_owned()],
        table_list,
        foreign_keys: vec![
            key("Booking", "User"),
            key("Booking", "Service"),
            key("Booking", "TimeSlot"),
            key("Testimonial", "User"),
            key("EmailNotification", "Booking"),
        ],
        evidence: match summary.state {
            ArchiveState::Verified(at) => vec![evidence(at, Depth::Stored, "")],
            ArchiveState::Restored(at) => {
                vec![evidence(at, Depth::Restored, ""), evidence(summary.created, Depth::Stored, "")]
            }
            ArchiveState::Damaged(at) => {
                vec![
                    evidence(at, Depth::Content, "frame 17 is not what was written"),
                    evidence(summary.created, Depth::Stored, ""),
                ]
            }
            ArchiveState::Stored | ArchiveState::Unknown => Vec::new(),
        },
        remarks: Vec::new(),
        copies: vec![aitta_model::CopyState {
            location: "s3://shop-backups/aitta".to_owned(),
            state: match summary.state {
                ArchiveState::Damaged(_) => None,
                other => Some(other),
            },
        }],
        summary,
    }
}

pub(in crate::mock) fn plan(archive: &ArchiveDetails, request: &RestoreRequest) -> RestorePlan {
    let chosen =
        archive.table_list.iter().filter(|t| request.tables.is_empty() || request.tables.contains(&t.name));
    let tables: Vec<TablePlan> = chosen
        .clone()
        .map(|t| TablePlan {
            name: t.name.clone(),
            archive_rows: t.rows,
            target_rows: request.to.is_none().then_some(t.rows.saturating_sub(1887)),
            bytes: t.bytes,
        })
        .collect();
    let target = "db1.kiiltoloisto.fi:5432/carwash".to_owned();
    let mode = match (&request.to, &request.to_schema, request.tables.is_empty()) {
        (Some(url), ..) => RestoreMode::Create { target: url.redacted() },
        (_, Some(schema), _) => RestoreMode::SideSchema { target, schema: schema.clone() },
        (_, _, true) => {
            RestoreMode::Swap { target, set_aside: "carwash_before_restore_20261124T025500Z".to_owned() }
        }
        _ => RestoreMode::Replace { target },
    };
    let mut findings = Vec::new();
    if request.to.is_none()
        && request.tables.iter().any(|t| t == "User")
        && !request.tables.iter().any(|t| t == "Testimonial")
    {
        let message = "Testimonial (3 rows now) references User (foreign key \"Testimonial_userId_fkey\"), and only \
             one of them is chosen";
        findings.push(Finding::new(Severity::Warning, message, "").of(Fact::KeyCrosses {
            key: "Testimonial_userId_fkey".to_owned(),
            table: "Testimonial".to_owned(),
            foreign_table: "User".to_owned(),
        }));
    }
    if request.to_schema.as_deref() == Some("public") {
        let hint = "name a schema that doesn't exist yet with --to-schema";
        findings.push(
            Finding::new(Severity::Blocker, "the schema \"public\" is not empty", hint)
                .of(Fact::SchemaNotEmpty { schema: "public".to_owned() }),
        );
    }
    // Whoever owns a database of this name has written a check of his own.
    let is_foreign = request.to.as_ref().is_some_and(|url| url.expose().contains("foreign"));
    let code = is_foreign.then(|| {
        "check constraint \"Booking_plate\" of Booking of \"webapp\", which calls public.is_plate(text)"
            .to_owned()
    });
    if let Some(code) = &code {
        let hint = "restore as a role that is no superuser (`aitta config check --roles` prints one), or, if you trust \
                    webapp with these rights, repeat it with --trust-code";
        let severity = if request.trust_code { Severity::Warning } else { Severity::Blocker };
        let message =
            format!("the restore could run with the rights of \"postgres\", who is a superuser: {code}");
        let hint = if request.trust_code { "" } else { hint };
        findings.push(Finding::new(severity, message, hint).of(Fact::CodeCouldRun {
            user: "postgres".to_owned(),
            code: vec![code.clone()],
            more: 0,
            is_mighty: true,
        }));
    }
    let bytes = tables.iter().map(|t| t.bytes).sum();
    let kept = Some(KeptBeside::Overwritten);
    findings.push(
        Finding::new(Severity::Info, "the free space on the server can't be seen from here", "")
            .of(Fact::RoomOnServer { bytes, kept }),
    );
    RestorePlan {
        archive: archive.summary.id.clone(),
        archive_created: archive.summary.created,
        mode,
        space_needed_bytes: tables.iter().map(|t| t.bytes).sum(),
        read_bytes: chosen.map(|t| t.stored_bytes).sum(),
        tables,
        findings,
        code: code.into_iter().collect(),
    }
}

/// One table of each kind, again and again.
pub(in crate::mock) fn compared(plan: &RestorePlan) -> RestoreComparison {
    let likeness = |(i, table): (usize, &TablePlan)| {
        let target_rows = table.target_rows.unwrap_or_default();
        let apart = Some(RowsApart { archive: 1893, target: 6 });
        match i % 5 {
            _ if table.target_rows.is_none() => Likeness::Missing,
            0 => Likeness::Differs { target_rows, apart },
            2 => Likeness::NotComparable {
                why: "the column \"vip\" is new".to_owned(),
                obstacle: Some(Obstacle::Changed {
                    differences: vec![Difference::ColumnNew { column: "vip".to_owned() }],
                }),
            },
            3 => Likeness::Differs { target_rows, apart: None },
            4 => Likeness::NotReached,
            _ => Likeness::Same,
        }
    };
    let tables = plan
        .tables
        .iter()
        .enumerate()
        .map(|(i, table)| ComparedTable { name: table.name.clone(), likeness: likeness((i, table)) });
    RestoreComparison { archive: plan.archive.clone(), tables: tables.collect(), duration_ms: 1200 }
}

pub(in crate::mock) fn restored(archive: &ArchiveDetails, plan: RestorePlan) -> RestoreReport {
    let digest = |name: &str| {
        archive.table_list.iter().find(|t| t.name == name).map(|t| t.digest.clone()).unwrap_or_default()
    };
    // A whole restore sets the old database aside instead.
    let in_place = matches!(plan.mode, RestoreMode::Replace { .. });
    RestoreReport {
        archive: plan.archive,
        archive_created: plan.archive_created,
        mode: plan.mode,
        proofs: plan
            .tables
            .iter()
            .map(|t| TableProof {
                name: t.name.clone(),
                archive_rows: t.archive_rows,
                target_rows: t.archive_rows,
                archive_digest: digest(&t.name),
                target_digest: digest(&t.name),
            })
            .collect(),
        of_tables: Some(archive.table_list.len() as u32),
        whole: plan.tables.len() == archive.table_list.len(),
        dropped: false,
        sequences: Vec::new(),
        safety_archive: in_place.then(|| archives(10).remove(9).id),
        read_bytes: plan.read_bytes,
        archive_bytes: archive.summary.size_bytes,
        duration_ms: 35_000,
        phases: vec![
            PhaseTiming { name: "archiving what is there".to_owned(), duration_ms: 9_000 },
            PhaseTiming { name: "restoring".to_owned(), duration_ms: 22_000 },
            PhaseTiming { name: "proving".to_owned(), duration_ms: 4_000 },
        ],
        findings: Vec::new(),
        hook_failure: None,
    }
}

//! The data of a car wash chain that doesn't exist, the same every time but for the date.

use aitta_model::{
    ArchiveDetails, ArchiveState, ArchiveSummary, BackupPoint, Date, DayOutcomes, ErrorCode, Evidence,
    Failure, FailurePoint, Finding, ForeignKeySummary, GuardState, History, KeyCanary, KeyStatus, LastBackup,
    LogLine, MonthFigures, Overview, PhaseTiming, ProfileSummary, RestoreMode, RestorePlan, RestorePoint,
    RestoreReport, RestoreRequest, Review, RunDetails, RunFigures, RunSummary, Settings, Severity,
    StorageUse, StoreCheck, StoreGuard, StoreSettings, TableGrowth, TablePlan, TableProof, TableSummary,
    Targets, Timestamp, Verdict,
};
use jiff::ToSpan;
use jiff::tz::TimeZone;
use wasm_bindgen::JsCast;

use crate::format::now;

/// The key that is in use.
pub(super) const ACTIVE: &str = "5f1d7c2e9ab04431";

const TABLES: [(&str, u64, u64); 9] = [
    ("Booking", 2_500_000, 312_000_000),
    ("User", 400_000, 61_000_000),
    ("EmailNotification", 2_500_000, 58_000_000),
    ("TimeSlot", 300_000, 4_100_000),
    ("Testimonial", 100_000, 2_200_000),
    ("Setting", 200, 9_000),
    ("Service", 20, 2_000),
    ("BusinessHours", 7, 1_000),
    ("Holiday", 24, 1_000),
];

/// Numbers like dice, the same every time.
fn die(n: i64, sides: i64) -> i64 {
    (n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) >> 33)
        .rem_euclid(sides)
}

fn hour(ago: i64) -> Timestamp {
    let now = now();
    let minute = Timestamp::from_second(now.as_second() - now.as_second().rem_euclid(60)).unwrap_or(now);
    minute - (ago * 60 + 38).minutes()
}

pub(super) fn days(n: i64) -> jiff::Span {
    (24 * n).hours()
}

/// Whether the active key opens the newest archive, as it was tried last.
pub(super) fn canary() -> KeyCanary {
    KeyCanary { at: now() - 5.hours(), archive: Some(archives(6).remove(5).id), failure: None }
}

pub(super) fn profile() -> ProfileSummary {
    ProfileSummary {
        name: "kiiltoloisto".to_owned(),
        engine: Some("postgresql".to_owned()),
        database: Some("db1.kiiltoloisto.fi:5432/carwash".to_owned()),
        store: "/mnt/backup/aitta".to_owned(),
        sample: false,
    }
}

fn store_gone() -> Failure {
    Failure {
        code: ErrorCode::SourceUnreachable,
        message: "connection refused by db1.kiiltoloisto.fi:5432".to_owned(),
        hint: "check that the server runs and takes connections from this machine".to_owned(),
    }
}

/// What is told of an archive that is not what was written.
pub(super) fn damaged(id: &str) -> Failure {
    Failure {
        code: ErrorCode::ArchiveDamaged,
        message: format!("{id} is damaged in frame 17"),
        hint: "restore from the newest one that is verified; make a new backup now".to_owned(),
    }
}

pub(super) fn overview(empty: bool, in_danger: bool) -> Overview {
    let history = history(30);
    let first = archives(1).remove(0);
    let runs = runs(6);
    Overview {
        profile: profile(),
        now: now(),
        verdict: match (empty, in_danger) {
            (true, _) => Verdict::NoBackup { failure: None },
            (_, true) => Verdict::TooOld { age_s: 9 * 3600, failure: Some(store_gone()) },
            _ => Verdict::Safe,
        },
        targets: Targets { rpo_s: 3600, ..Targets::default() },
        last_backup: (!empty).then(|| LastBackup {
            archive: first.id,
            created: if in_danger { hour(9) } else { first.created },
            state: first.state,
            size_bytes: first.size_bytes,
            rows: first.rows,
            duration_ms: first.duration_ms,
            run: Some(1000),
        }),
        succeeded: if empty { 0 } else { 717 },
        failed: if empty { 0 } else { 3 },
        storage: Some(StorageUse {
            archives: if empty { 0 } else { 744 },
            archives_bytes: if empty { 0 } else { 306_000_000_000 },
            used_bytes: Some(if in_danger { 421_000_000_000 } else { 306_000_000_000 }),
            total_bytes: Some(500_000_000_000),
            alert_at: (!empty && !in_danger).then(|| now() + (24 * 112).hours()),
        }),
        last_restore: history.restores.last().filter(|_| !empty).cloned(),
        key: Some(KeyStatus {
            key_id: ACTIVE.to_owned(),
            since: (!empty).then(|| now() - (24 * 81).hours()),
            kept: "keychain".to_owned(),
            tested: (!empty && !in_danger).then(canary),
            due: (!empty).then(|| now() + (24 * if in_danger { -12 } else { 9 }).hours()),
        }),
        recent: if empty { Vec::new() } else { runs },
    }
}

pub(super) fn no_history(days: u32) -> History {
    let full = history(days);
    History {
        days: full.days.iter().map(|d| DayOutcomes { succeeded: 0, failed: 0, ..d.clone() }).collect(),
        backups: Vec::new(),
        failures: Vec::new(),
        restores: Vec::new(),
        ..full
    }
}

pub(super) fn history(days: u32) -> History {
    let to = now();
    let n = i64::from(days);
    history_to(to, n)
}

fn history_to(to: Timestamp, n: i64) -> History {
    let from = to - (24 * (n - 1)).hours();
    let day = |ago: i64| (to - (24 * ago).hours()).to_zoned(TimeZone::UTC).date();
    let failed = |ago: i64| match ago {
        58 => 7,
        27 => 2,
        9 => 1,
        _ => 0,
    };
    let anomaly =
        |ago: i64| (ago == 15).then(|| "36 % smaller than usual: Booking lost 61 % of its rows".to_owned());
    let backup = |ago: i64| BackupPoint {
        run: 2000 - ago,
        at: to - (24 * ago).hours() - 38.minutes(),
        archive: format!("backup-{}", 2000 - ago),
        duration_ms: (80_000 + 300 * (90 - ago).max(0) + die(ago, 9_000) + if ago == 58 { 95_000 } else { 0 })
            as u64,
        size_bytes: (438_000_000 - 1_400_000 * ago.min(300) + die(ago, 4_000_000)
            - if ago == 15 { 150_000_000 } else { 0 }) as u64,
        rows: (5_799_900 - 12_000 * ago.min(300)) as u64,
        anomaly: anomaly(ago),
    };
    let restore = |ago: i64| RestorePoint {
        run: 3000 - ago,
        at: to - (24 * ago).hours(),
        duration_ms: (161_000 - 200 * ago + die(ago, 12_000)).max(9000) as u64,
        tables: 9,
    };
    History {
        profile: "kiiltoloisto".to_owned(),
        from,
        to,
        days: (0..n)
            .rev()
            .map(|ago| DayOutcomes { day: day(ago), succeeded: 24 - failed(ago), failed: failed(ago) })
            .collect(),
        backups: (0..n).rev().map(backup).collect(),
        failures: (0..n)
            .rev()
            .filter(|ago| failed(*ago) > 0)
            .map(|ago| FailurePoint {
                run: 1900 - ago,
                at: to - (24 * ago).hours(),
                code: "source_unreachable".to_owned(),
                message: store_gone().message,
            })
            .collect(),
        restores: (0..n).rev().filter(|ago| ago % 7 == 4).map(restore).collect(),
    }
}

pub(super) fn review(month: Date, empty: bool) -> Review {
    let month = month.first_of_month();
    let figures = |first: Date| {
        let next = first.checked_add(1.month()).unwrap_or(first);
        let end = next.to_zoned(TimeZone::UTC).map_or_else(|_| now(), |z| z.timestamp() - 1.minute());
        let days = i64::from(first.days_in_month());
        let history = if empty { no_history(30) } else { history_to(end, days) };
        MonthFigures {
            first,
            median_duration_ms: (!empty).then_some(94_000 + 1000 * u64::from(first.month().unsigned_abs())),
            size_bytes: history.backups.last().map(|b| b.size_bytes),
            longest_restore_ms: history.restores.iter().map(|r| r.duration_ms).max(),
            history,
        }
    };
    let before = month.checked_sub(1.month()).unwrap_or(month);
    let tables = TABLES.iter().take(6).enumerate().map(|(i, (name, rows, bytes))| TableGrowth {
        name: (*name).to_owned(),
        rows_before: (i != 4).then_some(rows * 9 / 10),
        rows: Some(*rows),
        bytes_before: (i != 4).then_some(bytes * 9 / 10),
        bytes: Some(*bytes),
    });
    Review {
        profile: profile(),
        targets: Targets::default(),
        now: now(),
        month: figures(month),
        before: figures(before),
        failures: if empty {
            Vec::new()
        } else {
            runs(400).into_iter().filter(|r| r.outcome == "failed").take(3).collect()
        },
        tables: if empty { Vec::new() } else { tables.collect() },
        key: overview(empty, false).key,
    }
}

/// The end of an id, which stays the same while the clock moves.
pub(super) fn ending(id: &str) -> &str {
    id.rsplit('-').next().unwrap_or(id)
}

/// Archives that somebody has taken out of the store.
pub(super) fn missing() -> Vec<String> {
    [800, 801].map(|i| archive(i).id).to_vec()
}

pub(super) fn archives(n: usize) -> Vec<ArchiveSummary> {
    (0..n as i64).map(archive).collect()
}

fn archive(i: i64) -> ArchiveSummary {
    let created = hour(i);
    let state = match i {
        7 => ArchiveState::Damaged(created + 2.hours()),
        11 => ArchiveState::Stored,
        12 => ArchiveState::Unknown,
        _ if i % 24 == 3 => ArchiveState::Restored(created + 90.minutes()),
        _ => ArchiveState::Verified(created + 2.minutes()),
    };
    let kind = match i {
        2 => "pre-deployment",
        5 => "emergency",
        9 => "safety",
        _ if i % 13 == 6 => "manual",
        _ => "scheduled",
    };
    let partial = kind == "safety";
    ArchiveSummary {
        id: format!("backup-{}-{:08x}", created.as_millisecond(), (die(i, 4_000_000_000) as u32)),
        created,
        state,
        kind: Some(kind.to_owned()),
        reason: match kind {
            "pre-deployment" => Some("release 2026.47".to_owned()),
            "emergency" => Some("before cleaning up double bookings".to_owned()),
            "safety" => Some("before a restore overwrites these tables".to_owned()),
            _ => None,
        },
        engine: Some("postgresql".to_owned()),
        database: Some("carwash".to_owned()),
        complete: Some(!partial),
        tables: Some(if partial { 2 } else { 9 }),
        rows: Some((if partial { 2_900_000 } else { 5_799_900 } - 488 * i.min(5000)) as u64),
        size_bytes: (438_000_000 - 58_000 * i.min(5000) + die(i, 900_000)) as u64,
        duration_ms: Some((101_000 + die(i, 16_000)) as u64),
        checksum: Some(format!("{:064x}", die(i, i64::MAX))),
    }
}

pub(super) fn details(summary: ArchiveSummary, many: bool) -> ArchiveDetails {
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
    let evidence = |at: Timestamp, depth: &str, finding: &str| Evidence {
        at,
        depth: depth.to_owned(),
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
            ArchiveState::Verified(at) => vec![evidence(at, "stored", "")],
            ArchiveState::Restored(at) => {
                vec![evidence(at, "restored", ""), evidence(summary.created, "stored", "")]
            }
            ArchiveState::Damaged(at) => {
                vec![
                    evidence(at, "content", "frame 17 is not what was written"),
                    evidence(summary.created, "stored", ""),
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

pub(super) fn plan(archive: &ArchiveDetails, request: &RestoreRequest) -> RestorePlan {
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
        findings.push(Finding {
            severity: Severity::Warning,
            message:
                "Testimonial refers to User: 3 of its rows point to users that were made after this backup"
                    .to_owned(),
            hint: "give Testimonial back as well, or delete those 3 rows first".to_owned(),
        });
    }
    if request.to_schema.as_deref() == Some("public") {
        findings.push(Finding {
            severity: Severity::Blocker,
            message: "the schema \"public\" is not empty".to_owned(),
            hint: "name a schema that doesn't exist yet with --to-schema".to_owned(),
        });
    }
    findings.push(Finding {
        severity: Severity::Info,
        message: "what is overwritten is archived first".to_owned(),
        hint: String::new(),
    });
    RestorePlan {
        archive: archive.summary.id.clone(),
        archive_created: archive.summary.created,
        mode,
        space_needed_bytes: tables.iter().map(|t| t.bytes).sum(),
        read_bytes: chosen.map(|t| t.stored_bytes).sum(),
        tables,
        findings,
    }
}

pub(super) fn restored(archive: &ArchiveDetails, plan: RestorePlan) -> RestoreReport {
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
    }
}

pub(super) fn runs(n: usize) -> Vec<RunSummary> {
    let run = |i: i64| {
        let started = hour(i);
        let (operation, failed) = match i {
            2 => ("restore", false),
            3 => ("backup", true),
            5 => ("verify", false),
            8 => ("verify", true),
            10 => ("restore", true),
            _ if i % 29 == 17 => ("restore", false),
            _ if i % 41 == 23 => ("backup", true),
            _ => ("backup", false),
        };
        let took = match operation {
            "restore" => 41,
            "verify" => 3,
            _ if failed => 12,
            _ => 101 + die(i, 16),
        };
        RunSummary {
            id: 2000 - i,
            profile: "kiiltoloisto".to_owned(),
            operation: operation.to_owned(),
            outcome: if failed { "failed" } else { "succeeded" }.to_owned(),
            started,
            ended: Some(started + took.seconds()),
            archive: match operation {
                "verify" if failed => Some(archive(7).id),
                _ => (!failed || operation == "restore").then(|| archive(i).id),
            },
            reason: (operation == "restore").then(|| "an UPDATE without WHERE at 07:31".to_owned()),
            failure: failed
                .then(|| if operation == "verify" { damaged(&archive(7).id) } else { store_gone() }),
            figures: RunFigures {
                size_bytes: (operation == "backup" && !failed).then_some(438_000_000),
                rows: match operation {
                    "backup" if !failed => Some((5_799_900 - 488 * i) as u64),
                    "restore" if !failed => Some(2_900_000),
                    _ => None,
                },
                tables: match operation {
                    "restore" if !failed => Some(2),
                    "backup" if !failed => Some(9),
                    _ => None,
                },
            },
        }
    };
    (0..n as i64).map(run).collect()
}

pub(super) fn run(id: i64) -> Option<RunDetails> {
    let run =
        if id > 2000 { runs(1).pop()? } else { runs(usize::try_from(2001 - id).ok()?.min(400)).pop()? };
    let phase = |name: &str, duration_ms: u64| PhaseTiming { name: name.to_owned(), duration_ms };
    let phases = match (run.operation.as_str(), run.failure.is_some()) {
        (_, true) => Vec::new(),
        ("restore", _) => vec![
            phase("opening", 80),
            phase("archiving what is there", 9_000),
            phase("restoring", 27_000),
            phase("proving", 4_900),
        ],
        ("verify", _) => Vec::new(),
        _ => vec![
            phase("opening", 120),
            phase("reading", 92_000),
            phase("reading back", 8_400),
            phase("finishing", 300),
        ],
    };
    let mut at_ms = 0;
    let mut log = Vec::new();
    for p in &phases {
        log.push(LogLine { at_ms, text: p.name.clone() });
        if p.name == "reading" || p.name == "restoring" {
            for (i, (name, rows, _)) in TABLES.iter().enumerate() {
                log.push(LogLine {
                    at_ms: at_ms + p.duration_ms * (i as u64 + 1) / 9,
                    text: format!("{name}: {rows} rows"),
                });
            }
        }
        at_ms += p.duration_ms;
    }
    if run.failure.is_some() {
        log.push(LogLine { at_ms: 0, text: "opening".to_owned() });
    }
    let restore = (run.operation == "restore" && run.failure.is_none()).then(|| {
        let archive = details(archives(1).remove(0), false);
        let request = RestoreRequest {
            tables: vec!["Booking".to_owned(), "User".to_owned()],
            ..RestoreRequest::default()
        };
        restored(&archive, plan(&archive, &request))
    });
    Some(RunDetails { run, phases, log, restore })
}

pub(super) fn settings() -> Settings {
    Settings {
        file: "/home/aino/.config/aitta/config.toml".to_owned(),
        profile: profile(),
        database_url: Some("postgres://aitta@db1.kiiltoloisto.fi/carwash".to_owned()),
        password_in_keychain: true,
        store: StoreSettings::folder("/mnt/backup/aitta"),
        retention_days: 30,
        targets: Targets::default(),
        key: Some(KeyStatus {
            key_id: ACTIVE.to_owned(),
            since: None,
            kept: "keychain".to_owned(),
            tested: None,
            due: None,
        }),
        key_failure: None,
        fixed: vec!["rto_minutes".to_owned()],
    }
}

/// A browser saves by itself.
pub(super) fn download(name: &str, mime: &str, bytes: &[u8]) {
    let array = js_sys::Uint8Array::from(bytes);
    let parts = js_sys::Array::of1(&array);
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(mime);
    let save = || -> Result<(), wasm_bindgen::JsValue> {
        let blob = web_sys::Blob::new_with_u8_array_sequence_and_options(&parts, &options)?;
        let url = web_sys::Url::create_object_url_with_blob(&blob)?;
        let link: web_sys::HtmlAnchorElement =
            leptos::prelude::document().create_element("a")?.unchecked_into();
        link.set_href(&url);
        link.set_download(name);
        link.click();
        web_sys::Url::revoke_object_url(&url)
    };
    if let Err(error) = save() {
        leptos::logging::error!("{name} can't be saved: {error:?}");
    }
}

/// A bucket that was looked at.
pub(super) fn bucket(store: &StoreSettings) -> StoreCheck {
    let guard = |guard: &str, state, words: &str| StoreGuard {
        guard: guard.to_owned(),
        state,
        words: words.to_owned(),
    };
    StoreCheck {
        location: format!("s3://{}", store.get("bucket")),
        archives: 31,
        free_bytes: None,
        guards: vec![
            guard("public_access", GuardState::Fine, "nobody else can read it: public access is blocked"),
            guard("versioning", GuardState::Warning, "it keeps no versions: what is deleted is gone at once"),
            guard(
                "encryption",
                GuardState::Unknown,
                "its default encryption can't be read with these credentials",
            ),
        ],
    }
}

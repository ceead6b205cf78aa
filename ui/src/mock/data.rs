//! The data of a car wash chain that doesn't exist, the same every time but for the date.

mod archives;
mod basis;
mod review;
mod runs;

use aitta_model::{
    BackupPoint, DatabaseEngine, Date, DayOutcomes, Duty, DutyStatus, Excess, FailurePoint, GuardState,
    History, HostKind, KeyCanary, KeyStatus, LastBackup, MonthFigures, Overview, Preset, ProfileSummary,
    RestorePoint, Review, RunOutcome, ScheduleHost, ScheduleStatus, SeenTo, Settings, SourceRights,
    StorageUse, StoreCheck, StoreGuard, StoreOthers, StoreSettings, TableChange, TableGrowth, TableLoss,
    Targets, Timestamp, Unusual, Verdict,
};
use jiff::ToSpan;
use jiff::tz::TimeZone;
use wasm_bindgen::JsCast;

pub(super) use self::archives::{archives, compared, details, ending, missing, plan, restored};
pub(super) use self::basis::{ACTIVE, damaged, days};
use self::basis::{TABLES, die, hour, store_gone};
use self::review::{deeds, losses};
pub(super) use self::runs::{run, runs};
use super::state::{State, state};
use crate::format::now;

/// Whether the active key opens the newest archive, as it was tried last.
pub(super) fn canary() -> KeyCanary {
    KeyCanary { at: now() - 5.hours(), archive: Some(archives(6).remove(5).id), failure: None }
}

pub(super) fn profile() -> ProfileSummary {
    ProfileSummary {
        name: "kiiltoloisto".to_owned(),
        engine: Some(DatabaseEngine::Postgresql),
        database: Some("db1.kiiltoloisto.fi:5432/carwash".to_owned()),
        store: "/mnt/backup/aitta".to_owned(),
        sample: false,
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
        partial_restore: None,
        uncompared: 0,
        elsewhere: 0,
        unreadable: 0,
        key: Some(KeyStatus {
            key_id: ACTIVE.to_owned(),
            since: (!empty).then(|| now() - (24 * 81).hours()),
            kept: "keychain".to_owned(),
            tested: (!empty && !in_danger).then(canary),
            due: (!empty).then(|| now() + (24 * if in_danger { -12 } else { 9 }).hours()),
        }),
        recent: if empty { Vec::new() } else { runs },
        schedule: (!empty).then(|| schedule(in_danger)),
    }
}

/// Daily at two; nobody sees to it where something is wrong.
pub(super) fn schedule(in_danger: bool) -> ScheduleStatus {
    let next = now() + 11.hours();
    let host =
        ScheduleHost { kind: HostKind::Window.into(), pid: 4711, since: now() - 5.hours(), schedule: None };
    ScheduleStatus {
        profile: "shop".to_owned(),
        now: now(),
        on: true,
        pattern: "0 2 * * *".to_owned(),
        zone: "UTC".to_owned(),
        next: (0..5).map(|day| next + (24 * day).hours()).collect(),
        host: (!in_danger).then_some(host),
        looked: None,
        seen_to: if in_danger { SeenTo::ByNobody } else { SeenTo::ByHost },
        last: None,
        pause: None,
        others: [
            (Duty::Prune, "0 3 * * *", 12),
            (Duty::Verify, "0 4 1 * *", 200),
            (Duty::Trail, "30 3 1 * *", 199),
        ]
        .map(|(duty, pattern, hours)| DutyStatus {
            duty: duty.into(),
            pattern: pattern.to_owned(),
            next: Some(now() + hours.hours()),
            last: None,
        })
        .into(),
    }
}

/// The same after somebody has deleted half of a table.
pub(super) fn shrunk(overview: Overview) -> Overview {
    let [newest, before] = [0, 1].map(|i| archives(2).remove(i));
    let loss = TableLoss {
        name: "EmailNotification".to_owned(),
        rows_before: 2_500_000,
        rows: Some(1_250_000),
        archive: Some(before.id),
        since: before.created,
    };
    Overview {
        verdict: Verdict::Shrunk { archive: newest.id, tables: vec![loss], failure: None },
        ..overview
    }
}

pub(super) fn no_history(days: u32) -> History {
    let full = history(days);
    History {
        days: full.days.iter().map(|d| DayOutcomes { succeeded: 0, failed: 0, ..d.clone() }).collect(),
        backups: Vec::new(),
        failures: Vec::new(),
        restores: Vec::new(),
        unreadable: 0,
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
    let lost = || TableChange::Lost { table: "Booking".to_owned(), percent: 61 };
    let backup = |ago: i64| BackupPoint {
        run: 2000 - ago,
        at: to - (24 * ago).hours() - 38.minutes(),
        archive: format!("backup-{}", 2000 - ago),
        duration_ms: (80_000 + 300 * (90 - ago).max(0) + die(ago, 9_000) + if ago == 58 { 95_000 } else { 0 })
            as u64,
        size_bytes: (438_000_000 - 1_400_000 * ago.min(300) + die(ago, 4_000_000)
            - if ago == 15 { 150_000_000 } else { 0 }) as u64,
        rows: (5_799_900 - 12_000 * ago.min(300)) as u64,
        judged: true,
        anomaly: anomaly(ago),
        unusual: (ago == 15).then(|| Unusual { percent: -36, cause: Some(lost()) }),
    };
    let restore = |ago: i64| RestorePoint {
        run: 3000 - ago,
        at: to - (24 * ago).hours(),
        duration_ms: (161_000 - 200 * ago + die(ago, 12_000)).max(9000) as u64,
        tables: 9,
        of_tables: Some(9),
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
        unreadable: 0,
    }
}

/// The one in the middle.
fn middle(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

/// The month that `month` lies in, or the last that is over.
pub(super) fn review(month: Option<Date>, empty: bool, in_danger: bool) -> Review {
    let today = now().to_zoned(TimeZone::UTC).date();
    let over = today.first_of_month().yesterday().unwrap_or(today);
    let month = month.unwrap_or(if empty { today } else { over }).first_of_month();
    let figures = |first: Date| {
        let next = first.checked_add(1.month()).unwrap_or(first);
        let end = next.to_zoned(TimeZone::UTC).map_or_else(|_| now(), |z| z.timestamp() - 1.minute());
        let days = i64::from(first.days_in_month());
        let history = if empty { no_history(30) } else { history_to(end, days) };
        MonthFigures {
            first,
            median_duration_ms: middle(history.backups.iter().map(|backup| backup.duration_ms).collect()),
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
        // The points are one a day.
        targets: Targets { rpo_s: 26 * 3600, ..Targets::default() },
        now: now(),
        month: figures(month),
        before: figures(before),
        since: Some(if empty { today } else { today.checked_sub(14.months()).unwrap_or(today) }),
        deeds: if empty { Vec::new() } else { deeds(month) },
        refused_codes: u64::from(!empty),
        trail_intact: true,
        unsigned_entries: 0,
        more_losses: 0,
        losses: if empty { Vec::new() } else { losses(month, in_danger) },
        storage: overview(empty, in_danger).storage,
        proven: (!empty).then(|| now() - (24 * 9).hours()),
        drilled: None,
        failures: if empty {
            Vec::new()
        } else {
            runs(400).into_iter().filter(|r| r.outcome == RunOutcome::Failed).take(3).collect()
        },
        tables: if empty { Vec::new() } else { tables.collect() },
        key: overview(empty, in_danger).key,
    }
}

/// What settings show of it.
fn automation() -> aitta_model::Automation {
    let pattern = match state() {
        State::Unsafe => "*/15 8-17 * * 1-5",
        State::Busy => Preset::Hourly.pattern(),
        _ => Preset::Daily.pattern(),
    };
    aitta_model::Automation {
        on: state() != State::Empty,
        pattern: pattern.to_owned(),
        zone: "UTC".to_owned(),
        daily: 0,
        weekly: 8,
        monthly: 12,
        yearly: 0,
    }
}

pub(super) fn settings() -> Settings {
    Settings {
        file: "/home/aino/.config/aitta/config.toml".to_owned(),
        profile: profile(),
        database_url: Some("postgres://aitta@db1.kiiltoloisto.fi/carwash".to_owned()),
        password_in_keychain: true,
        store: StoreSettings::folder("/mnt/backup/aitta"),
        retention_days: 30,
        automation: automation(),
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

/// What the user of the database may do.
pub(super) fn rights() -> SourceRights {
    SourceRights {
        user: "postgres".to_owned(),
        more: vec!["is a superuser: may do everything on the whole server".to_owned()],
        excess: vec![Excess::Superuser],
        backup: "-- A role for backups: it reads everything in the database, and can change nothing.\n\
                 CREATE ROLE aitta_backup LOGIN BYPASSRLS;\nGRANT CONNECT ON DATABASE \"carwash\" TO aitta_backup;\n\
                 GRANT pg_read_all_data TO aitta_backup;\n"
            .to_owned(),
        backup_lacks: Vec::new(),
        restore: "-- A role for restores: it makes databases, and acts for the owners of what is in \"carwash\".\n\
                  CREATE ROLE aitta_restore LOGIN CREATEDB BYPASSRLS;\nGRANT \"webapp\" TO aitta_restore;\n"
            .to_owned(),
        restore_lacks: vec!["the extensions postgis: only a superuser can create them".to_owned()],
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
        others: StoreOthers { databases: vec!["varasto".to_owned()], keys: Vec::new() },
    }
}

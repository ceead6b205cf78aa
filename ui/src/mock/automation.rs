//! What happens by itself, made up: the schedule, what stays and goes by rule, and who is told.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use aitta_model::{
    ArchiveSummary, ChannelKind, ChannelStatus, ErrorCode, Fate, Foreseen, HeldArchive, Hold, HoldKind,
    HoldReport, HoldRequest, HostKind, HostedSchedule, KeepReason, NotifyReport, NotifyStatus, Preset,
    PruneBlock, PruneReport, PruneRequest, PrunedPlace, PutAway, PutBackReport, PutBackRequest,
    ReleaseRequest, RetentionOutlook, RetentionRules, RuleField, RuleFlaw, RunsAhead, ScheduleHost,
    ScheduleStatus, SeenTo, Slot, SlotState, Timestamp,
};
use jiff::ToSpan;

use super::data;
use super::guard;
use super::state::{State, failure, state};
use crate::format::now;
use crate::transport::Answer;

thread_local! {
    /// Holds that were made, by the ends of ids.
    static PINNED: RefCell<HashMap<String, HeldArchive>> = RefCell::default();
    /// The ends of the ids whose holds were ended, and of those that were put back.
    static RELEASED: RefCell<HashSet<String>> = RefCell::default();
    static BACK: RefCell<HashSet<String>> = RefCell::default();
}

/// The usual is daily at two, seen to by the window.
pub(super) fn schedule() -> ScheduleStatus {
    let mut status = data::schedule(state() == State::Unsafe);
    let slot = Slot {
        due: now() - 13.hours(),
        claimed: now() - 13.hours(),
        state: SlotState::Succeeded.into(),
        missed: Vec::new(),
        missed_before: 0,
        attempts: 1,
        again: None,
        run: Some(1999),
        failure: None,
    };
    let kind = HostKind::Agent.into();
    match state() {
        State::Empty => {
            (status.on, status.next, status.host) = (false, Vec::new(), None);
            status.seen_to = SeenTo::ByNobody;
        }
        State::Unsafe => {
            let schedule = Some(HostedSchedule {
                pattern: "*/15 8-17 * * 1-5".to_owned(),
                zone: "UTC".to_owned(),
                others: Vec::new(),
            });
            status.host = Some(ScheduleHost { kind, pid: 812, since: now() - 50.hours(), schedule });
            let unplugged = failure(
                ErrorCode::StoreMissing,
                "the store /mnt/backup/aitta does not exist",
                "check that the disk is mounted and that the folder of the store is right",
            );
            status.last =
                Some(Slot { state: SlotState::Failed.into(), attempts: 3, failure: Some(unplugged), ..slot });
        }
        State::Busy => {
            status.host = Some(ScheduleHost { kind, pid: 812, since: now() - 50.hours(), schedule: None });
            status.pattern = Preset::Hourly.pattern().to_owned();
            status.next = (0..5).map(|hour| now() + (20 + 60 * hour).minutes()).collect();
            let cut = failure(
                ErrorCode::Interrupted,
                "the program was ended before the backup was done",
                "the log of the system says why it was ended; make a backup now",
            );
            status.last = Some(Slot {
                due: now() - 40.minutes(),
                state: SlotState::Waiting.into(),
                missed: (1..6).rev().map(|hour| now() - 40.minutes() - hour.hours()).collect(),
                missed_before: 19,
                again: Some(now() + 4.minutes()),
                failure: Some(cut),
                ..slot
            });
        }
        State::Many => {
            (status.host, status.seen_to) = (None, SeenTo::ByTimer);
            status.looked = Some(now() - 7.minutes());
            status.last = Some(slot);
        }
        _ => status.last = Some(slot),
    }
    status
}

/// No rule is read here: what has five fields is one.
pub(super) fn runs_ahead(pattern: &str, zone: &str) -> RunsAhead {
    let fields: Vec<&str> = pattern.split_whitespace().collect();
    let wrong = fields.iter().find(|part| part.contains("99"));
    let flaw = match (fields.len(), wrong) {
        (5, Some(part)) => Some(RuleFlaw::Part { field: RuleField::Hour, part: (*part).to_owned() }),
        (5, None) if zone.contains('?') || zone.is_empty() => Some(RuleFlaw::Zone),
        (5, None) => None,
        _ => Some(RuleFlaw::Fields),
    };
    let hours = if pattern == Preset::Hourly.pattern() { 1 } else { 24 };
    let next = (0..5).map(|n| now() + (11 + hours * n).hours());
    RunsAhead { now: now(), next: if flaw.is_none() { next.collect() } else { Vec::new() }, flaw }
}

fn held(archive: &str, kind: HoldKind, until: Option<Timestamp>, reason: &str) -> HeldArchive {
    HeldArchive {
        archive: archive.to_owned(),
        hold: Hold { kind: kind.into(), until },
        reason: reason.to_owned(),
        person: Some("aino".to_owned()),
        since: now() - 30.hours(),
    }
}

/// What holds the one that is so many places from the newest.
fn holds_of(at: usize, archive: &ArchiveSummary) -> Vec<HeldArchive> {
    let (id, ending) = (&archive.id, data::ending(&archive.id));
    if let Some(pinned) = PINNED.with_borrow(|pinned| pinned.get(ending).cloned()) {
        return vec![pinned];
    }
    if RELEASED.with_borrow(|released| released.contains(ending)) {
        return Vec::new();
    }
    match at {
        9 => vec![held(id, HoldKind::Pin, None, "release: before 4.2 <b>\u{202e}keep</b>")],
        14 => vec![held(id, HoldKind::Legal, Some(now() + (24 * 400).hours()), "other: audit of 2026")],
        1 if state() == State::Shrunk => {
            vec![held(id, HoldKind::Loss, None, "the last backup before rows were lost: EmailNotification")]
        }
        _ => Vec::new(),
    }
}

/// One is made each hour. Those of a day stay, every seventh for its week, the rest goes; some are put away.
fn foreseen(at: usize, archive: ArchiveSummary) -> Foreseen {
    let holds = holds_of(at, &archive);
    let until = archive.created + 24.hours();
    let mut reasons = Vec::new();
    if at == 0 {
        reasons.push(KeepReason::Newest);
    }
    if until > now() {
        reasons.push(KeepReason::Young { until });
    }
    let date = crate::format::offset(archive.created).to_datetime(archive.created).date();
    if at % 7 == 3 {
        reasons.push(KeepReason::Weekly { monday: date });
    }
    if at == 31 {
        reasons.push(KeepReason::Monthly { year: date.year(), month: date.month() });
    }
    reasons.extend(
        holds.iter().map(|held| KeepReason::Held { kind: held.hold.kind.clone(), until: held.hold.until }),
    );
    let goes = reasons.is_empty();
    let fate = if goes { Fate::Goes { since: until } } else { Fate::Stays { reasons } };
    let is_back = BACK.with_borrow(|back| back.contains(data::ending(&archive.id)));
    let put_away = (goes && at > 28 && !is_back).then(|| {
        let since = now() - (at as i64 % 4).hours();
        let size_bytes = Some(archive.size_bytes);
        PutAway { id: archive.id.clone(), since, until: since + (24 * 7).hours(), size_bytes }
    });
    Foreseen { archive, fate, put_away, holds }
}

pub(super) fn retention() -> RetentionOutlook {
    let n = match state() {
        State::Empty => 0,
        State::Many => 10_000,
        _ => 34,
    };
    let archives: Vec<Foreseen> =
        data::archives(n).into_iter().enumerate().map(|(at, one)| foreseen(at, one)).collect();
    let going: Vec<String> = archives
        .iter()
        .filter(|one| one.put_away.is_none() && matches!(one.fate, Fate::Goes { .. }))
        .map(|one| one.archive.id.clone())
        .collect();
    let blocked = match state() {
        State::Unsafe => vec![PruneBlock::Overdue, PruneBlock::ListIncomplete],
        State::Many => vec![PruneBlock::TooMany { going: going.len() as u64, of: n as u64, share: 0.3 }],
        _ => Vec::new(),
    };
    let (put_away, held_back) = match blocked.is_empty() {
        true => (going, 0),
        false => (Vec::new(), going.len() as u64),
    };
    let place = PrunedPlace {
        location: "/mnt/backup/aitta".to_owned(),
        archives: n as u64,
        others: if state() == State::Many { 12 } else { 0 },
        blocked,
        put_away,
        held_back,
        ..PrunedPlace::default()
    };
    let rules = RetentionRules { days: 1, weekly: 8, monthly: 12, ..RetentionRules::default() };
    RetentionOutlook {
        now: now(),
        report: PruneReport { dry_run: true, rules, places: vec![place] },
        archives,
    }
}

pub(super) fn prune(request: PruneRequest) -> Answer<PruneReport> {
    let PruneRequest { dry_run, agreed: _, reason: _, mfa } = request;
    guard::tried(mfa.as_ref())?;
    Ok(PruneReport { dry_run, ..retention().report })
}

pub(super) fn hold(request: HoldRequest) -> HoldReport {
    let HoldRequest { id, legal, until, reason } = request;
    let kind = if legal { HoldKind::Legal } else { HoldKind::Pin };
    let held = held(&id, kind, until, &reason.unwrap_or_default());
    PINNED.with_borrow_mut(|pinned| pinned.insert(data::ending(&id).to_owned(), held.clone()));
    HoldReport { held: vec![held], released: Vec::new() }
}

pub(super) fn release(request: ReleaseRequest) -> Answer<HoldReport> {
    let ReleaseRequest { id, reason: _, mfa } = request;
    guard::tried(mfa.as_ref())?;
    let ending = data::ending(&id.unwrap_or_default()).to_owned();
    PINNED.with_borrow_mut(|pinned| pinned.remove(&ending));
    RELEASED.with_borrow_mut(|released| released.insert(ending));
    Ok(HoldReport { held: Vec::new(), released: Vec::new() })
}

pub(super) fn put_back(request: PutBackRequest) -> PutBackReport {
    let PutBackRequest { id, reason } = request;
    BACK.with_borrow_mut(|back| back.insert(data::ending(&id).to_owned()));
    hold(HoldRequest { id: id.clone(), reason, ..HoldRequest::default() });
    PutBackReport { id, places: vec!["/mnt/backup/aitta".to_owned()], failure: None }
}

fn refused() -> aitta_model::Failure {
    failure(
        ErrorCode::NotifyFailed,
        "slack: the receiver answers 404 Not Found: no_team\u{202e}",
        "check BACKUP_SLACK_URL and whether its receiver answers, then try it with `aitta notify test`",
    )
}

pub(super) fn notices() -> NotifyStatus {
    let channel = |kind: ChannelKind, place: &str| ChannelStatus {
        kind,
        variable: format!("BACKUP_{}_URL", kind.as_str().to_uppercase()),
        place: Some(place.to_owned()),
        delivered: Some(now() - 13.hours()),
        waiting: 0,
        again: None,
        lost: 0,
        failure: None,
    };
    let slack = channel(ChannelKind::Slack, "https://hooks.slack.com");
    let channels = match state() {
        State::Empty => Vec::new(),
        State::Unsafe => vec![
            channel(ChannelKind::Webhook, &format!("https://{}.example", "receiver".repeat(16))),
            ChannelStatus {
                delivered: None,
                waiting: 3,
                again: Some(now() + 14.minutes()),
                lost: 2,
                failure: Some(refused()),
                ..slack
            },
            ChannelStatus { place: None, waiting: 1, ..channel(ChannelKind::Mail, "") },
            ChannelStatus { delivered: None, ..channel(ChannelKind::Ping, "https://hc-ping.com") },
        ],
        _ => vec![slack, channel(ChannelKind::Ping, "https://hc-ping.com")],
    };
    NotifyStatus { profile: "kiiltoloisto".to_owned(), channels }
}

pub(super) fn send_test() -> NotifyReport {
    let set = notices().channels.into_iter().filter(|channel| channel.place.is_some());
    let mut report = NotifyReport::default();
    for channel in set {
        match channel.failure {
            Some(failure) => report.failed.push((channel.kind, failure)),
            None => report.delivered.push(channel.kind),
        }
    }
    report
}

//! What is wrong without anything happening: found by looking, told when it begins and when it ends, and once a day all
//! of it together.

use aitta_model::{
    Action, Command, Duty, ErrorCode, Failure, Notice, NoticeEvent, Operation, Overview, ScheduleStatus,
    TableLoss, Tidings, Verdict,
};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::catalog::Trouble;
use crate::notify::{self, Condition};
use crate::{Context, Result, checklist, overview, schedule};

/// From this hour on, in the time zone of the schedule, all that is wrong still is told together.
const DIGEST_HOUR: i8 = 8;

/// Troubles that a digest names.
const NAMED: usize = 20;

/// What nothing has found again for so long is named by no digest.
const LAPSES: SignedDuration = SignedDuration::from_hours(8 * 24);

/// Tables that a notice of lost rows names.
const TABLES: usize = 5;

/// Which program looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looker {
    /// One that sees to the schedule, for as long as it lives.
    Host,
    /// One that looks whether something is due, and ends: while it does so it isn't seen.
    Timer,
    /// Any other. It only says whether something sees to the schedule: the others can't, where there are none.
    Command,
}

/// Looks at what lasts, and enters what has begun or ended since the last look. It is judged by what the first page says.
///
/// # Errors
/// `catalog_failed`.
pub async fn look(context: &Context, looker: Looker) -> Result<()> {
    let now = context.clock.now();
    if looker == Looker::Command {
        if context.profile.channels.is_empty() || !context.profile.auto_backup {
            return Ok(());
        }
        return notify::condition(context, forsaken(context, &schedule::status(context).await?), now).await;
    }
    let seen = Box::pin(overview::overview(context)).await?;
    let mut conditions = vec![
        Some(overdue(context, &seen).await?),
        Some(store(context, &seen)),
        storage(context, &seen),
        key(context, &seen),
        losses(context, &seen),
        size(context, &seen).await?,
    ];
    conditions.push(match looker {
        // That it looks is the proof that something does.
        Looker::Timer => Some(condition(context, NoticeEvent::ScheduleForsaken, None)),
        _ => seen.schedule.as_ref().map(|status| forsaken(context, status)),
    });
    for condition in conditions.into_iter().flatten() {
        notify::condition(context, condition, now).await?;
    }
    digest(context, &seen).await
}

fn condition(context: &Context, event: NoticeEvent, failure: Option<Failure>) -> Condition {
    let key = schedule::key(&context.profile);
    let what = format!("{event} {}", notify::of_schedule(&key));
    Condition { what, event, cause: None, archive: None, failure }
}

/// Whether the schedule allows no verified backup to be so old.
async fn overdue(context: &Context, seen: &Overview) -> Result<Condition> {
    let newest = seen.last_backup.as_ref().map(|backup| backup.created);
    // Where there is none, from when the first one was due, or would have been without a pause.
    let first = context.catalog.first_due(&schedule::key(&context.profile), Duty::Backup).await?;
    let paused = seen.schedule.as_ref().and_then(|schedule| Some(schedule.pause.as_ref()?.since));
    let since = newest.or([first, paused].into_iter().flatten().min());
    let since = since.filter(|_| seen.schedule.is_some());
    let late = since.filter(|since| schedule::is_overdue(&context.profile, seen.now, *since));
    let failure = late.map(|since| Failure {
        code: ErrorCode::BackupOverdue,
        message: match newest {
            Some(_) => format!("the newest verified backup is of {}", moment(since)),
            None => format!(
                "there is no verified backup, though backups are to make themselves since {}",
                moment(since)
            ),
        },
        hint: format!(
            "{status} says what has become of the last ones; {create} makes one now",
            status = Command::ScheduleStatus,
            create = Command::BackupCreate
        ),
    });
    Ok(condition(context, NoticeEvent::BackupOverdue, failure))
}

fn store(context: &Context, seen: &Overview) -> Condition {
    let failure = match &seen.verdict {
        Verdict::Unknown { failure } => Some(failure.clone()),
        _ => None,
    };
    condition(context, NoticeEvent::StoreUnknown, failure)
}

/// `None` when it is not known.
fn storage(context: &Context, seen: &Overview) -> Option<Condition> {
    let storage = seen.storage.as_ref()?;
    let (used, total) = (storage.used_bytes?, storage.total_bytes?);
    let share = used as f64 / total.max(1) as f64;
    let alert = seen.targets.storage_alert;
    let failure = (share >= alert).then(|| Failure {
        code: ErrorCode::StorageAlarm,
        message: format!(
            "{:.1} % of the room at {} is in use, and the alarm is set to {:.0} %",
            100.0 * share,
            seen.profile.store,
            100.0 * alert
        ),
        hint: format!(
            "make room there, or let fewer old backups stay; {} says which would go",
            Command::BackupPruneDry
        ),
    });
    Some(condition(context, NoticeEvent::StorageAlarm, failure))
}

/// `None` when it is not known: without a key nothing is said of its age.
fn key(context: &Context, seen: &Overview) -> Option<Condition> {
    let key = seen.key.as_ref()?;
    let failure = key.due.filter(|due| *due <= seen.now).map(|due| Failure {
        code: ErrorCode::KeyDue,
        message: format!("the key {} was to be changed by {}", key.key_id, moment(due)),
        hint: format!("{} changes it", Command::KeyRotate),
    });
    Some(condition(context, NoticeEvent::KeyDue, failure))
}

/// `None` while something graver is known, or nothing.
fn losses(context: &Context, seen: &Overview) -> Option<Condition> {
    let (cause, archive, failure) = match &seen.verdict {
        Verdict::Unknown { .. } | Verdict::NoDatabase { .. } | Verdict::Damaged { .. } => return None,
        Verdict::Shrunk { archive, tables, .. } => {
            // Another table is another loss: one that is told hides no other.
            let mut names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
            names.sort_unstable();
            let digest = Sha256::digest(names.join("\0"));
            (Some(hex::encode(digest)), Some(archive.clone()), Some(lost(tables)))
        }
        Verdict::NoBackup { .. }
        | Verdict::TooOld { .. }
        | Verdict::NeverRestored
        | Verdict::LastFailed { .. }
        | Verdict::Safe => (None, None, None),
    };
    Some(Condition { cause, archive, ..condition(context, NoticeEvent::TableLoss, failure) })
}

fn lost(tables: &[TableLoss]) -> Failure {
    let told = tables.iter().take(TABLES).map(|table| match table.rows {
        None => format!("{:?} is gone", table.name),
        Some(rows) => format!("{:?} has {rows} of {} rows", table.name, table.rows_before),
    });
    let mut told: Vec<String> = told.collect();
    if let Some(more) = tables.len().checked_sub(TABLES).filter(|more| *more > 0) {
        told.push(format!("and {more} tables more"));
    }
    let since = tables.iter().map(|table| table.since).min().map(moment).unwrap_or_default();
    Failure {
        code: ErrorCode::TableLoss,
        message: format!("since the backup of {since}: {}", told.join(", ")),
        hint: format!(
            "the last backup before that is held until somebody says that this was meant; {} tells more",
            Command::BackupHolds
        ),
    }
}

/// `None` when it is not known.
async fn size(context: &Context, seen: &Overview) -> Result<Option<Condition>> {
    if matches!(seen.verdict, Verdict::Unknown { .. }) {
        return Ok(None);
    }
    let history = overview::recent(context, seen.now).await?;
    let Some(last) = history.backups.last() else { return Ok(None) };
    let failure = last.anomaly.as_ref().map(|what| Failure {
        code: ErrorCode::SizeAnomaly,
        message: format!("the backup is {what}"),
        hint: format!("{} names its tables", Action::Show { id: last.archive.clone() }),
    });
    let archive = failure.as_ref().map(|_| last.archive.clone());
    let cause = archive.clone();
    Ok(Some(Condition { cause, archive, ..condition(context, NoticeEvent::SizeAnomaly, failure) }))
}

fn forsaken(context: &Context, status: &ScheduleStatus) -> Condition {
    let failure = status.is_forsaken().then(|| Failure {
        code: ErrorCode::ScheduleForsaken,
        message: "backups are to make themselves, and no program sees to that".to_owned(),
        hint: format!(
            "run {agent} as a service, or keep the window open; {status} says more",
            agent = Command::AgentRun,
            status = Command::ScheduleStatus
        ),
    });
    condition(context, NoticeEvent::ScheduleForsaken, failure)
}

/// Once a day all that is wrong still, where something is.
async fn digest(context: &Context, seen: &Overview) -> Result<()> {
    let now = seen.now;
    let profile = &context.profile.name;
    let zone = aitta_policy::zone(context.profile.schedule.zone()).unwrap_or(TimeZone::UTC);
    let here = now.to_zoned(zone.clone());
    if here.hour() < DIGEST_HOUR {
        return Ok(());
    }
    let last = context.catalog.last_told(profile, NoticeEvent::DailyDigest, now).await?;
    if last.is_some_and(|last| last.to_zoned(zone).date() == here.date()) {
        return Ok(());
    }
    let mut troubles = context.catalog.troubles(profile).await?;
    let key = schedule::key(&context.profile);
    troubles.retain(|trouble| is_still_wrong(trouble, notify::of_schedule(&key), now));
    let missed = checklist::missed(context, seen).await?;
    let pause = seen.schedule.as_ref().and_then(|status| status.pause.as_ref());
    if troubles.is_empty() && missed.is_empty() && pause.is_none() {
        return Ok(());
    }
    let told = troubles.iter().take(NAMED).map(|trouble| {
        let notice = trouble.notice.as_ref();
        let what = notice.and_then(|notice| Some(notice.failure.as_ref()?.message.as_str()));
        format!("since {}: {}", moment(trouble.since), what.unwrap_or("see the runs"))
    });
    let mut lines: Vec<String> = told.collect();
    if let Some(more) = troubles.len().checked_sub(NAMED).filter(|more| *more > 0) {
        lines.push(format!("and {more} more"));
    }
    if let Some(pause) = pause {
        lines.push(format!("nothing makes itself until {}: {}", moment(pause.until), pause.reason));
    }
    if !missed.is_empty() {
        let missed: Vec<&str> = missed.iter().map(|item| item.as_str()).collect();
        lines.push(format!("not done of the checklist: {}", missed.join(", ")));
    }
    let first = troubles.iter().find_map(|trouble| trouble.notice.as_ref()?.failure.as_ref());
    let failure = Failure {
        code: first.map_or(ErrorCode::System, |failure| failure.code),
        message: lines.join("\n"),
        hint: format!(
            "{checklist} names what is to be done; {doctor} says whether a restore would go well",
            checklist = Command::Checklist,
            doctor = Command::Doctor
        ),
    };
    let tidings = Tidings { failure: Some(failure), ..Tidings::of(NoticeEvent::DailyDigest) };
    notify::alone(context, Notice::of(tidings, profile, now), now).await
}

/// Whether a digest names a trouble: not one of another configuration of this name, not what a person has done and seen to
/// fail, and not what nothing has found again for long.
fn is_still_wrong(trouble: &Trouble, schedule: &str, now: Timestamp) -> bool {
    let Some(notice) = &trouble.notice else { return false };
    let by_person =
        notice.operation.as_ref().and_then(|operation| operation.known()).is_some_and(|operation| {
            !matches!(operation, Operation::Backup | Operation::Verify | Operation::Copy | Operation::Prune)
        });
    // States and duties name their schedule.
    let of_another = notice.operation.is_none() && !trouble.what.ends_with(schedule);
    !by_person && !of_another && now.duration_since(notice.at) < LAPSES
}

fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::sync::Arc;

    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::config::Profile;
    use crate::scratch::Scratch;
    use crate::{Clock, ManualClock, Silent, backup};

    /// A sample database whose schedule is switched on, daily at two, with a clock that a test moves.
    struct Place {
        scratch: Scratch,
        clock: ManualClock,
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    impl Place {
        async fn new() -> Self {
            let mut scratch = Scratch::new(CancellationToken::new()).await.unwrap();
            let clock = ManualClock::at(at("2026-11-01T02:00:00Z"));
            scratch.context.clock = Arc::new(clock.clone());
            let mut place = Self { scratch, clock };
            // How full the disk of this machine is, is another thing.
            place.change(|profile| (profile.auto_backup, profile.quota_bytes) = (true, Some(1 << 40)));
            place
        }

        fn change(&mut self, change: impl FnOnce(&mut Profile)) {
            let mut profile = self.scratch.context.profile.as_ref().clone();
            change(&mut profile);
            self.scratch.context.profile = Arc::new(profile);
        }

        async fn back_up(&self) {
            backup::create(&self.scratch.context, Default::default(), &Silent).await.unwrap();
        }

        /// What is wrong when a timer looks at this moment.
        async fn wrong(&self, now: &str) -> Vec<ErrorCode> {
            self.clock.set(at(now));
            look(&self.scratch.context, Looker::Timer).await.unwrap();
            self.troubles().await
        }

        async fn troubles(&self) -> Vec<ErrorCode> {
            let context = &self.scratch.context;
            let troubles = context.catalog.troubles(&context.profile.name).await.unwrap();
            troubles.into_iter().map(|trouble| trouble.notice.unwrap().failure.unwrap().code).collect()
        }

        async fn told(&self, event: NoticeEvent) -> Option<Timestamp> {
            let context = &self.scratch.context;
            context.catalog.last_told(&context.profile.name, event, self.clock.now()).await.unwrap()
        }
    }

    #[tokio::test]
    async fn a_backup_is_overdue_two_hours_after_it_was_due_and_that_is_told_once_and_its_end_once() {
        let place = Place::new().await;
        place.back_up().await;
        assert_eq!(place.wrong("2026-11-02T03:59:00Z").await, []);
        assert_eq!(place.wrong("2026-11-02T04:01:00Z").await, [ErrorCode::BackupOverdue]);
        assert_eq!(place.wrong("2026-11-02T07:00:00Z").await, [ErrorCode::BackupOverdue]);
        assert_eq!(place.told(NoticeEvent::BackupOverdue).await, Some(at("2026-11-02T04:01:00Z")));
        // A day later again.
        place.wrong("2026-11-03T04:02:00Z").await;
        assert_eq!(place.told(NoticeEvent::BackupOverdue).await, Some(at("2026-11-03T04:02:00Z")));
        place.back_up().await;
        assert_eq!(place.wrong("2026-11-03T05:00:00Z").await, []);
        assert_eq!(place.told(NoticeEvent::WorksAgain).await, Some(at("2026-11-03T05:00:00Z")));
        place.wrong("2026-11-03T06:00:00Z").await;
        assert_eq!(place.told(NoticeEvent::WorksAgain).await, Some(at("2026-11-03T05:00:00Z")));
    }

    #[tokio::test]
    async fn without_a_schedule_nothing_is_overdue() {
        let mut place = Place::new().await;
        place.back_up().await;
        place.change(|profile| profile.auto_backup = false);
        assert_eq!(place.wrong("2026-11-20T07:00:00Z").await, []);
    }

    #[tokio::test]
    async fn a_store_that_is_away_is_told_and_ends_nothing_that_it_hides() {
        let mut place = Place::new().await;
        place.back_up().await;
        place.change(|profile| profile.quota_bytes = Some(1));
        assert_eq!(place.wrong("2026-11-01T03:00:00Z").await, [ErrorCode::StorageAlarm]);
        let (store, away) = (place.scratch.dir.join("store"), place.scratch.dir.join("away"));
        std::fs::rename(&store, &away).unwrap();
        let wrong = place.wrong("2026-11-01T03:10:00Z").await;
        assert_eq!(wrong, [ErrorCode::StorageAlarm, ErrorCode::StoreMissing]);
        std::fs::rename(&away, &store).unwrap();
        assert_eq!(place.wrong("2026-11-01T03:20:00Z").await, [ErrorCode::StorageAlarm]);
        place.change(|profile| profile.quota_bytes = Some(1 << 40));
        assert_eq!(place.wrong("2026-11-01T03:30:00Z").await, []);
    }

    #[tokio::test]
    async fn what_is_wrong_still_is_told_together_once_a_day_from_eight_on() {
        let mut place = Place::new().await;
        place.back_up().await;
        place.change(|profile| profile.quota_bytes = Some(1));
        let digest = NoticeEvent::DailyDigest;
        place.wrong("2026-11-02T07:59:00Z").await;
        assert_eq!(place.told(digest).await, None);
        place.wrong("2026-11-02T08:00:00Z").await;
        place.wrong("2026-11-02T20:00:00Z").await;
        assert_eq!(place.told(digest).await, Some(at("2026-11-02T08:00:00Z")));
        assert_eq!(place.wrong("2026-11-03T09:00:00Z").await.len(), 2, "it is no trouble of its own");
        assert_eq!(place.told(digest).await, Some(at("2026-11-03T09:00:00Z")));
        place.change(|profile| profile.quota_bytes = Some(1 << 40));
        place.back_up().await;
        assert_eq!(place.wrong("2026-11-04T01:00:00Z").await, []);
        place.wrong("2026-11-04T02:30:00Z").await;
        assert_eq!(place.told(digest).await, Some(at("2026-11-03T09:00:00Z")), "nothing is wrong");
    }

    #[tokio::test]
    async fn a_schedule_that_nobody_sees_to_is_told() {
        let place = Place::new().await;
        place.back_up().await;
        look(&place.scratch.context, Looker::Host).await.unwrap();
        assert_eq!(place.troubles().await, [ErrorCode::ScheduleForsaken]);
    }

    /// Whoever can change the schedule could make it so rare that nothing is ever overdue.
    #[tokio::test]
    async fn however_rare_the_schedule_is_a_backup_of_five_weeks_is_overdue() {
        let mut place = Place::new().await;
        place.back_up().await;
        place
            .change(|profile| profile.schedule = aitta_policy::Schedule::parse("0 0 29 2 *", "UTC").unwrap());
        assert_eq!(place.wrong("2026-12-06T01:00:00Z").await, []);
        assert_eq!(place.wrong("2026-12-06T05:00:00Z").await, [ErrorCode::BackupOverdue]);
    }

    #[tokio::test]
    async fn a_digest_of_a_clock_that_was_ahead_keeps_no_day_from_its_own_and_brings_no_second_one() {
        let mut place = Place::new().await;
        place.back_up().await;
        place.change(|profile| profile.quota_bytes = Some(1));
        place.wrong("2028-05-05T09:00:00Z").await;
        place.wrong("2026-11-02T09:00:00Z").await;
        place.wrong("2026-11-02T10:00:00Z").await;
        assert_eq!(place.told(NoticeEvent::DailyDigest).await, Some(at("2026-11-02T09:00:00Z")));
    }

    /// As two projects of one user, each with an environment of its own.
    #[tokio::test]
    async fn two_configurations_of_one_name_end_no_trouble_of_each_other() {
        let mut place = Place::new().await;
        place.back_up().await;
        assert_eq!(place.wrong("2026-11-03T05:00:00Z").await, [ErrorCode::BackupOverdue]);
        let other = place.scratch.dir.join("other.db");
        crate::sample::create(&other).await.unwrap();
        let url = aitta_model::DatabaseUrl::new(format!("sqlite:{}", other.display()));
        place.change(|profile| profile.database_url = Some(url));
        place.back_up().await;
        assert_eq!(place.wrong("2026-11-03T05:10:00Z").await, [ErrorCode::BackupOverdue]);
        assert_eq!(place.told(NoticeEvent::WorksAgain).await, None);
    }

    #[tokio::test]
    async fn a_pause_from_the_start_hides_no_missing_backup_and_each_digest_names_it() {
        let place = Place::new().await;
        let request = aitta_model::PauseRequest {
            until: at("2026-11-20T00:00:00Z"),
            reason: Some("the server moves".to_owned()),
        };
        schedule::pause(&place.scratch.context, request).await.unwrap();
        assert_eq!(place.wrong("2026-11-01T09:00:00Z").await, []);
        assert_eq!(place.told(NoticeEvent::DailyDigest).await, Some(at("2026-11-01T09:00:00Z")));
        assert_eq!(place.wrong("2026-11-02T05:00:00Z").await, [ErrorCode::BackupOverdue]);
    }

    #[test]
    fn of_many_lost_tables_some_are_named() {
        let loss = |n: u32| TableLoss {
            name: format!("T{n}"),
            rows_before: 10,
            rows: (n > 0).then_some(4),
            archive: None,
            since: Timestamp::UNIX_EPOCH,
        };
        let losses: Vec<TableLoss> = (0..7).map(loss).collect();
        let told = lost(&losses).message;
        assert_eq!(
            told,
            "since the backup of 1970-01-01 00:00 UTC: \"T0\" is gone, \"T1\" has 4 of 10 rows, \"T2\" has 4 of 10 \
             rows, \"T3\" has 4 of 10 rows, \"T4\" has 4 of 10 rows, and 2 tables more"
        );
    }
}

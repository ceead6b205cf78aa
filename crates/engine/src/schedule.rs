//! When something makes itself: the rules of a profile, who sees to them, and pauses.

use aitta_model::{
    DatabaseUrl, Duty, DutyStatus, HostedSchedule, RUNS_AHEAD, ScheduleHost, ScheduleStatus, SeenTo,
};
use aitta_policy::Schedule;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::config::Profile;
use crate::{Context, Result};

mod host;
mod pause;

pub(crate) use host::Host;
pub(crate) use pause::in_force;
pub use pause::{pause, resume};

/// So much later than something is due a timer may start, and is still taken for one that runs.
const LATE: SignedDuration = SignedDuration::from_mins(10);

/// A backup may take so long after it is due before it is overdue.
const ALLOWED: SignedDuration = SignedDuration::from_hours(2);

/// A schedule that is rarer than this allows no older backup: whoever can change it could let all others go by rule.
const RARE: SignedDuration = SignedDuration::from_hours(35 * 24);

/// Without a schedule nothing is due. After so long without a new archive the old ones are all there is.
const UNSCHEDULED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is due when, who sees to it, and what has become of the last one.
///
/// # Errors
/// `catalog_failed`.
pub async fn status(context: &Context) -> Result<ScheduleStatus> {
    let profile = &context.profile;
    let (now, on) = (context.clock.now(), is_on(context));
    let pause = in_force(context).await?;
    let from = pause.as_ref().map_or(now, |pause| pause.until);
    let next = if on { profile.schedule.next(from, RUNS_AHEAD) } else { Vec::new() };
    let key = key(profile);
    let host = Host::of(&profile.data_dir, &key);
    let looked = context.catalog.last_look(&key, Duty::Backup, &profile.schedule).await?;
    // By a clock that was wrong it may have looked in what is the future now.
    let lately = |looked: Timestamp| {
        looked <= now + LATE && now.duration_since(looked) <= profile.schedule.period(now) + LATE
    };
    let seen_to = match (&host, looked) {
        (Some(host), _) if makes_backups_of(host, profile) => SeenTo::ByHost,
        (_, Some(looked)) if lately(looked) => SeenTo::ByTimer,
        _ => SeenTo::ByNobody,
    };
    let mut others = Vec::new();
    for (duty, schedule) in &profile.others {
        others.push(DutyStatus {
            duty: (*duty).into(),
            pattern: schedule.pattern().to_owned(),
            next: on.then(|| schedule.due_after(from)).flatten(),
            last: context.catalog.last_slot(&key, *duty, now).await?,
        });
    }
    Ok(ScheduleStatus {
        profile: profile.name.clone(),
        now,
        on,
        pattern: profile.schedule.pattern().to_owned(),
        zone: profile.schedule.zone().to_owned(),
        next,
        pause,
        host,
        looked,
        seen_to,
        last: context.catalog.last_slot(&key, Duty::Backup, now).await?,
        others,
    })
}

/// Whether backups of this profile make themselves.
fn is_on(context: &Context) -> bool {
    makes_itself(&context.profile)
}

pub(crate) fn makes_itself(profile: &Profile) -> bool {
    profile.auto_backup && profile.database_url.is_some()
}

/// What the ledger knows a schedule by: several configurations that share a data folder may have profiles of one name.
pub(crate) fn key(profile: &Profile) -> String {
    let database = profile.database_url.as_ref().map(DatabaseUrl::redacted).unwrap_or_default();
    let what = format!("{database}\0{}", aitta_store::location(&profile.store));
    let digest = hex::encode(Sha256::digest(what));
    format!("{} {}", &digest[..16], profile.name)
}

/// The rule of a profile, as its host tells it.
pub(crate) fn hosted(profile: &Profile) -> HostedSchedule {
    HostedSchedule {
        pattern: profile.schedule.pattern().to_owned(),
        zone: profile.schedule.zone().to_owned(),
        others: profile
            .others
            .iter()
            .map(|(duty, rule)| ((*duty).into(), rule.pattern().to_owned()))
            .collect(),
    }
}

/// Whether a host makes backups by the rule of a profile, whatever it does beside.
pub(crate) fn makes_backups_of(host: &ScheduleHost, profile: &Profile) -> bool {
    let (pattern, zone) = (profile.schedule.pattern(), profile.schedule.zone());
    host.schedule.as_ref().is_some_and(|rule| rule.pattern == pattern && rule.zone == zone)
}

/// When a profile does something by itself; `None` when it does not.
pub(crate) fn rule(profile: &Profile, duty: Duty) -> Option<&Schedule> {
    let schedule = match duty {
        Duty::Backup => Some(&profile.schedule),
        other => profile.others.get(&other),
    };
    schedule.filter(|_| makes_itself(profile))
}

/// Whether the newest verified backup is older than the schedule allows.
pub(crate) fn is_overdue(profile: &Profile, now: Timestamp, newest: Timestamp) -> bool {
    let age = now.duration_since(newest);
    match profile.auto_backup {
        true => age > profile.schedule.period(now).min(RARE).saturating_add(ALLOWED),
        false => age > UNSCHEDULED,
    }
}

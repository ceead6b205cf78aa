//! The one program of a data folder that sees to a schedule. Each schedule has a lock of its own, so that programs with
//! other configurations or other environments don't keep each other from theirs.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aitta_base::lock;
use aitta_model::{DueProfile, ErrorCode, HostKind, HostedSchedule, RunDueReport, ScheduleHost, Word};
use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;

use super::{OPERATION, hosted, key, look, makes_itself, next_look};
use crate::config::{self, DEFAULT_PROFILE, Inputs, Profile};
use crate::{Clock, Context, Error, Result, SystemClock, notify};

/// How the names of the locks begin, in the folder of locks.
const LOCK: &str = "schedule-";

/// How often what is due is looked for, at least: a machine that has slept, or a clock that was set, is noticed by then.
const LOOK: Duration = Duration::from_secs(30);

/// Whoever asks who the host is holds the lock for a moment.
const TRIES: u32 = 5;
const BETWEEN: Duration = Duration::from_millis(20);

/// How long a look waits for receivers of notices.
const DELIVERY: Duration = Duration::from_secs(60);

/// A difference between the clock of the machine and the time that has gone by, from which it is said.
const JUMP: Duration = Duration::from_secs(60);

/// Held by the program that starts what is due of a schedule. The system lets go of it when the program ends, however
/// it ends.
#[derive(Debug)]
pub(super) struct Host {
    file: File,
    path: PathBuf,
    told: ScheduleHost,
}

impl Host {
    /// Takes it; `None` when another program has it.
    ///
    /// # Errors
    /// `system` when the file of the lock can't be made or written.
    async fn take(profile: &Profile, kind: HostKind) -> Result<Option<Self>> {
        let path = path(&profile.data_dir, &key(profile));
        for _ in 0..TRIES {
            let Some(file) = lock::try_locked_file(&path).map_err(|e| lock::not_taken(&path, e))? else {
                tokio::time::sleep(BETWEEN).await;
                continue;
            };
            let (pid, since) = (std::process::id(), SystemClock.now());
            let told = ScheduleHost { kind: kind.into(), pid, since, schedule: None };
            let mut host = Self { file, path, told };
            host.goes_by(hosted(profile))?;
            return Ok(Some(host));
        }
        Ok(None)
    }

    /// Says by which rule it goes, where that has changed.
    fn goes_by(&mut self, schedule: HostedSchedule) -> Result<()> {
        if self.told.schedule.as_ref() == Some(&schedule) {
            return Ok(());
        }
        let told = ScheduleHost { schedule: Some(schedule), ..self.told.clone() };
        let written = serde_json::to_vec(&told).map_err(Into::into).and_then(|text| {
            self.file.rewind()?;
            self.file.write_all(&text)?;
            // Whoever reads meanwhile stops at the end of the new text.
            self.file.set_len(text.len() as u64)
        });
        written.map_err(|e| lock::not_taken(&self.path, e))?;
        self.told = told;
        Ok(())
    }

    /// The program that has that of this schedule now.
    pub(super) fn of(data_dir: &Path, key: &str) -> Option<ScheduleHost> {
        let path = path(data_dir, key);
        if !lock::is_held(&path) {
            return None;
        }
        // Empty while the holder is between lock and write, and unreadable on Windows.
        let told = fs::read(&path).ok().and_then(|text| {
            // What follows belongs to a longer text before this one.
            ScheduleHost::deserialize(&mut serde_json::Deserializer::from_slice(&text)).ok()
        });
        Some(told.unwrap_or_else(|| ScheduleHost {
            kind: Word::read("unknown".to_owned()),
            pid: 0,
            since: Timestamp::UNIX_EPOCH,
            schedule: None,
        }))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // To close it would not be enough: a program that is being started just now may have the open file, too.
        if let Err(e) = self.file.unlock() {
            tracing::debug!(error = %e, "a lock is let go only when its file is closed");
        }
    }
}

fn path(data_dir: &Path, key: &str) -> PathBuf {
    let digest = hex::encode(Sha256::digest(key));
    data_dir.join(lock::FOLDER).join(format!("{LOCK}{}.lock", &digest[..16]))
}

/// How a program sees to the schedules.
#[derive(Debug, Clone, Copy)]
pub struct Hosting {
    /// Which one it is.
    pub kind: HostKind,
    /// Bytes a second that it may send and read.
    pub limit: Option<u64>,
    /// How long it leaves the machine alone before its first look.
    pub rest: Duration,
}

impl Hosting {
    /// By a program of this kind, at once and without a limit.
    #[must_use]
    pub fn by(kind: HostKind) -> Self {
        Self { kind, limit: None, rest: Duration::ZERO }
    }
}

/// Does what is due of every profile now, and ends.
///
/// # Errors
/// `config_invalid`.
pub async fn run_due(inputs: &Inputs, limit: Option<u64>, stop: &CancellationToken) -> Result<RunDueReport> {
    config::data_dir(inputs)?;
    let (mut due, mut names) = (JoinSet::new(), HashMap::new());
    let mut report = RunDueReport::default();
    let mut base = None;
    for (name, profile) in profiles(inputs) {
        if profile.as_ref().is_ok_and(|profile| !profile.auto_backup) {
            continue;
        }
        let opened = match profile {
            Ok(profile) => match Host::take(&profile, HostKind::RunDue).await {
                Ok(Some(host)) => opened(inputs, profile, &mut base, limit, stop).await.map(|it| (it, host)),
                Ok(None) => {
                    report.profiles.push(of_another(name, &profile));
                    continue;
                }
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        let (context, host) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                report.profiles.push(not_looked_at(name, &error));
                continue;
            }
        };
        let of = name.clone();
        let look = due.spawn(async move {
            let looked = look_at(&of, &context).await;
            // By this its status says that something starts this program again and again.
            let (key, now) = (key(&context.profile), context.clock.now());
            let noted = context.catalog.note_look(&key, OPERATION, now).await;
            drop(host);
            DueProfile { failure: looked.failure.or(noted.err().map(|e| e.failure())), ..looked }
        });
        names.insert(look.id(), name);
    }
    while let Some(done) = due.join_next_with_id().await {
        report.profiles.push(match done {
            Ok((_, looked)) => looked,
            // The others go on.
            Err(error) => not_looked_at(names.remove(&error.id()).unwrap_or_default(), &ended(&error)),
        });
    }
    report.profiles.sort_by(|a, b| a.profile.cmp(&b.profile));
    Ok(report)
}

/// Another program sees to it. By another rule it does nothing for this one.
fn of_another(name: String, profile: &Profile) -> DueProfile {
    let host = Host::of(&profile.data_dir, &key(profile));
    let is_same = host.as_ref().is_none_or(|host| host.schedule.as_ref() == Some(&hosted(profile)));
    let failure = (!is_same).then(|| {
        Error::new(
            ErrorCode::RunInProgress,
            "another program sees to this profile by another schedule",
            "give both the same schedule and time zone, or end the other one",
        )
        .failure()
    });
    DueProfile { profile: name, host, slot: None, failure, next: None }
}

/// Starts what is due of every profile until `stop`. A schedule that another program sees to is left to that one, as long
/// as it lives. The configuration file is read anew at each look. `heard` gets what was tried, and what could not be
/// looked at.
///
/// # Errors
/// `config_invalid`; later faults are heard.
pub async fn host(
    inputs: &(dyn Fn() -> Inputs + Send + Sync),
    hosting: Hosting,
    stop: &CancellationToken,
    heard: &(dyn Fn(Heard) + Send + Sync),
) -> Result<()> {
    config::data_dir(&inputs())?;
    let mut looks = Looks {
        heard,
        stop,
        hosting,
        base: None,
        held: HashMap::new(),
        under_way: JoinSet::new(),
        names: HashMap::new(),
        told: HashMap::new(),
    };
    // What it sees to is said at once: the window asks in its first moments.
    looks.hold(&profiles(&inputs())).await;
    heard(Heard::Begun);
    tokio::select! {
        () = stop.cancelled() => return Ok(()),
        () = tokio::time::sleep(hosting.rest) => {}
    }
    let (mut clock, mut at) = (Jumps::default(), Instant::now());
    loop {
        if at <= Instant::now() {
            if let Some(jump) = clock.look(SystemClock.now(), Instant::now()) {
                heard(jump);
            }
            let inputs = inputs();
            let profiles = profiles(&inputs);
            looks.hold(&profiles).await;
            at = Instant::now() + looks.begin(&inputs, profiles).await;
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep_until(at.into()) => {}
            () = looks.next() => {}
        }
    }
    // What is under way hears of the stop by itself, and leaves nothing half done.
    while !looks.under_way.is_empty() {
        looks.next().await;
    }
    Ok(())
}

/// What a host tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// From now on what is due is started.
    Begun,
    /// A look at a profile at which something was tried, or that failed.
    Looked(Box<DueProfile>),
    /// The machine has slept, or its clock was set: by so much its time went on beside the time that went by.
    Jumped(jiff::SignedDuration),
}

/// Looks that are under way: one for each profile at most, so that none waits for another.
struct Looks<'h> {
    heard: &'h (dyn Fn(Heard) + Send + Sync),
    stop: &'h CancellationToken,
    hosting: Hosting,
    base: Option<Base>,
    /// The schedules that this program sees to, by their keys.
    held: HashMap<String, Host>,
    under_way: JoinSet<DueProfile>,
    /// Whose looks are under way.
    names: HashMap<Id, String>,
    /// What was told of profiles at which nothing was tried: the same is not told each half minute.
    told: HashMap<String, DueProfile>,
}

impl Looks<'_> {
    /// Takes the schedules that are switched on and are nobody else's.
    async fn hold(&mut self, profiles: &[(String, Result<Profile>)]) {
        for (name, profile) in profiles {
            let Ok(profile) = profile else { continue };
            let key = key(profile);
            if !makes_itself(profile) {
                continue;
            }
            let taken = match self.held.get_mut(&key) {
                Some(host) => host.goes_by(hosted(profile)).map(|()| None),
                None => Host::take(profile, self.hosting.kind).await.map(Some),
            };
            match taken {
                Ok(Some(Some(host))) => drop(self.held.insert(key, host)),
                Ok(Some(None)) => self.tell(of_another(name.clone(), profile)),
                Ok(None) => {}
                Err(error) => self.tell(not_looked_at(name.clone(), &error)),
            }
        }
    }

    /// Begins a look at each profile of its own that has none under way. Returns how long to wait for the next.
    async fn begin(&mut self, inputs: &Inputs, profiles: Vec<(String, Result<Profile>)>) -> Duration {
        let mut wait = LOOK;
        // A catalog that was rebuilt is another file.
        if self.names.is_empty() && self.base.as_ref().is_some_and(|base| !base.is_current()) {
            self.base = None;
        }
        let mut kept = Vec::new();
        for (name, profile) in profiles {
            let is_under_way = self.names.values().any(|other| *other == name);
            let profile = match profile {
                Ok(profile) => profile,
                Err(error) => {
                    self.tell(not_looked_at(name, &error));
                    // It is known no more which it was: none is let go of meanwhile.
                    kept.extend(self.held.keys().cloned());
                    continue;
                }
            };
            let key = key(&profile);
            if !self.held.contains_key(&key) {
                continue;
            }
            let is_on = makes_itself(&profile);
            if is_on || is_under_way {
                kept.push(key);
            }
            if is_under_way {
                continue;
            }
            let context = match opened(inputs, profile, &mut self.base, self.hosting.limit, self.stop).await {
                Ok(context) => context,
                Err(error) => {
                    self.tell(not_looked_at(name, &error));
                    continue;
                }
            };
            if !is_on {
                // Switched on again it counts from then.
                if let Err(error) = look(&context).await {
                    self.tell(not_looked_at(name, &error));
                }
                continue;
            }
            if let Ok(Some(next)) = next_look(&context).await {
                let left = Duration::try_from(next.duration_since(context.clock.now())).unwrap_or_default();
                // What is due by now is done by this look.
                wait = if left.is_zero() { wait } else { wait.min(left) };
            }
            let of = name.clone();
            let look = self.under_way.spawn(async move { look_at(&of, &context).await });
            self.names.insert(look.id(), name);
        }
        if self.names.is_empty() {
            self.held.retain(|key, _| kept.contains(key));
        }
        wait
    }

    /// Waits for the end of one.
    async fn next(&mut self) {
        match self.under_way.join_next_with_id().await {
            Some(Ok((id, looked))) => {
                self.names.remove(&id);
                if looked.failure.as_ref().is_some_and(|failure| failure.code == ErrorCode::CatalogFailed) {
                    self.base = None;
                }
                self.tell(looked);
            }
            Some(Err(error)) => {
                if let Some(name) = self.names.remove(&error.id()) {
                    self.tell(not_looked_at(name, &ended(&error)));
                }
            }
            None => std::future::pending().await,
        }
    }

    fn tell(&mut self, looked: DueProfile) {
        if looked.slot.is_some() {
            self.told.remove(&looked.profile);
            (self.heard)(Heard::Looked(Box::new(looked)));
            return;
        }
        let said = DueProfile { next: None, ..looked.clone() };
        let before = self.told.insert(looked.profile.clone(), said.clone());
        let says_something = looked.failure.is_some() || looked.host.is_some();
        if says_something && before.as_ref() != Some(&said) {
            (self.heard)(Heard::Looked(Box::new(looked)));
        }
    }
}

/// The context that all others are made of, with the catalog that they share.
struct Base {
    context: Context,
    file: Option<FileId>,
}

/// Which file a path names.
type FileId = (u64, u64);

impl Base {
    /// Whether its catalog is the one that others open now.
    fn is_current(&self) -> bool {
        self.file == file_id(self.context.catalog.path())
    }
}

#[cfg(unix)]
fn file_id(path: &Path) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()))
}

/// An open file keeps its name there.
#[cfg(not(unix))]
fn file_id(_: &Path) -> Option<FileId> {
    None
}

/// Notices that the clock of the machine doesn't go as time does.
#[derive(Default)]
struct Jumps(Option<(Timestamp, Instant)>);

impl Jumps {
    fn look(&mut self, now: Timestamp, gone: Instant) -> Option<Heard> {
        let (before, then) = self.0.replace((now, gone))?;
        let passed = jiff::SignedDuration::try_from(gone - then).ok()?;
        let jump = now.duration_since(before) - passed;
        (jump.unsigned_abs() > JUMP).then_some(Heard::Jumped(jump))
    }
}

/// Every profile of the configuration, or the one that was chosen.
fn profiles(inputs: &Inputs) -> Vec<(String, Result<Profile>)> {
    if let Some(chosen) = &inputs.profile {
        return vec![(chosen.clone(), config::load(inputs))];
    }
    let mut names = config::profiles(inputs);
    // The environment alone makes one, beside those of the file.
    let of_environment = || config::load(inputs).is_ok_and(|profile| profile.database_url.is_some());
    if names.is_empty() || (!names.iter().any(|name| name == DEFAULT_PROFILE) && of_environment()) {
        names.push(DEFAULT_PROFILE.to_owned());
    }
    let load = |name: String| {
        // The default one is not chosen by name, so that for it the environment counts.
        let profile = (name != DEFAULT_PROFILE).then(|| name.clone());
        let loaded = config::load(&Inputs { profile, ..inputs.clone() });
        (name, loaded)
    };
    names.into_iter().map(load).collect()
}

/// The context of a profile. All share one catalog.
async fn opened(
    inputs: &Inputs,
    profile: Profile,
    base: &mut Option<Base>,
    limit: Option<u64>,
    stop: &CancellationToken,
) -> Result<Context> {
    let base = match base {
        Some(base) => base,
        none => {
            let context = Context::new(profile.clone()).await?.with_key_inputs(inputs.keys());
            let file = file_id(context.catalog.path());
            let context = match limit {
                Some(bytes_per_s) => context.limited(bytes_per_s),
                None => context,
            };
            none.insert(Base { context, file })
        }
    };
    let context = base.context.clone().at(profile).stopped_by(stop.child_token());
    Ok(Context { origin: aitta_model::Origin::Schedule, ..context })
}

async fn look_at(name: &str, context: &Context) -> DueProfile {
    let looked = look(context).await;
    // Also what other programs have left, and what is to be tried again.
    let delivered = tokio::select! {
        delivered = notify::deliver_within(context, DELIVERY) => delivered.map(drop),
        () = context.cancel.cancelled() => Ok(()),
    };
    if let Err(error) = delivered {
        tracing::warn!(%error, "notices could not be delivered");
    }
    let next = next_look(context).await.ok().flatten();
    match looked {
        Ok(slot) => DueProfile { profile: name.to_owned(), host: None, slot, failure: None, next },
        Err(error) => DueProfile { next, ..not_looked_at(name.to_owned(), &error) },
    }
}

fn not_looked_at(profile: String, error: &Error) -> DueProfile {
    DueProfile { profile, host: None, slot: None, failure: Some(error.failure()), next: None }
}

fn ended(error: &tokio::task::JoinError) -> Error {
    Error::new(
        ErrorCode::System,
        format!("a backup that was due has ended: {error}"),
        "report this with the message",
    )
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_clock_that_was_set_or_a_sleep_is_told_and_half_a_minute_is_not() {
        let (start, gone): (Timestamp, _) = ("2026-11-02T02:00:00Z".parse().unwrap(), Instant::now());
        let mut clock = Jumps::default();
        assert_eq!(clock.look(start, gone), None);
        let half = Duration::from_secs(30);
        assert_eq!(clock.look(start + SignedDuration::from_secs(31), gone + half), None);
        // It slept for a day, of which the other clock knows nothing.
        let slept = start + SignedDuration::from_hours(24) + SignedDuration::from_secs(31);
        let told = clock.look(slept, gone + half);
        assert_eq!(told, Some(Heard::Jumped(SignedDuration::from_hours(24))));
        let back = clock.look(slept - SignedDuration::from_hours(2), gone + half);
        assert_eq!(back, Some(Heard::Jumped(SignedDuration::from_hours(-2))));
    }
}

//! The one program on this machine that sees to the schedules of a data folder.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aitta_base::lock;
use aitta_model::{
    DueProfile, ErrorCode, Failure, HostKind, HostedSchedule, RunDueReport, ScheduleHost, Word,
};
use jiff::Timestamp;
use serde::Deserialize;
use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;

use super::{OPERATION, hosted, look, makes_itself, next_look};
use crate::config::{self, DEFAULT_PROFILE, Inputs, Profile};
use crate::{Clock, Context, Error, Result, SystemClock};

/// Name of the lock, in the folder of locks.
const LOCK: &str = "schedule.lock";

/// How often what is due is looked for, at least: a machine that has slept, or a clock that was set, is noticed by then.
const LOOK: Duration = Duration::from_secs(30);

/// Whoever asks who the host is holds the lock for a moment.
const TRIES: u32 = 5;
const BETWEEN: Duration = Duration::from_millis(20);

/// A difference between the clock of the machine and the time that has gone by, from which it is said.
const JUMP: Duration = Duration::from_secs(60);

/// Held by the program that starts what is due. The system lets go of it when the program ends, however it ends.
#[derive(Debug)]
pub struct Host {
    file: File,
    path: PathBuf,
    told: ScheduleHost,
}

impl Host {
    /// Takes it; `None` when another program has it.
    ///
    /// # Errors
    /// `system` when the file of the lock can't be made or written.
    async fn take(data_dir: &Path, kind: HostKind, schedules: Vec<HostedSchedule>) -> Result<Option<Self>> {
        let path = path(data_dir);
        for _ in 0..TRIES {
            let Some(file) = lock::try_locked_file(&path).map_err(|e| lock::not_taken(&path, e))? else {
                tokio::time::sleep(BETWEEN).await;
                continue;
            };
            let (pid, since) = (std::process::id(), SystemClock.now());
            let told = ScheduleHost { kind: kind.into(), pid, since, schedules };
            let mut host = Self { file, path, told };
            host.write()?;
            return Ok(Some(host));
        }
        Ok(None)
    }

    /// Says what it sees to, where that has changed.
    fn sees_to(&mut self, schedules: Vec<HostedSchedule>) -> Result<()> {
        if self.told.schedules == schedules {
            return Ok(());
        }
        self.told.schedules = schedules;
        self.write()
    }

    fn write(&mut self) -> Result<()> {
        let written = serde_json::to_vec(&self.told).map_err(Into::into).and_then(|text| {
            self.file.rewind()?;
            self.file.write_all(&text)?;
            // Whoever reads meanwhile stops at the end of the new text.
            self.file.set_len(text.len() as u64)
        });
        written.map_err(|e| lock::not_taken(&self.path, e))
    }

    /// The program that has it now.
    #[must_use]
    pub fn of(data_dir: &Path) -> Option<ScheduleHost> {
        let path = path(data_dir);
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
            schedules: Vec::new(),
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

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(lock::FOLDER).join(LOCK)
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
/// `config_invalid`, `catalog_failed`, `system`.
pub async fn run_due(inputs: &Inputs, limit: Option<u64>, stop: &CancellationToken) -> Result<RunDueReport> {
    let data_dir = config::data_dir(inputs)?;
    let schedules = hosted_of(&profiles(inputs));
    let Some(_host) = Host::take(&data_dir, HostKind::RunDue, schedules).await? else {
        return Ok(RunDueReport { host: Host::of(&data_dir), profiles: Vec::new() });
    };
    let mut due = JoinSet::new();
    let mut report = RunDueReport::default();
    let mut catalog = None;
    for (name, profile) in profiles(inputs) {
        match opened(inputs, profile, &mut catalog, limit, stop).await {
            Ok(context) if !context.profile.auto_backup => {}
            Ok(context) => drop(due.spawn(async move {
                let looked = one(&name, &context).await;
                let now = context.clock.now();
                // By this its status says that something starts this program again and again.
                let noted = context.catalog.note_look(&name, OPERATION, now).await;
                DueProfile { failure: looked.failure.or(noted.err().map(|e| e.failure())), ..looked }
            })),
            Err(error) => report.profiles.push(unseen(name, &error)),
        }
    }
    while let Some(done) = due.join_next().await {
        report.profiles.push(done.map_err(ended)?);
    }
    report.profiles.sort_by(|a, b| a.profile.cmp(&b.profile));
    Ok(report)
}

/// Starts what is due of every profile until `stop`, as the one program that does. As long as another one does, it waits.
/// The configuration is read anew at each look. `heard` gets what was tried, and what could not be looked at.
///
/// # Errors
/// `config_invalid`, `system` when no lock can be taken; later faults are heard.
pub async fn host(
    inputs: &(dyn Fn() -> Inputs + Send + Sync),
    hosting: Hosting,
    stop: &CancellationToken,
    heard: &(dyn Fn(Heard) + Send + Sync),
) -> Result<()> {
    let data_dir = config::data_dir(&inputs())?;
    let mut other = None;
    let mut host = loop {
        // What it sees to is said with the lock: the window asks in its first moments.
        let schedules = hosted_of(&profiles(&inputs()));
        if let Some(host) = Host::take(&data_dir, hosting.kind, schedules).await? {
            break host;
        }
        let now = Host::of(&data_dir);
        if now != other {
            other = now;
            heard(Heard::Another(other.clone()));
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(LOOK) => {}
        }
    };
    heard(Heard::Begun);
    tokio::select! {
        () = stop.cancelled() => return Ok(()),
        () = tokio::time::sleep(hosting.rest) => {}
    }
    let (limit, under_way) = (hosting.limit, JoinSet::new());
    let (names, told) = (HashMap::new(), HashMap::new());
    let mut looks = Looks { heard, stop, limit, catalog: None, under_way, names, told };
    let (mut clock, mut at) = (Jumps::default(), Instant::now());
    loop {
        if at <= Instant::now() {
            if let Some(jump) = clock.look(SystemClock.now(), Instant::now()) {
                heard(jump);
            }
            let inputs = inputs();
            let profiles = profiles(&inputs);
            if let Err(error) = host.sees_to(hosted_of(&profiles)) {
                tracing::warn!(%error, "what is seen to can't be said");
            }
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
    /// Another program sees to the schedules; this one waits.
    Another(Option<ScheduleHost>),
    /// From now on this one does.
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
    limit: Option<u64>,
    catalog: Option<Context>,
    under_way: JoinSet<DueProfile>,
    /// Whose looks are under way.
    names: HashMap<Id, String>,
    /// What was told of profiles that can't be looked at: the same is not told each half minute.
    told: HashMap<String, Failure>,
}

impl Looks<'_> {
    /// Begins a look at each profile that has none under way. Returns how long to wait for the next.
    async fn begin(&mut self, inputs: &Inputs, profiles: Vec<(String, Result<Profile>)>) -> Duration {
        let mut wait = LOOK;
        for (name, profile) in profiles {
            if self.names.values().any(|other| *other == name) {
                continue;
            }
            let context = match opened(inputs, profile, &mut self.catalog, self.limit, self.stop).await {
                Ok(context) => context,
                Err(error) => {
                    self.tell(unseen(name, &error));
                    continue;
                }
            };
            if let Ok(Some(next)) = next_look(&context).await {
                let left = next.duration_since(context.clock.now());
                // What is due by now is done by this look.
                wait = Duration::try_from(left)
                    .ok()
                    .filter(|left| !left.is_zero())
                    .map_or(wait, |left| wait.min(left));
            }
            let of = name.clone();
            let look = self.under_way.spawn(async move { one(&of, &context).await });
            self.names.insert(look.id(), name);
        }
        wait
    }

    /// Waits for the end of one.
    async fn next(&mut self) {
        match self.under_way.join_next_with_id().await {
            Some(Ok((id, looked))) => {
                self.names.remove(&id);
                self.tell(looked);
            }
            Some(Err(error)) => {
                tracing::error!(%error, "a look at a schedule has ended");
                self.names.remove(&error.id());
            }
            None => std::future::pending().await,
        }
    }

    fn tell(&mut self, looked: DueProfile) {
        let before = match &looked.failure {
            Some(failure) => self.told.insert(looked.profile.clone(), failure.clone()),
            None => self.told.remove(&looked.profile),
        };
        if looked.slot.is_some() || (looked.failure.is_some() && looked.failure != before) {
            (self.heard)(Heard::Looked(Box::new(looked)));
        }
    }
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
    if names.is_empty() {
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

/// The schedules that are switched on.
fn hosted_of(profiles: &[(String, Result<Profile>)]) -> Vec<HostedSchedule> {
    let loaded = profiles.iter().filter_map(|(_, profile)| profile.as_ref().ok());
    loaded.filter(|profile| makes_itself(profile)).map(hosted).collect()
}

/// The context of a profile. All share one catalog.
async fn opened(
    inputs: &Inputs,
    profile: Result<Profile>,
    catalog: &mut Option<Context>,
    limit: Option<u64>,
    stop: &CancellationToken,
) -> Result<Context> {
    let profile = profile?;
    let base = match catalog {
        Some(base) => base,
        none => {
            let context = Context::new(profile.clone()).await?.with_key_inputs(inputs.keys());
            none.insert(match limit {
                Some(bytes_per_s) => context.limited(bytes_per_s),
                None => context,
            })
        }
    };
    let context = base.clone().at(profile).stopped_by(stop.child_token());
    Ok(Context { origin: aitta_model::Origin::Schedule, ..context })
}

async fn one(name: &str, context: &Context) -> DueProfile {
    let looked = look(context).await;
    let next = next_look(context).await.ok().flatten();
    match looked {
        Ok(slot) => DueProfile { profile: name.to_owned(), slot, failure: None, next },
        Err(error) => DueProfile { next, ..unseen(name.to_owned(), &error) },
    }
}

fn unseen(profile: String, error: &Error) -> DueProfile {
    DueProfile { profile, slot: None, failure: Some(error.failure()), next: None }
}

fn ended(error: tokio::task::JoinError) -> Error {
    Error::new(
        ErrorCode::System,
        format!("a backup that was due has ended: {error}"),
        "report this with the message",
    )
}

//! The programs that see to schedules: one that stays, and one that does what is due and ends.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::{Duration, Instant};

use aitta_model::{DueProfile, Duty, ErrorCode, HostKind, RunDueReport, SlotState};
use jiff::Timestamp;
use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::conditions::{self, Looker};
use crate::config::{self, DEFAULT_PROFILE, Inputs, Profile};
use crate::duties::{Lane, look, next_look};
use crate::schedule::{Host, hosted, key, makes_backups_of, makes_itself};
use crate::{Clock, Context, Error, Result, SystemClock, notify};

/// How often what is due is looked for, at least: a machine that has slept, or a clock that was set, is noticed by then.
const LOOK: Duration = Duration::from_secs(30);

/// How long a look waits for receivers of notices.
const DELIVERY: Duration = Duration::from_secs(60);

/// How often it is asked what is wrong without anything happening. It lists the store.
const ASK: Duration = Duration::from_secs(10 * 60);

/// So long it is waited for what is due before it is told what is wrong without it: a backup that has just begun may mend
/// it, and one that takes hours must not keep it from being told.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// A difference between the clock of the machine and the time that has gone by, from which it is said.
const JUMP: Duration = Duration::from_secs(60);

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
            let looked = every_lane(&of, &context).await;
            // By this its status says that something starts this program again and again.
            let (key, now) = (key(&context.profile), context.clock.now());
            let noted = context.catalog.note_look(&key, Duty::Backup, &context.profile.schedule, now).await;
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
    let is_same = host.as_ref().is_none_or(|host| makes_backups_of(host, profile));
    let failure = (!is_same).then(|| {
        Error::new(
            ErrorCode::RunInProgress,
            "another program sees to this profile by another schedule",
            "give both the same schedule and time zone, or end the other one",
        )
        .failure()
    });
    DueProfile { host, failure, ..nothing(name) }
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
        begun: HashMap::new(),
        told: HashMap::new(),
        asked: HashMap::new(),
    };
    // What it sees to is said at once: the window asks in its first moments.
    looks.hold(&profiles(&inputs())).await;
    heard(Heard::Begun);
    tokio::select! {
        () = stop.cancelled() => return Ok(()),
        () = tokio::time::sleep(hosting.rest) => {}
    }
    let (mut clock, mut at, mut people) = (Jumps::default(), Instant::now(), People::default());
    loop {
        if at <= Instant::now() {
            if let Some(jump) = clock.look(SystemClock.now(), Instant::now()) {
                heard(jump);
            }
            let inputs = inputs();
            let profiles = profiles(&inputs);
            looks.hold(&profiles).await;
            at = Instant::now() + looks.begin(&inputs, profiles, &mut people).await;
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep_until(at.into()) => {}
            // What was done may have ended what was wrong.
            tried = looks.next() => at = if tried { Instant::now() } else { at },
            () = people.told() => {}
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

/// Looks that are under way: one for each lane of a profile at most, so that none waits for another.
struct Looks<'h> {
    heard: &'h (dyn Fn(Heard) + Send + Sync),
    stop: &'h CancellationToken,
    hosting: Hosting,
    base: Option<Base>,
    /// The schedules that this program sees to, by their keys.
    held: HashMap<String, Host>,
    under_way: JoinSet<DueProfile>,
    /// Whose looks are under way.
    names: HashMap<Id, (String, Lane)>,
    /// When the look of what makes archives began, while it is under way.
    begun: HashMap<String, Instant>,
    /// What was told of profiles at which nothing was tried, by lanes: the same is not told each half minute.
    told: HashMap<(String, Option<Lane>), DueProfile>,
    /// When it was last asked of a profile what is wrong.
    asked: HashMap<String, Instant>,
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
                Ok(Some(None)) => self.tell(None, of_another(name.clone(), profile)),
                Ok(None) => {}
                Err(error) => self.tell(None, not_looked_at(name.clone(), &error)),
            }
        }
    }

    /// Begins a look at each profile of its own that has none under way. Returns how long to wait for the next.
    async fn begin(
        &mut self,
        inputs: &Inputs,
        profiles: Vec<(String, Result<Profile>)>,
        people: &mut People,
    ) -> Duration {
        let mut wait = LOOK;
        // A catalog that was rebuilt is another file.
        if self.names.is_empty() && self.base.as_ref().is_some_and(|base| !base.is_current()) {
            self.base = None;
        }
        let mut kept = Vec::new();
        for (name, profile) in profiles {
            let under_way: Vec<Lane> =
                self.names.values().filter(|(other, _)| *other == name).map(|(_, lane)| *lane).collect();
            let profile = match profile {
                Ok(profile) => profile,
                Err(error) => {
                    self.tell(None, not_looked_at(name, &error));
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
            if is_on || !under_way.is_empty() {
                kept.push(key);
            }
            let free = || Lane::ALL.into_iter().filter(|lane| !under_way.contains(lane));
            if free().next().is_none() {
                continue;
            }
            let context = match opened(inputs, profile, &mut self.base, self.hosting.limit, self.stop).await {
                Ok(context) => context,
                Err(error) => {
                    self.tell(None, not_looked_at(name, &error));
                    continue;
                }
            };
            for lane in free() {
                if !is_on {
                    // Switched on again it counts from then.
                    if let Err(error) = look(&context, lane).await {
                        self.tell(None, not_looked_at(name.clone(), &error));
                    }
                    continue;
                }
                let next = next_look(&context, lane).await.ok().flatten();
                if let Some(next) = next {
                    let left =
                        Duration::try_from(next.duration_since(context.clock.now())).unwrap_or_default();
                    // What is due by now is done by this look.
                    wait = if left.is_zero() { wait } else { wait.min(left) };
                }
                let (of, context) = (name.clone(), context.clone());
                let look = self.under_way.spawn(async move { look_at(&of, &context, lane).await });
                self.names.insert(look.id(), (name.clone(), lane));
                if lane == Lane::Archives {
                    self.begun.insert(name.clone(), Instant::now());
                }
            }
            if is_on {
                self.tell_people(&name, &context, people);
            }
        }
        if self.names.is_empty() {
            self.held.retain(|key, _| kept.contains(key));
        }
        wait
    }

    /// Begins to tell people what they have to know of a profile, and to ask now and then what is wrong.
    fn tell_people(&mut self, name: &str, context: &Context, people: &mut People) {
        if !people.being_told.insert(name.to_owned()) {
            return;
        }
        let is_lately = self.asked.get(name).is_some_and(|last| last.elapsed() < ASK)
            || self.begun.get(name).is_some_and(|begun| begun.elapsed() < PATIENCE);
        if !is_lately {
            self.asked.insert(name.to_owned(), Instant::now());
        }
        let looker = (!is_lately).then_some(Looker::Host);
        let (name, context) = (name.to_owned(), context.clone());
        people.tasks.spawn(async move {
            tell_people(&context, looker).await;
            name
        });
    }

    /// Waits for the end of one, and tells whether something was tried.
    async fn next(&mut self) -> bool {
        match self.under_way.join_next_with_id().await {
            Some(Ok((id, looked))) => {
                let lane = self.names.remove(&id).map(|(_, lane)| lane);
                if lane == Some(Lane::Archives) {
                    self.begun.remove(&looked.profile);
                }
                // What was done may have ended what was wrong, or begun it.
                let others = looked.others.iter().map(|(_, slot)| slot);
                let mut slots = looked.slot.iter().chain(others);
                let tried = slots.any(|slot| slot.state.known() != Some(SlotState::Waiting));
                if tried {
                    self.asked.remove(&looked.profile);
                }
                if looked.failure.as_ref().is_some_and(|failure| failure.code == ErrorCode::CatalogFailed) {
                    self.base = None;
                }
                self.tell(lane, looked);
                tried
            }
            Some(Err(error)) => {
                if let Some((name, _)) = self.names.remove(&error.id()) {
                    self.begun.remove(&name);
                    self.tell(None, not_looked_at(name, &ended(&error)));
                }
                false
            }
            None => std::future::pending().await,
        }
    }

    fn tell(&mut self, lane: Option<Lane>, looked: DueProfile) {
        let of = (looked.profile.clone(), lane);
        if looked.slot.is_some() || !looked.others.is_empty() {
            self.told.remove(&of);
            (self.heard)(Heard::Looked(Box::new(looked)));
            return;
        }
        let said = DueProfile { next: None, ..looked.clone() };
        let before = self.told.insert(of, said.clone());
        let says_something = looked.failure.is_some() || looked.host.is_some();
        if says_something && before.as_ref() != Some(&said) {
            (self.heard)(Heard::Looked(Box::new(looked)));
        }
    }
}

/// People are told beside the looks, however long those take: of one profile once at a time.
#[derive(Default)]
struct People {
    tasks: JoinSet<String>,
    being_told: HashSet<String>,
}

impl People {
    /// Waits until something was told.
    async fn told(&mut self) {
        match self.tasks.join_next().await {
            Some(Ok(name)) => drop(self.being_told.remove(&name)),
            // It is not known whose it was: the next looks may begin again.
            Some(Err(_)) => self.being_told.clear(),
            None => std::future::pending().await,
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
    std::fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()))
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

async fn look_at(name: &str, context: &Context, lane: Lane) -> DueProfile {
    let looked = look(context, lane).await;
    let next = next_look(context, lane).await.ok().flatten();
    match looked {
        Ok(tried) => {
            let (backups, others): (Vec<_>, Vec<_>) =
                tried.into_iter().partition(|(duty, _)| *duty == Duty::Backup);
            let slot = backups.into_iter().next().map(|(_, slot)| slot);
            let others = others.into_iter().map(|(duty, slot)| (duty.into(), slot)).collect();
            DueProfile { slot, others, next, ..nothing(name.to_owned()) }
        }
        Err(error) => DueProfile { next, ..not_looked_at(name.to_owned(), &error) },
    }
}

/// What lasts, if it is looked at now; also what other programs have left, and what is to be tried again.
async fn tell_people(context: &Context, looker: Option<Looker>) {
    if let Some(looker) = looker {
        let looked = tokio::select! {
            looked = conditions::look(context, looker) => looked,
            () = context.cancel.cancelled() => return,
        };
        if let Err(error) = looked {
            tracing::warn!(%error, "what lasts could not be looked at");
        }
    }
    let delivered = tokio::select! {
        delivered = notify::deliver_within(context, DELIVERY) => delivered.map(drop),
        () = context.cancel.cancelled() => Ok(()),
    };
    if let Err(error) = delivered {
        tracing::warn!(%error, "notices could not be delivered");
    }
}

/// For a program that ends afterwards. As long as a check goes on, backups that become due are made.
async fn every_lane(name: &str, context: &Context) -> DueProfile {
    let checked = CancellationToken::new();
    let checks = async {
        let looked = look_at(name, context, Lane::Checks).await;
        checked.cancel();
        looked
    };
    let archives = async {
        let mut all = look_at(name, context, Lane::Archives).await;
        loop {
            tokio::select! {
                () = checked.cancelled() => return all,
                () = tokio::time::sleep(LOOK) => {}
            }
            let looked = look_at(name, context, Lane::Archives).await;
            all.others.extend(looked.others);
            all = DueProfile { slot: looked.slot.or(all.slot), others: all.others, ..looked };
        }
    };
    let mut work = std::pin::pin!(async { tokio::join!(checks, archives) });
    let (checks, mut all) = tokio::select! {
        done = &mut work => done,
        () = tokio::time::sleep(PATIENCE) => {
            tell_people(context, Some(Looker::Timer)).await;
            work.await
        }
    };
    tell_people(context, Some(Looker::Timer)).await;
    all.others.extend(checks.others);
    let next = [all.next, checks.next].into_iter().flatten().min();
    DueProfile { failure: all.failure.or(checks.failure), next, ..all }
}

fn nothing(profile: String) -> DueProfile {
    DueProfile { profile, host: None, slot: None, others: Vec::new(), failure: None, next: None }
}

fn not_looked_at(profile: String, error: &Error) -> DueProfile {
    DueProfile { failure: Some(error.failure()), ..nothing(profile) }
}

fn ended(error: &tokio::task::JoinError) -> Error {
    Error::new(ErrorCode::System, format!("what was due has ended: {error}"), "report this with the message")
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

//! Starts the program and ends it at a moment of chance.

use std::fs::{self, File};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use aitta_testing::Aitta;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::Value;

use super::random::Random;

/// SIGTERM ends every command within ten seconds; with some air for a busy machine.
const ENDS_WITHIN: Duration = Duration::from_secs(14);

/// No operation on these small databases takes as long.
const HANGS_AFTER: Duration = Duration::from_secs(180);

/// How a program is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// SIGKILL to the program alone: `pg_dump` and `pg_restore` live on.
    Kill,
    /// SIGKILL to all of it.
    KillGroup,
    /// SIGTERM to the program alone.
    Term,
    /// SIGTERM to all of it, as at the end of a session.
    TermGroup,
}

impl How {
    pub(super) fn of_chance(random: &mut Random) -> Self {
        *random.pick(&[
            Self::Kill,
            Self::Kill,
            Self::Kill,
            Self::KillGroup,
            Self::KillGroup,
            Self::Term,
            Self::TermGroup,
        ])
    }

    pub(super) fn is_kill(self) -> bool {
        matches!(self, Self::Kill | Self::KillGroup)
    }

    fn strike(self, child: &Child) {
        let pid = Pid::from_child(child);
        let sent = match self {
            Self::Kill => kill_process(pid, Signal::KILL),
            Self::KillGroup => kill_process_group(pid, Signal::KILL),
            Self::Term => kill_process(pid, Signal::TERM),
            Self::TermGroup => kill_process_group(pid, Signal::TERM),
        };
        sent.unwrap();
    }
}

/// A signal, and when it comes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Blow {
    pub(super) how: How,
    /// So long after the start, or after the operation took its lock.
    pub(super) after: Duration,
    pub(super) counts_from_lock: bool,
}

/// Where between its lock and its end an operation is struck whose work is so short that chance alone may miss it.
/// Moments are shares of that time.
#[derive(Debug)]
pub(super) struct Aim {
    from: f64,
    to: f64,
    last: f64,
}

impl Default for Aim {
    fn default() -> Self {
        Self { from: 0.0, to: 1.2, last: 0.0 }
    }
}

impl Aim {
    /// Below this the machine's own unrest is all that is left to aim at.
    const NARROW: f64 = 0.04;

    pub(super) fn next(&mut self, random: &mut Random) -> f64 {
        self.last = self.from + random.moment(Duration::from_secs(1)).as_secs_f64() * (self.to - self.from);
        self.last
    }

    /// By how many blows had come too soon and too late before the last one, and after it.
    pub(super) fn learn(&mut self, before: (usize, usize), after: (usize, usize)) {
        if after.0 > before.0 {
            self.from = self.last;
        }
        if after.1 > before.1 {
            self.to = self.last;
        }
        if self.to - self.from < Self::NARROW {
            *self = Self::default();
        }
    }
}

/// How the program ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// Exit code; `None` when a signal ended it.
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
    /// Whether the signal was sent before it had ended.
    pub(super) struck: bool,
    /// From its start to its end.
    pub(super) took: Duration,
    /// From its lock to its end; absent when it was not seen to take it.
    pub(super) worked: Option<Duration>,
}

impl Ended {
    /// The report, whole: what a user can rely on.
    pub(super) fn report(&self) -> Option<Value> {
        serde_json::from_str(&self.stdout).ok()
    }

    /// The code of its error.
    pub(super) fn failure(&self) -> Option<String> {
        let from = self.stderr.find('{')?;
        let failure: Value = serde_json::from_str(&self.stderr[from..]).ok()?;
        failure["code"].as_str().map(str::to_owned)
    }
}

/// Runs the program; with a blow, until that, and then until it is gone. `lock` is the file that the operation locks.
pub(super) fn run(aitta: &Aitta, args: &[String], lock: &Path, blow: Option<Blow>) -> Ended {
    // Files and not pipes: what it has started may live on and hold them.
    let (out, err) = (aitta.home().join("stdout"), aitta.home().join("stderr"));
    let mut command = aitta.command(args);
    command.stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap()).process_group(0);
    let begun = Instant::now();
    let mut child = command.spawn().unwrap();
    let (mut locked, mut struck) = (None::<Instant>, false);
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            let is_ours = |how: How| status.signal() == Some(if how.is_kill() { 9 } else { 15 });
            let code = status.code();
            assert!(
                code.is_some() || blow.is_some_and(|blow| struck && is_ours(blow.how)),
                "{args:?}: {status}"
            );
            let text = |path: &Path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
            // A quick one may have taken its lock between two looks.
            let locked = locked.or_else(|| names(lock, child.id()).then_some(begun));
            return Ended {
                code,
                stdout: text(&out),
                stderr: text(&err),
                struck,
                took: begun.elapsed(),
                worked: locked.map(|locked| locked.elapsed()),
            };
        }
        if locked.is_none() && names(lock, child.id()) {
            locked = Some(Instant::now());
        }
        if let Some(blow) = blow.filter(|_| !struck) {
            let since = if blow.counts_from_lock { locked } else { Some(begun) };
            if since.is_some_and(|since| since.elapsed() >= blow.after) {
                blow.how.strike(&child);
                struck = true;
                if blow.how.is_kill() {
                    child.wait().unwrap();
                } else {
                    ends(&mut child, args);
                }
                continue;
            }
        }
        if begun.elapsed() > HANGS_AFTER {
            child.kill().unwrap();
            panic!("{args:?} goes on for {HANGS_AFTER:?}: {}", fs::read_to_string(&err).unwrap());
        }
        std::thread::sleep(Duration::from_micros(300));
    }
}

/// Expects the end soon after SIGTERM.
fn ends(child: &mut Child, args: &[String]) {
    let asked = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if asked.elapsed() > ENDS_WITHIN {
            child.kill().unwrap();
            panic!("{args:?} goes on after SIGTERM");
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Whether this process holds the lock, or held it when it was killed: it writes its number into the file, and empties
/// it when it lets go.
fn names(lock: &Path, process: u32) -> bool {
    let holder: Option<Value> = fs::read(lock).ok().and_then(|text| serde_json::from_slice(&text).ok());
    holder.is_some_and(|holder| holder["pid"] == process)
}

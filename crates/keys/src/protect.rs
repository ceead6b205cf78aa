//! Keeps secrets out of core dumps and panic messages.

use std::io::Write;
use std::panic::PanicHookInfo;

/// Keeps secrets in memory out of core dumps and panic messages. Programs call it before they touch a secret.
///
/// - Linux: the process is not dumpable (prctl(2), `PR_SET_DUMPABLE`): no core dump, also none through a pipe, and
///   other processes of the same user can neither trace it nor read its memory. Programs that it starts lose that
///   with execve(2), so:
/// - Unix: the limit of core dumps is zero for it and for what it starts, such as `pg_dump`.
/// - A panic prints its place, and its words only if they are constants: words that were put together at run time may
///   hold anything.
///
/// What the system refuses is logged, and the program goes on.
pub fn protect_process() {
    std::panic::set_hook(Box::new(told));
    no_core_dumps();
}

#[cfg(unix)]
fn no_core_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    if let Err(error) = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }) {
        tracing::warn!(%error, "core dumps can't be limited");
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
            tracing::warn!(%error, "core dumps can't be switched off");
        }
    }
}

#[cfg(not(unix))]
fn no_core_dumps() {}

fn told(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let words = panic.payload().downcast_ref::<&'static str>().copied();
    // With stderr gone there is nowhere to write to.
    let _gone = writeln!(
        std::io::stderr().lock(),
        "error: Aitta has a bug at {place}: {}\nhint: report this line; nothing was reported as done that was not",
        words.unwrap_or("what was said there is withheld, because it could hold a secret")
    );
}

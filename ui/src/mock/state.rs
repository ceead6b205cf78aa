//! Which state the page is to be seen in, and what was done in it so far.

use aitta_model::{ClosedList as _, ErrorCode, Failure, ProgressEvent};
use gloo_timers::future::TimeoutFuture;

use crate::transport::{Answer, OnProgress};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Normal,
    Empty,
    Loading,
    Error,
    Many,
    Unsafe,
    Shrunk,
    Setup,
    Failing,
}

thread_local! {
    /// As the page was first opened: following a link must not change it.
    static STATE: std::cell::Cell<State> = std::cell::Cell::new(asked_for());
    /// Asked for once, as the state is.
    static FAILING: Option<Failure> = failing_as();
    static CANCELLED: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

fn parameter(name: &str) -> Option<String> {
    let search = leptos::prelude::window().location().search().unwrap_or_default();
    web_sys::UrlSearchParams::new_with_str(&search).ok().and_then(|p| p.get(name))
}

/// As long and as awkward as what servers say.
fn failing_as() -> Option<Failure> {
    let code =
        parameter("code").and_then(|code| ErrorCode::of_word(&code)).unwrap_or(ErrorCode::StoreMissing);
    let failure = failure(
        code,
        &format!("table b\u{202e}ooking: refused at /mnt/{} (os error 13)", "backup".repeat(40)),
        "let a superuser run GRANT SET ON PARAMETER session_replication_role TO \"kiilto\"; or set \
         BACKUP_LOCAL_DIR, or restore beside it with --to-schema; `aitta store check` shows more",
    );
    (asked_for() == State::Failing).then_some(failure)
}

/// What comes of all that is done.
pub(super) fn failing() -> Option<Failure> {
    FAILING.with(Clone::clone)
}

fn asked_for() -> State {
    match parameter("state").as_deref() {
        Some("empty") => State::Empty,
        Some("loading") => State::Loading,
        Some("error") => State::Error,
        Some("many") => State::Many,
        Some("unsafe") => State::Unsafe,
        Some("shrunk") => State::Shrunk,
        Some("setup") => State::Setup,
        Some("failing") => State::Failing,
        _ => State::Normal,
    }
}

pub(super) fn state() -> State {
    STATE.get()
}

/// A profile was set up, or the sample was made.
pub(super) fn begin() {
    STATE.set(State::Normal);
}

pub(super) fn cancel(operation: u32) {
    CANCELLED.set(operation);
}

pub(super) fn failure(code: ErrorCode, message: &str, hint: &str) -> Failure {
    Failure { code, message: message.to_owned(), hint: hint.to_owned() }
}

/// What every question meets first.
pub(super) async fn met() -> Answer<()> {
    match state() {
        State::Loading => std::future::pending().await,
        State::Error => Err(failure(
            ErrorCode::StoreMissing,
            "the store /mnt/backup/aitta does not exist",
            "check that the disk is mounted and that the folder of the store is right",
        )),
        _ => Ok(()),
    }
}

/// What is not shown in its own state, but takes a moment.
pub(super) async fn soon() {
    TimeoutFuture::new(200).await;
}

/// Work that takes its time, tells its progress, and can be stopped.
pub(super) async fn work(operation: u32, progress: &OnProgress, tables: &[(String, u64)]) -> Answer<()> {
    const STEPS: u64 = 40;
    const BYTES: u64 = 438_000_000;
    progress(ProgressEvent::Phase { name: "reading".to_owned(), total_bytes: Some(BYTES) });
    for step in 0..STEPS {
        TimeoutFuture::new(60).await;
        if CANCELLED.get() == operation {
            return Err(failure(
                ErrorCode::Cancelled,
                "stopped by the user",
                "nothing was changed; start it again when you are ready",
            ));
        }
        progress(ProgressEvent::Advance { bytes: BYTES / STEPS });
        if let Some((name, rows)) = tables.get((step / 4) as usize).filter(|_| step % 4 == 3) {
            progress(ProgressEvent::Table { name: name.clone(), rows: *rows });
        }
    }
    Ok(())
}

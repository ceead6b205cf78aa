//! Which state the page is to be seen in, and what was done in it so far.

use aitta_model::{
    ClosedList as _, Course, ErrorCode, Failure, LockHolder, LockWait, Operation, ProgressEvent, Timestamp,
    Underway, Word,
};
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
    /// A restore waits for a lock, and the command line makes a backup.
    Busy,
    Setup,
    Failing,
}

thread_local! {
    /// As the page was first opened: following a link must not change it.
    static STATE: std::cell::Cell<State> = std::cell::Cell::new(asked_for());
    /// Asked for once, as the state is.
    static FAILING: Option<Failure> = failing_as();
    static CANCELLED: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
    /// When the page was opened, in Unix milliseconds.
    static OPENED: i64 = js_sys::Date::now() as i64;
    static LONGER_MS: std::cell::Cell<i64> = const { std::cell::Cell::new(0) };
    static SESSION_ENDED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
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
        Some("busy") => State::Busy,
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

/// Its number in this program.
const RESTORE: u32 = 7;

pub(super) fn wait_longer() {
    LONGER_MS.set(LONGER_MS.get() + 60_000);
}

pub(super) fn end_session() {
    SESSION_ENDED.set(true);
}

/// What was under way before the page was loaded.
pub(super) fn underway() -> Vec<Underway> {
    if state() != State::Busy {
        return Vec::new();
    }
    let (opened, now) = (OPENED.with(|at| *at), js_sys::Date::now() as i64);
    let mut underway = Vec::new();
    if CANCELLED.get() != RESTORE {
        underway.push(waiting(opened - 45_000, now));
    }
    let mut course = Course::new(opened - 12_000);
    let phase = |name: &str, total_bytes| ProgressEvent::Phase { name: name.to_owned(), total_bytes };
    let phases = ["opening", "reading", "reading back"].map(str::to_owned).to_vec();
    course.take(&ProgressEvent::Begun { run: 902, usual: Vec::new() }, opened - 12_000);
    course.take(&ProgressEvent::Plan { phases }, opened - 12_000);
    course.take(&phase("opening", None), opened - 12_000);
    course.take(&phase("reading", Some(438_000_000)), opened - 11_000);
    let s = u64::try_from((now - opened) / 1000).unwrap_or_default();
    course
        .take(&ProgressEvent::Advance { bytes: (80 + s).min(430) * 1_000_000, rows: (80 + s) * 11_000 }, now);
    underway.push(Underway {
        number: None,
        operation: Some(Word::Known(Operation::Backup)),
        proof: false,
        course,
    });
    underway
}

fn waiting(began: i64, now: i64) -> Underway {
    let mut course = Course::new(began);
    let phase = |name: &str, total_bytes| ProgressEvent::Phase { name: name.to_owned(), total_bytes };
    let phases =
        ["authenticating", "locking", "archiving", "restoring", "proving"].map(str::to_owned).to_vec();
    course.take(&ProgressEvent::Begun { run: 901, usual: Vec::new() }, began);
    course.take(&phase("opening", None), began);
    course.take(&ProgressEvent::Plan { phases }, began + 300);
    course.take(&phase("authenticating", Some(14_000_000)), began + 300);
    course.take(&ProgressEvent::Advance { bytes: 14_000_000, rows: 0 }, began + 900);
    course.take(&phase("locking", None), began + 1000);
    if SESSION_ENDED.get() {
        course.take(&phase("archiving", None), now);
    } else {
        let holder = LockHolder {
            pid: 29_291,
            user: Some("kiilto_app".to_owned()),
            application: Some("booking-worker".to_owned()),
            since: Timestamp::from_millisecond(began - 400_000).ok(),
            state: Some("idle in transaction".to_owned()),
            query: Some("UPDATE \"Booking\" SET state = 'cancelled'".to_owned()),
            may_end: true,
        };
        let waited_ms = now - began - 1000;
        let left_ms = (90_000 + LONGER_MS.get() - waited_ms).max(0);
        let wait = LockWait {
            table: Some("\"Booking\"".to_owned()),
            holders: vec![holder],
            waited_ms: waited_ms.unsigned_abs(),
            left_ms: left_ms.unsigned_abs(),
        };
        course.take(&ProgressEvent::Waiting { wait: Some(wait) }, now);
    }
    Underway { number: Some(RESTORE), operation: Some(Word::Known(Operation::Restore)), proof: false, course }
}

/// What is not shown in its own state, but takes a moment.
pub(super) async fn soon() {
    TimeoutFuture::new(200).await;
}

/// Work that takes its time, tells its progress, and can be stopped.
pub(super) async fn work(operation: u32, progress: &OnProgress, tables: &[(String, u64)]) -> Answer<()> {
    const STEPS: u64 = 40;
    const BYTES: u64 = 438_000_000;
    progress(ProgressEvent::Plan { phases: vec!["reading".to_owned()] });
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
        progress(ProgressEvent::Advance { bytes: BYTES / STEPS, rows: 12_000 });
        if let Some((name, rows)) = tables.get((step / 4) as usize).filter(|_| step % 4 == 3) {
            progress(ProgressEvent::Table { name: name.clone(), rows: *rows });
        }
    }
    Ok(())
}

//! Locks that others hold: who they are is told while they are waited for, and what a person decides then is done.

use std::time::{Duration, Instant};

use aitta_engine::restore::Outcome;
use aitta_engine::{Context, Error, Progress, backup, restore, runs};
use aitta_model::{
    BackupRequest, ErrorCode, LockWait, Operation, ProgressEvent, RestoreReport, RestoreRequest, TableProof,
};
use sqlx::{Connection, PgConnection};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use crate::pg::{self, Case, run, tables, texts};

const BOOKINGS: &str = "CREATE TABLE booking (id int PRIMARY KEY, state text); \
    INSERT INTO booking SELECT n, 'paid' FROM generate_series(1, 2000) n; CREATE TABLE other (id int)";

/// Passes events on to a test.
struct Told(UnboundedSender<ProgressEvent>);

impl Progress for Told {
    fn event(&self, event: ProgressEvent) {
        drop(self.0.send(event));
    }
}

/// An operation that is under way.
struct UnderWay<T> {
    context: Context,
    events: UnboundedReceiver<ProgressEvent>,
    work: JoinHandle<Result<T, Error>>,
}

impl<T> UnderWay<T> {
    /// The next thing that is told of a lock.
    async fn wait(&mut self) -> LockWait {
        loop {
            match self.events.recv().await.unwrap() {
                ProgressEvent::Waiting { wait: Some(wait) } => return wait,
                ProgressEvent::Waiting { wait: None } => panic!("it waits no longer"),
                _ => {}
            }
        }
    }
}

fn restoring(case: &Case, lock_timeout_s: u64) -> UnderWay<RestoreReport> {
    let context = case.context.clone().stopped_by(case.context.cancel.child_token());
    let request = RestoreRequest { lock_timeout_s: Some(lock_timeout_s), ..tables(&["booking"]) };
    let (told, events) = unbounded_channel();
    let work = tokio::spawn({
        let context = context.clone();
        async move {
            match restore::restore(&context, request, &Told(told)).await? {
                Outcome::Report(report) => Ok(report),
                Outcome::Plan(plan) => panic!("a plan: {plan:?}"),
            }
        }
    });
    UnderWay { context, events, work }
}

/// A session that holds a lock, and its process.
async fn holding(case: &Case, sql: &'static str) -> (PgConnection, i32) {
    let mut holder = pg::connect(case.database.url()).await;
    sqlx::raw_sql(sql).execute(&mut holder).await.unwrap();
    let pid = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut holder).await.unwrap();
    (holder, pid)
}

async fn log_of_the_restore(context: &Context) -> String {
    let runs = runs::list(context, 10).await.unwrap();
    let restore = runs.iter().find(|run| run.operation.is(Operation::Restore)).unwrap();
    let lines = runs::show(context, restore.id).await.unwrap().log;
    lines.into_iter().map(|line| line.text).collect::<Vec<_>>().join("\n")
}

const UPDATE: &str = "SET application_name = 'booking-worker'; BEGIN; UPDATE booking SET state = 'lost'";

#[tokio::test(flavor = "multi_thread")]
async fn who_holds_a_lock_is_named_and_can_be_ended_while_a_restore_waits() {
    let case = Case::new("wait_end", BOOKINGS).await;
    case.backup().await;
    run(case.database.url(), "DELETE FROM booking WHERE id > 100").await;
    let (mut worker, pid) = holding(&case, UPDATE).await;
    let (mut bystander, other) = holding(&case, "BEGIN; LOCK TABLE other").await;
    let mut restoring = restoring(&case, 600);
    let wait = restoring.wait().await;
    assert_eq!(wait.table.as_deref(), Some("booking"), "{wait:?}");
    assert!(wait.left_ms > 500_000 && wait.left_ms <= 600_000, "{wait:?}");
    let [holder] = &wait.holders[..] else { panic!("{wait:?}") };
    assert_eq!(holder.pid, pid);
    assert_eq!(holder.application.as_deref(), Some("booking-worker"));
    assert_eq!(holder.state.as_deref(), Some("idle in transaction"));
    assert!(holder.user.is_some() && holder.since.is_some() && holder.may_end, "{holder:?}");
    assert_eq!(holder.query.as_deref(), Some("SELECT pg_backend_pid()"), "its last statement");

    // Another process sees how far it is, and nothing of what others do.
    let seen = loop {
        let seen = runs::underway(&case.context).await.unwrap();
        if seen.iter().any(|one| one.course.wait.is_some()) {
            break seen;
        }
        restoring.wait().await;
    };
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].course.step().map(|step| step.name.as_str()), Some("locking"));
    assert!(seen[0].course.wait.as_ref().is_some_and(|wait| wait.holders.is_empty()));

    restoring.context.patience.end_session(other);
    restoring.wait().await;
    restoring.wait().await;
    sqlx::query("SELECT 1").execute(&mut bystander).await.expect("who is not in the way is left alone");
    restoring.context.patience.end_session(pid);
    let report = restoring.work.await.unwrap().unwrap();
    assert!(report.proofs.iter().all(TableProof::equal));
    assert!(sqlx::query("SELECT 1").execute(&mut worker).await.is_err(), "its session is over");
    let log = log_of_the_restore(&case.context).await;
    assert!(log.contains(&format!("session {other} was not ended: it is no longer in the way")), "{log}");
    assert!(log.contains(&format!("session {pid} of ")) && log.contains("was ended, because"), "{log}");
    assert_eq!(texts(case.database.url(), "SELECT count(*)::text FROM booking").await, ["2000"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_time_lets_a_restore_wait_beyond_its_first_limit() {
    let case = Case::new("wait_longer", BOOKINGS).await;
    case.backup().await;
    run(case.database.url(), "DELETE FROM booking WHERE id > 100").await;
    let (worker, _) = holding(&case, UPDATE).await;
    let begun = Instant::now();
    let mut restoring = restoring(&case, 3);
    let before = restoring.wait().await;
    assert!(before.left_ms <= 3000, "{before:?}");
    restoring.context.patience.wait_longer(Duration::from_secs(600));
    let mut after = restoring.wait().await;
    assert!(after.left_ms > 500_000, "{after:?}");
    // Past the first limit the lock is asked for anew, and it still waits.
    while begun.elapsed() < Duration::from_secs(5) {
        after = restoring.wait().await;
    }
    assert!(after.left_ms > 500_000 && after.holders.len() == 1, "{after:?}");
    worker.close().await.unwrap();
    let report = restoring.work.await.unwrap().unwrap();
    assert!(report.proofs.iter().all(TableProof::equal));
    assert_eq!(texts(case.database.url(), "SELECT count(*)::text FROM booking").await, ["2000"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_more_time_it_gives_up_and_names_who_was_in_the_way() {
    let case = Case::new("wait_no_longer", BOOKINGS).await;
    case.backup().await;
    let (_worker, pid) = holding(&case, UPDATE).await;
    let error = restoring(&case, 2).work.await.unwrap().unwrap_err();
    assert_eq!(error.code(), ErrorCode::LockTimeout, "{error}");
    assert!(error.to_string().contains(&format!("process {pid}")), "{error}");
    assert!(runs::underway(&case.context).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_waits_for_a_migration_names_it_and_reads_what_it_has_left() {
    let case = Case::new("wait_backup", BOOKINGS).await;
    let (mut migration, pid) =
        holding(&case, "BEGIN; ALTER TABLE booking ADD COLUMN note text DEFAULT 'new'; LOCK TABLE booking")
            .await;
    let context = case.context.clone().stopped_by(case.context.cancel.child_token());
    let (told, events) = unbounded_channel();
    let work = tokio::spawn({
        let context = context.clone();
        async move {
            let request = BackupRequest { lock_timeout_s: Some(600), ..BackupRequest::default() };
            backup::create(&context, request, &Told(told)).await
        }
    });
    let mut backing_up = UnderWay { context, events, work };
    let wait = backing_up.wait().await;
    assert_eq!((wait.table.as_deref(), wait.holders.first().map(|h| h.pid)), (Some("booking"), Some(pid)));
    sqlx::raw_sql("COMMIT").execute(&mut migration).await.unwrap();
    let report = backing_up.work.await.unwrap().unwrap();
    let booking = report.tables.iter().find(|table| table.name.contains("booking")).unwrap();
    assert_eq!(booking.rows, 2000);
    // The snapshot was taken after the lock was granted: what the migration has added is in it.
    run(case.database.url(), "UPDATE booking SET note = 'lost'").await;
    case.restore(tables(&["booking"])).await.unwrap();
    assert_eq!(texts(case.database.url(), "SELECT DISTINCT note FROM booking").await, ["new"]);
}

/// A name that means a statement, or a sequence of a terminal, is data.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_session_says_of_itself_is_passed_on_as_data() {
    let case = Case::new("wait_names", BOOKINGS).await;
    case.backup().await;
    let (worker, pid) = holding(
        &case,
        "SET application_name = '\u{1b}[2J''; DROP TABLE booking; --'; BEGIN; \
         UPDATE booking SET state = E'\\x1b[2J'",
    )
    .await;
    let mut restoring = restoring(&case, 600);
    let wait = restoring.wait().await;
    let [holder] = &wait.holders[..] else { panic!("{wait:?}") };
    assert!(
        holder.pid == pid && holder.application.as_deref().is_some_and(|name| name.contains("DROP TABLE"))
    );
    worker.close().await.unwrap();
    restoring.work.await.unwrap().unwrap();
    assert!(!log_of_the_restore(&case.context).await.contains("DROP TABLE"));
}

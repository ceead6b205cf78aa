//! What goes on in the database meanwhile: DDL in bursts, with calm in between, and the transactions of pgbench.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use sqlx::{AssertSqlSafe, PgConnection};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::chance::Chance;
use super::deeds::{DEEDS, Deed, State, UNLOCKED};
use super::ground::Ground;
use crate::pg;

/// Transactions of pgbench a second. More would leave the backups no processor on a small machine.
const RATE: &str = "--rate=120";

/// What was done so far.
#[derive(Default)]
pub(super) struct Done {
    /// DDL by kind: how often it was committed, and how often it gave way to another lock.
    kinds: Mutex<BTreeMap<&'static str, (u64, u64)>>,
    committed: AtomicU64,
    exchanged: AtomicU64,
    transactions: AtomicU64,
}

impl Done {
    /// DDL transactions that were committed.
    pub(super) fn committed(&self) -> u64 {
        self.committed.load(Ordering::SeqCst)
    }

    /// Those of them that changed what `live.items` means.
    pub(super) fn exchanged(&self) -> u64 {
        self.exchanged.load(Ordering::SeqCst)
    }

    /// Transactions of pgbench.
    pub(super) fn transactions(&self) -> u64 {
        self.transactions.load(Ordering::SeqCst)
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let kinds = self.kinds.lock().unwrap();
        let line = |(name, (done, gave_way)): (&&str, &(u64, u64))| {
            format!("  {done:>6}  {name} ({gave_way} gave way to a lock)")
        };
        kinds.iter().map(line).collect()
    }

    fn count(&self, deed: &Deed, committed: bool) {
        let mut kinds = self.kinds.lock().unwrap();
        let (done, gave_way) = kinds.entry(deed.name).or_default();
        if committed {
            *done += 1;
            self.committed.fetch_add(1, Ordering::SeqCst);
            self.exchanged.fetch_add(deed.exchanges.into(), Ordering::SeqCst);
        } else {
            *gave_way += 1;
        }
    }
}

/// A storm that goes on until it is stopped.
pub(super) struct Weather {
    pub(super) done: Arc<Done>,
    /// Who holds this keeps `live.items` and `next.items` from being exchanged.
    pub(super) items: Arc<tokio::sync::Mutex<()>>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Weather {
    pub(super) fn begin(ground: &Ground, seed: u64) -> Self {
        let (stop, stopped) = watch::channel(false);
        let (done, items) = (Arc::<Done>::default(), Arc::default());
        let wind = Wind {
            url: ground.database.url().to_owned(),
            seed,
            chance: Chance::new(seed),
            state: State::default(),
            done: Arc::clone(&done),
            items: Arc::clone(&items),
            stopped: stopped.clone(),
        };
        let traffic = traffic(ground.pgbench(), Arc::clone(&done), stopped);
        let tasks = vec![tokio::spawn(wind.blow()), tokio::spawn(traffic)];
        Self { done, items, stop, tasks }
    }

    /// Fails when one of them has ended by itself: then it has failed.
    pub(super) async fn check(&mut self) {
        if self.tasks.iter().any(JoinHandle::is_finished) {
            self.stop().await;
            panic!("the storm ended by itself");
        }
    }

    /// Ends it, and fails when one of them has.
    pub(super) async fn stop(&mut self) {
        self.stop.send_replace(true);
        for task in self.tasks.drain(..) {
            task.await.unwrap();
        }
    }
}

impl Drop for Weather {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// The session that does all DDL.
struct Wind {
    url: String,
    seed: u64,
    chance: Chance,
    state: State,
    done: Arc<Done>,
    items: Arc<tokio::sync::Mutex<()>>,
    stopped: watch::Receiver<bool>,
}

impl Wind {
    async fn blow(mut self) {
        let mut conn = pg::connect(&self.url).await;
        while !*self.stopped.borrow() {
            let burst = Instant::now() + self.chance.pause(150, 2500);
            while Instant::now() < burst && !*self.stopped.borrow() {
                self.perform(&mut conn).await;
                self.pause(0, 90).await;
            }
            self.pause(200, 3000).await;
        }
    }

    /// Not until something works: the pauses make the storm what it is.
    async fn pause(&mut self, from: u64, to: u64) {
        let pause = self.chance.pause(from, to);
        let _stopped = tokio::time::timeout(pause, self.stopped.wait_for(|stopped| *stopped)).await;
    }

    async fn perform(&mut self, conn: &mut PgConnection) {
        let deed = self.choose();
        let mut then = self.state.clone();
        let mut statements = (deed.statements)(&mut then, &mut self.chance);
        if statements.is_empty() {
            return;
        }
        // As in any careful migration. What waits longer than a second may be part of a deadlock.
        let patience = *self.chance.pick(&[30, 100, 300, 800, 1500]);
        statements.insert(0, format!("BEGIN; SET LOCAL lock_timeout = {patience}"));
        statements.push("COMMIT".to_owned());
        let items = Arc::clone(&self.items);
        let _held = if deed.exchanges { Some(items.lock().await) } else { None };
        let at_once = deed.exchanges || self.chance.one_in(2);
        let messages = if at_once { vec![statements.join("; ")] } else { statements };
        for message in &messages {
            if let Err(error) = sqlx::raw_sql(AssertSqlSafe(message.as_str())).execute(&mut *conn).await {
                self.gave_way(deed, message, &error);
                sqlx::raw_sql("ROLLBACK").execute(&mut *conn).await.unwrap();
                return;
            }
            if !at_once {
                self.pause(0, 25).await;
            }
        }
        self.state = then;
        self.done.count(deed, true);
    }

    fn choose(&mut self) -> &'static Deed {
        let mut all = DEEDS.iter().chain(&UNLOCKED);
        let mut at = self.chance.below(all.clone().map(|deed| deed.weight).sum());
        let found = all.find(|deed| {
            let here = at < deed.weight;
            at = at.saturating_sub(deed.weight);
            here
        });
        found.unwrap()
    }

    /// Expects a lock that was not to be had in time, or a deadlock.
    fn gave_way(&self, deed: &Deed, message: &str, error: &sqlx::Error) {
        let state = error.as_database_error().and_then(|e| e.code());
        let expected = matches!(state.as_deref(), Some("55P03" | "40P01"));
        assert!(expected, "seed {}: the DDL itself is wrong: {error}\n{message}", self.seed);
        self.done.count(deed, false);
    }
}

/// Lets pgbench run again and again.
async fn traffic(
    command: impl Fn() -> std::process::Command,
    done: Arc<Done>,
    stopped: watch::Receiver<bool>,
) {
    const COUNT: &str = "number of transactions actually processed: ";
    while !*stopped.borrow() {
        let mut pgbench = tokio::process::Command::from(command());
        pgbench.args(["--no-vacuum", "--client=2", "--time=4", RATE]).kill_on_drop(true);
        let output = pgbench.output().await.unwrap();
        let (said, errors) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "pgbench: {said}{errors}");
        let count = said.lines().find_map(|line| line.strip_prefix(COUNT)?.split('/').next()?.parse().ok());
        let count: u64 = count.unwrap_or_else(|| panic!("pgbench told no number: {said}"));
        done.transactions.fetch_add(count, Ordering::SeqCst);
    }
}

//! Waiting for locks: who is in the way is told each second, more time may be given, and a session may be ended.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aitta_base::Patience;
use aitta_base::tables::TableName;
use aitta_model::{LockHolder, LockWait, ProgressEvent, Timestamp};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use sqlx::postgres::types::Oid;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::connect::Server;

/// A lock that is granted sooner is no wait.
const FIRST_LOOK: Duration = Duration::from_millis(500);

/// How often it is looked who is in the way.
const LOOK: Duration = Duration::from_secs(1);

/// `lock_not_available`: PostgreSQL, appendix A.
const NOT_AVAILABLE: &str = "55P03";

/// Sessions that are being ended.
type Ends = Mutex<JoinSet<()>>;

/// The name of our savepoint.
const SAVEPOINT: &str = "aitta_lock";

/// A session that waits for locks within a transaction.
pub(super) struct Waiting<'w> {
    pub(super) server: &'w Server,
    /// Its process on the server.
    pub(super) pid: i32,
    /// How long it waits for each lock, unless more time is given.
    pub(super) timeout: Duration,
    pub(super) patience: &'w Patience,
    /// What it may wait for, by oid.
    pub(super) tables: &'w [(u32, TableName)],
}

/// The process of a session on the server. The query is the first of a transaction where nothing was asked before, and
/// so fixes its snapshot.
///
/// # Errors
/// Those of the server.
pub(super) async fn process(conn: &mut PgConnection) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(conn).await
}

impl Waiting<'_> {
    /// Runs statements that take locks. Given more time, it begins them again when the first time is up: a timeout can't
    /// be changed while a statement waits. Asks nothing in this session, so a snapshot that is not taken yet is taken
    /// later.
    ///
    /// # Errors
    /// Those of the server; 55P03 when the time is up.
    pub(super) async fn run(&self, conn: &mut PgConnection, sql: &str) -> Result<(), sqlx::Error> {
        let ends = Ends::default();
        let done = self.try_until_patience_ends(conn, sql, &ends).await;
        let ends = ends.into_inner().unwrap_or_else(PoisonError::into_inner);
        // What came of them belongs into the log of this very run.
        ends.join_all().await;
        self.patience.tell(ProgressEvent::Waiting { wait: None });
        done
    }

    async fn try_until_patience_ends(
        &self,
        conn: &mut PgConnection,
        sql: &str,
        ends: &Ends,
    ) -> Result<(), sqlx::Error> {
        let begun = Instant::now();
        execute(conn, &format!("SAVEPOINT {SAVEPOINT}")).await?;
        let mut timeout = self.timeout;
        let mut given = self.patience.longer();
        loop {
            execute(conn, &format!("SET LOCAL lock_timeout = {}", timeout.as_millis().max(1))).await?;
            let Err(error) = self.watched(begun, timeout, given, ends, execute(conn, sql)).await else {
                break;
            };
            let by_now = self.patience.longer();
            if state(&error).as_deref() != Some(NOT_AVAILABLE) || by_now <= given {
                return Err(error);
            }
            (timeout, given) = (by_now.saturating_sub(given), by_now);
            execute(conn, &format!("ROLLBACK TO SAVEPOINT {SAVEPOINT}")).await?;
        }
        // A snapshot can't be exported from within a savepoint.
        let after = self.timeout.as_millis().max(1);
        execute(conn, &format!("RELEASE SAVEPOINT {SAVEPOINT}; SET LOCAL lock_timeout = {after}")).await
    }

    /// Does `work`, and tells meanwhile what it waits for.
    async fn watched<T>(
        &self,
        begun: Instant,
        timeout: Duration,
        given: Duration,
        ends: &Ends,
        work: impl Future<Output = T>,
    ) -> T {
        tokio::select! {
            biased;
            done = work => done,
            never = self.watch(begun, timeout, given, ends) => match never {},
        }
    }

    async fn watch(
        &self,
        begun: Instant,
        timeout: Duration,
        given: Duration,
        ends: &Ends,
    ) -> std::convert::Infallible {
        let mut since = Instant::now();
        tokio::time::sleep(FIRST_LOOK).await;
        // Without a second session nobody is named; the wait is told all the same.
        let mut other = self.server.connect().await.ok();
        let mut waits_for = None;
        loop {
            let sessions = match &mut other {
                Some(conn) => self.look(conn).await.unwrap_or_default(),
                None => Vec::new(),
            };
            // Each lock has its own time.
            let relation = sessions.first().and_then(|session| session.relation);
            if relation.is_some() && waits_for.is_some() && relation != waits_for {
                since = Instant::now();
            }
            waits_for = relation.or(waits_for);
            let all = timeout + self.patience.longer().saturating_sub(given);
            let table = waits_for.and_then(|oid| self.tables.iter().find(|(known, _)| *known == oid));
            let wait = LockWait {
                table: table.map(|(_, name)| name.to_string()),
                holders: sessions.iter().map(|session| session.holder.clone()).collect(),
                waited_ms: begun.elapsed().as_millis() as u64,
                left_ms: all.saturating_sub(since.elapsed()).as_millis() as u64,
            };
            self.patience.tell(ProgressEvent::Waiting { wait: Some(wait) });
            for pid in self.patience.take_ends() {
                let end = self.end(&sessions, pid);
                ends.lock().unwrap_or_else(PoisonError::into_inner).spawn(end);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Who is in the way now. A prepared transaction has the process 0.
    async fn look(&self, conn: &mut PgConnection) -> Result<Vec<Session>, sqlx::Error> {
        // `pg_terminate_backend` asks for the same: PostgreSQL, Server Signaling Functions.
        const WHO: &str = "SELECT (SELECT l.relation FROM pg_locks l \
                WHERE l.pid = $1 AND NOT l.granted AND l.locktype = 'relation' LIMIT 1), \
            b.pid, t.rolname::text, a.application_name, \
            (extract(epoch FROM a.xact_start) * 1000)::int8, a.state, left(a.query, 300), a.backend_start::text, \
            coalesce(me.rolsuper OR NOT t.rolsuper AND (pg_has_role(t.oid, 'USAGE') \
                OR pg_has_role('pg_signal_backend', 'USAGE')), false) \
            FROM unnest(pg_blocking_pids($1)) AS b(pid) LEFT JOIN pg_stat_activity a ON a.pid = b.pid \
            LEFT JOIN pg_roles t ON t.oid = a.usesysid CROSS JOIN pg_roles me \
            WHERE me.rolname = current_user ORDER BY a.xact_start, b.pid";
        type Row = (
            Option<Oid>,
            i32,
            Option<String>,
            Option<String>,
            Option<i64>,
            Option<String>,
            Option<String>,
            Option<String>,
            bool,
        );
        let rows: Vec<Row> = sqlx::query_as(WHO).bind(self.pid).fetch_all(conn).await?;
        let session = |(relation, pid, user, application, since, state, query, begun, may_end): Row| {
            // Without the right to see it the server gives a text in its place, and no state.
            let query = query.filter(|query| state.is_some() && !query.is_empty());
            let application = application.filter(|name| !name.is_empty());
            let since = since.and_then(|ms| Timestamp::from_millisecond(ms).ok());
            Session {
                relation: relation.map(|oid| oid.0),
                begun,
                holder: LockHolder { pid, user, application, since, state, query, may_end },
            }
        };
        Ok(rows.into_iter().map(session).collect())
    }

    /// Ends a session, if it is the one that was seen in the way, and still is, and tells what came of it. In a session
    /// of its own, because the lock is granted before that is known.
    fn end(&self, seen: &[Session], pid: i32) -> impl Future<Output = ()> + Send + 'static {
        let session = seen.iter().find(|session| session.holder.pid == pid && pid != 0);
        let session = session.map(|session| (session.begun.clone(), session.holder.user.clone()));
        let (server, patience, ours) = (self.server.clone(), self.patience.clone(), self.pid);
        async move {
            let text = match session {
                Some((begun, user)) => {
                    let of = user.map(|user| format!(" of {user}")).unwrap_or_default();
                    format!("session {pid}{of} {}", ended(&server, pid, begun.as_deref(), ours).await)
                }
                None => format!("session {pid} was not ended: it is no longer in the way"),
            };
            patience.tell(ProgressEvent::Note { text });
        }
    }
}

/// Ends the session that has connected at this time, if `ours` waits for it. Returns what came of it.
async fn ended(server: &Server, pid: i32, begun: Option<&str>, ours: i32) -> String {
    const END: &str = "SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a \
        WHERE a.pid = $1 AND a.backend_start::text = $2 AND a.pid = ANY (pg_blocking_pids($3))";
    let asked = async {
        let mut conn = server.connect().await?;
        let ended: Option<bool> = sqlx::query_scalar(END)
            .bind(pid)
            .bind(begun)
            .bind(ours)
            .fetch_optional(&mut conn)
            .await
            .map_err(|e| server.error(e))?;
        Ok::<_, aitta_base::Error>(ended)
    };
    match asked.await {
        Ok(Some(true)) => "was ended, because it held a lock".to_owned(),
        Ok(Some(false)) => "could not be ended: it was gone".to_owned(),
        Ok(None) => "was not ended: it is no longer in the way".to_owned(),
        Err(error) => format!("was not ended: {error}"),
    }
}

/// A session that is in the way.
struct Session {
    /// What is waited for.
    relation: Option<u32>,
    /// When it connected, as the server writes it: a number of a process comes back.
    begun: Option<String>,
    holder: LockHolder,
}

async fn execute(conn: &mut PgConnection, sql: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(conn).await.map(drop)
}

/// The code of the server's error.
pub(super) fn state(error: &sqlx::Error) -> Option<String> {
    error.as_database_error()?.code().map(std::borrow::Cow::into_owned)
}

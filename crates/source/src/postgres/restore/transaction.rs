//! One session with one transaction, which ends with the restore, whatever way that goes.

use std::time::Duration;

use aitta_base::Result;
use sqlx::postgres::PgConnection;

use super::super::connect::Server;
use super::Job;

/// How long an orderly rollback may take before the session is ended from outside.
const PATIENCE: Duration = Duration::from_secs(2);

/// A session in an open transaction.
pub(super) struct Transaction {
    pub(super) conn: PgConnection,
    server: Server,
    pid: i32,
}

impl Transaction {
    /// Begins one that waits for locks no longer than the user wants.
    ///
    /// # Errors
    /// `source_*`.
    pub(super) async fn begin(job: &Job) -> Result<Self> {
        let server = job.server.clone();
        let mut conn = server.connect_further().await?;
        let pid = sqlx::query_scalar("SELECT pg_backend_pid()")
            .fetch_one(&mut conn)
            .await
            .map_err(|e| server.error(e))?;
        let timeout = job.task.lock_timeout.as_millis().max(1);
        server.run(&mut conn, format!("BEGIN; SET LOCAL lock_timeout = {timeout}")).await?;
        Ok(Self { conn, server, pid })
    }

    /// Commits what was done. From here on nothing is cancelled.
    ///
    /// # Errors
    /// `source_*`. When the connection breaks while the server commits, it looks whether it did.
    pub(super) async fn commit(mut self, job: &Job) -> Result<()> {
        if job.task.cancel.is_cancelled() {
            self.roll_back().await;
            return Err(aitta_base::Error::cancelled());
        }
        // `txid_current_if_assigned` is null when nothing was written.
        let id: Option<i64> = sqlx::query_scalar("SELECT txid_current_if_assigned()::int8")
            .fetch_one(&mut self.conn)
            .await
            .map_err(|e| self.server.error(e))?;
        let committed = self.server.run(&mut self.conn, "SET LOCAL synchronous_commit = on; COMMIT").await;
        let Err(error) = committed else { return Ok(()) };
        let (Some(id), true) = (id, error.code() == aitta_model::ErrorCode::SourceLost) else {
            return Err(error);
        };
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let Ok(mut conn) = self.server.connect().await else { continue };
            let status: Option<String> = sqlx::query_scalar("SELECT txid_status($1)")
                .bind(id)
                .fetch_one(&mut conn)
                .await
                .ok()
                .flatten();
            match status.as_deref() {
                Some("committed") => return Ok(()),
                Some("aborted") => return Err(error),
                _ => {}
            }
        }
        Err(error.hint_instead(
            "the connection broke in the very moment of the commit: look whether the tables are restored \
             before you run it again",
        ))
    }

    /// Takes everything back, and makes sure that the server has let go of the locks.
    pub(super) async fn roll_back(mut self) {
        let rolled_back = tokio::time::timeout(PATIENCE, self.server.run(&mut self.conn, "ROLLBACK")).await;
        if matches!(rolled_back, Ok(Ok(()))) {
            return;
        }
        // The server notices that we are gone only at the end of a statement.
        drop(self.conn);
        let Ok(mut other) = self.server.connect().await else { return };
        for _ in 0..50 {
            let still: std::result::Result<Vec<bool>, _> =
                sqlx::query_scalar("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1")
                    .bind(self.pid)
                    .fetch_all(&mut other)
                    .await;
            if still.map_or(true, |rows| rows.is_empty()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Runs `$work` on the connection of a transaction and commits; on an error, or when the user stops it,
/// takes everything back.
macro_rules! transact {
    ($job:expr, |$conn:ident| $work:expr) => {{
        let mut transaction = Transaction::begin($job).await?;
        let outcome = {
            let $conn = &mut transaction.conn;
            cancellable(&$job.task.cancel, $work).await
        };
        match outcome {
            Ok(done) => transaction.commit($job).await.map(|()| done),
            Err(error) => {
                transaction.roll_back().await;
                Err(error)
            }
        }
    }};
}

pub(super) use transact;

//! Restoring into PostgreSQL, and saying beforehand what a restore would do.
//!
//! There are two ways to leave a target as it was when something fails. A whole database is restored
//! beside the live one and renamed when it is proven (`fresh`). Everything else is one transaction:
//! an empty database that is filled (`fill`), chosen tables that are replaced (`replace`), chosen tables
//! in a schema of their own (`side`).

mod archived;
mod beside;
mod cleanup;
mod compare;
mod compatible;
mod count;
mod existing;
mod fill;
mod fresh;
mod keys;
mod load;
mod missing;
mod objects;
mod partitions;
mod plan;
mod positions;
mod prove;
mod ready;
mod replace;
mod schema;
mod side;
mod silence;
mod swap;
mod target;
pub(super) mod toc;
mod transaction;
mod trust;

use std::sync::Arc;
use std::time::Duration;

use aitta_base::tables::TableName;
use aitta_base::{Error, Phases, Progress, Result};
use aitta_model::{ErrorCode, ProgressEvent, RestoreMode};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

use self::archived::ArchivedSchema;
use self::compatible::{compatible, settle};
use self::target::Target;
use super::connect::Server;
use super::tools::Tools;
use super::wait::Waiting;
use super::{settings, spare};
use crate::{Archived, RestoreTask, Restored, SafetyNet};

pub(super) use cleanup::cleanup;
pub(super) use compare::compare;
pub(super) use plan::plan;
pub(super) use ready::readiness;
pub(super) use swap::discard;
pub(super) use target::maintenance;

/// Whether the database is there.
///
/// # Errors
/// `source_*`.
pub(super) async fn exists(server: &Server) -> Result<bool> {
    target::Target::exists(server).await
}

/// One restore: from what, into what, with what.
pub(super) struct Job {
    server: Server,
    archive: Arc<dyn Archived>,
    archived: ArchivedSchema,
    task: RestoreTask,
    tools: Tools,
    events: UnboundedSender<ProgressEvent>,
}

impl Job {
    /// One of its sessions, which waits for locks; these tables are known to it.
    fn waiting<'w>(&'w self, pid: i32, tables: &'w [(u32, TableName)]) -> Waiting<'w> {
        let (timeout, patience) = (self.task.lock_timeout, &self.task.patience);
        Waiting { server: &self.server, pid, timeout, patience, tables }
    }

    /// How long it waits for a lock, with what was added meanwhile.
    fn waited(&self) -> Duration {
        self.task.lock_timeout + self.task.patience.longer()
    }

    /// Something happened that the user may see. Callable from any task.
    fn event(&self, event: ProgressEvent) {
        // The receiver is gone when the restore was given up.
        drop(self.events.send(event));
    }
}

/// Restores. On any error the target is as it was.
///
/// # Errors
/// See `ErrorCode`; those of the target are `target_*`, `foreign_keys` and `proof_failed`.
pub(super) async fn restore(
    server: &Server,
    archive: &Arc<dyn Archived>,
    task: &RestoreTask,
    safety: &dyn SafetyNet,
    phases: &mut Phases<'_>,
    progress: &dyn Progress,
) -> Result<Restored> {
    let (events, heard) = unbounded_channel();
    let work = async {
        phases.begin("checking", None);
        let (job, target, mode, checks) = cancellable(&task.cancel, async {
            let (job, target, mode) = prepare(server, archive, task, events).await?;
            let mut checks = compatible(&job, &target, &mode).await?;
            // What is run of tables that are there is looked at under their locks.
            if !matches!(mode, RestoreMode::Replace { .. } | RestoreMode::SideSchema { .. }) {
                checks.extend(trust::of_everything(&job, &target, &mode).await?.check);
            }
            Ok((job, target, mode, checks))
        })
        .await?;
        let findings = settle(checks)?;
        let mut restored = match mode {
            RestoreMode::Swap { .. } | RestoreMode::Create { .. } => {
                fresh::run(&job, &target, mode, phases).await?
            }
            RestoreMode::Fill { .. } => fill::run(&job, &target, mode, phases).await?,
            RestoreMode::Replace { .. } => replace::run(&job, &target, mode, safety, phases).await?,
            RestoreMode::SideSchema { ref schema, .. } => {
                let schema = schema.clone();
                side::run(&job, &target, &schema, mode, phases).await?
            }
        };
        restored.findings.extend(findings);
        restored.findings.sort_by_key(|f| f.severity);
        Ok(restored)
    };
    forward(work, heard, progress).await
}

async fn prepare(
    server: &Server,
    archive: &Arc<dyn Archived>,
    task: &RestoreTask,
    events: UnboundedSender<ProgressEvent>,
) -> Result<(Arc<Job>, Target, RestoreMode)> {
    let archived = ArchivedSchema::new(archive.manifest(), task.tables.as_deref())?;
    let target = Target::look(server).await?;
    let mode = target.mode(server, &archived, task)?;
    task.allow(&mode, &server.place())?;
    // The file of a newer pg_dump can't be read by an older pg_restore.
    let tools = Tools::find(server, target.major().max(archived.pg_dump_major())).await?;
    // While indexes are built each of our sessions has one of pg_restore beside it, and there are the one that leads
    // those and the two that keep and rename the database.
    let jobs = match mode {
        RestoreMode::Swap { .. } | RestoreMode::Create { .. } => {
            spare::sessions(task.jobs, target.free, 2, 3)
        }
        // One transaction, and so one session.
        _ => task.jobs,
    };
    let task = RestoreTask { jobs, ..task.clone() };
    let server = server.with_settings(&settings::as_written(&archived.database.lc_monetary));
    let job = Job { server, archive: archive.clone(), archived, task, tools, events };
    Ok((Arc::new(job), target, mode))
}

/// Passes on what tasks report while `work` runs.
async fn forward<T>(
    work: impl Future<Output = T>,
    mut heard: UnboundedReceiver<ProgressEvent>,
    progress: &dyn Progress,
) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            biased;
            Some(event) = heard.recv() => progress.event(event),
            done = &mut work => return done,
        }
    }
}

/// Gives up on `work` when the user says so; the caller takes back what it had begun. After that every failure is
/// answered with "stopped".
async fn cancellable<T>(cancel: &CancellationToken, work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Error::cancelled()),
        done = work => done.map_err(|e| stopped(cancel, e)),
    }
}

/// An error of a restore that leaves nothing behind.
fn stopped(cancel: &CancellationToken, error: Error) -> Error {
    if !cancel.is_cancelled() || error.code() == ErrorCode::Cancelled {
        return error;
    }
    tracing::info!(error = %error, "the run was stopped already when this failed");
    Error::cancelled()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whatever_fails_after_the_user_has_stopped_a_run_it_was_stopped() {
        let cancel = CancellationToken::new();
        let failing = |stop: bool| {
            let cancel = cancel.clone();
            async move {
                if stop {
                    cancel.cancel();
                }
                Err::<(), _>(Error::new(ErrorCode::ToolFailed, "pg_restore was ended", ""))
            }
        };
        let code = |ended: Result<()>| ended.err().map(|e| e.code());
        assert_eq!(code(cancellable(&cancel, failing(false)).await), Some(ErrorCode::ToolFailed));
        assert_eq!(code(cancellable(&cancel, failing(true)).await), Some(ErrorCode::Cancelled));
    }
}

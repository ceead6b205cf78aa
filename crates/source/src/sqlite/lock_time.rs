//! How long a database file that others use is waited for. Who they are is told each second.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aitta_base::{Error, Result, blocking};
use aitta_model::{LockHolder, LockWait, ProgressEvent};

use super::files;
use crate::RestoreTask;

/// Between two attempts to get the lock.
const PAUSE: Duration = Duration::from_millis(50);

/// How often it is looked who is in the way: that goes through all processes of the machine.
const LOOK: Duration = Duration::from_secs(1);

/// One wait for one file.
pub(super) struct LockTime<'t> {
    live: PathBuf,
    task: &'t RestoreTask,
    begun: Instant,
    looked: Instant,
    told: bool,
}

impl<'t> LockTime<'t> {
    /// Begins now.
    pub(super) fn begin(live: &Path, task: &'t RestoreTask) -> Self {
        let now = Instant::now();
        Self { live: live.to_owned(), task, begun: now, looked: now, told: false }
    }

    /// Whether it has been waited long enough, with what was added meanwhile.
    pub(super) fn is_over(&self) -> bool {
        self.begun.elapsed() >= self.all()
    }

    fn all(&self) -> Duration {
        self.task.lock_timeout.saturating_add(self.task.patience.longer())
    }

    /// Lets a moment pass.
    ///
    /// # Errors
    /// `cancelled`.
    pub(super) async fn pause(&mut self) -> Result<()> {
        if self.looked.elapsed() >= LOOK {
            self.looked = Instant::now();
            let live = self.live.clone();
            let users = blocking(move || Ok(files::users(&live))).await?;
            self.tell(users);
        }
        tokio::select! {
            () = self.task.cancel.cancelled() => Err(Error::cancelled()),
            () = tokio::time::sleep(PAUSE) => Ok(()),
        }
    }

    fn tell(&mut self, users: Vec<files::User>) {
        self.told = true;
        let waited = self.begun.elapsed();
        let holder = |user: files::User| LockHolder {
            pid: i32::try_from(user.pid).unwrap_or_default(),
            application: Some(user.program).filter(|name| !name.is_empty()),
            ..LockHolder::default()
        };
        let wait = LockWait {
            table: None,
            holders: users.into_iter().map(holder).collect(),
            waited_ms: waited.as_millis() as u64,
            left_ms: self.all().saturating_sub(waited).as_millis() as u64,
        };
        self.task.patience.tell(ProgressEvent::Waiting { wait: Some(wait) });
    }
}

impl Drop for LockTime<'_> {
    fn drop(&mut self) {
        if self.told {
            self.task.patience.tell(ProgressEvent::Waiting { wait: None });
        }
    }
}

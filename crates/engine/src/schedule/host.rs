//! The one program of a data folder that sees to a schedule. Each schedule has a lock of its own, so that programs with
//! other configurations or other environments don't keep each other from theirs.

use std::fs::{self, File};
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use aitta_base::lock;
use aitta_model::{HostKind, HostedSchedule, ScheduleHost, Word};
use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{hosted, key};
use crate::config::Profile;
use crate::{Clock, Result, SystemClock};

/// How the names of the locks begin, in the folder of locks.
const LOCK: &str = "schedule-";

/// Whoever asks who the host is holds the lock for a moment.
const TRIES: u32 = 5;
const BETWEEN: Duration = Duration::from_millis(20);

/// Held by the program that starts what is due of a schedule. The system lets go of it when the program ends, however
/// it ends.
#[derive(Debug)]
pub(crate) struct Host {
    file: File,
    path: PathBuf,
    told: ScheduleHost,
}

impl Host {
    /// Takes it; `None` when another program has it.
    ///
    /// # Errors
    /// `system` when the file of the lock can't be made or written.
    pub(crate) async fn take(profile: &Profile, kind: HostKind) -> Result<Option<Self>> {
        let path = path(&profile.data_dir, &key(profile));
        for _ in 0..TRIES {
            let Some(file) = lock::try_locked_file(&path).map_err(|e| lock::not_taken(&path, e))? else {
                tokio::time::sleep(BETWEEN).await;
                continue;
            };
            let (pid, since) = (std::process::id(), SystemClock.now());
            let told = ScheduleHost { kind: kind.into(), pid, since, schedule: None };
            let mut host = Self { file, path, told };
            host.goes_by(hosted(profile))?;
            return Ok(Some(host));
        }
        Ok(None)
    }

    /// Says by which rule it goes, where that has changed.
    pub(crate) fn goes_by(&mut self, schedule: HostedSchedule) -> Result<()> {
        if self.told.schedule.as_ref() == Some(&schedule) {
            return Ok(());
        }
        let told = ScheduleHost { schedule: Some(schedule), ..self.told.clone() };
        let written = serde_json::to_vec(&told).map_err(Into::into).and_then(|text| {
            self.file.rewind()?;
            self.file.write_all(&text)?;
            // Whoever reads meanwhile stops at the end of the new text.
            self.file.set_len(text.len() as u64)
        });
        written.map_err(|e| lock::not_taken(&self.path, e))?;
        self.told = told;
        Ok(())
    }

    /// The program that has that of this schedule now.
    pub(crate) fn of(data_dir: &Path, key: &str) -> Option<ScheduleHost> {
        let path = path(data_dir, key);
        if !lock::is_held(&path) {
            return None;
        }
        // Empty while the holder is between lock and write, and unreadable on Windows.
        let told = fs::read(&path).ok().and_then(|text| {
            // What follows belongs to a longer text before this one.
            ScheduleHost::deserialize(&mut serde_json::Deserializer::from_slice(&text)).ok()
        });
        Some(told.unwrap_or_else(|| ScheduleHost {
            kind: Word::read("unknown".to_owned()),
            pid: 0,
            since: Timestamp::UNIX_EPOCH,
            schedule: None,
        }))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // To close it would not be enough: a program that is being started just now may have the open file, too.
        if let Err(e) = self.file.unlock() {
            tracing::debug!(error = %e, "a lock is let go only when its file is closed");
        }
    }
}

fn path(data_dir: &Path, key: &str) -> PathBuf {
    let digest = hex::encode(Sha256::digest(key));
    data_dir.join(lock::FOLDER).join(format!("{LOCK}{}.lock", &digest[..16]))
}

//! Runs and their reports.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::word::{closed_list, shown_as_word};
use crate::{ArchiveSummary, AuditAnchor, Failure, TableLoss, TableProof, TableSummary, VerifyLevel, Word};

/// What a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Making an archive.
    Backup,
    /// Checking archives.
    Verify,
    /// Giving data back.
    Restore,
    /// Deleting an archive.
    Delete,
    /// Making the catalog agree with the store.
    Rebuild,
    /// Dropping what restores have set aside.
    Cleanup,
    /// Moving archives from one vault key to another.
    Rotate,
    /// Making a vault key.
    KeyCreate,
    /// Making a new vault key the active one, once its recovery kit is confirmed.
    KeyConfirm,
    /// Taking a vault key from its recovery kit.
    KeyImport,
    /// Making the recovery kit of a vault key again.
    KeyExportKit,
    /// Destroying a vault key.
    KeyDestroy,
    /// Setting up the second factor.
    MfaEnroll,
    /// Changing or removing the second factor.
    MfaChange,
    /// A code that was refused.
    MfaRefused,
    /// Copying archives to a further store.
    Copy,
    /// Judging that an archive that no key opens is of no account.
    Disown,
    /// Saying that what a backup has lost was meant to go.
    AcceptLoss,
    /// Putting away what may go by the rules, and deleting what was put away long enough ago.
    Prune,
    /// Putting an archive back that was put away.
    PutBack,
    /// Nothing makes itself by the schedule until a time.
    Pause,
    /// The schedule counts again before that time.
    Resume,
    /// Something of the checklist was done by hand.
    Tick,
    /// Holding an archive, whatever the rules say.
    Hold,
    /// Ending a hold.
    Release,
    /// A step of a recovery that is neither backup nor restore, or a decision in it.
    Recover,
}

closed_list!(Operation {
    Backup => "backup",
    Verify => "verify",
    Restore => "restore",
    Delete => "delete",
    Rebuild => "rebuild",
    Cleanup => "cleanup",
    Rotate => "rotate",
    KeyCreate => "key_create",
    KeyConfirm => "key_confirm",
    KeyImport => "key_import",
    KeyExportKit => "key_export_kit",
    KeyDestroy => "key_destroy",
    MfaEnroll => "mfa_enroll",
    MfaChange => "mfa_change",
    MfaRefused => "mfa_refused",
    Copy => "copy",
    Disown => "disown",
    AcceptLoss => "accept_loss",
    Prune => "prune",
    PutBack => "put_back",
    Pause => "pause",
    Resume => "resume",
    Tick => "tick",
    Hold => "hold",
    Release => "release",
    Recover => "recover",
});

impl Operation {
    /// For messages, such as `rotation`.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Backup => "backup",
            Self::Verify => "verification",
            Self::Restore => "restore",
            Self::Delete => "deletion",
            Self::Rebuild => "rebuild of the catalog",
            Self::Cleanup => "clean-up",
            Self::Rotate => "rotation",
            Self::KeyCreate => "new key",
            Self::KeyConfirm => "activation of a key",
            Self::KeyImport => "import of a key",
            Self::KeyExportKit => "new copy of a recovery kit",
            Self::KeyDestroy => "destruction of a key",
            Self::MfaEnroll => "enrolment of a second factor",
            Self::MfaChange => "change of the second factor",
            Self::MfaRefused => "refused code",
            Self::Copy => "copy",
            Self::Disown => "disowning of an archive",
            Self::AcceptLoss => "confirmation of a loss",
            Self::Prune => "prune",
            Self::PutBack => "return of an archive that was put away",
            Self::Pause => "pause of the schedule",
            Self::Tick => "tick of the checklist",
            Self::Resume => "end of a pause of the schedule",
            Self::Hold => "hold on an archive",
            Self::Release => "release of an archive",
            Self::Recover => "step of a recovery",
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// It is under way.
    Running,
    /// Done, and what was written has been read back and checked.
    Succeeded,
    /// It ended with an error.
    Failed,
    /// The user stopped it.
    Cancelled,
}

closed_list!(RunOutcome {
    Running => "running",
    Succeeded => "succeeded",
    Failed => "failed",
    Cancelled => "cancelled",
});

shown_as_word!(Operation, RunOutcome);

/// One run, as the catalog keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSummary {
    /// Number in the catalog.
    pub id: i64,
    /// Profile that it belongs to.
    pub profile: String,
    /// What it did.
    pub operation: Word<Operation>,
    /// How it ended.
    pub outcome: Word<RunOutcome>,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// The archive it was about.
    pub archive: Option<String>,
    /// Why, in words.
    pub reason: Option<String>,
    /// The error it ended with.
    pub failure: Option<Failure>,
    /// What it came to.
    #[serde(default)]
    pub figures: RunFigures,
}

/// What a run came to, as far as it has such figures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFigures {
    /// Size of the archive that was made, in bytes.
    pub size_bytes: Option<u64>,
    /// Rows archived or given back.
    pub rows: Option<u64>,
    /// Tables archived or given back.
    pub tables: Option<u64>,
    /// How long its report says that it took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
}

/// What noting a run may take beside its work, in milliseconds.
const NOTING_MS: u64 = 2_000;

/// How long a run took, in milliseconds, of the time from its begin to its end and what its report measured. The report
/// counts, so that one run has one duration wherever it is shown; unless much came on top, such as copies to further
/// stores.
pub fn took_ms(lasted_ms: u64, told_ms: Option<u64>) -> u64 {
    told_ms.filter(|told| lasted_ms.abs_diff(*told) < NOTING_MS).unwrap_or(lasted_ms)
}

impl RunSummary {
    /// How long it took, in milliseconds; nothing while it is under way.
    pub fn took_ms(&self) -> Option<u64> {
        let lasted = self.ended?.duration_since(self.started).as_millis();
        Some(took_ms(lasted.max(0).unsigned_abs() as u64, self.figures.duration_ms))
    }
}

/// How long one phase took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseTiming {
    /// Its name.
    pub name: String,
    /// Milliseconds.
    pub duration_ms: u64,
}

impl PhaseTiming {
    /// The name of the phase in which a restore waits for others to let go of their locks.
    pub const LOCKING: &str = "locking";
}

/// A backup that succeeded: its archive was read back and every tag checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupReport {
    /// The new archive.
    pub archive: ArchiveSummary,
    /// Where it lies.
    pub location: String,
    /// Its tables.
    pub tables: Vec<TableSummary>,
    /// Data before compression, in bytes.
    pub source_bytes: u64,
    /// Frames read back and checked.
    pub frames_checked: u64,
    /// Whether these are a sample, and the store vouches for the others by the checksum of each part.
    #[serde(default)]
    pub sampled: bool,
    /// From start to end, in milliseconds.
    pub duration_ms: u64,
    /// The phases.
    pub phases: Vec<PhaseTiming>,
    /// Remarks that need no action.
    pub notes: Vec<String>,
    /// What became of the copies in further stores.
    #[serde(default)]
    pub copies: Vec<CopyReport>,
    /// Why the hook after it failed; the archive is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hook_failure: Option<Failure>,
}

/// What became of the copies in one further store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyReport {
    /// The store.
    pub location: String,
    /// Archives that were copied now, and read back.
    pub copied: Vec<String>,
    /// Their sizes together, in bytes.
    pub copied_bytes: u64,
    /// Archives that are there now; absent when it could not be listed.
    pub archives: Option<u64>,
    /// Why the rest was not copied.
    pub failure: Option<Failure>,
}

/// What became of the copies in all further stores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopiesReport {
    /// In the order of the configuration.
    pub copies: Vec<CopyReport>,
    /// What was put back into the first store; absent when nothing was missing there that a copy has.
    #[serde(default)]
    pub put_back: Option<CopyReport>,
}

/// A copy that was whole when it was last looked at, of an archive that the first store has not whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WholeCopy {
    /// Id of the archive.
    pub id: String,
    /// Which of the further stores has it, from 1 on.
    pub copy: usize,
    /// Where that is.
    pub location: String,
    /// When the copy was last found whole.
    pub at: Timestamp,
}

/// Result for one archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyResult {
    /// Its id.
    pub id: String,
    /// Whether everything that was checked is right.
    pub ok: bool,
    /// Frames checked.
    pub frames: u64,
    /// Bytes read.
    pub bytes_read: u64,
    /// Rows counted; only at level `content`.
    pub rows: Option<u64>,
    /// What is wrong.
    pub failure: Option<Failure>,
    /// What is odd but harmless, such as a missing sidecar.
    pub remarks: Vec<String>,
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyReport {
    /// How deep it went.
    pub level: VerifyLevel,
    /// One result for each archive.
    pub results: Vec<VerifyResult>,
    /// Ids of archives that were stored once and are gone, newest first. Where one archive was to be checked: those that
    /// are newer than it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// From start to end, in milliseconds.
    pub duration_ms: u64,
}

impl VerifyReport {
    /// Whether every archive is whole, and none is gone.
    #[must_use]
    pub fn all_ok(&self) -> bool {
        self.missing.is_empty() && self.results.iter().all(|r| r.ok)
    }
}

/// The archives of a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListReport {
    /// Newest first.
    pub archives: Vec<ArchiveSummary>,
    /// How many there are in all.
    pub total: u64,
    /// Ids of archives that the catalog knows but that are no longer in the store, newest first.
    #[serde(default)]
    pub missing: Vec<String>,
    /// For those that are missing, and those of `archives` that are damaged, what is known of copies that are whole.
    #[serde(default)]
    pub whole_copies: Vec<WholeCopy>,
    /// What lies among the archives and the sidecars and is no file, in words, such as `backups/x is a named pipe`. It
    /// is never opened.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub strange: Vec<String>,
    /// If the list is empty: how many backups of the whole database further stores were seen to have.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub elsewhere: u64,
    /// How many archives retention has put away: they are in no list.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub put_away: u64,
}

/// What was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteReport {
    /// The archive.
    pub id: String,
    /// Bytes freed, in all stores; none where a store keeps what is deleted.
    pub freed_bytes: u64,
    /// Further stores that still have it or an earlier form of it, or may, and why.
    #[serde(default)]
    pub left: Vec<(String, Failure)>,
    /// Worth knowing.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// An archive that somebody has judged to be of no account. It lies where it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisownReport {
    /// Its id.
    pub id: String,
    /// Where it lies.
    pub location: String,
    /// Why it does not open.
    pub failure: Failure,
    /// The keys that it says it is locked with. Nobody has signed that.
    pub key_ids: Vec<String>,
}

/// That somebody has said that a loss was meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptReport {
    /// The backup that has lost it.
    pub id: String,
    /// What it has lost.
    pub tables: Vec<TableLoss>,
}

/// What changes when a run of a profile begins or ends, in whatever process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pulse {
    /// Number of the newest run in the catalog; 0 without one.
    pub newest: i64,
    /// Runs that are under way.
    pub running: u32,
}

/// A new key, shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyReport {
    /// Its id, which is not secret.
    pub key_id: String,
    /// The key itself.
    pub key: String,
}

/// What a rebuild of the catalog found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogReport {
    /// Archives entered.
    pub archives: u64,
    /// Sidecars written anew because they were missing or wrong.
    pub sidecars_rewritten: u64,
    /// Archives that could not be opened, with the reason.
    pub unreadable: Vec<VerifyResult>,
    /// Entries dropped because their archive is gone.
    pub dropped: u64,
    /// Where a damaged catalog, which was replaced by a new one, lies now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<String>,
    /// Audit trails of other catalogs that the archives tell of, each at its furthest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_chains: Vec<AuditAnchor>,
}

/// One step of a self-test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelfTestStep {
    /// What was done and seen.
    pub name: String,
    /// Milliseconds.
    pub duration_ms: u64,
}

/// A self-test that passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelfTestReport {
    /// `create`, `restore` or `verify`.
    pub name: String,
    /// What was done, in order.
    pub steps: Vec<SelfTestStep>,
}

/// What the demonstration did and proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoReport {
    /// What was done and seen, in order.
    pub steps: Vec<SelfTestStep>,
    /// The proof of the tables that were given back.
    pub proofs: Vec<TableProof>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is noted beside the work is no second duration, and what came on top is not left out.
    #[test]
    fn one_run_has_one_duration() {
        let started = Timestamp::UNIX_EPOCH;
        let run = |lasted_ms, told_ms| RunSummary {
            id: 1,
            profile: String::new(),
            operation: Operation::Backup.into(),
            outcome: RunOutcome::Succeeded.into(),
            started,
            ended: Some(started + jiff::SignedDuration::from_millis(lasted_ms)),
            archive: None,
            reason: None,
            failure: None,
            figures: RunFigures { duration_ms: told_ms, ..RunFigures::default() },
        };
        assert_eq!(run(959, Some(806)).took_ms(), Some(806), "as on the tile");
        assert_eq!(run(959, None).took_ms(), Some(959), "of an earlier version, or failed");
        assert_eq!(run(65_000, Some(5_000)).took_ms(), Some(65_000), "copies came on top");
        assert_eq!(RunSummary { ended: None, ..run(959, Some(806)) }.took_ms(), None, "under way");
    }
}

//! The words that all callers of Aitta share: requests, reports, the sidecar, error codes, progress.
//!
//! Everything here is data. No input, no output, no clock; it also compiles for `wasm32`.

mod archive;
mod audit;
mod automation;
mod calls;
mod checklist;
mod config;
mod course;
mod error;
mod figures;
mod finding;
mod history;
mod keys;
mod language;
mod mfa;
mod notice;
mod overview;
mod plain;
mod progress;
mod readiness;
mod recover;
mod remedy;
mod request;
mod restore;
mod retention;
mod review;
mod run;
mod saving;
mod schedule;
mod session;
mod sidecar;
mod word;

pub use archive::{
    ArchiveDetails, ArchiveState, ArchiveSummary, CopyState, DatabaseEngine, Depth, Evidence,
    ForeignKeySummary, TableSummary,
};
pub use audit::{
    Actor, AuditAnchor, AuditEntry, AuditFormat, AuditList, AuditQuery, AuditRecord, AuditStage, ChainFault,
    ChainStatus, Origin, OtherChain, Reason, ReasonCode,
};
pub use automation::{Automation, Foreseen, Preset, RetentionOutlook, RuleField, RuleFlaw, RunsAhead};
pub use calls::Call;
pub use checklist::{CheckItem, CheckLine, Checklist, Span, TickRequest, Ticked};
pub use config::{ConfigFinding, ConfigReport, EffectiveValue};
pub use course::{Course, Left, Step, Underway};
pub use error::{ErrorCode, Failure, Family};
pub use figures::Figures;
pub use finding::{Difference, Fact, Finding, KeptBeside, Obstacle, PassedOverWhy, Severity};
pub use history::{
    BackupPoint, DayOutcomes, FailurePoint, History, PastReport, RestorePoint, TableChange, TableLoss,
    Unusual,
};
pub use keys::{
    ConfirmKeyRequest, CreateKeyRequest, DestroyKeyRequest, ExportKitRequest, ImportKeyRequest, KeyCanary,
    KeyEntry, KeyRingReport, KeyState, KeyText, NeededKey, RecoveryKit, RotateRequest, RotationDirection,
    RotationReport, RotationStatus, TypedGroups,
};
pub use language::Language;
pub use mfa::{
    ChangeMfaRequest, ConfirmMfaRequest, Guarded, MfaChange, MfaChanged, MfaCode, MfaEnrolment, MfaException,
    MfaStatus, RecoveryCodes,
};
pub use notice::{
    ChannelKind, ChannelStatus, NOTICE_TABLES, Notice, NoticeEvent, NotifyReport, NotifyStatus, Tidings,
};
pub use overview::{
    KeyStatus, LastBackup, Overview, ProfileState, ProfileSummary, Standing, StorageUse, Targets, Verdict,
};
pub use plain::{is_unfit, plain, plain_json, plain_lines};
pub use progress::{LockHolder, LockWait, ProgressEvent};
pub use readiness::{
    NewestFound, Readiness, ReadinessCheck, ReadinessFact, ReadinessKind, ReadinessRemedy, ReadinessState,
};
pub use recover::{
    Contact, HookKind, HookRun, HookShown, HooksReport, OwedHook, RecoverRequest, RecoverStep, Recovery,
    RecoveryPlan, RecoveryState, StepRecord, StepState, incident,
};
pub use remedy::{Action, Command, Part, Remedy, RestoreOption};
pub use request::{
    AcceptRequest, ArchiveSelector, BackupKind, BackupRequest, CleanupRequest, DatabaseUrl, DeleteRequest,
    DisownRequest, ProveRequest, RestoreRequest, VerifyLevel, VerifyRequest, VerifyScope,
};
pub use restore::{
    CleanupReport, ComparedTable, Likeness, RestoreComparison, RestoreMode, RestorePlan, RestoreReport,
    RowsApart, SequenceReport, TablePlan, TableProof,
};
pub use retention::{
    Fate, HeldArchive, Hold, HoldKind, HoldReport, HoldRequest, Judged, KeepReason, PruneBlock, PruneReport,
    PruneRequest, PrunedPlace, PutAway, PutBackReport, PutBackRequest, ReleaseRequest, RetentionRules,
};
pub use review::{Deed, MonthFigures, PROOF_DAYS, PastLoss, Review, TREND_DAYS, TableGrowth};
pub use run::{
    AcceptReport, BackupReport, CatalogReport, CopiesReport, CopyReport, DeleteReport, DemoReport,
    DisownReport, KeyReport, ListReport, Operation, PhaseTiming, Pulse, RunFigures, RunOutcome, RunSummary,
    SelfTestReport, SelfTestStep, VerifyReport, VerifyResult, WholeCopy, took_ms,
};
pub use saving::{LeftStore, OldStore, SaveHow, SaveReport, SavedProfile, StoreOthers};
pub use schedule::{
    DueProfile, Duty, DutyStatus, HostKind, HostedSchedule, PAUSE_DAYS, Pause, PauseReport, PauseRequest,
    RUNS_AHEAD, RunDueReport, ScheduleHost, ScheduleStatus, SeenTo, Slot, SlotState,
};
pub use session::{
    Excess, GuardState, KeptCredentials, LogLine, ProfileForm, RestoreInto, RunDetails, Session, Settings,
    SourceCheck, SourceRights, StoreCheck, StoreContents, StoreCredentials, StoreGuard, StoreSettings,
    StoredDatabase, SweepReport,
};
pub use sidecar::Sidecar;
pub use word::{ClosedList, Word};

pub use jiff::Timestamp;
pub use jiff::civil::Date;

/// For what is left out where it is none, as in a report of an earlier version.
fn is_zero(n: &u64) -> bool {
    *n == 0
}

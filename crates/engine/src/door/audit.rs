//! The audit trail: who did what, when, why, and how it ended.
//!
//! It is kept in the catalog and only ever added to. Each entry carries the SHA-256 of the one before and is signed
//! under a key of the ring; so is the end of the chain; and every archive carries the end of the chain as it was
//! when its backup began. An entry is written before its operation begins: no audit, no operation.

use std::collections::BTreeMap;
use std::sync::Arc;

use aitta_keys::{KEY_VARIABLE, KeyRing, RETIRED_VARIABLE};
use aitta_model::{AuditAnchor, AuditEntry, AuditStage, ErrorCode, Operation, ReasonCode, RunOutcome, Word};

use super::{Entry, actor, place, reason};
use crate::catalog::Link;
use crate::{Context, Error, Result};

/// What is about to be done.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// The archive, when it is known beforehand.
    pub archive: Option<String>,
    /// Tables that were chosen; empty for all.
    pub tables: Vec<String>,
    /// Database or key that will be written to, without secrets.
    pub target: Option<String>,
    /// Why: a code, or a code and words.
    pub reason: Option<String>,
    /// Why, where the operation itself says so: it counts for words without a code.
    pub code: Option<ReasonCode>,
    /// Further remarks; the door puts the second factor before them.
    pub note: Option<String>,
}

/// How something ended.
#[derive(Debug, Clone)]
pub(crate) struct End {
    pub(crate) outcome: RunOutcome,
    pub(crate) failure: Option<ErrorCode>,
    pub(crate) archive: Option<String>,
    pub(crate) figures: BTreeMap<String, u64>,
    pub(crate) other_chains: Vec<AuditAnchor>,
}

impl End {
    /// This and no more.
    pub(crate) fn of(outcome: RunOutcome, failure: Option<ErrorCode>) -> Self {
        Self { outcome, failure, archive: None, figures: BTreeMap::new(), other_chains: Vec::new() }
    }

    /// With this error.
    pub(crate) fn failed(error: &Error) -> Self {
        Self::of(error.outcome(), Some(error.code()))
    }
}

/// An operation whose begin is in the trail.
#[derive(Debug, Clone)]
pub(crate) struct Begun {
    /// The entry and its hash: where the chain was when the operation began.
    pub(crate) link: Link,
    entry: AuditEntry,
}

/// Writes that an operation begins, which may have a row of its own among the runs.
///
/// # Errors
/// `reason_missing`, `key_wrong`, `audit_failed`: then nothing may be done.
pub(crate) async fn begin(
    context: &Context,
    entry: &Entry,
    subject: &Subject,
    run: Option<i64>,
) -> Result<Begun> {
    entry.check(context)?;
    let operation = entry.operation();
    // Everything else can do without a key, and is then recorded without a signature.
    if matches!(operation, Operation::Backup | Operation::Restore | Operation::Rotate) {
        check_key(context).await?;
    }
    let entry = entry_about(context, AuditStage::Begun, operation, subject)?;
    let (link, entry) = append(context, entry, run).await.map_err(|e| {
        e.context(format_args!(
            "the {} was not begun, because the audit trail can't be written",
            operation.in_words()
        ))
    })?;
    Ok(Begun { link, entry })
}

/// Refuses a key of the environment that is not the one before while that one is away: a slip of the hand would lock
/// archives that the recovery kit can't open, and sign entries that nobody can check later. Keys that Aitta keeps itself
/// change only with a confirmed kit.
///
/// # Errors
/// `key_wrong`; `audit_failed`.
async fn check_key(context: &Context) -> Result<()> {
    let Some((keys, before)) = absent_before(context).await? else { return Ok(()) };
    Err(Error::new(
        ErrorCode::KeyWrong,
        format!(
            "the key {} in {KEY_VARIABLE} is not {before}, the key that the profile {:?} has last used",
            keys.active_id(),
            context.profile.name
        ),
        format!(
            "set {KEY_VARIABLE} to the key {before}; if it was changed on purpose, put the key before into \
             {RETIRED_VARIABLE}. If that one is lost for good, begin with a new data folder (AITTA_DATA_DIR)"
        ),
    ))
}

/// The key that this profile has last used, if a key of the environment has taken its place and it is neither at hand nor
/// destroyed; and the keys at hand.
///
/// # Errors
/// `audit_failed`.
async fn absent_before(context: &Context) -> Result<Option<(Arc<KeyRing>, String)>> {
    if !context.key_inputs.has_key() {
        return Ok(None);
    }
    // Whatever needs a key says itself that there is none.
    let Ok(keys) = context.keys().await else { return Ok(None) };
    let Some(before) = context.catalog.last_signer(&context.profile.name).await? else { return Ok(None) };
    // Somebody who knows no ids may have written there: the check of the trail says so, and a backup goes on.
    let is_id = before.len() == 16 && before.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if !is_id || keys.has(&before) || context.catalog.destroyed_by_trail(&before).await?.is_some() {
        return Ok(None);
    }
    Ok(Some((keys, before)))
}

/// Writes how it ended.
///
/// # Errors
/// `audit_failed`.
pub(crate) async fn end(context: &Context, begun: Begun, end: End) -> Result<()> {
    let entry = AuditEntry {
        stage: AuditStage::Ended,
        begun: Some(begun.entry.entry),
        at: context.clock.now(),
        archive: end.archive.or_else(|| begun.entry.archive.clone()),
        outcome: Some(end.outcome.into()),
        failure: end.failure,
        figures: end.figures,
        other_chains: end.other_chains,
        ..begun.entry
    };
    append(context, entry, None).await.map(drop)
}

/// Writes that an operation whose process is gone was interrupted, unless its end is in the trail already;
/// `number` is the entry that began it.
///
/// # Errors
/// `audit_failed`.
pub(crate) async fn interrupted(context: &Context, number: i64) -> Result<()> {
    close(context, number, End::of(RunOutcome::Failed, Some(ErrorCode::Interrupted))).await
}

/// Ends the entry of an operation that was stopped with the one that it was a part of.
///
/// # Errors
/// `audit_failed`.
pub(crate) async fn stopped(context: &Context, number: i64) -> Result<()> {
    close(context, number, End::failed(&Error::cancelled())).await
}

async fn close(context: &Context, number: i64, end: End) -> Result<()> {
    if context.catalog.has_ended(number).await? {
        return Ok(());
    }
    let Some(link) = context.catalog.audit_link(number).await? else { return Ok(()) };
    let Ok(begun) = serde_json::from_str::<AuditEntry>(&link.body) else { return Ok(()) };
    // Written by the process that has found out.
    let entry = AuditEntry { actor: actor(context), origin: context.origin, ..begun };
    self::end(context, Begun { link, entry }, end).await
}

/// Writes something that happened in one step.
///
/// # Errors
/// `reason_missing`, `audit_failed`.
pub(crate) async fn event(
    context: &Context,
    operation: Operation,
    subject: &Subject,
    outcome: &str,
) -> Result<()> {
    let about = entry_about(context, AuditStage::Event, operation, subject)?;
    let entry = AuditEntry { outcome: Some(Word::read(outcome)), ..about };
    append(context, entry, None).await.map(drop)
}

/// An entry with all that the subject says.
fn entry_about(
    context: &Context,
    stage: AuditStage,
    operation: Operation,
    subject: &Subject,
) -> Result<AuditEntry> {
    Ok(AuditEntry {
        archive: subject.archive.clone(),
        tables: subject.tables.clone(),
        target: subject.target.clone(),
        reason: reason(context, operation, subject.reason.as_deref(), subject.code)?,
        note: subject.note.clone(),
        ..blank(context, stage, operation)
    })
}

/// Does `work` as an operation of the trail that is no run.
///
/// # Errors
/// `reason_missing`, `key_wrong`, `audit_failed`, and those of the work.
pub(crate) async fn around<T>(
    context: &Context,
    entry: impl Into<Entry>,
    subject: Subject,
    work: impl Future<Output = Result<T>> + Send,
) -> Result<T> {
    let entry = entry.into();
    let (operation, subject) = (entry.operation(), entry.of(subject));
    let begun = begin(context, &entry, &subject, None).await?;
    let result = work.await;
    let end = match &result {
        Ok(_) => End::of(RunOutcome::Succeeded, None),
        Err(e) => End::failed(e),
    };
    match (result, self::end(context, begun, end).await) {
        (Ok(done), Ok(())) => Ok(done),
        (Ok(_), Err(e)) => {
            Err(e.context(format_args!("the {} is done, but could not be recorded", operation.in_words())))
        }
        (Err(e), _) => Err(e),
    }
}

/// Where the trail is now that an operation has begun, for the archive that it makes. An archive can be made without
/// it: a damaged trail must not stop a backup.
pub(crate) async fn anchor(context: &Context, begun: &Begun) -> Option<aitta_archive::Anchor> {
    let chain = match &begun.entry.chain {
        Some(chain) => chain.clone(),
        None => chain_id(context).await?,
    };
    let Link { entry, hash, .. } = begun.link.clone();
    Some(aitta_archive::Anchor { chain, entry, hash, place: place(context) })
}

/// The id of the chain of this catalog; absent when there is none yet, or its first entry can't be read.
pub(crate) async fn chain_id(context: &Context) -> Option<String> {
    let first = context.catalog.audit_link(1).await.ok()??;
    serde_json::from_str::<AuditEntry>(&first.body).ok()?.chain
}

async fn append(context: &Context, entry: AuditEntry, run: Option<i64>) -> Result<(Link, AuditEntry)> {
    // An entry without a key is kept; the next one with a key covers it too. A key that is refused signs nothing, or it
    // would count as the one that was last used.
    let keys = match absent_before(context).await? {
        None => context.keys().await.ok(),
        Some(_) => None,
    };
    context.catalog.append_audit(entry, keys.as_deref(), run).await
}

fn blank(context: &Context, stage: AuditStage, operation: Operation) -> AuditEntry {
    AuditEntry {
        entry: 0,
        at: context.clock.now(),
        stage,
        begun: None,
        actor: actor(context),
        origin: context.origin,
        operation: operation.into(),
        profile: Some(context.profile.name.clone()),
        archive: None,
        tables: Vec::new(),
        target: None,
        reason: None,
        outcome: None,
        failure: None,
        figures: BTreeMap::new(),
        note: None,
        signed_by: None,
        chain: None,
        other_chains: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::ffi::OsString;
    use std::path::Path;

    use aitta_keys::{KeyInputs, generate};
    use sqlx::sqlite::SqliteConnectOptions;
    use sqlx::{ConnectOptions, Connection};

    use super::*;
    use crate::config::Profile;
    use crate::door::Free;

    async fn context(dir: &Path, name: &str, key: &str) -> Context {
        let environment = BTreeMap::from([(KEY_VARIABLE.to_owned(), OsString::from(key))]);
        let profile = Profile::local(name, None, dir.join("store"), dir.join("data"));
        let context = Context::new(profile).await.unwrap();
        context.with_key_inputs(KeyInputs::of(&environment, dir))
    }

    async fn begun(context: &Context) -> Result<Begun> {
        begin(context, &Free::Backup.into(), &Subject::default(), None).await
    }

    #[tokio::test]
    async fn what_is_written_under_a_refused_key_never_makes_it_the_key_in_use() {
        let dir = tempfile::tempdir().unwrap();
        let [right, slipped] = [generate().unwrap().key, generate().unwrap().key];
        let right = context(dir.path(), "shop", &right).await;
        let slipped = context(dir.path(), "shop", &slipped).await;
        let killed = begun(&right).await.unwrap();

        interrupted(&slipped, killed.link.entry.cast_signed()).await.unwrap();
        event(&slipped, Operation::MfaRefused, &Subject::default(), "mfa_wrong").await.unwrap();
        for _ in 0..2 {
            assert_eq!(begun(&slipped).await.unwrap_err().code(), ErrorCode::KeyWrong);
        }
        let used = right.keys().await.unwrap().active_id().to_string();
        assert_eq!(right.catalog.last_signer(&right.profile.name).await.unwrap(), Some(used));
        begun(&right).await.unwrap();
    }

    #[tokio::test]
    async fn a_signer_that_somebody_has_made_up_stops_no_backup() {
        let dir = tempfile::tempdir().unwrap();
        let right = context(dir.path(), "shop", &generate().unwrap().key).await;
        for signer in ["5", "\"x\"", "[1]", "{}"] {
            let body = format!(r#"{{"profile": "shop", "signed_by": {signer}}}"#);
            let mut db = SqliteConnectOptions::new().filename(right.catalog.path()).connect().await.unwrap();
            sqlx::query(
                "INSERT INTO audit (entry, body, hash) SELECT ifnull(max(entry), 0) + 1, ?, 'h' FROM audit",
            )
            .bind(body)
            .execute(&mut db)
            .await
            .unwrap();
            db.close().await.unwrap();
            begun(&right).await.unwrap();
        }
    }

    #[tokio::test]
    async fn each_profile_of_a_data_folder_may_have_a_key_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let [one, two] = [generate().unwrap().key, generate().unwrap().key];
        let one = context(dir.path(), "shop", &one).await;
        let two = context(dir.path(), "warehouse", &two).await;
        for _ in 0..2 {
            begun(&one).await.unwrap();
            begun(&two).await.unwrap();
        }
    }
}

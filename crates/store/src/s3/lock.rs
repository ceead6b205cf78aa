//! Object Lock: archives can't be deleted before they expire.
//!
//! - An archive is written with a retention until its expiry: the time of the backup and the days that the profile
//!   keeps it. Sidecars are not locked: all that they say is in the archive as well.
//! - A DELETE of a locked object is no error to S3: it only hides the object behind a marker. Here it is refused
//!   before it is sent, so that no archive is hidden that is still paid for.
//! - <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html>

use std::time::Duration;

use aitta_base::{Clock as _, SystemClock};
use aitta_model::Timestamp;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{
    ObjectLockEnabled, ObjectLockLegalHold, ObjectLockLegalHoldStatus, ObjectLockMode, ObjectLockRetention,
    ObjectLockRetentionMode,
};
use jiff::SignedDuration;

use super::super::{ARCHIVES, StoreError, StoreErrorKind};
use super::bucket::Bucket;
use super::errors::Failure;
use super::guards::told;
use crate::{created_at, id_of};

/// The code for an object without a retention or a hold.
const NO_LOCK: &str = "NoSuchObjectLockConfiguration";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Object Lock of a bucket.
#[derive(Debug, Clone)]
pub(super) struct Lock {
    /// Who may lift a lock: in `GOVERNANCE`, which S3 takes unless the bucket says otherwise, users with a special
    /// right; in `COMPLIANCE` not even they.
    pub(super) mode: ObjectLockMode,
    /// How long the bucket itself locks every object at least; zero when it does not.
    at_least: Duration,
}

/// How an object is locked.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Locked {
    pub(super) mode: Option<ObjectLockMode>,
    pub(super) until: Option<DateTime>,
    pub(super) held: Option<ObjectLockLegalHoldStatus>,
}

impl Locked {
    pub(super) fn of(found: &HeadObjectOutput) -> Self {
        Self {
            mode: found.object_lock_mode.clone(),
            until: found.object_lock_retain_until_date,
            held: found.object_lock_legal_hold_status.clone(),
        }
    }

    /// Without what has ended meanwhile, and can't be asked for again.
    pub(super) fn in_force(self) -> Self {
        let now = SystemClock.now().as_second();
        let until = self.until.filter(|until| until.secs() > now);
        let held = self.held.filter(|held| *held == ObjectLockLegalHoldStatus::On);
        Self { mode: self.mode.filter(|_| until.is_some()), until, held }
    }

    fn is_held(&self) -> bool {
        self.held == Some(ObjectLockLegalHoldStatus::On)
    }
}

/// Two requests have the same methods for this, and share no trait.
macro_rules! locked {
    ($request:expr, $lock:expr) => {{
        let lock = $lock.clone();
        $request
            .set_object_lock_mode(lock.mode)
            .set_object_lock_retain_until_date(lock.until)
            .set_object_lock_legal_hold_status(lock.held)
    }};
}
pub(super) use locked;

impl Bucket {
    /// Asks for Object Lock; `None` when there is none.
    pub(super) async fn ask_for_lock(&self) -> Result<Option<Lock>, Failure> {
        let client = self.client().await.map_err(Failure::before)?;
        let asked = client.get_object_lock_configuration().bucket(&self.config.bucket).send().await;
        let found = told(asked, "ObjectLockConfigurationNotFoundError")?;
        let found = found.and_then(|found| found.object_lock_configuration);
        let enabled = found.filter(|found| found.object_lock_enabled() == Some(&ObjectLockEnabled::Enabled));
        Ok(enabled.map(|found| {
            let default = found.rule.and_then(|rule| rule.default_retention);
            let days = default.as_ref().map_or(0, |d| d.days().unwrap_or(0) + 365 * d.years().unwrap_or(0));
            let mode = default.and_then(|default| default.mode);
            Lock {
                mode: mode.map_or(ObjectLockMode::Governance, |mode| ObjectLockMode::from(mode.as_str())),
                at_least: DAY * days.try_into().unwrap_or(0),
            }
        }))
    }

    /// As [`Bucket::ask_for_lock`], once. A server that gives no answer counts as one without: a backup needs few
    /// rights, and the check of the store reports the missing one.
    pub(super) async fn lock(&self) -> Result<Option<&Lock>, StoreError> {
        let ask = || async {
            self.client().await?;
            let failure = match self.ask_for_lock().await {
                Ok(lock) => return Ok(lock),
                Err(failure) => failure,
            };
            match failure.kind(&self.config) {
                StoreErrorKind::Unreachable
                | StoreErrorKind::StoreMissing
                | StoreErrorKind::NoCredentials
                | StoreErrorKind::WrongCredentials
                | StoreErrorKind::ExpiredCredentials
                | StoreErrorKind::ClockSkew
                | StoreErrorKind::WrongRegion => Err(failure.at(&self.config, "")),
                _ => {
                    let failure = failure.text();
                    tracing::warn!(
                        failure,
                        "the bucket does not say whether it has Object Lock, so no archive is locked"
                    );
                    Ok(None)
                }
            }
        };
        Ok(self.lock.get_or_try_init(ask).await?.as_ref())
    }

    /// How a new object is to be locked.
    pub(super) async fn lock_of_new(&self, name: &str) -> Result<Locked, StoreError> {
        let Some(retention) = self.retention.filter(|_| name.starts_with(ARCHIVES)) else {
            return Ok(Locked::default());
        };
        let Some(lock) = self.lock().await? else { return Ok(Locked::default()) };
        let now = SystemClock.now();
        let created = id_of(name).map_or(now, |id| created_at(id.created_ms()));
        let until = after(created, retention).max(after(now, lock.at_least));
        // One that has expired, and is written anew: S3 takes no date that has passed.
        if until <= now {
            return Ok(Locked::default());
        }
        let until = DateTime::from_secs(until.as_second());
        Ok(Locked { mode: Some(lock.mode.clone()), until: Some(until), held: None })
    }

    /// How an object is locked. HEAD leaves it out for users without the rights s3:GetObjectRetention and
    /// s3:GetObjectLegalHold, which looks as if nothing were locked: in a bucket with Object Lock it is asked for.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>
    ///
    /// # Errors
    /// `Denied` where these rights are missing.
    pub(super) async fn locked(&self, name: &str, found: &HeadObjectOutput) -> Result<Locked, StoreError> {
        let mut locked = Locked::of(found);
        if !name.starts_with(ARCHIVES) || self.lock().await?.is_none() {
            return Ok(locked);
        }
        let (client, bucket, key) = (self.client().await?, &self.config.bucket, self.key(name));
        if locked.mode.is_none() {
            let asked = client.get_object_retention().bucket(bucket).key(&key).send().await;
            let found = told(asked, NO_LOCK).or_else(|failure| self.not_told(name, failure))?;
            if let Some(retention) = found.and_then(|found| found.retention) {
                locked.mode = retention.mode.map(|mode| ObjectLockMode::from(mode.as_str()));
                locked.until = retention.retain_until_date;
            }
        }
        if locked.held.is_none() {
            let asked = client.get_object_legal_hold().bucket(bucket).key(&key).send().await;
            let found = told(asked, NO_LOCK).or_else(|failure| self.not_told(name, failure))?;
            locked.held = found.and_then(|found| found.legal_hold).and_then(|hold| hold.status);
        }
        Ok(locked)
    }

    /// A server without these requests tells with HEAD what it knows.
    fn not_told<T>(&self, name: &str, failure: Failure) -> Result<Option<T>, StoreError> {
        if failure.is_unknown_request() || failure.is_misread() {
            return Ok(None);
        }
        let error = failure.at(&self.config, name);
        let text = format!("whether it is locked could not be found out ({})", error.source);
        let hint = error.hint.unwrap_or_else(|| "run it again".to_owned());
        Err(StoreError::new(error.kind, error.name, text).with_hint(hint))
    }

    /// Makes sure that an object is locked at least like this: not every server takes the lock with the object.
    /// `what` says what was done before, for the error.
    pub(super) async fn ensure_locked(
        &self,
        name: &str,
        wanted: &Locked,
        what: &str,
    ) -> Result<(), StoreError> {
        if wanted.until.is_none() && !wanted.is_held() {
            return Ok(());
        }
        let unlocked = |failure: Failure| {
            let error = failure.at(&self.config, name);
            let text = format!("{what}, but is not locked as it should be ({})", error.source);
            StoreError::new(error.kind, error.name, text).with_hint(
                "give these credentials the rights s3:PutObjectRetention and s3:PutObjectLegalHold, and lock the object \
                 by hand",
            )
        };
        // What HEAD leaves out is asked for once more, which harms nothing.
        let found = Locked::of(&self.existing(name).await?);
        let (client, key) = (self.client().await?, self.key(name));
        if wanted.until > found.until {
            let retention = ObjectLockRetention::builder()
                .set_mode(wanted.mode.as_ref().map(|mode| ObjectLockRetentionMode::from(mode.as_str())))
                .set_retain_until_date(wanted.until);
            let lock = client.put_object_retention().bucket(&self.config.bucket).key(&key);
            lock.retention(retention.build()).send().await.map_err(|e| unlocked(Failure::of(e)))?;
        }
        if wanted.is_held() && !found.is_held() {
            let hold = ObjectLockLegalHold::builder().status(ObjectLockLegalHoldStatus::On).build();
            let lock = client.put_object_legal_hold().bucket(&self.config.bucket).key(&key);
            lock.legal_hold(hold).send().await.map_err(|e| unlocked(Failure::of(e)))?;
        }
        Ok(())
    }
}

/// Refuses to delete an archive that is locked.
pub(super) fn check_unlocked(name: &str, lock: Locked) -> Result<(), StoreError> {
    // The bucket may lock every object for a while. What is no archive may be hidden.
    if !name.starts_with(ARCHIVES) {
        return Ok(());
    }
    if lock.is_held() {
        return Err(StoreError::new(StoreErrorKind::Locked, name, "it is under a legal hold")
            .with_hint("it can be deleted when somebody has lifted the legal hold in the console of S3"));
    }
    let until = lock.until.and_then(|until| Timestamp::from_second(until.secs()).ok());
    let Some(until) = until.filter(|until| *until > SystemClock.now()) else { return Ok(()) };
    let mode = lock.mode.map(|mode| format!(" (mode {mode})")).unwrap_or_default();
    let day = until.strftime("%Y-%m-%d %H:%M UTC");
    Err(StoreError::new(StoreErrorKind::Locked, name, format!("Object Lock retains it until {day}{mode}"))
        .with_hint(format!("it can be deleted from {day} on")))
}

fn after(time: Timestamp, span: Duration) -> Timestamp {
    let span = SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX);
    time.saturating_add(span).unwrap_or(Timestamp::MAX)
}

//! The state of the second factor, as it lies in the vault.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use aitta_base::{blocking, lock};
use aitta_keys::KeyVault;
use aitta_model::{ErrorCode, Guarded};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::anchor::{self, Noted};
use super::codes::{Recovery, Seed};
use super::place::{Asked, Place};
use crate::{Context, Error, Result};

/// Name of the entry in the vault.
const ENTRY: &str = "mfa";

/// Name of the entry of an enrolment that was not confirmed yet.
const PENDING: &str = "mfa-pending";

/// Version of both.
const VERSION: u8 = 1;

/// What to do when the state can't be reached.
pub(crate) const RECOVERY: &str = "unlock or start the keychain that it was set up with, or name that key \
    file; when it is lost for good, follow \"Second factor\" in docs/operations.md";

/// Everything about the second factor.
#[derive(Serialize, Deserialize)]
pub(crate) struct State {
    version: u8,
    /// Secrets that name this enrolment and those before it, newest last; see [`anchor`].
    pub(crate) names: Vec<String>,
    /// Absent when it was removed.
    pub(crate) enrolled: Option<Enrolled>,
    /// How often it was written. The notes outside of the vault tell an older copy by it.
    #[serde(default)]
    pub(crate) writes: u64,
}

/// What somebody has enrolled.
#[derive(Serialize, Deserialize)]
pub(crate) struct Enrolled {
    /// When.
    pub(crate) since: Timestamp,
    #[serde(serialize_with = "Seed::store", deserialize_with = "Seed::load")]
    pub(crate) seed: Seed,
    /// The last time step of which a code was accepted.
    pub(crate) last_step: u64,
    /// Wrong codes in a row.
    pub(crate) failures: u32,
    /// Until when none is accepted.
    pub(crate) locked_until: Option<Timestamp>,
    pub(crate) recovery: Recovery,
    /// What profiles are exempt from.
    pub(crate) policies: Vec<Policy>,
    pub(crate) exceptions: Vec<Exception>,
}

/// What a profile is exempt from.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Policy {
    pub(crate) place: Place,
    pub(crate) exempt: Vec<Guarded>,
}

/// A token that stands in for the second factor.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Exception {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) operations: Vec<Guarded>,
    /// SHA-256 of the token.
    pub(crate) token: String,
    pub(crate) created: Timestamp,
    pub(crate) expires: Timestamp,
    pub(crate) last_used: Option<Timestamp>,
}

/// An enrolment that was not confirmed yet.
#[derive(Serialize, Deserialize)]
pub(crate) struct Pending {
    version: u8,
    #[serde(serialize_with = "Seed::store", deserialize_with = "Seed::load")]
    pub(crate) seed: Seed,
    /// When it was begun.
    pub(crate) begun: Timestamp,
}

impl State {
    /// A new enrolment, after those of `names`, when `writes` are noted.
    pub(crate) fn new(names: Vec<String>, enrolled: Enrolled, writes: u64) -> Self {
        Self { version: VERSION, names, enrolled: Some(enrolled), writes }
    }

    /// The secret that names the enrolment that counts.
    pub(crate) fn name(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }

    fn knows(&self, enrolment: &str) -> bool {
        self.names.iter().any(|secret| anchor::name(secret) == enrolment)
    }
}

impl Enrolled {
    /// Whether the profile need not be asked.
    pub(crate) fn exempts(&self, asked: &Asked) -> bool {
        !matches!(asked.guarded, Guarded::Mfa | Guarded::Keys)
            && self
                .policies
                .iter()
                .any(|policy| asked.is_at(&policy.place) && policy.exempt.contains(&asked.guarded))
    }
}

/// The right to read and change the state: one process at a time, so that one code is never used twice.
pub(crate) struct Held {
    vault: Arc<dyn KeyVault>,
    data_dir: PathBuf,
    _lock: File,
}

impl Held {
    /// Waits for the lock.
    ///
    /// # Errors
    /// `mfa_unavailable`.
    pub(crate) async fn take(context: &Context) -> Result<Self> {
        let data_dir = context.profile.data_dir.clone();
        let path = data_dir.join(lock::FOLDER).join("mfa.lock");
        let shown = path.display().to_string();
        let lock = blocking(move || Ok(lock::locked_file(&path))).await?;
        let lock = lock.map_err(|e| {
            Error::new(
                ErrorCode::MfaUnavailable,
                format!("the lock {shown} of the second factor cannot be taken: {e}"),
                "give the user that runs Aitta the right to write there, or set AITTA_DATA_DIR to another folder",
            )
            .with_source(e)
        })?;
        Ok(Self { vault: context.vault.clone(), data_dir, _lock: lock })
    }

    /// The state; `None` when nobody has ever enrolled, by all that the vault and the notes say.
    ///
    /// # Errors
    /// `mfa_unavailable` when somebody has, and this vault does not answer.
    pub(crate) async fn load(&self, context: &Context) -> Result<Option<State>> {
        let found = self.read::<State>(ENTRY).await;
        let (noted, in_file) = anchor::noted_in_file(&self.data_dir);
        let noted = match noted {
            Noted::Nothing => anchor::noted_in_trail(&context.catalog.audit_of_mfa().await?),
            noted => noted,
        };
        let writes = match &found {
            Ok(Some(_)) => in_file.max(in_trail(context).await?),
            _ => 0,
        };
        let kept = self.vault.place();
        match (found, noted) {
            // No note of an enrolment: a machine without a keychain goes on as before.
            (Ok(None), Noted::Nothing) => Ok(None),
            (Err(e), Noted::Nothing) if is_out_of_reach(&e) => {
                tracing::debug!(error = %e, "the vault can't be asked for a second factor");
                Ok(None)
            }
            (Err(e), Noted::Nothing) => Err(e),
            (Ok(None), _) => Err(unavailable(format!("the {kept} does not hold it"))),
            (Err(e), _) if e.code() == ErrorCode::MfaUnavailable => Err(e),
            (Err(e), _) => Err(unavailable_because(e)),
            (Ok(Some(state)), Noted::Enrolment(name)) if !state.knows(&name) => {
                Err(unavailable(format!("the {kept} holds another one than was set up here")))
            }
            // Codes that were used would count again, and wrong ones would be forgotten.
            (Ok(Some(state)), _) if state.enrolled.is_some() && state.writes < writes => Err(unavailable(format!(
                "the {kept} holds an older copy of it, which was written {} times, and {writes} are noted here",
                state.writes
            ))
            .hint_instead(format!(
                "put the newest copy of the {kept} back; when it is lost, follow \"Second factor\" in \
                 docs/operations.md"
            ))),
            (Ok(Some(state)), _) => {
                self.note(&state);
                Ok(Some(state))
            }
        }
    }

    /// How often the state was written here, by what is noted outside of the vault.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn writes(&self, context: &Context) -> Result<u64> {
        Ok(anchor::noted_in_file(&self.data_dir).1.max(in_trail(context).await?))
    }

    /// Writes the state. It is read back by the vault.
    ///
    /// # Errors
    /// `keychain_unavailable`, `key_wrong`.
    pub(crate) async fn save(&self, state: &mut State) -> Result<()> {
        state.writes += 1;
        self.write(ENTRY, state).await?;
        self.note(state);
        Ok(())
    }

    fn note(&self, state: &State) {
        match &state.enrolled {
            Some(enrolled) => anchor::note(&self.data_dir, state.name(), enrolled.since, state.writes),
            None => anchor::forget(&self.data_dir),
        }
    }

    /// The enrolment that was begun.
    ///
    /// # Errors
    /// `mfa_unavailable`, `keychain_unavailable`, `key_wrong`.
    pub(crate) async fn pending(&self) -> Result<Option<Pending>> {
        self.read(PENDING).await
    }

    /// Begins one, in place of another that was begun.
    ///
    /// # Errors
    /// `keychain_unavailable`, `key_wrong`.
    pub(crate) async fn save_pending(&self, seed: Seed, begun: Timestamp) -> Result<Pending> {
        let pending = Pending { version: VERSION, seed, begun };
        self.write(PENDING, &pending).await?;
        Ok(pending)
    }

    /// Forgets it.
    ///
    /// # Errors
    /// `keychain_unavailable`, `key_wrong`.
    pub(crate) async fn forget_pending(&self) -> Result<()> {
        let vault = self.vault.clone();
        blocking(move || vault.delete(PENDING)).await
    }

    async fn read<T: DeserializeOwned>(&self, name: &'static str) -> Result<Option<T>> {
        let vault = self.vault.clone();
        let Some(text) = blocking(move || vault.read(name)).await? else { return Ok(None) };
        #[derive(Deserialize)]
        struct Versioned {
            version: u8,
        }
        // The cause may quote a secret, so it is left out.
        let broken =
            |_| unavailable(format!("the entry {name:?} of the {} can't be read", self.vault.place()));
        match serde_json::from_str::<Versioned>(&text).map_err(broken)?.version {
            VERSION => serde_json::from_str(&text).map(Some).map_err(broken),
            _ => Err(unavailable("it was written by a newer version of Aitta")
                .hint_instead("install the newer version")),
        }
    }

    async fn write<T: Serialize>(&self, name: &'static str, value: &T) -> Result<()> {
        let text = Zeroizing::new(serde_json::to_string(value).map_err(|_| {
            Error::new(ErrorCode::System, "the second factor can't be written down", "report this")
        })?);
        let vault = self.vault.clone();
        blocking(move || vault.write(name, &text)).await
    }
}

async fn in_trail(context: &Context) -> Result<u64> {
    Ok(anchor::writes_in_trail(&context.catalog.audit_with(anchor::WRITES).await?))
}

/// Whether this vault is out of reach here, in contrast to one that answers with something odd.
fn is_out_of_reach(error: &Error) -> bool {
    matches!(error.code(), ErrorCode::KeychainUnavailable | ErrorCode::KeyMissing | ErrorCode::KeyWrong)
}

fn unavailable(fact: impl std::fmt::Display) -> Error {
    Error::new(
        ErrorCode::MfaUnavailable,
        format!("the second factor is set up, but can't be checked: {fact}"),
        RECOVERY,
    )
}

pub(crate) fn unavailable_because(error: Error) -> Error {
    unavailable(&error).with_source(error)
}

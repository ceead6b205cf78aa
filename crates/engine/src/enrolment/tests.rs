//! The second factor with a vault and a clock of the tests.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use aitta_keys::{KeyRing, KeyVault, MemoryVault};
use aitta_model::{
    ChangeMfaRequest, ConfirmMfaRequest, DatabaseUrl, ErrorCode, Guarded, MfaChange, MfaChanged, MfaCode,
    MfaStatus, RecoveryCodes, Timestamp,
};
use totp_rs::{Algorithm, Builder, Secret, Totp};
use zeroize::Zeroizing;

use super::{begin, change, confirm};
use crate::config::Profile;
use crate::door::{require, require_for_target};
use crate::mfa::{Demand, status};
use crate::{Context, Error, ManualClock, Result};

mod codes;
mod door;
mod exceptions;
mod lock_out;

/// Somebody's machine: a data folder, a vault, a clock, and a phone after the enrolment.
struct Bench {
    dir: tempfile::TempDir,
    vault: Arc<MemoryVault>,
    clock: ManualClock,
}

struct Phone(Totp);

impl Phone {
    fn with(secret: &str) -> Self {
        let builder = Builder::new().with_algorithm(Algorithm::SHA1).with_account_name("me");
        Self(builder.with_secret(Secret::try_from_base32(secret).unwrap()).build().unwrap())
    }

    fn code_at(&self, at: Timestamp) -> MfaCode {
        MfaCode::new(self.0.generate(at.as_second().unsigned_abs()).to_string())
    }
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for store in ["store", "other-store"] {
            std::fs::create_dir(dir.path().join(store)).unwrap();
        }
        let clock = ManualClock::at("2026-11-25T10:00:05Z".parse().unwrap());
        Self { dir, vault: Arc::new(MemoryVault::default()), clock }
    }

    /// One process.
    async fn context(&self) -> Context {
        self.process(self.profile()).await
    }

    async fn process(&self, profile: Profile) -> Context {
        let mut context = Context::new(profile).await.unwrap();
        context.vault = self.vault.clone();
        context.clock = Arc::new(self.clock.clone());
        context.key_ring = Some(Arc::new(KeyRing::from_hex(&"07".repeat(32)).unwrap()));
        context
    }

    fn profile(&self) -> Profile {
        let url = DatabaseUrl::new(format!("sqlite:{}", self.path("shop.db")));
        Profile::local("shop", Some(url), self.dir.path().join("store"), self.data_dir())
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    fn data_dir(&self) -> std::path::PathBuf {
        self.dir.path().join("data")
    }

    /// Enrols, and waits until the next code.
    async fn enrol(&self) -> (Context, Phone, RecoveryCodes) {
        let context = self.context().await;
        let phone = Phone::with(&begin(&context).await.unwrap().secret);
        let codes = confirm(&context, first(&phone, &self.clock, None)).await.unwrap();
        self.next();
        (context, phone, codes)
    }

    /// Until the next code.
    fn next(&self) {
        self.clock.advance(Duration::from_secs(30));
    }

    fn now(&self) -> Timestamp {
        crate::Clock::now(&self.clock)
    }

    fn code(&self, phone: &Phone) -> MfaCode {
        phone.code_at(self.now())
    }

    fn back(&self, seconds: i64) -> Timestamp {
        self.now().checked_sub(jiff::SignedDuration::from_secs(seconds)).unwrap()
    }
}

fn first(phone: &Phone, clock: &ManualClock, old: Option<MfaCode>) -> ConfirmMfaRequest {
    ConfirmMfaRequest { code: phone.code_at(crate::Clock::now(clock)), mfa: old, reason: None }
}

async fn restore(context: &Context, code: &MfaCode) -> Result<String> {
    require(context, Guarded::Restore, Demand::WhenEnrolled, Some(code)).await
}

async fn without(context: &Context, guarded: Guarded) -> Result<String> {
    require(context, guarded, Demand::WhenEnrolled, None).await
}

async fn changed(context: &Context, what: MfaChange, code: MfaCode) -> Result<MfaChanged> {
    let request = ChangeMfaRequest { change: what, mfa: Some(code), reason: Some("routine".to_owned()) };
    change(context, request).await
}

fn code_of<T>(result: Result<T>) -> ErrorCode {
    error_of(result).code()
}

fn error_of<T>(result: Result<T>) -> Error {
    match result {
        Ok(_) => panic!("it was accepted"),
        Err(error) => error,
    }
}

/// What the trail keeps of these operations, newest first: outcome and note.
async fn trail(context: &Context, operation: &str) -> Vec<(String, String)> {
    let mut entries = Vec::new();
    let mut number = 1;
    while let Some(link) = context.catalog.audit_link(number).await.unwrap() {
        let entry: aitta_model::AuditEntry = serde_json::from_str(&link.body).unwrap();
        if entry.operation.as_str() == operation {
            entries.push((
                entry.outcome.map(|outcome| outcome.to_string()).unwrap_or_default(),
                entry.note.unwrap_or_default(),
            ));
        }
        number += 1;
    }
    entries.reverse();
    entries
}

/// A vault that can't be reached: no D-Bus, a locked keychain.
struct Unreachable;

impl KeyVault for Unreachable {
    fn place(&self) -> &'static str {
        "keychain"
    }

    fn is_there(&self) -> bool {
        true
    }

    fn read(&self, _: &str) -> Result<Option<Zeroizing<String>>> {
        Err(unreachable())
    }

    fn write(&self, _: &str, _: &str) -> Result<()> {
        Err(unreachable())
    }

    fn delete(&self, _: &str) -> Result<()> {
        Err(unreachable())
    }
}

fn unreachable() -> Error {
    Error::new(ErrorCode::KeychainUnavailable, "the keychain of the system is locked", "unlock it")
}

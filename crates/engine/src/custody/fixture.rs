//! What the tests of the key ring share.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use aitta_model::{
    BackupRequest, ConfirmKeyRequest, CreateKeyRequest, ImportKeyRequest, KeyRingReport, KeyText,
    RecoveryKit, TypedGroups,
};
use tokio_util::sync::CancellationToken;

use crate::ManualClock;
use crate::scratch::Scratch;
use crate::{Context, Silent, backup, custody};

/// A sample database with a store and an empty vault, whose clock a test moves.
pub(super) struct Place {
    pub(super) scratch: Scratch,
    pub(super) clock: ManualClock,
}

impl Place {
    pub(super) async fn new() -> Self {
        let mut scratch = Scratch::new(CancellationToken::new()).await.unwrap();
        let clock = ManualClock::at("2026-11-01T12:00:00Z".parse().unwrap());
        scratch.context.key_ring = None;
        scratch.context.clock = Arc::new(clock.clone());
        Self { scratch, clock }
    }

    pub(super) fn context(&self) -> &Context {
        &self.scratch.context
    }

    /// Makes a key and confirms its kit.
    pub(super) async fn new_key(&self) -> RecoveryKit {
        let kit = custody::create(self.context(), CreateKeyRequest::default()).await.unwrap();
        confirm(self.context(), &kit).await.unwrap();
        kit
    }

    pub(super) async fn import(&self, kit: &RecoveryKit) -> KeyRingReport {
        let request = ImportKeyRequest { key: KeyText::new(kit.text.clone()), reason: None, mfa: None };
        custody::import(self.context(), request).await.unwrap()
    }

    /// Makes a small archive, a minute later. Returns its id.
    pub(super) async fn backup(&self) -> String {
        let report = self.backup_report().await;
        report.archive.id
    }

    pub(super) async fn backup_report(&self) -> aitta_model::BackupReport {
        self.clock.advance(std::time::Duration::from_secs(60));
        let request = BackupRequest { tables: vec!["Holiday".to_owned()], ..BackupRequest::default() };
        backup::create(self.context(), request, &Silent).await.unwrap()
    }

    pub(super) fn archive(&self, id: &str) -> std::path::PathBuf {
        self.scratch.dir.join("store").join(aitta_store::archive_name(id))
    }

    /// Everything that the audit trail says.
    pub(super) async fn trail(&self) -> String {
        let mut out = String::new();
        let mut entry = 1;
        while let Some(link) = self.context().catalog.audit_link(entry).await.unwrap() {
            out.push_str(&link.body);
            out.push('\n');
            entry += 1;
        }
        out
    }
}

pub(super) async fn confirm(context: &Context, kit: &RecoveryKit) -> crate::Result<KeyRingReport> {
    let typed = kit.asked.iter().map(|&n| kit.groups[usize::from(n) - 1].clone()).collect();
    let request = ConfirmKeyRequest { key_id: kit.key_id.clone(), typed: TypedGroups::new(typed), mfa: None };
    custody::confirm(context, request).await
}

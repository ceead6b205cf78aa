#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use aitta_keys::MemoryVault;
use aitta_model::{
    BackupRequest, ConfirmKeyRequest, CreateKeyRequest, KeyText, RecoveryKit, TypedGroups, Word,
};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::scratch::Scratch;
use crate::{Silent, backup};

fn inputs(folder: &Path) -> Inputs {
    let environment = BTreeMap::from([("HOME".to_owned(), folder.as_os_str().to_owned())]);
    Inputs {
        profile: None,
        file: None,
        environment,
        folder: folder.to_owned(),
        keychain: Arc::new(aitta_keys::NoKeychain),
    }
}

fn import(kit: &RecoveryKit) -> ImportKeyRequest {
    ImportKeyRequest {
        key: KeyText::new(kit.text.clone()),
        reason: Some("incident: the old machine burned".to_owned()),
        mfa: None,
    }
}

/// A store with a backup of each of two keys, and the machine that made them with its keychain gone.
async fn after_the_fire() -> (Scratch, [RecoveryKit; 2]) {
    let mut scratch = Scratch::new(CancellationToken::new()).await.unwrap();
    scratch.context.key_ring = None;
    let mut kits = Vec::new();
    for _ in 0..2 {
        let request = CreateKeyRequest { reason: Some("routine".to_owned()), mfa: None };
        let kit = custody::create(&scratch.context, request).await.unwrap();
        let typed = kit.asked.iter().map(|&n| kit.groups[usize::from(n) - 1].clone()).collect();
        let request =
            ConfirmKeyRequest { key_id: kit.key_id.clone(), typed: TypedGroups::new(typed), mfa: None };
        custody::confirm(&scratch.context, request).await.unwrap();
        let request = BackupRequest { tables: vec!["Holiday".to_owned()], ..BackupRequest::default() };
        backup::create(&scratch.context, request, &Silent).await.unwrap();
        kits.push(kit);
    }
    scratch.context.vault = Arc::new(MemoryVault::default());
    scratch.context.forget_keys();
    (scratch, kits.try_into().unwrap_or_else(|_| panic!("two kits")))
}

fn ids(keys: &[aitta_model::NeededKey]) -> Vec<&str> {
    keys.iter().map(|key| key.key_id.as_str()).collect()
}

#[tokio::test]
async fn kits_open_the_backups_of_a_store_in_any_order_and_the_one_in_use_locks_new_ones() {
    let (scratch, [old, current]) = after_the_fire().await;
    let dir = scratch.dir.join("store");
    let form = StoreSettings::folder(dir.display().to_string());
    let inputs = inputs(&scratch.dir);
    // Whatever the profile is that counts meanwhile: nothing lies in its own store.
    let mut profile = scratch.context.profile.as_ref().clone();
    profile.store = aitta_store::StoreConfig::Local { dir: scratch.dir.join("elsewhere") };
    let context = scratch.context.clone().at(profile);

    let found = look_into_store(&context, &inputs, &form, None).await.unwrap();
    assert_eq!((found.archives, found.closed, found.unclear, found.has_active), (2, 2, 0, false));
    assert_eq!(ids(&found.missing), [&*current.key_id, &*old.key_id], "the newest first");
    assert_eq!(found.at_hand, []);
    assert_eq!(found.newest, Some(found.missing[0].newest));
    assert_eq!(found.databases.len(), 1);
    assert_eq!(found.databases[0].engine, Word::read("sqlite"));

    let found = import_key_of_store(&context, &inputs, &form, None, import(&old)).await.unwrap();
    assert_eq!((ids(&found.at_hand), ids(&found.missing)), (vec![&*old.key_id], vec![&*current.key_id]));
    let found = import_key_of_store(&context, &inputs, &form, None, import(&current)).await.unwrap();
    assert_eq!(ids(&found.missing), [""; 0]);
    assert_eq!(context.keys().await.unwrap().active_id().to_string(), current.key_id);
    assert!(!scratch.dir.join("elsewhere").exists(), "a look makes no folder");
}

#[tokio::test]
async fn a_kit_for_a_store_that_is_not_there_is_not_taken_in() {
    let (scratch, [old, _]) = after_the_fire().await;
    let form = StoreSettings::folder(scratch.dir.join("nowhere").display().to_string());
    let inputs = inputs(&scratch.dir);
    let looked = look_into_store(&scratch.context, &inputs, &form, None).await.unwrap_err();
    let taken = import_key_of_store(&scratch.context, &inputs, &form, None, import(&old)).await.unwrap_err();
    assert_eq!([looked.code(), taken.code()], [ErrorCode::StoreMissing; 2]);
    assert_eq!(scratch.context.keys().await.err().map(|e| e.code()), Some(ErrorCode::KeyMissing));
    assert!(!scratch.dir.join("nowhere").exists());
}

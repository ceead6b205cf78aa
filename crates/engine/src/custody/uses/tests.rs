#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use aitta_keys::KeyVault;
use aitta_keys::uses::of;
use aitta_model::{BackupRequest, RotateRequest, RotationReport};
use zeroize::Zeroizing;

use super::*;
use crate::custody::fixture::Place;
use crate::{Silent, backup, rotation};

fn noted(place: &Place, id: &str) -> bool {
    let store = place.context().store.location();
    of(place.context().vault.as_ref(), id).unwrap().contains(&store)
}

async fn rotate(place: &Place) -> Result<RotationReport> {
    let request = RotateRequest { reason: Some("routine".to_owned()), ..RotateRequest::default() };
    rotation::rotate(place.context(), request, &Silent).await
}

/// A vault that keeps no list of stores.
struct Listless(Arc<dyn KeyVault>);

impl KeyVault for Listless {
    fn place(&self) -> &'static str {
        self.0.place()
    }

    fn is_there(&self) -> bool {
        true
    }

    fn read(&self, name: &str) -> Result<Option<Zeroizing<String>>> {
        self.0.read(name)
    }

    fn write(&self, name: &str, secret: &str) -> Result<()> {
        if name.starts_with("key-uses-") {
            return Err(Error::new(
                ErrorCode::KeychainUnavailable,
                "the keychain is full",
                "make room in it",
            ));
        }
        self.0.write(name, secret)
    }

    fn delete(&self, name: &str) -> Result<()> {
        self.0.delete(name)
    }
}

impl Listless {
    fn of(place: &mut Place) -> Arc<dyn KeyVault> {
        let vault = place.context().vault.clone();
        place.scratch.context.vault = Arc::new(Self(vault.clone()));
        vault
    }
}

#[tokio::test]
async fn a_rotation_that_leaves_an_archive_behind_has_its_key_noted() {
    let place = Place::new().await;
    let old = place.new_key().await;
    let damaged = place.archive(&place.backup().await);
    place.backup().await;
    let new = place.new_key().await;
    assert!(noted(&place, &old.key_id) && !noted(&place, &new.key_id));
    let whole = std::fs::read(&damaged).unwrap();
    std::fs::write(&damaged, [&[0; 100], &whole[100..]].concat()).unwrap();
    let report = rotate(&place).await.unwrap();
    assert_eq!((report.moved, report.unreadable.len()), (1, 1));
    assert!(noted(&place, &new.key_id));
}

#[tokio::test]
async fn a_rotation_that_is_cut_short_has_its_key_noted() {
    let place = Place::new().await;
    place.new_key().await;
    place.backup().await;
    let new = place.new_key().await;
    place.context().cancel.cancel();
    assert_eq!(rotate(&place).await.unwrap_err().code(), ErrorCode::Cancelled);
    assert!(noted(&place, &new.key_id));
}

#[tokio::test]
async fn nothing_is_written_with_a_key_whose_use_cannot_be_noted() {
    let mut place = Place::new().await;
    place.new_key().await;
    let archive = place.archive(&place.backup().await);
    let new = place.new_key().await;
    let before = std::fs::read(&archive).unwrap();
    let vault = Listless::of(&mut place);
    let error = rotate(&place).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::KeychainUnavailable);
    assert_eq!(error.hint(), "make room in it");
    assert!(std::fs::read(&archive).unwrap() == before, "no header was touched");
    let error = backup::create(place.context(), BackupRequest::default(), &Silent).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::KeychainUnavailable);
    assert_eq!(std::fs::read_dir(archive.parent().unwrap()).unwrap().count(), 1, "no archive was begun");

    place.scratch.context.vault = vault;
    place.backup().await;
    assert!(noted(&place, &new.key_id));
    assert_eq!(rotate(&place).await.unwrap().moved, 1);
}

#[tokio::test]
async fn a_key_that_was_destroyed_meanwhile_is_not_noted() {
    let place = Place::new().await;
    let (old, new) = (place.new_key().await, place.new_key().await);
    let (vault, data_dir) = (place.context().vault.clone(), place.context().profile.data_dir.clone());
    keys::change(vault.as_ref(), &data_dir, |index| {
        index.find_mut(&old.key_id).unwrap().state = KeyState::Destroyed;
        Ok(())
    })
    .unwrap();
    for id in [old.key_id.as_str(), "00"] {
        let error = note_before(place.context(), id.to_owned()).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::KeyMissing);
        assert!(error.to_string().contains("was destroyed meanwhile"), "{error}");
        assert!(error.hint().contains("aitta key status"), "{}", error.hint());
        assert!(!noted(&place, id), "no list is left of it");
    }
    note_before(place.context(), new.key_id.clone()).await.unwrap();
    assert!(noted(&place, &new.key_id));
}

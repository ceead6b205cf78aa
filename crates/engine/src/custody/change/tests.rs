#![expect(clippy::unwrap_used, reason = "tests")]

use aitta_keys::{self as keys, KeyInputs, KeyRing};
use aitta_model::{KeyText, TypedGroups};

use super::*;
use crate::custody;
use crate::custody::fixture::{Place, confirm};

async fn typed(place: &Place, kit: &RecoveryKit, typed: [&str; 2]) -> Error {
    let typed = TypedGroups::new(typed.map(str::to_owned).to_vec());
    let request = ConfirmKeyRequest { key_id: kit.key_id.clone(), typed, mfa: None };
    custody::confirm(place.context(), request).await.unwrap_err()
}

fn state_of(ring: &KeyRingReport, id: &str) -> Option<KeyState> {
    ring.keys.iter().find(|key| key.key_id == id).map(|key| key.state)
}

#[tokio::test]
async fn a_key_locks_nothing_before_its_kit_is_confirmed() {
    let place = Place::new().await;
    let kit = custody::create(place.context(), CreateKeyRequest::default()).await.unwrap();
    assert_eq!(place.context().keys().await.err().unwrap().code(), ErrorCode::KeyMissing);
    let [first, second] = [0, 1].map(|at| kit.groups[usize::from(kit.asked[at]) - 1].as_str());
    let wrong = typed(&place, &kit, ["0000-0", second]).await;
    assert_eq!(wrong.code(), ErrorCode::KitUnconfirmed);
    assert!(wrong.to_string().contains(&format!("group {},", kit.asked[0])), "{wrong}");
    let wrong = typed(&place, &kit, [first, first]).await;
    assert!(wrong.to_string().contains(&format!("group {},", kit.asked[1])), "{wrong}");
    for group in [first, second] {
        assert!(!format!("{wrong:?}").contains(&group[..4]), "the answer is not told");
    }
    let few = ConfirmKeyRequest {
        key_id: kit.key_id.clone(),
        typed: TypedGroups::new(vec![first.to_owned()]),
        mfa: None,
    };
    assert_eq!(custody::confirm(place.context(), few).await.unwrap_err().code(), ErrorCode::KitUnconfirmed);
    assert_eq!(place.context().keys().await.err().unwrap().code(), ErrorCode::KeyMissing);

    let clone = place.context().clone();
    let ring = confirm(place.context(), &kit).await.unwrap();
    assert_eq!(state_of(&ring, &kit.key_id), Some(KeyState::Active));
    assert_eq!(clone.keys().await.unwrap().active_id().to_string(), kit.key_id);
    assert_eq!(confirm(place.context(), &kit).await.unwrap_err().code(), ErrorCode::KeyInvalid);
}

#[tokio::test]
async fn the_next_key_retires_the_one_before_in_every_clone_of_the_context() {
    let place = Place::new().await;
    let first = place.new_key().await;
    let archive = place.backup().await;
    // The window clones the context for each command, and another process has one of its own.
    let clone = place.context().clone();
    let other = Context { found_keys: Arc::default(), ..place.context().clone() };
    assert_eq!(other.keys().await.unwrap().active_id().to_string(), first.key_id);
    let second = place.new_key().await;
    for context in [place.context(), &clone, &other] {
        let ids: Vec<String> = context.keys().await.unwrap().ids().iter().map(ToString::to_string).collect();
        assert_eq!(ids, [second.key_id.clone(), first.key_id.clone()]);
    }
    let ring = custody::status(&clone).await.unwrap();
    let old = ring.keys.iter().find(|key| key.key_id == first.key_id).unwrap();
    assert_eq!((old.state, old.archives, old.archives_alone), (KeyState::Retired, Some(1), Some(1)));
    assert!(old.destroyable_from.unwrap() > place.context().clock.now());
    crate::archives::show(place.context(), &aitta_model::ArchiveSelector::Id(archive)).await.unwrap();
}

#[tokio::test]
async fn a_key_from_a_kit_is_active_only_in_an_empty_ring() {
    let place = Place::new().await;
    let kit = place.new_key().await;
    place.backup().await;
    let other = Place::new().await;
    let own = other.new_key().await;
    let ring = other.import(&kit).await;
    assert_eq!(state_of(&ring, &own.key_id), Some(KeyState::Active));
    assert_eq!(state_of(&ring, &kit.key_id), Some(KeyState::Retired));
    assert_eq!(other.import(&kit).await, ring, "once more changes nothing");
    assert_eq!(state_of(&other.import(&own).await, &own.key_id), Some(KeyState::Active));
    let empty = Place::new().await;
    assert_eq!(state_of(&empty.import(&kit).await, &kit.key_id), Some(KeyState::Active));
    let wrong = ImportKeyRequest { key: KeyText::new(kit.groups[..15].join(" ")), reason: None, mfa: None };
    assert_eq!(custody::import(place.context(), wrong).await.unwrap_err().code(), ErrorCode::KeyInvalid);
}

/// What somebody has deleted by hand comes back from paper.
#[tokio::test]
async fn a_key_that_the_vault_has_lost_comes_back_from_its_kit() {
    let place = Place::new().await;
    let kit = place.new_key().await;
    let context = place.context();
    context.vault.delete(&format!("vault-key-{}", kit.key_id)).unwrap();
    context.forget_keys();
    assert_eq!(context.keys().await.err().unwrap().code(), ErrorCode::KeyMissing);
    place.import(&kit).await;
    assert_eq!(context.keys().await.unwrap().active_id().to_string(), kit.key_id);
    // The list is damaged, and the kit in hand is worth more.
    context.vault.write("key-ring", "{").unwrap();
    context.forget_keys();
    assert_eq!(context.keys().await.err().unwrap().code(), ErrorCode::KeyInvalid);
    place.import(&kit).await;
    assert_eq!(context.keys().await.unwrap().active_id().to_string(), kit.key_id);
}

#[tokio::test]
async fn a_pending_key_is_discarded_unless_an_archive_needs_it() {
    let place = Place::new().await;
    let kit = custody::create(place.context(), CreateKeyRequest::default()).await.unwrap();
    custody::discard(place.context(), &kit.key_id).await.unwrap();
    assert_eq!(confirm(place.context(), &kit).await.unwrap_err().code(), ErrorCode::KeyInvalid);
    assert!(place.context().vault.read(&format!("vault-key-{}", kit.key_id)).unwrap().is_none());
    // An old copy of the list says pending, though the key was in use since.
    let kit = custody::create(place.context(), CreateKeyRequest::default()).await.unwrap();
    let before = place.context().vault.read("key-ring").unwrap().unwrap();
    confirm(place.context(), &kit).await.unwrap();
    place.backup().await;
    place.context().vault.write("key-ring", &before).unwrap();
    assert_eq!(custody::discard(place.context(), &kit.key_id).await.unwrap_err().code(), ErrorCode::KeyInUse);
    let active = Place::new().await;
    let kit = active.new_key().await;
    assert_eq!(
        custody::discard(active.context(), &kit.key_id).await.unwrap_err().code(),
        ErrorCode::KeyInvalid
    );
}

/// On a new machine the kits come in any order; the key that was in use last is in use again.
#[tokio::test]
async fn of_imported_keys_the_one_that_locks_the_newest_archive_is_active() {
    let place = Place::new().await;
    let (old, _) = (place.new_key().await, place.backup().await);
    let (new, _) = (place.new_key().await, place.backup().await);
    for order in [[&old, &new], [&new, &old]] {
        let mut machine = Place::new().await;
        machine.scratch.context.store = place.context().store.clone();
        for kit in order {
            machine.import(kit).await;
        }
        let ring = machine.import(order[0]).await;
        let active: Vec<_> = ring.keys.iter().filter(|key| key.state == KeyState::Active).collect();
        assert_eq!(active.len(), 1);
        assert_eq!(active[0].key_id, new.key_id);
        // One that was made here stays, whatever others have locked with theirs.
        let own = machine.new_key().await;
        machine.import(&new).await;
        assert_eq!(machine.context().keys().await.unwrap().active_id().to_string(), own.key_id);
    }
}

#[tokio::test]
async fn without_a_keychain_all_ways_out_are_named() {
    let mut place = Place::new().await;
    // In tests it answers that it can't be reached.
    place.scratch.context.vault = Arc::new(aitta_keys::NoKeychain);
    let request = ImportKeyRequest {
        key: KeyText::new(keys::generate().unwrap().key.as_str()),
        reason: None,
        mfa: None,
    };
    let errors = [
        custody::create(place.context(), CreateKeyRequest::default()).await.err().unwrap(),
        custody::import(place.context(), request).await.err().unwrap(),
    ];
    for error in errors {
        assert_eq!(error.code(), ErrorCode::KeychainUnavailable);
        for word in ["start and unlock", "AITTA_KEY_FILE", "AITTA_KEY_PASSPHRASE", "BACKUP_ENCRYPTION_KEY"] {
            assert!(error.hint().contains(word), "{}", error.hint());
        }
    }
}

#[tokio::test]
async fn a_kit_is_made_again_for_a_reason() {
    let place = Place::new().await;
    let kit = place.new_key().await;
    let request = |key_id: Option<&str>, reason: Option<&str>| ExportKitRequest {
        key_id: key_id.map(str::to_owned),
        reason: reason.map(str::to_owned),
        mfa: None,
    };
    let without = custody::export_kit(place.context(), request(None, None)).await.unwrap_err();
    assert_eq!(without.code(), ErrorCode::ReasonMissing);
    let again = custody::export_kit(place.context(), request(None, Some("routine"))).await.unwrap();
    assert_eq!((&again.groups, again.asked.len()), (&kit.groups, 0));
    let pending = custody::create(place.context(), CreateKeyRequest::default()).await.unwrap();
    for (id, groups) in [(&kit.key_id, &kit.groups), (&pending.key_id, &pending.groups)] {
        let again = custody::export_kit(place.context(), request(Some(id), Some("routine"))).await.unwrap();
        assert_eq!(again.groups, *groups);
    }
    // What was printed before stays good: the same groups are asked for.
    let again =
        custody::export_kit(place.context(), request(Some(&pending.key_id), Some("routine"))).await.unwrap();
    assert_eq!(again.asked, pending.asked);
    confirm(place.context(), &again).await.unwrap();
    let unknown =
        custody::export_kit(place.context(), request(Some("00"), Some("routine"))).await.unwrap_err();
    assert_eq!(unknown.code(), ErrorCode::KeyInvalid);
}

#[tokio::test]
async fn the_trail_tells_all_of_it_and_no_secret() {
    let place = Place::new().await;
    let first = place.new_key().await;
    let second = place.new_key().await;
    place.import(&first).await;
    let request = ExportKitRequest { key_id: None, reason: Some("drill".to_owned()), mfa: None };
    custody::export_kit(place.context(), request).await.unwrap();
    let trail = place.trail().await;
    for operation in ["key_create", "key_confirm", "key_import", "key_export_kit"] {
        assert!(trail.contains(&format!("\"operation\":\"{operation}\"")), "{operation}");
    }
    for kit in [&first, &second] {
        assert!(trail.contains(&kit.key_id));
        let hex: String = kit.groups.iter().map(|group| &group[..4]).collect();
        assert!(!trail.contains(&hex) && kit.groups.iter().all(|group| !trail.contains(group)));
    }
}

#[tokio::test]
async fn keys_of_the_environment_are_not_changed_and_it_is_said_how() {
    let mut place = Place::new().await;
    place.scratch.context.key_ring =
        Some(Arc::new(KeyRing::from_hex(&keys::generate().unwrap().key).unwrap()));
    let context = place.context();
    for error in [
        custody::create(context, CreateKeyRequest::default()).await.err().unwrap(),
        custody::discard(context, "00").await.err().unwrap(),
        custody::make_active(context, "00").await.err().unwrap(),
    ] {
        assert_eq!(error.code(), ErrorCode::ConfigInvalid);
        for word in ["aitta key generate", "BACKUP_ENCRYPTION_KEY", "BACKUP_RETIRED_KEYS", "aitta key rotate"]
        {
            assert!(error.hint().contains(word), "{}", error.hint());
        }
    }
    // Its kit can still be printed.
    let request = ExportKitRequest { key_id: None, reason: Some("routine".to_owned()), mfa: None };
    let kit = custody::export_kit(context, request).await.unwrap();
    assert_eq!(kit.key_id, context.keys().await.unwrap().active_id().to_string());
    custody::retire_after_rotation(context, "00", context.clock.now()).await.unwrap();
}

#[tokio::test]
async fn a_rotation_retires_and_goes_back() {
    let place = Place::new().await;
    let (first, second) = (place.new_key().await, place.new_key().await);
    let context = place.context();
    let later = "2027-01-01T00:00:00Z".parse().unwrap();
    custody::retire_after_rotation(context, &first.key_id, later).await.unwrap();
    let ring = custody::status(context).await.unwrap();
    let old = ring.keys.iter().find(|key| key.key_id == first.key_id).unwrap();
    assert_eq!(old.destroyable_from, Some(later));
    let active = custody::retire_after_rotation(context, &second.key_id, later).await.unwrap_err();
    assert_eq!(active.code(), ErrorCode::KeyInUse);
    custody::make_active(context, &first.key_id).await.unwrap();
    custody::make_active(context, &first.key_id).await.unwrap();
    let ids: Vec<String> = context.keys().await.unwrap().ids().iter().map(ToString::to_string).collect();
    assert_eq!(ids, [first.key_id, second.key_id]);
    assert_eq!(custody::make_active(context, "00").await.unwrap_err().code(), ErrorCode::KeyInvalid);
    assert!(!KeyInputs::default().has_key());
}

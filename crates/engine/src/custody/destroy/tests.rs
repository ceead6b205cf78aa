#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use aitta_keys as keys;
use aitta_model::{CreateKeyRequest, ErrorCode, RecoveryKit};
use aitta_store::StoreConfig;

use super::*;
use crate::config::Profile;
use crate::context::open;
use crate::custody;
use crate::custody::fixture::Place;
use crate::trail;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn request(id: &str) -> DestroyKeyRequest {
    DestroyKeyRequest {
        key_id: id.to_owned(),
        reason: Some("routine".to_owned()),
        mfa: None,
        gone: Vec::new(),
    }
}

fn pass(context: &Context) -> Pass {
    door::passed(context, Guard::KeyDestroy, "routine")
}

/// Destroys as if the second factor had been shown.
async fn destroy(place: &Place, kit: &RecoveryKit) -> Result<()> {
    destroy_allowed(place.context(), request(&kit.key_id), pass(place.context())).await
}

async fn refused(place: &Place, kit: &RecoveryKit, word: &str) {
    let error = destroy(place, kit).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::KeyInUse, "{error}");
    assert!(error.to_string().contains(word), "{error}");
    assert!(place.context().vault.read(&format!("vault-key-{}", kit.key_id)).unwrap().is_some());
}

#[tokio::test]
async fn reason_and_second_factor_are_asked_for() {
    let place = Place::new().await;
    let (old, new) = (place.new_key().await, place.new_key().await);
    let without = DestroyKeyRequest { reason: None, ..request(&old.key_id) };
    let error = super::destroy(place.context(), without).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ReasonMissing);
    // A refusal uses up no recovery code, and is in the trail.
    for (kit, why) in [(&new, "the active one"), (&old, "may be destroyed from")] {
        let error = super::destroy(place.context(), request(&kit.key_id)).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::KeyInUse);
        assert!(error.to_string().contains(why), "{error}");
    }
    assert_eq!(place.trail().await.matches("refused before a second factor was asked for").count(), 4);
    place.clock.advance(DAY * 31);
    let error = super::destroy(place.context(), request(&old.key_id)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::MfaRequired, "nobody has set up a second factor");
}

#[tokio::test]
async fn a_key_is_destroyed_only_when_nothing_needs_it() {
    let place = Place::new().await;
    let old = place.new_key().await;
    let archives = [place.backup().await, place.backup().await];
    refused(&place, &old, "the active one").await;
    let pending = custody::create(place.context(), CreateKeyRequest::default()).await.unwrap();
    refused(&place, &pending, "pending").await;
    place.new_key().await;
    refused(&place, &old, "may be destroyed from 2026-12-01").await;
    place.clock.advance(DAY * 31);
    refused(&place, &old, "2 archives").await;
    refused(&place, &old, &archives[1]).await;

    // What can't be read may need it.
    let unreadable = place.archive(&archives[0]);
    let whole = std::fs::read(&unreadable).unwrap();
    std::fs::write(&unreadable, [&[0u8; 100], &whole[100..]].concat()).unwrap();
    std::fs::remove_file(place.archive(&archives[1])).unwrap();
    refused(&place, &old, &archives[0]).await;
    std::fs::write(&unreadable, whole).unwrap();
    refused(&place, &old, "1 archive in").await;
    std::fs::remove_file(&unreadable).unwrap();
    let store = place.scratch.dir.join("store");
    std::fs::rename(&store, place.scratch.dir.join("unmounted")).unwrap();
    refused(&place, &old, "it is unknown whether archives").await;
    std::fs::rename(place.scratch.dir.join("unmounted"), &store).unwrap();

    // An empty folder may be a disk that is not mounted.
    refused(&place, &old, "and is missing there now").await;
    crate::archives::rebuild(place.context()).await.unwrap();
    let newer = place.backup().await;
    destroy(&place, &old).await.unwrap();
    assert!(place.context().vault.read(&format!("vault-key-{}", old.key_id)).unwrap().is_none());
    let ring = custody::status(place.context()).await.unwrap();
    let gone = ring.keys.iter().find(|key| key.key_id == old.key_id).unwrap();
    assert_eq!((gone.state, gone.archives), (KeyState::Destroyed, Some(0)));
    assert!(gone.destroyed.is_some());
    // A second call uses up no code: it is refused before one is asked for, and says when the key went.
    let day = gone.destroyed.unwrap().strftime("%Y-%m-%d %H:%M UTC").to_string();
    let again = super::destroy(place.context(), request(&old.key_id)).await.unwrap_err();
    assert_eq!(again.code(), ErrorCode::KeyInvalid);
    assert!(again.to_string().contains(&format!("is destroyed already, on {day}")), "{again}");
    assert!(again.hint().contains("key status"), "{}", again.hint());
    assert_eq!(destroy(&place, &old).await.unwrap_err().code(), ErrorCode::KeyInvalid);
    assert!(custody::check(place.context()).await.unwrap().archive.is_some_and(|archive| archive == newer));
    assert!(place.trail().await.contains("\"operation\":\"key_destroy\""));
    let unknown = destroy_allowed(place.context(), request("00"), pass(place.context())).await.unwrap_err();
    assert_eq!(unknown.code(), ErrorCode::KeyInvalid);
}

/// A copy in a further store is an archive like any other, also while that store is away.
#[tokio::test]
async fn a_key_that_only_a_copy_needs_is_kept() {
    let mut place = Place::new().await;
    let old = place.new_key().await;
    let id = place.backup().await;
    place.new_key().await;
    place.clock.advance(DAY * 31);
    let second = place.scratch.dir.join("second");
    std::fs::create_dir_all(second.join("backups")).unwrap();
    let copy = second.join(aitta_store::archive_name(&id));
    std::fs::rename(place.archive(&id), &copy).unwrap();
    crate::archives::rebuild(place.context()).await.unwrap();
    let mut profile = place.context().profile.as_ref().clone();
    profile.copies = vec![aitta_store::CopyStore {
        store: StoreConfig::Local { dir: second.clone() },
        login: aitta_store::StoreLogin::default(),
        quota_bytes: None,
    }];
    place.scratch.context.profile = Arc::new(profile);
    refused(&place, &old, "in the copy 1").await;
    std::fs::rename(&second, place.scratch.dir.join("away")).unwrap();
    refused(&place, &old, "it is unknown whether archives").await;
    std::fs::create_dir_all(second.join("backups")).unwrap();
    destroy(&place, &old).await.unwrap();
}

/// What a destroyed key has signed can't be checked any more, but the trail says under later keys that it was one.
#[tokio::test]
async fn the_trail_stays_whole_when_its_keys_are_destroyed_one_after_the_other() {
    let place = Place::new().await;
    let (first, _) = (place.new_key().await, place.backup().await);
    let (second, _) = (place.new_key().await, place.backup().await);
    let rotation = aitta_model::RotateRequest { reason: Some("routine".to_owned()), ..Default::default() };
    crate::rotation::rotate(place.context(), rotation.clone(), &crate::Silent).await.unwrap();
    place.clock.advance(DAY * 31);
    destroy(&place, &first).await.unwrap();
    let _third = place.new_key().await;
    assert!(custody::status(place.context()).await.unwrap().canary.is_none());
    crate::rotation::rotate(place.context(), rotation, &crate::Silent).await.unwrap();
    let tested = custody::status(place.context()).await.unwrap().canary.unwrap();
    assert!(tested.failure.is_none() && tested.archive.is_some(), "each archive was opened with it");
    place.clock.advance(DAY * 31);
    destroy(&place, &second).await.unwrap();
    let status = crate::trail::verify(place.context()).await.unwrap();
    assert_eq!((status.fault, status.intact_to), (None, status.entries), "{:?}", status.remarks);
    let vouched = status.remarks.iter().filter(|remark| remark.contains("it was destroyed")).count();
    assert_eq!(vouched, 2, "{:?}", status.remarks);

    // Under the name of a key that was destroyed, nothing more can be added.
    let file = sqlx::sqlite::SqliteConnectOptions::new().filename(place.context().catalog.path());
    let mut file = sqlx::ConnectOptions::connect(&file).await.unwrap();
    let forged = status.entries + 1;
    let link = place.context().catalog.audit_link(status.entries.cast_signed()).await.unwrap().unwrap();
    let mut body: aitta_model::AuditEntry = serde_json::from_str(&link.body).unwrap();
    (body.entry, body.signed_by) = (forged, Some(first.key_id.clone()));
    let body = serde_json::to_string(&body).unwrap();
    let hash = crate::catalog::Link::new(&link.hash, forged, body.clone()).hash;
    for (sql, last) in [
        ("INSERT INTO audit (entry, body, hash, tag) VALUES (?1, ?2, ?3, ?4)", &body),
        ("UPDATE audit_head SET (entry, key_id, hash, tag) = (?1, ?2, ?3, ?4)", &first.key_id),
    ] {
        let insert = sqlx::query(sql).bind(forged.cast_signed()).bind(last).bind(&hash).bind("ab".repeat(32));
        insert.execute(&mut file).await.unwrap();
    }
    let status = crate::trail::verify(place.context()).await.unwrap();
    let fault = status.fault.unwrap();
    assert!(fault.what.contains("was destroyed before"), "{fault:?}");
    assert!(
        fault.entry < forged && status.intact_to > 14,
        "all before the destruction is vouched for: {fault:?}"
    );
}

/// The keys are those of all profiles.
#[tokio::test]
async fn archives_of_other_profiles_count_too() {
    let mut place = Place::new().await;
    let old = place.new_key().await;
    let other_store = place.scratch.dir.join("other");
    std::fs::create_dir(&other_store).unwrap();
    let other = Profile {
        name: "other".to_owned(),
        store: StoreConfig::Local { dir: other_store.clone() },
        ..(*place.context().profile).clone()
    };
    let own = place.scratch.context.clone();
    place.scratch.context = Context {
        profile: Arc::new(other.clone()),
        store: open::store(&other, &place.context().vault),
        ..own.clone()
    };
    place.backup().await;
    place.scratch.context = own;
    place.new_key().await;
    place.clock.advance(DAY * 31);
    refused(&place, &old, "\"other\" has used the key").await;
    place.scratch.context.neighbours = Arc::new(vec![other.clone()]);
    refused(&place, &old, "1 archive in the store of the profile \"other\"").await;
    let moved = place.scratch.dir.join("unmounted");
    std::fs::rename(&other_store, &moved).unwrap();
    refused(&place, &old, "it is unknown whether archives").await;
    std::fs::rename(&moved, &other_store).unwrap();
    std::fs::remove_dir_all(other_store.join("backups")).unwrap();
    refused(&place, &old, "and is missing there now").await;
    let own = place.scratch.context.clone();
    let store = open::store(&other, &place.context().vault);
    let there = Context { profile: Arc::new(other), store, ..own.clone() };
    crate::archives::rebuild(&there).await.unwrap();
    destroy(&place, &old).await.unwrap();
}

#[tokio::test]
async fn a_rotation_under_way_is_not_disturbed() {
    let place = Place::new().await;
    let (old, _new) = (place.new_key().await, place.new_key().await);
    place.clock.advance(DAY * 31);
    let profile = &place.context().profile;
    let now = place.context().clock.now();
    let lock = ProfileLock::acquire(&profile.data_dir, &profile.name, Operation::Rotate, now).unwrap();
    assert_eq!(destroy(&place, &old).await.unwrap_err().code(), ErrorCode::RunInProgress);
    drop(lock);
    destroy(&place, &old).await.unwrap();
}

/// A machine whose keys are variables can't wipe one, but its trail can say that it is gone.
#[tokio::test]
async fn a_key_of_the_environment_is_destroyed_in_the_trail() {
    let mut place = Place::new().await;
    let hex = [keys::generate().unwrap(), keys::generate().unwrap()];
    let ring = |active: &str, retired: &[&str]| {
        let ring = keys::KeyRing::from_hex(active).unwrap();
        Some(Arc::new(retired.iter().fold(ring, |ring, key| ring.with_retired(key).unwrap())))
    };
    place.scratch.context.key_ring = ring(&hex[0].key, &[]);
    place.backup().await;
    place.scratch.context.key_ring = ring(&hex[1].key, &[&hex[0].key]);
    let destroy = async |place: &Place, id: &str| {
        destroy_allowed(place.context(), request(id), pass(place.context())).await
    };
    let needed = destroy(&place, &hex[0].key_id).await.unwrap_err();
    assert!(needed.to_string().contains("1 archive in"), "{needed}");
    let rotation = aitta_model::RotateRequest { reason: Some("routine".to_owned()), ..Default::default() };
    crate::rotation::rotate(place.context(), rotation, &crate::Silent).await.unwrap();
    let active = destroy(&place, &hex[1].key_id).await.unwrap_err();
    assert_eq!(active.code(), ErrorCode::KeyInUse);
    assert_eq!(destroy(&place, "00").await.unwrap_err().code(), ErrorCode::KeyInvalid);
    destroy(&place, &hex[0].key_id).await.unwrap();
    let again = super::destroy(place.context(), request(&hex[0].key_id)).await.unwrap_err();
    assert_eq!(again.code(), ErrorCode::KeyInvalid);
    assert!(again.to_string().contains("is destroyed already, on 2026-11-01"), "{again}");
    assert!(again.hint().contains("BACKUP_RETIRED_KEYS"), "{}", again.hint());
    // The variable is gone: the trail vouches for what the key has signed.
    place.scratch.context.key_ring = ring(&hex[1].key, &[]);
    let status = crate::trail::verify(place.context()).await.unwrap();
    assert_eq!((status.fault, status.intact_to), (None, status.entries), "{:?}", status.remarks);
}

/// Another user, or the same one with another data folder, has the same keychain and other archives.
#[tokio::test]
async fn a_key_that_is_used_from_elsewhere_is_kept() {
    let (here, mut elsewhere) = (Place::new().await, Place::new().await);
    elsewhere.scratch.context.vault = here.context().vault.clone();
    let old = here.new_key().await;
    elsewhere.backup().await;
    here.new_key().await;
    here.clock.advance(DAY * 31);
    let store = elsewhere.context().store.location();
    refused(&here, &old, &store).await;
    // There it is seen that an archive needs it, and after the rotation that none does.
    elsewhere.clock.advance(DAY * 31);
    elsewhere.context().forget_keys();
    refused(&elsewhere, &old, "1 archive in").await;
    let gone = DestroyKeyRequest { gone: vec![store], ..request(&old.key_id) };
    let said = format!("second factor: a code; said to be gone for good: {}", gone.gone[0]);
    destroy_allowed(here.context(), gone, pass(here.context())).await.unwrap();
    assert_eq!(notes(&here).await.last(), Some(&said));
    assert!(uses::of(here.context().vault.as_ref(), &old.key_id).unwrap().is_empty());
}

/// A window that stays open remembers the ring; a backup asks the vault again.
#[tokio::test]
async fn a_key_that_was_destroyed_from_elsewhere_locks_nothing_more() {
    let (here, mut elsewhere) = (Place::new().await, Place::new().await);
    elsewhere.scratch.context.vault = here.context().vault.clone();
    let old = here.new_key().await;
    let remembered = elsewhere.context().keys().await.unwrap();
    assert_eq!(remembered.active_id().to_string(), old.key_id);
    let new = here.new_key().await;
    here.clock.advance(DAY * 31);
    destroy(&here, &old).await.unwrap();

    let id = elsewhere.backup().await;
    assert_eq!(locked_with(&elsewhere, id).await, std::slice::from_ref(&new.key_id));
    let vault = here.context().vault.as_ref();
    assert!(uses::of(vault, &old.key_id).unwrap().is_empty(), "it was not even begun with it");

    // So does the safety backup of a restore.
    let newest = here.new_key().await;
    let source = elsewhere.context().source().unwrap();
    let safety = crate::backup::SafetyBackup {
        context: elsewhere.context(),
        source: source.as_ref(),
        keys: &remembered,
        lock_timeout_s: None,
        failed: std::sync::atomic::AtomicBool::new(false),
    };
    elsewhere.clock.advance(DAY);
    let id = aitta_source::SafetyNet::archive(&safety, vec!["Holiday".to_owned()]).await.unwrap();
    assert_eq!(locked_with(&elsewhere, id).await, std::slice::from_ref(&newest.key_id));

    // Without an active key there is no backup.
    vault.delete(&format!("vault-key-{}", newest.key_id)).unwrap();
    let request = aitta_model::BackupRequest::default();
    let error = crate::backup::create(elsewhere.context(), request, &crate::Silent).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::KeyMissing);
    let error = aitta_source::SafetyNet::archive(&safety, vec!["Holiday".to_owned()]).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::KeyMissing);
    assert!(error.to_string().contains("nothing was restored"), "{error}");
    assert!(safety.failed.load(std::sync::atomic::Ordering::Relaxed));
}

async fn locked_with(place: &Place, id: String) -> Vec<String> {
    let selector = aitta_model::ArchiveSelector::Id(id);
    crate::archives::show(place.context(), &selector).await.unwrap().key_ids
}

/// What the entries of the trail that begin a destruction remark.
async fn notes(place: &Place) -> Vec<String> {
    let trail = place.trail().await;
    let entries = trail.lines().map(|line| serde_json::from_str::<aitta_model::AuditEntry>(line).unwrap());
    let begun = entries.filter(|entry| {
        entry.stage == aitta_model::AuditStage::Begun && entry.operation.as_str() == "key_destroy"
    });
    begun.map(|entry| entry.note.unwrap_or_default()).collect()
}

/// Killed after the key was wiped and before the entry in the trail: the same command writes it.
#[tokio::test]
async fn a_destruction_that_was_never_told_is_told_by_doing_it_again() {
    let place = Place::new().await;
    let (old, _new) = (place.new_key().await, place.new_key().await);
    place.clock.advance(DAY * 31);
    let context = place.context();
    let entry = door::Entry::from(pass(context));
    let subject = entry.of(subject(&request(&old.key_id), None));
    door::begin(context, &entry, &subject, None).await.unwrap();
    let (id, now) = (old.key_id.clone(), context.clock.now());
    change(context, move |_, index| {
        let entry = index.find_mut(&id).unwrap();
        (entry.state, entry.destroyed) = (KeyState::Destroyed, Some(now));
        Ok(())
    })
    .await
    .unwrap();
    let fault = trail::verify(context).await.unwrap().fault.unwrap();
    assert!(fault.what.contains("not at hand"), "{fault:?}");

    // It is still asked who does it.
    let error = super::destroy(context, request(&old.key_id)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::MfaRequired);
    destroy(&place, &old).await.unwrap();
    let said = "second factor: a code; the key was gone already, and this trail did not say so";
    assert_eq!(notes(&place).await.last().unwrap(), said);
    let status = trail::verify(context).await.unwrap();
    assert_eq!((status.fault, status.intact_to), (None, status.entries), "{:?}", status.remarks);
    let again = destroy(&place, &old).await.unwrap_err();
    assert_eq!(again.code(), ErrorCode::KeyInvalid);
    assert!(again.to_string().contains("is destroyed already"), "{again}");
}

/// A destruction that was cut short before the key was gone from the vault is gone on with.
#[tokio::test]
async fn a_key_that_is_called_destroyed_but_still_there_is_wiped() {
    let place = Place::new().await;
    let (old, _new) = (place.new_key().await, place.new_key().await);
    place.clock.advance(DAY * 31);
    let vault = place.context().vault.as_ref();
    let index = vault.read("key-ring").unwrap().unwrap();
    let mut index: serde_json::Value = serde_json::from_str(&index).unwrap();
    let keys = index["keys"].as_array_mut().unwrap();
    let entry = keys.iter_mut().find(|key| key["id"] == *old.key_id).unwrap();
    entry["state"] = "destroyed".into();
    vault.write("key-ring", &index.to_string()).unwrap();
    destroy(&place, &old).await.unwrap();
    assert!(vault.read(&format!("vault-key-{}", old.key_id)).unwrap().is_none());
}

/// A list that can't be read may have named a store whose archives need the key.
#[tokio::test]
async fn a_damaged_list_of_stores_keeps_the_key() {
    let place = Place::new().await;
    let (old, _new) = (place.new_key().await, place.new_key().await);
    place.clock.advance(DAY * 31);
    let vault = place.context().vault.as_ref();
    let list = format!("key-uses-{}", old.key_id);
    for damaged in ["", "[\"/srv/store", "{}", "[1]"] {
        vault.write(&list, damaged).unwrap();
        for error in [
            super::destroy(place.context(), request(&old.key_id)).await.unwrap_err(),
            destroy(&place, &old).await.unwrap_err(),
        ] {
            assert_eq!(error.code(), ErrorCode::KeyInvalid, "{damaged:?}");
            assert!(error.to_string().contains("list of the stores"), "{error}");
            assert!(
                error.hint().contains("keep the key") && error.hint().contains(&list),
                "{}",
                error.hint()
            );
        }
        assert!(vault.read(&format!("vault-key-{}", old.key_id)).unwrap().is_some());
    }
    vault.delete(&list).unwrap();
    destroy(&place, &old).await.unwrap();
}

/// Noise, and an archive that only says that it is locked with this key: a person can judge them, and what the key does
/// open counts whatever anybody says.
#[tokio::test]
async fn what_no_key_opens_keeps_a_key_until_it_is_disowned() {
    let place = Place::new().await;
    let old = place.new_key().await;
    let ours = place.backup().await;
    let whole = std::fs::read(place.archive(&ours)).unwrap();
    place.new_key().await;
    place.backup().await;
    place.clock.advance(DAY * 31);
    let disown = async |id: &str| {
        let request = aitta_model::DisownRequest {
            id: id.to_owned(),
            reason: Some("routine".to_owned()),
            ..aitta_model::DisownRequest::default()
        };
        crate::archives::disown(place.context(), request).await
    };
    // It is needed, and can't be disowned.
    refused(&place, &old, "1 archive in").await;
    assert_eq!(disown(&ours).await.unwrap_err().code(), ErrorCode::ConfigInvalid);
    std::fs::remove_file(place.archive(&ours)).unwrap();
    crate::archives::rebuild(place.context()).await.unwrap();

    let noise = "backup-9842684800000-a1b2c3d4";
    std::fs::write(place.archive(noise), [7; 5000]).unwrap();
    refused(&place, &old, noise).await;
    // The slot of the key with another wrapped key in it.
    let claims = "backup-9842684800001-a1b2c3d4";
    let mut claiming = whole.clone();
    claiming[512 + 40] ^= 1;
    std::fs::write(place.archive(claims), &claiming).unwrap();
    disown(noise).await.unwrap();
    refused(&place, &old, claims).await;
    disown(claims).await.unwrap();
    // Disowned, and then put in the place of it: an archive that the key opens.
    std::fs::write(place.archive(claims), &whole).unwrap();
    refused(&place, &old, claims).await;
    std::fs::write(place.archive(claims), &claiming).unwrap();
    destroy(&place, &old).await.unwrap();
    assert!(std::fs::read(place.archive(claims)).unwrap() == claiming);
}

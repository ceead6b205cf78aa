#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::PathBuf;

use aitta_keys::KeyRing;
use aitta_model::{
    ArchiveSelector, BackupRequest, DeleteRequest, RestoreRequest, RotateRequest, VerifyLevel, VerifyRequest,
    VerifyScope,
};
use aitta_store::{CopyStore, StoreConfig, StoreLogin};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::reading::OpenArchive;
use crate::restore::{self, Outcome};
use crate::scratch::Scratch;
use crate::{Silent, archives, rotation};
use crate::{backup, verify};

/// A sample database whose archives are copied to a second folder.
struct Place {
    scratch: Scratch,
    second: PathBuf,
}

impl Place {
    async fn new() -> Self {
        let mut scratch = Scratch::new(CancellationToken::new()).await.unwrap();
        let second = scratch.dir.join("second");
        std::fs::create_dir(&second).unwrap();
        let mut profile = scratch.context.profile.as_ref().clone();
        profile.copies = vec![CopyStore {
            store: StoreConfig::Local { dir: second.clone() },
            login: StoreLogin::default(),
            quota_bytes: None,
        }];
        scratch.context.profile = std::sync::Arc::new(profile);
        Self { scratch, second }
    }

    fn context(&self) -> &Context {
        &self.scratch.context
    }

    async fn backup(&self) -> aitta_model::BackupReport {
        let request = BackupRequest { tables: vec!["Holiday".to_owned()], ..BackupRequest::default() };
        backup::create(self.context(), request, &Silent).await.unwrap()
    }

    fn first(&self, id: &str) -> PathBuf {
        self.scratch.dir.join("store").join(archive_name(id))
    }

    fn copy(&self, id: &str) -> PathBuf {
        self.second.join(archive_name(id))
    }

    async fn restore(&self, id: &str, to: &str) -> Result<aitta_model::RestoreReport> {
        let url = format!("sqlite:{}", self.scratch.dir.join(to).display());
        let request = RestoreRequest {
            archive: ArchiveSelector::Id(id.to_owned()),
            to: Some(aitta_model::DatabaseUrl::new(url)),
            tables: vec!["Holiday".to_owned()],
            reason: Some("drill".to_owned()),
            ..RestoreRequest::default()
        };
        match restore::restore(self.context(), request, &Silent).await? {
            Outcome::Report(report) => Ok(report),
            Outcome::Plan(_) => unreachable!("it was no dry run"),
        }
    }
}

#[tokio::test]
async fn every_archive_is_copied_and_a_store_that_was_away_catches_up() {
    let place = Place::new().await;
    let first = place.backup().await;
    assert_eq!(first.copies.len(), 1);
    assert_eq!((&first.copies[0].copied, &first.copies[0].failure), (&vec![first.archive.id.clone()], &None));
    let (one, other) = (place.first(&first.archive.id), place.copy(&first.archive.id));
    assert_eq!(std::fs::read(one).unwrap(), std::fs::read(other).unwrap());
    let details = archives::show(place.context(), &ArchiveSelector::Latest).await.unwrap();
    assert!(matches!(details.copies[0].state, Some(ArchiveState::Verified(_))), "{:?}", details.copies);

    let away = place.scratch.dir.join("away");
    std::fs::rename(&place.second, &away).unwrap();
    let second = place.backup().await;
    let failure = second.copies[0].failure.as_ref().unwrap();
    assert_eq!(failure.code, ErrorCode::StoreMissing);
    assert_eq!(second.copies[0].archives, None, "nobody knows");
    let failed = crate::runs::failed(place.context(), 10).await.unwrap();
    assert!(format!("{failed:?}").contains("copy"), "{failed:?}");
    assert!(!place.second.exists(), "a folder that is not there may be a disk that is not mounted");
    let details = archives::show(place.context(), &ArchiveSelector::Latest).await.unwrap();
    assert_eq!(details.copies[0].state, None);

    std::fs::rename(&away, &place.second).unwrap();
    let caught_up = bring_up(place.context(), &Silent).await.unwrap();
    assert_eq!(caught_up.copies[0].copied, [second.archive.id]);
    assert_eq!(caught_up.copies[0].archives, Some(2));
    let again = bring_up(place.context(), &Silent).await.unwrap();
    assert_eq!((again.copies[0].copied.len(), again.copies[0].archives), (0, Some(2)));

    // Each is as good as the first one.
    let there = place.context().copies().remove(0);
    let request = VerifyRequest { scope: VerifyScope::All, level: VerifyLevel::Content };
    let verified = verify::verify(&there, request, &Silent).await.unwrap();
    assert!(verified.all_ok() && verified.results.len() == 2, "{verified:?}");
    assert!(verified.results.iter().all(|result| result.remarks.is_empty()), "{verified:?}");
}

#[tokio::test]
async fn what_is_damaged_is_not_copied() {
    let place = Place::new().await;
    place.backup().await;
    let id = place.backup().await.archive.id;
    std::fs::remove_file(place.copy(&id)).unwrap();
    let mut bytes = std::fs::read(place.first(&id)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(place.first(&id), bytes).unwrap();
    let report = bring_up(place.context(), &Silent).await.unwrap();
    let failure = report.copies[0].failure.as_ref().unwrap();
    assert_eq!(failure.code, ErrorCode::ArchiveDamaged);
    assert!(failure.hint.contains("aitta backup verify"), "{}", failure.hint);
    assert!(!place.copy(&id).exists());
}

async fn verify_all(context: &Context) -> aitta_model::VerifyReport {
    let request = VerifyRequest { scope: VerifyScope::All, level: VerifyLevel::Stored };
    verify::verify(context, request, &Silent).await.unwrap()
}

#[tokio::test]
async fn a_damaged_archive_is_told_with_its_whole_copy_which_can_be_put_back() {
    let place = Place::new().await;
    let (id, other) = (place.backup().await.archive.id, place.backup().await.archive.id);
    let location = place.context().copies()[0].store.location();
    let listed = archives::list(place.context(), None).await.unwrap();
    assert!(listed.whole_copies.is_empty(), "nothing is wrong: {listed:?}");
    assert_eq!(put_back(place.context(), &Silent).await.unwrap(), None);
    let whole = std::fs::read(place.first(&id)).unwrap();
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    std::fs::write(place.first(&id), &damaged).unwrap();

    let report = verify_all(place.context()).await;
    let failure = report.results.iter().find(|result| result.id == id).unwrap().failure.clone().unwrap();
    assert_eq!(failure.code, ErrorCode::ArchiveDamaged);
    for word in [location.as_str(), "--copy 1 backup restore --backup-id", id.as_str(), "aitta store copy"] {
        assert!(failure.hint.contains(word), "{word}: {}", failure.hint);
    }
    assert!(report.results.iter().find(|result| result.id == other).unwrap().ok);
    let listed = archives::list(place.context(), None).await.unwrap();
    let told: Vec<_> =
        listed.whole_copies.iter().map(|c| (c.id.as_str(), c.copy, c.location.as_str())).collect();
    assert_eq!(told, [(id.as_str(), 1, location.as_str())]);

    // What lies there is never overwritten.
    assert_eq!(put_back(place.context(), &Silent).await.unwrap(), None);
    assert_eq!(std::fs::read(place.first(&id)).unwrap(), damaged);
    std::fs::rename(place.first(&id), place.scratch.dir.join("evidence")).unwrap();
    let listed = archives::list(place.context(), None).await.unwrap();
    assert_eq!((listed.missing.as_slice(), listed.whole_copies.len()), ([id.clone()].as_slice(), 1));
    let report = put_back(place.context(), &Silent).await.unwrap().unwrap();
    assert_eq!((report.copied.as_slice(), report.archives), ([id.clone()].as_slice(), Some(2)));
    assert_eq!(report.failure, None);
    assert_eq!(std::fs::read(place.first(&id)).unwrap(), whole);
    assert!(verify_all(place.context()).await.all_ok());
    let listed = archives::list(place.context(), None).await.unwrap();
    assert!(listed.missing.is_empty() && listed.whole_copies.is_empty(), "{listed:?}");
}

#[tokio::test]
async fn what_is_put_back_is_whole_and_was_not_deleted_on_purpose() {
    let place = Place::new().await;
    let (one, two) = (place.backup().await.archive.id, place.backup().await.archive.id);
    let away = place.scratch.dir.join("away");
    std::fs::rename(&place.second, &away).unwrap();
    let request = DeleteRequest { id: one.clone(), reason: Some("routine".to_owned()), mfa: None };
    archives::delete(place.context(), request).await.unwrap();
    std::fs::rename(&away, &place.second).unwrap();
    assert!(place.copy(&one).exists(), "its store was away");
    assert_eq!(put_back(place.context(), &Silent).await.unwrap(), None);

    // A copy that has been damaged since gives nothing back, leaves nothing behind, and stops no other.
    let (older, _) = (two, place.backup().await);
    let two = place.backup().await.archive.id;
    std::fs::remove_file(place.first(&older)).unwrap();
    std::fs::remove_file(place.first(&two)).unwrap();
    let bytes = std::fs::read(place.copy(&two)).unwrap();
    let mut damaged = bytes.clone();
    damaged[bytes.len() / 2] ^= 1;
    std::fs::write(place.copy(&two), damaged).unwrap();
    let report = put_back(place.context(), &Silent).await.unwrap().unwrap();
    let failure = report.failure.unwrap();
    assert_eq!((report.copied.as_slice(), failure.code), ([older].as_slice(), ErrorCode::ArchiveDamaged));
    assert!(failure.hint.contains("aitta --copy 1 backup verify"), "{}", failure.hint);
    assert!(!place.first(&two).exists());
    // The report names that copy and says how it is made anew.
    let there = place.context().clone().at_place(1).unwrap();
    let report = verify_all(&there).await;
    let failure = report.results.iter().find_map(|result| result.failure.as_ref()).unwrap();
    assert!(failure.hint.contains("--copy 1 backup delete"), "{}", failure.hint);
    let told = super::damaged(&there).await.unwrap().unwrap();
    assert_eq!(told.code, ErrorCode::ArchiveDamaged);
    assert!(told.message.contains(&two) && told.hint.contains("--copy 1 backup delete"), "{told:?}");
    assert_eq!(super::damaged(place.context()).await.unwrap(), None);
    assert_eq!(put_back(place.context(), &Silent).await.unwrap(), None, "no whole copy is known now");
}

#[tokio::test]
async fn a_backup_that_stays_in_a_copy_says_so() {
    let place = Place::new().await;
    let there = place.context().clone().at_place(1).unwrap();
    let request = BackupRequest { tables: vec!["Holiday".to_owned()], ..BackupRequest::default() };
    let report = backup::create(&there, request, &Silent).await.unwrap();
    let told = |report: &aitta_model::BackupReport| {
        report
            .notes
            .iter()
            .any(|note| note.contains("lies only in the copy 1") && note.contains("leave out --copy"))
    };
    assert!(told(&report), "{:?}", report.notes);
    assert!(place.copy(&report.archive.id).exists() && !place.first(&report.archive.id).exists());
    assert!(!told(&place.backup().await));
}

/// A process that ends between the copy and its check leaves a copy that was never read back.
#[tokio::test]
async fn a_copy_that_was_never_read_back_is_checked_by_the_next_run() {
    let place = Place::new().await;
    let id = place.backup().await.archive.id;
    let there = place.context().copies().remove(0);
    place.context().catalog.forget_archive(&there.store.location(), &id).await.unwrap();
    let report = bring_up(place.context(), &Silent).await.unwrap();
    assert_eq!((report.copies[0].copied.len(), &report.copies[0].failure), (0, &None));
    let details = archives::show(place.context(), &ArchiveSelector::Latest).await.unwrap();
    assert!(matches!(details.copies[0].state, Some(ArchiveState::Verified(_))), "{:?}", details.copies);
    place.context().catalog.forget_archive(&there.store.location(), &id).await.unwrap();
    let bytes = std::fs::read(place.copy(&id)).unwrap();
    std::fs::write(place.copy(&id), &bytes[..bytes.len() - 1]).unwrap();
    let report = bring_up(place.context(), &Silent).await.unwrap();
    assert!(report.copies[0].failure.is_some(), "it is told, and stays to be looked at");
    assert!(place.copy(&id).exists());
}

/// A mount point without its disk is an empty folder, and no place for a backup.
#[tokio::test]
async fn an_empty_folder_where_archives_were_is_refused() {
    let place = Place::new().await;
    let id = place.backup().await.archive.id;
    let store = place.scratch.dir.join("store");
    for folder in [&store, &place.second] {
        std::fs::rename(folder, folder.with_extension("away")).unwrap();
        std::fs::create_dir(folder).unwrap();
    }
    let request = BackupRequest::default();
    let error = backup::create(place.context(), request.clone(), &Silent).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::StoreMissing);
    assert!(error.to_string().contains("1 archives were there"), "{error}");
    assert!(error.hint().contains("mount the disk"), "{}", error.hint());
    // The copies are looked at in the same way.
    std::fs::remove_dir_all(&store).unwrap();
    std::fs::rename(store.with_extension("away"), &store).unwrap();
    let report = backup::create(place.context(), request, &Silent).await.unwrap();
    assert_eq!(report.copies[0].failure.as_ref().unwrap().code, ErrorCode::StoreMissing);
    assert!(!place.copy(&id).exists() && !place.copy(&report.archive.id).exists());
    // Somebody has taken them away on purpose.
    archives::rebuild(&place.context().copies().remove(0)).await.unwrap();
    let report = bring_up(place.context(), &Silent).await.unwrap();
    assert_eq!(report.copies[0].copied.len(), 2);
}

#[tokio::test]
async fn a_restore_takes_the_nearest_that_gives_the_archive() {
    let place = Place::new().await;
    let id = place.backup().await.archive.id;
    let from_first = place.restore(&id, "a.db").await.unwrap();
    assert!(!from_first.findings.iter().any(|finding| finding.message.contains("so a copy was")));
    // Damaged, and then gone.
    let whole = std::fs::read(place.first(&id)).unwrap();
    std::fs::write(place.first(&id), &whole[..whole.len() - 5]).unwrap();
    for to in ["b.db", "c.db"] {
        let report = place.restore(&id, to).await.unwrap();
        assert_eq!(report.archive, id);
        assert!(report.proofs.iter().all(aitta_model::TableProof::equal));
        let told = report.findings.iter().find(|finding| finding.message.contains("so a copy was")).unwrap();
        assert!(told.message.contains("store"), "{told:?}");
        std::fs::remove_dir_all(place.scratch.dir.join("store")).unwrap_or_default();
    }
    std::fs::remove_file(place.copy(&id)).unwrap();
    let error = place.restore(&id, "d.db").await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::StoreMissing, "that of the first store");
    assert!(error.hint().contains("did not help"), "{}", error.hint());
    assert!(!place.scratch.dir.join("d.db").exists());
}

/// The archive of what was overwritten lies where the other one was taken from.
#[tokio::test]
async fn what_a_restore_from_a_copy_overwrites_is_named_and_found() {
    let place = Place::new().await;
    let id = place.backup().await.archive.id;
    std::fs::remove_file(place.first(&id)).unwrap();
    let request = RestoreRequest {
        archive: ArchiveSelector::Id(id),
        tables: vec!["Holiday".to_owned()],
        reason: Some("incident".to_owned()),
        ..RestoreRequest::default()
    };
    let done = restore::restore(place.context(), request, &Silent).await.unwrap();
    let Outcome::Report(report) = done else { unreachable!("it was no dry run") };
    let safety = report.safety_archive.unwrap();
    assert!(place.copy(&safety).exists() && !place.first(&safety).exists());
    let location = place.context().copies()[0].store.location();
    let told = |finding: &aitta_model::Finding| {
        finding.message.contains(&safety) && finding.message.contains(&location)
    };
    assert!(report.findings.iter().any(told), "{:?}", report.findings);
    let shown = archives::show(place.context(), &ArchiveSelector::Id(safety)).await.unwrap();
    assert!(shown.location.starts_with(&location), "{}", shown.location);
    let none = ArchiveSelector::Id("backup-1642684800000-a1b2c3d4".to_owned());
    let error = archives::show(place.context(), &none).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ArchiveNotFound);
}

/// Data that are written anew get new ids, and a copy the same ones.
#[tokio::test]
async fn copies_follow_what_was_written_anew() {
    let mut place = Place::new().await;
    let (one, two) = (place.backup().await.archive.id, place.backup().await.archive.id);
    let old = place.context().keys().await.unwrap();
    let new = aitta_keys::generate().unwrap();
    let ring = KeyRing::from_hex(&new.key).unwrap();
    let ring = ring.with_retired_of(&old);
    place.scratch.context.key_ring = Some(std::sync::Arc::new(ring));
    let request =
        RotateRequest { reencrypt: true, reason: Some("routine".to_owned()), ..RotateRequest::default() };
    rotation::rotate(place.context(), request.clone(), &Silent).await.unwrap();
    let there = place.context().copies().remove(0);
    let ids = async |context: &Context| select::ids(context).await.unwrap();
    let moved = ids(place.context()).await;
    assert_eq!(moved.len(), 2);
    assert!(moved.iter().all(|id| ![&one, &two].contains(&&id.to_string())), "{moved:?}");
    assert_eq!(ids(&there).await, moved, "and what they were made from is gone");
    let again = bring_up(place.context(), &Silent).await.unwrap();
    assert_eq!((again.copies[0].copied.len(), &again.copies[0].failure), (0, &None));
    assert!(verify_all(&there).await.all_ok());

    // What was not brought there, because its store was away, is brought there by the next one.
    let third = place.backup().await.archive.id;
    let stray = std::fs::read(place.copy(&third)).unwrap();
    rotation::rotate(place.context(), request, &Silent).await.unwrap();
    std::fs::write(place.copy(&third), stray).unwrap();
    let plain = RotateRequest { reason: Some("routine".to_owned()), ..RotateRequest::default() };
    rotation::rotate(place.context(), plain, &Silent).await.unwrap();
    assert!(!place.copy(&third).exists());
    assert_eq!(ids(&there).await, ids(place.context()).await);
}

/// What an archive was made from is as good as it, until its copy is whole.
#[tokio::test]
async fn what_was_written_anew_is_not_followed_by_a_copy_that_is_not_whole() {
    let mut place = Place::new().await;
    let id = place.backup().await.archive.id;
    let stray = std::fs::read(place.copy(&id)).unwrap();
    let old = place.context().keys().await.unwrap();
    let ring = KeyRing::from_hex(&aitta_keys::generate().unwrap().key).unwrap().with_retired_of(&old);
    place.scratch.context.key_ring = Some(std::sync::Arc::new(ring));
    let plain = RotateRequest { reason: Some("routine".to_owned()), ..RotateRequest::default() };
    let anew = RotateRequest { reencrypt: true, ..plain.clone() };
    rotation::rotate(place.context(), anew, &Silent).await.unwrap();
    let new = select::ids(place.context()).await.unwrap()[0].to_string();
    std::fs::write(place.copy(&id), stray).unwrap();
    let whole = std::fs::read(place.copy(&new)).unwrap();
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    let there = place.context().clone().at_place(1).unwrap();
    for (bytes, is_known) in [(&whole[..whole.len() - 5], false), (damaged.as_slice(), true)] {
        std::fs::write(place.copy(&new), bytes).unwrap();
        if is_known {
            assert!(!verify_all(&there).await.all_ok());
        }
        let error = rotation::rotate(place.context(), plain.clone(), &Silent).await.unwrap_err();
        assert!(check::is_damage(error.code()) && error.to_string().contains(&new), "{error}");
        assert!(error.hint().contains(&format!("--copy 1 backup delete {new}")), "{}", error.hint());
        assert!(place.copy(&id).exists());
    }

    let delete = DeleteRequest { id: new.clone(), reason: Some("routine".to_owned()), mfa: None };
    archives::delete(&there, delete).await.unwrap();
    rotation::rotate(place.context(), plain, &Silent).await.unwrap();
    assert!(!place.copy(&id).exists() && std::fs::read(place.copy(&new)).unwrap() == whole);
}

/// A copy of rotten bytes is not accepted, however few bytes a store wants read back.
#[tokio::test]
async fn what_rotted_since_its_backup_is_found_out_and_stops_no_other() {
    let place = Place::new().await;
    // One stays: an empty folder would be taken for a disk that is not mounted.
    place.backup().await;
    let older = place.backup().await.archive.id;
    let rotten = place.backup().await.archive.id;
    let fine = place.backup().await.archive.id;
    for id in [&older, &rotten, &fine] {
        std::fs::remove_file(place.copy(id)).unwrap();
    }
    let mut bytes = std::fs::read(place.first(&rotten)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(place.first(&rotten), bytes).unwrap();
    let report = bring_up(place.context(), &Silent).await.unwrap();
    let failure = report.copies[0].failure.as_ref().unwrap();
    assert_eq!(failure.code, ErrorCode::ArchiveDamaged);
    assert!(failure.message.contains(&rotten), "{failure:?}");
    assert_eq!(report.copies[0].copied, [fine, older]);
    // It is known for damaged now, and not sent again.
    let listed = archives::list(place.context(), None).await.unwrap();
    let state = |id: &str| listed.archives.iter().find(|a| a.id == id).unwrap().state;
    assert!(matches!(state(&rotten), ArchiveState::Damaged(_)));
    let again = bring_up(place.context(), &Silent).await.unwrap();
    let failure = again.copies[0].failure.as_ref().unwrap();
    assert!(failure.message.contains("is damaged in"), "{failure:?}");
    assert_eq!(again.copies[0].copied_bytes, 0);
}

/// Whatever store is asked first, an older archive never stands in for the newest.
#[tokio::test]
async fn latest_is_the_newest_of_all_stores() {
    let place = Place::new().await;
    place.backup().await;
    let newest = place.backup().await.archive.id;
    std::fs::remove_file(place.first(&newest)).unwrap();
    let restore = async |to: &str| {
        let url = format!("sqlite:{}", place.scratch.dir.join(to).display());
        let request = RestoreRequest {
            archive: ArchiveSelector::Latest,
            to: Some(aitta_model::DatabaseUrl::new(url)),
            tables: vec!["Holiday".to_owned()],
            reason: Some("drill".to_owned()),
            ..RestoreRequest::default()
        };
        match restore::restore(place.context(), request, &Silent).await.unwrap() {
            Outcome::Report(report) => report,
            Outcome::Plan(_) => unreachable!("it was no dry run"),
        }
    };
    let report = restore("a.db").await;
    assert_eq!(report.archive, newest, "the first store lags behind");
    std::fs::rename(place.scratch.dir.join("store"), place.scratch.dir.join("away")).unwrap();
    let report = restore("b.db").await;
    assert_eq!(report.archive, newest);
    let told = |finding: &aitta_model::Finding| finding.message.contains("may have a newer archive");
    assert!(report.findings.iter().any(told), "{:?}", report.findings);
    // An archive that no key opens is an error: no older one takes its place.
    std::fs::rename(place.scratch.dir.join("away"), place.scratch.dir.join("store")).unwrap();
    std::fs::write(place.copy(&newest), b"no archive").unwrap();
    let request =
        RestoreRequest { archive: ArchiveSelector::Latest, dry_run: true, ..RestoreRequest::default() };
    let error = restore::restore(place.context(), request, &Silent).await.unwrap_err();
    assert!(error.to_string().contains(&newest), "{error}");
}

#[tokio::test]
async fn a_deletion_takes_the_copies_too_and_names_those_that_stay() {
    let place = Place::new().await;
    let (one, two) = (place.backup().await.archive.id, place.backup().await.archive.id);
    let request =
        |id: &str| DeleteRequest { id: id.to_owned(), reason: Some("routine".to_owned()), mfa: None };
    let report = archives::delete(place.context(), request(&one)).await.unwrap();
    assert!(report.left.is_empty() && report.freed_bytes > 0);
    assert!(!place.first(&one).exists() && !place.copy(&one).exists());
    let away = place.scratch.dir.join("away");
    std::fs::rename(&place.second, &away).unwrap();
    let report = archives::delete(place.context(), request(&two)).await.unwrap();
    assert_eq!(report.left[0].1.code, ErrorCode::StoreMissing);
    let by_hand = format!("aitta --copy 1 backup delete {two}");
    assert!(report.left[0].1.hint.contains(&by_hand), "{}", report.left[0].1.hint);
    assert!(!place.first(&two).exists() && away.join(archive_name(&two)).exists());
    let run = &crate::runs::list(place.context(), 1).await.unwrap()[0];
    assert_eq!((run.operation.as_str(), run.outcome.as_str()), ("delete", "failed"), "a copy is left");
    std::fs::rename(&away, &place.second).unwrap();
    let error = archives::delete(place.context(), request(&two)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ArchiveNotFound);
    assert!(error.hint().contains(&by_hand), "{}", error.hint());
    let there = place.context().copies().remove(0);
    archives::delete(&there, request(&two)).await.unwrap();
    let error = archives::delete(place.context(), request(&two)).await.unwrap_err();
    assert!(!error.hint().contains("--copy"), "{}", error.hint());
}

#[tokio::test]
async fn what_may_be_the_same_backup_is_named_when_the_archive_does_not_open() {
    let mut place = Place::new().await;
    let (id, other) = (place.backup().await.archive.id, place.backup().await.archive.id);
    let (time, _) = id.rsplit_once('-').unwrap();
    let earlier = format!("{time}-0a0b0c0d");
    std::fs::copy(place.copy(&id), place.copy(&earlier)).unwrap();
    let lost = KeyRing::from_hex(&aitta_keys::generate().unwrap().key).unwrap();
    place.scratch.context.key_ring = Some(std::sync::Arc::new(lost));
    let request =
        |id: &str| DeleteRequest { id: id.to_owned(), reason: Some("routine".to_owned()), mfa: None };
    let report = archives::delete(place.context(), request(&id)).await.unwrap();
    let [(_, failure)] = report.left.as_slice() else { unreachable!("{report:?}") };
    assert_eq!(failure.code, ErrorCode::KeyWrong);
    assert!(failure.message.contains(&earlier), "{failure:?}");
    assert!(failure.hint.contains(&format!("--copy 1 backup delete {earlier}")), "{failure:?}");
    assert!(!place.first(&id).exists() && !place.copy(&id).exists() && place.copy(&earlier).exists());
    let report = archives::delete(place.context(), request(&other)).await.unwrap();
    assert!(report.left.is_empty(), "there is none of its time: {report:?}");
}

/// As when the process is killed as soon as the file is gone.
#[tokio::test]
async fn what_a_killed_deletion_has_removed_is_not_put_back() {
    let place = Place::new().await;
    place.backup().await;
    let id = place.backup().await.archive.id;
    let away = place.scratch.dir.join("away");
    std::fs::rename(&place.second, &away).unwrap();
    let request = DeleteRequest { id: id.clone(), reason: Some("routine".to_owned()), mfa: None };
    let gone = async {
        while place.first(&id).exists() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        () = gone => {}
        done = archives::delete(place.context(), request) => drop(done.unwrap()),
    }
    std::fs::rename(&away, &place.second).unwrap();
    assert!(place.copy(&id).exists() && !place.first(&id).exists());
    assert_eq!(put_back(place.context(), &Silent).await.unwrap(), None);
    assert!(!place.first(&id).exists());
}

/// A key that only a copy needs is needed.
#[tokio::test]
async fn a_rotation_moves_the_copies_and_their_key_is_not_destroyed_before() {
    let mut place = Place::new().await;
    let id = place.backup().await.archive.id;
    let old = place.context().keys().await.unwrap();
    let new = aitta_keys::generate().unwrap();
    let ring = KeyRing::from_hex(&new.key).unwrap();
    let both = |active: &KeyRing, other: &KeyRing| active.active_alone().with_retired_of(other);
    place.scratch.context.key_ring = Some(std::sync::Arc::new(both(&ring, &old)));
    let away = place.scratch.dir.join("away");
    std::fs::rename(&place.second, &away).unwrap();
    let request = RotateRequest { reason: Some("routine".to_owned()), ..RotateRequest::default() };
    let error = rotation::rotate(place.context(), request.clone(), &Silent).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::StoreMissing);
    assert!(error.to_string().contains("their copies in"), "{error}");
    std::fs::rename(&away, &place.second).unwrap();
    let pending = custody::pending(place.context()).await.unwrap().unwrap();
    assert_eq!((pending.archives - pending.done, pending.to), (1, new.key_id));
    let report = rotation::rotate(place.context(), request, &Silent).await.unwrap();
    assert_eq!((report.moved, report.unchanged, report.opened), (1, 1, 2));
    let there = place.context().copies().remove(0);
    let name = id.parse().unwrap();
    assert!(OpenArchive::open(there.store.clone(), name, &ring).await.is_ok());
    assert!(OpenArchive::open(there.store.clone(), name, &old).await.is_err());
    assert!(custody::pending(place.context()).await.unwrap().is_none());
}

/// As after a kill of a re-encryption, before further stores have followed.
#[tokio::test]
async fn what_a_reencryption_has_left_in_a_copy_goes_with_the_next_rotation_or_deletion() {
    let place = Place::new().await;
    let (one, two) = (place.backup().await.archive.id, place.backup().await.archive.id);
    let alone = {
        let mut context = place.context().clone();
        let profile = context.profile.as_ref().clone();
        context.profile = std::sync::Arc::new(crate::config::Profile { copies: Vec::new(), ..profile });
        context
    };
    let request =
        RotateRequest { reencrypt: true, reason: Some("incident".to_owned()), ..RotateRequest::default() };
    // Twice, so that what is there now names an archive that is nowhere.
    for _ in 0..2 {
        rotation::rotate(&alone, request.clone(), &Silent).await.unwrap();
    }
    assert!(place.copy(&one).exists() && !place.first(&one).exists());
    let newest = select::ids(place.context()).await.unwrap();
    let of = |id: &str| {
        let id: ArchiveId = id.parse().unwrap();
        newest.iter().find(|new| new.created_ms() == id.created_ms()).unwrap().to_string()
    };

    let delete =
        DeleteRequest { id: of(&one), reason: Some("request-of-data-subject".to_owned()), mfa: None };
    let report = archives::delete(place.context(), delete).await.unwrap();
    assert!(report.notes.iter().any(|note| note.contains(&one)), "{report:?}");
    assert!(!place.copy(&one).exists() && place.copy(&two).exists());
    assert_eq!(put_back(place.context(), &Silent).await.unwrap(), None, "it does not come back");

    // With one key and nothing to leave, a rotation goes on with what the last one has left.
    let plain = RotateRequest { reason: Some("routine".to_owned()), ..RotateRequest::default() };
    rotation::rotate(place.context(), plain, &Silent).await.unwrap();
    assert!(!place.copy(&two).exists());
    let there = place.context().copies().remove(0);
    assert_eq!(select::ids(&there).await.unwrap(), select::ids(place.context()).await.unwrap());
}

#[tokio::test]
async fn a_copy_that_was_half_put_back_is_put_back_by_the_next_attempt() {
    let place = Place::new().await;
    let id = place.backup().await.archive.id;
    place.backup().await;
    std::fs::remove_file(place.first(&id)).unwrap();
    let name = archive_name(&id);
    let half = place.first(&id).with_file_name(format!(".{}.partial", name.rsplit('/').next().unwrap()));
    std::fs::write(&half, b"half").unwrap();
    let report = put_back(place.context(), &Silent).await.unwrap().unwrap();
    assert_eq!((report.copied, report.failure), (vec![id.clone()], None));
    assert!(place.first(&id).exists() && !half.exists());
}

/// Whoever made the copy was killed before it was noted as whole.
#[tokio::test]
async fn a_copy_that_was_never_read_back_is_put_back_and_read_then() {
    let place = Place::new().await;
    let (sound, damaged) = (place.backup().await.archive.id, place.backup().await.archive.id);
    place.backup().await;
    let there = place.context().copies().remove(0);
    for id in [&sound, &damaged] {
        there.catalog.forget_archive(&there.store.location(), id).await.unwrap();
        std::fs::remove_file(place.first(id)).unwrap();
    }
    let mut bytes = std::fs::read(place.copy(&damaged)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(place.copy(&damaged), bytes).unwrap();
    let report = put_back(place.context(), &Silent).await.unwrap().unwrap();
    assert_eq!((report.copied, place.first(&sound).exists()), (vec![sound], true));
    assert_eq!(report.failure.unwrap().code, ErrorCode::ArchiveDamaged);
    assert!(!place.first(&damaged).exists());
}

/// A backup whose copy is whole is not the only one, and is told of where the first store is empty or damaged; what
/// nobody has read back and what holds only chosen tables is not.
#[tokio::test]
async fn whole_copies_of_the_database_are_known_where_the_first_store_has_none() {
    let place = Place::new().await;
    let part = place.backup().await.archive.id;
    let made = backup::create(place.context(), BackupRequest::default(), &Silent).await.unwrap();
    assert!(made.copies.iter().all(|copy| copy.failure.is_none()), "{:?}", made.copies);
    let id = made.archive.id;
    let known = async |present: &[&str]| {
        elsewhere(place.context(), &present.iter().copied().collect()).await.unwrap()
    };
    assert_eq!((known(&[]).await, known(&[&id]).await, known(&[&part]).await), (1, 0, 1));

    for gone in [&part, &id] {
        std::fs::remove_file(place.first(gone)).unwrap();
    }
    let list = archives::list(place.context(), None).await.unwrap();
    assert_eq!((list.archives.len(), list.elsewhere), (0, 1));
}

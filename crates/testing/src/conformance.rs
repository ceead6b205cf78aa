//! What every store has to do. A new one is done when these pass.

#![expect(clippy::unwrap_used, reason = "tests")]

use aitta_engine::store::{ARCHIVES, REWRITABLE, SIDECARS};
use aitta_engine::store::{PutMode, Store, StoreError, StoreErrorKind, archive_name, sidecar_name};
use bytes::Bytes;

/// Runs all checks on an empty store, and leaves it empty.
///
/// # Panics
/// At the first promise that is not kept.
pub async fn store_conformance(store: &dyn Store) {
    empty_store_is_listed_as_empty(store).await;
    upload_is_visible_only_when_whole(store).await;
    upload_never_replaces(store).await;
    dropped_upload_leaves_nothing(store).await;
    uploads_run_side_by_side(store).await;
    ranges_are_exact(store).await;
    put_keeps_its_mode(store).await;
    only_the_header_is_rewritten(store).await;
    listing_is_by_folder_and_in_order(store).await;
    missing_object_is_told_from_missing_store(store).await;
    sweep_spares_what_is_being_written(store).await;
    assert_eq!(names(store, "").await, Vec::<String>::new(), "the checks clean up");
}

async fn empty_store_is_listed_as_empty(store: &dyn Store) {
    assert!(store.list(ARCHIVES).await.unwrap().is_empty());
    assert!(store.list(SIDECARS).await.unwrap().is_empty());
    assert_eq!(store.sweep().await.unwrap(), 0);
}

async fn upload_is_visible_only_when_whole(store: &dyn Store) {
    let name = archive(1);
    let mut upload = store.create(&name).await.unwrap();
    upload.write(b"one ".to_vec()).await.unwrap();
    upload.write(Vec::new()).await.unwrap();
    upload.write(vec![b'x'; 3 << 20]).await.unwrap();
    assert!(store.list(ARCHIVES).await.unwrap().is_empty());
    assert_eq!(kind(store.head(&name).await), StoreErrorKind::NotFound);
    assert_eq!(kind(store.read(&name, 0..1).await), StoreErrorKind::NotFound);
    upload.commit().await.unwrap();
    let found = store.list(ARCHIVES).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].name.as_str(), found[0].size), (name.as_str(), 4 + (3 << 20)));
    assert_eq!(store.head(&name).await.unwrap(), found[0]);
    assert_eq!(store.read(&name, 0..6).await.unwrap(), b"one xx");
    store.delete(&name).await.unwrap();

    store.create(&name).await.unwrap().commit().await.unwrap();
    assert_eq!(store.head(&name).await.unwrap().size, 0);
    store.delete(&name).await.unwrap();
}

async fn upload_never_replaces(store: &dyn Store) {
    let name = archive(2);
    upload(store, &name, b"first").await.unwrap();
    assert_eq!(kind(upload(store, &name, b"second").await), StoreErrorKind::AlreadyExists);
    assert_eq!(store.read(&name, 0..5).await.unwrap(), b"first");
    assert_eq!(names(store, ARCHIVES).await, std::slice::from_ref(&name));
    store.delete(&name).await.unwrap();
    upload(store, &name, b"third").await.unwrap();
    store.delete(&name).await.unwrap();
}

async fn dropped_upload_leaves_nothing(store: &dyn Store) {
    let name = archive(3);
    let mut dropped = store.create(&name).await.unwrap();
    dropped.write(vec![7; 100_000]).await.unwrap();
    drop(dropped);
    assert!(store.list(ARCHIVES).await.unwrap().is_empty());
    assert_eq!(store.sweep().await.unwrap(), 0, "the dropped upload left something to sweep");
    upload(store, &name, b"again").await.unwrap();
    assert_eq!(store.head(&name).await.unwrap().size, 5);
    store.delete(&name).await.unwrap();
}

async fn uploads_run_side_by_side(store: &dyn Store) {
    let mut one = store.create(&archive(1)).await.unwrap();
    let mut two = store.create(&archive(2)).await.unwrap();
    one.write(b"o".to_vec()).await.unwrap();
    two.write(b"t".to_vec()).await.unwrap();
    one.write(b"ne".to_vec()).await.unwrap();
    two.commit().await.unwrap();
    assert_eq!(names(store, ARCHIVES).await, [archive(2)]);
    one.commit().await.unwrap();
    assert_eq!(store.read(&archive(1), 0..3).await.unwrap(), b"one");
    assert_eq!(store.read(&archive(2), 0..1).await.unwrap(), b"t");
    store.delete(&archive(1)).await.unwrap();
    store.delete(&archive(2)).await.unwrap();
}

async fn ranges_are_exact(store: &dyn Store) {
    let name = archive(4);
    let bytes: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    upload(store, &name, &bytes).await.unwrap();
    for range in [0..10_000_u64, 0..1, 4095..4097, 9_999..10_000, 5..5] {
        let expected = &bytes[range.start as usize..range.end as usize];
        assert_eq!(store.read(&name, range.clone()).await.unwrap(), expected, "{range:?}");
    }
    for range in [0..10_001_u64, 9_999..10_001, 10_000..10_001, 20_000..20_001] {
        let answer = store.read(&name, range.clone()).await;
        assert!(answer.is_err(), "{range:?} of 10,000 bytes is no error");
        assert_ne!(kind(answer), StoreErrorKind::NotFound, "the object is there, only shorter");
    }
    store.delete(&name).await.unwrap();
}

async fn put_keeps_its_mode(store: &dyn Store) {
    let name = sidecar(5);
    let put = |text: &'static str, mode| store.put(&name, Bytes::from_static(text.as_bytes()), mode);
    put("one", PutMode::Create).await.unwrap();
    assert_eq!(kind(put("two", PutMode::Create).await), StoreErrorKind::AlreadyExists);
    assert_eq!(store.read(&name, 0..3).await.unwrap(), b"one");
    put("three", PutMode::Overwrite).await.unwrap();
    assert_eq!(store.head(&name).await.unwrap().size, 5);
    assert_eq!(store.read(&name, 0..5).await.unwrap(), b"three");
    store.delete(&name).await.unwrap();
    put("new", PutMode::Overwrite).await.unwrap();
    assert_eq!(names(store, SIDECARS).await, std::slice::from_ref(&name));
    store.delete(&name).await.unwrap();
}

async fn only_the_header_is_rewritten(store: &dyn Store) {
    let (name, short) = (archive(8), archive(9));
    let mut bytes: Vec<u8> = (0..=255).cycle().take(3 * REWRITABLE as usize).collect();
    upload(store, &name, &bytes).await.unwrap();
    upload(store, &short, &bytes[..100]).await.unwrap();
    let rewrite = |name, offset, len: usize| store.rewrite(name, offset, Bytes::from(vec![7; len]));
    for (offset, len) in [(512, 512), (0, 1), (REWRITABLE - 1, 1)] {
        assert!(rewrite(&name, offset, len).await.unwrap() >= len as u64, "{len} at {offset}");
        bytes[offset as usize..offset as usize + len].fill(7);
        assert_eq!(store.read(&name, 0..bytes.len() as u64).await.unwrap(), bytes, "{len} at {offset}");
    }
    for (offset, len) in [(REWRITABLE, 1), (REWRITABLE - 1, 2), (0, REWRITABLE as usize + 1), (u64::MAX, 1)] {
        let refused = rewrite(&name, offset, len).await;
        assert_eq!(kind(refused), StoreErrorKind::Other, "{len} at {offset} is not within the header");
    }
    assert_eq!(
        store.read(&name, 0..bytes.len() as u64).await.unwrap(),
        bytes,
        "what is refused changes nothing"
    );
    assert_eq!(kind(rewrite(&short, 99, 2).await), StoreErrorKind::Other, "no object grows");
    assert_eq!(store.head(&short).await.unwrap().size, 100);
    assert_eq!(kind(rewrite(&archive(6), 0, 1).await), StoreErrorKind::NotFound);
    assert_eq!(kind(store.head(&archive(6)).await), StoreErrorKind::NotFound, "none is made");
    store.delete(&name).await.unwrap();
    store.delete(&short).await.unwrap();
}

async fn listing_is_by_folder_and_in_order(store: &dyn Store) {
    for number in [3, 1, 2] {
        upload(store, &archive(number), b"archive").await.unwrap();
        store.put(&sidecar(number), Bytes::from_static(b"{}"), PutMode::Create).await.unwrap();
    }
    assert_eq!(names(store, ARCHIVES).await, [1, 2, 3].map(archive));
    assert_eq!(names(store, SIDECARS).await, [1, 2, 3].map(sidecar));
    for number in [1, 2, 3] {
        store.delete(&archive(number)).await.unwrap();
        assert_eq!(kind(store.head(&archive(number)).await), StoreErrorKind::NotFound);
        store.delete(&sidecar(number)).await.unwrap();
    }
    assert!(store.list(ARCHIVES).await.unwrap().is_empty());
}

async fn missing_object_is_told_from_missing_store(store: &dyn Store) {
    let name = archive(6);
    assert_eq!(kind(store.head(&name).await), StoreErrorKind::NotFound);
    assert_eq!(kind(store.read(&name, 0..1).await), StoreErrorKind::NotFound);
    assert_eq!(kind(store.delete(&name).await), StoreErrorKind::NotFound);
}

async fn sweep_spares_what_is_being_written(store: &dyn Store) {
    let name = archive(7);
    let mut upload = store.create(&name).await.unwrap();
    upload.write(b"half".to_vec()).await.unwrap();
    assert_eq!(store.sweep().await.unwrap(), 0);
    upload.write(b" and half".to_vec()).await.unwrap();
    upload.commit().await.unwrap();
    assert_eq!(store.read(&name, 0..13).await.unwrap(), b"half and half");
    store.delete(&name).await.unwrap();
}

/// Uploads an object in one piece.
///
/// # Errors
/// Whatever the store answers.
pub async fn upload(store: &dyn Store, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
    let mut upload = store.create(name).await?;
    upload.write(bytes.to_vec()).await?;
    upload.commit().await
}

fn archive(number: u32) -> String {
    archive_name(&format!("backup-164268480000{number}-a1b2c3d4"))
}

fn sidecar(number: u32) -> String {
    sidecar_name(&format!("backup-164268480000{number}-a1b2c3d4"))
}

async fn names(store: &dyn Store, prefix: &str) -> Vec<String> {
    let folders = if prefix.is_empty() { [ARCHIVES, SIDECARS].as_slice() } else { &[prefix] };
    let mut names = Vec::new();
    for folder in folders {
        names.extend(store.list(folder).await.unwrap().into_iter().map(|object| object.name));
    }
    names
}

#[track_caller]
fn kind<T>(answer: Result<T, StoreError>) -> StoreErrorKind {
    match answer {
        Ok(_) => panic!("the store should have refused"),
        Err(error) => error.kind,
    }
}

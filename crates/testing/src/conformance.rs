//! What every store has to do. A new store is done when these pass.

#![expect(clippy::unwrap_used, reason = "tests")]

use aitta_engine::store::{ARCHIVES, REWRITABLE, SIDECARS};
use aitta_engine::store::{PutMode, Store, StoreError, StoreErrorKind, archive_name, sidecar_name};
use bytes::Bytes;
use futures::future::join_all;

/// Runs all checks on an empty store, and leaves it empty.
///
/// # Panics
/// At the first promise that is not kept.
pub async fn store_conformance(store: &dyn Store) {
    store_conformance_with(store, 1_005).await;
}

/// Runs all checks on a store that lists fewer objects at a time, or more, than S3 does: `listed` is more than one page
/// of it.
///
/// # Panics
/// At the first promise that is not kept.
pub async fn store_conformance_with(store: &dyn Store, listed: usize) {
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
    large_stream_comes_back_as_it_was(store).await;
    cancelled_upload_leaves_nothing(store).await;
    list_goes_beyond_a_page(store, listed).await;
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

/// Of unknown length, in pieces that fit no part.
async fn large_stream_comes_back_as_it_was(store: &dyn Store) {
    let name = archive(1);
    let bytes = noise(20 << 20);
    let mut upload = store.create(&name).await.unwrap();
    for piece in bytes.chunks(1_234_567) {
        upload.write(piece.to_vec()).await.unwrap();
    }
    upload.commit().await.unwrap();
    assert_eq!(store.head(&name).await.unwrap().size, bytes.len() as u64);
    for (number, range) in bytes.chunks(7_000_001).enumerate() {
        let start = number as u64 * 7_000_001;
        let read = store.read(&name, start..start + range.len() as u64).await.unwrap();
        // Not by `assert_eq`, which would print them.
        assert!(read == range, "{} bytes at {start} are not what was written", range.len());
    }
    store.delete(&name).await.unwrap();
}

/// In the middle of a write, and of the last step: then it may be there, but only whole.
async fn cancelled_upload_leaves_nothing(store: &dyn Store) {
    let (name, bytes) = (archive(2), noise(18 << 20));
    let mut upload = store.create(&name).await.unwrap();
    upload.write(bytes[..9 << 20].to_vec()).await.unwrap();
    begin_only(upload.write(bytes[9 << 20..].to_vec())).await;
    drop(upload);
    store.settle().await;
    assert_eq!(kind(store.head(&name).await), StoreErrorKind::NotFound);
    assert_eq!(store.sweep().await.unwrap(), 0, "the cancelled upload left something to sweep");

    let mut upload = store.create(&name).await.unwrap();
    upload.write(bytes.clone()).await.unwrap();
    begin_only(upload.commit()).await;
    store.settle().await;
    match store.head(&name).await {
        Ok(found) => {
            assert_eq!(found.size, bytes.len() as u64);
            assert!(store.read(&name, 0..found.size).await.unwrap() == bytes);
            store.delete(&name).await.unwrap();
        }
        Err(error) => assert_eq!(error.kind, StoreErrorKind::NotFound),
    }
    assert_eq!(store.sweep().await.unwrap(), 0, "the cancelled commit left something to sweep");
}

/// S3 and Azure list 1,000 and 5,000 objects at a time at most.
async fn list_goes_beyond_a_page(store: &dyn Store, listed: usize) {
    let sidecar = |number| sidecar_name(&format!("backup-16426848{number:05}-a1b2c3d4"));
    let numbers: Vec<usize> = (0..listed).collect();
    for some in numbers.chunks(16) {
        let put = some.iter().map(|number| async move {
            store.put(&sidecar(*number), Bytes::from_static(b"{}"), PutMode::Create).await.unwrap();
        });
        join_all(put).await;
    }
    let expected: Vec<String> = numbers.iter().map(|number| sidecar(*number)).collect();
    assert!(names(store, SIDECARS).await == expected, "the list is not what was put there");
    for some in expected.chunks(16) {
        join_all(some.iter().map(|name| async move { store.delete(name).await.unwrap() })).await;
    }
}

/// Runs a future until it has to wait for the first time, and drops it.
async fn begin_only(future: impl Future) {
    tokio::select! {
        biased;
        _ = future => {}
        () = std::future::ready(()) => {}
    }
}

/// Bytes in which nothing repeats that a mistake could hide behind (xorshift, G. Marsaglia, 2003).
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
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

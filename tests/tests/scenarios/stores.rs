//! Stores keep their promises, on good and on bad days.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use aitta_engine::store::{
    ARCHIVES, LocalStore, PutMode, SIDECARS, Store, StoreErrorKind, archive_name, sidecar_name,
};
use aitta_testing::conformance::{store_conformance, upload};
use aitta_testing::{Call, FaultyStore, MemoryStore, SmallDisk};
use bytes::Bytes;

const ID: &str = "backup-1642684800000-a1b2c3d4";

#[tokio::test]
async fn memory_store_conforms() {
    store_conformance(&MemoryStore::default()).await;
}

#[tokio::test]
async fn local_store_conforms() {
    let folder = tempfile::tempdir().unwrap();
    store_conformance(&LocalStore::new(folder.path().to_owned())).await;
}

#[tokio::test]
async fn store_without_faults_conforms() {
    store_conformance(&FaultyStore::over(MemoryStore::default())).await;
}

#[tokio::test]
async fn files_and_folders_are_private() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::new(folder.path().to_owned());
    upload(&store, &archive_name(ID), b"archive").await.unwrap();
    store.put(&sidecar_name(ID), Bytes::from_static(b"{}"), PutMode::Create).await.unwrap();
    for name in [ARCHIVES, SIDECARS] {
        assert_eq!(mode(&folder.path().join(name)), 0o700, "{name}");
    }
    for name in [archive_name(ID), sidecar_name(ID)] {
        assert_eq!(mode(&store.path(&name)), 0o600, "{name}");
    }
}

/// An unmounted disk must not look like an empty store, and must not be written to.
#[tokio::test]
async fn store_folder_missing_is_an_error_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("not-mounted");
    let store = LocalStore::new(missing.clone());
    let answers = [
        store.list(ARCHIVES).await.err(),
        store.head(&archive_name(ID)).await.err(),
        store.read(&archive_name(ID), 0..1).await.err(),
        store.delete(&archive_name(ID)).await.err(),
        store.rewrite(&archive_name(ID), 0, Bytes::from_static(b"x")).await.err(),
        store.create(&archive_name(ID)).await.err(),
        store.put(&sidecar_name(ID), Bytes::new(), PutMode::Create).await.err(),
        store.sweep().await.err(),
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        assert_eq!(answer.unwrap().kind, StoreErrorKind::StoreMissing, "answer {number}");
    }
    assert!(!missing.exists());
}

#[tokio::test]
async fn store_that_is_a_file_is_a_missing_store() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let store = LocalStore::new(file.path().to_owned());
    assert_eq!(store.list(ARCHIVES).await.unwrap_err().kind, StoreErrorKind::StoreMissing);
}

/// Root may write everywhere but on a read-only mount, so that is what the test uses.
#[tokio::test]
async fn store_folder_read_only_is_refused_and_still_readable() {
    let mut disk = SmallDisk::mount(1 << 20);
    let store = LocalStore::new(disk.path().to_owned());
    upload(&store, &archive_name(ID), b"archive").await.unwrap();
    disk.make_read_only();
    let other = "backup-1642684800001-a1b2c3d4";
    assert_eq!(store.create(&archive_name(other)).await.err().unwrap().kind, StoreErrorKind::Denied);
    let put = store.put(&sidecar_name(ID), Bytes::new(), PutMode::Create).await;
    assert_eq!(put.unwrap_err().kind, StoreErrorKind::Denied);
    assert_eq!(store.delete(&archive_name(ID)).await.unwrap_err().kind, StoreErrorKind::Denied);
    assert_eq!(store.read(&archive_name(ID), 0..7).await.unwrap(), b"archive");
    assert_eq!(store.list(ARCHIVES).await.unwrap().len(), 1);
}

#[tokio::test]
async fn disk_full_during_upload_leaves_no_archive() {
    let disk = SmallDisk::mount(1 << 20);
    let store = LocalStore::new(disk.path().to_owned());
    let old = "backup-1642684800001-a1b2c3d4";
    upload(&store, &archive_name(old), &[1; 100_000]).await.unwrap();

    let failed = upload(&store, &archive_name(ID), &[2; 2 << 20]).await;
    assert_eq!(failed.unwrap_err().kind, StoreErrorKind::Full);
    assert_eq!(store.list(ARCHIVES).await.unwrap().len(), 1);
    assert_eq!(files_in(&disk.path().join(ARCHIVES)), [format!("{old}.backup")]);

    // There is room again, and the old archive is whole. A program that another test starts just now may hold the file
    // that is gone until it runs.
    let begun = std::time::Instant::now();
    while let Err(error) = upload(&store, &archive_name(ID), &[3; 500_000]).await {
        assert!(error.kind == StoreErrorKind::Full && begun.elapsed().as_secs() < 5, "{error}");
        tokio::task::yield_now().await;
    }
    assert_eq!(store.read(&archive_name(old), 0..100_000).await.unwrap(), [1; 100_000]);
}

/// A second writer, killed or not, keeps nobody from writing: who comes first with a whole file has the name.
#[tokio::test]
async fn what_somebody_else_has_half_written_stands_in_nobodys_way() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::new(folder.path().to_owned());
    let (sidecar, archive) = (sidecar_name(ID), archive_name(ID));
    store.put(&sidecar, Bytes::from_static(b"old"), PutMode::Create).await.unwrap();
    for (kind, half) in
        [(SIDECARS, format!(".{ID}.json.partial")), (ARCHIVES, format!(".{ID}.backup.partial"))]
    {
        fs::create_dir_all(folder.path().join(kind)).unwrap();
        fs::write(folder.path().join(kind).join(half), "half").unwrap();
    }
    let mut slow = store.create(&archive).await.unwrap();
    slow.write(b"slow".to_vec()).await.unwrap();

    store.put(&sidecar, Bytes::from_static(b"new"), PutMode::Overwrite).await.unwrap();
    assert_eq!(store.read(&sidecar, 0..3).await.unwrap(), b"new");
    let again = store.put(&sidecar, Bytes::from_static(b"any"), PutMode::Create).await.unwrap_err();
    assert_eq!(again.kind, StoreErrorKind::AlreadyExists);
    upload(&store, &archive, b"whole").await.unwrap();
    assert_eq!(slow.commit().await.unwrap_err().kind, StoreErrorKind::AlreadyExists);
    assert_eq!(store.read(&archive, 0..5).await.unwrap(), b"whole");
}

#[tokio::test]
async fn sweep_removes_what_a_killed_process_left_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::new(folder.path().to_owned());
    upload(&store, &archive_name(ID), b"whole").await.unwrap();
    let abandoned = ".backup-1642684800001-a1b2c3d4.backup.partial";
    let foreign = ".somebody-elses.partial";
    for name in [abandoned, foreign] {
        fs::write(folder.path().join(ARCHIVES).join(name), "half").unwrap();
    }
    let mut writing = store.create(&archive_name("backup-1642684800002-a1b2c3d4")).await.unwrap();
    writing.write(b"being written".to_vec()).await.unwrap();

    assert_eq!(store.sweep().await.unwrap(), 1);
    writing.commit().await.unwrap();
    assert_eq!(
        files_in(&folder.path().join(ARCHIVES)),
        [foreign.to_owned(), format!("{ID}.backup"), "backup-1642684800002-a1b2c3d4.backup".to_owned()]
    );
    assert_eq!(store.sweep().await.unwrap(), 0);
}

#[tokio::test]
async fn faults_come_when_they_were_ordered() {
    let memory = MemoryStore::default();
    let store = FaultyStore::over(memory.clone()).fail(Call::Read, 2, StoreErrorKind::Denied).fail_from(
        Call::List,
        1,
        StoreErrorKind::Other,
    );
    upload(&store, &archive_name(ID), b"0123456789").await.unwrap();
    assert!(store.read(&archive_name(ID), 0..4).await.is_ok());
    assert_eq!(store.read(&archive_name(ID), 0..4).await.unwrap_err().kind, StoreErrorKind::Denied);
    assert!(store.read(&archive_name(ID), 4..6).await.is_ok());
    assert!(store.list(ARCHIVES).await.is_err());
    assert!(store.list(ARCHIVES).await.is_err());
    assert_eq!((store.count(Call::Read), store.bytes_read(), store.bytes_written()), (3, 6, 10));
    store.heal();
    assert!(store.list(ARCHIVES).await.is_ok());
}

#[tokio::test]
async fn hung_upload_goes_on_when_released() {
    let memory = MemoryStore::default();
    let store = FaultyStore::over(memory.clone()).full_after(15);
    let hold = store.hang(Call::Commit, 1);
    let hung = store.clone();
    let task = tokio::spawn(async move { upload(&hung, &archive_name(ID), b"0123456789").await });
    hold.reached().await;
    assert!(memory.list(ARCHIVES).await.unwrap().is_empty());
    hold.release();
    task.await.unwrap().unwrap();
    assert_eq!(memory.list(ARCHIVES).await.unwrap().len(), 1);

    let failed = upload(&store, &archive_name("backup-1642684800002-a1b2c3d4"), b"0123456789").await;
    assert_eq!(failed.unwrap_err().kind, StoreErrorKind::Full);
    assert_eq!(store.bytes_written(), 15);
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn files_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

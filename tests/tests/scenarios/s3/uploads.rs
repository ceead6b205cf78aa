//! Uploads: who wins, and what is left of those that end early.

use std::time::Duration;

use aitta_engine::store::{ARCHIVES, Store, StoreErrorKind, archive_name};
use aitta_testing::conformance::upload;
use aitta_testing::s3::{BUCKET, Fault, Moto, S3Call, S3Server, client};

use super::{FEW, ID, MIB, pattern};

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_uploads_wins() {
    let server = S3Server::start();
    let (store, other) = (server.store(), server.store());
    for len in [10, 12 * MIB] {
        let name = archive_name(&format!("backup-16426848{len:05}-a1b2c3d4"));
        server.let_meet(if len > 8 * MIB { S3Call::Complete } else { S3Call::Put }, 2);
        let (a, b) = (vec![1; len], vec![2; len]);
        // Both have looked before the first one is there.
        let (one, two) = tokio::join!(upload(&store, &name, &a), upload(&other, &name, &b));
        let won = match (one, two) {
            (Ok(()), Err(lost)) => (a, lost),
            (Err(lost), Ok(())) => (b, lost),
            both => panic!("{len}: not one of two was the first: {both:?}"),
        };
        assert_eq!(won.1.kind, StoreErrorKind::AlreadyExists);
        assert!(store.read(&name, 0..len as u64).await.unwrap() == won.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_upload_is_removed_from_the_bucket() {
    let moto = Moto::start();
    let (store, other) = (moto.store(), moto.store().with_retries(FEW));
    let mut dropped = store.create(&archive_name(ID)).await.unwrap();
    dropped.write(vec![1; 30 * MIB]).await.unwrap();
    drop(dropped);
    store.settle().await;
    // Of another process, as it were: it spares nothing of that age.
    assert_eq!(other.sweep_older_than(Duration::ZERO).await.unwrap(), 0);

    let mut abandoned = other.create(&archive_name(ID)).await.unwrap();
    abandoned.write(vec![1; 30 * MIB]).await.unwrap();
    assert_eq!(other.sweep_older_than(Duration::ZERO).await.unwrap(), 0, "it is being written");
    assert_eq!(store.sweep_older_than(Duration::ZERO).await.unwrap(), 1);
    // What others keep beside the archives is theirs.
    let plain = client(moto.endpoint(), moto.keys());
    for key in
        ["shop/backups/mysqldump.sql", "shop/backups/sub/backup-1642684800000-a1b2c3d4.backup", "other/x"]
    {
        plain.create_multipart_upload().bucket(BUCKET).key(key).send().await.unwrap();
    }
    assert_eq!(store.sweep_older_than(Duration::ZERO).await.unwrap(), 0);
    assert_eq!(plain.list_multipart_uploads().bucket(BUCKET).send().await.unwrap().uploads().len(), 3);
    // moto answers 500 where S3 says NoSuchUpload.
    assert!(abandoned.commit().await.is_err());
    assert!(store.list(ARCHIVES).await.unwrap().is_empty());
}

/// moto says of every upload that it was begun in 2010, but tells the true time of its parts.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_goes_on_for_days_is_not_taken_for_abandoned() {
    let moto = Moto::start();
    let server = S3Server::before(&moto);
    let (store, other) = (server.store(), server.store());
    let content = pattern(30 * MIB);
    let mut long = other.create(&archive_name(ID)).await.unwrap();
    long.write(content.clone()).await.unwrap();
    let plain = client(&server.endpoint(), moto.keys());
    let empty = format!("shop/{}", archive_name("backup-1642684800001-a1b2c3d4"));
    plain.create_multipart_upload().bucket(BUCKET).key(empty).send().await.unwrap();
    // The parts are sent while the writer goes on.
    let has_parts = async |of: &str| {
        let uploads = plain.list_multipart_uploads().bucket(BUCKET).send().await.unwrap();
        let upload = uploads.uploads().iter().find(|upload| upload.key().unwrap().contains(of));
        let Some((key, id)) = upload.map(|upload| (upload.key().unwrap(), upload.upload_id().unwrap()))
        else {
            return false;
        };
        let parts = plain.list_parts().bucket(BUCKET).key(key).upload_id(id).send().await.unwrap();
        !parts.parts().is_empty()
    };
    let arrive = async |of: &str| while !has_parts(of).await {};
    let soon = Duration::from_secs(60);
    tokio::time::timeout(soon, arrive(ID)).await.unwrap();
    assert_eq!(store.sweep().await.unwrap(), 1, "the one of which nothing ever came");
    assert_eq!(store.sweep().await.unwrap(), 0);
    long.commit().await.unwrap();
    assert!(store.read(&archive_name(ID), 0..content.len() as u64).await.unwrap() == content);

    // What can't be found out is no reason to remove it.
    let unseen = "backup-1642684800002-a1b2c3d4";
    let mut denied = other.create(&archive_name(unseen)).await.unwrap();
    denied.write(content.clone()).await.unwrap();
    tokio::time::timeout(soon, arrive(unseen)).await.unwrap();
    server.fail(S3Call::Parts, Fault::Answer(403, "AccessDenied"));
    assert_eq!(store.sweep().await.unwrap_err().kind, StoreErrorKind::Denied);
    denied.commit().await.unwrap();
}

/// A beginning whose answer got lost leaves an upload with an unknown id.
#[tokio::test(flavor = "multi_thread")]
async fn upload_begun_twice_leaves_nothing_behind() {
    let moto = Moto::start();
    let server = S3Server::before(&moto);
    let (store, plain) = (server.store().with_retries(FEW), client(moto.endpoint(), moto.keys()));
    let unfinished = async || {
        let listed = plain.list_multipart_uploads().bucket(BUCKET).send().await.unwrap();
        listed.uploads().len()
    };
    let bytes = pattern(12 * MIB);
    server.fail(S3Call::Begin, Fault::LoseAnswer);
    let mut dropped = store.create(&archive_name(ID)).await.unwrap();
    dropped.write(bytes.clone()).await.unwrap();
    assert_eq!(unfinished().await, 2, "what got lost, and the one in use");
    drop(dropped);
    store.settle().await;
    assert_eq!(unfinished().await, 0);

    server.fail(S3Call::Begin, Fault::LoseAnswer);
    upload(&store, &archive_name(ID), &bytes).await.unwrap();
    store.settle().await;
    assert_eq!(unfinished().await, 0);
    assert!(store.read(&archive_name(ID), 0..bytes.len() as u64).await.unwrap() == bytes);

    let cancelled = archive_name("backup-1642684800001-a1b2c3d4");
    let mut upload = store.create(&cancelled).await.unwrap();
    server.let_meet(S3Call::Begin, 2);
    let begun = tokio::time::timeout(Duration::from_millis(300), upload.write(bytes)).await;
    assert!(begun.is_err(), "the server was to wait");
    drop(upload);
    // The other one for whom the server waits.
    let begin = client(&server.endpoint(), server.keys()).create_multipart_upload().bucket(BUCKET);
    let other = begin.key("elsewhere").send().await.unwrap();
    store.settle().await;
    let listed = plain.list_multipart_uploads().bucket(BUCKET).send().await.unwrap();
    let ids: Vec<_> = listed.uploads().iter().map(|upload| upload.upload_id()).collect();
    assert_eq!(ids, [other.upload_id()], "only what somebody else has begun");
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_part_ends_the_upload_and_leaves_nothing() {
    let server = S3Server::start();
    let store = server.store().with_retries(FEW);
    server.fail(S3Call::Part, Fault::Answer(403, "AccessDenied"));
    let failed = upload(&store, &archive_name(ID), &pattern(60 * MIB)).await.unwrap_err();
    assert_eq!(failed.kind, StoreErrorKind::Denied);
    store.settle().await;
    assert!(store.list(ARCHIVES).await.unwrap().is_empty());
    let seen = server.take_seen();
    assert!(seen.iter().any(|seen| seen.call == S3Call::Abort));
    assert!(!seen.iter().any(|seen| seen.call == S3Call::Complete));
}

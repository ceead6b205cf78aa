//! Object Lock and versions: what is kept, and that it is said.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aitta_engine::Error;
use aitta_engine::store::s3::S3Store;
use aitta_engine::store::{
    ARCHIVES, OldVersions, PutMode, SIDECARS, Store, StoreErrorKind, archive_name, sidecar_name,
};
use aitta_engine::store::{Checksums, S3Config};
use aitta_model::ErrorCode;
use aitta_testing::conformance::upload;
use aitta_testing::s3::{BUCKET, Fault, LOCKED_BUCKET, Moto, S3Call, S3Server, client, config};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::RequestChecksumCalculation;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{
    BucketVersioningStatus, DefaultRetention, ObjectLockConfiguration, ObjectLockEnabled,
    ObjectLockLegalHold, ObjectLockLegalHoldStatus, ObjectLockMode, ObjectLockRetentionMode, ObjectLockRule,
    VersioningConfiguration,
};
use bytes::Bytes;

use super::{FEW, ID, MIB, kind, pattern};

const DAY: u64 = 24 * 60 * 60;
const RETENTION: Duration = Duration::from_secs(30 * DAY);

fn locking(endpoint: &str, moto: &Moto) -> S3Store {
    let store = S3Store::new(config(endpoint, LOCKED_BUCKET), moto.keys().credentials());
    store.with_retries(FEW).with_retention(RETENTION)
}

/// The id of a backup that was begun so many seconds ago, and its time in seconds.
#[expect(clippy::disallowed_methods, reason = "the server compares with the clock of the machine")]
fn begun(seconds_ago: u64, letters: &str) -> (String, i64) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let then = now - seconds_ago;
    (format!("backup-{}-{letters}", then * 1000), then as i64)
}

async fn lock_of(client: &Client, name: &str) -> (Option<ObjectLockMode>, Option<DateTime>) {
    let found = client.head_object().bucket(LOCKED_BUCKET).key(format!("shop/{name}")).send().await.unwrap();
    (found.object_lock_mode, found.object_lock_retain_until_date)
}

/// A default retention of the bucket, which is still empty.
async fn lock_by_default(client: &Client, mode: ObjectLockRetentionMode, days: i32) {
    let retention = DefaultRetention::builder().mode(mode).days(days).build();
    let rule = ObjectLockRule::builder().default_retention(retention).build();
    let lock = ObjectLockConfiguration::builder().object_lock_enabled(ObjectLockEnabled::Enabled).rule(rule);
    let put = client.put_object_lock_configuration().bucket(LOCKED_BUCKET);
    put.object_lock_configuration(lock.build()).send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn archive_is_locked_until_it_expires() {
    let moto = Moto::start();
    let (store, client) = (locking(moto.endpoint(), &moto), client(moto.endpoint(), moto.keys()));
    for (len, letters) in [(10_000, "a1b2c3d4"), (12 * MIB, "b1b2c3d4")] {
        let (id, created) = begun(5 * DAY, letters);
        let name = archive_name(&id);
        upload(&store, &name, &pattern(len)).await.unwrap();
        let until = DateTime::from_secs(created + RETENTION.as_secs() as i64);
        let locked = (Some(ObjectLockMode::Governance), Some(until));
        assert_eq!(lock_of(&client, &name).await, locked, "{len}");
        store.rewrite(&name, 0, Bytes::from_static(b"new")).await.unwrap();
        assert_eq!(lock_of(&client, &name).await, locked, "{len}, with a new header");

        let refused = store.delete(&name).await.unwrap_err();
        assert_eq!(refused.kind, StoreErrorKind::Locked, "{refused}");
        let error = Error::from(refused);
        assert_eq!(error.code(), ErrorCode::StoreLocked);
        let day = aitta_model::Timestamp::from_second(until.secs()).unwrap().strftime("%Y-%m-%d").to_string();
        assert!(error.hint().contains(&day), "{}", error.hint());
        assert_eq!(kind(store.check_deletable(&name).await), StoreErrorKind::Locked);
        assert_eq!(store.read(&name, 0..3).await.unwrap(), b"new", "it is not hidden");
    }
    // Sidecars are not locked, nor is what has expired.
    store.put(&sidecar_name(ID), Bytes::from_static(b"{}"), PutMode::Create).await.unwrap();
    assert_eq!(lock_of(&client, &sidecar_name(ID)).await, (None, None));
    store.delete(&sidecar_name(ID)).await.unwrap();
    let old = archive_name(&begun(31 * DAY, "c1b2c3d4").0);
    upload(&store, &old, &pattern(12 * MIB)).await.unwrap();
    assert_eq!(lock_of(&client, &old).await, (None, None));
    store.check_deletable(&old).await.unwrap();
    store.delete(&old).await.unwrap();
    assert_eq!(store.list(ARCHIVES).await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_bucket_locks_longer_and_harder_counts() {
    let moto = Moto::start();
    let client = client(moto.endpoint(), moto.keys());
    lock_by_default(&client, ObjectLockRetentionMode::Compliance, 90).await;
    let store = locking(moto.endpoint(), &moto);
    let (id, created) = begun(0, "a1b2c3d4");
    upload(&store, &archive_name(&id), &pattern(12 * MIB)).await.unwrap();
    let (mode, until) = lock_of(&client, &archive_name(&id)).await;
    assert_eq!(mode, Some(ObjectLockMode::Compliance));
    let days = (until.unwrap().secs() - created) / DAY as i64;
    assert_eq!(days, 90);
    // Objects that are no archives can still be hidden: checks and rotations write sidecars.
    store.put(&sidecar_name(&id), Bytes::from_static(b"{}"), PutMode::Create).await.unwrap();
    store.delete(&sidecar_name(&id)).await.unwrap();
    assert!(store.list(SIDECARS).await.unwrap().is_empty());
}

/// S3 refuses what has no checksum where objects are locked, and so does moto.
#[tokio::test(flavor = "multi_thread")]
async fn locked_bucket_gets_a_checksum_whatever_the_settings_say() {
    let moto = Moto::start();
    let plain = client(moto.endpoint(), moto.keys());
    lock_by_default(&plain, ObjectLockRetentionMode::Governance, 1).await;
    let bare =
        plain.config().to_builder().request_checksum_calculation(RequestChecksumCalculation::WhenRequired);
    let put = Client::from_conf(bare.build()).put_object().bucket(LOCKED_BUCKET).key("bare");
    let refused = put.body(Bytes::from_static(b"x").into()).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("MissingUploadObjectWithObjectLockHeaders"), "{refused:?}");

    let config = S3Config { checksums: Checksums::WhenRequired, ..config(moto.endpoint(), LOCKED_BUCKET) };
    let store = S3Store::new(config, moto.keys().credentials()).with_retries(FEW).with_retention(RETENTION);
    for (len, letters) in [(10_000, "a1b2c3d4"), (12 * MIB, "b1b2c3d4")] {
        let name = archive_name(&begun(0, letters).0);
        upload(&store, &name, &pattern(len)).await.unwrap();
        store.rewrite(&name, 0, Bytes::from_static(b"new")).await.unwrap();
        assert_eq!(store.read(&name, 0..4).await.unwrap(), [b"new".as_slice(), &[3]].concat());
    }
    store.put(&sidecar_name(ID), Bytes::from_static(b"{}"), PutMode::Create).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn legal_hold_is_told_from_a_retention() {
    let moto = Moto::start();
    let (store, client) = (locking(moto.endpoint(), &moto), client(moto.endpoint(), moto.keys()));
    let name = archive_name(ID);
    upload(&store, &name, b"archive").await.unwrap();
    let hold = ObjectLockLegalHold::builder().status(ObjectLockLegalHoldStatus::On).build();
    let put = client.put_object_legal_hold().bucket(LOCKED_BUCKET).key(format!("shop/{name}"));
    put.legal_hold(hold).send().await.unwrap();
    let refused = store.delete(&name).await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::Locked);
    assert!(refused.hint.unwrap().contains("legal hold"));
}

/// moto takes no lock with an upload in parts, so that it has to be asked for afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn archive_that_could_not_be_locked_is_a_failure() {
    let moto = Moto::start();
    let server = S3Server::before(&moto);
    let store = locking(&server.endpoint(), &moto);
    let name = archive_name(&begun(0, "a1b2c3d4").0);
    server.fail(S3Call::Put, Fault::Answer(403, "AccessDenied"));
    let failed = upload(&store, &name, &pattern(12 * MIB)).await.unwrap_err();
    assert_eq!(failed.kind, StoreErrorKind::Denied, "{failed}");
    assert!(failed.to_string().contains("it is stored, but is not locked"), "{failed}");
    assert!(failed.hint.unwrap().contains("s3:PutObjectRetention"));
}

/// Archives are written even where these rights are missing.
#[tokio::test(flavor = "multi_thread")]
async fn lock_that_is_not_told_keeps_nobody_from_a_backup() {
    let moto = Moto::start();
    let server = S3Server::before(&moto);
    let store = locking(&server.endpoint(), &moto);
    // Whether there is such a bucket, and whether it has Object Lock.
    for _ in 0..2 {
        server.fail(S3Call::Other, Fault::Answer(403, "AccessDenied"));
    }
    let name = archive_name(&begun(0, "a1b2c3d4").0);
    upload(&store, &name, b"archive").await.unwrap();
    assert!(server.has_failed());
    assert_eq!(lock_of(&client(moto.endpoint(), moto.keys()), &name).await, (None, None));
}

/// HEAD leaves a lock out for users without the rights: nothing is deleted or written anew then.
#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_seen_is_not_taken_for_unlocked() {
    let moto = Moto::start();
    let server = S3Server::before(&moto);
    let store = locking(&server.endpoint(), &moto);
    let name = archive_name(&begun(31 * DAY, "a1b2c3d4").0);
    upload(&store, &name, &pattern(1000)).await.unwrap();
    for _ in 0..3 {
        server.fail(S3Call::Get, Fault::Answer(403, "AccessDenied"));
    }
    for refused in [
        store.check_deletable(&name).await.unwrap_err(),
        store.delete(&name).await.unwrap_err(),
        store.rewrite(&name, 0, Bytes::from_static(b"new")).await.map(drop).unwrap_err(),
    ] {
        assert_eq!(refused.kind, StoreErrorKind::Denied, "{refused}");
        assert!(refused.to_string().contains("whether it is locked"), "{refused}");
        assert!(refused.hint.unwrap().contains("s3:GetObjectRetention"));
    }
    assert_eq!(store.read(&name, 0..3).await.unwrap(), pattern(1000)[..3]);
    store.delete(&name).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn old_versions_are_counted() {
    let moto = Moto::start();
    let (store, client) = (moto.store().with_retries(FEW), client(moto.endpoint(), moto.keys()));
    let name = archive_name(ID);
    upload(&store, &name, &pattern(1000)).await.unwrap();
    store.rewrite(&name, 0, Bytes::from_static(b"new")).await.unwrap();
    assert_eq!(store.old_versions(ARCHIVES).await, OldVersions::None, "it has no versions");

    let on = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    client.put_bucket_versioning().bucket(BUCKET).versioning_configuration(on).send().await.unwrap();
    assert_eq!(store.old_versions(ARCHIVES).await, OldVersions::None, "nothing was replaced since");
    store.rewrite(&name, 0, Bytes::from_static(b"newer")).await.unwrap();
    let kept = |count| OldVersions::Kept { count, bytes: 1000 * count };
    assert_eq!(store.old_versions(ARCHIVES).await, kept(1));
    store.delete(&name).await.unwrap();
    assert_eq!(store.old_versions(&name).await, kept(2));
    assert_eq!(store.old_versions(SIDECARS).await, OldVersions::None);
    // Some pages of them.
    for number in 0..2 * Moto::PAGE {
        let key = format!("shop/backups/backup-{number}");
        client.put_object().bucket(BUCKET).key(&key).send().await.unwrap();
        client.delete_object().bucket(BUCKET).key(&key).send().await.unwrap();
    }
    assert_eq!(
        store.old_versions(ARCHIVES).await,
        OldVersions::Kept { count: 2 * Moto::PAGE as u64 + 2, bytes: 2_000 }
    );

    let guest = S3Store::new(config(moto.endpoint(), BUCKET), moto.guest().credentials()).with_retries(FEW);
    match guest.old_versions(ARCHIVES).await {
        OldVersions::Unknown(why) => assert!(why.contains("s3:GetBucketVersioning"), "{why}"),
        told => panic!("a guest was told {told:?}"),
    }
}

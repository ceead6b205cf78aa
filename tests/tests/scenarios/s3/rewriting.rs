//! New headers for archives: what is sent, what stays, and who may.

use aitta_engine::store::s3::S3Store;
use aitta_engine::store::{PutMode, Store, StoreErrorKind, archive_name, sidecar_name};
use aitta_engine::store::{S3Config, ServerEncryption};
use aitta_testing::conformance::upload;
use aitta_testing::s3::{LOCKED_BUCKET, Moto, S3Call, S3Server, client, config};
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{
    ObjectLockMode, ObjectLockRetention, ObjectLockRetentionMode, ServerSideEncryption, StorageClass,
};
use bytes::Bytes;

use super::{FEW, ID, MIB, pattern};

#[tokio::test(flavor = "multi_thread")]
async fn rewritten_header_sends_one_part_at_most() {
    let server = S3Server::start();
    let store = server.store();
    let mut bytes = pattern(20 * MIB);
    upload(&store, &archive_name(ID), &bytes).await.unwrap();
    drop(server.take_seen());

    let sent = store.rewrite(&archive_name(ID), 512, Bytes::from(vec![7; 512])).await.unwrap();
    bytes[512..1024].fill(7);
    let seen = server.take_seen();
    let of = |call| seen.iter().filter(move |seen| seen.call == call);
    let really_sent: u64 = of(S3Call::Part).chain(of(S3Call::Put)).map(|seen| seen.sent).sum();
    assert_eq!((sent, really_sent), (5 << 20, 5 << 20));
    assert_eq!((of(S3Call::Part).count(), of(S3Call::Copy).count(), of(S3Call::Put).count()), (1, 1, 0));
    assert!(store.read(&archive_name(ID), 0..bytes.len() as u64).await.unwrap() == bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn header_is_not_rewritten_when_somebody_else_was_faster() {
    let server = S3Server::start();
    let store = server.store();
    for len in [10_000, 12 * MIB] {
        let name = archive_name(&format!("backup-16426848{len:05}-a1b2c3d4"));
        upload(&store, &name, &pattern(len)).await.unwrap();
        let call = if len > 5 * MIB { S3Call::Complete } else { S3Call::Put };
        server.let_meet(call, 2);
        let rewrite = |byte| store.rewrite(&name, 0, Bytes::from(vec![byte; 10]));
        let (one, two) = tokio::join!(rewrite(1), rewrite(2));
        let won = match (&one, &two) {
            (Ok(_), Err(lost)) | (Err(lost), Ok(_)) => {
                assert_eq!(lost.kind, StoreErrorKind::Other, "{lost}");
                assert!(lost.to_string().contains("changed by somebody else"), "{lost}");
                if one.is_ok() { 1 } else { 2 }
            }
            both => panic!("{len}: not one of two was the first: {both:?}"),
        };
        assert_eq!(store.read(&name, 0..11).await.unwrap(), [[won; 10].as_slice(), &[10]].concat());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn object_with_a_new_header_is_locked_and_stored_as_before() {
    let moto = Moto::start();
    let config = S3Config {
        storage_class: Some("STANDARD_IA".to_owned()),
        encryption: ServerEncryption::S3,
        ..config(moto.endpoint(), LOCKED_BUCKET)
    };
    let store = S3Store::new(config.clone(), moto.keys().credentials()).with_retries(FEW);
    // Somebody who has other settings by now rotates.
    let plain = S3Config { storage_class: None, encryption: ServerEncryption::Bucket, ..config };
    let rotating = S3Store::new(plain, moto.keys().credentials()).with_retries(FEW);
    let client = client(moto.endpoint(), moto.keys());
    let until = DateTime::from_secs(4_102_444_800);
    for len in [10_000, 12 * MIB] {
        let name = archive_name(&format!("backup-16426848{len:05}-a1b2c3d4"));
        let key = format!("shop/{name}");
        let mut bytes = pattern(len);
        upload(&store, &name, &bytes).await.unwrap();
        let retention = ObjectLockRetention::builder()
            .mode(ObjectLockRetentionMode::Governance)
            .retain_until_date(until)
            .build();
        client
            .put_object_retention()
            .bucket(LOCKED_BUCKET)
            .key(&key)
            .retention(retention)
            .send()
            .await
            .unwrap();

        rotating.rewrite(&name, 100, Bytes::from_static(b"new")).await.unwrap();
        bytes[100..103].copy_from_slice(b"new");
        assert!(store.read(&name, 0..len as u64).await.unwrap() == bytes);
        let found = client.head_object().bucket(LOCKED_BUCKET).key(&key).send().await.unwrap();
        assert_eq!(found.object_lock_retain_until_date(), Some(&until), "{len}");
        assert_eq!(found.object_lock_mode(), Some(&ObjectLockMode::Governance), "{len}");
        assert_eq!(found.storage_class(), Some(&StorageClass::StandardIa), "{len}");
        assert_eq!(found.server_side_encryption(), Some(&ServerSideEncryption::Aes256), "{len}");
    }
    // Sidecars are no archives.
    store.put(&sidecar_name(ID), Bytes::from_static(b"{}"), PutMode::Create).await.unwrap();
    let sidecar = client.head_object().bucket(LOCKED_BUCKET).key(format!("shop/{}", sidecar_name(ID)));
    assert_eq!(sidecar.send().await.unwrap().storage_class(), None);
}

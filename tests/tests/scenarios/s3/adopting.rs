//! Copies that the service makes by itself.

use std::time::Duration;

use aitta_engine::store::S3Config;
use aitta_engine::store::{ARCHIVES, S3Store, Store, StoreErrorKind, archive_name};
use aitta_testing::conformance::upload;
use aitta_testing::s3::{BUCKET, Fault, Moto, S3Call, S3Server, config};

use super::{FEW, ID, MIB, kind, pattern};

/// Another folder of the same bucket.
fn beside(endpoint: &str, keys: &aitta_testing::s3::Keys) -> S3Store {
    let config = S3Config { prefix: "cöpies of shop/".to_owned(), ..config(endpoint, BUCKET) };
    S3Store::new(config, keys.credentials()).with_retries(FEW)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_is_copied_within_the_service_and_never_replaced() {
    let server = S3Server::start();
    let (store, other) = (server.store(), beside(&server.endpoint(), server.keys()));
    for (len, id) in [(12 * MIB, ID), (10, "backup-1642684800001-a1b2c3d4")] {
        let (name, bytes) = (archive_name(id), pattern(len));
        upload(&store, &name, &bytes).await.unwrap();
        drop(server.take_seen());
        let source = store.copy_source(&name).unwrap();
        assert!(other.adopt(&name, &source, len as u64).await.unwrap());
        let seen = server.take_seen();
        assert!(seen.iter().any(|seen| seen.call == S3Call::Copy), "{seen:?}");
        assert!(
            !seen.iter().any(|seen| matches!(seen.call, S3Call::Get | S3Call::Part | S3Call::Put)),
            "{seen:?}"
        );
        assert!(other.read(&name, 0..len as u64).await.unwrap() == bytes);
        assert_eq!(kind(other.adopt(&name, &source, len as u64).await), StoreErrorKind::AlreadyExists);
    }
    assert_eq!(store.list(ARCHIVES).await.unwrap().len(), 2);
}

/// It leaves nothing behind, and the object is sent then.
#[tokio::test(flavor = "multi_thread")]
async fn where_the_service_does_not_copy_nothing_is_left() {
    let moto = Moto::start();
    let server = S3Server::before(&moto);
    let (store, other) = (server.store(), beside(&server.endpoint(), server.keys()));
    let (name, bytes) = (archive_name(ID), pattern(6 * MIB));
    upload(&store, &name, &bytes).await.unwrap();
    let source = store.copy_source(&name).unwrap();
    let size = bytes.len() as u64;
    for fault in [Fault::Answer(403, "AccessDenied"), Fault::Answer(501, "NotImplemented")] {
        server.fail(S3Call::Copy, fault);
        assert!(!other.adopt(&name, &source, size).await.unwrap(), "{fault:?}");
        assert!(server.has_failed());
    }
    assert!(!other.adopt(&name, &source, size + 1).await.unwrap(), "another object than was meant");
    let elsewhere = aitta_engine::store::CopySource { service: "aws".to_owned(), ..source.clone() };
    assert!(!other.adopt(&name, &elsewhere, size).await.unwrap(), "another service");
    let gone = aitta_engine::store::CopySource { key: "gone".to_owned(), ..source.clone() };
    assert!(!other.adopt(&name, &gone, size).await.unwrap());
    other.settle().await;
    assert_eq!(other.sweep_older_than(Duration::ZERO).await.unwrap(), 0);
    assert!(other.list(ARCHIVES).await.unwrap().is_empty());

    server.fail(S3Call::Copy, Fault::LoseAnswer);
    assert!(other.adopt(&name, &source, size).await.unwrap(), "what passes is tried again");
    assert!(other.read(&name, 0..size).await.unwrap() == bytes);
}

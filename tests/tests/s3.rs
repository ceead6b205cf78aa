//! Archives in S3, on good and on bad days, against real servers.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use aitta_engine::config::{Checksums, S3Config, ServerEncryption, StoreSecret};
use aitta_engine::store::s3::{PartSizes, Retries, S3Store};
use aitta_engine::store::{
    ARCHIVES, Credentials, PutMode, SIDECARS, Store, StoreError, StoreErrorKind, archive_name, sidecar_name,
};
use aitta_testing::conformance::{store_conformance, store_conformance_with, upload};
use aitta_testing::s3::{BUCKET, Fault, Keys, LOCKED_BUCKET, Moto, S3Call, S3Server, client, config};
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{
    ObjectLockMode, ObjectLockRetention, ObjectLockRetentionMode, ServerSideEncryption, StorageClass,
};
use bytes::Bytes;

const ID: &str = "backup-1642684800000-a1b2c3d4";
const MIB: usize = 1 << 20;

/// Quick, so that a test of what never gets better ends soon.
const FEW: Retries =
    Retries { attempts: 3, first_wait: Duration::from_millis(5), longest_wait: Duration::from_millis(20) };

/// The smallest parts that S3 takes, and most of them in files.
const SMALL: PartSizes = PartSizes { steps: &[(1, 5 << 20), (9_999, (5 << 20) + 1_000)], in_memory: 5 << 20 };

#[tokio::test(flavor = "multi_thread")]
async fn s3_store_conforms() {
    let server = S3Server::start();
    store_conformance(&server.store()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_store_without_the_newer_checksums_conforms() {
    let server = S3Server::start();
    let config = S3Config { checksums: Checksums::WhenRequired, ..config(&server.endpoint(), BUCKET) };
    store_conformance(&S3Store::new(config, server.keys().credentials()).with_part_sizes(SMALL)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_store_that_spools_its_parts_conforms() {
    let server = S3Server::start();
    store_conformance(&server.store().with_part_sizes(SMALL)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_store_in_moto_conforms() {
    let moto = Moto::start();
    // As many objects as its pages, which are short, have to make it three of them.
    store_conformance_with(&moto.store(), 2 * Moto::PAGE + 1).await;
}

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
    // moto answers 500 where S3 says NoSuchUpload.
    assert!(abandoned.commit().await.is_err());
    assert!(store.list(ARCHIVES).await.unwrap().is_empty());
}

/// A beginning whose answer got lost leaves an upload that nobody knows.
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

#[tokio::test(flavor = "multi_thread")]
async fn lost_answer_is_no_failure() {
    let server = S3Server::start();
    let store = server.store().with_retries(FEW);
    server.fail(S3Call::Put, Fault::LoseAnswer);
    store.put(&sidecar_name(ID), Bytes::from_static(b"{}"), PutMode::Create).await.unwrap();
    let again = store.put(&sidecar_name(ID), Bytes::from_static(b"{}"), PutMode::Create).await;
    assert_eq!(kind(again), StoreErrorKind::AlreadyExists);

    let bytes = pattern(20 * MIB);
    for call in [S3Call::Begin, S3Call::Part, S3Call::Complete] {
        server.fail(call, Fault::LoseAnswer);
    }
    upload(&store, &archive_name(ID), &bytes).await.unwrap();
    for call in [S3Call::Begin, S3Call::Copy, S3Call::Complete] {
        server.fail(call, Fault::LoseAnswer);
    }
    store.rewrite(&archive_name(ID), 0, Bytes::from_static(b"new header")).await.unwrap();
    assert!(server.has_failed());
    let read = store.read(&archive_name(ID), 0..bytes.len() as u64).await.unwrap();
    assert!(read[..10] == *b"new header" && read[10..] == bytes[10..]);
}

/// S3 answers the end of an upload with status 200 before it knows how it ends.
#[tokio::test(flavor = "multi_thread")]
async fn error_behind_a_good_status_is_an_error() {
    let server = S3Server::start();
    let store = server.store().with_retries(FEW);
    let bytes = pattern(10 * MIB);
    server.fail(S3Call::Complete, Fault::HiddenError("InternalError"));
    upload(&store, &archive_name(ID), &bytes).await.unwrap();

    let other = archive_name("backup-1642684800001-a1b2c3d4");
    for _ in 0..FEW.attempts {
        server.fail(S3Call::Complete, Fault::HiddenError("InternalError"));
    }
    let failed = upload(&store, &other, &bytes).await.unwrap_err();
    assert_eq!(failed.kind, StoreErrorKind::Unreachable, "{failed}");
    store.settle().await;
    assert_eq!(store.list(ARCHIVES).await.unwrap().len(), 1);
    assert!(server.has_failed());
}

#[tokio::test(flavor = "multi_thread")]
async fn passing_failures_are_tried_again() {
    let server = S3Server::start();
    let store = server.store().with_retries(FEW);
    let passing = [
        Fault::Answer(503, "SlowDown"),
        Fault::Answer(500, "InternalError"),
        Fault::Answer(429, "TooManyRequests"),
        Fault::Cut,
    ];
    let calls = [S3Call::Head, S3Call::Begin, S3Call::Part, S3Call::Complete, S3Call::Get, S3Call::List];
    let bytes = pattern(10 * MIB);
    for (number, fault) in passing.into_iter().enumerate() {
        let name = archive_name(&format!("backup-164268480000{number}-a1b2c3d4"));
        for call in calls {
            server.fail(call, fault);
        }
        upload(&store, &name, &bytes).await.unwrap();
        assert!(store.read(&name, 0..bytes.len() as u64).await.unwrap() == bytes, "{fault:?}");
        assert_eq!(store.list(ARCHIVES).await.unwrap().len(), number + 1);
        assert!(server.has_failed(), "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answer_that_is_cut_is_read_on() {
    let server = S3Server::start();
    let store = server.store().with_retries(FEW);
    let bytes = pattern(3 * MIB);
    upload(&store, &archive_name(ID), &bytes).await.unwrap();
    for len in [1_000_000, 0, 700_000] {
        server.fail(S3Call::Get, Fault::CutBody(len));
    }
    drop(server.take_seen());
    assert!(store.read(&archive_name(ID), 10..2_000_010).await.unwrap() == bytes[10..2_000_010]);
    let ranges: Vec<_> = server.take_seen().into_iter().filter_map(|seen| seen.range).collect();
    let expected = ["10-2000009", "1000010-2000009", "1000010-2000009", "1700010-2000009"];
    assert_eq!(ranges, expected.map(|range| format!("bytes={range}")));

    for _ in 0..FEW.attempts {
        server.fail(S3Call::Get, Fault::CutBody(0));
    }
    assert_eq!(kind(store.read(&archive_name(ID), 0..10).await), StoreErrorKind::Unreachable);
}

#[tokio::test(flavor = "multi_thread")]
async fn server_restarted_in_the_middle_of_an_upload_ends_well() {
    let mut server = S3Server::start();
    let store = server.store();
    let bytes = pattern(40 * MIB);
    let mut upload = store.create(&archive_name(ID)).await.unwrap();
    upload.write(bytes[..17 * MIB].to_vec()).await.unwrap();
    server.stop();
    let rest = tokio::spawn({
        let rest = bytes[17 * MIB..].to_vec();
        async move {
            upload.write(rest).await?;
            upload.commit().await
        }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.restart();
    rest.await.unwrap().unwrap();
    assert!(store.read(&archive_name(ID), 0..bytes.len() as u64).await.unwrap() == bytes);
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

#[tokio::test(flavor = "multi_thread")]
async fn each_mistake_has_its_meaning() {
    let server = S3Server::start();
    let keys = server.keys().clone();
    let with = |keys: &Keys, bucket: &str| {
        S3Store::new(config(&server.endpoint(), bucket), keys.credentials()).with_retries(FEW)
    };
    let wrong_secret = Keys { secret: "lepakko/haapa+88".to_owned(), ..keys.clone() };
    let wrong_id = Keys { id: "AKIANOBODY".to_owned(), ..keys.clone() };
    everywhere(&with(&wrong_secret, BUCKET), StoreErrorKind::WrongCredentials, "AWS_SECRET_ACCESS_KEY").await;
    everywhere(&with(&wrong_id, BUCKET), StoreErrorKind::WrongCredentials, "AWS_ACCESS_KEY_ID").await;
    // s3s-fs makes a bucket for whoever puts something there; moto does not, see below.
    let missing = with(&keys, "no-such-bucket");
    for failure in [
        missing.list(ARCHIVES).await.err(),
        missing.head(&archive_name(ID)).await.err(),
        missing.read(&archive_name(ID), 0..10).await.err(),
        missing.create(&archive_name(ID)).await.err(),
    ] {
        assert_eq!(failure.unwrap().kind, StoreErrorKind::StoreMissing);
    }

    let none = S3Store::new(config(&server.endpoint(), BUCKET), Credentials::found(|| Ok(None)));
    everywhere(&none, StoreErrorKind::NoCredentials, "AWS_ACCESS_KEY_ID").await;
    let garbled = Credentials::given(StoreSecret::new("kataja/pihlaja+5150"));
    let garbled = S3Store::new(config(&server.endpoint(), BUCKET), garbled);
    everywhere(&garbled, StoreErrorKind::WrongCredentials, "AWS_ACCESS_KEY_ID").await;

    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let dead =
        S3Store::new(config(&format!("http://{nobody}"), BUCKET), keys.credentials()).with_retries(FEW);
    everywhere(&dead, StoreErrorKind::Unreachable, "BACKUP_STORE_ENDPOINT").await;
}

/// What AWS says and no test server does.
#[tokio::test(flavor = "multi_thread")]
async fn answers_of_aws_have_their_meaning() {
    let server = S3Server::start();
    let store = server.store().with_retries(FEW);
    let region = ("x-amz-bucket-region", "eu-west-3");
    let answers = [
        (Fault::AnswerWith(301, "PermanentRedirect", region), StoreErrorKind::WrongRegion, "eu-west-3"),
        (Fault::AnswerWith(400, "", region), StoreErrorKind::WrongRegion, "eu-west-3"),
        (Fault::Answer(400, "IllegalLocationConstraintException"), StoreErrorKind::WrongRegion, "AWS_REGION"),
        (Fault::Answer(403, "RequestTimeTooSkewed"), StoreErrorKind::ClockSkew, ""),
        (Fault::Answer(400, "ExpiredToken"), StoreErrorKind::ExpiredCredentials, "aws sso login"),
        (Fault::Answer(400, "InvalidToken"), StoreErrorKind::WrongCredentials, "AWS_ACCESS_KEY_ID"),
        (Fault::Answer(403, "AccessDenied"), StoreErrorKind::Denied, "s3:ListBucket"),
        (Fault::Answer(507, "InsufficientStorage"), StoreErrorKind::Full, "quota"),
        (Fault::Answer(400, "XAmzContentChecksumMismatch"), StoreErrorKind::Other, "S3_CHECKSUMS"),
    ];
    for (fault, expected, hint) in answers {
        // A HEAD has no body: what it means is asked for by a GET.
        server.fail(S3Call::Head, fault);
        server.fail(S3Call::Get, fault);
        let error = store.head(&archive_name(ID)).await.unwrap_err();
        assert_eq!(error.kind, expected, "{fault:?}: {error}");
        assert!(error.hint.as_deref().unwrap_or_default().contains(hint), "{fault:?}: {:?}", error.hint);
        server.fail(S3Call::List, fault);
        assert_eq!(store.list(ARCHIVES).await.unwrap_err().kind, expected, "{fault:?}");
    }
    assert!(server.has_failed());
}

#[tokio::test(flavor = "multi_thread")]
async fn moto_refuses_what_aws_refuses() {
    let moto = Moto::start();
    let with = |keys: &Keys, bucket: &str| {
        S3Store::new(config(moto.endpoint(), bucket), keys.credentials()).with_retries(FEW)
    };
    let wrong_secret = Keys { secret: "lepakko/haapa+88".to_owned(), ..moto.keys().clone() };
    let wrong_id = Keys { id: "AKIANOBODY".to_owned(), ..moto.keys().clone() };
    everywhere(&with(&wrong_secret, BUCKET), StoreErrorKind::WrongCredentials, "AWS_SECRET_ACCESS_KEY").await;
    everywhere(&with(&wrong_id, BUCKET), StoreErrorKind::WrongCredentials, "AWS_ACCESS_KEY_ID").await;
    everywhere(&with(moto.keys(), "no-such-bucket"), StoreErrorKind::StoreMissing, "S3_BACKUP_BUCKET").await;
    everywhere(&with(moto.guest(), BUCKET), StoreErrorKind::Denied, "s3:PutObject").await;
}

/// All calls fail with this meaning and hint, and show no secret.
async fn everywhere(store: &S3Store, expected: StoreErrorKind, hint: &str) {
    let (archive, sidecar) = (archive_name(ID), sidecar_name(ID));
    let failures = [
        store.list(ARCHIVES).await.err(),
        store.list(SIDECARS).await.err(),
        store.head(&archive).await.err(),
        store.read(&archive, 0..10).await.err(),
        store.read(&archive, 5..5).await.err(),
        store.delete(&archive).await.err(),
        store.rewrite(&archive, 0, Bytes::from_static(b"x")).await.err(),
        store.create(&archive).await.err(),
        store.put(&sidecar, Bytes::from_static(b"{}"), PutMode::Create).await.err(),
        store.put(&sidecar, Bytes::from_static(b"{}"), PutMode::Overwrite).await.err(),
    ];
    for (number, failure) in failures.into_iter().enumerate() {
        let failure = failure.unwrap_or_else(|| panic!("{expected:?}: call {number} went well"));
        assert_eq!(failure.kind, expected, "call {number}: {failure}");
        let failure_hint = failure.hint.as_deref().unwrap_or_default();
        assert!(failure_hint.contains(hint), "call {number}: {failure_hint}");
        let all = format!("{failure:?} {failure}");
        for secret in ["pihlaja+5150", "lepakko/haapa"] {
            assert!(!all.contains(secret), "call {number} shows a secret");
        }
    }
}

fn pattern(len: usize) -> Vec<u8> {
    (0..=250).cycle().take(len).collect()
}

#[track_caller]
fn kind<T>(answer: Result<T, StoreError>) -> StoreErrorKind {
    match answer {
        Ok(_) => panic!("the store should have refused"),
        Err(error) => error.kind,
    }
}

//! Each mistake of a configuration has its own meaning and hint.

use aitta_engine::store::StoreSecret;
use aitta_engine::store::s3::S3Store;
use aitta_engine::store::{
    ARCHIVES, Credentials, PutMode, SIDECARS, Store, StoreErrorKind, archive_name, sidecar_name,
};
use aitta_testing::s3::{BUCKET, Fault, Keys, Moto, S3Call, S3Server, config};
use bytes::Bytes;

use super::{FEW, ID};

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
    // s3s-fs makes a bucket with the first object; moto does not, see below.
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
    everywhere(&with(moto.guest(), BUCKET), StoreErrorKind::Denied, "s3:PutObjectRetention").await;
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

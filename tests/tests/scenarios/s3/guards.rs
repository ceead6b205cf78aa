//! What buckets promise, and that what they do not tell is never called fine.

use aitta_engine::store::s3::S3Store;
use aitta_engine::store::{DELETION, PutMode, Store, check};
use aitta_model::GuardState::{Fine, Unknown, Warning};
use aitta_model::{ErrorCode, GuardState, StoreGuard};
use aitta_testing::s3::{BUCKET, Fault, LOCKED_BUCKET, Moto, S3Call, S3Server, client, config};
use aws_sdk_s3::types::{
    BucketCannedAcl, PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
};
use bytes::Bytes;

use super::FEW;

const PROBE: &str = "metadata/.probe";

fn of(guards: &[StoreGuard], name: &str) -> (GuardState, String) {
    let found = guards.iter().find(|guard| guard.guard == name);
    let found = found.unwrap_or_else(|| panic!("{name} is not among {guards:?}"));
    (found.state, found.words.clone())
}

async fn probed(store: &S3Store) -> Vec<StoreGuard> {
    store.put(PROBE, Bytes::from_static(b"x"), PutMode::Overwrite).await.unwrap();
    store.guards(PROBE).await
}

#[tokio::test(flavor = "multi_thread")]
async fn bucket_without_guards_is_warned_of() {
    let moto = Moto::start();
    let report = check(&moto.store().with_retries(FEW)).await.unwrap();
    let expected = [
        ("public_access", Fine, "nobody else can read it"),
        ("versioning", Warning, "enable versioning"),
        ("encryption", Warning, "S3_ENCRYPTION"),
        ("object_lock", Warning, "can delete every archive"),
        ("create_only", Fine, "never lets a new object"),
    ];
    assert_eq!(report.guards.len(), expected.len(), "{:?}", report.guards);
    for (name, state, words) in expected {
        let (found, said) = of(&report.guards, name);
        assert_eq!(found, state, "{name}: {said}");
        assert!(said.contains(words), "{name}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bucket_with_versions_and_locks_is_fine() {
    let moto = Moto::start();
    let store =
        S3Store::new(config(moto.endpoint(), LOCKED_BUCKET), moto.keys().credentials()).with_retries(FEW);
    let rule = ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::Aes256).build();
    let rule = ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(rule.unwrap());
    let rules = ServerSideEncryptionConfiguration::builder().rules(rule.build()).build().unwrap();
    let plain = client(moto.endpoint(), moto.keys());
    let encrypt = plain.put_bucket_encryption().bucket(LOCKED_BUCKET);
    encrypt.server_side_encryption_configuration(rules).send().await.unwrap();
    let report = check(&store).await.unwrap();
    for guard in &report.guards {
        assert_eq!(guard.state, Fine, "{guard:?}");
    }
    assert!(of(&report.guards, "object_lock").1.contains("GOVERNANCE"));
    assert!(of(&report.guards, "encryption").1.contains("AES256"));
}

#[tokio::test(flavor = "multi_thread")]
async fn bucket_that_everybody_can_read_is_warned_of() {
    let moto = Moto::start();
    let (store, plain) = (moto.store().with_retries(FEW), client(moto.endpoint(), moto.keys()));
    let public = async || of(&probed(&store).await, "public_access");

    plain.put_bucket_acl().bucket(BUCKET).acl(BucketCannedAcl::PublicRead).send().await.unwrap();
    let (state, words) = public().await;
    assert_eq!(state, Warning, "{words}");
    assert!(words.contains("access list"), "{words}");
    plain.put_bucket_acl().bucket(BUCKET).acl(BucketCannedAcl::Private).send().await.unwrap();
    assert_eq!(public().await.0, Fine);

    let policy = format!(
        r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::{BUCKET}/*"}}]}}"#
    );
    plain.put_bucket_policy().bucket(BUCKET).policy(policy).send().await.unwrap();
    let (state, words) = public().await;
    assert_eq!(state, Warning, "{words}");
    assert!(words.contains("its policy"), "{words}");

    // Half of a block stops no policy; all of it does.
    for (policies, expected) in [(false, Warning), (true, Fine)] {
        let block = PublicAccessBlockConfiguration::builder()
            .ignore_public_acls(true)
            .restrict_public_buckets(policies)
            .build();
        let block = plain.put_public_access_block().bucket(BUCKET).public_access_block_configuration(block);
        block.send().await.unwrap();
        let (state, words) = public().await;
        assert_eq!(state, expected, "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_or_not_known_is_never_fine() {
    let moto = Moto::start();
    let guest = S3Store::new(config(moto.endpoint(), BUCKET), moto.guest().credentials()).with_retries(FEW);
    let rights = [
        ("public_access", "s3:GetBucketPublicAccessBlock"),
        ("versioning", "s3:GetBucketVersioning"),
        ("encryption", "s3:GetEncryptionConfiguration"),
        ("object_lock", "s3:GetBucketObjectLockConfiguration"),
        ("create_only", "AccessDenied"),
    ];
    let guards = guest.guards(PROBE).await;
    for (name, words) in rights {
        let (state, said) = of(&guards, name);
        assert_eq!(state, Unknown, "{name}: {said}");
        assert!(said.contains(words), "{name}: {said}");
    }

    let server = S3Server::start();
    let guards = probed(&server.store().with_retries(FEW)).await;
    for name in ["public_access", "versioning", "encryption", "object_lock"] {
        let (state, said) = of(&guards, name);
        assert_eq!(state, Unknown, "{name}: {said}");
        assert!(said.contains("NotImplemented"), "{name}: {said}");
    }
    assert_eq!(of(&guards, "create_only").0, Fine);
}

/// Such credentials are safe to leave on a machine that may be broken into.
#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_may_not_delete_are_enough_and_told() {
    let server = S3Server::start();
    let store = server.store().with_retries(FEW);
    server.fail(S3Call::Delete, Fault::Answer(403, "AccessDenied"));
    let report = check(&store).await.unwrap();
    let (state, words) = of(&report.guards, DELETION);
    assert_eq!(state, Warning, "{words}");
    let left = store.list("metadata/").await.unwrap();
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(words.contains("AccessDenied") && words.contains(&left[0].name), "{words}");
    let report = check(&store).await.unwrap();
    assert!(report.guards.iter().all(|guard| guard.guard != DELETION), "{:?}", report.guards);

    server.fail(S3Call::Delete, Fault::Answer(405, "MethodNotAllowed"));
    let error = check(&store).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::StoreFailed);
    assert!(error.to_string().contains("could not be deleted"), "{error}");
    assert!(error.hint().contains("address of the store"), "{}", error.hint());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_every_name_is_no_store() {
    let server = S3Server::start();
    server.fail(S3Call::Head, Fault::Pretend);
    let error = check(&server.store().with_retries(FEW)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::StoreFailed);
    assert!(error.to_string().contains("made up just now"), "{error}");
    assert!(error.hint().contains("no store"), "{}", error.hint());
}

/// As if it took no notice of the condition.
#[tokio::test(flavor = "multi_thread")]
async fn server_that_replaces_objects_is_warned_of() {
    let server = S3Server::start();
    let store = server.store().with_retries(FEW);
    store.put(PROBE, Bytes::from_static(b"x"), PutMode::Create).await.unwrap();
    server.fail(S3Call::Put, Fault::Pretend);
    let (state, words) = of(&store.guards(PROBE).await, "create_only");
    assert_eq!(state, Warning, "{words}");
    assert!(words.contains("If-None-Match"), "{words}");
}

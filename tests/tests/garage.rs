//! The store in Garage, which refuses what the SDK sends on its own and ignores the condition to create only.
//!
//! A program of its own, built only with the feature `garage`: its server takes eight minutes to build.
#![expect(clippy::unwrap_used, reason = "tests")]

use aitta_engine::store::{Checksums, S3Config};
use aitta_engine::store::{S3Store, Store, StoreErrorKind, archive_name};
use aitta_testing::Aitta;
use aitta_testing::conformance::{store_conformance, upload};
use aitta_testing::s3::{BUCKET, Garage, REGION, config};

const ID: &str = "backup-1642684800000-a1b2c3d4";

#[tokio::test(flavor = "multi_thread")]
async fn s3_store_in_garage_conforms() {
    store_conformance(&Garage::start().store()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_is_not_replaced_though_the_server_would() {
    let garage = Garage::start();
    let store = garage.store();
    upload(&store, &archive_name(ID), b"the first").await.unwrap();
    let again = upload(&store, &archive_name(ID), b"the second").await.unwrap_err();
    assert_eq!(again.kind, StoreErrorKind::AlreadyExists);
    assert_eq!(store.read(&archive_name(ID), 0..9).await.unwrap(), b"the first");
}

/// The checksums come in headers, and not behind the body as the SDK would send them: that it takes.
#[tokio::test(flavor = "multi_thread")]
async fn checksums_in_headers_are_taken() {
    let garage = Garage::start();
    let config = S3Config { checksums: Checksums::Always, ..config(garage.endpoint(), BUCKET) };
    let store = S3Store::new(config, garage.keys().credentials());
    for (len, id) in [(10, ID), (20 << 20, "backup-1642684800001-a1b2c3d4")] {
        let bytes = vec![7; len];
        upload(&store, &archive_name(id), &bytes).await.unwrap();
        assert!(store.read(&archive_name(id), 0..len as u64).await.unwrap() == bytes);
    }
}

#[test]
fn a_backup_lives_in_garage_and_the_check_says_what_it_lacks() {
    let garage = Garage::start();
    let aitta = Aitta::new().env_remove("BACKUP_LOCAL_DIR");
    let file = aitta.home().join("shop.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(aitta_engine::sample::create(&file)).unwrap();
    let keys = garage.keys();
    let aitta = aitta
        .database(&format!("sqlite:{}", file.display()))
        .env("BACKUP_STORAGE_TYPE", "s3")
        .env("S3_BACKUP_BUCKET", BUCKET)
        .env("AWS_REGION", REGION)
        .env("AWS_ACCESS_KEY_ID", &keys.id)
        .env("AWS_SECRET_ACCESS_KEY", &keys.secret)
        .env("BACKUP_STORE_ENDPOINT", garage.endpoint())
        .env("S3_PATH_STYLE", "true")
        .env("S3_CHECKSUMS", "when-required");
    let checked = aitta.json(&["store", "check"]);
    let guards = checked["guards"].as_array().unwrap();
    let warned = guards.iter().any(|guard| {
        guard["state"] == "warning" && guard["words"].as_str().unwrap().contains("If-None-Match")
    });
    assert!(warned, "it takes no notice of the condition: {checked}");
    let made = aitta.json(&["backup", "create"]);
    assert_eq!(made["archive"]["state"], "verified", "{made}");
    assert_eq!(made["sampled"], false, "this server confirms no checksums: all of it is read back");
    let id = made["archive"]["id"].as_str().unwrap();
    assert_eq!(aitta.json(&["backup", "verify", id, "--level", "content"])["results"][0]["ok"], true);
    let to = format!("sqlite:{}", aitta.home().join("back.db").display());
    let restored = aitta.json(&["backup", "restore", "--backup-id", id, "--to", &to, "--reason", "drill"]);
    assert!(restored["proofs"].as_array().unwrap().len() > 3, "{restored}");
    aitta.json(&["backup", "delete", id, "--yes", "--reason", "routine"]);
    assert_eq!(aitta.json(&["store", "sweep", "--older-than", "0"])["removed"], 0);
}

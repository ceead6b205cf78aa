//! Buckets that keep what is deleted or replaced, and buckets that refuse it: what the command line says of them.

use aitta_testing::s3::{BUCKET, LOCKED_BUCKET, Moto, S3Server, client};
use aitta_testing::{Aitta, KEY, OTHER_KEY};
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use serde_json::Value;

use super::{azurite, text, with_bucket, with_container};

fn keep_versions(moto: &Moto) {
    let on = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    let client = client(moto.endpoint(), moto.keys());
    let put = client.put_bucket_versioning().bucket(BUCKET).versioning_configuration(on).send();
    tokio::runtime::Runtime::new().unwrap().block_on(put).unwrap();
}

fn rotate(aitta: &Aitta, more: &[&str]) -> (Option<i32>, Value) {
    let mut command = aitta.command(["key", "rotate", "--reason", "routine", "--json"]);
    let command = command.args(more).env("BACKUP_ENCRYPTION_KEY", OTHER_KEY).env("BACKUP_RETIRED_KEYS", KEY);
    let ended = command.output().unwrap();
    let told = serde_json::from_slice(&ended.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&ended.stderr)));
    (ended.status.code(), told)
}

fn notes(report: &Value) -> String {
    report["notes"].to_string()
}

#[test]
fn versions_that_remain_are_told_after_rotation_and_deletion() {
    let moto = Moto::start();
    let server = S3Server::before(&moto);
    let aitta = with_bucket(&server);
    keep_versions(&moto);
    let made = aitta.json(&["backup", "create"]);
    let id = text(&made["archive"]["id"]);
    let (code, rotated) = rotate(&aitta, &[]);
    assert_eq!((code, rotated["moved"].as_u64()), (Some(0), Some(1)), "{rotated}");
    // One step, in which the new key came and the old one went.
    assert!(notes(&rotated).contains("1 old version of archives"), "{rotated}");
    assert!(notes(&rotated).contains("still open with the key that was left"), "{rotated}");

    let aitta = aitta.env("BACKUP_ENCRYPTION_KEY", OTHER_KEY).env("BACKUP_RETIRED_KEYS", KEY);
    let deleted = aitta.json(&["backup", "delete", id, "--yes", "--reason", "routine"]);
    assert!(notes(&deleted).contains("2 old versions of this archive"), "{deleted}");
    assert_eq!(deleted["freed_bytes"], 0, "{deleted}");
    let other = aitta.json(&["backup", "create"]);
    let other = text(&other["archive"]["id"]).to_owned();
    let shown = aitta.run(["backup", "delete", &other, "--yes", "--reason", "routine"]).success().stdout;
    assert!(shown.contains("note: the store keeps what is deleted: 1 old version"), "{shown}");
}

#[test]
fn nothing_is_told_where_nothing_remains() {
    let moto = Moto::start();
    let server = S3Server::before(&moto);
    let azurite = azurite();
    for aitta in [with_bucket(&server), with_container(&azurite)] {
        let made = aitta.json(&["backup", "create"]);
        let (_, rotated) = rotate(&aitta, &[]);
        assert_eq!(rotated["notes"], serde_json::json!([]), "{rotated}");
        let id = text(&made["archive"]["id"]);
        let deleted = aitta.json(&["backup", "delete", id, "--yes", "--reason", "routine"]);
        assert_eq!(deleted["notes"], serde_json::json!([]), "{deleted}");
        assert!(deleted["freed_bytes"].as_u64() > Some(1000), "{deleted}");
    }
}

#[test]
fn locked_archive_is_neither_deleted_nor_replaced() {
    let moto = Moto::start();
    let server = S3Server::before(&moto);
    let aitta =
        with_bucket(&server).env("S3_BACKUP_BUCKET", LOCKED_BUCKET).env("BACKUP_RETENTION_DAYS", "40");
    let made = aitta.json(&["backup", "create"]);
    let id = text(&made["archive"]["id"]).to_owned();

    let refused = aitta.run(["backup", "delete", &id, "--yes", "--reason", "routine", "--json"]);
    assert_eq!(refused.code, Some(6), "{refused:?}");
    let told: Value = serde_json::from_str(&refused.stderr).unwrap();
    assert_eq!(told["code"], "store_locked", "{told}");
    let created = text(&made["archive"]["created"]).parse::<aitta_model::Timestamp>().unwrap();
    let until = created + std::time::Duration::from_secs(40 * 24 * 60 * 60);
    let day = until.strftime("%Y-%m-%d %H:%M").to_string();
    assert!(text(&told["hint"]).contains(&day), "{told}");

    // A copy would be there beside it: only the header is new.
    let (code, rotated) = rotate(&aitta, &["--reencrypt"]);
    assert_eq!(
        (code, rotated["moved"].as_u64(), rotated["opened"].as_u64()),
        (Some(0), Some(1), Some(1)),
        "{rotated}"
    );
    assert!(notes(&rotated).contains("1 of the archives is locked by the store"), "{rotated}");
    assert!(!notes(&rotated).contains("new ids"), "nothing was written anew: {rotated}");
    assert!(rotated["written_bytes"].as_u64() < Some(10 << 20), "{rotated}");
    let listed = aitta.json(&["backup", "list"]);
    assert_eq!((listed["total"].as_u64(), text(&listed["archives"][0]["id"])), (Some(1), &*id));
    // With its sidecar, from which another machine knows the kind.
    let other = with_bucket(&server).env("S3_BACKUP_BUCKET", LOCKED_BUCKET);
    assert_eq!(other.json(&["backup", "list"])["archives"][0]["kind"], "manual");
    assert!(notes(&rotated).contains("1 old version of archives"), "{rotated}");
    let verified = aitta.run(["backup", "verify", &id, "--json"]);
    assert_eq!(verified.code, Some(4), "the old key opens nothing that is to be seen: {verified:?}");
}

#[test]
fn check_of_a_store_says_what_it_promises() {
    let moto = Moto::start();
    let server = S3Server::before(&moto);
    let aitta = with_bucket(&server);
    let shown = aitta.run(["store", "check"]).success().stdout;
    for line in [
        "\nfine: nobody else can read it",
        "\nwarning: it keeps no versions",
        "\nwarning: it has no default encryption",
        "\nwarning: it has no Object Lock",
        "\nfine: it never lets a new object take the place of another",
    ] {
        assert!(shown.contains(line), "{line:?} is not in {shown}");
    }
    let checked = aitta.json(&["store", "check"]);
    let states: Vec<_> =
        checked["guards"].as_array().unwrap().iter().map(|guard| text(&guard["state"])).collect();
    assert_eq!(states, ["fine", "warning", "warning", "warning", "fine"]);
    // A server that can't be asked.
    let server = S3Server::start();
    let shown = with_bucket(&server).run(["store", "check"]).success().stdout;
    assert_eq!(shown.matches("\nunknown: ").count(), 4, "{shown}");
    let azurite = azurite();
    let shown = with_container(&azurite).run(["store", "check"]).success().stdout;
    assert!(shown.contains("\nunknown: a key or a SAS may not ask whether it keeps versions"), "{shown}");
}

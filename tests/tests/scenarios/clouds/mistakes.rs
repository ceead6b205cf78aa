//! Each mistake has its message and its hint: what a tired reader sees.

use aitta_testing::s3::{Fault, Moto, S3Call, S3Server};
use aitta_testing::{Aitta, Azurite, Finished};

use super::{azurite, with_bucket, with_container};

/// Expects this code, and these words in message and hint.
#[track_caller]
pub(super) fn expect(finished: &Finished, exit: i32, code: &str, fact: &str, hint: &str) {
    assert_eq!(finished.code, Some(exit), "{finished:?}");
    let told: serde_json::Value =
        serde_json::from_str(&finished.stderr).unwrap_or_else(|e| panic!("{e}: {finished:?}"));
    assert_eq!(told["code"], code, "{told}");
    let says = |part: &str, words: &str| told[part].as_str().is_some_and(|text| text.contains(words));
    assert!(says("message", fact), "{fact:?} is not in {told}");
    assert!(says("hint", hint), "{hint:?} is not in {told}");
}

fn create(aitta: &Aitta) -> Finished {
    aitta.run(["backup", "create", "--json"])
}

#[test]
fn wrong_credentials_of_s3() {
    let moto = Moto::start();
    let server = S3Server::before(&moto);
    let unknown = with_bucket(&server).env("AWS_ACCESS_KEY_ID", "AKIAUNKNOWN000000000");
    expect(&create(&unknown), 6, "store_credentials", "credentials", "AWS_ACCESS_KEY_ID");
    let wrong = with_bucket(&server).env("AWS_SECRET_ACCESS_KEY", "wrong-secret-5523");
    let finished = create(&wrong);
    expect(&finished, 6, "store_credentials", "credentials", "AWS_SECRET_ACCESS_KEY");
    assert!(!finished.stderr.contains("wrong-secret-5523"));
    let guest = moto.guest();
    let denied =
        with_bucket(&server).env("AWS_ACCESS_KEY_ID", &guest.id).env("AWS_SECRET_ACCESS_KEY", &guest.secret);
    expect(&create(&denied), 6, "store_denied", "refuses access", "right");
}

#[test]
fn what_the_service_says_about_clock_token_region_and_room() {
    for (fault, code, hint) in [
        (Fault::Answer(403, "RequestTimeTooSkewed"), "store_clock", "clock"),
        (Fault::Answer(400, "ExpiredToken"), "store_credentials", "log in anew"),
        (
            Fault::AnswerWith(301, "PermanentRedirect", ("x-amz-bucket-region", "eu-west-3")),
            "store_region",
            "AWS_REGION",
        ),
        (Fault::Answer(507, "InsufficientStorage"), "store_full", "quota"),
    ] {
        let server = S3Server::start();
        let aitta = with_bucket(&server);
        // A HEAD is answered without a body, so the service is asked once more: it says the same again.
        for call in [S3Call::Put, S3Call::Begin] {
            server.fail(call, fault);
        }
        let finished = create(&aitta);
        expect(&finished, 6, code, "", hint);
        assert_eq!(aitta.json(&["backup", "list"])["total"], 0, "{fault:?}: nothing half-written is visible");
    }
}

#[test]
fn a_bucket_that_is_not_there() {
    let moto = Moto::start();
    let server = S3Server::before(&moto);
    let aitta = with_bucket(&server).env("S3_BACKUP_BUCKET", "no-such-bucket-here");
    expect(&create(&aitta), 6, "store_missing", "no-such-bucket-here", "S3_BACKUP_BUCKET");
}

#[test]
fn a_server_that_does_not_answer() {
    let mut server = S3Server::start();
    let aitta = with_bucket(&server);
    server.stop();
    let finished = aitta.run(["store", "check", "--json"]);
    expect(&finished, 6, "store_unreachable", "does not answer", "BACKUP_STORE_ENDPOINT");
}

#[test]
fn mistakes_of_the_configuration_are_told_before_anything_is_asked() {
    let server = S3Server::start();
    let aitta = || with_bucket(&server);
    let none = aitta().env_remove("S3_BACKUP_BUCKET");
    expect(&create(&none), 3, "config_invalid", "needs the setting bucket", "S3_BACKUP_BUCKET");
    let deep = aitta().env("S3_STORAGE_CLASS", "DEEP_ARCHIVE");
    expect(&create(&deep), 3, "config_invalid", "S3_STORAGE_CLASS", "GLACIER_IR");
    let outside = aitta()
        .env("BACKUP_RESIDENCY", "EU")
        .env_remove("BACKUP_STORE_ENDPOINT")
        .env("AWS_REGION", "us-east-1");
    expect(&create(&outside), 3, "config_invalid", "not in the European Union", "eu-north-1");
    let unknown = aitta().env("BACKUP_RESIDENCY", "EU");
    expect(
        &create(&unknown),
        3,
        "config_invalid",
        "the place of this store is unknown",
        "BACKUP_STORE_LOCATION=EU",
    );
    assert!(server.take_seen().is_empty(), "no byte has left");
}

#[test]
fn mistakes_with_azure() {
    let server = azurite();
    let aitta = || with_container(&server);
    let other = "b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXI=";
    let wrong = create(&aitta().env("AZURE_STORAGE_KEY", other));
    expect(&wrong, 6, "store_credentials", "credentials", "AZURE_STORAGE_KEY");
    assert!(!wrong.stderr.contains(other));
    let none = create(&aitta().env_remove("AZURE_STORAGE_KEY"));
    expect(&none, 6, "store_credentials", "no credentials", "AZURE_STORAGE_KEY");
    let missing = create(&aitta().env("AZURE_CONTAINER", "no-such-container"));
    expect(&missing, 6, "store_missing", "no-such-container", "AZURE_CONTAINER");
    let expired = Azurite::sas("rwdlc", -3600);
    let expired = create(&aitta().env_remove("AZURE_STORAGE_KEY").env("AZURE_STORAGE_SAS_TOKEN", &expired));
    expect(&expired, 6, "store_credentials", "expired", "");
    let unnamed = create(&aitta().env_remove("AZURE_STORAGE_ACCOUNT"));
    expect(&unnamed, 3, "config_invalid", "needs the setting account", "AZURE_STORAGE_ACCOUNT");
}

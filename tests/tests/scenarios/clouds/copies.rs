//! Copies in S3 and in Azure of archives that are made in a folder.

use aitta_testing::s3::{BUCKET, REGION, S3Call, S3Server};
use aitta_testing::{AZURE_ACCOUNT, Aitta, Azurite};

use super::{CONTAINER, azurite, machine, text};

/// A machine whose archives lie in a folder, and whose copies go to both.
fn with_copies(s3: &S3Server, azure: &Azurite) -> (Aitta, String) {
    let aitta = machine();
    let (folder, config) = (aitta.home().join("first"), aitta.home().join("aitta.toml"));
    std::fs::create_dir(&folder).unwrap();
    let toml = format!(
        "[profile.default]\nstore = {{ type = \"local\", dir = {folder:?} }}\ncopies = [\n  {{ type = \"s3\", bucket = \
         \"{BUCKET}\", region = \"{REGION}\", endpoint = \"{}\", path_style = true }},\n  {{ type = \"azure\", account = \
         \"{AZURE_ACCOUNT}\", container = \"{CONTAINER}\", endpoint = \"{}\" }},\n]\n",
        s3.endpoint(),
        azure.endpoint()
    );
    std::fs::write(&config, toml).unwrap();
    let keys = s3.keys();
    let aitta = aitta
        .env("AWS_ACCESS_KEY_ID", &keys.id)
        .env("AWS_SECRET_ACCESS_KEY", &keys.secret)
        .env("AZURE_STORAGE_KEY", &Azurite::key())
        .env("AITTA_CONFIG", &config.display().to_string());
    (aitta, folder.display().to_string())
}

#[test]
fn a_restore_finds_the_last_copy_that_is_left() {
    let (s3, azure) = (S3Server::start(), azurite());
    let (aitta, folder) = with_copies(&s3, &azure);
    let made = aitta.json(&["backup", "create"]);
    let id = text(&made["archive"]["id"]).to_owned();
    for copy in [0, 1] {
        assert_eq!(text(&made["copies"][copy]["copied"][0]), id, "{made}");
        assert!(made["copies"][copy]["failure"].is_null(), "{made}");
    }
    for copy in ["1", "2"] {
        let verified = aitta.json(&["--copy", copy, "backup", "verify", &id, "--level", "content"]);
        assert_eq!(verified["results"][0]["ok"], true, "{verified}");
        let remarks = verified["results"][0]["remarks"].as_array().unwrap();
        assert!(remarks.is_empty(), "{verified}");
    }

    // The disk is gone, and the first cloud is out of reach.
    std::fs::remove_dir_all(&folder).unwrap();
    drop(s3);
    let to = format!("sqlite:{}", aitta.home().join("back.db").display());
    let restored = aitta.json(&["backup", "restore", "--backup-id", &id, "--to", &to, "--reason", "drill"]);
    assert!(restored["proofs"].as_array().unwrap().len() > 3, "{restored}");
    let told: Vec<&str> =
        restored["findings"].as_array().unwrap().iter().map(|finding| text(&finding["message"])).collect();
    let passed =
        |place: &str| told.iter().any(|words| words.contains(place) && words.contains("so a copy was"));
    assert!(passed(&folder) && passed(BUCKET), "{told:?}");
}

/// From bucket to bucket of one service nothing goes through this machine but what is read back.
#[test]
fn a_copy_within_a_service_is_made_by_the_service() {
    let s3 = S3Server::start();
    let aitta = machine();
    let config = aitta.home().join("aitta.toml");
    let place = |prefix: &str| {
        format!(
            "{{ type = \"s3\", bucket = \"{BUCKET}\", region = \"{REGION}\", endpoint = \"{}\", path_style = true, \
             prefix = \"{prefix}\" }}",
            s3.endpoint()
        )
    };
    let toml = format!("[profile.default]\nstore = {}\ncopies = [{}]\n", place("first"), place("second"));
    std::fs::write(&config, toml).unwrap();
    let keys = s3.keys();
    let aitta = aitta
        .env("AWS_ACCESS_KEY_ID", &keys.id)
        .env("AWS_SECRET_ACCESS_KEY", &keys.secret)
        .env("AITTA_CONFIG", &config.display().to_string());
    let made = aitta.json(&["backup", "create"]);
    let id = text(&made["archive"]["id"]).to_owned();
    assert_eq!(text(&made["copies"][0]["copied"][0]), id, "{made}");
    let seen = s3.take_seen();
    assert_eq!(seen.iter().filter(|seen| seen.call == S3Call::Copy).count(), 1, "{seen:?}");
    let verified = aitta.json(&["--copy", "1", "backup", "verify", &id, "--level", "content"]);
    assert_eq!(verified["results"][0]["ok"], true, "{verified}");
}

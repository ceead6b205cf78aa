//! Credentials of S3 from the usual places of AWS.

use std::time::{Duration, Instant};

use aitta_testing::Aitta;
use aitta_testing::s3::S3Server;

use super::mistakes::expect;
use super::with_bucket;

/// No variables, and no machine of AWS that could give a role.
fn without_keys(server: &S3Server) -> Aitta {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    with_bucket(server)
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &format!("http://{closed}"))
}

#[test]
fn profile_of_the_shared_file_is_used() {
    let server = S3Server::start();
    let keys = server.keys();
    let aitta = without_keys(&server);
    let file = aitta.home().join("shared");
    let text = format!(
        "[default]\naws_access_key_id = AKIANOBODY\naws_secret_access_key = nothing\n\n\
         [shop]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        keys.id, keys.secret
    );
    std::fs::write(&file, &text).unwrap();
    let aitta = aitta.env("AWS_SHARED_CREDENTIALS_FILE", &file.display().to_string());
    let other = aitta.run(["store", "check", "--json"]);
    expect(&other, 6, "store_credentials", "credentials", "AWS_ACCESS_KEY_ID");
    let aitta = aitta.env("AWS_PROFILE", "shop");
    aitta.json(&["backup", "create"]);
    assert_eq!(aitta.json(&["backup", "list"])["total"], 1);

    // In its usual place, too.
    let aitta = without_keys(&server).env("AWS_PROFILE", "shop");
    std::fs::create_dir(aitta.home().join(".aws")).unwrap();
    std::fs::write(aitta.home().join(".aws/credentials"), text).unwrap();
    assert_eq!(aitta.json(&["backup", "list"])["total"], 1);
}

#[test]
fn without_any_credentials_it_fails_soon_and_says_what_to_set() {
    let server = S3Server::start();
    let aitta = without_keys(&server);
    let begun = Instant::now();
    let finished = aitta.run(["backup", "create", "--json"]);
    let taken = begun.elapsed();
    expect(&finished, 6, "store_credentials", "no credentials", "AWS_ACCESS_KEY_ID");
    expect(&finished, 6, "store_credentials", "no credentials", "AWS_PROFILE");
    assert!(taken < Duration::from_secs(20), "{taken:?}");
    assert!(server.take_seen().is_empty(), "nothing was asked without a signature");

    for (there, missing) in
        [("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID")]
    {
        let half = without_keys(&server).env(there, "AKIAHALF");
        let finished = half.run(["store", "check", "--json"]);
        expect(&finished, 6, "store_credentials", "no credentials", &format!("set {missing} too"));
    }

    let unknown = without_keys(&server).env("AWS_PROFILE", "no-such-profile");
    expect(
        &unknown.run(["store", "check", "--json"]),
        6,
        "store_credentials",
        "no credentials",
        "no-such-profile",
    );
}

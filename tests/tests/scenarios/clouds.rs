//! The whole life of an archive in S3 and in Azure, by the built program against real servers.

mod broken;
mod copies;
mod kept;
mod lines;
mod login;
mod mistakes;

use aitta_testing::s3::{BUCKET, REGION, S3Call, S3Server};
use aitta_testing::{AZURE_ACCOUNT, Aitta, Azurite, KEY, OTHER_KEY};
use serde_json::Value;

/// The container of the tests.
const CONTAINER: &str = "aitta-test";

/// A machine whose store is a bucket.
pub(crate) fn with_bucket(server: &S3Server) -> Aitta {
    let (endpoint, keys) = (server.endpoint(), server.keys());
    machine()
        .env("BACKUP_STORAGE_TYPE", "s3")
        .env("S3_BACKUP_BUCKET", BUCKET)
        .env("AWS_REGION", REGION)
        .env("AWS_ACCESS_KEY_ID", &keys.id)
        .env("AWS_SECRET_ACCESS_KEY", &keys.secret)
        .env("BACKUP_STORE_ENDPOINT", &endpoint)
        .env("BACKUP_STORE_PREFIX", "shop")
        .env("S3_PATH_STYLE", "true")
}

/// A machine whose store is a container.
fn with_container(server: &Azurite) -> Aitta {
    machine()
        .env("BACKUP_STORAGE_TYPE", "azure")
        .env("AZURE_STORAGE_ACCOUNT", AZURE_ACCOUNT)
        .env("AZURE_STORAGE_KEY", &Azurite::key())
        .env("AZURE_CONTAINER", CONTAINER)
        .env("BACKUP_STORE_ENDPOINT", &server.endpoint())
        .env("BACKUP_STORE_PREFIX", "shop")
}

/// With a small database.
fn machine() -> Aitta {
    let aitta = Aitta::new().env_remove("BACKUP_LOCAL_DIR");
    let file = aitta.home().join("shop.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(aitta_engine::sample::create(&file)).unwrap();
    aitta.database(&format!("sqlite:{}", file.display()))
}

/// A container with a server of its own.
fn azurite() -> Azurite {
    let server = Azurite::start();
    server.create_container(CONTAINER);
    server
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// Made, listed, proven, partly restored, rotated, deleted.
fn whole_life(aitta: &Aitta, location: &str) {
    let checked = aitta.json(&["store", "check"]);
    assert_eq!((text(&checked["location"]), checked["archives"].as_u64()), (location, Some(0)));

    let made = aitta.json(&["backup", "create"]);
    let id = text(&made["archive"]["id"]).to_owned();
    assert_eq!(made["archive"]["state"], "verified", "{made}");
    assert_eq!(made["sampled"], false, "the first archive in a store is read back to the last byte");
    assert!(text(&made["location"]).starts_with(location), "{made}");
    let second = aitta.json(&["backup", "create"]);
    assert_eq!(second["sampled"], true, "the store has confirmed the parts of the second");
    let shown = aitta.json(&["backup", "show", text(&second["archive"]["id"])]);
    assert_eq!(text(&shown["evidence"][0]["depth"]), "sampled");
    aitta.json(&["backup", "delete", text(&second["archive"]["id"]), "--yes", "--reason", "routine"]);

    let listed = aitta.json(&["backup", "list"]);
    assert_eq!((listed["total"].as_u64(), text(&listed["archives"][0]["id"])), (Some(1), &*id));
    let verified = aitta.json(&["backup", "verify", &id, "--level", "content"]);
    assert_eq!(verified["results"][0]["ok"], true, "{verified}");

    let copy = aitta.home().join("holidays.db");
    let to = format!("sqlite:{}", copy.display());
    let restore =
        ["backup", "restore", "--backup-id", &id, "--tables", "Holiday", "--to", &to, "--reason", "drill"];
    let restored = aitta.json(&restore);
    let proof = &restored["proofs"][0];
    assert_eq!(
        (text(&proof["name"]), &proof["target_rows"]),
        ("Holiday", &proof["archive_rows"]),
        "{restored}"
    );
    assert!(copy.is_file());

    let rotate = ["key", "rotate", "--reason", "routine", "--json"];
    let mut rotate = aitta.command(rotate);
    let rotated =
        rotate.env("BACKUP_ENCRYPTION_KEY", OTHER_KEY).env("BACKUP_RETIRED_KEYS", KEY).output().unwrap();
    let rotated: Value = serde_json::from_slice(&rotated.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&rotated.stderr)));
    assert_eq!(rotated["moved"].as_u64().or_else(|| rotated["archives"].as_u64()), Some(1), "{rotated}");
    let old_key = aitta.run(["backup", "verify", &id, "--json"]);
    assert_eq!(old_key.code, Some(4), "{old_key:?}");
    let with_new = |args: &[&str]| {
        let output =
            aitta.command(args).arg("--json").env("BACKUP_ENCRYPTION_KEY", OTHER_KEY).output().unwrap();
        let printed = String::from_utf8_lossy(&output.stderr).into_owned();
        serde_json::from_slice::<Value>(&output.stdout).unwrap_or_else(|_| panic!("{args:?}: {printed}"))
    };
    assert_eq!(with_new(&["backup", "verify", &id])["results"][0]["ok"], true);
    let whole = format!("sqlite:{}", aitta.home().join("whole.db").display());
    let proven = with_new(&["backup", "restore", "--backup-id", &id, "--to", &whole, "--reason", "drill"]);
    assert!(proven["proofs"].as_array().unwrap().len() > 3, "{proven}");

    with_new(&["backup", "delete", &id, "--yes", "--reason", "routine"]);
    assert_eq!(with_new(&["backup", "list"])["total"], 0);
    expect_swept(aitta);
    let mut trail = aitta.command(["audit", "list"]);
    let trail =
        trail.env("BACKUP_ENCRYPTION_KEY", OTHER_KEY).env("BACKUP_RETIRED_KEYS", KEY).output().unwrap();
    assert!(trail.status.success(), "the trail is intact, with both keys at hand");
    let trail = String::from_utf8_lossy(&trail.stdout);
    assert!(trail.contains("delete") && trail.contains("restore"), "{trail}");
}

/// Nothing is left; or the server can't list what is, and that is what is said.
#[track_caller]
fn expect_swept(aitta: &Aitta) {
    let swept = aitta.run(["store", "sweep", "--older-than", "0", "--json"]);
    match swept.code {
        Some(0) => assert_eq!(swept.json()["removed"], 0),
        _ => {
            let told = swept.failure("does not list unfinished uploads");
            assert!(told.stderr.contains("tools of that server"), "{}", told.stderr);
        }
    }
}

#[test]
fn an_archive_lives_in_s3() {
    let server = S3Server::start();
    whole_life(&with_bucket(&server), &format!("{}/{BUCKET}/shop", server.endpoint()));
}

#[test]
fn an_archive_lives_in_azure() {
    let server = azurite();
    whole_life(&with_container(&server), &format!("{}/{CONTAINER}/shop", server.endpoint()));
}

/// The machine is gone, with its home: bucket, credentials and kit are left.
fn disaster(machine: impl Fn() -> Aitta) {
    let by_kit = |aitta: Aitta| {
        let file = aitta.home().join("keys.aitta").display().to_string();
        let aitta = aitta.env_remove("BACKUP_ENCRYPTION_KEY").env("AITTA_KEY_FILE", &file);
        aitta.env("AITTA_KEY_PASSPHRASE", "correct horse battery staple")
    };
    let paper = tempfile::tempdir().unwrap();
    let kit = paper.path().join("kit.txt").display().to_string();
    let first = by_kit(machine());
    first.json(&["key", "create", "--kit", &kit]);
    let made = first.json(&["backup", "create"]);
    let (rows, id) = (made["archive"]["rows"].as_u64().unwrap(), text(&made["archive"]["id"]));
    drop(first);

    let second = by_kit(machine());
    second.json(&["key", "import", &kit]);
    assert_eq!(second.json(&["catalog", "rebuild"])["archives"], 1);
    let to = format!("sqlite:{}", second.home().join("back.db").display());
    // The database lies in another place now, so its archive is named: that is what the hint says, too.
    let latest = ["backup", "restore", "--backup-id", "latest", "--to", &to, "--reason", "incident"];
    let told = second.run(latest).failure("that fits");
    assert!(told.stderr.contains(id), "{}", told.stderr);
    let restored =
        second.json(&["backup", "restore", "--backup-id", id, "--to", &to, "--reason", "incident"]);
    let proven: u64 =
        restored["proofs"].as_array().unwrap().iter().map(|p| p["target_rows"].as_u64().unwrap()).sum();
    assert_eq!(proven, rows);
}

#[test]
fn a_new_machine_restores_from_s3_by_the_kit_alone() {
    let server = S3Server::start();
    disaster(|| with_bucket(&server));
}

#[test]
fn a_new_machine_restores_from_azure_by_the_kit_alone() {
    let server = azurite();
    disaster(|| with_container(&server));
}

/// The credentials are in the file for secrets, and in no other place.
#[test]
fn credentials_are_kept_and_used() {
    use std::io::Write as _;
    let server = S3Server::start();
    let keys = server.keys();
    let aitta = with_bucket(&server).env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    let config = aitta.home().join("aitta.toml");
    let text = format!(
        "[profile.shop]\ndatabase = \"sqlite:{}\"\nstore = {{ type = \"s3\", bucket = \"{BUCKET}\", endpoint = \"{}\", \
         path_style = true }}\n",
        aitta.home().join("shop.db").display(),
        server.endpoint()
    );
    std::fs::write(&config, text).unwrap();
    let config = config.display().to_string();
    let aitta = aitta.env("AITTA_CONFIG", &config).env("AITTA_PROFILE", "shop");
    let login = |text: &str| {
        let mut command = aitta.command(["store", "login"]);
        let mut child = command.stdin(std::process::Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let nonsense = login("only-an-id\n");
    assert!(String::from_utf8_lossy(&nonsense.stderr).contains("no credentials of such a store"));
    let done = login(&format!("{}:{}\n", keys.id, keys.secret));
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    aitta.json(&["backup", "create"]);
    assert!(std::fs::read_to_string(&config).unwrap().contains("credentials = \"keychain\""));
    for entry in std::fs::read_dir(aitta.data_dir()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap_or_default();
        let found = bytes.windows(keys.secret.len()).any(|part| part == keys.secret.as_bytes());
        assert!(!found, "the secret stands in the data folder");
    }
}

/// One small table out of a larger archive takes few bytes.
#[test]
fn one_table_reads_little_of_the_object() {
    let server = S3Server::start();
    let aitta = with_bucket(&server);
    let sql = "CREATE TABLE bulk (id INTEGER PRIMARY KEY, noise BLOB);
               WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
               INSERT INTO bulk SELECT i, randomblob(100000) FROM n";
    run_sql(&aitta, sql);
    let made = aitta.json(&["backup", "create"]);
    let size = made["archive"]["size_bytes"].as_u64().unwrap();
    assert!(size > 50_000_000, "{size}");
    drop(server.take_seen());
    let to = format!("sqlite:{}", aitta.home().join("small.db").display());
    aitta.json(&[
        "backup",
        "restore",
        "--backup-id",
        "latest",
        "--tables",
        "Holiday",
        "--to",
        &to,
        "--reason",
        "drill",
    ]);
    let gets: Vec<_> = server.take_seen().into_iter().filter(|seen| seen.call == S3Call::Get).collect();
    let read: u64 = gets.iter().filter_map(|seen| length(seen.range.as_deref()?)).sum();
    assert!(gets.iter().all(|seen| seen.range.is_some()), "every read is of a range: {gets:?}");
    assert!(read * 100 < size, "{read} of {size} bytes were read in {} requests", gets.len());
}

/// The bytes of `bytes=a-b`.
fn length(range: &str) -> Option<u64> {
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    Some(to.parse::<u64>().ok()? + 1 - from.parse::<u64>().ok()?)
}

fn run_sql(aitta: &Aitta, sql: &str) {
    use sqlx::ConnectOptions as _;
    let file = aitta.home().join("shop.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
        let mut connection = options.connect().await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
    });
}

/// The store goes away in the middle and comes back, or doesn't.
#[test]
fn a_server_that_is_started_anew_does_not_fail_the_backup() {
    let mut server = S3Server::start();
    let aitta = with_bucket(&server);
    run_sql(
        &aitta,
        "CREATE TABLE bulk AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
                     SELECT i, randomblob(100000) AS noise FROM n",
    );
    let child = aitta.command(["backup", "create", "--json"]).spawn().unwrap();
    while !server.take_seen().iter().any(|seen| seen.call == S3Call::Part) {
        std::thread::yield_now();
    }
    server.stop();
    server.restart();
    let ended = child.wait_with_output().unwrap();
    let printed = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.success(), "{printed}");
    assert_eq!(aitta.json(&["backup", "verify", "--level", "content"])["results"][0]["ok"], true);
}

/// Killed in the middle: nothing is to be seen, the next run says how it ended, and a sweep leaves nothing.
#[test]
fn a_killed_backup_leaves_nothing_visible() {
    let moto = aitta_testing::s3::Moto::start();
    let server = S3Server::before(&moto);
    let aitta = with_bucket(&server);
    run_sql(
        &aitta,
        "CREATE TABLE bulk AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
                     SELECT i, randomblob(100000) AS noise FROM n",
    );
    let mut child = aitta.command(["backup", "create", "--json"]).spawn().unwrap();
    while !server.take_seen().iter().any(|seen| seen.call == S3Call::Part) {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(aitta.json(&["backup", "list"])["total"], 0);
    // This server calls all uploads old; that young ones are spared is tested elsewhere.
    assert_eq!(aitta.json(&["store", "sweep", "--older-than", "0"])["removed"], 1);
    assert_eq!(aitta.json(&["store", "sweep", "--older-than", "0"])["removed"], 0);
    let runs = aitta.run(["runs", "--json"]).success().stdout;
    assert!(runs.contains("interrupted"), "{runs}");
    aitta.json(&["backup", "create"]);
}

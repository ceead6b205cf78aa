//! Keys and passwords in a real keychain: gnome-keyring under a bus of its own.
//!
//! The keychain of a process is found through its environment, and a test must not change its own. So each test
//! here starts this program anew, under its own bus and home, with one of the tests in `within`.
#![cfg(target_os = "linux")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Starts a keyring that is open.
const OPEN: &str = "printf 'pw\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1";
/// Starts one that stays locked.
const LOCKED: &str = "gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1";

/// Names a folder that two machines of a test can both reach.
const SHARED: &str = "AITTA_TEST_SHARED";

/// Runs a test of `within` under a bus of its own, after this command of the shell.
fn run(home: &Path, before: &str, test: &str) {
    run_with(home, home, before, test);
}

fn run_with(home: &Path, shared: &Path, before: &str, test: &str) {
    let test_program = std::env::current_exe().unwrap();
    let script = format!("{before}; exec \"$0\" --ignored --exact keychain::within::{test} --nocapture");
    let mut command = Command::new("dbus-run-session");
    command.args(["--", "bash", "-c", &script]).arg(test_program).env(SHARED, shared);
    finish(command, home);
}

fn finish(mut command: Command, home: &Path) {
    let runtime = home.join("run");
    std::fs::create_dir_all(&runtime).unwrap();
    std::fs::set_permissions(&runtime, std::fs::Permissions::from_mode(0o700)).unwrap();
    for name in ["DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "BACKUP_ENCRYPTION_KEY"] {
        command.env_remove(name);
    }
    command.env_remove("AITTA_KEY_FILE").env_remove("AITTA_DATA_DIR").env_remove("AITTA_CONFIG");
    command.env("HOME", home).env("XDG_RUNTIME_DIR", &runtime);
    for name in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
        command.env_remove(name);
    }
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success() && stdout.contains("1 passed"), "{stdout}\n{stderr}");
}

#[test]
fn key_and_password_come_back_from_the_keychain() {
    let home = tempfile::tempdir().unwrap();
    run(home.path(), OPEN, "a_profile_is_set_up");
}

#[test]
fn a_locked_keychain_is_told_from_one_without_a_key() {
    let home = tempfile::tempdir().unwrap();
    run(home.path(), OPEN, "a_key_is_kept");
    run(home.path(), LOCKED, "the_keychain_is_locked");
    run(home.path(), OPEN, "the_key_is_still_there");
}

#[test]
fn a_keychain_that_was_started_anew_is_asked_again() {
    let home = tempfile::tempdir().unwrap();
    run(home.path(), OPEN, "the_keychain_starts_anew");
}

/// gnome-keyring may end when a connection closes while another one asks.
#[test]
fn many_questions_at_once_make_no_more_than_two_connections() {
    let home = tempfile::tempdir().unwrap();
    run(home.path(), OPEN, "the_keychain_is_asked_by_many");
}

/// The store and one sheet of paper are all that is left.
#[test]
fn a_new_machine_restores_from_the_kit_alone() {
    let (first, second, shared) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    run_with(first.path(), shared.path(), OPEN, "the_first_machine");
    run_with(first.path(), shared.path(), OPEN, "the_first_machine_after_a_restart");
    drop(first);
    run_with(second.path(), shared.path(), OPEN, "the_new_machine");
}

/// No keychain, and not even a bus.
#[test]
fn a_key_file_does_for_a_machine_without_a_keychain() {
    use aitta_testing::Aitta;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let with_file = |passphrase: &str| {
        let aitta = Aitta::new().env_remove("BACKUP_ENCRYPTION_KEY");
        let file = aitta.home().join("keys.aitta").display().to_string();
        let database = format!("sqlite:{}", aitta.home().join("shop.db").display());
        aitta.env("AITTA_KEY_FILE", &file).env("AITTA_KEY_PASSPHRASE", passphrase).database(&database)
    };
    let first = with_file("correct horse battery staple");
    runtime.block_on(aitta_engine::sample::create(&first.home().join("shop.db"))).unwrap();
    let told = first.run(["backup", "create"]).failure("the key file has none");
    assert!(told.stderr.contains("aitta key create"), "{}", told.stderr);
    let kit = first.home().join("kit.txt").display().to_string();
    let created = first.json(&["key", "create", "--kit", &kit]);
    let id = created["key_id"].as_str().unwrap().to_owned();
    let archive = first.json(&["backup", "create"])["archive"].clone();
    let (rows, archive) = (&archive["rows"], archive["id"].as_str().unwrap());
    let status = first.json(&["key", "status"]);
    assert_eq!(
        (status["kept"].as_str(), status["keys"][0]["archives"].as_u64()),
        (Some("key file"), Some(1))
    );

    // Another passphrase opens nothing and overwrites nothing.
    let file = std::fs::read(first.home().join("keys.aitta")).unwrap();
    let mut wrong = first.command(["key", "status", "--json"]);
    let wrong = wrong.env("AITTA_KEY_PASSPHRASE", "another passphrase").output().unwrap();
    assert_eq!(wrong.status.code(), Some(4));
    let error: serde_json::Value = serde_json::from_slice(&wrong.stderr).unwrap();
    assert_eq!(error["code"], "key_wrong", "{error}");
    let mut without = first.command(["backup", "create"]);
    let without = without.env_remove("AITTA_KEY_PASSPHRASE").output().unwrap();
    assert!(String::from_utf8_lossy(&without.stderr).contains("AITTA_KEY_PASSPHRASE"));
    assert_eq!(std::fs::read(first.home().join("keys.aitta")).unwrap(), file);

    let second = with_file("staple battery horse correct");
    let store = first.store_dir().display().to_string();
    let second = second.env("BACKUP_LOCAL_DIR", &store);
    let imported = second.json(&["key", "import", &kit]);
    assert_eq!(
        (imported["keys"][0]["key_id"].as_str(), &imported["keys"][0]["state"]),
        (Some(&*id), &"active".into())
    );
    assert_eq!(second.json(&["catalog", "rebuild"])["archives"], 1);
    let to = format!("sqlite:{}", second.home().join("copy.db").display());
    let restored =
        second.json(&["backup", "restore", "--backup-id", archive, "--to", &to, "--reason", "drill"]);
    let proven: u64 =
        restored["proofs"].as_array().unwrap().iter().map(|p| p["target_rows"].as_u64().unwrap()).sum();
    assert_eq!(proven, rows.as_u64().unwrap());
    for (aitta, name) in [(&first, "first"), (&second, "second")] {
        assert_no_key(aitta.home(), &kit, name);
    }
}

/// No file below this folder holds the key of the kit in the clear, but the kit itself.
fn assert_no_key(folder: &Path, kit: &str, name: &str) {
    let groups = std::fs::read_to_string(kit).unwrap();
    let hex: String = groups
        .split_whitespace()
        .filter(|word| word.len() == 6 && word.as_bytes()[4] == b'-')
        .map(|word| &word[..4])
        .collect();
    assert_eq!(hex.len(), 64);
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else if entry.path() != Path::new(kit) {
                let bytes = std::fs::read(entry.path()).unwrap();
                let found = bytes.windows(64).any(|window| window == hex.as_bytes());
                assert!(!found, "{name}: {}", entry.path().display());
            }
        }
    }
}

#[test]
fn without_a_keychain_the_error_says_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "keychain::within::there_is_no_keychain", "--nocapture"]);
    finish(command, home.path());
}

mod within {
    use std::collections::BTreeMap;

    use aitta_engine::config::{self, Inputs};
    use aitta_engine::custody;
    use aitta_engine::keys::{KeyVault, SystemVault};
    use aitta_engine::{Context, setup};
    use aitta_model::{
        ConfirmKeyRequest, CreateKeyRequest, DatabaseUrl, ErrorCode, ImportKeyRequest, KeyText, ProfileForm,
        SaveHow, StoreSettings, Targets, TypedGroups,
    };
    use aitta_testing::pg::{PASSWORD, TestServer};
    use aitta_testing::{Aitta, KEY};

    fn inputs() -> Inputs {
        let home = std::path::PathBuf::from(std::env::var_os("HOME").unwrap());
        let environment = BTreeMap::from([("HOME".to_owned(), home.clone().into_os_string())]);
        Inputs {
            profile: None,
            file: None,
            environment,
            folder: home,
            keychain: std::sync::Arc::new(SystemVault),
        }
    }

    async fn context() -> Context {
        Context::new(config::load(&inputs()).unwrap()).await.unwrap()
    }

    /// The program in this home, with this keychain.
    fn aitta(home: &std::path::Path) -> Aitta {
        let mut aitta = Aitta::new()
            .env("HOME", &home.display().to_string())
            .env_remove("BACKUP_ENCRYPTION_KEY")
            .env_remove("BACKUP_LOCAL_DIR")
            .env("AITTA_DATA_DIR", &home.join(".local/share/aitta").display().to_string());
        for name in ["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"] {
            aitta = aitta.env(name, &std::env::var(name).unwrap());
        }
        aitta
    }

    /// Makes a key as the window does: the groups that are asked for are typed.
    async fn make_key(context: &Context) -> String {
        let kit = custody::create(context, CreateKeyRequest::default()).await.unwrap();
        let typed = kit.asked.iter().map(|&n| kit.groups[usize::from(n) - 1].clone()).collect();
        let request =
            ConfirmKeyRequest { key_id: kit.key_id.clone(), typed: TypedGroups::new(typed), mfa: None };
        assert_eq!(custody::confirm(context, request).await.unwrap().kept, "keychain");
        kit.key_id
    }

    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "is run by the tests above, under a keychain of its own"]
    async fn a_profile_is_set_up() {
        let inputs = inputs();
        // Before anything is set up there is a context, without a database.
        let context = context().await;
        assert_eq!(context.keys().await.err().unwrap().code(), ErrorCode::KeyMissing);
        let id = make_key(&context).await;
        assert_eq!(context.keys().await.unwrap().active_id().to_string(), id);

        let database = TestServer::shared().database("keychain").await;
        database
            .psql("CREATE TABLE shop (id int PRIMARY KEY); INSERT INTO shop SELECT generate_series(1, 9)")
            .await;
        let url = database.url().to_owned();
        let store = inputs.folder.join("store");
        let check = setup::check_source(&inputs, &DatabaseUrl::new(url.clone())).await.unwrap();
        assert_eq!((check.engine.as_str(), check.tables), ("postgresql", 1));
        let form = ProfileForm {
            name: "default".to_owned(),
            database_url: Some(DatabaseUrl::new(url.clone())),
            store: StoreSettings::folder(store.display().to_string()),
            credentials: None,
            retention_days: 30,
            targets: Targets { rpo_s: 4 * 3600, ..Targets::default() },
            automation: None,
        };
        setup::check_store(&inputs, &form.store, None).await.unwrap();
        setup::save(&inputs, form.clone(), SaveHow::default()).await.unwrap();

        let file = std::fs::read_to_string(inputs.folder.join(".config/aitta/config.toml")).unwrap();
        assert!(!file.contains(PASSWORD), "{file}");
        let settings = setup::settings(&inputs).await.unwrap();
        assert!(settings.password_in_keychain);
        let key = settings.key.unwrap();
        assert_eq!((key.key_id, key.kept.as_str()), (id, "keychain"));
        // The URL as it is shown has no password, and keeps the one that it has.
        let shown = DatabaseUrl::new(settings.database_url.unwrap());
        setup::check_source(&inputs, &shown).await.unwrap();
        setup::save(&inputs, ProfileForm { database_url: Some(shown), ..form }, SaveHow::default())
            .await
            .unwrap();
        assert!(config::load(&inputs).unwrap().password_in_keychain);

        // The command line gets all of it for free.
        let aitta = aitta(&inputs.folder);
        let report = aitta.json(&["backup", "create"]);
        assert_eq!(report["archive"]["rows"], 9, "{report}");
        aitta.json(&["backup", "verify", "latest", "--level", "content"]);
        let told = aitta.run(["config", "check"]).success().stdout;
        assert!(told.contains("in the keychain") && !told.contains(PASSWORD), "{told}");
    }

    /// The process that owns the name of the service, as soon as there is one, and it is another.
    fn keychain_process(other_than: Option<&str>) -> String {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
        loop {
            let mut ask = std::process::Command::new("dbus-send");
            ask.args(["--session", "--print-reply=literal", "--dest=org.freedesktop.DBus"]);
            ask.args(["/org/freedesktop/DBus", "org.freedesktop.DBus.GetConnectionUnixProcessID"]);
            let output = ask.arg("string:org.freedesktop.secrets").output().unwrap();
            let reply = String::from_utf8(output.stdout).unwrap();
            let process = reply.split_whitespace().last().unwrap_or_default();
            if process.parse::<u32>().is_ok() && Some(process) != other_than {
                return process.to_owned();
            }
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(std::time::Instant::now() < deadline, "{reply:?} {told}");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    #[test]
    #[ignore = "is run by the tests above, under a keychain of its own"]
    fn the_keychain_starts_anew() {
        const NAME: &str = "a test";
        SystemVault.write(NAME, "one").unwrap();
        let first = keychain_process(None);
        let shell = |line: &str| {
            let status = std::process::Command::new("bash").args(["-c", line]).status().unwrap();
            assert!(status.success(), "{line}");
        };
        shell(&format!("kill -KILL {first} && {}", super::OPEN));
        keychain_process(Some(&first));
        assert_eq!(SystemVault.read(NAME).unwrap().unwrap().as_str(), "one");
        assert!(SystemVault.is_there());
        SystemVault.write(NAME, "two").unwrap();
        assert_eq!(SystemVault.read(NAME).unwrap().unwrap().as_str(), "two");
    }

    /// How many connections the bus has had, this one counted: it numbers them.
    fn connections() -> u32 {
        let mut ask = std::process::Command::new("dbus-send");
        ask.args(["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus"]);
        let output = ask.arg("org.freedesktop.DBus.GetId").output().unwrap();
        let reply = String::from_utf8(output.stdout).unwrap();
        let number = reply.split_once("destination=:1.").and_then(|(_, rest)| rest.split(' ').next());
        number.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{reply}"))
    }

    #[test]
    #[ignore = "is run by the tests above, under a keychain of its own"]
    fn the_keychain_is_asked_by_many() {
        let (process, before) = (keychain_process(None), connections());
        std::thread::scope(|scope| {
            for thread in 0..8 {
                scope.spawn(move || {
                    for n in 0..20 {
                        let (name, secret) = (format!("{thread}-{}", n % 5), n.to_string());
                        SystemVault.write(&name, &secret).unwrap();
                        assert_eq!(SystemVault.read(&name).unwrap().unwrap().as_str(), secret);
                        assert!(SystemVault.is_there());
                    }
                });
            }
        });
        let made = connections() - before - 1;
        assert!((1..=2).contains(&made), "{made}");
        assert_eq!(keychain_process(None), process, "it has ended meanwhile");
    }

    fn shared() -> std::path::PathBuf {
        std::env::var_os(super::SHARED).unwrap().into()
    }

    /// The store lies where both machines reach it.
    fn machine() -> Aitta {
        let (home, shared) = (inputs().folder, shared());
        aitta(&home)
            .env("BACKUP_LOCAL_DIR", &shared.join("store").display().to_string())
            .database(&format!("sqlite:{}", shared.join("shop.db").display()))
    }

    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "is run by the tests above, under a keychain of its own"]
    async fn the_first_machine() {
        let (aitta, shared) = (machine(), shared());
        std::fs::create_dir(shared.join("store")).unwrap();
        aitta_engine::sample::create(&shared.join("shop.db")).await.unwrap();
        let kit = shared.join("kit.txt").display().to_string();
        let created = aitta.json(&["key", "create", "--kit", &kit]);
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&kit).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
        // A kit replaces no file, and no key is made for nothing.
        let again = aitta.run(["key", "create", "--kit", &kit]).failure("replaces no file");
        assert_eq!(again.code, Some(3));
        let status = aitta.json(&["key", "status"]);
        assert_eq!(
            (status["keys"].as_array().unwrap().len(), &status["keys"][0]["key_id"]),
            (1, &created["key_id"])
        );
        aitta.json(&["backup", "create"]);
        let page = shared.join("kit.html").display().to_string();
        drop(aitta.run(["key", "export-kit", &page]).failure("reason"));
        assert!(!shared.join("kit.html").exists());
        aitta.json(&["key", "export-kit", &page, "--reason", "drill"]);
        assert!(std::fs::read_to_string(&page).unwrap().contains("<svg"));
    }

    #[test]
    #[ignore = "is run by the tests above, under a keychain of its own"]
    fn the_first_machine_after_a_restart() {
        let aitta = machine();
        assert_eq!(
            aitta.json(&["backup", "verify", "latest", "--level", "content"])["results"][0]["ok"],
            true
        );
        assert!(aitta.json(&["key", "check"])["failure"].is_null());
        let told = aitta.run(["key", "status"]).success().stdout;
        assert!(told.contains("kept in the keychain") && told.contains("opens the newest archive"), "{told}");

        // The quarter is over.
        let kit = shared().join("second.txt").display().to_string();
        let second = aitta.json(&["key", "create", "--kit", &kit, "--reason", "routine"]);
        let waiting = aitta.json(&["key", "status"]);
        assert_eq!(waiting["rotation"]["to"], second["key_id"], "{waiting}");
        let rotated = aitta.json(&["key", "rotate", "--reason", "routine"]);
        assert_eq!(
            (&rotated["moved"], &rotated["opened"], &rotated["to"]),
            (&1.into(), &1.into(), &second["key_id"])
        );
        let ring = aitta.json(&["key", "status"]);
        assert!(ring["rotation"].is_null(), "{ring}");
        let of = |state: &str| {
            let keys = ring["keys"].as_array().unwrap().iter();
            keys.filter(|key| key["state"] == state).map(|key| key["archives"].clone()).collect::<Vec<_>>()
        };
        assert_eq!((of("active"), of("retired")), (vec![1.into()], vec![0.into()]), "{ring}");
        aitta.json(&["backup", "verify", "latest", "--level", "content"]);
        let old = ring["keys"].as_array().unwrap().iter().find(|key| key["state"] == "retired").unwrap();
        let destroy = ["key", "destroy", old["key_id"].as_str().unwrap(), "--yes", "--reason", "routine"];
        let refused = aitta.run(destroy).failure("may be destroyed from");
        assert_eq!(refused.code, Some(4));
        let chain = aitta.json(&["audit", "verify"]);
        assert!(chain["fault"].is_null(), "{chain}");
    }

    #[test]
    #[ignore = "is run by the tests above, under a keychain of its own"]
    fn the_new_machine() {
        let (aitta, shared) = (machine(), shared());
        std::fs::rename(shared.join("shop.db"), shared.join("lost.db")).unwrap();
        drop(aitta.run(["catalog", "rebuild"]).failure("the keychain has none"));
        for kit in ["second.txt", "kit.html", "kit.txt"] {
            let kit = shared.join(kit).display().to_string();
            let imported = aitta.json(&["key", "import", &kit]);
            assert_eq!(imported["keys"][0]["state"], "active", "{imported}");
        }
        assert_eq!(aitta.json(&["catalog", "rebuild"])["archives"], 1);
        let to = format!("sqlite:{}", shared.join("shop.db").display());
        let restore = ["backup", "restore", "--backup-id", "latest", "--to", &to, "--reason", "incident"];
        let restored = aitta.json(&restore);
        assert_eq!(restored["proofs"].as_array().unwrap().len(), 9, "{restored}");
    }

    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "is run by the tests above, under a keychain of its own"]
    async fn a_key_is_kept() {
        // As an earlier version did.
        SystemVault.write("vault-key", KEY).unwrap();
        let context = context().await;
        assert_eq!(context.keys().await.unwrap().kept(), "keychain");
        let old = context.keys().await.unwrap().active_id();
        let new = make_key(&context).await;
        let ids: Vec<String> = context.keys().await.unwrap().ids().iter().map(ToString::to_string).collect();
        assert_eq!(ids, [new, old.to_string()]);
    }

    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "is run by the tests above, under a keychain of its own"]
    async fn the_keychain_is_locked() {
        let context = context().await;
        let error = context.keys().await.err().unwrap();
        assert_eq!(error.code(), ErrorCode::KeychainUnavailable, "{error}");
        assert!(
            error.to_string().contains("locked") && error.hint().contains("unlock"),
            "{error}: {}",
            error.hint()
        );
        let import = ImportKeyRequest { key: KeyText::new(KEY), reason: None, mfa: None };
        assert_eq!(
            custody::import(&context, import).await.unwrap_err().code(),
            ErrorCode::KeychainUnavailable
        );
        let create = custody::create(&context, CreateKeyRequest::default()).await.err().unwrap();
        assert_eq!(create.code(), ErrorCode::KeychainUnavailable);
    }

    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "is run by the tests above, under a keychain of its own"]
    async fn the_key_is_still_there() {
        let keys = context().await.keys().await.unwrap();
        assert_eq!((keys.kept(), keys.ids().len()), ("keychain", 2));
    }

    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "is run by the tests above, without a bus"]
    async fn there_is_no_keychain() {
        let inputs = inputs();
        let context = context().await;
        let error = context.keys().await.err().unwrap();
        assert_eq!(error.code(), ErrorCode::KeychainUnavailable, "{error}");
        for way in ["Secret Service", "BACKUP_ENCRYPTION_KEY", "AITTA_KEY_FILE"] {
            assert!(error.hint().contains(way), "{}", error.hint());
        }
        let create = custody::create(&context, CreateKeyRequest::default()).await.err().unwrap();
        assert_eq!(create.code(), ErrorCode::KeychainUnavailable);
        let settings = setup::settings(&inputs).await.unwrap();
        assert_eq!(settings.key_failure.unwrap().code, ErrorCode::KeychainUnavailable);
        // A password that can't be kept is not written anywhere.
        let form = ProfileForm {
            name: "shop".to_owned(),
            database_url: Some(DatabaseUrl::new("postgres://me:hunter2@h/shop")),
            store: StoreSettings::folder("~/store"),
            credentials: None,
            retention_days: 30,
            targets: Targets::default(),
            automation: None,
        };
        let how = SaveHow { untested: true, ..SaveHow::default() };
        let error = setup::save(&inputs, form, how).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::KeychainUnavailable);
        assert!(!format!("{error:?}").contains("hunter2"));
        assert!(!inputs.folder.join(".config/aitta/config.toml").exists());
    }
}

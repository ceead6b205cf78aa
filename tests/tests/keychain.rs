//! Keys and passwords in a real keychain: gnome-keyring under a bus of its own.
//!
//! The keychain of a process is found through its environment, and a test must not change its own. So each test
//! here starts this program anew, under its own bus and home, with one of the tests in `within`.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Starts a keyring that is open.
const OPEN: &str = "printf 'pw\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1";
/// Starts one whose password nobody gives.
const LOCKED: &str = "gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1";

/// Runs a test of `within` under a bus of its own, after this command of the shell.
fn run(home: &Path, before: &str, test: &str) {
    let test_program = std::env::current_exe().unwrap();
    let script = format!("{before}; exec \"$0\" --ignored --exact within::{test} --nocapture");
    let mut command = Command::new("dbus-run-session");
    command.args(["--", "bash", "-c", &script]).arg(test_program);
    finish(command, home);
}

fn finish(mut command: Command, home: &Path) {
    let runtime = home.join("run");
    std::fs::create_dir_all(&runtime).unwrap();
    std::fs::set_permissions(&runtime, std::fs::Permissions::from_mode(0o700)).unwrap();
    for name in ["DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "BACKUP_ENCRYPTION_KEY"] {
        command.env_remove(name);
    }
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
fn without_a_keychain_the_error_says_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "within::there_is_no_keychain", "--nocapture"]);
    finish(command, home.path());
}

mod within {
    use std::collections::BTreeMap;

    use aitta_engine::config::{self, Inputs};
    use aitta_engine::keys::{self, KeyRing};
    use aitta_engine::setup;
    use aitta_model::{DatabaseUrl, ErrorCode, ProfileForm, Targets};
    use aitta_testing::pg::{PASSWORD, TestServer};
    use aitta_testing::{Aitta, KEY, OTHER_KEY};

    fn inputs() -> Inputs {
        let home = std::path::PathBuf::from(std::env::var_os("HOME").unwrap());
        let environment = BTreeMap::from([("HOME".to_owned(), home.clone().into_os_string())]);
        Inputs { profile: None, file: None, environment, folder: home }
    }

    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "is run by the tests above, under a keychain of its own"]
    async fn a_profile_is_set_up() {
        let inputs = inputs();
        assert_eq!(KeyRing::at_hand().err().unwrap().code(), ErrorCode::KeyMissing);
        let id = setup::keep_key(KEY).await.unwrap();
        assert_eq!(setup::keep_key(KEY).await.unwrap(), id, "the same once more is no mistake");
        let other = setup::keep_key(OTHER_KEY).await.unwrap_err();
        assert_eq!(other.code(), ErrorCode::KeyInvalid, "a key that archives may need is never replaced");

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
            store_dir: store.display().to_string(),
            retention_days: 30,
            targets: Targets { rpo_s: 4 * 3600, ..Targets::default() },
        };
        setup::check_store(&inputs, &form.store_dir).await.unwrap();
        setup::save(&inputs, form.clone()).await.unwrap();

        let file = std::fs::read_to_string(inputs.folder.join(".config/aitta/config.toml")).unwrap();
        assert!(!file.contains(PASSWORD), "{file}");
        let settings = setup::settings(&inputs).await.unwrap();
        assert!(settings.password_in_keychain);
        let key = settings.key.unwrap();
        assert_eq!((key.key_id, key.kept.as_str()), (id, "keychain"));
        // The URL as it is shown has no password, and keeps the one that it has.
        let shown = DatabaseUrl::new(settings.database_url.unwrap());
        setup::check_source(&inputs, &shown).await.unwrap();
        setup::save(&inputs, ProfileForm { database_url: Some(shown), ..form }).await.unwrap();
        assert!(config::load(&inputs).unwrap().password_in_keychain);

        // The command line gets all of it for free.
        let mut aitta = Aitta::new()
            .env("HOME", &inputs.folder.display().to_string())
            .env_remove("BACKUP_ENCRYPTION_KEY")
            .env_remove("BACKUP_LOCAL_DIR");
        for name in ["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"] {
            aitta = aitta.env(name, &std::env::var(name).unwrap());
        }
        let report = aitta.json(&["backup", "create"]);
        assert_eq!(report["archive"]["rows"], 9, "{report}");
        aitta.json(&["backup", "verify", "latest", "--level", "content"]);
        let told = aitta.run(["config", "check"]).success().stdout;
        assert!(told.contains("in the keychain") && !told.contains(PASSWORD), "{told}");
    }

    #[test]
    #[ignore = "is run by the tests above, under a keychain of its own"]
    fn a_key_is_kept() {
        keys::keep(KEY).unwrap();
        assert_eq!(KeyRing::at_hand().unwrap().kept(), "keychain");
    }

    #[test]
    #[ignore = "is run by the tests above, under a keychain of its own"]
    fn the_keychain_is_locked() {
        let error = KeyRing::at_hand().err().unwrap();
        assert_eq!(error.code(), ErrorCode::KeychainUnavailable, "{error}");
        assert!(
            error.to_string().contains("locked") && error.hint().contains("unlock"),
            "{error}: {}",
            error.hint()
        );
        assert_eq!(keys::keep(KEY).unwrap_err().code(), ErrorCode::KeychainUnavailable);
    }

    #[test]
    #[ignore = "is run by the tests above, under a keychain of its own"]
    fn the_key_is_still_there() {
        assert_eq!(KeyRing::at_hand().unwrap().kept(), "keychain");
    }

    #[tokio::test]
    #[ignore = "is run by the tests above, without a bus"]
    async fn there_is_no_keychain() {
        let inputs = inputs();
        let error = KeyRing::at_hand().err().unwrap();
        assert_eq!(error.code(), ErrorCode::KeychainUnavailable, "{error}");
        assert!(error.hint().contains("BACKUP_ENCRYPTION_KEY"), "{}", error.hint());
        assert_eq!(setup::keep_key(KEY).await.unwrap_err().code(), ErrorCode::KeychainUnavailable);
        let settings = setup::settings(&inputs).await.unwrap();
        assert_eq!(settings.key_failure.unwrap().code, ErrorCode::KeychainUnavailable);
        // A password that can't be kept is not written anywhere.
        let form = ProfileForm {
            name: "shop".to_owned(),
            database_url: Some(DatabaseUrl::new("postgres://me:hunter2@h/shop")),
            store_dir: "~/store".to_owned(),
            retention_days: 30,
            targets: Targets::default(),
        };
        let error = setup::save(&inputs, form).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::KeychainUnavailable);
        assert!(!format!("{error:?}").contains("hunter2"));
        assert!(!inputs.folder.join(".config/aitta/config.toml").exists());
    }
}

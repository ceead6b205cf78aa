//! The second factor through the real program, with a real keychain and an authenticator that is not ours:
//! `oathtool`, which is built on liboath.
//!
//! As in `keychain.rs`, each test starts this program anew under a bus and a home of its own.
#![cfg(target_os = "linux")]

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

/// Starts a keyring that is open.
const OPEN: &str = "printf 'pw\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1";

/// Runs a test of `within` under a bus of its own.
fn run(test: &str) {
    let home = tempfile::tempdir().unwrap();
    let runtime = home.path().join("run");
    std::fs::create_dir_all(&runtime).unwrap();
    std::fs::set_permissions(&runtime, std::fs::Permissions::from_mode(0o700)).unwrap();
    let script = format!("{OPEN}; exec \"$0\" --ignored --exact mfa::within::{test} --nocapture");
    let mut command = Command::new("dbus-run-session");
    command.args(["--", "bash", "-c", &script]).arg(std::env::current_exe().unwrap());
    for name in ["DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY"] {
        command.env_remove(name);
    }
    for name in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
        command.env_remove(name);
    }
    command.env("HOME", home.path()).env("XDG_RUNTIME_DIR", &runtime);
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success() && stdout.contains("1 passed"), "{stdout}\n{stderr}");
}

#[test]
fn an_authenticator_guards_restores_and_deletions() {
    run("with_oathtool");
}

#[test]
fn two_processes_never_use_one_code() {
    run("at_once");
}

#[test]
fn without_its_keychain_the_door_stays_closed() {
    run("no_keychain");
}

#[test]
fn a_machine_restores_with_a_token() {
    run("with_a_token");
}

/// The codes of liboath for many moments, against those of the engine's library.
#[test]
fn oathtool_shows_the_codes_of_the_rfc() {
    // RFC 6238, appendix B; the secret is "12345678901234567890".
    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let times = [("59", "287082"), ("1111111109", "081804"), ("20000000000", "353130")];
    for (seconds, code) in times {
        assert_eq!(within::oathtool(SECRET, &format!("@{seconds}")), code);
    }
}

mod within {
    use std::process::Command;

    use aitta_testing::{Aitta, Finished};
    use serde_json::Value;

    /// Six digits for a moment, such as `now` or `@59`.
    pub(super) fn oathtool(secret: &str, at: &str) -> String {
        let output = Command::new("oathtool").args(["--totp", "--base32", "--now", at, secret]).output();
        let output = output.unwrap_or_else(|e| panic!("oathtool: {e}; `cargo xtask test` installs it"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    struct Machine {
        aitta: Aitta,
        secret: String,
        codes: Vec<String>,
        /// Seconds since 1970 of the last step that was used.
        step: std::cell::Cell<u64>,
    }

    impl Machine {
        /// A sample database, a backup, and then a second factor.
        async fn new() -> Self {
            let mut aitta = Aitta::new();
            let database = aitta.home().join("shop.db");
            aitta_engine::sample::create(&database).await.unwrap();
            aitta = aitta.database(&format!("sqlite:{}", database.display()));
            for name in ["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"] {
                aitta = aitta.env(name, &std::env::var(name).unwrap());
            }
            aitta.json(&["backup", "create"]);
            assert_eq!(aitta.json(&["mfa", "status"])["enrolled"], Value::Null);
            let _refused = aitta.run(["mfa", "enroll"]).failure("there is no terminal");
            let shown = aitta.json(&["mfa", "enroll", "--print"]);
            let secret = shown["secret"].as_str().unwrap().to_owned();
            let mut machine = Self { aitta, secret, codes: Vec::new(), step: std::cell::Cell::new(0) };
            let confirmed = machine.aitta.json(&["mfa", "confirm", "--totp", &machine.next_code()]);
            machine.codes = confirmed["codes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|code| code.as_str().unwrap().to_owned())
                .collect();
            assert_eq!(machine.codes.len(), 10);
            machine
        }

        /// A code that was not used yet: the one that is shown now, then the next one, which is within the drift. The
        /// one before would count as well, but may run out on its way to the program.
        #[expect(clippy::disallowed_methods, reason = "so does the program that is run")]
        fn next_code(&self) -> String {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
            let step = (now / 30).max(self.step.get() + 1);
            assert!(step <= now / 30 + 1, "the codes of this minute are used up");
            self.step.set(step);
            oathtool(&self.secret, &format!("@{}", step * 30))
        }

        fn restore(&self, more: &[&str]) -> Finished {
            let args =
                ["backup", "restore", "--backup-id", "latest", "--tables", "Setting", "--reason", "drill"];
            self.aitta.run(args.iter().chain(more).copied())
        }

        fn archives(&self) -> usize {
            std::fs::read_dir(self.aitta.store_dir().join("backups")).unwrap().count()
        }

        fn database(&self) -> Vec<u8> {
            std::fs::read(self.aitta.home().join("shop.db")).unwrap()
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "is run by the tests above, under a keychain of its own"]
    async fn with_oathtool() {
        let machine = Machine::new().await;
        let before = machine.database();
        let refused = machine.restore(&[]).failure("needs the second factor");
        assert_eq!(refused.code, Some(10), "{}", refused.stderr);
        assert!(refused.stderr.contains("hint: add --totp"), "{}", refused.stderr);
        let _refused = machine
            .restore(&["--totp", "AAAA-AAAA-AAAA-AAAA"])
            .failure("neither a code of your authenticator nor an unused recovery code");
        assert!(machine.database() == before && machine.archives() == 1, "nothing was touched");

        let code = machine.next_code();
        let _restored = machine.restore(&["--totp", &code]).success();
        assert_eq!(machine.archives(), 2, "with a safety archive");
        let _again = machine.restore(&["--totp", &code]).failure("this code was used before");
        assert_eq!(machine.archives(), 2);

        let id = machine.aitta.json(&["backup", "list"])["archives"][0]["id"].as_str().unwrap().to_owned();
        let delete = ["backup", "delete", &id, "--yes", "--reason", "routine"];
        let _refused = machine.aitta.run(delete).failure("needs the second factor");
        let _deleted =
            machine.aitta.run(delete.iter().copied().chain(["--totp", &machine.codes[0]])).success();
        assert_eq!(machine.archives(), 1);
        machine.aitta.json(&["backup", "create"]);

        let status = machine.aitta.json(&["mfa", "status"]);
        assert_eq!(status["recovery_codes_left"], 9, "{status}");
        let disable = ["mfa", "disable", "--reason", "drill"];
        let _refused = machine.aitta.run(disable).failure("needs the second factor");
        let _done = machine.aitta.run(disable.iter().copied().chain(["--totp", &machine.codes[1]])).success();
        let _restored = machine.restore(&[]).success();

        // None of the secrets is in what was left behind.
        let mut kept = Vec::new();
        for folder in [machine.aitta.data_dir(), machine.aitta.store_dir()] {
            read_all(&folder, &mut kept);
        }
        let kept = String::from_utf8_lossy(&kept);
        for secret in machine.codes.iter().chain([&machine.secret]) {
            assert!(!kept.contains(secret.as_str()) && !kept.contains(&secret.replace('-', "")));
        }
    }

    fn read_all(folder: &std::path::Path, into: &mut Vec<u8>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { read_all(&path, into) } else { into.extend(std::fs::read(&path).unwrap()) }
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "is run by the tests above, under a keychain of its own"]
    async fn at_once() {
        let machine = Machine::new().await;
        for code in [machine.codes[0].clone(), machine.next_code()] {
            let args = ["mfa", "codes", "--reason", "drill", "--json", "--totp", &code];
            let running: Vec<_> = (0..4).map(|_| machine.aitta.command(args).spawn().unwrap()).collect();
            let ended: Vec<_> = running.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
            let done = ended.iter().filter(|output| output.status.success()).count();
            assert_eq!(done, 1, "{ended:?}");
            for output in ended.iter().filter(|output| !output.status.success()) {
                let stderr = String::from_utf8_lossy(&output.stderr);
                assert!(stderr.contains("\"mfa_wrong\""), "{stderr}");
            }
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "is run by the tests above, under a keychain of its own"]
    async fn no_keychain() {
        let mut machine = Machine::new().await;
        machine.aitta = machine.aitta.env("DBUS_SESSION_BUS_ADDRESS", "disabled:");
        let code = machine.next_code();
        for more in [&["--totp", &code][..], &[]] {
            let refused = machine.restore(more).failure("can't be checked");
            assert_eq!(refused.code, Some(10), "{}", refused.stderr);
            assert!(refused.stderr.contains("hint: unlock"), "{}", refused.stderr);
        }
        // A catalog that was made anew does not know of it, but the note beside it does.
        for name in ["catalog.db", "catalog.db-wal", "catalog.db-shm"] {
            let _may_be_missing = std::fs::remove_file(machine.aitta.data_dir().join(name));
        }
        let _refused = machine.restore(&[]).failure("can't be checked");
        // Making a backup never asks for it.
        machine.aitta.json(&["backup", "create"]);
        machine.aitta.json(&["backup", "verify", "latest"]);
        let bus = std::env::var("DBUS_SESSION_BUS_ADDRESS").unwrap();
        machine.aitta = machine.aitta.env("DBUS_SESSION_BUS_ADDRESS", &bus);
        let _restored = machine.restore(&["--totp", &code]).success();
    }

    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "is run by the tests above, under a keychain of its own"]
    async fn with_a_token() {
        let mut machine = Machine::new().await;
        let add = ["mfa", "exception", "add", "nightly", "--operations", "restore", "--days", "30"];
        let more = ["--reason", "routine", "--totp", &machine.codes[0], "--json"];
        let made = machine.aitta.run(add.iter().chain(&more).copied()).success().json();
        let token = made["token"].as_str().unwrap().to_owned();
        machine.aitta = machine.aitta.env("AITTA_MFA_TOKEN", &token);
        let _restored = machine.restore(&[]).success();
        let id = machine.aitta.json(&["backup", "list"])["archives"][0]["id"].as_str().unwrap().to_owned();
        let _refused = machine
            .aitta
            .run(["backup", "delete", &id, "--yes", "--reason", "routine"])
            .failure("is for restore, and not for a deletion");
        let end = ["mfa", "exception", "remove", "nightly", "--reason", "routine"];
        let _refused = machine.aitta.run(end).failure("needs the second factor");
        // Another profile of the same name, with another database.
        let other = machine.aitta.home().join("other.db");
        aitta_engine::sample::create(&other).await.unwrap();
        let url = format!("sqlite:{}", other.display());
        let _refused =
            machine.restore(&["--to", &url]).failure("is for the profile default with its database");
        machine.aitta = machine.aitta.database(&url);
        let _refused =
            machine.restore(&["--to", &url]).failure("is for the profile default with its database");
    }
}

//! What version 0.1 has left behind is listed, checked, rotated and restored, for ever.
//!
//! How the data were made is in the README beside them. Each test works on a copy in a folder of its own; the data
//! name their paths by `/proc/self/cwd`, so that they lie wherever the program runs. Nothing here depends on the day:
//! what is compared was written down with its times, and archives are named by their ids.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use aitta_testing::Aitta;
use aitta_testing::pg::TestServer;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Row};

#[path = "golden/data.rs"]
mod data;

use data::{
    Golden, MADE_IN, PASSPHRASE, again, assert_as_it_was, change, copy, folder, later_figures,
    later_settings, nothing, overdue, passes, rows,
};

/// Lines of [`rows`] of the SQLite file.
const LINES: usize = 150;
/// Opens the keyring, with the line's end as it was typed.
const OPEN: &str = "printf 'golden\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1";

#[test]
fn reports_are_what_they_were() {
    let golden = Golden::key_file();
    assert_as_it_was(&golden, "list.json", &["backup", "list"], nothing);
    for which in ["manual", "pre_deployment", "chosen_tables", "safety", "postgresql", "third_key"] {
        let id = golden.id(which);
        assert_as_it_was(&golden, &format!("show-{id}.json"), &["backup", "show", id], nothing);
    }
    assert_as_it_was(&golden, "runs.json", &["runs", "--limit", "100"], later_figures);
    assert_as_it_was(&golden, "runs-bookings.json", &["runs", "--profile", "bookings"], later_figures);
    assert_as_it_was(&golden, "key-status.json", &["key", "status"], overdue);
    assert_as_it_was(&golden, "mfa-status.json", &["mfa", "status"], nothing);
    assert_as_it_was(&golden, "audit-verify.json", &["audit", "verify"], nothing);
    assert_as_it_was(&golden, "audit-list.json", &["audit", "list", "--limit", "1000"], nothing);
    assert_as_it_was(&golden, "config-check.json", &["config", "check"], later_settings);
    let plan = ["backup", "restore", "--backup-id", golden.id("pre_deployment"), "--dry-run", "--to"];
    let plan = [plan.as_slice(), &["sqlite:/proc/self/cwd/new.db"]].concat();
    assert_as_it_was(&golden, "plan.json", &plan, nothing);
    let csv = golden.aitta.run(["audit", "export", "--format", "csv"]).success().stdout;
    let then = fs::read_to_string(golden.path("expected/audit.csv")).unwrap();
    // The dry run above has no entry.
    assert_eq!(csv.replace(&golden.aitta.home().display().to_string(), MADE_IN), then);
}

#[test]
fn overview_and_history_are_what_they_were() {
    let Some(mut again) = again(module_path!(), "overview_and_history_are_what_they_were") else {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        return runtime.block_on(within::views());
    };
    let golden = Golden::key_file();
    again.current_dir(golden.aitta.home()).env("AITTA_KEY_PASSPHRASE", PASSPHRASE);
    again.env("AITTA_KEY_FILE", "/proc/self/cwd/keys.sealed").env("AITTA_DATA_DIR", "/proc/self/cwd/data");
    again.env("AITTA_CONFIG", "/proc/self/cwd/aitta.toml").env("AITTA_PROFILE", "shop");
    passes(&mut again);
}

#[test]
fn every_archive_gives_back_its_rows() {
    let golden = Golden::key_file();
    let checked = golden.aitta.json(&["backup", "verify", "--all", "--level", "content"]);
    let results = checked["results"].as_array().unwrap();
    assert_eq!(results.len(), 6);
    assert!(results.iter().all(|result| result["ok"] == true), "{checked}");

    let live = rows(&golden.path("shop.db"));
    let customers = |rows: &[String]| rows.iter().filter(|row| row.starts_with("customer: ")).count();
    assert_eq!((live.len(), customers(&live)), (LINES, 40));
    // The data of the first one were written anew under another key; the others have been there since.
    for which in ["manual", "pre_deployment", "third_key"] {
        assert_eq!(golden.restored(which), live, "{which}");
    }
    let overwritten = golden.restored_by_id(golden.id("safety"), "customer");
    assert_eq!(overwritten.iter().filter(|row| row.contains("'overwritten'")).count(), 3);
    assert_eq!(customers(&overwritten), 39);
    let chosen = golden.restored_by_id(golden.id("chosen_tables"), "item,order");
    let tables = |row: &&String| row.starts_with("item: ") || row.starts_with("order: ");
    assert!(chosen.iter().filter(tables).eq(live.iter().filter(tables)), "{chosen:#?}");
    assert_eq!((customers(&chosen), chosen.iter().filter(tables).count()), (0, 102));
}

#[test]
fn chosen_tables_come_back_with_a_recovery_code_of_then() {
    let golden = Golden::key_file();
    let then = rows(&golden.path("shop.db"));
    change(&golden.path("shop.db"), "UPDATE customer SET name = 'changed' WHERE id <= 4");
    let changed = rows(&golden.path("shop.db"));
    let id = golden.id("manual");
    let restore =
        ["backup", "restore", "--backup-id", id, "--tables", "customer", "--reason", "drill", "--totp"];
    let with = |code: &str| golden.aitta.run(restore.iter().copied().chain([code, "--json"]));
    // Used up by 0.1.
    assert_eq!(with(&golden.code(0)).failure("mfa_wrong").code, Some(10));
    assert_eq!(rows(&golden.path("shop.db")), changed);
    let report = with(&golden.code(9)).success().json();
    assert_eq!(rows(&golden.path("shop.db")), then);

    // And what was overwritten is in an archive of today.
    let safety = report["safety_archive"].as_str().unwrap();
    let undone = golden.restored_by_id(safety, "customer");
    let customers = |rows: Vec<String>| -> Vec<String> {
        rows.into_iter().filter(|row| row.starts_with("customer: ")).collect()
    };
    assert_eq!(customers(undone), customers(changed));
    let chain = golden.aitta.json(&["audit", "verify"]);
    assert!(chain["fault"].is_null(), "{chain}");
}

/// The secret is known, so the digits of today are.
#[test]
fn an_authenticator_of_then_is_still_accepted() {
    let golden = Golden::key_file();
    let secret = fs::read_to_string(golden.path("totp-secret.txt")).unwrap();
    let digits = Command::new("oathtool").args(["--totp", "--base32", secret.trim()]).output().unwrap();
    let digits = String::from_utf8(digits.stdout).unwrap();
    let (id, digits) = (golden.id("postgresql"), digits.trim());
    golden.aitta.json(&["backup", "delete", id, "--yes", "--reason", "routine", "--totp", digits]);
    assert_eq!(golden.aitta.json(&["backup", "list"])["total"], 5);
}

#[test]
fn a_key_file_of_then_is_rotated() {
    let golden = Golden::key_file();
    let left = rotate(&golden, 5, 6);
    // Back, on again, and on to a key of today.
    let back =
        golden.aitta.json(&["key", "rotate", "--roll-back", "--reason", "drill", "--totp", &golden.code(4)]);
    assert_eq!((&back["moved"], &back["to"]), (&6.into(), &left), "{back}");
    golden.aitta.json(&["key", "rotate", "--reason", "drill", "--totp", &golden.code(5)]);
    let kit = golden.path("kit-of-today.txt").display().to_string();
    let (six, seven) = (golden.code(6), golden.code(7));
    let create = ["key", "create", "--kit", &kit, "--reason", "routine", "--totp", &six];
    let new = golden.aitta.json(&create);
    let reencrypt = ["key", "rotate", "--reencrypt", "--reason", "incident", "--totp", &seven];
    let anew = golden.aitta.json(&reencrypt);
    assert_eq!((&anew["moved"], &anew["to"]), (&6.into(), &new["key_id"]), "{anew}");
    let golden = golden.with_new_ids();
    assert_eq!(golden.restored("pre_deployment"), rows(&golden.path("shop.db")));

    // With the kit of that key alone, on a machine that has nothing else.
    assert_eq!(on_a_new_machine(&golden, &["kit-of-today.txt"]), 6);
    let chain = golden.aitta.json(&["audit", "verify"]);
    assert!(chain["fault"].is_null(), "{chain}");
}

/// Everything to the key that is active; then all is as it was, under that key. Returns the one that was left.
fn rotate(golden: &Golden, moved: u64, archives: u64) -> Value {
    let ring = golden.aitta.json(&["key", "status"]);
    let active = ring["keys"].as_array().unwrap().iter().find(|key| key["state"] == "active").unwrap();
    assert_eq!(active["archives"], archives - moved, "{ring}");
    // With a recovery code of then.
    let rotated = golden.aitta.json(&["key", "rotate", "--reason", "routine", "--totp", &golden.code(3)]);
    assert_eq!(
        (&rotated["moved"], &rotated["opened"], &rotated["to"]),
        (&moved.into(), &archives.into(), &active["key_id"]),
        "{rotated}"
    );
    let ring = golden.aitta.json(&["key", "status"]);
    for key in ring["keys"].as_array().unwrap() {
        let all = if key["state"] == "active" { archives } else { 0 };
        assert_eq!(key["archives"], all, "{ring}");
    }
    let checked = golden.aitta.json(&["backup", "verify", "--all", "--level", "content"]);
    let results = checked["results"].as_array().unwrap();
    assert!(results.len() as u64 == archives && results.iter().all(|r| r["ok"] == true), "{checked}");
    rotated["from"][0].clone()
}

#[test]
fn kits_and_store_of_then_are_enough_for_a_new_machine() {
    let golden = Golden::key_file();
    assert_eq!(on_a_new_machine(&golden, &["kit-1.txt", "kit-2.html", "kit-3.txt"]), 6);
}

/// Imports the kits, finds the archives again and restores from them. Returns how many there are.
fn on_a_new_machine(golden: &Golden, kits: &[&str]) -> u64 {
    let second = Aitta::new()
        .env_remove("BACKUP_ENCRYPTION_KEY")
        .env("BACKUP_LOCAL_DIR", &golden.path("store").display().to_string())
        .env("AITTA_KEY_FILE", "keys.sealed")
        .env("AITTA_KEY_PASSPHRASE", "another one");
    for kit in kits {
        second.json(&["key", "import", &golden.path(kit).display().to_string()]);
    }
    let found = second.json(&["catalog", "rebuild"])["archives"].as_u64().unwrap();
    let to = format!("sqlite:{}", second.home().join("shop.db").display());
    for which in ["manual", "third_key"] {
        let id = golden.id(which);
        second.json(&["backup", "restore", "--backup-id", id, "--to", &to, "--reason", "incident"]);
        assert_eq!(rows(&second.home().join("shop.db")), rows(&golden.path("shop.db")));
        fs::remove_file(second.home().join("shop.db")).unwrap();
    }
    found
}

#[test]
fn the_catalog_is_made_anew_from_the_store() {
    let golden = Golden::key_file();
    let ids = |golden: &Golden| {
        let list = golden.aitta.json(&["backup", "list"]);
        list["archives"].as_array().unwrap().iter().map(|a| a["id"].clone()).collect::<Vec<_>>()
    };
    let before = ids(&golden);
    let runs = golden.aitta.json(&["runs", "--limit", "100"]).as_array().map(Vec::len);
    assert_eq!(golden.aitta.json(&["catalog", "rebuild"])["archives"], 6);
    assert_eq!(ids(&golden), before);
    // What was run is no less known for it: the rebuild is one more.
    let more = golden.aitta.json(&["runs", "--limit", "100"]).as_array().map(Vec::len);
    assert_eq!(more, runs.map(|runs| runs + 1));
    let chain = golden.aitta.json(&["audit", "verify"]);
    assert!(chain["fault"].is_null(), "{chain}");
}

#[test]
fn postgresql_gets_its_rows_back() {
    let golden = Golden::key_file();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let database = runtime.block_on(TestServer::shared().database("golden"));
    let id = golden.id("postgresql");
    let restore =
        ["backup", "restore", "--backup-id", id, "--to", database.url(), "--reason", "drill", "--profile"];
    let report = golden
        .aitta
        // An archive of then doesn't say what it could run, so a superuser has to trust it.
        .json(
            &[restore.as_slice(), &["bookings", "--no-owner", "--trust-code", "--totp", &golden.code(9)]]
                .concat(),
        );
    assert_eq!(report["proofs"].as_array().unwrap().len(), 2, "{report}");
    // The statement that has made them.
    let made = "SELECT n::bigint, timestamptz '2026-01-01 00:00+00' + n * interval '1 hour',
            (ARRAY['open','done'])[n % 2 + 1]::wash.state, (n * 1.25)::numeric(10,2),
            ARRAY['a b', NULL, '\"q\"', E'\\t'], jsonb_build_object('n', n),
            decode(lpad(to_hex(n), 4, '0'), 'hex') FROM generate_series(1, 60) n";
    let differs = format!(
        "SELECT count(*) FROM ((TABLE wash.booking EXCEPT {made}) UNION ALL ({made} EXCEPT TABLE wash.booking)) d"
    );
    runtime.block_on(async {
        let mut connection = database.connect().await;
        let mut count = async |sql: &str| -> i64 {
            let row = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await;
            row.unwrap().get(0)
        };
        assert_eq!(count("SELECT count(*) FROM wash.booking").await, 60);
        assert_eq!(count(&differs).await, 0);
        assert_eq!(count("SELECT count(*) FROM note WHERE text LIKE E'ärendet %\\nzeile'").await, 10);
        assert_eq!(count("SELECT count(*) FROM wash.open").await, 30);
        assert_eq!(count("SELECT nextval(pg_get_serial_sequence('wash.booking', 'id'))").await, 61);
    });
}

/// What these tests rest on: a byte that is another one is seen.
#[test]
fn a_byte_that_was_changed_is_seen() {
    let flip = |path: &Path, at: &dyn Fn(&[u8]) -> usize| {
        let mut bytes = fs::read(path).unwrap();
        let at = at(&bytes);
        bytes[at] ^= 1;
        fs::write(path, bytes).unwrap();
    };
    let golden = Golden::key_file();
    let id = golden.id("manual");
    flip(&golden.path(&format!("store/backups/{id}.backup")), &|bytes| bytes.len() / 2);
    let refused = golden.aitta.run(["backup", "verify", id]);
    assert_eq!(refused.code, Some(5), "{}{}", refused.stdout, refused.stderr);
    let restore = ["backup", "restore", "--backup-id", id, "--to", "sqlite:new.db", "--reason", "drill"];
    assert_eq!(golden.aitta.run(restore).failure("damaged").code, Some(5));

    let golden = Golden::key_file();
    flip(&golden.path("keys.sealed"), &|bytes| bytes.len() / 2);
    assert_eq!(golden.aitta.run(["key", "status"]).failure("key file").code, Some(4));

    let golden = Golden::key_file();
    // Only entries of the trail name the admin.
    let admin = br#""admin":"Aino""#;
    flip(&golden.path("data/catalog.db"), &|bytes| {
        bytes.windows(admin.len()).position(|window| window == admin).unwrap() + admin.len() - 2
    });
    let told = golden.aitta.run(["audit", "verify", "--json"]);
    assert_eq!(told.code, Some(11), "{}", told.stdout);
    assert!(told.json()["fault"]["entry"].is_u64(), "{}", told.stdout);
}

#[test]
fn a_keychain_of_then_is_opened_and_rotated() {
    let Some(inner) = again(module_path!(), "a_keychain_of_then_is_opened_and_rotated") else {
        return within::keychain();
    };
    let home = tempfile::tempdir().unwrap();
    let runtime = home.path().join("run");
    fs::create_dir(&runtime).unwrap();
    fs::set_permissions(&runtime, fs::Permissions::from_mode(0o700)).unwrap();
    copy(&folder().join("keychain/keyrings"), &home.path().join(".local/share/keyrings"));
    let mut command = Command::new("dbus-run-session");
    command.args(["--", "bash", "-c", &format!("{OPEN}; exec \"$0\" \"$@\"")]);
    command.arg(inner.get_program()).args(inner.get_args());
    command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("HOME", home.path()).env("XDG_RUNTIME_DIR", &runtime);
    for name in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "DISPLAY", "WAYLAND_DISPLAY"] {
        command.env_remove(name);
    }
    passes(command.env_remove("DBUS_SESSION_BUS_ADDRESS"));
}

/// What runs in a process of its own.
mod within {
    use std::path::Path;
    use std::sync::Arc;

    use aitta_engine::config::{self, Inputs};
    use aitta_engine::{Context, ManualClock, history, overview};
    use aitta_model::Timestamp;
    use serde_json::Value;

    use super::data::{Golden, MADE_IN, assert_as_it_was, json, later_figures, nothing, overdue, rows};
    use super::rotate;

    /// In a folder with a key file.
    pub(super) async fn views() {
        let span = json(Path::new("span.json"));
        let [from, now] =
            ["from", "to"].map(|end| -> Timestamp { span[end].as_str().unwrap().parse().unwrap() });
        let profile = config::load(&Inputs::of_process(Some("shop".to_owned()), None).unwrap()).unwrap();
        let context = Context::new(profile).await.unwrap();
        let context = Context { clock: Arc::new(ManualClock::at(now)), ..context };
        let home = std::env::current_dir().unwrap().display().to_string();
        let assert_as_it_was = |name: &str, view: Value| {
            let told = view.to_string().replace(&home, MADE_IN);
            let view: Value = serde_json::from_str(&told).unwrap();
            let then = json(&Path::new("expected").join(name));
            assert_eq!(format!("{view:#}"), format!("{then:#}"), "{name}");
        };
        let mut shown = serde_json::to_value(overview::overview(&context).await.unwrap()).unwrap();
        later_figures(&mut shown["recent"]);
        assert_as_it_was("overview.json", shown);
        let past = history::history(&context, from, now).await.unwrap();
        assert_as_it_was("history.json", serde_json::to_value(past).unwrap());
    }

    /// Under the keychain.
    pub(super) fn keychain() {
        let mut golden = Golden::of("keychain");
        for name in ["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"] {
            golden.aitta = golden.aitta.env(name, &std::env::var(name).unwrap());
        }
        assert_as_it_was(&golden, "list.json", &["backup", "list"], nothing);
        assert_as_it_was(&golden, "runs.json", &["runs", "--limit", "100"], later_figures);
        assert_as_it_was(&golden, "key-status.json", &["key", "status"], overdue);
        assert_as_it_was(&golden, "mfa-status.json", &["mfa", "status"], nothing);
        assert_as_it_was(&golden, "audit-verify.json", &["audit", "verify"], nothing);
        assert_as_it_was(&golden, "audit-list.json", &["audit", "list", "--limit", "1000"], nothing);
        rotate(&golden, 1, 2);
        for which in ["manual", "second_key"] {
            assert_eq!(golden.restored(which), rows(&golden.path("shop.db")));
        }
        let code = golden.code(0);
        let kit = ["key", "export-kit", "kit-of-today.txt", "--reason", "drill", "--totp", &code];
        golden.aitta.json(&kit);
        let chain = golden.aitta.json(&["audit", "verify"]);
        assert!(chain["fault"].is_null(), "{chain}");
        // The password of this database is there, too; its port is closed.
        let refused = golden.aitta.run(["backup", "create", "--profile", "remote"]);
        assert_eq!(refused.code, Some(7), "{}", refused.stderr);
        assert!(!refused.stderr.contains("the keychain has no password"), "{}", refused.stderr);
    }
}

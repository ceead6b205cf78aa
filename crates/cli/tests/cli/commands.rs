//! The binary, on a sample database: the main job, exit codes, and that reports are JSON.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("store")).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(aitta_engine::sample::create(&dir.path().join("shop.db"))).unwrap();
        Self { dir }
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aitta"));
        command
            .args(arguments.split_whitespace())
            .env_clear()
            .current_dir(self.dir.path())
            .env("AITTA_DATA_DIR", "data")
            .env("BACKUP_LOCAL_DIR", "store")
            .env("BACKUP_ENCRYPTION_KEY", KEY)
            .env("DATABASE_URL", format!("sqlite:{}", self.path("shop.db").display()));
        command
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    /// Runs a command that must succeed, and reads its report.
    fn report(&self, arguments: &str) -> Value {
        let output = self.command(&format!("--json {arguments}")).output().unwrap();
        assert!(output.status.success(), "{arguments}: {}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Runs a command that must fail with this exit code, and reads its error.
    fn failure(&self, arguments: &str, code: i32) -> Value {
        failed(&mut self.command(&format!("--json {arguments}")), code)
    }

    fn archive(&self, id: &Value) -> std::path::PathBuf {
        self.path(&format!("store/backups/{}.backup", id.as_str().unwrap()))
    }
}

fn failed(command: &mut Command, code: i32) -> Value {
    let output: Output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
    assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
    serde_json::from_slice(&output.stderr).unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn flip(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn an_archive_is_made_listed_checked_restored_and_deleted() {
    let place = Place::new();
    let made = place.report("backup create --kind pre-deployment --reason release");
    let id = &made["archive"]["id"];
    assert_eq!((&made["archive"]["kind"], &made["archive"]["tables"]), (&"pre-deployment".into(), &9.into()));
    let list = place.report("backup list");
    assert_eq!((&list["archives"][0]["id"], &list["archives"][0]["state"]), (id, &"verified".into()));
    assert_eq!(place.report("backup show latest")["table_list"], made["tables"]);
    let verified = place.report("backup verify --level content");
    assert_eq!(verified["results"][0]["rows"], made["archive"]["rows"]);

    let plan = place.report("backup restore --backup-id latest --tables Setting,Holiday --dry-run");
    assert_eq!((&plan["mode"], plan["tables"].as_array().unwrap().len()), (&"replace".into(), 2));
    let restored = place.report("backup restore --backup-id latest --tables Setting,Holiday --reason drill");
    assert_eq!(restored["proofs"].as_array().unwrap().len(), 2);
    let safety = &restored["safety_archive"];
    assert!(place.archive(safety).exists());
    let to = format!("sqlite:{}", place.path("copy.db").display());
    let copied = place.report(&format!("backup restore --backup-id latest --to {to} --reason drill"));
    assert_eq!((&copied["archive"], copied["proofs"].as_array().unwrap().len()), (id, 9));

    place.failure(&format!("backup delete {} --reason routine", id.as_str().unwrap()), 3);
    let deleted = place.report(&format!("backup delete --yes {} --reason routine", id.as_str().unwrap()));
    assert_eq!((&deleted["id"], &deleted["freed_bytes"]), (id, &made["archive"]["size_bytes"]));
    assert_eq!(place.report("backup list")["archives"][0]["id"], *safety);
    assert_eq!(place.report("catalog rebuild")["archives"], 1);
}

#[test]
fn a_dry_run_says_which_tables_are_the_same_and_a_proof_is_dropped_again() {
    const ASKED: &str = "backup restore --backup-id latest --tables Service,Holiday --dry-run";
    let place = Place::new();
    place.report("backup create");
    // One table is left of the database.
    let to = format!("sqlite:{}", place.path("small.db").display());
    place.report(&format!("backup restore --backup-id latest --tables Holiday --to {to} --reason drill"));
    std::fs::rename(place.path("small.db"), place.path("shop.db")).unwrap();
    assert!(place.report(ASKED).get("compared").is_none(), "it was not asked for");
    let compared = &place.report(&format!("{ASKED} --compare"))["compared"];
    let state = |name: &str| {
        let tables = compared.as_array().unwrap();
        tables.iter().find(|t| t["name"] == name).unwrap()["state"].as_str().unwrap().to_owned()
    };
    assert_eq!((state("Service"), state("Holiday")), ("missing".to_owned(), "same".to_owned()));
    let told = place.command(&format!("{ASKED} --compare")).output().unwrap();
    assert!(text(&told.stdout).contains("same rows"), "{}", text(&told.stdout));
    let alone = "--json backup restore --backup-id latest --compare --reason drill";
    assert_eq!(place.command(alone).output().unwrap().status.code(), Some(2), "without a dry run");

    let proven = place.report("restore prove");
    assert_eq!((&proven["dropped"], &proven["whole"]), (&true.into(), &true.into()));
    assert!(!Path::new(proven["target"].as_str().unwrap()).exists(), "{proven}");
    assert_eq!(place.report("runs")[0]["reason"], "drill");
}

#[test]
fn a_loss_is_told_with_the_way_out_for_tables_that_are_emptied_by_rule() {
    let place = Place::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let first = place.report("backup create");
    runtime.block_on(async {
        let url = format!("sqlite:{}", place.path("shop.db").display());
        let mut conn = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
        sqlx::raw_sql("DELETE FROM \"EmailNotification\" WHERE rowid > 1").execute(&mut conn).await.unwrap();
        sqlx::Connection::close(conn).await.unwrap();
    });
    let told = |variable: Option<&str>| {
        let mut command = place.command("backup create");
        command.envs(variable.map(|tables| ("BACKUP_TABLE_LOSS_IGNORE", tables)));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    let asked = told(None);
    let spaced = asked.replace(['\u{a0}', '\u{202f}'], " ");
    assert!(spaced.contains("EmailNotification: 1 row, 10 000 rows at "), "{asked}");
    assert!(asked.contains("BACKUP_TABLE_LOSS_IGNORE"), "{asked}");
    assert!(!told(Some("EmailNotification")).contains("rows are missing"));

    // What is gone from the store is forgotten.
    std::fs::remove_file(place.archive(&first["archive"]["id"])).unwrap();
    let output = place.command("catalog rebuild").output().unwrap();
    assert!(text(&output.stdout).contains("1 missing archive forgotten"), "{}", text(&output.stdout));
}

#[test]
fn every_kind_of_failure_has_its_exit_code() {
    let place = Place::new();
    let unknown = place.failure("backup create --tables Bokings", 3);
    assert_eq!(unknown["code"], "table_unknown");
    assert!(unknown["hint"].as_str().unwrap().contains("Booking"), "{unknown}");
    assert_eq!(place.failure("backup show latest", 5)["code"], "archive_not_found");

    let id = &place.report("backup create --tables Holiday")["archive"]["id"];
    let mut other_key = place.command("--json backup show latest");
    let wrong = failed(other_key.env("BACKUP_ENCRYPTION_KEY", KEY.replace("00", "11")), 4);
    assert_eq!(wrong["code"], "key_wrong");
    let restore =
        format!("backup restore --tables Holidays --reason drill --backup-id {}", id.as_str().unwrap());
    assert_eq!(place.failure(&restore, 3)["code"], "table_unknown");

    flip(&place.archive(id), 4200);
    let damaged = place.command("--json backup verify").output().unwrap();
    assert_eq!(damaged.status.code(), Some(5), "{}", text(&damaged.stderr));
    let report: Value = serde_json::from_slice(&damaged.stdout).unwrap();
    assert_eq!(report["results"][0]["failure"]["code"], "archive_damaged");
    assert_eq!(place.report("backup list")["archives"][0]["state"], "damaged");

    std::fs::write(place.path("data/catalog.db"), vec![b'x'; 4096]).unwrap();
    for journal in ["data/catalog.db-wal", "data/catalog.db-shm"] {
        std::fs::remove_file(place.path(journal)).unwrap_or_default();
    }
    let error = place.failure("backup list", 1);
    assert_eq!(error["code"], "catalog_failed");
    assert!(error["hint"].as_str().unwrap().contains("aitta catalog rebuild"), "{error}");
    // It holds a damaged archive, which the rebuild finds again too.
    let rebuilt = place.report("catalog rebuild");
    let aside = rebuilt["set_aside"].as_str().unwrap();
    assert_eq!(std::fs::read(place.path(aside)).unwrap(), vec![b'x'; 4096]);
    assert_eq!(rebuilt["archives"], 1);
    assert_eq!(place.report("backup list")["total"], 1);
    assert!(place.report("catalog rebuild").get("set_aside").is_none());
    std::fs::remove_dir_all(place.path("store")).unwrap();
    std::fs::remove_dir_all(place.path("data")).unwrap();
    assert_eq!(place.failure("backup create", 6)["code"], "store_missing");
}

/// No recovery kit would open its archives, and nobody could check its entries.
#[test]
fn a_slip_in_the_key_makes_no_backup_and_spoils_no_trail() {
    let place = Place::new();
    place.report("backup create");
    let other = KEY.replace("00", "11");
    for operation in ["backup create", "backup verify", "backup restore --backup-id latest --reason drill"] {
        let mut slipped = place.command(&format!("--json {operation}"));
        let error = failed(slipped.env("BACKUP_ENCRYPTION_KEY", &other), 4);
        assert_eq!(error["code"], "key_wrong", "{operation}: {error}");
    }
    place.report("backup create");
    assert_eq!(place.report("audit verify")["fault"], Value::Null);

    // Changed on purpose, without the key before and with it.
    let change = |retired: &str| {
        let mut command = place.command("--json backup create");
        command.env("BACKUP_ENCRYPTION_KEY", &other).env("BACKUP_RETIRED_KEYS", retired);
        command
    };
    assert_eq!(failed(&mut change(""), 4)["code"], "key_wrong");
    let changed = change(KEY).output().unwrap();
    assert!(changed.status.success(), "{}", text(&changed.stderr));
}

#[test]
fn an_archive_that_is_gone_is_named_by_a_check_that_fails() {
    let place = Place::new();
    place.report("backup create");
    let gone = place.report("backup create")["archive"]["id"].clone();
    std::fs::remove_file(place.archive(&gone)).unwrap();
    for scope in ["", " --all"] {
        let checked = place.command(&format!("backup verify{scope}")).output().unwrap();
        assert_eq!(checked.status.code(), Some(5), "{}", text(&checked.stderr));
        let words = text(&checked.stdout);
        assert!(words.contains(&format!("{}  gone from the store", gone.as_str().unwrap())), "{words}");
    }
    std::fs::remove_dir_all(place.path("store/backups")).unwrap();
    let all = place.command("--json backup verify --all").output().unwrap();
    assert_eq!(all.status.code(), Some(5), "{}", text(&all.stderr));
    let report: Value = serde_json::from_slice(&all.stdout).unwrap();
    assert_eq!(report["missing"].as_array().unwrap().len(), 2, "a store that lost all of them: {report}");
}

#[test]
fn a_command_line_that_is_not_understood_is_json_when_json_is_asked_for() {
    let place = Place::new();
    let unknown = place.failure("backup create --tabels Booking", 2);
    assert_eq!(unknown["code"], "config_invalid");
    assert!(unknown["message"].as_str().unwrap().contains("--tabels"), "{unknown}");
    assert!(unknown["hint"].as_str().unwrap().contains("--tables"), "{unknown}");
    let missing = place.failure("backup restore", 2);
    assert!(missing["message"].as_str().unwrap().contains("--backup-id"), "{missing}");
    assert!(!missing["hint"].as_str().unwrap().is_empty());
    // Help is no error, and no report.
    assert!(place.command("--json backup --help").output().unwrap().status.success());
}

#[test]
fn a_store_that_is_a_file_is_called_one() {
    let place = Place::new();
    let with_file = |arguments: &str| {
        let mut command = place.command(arguments);
        command.env("BACKUP_LOCAL_DIR", "shop.db");
        command
    };
    let error = failed(&mut with_file("--json backup create"), 6);
    assert_eq!(error["code"], "store_missing");
    assert!(error["message"].as_str().unwrap().contains("is a file"), "{error}");
    let checked = text(&with_file("config check").output().unwrap().stdout);
    assert!(checked.contains("is a file"), "{checked}");
}

#[test]
fn runs_are_listed_with_the_errors_of_those_that_failed() {
    let place = Place::new();
    assert_eq!(place.report("runs").as_array().unwrap().len(), 0);
    place.failure("backup create --tables Bokings", 3);
    let made = place.report("backup create --tables Holiday");
    let runs = place.report("runs");
    let outcomes = [&runs[0]["outcome"], &runs[1]["outcome"]];
    assert_eq!(outcomes, ["succeeded", "failed"]);
    assert_eq!(runs[0]["archive"], made["archive"]["id"]);
    assert_eq!(place.report("runs --limit 1").as_array().unwrap().len(), 1);
    let failed = place.report("runs --failed");
    assert_eq!(
        (failed.as_array().unwrap().len(), &failed[0]["failure"]["code"]),
        (1, &"table_unknown".into())
    );
    let shown = text(&place.command("runs").output().unwrap().stdout);
    assert!(shown.contains("there is no table \"Bokings\"") && shown.contains("did you mean"), "{shown}");
}

#[test]
fn a_second_backup_at_the_same_time_is_told_about_the_first() {
    use aitta_engine::lock::ProfileLock;
    let place = Place::new();
    let now = "2026-11-01T12:00:00Z".parse().unwrap();
    let data = place.path("data");
    let lock = ProfileLock::acquire(&data, "default", aitta_model::Operation::Restore, now).unwrap();
    let error = place.failure("backup create", 9);
    let message = error["message"].as_str().unwrap();
    assert!(message.contains(&format!("process {}", std::process::id())), "{message}");
    // A command that only reads goes on.
    place.report("backup list");
    drop(lock);
    place.report("backup create");
}

#[test]
fn a_new_key_is_printed_alone_and_named_by_its_id() {
    let place = Place::new();
    let output = place.command("key generate").output().unwrap();
    let key = text(&output.stdout).trim().to_owned();
    assert!(key.len() == 64 && key.bytes().all(|b| b.is_ascii_hexdigit()), "{key}");
    let id = place.command("key id").env("BACKUP_ENCRYPTION_KEY", &key).output().unwrap();
    assert!(text(&output.stderr).contains(text(&id.stdout).trim()));
    assert!(!text(&output.stderr).contains(&key));
}

#[test]
fn completions_and_manual_name_every_command() {
    let place = Place::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = place.command(&format!("completions {shell}")).output().unwrap();
        assert!(script.status.success() && text(&script.stdout).contains("verify"), "{shell}");
    }
    let page = text(&place.command("man").output().unwrap().stdout);
    assert!(page.contains("Exit codes") && page.contains(".TH aitta 1"), "{page}");
    std::fs::create_dir(place.path("man")).unwrap();
    assert!(place.command("man --dir man").output().unwrap().status.success());
    assert!(place.path("man/aitta-backup-restore.1").exists());
}

#[test]
fn a_past_is_made_in_a_folder_of_its_own_with_a_page_of_charts() {
    let place = Place::new();
    let report = place.report("demo --history 2d --folder sample");
    assert_eq!(report["history"]["backups"].as_array().unwrap().len(), 2);
    let page = std::fs::read_to_string(report["page"].as_str().unwrap()).unwrap();
    assert_eq!(page.matches("<svg").count(), 8, "four charts in two themes");
    assert!(page.contains("Sample data") && place.path("sample/SAMPLE.txt").is_file());
    // The user's own files are left alone.
    assert_eq!(place.failure("demo --history 2 --folder store/..", 3)["code"], "config_invalid");
    assert!(place.path("shop.db").is_file());
    assert_eq!(place.failure("demo --history 400d --folder sample", 3)["code"], "config_invalid");
}

/// What a killed `key create` leaves is an empty file; a kit is never replaced. What is to be done next is said.
#[test]
fn an_empty_kit_is_written_and_a_written_one_is_never_replaced() {
    let place = Place::new();
    let with_key_file = |arguments: &str| {
        let mut command = place.command(arguments);
        command.env_remove("BACKUP_ENCRYPTION_KEY").env("AITTA_KEY_FILE", "keys.sealed");
        command.env("AITTA_KEY_PASSPHRASE", "one two three four");
        let output = command.output().unwrap();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    std::fs::write(place.path("kit.txt"), "").unwrap();
    let (code, _, said) = with_key_file("key create --kit kit.txt");
    assert_eq!(code, Some(0), "{said}");
    let kit = std::fs::read(place.path("kit.txt")).unwrap();
    assert!(!kit.is_empty());
    let (code, _, said) = with_key_file("key create --kit kit.txt");
    assert_eq!(code, Some(3), "{said}");
    assert_eq!(std::fs::read(place.path("kit.txt")).unwrap(), kit);

    assert_eq!(with_key_file("backup create").0, Some(0));
    let (_, created, _) = with_key_file("key create --kit next.txt");
    assert!(created.contains("`aitta key rotate --reason routine`"), "{created}");
    let (_, status, _) = with_key_file("key status");
    assert!(status.contains("1 of 1 archives are not locked with the active key"), "{status}");
    assert!(!status.contains("interrupted"), "{status}");
    let (_, checked, _) = with_key_file("key check");
    assert!(checked.contains("nothing to test it with"), "{checked}");
    assert_eq!(with_key_file("key rotate --reason routine").0, Some(0));
    let (_, status, _) = with_key_file("key status");
    assert!(status.contains("the active key opens the newest archive"), "{status}");
    let (code, _, said) = with_key_file("audit list --operation restores");
    assert_eq!(code, Some(2));
    assert!(said.contains("key_destroy"), "{said}");
}

/// What is sent and what is read back count together.
#[test]
fn a_limit_of_the_rate_is_kept() {
    let place = Place::new();
    let begun = std::time::Instant::now();
    let report = place.report("--limit-rate 200k backup create");
    let took = begun.elapsed().as_secs_f64();
    let size = report["archive"]["size_bytes"].as_f64().unwrap();
    // The last piece of each way need not be waited for.
    assert!(took > size / 200_000.0, "{size} bytes in {took} s");
    for wrong in ["0", "fast", "-1", "20X", "99999999999G"] {
        let output = place.command(&format!("--limit-rate={wrong} backup list")).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        assert!(text(&output.stderr).contains("such as 500k, 20M or 1G"), "{wrong}");
    }
}

#[test]
fn further_stores_hold_copies_and_a_restore_takes_one() {
    let place = Place::new();
    let second = place.path("second").display().to_string();
    std::fs::create_dir(&second).unwrap();
    let config = format!("[profile.default]\ncopies = [{{ type = \"local\", dir = {second:?} }}]\n");
    std::fs::write(place.path("aitta.toml"), config).unwrap();
    let report = place.report("--config aitta.toml backup create");
    let id = report["archive"]["id"].as_str().unwrap().to_owned();
    assert_eq!(report["copies"][0]["copied"][0], id);
    let details = place.report(&format!("--config aitta.toml backup show {id}"));
    assert_eq!(details["copies"][0]["state"]["state"], "verified", "{details}");
    let verified = place.report("--config aitta.toml --copy 1 backup verify --all --level content");
    assert_eq!(verified["results"][0]["ok"], true);
    assert_eq!(place.failure("--config aitta.toml --copy 2 backup list", 3)["code"], "config_invalid");
    assert_eq!(place.failure("store copy", 3)["code"], "config_invalid");

    // The first store is gone.
    std::fs::remove_dir_all(place.path("store")).unwrap();
    let listed = place.failure("--config aitta.toml backup list", 6);
    assert!(listed["hint"].as_str().unwrap().contains("aitta --copy 1 backup list"), "{listed}");
    let restored = place.report(&format!(
        "--config aitta.toml backup restore --backup-id {id} --to sqlite:new.db --reason drill"
    ));
    assert_eq!(restored["archive"], id);
    assert!(restored["findings"][0]["message"].as_str().unwrap().contains("so a copy was"), "{restored}");

    // The second is away: the backup is made, and the exit code says that a copy is missing.
    std::fs::create_dir(place.path("store")).unwrap();
    // An empty folder where archives were may be a disk that is not mounted; a rebuild says that it is not.
    assert_eq!(place.failure("--config aitta.toml backup create", 6)["code"], "store_missing");
    assert_eq!(place.report("--config aitta.toml catalog rebuild")["dropped"], 1);
    std::fs::rename(&second, place.path("away")).unwrap();
    let output = place.command("--config aitta.toml backup create").output().unwrap();
    assert_eq!(output.status.code(), Some(6), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("not known what is there"), "{}", text(&output.stdout));
    assert_eq!(place.report("backup list")["total"], 1);
}

/// A monitor runs it: the exit code is that of the first thing that is missing, and the report says which.
#[test]
fn the_doctor_names_what_is_missing_and_exits_with_its_code() {
    let place = Place::new();
    place.report("backup create");
    let output = place.command("doctor").output().unwrap();
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(10), "{told}{}", text(&output.stderr));
    for line in [
        "ready    single tables ",
        "-        client tools ",
        "missing  second factor         restores and deletions ask for none\n  remedy: `aitta mfa enroll`\n",
        "missing  copy elsewhere        the profile has no further store\n  remedy: name a further store",
        "missing  whole restore proven  none yet\n",
        "ready    newest backup         backup-",
        "6 of 9 ready\n",
    ] {
        assert!(told.contains(line), "{line:?} is not in\n{told}");
    }
    let output = place.command("--json doctor").output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(10), "{report}");
    assert_eq!(report["checks"].as_array().unwrap().len(), 11, "{report}");
}

/// It is read twice: to check it before anything is changed, and to restore it.
#[test]
fn no_more_is_said_to_be_read_of_an_archive_than_there_is() {
    let place = Place::new();
    place.report("backup create");
    let to = format!("sqlite:{}", place.path("copy.db").display());
    let asked = format!("backup restore --backup-id latest --to {to} --reason drill");
    let told = text(&place.command(&asked).output().unwrap().stdout);
    let line = told.lines().find(|line| line.contains("from the store")).unwrap_or_default();
    assert!(line.starts_with("read ") && !line.contains(" of "), "{told}");
}

/// As every other variable that is set to nothing.
#[test]
fn empty_variables_count_as_not_set() {
    let place = Place::new();
    let mut command = place.command("--json config check");
    let output = command.env("AITTA_PROFILE", "").env("BACKUP_LIMIT_RATE", "").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let wrong = place.command("backup list").env("BACKUP_LIMIT_RATE", "20x").output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
}

/// The disk that belongs there is not mounted.
#[test]
fn an_empty_store_that_had_archives_is_not_called_new() {
    let place = Place::new();
    assert!(place.command("backup create").status().unwrap().success());
    std::fs::rename(place.path("store"), place.path("away")).unwrap();
    std::fs::create_dir(place.path("store")).unwrap();
    let output = place.command("backup list").output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("1 archive was entered: is its disk mounted?"), "{told}");
    assert!(!told.contains("no archives yet"), "{told}");
}

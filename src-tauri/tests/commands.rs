//! Every command's way from the page to the engine and back, without a screen: Tauri's mock runtime, a real
//! database, a real store.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aitta_desktop::AppState;
use aitta_engine::Context;
use aitta_engine::config::{self, Inputs};
use aitta_engine::keys::{KeyRing, MemoryVault};
use aitta_model::{Call, Failure, Session};
use aitta_testing::KEY;
use aitta_testing::pg::TestServer;
use serde_json::{Value, json};
use tauri::ipc::{CallbackFn, InvokeBody};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder};
use tauri::webview::InvokeRequest;
use tauri::{App, WebviewWindow, WebviewWindowBuilder};
use tempfile::TempDir;

/// Longer than anything here takes on a busy machine.
const SOON: Duration = Duration::from_secs(60);

/// The app with a folder of its own, and its window.
struct Desk {
    dir: TempDir,
    app: App<MockRuntime>,
    window: WebviewWindow<MockRuntime>,
}

impl Desk {
    /// Protects this database. The store is there and empty.
    fn with_database(dir: TempDir, url: Option<&str>) -> Self {
        std::fs::create_dir(dir.path().join("store")).unwrap();
        let folder = |name: &str| dir.path().join(name).into_os_string();
        let mut environment = BTreeMap::from([
            ("HOME".to_owned(), folder("home")),
            ("XDG_CONFIG_HOME".to_owned(), folder("config")),
            ("AITTA_DATA_DIR".to_owned(), folder("data")),
            ("BACKUP_LOCAL_DIR".to_owned(), folder("store")),
        ]);
        environment.extend(url.map(|url| ("DATABASE_URL".to_owned(), OsString::from(url))));
        let folder = dir.path().to_owned();
        let inputs = Inputs {
            profile: None,
            file: None,
            environment,
            folder,
            keychain: std::sync::Arc::new(aitta_engine::keys::NoKeychain),
        };
        let profile = config::load(&inputs).unwrap();
        let state = AppState::new(inputs);
        // The key would come from the environment of this process, which tests share.
        tauri::async_runtime::block_on(async {
            let key_ring = Some(Arc::new(KeyRing::from_hex(KEY).unwrap()));
            let vault = Arc::new(MemoryVault::default());
            state.show(Context { key_ring, vault, ..Context::new(profile).await.unwrap() }).await;
        });
        let app = aitta_desktop::build(mock_builder(), state, tauri::generate_context!()).unwrap();
        let window = open(&app, "main");
        Self { dir, app, window }
    }

    /// A machine that knows nothing, with a keychain that is empty.
    fn with_empty_vault(dir: TempDir) -> Self {
        let folder = |name: &str| dir.path().join(name).into_os_string();
        let environment = BTreeMap::from([
            ("HOME".to_owned(), folder("home")),
            ("XDG_CONFIG_HOME".to_owned(), folder("config")),
            ("AITTA_DATA_DIR".to_owned(), folder("data")),
        ]);
        let folder = dir.path().to_owned();
        let keychain = Arc::new(aitta_engine::keys::NoKeychain);
        let inputs = Inputs { profile: None, file: None, environment, folder, keychain };
        let profile = config::load(&inputs).unwrap();
        let state = AppState::new(inputs);
        tauri::async_runtime::block_on(async {
            let (vault, key_inputs) = (Arc::new(MemoryVault::default()), Arc::default());
            state.show(Context { vault, key_inputs, ..Context::new(profile).await.unwrap() }).await;
        });
        let app = aitta_desktop::build(mock_builder(), state, tauri::generate_context!()).unwrap();
        let window = open(&app, "main");
        Self { dir, app, window }
    }

    /// Protects the sample, a SQLite database.
    fn with_sample() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("carwash.db");
        tauri::async_runtime::block_on(aitta_engine::sample::create(&database)).unwrap();
        Self::with_database(dir, Some(&format!("sqlite:{}", database.display())))
    }

    fn ask(&self, call: Call, args: Value) -> Result<Value, Value> {
        ask(&self.window, call.as_str(), args)
    }

    fn refused(&self, call: Call, args: Value) -> Failure {
        let error = self.ask(call, args).unwrap_err();
        serde_json::from_value(error.clone()).unwrap_or_else(|e| panic!("{e}: {error}"))
    }

    /// The whole archives of the store, looked at without the app.
    fn archives(&self) -> Vec<PathBuf> {
        files(&self.dir.path().join("store/backups"))
    }
}

fn open(app: &App<MockRuntime>, label: &str) -> WebviewWindow<MockRuntime> {
    WebviewWindowBuilder::new(app, label, tauri::WebviewUrl::default()).build().unwrap()
}

/// As the page of this window asks.
fn ask(window: &WebviewWindow<MockRuntime>, command: &str, args: Value) -> Result<Value, Value> {
    let request = InvokeRequest {
        cmd: command.to_owned(),
        callback: CallbackFn(0),
        error: CallbackFn(1),
        url: "tauri://localhost".parse().unwrap(),
        body: InvokeBody::Json(args),
        headers: tauri::http::HeaderMap::default(),
        invoke_key: INVOKE_KEY.to_owned(),
    };
    get_ipc_response(window, request).map(|body| body.deserialize().unwrap())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    match std::fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.unwrap().path()).collect(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(e) => panic!("{}: {e}", folder.display()),
    }
}

fn back_up(operation: u32) -> Value {
    json!({ "request": { "kind": "manual" }, "operation": operation, "progress": "__CHANNEL__:7" })
}

#[test]
fn a_backup_is_made_and_shown() {
    let desk = Desk::with_sample();
    let session: Session = serde_json::from_value(desk.ask(Call::session, json!({})).unwrap()).unwrap();
    assert_eq!(session.active.unwrap().engine, Some(aitta_model::DatabaseEngine::Sqlite));
    assert_eq!(session.failure, None);

    let before = desk.ask(Call::overview, json!({})).unwrap();
    assert_eq!(before["verdict"], "no_backup", "{before}");

    let made = desk.ask(Call::back_up, back_up(1)).unwrap();
    let id = made["archive"]["id"].as_str().unwrap();
    assert_eq!(desk.archives().len(), 1);

    let after = desk.ask(Call::overview, json!({})).unwrap();
    assert_eq!(after["verdict"], "never_restored", "{after}");
    let readiness = desk.ask(Call::readiness, json!({})).unwrap();
    let state = |kind: &str| {
        let checks = readiness["checks"].as_array().unwrap();
        checks.iter().find(|check| check["kind"] == kind).unwrap()["state"].clone()
    };
    assert_eq!((state("restore_whole"), state("proven")), (json!("ready"), json!("missing")), "{readiness}");
    let listed = desk.ask(Call::archives, json!({})).unwrap();
    assert_eq!((&listed["total"], listed["archives"][0]["id"].as_str()), (&json!(1), Some(id)));
    let details = desk.ask(Call::archive, json!({ "id": "latest" })).unwrap();
    assert_eq!(details["id"].as_str(), Some(id), "{details}");
    let runs = desk.ask(Call::runs, json!({ "limit": 10 })).unwrap();
    assert_eq!((&runs[0]["operation"], &runs[0]["outcome"]), (&json!("backup"), &json!("succeeded")));
}

#[test]
fn an_error_has_code_message_and_hint() {
    let desk = Desk::with_sample();
    let unknown = desk.refused(Call::archive, json!({ "id": "backup-1700000000000-deadbeef" }));
    assert_eq!(unknown.code.as_str(), "archive_not_found");

    std::fs::remove_dir(desk.dir.path().join("store")).unwrap();
    let error = desk.ask(Call::back_up, back_up(1)).unwrap_err();
    let mut names: Vec<_> = error.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["code", "hint", "message"]);
    assert_eq!(error["code"], "store_missing");
    assert!(error["message"].as_str().unwrap().contains("store"), "{error}");
    assert!(!error["hint"].as_str().unwrap().is_empty());
}

#[test]
fn without_a_database_there_is_a_session_and_no_backup() {
    let desk = Desk::with_database(tempfile::tempdir().unwrap(), None);
    assert_eq!(desk.ask(Call::session, json!({})).unwrap()["active"], Value::Null);
    assert_eq!(desk.refused(Call::back_up, back_up(1)).code.as_str(), "config_invalid");
}

#[test]
fn a_profile_is_set_up() {
    let desk = Desk::with_database(tempfile::tempdir().unwrap(), None);
    let (database, store) = (desk.dir.path().join("shop.db"), desk.dir.path().join("archives"));
    tauri::async_runtime::block_on(aitta_engine::sample::create(&database)).unwrap();
    let url = format!("sqlite:{}", database.display());

    let missing = desk.refused(Call::check_source, json!({ "url": format!("{url}.old") }));
    assert_eq!(missing.code.as_str(), "source_unreachable");
    let source = desk.ask(Call::check_source, json!({ "url": url })).unwrap();
    assert_eq!(source["engine"], "sqlite", "{source}");
    let checked = desk
        .ask(
            Call::check_store,
            json!({ "store": { "kind": "local", "settings": { "dir": store } }, "credentials": null }),
        )
        .unwrap();
    assert_eq!((&checked["archives"], store.exists()), (&json!(0), false), "nothing is left of the test");

    let form = json!({
        "name": "shop",
        "database_url": url,
        "store": { "kind": "local", "settings": { "dir": store } },
        "retention_days": 30,
        "targets": { "rpo_s": 14400, "rto_s": 1800, "success_rate": 0.99, "baseline_s": 300, "storage_alert": 0.8, "key_days": 90 },
    });
    let wrong = desk.refused(
        Call::save_profile,
        json!({ "form": { "name": "", "store": { "kind": "local", "settings": { "dir": "/a" } }, "retention_days": 1, "targets": form["targets"] } }),
    );
    assert_eq!(wrong.code.as_str(), "config_invalid");
    let answer = desk.ask(Call::save_profile, json!({ "form": form })).unwrap();
    let (report, session) = (&answer["report"], &answer["session"]);
    assert_eq!((&report["saved"], &report["source"]["engine"]), (&json!(true), &json!("sqlite")), "{answer}");
    assert!(store.is_dir(), "the first backup finds the folder that was tried");
    assert_eq!(
        (&session["active"]["name"], &session["profiles"]),
        (&json!("shop"), &json!(["shop"])),
        "{session}"
    );
    assert!(desk.dir.path().join("config/aitta/config.toml").is_file());
}

/// From the first look to a backup that is put back.
#[test]
fn what_happens_by_itself_is_shown_and_a_backup_is_pinned_and_released() {
    let desk = Desk::with_sample();
    let made = desk.ask(Call::back_up, back_up(1)).unwrap();
    let id = &made["archive"]["id"];
    let schedule = desk.ask(Call::schedule, json!({})).unwrap();
    assert_eq!((&schedule["on"], &schedule["next"]), (&json!(false), &json!([])), "{schedule}");
    let ahead = desk.ask(Call::runs_ahead, json!({ "pattern": "0 * * * *", "zone": "UTC" })).unwrap();
    assert_eq!(ahead["next"].as_array().unwrap().len(), 5, "{ahead}");
    let wrong = desk.ask(Call::runs_ahead, json!({ "pattern": "0 25 * * *", "zone": "UTC" })).unwrap();
    assert_eq!((&wrong["flaw"]["flaw"], &wrong["flaw"]["part"]), (&json!("part"), &json!("25")), "{wrong}");

    let request = json!({ "id": id, "reason": "release: 4.2" });
    let held = desk.ask(Call::hold_archive, json!({ "request": request })).unwrap();
    assert_eq!((&held["held"][0]["archive"], &held["held"][0]["kind"]), (id, &json!("pin")), "{held}");
    let outlook = desk.ask(Call::retention, json!({})).unwrap();
    let one = &outlook["archives"][0];
    assert_eq!(
        (&one["archive"]["id"], &one["holds"][0]["reason"]),
        (id, &json!("release: 4.2")),
        "{outlook}"
    );
    let request = json!({ "id": id, "reason": "release: it is out" });
    desk.ask(Call::release_archive, json!({ "request": request })).unwrap();
    let none = desk.refused(Call::put_back, json!({ "request": request }));
    assert_eq!(none.code.as_str(), "archive_not_found");
    let pruned = desk.ask(Call::prune, json!({ "request": {} })).unwrap();
    assert_eq!(
        (&pruned["dry_run"], &pruned["places"][0]["put_away"]),
        (&json!(false), &json!([])),
        "{pruned}"
    );

    let notices = desk.ask(Call::notices, json!({})).unwrap();
    assert_eq!(notices["channels"], json!([]), "{notices}");
    assert_eq!(desk.refused(Call::send_test, json!({})).code.as_str(), "config_invalid");
}

/// The office has burned down: the store is there, the kit is on paper, the database is gone.
#[test]
fn a_kit_and_a_store_make_a_profile_whose_database_is_gone() {
    let old = Desk::with_sample();
    old.ask(Call::back_up, back_up(1)).unwrap();
    let place = old.dir.path().join("store");
    let store = json!({ "kind": "local", "settings": { "dir": place } });

    let desk = Desk::with_empty_vault(tempfile::tempdir().unwrap());
    let look = json!({ "store": store, "credentials": null });
    let found = desk.ask(Call::look_into_store, look.clone()).unwrap();
    assert_eq!((&found["archives"], &found["closed"]), (&json!(1), &json!(1)), "{found}");
    assert_eq!((&found["at_hand"], &found["has_active"]), (&json!([]), &json!(false)), "{found}");
    let import = |key: &str| {
        let request = json!({ "key": key, "reason": "incident: fire" });
        json!({ "store": store, "credentials": null, "request": request })
    };
    let wrong = desk.refused(Call::import_key_of_store, import("0011-2"));
    assert_eq!(wrong.code.as_str(), "key_invalid");
    let found = desk.ask(Call::import_key_of_store, import(KEY)).unwrap();
    assert_eq!((&found["closed"], &found["at_hand"][0]["archives"]), (&json!(0), &json!(1)), "{found}");
    assert_eq!(found["databases"][0]["engine"], "sqlite", "{found}");

    let targets = json!({ "rpo_s": 3600, "rto_s": 1800, "success_rate": 0.99, "baseline_s": 300, "storage_alert": 0.8, "key_days": 90 });
    let form = json!({ "name": "carwash", "store": store, "retention_days": 30, "targets": targets });
    let how = json!({ "untested": true });
    let saved = desk.ask(Call::save_profile, json!({ "form": form, "how": how })).unwrap();
    let session = &saved["session"];
    assert_eq!(session["active"]["name"], "carwash", "a lost database does not hide the profile: {session}");
    assert_eq!(session["active"]["database"], Value::Null, "{session}");
}

/// The only profile need not have the name that the command line takes for the usual one.
#[test]
fn the_window_begins_with_the_first_profile() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config/aitta/config.toml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "[profile.shop]\ndatabase = \"sqlite:/shop.db\"\n").unwrap();
    let environment = BTreeMap::from([
        ("XDG_CONFIG_HOME".to_owned(), dir.path().join("config").into_os_string()),
        ("AITTA_DATA_DIR".to_owned(), dir.path().join("data").into_os_string()),
    ]);
    let state = AppState::new(Inputs {
        profile: None,
        file: None,
        environment,
        folder: dir.path().to_owned(),
        keychain: std::sync::Arc::new(aitta_engine::keys::NoKeychain),
    });
    let app = aitta_desktop::build(mock_builder(), state, tauri::generate_context!()).unwrap();
    let session = ask(&open(&app, "main"), Call::session.as_str(), json!({})).unwrap();
    assert_eq!(session["active"]["name"], "shop", "{session}");
}

#[test]
fn an_argument_of_the_wrong_kind_does_nothing() {
    let desk = Desk::with_sample();
    desk.ask(Call::back_up, json!({ "request": { "kind": "sabotage" }, "operation": 1 })).unwrap_err();
    assert_eq!(desk.archives(), Vec::<PathBuf>::new());
}

#[test]
fn a_command_that_is_not_declared_is_refused() {
    let desk = Desk::with_sample();
    for command in ["format_disk", "plugin:opener|open_url", "plugin:dialog|open", "plugin:window|create"] {
        let refusal = ask(&desk.window, command, json!({ "url": "https://example.org" })).unwrap_err();
        assert!(refusal.to_string().contains("not allowed"), "{command}: {refusal}");
    }
}

#[test]
fn only_the_main_window_is_answered() {
    let desk = Desk::with_sample();
    let other = open(&desk.app, "other");
    for command in [Call::session, Call::archives, Call::back_up, Call::delete_archive].map(Call::as_str) {
        let refusal = ask(&other, command, back_up(1)).unwrap_err();
        let refusal = refusal.as_str().unwrap();
        assert!(refusal.contains("not allowed on window \"other\""), "{command}: {refusal}");
    }
    assert_eq!(desk.archives(), Vec::<PathBuf>::new());
}

/// The backup can't end by itself: it waits for a table that another session holds.
#[test]
fn a_backup_that_is_cancelled_leaves_no_archive() {
    let server = TestServer::shared();
    let (database, holder) = tauri::async_runtime::block_on(async {
        let database = server.database("cancel").await;
        let mut holder = database.connect().await;
        let held = "CREATE TABLE t AS SELECT 1 AS n; BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE";
        sqlx::raw_sql(held).execute(&mut holder).await.unwrap();
        (database, holder)
    });
    let desk = Desk::with_database(tempfile::tempdir().unwrap(), Some(database.url()));

    let window = desk.window.clone();
    let running = std::thread::spawn(move || ask(&window, Call::back_up.as_str(), back_up(5)));
    let deadline = Instant::now() + SOON;
    // Refused until the operation has begun.
    while let Err(error) = desk.ask(Call::cancel, json!({ "operation": 5 })) {
        assert!(!running.is_finished() && Instant::now() < deadline, "it was never under way: {error}");
        std::thread::yield_now();
    }
    let error = running.join().unwrap().unwrap_err();
    assert_eq!(error["code"], "cancelled", "{error}");

    assert_eq!(desk.archives(), Vec::<PathBuf>::new());
    assert_eq!(desk.ask(Call::archives, json!({})).unwrap()["total"], 0);
    let runs = desk.ask(Call::runs, json!({ "limit": 10 })).unwrap();
    assert_eq!(runs[0]["outcome"], "cancelled", "{runs}");
    assert_eq!(desk.refused(Call::cancel, json!({ "operation": 5 })).code.as_str(), "cancelled");
    drop(holder);
}

/// The six digits that an authenticator shows now.
fn code_of(secret: &str) -> String {
    let output = std::process::Command::new("oathtool").args(["--totp", "--base32", secret]).output();
    let output = output.unwrap_or_else(|e| panic!("oathtool: {e}; `cargo xtask test` installs it"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A caller that gets past the page is still refused by the engine.
#[test]
fn a_command_that_is_called_directly_asks_for_the_second_factor_too() {
    let desk = Desk::with_sample();
    let made = desk.ask(Call::back_up, back_up(1)).unwrap();
    let id = made["archive"]["id"].as_str().unwrap();
    let secret = desk.ask(Call::begin_mfa, json!({})).unwrap()["secret"].as_str().unwrap().to_owned();
    let code = code_of(&secret);
    let confirmed = desk.ask(Call::confirm_mfa, json!({ "request": { "code": code } })).unwrap();
    assert_eq!(confirmed["codes"].as_array().unwrap().len(), 10);

    let restore = |mfa: Value| {
        let request = json!({ "archive": id, "tables": ["Setting"], "reason": "drill", "mfa": mfa });
        desk.refused(
            Call::restore,
            json!({ "request": request, "operation": 2, "progress": "__CHANNEL__:7" }),
        )
    };
    assert_eq!(restore(Value::Null).code.as_str(), "mfa_required");
    // The code that enrolled was used.
    assert_eq!(restore(json!(code)).code.as_str(), "mfa_wrong");
    let delete = json!({ "request": { "id": id, "reason": "routine" } });
    assert_eq!(desk.refused(Call::delete_archive, delete).code.as_str(), "mfa_required");
    let remove = json!({ "request": { "change": { "what": "remove" }, "reason": "routine" } });
    assert_eq!(desk.refused(Call::change_mfa, remove).code.as_str(), "mfa_required");
    assert_eq!(desk.archives().len(), 1, "no safety archive was made, and none was deleted");

    let recovery = confirmed["codes"][0].clone();
    let request = json!({ "archive": id, "tables": ["Setting"], "reason": "drill", "mfa": recovery });
    let done =
        desk.ask(Call::restore, json!({ "request": request, "operation": 3, "progress": "__CHANNEL__:7" }));
    assert_eq!(done.unwrap()["proofs"].as_array().unwrap().len(), 1);

    // Who asked, from where, and what was refused, is in the trail; the codes are not.
    let trail = desk.ask(Call::audit, json!({ "query": {} })).unwrap();
    assert_eq!(trail["chain"]["fault"], Value::Null, "{trail}");
    let refused = |r: &&Value| r["operation"] == "mfa_refused";
    let records = trail["records"].as_array().unwrap();
    // Where no code was shown, none was refused.
    assert_eq!(records.iter().filter(refused).count(), 1, "{trail}");
    assert!(records.iter().all(|record| record["origin"] == "window"), "{trail}");
    for told in [&code, &secret, recovery.as_str().unwrap()] {
        assert!(!trail.to_string().contains(told), "the trail tells a code");
    }
}

/// An operation by hand needs a reason, from wherever it is asked for.
#[test]
fn a_restore_without_a_reason_is_refused() {
    let desk = Desk::with_sample();
    desk.ask(Call::back_up, back_up(1)).unwrap();
    let request =
        json!({ "request": { "tables": ["Setting"] }, "operation": 2, "progress": "__CHANNEL__:7" });
    let refused = desk.refused(Call::restore, request);
    assert_eq!(refused.code.as_str(), "reason_missing");
    assert!(refused.hint.contains("incident"), "{}", refused.hint);
}

/// The question about lost rows ends with a reason, and only for the backup that was asked about.
#[test]
fn lost_rows_are_asked_about_until_they_were_meant() {
    let desk = Desk::with_sample();
    let first = desk.ask(Call::back_up, back_up(1)).unwrap();
    tauri::async_runtime::block_on(async {
        let url = format!("sqlite:{}", desk.dir.path().join("carwash.db").display());
        let mut conn = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
        sqlx::raw_sql("DELETE FROM \"EmailNotification\"").execute(&mut conn).await.unwrap();
    });
    let second = desk.ask(Call::back_up, back_up(2)).unwrap();
    let lost = |overview: &Value| (overview["verdict"].clone(), overview["tables"][0]["name"].clone());
    let asked = (json!("shrunk"), json!("EmailNotification"));
    let overview = desk.ask(Call::overview, json!({})).unwrap();
    assert_eq!(lost(&overview), asked, "{overview}");

    let accept =
        |made: &Value, reason: Value| json!({ "request": { "id": made["archive"]["id"], "reason": reason } });
    let silent = desk.refused(Call::accept_loss, accept(&second, Value::Null));
    assert_eq!(silent.code.as_str(), "reason_missing");
    let other = desk.refused(Call::accept_loss, accept(&first, json!("routine")));
    assert_eq!(other.code.as_str(), "config_invalid");
    let overview = desk.ask(Call::overview, json!({})).unwrap();
    assert_eq!(lost(&overview), asked, "{overview}");

    let accepted = desk.ask(Call::accept_loss, accept(&second, json!("routine: old mails"))).unwrap();
    assert_eq!(accepted["tables"][0]["rows"], 0, "{accepted}");
    let overview = desk.ask(Call::overview, json!({})).unwrap();
    assert_eq!(overview["verdict"], "never_restored", "{overview}");
}

/// The ring of the environment can't be changed by a window; it says what to do instead.
#[test]
fn a_key_of_the_environment_is_told_as_such() {
    let desk = Desk::with_sample();
    desk.ask(Call::back_up, back_up(1)).unwrap();
    let ring = desk.ask(Call::key_ring, json!({})).unwrap();
    assert_eq!(
        (&ring["kept"], &ring["keys"][0]["state"]),
        (&json!("environment"), &json!("active")),
        "{ring}"
    );
    assert_eq!(ring["keys"][0]["archives"], 1, "{ring}");
    let refused = desk.refused(Call::create_key, json!({ "request": { "reason": "routine" } }));
    assert_eq!(refused.code.as_str(), "config_invalid");
    let canary = desk.ask(Call::check_key, json!({})).unwrap();
    assert_eq!(canary["failure"], Value::Null, "{canary}");
    let moved = json!({ "request": { "reason": "routine" }, "operation": 9, "progress": "__CHANNEL__:7" });
    let report = desk.ask(Call::rotate, moved);
    // One key alone has nowhere to go.
    assert!(report.is_err() || report.as_ref().is_ok_and(|r| r["moved"] == 0), "{report:?}");
}

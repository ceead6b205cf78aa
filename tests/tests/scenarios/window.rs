//! The app's own window, with real databases behind it: what a user clicks and types, and what then is in
//! the database.

use std::path::{Path, PathBuf};

use aitta_engine::store::{ARCHIVES, Store};
use aitta_testing::pg::{PASSWORD, TestDatabase, TestServer, USER};
use aitta_testing::s3::{BUCKET, S3Server};
use aitta_testing::{AZURE_ACCOUNT, Azurite, KEY};
use aitta_tests::{Page, Started, Window};
use sqlx::{Connection, Row, SqliteConnection};

mod automation;
mod clipboard;
mod first_line;
mod keys;
mod moment;
mod new_machine;
mod night;
mod schedule;
mod settings;
mod short_ways;
mod truth;
mod under_way;

async fn with_sample(name: &str) -> Started {
    let window = Window::new();
    let database = window.dir().join("carwash.db");
    aitta_engine::sample::create(&database).await.unwrap();
    window.protecting(&format!("sqlite:{}", database.display()), KEY).start(name).await
}

/// The first steps of the set-up, with this file of SQLite, up to the page of the store.
async fn set_up_to_the_store(page: &Page, database: &Path) {
    page.click("#setup-start").await;
    page.click("#setup-kind-sqlite").await;
    page.fill("#setup-path", &database.display().to_string()).await;
    page.click("#setup-next").await;
}

/// Sets up a profile of the sample in a file: what the environment names can't be changed in the settings.
async fn set_up(name: &str) -> Started {
    let window = Window::new().with_keychain();
    let database = window.dir().join("carwash.db");
    aitta_engine::sample::create(&database).await.unwrap();
    let store = window.dir().join("store").display().to_string();
    let app = window.start(name).await;
    let page = &app.page;
    set_up_to_the_store(page, &database).await;
    page.fill("#setup-store", &store).await;
    page.click("#setup-next").await;
    page.find("#setup-rpo").await;
    page.click("#setup-next").await;
    type_kit_back(page).await;
    page.click("#setup-next").await;
    page.click("#setup-backup").await;
    page.click("#setup-done").await;
    page.see("Last verified backup").await;
    app
}

/// A PostgreSQL database with two tables that refer to each other and one that has nothing to do with them.
async fn shop(label: &str) -> TestDatabase {
    let database = TestServer::shared().database(label).await;
    database
        .psql(
            "CREATE TABLE customer (id int PRIMARY KEY, name text NOT NULL);
             CREATE TABLE booking (id int PRIMARY KEY, customer int NOT NULL REFERENCES customer, note text);
             CREATE TABLE visit (at timestamptz, page text);
             INSERT INTO customer SELECT n, 'Asiakas ' || n FROM generate_series(1, 500) n;
             INSERT INTO booking SELECT n, 1 + n % 500, repeat('pesu ', 20) FROM generate_series(1, 5000) n;
             INSERT INTO visit SELECT now(), '/' || n FROM generate_series(1, 100) n;",
        )
        .await;
    database
}

/// Every row of a table, in order.
async fn rows(database: &TestDatabase, table: &str) -> Vec<String> {
    let sql = format!("SELECT t::text FROM {table} t ORDER BY 1");
    let found = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut database.connect().await).await.unwrap();
    found.into_iter().map(|row| row.get(0)).collect()
}

/// The page says that there is no backup; one click, and there is one.
async fn one_click_makes_a_backup(app: &Started) {
    app.page.see("There is no backup yet").await;
    assert_eq!(app.archives(), Vec::<String>::new());
    // What comes and goes between two looks is noticed, too.
    app.page
        .run(
            "window.progressSeen = false;
             new MutationObserver(() => {
                 if (document.querySelector('[role=progressbar]')) window.progressSeen = true;
             }).observe(document.body, { childList: true, subtree: true });",
        )
        .await;
    app.page.click("#back-up-now").await;
    app.page.see("Last verified backup").await;
    assert_eq!(app.page.run("return window.progressSeen").await, true, "no progress was shown");
    assert_eq!(app.archives().len(), 1);
    // The first line follows the run itself, and may be there a moment before.
    app.page.until("the progress to end", "return !document.querySelector('.under-way')").await;
}

#[tokio::test]
async fn one_click_backs_up_sqlite() {
    let app = with_sample("window-sqlite").await;
    one_click_makes_a_backup(&app).await;
    app.page.close().await;
}

#[tokio::test]
async fn one_click_backs_up_postgres() {
    let database = TestServer::shared().database("window").await;
    database.psql("CREATE TABLE t AS SELECT n, repeat('x', 100) AS s FROM generate_series(1, 20000) n").await;
    let app = Window::new().protecting(database.url(), KEY).start("window-postgres").await;
    one_click_makes_a_backup(&app).await;
    app.page.close().await;
}

#[tokio::test]
async fn dark_mode_is_dark() {
    let app = with_sample("window-dark").await;
    app.page.see("There is no backup yet").await;
    let lightness = "const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/\\d+/g);
                     return 0.2126 * r + 0.7152 * g + 0.0722 * b;";
    let light = app.page.run(lightness).await.as_f64().unwrap();
    assert!(light > 200.0, "the light page has the lightness {light} of 255");
    app.page.click("nav a[href='/settings']").await;
    // As the system, light, dark.
    tab_to(&app.page, "#settings-appearance input").await;
    app.page.press("\u{e014}\u{e014}").await;
    app.page.until("the dark page", "return document.documentElement.dataset.theme === 'dark'").await;
    let dark = app.page.run(lightness).await.as_f64().unwrap();
    assert!(dark < 60.0, "the dark page has the lightness {dark} of 255");
    app.page.close().await;
}

#[tokio::test]
async fn a_wrong_password_is_told_where_the_click_was() {
    let database = TestServer::shared().database("window-password").await;
    let wrong = TestServer::shared().url_as("postgres", "not-the-password", database.name());
    let app = Window::new().protecting(&wrong, KEY).start("window-password").await;
    app.page.click("#back-up-now").await;
    let said = app
        .page
        .until(
            "the error",
            "const box = document.querySelector('#back-up-now').closest('header').querySelector('[role=alert]');
             return box && { code: box.dataset.code, words: box.innerText };",
        )
        .await;
    assert_eq!(said["code"], "source_auth", "{said}");
    let words = said["words"].as_str().unwrap();
    assert!(words.contains("password"), "{words}");
    // The fact, what to do about it, and the code.
    assert!(words.lines().filter(|line| !line.trim().is_empty()).count() >= 3, "{words}");
    assert!(!words.contains("not-the-password"), "{words}");
    assert_eq!(app.archives(), Vec::<String>::new());
    app.page.close().await;
}

/// Goes through the wizard to its last step, for these tables of the newest backup, into the same database.
async fn prepare_restore(page: &Page, tables: &[&str]) {
    page.click("nav a[href='/restore']").await;
    // The newest is chosen already, and so is the same database.
    page.find("input[data-archive]:checked").await;
    for table in tables {
        page.click(&format!("input[data-table='{table}']")).await;
    }
    page.find("#restore-target-same:checked").await;
    page.click("#restore-next:enabled").await;
    page.find(".plan-line").await;
    page.click("#restore-next:enabled").await;
    page.fill("#restore-reason", "rows were lost").await;
    let name = page
        .run(
            "return document.querySelector('#restore-confirm-name')
                && document.querySelector('label[for=restore-confirm-name]').innerText",
        )
        .await;
    assert!(name.is_string(), "the name of what is overwritten is not asked for");
}

#[tokio::test]
async fn two_damaged_tables_come_back_and_the_third_stays() {
    let database = shop("window-restore").await;
    let app = Window::new().protecting(database.url(), KEY).start("window-restore").await;
    one_click_makes_a_backup(&app).await;
    let (customers, bookings) = (rows(&database, "customer").await, rows(&database, "booking").await);
    database
        .psql(
            "DELETE FROM booking WHERE id % 3 = 0; UPDATE customer SET name = 'lost' WHERE id < 100;
             INSERT INTO visit VALUES (now(), '/after the backup')",
        )
        .await;
    let visits = rows(&database, "visit").await;

    prepare_restore(&app.page, &["customer", "booking"]).await;
    assert!(app.page.has("#restore-go:disabled").await, "it can be begun without the name");
    app.page.fill("#restore-confirm-name", database.name()).await;
    app.page.click("#restore-go").await;
    let outcome = app.page.find("#restore-report").await.attr("data-outcome").await.unwrap();
    assert_eq!(outcome.as_deref(), Some("succeeded"), "{}", app.page.words().await);

    assert_eq!(rows(&database, "customer").await, customers);
    assert_eq!(rows(&database, "booking").await, bookings);
    assert_eq!(rows(&database, "visit").await, visits);
    assert_eq!(app.archives().len(), 2, "there is no backup of what was overwritten");
    app.page.close().await;
}

/// The restore can't end by itself: another session writes to one of its tables.
#[tokio::test]
async fn cancel_in_the_middle_leaves_the_target_as_it_was() {
    let database = shop("window-cancel").await;
    let app = Window::new().protecting(database.url(), KEY).start("window-cancel").await;
    one_click_makes_a_backup(&app).await;
    database.psql("DELETE FROM booking WHERE id % 3 = 0").await;
    let (customers, bookings) = (rows(&database, "customer").await, rows(&database, "booking").await);
    let mut writer = database.connect().await;
    let held = "BEGIN; LOCK TABLE booking IN ROW EXCLUSIVE MODE";
    sqlx::raw_sql(held).execute(&mut writer).await.unwrap();

    prepare_restore(&app.page, &["customer", "booking"]).await;
    app.page.fill("#restore-confirm-name", database.name()).await;
    app.page.click("#restore-go").await;
    app.page.click(".under-way .stop").await;
    let outcome = app.page.find("#restore-report").await.attr("data-outcome").await.unwrap();
    assert_eq!(outcome.as_deref(), Some("cancelled"), "{}", app.page.words().await);

    sqlx::raw_sql("ROLLBACK").execute(&mut writer).await.unwrap();
    assert_eq!(rows(&database, "customer").await, customers);
    assert_eq!(rows(&database, "booking").await, bookings);
    app.page.close().await;
}

/// Presses Tab until this has the focus.
async fn tab_to(page: &Page, css: &str) {
    const TAB: &str = "\u{e004}";
    page.find(css).await;
    let reached = format!("return document.activeElement.matches({css:?})");
    for _ in 0..80 {
        if page.run(&reached).await == true {
            return;
        }
        page.press(TAB).await;
    }
    panic!("{css} can't be reached with Tab:\n{}", page.words().await);
}

#[tokio::test]
async fn the_restore_wizard_needs_no_mouse() {
    const ENTER: &str = "\u{e007}";
    let app = with_sample("window-keyboard").await;
    let page = &app.page;
    let url = format!("sqlite:{}", app.dir().join("carwash.db").display());
    let mut db = SqliteConnection::connect(&url).await.unwrap();
    let count = "SELECT count(*) FROM Booking";
    let before: i64 = sqlx::query_scalar(count).fetch_one(&mut db).await.unwrap();

    page.see("There is no backup yet").await;
    tab_to(page, "#back-up-now").await;
    page.press(ENTER).await;
    page.see("Last verified backup").await;
    sqlx::raw_sql("DELETE FROM Booking WHERE id % 2 = 0").execute(&mut db).await.unwrap();
    db.close().await.unwrap();

    tab_to(page, "nav a[href='/restore']").await;
    page.press(ENTER).await;
    page.find("input[data-archive]:checked").await;
    tab_to(page, "#restore-find-table").await;
    page.press("Booking").await;
    tab_to(page, "input[data-table='Booking']").await;
    page.press(" ").await;
    page.find("#restore-target-same:checked").await;
    page.find("#restore-next:enabled").await;
    tab_to(page, "#restore-next").await;
    page.press(ENTER).await;
    page.find(".plan-line").await;
    page.find("#restore-next:enabled").await;
    tab_to(page, "#restore-next").await;
    page.press(ENTER).await;
    tab_to(page, "#restore-reason").await;
    page.press("half of the bookings were deleted").await;
    if page.has("#restore-confirm-name").await {
        let name =
            page.run("return document.querySelector('label[for=restore-confirm-name]').innerText").await;
        tab_to(page, "#restore-confirm-name").await;
        let file = app.dir().join("carwash.db").display().to_string();
        let name = if name.as_str().unwrap().contains(&file) { file } else { "carwash.db".to_owned() };
        page.press(&name).await;
    }
    page.find("#restore-go:enabled").await;
    page.press(ENTER).await;
    let outcome = page.find("#restore-report").await.attr("data-outcome").await.unwrap();
    assert_eq!(outcome.as_deref(), Some("succeeded"), "{}", page.words().await);

    let mut db = SqliteConnection::connect(&url).await.unwrap();
    let after: i64 = sqlx::query_scalar(count).fetch_one(&mut db).await.unwrap();
    assert_eq!(after, before);
    app.page.close().await;
}

/// From nothing to the first backup: database, folder, aim, key. The error of a wrong password is beside the fields.
#[tokio::test]
async fn the_first_run_ends_with_a_verified_backup() {
    let database = shop("window-setup").await;
    let server = TestServer::shared();
    let window = Window::new().with_keychain();
    let store = window.dir().join("store").display().to_string();
    let app = window.start("window-setup").await;
    let page = &app.page;

    page.click("#setup-start").await;
    page.click("#setup-kind-postgres").await;
    page.fill("#setup-host", "127.0.0.1").await;
    page.fill("#setup-port", &server.port().to_string()).await;
    page.fill("#setup-database", database.name()).await;
    page.fill("#setup-user", USER).await;
    page.fill("#setup-password", "not-the-password").await;
    page.click("#setup-check").await;
    let wrong = page.find("form [role=alert][data-code=source_auth]").await.text().await.unwrap();
    assert!(wrong.contains("password") && !wrong.contains("not-the-password"), "{wrong}");
    page.fill("#setup-password", PASSWORD).await;
    page.click("#setup-check").await;
    page.find("form .note.ok").await;
    page.click("#setup-next").await;

    page.fill("#setup-store", &store).await;
    page.click("#setup-next").await;
    page.find("#setup-rpo").await;
    page.click("#setup-next").await;
    let key = type_kit_back(page).await;
    page.click("#setup-next").await;
    page.click("#setup-backup").await;
    page.click("#setup-done").await;
    page.see("Last verified backup").await;
    assert_eq!(app.archives().len(), 1);

    // Nothing that was written down names the password or the key.
    for file in files(app.dir()) {
        // What the keychain keeps is encrypted; the key of the test itself is no secret.
        let bytes = std::fs::read(&file).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(PASSWORD), "{} names the password", file.display());
        assert!(!text.contains(&key), "{} names the key", file.display());
    }
    app.page.close().await;
}

/// The first run with a store in a cloud: the error of a wrong secret is beside the fields; the right one goes only to
/// the keychain.
async fn first_run_in_a_cloud(
    label: &str,
    kind: &str,
    fields: &[(&str, &str)],
    secret: &str,
    wrong: &str,
    store: &dyn Store,
) {
    let window = Window::new().with_keychain();
    let database = window.dir().join("shop.db");
    aitta_engine::sample::create(&database).await.unwrap();
    let app = window.start(label).await;
    let page = &app.page;
    page.click("#setup-start").await;
    page.click("#setup-kind-sqlite").await;
    page.fill("#setup-path", &database.display().to_string()).await;
    page.click("#setup-check").await;
    page.find("form .note.ok").await;
    page.click("#setup-next").await;

    page.click(&format!("#store-kind-{kind}")).await;
    page.click("details.more > summary").await;
    for (id, text) in fields {
        page.fill(&format!("#store-{id}"), text).await;
    }
    if kind == "s3" {
        page.click("#store-path-style").await;
    }
    page.fill("#store-secret", wrong).await;
    page.click("#setup-check").await;
    let told = page.find("form [role=alert][data-code=store_credentials]").await.text().await.unwrap();
    assert!(!told.contains(wrong), "{told}");
    page.fill("#store-secret", secret).await;
    page.click("#setup-check").await;
    page.find("form .note.ok").await;
    page.click("#setup-next").await;
    page.find("#setup-rpo").await;
    page.click("#setup-next").await;
    type_kit_back(page).await;
    page.click("#setup-next").await;
    page.click("#setup-backup").await;
    page.click("#setup-done").await;
    page.see("Last verified backup").await;
    assert_eq!(store.list(ARCHIVES).await.unwrap().len(), 1, "the archive lies in the cloud");
    for file in files(app.dir()) {
        let bytes = std::fs::read(&file).unwrap_or_default();
        let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!found, "{} holds the secret", file.display());
    }
    app.page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_run_may_end_in_s3() {
    let server = S3Server::start();
    let (endpoint, keys) = (server.endpoint(), server.keys().clone());
    let fields = [("bucket", BUCKET), ("id", &keys.id), ("endpoint", &endpoint), ("prefix", "shop")];
    let wrong = "wrong-secret-of-s3-7731";
    first_run_in_a_cloud("window-s3", "s3", &fields, &keys.secret, wrong, &server.store()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_run_may_end_in_azure() {
    let server = Azurite::start();
    let (endpoint, store) = (server.endpoint(), server.store("window"));
    let fields = [("account", AZURE_ACCOUNT), ("container", "window"), ("endpoint", &endpoint)];
    let wrong = "b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXI=";
    first_run_in_a_cloud("window-azure", "azure", &fields, &Azurite::key(), wrong, &store).await;
}

/// Types the groups that are asked for of the recovery kit on the page. Returns its key, in hexadecimal.
async fn type_kit_back(page: &Page) -> String {
    page.find("#kit-typed-1").await;
    let groups =
        "return [...document.querySelectorAll('#kit-groups code')].map(group => group.innerText.trim())";
    let groups: Vec<String> = serde_json::from_value(page.run(groups).await).unwrap();
    assert_eq!(groups.len(), 16, "{groups:?}");
    for place in 1..=2 {
        let number = format!(
            "return Number(document.querySelector('label[for=kit-typed-{place}]').innerText.match(/[0-9]+/)[0])"
        );
        let number = page.run(&number).await.as_u64().unwrap() as usize;
        page.fill(&format!("#kit-typed-{place}"), &groups[number - 1]).await;
    }
    let key: String = groups.iter().map(|group| &group[..4]).collect();
    assert_eq!(key.len(), 64);
    key.to_lowercase()
}

/// The six digits that an authenticator shows now.
fn code_of(secret: &str) -> String {
    let output = std::process::Command::new("oathtool").args(["--totp", "--base32", secret]).output();
    let output = output.unwrap_or_else(|e| panic!("oathtool: {e}; `cargo xtask test` installs it"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// What the header of an archive says of keys: the ids of its filled slots (docs/format.md).
fn key_ids(archive: &Path) -> Vec<String> {
    let bytes = std::fs::read(archive).unwrap();
    let slots = (1..=4).map(|n| &bytes[512 * n..512 * (n + 1)]);
    slots
        .filter(|slot| slot[0] == 1)
        .map(|slot| slot[8..16].iter().map(|b| format!("{b:02x}")).collect())
        .collect()
}

/// The quarter in the window: a first key with its kit, a backup, another key by the wizard, and a second factor
/// that the next restore asks for.
#[tokio::test]
async fn a_key_is_rotated_and_a_second_factor_is_set_up() {
    let window = Window::new().with_keychain();
    let database = window.dir().join("carwash.db");
    aitta_engine::sample::create(&database).await.unwrap();
    let url = format!("sqlite:{}", database.display());
    let store = window.dir().join("store").display().to_string();
    let window = window.env("DATABASE_URL", &url).env("BACKUP_LOCAL_DIR", &store);
    let app = window.start("window-keys").await;
    let page = &app.page;

    let mut keys = Vec::new();
    for turn in ["first", "second"] {
        page.click("nav a[href='/keys']").await;
        // There is nothing to rotate before the first key.
        let (go, gone) =
            if turn == "first" { ("#keys-make", "#keys-rotate") } else { ("#keys-rotate", "#keys-make") };
        page.find(go).await;
        assert!(!page.has(gone).await, "{gone}");
        page.click(go).await;
        page.fill("#rotate-reason", turn).await;
        page.click("#rotate-next").await;
        keys.push(type_kit_back(page).await);
        page.click("#rotate-confirm").await;
        if turn == "first" {
            // There is nothing to move yet.
            page.find("#keys-active-id").await;
            page.click("nav a[href='/']").await;
            one_click_makes_a_backup(&app).await;
        } else {
            page.click("#rotate-done").await;
        }
    }
    assert_ne!(keys[0], keys[1]);
    page.click("nav a[href='/keys']").await;
    let active = page.find("#keys-active-id").await.text().await.unwrap();
    let archive = app.store_dir().join("backups").join(&app.archives()[0]);
    assert_eq!(key_ids(&archive), [active.trim()], "the old key opens it no longer");
    page.click("#keys-test").await;
    page.find(".tested span[title]").await;

    page.click("nav a[href='/settings']").await;
    page.click("#settings-factor").await;
    page.click("#mfa-set-up").await;
    let secret: String = page.find("#mfa-secret").await.text().await.unwrap().split_whitespace().collect();
    page.fill("#mfa-new-code", "000000").await;
    page.fill("#mfa-reason", "the first of the quarter").await;
    page.click("#mfa-confirm").await;
    page.find("[role=alert][data-code=mfa_wrong]").await;
    page.fill("#mfa-new-code", &code_of(&secret)).await;
    page.click("#mfa-confirm").await;
    let recovery = page.find("#mfa-codes li:first-child code").await.text().await.unwrap().trim().to_owned();
    page.click("#mfa-codes-kept").await;

    // The wizard asks for it, and a recovery code will do.
    prepare_restore(page, &["Setting"]).await;
    page.fill("#restore-confirm-name", "carwash.db").await;
    page.fill("#restore-code", &recovery).await;
    page.click("#restore-go").await;
    let outcome = page.find("#restore-report").await.attr("data-outcome").await.unwrap();
    assert_eq!(outcome.as_deref(), Some("succeeded"), "{}", page.words().await);

    page.click("nav a[href='/audit']").await;
    let chain = page.find("#audit-chain").await.text().await.unwrap();
    assert!(chain.contains("intact"), "{chain}");
    for file in files(app.dir()) {
        let bytes = std::fs::read(&file).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        for told in keys.iter().chain([&secret, &recovery]) {
            assert!(!text.contains(told.as_str()), "{} holds a secret", file.display());
        }
    }
    app.page.close().await;
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => files(&entry.path()),
            Ok(kind) if kind.is_file() => vec![entry.path()],
            _ => Vec::new(),
        })
        .collect()
}

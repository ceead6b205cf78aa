//! The office has burned down: a store with backups, a recovery kit on paper, and a machine that knows nothing.

use std::path::Path;

use aitta_testing::Aitta;
use aitta_testing::pg::{PASSWORD, TestServer, USER};
use aitta_tests::{Page, Window};
use serde_json::Value;
use sqlx::{Connection, PgConnection};

use super::{files, rows, set_up_to_the_store, shop, type_kit_back};

/// Makes a backup of a database into a store, as the machine that is lost did, and gives the recovery kit.
fn before_the_fire(url: &str, store: &Path) -> String {
    let old = Aitta::new().database(url).env("BACKUP_LOCAL_DIR", &store.display().to_string());
    old.json(&["backup", "create"]);
    let kit = old.home().join("kit.txt").display().to_string();
    old.json(&["key", "export-kit", &kit, "--reason", "routine"]);
    std::fs::read_to_string(&kit).unwrap()
}

/// A kit is many lines: a driver would type them one key at a time.
async fn paste(page: &Page, css: &str, text: &str) {
    page.find(css).await;
    page.run_with(
        "const field = document.querySelector(arguments[0]);
         field.value = arguments[1];
         field.dispatchEvent(new Event('input', { bubbles: true }));",
        vec![Value::from(css), Value::from(text)],
    )
    .await;
}

#[tokio::test]
async fn store_and_kit_give_the_database_back_on_a_new_machine() {
    let server = TestServer::shared();
    let database = shop("window-new-machine").await;
    let (customers, bookings) = (rows(&database, "customer").await, rows(&database, "booking").await);
    let window = Window::new().with_keychain();
    let store = window.dir().join("store");
    let kit = before_the_fire(database.url(), &store);
    let name = database.name().to_owned();
    database.drop_now().await;

    let app = window.start("window-new-machine").await;
    let page = &app.page;
    page.click("#setup-restore").await;
    page.fill("#machine-store", &store.display().to_string()).await;
    page.click("#machine-look").await;
    page.see("1\u{a0}backup found").await;
    page.click("#machine-next").await;
    page.see("1\u{a0}backup needs key").await;
    let named = page.find("#found-databases").await.text().await.unwrap();
    assert!(named.contains(&name), "{named}");
    // A slip of the pen opens nothing and is kept nowhere.
    paste(page, "#import-key", &with_a_slip(&kit)).await;
    page.click("#import-go").await;
    page.find("form [role=alert][data-code=key_invalid]").await;
    paste(page, "#import-key", &kit).await;
    page.click("#import-go").await;
    page.see("Every backup opens").await;
    page.click("#machine-go").await;

    page.click("input[data-archive]").await;
    page.click("#restore-whole").await;
    page.find("#restore-target-other:checked").await;
    assert!(!page.has("#restore-target-same").await, "it can go back into a database that is gone");
    let copy = format!("{name}_back");
    let bare = format!("postgres://{USER}@127.0.0.1:{}/{copy}", server.port());
    page.fill("#restore-url", &bare).await;
    page.fill("#restore-password", PASSWORD).await;
    page.click("#restore-next").await;
    page.find(".plan-line").await;
    page.click("#restore-next").await;
    page.fill("#restore-reason", "the office has burned down").await;
    page.click("#restore-go").await;
    let outcome = page.find("#restore-report").await.attr("data-outcome").await.unwrap();
    assert_eq!(outcome.as_deref(), Some("succeeded"), "{}", page.words().await);

    let mut back = PgConnection::connect(&server.url(&copy)).await.unwrap();
    for (table, before) in [("customer", &customers), ("booking", &bookings)] {
        let sql = format!("SELECT t::text FROM {table} t ORDER BY 1");
        let now: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&mut back).await.unwrap();
        assert_eq!(&now, before, "{table}");
    }
    back.close().await.unwrap();

    // The first page says what is true, also after the window was closed: backups are there, a database is not named.
    page.click("nav a[href='/']").await;
    page.see("No database is set yet.").await;
    assert!(!page.has("#back-up-now").await, "there is nothing to back up");
    page.click("nav a[href='/keys']").await;
    page.find("#keys-active-id").await;
    assert!(!page.has("[data-missing]").await, "a key is missed that is at hand");
    let key = kit_as_hex(&kit);
    for file in files(app.dir()) {
        let bytes = std::fs::read(&file).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&bytes).contains(&key), "{} holds the key", file.display());
    }
    app.page.close().await;
    let drop = format!("DROP DATABASE \"{copy}\" WITH (FORCE)");
    sqlx::raw_sql(sqlx::AssertSqlSafe(drop)).execute(&mut server.admin().await).await.unwrap();
}

/// The sixteen groups of a kit.
fn groups(kit: &str) -> Vec<&str> {
    let is_group = |word: &&str| word.len() == 6 && word.as_bytes()[4] == b'-';
    let groups: Vec<&str> = kit.split_whitespace().filter(is_group).collect();
    assert_eq!(groups.len(), 16, "the kit has another shape");
    groups
}

/// One digit of the first group is another one.
fn with_a_slip(kit: &str) -> String {
    let group = groups(kit)[0];
    let digit = if group.starts_with('0') { '1' } else { '0' };
    kit.replacen(group, &format!("{digit}{}", &group[1..]), 1)
}

/// The key that a kit spells.
fn kit_as_hex(kit: &str) -> String {
    groups(kit).iter().map(|group| &group[..4]).collect::<String>().to_lowercase()
}

/// No second key is made unasked, and whoever goes on without the first is told which key is missing.
#[tokio::test]
async fn setting_up_over_backups_of_a_missing_key_asks_for_its_kit_and_does_not_call_it_none() {
    let window = Window::new().with_keychain();
    let database = window.dir().join("carwash.db");
    aitta_engine::sample::create(&database).await.unwrap();
    let store = window.dir().join("store");
    before_the_fire(&format!("sqlite:{}", database.display()), &store);
    let app = window.start("window-second-key").await;
    let page = &app.page;
    set_up_to_the_store(page, &database).await;
    page.fill("#setup-store", &store.display().to_string()).await;
    page.click("#setup-next").await;
    page.find("#setup-rpo").await;
    page.click("#setup-next").await;
    page.see("Import the key of these backups first").await;
    page.see("Without the kit, 1\u{a0}backup can't be opened.").await;
    assert!(!page.has("#kit-typed-1").await, "another key was made");
    page.click("#setup-without").await;
    type_kit_back(page).await;
    page.click("#setup-next").await;
    page.click("#setup-backup").await;
    page.click("#setup-done").await;
    page.click("nav a[href='/keys']").await;
    page.find("tr[data-missing]").await;
    let words = page.words().await;
    assert!(!words.contains("No previous keys."), "{words}");
    app.page.close().await;
}

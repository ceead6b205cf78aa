//! What is under way, at the head of every page, whoever has begun it and whatever becomes of the page.

use aitta_testing::Aitta;
use aitta_testing::pg::TestDatabase;
use aitta_tests::{Started, Window};

use super::{KEY, one_click_makes_a_backup, prepare_restore, rows, shop};

/// The command line, with the database, the catalog and the store of the window.
fn beside(app: &Started, database: &TestDatabase) -> Aitta {
    let at = |name: &str| app.dir().join(name).display().to_string();
    Aitta::new()
        .database(database.url())
        .env("AITTA_DATA_DIR", &at("data"))
        .env("BACKUP_LOCAL_DIR", &at("store"))
}

pub(super) const GONE: &str = "return !document.querySelector('.under-way')";

#[tokio::test]
async fn a_reload_loses_no_restore_and_who_holds_the_lock_can_be_ended_from_any_page() {
    let database = shop("window-reload").await;
    let app = Window::new().protecting(database.url(), KEY).start("window-reload").await;
    one_click_makes_a_backup(&app).await;
    let bookings = rows(&database, "booking").await;
    database.psql("DELETE FROM booking WHERE id % 3 = 0").await;
    let mut writer = database.connect().await;
    let held = "SET application_name = 'night-shift'; BEGIN; UPDATE booking SET note = 'lost' WHERE id = 1";
    sqlx::raw_sql(held).execute(&mut writer).await.unwrap();

    prepare_restore(&app.page, &["customer", "booking"]).await;
    app.page.fill("#restore-confirm-name", database.name()).await;
    app.page.click("#restore-go").await;
    app.page.find(".under-way .wait").await;
    app.page.run("location.reload()").await;
    // It is another page by now, which has begun nothing.
    app.page.until("the page that was loaded anew", "return !document.querySelector('#restore-go')").await;
    app.page.see("Waiting for booking").await;
    app.page.see("night-shift").await;
    app.page.click("nav a[href='/runs']").await;
    app.page.click(".under-way .end").await;
    app.page.click(".under-way .end-sure").await;
    app.page.until("the end of the restore", GONE).await;
    assert_eq!(rows(&database, "booking").await, bookings);
    assert!(sqlx::raw_sql("SELECT 1").execute(&mut writer).await.is_err(), "its session is over");
    app.page.close().await;
}

#[tokio::test]
async fn a_backup_of_the_command_line_is_shown_while_it_waits_and_only_its_own_program_stops_it() {
    let database = shop("window-beside").await;
    let app = Window::new().protecting(database.url(), KEY).start("window-beside").await;
    app.page.see("There is no backup yet").await;
    let mut migration = database.connect().await;
    sqlx::raw_sql("BEGIN; LOCK TABLE booking").execute(&mut migration).await.unwrap();
    let aitta = beside(&app, &database);
    let made =
        tokio::task::spawn_blocking(move || aitta.json(&["backup", "create", "--lock-timeout", "600"]));
    app.page.see("started by another program").await;
    app.page.see("Waiting for booking").await;
    assert!(!app.page.has(".under-way .stop").await, "it can't be stopped from here");
    assert!(!app.page.has(".under-way .longer").await, "nor be given time");
    let held = app.page.run("return document.querySelector('#back-up-now').disabled").await;
    assert_eq!(held, true, "another backup beside it would be refused");
    sqlx::raw_sql("COMMIT").execute(&mut migration).await.unwrap();
    made.await.unwrap();
    app.page.until("the end of the backup", GONE).await;
    app.page.see("Last verified backup").await;
    app.page.close().await;
}

#[tokio::test]
async fn the_menu_of_the_browser_is_off_except_in_fields() {
    let app = super::with_sample("window-menu").await;
    one_click_makes_a_backup(&app).await;
    let opens = |css: &str| {
        format!(
            "return document.querySelector('{css}').dispatchEvent(
                 new MouseEvent('contextmenu', {{ bubbles: true, cancelable: true }}))"
        )
    };
    assert_eq!(app.page.run(&opens("h1")).await, false, "it could load the page anew");
    app.page.click("nav a[href='/backups']").await;
    app.page.find("main input[type=search]").await;
    assert_eq!(app.page.run(&opens("main input[type=search]")).await, true, "text is pasted by it");
    app.page.close().await;
}

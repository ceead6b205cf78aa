//! The short ways: from a table's row to the table that is back, from a time to its backup, and a proof that can't meet
//! the live database.

use std::process::Command;

use aitta_testing::KEY;
use aitta_testing::pg::TestServer;
use aitta_tests::{Page, Window};

use super::{one_click_makes_a_backup, rows, shop};

/// Five clicks from the dashboard, and one field: the name.
#[tokio::test]
async fn a_table_comes_back_from_its_row_and_the_preview_says_which_differ() {
    let database = shop("window-row").await;
    let app = Window::new().protecting(database.url(), KEY).start("window-row").await;
    let page = &app.page;
    one_click_makes_a_backup(&app).await;
    let bookings = rows(&database, "booking").await;
    // As many rows as before: counts alone would not show it.
    database.psql("UPDATE booking SET note = 'overwritten'").await;

    page.click("nav a[href='/backups']").await;
    page.click("tr[data-archive] .c-state").await;
    page.click("tbody[data-table='booking'] a.btn").await;
    page.find("[data-plan='booking'][data-likeness='differs']").await;
    page.find("#restore-compared[data-done='true']").await;
    page.click("#restore-next:enabled").await;
    page.fill("#restore-confirm-name", database.name()).await;
    page.click("#restore-go:enabled").await;
    let outcome = page.find("#restore-report").await.attr("data-outcome").await.unwrap();
    assert_eq!(outcome.as_deref(), Some("succeeded"), "{}", page.words().await);
    assert_eq!(rows(&database, "booking").await, bookings);
    app.page.close().await;
}

#[tokio::test]
async fn a_time_is_typed_as_at_night_and_safety_copies_are_shown_on_request() {
    let database = shop("window-time").await;
    let app = Window::new().protecting(database.url(), KEY).start("window-time").await;
    let page = &app.page;
    one_click_makes_a_backup(&app).await;
    super::prepare_restore(page, &["visit"]).await;
    page.fill("#restore-confirm-name", database.name()).await;
    page.click("#restore-go:enabled").await;
    page.find("#restore-report[data-outcome='succeeded']").await;
    assert_eq!(app.archives().len(), 2);

    page.click("nav a[href='/restore']").await;
    page.find("input[data-archive]:checked").await;
    let shown = "return document.querySelectorAll('input[data-archive]').length";
    assert_eq!(page.run(shown).await, 1, "a safety copy is offered unasked");
    page.click("#restore-safety").await;
    page.until("the safety copy", "return document.querySelectorAll('input[data-archive]').length === 2")
        .await;
    page.find(".pick .pill.warn").await;

    page.fill("#restore-before", "2999-01-01 02:55").await;
    page.find("#restore-before[aria-invalid='true']").await;
    page.see("still to come").await;
    page.fill("#restore-before", "yesterday 02:55").await;
    page.find("#restore-before[aria-invalid='false']").await;
    page.find(".wizard [role=alert][data-code=archive_not_found]").await;
    app.page.close().await;
}

#[tokio::test]
async fn a_proof_ends_with_a_safe_first_line_and_leaves_no_database() {
    const PROOFS: &str = "SELECT datname::text FROM pg_database WHERE datname LIKE 'aitta\\_proof\\_%'";
    let database = shop("window-prove").await;
    let app = Window::new().protecting(database.url(), KEY).start("window-prove").await;
    let page = &app.page;
    one_click_makes_a_backup(&app).await;
    let bookings = rows(&database, "booking").await;
    page.click("#prove-restore").await;
    page.click("#prove-go").await;
    let outcome = page.find("#prove-report").await.attr("data-outcome").await.unwrap();
    assert_eq!(outcome.as_deref(), Some("succeeded"), "{}", page.words().await);
    assert!(!page.has("#restore-target-same").await, "a live database can be chosen");
    let mut admin = TestServer::shared().admin().await;
    let left: Vec<String> = sqlx::query_scalar(PROOFS).fetch_all(&mut admin).await.unwrap();
    assert_eq!(left, Vec::<String>::new());
    assert_eq!(rows(&database, "booking").await, bookings);
    page.click("nav a[href='/']").await;
    page.see("Your data is safe.").await;
    app.page.close().await;
}

/// The page of its run; the safety backup that it has made is a run, too.
async fn open_newest_restore(page: &Page) {
    page.click("nav a[href='/runs']").await;
    page.find("tr[data-run]").await;
    let run = "return [...document.querySelectorAll('tr[data-run]')]
                   .find(row => row.querySelector('.c-operation').innerText === 'Restore').dataset.run";
    let run = page.run(run).await;
    page.click(&format!("tr[data-run='{}'] .c-operation", run.as_str().unwrap())).await;
}

/// The page of a run says who did what to which tables, and what it has left behind, long after the wizard was closed.
#[tokio::test]
async fn a_restore_is_taken_back_from_its_page_and_one_that_failed_says_what_it_left() {
    let database = shop("window-undo").await;
    let app = Window::new().protecting(database.url(), KEY).start("window-undo").await;
    let page = &app.page;
    one_click_makes_a_backup(&app).await;
    database.psql("UPDATE visit SET page = '/of the day after'").await;
    let visits = rows(&database, "visit").await;
    super::prepare_restore(page, &["visit"]).await;
    page.fill("#restore-confirm-name", database.name()).await;
    page.click("#restore-go:enabled").await;
    page.find("#restore-report[data-outcome='succeeded']").await;
    assert_ne!(rows(&database, "visit").await, visits);

    open_newest_restore(page).await;
    page.click("#run-undo").await;
    page.find("[data-plan='visit'][data-likeness='differs']").await;
    page.click("#restore-next:enabled").await;
    page.fill("#restore-confirm-name", database.name()).await;
    page.click("#restore-go:enabled").await;
    page.find("#restore-report[data-outcome='succeeded']").await;
    assert_eq!(rows(&database, "visit").await, visits);

    // What the next one meets: the plan is made, and then the table is another.
    super::prepare_restore(page, &["visit"]).await;
    page.fill("#restore-confirm-name", database.name()).await;
    database.psql("ALTER TABLE visit DROP COLUMN page").await;
    page.click("#restore-go:enabled").await;
    page.find("#restore-report[data-outcome='failed']").await;
    open_newest_restore(page).await;
    page.find("#restore-target-state.ok").await;
    let facts = page.find("aside .facts").await.text().await.unwrap();
    let user = Command::new("id").arg("-un").output().unwrap().stdout;
    for told in ["visit", database.name(), String::from_utf8(user).unwrap().trim()] {
        assert!(facts.contains(told), "{told} is not in {facts}");
    }
    let again = page.find("#run-retry").await.attr("href").await.unwrap().unwrap();
    assert!(again.contains("table=visit") && again.contains("to=same"), "{again}");
    app.page.close().await;
}

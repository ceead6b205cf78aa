//! The moments that count: a backup fails, a restore waits. What is shown then is whole and true.

use std::time::Duration;

use aitta_testing::KEY;
use aitta_testing::pg::{TestServer, USER};
use aitta_tests::{FAULTS_OF_THE_HEAD, Page, Window};
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection};

use super::{one_click_makes_a_backup, prepare_restore, rows, shop, with_sample};

/// At the size that the window has when it is opened.
#[tokio::test]
async fn a_failed_backup_leaves_the_head_whole_and_is_told_once() {
    let database = TestServer::shared().database("window-head").await;
    let wrong = TestServer::shared().url_as(USER, "not-the-password", database.name());
    let app = Window::new().protecting(&wrong, KEY).start("window-head").await;
    let page = &app.page;
    page.click("#back-up-now").await;
    page.find("header.page [role=alert][data-code=source_auth]").await;
    assert_eq!(page.run("return innerWidth").await, 1280);
    let title = vec![Value::from("The database refuses the sign-in.")];
    let faults = page.run_with(FAULTS_OF_THE_HEAD, title).await;
    assert_eq!(faults, Value::Array(Vec::new()));
    let whole = "return document.querySelector('header.page [role=alert]').getBoundingClientRect().bottom <= innerHeight";
    assert_eq!(page.run(whole).await, true, "its end is out of sight");
    app.page.close().await;
}

/// Where a bar is that has no known end, no part of it may look done.
const FULL_BARS: &str = "const bars = [...document.querySelectorAll('[role=progressbar]:not([aria-valuenow])')];
    const part = bar => (bar.firstElementChild?.getBoundingClientRect().width ?? 0) / bar.getBoundingClientRect().width;
    return { bars: bars.length, full: bars.filter(bar => part(bar) > 0.5).length };";

/// There is no run yet whose steps could be known: three months of backups are made in one go.
#[tokio::test]
async fn a_bar_without_a_known_end_does_not_look_full() {
    let app = Window::new().start("window-full-bar").await;
    let page = &app.page;
    page.click("#setup-sample").await;
    page.find("[role=progressbar]").await;
    assert_eq!(page.run(FULL_BARS).await, json!({ "bars": 1, "full": 0 }));
    app.page.close().await;
}

/// Restores these tables of the newest backup into the same database.
async fn begin_restore(page: &Page, tables: &[&str], name: &str) {
    prepare_restore(page, tables).await;
    page.fill("#restore-confirm-name", name).await;
    page.click("#restore-go").await;
}

#[tokio::test]
async fn a_wait_for_a_lock_does_not_look_finished_and_more_time_can_be_given() {
    let database = shop("window-longer").await;
    let app = Window::new().protecting(database.url(), KEY).start("window-longer").await;
    let page = &app.page;
    one_click_makes_a_backup(&app).await;
    let mut writer = database.connect().await;
    let held = "BEGIN; LOCK TABLE booking IN ROW EXCLUSIVE MODE";
    sqlx::raw_sql(held).execute(&mut writer).await.unwrap();

    begin_restore(page, &["booking"], database.name()).await;
    page.see("Waiting for booking").await;
    let bar = page
        .run(
            "const bar = document.querySelector('.under-way [role=progressbar]');
             const done = bar.firstElementChild.getBoundingClientRect().width;
             return { vague: bar.classList.contains('vague'), part: done / bar.getBoundingClientRect().width };",
        )
        .await;
    assert!(bar["vague"] == true && bar["part"].as_f64().unwrap() < 0.4, "nothing is written yet: {bar}");
    page.until("seconds", "return /Gives up in \\d+\\ss/.test(document.querySelector('.wait').innerText)")
        .await;
    page.click(".under-way .longer").await;
    page.until("a minute", "return /Gives up in \\d+\\smin/.test(document.querySelector('.wait').innerText)")
        .await;
    sqlx::raw_sql("ROLLBACK").execute(&mut writer).await.unwrap();
    page.find("#restore-report[data-outcome='succeeded']").await;
    app.page.close().await;
}

/// Text that names what only a terminal has. What the engine says word for word is folded, and counts not.
const SPEAKS_TO_A_TERMINAL: &str = r"
    const root = document.querySelector(arguments[0]);
    const folded = [...root.querySelectorAll('details.engine')];
    folded.forEach(details => details.style.display = 'none');
    const found = root.innerText.match(/--[a-z]|`aitta |\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b/g) ?? [];
    folded.forEach(details => details.style.display = '');
    return found;";

async fn assert_in_the_words_of_the_window(page: &Page, css: &str) {
    page.find(css).await;
    let found = page.run_with(SPEAKS_TO_A_TERMINAL, vec![Value::from(css)]).await;
    assert_eq!(found, Value::Array(Vec::new()), "{css}: {}", page.words().await);
}

#[tokio::test]
async fn a_lock_that_was_not_had_is_told_with_who_held_it_and_without_a_flag() {
    let database = shop("window-no-lock").await;
    let app = Window::new().protecting(database.url(), KEY).start("window-no-lock").await;
    let page = &app.page;
    one_click_makes_a_backup(&app).await;
    let mut writer = database.connect().await;
    let held = "BEGIN; LOCK TABLE booking IN ROW EXCLUSIVE MODE";
    sqlx::raw_sql(held).execute(&mut writer).await.unwrap();
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut writer).await.unwrap();

    begin_restore(page, &["booking"], database.name()).await;
    // It waits for half a minute first.
    let ended = "return !!document.querySelector('#restore-report[data-outcome=failed]')";
    page.until_within(Duration::from_secs(120), "the end of the wait", ended).await;
    let told = page.find("#restore-report").await.text().await.unwrap();
    assert!(told.contains("Somebody else is using the database."), "{told}");
    assert!(told.contains(&format!("process {pid}")), "{told}");
    assert_in_the_words_of_the_window(page, "#restore-report").await;
    app.page.close().await;
}

/// Another program has the file open, and the disk of the store is away: both are told on pages that show what the
/// engine has found, and not only in the box of an error.
#[tokio::test]
async fn what_the_engine_has_found_is_told_without_flags_and_variables() {
    let app = with_sample("window-findings").await;
    let page = &app.page;
    one_click_makes_a_backup(&app).await;
    let url = format!("sqlite:{}", app.dir().join("carwash.db").display());
    let mut other = SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("SELECT count(*) FROM Booking").execute(&mut other).await.unwrap();
    page.click("nav a[href='/restore']").await;
    page.find("input[data-archive]:checked").await;
    page.click("#restore-whole").await;
    page.click("#restore-next:enabled").await;
    page.find(".plan-line").await;
    page.see("is open in").await;
    assert_in_the_words_of_the_window(page, ".wizard").await;
    other.close().await.unwrap();

    std::fs::rename(app.store_dir(), app.dir().join("away")).unwrap();
    page.click("nav a[href='/']").await;
    page.find("#readiness [data-check=store_room][data-state=unknown]").await;
    assert_in_the_words_of_the_window(page, "#readiness").await;
    app.page.close().await;
}

#[tokio::test]
async fn progress_never_runs_backwards_and_has_one_bar() {
    let database = shop("window-forward").await;
    let app = Window::new().protecting(database.url(), KEY).start("window-forward").await;
    let page = &app.page;
    one_click_makes_a_backup(&app).await;
    page.run(
        "window.seen = { shares: [], bars: 0 };
         const look = () => {
             const bars = document.querySelectorAll('[role=progressbar]');
             window.seen.bars = Math.max(window.seen.bars, bars.length);
             const share = bars[0]?.getAttribute('aria-valuenow');
             if (share != null) window.seen.shares.push(Number(share));
         };
         new MutationObserver(look).observe(document.body, {
             childList: true, subtree: true, attributes: true, attributeFilter: ['aria-valuenow'],
         });",
    )
    .await;
    begin_restore(page, &["customer", "booking", "visit"], database.name()).await;
    page.find("#restore-report[data-outcome='succeeded']").await;
    let seen = page.run("return window.seen").await;
    let shares: Vec<f64> = serde_json::from_value(seen["shares"].clone()).unwrap();
    assert!(!shares.is_empty() && shares.is_sorted(), "{seen}");
    assert_eq!(seen["bars"], 1, "two bars for one thing");
    app.page.close().await;
}

/// The user of the database owns it and is no superuser: backups work, and single tables can't be restored in place.
#[tokio::test]
async fn a_connection_that_works_says_at_once_what_a_restore_lacks() {
    let server = TestServer::shared();
    let database = shop("window-owner").await;
    let (name, role) = (database.name(), format!("owner-of-{}", database.name()));
    database
        .psql(&format!(
            "CREATE ROLE \"{role}\" LOGIN PASSWORD 'p'; ALTER DATABASE \"{name}\" OWNER TO \"{role}\";
             ALTER TABLE customer OWNER TO \"{role}\"; ALTER TABLE booking OWNER TO \"{role}\";
             ALTER TABLE visit OWNER TO \"{role}\";"
        ))
        .await;
    let app = Window::new().with_keychain().start("window-owner").await;
    let page = &app.page;
    page.click("#setup-start").await;
    page.click("#setup-kind-postgres").await;
    page.fill("#setup-host", "127.0.0.1").await;
    page.fill("#setup-port", &server.port().to_string()).await;
    page.fill("#setup-database", name).await;
    page.fill("#setup-user", &role).await;
    page.fill("#setup-password", "p").await;
    page.click("#setup-check").await;
    page.find("form .note.ok").await;
    page.see("Backups work.").await;
    page.see("can't switch off triggers, so single tables can't be restored in place").await;
    if server.major() >= 15 {
        let statement = format!("GRANT SET ON PARAMETER session_replication_role TO \"{role}\";");
        page.see(&statement).await;
        page.find("[data-check=restore_tables] .command button").await;
    }
    app.page.close().await;
}

/// Whoever wants a rehearsal is not steered at the live database, from wherever he sets out.
#[tokio::test]
async fn every_way_to_a_proof_leads_away_from_the_live_database() {
    let app = with_sample("window-ways").await;
    let page = &app.page;
    one_click_makes_a_backup(&app).await;
    page.find("#readiness [data-check=proven]").await;
    let ways = page
        .run(
            "const links = [...document.querySelectorAll('main a')];
             const proofs = links.filter(link => /prove a restore|test restore/i.test(link.textContent));
             return proofs.map(link => link.getAttribute('href'));",
        )
        .await;
    let ways: Vec<String> = serde_json::from_value(ways).unwrap();
    assert!(!ways.is_empty() && ways.iter().all(|way| way.starts_with("/restore/prove")), "{ways:?}");
    page.click("#prove-restore").await;
    page.find("#prove-ready").await;
    assert!(!page.has("#restore-target-same").await, "the live database can be chosen");
    app.page.close().await;
}

/// The newest archive of all is the one that holds them.
#[tokio::test]
async fn the_copy_of_the_damaged_tables_is_not_what_a_restore_begins_with() {
    let database = shop("window-trap").await;
    let app = Window::new().protecting(database.url(), KEY).start("window-trap").await;
    let page = &app.page;
    one_click_makes_a_backup(&app).await;
    let bookings = rows(&database, "booking").await;
    database.psql("UPDATE booking SET note = 'overwritten'").await;
    begin_restore(page, &["booking"], database.name()).await;
    page.find("#restore-report[data-outcome='succeeded']").await;
    assert_eq!(rows(&database, "booking").await, bookings);
    // Of the two archives the newer one holds what was overwritten.
    let newest = app.archives().pop().unwrap().replace(".backup", "");
    page.click("nav a[href='/restore']").await;
    let chosen = page.find("input[data-archive]:checked").await.attr("data-archive").await.unwrap();
    assert_ne!(chosen.as_deref(), Some(newest.as_str()), "the damaged tables are proposed");
    assert!(!page.has(&format!("input[data-archive='{newest}']")).await, "they are offered unasked");
    page.click("#restore-safety").await;
    page.find(&format!("input[data-archive='{newest}']")).await;
    page.see("Taken before a restore of").await;
    app.page.close().await;
}

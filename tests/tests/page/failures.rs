//! Errors of the window: in its own words, where the click was, and with what the engine says folded below.

use aitta_tests::{Chrome, FAULTS_OF_THE_HEAD, Look, Page, Server, serve};
use serde_json::Value;

/// What the made-up engine says of all that is done in the state `failing`; its words are for a terminal.
const ENGINE: [&str; 4] = ["os error 13", "BACKUP_LOCAL_DIR", "--to-schema", "store_missing"];

const LIGHT: Look = Look { width: 1280, height: 860, dark: false };

async fn open(page: &Page, server: &Server, address: &str, there: &str) {
    let between = if address.contains('?') { '&' } else { '?' };
    page.goto(&server.url(&format!("{address}{between}state=failing"))).await;
    page.until(
        &format!("{address} to show {there}"),
        &format!("return !!document.querySelector(\"{there}\")"),
    )
    .await;
}

/// The words that are to be seen of the error in this element.
async fn said(page: &Page, within: &str) -> String {
    let script = format!("return document.querySelector(\"{within} [role=alert]\")?.innerText");
    page.until(&format!("an error in {within}"), &script).await.as_str().unwrap_or_default().to_owned()
}

fn assert_in_the_words_of_the_window(said: &str) {
    for engine in ENGINE {
        assert!(!said.contains(engine), "{engine} is not folded: {said}");
    }
}

#[tokio::test]
async fn a_failed_backup_is_told_across_the_head_at_every_width() {
    let _others = super::ALONE.read().await;
    let (server, chrome) = (serve(), Chrome::start("page-failed-backup").await);
    let page = &chrome.page;
    for (width, height) in [(1440, 900), (1280, 860), (900, 600), (600, 900)] {
        for dark in [false, true] {
            let at = format!("{width}x{height}, dark: {dark}");
            chrome.look(Look { width, height, dark }).await;
            open(page, &server, "/", "#back-up-now").await;
            let headline = page.run("return document.querySelector('header.page').innerText").await;
            assert!(headline.as_str().unwrap().contains("The backup store isn't there."), "{at}: {headline}");
            page.click("#back-up-now").await;
            let told = said(page, "header.page").await;
            assert!(told.starts_with("The backup store isn't there."), "{at}: {told}");
            assert_in_the_words_of_the_window(&told);
            let title = vec![Value::from("The backup store isn't there.")];
            let found = page.run_with(FAULTS_OF_THE_HEAD, title).await;
            assert_eq!(found, Value::Array(Vec::new()), "{at}");
            page.click("header.page .failure summary").await;
            page.see("os error 13").await;
            // The window is never narrower; tables below the head need that width.
            if width >= 900 {
                let faults = super::look_at(&chrome).await;
                assert!(faults.is_empty(), "{at}: {}", faults.join("\n"));
            }
        }
    }
    chrome.page.close().await;
}

/// Of each page one thing that fails: its address, what is clicked, and where the error must be then.
const PLACES: [(&str, &[&str], &str); 8] = [
    ("/backups", &["#back-up-now", "#backup-new-go"], "#backup-new"),
    ("/backups/latest", &["#backup-verify"], "#backup-verify-result"),
    ("/backups/latest", &["#backup-reveal"], "header.page"),
    ("/settings", &["#settings-check-store"], ".test"),
    ("/automation", &["#automation-test"], "#automation-notices"),
    ("/keys", &["#keys-test"], "dd"),
    ("/audit", &["#audit-csv"], "section"),
    ("/audit", &["#audit-report"], "section"),
];

#[tokio::test]
async fn errors_are_where_the_click_was_and_in_sight() {
    let _others = super::ALONE.read().await;
    let (server, chrome) = (serve(), Chrome::start("page-places").await);
    let page = &chrome.page;
    for (width, height) in [(1280, 860), (900, 600)] {
        chrome.look(Look { width, height, dark: false }).await;
        for (address, clicks, place) in PLACES {
            open(page, &server, address, clicks[0]).await;
            for click in clicks {
                page.click(click).await;
            }
            let at = format!("{address} at {width}x{height}, after {clicks:?}");
            let told = said(page, place).await;
            assert_in_the_words_of_the_window(&told);
            let is_in_sight = "const alert = document.querySelector('[role=alert]').getBoundingClientRect();
                return alert.top >= 0 && alert.top < innerHeight - 60 && document.querySelectorAll('[role=alert]').length === 1";
            page.until(&format!("{at}: one error in sight"), is_in_sight).await;
            let faults = super::look_at(&chrome).await;
            assert!(faults.is_empty(), "{at}: {}", faults.join("\n"));
        }
    }
    chrome.page.close().await;
}

#[tokio::test]
async fn a_missing_right_comes_with_the_statement_that_grants_it() {
    let _others = super::ALONE.read().await;
    let (server, chrome) = (serve(), Chrome::start("page-right").await);
    let page = &chrome.page;
    chrome.look(LIGHT).await;
    open(page, &server, "/backups/latest?code=source_denied", "#backup-verify").await;
    page.click("#backup-verify").await;
    let told = said(page, "#backup-verify-result").await;
    assert!(told.contains("A right on the database is missing."), "{told}");
    assert!(told.contains("GRANT SET ON PARAMETER session_replication_role TO \"kiilto\";"), "{told}");
    assert!(told.contains("\\u{202e}"), "what turns the direction of writing is shown: {told}");
    chrome.page.close().await;
}

#[tokio::test]
async fn errors_are_finnish_in_a_finnish_window_with_the_way_to_mend_them() {
    let _others = super::ALONE.read().await;
    let (server, chrome) = (serve(), Chrome::start("page-finnish-errors").await);
    let page = &chrome.page;
    chrome.look(LIGHT).await;
    open(page, &server, "/", "#back-up-now").await;
    page.run("localStorage.setItem('language', 'fi')").await;
    open(page, &server, "/", "html[lang=fi] #back-up-now").await;
    page.click("#back-up-now").await;
    let told = said(page, "header.page").await;
    assert!(told.starts_with("Tallennuspaikkaa ei löydy."), "{told}");
    assert!(told.contains("Tiedot") && !told.contains("store") && !told.contains("Details"), "{told}");
    page.click("header.page .failure a.btn").await;
    page.until("the settings", "return location.pathname === '/settings'").await;
    chrome.page.close().await;
}

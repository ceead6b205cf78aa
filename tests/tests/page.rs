//! Every page in every state, in headless Chromium, with made-up answers.
//!
//! A program of its own: what is timed here must have the machine for itself.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use aitta_tests::{Chrome, Look, Page, Server, root, serve};

#[path = "page/automation.rs"]
mod automation;
#[path = "page/failures.rs"]
mod failures;
#[path = "page/machine.rs"]
mod machine;

/// Routes of `app.rs` with an address for each.
const ROUTES: [(&str, &str); 17] = [
    ("/", "/"),
    ("/index.html", "/"),
    ("/backups", "/backups"),
    ("/backups/:id", "/backups/latest"),
    ("/restore", "/restore"),
    ("/restore/prove", "/restore/prove"),
    ("/runs", "/runs"),
    ("/runs/:id", "/runs/2000"),
    ("/review", "/review"),
    ("/automation", "/automation"),
    ("/profiles", "/profiles"),
    ("/settings", "/settings"),
    ("/settings/new", "/settings/new"),
    ("/settings/second-factor", "/settings/second-factor"),
    ("/keys", "/keys"),
    ("/keys/rotate", "/keys/rotate"),
    ("/audit", "/audit"),
];

/// Asks for nothing before it is filled in, so that it can neither wait nor fail.
const FORM: &str = "/settings/new";

const STATES: [&str; 7] = ["normal", "empty", "loading", "error", "many", "unsafe", "busy"];

/// What is timed has the machine for itself.
static ALONE: tokio::sync::RwLock<()> = tokio::sync::RwLock::const_new(());

const SIZES: [(u32, u32); 2] = [(900, 600), (1600, 1000)];

/// The addresses of all routes that the app has.
fn addresses() -> Vec<&'static str> {
    let app = std::fs::read_to_string(root().join("ui/src/app.rs")).unwrap();
    let routes = app.split("path!(\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let address = |route: &str| {
        let found = ROUTES.iter().find(|(name, _)| *name == route);
        found.unwrap_or_else(|| panic!("the route {route} is new: give it an address here")).1
    };
    routes.map(address).collect::<BTreeSet<_>>().into_iter().collect()
}

#[tokio::test]
async fn every_page_in_every_state_in_the_light() {
    look_at_everything("page-light", false).await;
}

#[tokio::test]
async fn every_page_in_every_state_in_the_dark() {
    look_at_everything("page-dark", true).await;
}

async fn look_at_everything(name: &str, dark: bool) {
    let _others = ALONE.read().await;
    let (server, chrome) = (serve(), Chrome::start(name).await);
    let mut faults = Vec::new();
    // A page is opened at one size, changed to the other, and the next one is opened at that. In the dark it is the
    // other way round, so that every state is opened at both.
    let mut sizes = SIZES;
    if dark {
        sizes.reverse();
    }
    for address in addresses() {
        for state in STATES {
            sizes.reverse();
            for (turn, (width, height)) in sizes.into_iter().enumerate() {
                if turn == 0 {
                    chrome.look(Look { width, height, dark }).await;
                    open(&chrome.page, &server, address, state).await;
                } else {
                    chrome.look_anew(Look { width, height, dark }).await;
                }
                let found = look_at(&chrome).await;
                if std::env::var_os("AITTA_TEST_PICTURES").is_some() {
                    keep_picture(&chrome, address, state, Look { width, height, dark }).await;
                }
                let at = format!("{address}?state={state} at {width}x{height}");
                faults.extend(found.into_iter().map(|fault| format!("{at}: {fault}")));
            }
        }
    }
    chrome.page.close().await;
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// Opens a page and waits until it shows what it has to show in this state.
async fn open(page: &Page, server: &Server, address: &str, state: &str) {
    page.goto(&server.url(&format!("{address}?state={state}"))).await;
    let there = match state {
        _ if address == FORM => "main h1, main h2",
        "loading" => "main .loading[role=status], main [aria-busy=true]",
        "error" => "main [role=alert]",
        _ => "main h1, main h2",
    };
    let settled = state == "loading" || state == "error";
    let script = format!(
        "return !!document.querySelector('{there}') && ({settled} || !document.querySelector('main .loading'))"
    );
    page.until(&format!("{address}?state={state} to show {there}"), &script).await;
}

/// What is missing stands open with what helps, and nothing else does: the first page has other things to show.
#[tokio::test]
async fn the_card_of_readiness_opens_what_is_missing_and_closes_over_the_rest() {
    let _others = ALONE.read().await;
    let (server, chrome) = (serve(), Chrome::start("page-readiness").await);
    let page = &chrome.page;
    let states = "return [...document.querySelectorAll('#readiness > .checks > li')]
        .map(line => `${line.dataset.check} ${line.dataset.state}`)";
    for (state, head, left) in [
        ("normal", "11 of 11 ready", &[][..]),
        ("empty", "7 of 8 ready", &["second_factor missing"]),
        ("unsafe", "8 of 11 ready", &["restore_tables missing", "copies unknown", "proven missing"]),
    ] {
        open(page, &server, "/", state).await;
        let there =
            format!("return document.querySelector('#readiness .pill')?.innerText.includes('{head}')");
        page.until(&format!("{state}: {head}"), &there).await;
        let found: Vec<String> = serde_json::from_value(page.run(states).await).unwrap();
        assert_eq!(found, left, "{state}");
        let closed = "return [...document.querySelectorAll('#readiness .rest')].every(rest => !rest.open)";
        assert_eq!(page.run(closed).await, true, "{state}");
        let all = "return document.querySelectorAll('#readiness [data-check]').length";
        assert_eq!(page.run(all).await, 12, "{state}");
    }
    let statement =
        "return document.querySelector('#readiness [data-check=restore_tables] .command').innerText";
    let statement = page.run(statement).await;
    let statement = statement.as_str().unwrap();
    assert!(
        statement.contains("GRANT SET ON PARAMETER session_replication_role TO \"kiilto\";")
            && statement.contains("Copy"),
        "{statement}"
    );
    chrome.page.close().await;
}

/// What is wrong with what is to be seen now.
async fn look_at(chrome: &Chrome) -> Vec<String> {
    let mut faults = chrome.complaints().await;
    let wide = chrome
        .page
        .run(
            "const root = document.documentElement;
             if (root.scrollWidth <= root.clientWidth) return [];
             const out = [...document.querySelectorAll('body *')]
                 .filter(e => e.getBoundingClientRect().right > root.clientWidth + 0.5)
                 .map(e => `${e.tagName.toLowerCase()}.${e.getAttribute('class') ?? ''}`);
             return [`${root.scrollWidth} px wide: ${out.slice(0, 8).join(' ')}`];",
        )
        .await;
    faults.extend(serde_json::from_value::<Vec<String>>(wide).unwrap());
    let landmarks = "return document.querySelectorAll('main').length === 1
        && (document.querySelectorAll('nav[aria-label]').length >= 1 || !!document.querySelector('main.lone'))";
    if chrome.page.run(landmarks).await != true {
        faults.push("there is not one main and a named navigation".to_owned());
    }
    faults.extend(chrome.barriers().await);
    faults
}

/// Pictures, on request, of all that the test has seen.
async fn keep_picture(chrome: &Chrome, address: &str, state: &str, look: Look) {
    let folder = root().join("test-results/pages");
    std::fs::create_dir_all(&folder).unwrap();
    let page = address.trim_matches('/').replace('/', "-");
    let shade = if look.dark { "dark" } else { "light" };
    let name = format!("{page}-{state}-{}x{}-{shade}.png", look.width, look.height);
    std::fs::write(folder.join(name), chrome.page.picture().await).unwrap();
}

/// It is read and compiled at every start of the window. What counts is the time that this takes, which is measured
/// below; this keeps a slip, such as a crate that comes with all its tables, from passing as growth.
#[test]
fn webassembly_of_the_shipped_page_is_under_three_and_a_half_megabytes() {
    let wasm = root().join("ui/dist/aitta_bg.wasm");
    let size_bytes = wasm.metadata().unwrap_or_else(|e| panic!("{e}: run `cargo xtask ui`")).len();
    assert!(size_bytes < 3_500_000, "{} has {size_bytes} bytes", wasm.display());
}

/// Generous: the machine may have other things to do.
#[tokio::test]
async fn the_dashboard_is_usable_within_a_second() {
    let _alone = ALONE.write().await;
    let (server, chrome) = (serve(), Chrome::start("page-start").await);
    chrome.look(Look { width: 1600, height: 1000, dark: false }).await;
    let mut times = Vec::new();
    for _ in 0..5 {
        times.push(chrome.start_time(&server.url("/")).await);
    }
    chrome.page.close().await;
    let time = middle(times);
    assert!(time < 1000.0, "the dashboard takes {time:.0} ms");
}

/// Middle of a few.
fn middle(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[tokio::test]
async fn ten_thousand_backups_are_filtered_and_sorted_at_once() {
    let _alone = ALONE.write().await;
    let (server, chrome) = (serve(), Chrome::start("page-many").await);
    chrome.look(Look { width: 1600, height: 1000, dark: false }).await;
    open(&chrome.page, &server, "/backups", "many").await;
    let (filters, sorts) = chrome.list_times(9).await;
    chrome.page.close().await;
    let (filter, sort) = (middle(filters), middle(sorts));
    assert!(filter < 100.0 && sort < 100.0, "a filter takes {filter:.0} ms, a sort {sort:.0} ms");
}

/// The question before something that was entered is lost.
const ASKED: &str = "return document.querySelector('#leave')?.open === true";
const NOT_ASKED: &str = "return document.querySelector('#leave')?.open === false";

/// Where the page is, and what stands in the line for the RPO.
async fn entered(page: &Page) -> (String, String) {
    let here = page
        .run("return [location.pathname, document.querySelector('#settings-rpo_minutes')?.value ?? '']")
        .await;
    serde_json::from_value(here).unwrap()
}

#[tokio::test]
async fn what_was_entered_in_the_settings_is_not_lost_without_a_question() {
    let _others = ALONE.read().await;
    let (server, chrome) = (serve(), Chrome::start("page-unsaved").await);
    let page = &chrome.page;
    chrome.look(Look { width: 1600, height: 1000, dark: false }).await;
    open(page, &server, "/runs", "normal").await;
    page.click("nav a[href='/settings']").await;
    page.find("#settings-rpo_minutes").await;
    // Nothing is entered yet.
    page.click("nav a[href='/runs']").await;
    page.until("the runs", "return location.pathname === '/runs'").await;
    page.click("nav a[href='/settings']").await;
    page.fill("#settings-rpo_minutes", "240").await;
    let typed = ("/settings".to_owned(), "240".to_owned());

    page.click("nav a[href='/runs']").await;
    page.until("the question at a link", ASKED).await;
    let first = page.run("return document.activeElement.id").await;
    assert_eq!(first, "leave-stay", "Enter loses nothing");
    // Escape is to stay.
    page.press("\u{e00c}").await;
    page.until("the question to be gone", NOT_ASKED).await;
    assert_eq!(entered(page).await, typed);

    page.run("history.back(); return null").await;
    page.until("the question at the way back", ASKED).await;
    page.click("#leave-stay").await;
    page.until("the question to be gone", NOT_ASKED).await;
    assert_eq!(entered(page).await, typed);

    let choose = "const box = document.querySelector('.profile select'), before = box.value;
                  box.value = [...box.options].find(o => o.value !== before).value;
                  box.dispatchEvent(new Event('change', { bubbles: true }));
                  return before;";
    let profile = page.run(choose).await;
    page.until("the question at another profile", ASKED).await;
    page.click("#leave-stay").await;
    page.until("the question to be gone", NOT_ASKED).await;
    assert_eq!(page.run("return document.querySelector('.profile select').value").await, profile);
    assert_eq!(entered(page).await, typed);

    page.click("nav a[href='/runs']").await;
    page.click("#leave-discard").await;
    page.until("the runs", "return location.pathname === '/runs'").await;
    page.click("nav a[href='/settings']").await;
    page.find("#settings-rpo_minutes").await;
    assert_ne!(entered(page).await, typed, "what was discarded is gone");
    chrome.page.close().await;
}

#[tokio::test]
async fn a_store_that_refuses_is_not_saved_and_what_stays_behind_is_asked() {
    let _others = ALONE.read().await;
    let (server, chrome) = (serve(), Chrome::start("page-save").await);
    let page = &chrome.page;
    chrome.look(Look { width: 1600, height: 1000, dark: false }).await;
    open(page, &server, "/settings", "normal").await;
    page.fill("#settings-store", "backups").await;
    page.see("Enter the full path").await;
    page.fill("#settings-store", "~/backups").await;
    page.see("Full path: /home/aino/backups").await;

    page.fill("#settings-store", "/mnt/wrong").await;
    page.click("#settings-save").await;
    let code = "return document.querySelector('#save-answer [role=alert]')?.dataset.code";
    assert_eq!(page.until("the refusal beside the button", code).await, "store_missing");
    page.see("Nothing was saved").await;
    page.find("#save-anyway").await;
    assert_eq!(entered(page).await.0, "/settings");

    page.fill("#settings-store", "/mnt/backup/new").await;
    assert!(!page.has("#save-anyway").await, "what is entered next is tested again");
    page.click("#settings-save").await;
    page.see("34 backups remain in").await;
    assert!(!page.words().await.contains("Saved"));
    page.click("#save-keep").await;
    page.see("Saved").await;
    page.see("Store tested: writing, reading and deleting work").await;
    chrome.page.close().await;
}

#[tokio::test]
async fn changing_the_database_begins_with_what_is_set() {
    let _others = ALONE.read().await;
    let (server, chrome) = (serve(), Chrome::start("page-database").await);
    let page = &chrome.page;
    chrome.look(Look { width: 1600, height: 1000, dark: false }).await;
    open(page, &server, "/settings", "normal").await;
    page.click("#settings-change").await;
    page.find("#setup-host").await;
    let shown = page
        .run("return ['host', 'database', 'user', 'password'].map(name => document.querySelector(`#setup-${name}`).value)")
        .await;
    let shown: Vec<String> = serde_json::from_value(shown).unwrap();
    assert!(shown[..3].iter().all(|text| !text.is_empty()) && shown[3].is_empty(), "{shown:?}");
    // Nothing is another yet, so there is nothing to lose.
    page.click("nav a[href='/runs']").await;
    page.until("the runs", "return location.pathname === '/runs'").await;
    chrome.page.close().await;
}

/// Keys of WebDriver (<https://www.w3.org/TR/webdriver2/#keyboard-actions>).
const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";

/// Opens the commands, types, and waits until an entry with these words is selected.
async fn command(page: &Page, typed: &str, selected: &str) {
    page.press_control('k').await;
    page.until("the commands", "return document.activeElement.id === 'palette-field'").await;
    page.press(typed).await;
    let script = format!(
        "return !!document.querySelector('#palette [aria-selected=true]')?.textContent.includes('{selected}')"
    );
    page.until(&format!("{selected:?} to be selected"), &script).await;
}

async fn arrived(page: &Page, path: &str) {
    let script = format!(
        "return location.pathname === '{path}' && !!document.querySelector('main h1')
            && !document.querySelector('dialog[open]')"
    );
    page.until(&format!("the page {path}"), &script).await;
}

#[tokio::test]
async fn the_commands_lead_everywhere_without_a_pointer() {
    let _others = ALONE.read().await;
    let (server, chrome) = (serve(), Chrome::start("page-commands").await);
    chrome.look(Look { width: 1280, height: 860, dark: false }).await;
    let page = &chrome.page;
    open(page, &server, "/", "normal").await;

    // "Back up now" fits as well, and must not begin by accident.
    command(page, "back", "Backups").await;
    assert_eq!(look_at(&chrome).await, [""; 0], "while the commands are open");
    page.press(ENTER).await;
    arrived(page, "/backups").await;
    let focus = "return document.activeElement === document.querySelector('main h1')";
    page.until("the heading to have the focus", focus).await;

    command(page, "restore booking", "Restore Booking").await;
    page.press(ENTER).await;
    arrived(page, "/restore").await;
    page.until("the preview", "return location.search.includes('step=preview')").await;

    // It asks there.
    command(page, "verify", "Verify the newest").await;
    page.press(ENTER).await;
    arrived(page, "/backups/latest").await;
    assert!(!page.has(".under-way").await, "nothing was begun");

    page.press_control('k').await;
    page.until("the commands", "return document.activeElement.id === 'palette-field'").await;
    page.press(ESCAPE).await;
    page.until("the commands to be closed", "return !document.querySelector('dialog[open]')").await;
    assert_eq!(page.run("return location.pathname").await, "/backups/latest", "only the dialog is left");
    chrome.page.close().await;
}

#[tokio::test]
async fn keys_search_clear_and_go_back_and_are_letters_in_a_field() {
    let _others = ALONE.read().await;
    let (server, chrome) = (serve(), Chrome::start("page-keys").await);
    chrome.look(Look { width: 1280, height: 860, dark: false }).await;
    let page = &chrome.page;
    open(page, &server, "/backups/latest", "normal").await;
    page.press(ESCAPE).await;
    arrived(page, "/backups").await;
    page.until("the list", "return !!document.querySelector('#backups-search')").await;

    page.press("/").await;
    page.until("the search", "return document.activeElement.id === 'backups-search'").await;
    page.press("/?").await;
    let value = "return document.querySelector('#backups-search').value";
    assert_eq!(page.run(value).await, "/?", "letters like others");
    assert!(!page.has("dialog[open]").await);
    page.press(ESCAPE).await;
    page.until("an empty search", &format!("{value} === ''")).await;
    let rows = "return document.querySelectorAll('tr[data-key]').length > 0";
    page.until("the rows that were filtered out", rows).await;

    page.run("document.activeElement.blur()").await;
    page.press("?").await;
    page.until("the keys", "return !!document.querySelector('#shortcuts[open]')").await;
    assert_eq!(look_at(&chrome).await, [""; 0], "while the keys are shown");
    chrome.page.close().await;
}

#[tokio::test]
async fn a_profile_that_can_not_be_read_hides_no_other() {
    let _others = ALONE.read().await;
    let (server, chrome) = (serve(), Chrome::start("page-profiles").await);
    chrome.look(Look { width: 1280, height: 860, dark: false }).await;
    let page = &chrome.page;
    open(page, &server, "/profiles", "unsafe").await;
    page.find("[data-profile=kassa] [data-code=config_invalid]").await;
    assert!(!page.has("[data-profile=kassa] .row > button").await, "it can't be opened");
    page.find("[data-profile=kiiltoloisto] .verdict.bad").await;
    page.find("[data-profile=varasto] .verdict.warn").await;
    page.click("[data-profile=varasto] .row > button").await;
    arrived(page, "/").await;
    let chosen = "return document.querySelector('.profile select').value === 'varasto'";
    page.until("the other profile", chosen).await;
    chrome.page.close().await;
}

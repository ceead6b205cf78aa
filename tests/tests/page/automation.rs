//! What happens by itself: the first glance in each state, and what can be done with a backup.

use aitta_tests::{Chrome, Look, Page, serve};

use super::{ENTER, ESCAPE, look_at, middle, open};

const LIGHT: Look = Look { width: 1280, height: 860, dark: false };

#[tokio::test]
async fn the_first_glance_tells_who_starts_backups_and_who_is_told() {
    let _others = super::ALONE.read().await;
    let (server, chrome) = (serve(), Chrome::start("page-automation").await);
    let page = &chrome.page;
    chrome.look(LIGHT).await;
    for (state, who, told) in [
        ("normal", "This app starts the backups", "Failures go to: Slack, Dead man's switch"),
        ("empty", "The schedule is off", "Nobody is told when a backup fails"),
        ("unsafe", "Nothing starts the backups", "failing"),
        ("busy", "The Aitta agent starts the backups", "Failures go to: Slack"),
        ("many", "A timer on this machine starts the backups", "Failures go to: Slack"),
    ] {
        open(page, &server, "/automation", state).await;
        page.see(who).await;
        page.see(told).await;
        let in_sight = "return ['#automation-schedule', '#automation-notices'].every(part =>
            document.querySelector(part).getBoundingClientRect().top < innerHeight / 2)";
        assert_eq!(page.run(in_sight).await, true, "{state}: both are in the first glance");
    }
    chrome.page.close().await;
}

/// Whatever a database, a store or a person has written is text.
#[tokio::test]
async fn a_backup_is_pinned_and_unpinned_by_keyboard_and_its_reason_is_text() {
    let _others = super::ALONE.read().await;
    let (server, chrome) = (serve(), Chrome::start("page-pin").await);
    let page = &chrome.page;
    for dark in [false, true] {
        for (width, height) in [(900, 600), (1280, 860)] {
            chrome.look(Look { width, height, dark }).await;
            open(page, &server, "/automation", "normal").await;
            page.click("#automation-groups input[value=held]").await;
            let held = "const rows = [...document.querySelectorAll('tr[data-archive]')];
                return rows.length === 2 && (rows[1].focus(), true)";
            page.until("the two that are held", held).await;
            page.press(ENTER).await;
            page.find("#automation-one[open] .holds").await;
            let reason = "return document.querySelector('#automation-one .holds .named').innerText";
            assert_eq!(page.run(reason).await, "Release: before 4.2 <b>\\u{202e}keep</b>");
            assert_eq!(look_at(&chrome).await, [""; 0], "while a backup is shown at {width}, dark: {dark}");
            page.press(ESCAPE).await;
            page.until("the list", "return location.search === '?show=held' || location.search === ''").await;
        }
    }
    page.click("#automation-groups input[value=staying]").await;
    page.click("tr[data-archive] .c-end a").await;
    page.fill("#automation-one-until", "yesterday").await;
    page.fill("#automation-one-reason", "kept for the audit").await;
    assert!(!page.has("#automation-one-go:enabled").await, "its end has passed");
    page.fill("#automation-one-until", "").await;
    page.click("#automation-one-go:enabled").await;
    page.until("the outcome", "return document.querySelector('#automation-outcome')?.innerText === 'Pinned'")
        .await;
    page.click("#automation-groups input[value=held]").await;
    page.until("three held", "return document.querySelectorAll('tr[data-archive]').length === 3").await;
    chrome.page.close().await;
}

#[tokio::test]
async fn a_prune_that_is_held_back_goes_only_with_a_reason() {
    let _others = super::ALONE.read().await;
    let (server, chrome) = (serve(), Chrome::start("page-prune").await);
    let page = &chrome.page;
    chrome.look(LIGHT).await;
    open(page, &server, "/automation", "unsafe").await;
    page.see("A newer verified backup is overdue").await;
    assert!(!page.has("#automation-prune").await, "nobody can agree to that");
    open(page, &server, "/automation", "many").await;
    page.see("would go within a day").await;
    page.click("#automation-prune").await;
    page.find("#automation-prune-dialog[open]").await;
    assert_eq!(look_at(&chrome).await, [""; 0], "while it is asked");
    assert!(!page.has("#automation-prune-go:enabled").await);
    page.fill("#automation-prune-reason", "the rules are right").await;
    page.fill("#automation-prune-code", "123456").await;
    page.click("#automation-prune-go:enabled").await;
    page.find("#automation-outcome").await;
    chrome.page.close().await;
}

/// How long the choice of a group takes, in milliseconds.
async fn choose(page: &Page, group: &str) -> f64 {
    let script = format!(
        "const done = arguments[0], begun = performance.now();
         document.querySelector('#automation-groups input[value={group}]').click();
         requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - begun)))"
    );
    page.run_until_called(&script).await.as_f64().unwrap()
}

#[tokio::test]
async fn ten_thousand_fates_are_filtered_at_once() {
    let _alone = super::ALONE.write().await;
    let (server, chrome) = (serve(), Chrome::start("page-fates").await);
    chrome.look(LIGHT).await;
    open(&chrome.page, &server, "/automation", "many").await;
    let mut times = Vec::new();
    for _ in 0..4 {
        times.push(choose(&chrome.page, "going").await);
        times.push(choose(&chrome.page, "all").await);
    }
    let rows = chrome.page.run("return document.querySelectorAll('tr[data-archive]').length").await;
    assert!(rows.as_u64().is_some_and(|rows| rows < 80), "{rows} rows are in the page");
    chrome.page.close().await;
    let time = middle(times);
    assert!(time < 100.0, "a filter takes {time:.0} ms");
}

#[tokio::test]
async fn a_wrong_rule_is_refused_at_its_field_and_is_not_lost_without_a_question() {
    let _others = super::ALONE.read().await;
    let (server, chrome) = (serve(), Chrome::start("page-rule").await);
    let page = &chrome.page;
    chrome.look(LIGHT).await;
    open(page, &server, "/settings", "normal").await;
    page.until("the next runs", "return document.querySelectorAll('#settings-ahead time').length === 5")
        .await;
    let own = "const often = document.querySelector('#settings-often'); often.value = '';
        often.dispatchEvent(new Event('change', { bubbles: true }));";
    page.run(own).await;
    page.fill("#settings-schedule", "0 99 * * *").await;
    page.see("“99” isn't a valid hour (0 to 23).").await;
    assert!(!page.has("#settings-save:enabled").await);
    assert_eq!(look_at(&chrome).await, [""; 0]);
    page.click("nav a[href='/runs']").await;
    page.until("the question", super::ASKED).await;
    page.click("#leave-stay").await;
    page.fill("#settings-schedule", "30 1 * * *").await;
    page.click("#settings-save:enabled").await;
    page.see("Saved").await;
    chrome.page.close().await;
}

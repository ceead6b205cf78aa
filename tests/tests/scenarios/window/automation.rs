//! The page that tells what happens by itself: who starts backups, what stays, and who is told.

use aitta_testing::KEY;
use aitta_tests::{Page, Started, Window};

use super::first_line::beside;
use super::set_up;
use super::settings::written;
use crate::notify::receiver::Receiver;

/// The page, with all that it asks for.
async fn open(page: &Page) {
    page.click("nav a[href='/automation']").await;
    let there = "return document.querySelector('main h1')?.innerText === 'Automation' && !document.querySelector('.loading')";
    page.until("the page of what happens by itself", there).await;
}

async fn with_schedule(name: &str, receiver: Option<&Receiver>) -> Started {
    let window = Window::new();
    let database = window.dir().join("carwash.db");
    aitta_engine::sample::create(&database).await.unwrap();
    let window =
        window.protecting(&format!("sqlite:{}", database.display()), KEY).env("ENABLE_AUTO_BACKUP", "true");
    // How full the disk of this machine is, is another thing.
    let window = window.env("BACKUP_STORAGE_ALERT_PERCENT", "100");
    let window = match receiver {
        Some(receiver) => window.env("BACKUP_WEBHOOK_URL", &receiver.url("/hook?token=geheim")),
        None => window,
    };
    window.start(name).await
}

#[tokio::test]
async fn one_glance_tells_who_starts_backups_what_is_next_and_who_is_told() {
    let receiver = Receiver::start();
    let app = with_schedule("window-automation", Some(&receiver)).await;
    let page = &app.page;
    open(page).await;
    page.see("This app starts the backups").await;
    page.see("Every day at 02:00 (UTC)").await;
    let ahead =
        "return [...document.querySelectorAll('#automation-schedule [data-duty=backup] .ahead time')].length";
    assert_eq!(page.run(ahead).await, 5);
    page.see("Failures go to: Webhook").await;
    let words = page.words().await;
    assert!(!words.contains("geheim"), "the address of a receiver is a secret: {words}");

    assert!(receiver.take().is_empty(), "nothing is sent before somebody asks for it");
    page.click("#automation-test").await;
    page.see("test arrived").await;
    let requests = receiver.take();
    assert_eq!(requests.len(), 1, "{requests:?}");
    assert_eq!(
        (requests[0].path.as_str(), &requests[0].json()["event"]),
        ("/hook?token=geheim", &"test".into())
    );
    app.page.close().await;
}

#[tokio::test]
async fn without_a_channel_the_page_says_that_nobody_is_told_and_what_to_set() {
    let app = with_schedule("window-untold", None).await;
    open(&app.page).await;
    app.page.see("Nobody is told when a backup fails").await;
    app.page.see("BACKUP_MAIL_URL").await;
    assert!(!app.page.has("#automation-test").await);
    app.page.close().await;
}

/// The state of the only backup that is listed.
async fn state(page: &Page, state: &str) {
    let script = format!(
        "const rows = document.querySelectorAll('#automation-retention tr[data-archive]');
         return rows.length === 1 && rows[0].querySelector('.c-state').innerText.includes('{state}')"
    );
    page.until(&format!("one backup that is {state}"), &script).await;
}

#[tokio::test]
async fn a_backup_that_is_pinned_in_the_window_stays_until_it_is_unpinned_there() {
    let app = with_schedule("window-pin", None).await;
    let page = &app.page;
    let aitta = beside(&app).env("ENABLE_AUTO_BACKUP", "true");
    let made = aitta.json(&["backup", "create"]);
    let id = made["archive"]["id"].as_str().unwrap();
    open(page).await;
    state(page, "stays").await;
    page.click("#automation-retention tr[data-archive] .c-end a").await;
    page.find("#automation-one[open] #automation-one-reason").await;
    assert!(!page.has("#automation-one-go:enabled").await, "it asks why");
    page.fill("#automation-one-until", "31.2.2027").await;
    page.fill("#automation-one-reason", "before <b>4.2</b>").await;
    assert!(!page.has("#automation-one-go:enabled").await, "there is no such day");
    page.fill("#automation-one-until", "").await;
    page.click("#automation-one-go:enabled").await;
    page.find("#automation-outcome").await;
    state(page, "pinned").await;
    let holds = aitta.json(&["backup", "holds"]);
    assert_eq!((&holds[0]["archive"], &holds[0]["kind"]), (&id.into(), &"pin".into()), "{holds}");

    // By keyboard: the row opens the same.
    page.run("document.querySelector('#automation-retention tr[data-archive]').focus()").await;
    page.press("\u{e007}").await;
    page.find("#automation-one[open] .holds").await;
    page.see("before <b>4.2</b>").await;
    page.fill("#automation-one-reason", "it was released").await;
    page.click("#automation-one-go:enabled").await;
    state(page, "stays").await;
    assert_eq!(aitta.json(&["backup", "holds"]).as_array().unwrap().len(), 0);
    app.page.close().await;
}

#[tokio::test]
async fn a_schedule_is_switched_on_in_the_settings_and_a_wrong_rule_is_refused_at_its_field() {
    let app = set_up("window-switch-on").await;
    let page = &app.page;
    open(page).await;
    page.see("The schedule is off").await;
    page.click("#automation-change").await;
    page.click("#settings-auto_backup").await;
    let choose = "const often = document.querySelector('#settings-often'); often.value = arguments[0];
        often.dispatchEvent(new Event('change', { bubbles: true }));";
    page.run_with(choose, vec!["".into()]).await;
    page.fill("#settings-schedule", "0 25 * * *").await;
    page.see("“25” isn't a valid hour (0 to 23).").await;
    assert!(!page.has("#settings-save:enabled").await);
    page.run_with(choose, vec!["0 * * * *".into()]).await;
    let ahead = "return document.querySelectorAll('#settings-ahead time').length === 5";
    page.until("the next runs", ahead).await;
    page.fill("#settings-keep_weekly", "8").await;
    page.click("#settings-save:enabled").await;
    page.see("Saved").await;
    let text = written(&app);
    for line in ["auto_backup = true", "schedule = \"0 * * * *\"", "keep_weekly = 8"] {
        assert!(text.lines().any(|written| written == line), "{line} is not in:\n{text}");
    }
    assert!(!text.contains("time_zone") && !text.contains("keep_daily"), "only what was changed:\n{text}");
    open(page).await;
    page.see("Every hour, on the hour").await;
    page.see("the newest verified backup of each period stays: 8\u{a0}weeks.").await;
    app.page.close().await;
}

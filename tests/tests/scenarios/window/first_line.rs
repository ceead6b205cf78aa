//! The first line of the dashboard while the window stays open: what it says is true now.

use std::time::Duration;

use aitta_testing::{Aitta, KEY};
use aitta_tests::{Started, Window};
use sqlx::{Connection, SqliteConnection};

use super::under_way::GONE;
use super::{one_click_makes_a_backup, with_sample};

const THREE_DAYS: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// The command line, with the database, the catalog and the store of the window.
pub(super) fn beside(app: &Started) -> Aitta {
    let at = |name: &str| app.dir().join(name).display().to_string();
    Aitta::new()
        .database(&format!("sqlite:{}", at("carwash.db")))
        .env("AITTA_DATA_DIR", &at("data"))
        .env("BACKUP_LOCAL_DIR", &at("store"))
}

async fn delete_half_of_the_mails(app: &Started) {
    let url = format!("sqlite:{}", app.dir().join("carwash.db").display());
    let mut conn = SqliteConnection::connect(&url).await.unwrap();
    let sql = "DELETE FROM \"EmailNotification\" WHERE rowid % 2 = 0";
    sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}

pub(super) async fn headline(app: &Started) -> String {
    let said = app.page.run("return document.querySelector('h1').innerText").await;
    said.as_str().unwrap().replace('\u{a0}', " ")
}

#[tokio::test]
async fn a_backup_of_the_command_line_is_seen_at_once_and_half_a_lost_table_is_not_called_safe() {
    let app = with_sample("window-live").await;
    let page = &app.page;
    page.see("There is no backup yet").await;
    let aitta = beside(&app);
    aitta.json(&["backup", "create"]);
    // Nobody has touched the window.
    page.see("Last verified backup").await;
    assert_eq!(headline(&app).await, "Your data is backed up, but never proven by a restore.");

    delete_half_of_the_mails(&app).await;
    aitta.json(&["backup", "create"]);
    page.see("Was that meant?").await;
    let asked = headline(&app).await;
    assert!(asked.starts_with("Backed up, but EmailNotification lost 50 % of its rows since "), "{asked}");

    page.click("#meant-ask").await;
    page.until("the dialog", "return !!document.querySelector('dialog.ask[open]')").await;
    page.fill("#meant-reason", "old mails were to go").await;
    page.click("#meant-go").await;
    let gone = "return !document.body.innerText.includes('Was that meant?')";
    page.until("the end of the question", gone).await;
    assert_eq!(headline(&app).await, "Your data is backed up, but never proven by a restore.");
    let trail = aitta.json(&["audit", "list"]).to_string();
    assert!(trail.contains("old mails were to go"), "{trail}");
    app.page.close().await;
}

/// The list is another page than the first one, and no operation of this window has ended.
#[tokio::test]
async fn a_backup_of_the_command_line_is_in_the_list_of_backups_at_once() {
    let app = with_sample("window-list").await;
    one_click_makes_a_backup(&app).await;
    app.page.click("nav a[href='/backups']").await;
    let rows = "return document.querySelectorAll('tr[data-archive]').length";
    app.page.until("the backup of the window", &format!("{rows} === 1")).await;
    beside(&app).json(&["backup", "create"]);
    app.page.until("the backup of the command line", &format!("{rows} === 2")).await;
    app.page.close().await;
}

/// Somebody presses on a row, or steps through the list by keyboard, while another program ends a run.
#[tokio::test]
async fn a_list_that_grows_loses_neither_the_click_nor_the_row_that_has_the_focus() {
    let app = with_sample("window-click").await;
    let page = &app.page;
    one_click_makes_a_backup(&app).await;
    page.click("nav a[href='/runs']").await;
    let rows = |n: usize| format!("return document.querySelectorAll('tr[data-run]').length === {n}");
    page.until("the first run", &rows(1)).await;
    let aitta = beside(&app);

    page.run("document.querySelector('tr[data-run]').focus()").await;
    let focused = "return document.activeElement.getAttribute('data-run')";
    let first = page.run(focused).await;
    aitta.json(&["backup", "create"]);
    page.until("the second run", &rows(2)).await;
    page.until("the row that had the focus", &format!("{focused} === {first}")).await;

    page.hold(&format!("tr[data-run={first}] .c-operation")).await;
    // Slow enough to be seen under way; the list of runs has one more from its begin on.
    let slow = beside(&app).env("BACKUP_LIMIT_RATE", "200K");
    let made = tokio::task::spawn_blocking(move || slow.json(&["backup", "create"]));
    page.see("started by another program").await;
    made.await.unwrap();
    page.until("the end of the third run", GONE).await;
    page.let_go().await;
    page.until("the page of that run", &format!("return location.pathname === '/runs/' + {first}")).await;
    app.page.close().await;
}

/// The sample, protected by a window whose clock can be moved.
async fn with_clock(name: &str) -> Started {
    let window = Window::new().with_clock();
    let database = window.dir().join("carwash.db");
    aitta_engine::sample::create(&database).await.unwrap();
    window.protecting(&format!("sqlite:{}", database.display()), KEY).start(name).await
}

/// Hidden on Friday and shown on Monday: by the clock of the machine, which the engine and the page both go by.
#[tokio::test]
async fn a_window_hidden_for_three_days_says_three_days() {
    let app = with_clock("window-three-days").await;
    let page = &app.page;
    page.see("There is no backup yet").await;
    page.click("#back-up-now").await;
    page.see("Last verified backup just now").await;
    app.hide();
    page.until("the hidden page", "return document.hidden").await;
    // By then whatever was asked before it was hidden has been answered, by the clock as it was.
    let goes_on =
        "const age = document.body.innerText.match(/Data at risk\\s+(\\d+)\\s/); return age && age[1] >= 10;";
    page.until("an age that goes on", goes_on).await;
    app.move_clock(THREE_DAYS);
    // Ages go on although nobody looks, so that the first look is true.
    page.see("Last verified backup 3\u{a0}days ago").await;
    app.show();
    page.until("the page that is shown", "return !document.hidden").await;
    page.see("You would lose 3\u{a0}days of data").await;
    assert_eq!(headline(&app).await, "Your newest backup is too old.");
    let words = page.words().await;
    assert!(!words.contains("just now"), "{words}");
    let at_risk = page.run("return document.querySelectorAll('.tile')[1].innerText").await;
    assert!(at_risk.as_str().unwrap().contains("off target"), "{at_risk}");
    app.page.close().await;
}

/// Every page that says how long ago something was, and the wizard of restores above all: what came since is not in the
/// backup.
#[tokio::test]
async fn no_page_stays_at_just_now_while_three_days_go_by() {
    let app = with_clock("window-pages-three-days").await;
    let page = &app.page;
    one_click_makes_a_backup(&app).await;
    let pages: [(&[&str], &str, &str); 3] = [
        (
            &["nav a[href='/backups']", "tr[data-archive] .c-state"],
            "Read back and checked",
            "Read back and checked 3\u{a0}days ago",
        ),
        // Its test is made anew each day.
        (&["nav a[href='/keys']"], "· just now", "· 3\u{a0}days ago"),
        (
            &["nav a[href='/restore']"],
            "Changes from the last",
            "Changes from the last 3\u{a0}days aren't included.",
        ),
    ];
    for (ways, at_first, after) in pages {
        app.move_clock(Duration::ZERO);
        for css in ways {
            page.click(css).await;
        }
        page.see(at_first).await;
        app.move_clock(THREE_DAYS);
        page.see(after).await;
    }
    app.page.close().await;
}

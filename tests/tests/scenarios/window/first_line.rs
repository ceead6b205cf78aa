//! The first line of the dashboard while the window stays open: what it says is true now.

use aitta_testing::Aitta;
use aitta_tests::Started;
use sqlx::{Connection, SqliteConnection};

use super::with_sample;

/// The command line, with the database, the catalog and the store of the window.
fn beside(app: &Started) -> Aitta {
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

async fn headline(app: &Started) -> String {
    let said = app.page.run("return document.querySelector('h1').innerText").await;
    said.as_str().unwrap().replace('\u{a0}', " ")
}

#[tokio::test]
async fn backups_of_the_command_line_are_seen_at_once_and_lost_rows_asked_about_until_they_were_meant() {
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

#[tokio::test]
async fn a_window_that_was_hidden_for_three_days_says_three_days() {
    let app = with_sample("window-three-days").await;
    let page = &app.page;
    page.see("There is no backup yet").await;
    page.click("#back-up-now").await;
    page.see("Last verified backup").await;
    page.run("Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })").await;
    // By then whatever was asked before it was hidden has been answered.
    let goes_on =
        "const age = document.body.innerText.match(/Data at risk\\s+(\\d+)\\s/); return age && age[1] >= 10;";
    page.until("an age that goes on", goes_on).await;
    page.run("const real = Date.now.bind(Date); Date.now = () => real() + 3 * 86400000;").await;
    let said = "const said = document.querySelector('header.page').innerText;";
    // Ages go on although nobody looks, so that the first look is true.
    page.until("the age of three days", &format!("{said} return /3\\sdays ago/.test(said)")).await;
    // It is asked again when it is shown, and the engine's clock has not moved.
    page.run(
        "Object.defineProperty(document, 'hidden', { configurable: true, get: () => false });
         document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));",
    )
    .await;
    page.until("the age by the engine's clock", &format!("{said} return !/3\\sdays ago/.test(said)")).await;
    app.page.close().await;
}

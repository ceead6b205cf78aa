//! Backups that make themselves while the window is open, or in the tray.

use std::time::Duration;

use aitta_testing::KEY;
use aitta_tests::{Window, faketime};
use sqlx::{Connection, SqliteConnection};

use super::first_line::beside;

/// Two days, and so two nights.
const TWO_NIGHTS: Duration = Duration::from_secs(2 * 24 * 60 * 60);

#[tokio::test]
async fn a_window_that_slept_through_two_nights_makes_one_backup_and_says_when_the_next_one_comes() {
    let window = Window::new().with_clock();
    let database = window.dir().join("carwash.db");
    aitta_engine::sample::create(&database).await.unwrap();
    let window =
        window.protecting(&format!("sqlite:{}", database.display()), KEY).env("ENABLE_AUTO_BACKUP", "true");
    let app = window.start("window-schedule").await;
    let page = &app.page;
    page.see("There is no backup yet").await;
    page.see("started by this app while it is open or in the tray").await;
    // It counts from when the app has looked at it first, which is a moment later.
    let url = format!("sqlite:{}", app.dir().join("data/catalog.db").display());
    let mut catalog = SqliteConnection::connect(&url).await.unwrap();
    let counts = async {
        let count = "SELECT count(*) FROM schedules";
        while sqlx::query_scalar::<_, i64>(count).fetch_one(&mut catalog).await.unwrap() == 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), counts).await.expect("a schedule that counts");
    catalog.close().await.unwrap();
    let aitta = beside(&app).env("ENABLE_AUTO_BACKUP", "true");
    let status = aitta.json(&["schedule", "status"]);
    assert_eq!((&status["host"]["kind"], &status["seen_to"]), (&"window".into(), &"by_host".into()));
    app.move_clock(TWO_NIGHTS);
    // Nobody has touched the window.
    page.see("Last verified backup just now").await;
    assert_eq!(app.archives().len(), 1);
    let later = format!("+{}", TWO_NIGHTS.as_secs() + 60);
    let mut status = aitta.command(["schedule", "status", "--json"]);
    status.env("LD_PRELOAD", faketime()).env("FAKETIME", later);
    let status: serde_json::Value = serde_json::from_slice(&status.output().unwrap().stdout).unwrap();
    let last = status["last"].clone();
    assert_eq!(
        (&last["state"], last["missed"].as_array().unwrap().len()),
        (&"succeeded".into(), 1),
        "{last:#}"
    );
    assert!(!page.has("#schedule-failed").await && !page.has("#schedule-forsaken").await);
    app.page.close().await;
}

//! The app's own window, with real databases behind it.
#![expect(clippy::unwrap_used, reason = "tests")]

use aitta_testing::KEY;
use aitta_testing::pg::TestServer;
use aitta_tests::{Started, Window};

async fn with_sample(name: &str) -> Started {
    let window = Window::new();
    let database = window.dir().join("carwash.db");
    aitta_engine::sample::create(&database).await.unwrap();
    window.protecting(&format!("sqlite:{}", database.display()), KEY).start(name).await
}

/// The page says that there is no backup; one click, and there is one.
async fn one_click_makes_a_backup(app: &Started) {
    app.page.see("There is no backup yet").await;
    assert_eq!(app.archives(), Vec::<String>::new());
    // What comes and goes between two looks is noticed, too.
    app.page
        .run(
            "window.progressSeen = false;
             new MutationObserver(() => {
                 if (document.querySelector('[role=progressbar]')) window.progressSeen = true;
             }).observe(document.body, { childList: true, subtree: true });",
        )
        .await;
    app.page.click("#back-up-now").await;
    app.page.see("Last verified backup").await;
    assert_eq!(app.page.run("return window.progressSeen").await, true, "no progress was shown");
    assert_eq!(app.archives().len(), 1);
    assert!(!app.page.has(".activity").await, "the progress stays");
}

#[tokio::test]
async fn one_click_backs_up_sqlite() {
    let app = with_sample("window-sqlite").await;
    one_click_makes_a_backup(&app).await;
    app.page.close().await;
}

#[tokio::test]
async fn one_click_backs_up_postgres() {
    let database = TestServer::shared().database("window").await;
    database.psql("CREATE TABLE t AS SELECT n, repeat('x', 100) AS s FROM generate_series(1, 20000) n").await;
    let app = Window::new().protecting(database.url(), KEY).start("window-postgres").await;
    one_click_makes_a_backup(&app).await;
    app.page.close().await;
}

#[tokio::test]
async fn dark_mode_is_dark() {
    let app = with_sample("window-dark").await;
    app.page.see("There is no backup yet").await;
    let lightness = "const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/\\d+/g);
                     return 0.2126 * r + 0.7152 * g + 0.0722 * b;";
    let light = app.page.run(lightness).await.as_f64().unwrap();
    assert!(light > 200.0, "the light page has the lightness {light} of 255");
    app.page.run("localStorage.setItem('appearance', 'dark'); location.reload()").await;
    app.page.until("the dark page", "return document.documentElement.dataset.theme === 'dark'").await;
    app.page.see("There is no backup yet").await;
    let dark = app.page.run(lightness).await.as_f64().unwrap();
    assert!(dark < 60.0, "the dark page has the lightness {dark} of 255");
    app.page.close().await;
}

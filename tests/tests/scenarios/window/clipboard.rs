//! Secrets on the clipboard, as another program would get them.

use std::time::{Duration, Instant};

use aitta_testing::KEY;
use aitta_tests::Window;

const STAYS: Duration = Duration::from_secs(30);

/// Copied again, it stays as long as after the first time; what somebody has copied after it is his.
#[tokio::test(flavor = "multi_thread")]
async fn a_copied_secret_is_gone_soon_and_what_was_copied_after_it_stays() {
    let window = Window::new().with_keychain();
    let database = window.dir().join("carwash.db");
    aitta_engine::sample::create(&database).await.unwrap();
    let app = window.protecting(&format!("sqlite:{}", database.display()), KEY).start("clipboard").await;
    let page = &app.page;
    page.click("nav a[href='/settings']").await;
    page.click("#settings-factor").await;
    page.click("#mfa-set-up").await;
    let secret: String = page.find("#mfa-secret").await.text().await.unwrap().split_whitespace().collect();

    page.click("#mfa-secret-copy").await;
    let first = Instant::now();
    // The program copies when the page has asked it to.
    while page.paste("#mfa-reason").await != secret {
        assert!(first.elapsed() < Duration::from_secs(10), "the secret does not get to the clipboard");
    }
    while first.elapsed() < Duration::from_secs(5) {
        assert_eq!(page.paste("#mfa-reason").await, secret);
    }
    page.click("#mfa-secret-copy").await;
    let second = Instant::now();
    while second.elapsed() + Duration::from_secs(1) < STAYS {
        assert_eq!(
            page.paste("#mfa-reason").await,
            secret,
            "{:?} after it was copied again",
            second.elapsed()
        );
    }
    while page.paste("#mfa-reason").await == secret {
        assert!(second.elapsed() < STAYS + Duration::from_secs(15), "the secret stays on the clipboard");
    }
    assert_eq!(page.paste("#mfa-reason").await, "");

    page.click("#mfa-secret-copy").await;
    page.fill("#mfa-reason", "mine").await;
    page.copy("#mfa-reason").await;
    let mine = Instant::now();
    while mine.elapsed() < STAYS + Duration::from_secs(2) {
        assert_eq!(page.paste("#mfa-reason").await, "mine");
    }
    app.page.close().await;
}

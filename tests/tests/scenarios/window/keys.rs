//! Codes of recovery on paper, and a rotation that was left half way.

use aitta_testing::KEY;
use aitta_tests::Window;
use serde_json::json;

use super::{code_of, set_up};

/// As it is at the size that the window has when it is opened.
#[tokio::test]
async fn ten_recovery_codes_do_not_look_like_twenty_halves() {
    let window = Window::new().with_keychain();
    let database = window.dir().join("carwash.db");
    aitta_engine::sample::create(&database).await.unwrap();
    let app = window.protecting(&format!("sqlite:{}", database.display()), KEY).start("window-codes").await;
    let page = &app.page;
    page.click("nav a[href='/settings']").await;
    page.click("#settings-factor").await;
    page.click("#mfa-set-up").await;
    let secret: String = page.find("#mfa-secret").await.text().await.unwrap().split_whitespace().collect();
    page.fill("#mfa-reason", "the first of the quarter").await;
    page.fill("#mfa-new-code", &code_of(&secret)).await;
    page.click("#mfa-confirm").await;
    page.find("#mfa-codes").await;
    let shape = page
        .run(
            "const codes = [...document.querySelectorAll('#mfa-codes li')];
             const list = document.querySelector('#mfa-codes').getBoundingClientRect();
             const lines = code => code.querySelector('code').getClientRects().length;
             return {
                 codes: codes.length,
                 lines: Math.max(...codes.map(lines)),
                 columns: new Set(codes.map(code => Math.round(code.getBoundingClientRect().left))).size,
                 inside: codes.every(code => code.getBoundingClientRect().right <= list.right + 0.5),
             };",
        )
        .await;
    assert_eq!(shape, json!({ "codes": 10, "lines": 1, "columns": 2, "inside": true }));
    app.page.close().await;
}

/// Its printed kit is no waste paper, and no third key is made.
#[tokio::test]
async fn a_rotation_that_was_left_after_its_kit_was_shown_goes_on_with_the_same_key() {
    let app = set_up("window-left-rotation").await;
    let page = &app.page;
    page.click("nav a[href='/keys']").await;
    let first = page.find("#keys-active-id").await.text().await.unwrap();
    page.click("#keys-rotate").await;
    page.fill("#rotate-reason", "quarterly").await;
    page.click("#rotate-next").await;
    page.find("#kit-typed-1").await;
    let groups =
        "return [...document.querySelectorAll('#kit-groups code')].map(code => code.innerText.trim())";
    let groups: Vec<String> = serde_json::from_value(page.run(groups).await).unwrap();
    page.click("nav a[href='/']").await;
    let left = page.find("#key-abandoned").await.text().await.unwrap();

    page.click("#key-abandoned-go-on").await;
    page.find("#go-on").await;
    for place in 1..=2 {
        let number = format!(
            "return Number(document.querySelector('label[for=go-on-typed-{place}]').innerText.match(/[0-9]+/)[0])"
        );
        let number = page.run(&number).await.as_u64().unwrap() as usize;
        page.fill(&format!("#go-on-typed-{place}"), &groups[number - 1]).await;
    }
    page.fill("#rotate-reason", "quarterly").await;
    page.click("#go-on-confirm").await;
    page.click("#rotate-done").await;
    page.click("nav a[href='/keys']").await;
    let active = page.find("#keys-active-id").await.text().await.unwrap();
    assert!(active != first && left.contains(active.trim()), "{active} of {left}");
    let others = page
        .run("return [...document.querySelectorAll('tr[data-key-id]')].map(row => row.dataset.keyId)")
        .await;
    assert_eq!(others, json!([first.trim()]), "no third key");
    app.page.close().await;
}

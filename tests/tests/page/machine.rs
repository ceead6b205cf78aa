//! Backups that were made elsewhere, keys that are missing or wait for their confirmation, and codes for a lost phone.

use aitta_tests::{Chrome, Look, serve};
use serde_json::{Value, json};

use super::{ALONE, look_at, open};

const SIZES: [(u32, u32); 2] = [(1280, 860), (900, 600)];

/// Says what is wrong with the page at each size.
async fn is_fine_at_every_size(chrome: &Chrome, what: &str) {
    for (width, height) in SIZES {
        for dark in [false, true] {
            chrome.look_anew(Look { width, height, dark }).await;
            let faults = look_at(chrome).await;
            assert!(faults.is_empty(), "{what} at {width}x{height}:\n{}", faults.join("\n"));
        }
    }
}

#[tokio::test]
async fn a_new_machine_comes_from_store_and_kit_to_the_restore_without_a_database() {
    let _others = ALONE.read().await;
    let (server, chrome) = (serve(), Chrome::start("page-new-machine").await);
    let page = &chrome.page;
    page.goto(&server.url("/?state=setup")).await;
    page.find("#setup-restore").await;
    is_fine_at_every_size(&chrome, "the three ways in").await;
    page.click("#setup-restore").await;
    page.fill("#machine-store", "/mnt/empty").await;
    page.click("#machine-next").await;
    page.find("#machine-none").await;
    page.fill("#machine-store", "/mnt/wrong").await;
    page.click("#machine-look").await;
    page.find("form [role=alert][data-code=store_missing]").await;
    page.fill("#machine-store", "/mnt/old").await;
    page.click("#machine-look").await;
    page.see("7\u{a0}backups found").await;
    page.click("#machine-next").await;

    page.see("7\u{a0}backups need key 4e7d7c08a1b2c3d4").await;
    assert!(!page.has("#machine-go").await, "it can be gone on without a key");
    is_fine_at_every_size(&chrome, "the kit").await;
    page.fill("#import-key", "0000-0").await;
    page.click("#import-go").await;
    page.find("form [role=alert][data-code=key_invalid]").await;
    page.click("#import-type").await;
    page.fill("#import-group-1", "11aa-2").await;
    page.fill("#import-group-2", "33bb-4").await;
    let gathered = page.run("return document.querySelector('#import-key').value").await;
    assert_eq!(gathered, "11aa-2 33bb-4");
    page.click("#import-go").await;
    page.see("Key 4e7d7c08a1b2c3d4 opens 7\u{a0}backups").await;
    page.see("Every backup opens").await;
    is_fine_at_every_size(&chrome, "the opened backups").await;
    let name = page.run("return document.querySelector('#machine-name').value").await;
    assert_eq!(name, "carwash");
    page.click("#machine-go").await;
    page.until("the restore", "return location.pathname === '/restore'").await;
    chrome.page.close().await;
}

/// Names of archives are of whoever may write into the store; a kit from a file is read in the page.
#[tokio::test]
async fn a_kit_is_taken_from_a_file() {
    let _others = ALONE.read().await;
    let (server, chrome) = (serve(), Chrome::start("page-kit-file").await);
    let page = &chrome.page;
    let folder = tempfile::tempdir().unwrap();
    let kit = folder.path().join("kit.txt");
    std::fs::write(&kit, "Aitta recovery kit\n 1. 11aa-2\n").unwrap();
    open(page, &server, "/keys", "normal").await;
    page.click("#keys-import").await;
    page.find("#import-file").await.send_keys(&kit.display().to_string()).await.unwrap();
    page.see("kit.txt").await;
    let taken = page.run("return document.querySelector('#import-key').value").await;
    assert_eq!(taken, "Aitta recovery kit\n 1. 11aa-2\n");
    std::fs::write(&kit, vec![b' '; 2 << 20]).unwrap();
    page.find("#import-file").await.send_keys(&kit.display().to_string()).await.unwrap();
    page.see("too large").await;
    chrome.page.close().await;
}

#[tokio::test]
async fn setting_up_says_first_that_backups_need_a_key_that_is_missing() {
    let _others = ALONE.read().await;
    let (server, chrome) = (serve(), Chrome::start("page-needed-key").await);
    let page = &chrome.page;
    page.goto(&server.url("/?state=setup")).await;
    page.click("#setup-start").await;
    page.click("#setup-kind-sqlite").await;
    page.fill("#setup-path", "/srv/data/shop.db").await;
    page.click("#setup-next").await;
    page.fill("#setup-store", "/mnt/old").await;
    page.click("#setup-next").await;
    page.find("#setup-rpo").await;
    page.click("#setup-next").await;
    page.see("Import the key of these backups first").await;
    assert!(!page.has("#kit-typed-1").await, "another key was made");
    is_fine_at_every_size(&chrome, "the key that is missing").await;
    page.see("Without the kit, 7\u{a0}backups can't be opened.").await;
    page.click("#setup-without").await;
    page.find("#kit-typed-1").await;
    chrome.page.close().await;
}

#[tokio::test]
async fn missing_keys_are_listed_until_their_kit_is_there() {
    let _others = ALONE.read().await;
    let (server, chrome) = (serve(), Chrome::start("page-missing-keys").await);
    let page = &chrome.page;
    open(page, &server, "/keys", "unsafe").await;
    let row = page.find("tr[data-missing='4e7d7c08a1b2c3d4']").await.text().await.unwrap();
    assert!(row.contains('7'), "{row}");
    is_fine_at_every_size(&chrome, "the missing key").await;
    page.click("[data-import='4e7d7c08a1b2c3d4']").await;
    page.see("Import the kit of key 4e7d7c08a1b2c3d4").await;
    chrome.page.close().await;

    let chrome = Chrome::start("page-no-missing-keys").await;
    open(&chrome.page, &server, "/keys", "normal").await;
    assert!(!chrome.page.has("[data-missing]").await, "a key is missed that is not missing");
    chrome.page.close().await;
}

#[tokio::test]
async fn a_key_that_waits_is_gone_on_with_and_no_third_one_is_made() {
    let _others = ALONE.read().await;
    let (server, chrome) = (serve(), Chrome::start("page-go-on").await);
    let page = &chrome.page;
    open(page, &server, "/keys", "many").await;
    page.find("#keys-pending").await;
    is_fine_at_every_size(&chrome, "the key that waits").await;
    page.click("#keys-rotate").await;
    page.find("#go-on").await;
    assert!(!page.has("#rotate-next").await, "another key is offered");
    is_fine_at_every_size(&chrome, "the confirmation").await;
    page.fill("#go-on-typed-1", "0000-0").await;
    page.fill("#go-on-typed-2", "bbc4-0").await;
    page.fill("#rotate-reason", "quarterly").await;
    page.click("#go-on-confirm").await;
    page.find("form [role=alert][data-code=key_invalid]").await;
    page.fill("#go-on-typed-1", "222b-1").await;
    page.click("#go-on-confirm").await;
    page.find("#rotate-done").await;
    chrome.page.close().await;
}

#[tokio::test]
async fn codes_of_recovery_stand_on_a_line_each_in_two_columns() {
    let _others = ALONE.read().await;
    let (server, chrome) = (serve(), Chrome::start("page-codes").await);
    let page = &chrome.page;
    open(page, &server, "/settings/second-factor", "empty").await;
    page.click("#mfa-set-up").await;
    page.fill("#mfa-new-code", "123456").await;
    page.fill("#mfa-reason", "the first of the quarter").await;
    page.click("#mfa-confirm").await;
    page.find("#mfa-codes").await;
    for (width, height) in SIZES {
        chrome.look_anew(Look { width, height, dark: false }).await;
        let shape = page
            .run(
                "const codes = [...document.querySelectorAll('#mfa-codes li')];
                 const list = document.querySelector('#mfa-codes').getBoundingClientRect();
                 const lines = code => code.querySelector('code').getClientRects().length;
                 const columns = new Set(codes.map(code => Math.round(code.getBoundingClientRect().left)));
                 const inside = code => code.getBoundingClientRect().right <= list.right + 0.5;
                 return {
                     codes: codes.length, columns: columns.size, lines: Math.max(...codes.map(lines)),
                     longest: Math.max(...codes.map(code => code.innerText.trim().length)),
                     inside: codes.every(inside),
                     numbers: getComputedStyle(codes[0], '::before').content.includes('counter'),
                 };",
            )
            .await;
        let expected: Value = json!({
            "codes": 10, "columns": 2, "lines": 1, "longest": 19, "inside": true, "numbers": true,
        });
        assert_eq!(shape, expected, "at {width}x{height}");
    }
    is_fine_at_every_size(&chrome, "the codes").await;
    chrome.page.close().await;
}

//! What the window must not say: each test ends one untruth of an earlier window.

use aitta_testing::KEY;
use aitta_tests::{Started, Window};
use serde_json::Value;

use super::first_line::{beside, headline};
use super::{one_click_makes_a_backup, prepare_restore, set_up_to_the_store, shop, with_sample};

#[tokio::test]
async fn two_restored_tables_of_three_do_not_make_the_data_safe() {
    let database = shop("window-part").await;
    let app = Window::new().protecting(database.url(), KEY).start("window-part").await;
    let page = &app.page;
    one_click_makes_a_backup(&app).await;
    prepare_restore(page, &["customer", "booking"]).await;
    page.fill("#restore-confirm-name", database.name()).await;
    page.click("#restore-go").await;
    page.find("#restore-report[data-outcome='succeeded']").await;
    page.click("nav a[href='/']").await;
    page.see("2 of 3 tables").await;
    assert_eq!(headline(&app).await, "Your data is backed up, but never proven by a restore.");
    let recovery = tile(&app, "Recovery time").await;
    assert!(recovery.contains("partial") && !recovery.contains("proven"), "{recovery}");
    app.page.close().await;
}

/// The tile of this name.
async fn tile(app: &Started, name: &str) -> String {
    let script = "const tiles = [...document.querySelectorAll('.tile')];
                  return tiles.find(tile => tile.querySelector('.k').innerText === arguments[0]).innerText;";
    let told = app.page.run_with(script, vec![Value::from(name)]).await;
    told.as_str().unwrap().replace('\u{a0}', " ")
}

/// The disk of the store is not mounted, and the key was tried meanwhile.
#[tokio::test]
async fn a_store_that_can_not_be_read_is_not_called_empty_nor_late_and_its_key_not_wrong() {
    let app = with_sample("window-store-away").await;
    let page = &app.page;
    one_click_makes_a_backup(&app).await;
    std::fs::rename(app.store_dir(), app.dir().join("away")).unwrap();
    page.click("nav a[href='/keys']").await;
    page.click("#keys-test").await;
    page.find("main [role=alert][data-code=store_missing]").await;
    // Whatever keeps a key from being tried, it says nothing of the key.
    let words = page.words().await;
    assert!(!words.contains("doesn't open the newest backup"), "{words}");

    page.click("nav a[href='/']").await;
    page.see("Can't tell: the backup store can't be read.").await;
    for name in ["Last backup", "Data at risk"] {
        let told = tile(&app, name).await;
        assert!(told.contains("not known") && told.contains("last known: "), "{told}");
        assert!(!["none yet", "missing", "off target"].iter().any(|untrue| told.contains(untrue)), "{told}");
    }
    let key = tile(&app, "Active key").await;
    assert!(key.contains("not tested: the store can't be read"), "{key}");
    app.page.close().await;
}

/// One bit of the only backup is another.
#[tokio::test]
async fn the_only_backup_when_it_is_damaged_has_no_older_ones_and_is_not_none() {
    let app = with_sample("window-damaged").await;
    let page = &app.page;
    one_click_makes_a_backup(&app).await;
    damage(&app, &app.archives()[0]);
    page.see("Your newest backup is damaged.").await;
    page.see("there is no other backup").await;
    let words = page.words().await;
    assert!(!words.to_lowercase().contains(" older "), "{words}");
    let told = tile(&app, "Last backup").await;
    assert!(told.contains("none intact") && !told.contains("none yet"), "{told}");
    app.page.close().await;
}

/// Another bit in the middle of an archive, which a verification finds.
fn damage(app: &Started, archive: &str) {
    let archive = app.store_dir().join("backups").join(archive);
    let mut bytes = std::fs::read(&archive).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&archive, bytes).unwrap();
    let verified = beside(app).run(["backup", "verify"]);
    assert_ne!(verified.code, Some(0), "{verified:?}");
}

/// At night nobody looks for the last backup that is any good.
#[tokio::test]
async fn a_damaged_newest_backup_is_named_and_the_newest_intact_one_is_chosen() {
    let app = with_sample("window-instead").await;
    let page = &app.page;
    one_click_makes_a_backup(&app).await;
    let intact = app.archives()[0].trim_end_matches(".backup").to_owned();
    let made = beside(&app).run(["backup", "create", "--reason", "routine"]);
    assert_eq!(made.code, Some(0), "{made:?}");
    let newest = app.archives().into_iter().find(|name| !name.starts_with(&intact)).unwrap();
    damage(&app, &newest);
    page.click("nav a[href='/restore']").await;
    page.find("main [role=alert][data-code=archive_damaged]").await;
    page.find("#restore-instead").await;
    let chosen = page.find("input[data-archive]:checked").await.attr("data-archive").await.unwrap();
    assert_eq!(chosen, Some(intact));
    page.click("input[data-table='Booking']").await;
    page.click("#restore-next:enabled").await;
    page.find(".plan-line").await;
    app.page.close().await;
}

/// Nothing begins, warns or deletes by itself. Whoever builds what does changes these words, and this test.
#[tokio::test]
async fn setting_up_promises_no_warning_and_the_settings_no_deletion_without_a_schedule() {
    let window = Window::new().with_keychain();
    let database = window.dir().join("carwash.db");
    aitta_engine::sample::create(&database).await.unwrap();
    let store = window.dir().join("store").display().to_string();
    let app = window.start("window-promises").await;
    let page = &app.page;
    set_up_to_the_store(page, &database).await;
    page.fill("#setup-store", &store).await;
    page.click("#setup-next").await;
    page.find("#setup-rpo").await;
    let words = page.words().await;
    assert!(words.contains("backups start only when you start them"), "{words}");
    assert!(!words.to_lowercase().contains("warn"), "{words}");
    app.page.close().await;

    let app = with_sample("window-retention").await;
    let page = &app.page;
    page.click("nav a[href='/settings']").await;
    let told = page.find("#settings-retention_days-hint").await.text().await.unwrap();
    assert!(told.contains("where backups run by themselves"), "{told}");
    let words = page.words().await;
    assert!(!words.contains("are kept for"), "{words}");
    app.page.close().await;
}

/// An even number of backups: the upper one of the two in the middle is not their median.
#[tokio::test]
async fn eight_backups_of_one_afternoon_have_one_median_and_no_growth_per_month() {
    let app = with_sample("window-eight").await;
    let page = &app.page;
    page.see("There is no backup yet").await;
    let aitta = beside(&app);
    for _ in 0..8 {
        aitta.json(&["backup", "create"]);
    }
    // What is shown then was asked when all of them were there.
    page.click("nav a[href='/runs']").await;
    page.until("all runs", "return document.querySelectorAll('tr[data-run]').length === 8").await;
    page.click("nav a[href='/']").await;
    let told = page
        .until(
            "the chart of durations",
            "const card = [...document.querySelectorAll('.chart')]
                 .find(card => card.querySelector('h2').innerText === 'Duration');
             const lines = [...card?.querySelectorAll('.plot svg text') ?? []].map(text => text.textContent.trim());
             const plot = lines.find(line => line.startsWith('median'));
             return plot && { plot, head: card.querySelector('header .xs').innerText };",
        )
        .await;
    // A figure in the head has its tenths also where they are none.
    let plain = |name: &str| told[name].as_str().unwrap().replace('\u{a0}', " ").replace(".0 ", " ");
    assert_eq!(plain("head"), plain("plot"));
    page.see("too early to tell").await;
    let words = page.words().await;
    assert!(!words.contains("per month"), "{words}");
    app.page.close().await;
}

/// Amounts of which more is said to be read than there is, as "37 MB of 20 MB".
const MORE_THAN_ALL: &str = r"
    const bytes = (n, unit) => Number(n) * 1000 ** ['B', 'kB', 'MB', 'GB', 'TB'].indexOf(unit);
    const of = /([0-9.]+)\s([kMGT]?B) of ([0-9.]+)\s([kMGT]?B)/g;
    const pairs = [...document.body.innerText.matchAll(of)];
    return pairs.filter(p => bytes(p[1], p[2]) > bytes(p[3], p[4])).map(p => p[0]);";

/// It is read twice: to check it before anything is changed, and to restore it.
#[tokio::test]
async fn no_more_is_said_to_be_read_of_a_backup_than_there_is() {
    let app = with_sample("window-read").await;
    let page = &app.page;
    one_click_makes_a_backup(&app).await;
    page.click("nav a[href='/restore']").await;
    page.find("input[data-archive]:checked").await;
    page.click("#restore-whole").await;
    page.click("#restore-next:enabled").await;
    page.find(".plan-line").await;
    assert_eq!(page.run(MORE_THAN_ALL).await, Value::Array(Vec::new()), "in the preview");

    page.click("nav a[href='/']").await;
    page.click("#prove-restore").await;
    page.click("#prove-go").await;
    page.find("#prove-report[data-outcome='succeeded']").await;
    assert_eq!(page.run(MORE_THAN_ALL).await, Value::Array(Vec::new()), "in the report");
    page.click("nav a[href='/runs']").await;
    page.click("tr[data-run] .c-operation").await;
    page.find("#run-proofs").await;
    assert_eq!(page.run(MORE_THAN_ALL).await, Value::Array(Vec::new()), "on the page of the run");
    app.page.close().await;
}

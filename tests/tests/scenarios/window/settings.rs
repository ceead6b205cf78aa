//! Settings lose nothing: a store that refuses, what stays behind, what is not saved yet, a folder without a beginning.

use aitta_tests::{Started, Window};

use super::{files, set_up, set_up_to_the_store, with_sample};

/// What is written of the profile.
pub(super) fn written(app: &Started) -> String {
    let all = files(app.dir());
    let file = all.iter().find(|file| file.ends_with("aitta/config.toml"));
    std::fs::read_to_string(file.unwrap_or_else(|| panic!("no configuration among {all:?}"))).unwrap()
}

#[tokio::test]
async fn a_store_that_refuses_does_not_take_the_place_of_one_that_works() {
    let app = set_up("window-refused-store").await;
    let page = &app.page;
    let (before, missing) = (written(&app), app.dir().join("not-mounted/store"));
    page.click("nav a[href='/settings']").await;
    page.fill("#settings-store", &missing.display().to_string()).await;
    page.click("#settings-save").await;
    page.find("#save-answer [role=alert][data-code=store_missing]").await;
    page.see("Nothing was saved").await;
    assert_eq!(written(&app), before);

    let new = app.dir().join("new");
    page.fill("#settings-store", &new.display().to_string()).await;
    page.click("#settings-save").await;
    page.find("#save-keep").await;
    assert_eq!(written(&app), before, "until somebody has said what becomes of it");
    page.click("#save-keep").await;
    page.see("Saved").await;
    let after = written(&app);
    for place in [&new, &app.store_dir()] {
        assert!(after.contains(&place.display().to_string()), "{} is not in:\n{after}", place.display());
    }
    app.page.close().await;
}

/// The new store is empty, and the old one has become a further store of the profile.
#[tokio::test]
async fn backups_that_stay_in_a_further_store_are_not_called_none() {
    let app = set_up("window-further").await;
    let page = &app.page;
    page.click("nav a[href='/settings']").await;
    page.fill("#settings-store", &app.dir().join("new").display().to_string()).await;
    page.click("#settings-save").await;
    page.click("#save-keep").await;
    page.see("Saved").await;
    page.click("nav a[href='/backups']").await;
    let list = "return document.querySelector('main h1')?.innerText === 'Backups' && !document.querySelector('.loading')";
    page.until("the list", list).await;
    let words = page.words().await;
    assert!(!words.contains("No backups yet"), "{words}");
    page.see("1 backup was in a further store when last seen.").await;
    page.click("nav a[href='/']").await;
    page.find(".tile").await;
    let words = page.words().await;
    assert!(!words.contains("There is no backup yet") && !words.contains("none yet"), "{words}");
    page.see("1 backup was in a further store when last seen.").await;
    page.click("nav a[href='/restore']").await;
    page.see("1 backup was in a further store when last seen.").await;
    app.page.close().await;
}

#[tokio::test]
async fn settings_that_are_not_saved_are_not_dropped_without_a_question() {
    let app = with_sample("window-unsaved").await;
    let page = &app.page;
    page.click("nav a[href='/settings']").await;
    page.fill("#settings-rpo_minutes", "240").await;
    let asked = "return document.querySelector('#leave')?.open === true";
    for way in ["document.querySelector(\"nav a[href='/']\").click()", "history.back()"] {
        page.run(way).await;
        page.until(&format!("the question at {way}"), asked).await;
        page.click("#leave-stay").await;
        page.until("the end of the question", "return document.querySelector('#leave').open === false").await;
        let entered = page.run("return document.querySelector('#settings-rpo_minutes').value").await;
        assert_eq!(entered, "240", "{way}");
    }
    app.page.close().await;
}

/// It would be another folder for a window that is started from a menu than for one from a terminal.
#[tokio::test]
async fn a_relative_folder_is_refused_and_one_that_was_only_tried_leaves_nothing() {
    let window = Window::new().with_keychain();
    let database = window.dir().join("carwash.db");
    aitta_engine::sample::create(&database).await.unwrap();
    let app = window.start("window-relative").await;
    let page = &app.page;
    set_up_to_the_store(page, &database).await;
    page.fill("#setup-store", "backups").await;
    page.see("Enter the full path").await;
    page.click("#setup-next").await;
    page.find("form [role=alert][data-code=config_invalid]").await;
    assert!(!page.has("#setup-rpo").await, "it is gone on with");
    assert!(!app.dir().join("backups").exists(), "it was made in the folder that the program runs in");

    let tried = app.dir().join("tried");
    page.fill("#setup-store", &tried.display().to_string()).await;
    page.see(&format!("Full path: {}", tried.display())).await;
    page.click("#setup-check").await;
    page.find("form .note.ok").await;
    assert!(!tried.exists(), "the test has left a folder behind");
    app.page.close().await;
}

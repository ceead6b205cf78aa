//! The first key, its kit, a key that is not confirmed, a rotation, and the second factor.

use std::sync::Arc;

use aitta_tests::Window;

use super::lists::close_dialog;
use super::{code_of, groups_of_kit, type_back};
use crate::carwash::Carwash;
use crate::look::Language;
use crate::stage::Stage;
use crate::tour::Tour;

pub(super) async fn walk(tour: Arc<Tour>, language: Language) {
    let database = Carwash::create("carwash").await;
    let window = Window::new().with_keychain();
    let store = window.dir().join("store").display().to_string();
    let window = window.env("DATABASE_URL", &database.url()).env("BACKUP_LOCAL_DIR", &store);
    let stage = Stage::open(&tour, "keys", language, window).await;

    stage.draw("dashboard-no-key").await;
    first_key(&stage).await;
    rotation(&stage).await;
    second_factor(&stage).await;
    stage.close().await;
}

async fn first_key(stage: &Stage) {
    stage.go("/keys").await;
    stage.draw("keys-none").await;
    stage.click("#keys-make").await;
    stage.find("#rotate-reason").await;
    stage.draw("rotate-first").await;
    stage.fill("#rotate-reason", "the first one").await;
    stage.click("#rotate-next").await;
    let groups = groups_of_kit(stage).await;
    stage.draw("rotate-first-kit").await;
    // It is left before its kit is confirmed.
    stage.go("/").await;
    stage.find("#key-abandoned").await;
    stage.draw("dashboard-key-abandoned").await;
    stage.go("/keys").await;
    stage.find("#keys-pending").await;
    stage.draw("keys-pending").await;
    stage.click("#keys-go-on").await;
    stage.find("#go-on").await;
    stage.draw("rotate-go-on").await;
    stage.fill("#rotate-reason", "the first one").await;
    type_back(stage, "go-on-typed", &groups).await;
    stage.click("#go-on-confirm:enabled").await;
    stage.find("#keys-active-id").await;
    stage.draw("keys-first").await;
}

async fn rotation(stage: &Stage) {
    stage.back_up().await;
    stage.back_up().await;
    stage.go("/keys").await;
    stage.click("#keys-kit").await;
    stage.find("dialog[open] #kit-show").await;
    stage.draw("keys-kit").await;
    stage.fill("#kit-reason", "a second copy for the safe").await;
    stage.click("#kit-show:enabled").await;
    stage.find("dialog[open] #kit-groups").await;
    stage.draw("keys-kit-shown").await;
    close_dialog(stage).await;
    stage.click("#keys-import").await;
    stage.find("dialog[open] #import-key").await;
    stage.draw("keys-import").await;
    close_dialog(stage).await;

    stage.click("#keys-rotate").await;
    stage.find("#rotate-reason").await;
    stage.draw("rotate-1-why").await;
    stage.fill("#rotate-reason", "the quarter is over").await;
    stage.click("#rotate-next").await;
    let groups = groups_of_kit(stage).await;
    stage.draw("rotate-2-kit").await;
    type_back(stage, "kit-typed", &groups).await;
    stage.find("#rotate-confirm:enabled").await;
    stage.draw_at("rotate-2-typed", "#kit-typed-1").await;
    stage.click("#rotate-confirm").await;
    stage.wait("#rotate-done").await;
    stage.draw("rotate-4-report").await;
    stage.click("#rotate-done").await;
    stage.click("#keys-test").await;
    stage.find(".tested span[title]").await;
    stage.draw("keys-rotated").await;
    stage.go("/").await;
    stage.draw("dashboard-key-rotated").await;
}

async fn second_factor(stage: &Stage) {
    stage.go("/settings/second-factor").await;
    stage.find("#mfa-set-up").await;
    stage.draw("second-factor-off").await;
    stage.click("#mfa-set-up").await;
    stage.find("#mfa-secret").await;
    stage.draw("second-factor-enrol").await;
    let secret = stage.page().run("return document.querySelector('#mfa-secret').innerText").await;
    let secret: String = secret.as_str().unwrap().split_whitespace().collect();
    stage.fill("#mfa-new-code", "000000").await;
    stage.fill("#mfa-reason", "the first of the quarter").await;
    stage.click("#mfa-confirm").await;
    stage.find("[role=alert][data-code=mfa_wrong]").await;
    stage.draw("second-factor-wrong").await;
    stage.fill("#mfa-new-code", &code_of(&secret)).await;
    stage.click("#mfa-confirm").await;
    stage.find("#mfa-codes").await;
    stage.draw("second-factor-codes").await;
    stage.click("#mfa-codes-kept").await;
    stage.find("#mfa-new-codes").await;
    stage.draw("second-factor-on").await;
    for (button, name) in [
        ("#mfa-new-codes", "second-factor-new-codes"),
        ("#mfa-remove", "second-factor-remove"),
        ("#mfa-policy", "second-factor-policy"),
        ("#mfa-exception-add", "second-factor-exception"),
    ] {
        stage.click(button).await;
        stage.find("dialog[open] #mfa-change-reason").await;
        stage.draw(name).await;
        close_dialog(stage).await;
    }
    stage.go("/keys/rotate").await;
    stage.find("#rotate-code").await;
    stage.draw("rotate-1-with-code").await;
    stage.go("/audit").await;
    stage.find("tr[data-entry]").await;
    stage.draw("audit-of-keys").await;
}

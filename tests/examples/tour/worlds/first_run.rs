//! From nothing to the first backup: the welcome, the five steps, and what goes wrong in them.

use std::sync::Arc;

use aitta_testing::pg::{PASSWORD, TestServer, USER};
use aitta_tests::Window;

use super::{asked_group, groups_of_kit, made_elsewhere, type_back};
use crate::carwash::Carwash;
use crate::look::Language;
use crate::stage::Stage;
use crate::tour::Tour;

pub(super) async fn walk(tour: Arc<Tour>, language: Language) {
    let database = Carwash::create("carwash").await;
    let window = Window::new().with_keychain();
    let (store, used) = (window.dir().join("store"), window.dir().join("old-store"));
    std::fs::create_dir(&used).unwrap();
    let (url, into) = (database.url(), used.clone());
    tokio::task::spawn_blocking(move || made_elsewhere(url, &into)).await.unwrap();
    let stage = Stage::open(&tour, "first-run", language, window).await;

    stage.draw("welcome").await;
    stage.click("#setup-start").await;
    stage.find("#setup-host").await;
    stage.draw("setup-1-database").await;
    stage.click("#setup-kind-sqlite").await;
    stage.find("#setup-path").await;
    stage.draw("setup-1-sqlite").await;
    stage.click("#setup-kind-postgres").await;
    stage.find("#setup-host").await;
    stage.click("#setup-next").await;
    stage.find("form [aria-invalid=true]").await;
    stage.draw("setup-1-lacking").await;
    stage.click("#setup-by-url").await;
    stage.find("#setup-url").await;
    stage.draw("setup-1-by-url").await;
    stage.click("#setup-by-parts").await;
    stage.fill("#setup-host", "127.0.0.1").await;
    stage.fill("#setup-port", &TestServer::shared().port().to_string()).await;
    stage.fill("#setup-database", database.name()).await;
    stage.fill("#setup-user", USER).await;
    stage.fill("#setup-password", "not-the-password").await;
    stage.click("#setup-check").await;
    stage.find("form [role=alert][data-code=source_auth]").await;
    stage.draw("setup-1-failed").await;
    stage.fill("#setup-password", PASSWORD).await;
    stage.click("#setup-check").await;
    stage.find("form .note.ok").await;
    stage.draw("setup-1-answers").await;
    stage.click("#setup-next").await;

    stage.find("#setup-store").await;
    stage.draw("setup-2-store").await;
    for kind in ["s3", "azure"] {
        stage.click(&format!("#store-kind-{kind}")).await;
        stage.click("details.more > summary").await;
        stage.draw(&format!("setup-2-{kind}")).await;
    }
    stage.click("#store-kind-local").await;
    stage.fill("#setup-store", "/proc/no-such-folder").await;
    stage.click("#setup-check").await;
    stage.find("form [role=alert][data-code]").await;
    stage.draw("setup-2-failed").await;
    stage.fill("#setup-store", &used.display().to_string()).await;
    stage.click("#setup-check").await;
    stage.find("form .note.ok").await;
    stage.draw("setup-2-backups-there").await;
    stage.click("#setup-next").await;
    stage.find("#setup-rpo").await;
    stage.draw("setup-3-loss").await;
    stage.click("#setup-next").await;
    stage.find("#setup-without").await;
    stage.draw("setup-4-kit-needed").await;
    stage.click("#setup-back").await;
    stage.find("#setup-rpo").await;
    stage.click("#setup-back").await;
    stage.fill("#setup-store", &store.display().to_string()).await;
    stage.click("#setup-check").await;
    stage.find("form .note.ok").await;
    stage.draw("setup-2-answers").await;
    stage.click("#setup-next").await;
    stage.find("#setup-rpo").await;
    stage.click("#setup-next").await;

    let groups = groups_of_kit(&stage).await;
    stage.draw("setup-4-key").await;
    let first = asked_group(&stage, "kit-typed-1", &groups).await;
    let slip = if first.starts_with('0') { '1' } else { '0' };
    stage.fill("#kit-typed-1", &format!("{slip}{}", &first[1..])).await;
    stage.find("#kit-typed-1[aria-invalid=true]").await;
    stage.draw_at("setup-4-slip", "#kit-typed-1").await;
    type_back(&stage, "kit-typed", &groups).await;
    stage.find("#setup-next:enabled").await;
    stage.draw_at("setup-4-typed", "#kit-typed-1").await;
    stage.click("#setup-next").await;
    stage.find("#setup-backup").await;
    stage.draw("setup-5-first").await;
    // What is set is tried first.
    let held = database.hold("LOCK TABLE booking").await;
    stage.click("#setup-backup").await;
    stage.find("main [role=alert][data-code=lock_timeout]").await;
    stage.draw("setup-5-refused").await;
    held.give_back().await;
    stage.click("#setup-backup:enabled").await;
    stage.gone("#setup-backup").await;
    stage.draw("setup-5-done").await;
    stage.click("#setup-done").await;
    stage.find("#back-up-now").await;
    stage.draw("dashboard-after-setup").await;
    stage.close().await;
}

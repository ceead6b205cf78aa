//! A new machine: the store and the kit are there, the database is gone.

use std::sync::Arc;

use aitta_tests::Window;

use super::made_elsewhere;
use crate::carwash::Carwash;
use crate::look::Language;
use crate::stage::Stage;
use crate::tour::Tour;

pub(super) async fn walk(tour: Arc<Tour>, language: Language) {
    let database = Carwash::create("carwash").await;
    let window = Window::new().with_keychain();
    let (store, empty) = (window.dir().join("store"), window.dir().join("empty"));
    std::fs::create_dir(&empty).unwrap();
    let (url, into) = (database.url(), store.clone());
    let kit = tokio::task::spawn_blocking(move || made_elsewhere(url, &into)).await.unwrap();
    let stage = Stage::open(&tour, "new-machine", language, window).await;

    stage.click("#setup-restore").await;
    stage.find("#machine-store").await;
    stage.draw("machine-1-store").await;
    stage.fill("#machine-store", &empty.display().to_string()).await;
    stage.click("#machine-look").await;
    stage.find("#machine-none, form [role=alert]").await;
    stage.draw("machine-1-none").await;
    stage.fill("#machine-store", &store.display().to_string()).await;
    stage.click("#machine-look").await;
    stage.find("form .note.ok").await;
    stage.draw("machine-1-found").await;
    stage.click("#machine-next").await;
    stage.find("#found-keys").await;
    stage.draw("machine-2-kit").await;
    stage.click("#import-type").await;
    stage.find("#import-group-16").await;
    stage.draw_at("machine-2-groups", "#import-group-8").await;
    stage.click("#import-type").await;
    stage.paste("#import-key", "0000-0 0000-0 this is no kit").await;
    stage.click("#import-go").await;
    stage.find("form [role=alert][data-code]").await;
    stage.draw_at("machine-2-wrong", "form [role=alert]").await;
    stage.paste("#import-key", &kit).await;
    stage.click("#import-go").await;
    stage.find("#machine-go").await;
    stage.draw("machine-2-opens").await;
    stage.click("#machine-go").await;

    stage.find("input[data-archive]").await;
    stage.go("/").await;
    stage.find("#dashboard-set-database").await;
    stage.draw("dashboard-no-database").await;
    stage.go("/restore").await;
    stage.find("input[data-archive]").await;
    stage.draw("restore-new-machine").await;
    stage.click("#restore-whole").await;
    stage.find("#restore-target-other:checked").await;
    stage.draw("restore-new-machine-whole").await;
    stage.go("/settings").await;
    stage.find("#settings-change").await;
    stage.draw("settings-no-database").await;
    stage.go("/keys").await;
    stage.find("#keys-active-id").await;
    stage.draw("keys-of-kit").await;
    stage.close().await;
}

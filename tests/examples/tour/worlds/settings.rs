//! What is set in a file, and changed by the page: refused, asked about, saved; and one more profile.

use std::sync::Arc;

use aitta_testing::KEY;
use aitta_tests::Window;

use crate::carwash::Carwash;
use crate::look::Language;
use crate::stage::Stage;
use crate::tour::Tour;

pub(super) async fn walk(tour: Arc<Tour>, language: Language) {
    let database = Carwash::create("carwash").await;
    let window = Window::new().with_keychain();
    let (store, next) = (window.dir().join("store"), window.dir().join("next"));
    std::fs::create_dir(&next).unwrap();
    let file = window.dir().join("config.toml");
    let profile = format!(
        "[profile.carwash]\ndatabase = \"{}\"\nstore = {{ type = \"local\", dir = \"{}\" }}\n",
        database.url(),
        store.display()
    );
    std::fs::write(&file, profile).unwrap();
    let window = window
        .env("AITTA_CONFIG", &file.display().to_string())
        .env("AITTA_PROFILE", "carwash")
        .env("BACKUP_ENCRYPTION_KEY", KEY);
    let stage = Stage::open(&tour, "settings", language, window).await;
    stage.back_up().await;

    stage.go("/settings").await;
    stage.find("#settings-save").await;
    stage.draw("settings").await;
    stage.click("#settings-check").await;
    stage.find("main .result .note.ok").await;
    stage.draw("settings-checked").await;
    stage.click("#settings-change").await;
    stage.find("#setup-host").await;
    stage.draw("settings-other-database").await;
    stage.click("#settings-change").await;
    stage.fill("#settings-rpo_minutes", "a while").await;
    stage.find("#settings-rpo_minutes[aria-invalid=true]").await;
    stage.draw_at("settings-no-number", "#settings-rpo_minutes").await;
    stage.fill("#settings-rpo_minutes", "120").await;
    stage.click("nav a[href='/runs']").await;
    stage.find("#leave[open]").await;
    stage.draw("settings-leaving").await;
    stage.click("#leave-stay").await;
    stage.gone("#leave[open]").await;
    stage.fill("#settings-store", "/proc/no-such-folder").await;
    stage.click("#settings-save:enabled").await;
    stage.find("#save-answer [role=alert]").await;
    stage.draw("settings-refused").await;
    stage.fill("#settings-store", &next.display().to_string()).await;
    stage.click("#settings-save:enabled").await;
    stage.find("#save-keep").await;
    stage.draw("settings-left-behind").await;
    stage.click("#save-keep").await;
    stage.find(".save .saved").await;
    stage.draw("settings-saved").await;

    stage.click("#settings-auto_backup").await;
    stage.find("#settings-ahead time").await;
    stage.draw_at("settings-automation", "#settings-automation").await;
    stage.click("#settings-save:enabled").await;
    stage.find(".save .saved").await;
    stage.go("/automation").await;
    stage.find("#automation-retention tr[data-archive]").await;
    stage.draw("automation-untold").await;
    stage.click("#automation-retention tr[data-archive] .c-end a").await;
    stage.find("#automation-one[open]").await;
    stage.draw("automation-pin").await;
    stage.fill("#automation-one-reason", "audit").await;
    stage.click("#automation-one-go:enabled").await;
    stage.find("#automation-outcome").await;
    stage.draw("automation-pinned").await;

    stage.go("/settings/new").await;
    stage.find("#setup-name").await;
    stage.draw("new-profile").await;
    stage.close().await;
}

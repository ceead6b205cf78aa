//! Several profiles of different standing.

use std::path::Path;
use std::sync::Arc;

use aitta_testing::{Aitta, KEY};
use aitta_tests::Window;

use crate::carwash::Carwash;
use crate::look::Language;
use crate::stage::Stage;
use crate::tour::Tour;

pub(super) async fn walk(tour: Arc<Tour>, language: Language) {
    let database = Carwash::create("carwash").await;
    let window = Window::new();
    let dir = window.dir().to_owned();
    let mill = dir.join("mill.db");
    aitta_engine::sample::create(&mill).await.unwrap();
    let mut text = String::new();
    for (name, url) in [
        ("carwash", database.url()),
        ("mill", format!("sqlite:{}", mill.display())),
        ("bookkeeping", format!("sqlite:{}", dir.join("gone.db").display())),
        // Its disk is not there.
        ("the old shop", database.url()),
    ] {
        let store = dir.join(format!("store-{name}"));
        std::fs::create_dir(&store).unwrap();
        text += &format!(
            "[profile.\"{name}\"]\ndatabase = \"{url}\"\nstore = {{ type = \"local\", dir = \"{}\" }}\n\n",
            store.display()
        );
    }
    std::fs::remove_dir(dir.join("store-the old shop")).unwrap();
    let file = dir.join("config.toml");
    std::fs::write(&file, text).unwrap();
    let beside = dir.clone();
    tokio::task::spawn_blocking(move || {
        with(&beside, "carwash").json(&["backup", "create"]);
        with(&beside, "carwash").json(&["restore", "prove"]);
        with(&beside, "mill").json(&["backup", "create"]);
    })
    .await
    .unwrap();
    let window = window
        .env("AITTA_CONFIG", &file.display().to_string())
        .env("AITTA_PROFILE", "carwash")
        .env("BACKUP_ENCRYPTION_KEY", KEY);
    let stage = Stage::open(&tour, "profiles", language, window).await;

    stage.go("/profiles").await;
    stage.find("[data-profile]").await;
    stage.draw("profiles").await;
    stage.click("[data-profile=mill] .btn").await;
    stage.page().until("the other profile", "return location.pathname === '/'").await;
    stage.find("#readiness .pill").await;
    stage.draw("dashboard-other-profile").await;
    stage.go("/profiles").await;
    stage.click("#palette-open").await;
    stage.find("#palette[open]").await;
    stage.fill("#palette-field", "carwash").await;
    stage.draw("palette-profiles").await;
    stage.close().await;
}

/// The command line with the files of the window.
fn with(dir: &Path, profile: &str) -> Aitta {
    let at = |name: &str| dir.join(name).display().to_string();
    Aitta::new()
        .env("AITTA_CONFIG", &at("config.toml"))
        .env("AITTA_PROFILE", profile)
        .env("AITTA_DATA_DIR", &at("data"))
        .env_remove("BACKUP_LOCAL_DIR")
}

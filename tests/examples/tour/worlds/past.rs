//! Ninety days of backups of the sample, with failures, a loss and proofs.

use std::sync::Arc;

use aitta_engine::demo::past;
use aitta_engine::{Clock, SystemClock};
use aitta_tests::{USABLE, Window};

use super::lists::address_of;
use crate::look::Language;
use crate::stage::Stage;
use crate::tour::Tour;

const DAYS: u32 = 90;

pub(super) async fn walk(tour: Arc<Tour>, language: Language) {
    let window = Window::new();
    let folder = window.dir().join("sample");
    drop(past::make(&folder, DAYS, SystemClock.now(), Default::default()).await.unwrap());
    let environment = std::fs::read_to_string(folder.join("env")).unwrap();
    let key = environment.lines().find_map(|line| line.strip_prefix("export BACKUP_ENCRYPTION_KEY="));
    let at = |name: &str| folder.join(name).display().to_string();
    let window = window
        .env("AITTA_CONFIG", &at("config.toml"))
        .env("AITTA_PROFILE", "sample")
        .env("AITTA_DATA_DIR", &at("data"))
        .env("BACKUP_ENCRYPTION_KEY", key.unwrap());
    let stage = Stage::open(&tour, "past", language, window).await;

    stage.page().until("the dashboard", &format!("return {USABLE}")).await;
    stage.find("#readiness .pill").await;
    stage.draw("dashboard-history").await;
    stage.go("/backups").await;
    stage.find("tr[data-archive]").await;
    stage.draw("backups-many").await;
    stage.go(&address_of(&stage, "tr[data-archive]:nth-of-type(18)").await).await;
    stage.find("#backup-verify").await;
    stage.draw("backup-of-past").await;
    stage.go("/runs").await;
    stage.find("tr[data-run]").await;
    stage.draw("runs-many").await;
    // A filter is read when the page is entered.
    stage.go("/").await;
    stage.go("/runs?outcome=failed").await;
    stage.find("tr[data-run]").await;
    stage.draw("runs-only-failed").await;
    stage.go(&address_of(&stage, "tr[data-run]").await).await;
    stage.find("#run-log").await;
    stage.draw("run-failed-of-past").await;
    stage.go("/review").await;
    stage.page().until("the charts", "return document.querySelectorAll('.plot svg').length > 3").await;
    stage.draw("review-month").await;
    stage.go("/audit").await;
    stage.find("tr[data-entry]").await;
    stage.draw("audit-many").await;
    stage.go("/restore").await;
    stage.find("input[data-archive]:checked").await;
    stage.draw("restore-many").await;
    stage.go("/settings").await;
    stage.draw("settings-of-sample").await;
    stage.close().await;
}

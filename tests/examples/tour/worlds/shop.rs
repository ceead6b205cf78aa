//! A PostgreSQL database and a folder, from no backup to a proven one; all lists and reports on the way.

use std::sync::Arc;

use aitta_testing::KEY;
use aitta_tests::Window;

use super::lists;
use crate::carwash::Carwash;
use crate::look::Language;
use crate::stage::Stage;
use crate::tour::Tour;

pub(super) async fn walk(tour: Arc<Tour>, language: Language) {
    let database = Carwash::create("carwash").await;
    let window = Window::new().protecting(&database.url(), KEY);
    let stage = Stage::open(&tour, "shop", language, window).await;

    stage.find("#readiness .pill").await;
    stage.draw("dashboard-no-backup").await;
    for (address, name) in [
        ("/backups", "backups-none"),
        ("/restore", "restore-no-backups"),
        ("/restore/prove", "prove-no-backups"),
        ("/runs", "runs-none"),
        ("/review", "review-nothing"),
        ("/keys", "keys-of-environment"),
        ("/audit", "audit-none"),
        ("/automation", "automation-off"),
        ("/settings", "settings-of-environment"),
        ("/no/such/page", "no-such-page"),
        ("/backups/backup-1-00000000", "backup-no-such"),
        ("/runs/4711", "run-no-such"),
    ] {
        stage.go(address).await;
        stage.draw(name).await;
    }

    stage.go("/").await;
    let held = database.hold("LOCK TABLE booking").await;
    stage.click("#back-up-now").await;
    stage.find(".under-way .wait").await;
    stage.wait_longer().await;
    stage.draw("dashboard-waiting").await;
    stage.click(".under-way .end").await;
    stage.find(".under-way .end-sure").await;
    stage.draw("dashboard-ending-a-session").await;
    stage.go("/backups").await;
    stage.draw("backups-under-way").await;
    held.give_back().await;
    stage.gone(".under-way").await;
    stage.draw("backups-one").await;

    stage.go("/").await;
    stage.find("#prove-restore").await;
    stage.find("#readiness .pill").await;
    stage.draw("dashboard-never-proven").await;
    stage.click("#readiness summary").await;
    stage.draw_at("dashboard-readiness", "#readiness").await;

    stage.click("#prove-restore").await;
    stage.find("#prove-go").await;
    stage.draw("prove").await;
    stage.click("#prove-go").await;
    stage.wait("#prove-report").await;
    stage.draw("prove-succeeded").await;
    stage.go("/").await;
    stage.find("header.page h1.ok").await;
    stage.find("#readiness .pill").await;
    stage.draw("dashboard-safe").await;

    lists::walk(&stage).await;
    stage.close().await;
}

//! The restore, step by step: of tables, of the whole database; refused, waiting, failed, stopped, done.

use std::sync::Arc;

use aitta_testing::KEY;
use aitta_testing::pg::PASSWORD;
use aitta_tests::Window;

use super::lists::address_of;
use crate::carwash::Carwash;
use crate::look::Language;
use crate::stage::Stage;
use crate::tour::Tour;

pub(super) async fn walk(tour: Arc<Tour>, language: Language) {
    let database = Carwash::create("carwash").await;
    let other = Carwash::create("carwash_test").await;
    let window = Window::new().protecting(&database.url(), KEY);
    let stage = Stage::open(&tour, "restore", language, window).await;
    stage.back_up().await;
    database
        .psql(
            "DELETE FROM payment WHERE booking % 3 = 0; UPDATE booking SET note = 'lost' WHERE id % 7 = 0;
             DELETE FROM visit; INSERT INTO setting VALUES ('uusi', '1')",
        )
        .await;

    what(&stage).await;
    refused(&stage, &other).await;
    tables(&stage, &database).await;
    whole(&stage, &database).await;
    stage.close().await;
}

async fn what(stage: &Stage) {
    stage.go("/restore").await;
    stage.find("input[data-archive]:checked").await;
    stage.draw("restore-1").await;
    stage.fill("#restore-before", "2999-01-01 02:55").await;
    stage.find("#restore-before[aria-invalid='true']").await;
    stage.draw("restore-1-to-come").await;
    stage.paste("#restore-before", "").await;
    stage.find("input[data-archive]:checked").await;
    stage.click("input[data-table='booking']").await;
    stage.click("input[data-table='payment']").await;
    stage.draw("restore-1-tables").await;
    stage.fill("#restore-find-table", "tax").await;
    stage.draw_at("restore-1-find", "#restore-find-table").await;
    stage.paste("#restore-find-table", "").await;
    stage.click("#restore-target-schema").await;
    stage.fill("#restore-schema", "incident_17").await;
    stage.draw_at("restore-1-schema", "#restore-schema").await;
    stage.click("#restore-next:enabled").await;
    stage.find(".plan-line").await;
    stage.draw("restore-2-schema").await;
    stage.click("#restore-back").await;
}

async fn refused(stage: &Stage, other: &Carwash) {
    stage.click("#restore-target-other").await;
    let bare = other.url().replace(&format!(":{PASSWORD}"), "");
    stage.fill("#restore-url", &bare).await;
    stage.fill("#restore-password", "not-the-password").await;
    stage.click("#restore-test").await;
    stage.find(".option-box [role=alert]").await;
    stage.draw_at("restore-1-target-failed", "#restore-test").await;
    stage.fill("#restore-password", PASSWORD).await;
    stage.click("#restore-whole").await;
    stage.click("#restore-test").await;
    stage.find(".option-box .note.ok").await;
    stage.draw_at("restore-1-target-answers", "#restore-test").await;
    stage.click("#restore-next:enabled").await;
    stage.find("[data-severity=blocker], .wizard [role=alert]").await;
    stage.draw("restore-2-refused").await;
    stage.click("#restore-back").await;
    stage.click("#restore-some").await;
    stage.click("#restore-target-same").await;
}

/// Through preview and confirmation.
async fn begin(stage: &Stage, database: &Carwash) {
    stage.on_until("#restore-next", "#restore-reason").await;
    stage.fill("#restore-reason", "17: payments were lost").await;
    if stage.page().has("#restore-confirm-name").await {
        stage.fill("#restore-confirm-name", database.name()).await;
    }
    stage.click("#restore-go:enabled").await;
}

async fn tables(stage: &Stage, database: &Carwash) {
    stage.click("#restore-next:enabled").await;
    stage.find("#restore-compared[data-done='true']").await;
    stage.draw("restore-2-preview").await;
    stage.click("#restore-next:enabled").await;
    stage.find("#restore-reason").await;
    stage.draw("restore-3-confirm").await;
    stage.fill("#restore-reason", "17: payments were lost").await;
    stage.fill("#restore-confirm-name", database.name()).await;
    stage.find("#restore-go:enabled").await;
    stage.draw("restore-3-confirmed").await;

    let held = database.hold("UPDATE booking SET note = 'lost' WHERE id = 1").await;
    stage.click("#restore-go").await;
    stage.find(".under-way .wait").await;
    stage.wait_longer().await;
    stage.draw("restore-under-way").await;
    database.end_who_waits().await;
    stage.wait("#restore-report").await;
    stage.draw("restore-failed").await;
    stage.click("#restore-mend").await;
    begin(stage, database).await;
    stage.find(".under-way .wait").await;
    stage.click(".under-way .stop").await;
    stage.wait("#restore-report").await;
    stage.draw("restore-stopped").await;
    held.give_back().await;
    stage.click("#restore-mend").await;
    begin(stage, database).await;
    stage.wait("#restore-report[data-outcome=succeeded]").await;
    stage.draw("restore-succeeded").await;
    stage.go("/runs").await;
    stage.find("tr[data-run]").await;
    stage.draw("runs").await;
    // The newest is that of the safety copy, which the restore has made.
    stage.go(&address_of(stage, "tr[data-run] + tr[data-run]").await).await;
    stage.find("#run-log").await;
    stage.draw("run-restore").await;
    stage.go("/backups").await;
    stage.find("tr[data-archive]").await;
    stage.draw("backups-with-safety-copy").await;
}

async fn whole(stage: &Stage, database: &Carwash) {
    stage.go("/restore").await;
    stage.find("input[data-archive]:checked").await;
    stage.click("#restore-safety").await;
    stage.draw("restore-1-safety-copies").await;
    stage.click("#restore-whole").await;
    stage.click("#restore-target-same").await;
    stage.draw("restore-1-whole").await;
    stage.click("#restore-next:enabled").await;
    stage.find(".plan-line").await;
    stage.draw("restore-2-whole").await;
    stage.click("#restore-back").await;
    begin(stage, database).await;
    stage.wait("#restore-report").await;
    stage.draw("restore-whole-report").await;
}

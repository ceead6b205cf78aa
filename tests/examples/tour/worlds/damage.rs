//! What goes wrong after all was well: rows that are gone, a store that is away, a database that is away, a backup that
//! is damaged.

use std::path::Path;
use std::sync::Arc;

use aitta_testing::KEY;
use aitta_tests::Window;

use super::lists::{address_of, close_dialog};
use crate::carwash::Carwash;
use crate::look::Language;
use crate::stage::Stage;
use crate::tour::Tour;

pub(super) async fn walk(tour: Arc<Tour>, language: Language) {
    let database = Carwash::create("carwash").await;
    let window = Window::new().protecting(&database.url(), KEY);
    let stage = Stage::open(&tour, "damage", language, window).await;
    stage.back_up().await;

    database.psql("DELETE FROM email_notification WHERE id % 5 < 3").await;
    stage.back_up().await;
    stage.find("#meant-ask").await;
    stage.draw("dashboard-lost-rows").await;
    stage.click("#meant-ask").await;
    stage.find("dialog[open] #meant-reason").await;
    stage.draw("dashboard-meant").await;
    close_dialog(&stage).await;
    database.psql("DROP TABLE visit; DELETE FROM payment; DELETE FROM setting WHERE name < 'asetus-2'").await;
    stage.back_up().await;
    stage.draw("dashboard-lost-tables").await;
    stage.click("header.page .actions a.btn").await;
    stage.find("#backup-verify").await;
    stage.draw("backup-smaller").await;

    let (store, away) = (stage.store(), stage.dir().join("unmounted"));
    std::fs::rename(&store, &away).unwrap();
    stage.fail_to_back_up().await;
    stage.draw("dashboard-backup-failed").await;
    stage.go("/backups").await;
    stage.draw("backups-store-away").await;
    stage.go("/restore").await;
    stage.draw("restore-store-away").await;
    stage.go("/").await;
    stage.draw("dashboard-store-away").await;
    if stage.page().has("header.page details.engine").await {
        stage.click("header.page details.engine summary").await;
        stage.draw("dashboard-store-away-details").await;
    }
    std::fs::rename(&away, &store).unwrap();

    let name = database.name();
    let rename = |from: &str, to: &str| {
        format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{from}';
             ALTER DATABASE \"{from}\" RENAME TO \"{to}\""
        )
    };
    database.admin(&rename(name, "carwash_away")).await;
    stage.fail_to_back_up().await;
    stage.draw("dashboard-database-away").await;
    stage.go("/runs").await;
    stage.find("tr[data-run]").await;
    stage.draw("runs-failed").await;
    stage.go(&address_of(&stage, "tr[data-run]").await).await;
    stage.find("#run-retry").await;
    stage.draw("run-failed").await;
    database.admin(&rename("carwash_away", name)).await;
    stage.go("/").await;
    stage.draw("dashboard-last-failed").await;

    stage.back_up().await;
    flip(&stage.store().join("backups").join(stage.archives().last().unwrap()));
    stage.go("/backups/latest").await;
    stage.click("#backup-verify").await;
    stage.wait("#backup-verify-result [role=alert]").await;
    stage.draw("backup-damaged").await;
    stage.go("/backups").await;
    stage.find("tr[data-archive]").await;
    stage.draw("backups-damaged").await;
    stage.go("/").await;
    stage.find("header.page h1.bad").await;
    stage.draw("dashboard-damaged").await;
    stage.go("/restore").await;
    stage.find("input[data-archive]").await;
    stage.draw("restore-damaged").await;
    stage.close().await;
}

/// Turns round one byte in the middle, as a disk does that gets old.
fn flip(archive: &Path) {
    let mut bytes = std::fs::read(archive).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(archive, bytes).unwrap();
}

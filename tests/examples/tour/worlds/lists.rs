//! What is there after a backup and a proof: lists, single backups and runs, the trail, the commands.

use crate::stage::Stage;

pub(super) async fn walk(stage: &Stage) {
    stage.go("/backups").await;
    stage.click("main header.page .btn.primary").await;
    stage.find("#backup-new-go").await;
    stage.draw("backups-new").await;
    stage.fill("#backup-new-reason", "release 48, before the migration of the bookings").await;
    stage.click("#backup-new-go").await;
    stage.wait("#backup-made").await;
    stage.draw("backups-made").await;
    stage.fill("#backups-search", "nothing has this name").await;
    stage.find("main .empty").await;
    stage.draw("backups-no-match").await;

    stage.go("/backups/latest").await;
    stage.find("#backup-verify").await;
    stage.draw("backup").await;
    stage.click("#backup-verify").await;
    stage.wait("#backup-verify-result .note").await;
    stage.click("tbody[data-table] .disclose").await;
    stage.draw("backup-verified").await;
    stage.click("#backup-delete").await;
    stage.find("dialog[open] #backup-delete-confirm").await;
    stage.draw("backup-delete").await;
    close_dialog(stage).await;

    stage.go("/runs").await;
    stage.find("tr[data-run]").await;
    stage.draw("runs").await;
    stage.go(&address_of(stage, "tr[data-run]:nth-last-child(2)").await).await;
    stage.find("#run-log").await;
    stage.draw("run-backup").await;
    stage.go("/runs?operation=restore").await;
    stage.draw("runs-filtered").await;

    stage.go("/audit").await;
    stage.find("tr[data-entry]").await;
    stage.draw("audit").await;
    stage.go(&address_of(stage, "tr[data-entry]").await).await;
    stage.find("#audit-entry").await;
    stage.draw("audit-entry").await;
    stage.go("/audit").await;
    stage.click("#audit-report").await;
    stage.find("dialog[open] iframe").await;
    stage.draw("audit-report").await;
    close_dialog(stage).await;

    stage.go("/review").await;
    stage.page().until("the charts", "return document.querySelectorAll('.plot svg').length > 0").await;
    stage.draw("review-this-month").await;

    // No page with charts: below open commands they would keep their theme.
    stage.go("/runs").await;
    stage.page().press_control('k').await;
    stage.find("#palette[open]").await;
    stage.draw("palette").await;
    stage.fill("#palette-field", "booking").await;
    stage.find("#palette-list [role=option]").await;
    stage
        .page()
        .until(
            "the tables",
            "return document.querySelectorAll('#palette-list [role=option]').length > 0
        && !document.querySelector('#palette .state').innerText",
        )
        .await;
    stage.draw("palette-found").await;
    stage.fill("#palette-field", "qqqqqq").await;
    stage.page().until("nothing", "return !!document.querySelector('#palette .state').innerText").await;
    stage.draw("palette-nothing").await;
    stage.page().press("\u{e00c}").await;
    stage.gone("dialog[open]").await;
    stage.page().press("?").await;
    stage.find("#shortcuts[open]").await;
    stage.draw("shortcuts").await;
    close_dialog(stage).await;
}

/// Closes the dialog as Escape does.
pub(super) async fn close_dialog(stage: &Stage) {
    stage.page().run("document.querySelector('dialog[open]')?.close()").await;
    stage.gone("dialog[open]").await;
}

/// Where the row leads.
pub(super) async fn address_of(stage: &Stage, row: &str) -> String {
    stage.find(row).await;
    let href = format!("return document.querySelector({row:?}).dataset.href");
    stage.page().run(&href).await.as_str().unwrap().to_owned()
}

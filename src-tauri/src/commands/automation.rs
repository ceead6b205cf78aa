//! What happens by itself: who starts backups, which of them go, and who is told.

use aitta_engine::{Clock, Silent, SystemClock, notify, retention as engine, schedule as due, setup};
use aitta_model::{
    HoldReport, HoldRequest, NotifyReport, NotifyStatus, PruneReport, PruneRequest, PutBackReport,
    PutBackRequest, ReleaseRequest, RetentionOutlook, RunsAhead, ScheduleStatus,
};
use tauri::State;

use crate::state::{Answer, AppState};

#[tauri::command]
pub(super) async fn schedule(state: State<'_, AppState>) -> Answer<ScheduleStatus> {
    due::status(&state.context().await?).await.map_err(|e| e.failure())
}

/// The next runs of a rule that is being entered.
#[tauri::command]
pub(super) async fn runs_ahead(pattern: String, zone: String) -> Answer<RunsAhead> {
    Ok(setup::runs_ahead(&pattern, &zone, SystemClock.now()))
}

/// What the rules mean for each backup now.
#[tauri::command]
pub(super) async fn retention(state: State<'_, AppState>) -> Answer<RetentionOutlook> {
    engine::outlook(&state.context().await?).await.map_err(|e| e.failure())
}

#[tauri::command]
pub(super) async fn prune(state: State<'_, AppState>, request: PruneRequest) -> Answer<PruneReport> {
    engine::prune(&state.context().await?, request, &Silent).await.map_err(|e| e.failure())
}

#[tauri::command]
pub(super) async fn put_back(state: State<'_, AppState>, request: PutBackRequest) -> Answer<PutBackReport> {
    engine::put_back(&state.context().await?, request).await.map_err(|e| e.failure())
}

#[tauri::command]
pub(super) async fn hold_archive(state: State<'_, AppState>, request: HoldRequest) -> Answer<HoldReport> {
    engine::hold(&state.context().await?, request).await.map_err(|e| e.failure())
}

#[tauri::command]
pub(super) async fn release_archive(
    state: State<'_, AppState>,
    request: ReleaseRequest,
) -> Answer<HoldReport> {
    engine::release(&state.context().await?, request).await.map_err(|e| e.failure())
}

#[tauri::command]
pub(super) async fn notices(state: State<'_, AppState>) -> Answer<NotifyStatus> {
    notify::status(&state.context().await?).await.map_err(|e| e.failure())
}

#[tauri::command]
pub(super) async fn send_test(state: State<'_, AppState>) -> Answer<NotifyReport> {
    notify::test(&state.context().await?).await.map_err(|e| e.failure())
}

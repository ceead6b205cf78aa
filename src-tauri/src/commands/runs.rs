//! Runs, past and under way.

use aitta_engine::runs as engine;
use aitta_model::{RunDetails, RunSummary};
use tauri::State;

use crate::state::{Answer, AppState};

#[tauri::command]
pub(super) async fn runs(state: State<'_, AppState>, limit: u32) -> Answer<Vec<RunSummary>> {
    engine::list(&state.context().await?, limit).await.map_err(|e| e.failure())
}

#[tauri::command]
pub(super) async fn run(state: State<'_, AppState>, id: i64) -> Answer<RunDetails> {
    engine::show(&state.context().await?, id).await.map_err(|e| e.failure())
}

/// Stops an operation that the page has begun. It then ends with `cancelled`.
#[tauri::command]
pub(super) async fn cancel(state: State<'_, AppState>, operation: u32) -> Answer<()> {
    state.cancel(operation)
}

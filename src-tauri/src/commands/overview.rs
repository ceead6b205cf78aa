//! Is the data safe?

use aitta_engine::{history as past, overview as engine};
use aitta_model::{Date, History, Overview, Review};
use jiff::ToSpan;
use tauri::State;

use crate::state::{Answer, AppState};

#[tauri::command]
pub(super) async fn overview(state: State<'_, AppState>) -> Answer<Overview> {
    engine::overview(&state.context().await?).await.map_err(|e| e.failure())
}

/// The last so many days.
#[tauri::command]
pub(super) async fn history(state: State<'_, AppState>, days: u32) -> Answer<History> {
    let context = state.context().await?;
    let now = context.clock.now();
    // Today is one of them.
    let from = now - (24 * i64::from(days.clamp(1, 3660) - 1)).hours();
    past::history(&context, from, now).await.map_err(|e| e.failure())
}

/// The month that this day lies in.
#[tauri::command]
pub(super) async fn review(state: State<'_, AppState>, month: Date) -> Answer<Review> {
    engine::review(&state.context().await?, month).await.map_err(|e| e.failure())
}

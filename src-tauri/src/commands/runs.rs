//! Runs, past and under way.

use std::time::Duration;

use aitta_engine::runs as engine;
use aitta_model::{RunDetails, RunSummary, Underway};
use tauri::State;

use crate::state::{Answer, AppState};

/// The page gives more time in smaller steps; nobody waits for a day by mistake.
const MOST_LONGER_S: u64 = 3600;

#[tauri::command]
pub(super) async fn runs(state: State<'_, AppState>, limit: u32) -> Answer<Vec<RunSummary>> {
    engine::list(&state.context().await?, limit).await.map_err(|e| e.failure())
}

#[tauri::command]
pub(super) async fn run(state: State<'_, AppState>, id: i64) -> Answer<RunDetails> {
    engine::show(&state.context().await?, id).await.map_err(|e| e.failure())
}

/// What is under way of the profile that is shown: of this program, also what was begun before the page was loaded, and
/// of others.
#[tauri::command]
pub(super) async fn underway(state: State<'_, AppState>) -> Answer<Vec<Underway>> {
    let context = state.context().await?;
    let mut underway = state.underway(&context.profile.name);
    let ours: Vec<i64> = underway.iter().filter_map(|one| one.course.run).collect();
    let others = engine::underway(&context).await.map_err(|e| e.failure())?;
    underway.extend(others.into_iter().filter(|one| one.course.run.is_none_or(|run| !ours.contains(&run))));
    underway.sort_by_key(|one| one.course.began_ms);
    Ok(underway)
}

/// Waits longer for the lock that an operation of this program waits for.
#[tauri::command]
pub(super) async fn wait_longer(state: State<'_, AppState>, operation: u32, seconds: u64) -> Answer<()> {
    state.ours(operation, |ours| ours.patience.wait_longer(Duration::from_secs(seconds.min(MOST_LONGER_S))))
}

/// Ends a session of the database that keeps an operation of this program from going on. The run's log says what came of
/// it.
#[tauri::command]
pub(super) async fn end_session(state: State<'_, AppState>, operation: u32, pid: i32) -> Answer<()> {
    state.ours(operation, |ours| ours.patience.end_session(pid))
}

/// Stops an operation that this program has begun. It then ends with `cancelled`.
#[tauri::command]
pub(super) async fn cancel(state: State<'_, AppState>, operation: u32) -> Answer<()> {
    state.cancel(operation)
}

//! Runs, past and under way.

use std::time::Duration;

use aitta_engine::runs as engine;
use aitta_model::{ArchiveDetails, RunDetails, RunSummary, Underway};
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

/// The archive that takes a restore back, once it was seen to be that.
#[tauri::command]
pub(super) async fn undo_archive(state: State<'_, AppState>, id: i64) -> Answer<ArchiveDetails> {
    engine::undo_archive(&state.context().await?, id).await.map_err(|e| e.failure())
}

/// What is under way of the profile that is shown: of this program, also what was begun before the page was loaded, and
/// of others.
#[tauri::command]
pub(super) async fn underway(state: State<'_, AppState>) -> Answer<Vec<Underway>> {
    let context = state.context().await?;
    let others = engine::underway(&context).await.map_err(|e| e.failure())?;
    // Looked at last: what has begun meanwhile is among them.
    let mut underway = state.underway(&context.profile.name);
    let is_ours = |other: &Underway| {
        underway.iter().any(|ours| match ours.course.run {
            Some(run) => other.course.run == Some(run),
            // It has just begun, and does not know its number yet.
            None => ours.operation == other.operation && ours.course.began_ms <= other.course.began_ms,
        })
    };
    let others: Vec<Underway> = others.into_iter().filter(|other| !is_ours(other)).collect();
    underway.extend(others);
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

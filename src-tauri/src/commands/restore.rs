//! Giving data back.

use aitta_engine::{Silent, restore as engine};
use aitta_model::{
    ErrorCode, Failure, Operation, ProgressEvent, ProveRequest, RestoreComparison, RestorePlan,
    RestoreReport, RestoreRequest,
};
use tauri::ipc::Channel;
use tauri::{AppHandle, Runtime, State};
use tokio_util::sync::CancellationToken;

use crate::speech::{self, Work};
use crate::state::{Answer, AppState};
use crate::{tray, window};

/// What the restore would do. Changes nothing.
#[tauri::command]
pub(super) async fn restore_plan(state: State<'_, AppState>, request: RestoreRequest) -> Answer<RestorePlan> {
    let context = state.context().await?;
    let request = RestoreRequest { dry_run: true, ..request };
    match engine::restore(&context, request, &Silent).await.map_err(|e| e.failure())? {
        engine::Outcome::Plan(plan) => Ok(plan),
        engine::Outcome::Report(_) => Err(wrong_outcome()),
    }
}

/// How the tables that are there compare with the backup. It ends when another one is asked for, or a restore begins:
/// what reads a table holds up who wants it alone.
#[tauri::command]
pub(super) async fn compare_restore(
    state: State<'_, AppState>,
    request: RestoreRequest,
) -> Answer<RestoreComparison> {
    let context = state.context().await?.stopped_by(CancellationToken::new());
    state.compare(Some(context.cancel.clone()));
    engine::compare(&context, request).await.map_err(|e| e.failure())
}

/// Restores everything into a new database, compares it, and drops it again.
#[tauri::command]
pub(super) async fn prove_restore<R: Runtime>(
    app: AppHandle<R>,
    state: State<'_, AppState>,
    request: ProveRequest,
    operation: u32,
    progress: Channel<ProgressEvent>,
) -> Answer<RestoreReport> {
    let context = state.context().await?;
    let working = state.begin_proof(operation, &context)?;
    state.compare(None);
    tray::working(&app, Work::Proof);
    let result = engine::prove(&context, request, &working.progress(progress)).await.map_err(|e| e.failure());
    tray::refresh(&app).await;
    let words = speech::words(&app);
    window::tell_if_hidden(&app, Work::Proof, result.as_ref().map(|_| words.copy_equal));
    result
}

#[tauri::command]
pub(super) async fn restore<R: Runtime>(
    app: AppHandle<R>,
    state: State<'_, AppState>,
    request: RestoreRequest,
    operation: u32,
    progress: Channel<ProgressEvent>,
) -> Answer<RestoreReport> {
    let context = state.context().await?;
    let working = state.begin(operation, Operation::Restore, &context)?;
    state.compare(None);
    tray::working(&app, Work::Restore);
    let request = RestoreRequest { dry_run: false, ..request };
    let result =
        engine::restore(&context, request, &working.progress(progress)).await.map_err(|e| e.failure());
    tray::refresh(&app).await;
    let words = speech::words(&app);
    window::tell_if_hidden(&app, Work::Restore, result.as_ref().map(|_| words.all_equal));
    match result? {
        engine::Outcome::Report(report) => Ok(report),
        engine::Outcome::Plan(_) => Err(wrong_outcome()),
    }
}

fn wrong_outcome() -> Failure {
    Failure {
        code: ErrorCode::System,
        message: "the restore ended otherwise than it was asked to".to_owned(),
        hint: "report this; look at the list of runs before you try again".to_owned(),
    }
}

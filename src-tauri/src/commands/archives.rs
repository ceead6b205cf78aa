//! Archives.

use aitta_engine::{archives as engine, backup, verify as verification};
use aitta_model::{
    ArchiveDetails, ArchiveSelector, BackupReport, BackupRequest, DeleteReport, DeleteRequest, ListReport,
    Operation, ProgressEvent, VerifyReport, VerifyRequest,
};
use tauri::ipc::Channel;
use tauri::{AppHandle, Runtime, State};
use tauri_plugin_opener::OpenerExt;

use crate::speech::Work;
use crate::state::{Answer, AppState};
use crate::{tray, window};

#[tauri::command]
pub(super) async fn archives(state: State<'_, AppState>) -> Answer<ListReport> {
    engine::list(&state.context().await?, None).await.map_err(|e| e.failure())
}

#[tauri::command]
pub(super) async fn archive(state: State<'_, AppState>, id: ArchiveSelector) -> Answer<ArchiveDetails> {
    engine::show(&state.context().await?, &id).await.map_err(|e| e.failure())
}

#[tauri::command]
pub(super) async fn back_up<R: Runtime>(
    app: AppHandle<R>,
    state: State<'_, AppState>,
    request: BackupRequest,
    operation: u32,
    progress: Channel<ProgressEvent>,
) -> Answer<BackupReport> {
    let context = state.context().await?;
    let working = state.begin(operation, Operation::Backup, &context)?;
    tray::working(&app, Work::Backup);
    let result =
        backup::create(&context, request, &working.progress(progress)).await.map_err(|e| e.failure());
    tray::refresh(&app).await;
    window::tell_backup(&app, &result);
    result
}

#[tauri::command]
pub(super) async fn verify(
    state: State<'_, AppState>,
    request: VerifyRequest,
    operation: u32,
    progress: Channel<ProgressEvent>,
) -> Answer<VerifyReport> {
    let context = state.context().await?;
    let working = state.begin(operation, Operation::Verify, &context)?;
    verification::verify(&context, request, &working.progress(progress)).await.map_err(|e| e.failure())
}

#[tauri::command]
pub(super) async fn delete_archive(
    state: State<'_, AppState>,
    request: DeleteRequest,
) -> Answer<DeleteReport> {
    engine::delete(&state.context().await?, request).await.map_err(|e| e.failure())
}

/// Shows the file of an archive in the file manager.
#[tauri::command]
pub(super) async fn reveal_archive<R: Runtime>(
    app: AppHandle<R>,
    state: State<'_, AppState>,
    id: String,
) -> Answer<()> {
    let path = engine::file(&state.context().await?, &id).await.map_err(|e| e.failure())?;
    app.opener()
        .reveal_item_in_dir(path)
        .map_err(|e| super::files::failed("the file manager can't be opened", &e))
}

//! Vault keys and their recovery kits.

use aitta_engine::{custody as engine, rotation, setup};
use aitta_model::{
    ConfirmKeyRequest, CreateKeyRequest, DestroyKeyRequest, ExportKitRequest, ImportKeyRequest, KeyCanary,
    KeyRingReport, Operation, ProgressEvent, RecoveryKit, RotateRequest, RotationReport, StoreContents,
    StoreCredentials, StoreSettings,
};
use tauri::ipc::Channel;
use tauri::{AppHandle, Runtime, State};

use crate::speech::{self, Work};
use crate::state::{Answer, AppState};
use crate::{tray, window};

#[tauri::command]
pub(super) async fn key_ring(state: State<'_, AppState>) -> Answer<KeyRingReport> {
    engine::status(&state.context().await?).await.map_err(|e| e.failure())
}

/// Makes a key. It locks archives only after [`confirm_key`].
#[tauri::command]
pub(super) async fn create_key(state: State<'_, AppState>, request: CreateKeyRequest) -> Answer<RecoveryKit> {
    engine::create(&state.context().await?, request).await.map_err(|e| e.failure())
}

#[tauri::command]
pub(super) async fn confirm_key(
    state: State<'_, AppState>,
    request: ConfirmKeyRequest,
) -> Answer<KeyRingReport> {
    engine::confirm(&state.context().await?, request).await.map_err(|e| e.failure())
}

#[tauri::command(rename_all = "snake_case")]
pub(super) async fn discard_key(state: State<'_, AppState>, key_id: String) -> Answer<()> {
    engine::discard(&state.context().await?, &key_id).await.map_err(|e| e.failure())
}

#[tauri::command]
pub(super) async fn import_key(
    state: State<'_, AppState>,
    request: ImportKeyRequest,
) -> Answer<KeyRingReport> {
    engine::import(&state.context().await?, request).await.map_err(|e| e.failure())
}

/// Takes a key from its kit for the backups of a store that is no profile's yet.
#[tauri::command]
pub(super) async fn import_key_of_store(
    state: State<'_, AppState>,
    store: StoreSettings,
    credentials: Option<StoreCredentials>,
    request: ImportKeyRequest,
) -> Answer<StoreContents> {
    let (context, inputs) = (state.context().await?, state.inputs().clone());
    setup::import_key_of_store(&context, &inputs, &store, credentials.as_ref(), request)
        .await
        .map_err(|e| e.failure())
}

#[tauri::command]
pub(super) async fn export_kit(state: State<'_, AppState>, request: ExportKitRequest) -> Answer<RecoveryKit> {
    engine::export_kit(&state.context().await?, request).await.map_err(|e| e.failure())
}

#[tauri::command]
pub(super) async fn destroy_key(
    state: State<'_, AppState>,
    request: DestroyKeyRequest,
) -> Answer<KeyRingReport> {
    let context = state.with_neighbours(state.context().await?)?;
    engine::destroy(&context, request).await.map_err(|e| e.failure())
}

/// Tries whether the active key opens the newest archive.
#[tauri::command]
pub(super) async fn check_key(state: State<'_, AppState>) -> Answer<KeyCanary> {
    engine::check(&state.context().await?).await.map_err(|e| e.failure())
}

#[tauri::command]
pub(super) async fn rotate<R: Runtime>(
    app: AppHandle<R>,
    state: State<'_, AppState>,
    request: RotateRequest,
    operation: u32,
    progress: Channel<ProgressEvent>,
) -> Answer<RotationReport> {
    let context = state.context().await?;
    let working = state.begin(operation, Operation::Rotate, &context)?;
    tray::working(&app, Work::Rotation);
    let result =
        rotation::rotate(&context, request, &working.progress(progress)).await.map_err(|e| e.failure());
    tray::refresh(&app).await;
    let words = speech::words(&app);
    let told = match &result {
        Ok(report) if !report.unreadable.is_empty() => words.some_closed,
        _ => words.opens,
    };
    window::tell_if_hidden(&app, Work::Rotation, result.as_ref().map(|_| told));
    result
}

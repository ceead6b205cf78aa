//! The second factor.

use aitta_engine::{enrolment, mfa as engine};
use aitta_model::{ChangeMfaRequest, ConfirmMfaRequest, MfaChanged, MfaEnrolment, MfaStatus, RecoveryCodes};
use tauri::State;

use crate::state::{Answer, AppState};

#[tauri::command]
pub(super) async fn mfa(state: State<'_, AppState>) -> Answer<MfaStatus> {
    engine::status(&state.context().await?).await.map_err(|e| e.failure())
}

/// Makes a secret for an authenticator. It is asked for only after [`confirm_mfa`].
#[tauri::command]
pub(super) async fn begin_mfa(state: State<'_, AppState>) -> Answer<MfaEnrolment> {
    enrolment::begin(&state.context().await?).await.map_err(|e| e.failure())
}

#[tauri::command]
pub(super) async fn confirm_mfa(
    state: State<'_, AppState>,
    request: ConfirmMfaRequest,
) -> Answer<RecoveryCodes> {
    enrolment::confirm(&state.context().await?, request).await.map_err(|e| e.failure())
}

#[tauri::command]
pub(super) async fn change_mfa(state: State<'_, AppState>, request: ChangeMfaRequest) -> Answer<MfaChanged> {
    enrolment::change(&state.context().await?, request).await.map_err(|e| e.failure())
}

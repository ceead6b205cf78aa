//! Setting up a profile.

use aitta_engine::setup;
use aitta_model::{
    DatabaseUrl, ProfileForm, SaveHow, SavedProfile, Settings, SourceCheck, StoreCheck, StoreContents,
    StoreCredentials, StoreSettings,
};
use tauri::State;

use crate::state::{Answer, AppState};

#[tauri::command]
pub(super) async fn settings(state: State<'_, AppState>) -> Answer<Settings> {
    let inputs = state.inputs().clone();
    setup::settings(&inputs).await.map_err(|e| e.failure())
}

/// Writes a profile down and shows it; or says what has to be answered first.
#[tauri::command]
pub(super) async fn save_profile(
    state: State<'_, AppState>,
    form: ProfileForm,
    how: Option<SaveHow>,
) -> Answer<SavedProfile> {
    let (inputs, name) = (state.inputs().clone(), form.name.trim().to_owned());
    let report = setup::save(&inputs, form, how.unwrap_or_default()).await.map_err(|e| e.failure())?;
    if report.saved {
        state.choose(Some(name)).await;
    }
    Ok(SavedProfile { report, session: state.session().await })
}

/// The path that is meant by what somebody has typed.
#[tauri::command]
pub(super) async fn full_path(state: State<'_, AppState>, text: String) -> Answer<String> {
    setup::full_path(&state.inputs(), &text).map_err(|e| e.failure())
}

/// Connects, and reports what is there.
#[tauri::command]
pub(super) async fn check_source(state: State<'_, AppState>, url: DatabaseUrl) -> Answer<SourceCheck> {
    let inputs = state.inputs().clone();
    setup::check_source(&inputs, &url).await.map_err(|e| e.failure())
}

/// Writes a small object and reads it back.
#[tauri::command]
pub(super) async fn check_store(
    state: State<'_, AppState>,
    store: StoreSettings,
    credentials: Option<StoreCredentials>,
) -> Answer<StoreCheck> {
    let inputs = state.inputs().clone();
    setup::check_store(&inputs, &store, credentials.as_ref()).await.map_err(|e| e.failure())
}

/// What lies in a store, and which keys open it. Nothing is written.
#[tauri::command]
pub(super) async fn look_into_store(
    state: State<'_, AppState>,
    store: StoreSettings,
    credentials: Option<StoreCredentials>,
) -> Answer<StoreContents> {
    let (context, inputs) = (state.context().await?, state.inputs().clone());
    setup::look_into_store(&context, &inputs, &store, credentials.as_ref()).await.map_err(|e| e.failure())
}

//! Which profile is shown, and in what language.

use aitta_engine::{Clock, SystemClock, demo};
use aitta_model::Session;
use tauri::{AppHandle, Runtime, State};
use tokio_util::sync::CancellationToken;

use crate::speech::Speech;
use crate::state::{Answer, AppState};
use crate::tray;

/// Days of the sample's past.
const SAMPLE_DAYS: u32 = 90;

#[tauri::command]
pub(super) async fn session<R: Runtime>(app: AppHandle<R>, state: State<'_, AppState>) -> Answer<Session> {
    let session = state.session().await;
    // With a profile the page asks for its state, and the tray shows that answer.
    if session.active.is_none() {
        tray::refresh(&app).await;
    }
    Ok(session)
}

#[tauri::command]
pub(super) async fn choose_profile(state: State<'_, AppState>, name: String) -> Answer<Session> {
    state.choose(Some(name)).await;
    Ok(state.session().await)
}

/// Makes a sample database with a past of real backups, and shows it.
#[tauri::command]
pub(super) async fn make_sample(state: State<'_, AppState>, operation: u32) -> Answer<Session> {
    let cancel = CancellationToken::new();
    let _working = state.begin_sample(operation, cancel.clone())?;
    let folder = state.data_dir()?.join("sample");
    let past =
        demo::past::make(&folder, SAMPLE_DAYS, SystemClock.now(), cancel).await.map_err(|e| e.failure())?;
    state.show(past.context).await;
    Ok(state.session().await)
}

/// The tray and notifications speak this language from now on, as the page does.
#[tauri::command]
pub(super) async fn set_language<R: Runtime>(
    app: AppHandle<R>,
    speech: State<'_, Speech>,
    code: String,
) -> Answer<()> {
    if speech.choose(&code) {
        tray::speak(&app).await;
    }
    Ok(())
}

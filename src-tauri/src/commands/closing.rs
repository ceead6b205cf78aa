//! What closing the window means.

use tauri::{AppHandle, Runtime};

use crate::state::Answer;
use crate::window;

/// Whether Aitta stays in the tray when its window is closed.
#[tauri::command]
pub(super) async fn stays_in_tray<R: Runtime>(app: AppHandle<R>) -> Answer<bool> {
    Ok(window::stays_in_tray(&app))
}

#[tauri::command]
pub(super) async fn set_stays_in_tray<R: Runtime>(app: AppHandle<R>, stays: bool) -> Answer<()> {
    window::set_stays_in_tray(&app, stays)
        .map_err(|e| super::files::failed("what closing the window means can't be kept", &e))
}

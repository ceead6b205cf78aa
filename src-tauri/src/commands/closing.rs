//! What closing the window means.

use tauri::ipc::Channel;
use tauri::{AppHandle, Runtime, State};

use crate::state::Answer;
use crate::unsaved::Unsaved;
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

/// Whether there is something in the page that is not saved. As long as there is, the end of the program is asked for in
/// the page: see [`on_close`].
#[tauri::command]
pub(super) async fn set_unsaved(unsaved: State<'_, Unsaved>, on: bool) -> Answer<()> {
    unsaved.set(on);
    Ok(())
}

/// From now on the page hears of an end that waits for its answer.
#[tauri::command]
pub(super) async fn on_close(unsaved: State<'_, Unsaved>, progress: Channel<()>) -> Answer<()> {
    unsaved.listens(progress);
    Ok(())
}

/// What is not saved may be lost: ends the program.
#[tauri::command]
pub(super) async fn close_anyway<R: Runtime>(app: AppHandle<R>, unsaved: State<'_, Unsaved>) -> Answer<()> {
    unsaved.set(false);
    app.exit(0);
    Ok(())
}

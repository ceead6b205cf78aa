//! Is the data safe?

use aitta_engine::{history as past, overview as engine, readiness as needs, review as monthly, runs};
use aitta_model::{
    AcceptReport, AcceptRequest, Date, History, Overview, ProfileState, Pulse, Readiness, Review,
};
use jiff::ToSpan;
use tauri::ipc::Channel;
use tauri::{AppHandle, Runtime, State};

use crate::pulse::Page;
use crate::state::{Answer, AppState};
use crate::tray;

#[tauri::command]
pub(super) async fn overview<R: Runtime>(app: AppHandle<R>, state: State<'_, AppState>) -> Answer<Overview> {
    let context = state.context().await?;
    let answer = engine::overview(&context).await.map_err(|e| e.failure());
    // What is under way stands in the tray until it ends; and another profile may be shown by now.
    let is_shown = state.opened().await.is_some_and(|shown| shown.profile.name == context.profile.name);
    if is_shown && !runs::pulse(&context).await.is_ok_and(|pulse| pulse.running > 0) {
        tray::show_state(&app, answer.as_ref().ok());
    }
    answer
}

/// How each of the profiles stands.
#[tauri::command]
pub(super) async fn profiles(state: State<'_, AppState>) -> Answer<Vec<ProfileState>> {
    let inputs = state.inputs().clone();
    // What keeps the one that is shown from being opened is told beside its name.
    let shown = state.context().await.ok();
    Ok(engine::profiles(&inputs, shown.as_ref()).await)
}

/// Whether everything is there that a restore will need.
#[tauri::command]
pub(super) async fn readiness(state: State<'_, AppState>) -> Answer<Readiness> {
    Ok(needs::readiness(&state.context().await?).await)
}

/// The last so many days.
#[tauri::command]
pub(super) async fn history(state: State<'_, AppState>, days: u32) -> Answer<History> {
    let context = state.context().await?;
    let now = context.clock.now();
    // Today is one of them.
    let from = now - (24 * i64::from(days.clamp(1, 3660) - 1)).hours();
    past::history(&context, from, now).await.map_err(|e| e.failure())
}

/// The month that this day lies in, or the last that is over.
#[tauri::command]
pub(super) async fn review(state: State<'_, AppState>, month: Option<Date>) -> Answer<Review> {
    monthly::review(&state.context().await?, month).await.map_err(|e| e.failure())
}

/// Says that what the newest backup has lost was meant to go.
#[tauri::command]
pub(super) async fn accept_loss(state: State<'_, AppState>, request: AcceptRequest) -> Answer<AcceptReport> {
    engine::accept(&state.context().await?, request).await.map_err(|e| e.failure())
}

/// From now on the page is told when runs begin and end, also those of other processes. A page that is loaded anew
/// takes the place of the earlier one.
#[tauri::command]
pub(super) async fn watch(page: State<'_, Page>, progress: Channel<Pulse>) -> Answer<()> {
    page.listens(progress);
    Ok(())
}

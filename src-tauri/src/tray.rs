//! The icon in the tray: what state the data is in, and "Back up now".

use aitta_engine::overview::overview;
use aitta_engine::{Silent, backup};
use aitta_model::{BackupRequest, Verdict};
use tauri::menu::{Menu, MenuEvent, MenuItem};
use tauri::tray::{MouseButton, TrayIconBuilder, TrayIconEvent};
use tauri::{App, AppHandle, Manager, Runtime};

use crate::state::AppState;
use crate::window;

const ID: &str = "aitta";

/// Puts the icon into the tray. Where the desktop has none, the window closes for good instead.
pub(crate) fn show<R: Runtime>(app: &App<R>) -> tauri::Result<()> {
    let open = MenuItem::with_id(app, "open", "Open Aitta", true, None::<&str>)?;
    let back_up = MenuItem::with_id(app, "back-up", "Back up now", true, None::<&str>)?;
    let quit = MenuItem::with_id(app, "quit", "Quit", true, None::<&str>)?;
    let menu = Menu::with_items(app, &[&open, &back_up, &quit])?;
    let mut tray = TrayIconBuilder::with_id(ID)
        .menu(&menu)
        .tooltip("Aitta")
        .on_menu_event(|app, event| chosen(app, &event))
        .on_tray_icon_event(|tray, event| {
            if matches!(event, TrayIconEvent::Click { button: MouseButton::Left, .. }) {
                window::show(tray.app_handle());
            }
        });
    if let Some(icon) = app.default_window_icon() {
        tray = tray.icon(icon.clone());
    }
    tray.build(app).map(drop)
}

pub(crate) fn is_there<R: Runtime>(app: &AppHandle<R>) -> bool {
    app.tray_by_id(ID).is_some()
}

fn chosen<R: Runtime>(app: &AppHandle<R>, event: &MenuEvent) {
    match event.id().as_ref() {
        "open" => window::show(app),
        "back-up" => {
            let app = app.clone();
            tauri::async_runtime::spawn(async move { back_up(&app).await });
        }
        "quit" => app.exit(0),
        _ => {}
    }
}

async fn back_up<R: Runtime>(app: &AppHandle<R>) {
    let state = app.state::<AppState>();
    working(app);
    let result = async {
        let context = state.context().await?;
        backup::create(&context, BackupRequest::default(), &Silent).await.map_err(|e| e.failure())
    };
    let result = result.await;
    refresh(app).await;
    window::tell_if_hidden(app, "Backup", result.as_ref().map(|report| report.archive.id.as_str()));
}

/// A run is under way.
pub(crate) fn working<R: Runtime>(app: &AppHandle<R>) {
    say(app, "Aitta: running");
}

/// Shows the state of the data anew.
pub(crate) async fn refresh<R: Runtime>(app: &AppHandle<R>) {
    let state = app.state::<AppState>();
    let Ok(context) = state.context().await else { return say(app, "Aitta: not set up") };
    let words = match overview(&context).await.map(|overview| overview.verdict) {
        Ok(Verdict::Safe) => "Aitta: your data is safe",
        Ok(Verdict::NeverRestored) => "Aitta: backed up, never proven by a restore",
        Ok(Verdict::LastFailed { .. }) => "Aitta: the last backup failed",
        Ok(Verdict::NoBackup { .. }) => "Aitta: no backup yet",
        Ok(Verdict::TooOld { .. }) => "Aitta: the last backup is too old",
        Ok(Verdict::Damaged { .. }) => "Aitta: the newest backup is damaged",
        Ok(Verdict::Unknown { .. }) | Err(_) => "Aitta: the backup store can't be read",
    };
    say(app, words);
}

fn say<R: Runtime>(app: &AppHandle<R>, words: &str) {
    let Some(tray) = app.tray_by_id(ID) else { return };
    if let Err(error) = tray.set_tooltip(Some(words)) {
        tracing::debug!("the tray takes no words: {error}");
    }
}

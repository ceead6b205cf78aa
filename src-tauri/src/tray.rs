//! The icon in the tray: what state the data is in, and "Back up now".

mod dot;
mod words;

use std::sync::{Mutex, PoisonError};

use aitta_engine::overview::overview;
use aitta_engine::{Silent, backup};
use aitta_model::{BackupRequest, Overview};
use tauri::menu::{Menu, MenuEvent, MenuItem, PredefinedMenuItem};
use tauri::tray::{MouseButton, TrayIconBuilder, TrayIconEvent};
use tauri::{App, AppHandle, Manager, Runtime};

use self::dot::dotted;
use self::words::Tone;
use crate::speech::{self, Work};
use crate::state::AppState;
use crate::unsaved::Unsaved;
use crate::window;

const ID: &str = "aitta";

/// The items of the menu, and the colour that the icon has.
struct Shown<R: Runtime> {
    head: MenuItem<R>,
    open: MenuItem<R>,
    back_up: MenuItem<R>,
    quit: MenuItem<R>,
    tone: Mutex<Option<Tone>>,
}

/// Puts the icon into the tray. Where the desktop has none, the window closes for good instead.
pub(crate) fn show<R: Runtime>(app: &App<R>) -> tauri::Result<()> {
    let head = MenuItem::with_id(app, "verdict", "Aitta", false, None::<&str>)?;
    let line = PredefinedMenuItem::separator(app)?;
    let words = speech::words(app.handle());
    let open = MenuItem::with_id(app, "open", words.open, true, None::<&str>)?;
    let back_up = MenuItem::with_id(app, "back-up", words.back_up, true, None::<&str>)?;
    let quit = MenuItem::with_id(app, "quit", words.quit, true, None::<&str>)?;
    let menu = Menu::with_items(app, &[&head, &line, &open, &back_up, &quit])?;
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
    tray.build(app)?;
    app.manage(Shown { head, open, back_up, quit, tone: Mutex::default() });
    Ok(())
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
        // What was entered and not saved is seen before it is lost.
        "quit" if app.state::<Unsaved>().asks() => window::show(app),
        "quit" => app.exit(0),
        _ => {}
    }
}

async fn back_up<R: Runtime>(app: &AppHandle<R>) {
    let state = app.state::<AppState>();
    working(app, Work::Backup);
    let result = async {
        let context = state.context().await?;
        backup::create(&context, BackupRequest::default(), &Silent).await.map_err(|e| e.failure())
    };
    let result = result.await;
    refresh(app).await;
    window::tell_backup(app, &result);
}

/// This is under way.
pub(crate) fn working<R: Runtime>(app: &AppHandle<R>, work: Work) {
    say(app, (speech::words(app).at_work)(work));
}

/// Speaks another language from now on.
pub(crate) async fn speak<R: Runtime>(app: &AppHandle<R>) {
    let words = speech::words(app);
    if let Some(shown) = app.try_state::<Shown<R>>() {
        let items = [(&shown.open, words.open), (&shown.back_up, words.back_up), (&shown.quit, words.quit)];
        for (item, words) in items {
            if let Err(error) = item.set_text(words) {
                tracing::debug!("the menu takes no words: {error}");
            }
        }
    }
    refresh(app).await;
}

/// Shows the state of the data anew.
pub(crate) async fn refresh<R: Runtime>(app: &AppHandle<R>) {
    let (state, words) = (app.state::<AppState>(), speech::words(app));
    let context = state.context().await.ok().filter(|context| context.profile.database_url.is_some());
    let Some(context) = context else {
        colour(app, None);
        return say(app, words.not_set_up);
    };
    show_state(app, overview(&context).await.ok().as_ref());
}

/// Shows a state that was asked for just now; absent when it could not be had.
pub(crate) fn show_state<R: Runtime>(app: &AppHandle<R>, overview: Option<&Overview>) {
    let words = speech::words(app);
    let Some(overview) = overview else {
        colour(app, Some(Tone::Bad));
        return say(app, words.nothing_known);
    };
    if overview.profile.database.is_none() {
        colour(app, None);
        return say(app, words.not_set_up);
    }
    let (tone, told) = words::of(words, overview);
    colour(app, Some(tone));
    say(app, &told);
}

/// In the tooltip, and at the head of the menu: not every desktop shows a tooltip.
fn say<R: Runtime>(app: &AppHandle<R>, words: &str) {
    let Some(tray) = app.tray_by_id(ID) else { return };
    if let Err(error) = tray.set_tooltip(Some(format!("Aitta: {words}"))) {
        tracing::debug!("the tray takes no words: {error}");
    }
    let Some(shown) = app.try_state::<Shown<R>>() else { return };
    if let Err(error) = shown.head.set_text(words) {
        tracing::debug!("the menu takes no words: {error}");
    }
}

/// Gives the icon its dot. Some desktops write a file for each icon, so an unchanged one is not set again.
fn colour<R: Runtime>(app: &AppHandle<R>, tone: Option<Tone>) {
    let (Some(tray), Some(shown)) = (app.tray_by_id(ID), app.try_state::<Shown<R>>()) else { return };
    let Some(icon) = app.default_window_icon() else { return };
    let mut now = shown.tone.lock().unwrap_or_else(PoisonError::into_inner);
    if *now == tone {
        return;
    }
    let icon = match tone {
        Some(tone) => dotted(icon, tone),
        None => icon.clone(),
    };
    match tray.set_icon(Some(icon)) {
        Ok(()) => *now = tone,
        Err(error) => tracing::debug!("the tray takes no icon: {error}"),
    }
}

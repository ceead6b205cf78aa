//! The shell: a window around the page, and commands that hand its wishes to the engine. It decides
//! nothing about backups.

mod choice;
mod clipboard;
mod commands;
#[cfg(target_os = "linux")]
mod drawing;
mod duties;
mod last;
mod progress;
mod pulse;
mod schedule;
mod speech;
mod state;
mod tray;
mod unsaved;
mod window;

use aitta_engine::config::Inputs;
use tauri::{App, Builder, Manager, Runtime};

pub use crate::state::AppState;

/// Opens the window and stays until it is closed for good.
///
/// # Errors
/// The window system can't be reached.
pub fn run() -> tauri::Result<()> {
    #[cfg(target_os = "linux")]
    drawing::draw_on_the_processor();
    let profile = std::env::var("AITTA_PROFILE").ok().filter(|name| !name.is_empty());
    let inputs = Inputs::of_process(profile, None).map_err(|e| std::io::Error::other(e.to_string()))?;
    let builder = Builder::default()
        .plugin(tauri_plugin_single_instance::init(|app, _, _| window::show(app)))
        .plugin(tauri_plugin_window_state::Builder::default().build());
    let app = build(builder, AppState::new(inputs), tauri::generate_context!())?;
    // Beside what closing the window means.
    match app.path().app_config_dir() {
        Ok(folder) => {
            app.state::<AppState>().remember_in(folder.join("last-profile"));
            app.state::<speech::Speech>().keep_in(folder.join("language"));
        }
        Err(error) => tracing::warn!("the chosen profile and language can't be kept: {error}"),
    }
    duties::watch(app.handle().clone());
    pulse::watch(app.handle());
    schedule::keep(app.handle());
    app.run(window::event);
    Ok(())
}

/// The app without what only a real desktop has, for any runtime.
///
/// # Errors
/// Those of the runtime.
pub fn build<R: Runtime>(
    builder: Builder<R>,
    state: AppState,
    context: tauri::Context<R>,
) -> tauri::Result<App<R>> {
    builder
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_notification::init())
        .plugin(tauri_plugin_opener::init())
        .manage(state)
        .manage(pulse::Page::default())
        .manage(clipboard::CopiedSecret::default())
        .manage(unsaved::Unsaved::default())
        .manage(speech::Speech::default())
        .manage(schedule::Stop::default())
        .invoke_handler(commands::handler())
        .setup(|app| {
            window::open(app)?;
            // On a desktop without a tray, closing the window ends the program.
            if let Err(error) = tray::show(app) {
                tracing::warn!("no icon in the tray: {error}");
            }
            Ok(())
        })
        .build(context)
}

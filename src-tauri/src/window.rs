//! The one window.

use aitta_model::{BackupReport, Failure, plain, plain_lines};
use tauri::{App, AppHandle, Manager, RunEvent, Runtime, WebviewWindowBuilder, WindowEvent};
use tauri_plugin_notification::NotificationExt;

use crate::clipboard::CopiedSecret;
use crate::schedule;
use crate::speech::{self, Work};
use crate::unsaved::Unsaved;

/// Its label, which the capabilities name.
pub(crate) const MAIN: &str = "main";

pub(crate) fn open<R: Runtime>(app: &App<R>) -> tauri::Result<()> {
    let config = app.config().app.windows.iter().find(|w| w.label == MAIN).cloned().unwrap_or_default();
    WebviewWindowBuilder::from_config(app.handle(), &config)?.build().map(drop)
}

/// Brings the window to the front.
pub(crate) fn show<R: Runtime>(app: &AppHandle<R>) {
    let Some(window) = app.get_webview_window(MAIN) else { return };
    let shown = window.show().and_then(|()| window.unminimize()).and_then(|()| window.set_focus());
    if let Err(error) = shown {
        tracing::warn!("the window cannot be shown: {error}");
    }
}

/// The file that says that closing the window ends the program; without it Aitta stays in the tray.
fn quits_mark<R: Runtime>(app: &AppHandle<R>) -> tauri::Result<std::path::PathBuf> {
    Ok(app.path().app_config_dir()?.join("quits-with-window"))
}

/// Whether the tray stays when the window is closed: yes, unless the user has chosen otherwise.
pub(crate) fn stays_in_tray<R: Runtime>(app: &AppHandle<R>) -> bool {
    !quits_mark(app).is_ok_and(|mark| mark.exists())
}

pub(crate) fn set_stays_in_tray<R: Runtime>(app: &AppHandle<R>, stays: bool) -> tauri::Result<()> {
    let mark = quits_mark(app)?;
    if stays {
        match std::fs::remove_file(&mark) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e.into()),
            _ => return Ok(()),
        }
    }
    if let Some(folder) = mark.parent() {
        std::fs::create_dir_all(folder)?;
    }
    Ok(std::fs::write(&mark, "")?)
}

/// Closing the window leaves the tray, where there is one.
pub(crate) fn event<R: Runtime>(app: &AppHandle<R>, event: RunEvent) {
    if let RunEvent::Exit = event {
        app.state::<CopiedSecret>().take_away(None);
        app.state::<schedule::Stop>().now();
    }
    let RunEvent::WindowEvent { label, event: WindowEvent::CloseRequested { api, .. }, .. } = event else {
        return;
    };
    if label != MAIN {
        return;
    }
    // Hidden, the page keeps what was entered.
    if !crate::tray::is_there(app) || !stays_in_tray(app) {
        if app.state::<Unsaved>().asks() {
            api.prevent_close();
        }
        return;
    }
    if let Some(window) = app.get_webview_window(MAIN) {
        api.prevent_close();
        drop(window.hide());
    }
}

/// A native notification about a run that has ended, when the page is out of sight.
pub(crate) fn tell_if_hidden<R: Runtime>(app: &AppHandle<R>, work: Work, result: Result<&str, &Failure>) {
    let seen = app
        .get_webview_window(MAIN)
        .is_some_and(|w| w.is_visible().unwrap_or(true) && !w.is_minimized().unwrap_or(false));
    if seen {
        return;
    }
    let words = speech::words(app);
    // The window says the rest.
    let (title, body) = match result {
        Ok(text) => ((words.succeeded)(work), text),
        Err(failure) => ((words.failed)(work), (words.in_short)(failure.code)),
    };
    notify(app, title, body);
}

/// The same of a backup.
pub(crate) fn tell_backup<R: Runtime>(app: &AppHandle<R>, result: &Result<BackupReport, Failure>) {
    let told =
        result.as_ref().map(|report| (speech::words(app).read_back)(report.archive.rows, report.sampled));
    tell_if_hidden(app, Work::Backup, told.as_deref().map_err(|failure| *failure));
}

/// What others have named or said, for a notification: the desktops of Linux read markup in its text, where a table
/// named `<a href=…>` would be a link.
fn unmarked(text: &str) -> String {
    let text = plain_lines(text);
    match cfg!(target_os = "linux") {
        true => text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
        false => text,
    }
}

/// A native notification.
pub(crate) fn notify<R: Runtime>(app: &AppHandle<R>, title: &str, body: &str) {
    if let Err(error) = app.notification().builder().title(plain(title)).body(unmarked(body)).show() {
        tracing::warn!("no notification: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::unmarked;

    #[test]
    fn names_in_notices_are_neither_markup_nor_control_characters() {
        let told = unmarked("table <a href=\"http://x\">\u{1b}]0;x\u{7}</a> & \u{202e}more\nhint");
        assert!(!told.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{told}");
        assert!(told.ends_with("\nhint"), "{told}");
        #[cfg(target_os = "linux")]
        assert!(
            told.starts_with("table &lt;a href=\"http://x\"&gt;") && told.contains("&lt;/a&gt; &amp; "),
            "{told}"
        );
    }
}

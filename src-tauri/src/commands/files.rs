//! Files that the user takes along: charts, lists, reports.

use aitta_model::{ErrorCode, Failure};
use tauri::{AppHandle, Runtime};
use tauri_plugin_dialog::DialogExt;

use crate::state::Answer;

/// Asks where to save, and saves. Returns the path, or nothing when the user has cancelled.
#[tauri::command]
pub(super) async fn save_file<R: Runtime>(
    app: AppHandle<R>,
    name: String,
    bytes: Vec<u8>,
) -> Answer<Option<String>> {
    let (answer, asked) = tokio::sync::oneshot::channel();
    app.dialog().file().set_file_name(name).save_file(move |chosen| {
        // The window may have been closed meanwhile.
        drop(answer.send(chosen));
    });
    let Ok(Some(chosen)) = asked.await else { return Ok(None) };
    let path = chosen.into_path().map_err(|e| failed("this place can't be written", &e))?;
    // Some of them hold secrets, such as a recovery kit.
    let (target, private) = (path.clone(), move |path: &std::path::Path| {
        use std::io::Write;
        let mut options = std::fs::File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        file.write_all(&bytes)?;
        file.sync_all()
    });
    tokio::task::spawn_blocking(move || private(&target))
        .await
        .unwrap_or_else(|e| Err(std::io::Error::other(e)))
        .map_err(|e| failed(&format!("{} can't be written", path.display()), &e))?;
    Ok(Some(path.display().to_string()))
}

pub(super) fn failed(what: &str, error: &dyn std::error::Error) -> Failure {
    Failure {
        code: ErrorCode::System,
        message: format!("{what}: {error}"),
        hint: "choose another folder, or check its rights and the room on its disk".to_owned(),
    }
}

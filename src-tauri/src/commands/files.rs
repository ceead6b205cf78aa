//! Files that the user takes along: charts, lists, reports.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use aitta_model::{ErrorCode, Failure};
use tauri::{AppHandle, Manager, Runtime};
use tauri_plugin_dialog::{DialogExt, FilePath};
use zeroize::Zeroizing;

use crate::clipboard::{self, CopiedSecret};
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
    let target = path.clone();
    tokio::task::spawn_blocking(move || write_private(&target, &bytes))
        .await
        .unwrap_or_else(|e| Err(std::io::Error::other(e)))
        .map_err(|e| failed(&format!("{} can't be written", path.display()), &e))?;
    Ok(Some(path.display().to_string()))
}

/// Asks for a folder. Returns its path, or nothing when the user has cancelled.
#[tauri::command]
pub(super) async fn choose_folder<R: Runtime>(app: AppHandle<R>) -> Answer<Option<String>> {
    let (answer, asked) = tokio::sync::oneshot::channel();
    app.dialog().file().pick_folder(move |chosen| {
        // The window may have been closed meanwhile.
        drop(answer.send(chosen));
    });
    named(asked.await.ok().flatten())
}

/// Asks for a file. Returns its path and nothing of what is in it, or nothing when the user has cancelled.
#[tauri::command]
pub(super) async fn choose_file<R: Runtime>(app: AppHandle<R>) -> Answer<Option<String>> {
    let (answer, asked) = tokio::sync::oneshot::channel();
    app.dialog().file().pick_file(move |chosen| {
        // As for a folder.
        drop(answer.send(chosen));
    });
    named(asked.await.ok().flatten())
}

fn path_of(chosen: FilePath) -> Answer<PathBuf> {
    chosen.into_path().map_err(|e| failed("this place is no file or folder of this machine", &e))
}

/// A path that can't be sent as text can't be written into the configuration either.
fn named(chosen: Option<FilePath>) -> Answer<Option<String>> {
    let Some(chosen) = chosen else { return Ok(None) };
    let path = path_of(chosen)?;
    match path.to_str() {
        Some(text) => Ok(Some(text.to_owned())),
        None => Err(Failure {
            code: ErrorCode::ConfigInvalid,
            message: format!("the path {} is not valid UTF-8", path.display()),
            hint: "rename it, or choose another place".to_owned(),
        }),
    }
}

/// Puts a secret on the clipboard, and takes it away again a little later.
#[tauri::command]
pub(super) async fn copy_secret<R: Runtime>(app: AppHandle<R>, text: String) -> Answer<()> {
    let (handle, secret) = (app.clone(), Zeroizing::new(text));
    let number = tokio::task::spawn_blocking(move || handle.state::<CopiedSecret>().put(secret))
        .await
        .map_err(|e| failed("the clipboard can't be used", &e))?
        .map_err(|e| failed("the clipboard can't be used", &e))?;
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(clipboard::STAYS).await;
        let took = tokio::task::spawn_blocking(move || app.state::<CopiedSecret>().take_away(Some(number)));
        if let Err(error) = took.await {
            tracing::warn!("a secret stays on the clipboard: {error}");
        }
    });
    Ok(())
}

/// Writes a file that only its owner may read, also in the place of one that others could read: that one keeps neither
/// its rights nor, when it is a link, what it leads to.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if std::fs::symlink_metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_symlink()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "there is something there that is no file"));
    }
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    // Beside it, so that it takes its place in one step. A new file has the rights of its maker only.
    let beside = path.with_file_name(format!(".{name}.{}.partial", std::process::id()));
    let mut options = std::fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.and_then(|()| std::fs::rename(&beside, path)).inspect_err(|_| {
        // It may hold half a secret.
        let _gone = std::fs::remove_file(&beside);
    })
}

pub(super) fn failed(what: &str, error: &dyn std::error::Error) -> Failure {
    Failure {
        code: ErrorCode::System,
        message: format!("{what}: {error}"),
        hint: "choose another folder, or check its rights and the room on its disk".to_owned(),
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::PathBuf;

    use super::{named, write_private};

    #[test]
    fn a_path_that_is_no_text_is_refused_and_not_changed() {
        use std::os::unix::ffi::OsStringExt as _;
        assert_eq!(named(None).unwrap(), None);
        let path = PathBuf::from("/srv/varmuuskopiot ä");
        assert_eq!(named(Some(path.into())).unwrap().as_deref(), Some("/srv/varmuuskopiot ä"));
        let odd = PathBuf::from(std::ffi::OsString::from_vec(b"/srv/\xff".to_vec()));
        assert!(named(Some(odd.into())).is_err());
    }

    #[test]
    fn what_is_saved_over_a_file_of_everybody_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kit.html");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        for before in [None, Some(0o644), Some(0o666), Some(0o444)] {
            if let Some(before) = before {
                fs::write(&path, b"an earlier file").unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(before)).unwrap();
            }
            write_private(&path, b"secret").unwrap();
            assert_eq!((mode(), fs::read(&path).unwrap()), (0o600, b"secret".to_vec()), "{before:?}");
        }
        // Nothing is written to where a link leads.
        let elsewhere = folder.path().join("elsewhere");
        fs::write(&elsewhere, b"theirs").unwrap();
        fs::remove_file(&path).unwrap();
        symlink(&elsewhere, &path).unwrap();
        write_private(&path, b"secret").unwrap();
        assert_eq!((mode(), fs::read(&elsewhere).unwrap()), (0o600, b"theirs".to_vec()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside it");
        assert!(write_private(folder.path(), b"secret").is_err());
    }
}

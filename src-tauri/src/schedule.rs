//! While the app is open, or in the tray, it starts what is due, unless another program does.

use std::time::Duration;

use aitta_engine::hosting::{self, Heard, Hosting};
use aitta_model::HostKind;
use tauri::{AppHandle, Manager, Runtime};
use tokio_util::sync::CancellationToken;

use crate::state::AppState;

/// The window is usable by then. That this program sees to the schedule is true at once.
const REST: Duration = Duration::from_secs(5);

/// After a fault that keeps it from being the one that starts backups, such as a configuration that can't be read.
const AGAIN: Duration = Duration::from_secs(60);

/// Stops what is under way when the program ends.
#[derive(Default)]
pub(crate) struct Stop(CancellationToken);

impl Stop {
    pub(crate) fn now(&self) {
        self.0.cancel();
    }
}

/// Starts what is due as long as the program runs. It does so for every profile, whichever is shown.
pub(crate) fn keep<R: Runtime>(app: &AppHandle<R>) {
    let (app, stop) = (app.clone(), app.state::<Stop>().0.clone());
    tauri::async_runtime::spawn(async move {
        // Which profile is shown says nothing of those that are to be backed up.
        let inputs = || {
            let shown = app.state::<AppState>().inputs().clone();
            aitta_engine::config::Inputs { profile: None, ..shown }
        };
        let hosting = Hosting { rest: REST, ..Hosting::by(HostKind::Window) };
        while !stop.is_cancelled() {
            if let Err(error) = hosting::host(&inputs, hosting, &stop, &heard).await {
                tracing::warn!(%error, "backups that are due are not started");
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(AGAIN) => {}
                }
            }
        }
    });
}

/// The page sees runs and the state of the schedule by itself.
fn heard(heard: Heard) {
    tracing::info!(?heard, "the schedule");
}

//! What a command needs from the process: the configuration, and the signals that stop it.

use std::path::PathBuf;

use aitta_engine::config::{self, Inputs};
use aitta_engine::{Context, Result};
use tokio_util::sync::CancellationToken;

use crate::args::Global;

/// The context of the profile that counts. Ctrl-C and SIGTERM cancel it.
pub(crate) async fn context(global: &Global) -> Result<Context> {
    let profile = config::load(&inputs(global)?)?;
    let context = Context::new(profile).await?;
    stop_on_signal(context.cancel.clone());
    Ok(context)
}

/// The same for a rebuild of the catalog, with the place of a damaged one that was set aside.
pub(crate) async fn rebuilding(global: &Global) -> Result<(Context, Option<PathBuf>)> {
    let profile = config::load(&inputs(global)?)?;
    let (context, aside) = Context::rebuilding(profile).await?;
    stop_on_signal(context.cancel.clone());
    Ok((context, aside))
}

pub(crate) fn inputs(global: &Global) -> Result<Inputs> {
    Inputs::of_process(global.profile.clone(), global.config.clone())
}

/// The first signal asks the operation to end, the second ends the process: also then nothing
/// half-written is ever visible, but it is swept away only by the next run.
pub(crate) fn stop_on_signal(cancel: CancellationToken) {
    tokio::spawn(async move {
        signal().await;
        cancel.cancel();
        signal().await;
        std::process::exit(i32::from(aitta_model::ErrorCode::Cancelled.exit_code()));
    });
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            result = tokio::signal::ctrl_c() => or_never(result).await,
            _ = terminate.recv() => {}
        },
        Err(_) => or_never(tokio::signal::ctrl_c().await).await,
    }
}

#[cfg(not(unix))]
async fn signal() {
    or_never(tokio::signal::ctrl_c().await).await;
}

/// Where signals can't be listened to, the system ends the process by itself.
async fn or_never(result: std::io::Result<()>) {
    if result.is_err() {
        std::future::pending::<()>().await;
    }
}

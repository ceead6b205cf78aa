//! What a command needs from the process: the configuration, and the signals that stop it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aitta_engine::conditions::{self, Looker};
use aitta_engine::config::{self, Inputs};
use aitta_engine::keys::{Asked, KeyInputs};
use aitta_engine::{Context, Result, hooks, notify};
use tokio_util::sync::CancellationToken;

use crate::call::Call;
use crate::options::Global;
use crate::output;
use crate::progress;

/// The context of the profile that counts. Ctrl-C and SIGTERM cancel it.
pub(crate) async fn context(global: &Global) -> Result<Context> {
    let inputs = inputs(global)?;
    let context = Context::new(config::load(&inputs)?).await?.with_key_inputs(keys(&inputs));
    stop_on_signal(context.cancel.clone());
    *USED.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.clone());
    limited(context, global).at_place(global.copy)
}

/// The context of the command, for what is left to do after it.
static USED: Mutex<Option<Context>> = Mutex::new(None);

/// How long a command waits at its end for receivers of notices: as long as an attempt by mail may take.
const DELIVERY: Duration = Duration::from_secs(35);

/// Tells people what the command has to tell. What does not arrive now is tried again by the next command, or by the
/// program that sees to the schedule; none of it changes what the command came to.
pub(crate) async fn deliver(call: &Call<'_>) {
    let context = USED.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(context) = context.filter(|context| !context.cancel.is_cancelled()) else { return };
    // Whoever has nothing that sees to the schedule hears of it from a command, if from anything.
    if let Err(error) = conditions::look(&context, Looker::Command).await {
        call.output.warn(&error);
    }
    let delivered = tokio::select! {
        delivered = notify::deliver_within(&context, DELIVERY) => delivered,
        // The command is done, whatever is told of it.
        () = context.cancel.cancelled() => return,
    };
    match delivered {
        Ok(report) => report.failed.iter().for_each(|(_, failure)| {
            call.output.warn(&format!("a notice has not arrived: {}", failure.message));
        }),
        Err(error) => call.output.warn(&error),
    }
}

fn limited(context: Context, global: &Global) -> Context {
    match global.limit_rate() {
        Some(bytes_per_s) => context.limited(bytes_per_s),
        None => context,
    }
}

/// The context for a rebuild of the catalog, with the place of a damaged one that was set aside.
pub(crate) async fn rebuilding(global: &Global) -> Result<(Context, Option<PathBuf>)> {
    let inputs = inputs(global)?;
    let (context, aside) = Context::rebuilding(config::load(&inputs)?).await?;
    stop_on_signal(context.cancel.clone());
    Ok((limited(context.with_key_inputs(keys(&inputs)), global).at_place(global.copy)?, aside))
}

/// The context with the other profiles too: all of them share the keys.
pub(crate) fn with_neighbours(global: &Global, context: Context) -> Result<Context> {
    let inputs = inputs(global)?;
    let names = config::profiles(&inputs).into_iter().filter(|name| *name != context.profile.name);
    let load = |name| config::load(&Inputs { profile: Some(name), ..inputs.clone() });
    let neighbours = names.map(load).collect::<Result<Vec<_>>>()?;
    Ok(Context { neighbours: Arc::new(neighbours), ..context })
}

/// What the environment says about keys; the passphrase of a key file is asked for when somebody is there.
pub(crate) fn keys(inputs: &Inputs) -> KeyInputs {
    inputs.keys().asking(|asked, path| {
        let name = path.display();
        let ask = |question: &str| progress::ask_alone(|| output::ask_hidden(question));
        let first = ask(&match asked {
            Asked::Existing => format!("Passphrase of the key file {name}:"),
            Asked::New => format!("Passphrase for the new key file {name}:"),
        })?;
        match asked {
            Asked::Existing => Some(first),
            Asked::New => ask("The same once more:").filter(|second| *second == first),
        }
    })
}

pub(crate) fn inputs(global: &Global) -> Result<Inputs> {
    Inputs::of_process(global.profile().cloned(), global.config.clone())
}

/// So long an operation may take to end, once it was asked to.
const ENDS_WITHIN: Duration = Duration::from_secs(9);

/// The first signal asks the operation to end; the second, or that it does not end, ends the process: also then nothing
/// half-written is ever visible, but it is swept away only by the next run.
pub(crate) fn stop_on_signal(cancel: CancellationToken) {
    tokio::spawn(async move {
        signal().await;
        cancel.cancel();
        // An application that is being started again is waited for: that has a limit of its own.
        while tokio::time::timeout(ENDS_WITHIN, signal()).await.is_err() && hooks::is_starting_again() {}
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

//! `aitta key …`

use aitta_engine::{Result, keys};
use clap::Subcommand;
use serde::{Deserialize, Serialize};

use crate::call::{Call, OK};
use crate::session;

mod create;
mod destroy;
mod export_kit;
mod import;
mod kit_file;
mod rotate;
mod status;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Print one new key; it is stored nowhere and never shown again
    Generate,
    /// Print the id of the key that is set now
    Id,
    /// Make a key, keep it, and make it the active one once its recovery kit is at hand
    Create(create::Arguments),
    /// List the keys, and how many archives each opens
    Status,
    /// Take a key from its recovery kit
    Import(import::Arguments),
    /// Make the recovery kit of a key again
    ExportKit(export_kit::Arguments),
    /// Destroy a retired key that no archive needs
    Destroy(destroy::Arguments),
    /// Test whether the active key opens the newest archive
    Check,
    /// Move all archives to the active key, without writing their data anew
    Rotate(rotate::Arguments),
}

/// The id alone, which is not secret.
#[derive(Serialize, Deserialize)]
struct KeyId {
    key_id: String,
}

pub(crate) async fn run(call: &Call<'_>, command: Command) -> Result<u8> {
    match command {
        Command::Generate => generate(call),
        Command::Id => id(call).await,
        Command::Create(arguments) => create::run(call, arguments).await,
        Command::Status => status::run(call).await,
        Command::Import(arguments) => import::run(call, arguments).await,
        Command::ExportKit(arguments) => export_kit::run(call, arguments).await,
        Command::Destroy(arguments) => destroy::run(call, arguments).await,
        Command::Check => status::check(call).await,
        Command::Rotate(arguments) => rotate::run(call, arguments).await,
    }
}

fn generate(call: &Call<'_>) -> Result<u8> {
    let report = keys::generate()?;
    // The key alone on stdout, so that it can be piped into a secret store.
    call.output.report(&report, |r| r.key.clone())?;
    call.output.remark(&format!(
        "key id {}\nkeep a copy offline: without this key no archive can be opened",
        report.key_id
    ));
    Ok(OK)
}

async fn id(call: &Call<'_>) -> Result<u8> {
    let key_id = session::context(call.global).await?.keys().await?.active_id().to_string();
    call.output.report(&KeyId { key_id }, |r| r.key_id.clone())?;
    Ok(OK)
}

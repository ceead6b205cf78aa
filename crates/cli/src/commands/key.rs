//! `aitta key …`

use aitta_engine::Result;
use aitta_engine::keys::{self, KeyRing};
use clap::Subcommand;
use serde::Serialize;

use super::{Call, OK};

mod rotate;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Print one new key; it is stored nowhere and never shown again
    Generate,
    /// Print the id of the key that is set now
    Id,
    /// Move all archives to the active key, without writing their data anew
    Rotate(rotate::Arguments),
}

/// The id alone, which is not secret.
#[derive(Serialize)]
struct KeyId {
    key_id: String,
}

pub(super) async fn run(call: &Call<'_>, command: Command) -> Result<u8> {
    match command {
        Command::Rotate(arguments) => return rotate::run(call, arguments).await,
        Command::Generate => {
            let report = keys::generate()?;
            // The key alone on stdout, so that it can be piped into a secret store.
            call.output.report(&report, |r| r.key.clone())?;
            call.output.remark(&format!(
                "key id {}\nkeep a copy offline: without this key no archive can be opened",
                report.key_id
            ));
        }
        Command::Id => {
            let key_id = KeyRing::at_hand()?.active_id().to_string();
            call.output.report(&KeyId { key_id }, |r| r.key_id.clone())?;
        }
    }
    Ok(OK)
}

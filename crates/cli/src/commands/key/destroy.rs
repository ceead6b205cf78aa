//! `aitta key destroy`

use aitta_engine::{Error, Result, custody};
use aitta_model::{DestroyKeyRequest, ErrorCode, KeyState};
use clap::Args;

use super::status;
use crate::call::{Call, OK};
use crate::second_factor::Totp;
use crate::session;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The id of the key
    #[arg(value_name = "ID")]
    id: String,
    /// Why: routine, release, incident, drill, request-of-data-subject, or your own words
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// A store that the key was used in, and that is gone for good with its archives
    #[arg(long, value_name = "STORE")]
    gone: Vec<String>,
    #[command(flatten)]
    mfa: Totp,
    /// Don't ask
    #[arg(long, short)]
    yes: bool,
}

pub(super) async fn run(call: &Call<'_>, arguments: Arguments) -> Result<u8> {
    let id = arguments.id;
    if !arguments.yes {
        confirm(call, &id)?;
    }
    let context = session::with_neighbours(call.global, session::context(call.global).await?)?;
    let told = id.clone();
    let request = DestroyKeyRequest {
        key_id: id,
        reason: arguments.reason,
        mfa: arguments.mfa.code(),
        gone: arguments.gone,
    };
    let ring = custody::destroy(&context, request).await?;
    call.output.report(&ring, status::text)?;
    call.output.remark(&match ring
        .keys
        .iter()
        .any(|key| key.key_id == told && key.state != KeyState::Destroyed)
    {
        true => format!("the trail says that {told} is destroyed; take it out of BACKUP_RETIRED_KEYS now"),
        false => format!("destroyed {told}"),
    });
    Ok(OK)
}

fn confirm(call: &Call<'_>, id: &str) -> Result<()> {
    match call.output.ask(&format!("The key {id} cannot be brought back. Type its id to destroy it:")) {
        Some(answer) if answer == id => Ok(()),
        Some(_) => Err(Error::new(
            ErrorCode::Cancelled,
            "the id was not typed, so nothing was destroyed",
            "type the whole id",
        )),
        None => Err(Error::new(
            ErrorCode::ConfigInvalid,
            "destroying a key needs a confirmation, and there is no terminal to ask on",
            "add --yes",
        )),
    }
}

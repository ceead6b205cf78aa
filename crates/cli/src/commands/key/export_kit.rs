//! `aitta key export-kit`

use std::path::PathBuf;

use aitta_engine::{Result, custody};
use aitta_model::ExportKitRequest;
use clap::Args;
use serde::{Deserialize, Serialize};

use super::kit_file::KitFile;
use crate::call::{Call, OK};
use crate::second_factor::Totp;
use crate::session;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The new file, as text, or as HTML when its name ends so
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The id of the key; the active one when left out
    #[arg(long, value_name = "ID")]
    key: Option<String>,
    /// Why: routine, release, incident, drill, request-of-data-subject, or your own words
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    mfa: Totp,
}

/// What was written. The key itself is in the file only.
#[derive(Serialize, Deserialize)]
struct Exported {
    key_id: String,
    kit: String,
}

pub(super) async fn run(call: &Call<'_>, arguments: Arguments) -> Result<u8> {
    let mut file = KitFile::create(&arguments.file)?;
    let context = session::context(call.global).await?;
    let request =
        ExportKitRequest { key_id: arguments.key, reason: arguments.reason, mfa: arguments.mfa.code() };
    let kit = custody::export_kit(&context, request).await?;
    file.write(&kit)?;
    let exported = Exported { key_id: kit.key_id, kit: file.keep() };
    call.output.report(&exported, |e| format!("the recovery kit of the key {} is {}", e.key_id, e.kit))?;
    Ok(OK)
}

//! `aitta key import`

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use aitta_engine::{Error, Result, custody};
use aitta_model::{ErrorCode, ImportKeyRequest, KeyRingReport, KeyText};
use clap::Args;
use zeroize::Zeroizing;

use super::status;
use crate::call::{Call, OK};
use crate::second_factor::{Totp, with_code};
use crate::{output, session};

/// A kit has some kilobytes.
const MOST_BYTES: u64 = 1 << 20;

#[derive(Args)]
pub(crate) struct Arguments {
    /// A file with the recovery kit or the key, or - for the standard input; asked for when left out
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Why: routine, release, incident, drill, request-of-data-subject, or your own words
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    mfa: Totp,
}

pub(super) async fn run(call: &Call<'_>, arguments: Arguments) -> Result<u8> {
    let text = given(arguments.file.as_deref())?;
    let context = session::context(call.global).await?;
    let Arguments { reason, mfa, .. } = arguments;
    let ring: KeyRingReport = with_code(call, &context, mfa.code(), async |mfa| {
        let key = KeyText::new(text.as_str());
        custody::import(&context, ImportKeyRequest { key, reason: reason.clone(), mfa }).await
    })
    .await?;
    call.output.report(&ring, status::text)?;
    Ok(OK)
}

/// The key is never an argument: those are seen by every user of the machine, and kept by the shell.
fn given(file: Option<&Path>) -> Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    let read = match file {
        Some(path) if path != Path::new("-") => {
            File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text))
        }
        None if io::stdin().is_terminal() => {
            let typed = output::ask_hidden("The 16 groups of the recovery kit, with spaces (not shown):");
            return typed.ok_or_else(|| {
                Error::new(ErrorCode::ConfigInvalid, "no key was typed", "name the file of the recovery kit")
            });
        }
        _ => io::stdin().lock().take(MOST_BYTES).read_to_string(&mut text),
    };
    let name = file.map_or_else(|| "the standard input".to_owned(), |path| path.display().to_string());
    read.map_err(|e| {
        Error::new(
            ErrorCode::ConfigInvalid,
            format!("{name} cannot be read: {e}"),
            "name the file of the recovery kit, as text or HTML",
        )
    })?;
    Ok(text)
}

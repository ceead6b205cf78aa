//! `aitta key create`

use std::path::PathBuf;

use aitta_engine::{Context, Error, Result, custody};
use aitta_model::{
    ConfirmKeyRequest, CreateKeyRequest, ErrorCode, KeyRingReport, KeyState, MfaCode, RecoveryKit,
    TypedGroups,
};
use clap::Args;
use serde::{Deserialize, Serialize};

use super::kit_file::KitFile;
use crate::call::{Call, OK};
use crate::format::count;
use crate::second_factor::{Totp, with_code};
use crate::session;

/// How often somebody may mistype.
const TRIES: u32 = 3;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Write the recovery kit to this new file, as text, or as HTML when its name ends so
    #[arg(long, value_name = "FILE")]
    kit: Option<PathBuf>,
    /// Why: routine, release, incident, drill, request-of-data-subject, or your own words
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    mfa: Totp,
}

/// The result. The key itself is in the kit only.
#[derive(Serialize, Deserialize)]
struct Created {
    key_id: String,
    /// The file of the recovery kit.
    kit: Option<String>,
    ring: KeyRingReport,
}

pub(super) async fn run(call: &Call<'_>, arguments: Arguments) -> Result<u8> {
    let Arguments { kit, reason, mfa } = arguments;
    let asked = CreateKeyRequest { reason, mfa: mfa.code() };
    let created = match kit {
        Some(path) => into_file(call, path, asked).await?,
        None => on_terminal(call, asked).await?,
    };
    call.output.report(&created, text)?;
    if let Some(path) = &created.kit {
        call.output.remark(&format!(
            "print {path} or carry it away from this machine, then delete it here: it opens every backup"
        ));
    }
    Ok(OK)
}

async fn into_file(call: &Call<'_>, path: PathBuf, asked_for: CreateKeyRequest) -> Result<Created> {
    let mut file = KitFile::create(&path)?;
    let context = session::context(call.global).await?;
    let kit = made(call, &context, asked_for).await?;
    let written = match file.write(&kit) {
        // What was read back is what was written, so these are the groups in the file.
        Ok(()) => confirmed(call, &context, &kit, asked(&kit)).await,
        Err(e) => Err(e),
    };
    match written {
        Ok(ring) => Ok(Created { key_id: kit.key_id, kit: Some(file.keep()), ring }),
        Err(e) => {
            // The key may be in use in spite of the error: its kit must stay.
            let active = custody::status(&context).await.is_ok_and(|ring| {
                ring.keys.iter().any(|key| key.key_id == kit.key_id && key.state == KeyState::Active)
            });
            if active {
                let path = file.keep();
                return Err(
                    e.context(format_args!("the key {} is active, and its kit is in {path}", kit.key_id))
                );
            }
            Err(undone(&context, &kit, e).await)
        }
    }
}

async fn on_terminal(call: &Call<'_>, asked_for: CreateKeyRequest) -> Result<Created> {
    if !call.output.can_ask() {
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            "the recovery kit has to be confirmed, and there is no terminal to ask on",
            "write it to a new file with --kit FILE",
        ));
    }
    let context = session::context(call.global).await?;
    let kit = made(call, &context, asked_for).await?;
    call.output.warn(&kit.text);
    call.output.warn(&"Copy or print this now. It is not shown again.");
    let mut tries = 0;
    loop {
        let typed: Option<Vec<String>> = kit
            .asked
            .iter()
            .map(|number| call.output.ask(&format!("Type group {number} of your copy:")))
            .collect();
        let Some(typed) = typed else {
            return Err(undone(&context, &kit, Error::cancelled()).await);
        };
        tries += 1;
        match confirmed(call, &context, &kit, typed).await {
            Ok(ring) => return Ok(Created { key_id: kit.key_id, kit: None, ring }),
            Err(e) if e.code() == ErrorCode::KitUnconfirmed && tries < TRIES => {
                call.output.failure(&e);
            }
            Err(e) => return Err(undone(&context, &kit, e).await),
        }
    }
}

fn asked(kit: &RecoveryKit) -> Vec<String> {
    kit.asked.iter().filter_map(|&number| kit.groups.get(usize::from(number) - 1).cloned()).collect()
}

async fn made(call: &Call<'_>, context: &Context, asked_for: CreateKeyRequest) -> Result<RecoveryKit> {
    let CreateKeyRequest { reason, mfa } = asked_for;
    with_code(call, context, mfa, async |mfa| {
        custody::create(context, CreateKeyRequest { reason: reason.clone(), mfa }).await
    })
    .await
}

/// A key that was made just now is let in without a further code.
async fn confirmed(
    call: &Call<'_>,
    context: &Context,
    kit: &RecoveryKit,
    typed: Vec<String>,
) -> Result<KeyRingReport> {
    with_code(call, context, None, async |mfa: Option<MfaCode>| {
        let typed = TypedGroups::new(typed.clone());
        custody::confirm(context, ConfirmKeyRequest { key_id: kit.key_id.clone(), typed, mfa }).await
    })
    .await
}

/// A key without its kit is useless.
async fn undone(context: &Context, kit: &RecoveryKit, error: Error) -> Error {
    match custody::discard(context, &kit.key_id).await {
        Ok(()) => error.context("no key was made"),
        Err(e) => error.context(format_args!("the key {} stays pending ({e})", kit.key_id)),
    }
}

fn text(created: &Created) -> String {
    let mut out = format!("{} is the active key now, kept in the {}\n", created.key_id, created.ring.kept);
    if let Some(path) = &created.kit {
        out.push_str(&format!("recovery kit: {path}\n"));
    }
    let old = created.ring.keys.iter().filter(|key| key.state == KeyState::Retired);
    let archives: u64 = old.filter_map(|key| key.archives_alone).sum();
    if archives > 0 {
        out.push_str(&format!(
            "{} only with an older key; `aitta key rotate --reason routine` moves them to the new one\n",
            if archives == 1 {
                "1 archive still opens".to_owned()
            } else {
                format!("{} still open", count(archives, "archive"))
            }
        ));
    }
    out
}

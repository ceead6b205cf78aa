//! `aitta store …`

use std::time::Duration;

use aitta_engine::{Error, Result, copies, setup, store};
use aitta_model::{CopiesReport, ErrorCode, GuardState, StoreCheck, StoreCredentials, SweepReport};
use clap::{Args, Subcommand};

use crate::call::{Call, OK};
use crate::copies::{copied, failed, worst};
use crate::format::{bytes, count};
use crate::progress::Bar;
use crate::{output, session};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Write, read, try to overwrite and delete a small object, and say what the store promises
    Check,
    /// Copy every missing archive to each further store of the profile, and read it back; put back into the first store
    /// what is missing there and whole in a copy
    Copy,
    /// Remove what killed uploads have left behind
    Sweep(Sweep),
    /// Put the credentials of the store into the keychain; they are read from standard input
    ///
    /// S3: ID:SECRET or ID:SECRET:SESSION_TOKEN. Azure: a key of the account, a SAS or a connection string.
    Login,
}

#[derive(Args)]
pub(crate) struct Sweep {
    /// Spare uploads from the last so many hours: another process may still be writing them
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    older_than: u32,
}

pub(crate) async fn run(call: &Call<'_>, command: Command) -> Result<u8> {
    match command {
        Command::Check => check(call).await,
        Command::Copy => copy(call).await,
        Command::Sweep(options) => sweep(call, &options).await,
        Command::Login => login(call).await,
    }
}

async fn check(call: &Call<'_>) -> Result<u8> {
    let context = session::context(call.global).await?;
    context.prepare_store()?;
    let report = store::check(context.store.as_ref()).await?;
    call.output.report(&report, text)?;
    Ok(OK)
}

fn text(report: &StoreCheck) -> String {
    let deletes = report.guards.iter().all(|guard| guard.guard != store::DELETION);
    let mut out = format!(
        "{} can be written{}; {} {} there\n",
        report.location,
        if deletes { ", read and deleted" } else { " and read" },
        count(report.archives, "archive"),
        if report.archives == 1 { "is" } else { "are" },
    );
    if let Some(free) = report.free_bytes {
        out.push_str(&format!("{} are free\n", bytes(free)));
    }
    for guard in &report.guards {
        let state = match guard.state {
            GuardState::Fine => "fine",
            GuardState::Warning => "warning",
            GuardState::Unknown => "unknown",
        };
        out.push_str(&format!("{state}: {}\n", guard.words));
    }
    out
}

async fn copy(call: &Call<'_>) -> Result<u8> {
    let context = session::context(call.global).await?;
    if context.profile.copies.is_empty() {
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            format!("the profile {:?} has no further stores to copy to", context.profile.name),
            "name them in the file, as in copies = [{ type = \"local\", dir = \"/mnt/second\" }]",
        ));
    }
    let bar = Bar::new(call.output);
    let work = async {
        let mut report = copies::bring_up(&context, &bar).await?;
        for (copy, place) in report.copies.iter_mut().zip(context.copies()) {
            if copy.failure.is_none() {
                copy.failure = copies::damaged(&place).await?;
            }
        }
        report.put_back = copies::put_back(&context, &bar).await?;
        Ok(report)
    };
    let report: Result<CopiesReport> = work.await;
    drop(bar);
    let report = report?;
    call.output.report(&report, both_ways)?;
    Ok(worst(&report.copies).max(worst(report.put_back.as_slice())))
}

fn both_ways(report: &CopiesReport) -> String {
    let mut out = copied(&report.copies);
    if let Some(back) = &report.put_back {
        out.push_str(&format!(
            "put back into {}: {} ({})\n",
            back.location,
            count(back.copied.len() as u64, "archive"),
            bytes(back.copied_bytes)
        ));
        out.push_str(&failed(back));
    }
    out
}

async fn sweep(call: &Call<'_>, options: &Sweep) -> Result<u8> {
    let context = session::context(call.global).await?;
    let age = Duration::from_secs(u64::from(options.older_than) * 3600);
    let removed = context.store.sweep_older_than(age).await?;
    let report = SweepReport { location: context.store.location(), removed };
    call.output.report(&report, |report| {
        format!("{} removed from {}\n", count(report.removed, "unfinished upload"), report.location)
    })?;
    Ok(OK)
}

async fn login(call: &Call<'_>) -> Result<u8> {
    let inputs = session::inputs(call.global)?;
    let copy = call.global.copy;
    let text = output::secret_from_input(
        "Credentials of the store (S3: ID:SECRET; Azure: a key, a SAS or a connection string; not shown):",
        "S3: the id of the access key, a colon, and the secret; Azure: a key, a SAS or a connection string",
    )?;
    let credentials = StoreCredentials::new(text.as_str());
    let kept = setup::keep_credentials(&inputs, session::keys(&inputs), copy, credentials).await?;
    call.output.report(&kept, |kept| {
        let said = match &kept.file {
            Some(file) => format!("{file} says so"),
            None if copy > 0 => {
                format!("to use them, set credentials = \"keychain\" in entry {copy} of copies in the file")
            }
            None => "no file has this profile: to use them, write it into one".to_owned(),
        };
        format!("the credentials of the profile {} are in the {}; {said}\n", kept.profile, kept.place)
    })?;
    Ok(OK)
}

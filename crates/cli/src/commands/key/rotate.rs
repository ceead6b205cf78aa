//! `aitta key rotate`

use aitta_engine::{Context, Error, Result, rotation};
use aitta_model::{ErrorCode, RotateRequest, RotationDirection, RotationReport};
use clap::Args;

use crate::call::{Call, OK};
use crate::format::{bytes, count, duration, number, plain};
use crate::progress::Bar;
use crate::second_factor::{Totp, with_code};
use crate::session;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Write the data anew, too, under new data keys: for when a key has leaked
    #[arg(long)]
    reencrypt: bool,
    /// Go on with a rotation that was interrupted, in its direction
    #[arg(long, conflicts_with = "roll_back")]
    resume: bool,
    /// Move all archives back to the key before the active one
    #[arg(long)]
    roll_back: bool,
    /// Why: routine, release, incident, drill, request-of-data-subject, or your own words
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    mfa: Totp,
}

pub(super) async fn run(call: &Call<'_>, arguments: Arguments) -> Result<u8> {
    let context = session::context(call.global).await?;
    let direction = match (arguments.roll_back, arguments.resume) {
        (true, _) => RotationDirection::Back,
        (false, true) => interrupted(&context).await?,
        (false, false) => RotationDirection::Forward,
    };
    let Arguments { reencrypt, reason, mfa, .. } = arguments;
    let report = with_code(call, &context, mfa.code(), async |mfa| {
        let request = RotateRequest { direction, reencrypt, reason: reason.clone(), mfa };
        let bar = Bar::new(call.output);
        rotation::rotate(&context, request, &bar).await
    })
    .await?;
    call.output.report(&report, text)?;
    let worst = report.unreadable.iter().map(|(_, failure)| failure.code.exit_code()).max();
    Ok(worst.unwrap_or(OK))
}

async fn interrupted(context: &Context) -> Result<RotationDirection> {
    rotation::interrupted(context).await?.ok_or_else(|| {
        Error::new(
            ErrorCode::ConfigInvalid,
            "there is no rotation to resume: no archive needs another key than the active one",
            "to begin one, leave out --resume",
        )
    })
}

fn text(report: &RotationReport) -> String {
    let mut out = format!(
        "{} moved to the key {}, {} needed nothing\n{} opened with that key alone\n",
        count(report.moved, "archive"),
        report.to,
        number(report.unchanged),
        count(report.opened, "archive"),
    );
    out.push_str(&format!(
        "{} written to archives of {} in all, in {}\n",
        bytes(report.written_bytes),
        bytes(report.archive_bytes),
        duration(report.duration_ms)
    ));
    for (id, failure) in &report.unreadable {
        let about = failure.message.strip_prefix(&format!("{id}: ")).unwrap_or(&failure.message);
        out.push_str(&format!("{id}  {}\n  hint: {}\n", plain(about), plain(&failure.hint)));
    }
    if !report.unreadable.is_empty() {
        let left = count(report.unreadable.len() as u64, "archive");
        out.push_str(&format!("not at its end: {left} could not be moved, so keep every key\n"));
    } else if let Some(from) = report.destroyable_from {
        let (keys, day) = (report.from.join(", "), from.strftime("%Y-%m-%d"));
        let it = if report.from.len() == 1 { "it" } else { "each of them" };
        out.push_str(&format!(
            "none of these archives needs {keys} any more; from {day} on {it} may be destroyed, if no other profile or \
             store needs it\n"
        ));
    }
    for note in &report.notes {
        out.push_str(&format!("note: {}\n", plain(note)));
    }
    out
}

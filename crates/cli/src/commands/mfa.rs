//! `aitta mfa …`

use aitta_engine::{Context, Error, Result, mfa};
use aitta_model::{ChangeMfaRequest, ErrorCode, Guarded, MfaChange, MfaChanged, MfaCode, MfaStatus};
use clap::{Args, Subcommand};

use super::{Call, OK, TypedTotp};
use crate::format::{Table, time};
use crate::session;

mod enroll;
mod exception;

/// Recovery codes from which on somebody should make new ones.
const FEW: u32 = 3;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Set up an authenticator, or another one
    Enroll(enroll::Enroll),
    /// Confirm what `enroll --print` has begun
    Confirm(enroll::Confirm),
    /// Show what is set up
    Status,
    /// Make new recovery codes; the old ones end
    Codes(Change),
    /// Ask for no second factor any longer
    Disable(Change),
    /// Set what the profile asks for
    Policy(Policy),
    /// Tokens for machines, which have nobody to ask
    #[command(subcommand)]
    Exception(exception::Command),
}

/// What each change needs.
#[derive(Args)]
pub(crate) struct Change {
    #[command(flatten)]
    mfa: TypedTotp,
    /// Why: routine, release, incident, drill, request-of-data-subject, or your own words
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

#[derive(Args)]
pub(crate) struct Policy {
    /// What the profile asks for, of restore and delete; `none` for neither. Keys and the second
    /// factor itself are always asked for
    #[arg(long, value_name = "A,B", required = true, value_delimiter = ',', value_parser = guarded_or_none)]
    guarded: Vec<Maybe>,
    #[command(flatten)]
    change: Change,
}

/// One of the list, or the word for an empty list.
#[derive(Debug, Clone, Copy)]
struct Maybe(Option<Guarded>);

pub(super) async fn run(call: &Call<'_>, command: Command) -> Result<u8> {
    let context = session::context(call.global).await?;
    match command {
        Command::Enroll(arguments) => enroll::enroll(call, &context, arguments).await,
        Command::Confirm(arguments) => enroll::confirm(call, &context, arguments).await,
        Command::Status => {
            call.output.report(&mfa::status(&context).await?, |status| status_text(status, &context))?;
            Ok(OK)
        }
        Command::Codes(arguments) => {
            let changed = change(call, &context, MfaChange::NewCodes, arguments).await?;
            call.output.report(&changed, |changed| {
                changed.codes.as_ref().map(|codes| codes.codes.join("\n")).unwrap_or_default()
            })?;
            call.output.remark(CODES);
            Ok(OK)
        }
        Command::Disable(arguments) => {
            let changed = change(call, &context, MfaChange::Remove, arguments).await?;
            call.output.report(&changed, |_| "no second factor is asked for any longer".to_owned())?;
            Ok(OK)
        }
        Command::Policy(Policy { guarded, change: arguments }) => {
            let guarded = guarded.into_iter().filter_map(|one| one.0).collect();
            let what = MfaChange::Policy { profile: context.profile.name.clone(), guarded };
            let changed = change(call, &context, what, arguments).await?;
            call.output.report(&changed, |changed| status_text(&changed.status, &context))?;
            Ok(OK)
        }
        Command::Exception(command) => exception::run(call, &context, command).await,
    }
}

/// What to do with recovery codes.
const CODES: &str = "each of these recovery codes is good for one time; keep them on paper, apart from your phone: \
     they are not shown again";

/// Does it, and asks for the code where there is a terminal. A token never counts here, so it is not looked for.
async fn change(
    call: &Call<'_>,
    context: &Context,
    what: MfaChange,
    arguments: Change,
) -> Result<MfaChanged> {
    let Change { mfa, reason } = arguments;
    with_code(call, context, mfa.typed(), async |mfa| {
        mfa::change(context, ChangeMfaRequest { change: what.clone(), mfa, reason: reason.clone() }).await
    })
    .await
}

/// Does `work` with the code that was given. When one is needed and none was given, it is asked for on the
/// terminal; nothing was done until then.
pub(crate) async fn with_code<T>(
    call: &Call<'_>,
    context: &Context,
    code: Option<MfaCode>,
    work: impl AsyncFn(Option<MfaCode>) -> Result<T>,
) -> Result<T> {
    let mut shown = code.clone();
    let mut result = work(code).await;
    if let Err(error) = &result
        && error.code() == ErrorCode::MfaRequired
        && shown.is_none()
        && mfa::status(context).await?.enrolled.is_some()
        && let Some(code) = call.output.ask("Six digits of your authenticator, or a recovery code:")
        && !code.is_empty()
    {
        shown = Some(MfaCode::new(code));
        result = work(shown.clone()).await;
    }
    if let (Ok(_), Some(code)) = (&result, &shown) {
        few_codes(call, context, code).await;
    }
    result
}

/// Whoever has used a recovery code should know how many are left.
async fn few_codes(call: &Call<'_>, context: &Context, shown: &MfaCode) {
    let is_recovery_code =
        shown.expose().chars().any(|c| c.is_ascii_alphabetic()) && !shown.expose().contains('_');
    if let (true, Ok(MfaStatus { enrolled: Some(_), recovery_codes_left: left @ ..=FEW, .. })) =
        (is_recovery_code, mfa::status(context).await)
    {
        call.output.remark(&format!(
            "warning: {left} of your recovery codes are left\nhint: make new ones with `aitta mfa codes`"
        ));
    }
}

fn guarded(text: &str) -> Result<Guarded, String> {
    let found = Guarded::ALL.into_iter().find(|guarded| guarded.as_str() == text.trim());
    found.ok_or_else(|| "it is one of restore, delete, keys".to_owned())
}

fn guarded_or_none(text: &str) -> Result<Maybe, String> {
    if text.trim() == "none" { Ok(Maybe(None)) } else { guarded(text).map(|guarded| Maybe(Some(guarded))) }
}

fn words(guarded: &[Guarded]) -> String {
    guarded.iter().map(|g| g.as_str()).collect::<Vec<_>>().join(", ")
}

fn status_text(status: &MfaStatus, context: &Context) -> String {
    let profile = &context.profile.name;
    let Some(since) = status.enrolled else {
        let refused = match status.required {
            true => format!("the profile {profile} refuses restores and deletions until one is\n"),
            false => String::new(),
        };
        return format!("no second factor is set up\n{refused}hint: `aitta mfa enroll` sets one up\n");
    };
    let mut out = format!(
        "second factor set up on {}, kept in the {}\nasked by the profile {profile} for: {}\nrecovery codes left: {}\n",
        time(since),
        status.kept,
        words(&status.guarded),
        status.recovery_codes_left,
    );
    if status.failures > 0 {
        out.push_str(&format!("wrong codes in a row: {}\n", status.failures));
    }
    if let Some(until) = status.locked_until {
        out.push_str(&format!("no code is accepted until {}\n", time(until)));
    }
    if !status.exceptions.is_empty() {
        let mut table = Table::new(&["EXCEPTION", "PROFILE", "FOR", "ENDS", "LAST USED"]);
        for exception in &status.exceptions {
            table.row([
                exception.name.clone(),
                exception.profile.clone(),
                words(&exception.operations),
                time(exception.expires),
                exception.last_used.map_or_else(|| "never".to_owned(), time),
            ]);
        }
        out.push_str(&format!("\n{}", table.render()));
    }
    if status.recovery_codes_left <= FEW {
        out.push_str("hint: make new recovery codes with `aitta mfa codes`\n");
    }
    out
}

fn no_terminal(fact: &str, hint: &str) -> Error {
    Error::new(ErrorCode::ConfigInvalid, fact, hint)
}

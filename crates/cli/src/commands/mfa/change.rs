//! What the changes of the second factor have in common.

use aitta_engine::{Context, Result, enrolment};
use aitta_model::{ChangeMfaRequest, Guarded, MfaChange, MfaChanged, MfaStatus};
use clap::Args;

use crate::call::Call;
use crate::format::{Table, time};
use crate::second_factor::{FEW, TypedTotp, with_code};

/// What to do with recovery codes.
pub(super) const CODES: &str = "each of these recovery codes is good for one time; keep them on paper, apart from your phone: \
     they are not shown again";

/// What each change needs.
#[derive(Args)]
pub(crate) struct Change {
    #[command(flatten)]
    mfa: TypedTotp,
    /// Why: routine, release, incident, drill, request-of-data-subject, or your own words
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// Does it, and asks for the code where there is a terminal. A token never counts here, so the environment is not read
/// for one.
pub(super) async fn change(
    call: &Call<'_>,
    context: &Context,
    what: MfaChange,
    arguments: Change,
) -> Result<MfaChanged> {
    let Change { mfa, reason } = arguments;
    with_code(call, context, mfa.typed(), async |mfa| {
        enrolment::change(context, ChangeMfaRequest { change: what.clone(), mfa, reason: reason.clone() })
            .await
    })
    .await
}

pub(super) fn guarded(text: &str) -> Result<Guarded, String> {
    let found = Guarded::ALL.into_iter().find(|guarded| guarded.as_str() == text.trim());
    found.ok_or_else(|| "it is one of restore, delete, keys".to_owned())
}

fn words(guarded: &[Guarded]) -> String {
    guarded.iter().map(|g| g.as_str()).collect::<Vec<_>>().join(", ")
}

pub(super) fn status_text(status: &MfaStatus, context: &Context) -> String {
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

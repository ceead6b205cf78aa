//! Changes the second factor: recovery codes, exceptions, policies, its removal.

use aitta_model::{
    ChangeMfaRequest, Command, ErrorCode, Guarded, MfaChange, MfaChanged, RecoveryCodes, Remedy, Timestamp,
};
use jiff::SignedDuration;
use zeroize::Zeroizing;

use crate::door::{self, Guard, Subject};
use crate::mfa::codes::{self, Recovery};
use crate::mfa::place::Place;
use crate::mfa::state::{Enrolled, Exception, Held, Policy, State};
use crate::mfa::{anchor, not_set_up, status_of};
use crate::{Context, Error, Result};

/// The longest that an exception lasts, in days.
const LONGEST_DAYS: u32 = 366;

/// Longest name of an exception, in characters.
const NAME_LEN: usize = 64;

/// Changes something about the second factor, which has to be shown for it. What can't be done is refused before
/// a code is used up.
///
/// # Errors
/// `reason_missing`, `config_invalid`, `mfa_required`, `mfa_wrong`, `mfa_locked`, `mfa_unavailable`,
/// `keychain_unavailable`, `audit_failed`.
pub async fn change(context: &Context, request: ChangeMfaRequest) -> Result<MfaChanged> {
    let ChangeMfaRequest { change, mfa, reason } = request;
    let door = door::at(context, Guard::MfaChange, reason)?;
    let target = {
        let held = Held::take(context).await?;
        let state = held.load(context).await?.ok_or_else(not_set_up)?;
        check(context, &change, state.enrolled.as_ref().ok_or_else(not_set_up)?)?;
        described(&change, &state)
    };
    let pass = door.open(context, mfa.as_ref()).await?;
    let subject = Subject { target: Some(target), ..Subject::default() };
    let work = async {
        let held = Held::take(context).await?;
        let mut state = held.load(context).await?.ok_or_else(not_set_up)?;
        let mut made = Made::default();
        if change == MfaChange::Remove {
            // What is left says that it was removed, so that it is not taken for a lost vault.
            state.enrolled = None;
        } else {
            let enrolled = state.enrolled.as_mut().ok_or_else(not_set_up)?;
            // Another process may have been faster.
            check(context, &change, enrolled)?;
            made = apply(context, change, enrolled)?;
        }
        held.save(&mut state).await?;
        Ok(MfaChanged {
            status: status_of(context, state.enrolled.as_ref()),
            codes: made.codes,
            token: made.token.map(|token| token.to_string()),
        })
    };
    door::around(context, pass, subject, work).await
}

/// What is shown once.
#[derive(Default)]
struct Made {
    codes: Option<RecoveryCodes>,
    token: Option<Zeroizing<String>>,
}

fn apply(context: &Context, change: MfaChange, enrolled: &mut Enrolled) -> Result<Made> {
    let now = context.clock.now();
    let mut made = Made::default();
    match change {
        MfaChange::Remove => {}
        MfaChange::NewCodes => {
            let (recovery, codes) = Recovery::generate()?;
            enrolled.recovery = recovery;
            made.codes = Some(codes);
        }
        MfaChange::AddException { name, operations, days, .. } => {
            let token = codes::new_token()?;
            enrolled.exceptions.push(Exception {
                name,
                place: Place::of(context),
                operations,
                token: codes::token_hash(&token),
                created: now,
                expires: ends(now, days)?,
                last_used: None,
            });
            made.token = Some(token);
        }
        MfaChange::RemoveException { name } => enrolled.exceptions.retain(|known| known.name != name),
        MfaChange::Policy { guarded, .. } => {
            let place = Place::of(context);
            // Names are unique: an older policy of the same name is dead and is replaced.
            enrolled.policies.retain(|policy| policy.place.profile != place.profile);
            // Keys and the second factor itself are always asked for.
            let exempt: Vec<Guarded> =
                [Guarded::Restore, Guarded::Delete].into_iter().filter(|g| !guarded.contains(g)).collect();
            if !exempt.is_empty() {
                enrolled.policies.push(Policy { place, exempt });
            }
        }
    }
    Ok(made)
}

fn ends(now: Timestamp, days: u32) -> Result<Timestamp> {
    now.checked_add(SignedDuration::from_hours(24 * i64::from(days))).map_err(|e| {
        invalid(format!("{days} days from now are no date: {e}"), "check the clock of this machine")
    })
}

/// Whether it can be done.
fn check(context: &Context, change: &MfaChange, enrolled: &Enrolled) -> Result<()> {
    match change {
        MfaChange::Remove | MfaChange::NewCodes => Ok(()),
        MfaChange::AddException { name, profile, operations, days } => {
            own(context, profile)?;
            check_name(name)?;
            if enrolled.exceptions.iter().any(|known| known.name == *name) {
                return Err(invalid(
                    format!("there is an exception {name:?} already"),
                    format!(
                        "choose another name, or end the old one first with {mfa_exception_remove}",
                        mfa_exception_remove = Command::MfaExceptionRemove
                    ),
                ));
            }
            if operations.is_empty() || operations.contains(&Guarded::Mfa) {
                return Err(invalid(
                    "an exception is for some of restore, delete and keys, never for changes of the second factor",
                    "name at least one of them with --operations",
                ));
            }
            if !(1..=LONGEST_DAYS).contains(days) {
                return Err(invalid(
                    format!("an exception can't last {days} days"),
                    format!("choose 1 to {LONGEST_DAYS} days; it can be made anew when it has ended"),
                ));
            }
            Ok(())
        }
        MfaChange::RemoveException { name } => {
            if enrolled.exceptions.iter().any(|known| known.name == *name) {
                return Ok(());
            }
            Err(invalid(
                format!("there is no exception {name:?}"),
                format!("{mfa_status} lists them", mfa_status = Command::MfaStatus),
            ))
        }
        MfaChange::Policy { profile, .. } => own(context, profile),
    }
}

/// A name that can be typed, and printed in one line.
fn check_name(name: &str) -> Result<()> {
    let fits =
        !name.trim().is_empty() && name.chars().count() <= NAME_LEN && name.chars().all(|c| !c.is_control());
    if fits {
        return Ok(());
    }
    Err(invalid(
        format!("an exception needs a name of 1 to {NAME_LEN} characters"),
        "name it after the machine or the job that it is for",
    ))
}

/// The place is known only of the profile that was chosen.
fn own(context: &Context, profile: &str) -> Result<()> {
    if context.profile.name == profile {
        return Ok(());
    }
    Err(invalid(
        format!(
            "the profile {profile:?} is not the one that was chosen, which is {:?}",
            context.profile.name
        ),
        format!("choose it with --profile {profile}"),
    ))
}

/// For the trail.
fn described(change: &MfaChange, state: &State) -> String {
    let words = |guarded: &[Guarded]| guarded.iter().map(|g| g.as_str()).collect::<Vec<_>>().join(", ");
    match change {
        MfaChange::Remove => anchor::target_of_removal(state.name()),
        MfaChange::NewCodes => "new recovery codes".to_owned(),
        MfaChange::AddException { name, profile, operations, days } => {
            format!("new exception {name:?} for {} of the profile {profile}, {days} days", words(operations))
        }
        MfaChange::RemoveException { name } => format!("end of the exception {name:?}"),
        MfaChange::Policy { profile, guarded } => {
            let always = [Guarded::Keys, Guarded::Mfa];
            let all: Vec<Guarded> =
                Guarded::ALL.into_iter().filter(|g| always.contains(g) || guarded.contains(g)).collect();
            format!("the profile {profile} asks for it for {}", words(&all))
        }
    }
}

fn invalid(fact: impl Into<String>, remedy: impl Into<Remedy>) -> Error {
    Error::new(ErrorCode::ConfigInvalid, fact, remedy)
}

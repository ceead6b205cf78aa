//! Setting up an authenticator.

use aitta_model::{Command, ConfirmMfaRequest, ErrorCode, MfaEnrolment, Operation, RecoveryCodes};
use jiff::SignedDuration;
use qrcode::QrCode;
use qrcode::render::{svg, unicode};

use crate::door::{self, Entry, Free, Guard, Subject};
use crate::mfa::anchor;
use crate::mfa::codes::{self, Recovery, STEP_S, Seed};
use crate::mfa::state::{Enrolled, Held, Pending, State};
use crate::{Context, Error, Result};

/// How long a secret that was shown waits for its first code.
const PATIENCE: SignedDuration = SignedDuration::from_hours(1);

/// A new secret for an authenticator. It counts only after [`confirm`]; one that was begun before is forgotten.
///
/// # Errors
/// `mfa_unavailable`, `keychain_unavailable`.
pub async fn begin(context: &Context) -> Result<MfaEnrolment> {
    let held = Held::take(context).await?;
    held.load(context).await?;
    let pending = held.save_pending(Seed::generate()?, context.clock.now()).await?;
    shown(context, &pending.seed)
}

/// What is shown of a secret.
fn shown(context: &Context, seed: &Seed) -> Result<MfaEnrolment> {
    let actor = door::actor(context);
    let failed = |e: &dyn std::fmt::Display| {
        Error::new(
            ErrorCode::System,
            format!("the secret can't be shown: {e}"),
            "report this with the message",
        )
    };
    let uri = seed.totp(&format!("{}@{}", actor.user, actor.host))?.to_url().map_err(|e| failed(&e))?;
    let code = QrCode::new(uri.as_bytes()).map_err(|e| failed(&e))?;
    Ok(MfaEnrolment {
        secret: seed.base32().to_string(),
        qr_svg: code.render::<svg::Color<'_>>().min_dimensions(240, 240).build(),
        // Light on dark, as most terminals are.
        qr_text: code
            .render::<unicode::Dense1x2>()
            .dark_color(unicode::Dense1x2::Light)
            .light_color(unicode::Dense1x2::Dark)
            .build(),
        uri,
    })
}

/// Shows that the authenticator works: from then on the second factor is asked for. An old authenticator and its
/// recovery codes count no longer; what profiles are exempt from, and exceptions, stay.
///
/// # Errors
/// `mfa_wrong` when the code is not of the new secret; `config_invalid` when none was begun, or too long ago;
/// `mfa_required` and the like when there is an old second factor and it was not shown; `keychain_unavailable`,
/// `audit_failed`.
pub async fn confirm(context: &Context, request: ConfirmMfaRequest) -> Result<RecoveryCodes> {
    door::reason(context, Operation::MfaEnroll, request.reason.as_deref(), None)?;
    let held = Held::take(context).await?;
    let pending = held.pending().await?;
    let before = held.load(context).await?.filter(|state| state.enrolled.is_some());
    let before = before.map(|state| state.name().to_owned());
    drop(held);
    let (pending, step) = first_code(context, pending, &request)?;
    let (entry, note) = match (&before, &request.mfa) {
        (None, _) => (Entry::from(Free::MfaEnroll), Some("second factor: none was set up".to_owned())),
        (Some(_), None) => return Err(old_needed()),
        (Some(_), code) => {
            let pass = door::open(context, Guard::MfaReplace, request.reason.clone(), code.as_ref()).await;
            (pass.map_err(|e| e.context("the old second factor"))?.into(), None)
        }
    };
    let name = hex::encode(*codes::random::<16>()?);
    let subject = Subject {
        target: Some(anchor::target_of_enrolment(&name)),
        reason: request.reason.clone(),
        note,
        ..Subject::default()
    };
    let work = async {
        let (recovery, codes) = Recovery::generate()?;
        let held = Held::take(context).await?;
        let state = held.load(context).await?;
        let (mut names, old) = state.map_or((Vec::new(), None), |state| (state.names, state.enrolled));
        // Somebody else may have enrolled meanwhile: their code was not shown.
        if old.is_some() && names.last() != before.as_ref() {
            return Err(old_needed());
        }
        let (policies, exceptions) = old.map(|old| (old.policies, old.exceptions)).unwrap_or_default();
        names.push(name);
        let enrolled = Enrolled {
            since: context.clock.now(),
            seed: pending.seed,
            // The code that was just shown is used up.
            last_step: step,
            failures: 0,
            locked_until: None,
            recovery,
            policies,
            exceptions,
        };
        let writes = held.writes(context).await?;
        held.save(&mut State::new(names, enrolled, writes)).await?;
        if let Err(e) = held.forget_pending().await {
            // What is left is the same secret, and expires within an hour.
            tracing::warn!(error = %e, "the enrolment that was begun could not be forgotten");
        }
        Ok(codes)
    };
    door::around(context, entry, subject, work).await
}

fn old_needed() -> Error {
    Error::new(
        ErrorCode::MfaRequired,
        "there is a second factor already, and a new one needs a code of the old one, too",
        "add --old with six digits of the old authenticator, or with one of your recovery codes",
    )
}

/// Checks the first code of a new secret. Guessing it gains nothing, so that failures are not counted.
fn first_code(
    context: &Context,
    pending: Option<Pending>,
    request: &ConfirmMfaRequest,
) -> Result<(Pending, u64)> {
    let again = || format!("begin with {mfa_enroll}", mfa_enroll = Command::MfaEnroll);
    let none = |fact: &str| Error::new(ErrorCode::ConfigInvalid, fact, again());
    let pending = pending.ok_or_else(|| none("no enrolment was begun"))?;
    let now = context.clock.now();
    if now.duration_since(pending.begun).abs() > PATIENCE {
        return Err(none("the enrolment was begun more than an hour ago"));
    }
    let digits: String = request.code.expose().chars().filter(|c| !c.is_whitespace()).collect();
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let step = pending.seed.totp("")?.check(&digits, seconds).ok_or_else(|| {
        Error::new(
            ErrorCode::MfaWrong,
            "this is no code of the new secret",
            format!(
                "read the six digits of the new entry again: they change every {STEP_S} s. If they stay wrong, check \
                 the clocks of both devices",
            ),
        )
    })?;
    Ok((pending, step))
}

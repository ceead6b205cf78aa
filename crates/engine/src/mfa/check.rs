//! Whether what was shown is accepted.

use std::time::Duration;

use aitta_model::{Command, ErrorCode, Guarded, MfaCode, Remedy, Timestamp};

use super::codes::{self, DRIFT, STEP_S};
use super::place::Asked;
use super::state::Enrolled;
use crate::{Error, Result};

/// Failures in a row that are forgiven.
const FREE_FAILURES: u32 = 5;

/// The longest lock-out, in minutes.
const LONGEST_LOCK: u64 = 60;

/// Recovery codes from which on a warning is given.
const FEW: u32 = 3;

/// Accepts a code, or counts the failure. Returns what was shown, for the audit trail. The state is to be kept in
/// both cases.
///
/// # Errors
/// `mfa_wrong`, `mfa_locked`.
pub(crate) fn show(enrolled: &mut Enrolled, code: &MfaCode, asked: &Asked, now: Timestamp) -> Result<String> {
    let text = code.expose().trim();
    // A token is too long to be guessed, and a machine with an old one must not lock out people.
    if codes::is_token(text) {
        return exception(enrolled, text, asked, now);
    }
    locked(enrolled, now)?;
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let shown = if digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit()) {
        behind(enrolled, now)?;
        one_time(enrolled, &digits, now)
    } else {
        recovery(enrolled, text)
    };
    match shown {
        Ok(note) => {
            enrolled.failures = 0;
            enrolled.locked_until = None;
            Ok(note)
        }
        Err(error) => {
            enrolled.failures = enrolled.failures.saturating_add(1);
            enrolled.locked_until = lock_out(enrolled.failures).and_then(|time| now.checked_add(time).ok());
            Err(match enrolled.locked_until {
                Some(until) => now_locked(error, enrolled.failures, until),
                None => error,
            })
        }
    }
}

/// How long nothing is accepted after so many failures in a row: nothing before the fifth, then 1 min, 2, 4, … up to
/// an hour.
pub(crate) fn lock_out(failures: u32) -> Option<Duration> {
    let more = failures.checked_sub(FREE_FAILURES)?;
    let minutes = 1_u64.checked_shl(more).map_or(LONGEST_LOCK, |minutes| minutes.min(LONGEST_LOCK));
    Some(Duration::from_secs(60 * minutes))
}

/// The failure that begins a lock-out says so: the next try would only hear that it is too early.
fn now_locked(error: Error, failures: u32, until: Timestamp) -> Error {
    let until = until.strftime("%Y-%m-%d %H:%M:%S UTC");
    let hint = format!(
        "wait until then: codes and recovery codes are refused before, and each further failure locks for \
         longer. Then: {}",
        error.hint()
    );
    let message =
        format!("{error}; it was wrong {failures} times in a row, so every code is refused until {until}");
    Error::new(error.code(), message, hint)
}

fn locked(enrolled: &mut Enrolled, now: Timestamp) -> Result<()> {
    let (Some(until), Some(time)) = (enrolled.locked_until, lock_out(enrolled.failures)) else {
        return Ok(());
    };
    // With a clock that was set back the rest would be longer than the whole.
    let until = now.checked_add(time).map_or(until, |longest| until.min(longest));
    enrolled.locked_until = Some(until);
    if until <= now {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::MfaLocked,
        format!(
            "after {} wrong codes in a row every code is refused until {}",
            enrolled.failures,
            until.strftime("%Y-%m-%d %H:%M:%S UTC")
        ),
        format!(
            "wait until then; meanwhile check that you read the right entry of your authenticator, and that \
             the clocks of both devices are right. If it was not you, {audit_list} shows who tried",
            audit_list = Command::AuditList
        ),
    ))
}

fn step(now: Timestamp) -> u64 {
    u64::try_from(now.as_second()).unwrap_or(0) / STEP_S
}

/// Refuses, whatever the code is, as long as the clock stands before the last code that was accepted.
fn behind(enrolled: &Enrolled, now: Timestamp) -> Result<()> {
    let now = step(now);
    if now + u64::from(DRIFT) >= enrolled.last_step {
        return Ok(());
    }
    let minutes = (enrolled.last_step - now) * STEP_S / 60;
    Err(Error::new(
        ErrorCode::MfaWrong,
        format!("the clock of this machine is {minutes} min behind the last code that was accepted"),
        format!(
            "set the clock right and try again, or use a recovery code, which needs no clock; if the clock \
             was wrong when the last code was accepted, set up your authenticator anew with {mfa_enroll} \
             and a recovery code",
            mfa_enroll = Command::MfaEnroll
        ),
    ))
}

fn one_time(enrolled: &mut Enrolled, digits: &str, now: Timestamp) -> Result<String> {
    let now = u64::try_from(now.as_second()).unwrap_or(0);
    let Some(step) = enrolled.seed.totp("")?.check(digits, now) else {
        return Err(wrong(
            "this code is wrong",
            "read it again: it changes every 30 s. If it stays wrong, check the clocks of both devices, or use a \
             recovery code",
        ));
    };
    if step <= enrolled.last_step {
        let fact = if step == enrolled.last_step {
            "this code was used before"
        } else {
            "a later code than this one was used before"
        };
        return Err(wrong(fact, "wait for the next one, which comes within 30 s: each is good for one time"));
    }
    enrolled.last_step = step;
    Ok("code of the authenticator".to_owned())
}

fn recovery(enrolled: &mut Enrolled, text: &str) -> Result<String> {
    let Some(number) = enrolled.recovery.take(text) else {
        return Err(wrong(
            "this is neither a code of your authenticator nor an unused recovery code",
            "type the six digits that your authenticator shows, or a recovery code that you have not used yet, with or \
             without the dashes",
        ));
    };
    let (total, left) = (enrolled.recovery.total(), enrolled.recovery.left());
    let mut note = format!("recovery code {number} of {total}, {left} left");
    if left <= FEW {
        note.push_str(&format!("; make new ones with {mfa_codes}", mfa_codes = Command::MfaCodes));
        tracing::warn!(left, "few recovery codes are left");
    }
    Ok(note)
}

fn exception(enrolled: &mut Enrolled, token: &str, asked: &Asked, now: Timestamp) -> Result<String> {
    let hash = codes::token_hash(token);
    let mut found = None;
    // All are compared, whichever it is.
    for exception in &mut enrolled.exceptions {
        if codes::same(&exception.token, &hash) {
            found = Some(exception);
        }
    }
    let Some(exception) = found else {
        return Err(wrong(
            "no exception has this token",
            format!(
                "see the exceptions with {mfa_status}, and make a new one with {mfa_exception_add}",
                mfa_status = Command::MfaStatus,
                mfa_exception_add = Command::MfaExceptionAdd
            ),
        ));
    };
    let name = &exception.name;
    let operations: Vec<&str> = exception.operations.iter().map(|guarded| guarded.as_str()).collect();
    if now >= exception.expires {
        return Err(wrong(
            format!("the exception {name:?} ended on {}", exception.expires.strftime("%Y-%m-%d %H:%M UTC")),
            format!("make a new one with {mfa_exception_add}", mfa_exception_add = Command::MfaExceptionAdd),
        ));
    }
    // A clock that was set back before the exception was made would make it last for ever.
    if now < exception.last_used.unwrap_or(exception.created) {
        return Err(wrong(
            format!("the clock of this machine stands before the last use of the exception {name:?}"),
            "set the clock right and try again",
        ));
    }
    if asked.guarded == Guarded::Mfa || !exception.operations.contains(&asked.guarded) {
        let hint = match asked.guarded {
            Guarded::Mfa => {
                "show a code of your authenticator with --totp, or a recovery code: no exception is for this"
                    .to_owned()
            }
            Guarded::Restore | Guarded::Delete | Guarded::Keys => {
                format!(
                    "show a code of your authenticator with --totp, or make an exception for this with \
                     {mfa_exception_add}",
                    mfa_exception_add = Command::MfaExceptionAdd
                )
            }
        };
        let fact = format!("the exception {name:?} is for {}, and not for a {asked}", operations.join(", "));
        return Err(wrong(fact, hint));
    }
    if !asked.is_at(&exception.place) {
        return Err(wrong(
            format!(
                "the exception {name:?} is for the profile {} with its database {} and its store {}, and not for a \
                 {asked}",
                exception.place.profile,
                exception.place.database.as_deref().unwrap_or("(none)"),
                exception.place.store,
            ),
            "show a code of your authenticator with --totp, or make an exception for this profile",
        ));
    }
    exception.last_used = Some(now);
    Ok(format!("exception {name:?}"))
}

fn wrong(fact: impl Into<String>, remedy: impl Into<Remedy>) -> Error {
    Error::new(ErrorCode::MfaWrong, fact, remedy)
}

//! The report of a quarter: what was done, by whom and why, what went wrong, what is overdue, and whether the trail
//! can be trusted.

use std::collections::BTreeMap;

use aitta_model::{
    Actor, AuditEntry, AuditQuery, ChainStatus, Contact, Date, ErrorCode, Language, Operation, PROOF_DAYS,
    RunOutcome, Timestamp, Word,
};
use jiff::ToSpan;
use jiff::tz::TimeZone;

use super::done::{Done, Rehearsed, operations};
use super::{check, list};
use crate::door::actor;
use crate::{Context, Error, Result, mfa};

mod page;
mod words;

use words::Words;

/// Everything that the page shows.
struct Quarter {
    year: i16,
    quarter: i8,
    from: Timestamp,
    /// Its last day.
    last: Timestamp,
    /// Whether it is still under way.
    open: bool,
    made_at: Timestamp,
    made_by: Actor,
    profile: String,
    chain: ChainStatus,
    operations: Vec<Done>,
    refused: Vec<AuditEntry>,
    duties: Vec<Duty>,
    contacts: Vec<Contact>,
}

/// Something that is to be done now and again.
struct Duty {
    what: String,
    /// How it stands.
    fact: String,
    overdue: bool,
}

/// The report of a quarter (1 to 4) as HTML: complete in itself, without scripts, for A4.
///
/// # Errors
/// `config_invalid` for a quarter that does not exist or has not begun; `audit_failed`, `catalog_failed`.
pub async fn report(context: &Context, year: i16, quarter: i8, language: Language) -> Result<String> {
    let w = Words::of(language);
    let now = context.clock.now();
    let (first, next) = span(year, quarter)?;
    let (from, to) = (midnight(first)?, midnight(next)?);
    if from > now {
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            format!("quarter {quarter} of {year} has not begun yet"),
            "choose an earlier quarter, such as --quarter 2026Q3",
        ));
    }
    let chain = check::verify(context).await?;
    let (records, _) = list::records(context, &AuditQuery::default()).await?;
    let entries: Vec<AuditEntry> = records.into_iter().map(|record| record.entry).collect();
    let duties = duties(context, w, &entries, from, to.min(now)).await?;
    let within = |entry: &AuditEntry| entry.at >= from && entry.at < to;
    let report = Quarter {
        year,
        quarter,
        from,
        last: midnight(next.yesterday().map_err(out_of_range)?)?,
        open: to > now,
        made_at: now,
        made_by: actor(context),
        profile: context.profile.name.clone(),
        chain,
        refused: entries
            .iter()
            .filter(|e| within(e) && e.operation == Operation::MfaRefused)
            .cloned()
            .collect(),
        operations: operations(&entries, within),
        duties,
        contacts: context.profile.contacts.clone(),
    };
    Ok(page::page(&report, w))
}

/// The first day, and the first day after it.
fn span(year: i16, quarter: i8) -> Result<(Date, Date)> {
    let first = match quarter {
        1..=4 => Date::new(year, quarter * 3 - 2, 1).map_err(out_of_range)?,
        _ => return Err(no_quarter(format!("there is no quarter {quarter}"))),
    };
    Ok((first, first.checked_add(3.months()).map_err(out_of_range)?))
}

/// How often each user did what, and how it ended: succeeded, failed, cancelled, no end.
fn by_kind_and_user(operations: &[Done]) -> BTreeMap<(&str, String), [u64; 4]> {
    let mut counts = BTreeMap::new();
    for done in operations {
        let column = match done.outcome().map(Word::known) {
            Some(Some(RunOutcome::Failed)) => 1,
            Some(Some(RunOutcome::Cancelled)) => 2,
            None => 3,
            Some(_) => 0,
        };
        let counted: &mut [u64; 4] =
            counts.entry((done.begun.operation.as_str(), name(&done.begun.actor))).or_default();
        counted[column] += 1;
    }
    counts
}

/// `anna (Anna Virtanen)`
fn name(actor: &Actor) -> String {
    match &actor.admin {
        Some(admin) => format!("{} ({admin})", actor.user),
        None => actor.user.clone(),
    }
}

async fn duties(
    context: &Context,
    w: &Words,
    entries: &[AuditEntry],
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<Duty>> {
    let profile = context.profile.name.as_str();
    // As it stood at the end of the quarter, or stands now.
    let succeeded = |operation: Operation| {
        let all = entries.iter().filter(|e| e.at < until && e.succeeded());
        all.filter(move |e| e.operation == operation)
    };
    let Rehearsed { restored, drilled } = Rehearsed::of(entries, profile, until);
    let drilled = drilled.filter(|at| *at >= from);
    let stale = restored.is_none_or(|at| days(at, until) > i64::from(PROOF_DAYS));
    let drill = match drilled {
        Some(at) => (w.drill_done)(&(w.day)(at)),
        None => w.no_drill.to_owned(),
    };
    // As it stands now: a removal is one change among others in the trail. Where the vault does not answer, the trail
    // says that somebody has enrolled.
    let enrolled = match mfa::status(context).await {
        Ok(status) => status.enrolled,
        Err(_) => succeeded(Operation::MfaEnroll).next_back().map(|e| e.at),
    };
    Ok(vec![
        key_duty(context, w, until).await?,
        Duty {
            what: (w.proven_every)(PROOF_DAYS),
            fact: restored.map_or_else(
                || w.never.to_owned(),
                |at| (w.last_on)(&(w.day)(at), &(w.ago)(days(at, until))),
            ),
            overdue: stale,
        },
        Duty { what: w.drill.to_owned(), fact: drill, overdue: drilled.is_none() },
        Duty {
            what: w.factor.to_owned(),
            fact: enrolled.map_or_else(|| w.no_factor.to_owned(), |at| (w.factor_since)(&(w.day)(at))),
            overdue: enrolled.is_none(),
        },
    ])
}

async fn key_duty(context: &Context, w: &Words, until: Timestamp) -> Result<Duty> {
    let limit = context.profile.targets.key_days;
    let what = (w.key_every)(limit);
    let Ok(keys) = context.keys().await else {
        return Ok(Duty { what, fact: w.no_key.to_owned(), overdue: true });
    };
    let id = keys.active_id().to_string();
    let since = context.catalog.key_since(&context.profile.name, &id).await?;
    Ok(match since.filter(|since| *since < until) {
        Some(since) => Duty {
            what,
            fact: (w.key_since)(&id, &(w.day)(since), days(since, until)),
            overdue: days(since, until) > i64::from(limit),
        },
        None => Duty { what, fact: (w.key_not_yet)(&id), overdue: false },
    })
}

/// Whole days from one time to another.
fn days(from: Timestamp, to: Timestamp) -> i64 {
    to.duration_since(from).as_hours() / 24
}

fn midnight(day: Date) -> Result<Timestamp> {
    day.to_zoned(TimeZone::UTC).map(|midnight| midnight.timestamp()).map_err(out_of_range)
}

fn out_of_range(error: jiff::Error) -> Error {
    no_quarter(format!("this quarter can't be used: {error}"))
}

fn no_quarter(message: String) -> Error {
    Error::new(ErrorCode::ConfigInvalid, message, "name a year and a quarter from 1 to 4, as in 2026Q4")
}

//! The report of a quarter: what was done, by whom and why, what went wrong, what is overdue, and whether the trail
//! can be trusted.

use std::collections::BTreeMap;

use aitta_model::{
    Actor, AuditEntry, AuditQuery, ChainStatus, Date, ErrorCode, Operation, PROOF_DAYS, RunOutcome,
    Timestamp, Word,
};
use jiff::ToSpan;
use jiff::tz::TimeZone;

use super::done::{Done, Rehearsed, operations};
use super::{check, list};
use crate::door::actor;
use crate::{Context, Error, Result, mfa};

mod page;

/// Everything that the page shows.
struct Quarter {
    year: i16,
    quarter: i8,
    first: Date,
    last: Date,
    /// Whether it is still under way.
    open: bool,
    made_at: Timestamp,
    made_by: Actor,
    profile: String,
    chain: ChainStatus,
    operations: Vec<Done>,
    refused: Vec<AuditEntry>,
    duties: Vec<Duty>,
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
pub async fn report(context: &Context, year: i16, quarter: i8) -> Result<String> {
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
    let duties = duties(context, &entries, from, to.min(now)).await?;
    let within = |entry: &AuditEntry| entry.at >= from && entry.at < to;
    let page = page::page(&Quarter {
        year,
        quarter,
        first,
        last: next.yesterday().map_err(out_of_range)?,
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
    });
    Ok(page)
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
        Some(at) => format!("done on {}", day(at)),
        None => "no restore of everything in the quarter has the reason \u{201c}drill\u{201d}".to_owned(),
    };
    // As it stands now: a removal is one change among others in the trail. Where the vault does not answer, the trail
    // says that somebody has enrolled.
    let enrolled = match mfa::status(context).await {
        Ok(status) => status.enrolled,
        Err(_) => succeeded(Operation::MfaEnroll).next_back().map(|e| e.at),
    };
    Ok(vec![
        key_duty(context, until).await?,
        Duty {
            what: format!("Restore of everything, proven, every {PROOF_DAYS} days"),
            fact: restored.map_or_else(
                || "never done".to_owned(),
                |at| format!("last on {}, {}", day(at), ago(at, until)),
            ),
            overdue: stale,
        },
        Duty { what: "Recovery drill, every quarter".to_owned(), fact: drill, overdue: drilled.is_none() },
        Duty {
            what: "Second factor set up".to_owned(),
            fact: enrolled.map_or_else(|| "not set up".to_owned(), |at| format!("since {}", day(at))),
            overdue: enrolled.is_none(),
        },
    ])
}

async fn key_duty(context: &Context, until: Timestamp) -> Result<Duty> {
    let limit = context.profile.targets.key_days;
    let what = format!("Vault key changed every {limit} days");
    let Ok(keys) = context.keys().await else {
        return Ok(Duty {
            what,
            fact: "no key is at hand, so its age is not known".to_owned(),
            overdue: true,
        });
    };
    let id = keys.active_id().to_string();
    let since = context.catalog.key_since(&context.profile.name, &id).await?;
    Ok(match since.filter(|since| *since < until) {
        Some(since) => Duty {
            what,
            fact: format!(
                "key {id} is in use since {}, {}",
                day(since),
                ago(since, until).trim_end_matches(" ago")
            ),
            overdue: days(since, until) > i64::from(limit),
        },
        None => Duty { what, fact: format!("key {id} was not in use yet"), overdue: false },
    })
}

/// Whole days from one time to another.
fn days(from: Timestamp, to: Timestamp) -> i64 {
    to.duration_since(from).as_hours() / 24
}

fn ago(at: Timestamp, until: Timestamp) -> String {
    match days(at, until) {
        0 => "less than a day ago".to_owned(),
        1 => "1 day ago".to_owned(),
        n => format!("{n} days ago"),
    }
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
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

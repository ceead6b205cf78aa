//! Is everything there that a restore will need? Looked at before the night on which it is needed.
//!
//! Each question has an answer of its own: one that fails, or takes too long, is `unknown` with the reason, and keeps
//! none of the others waiting. Nothing is written.

use std::collections::HashSet;
use std::time::Duration;

use aitta_model::{
    ArchiveSummary, BackupReport, Command, ErrorCode, Failure, NewestFound, Operation, PROOF_DAYS, Readiness,
    ReadinessCheck, ReadinessFact, ReadinessKind, ReadinessRemedy, RestorePoint,
};
use aitta_store::{Room, StoreConfig};
use futures::future::join_all;
use jiff::{Timestamp, ToSpan};

use crate::catalog::moment;
use crate::reading::select;
use crate::{Context, Error, Result, archives, mfa, overview};

mod keys;

/// How long one question may take. Whoever asks looks at a page.
const PATIENCE: Duration = Duration::from_secs(10);

/// Backups among which one of everything is looked for.
const BACKUPS: u32 = 20;

/// What the database itself answers.
const OF_SOURCE: [ReadinessKind; 5] = [
    ReadinessKind::RestoreTables,
    ReadinessKind::RestoreWhole,
    ReadinessKind::ForeignCode,
    ReadinessKind::Tools,
    ReadinessKind::ServerRoom,
];

/// Looks at everything that a restore of the profile's database will need.
pub async fn readiness(context: &Context) -> Readiness {
    let (of_source, listed, keys, kit, factor, copies, restored) = tokio::join!(
        of_source(context),
        listed(context),
        keys::opening(context),
        keys::kit(context),
        second_factor(context),
        copies(context),
        overview::restores(context),
    );
    let now = context.clock.now();
    let (newest, known, archives, room) = match listed {
        Ok(Listed { newest, known, archives, room }) => (Ok(newest), Ok(known), archives, room),
        Err(error) => (Err(error.failure()), Err(error.failure()), 0, Err(error)),
    };
    // What was lost here may lie in a copy, and a proof of it counts.
    let any = match (&newest, &known) {
        (Ok(Some(newest)), _) => Ok(Some(newest.id.clone())),
        (_, Ok(Some((known, _)))) => Ok(Some(known.clone())),
        (Ok(None), _) => Ok(None),
        (Err(failure), _) => Err(failure.clone()),
    };
    let mut checks = of_source;
    checks.push(store_room(newest.as_ref(), room));
    checks.extend([self::newest(known, archives), keys, kit, factor]);
    checks.push(holding(context, any.as_ref(), copies));
    checks.push(proven(now, any.as_ref(), restored.map(|(whole, _)| whole)));
    Readiness { profile: context.profile.name.clone(), now, checks }
}

/// Gives up on a question that takes too long.
async fn in_time<T>(what: &str, code: ErrorCode, question: impl Future<Output = Result<T>>) -> Result<T> {
    within(PATIENCE, what, code, question).await
}

async fn within<T>(
    patience: Duration,
    what: &str,
    code: ErrorCode,
    question: impl Future<Output = Result<T>>,
) -> Result<T> {
    tokio::time::timeout(patience, question).await.unwrap_or_else(|_| {
        Err(Error::new(
            code,
            format!("{what} gave no answer within {} s", patience.as_secs()),
            format!("check that it can be reached, then look again with {}", Command::Doctor),
        ))
    })
}

async fn of_source(context: &Context) -> Vec<ReadinessCheck> {
    let question = async {
        let rows_bytes = rows_bytes(context).await?;
        context.source()?.readiness(rows_bytes).await
    };
    match in_time("the database", ErrorCode::SourceUnreachable, question).await {
        Ok(checks) => checks,
        // As on a new machine: that there is no database that could be asked is said once.
        Err(error) if context.profile.database_url.is_none() => {
            vec![ReadinessCheck::unknown(ReadinessKind::RestoreWhole, error.failure(), None)]
        }
        Err(error) => OF_SOURCE.map(|kind| ReadinessCheck::unknown(kind, error.failure(), None)).into(),
    }
}

/// Bytes of the rows of the last backup of everything, if there was one.
async fn rows_bytes(context: &Context) -> Result<Option<u64>> {
    let made = context.catalog.last_reports(&context.profile.name, Operation::Backup, BACKUPS).await?;
    let mut reports = made.iter().filter_map(|report| serde_json::from_str::<BackupReport>(report).ok());
    let whole = reports.find(|report| report.archive.complete == Some(true));
    Ok(whole.map(|report| report.tables.iter().map(|table| table.bytes).sum()))
}

/// What the first store has.
struct Listed {
    /// The newest archive of the whole database that is not known to be damaged.
    newest: Option<ArchiveSummary>,
    /// The newest archive of the whole database that is known, and what became of it.
    known: Option<(String, NewestFound)>,
    /// Archives that are there, of whatever database.
    archives: u64,
    /// Room in the store, where it has an end.
    room: Result<Option<Room>>,
}

async fn listed(context: &Context) -> Result<Listed> {
    let question = async {
        let (all, lost) = match archives::present(context, None).await {
            Ok(list) => (list.archives, list.lost),
            Err(e) if is_new(context, &e).await? => {
                return Ok(Listed { newest: None, known: None, archives: 0, room: Ok(None) });
            }
            Err(e) => return Err(e),
        };
        let own = overview::own(context, &all);
        let newest = own.iter().find(|archive| !overview::is_damaged(archive)).copied();
        let lost = overview::own(context, &lost).into_iter().max_by_key(|archive| archive.created);
        let known = match (own.first(), lost) {
            (Some(there), lost) if lost.is_none_or(|lost| lost.created <= there.created) => {
                let is_damaged = overview::is_damaged(there);
                let found = match overview::is_too_old(context, there.created) {
                    _ if is_damaged => NewestFound::Damaged,
                    true => NewestFound::TooOld,
                    false => NewestFound::There,
                };
                Some((there.id.clone(), found))
            }
            (_, Some(lost)) => {
                let is_there = all.iter().any(|archive| archive.id == lost.id);
                let found = if is_there { NewestFound::Changed } else { NewestFound::Gone };
                Some((lost.id.clone(), found))
            }
            (_, None) => None,
        };
        let room = overview::room(context, all.iter().map(|archive| archive.size_bytes).sum()).await;
        Ok(Listed { newest: newest.cloned(), known, archives: all.len() as u64, room })
    };
    in_time(&context.store.location(), ErrorCode::StoreUnreachable, question).await
}

/// Whether the first backup is yet to make the store. One that is known to have held archives is away.
async fn is_new(place: &Context, error: &Error) -> Result<bool> {
    if !place.profile.awaits_first_backup(error) {
        return Ok(false);
    }
    Ok(place.catalog.archives(&place.store.location()).await?.is_empty())
}

type Newest<'l> = std::result::Result<&'l Option<ArchiveSummary>, &'l Failure>;

/// What a restore of tonight would begin with.
fn newest(
    known: std::result::Result<Option<(String, NewestFound)>, Failure>,
    archives: u64,
) -> ReadinessCheck {
    let kind = ReadinessKind::Newest;
    match known {
        Err(failure) => ReadinessCheck::unknown(kind, failure, None),
        Ok(None) if archives > 0 => {
            ReadinessCheck::not_applicable(kind, Some(ReadinessFact::Others { archives }))
        }
        Ok(None) => ReadinessCheck::not_applicable(kind, None),
        Ok(Some((archive, found))) => {
            let (backup_create, store_copy) = (Command::BackupCreate, Command::StoreCopy);
            let text = match found {
                NewestFound::There | NewestFound::TooOld => format!("make a new backup with {backup_create}"),
                NewestFound::Gone => format!(
                    "look whether this is the store that it should be, with its disk mounted; {store_copy} puts back what \
                     a further store has, {backup_create} makes a new one"
                ),
                NewestFound::Damaged | NewestFound::Changed => format!(
                    "make a new backup with {backup_create}; {store_copy} puts back what a further store has"
                ),
            };
            let is_there = found == NewestFound::There;
            let fact = ReadinessFact::Newest { archive, found };
            ReadinessCheck::found(kind, is_there, fact, [ReadinessRemedy::Hint { text }])
        }
    }
}

/// One more archive takes about as much as the last one.
fn store_room(newest: Newest<'_>, room: Result<Option<Room>>) -> ReadinessCheck {
    let kind = ReadinessKind::StoreRoom;
    match room {
        Err(error) => ReadinessCheck::unknown(kind, error.failure(), None),
        Ok(None) => ReadinessCheck::not_applicable(kind, None),
        Ok(Some(room)) => {
            let free = room.total_bytes.saturating_sub(room.used_bytes);
            let needed = newest.ok().and_then(Option::as_ref).map(|archive| archive.size_bytes);
            let fact = ReadinessFact::Room { free_bytes: Some(free), needed_bytes: needed };
            let text = format!(
                "free some space there, delete archives that are no longer needed with {backup_delete}, or raise the \
                 limit if one is set",
                backup_delete = Command::BackupDelete
            );
            let is_enough = free > 0 && needed.is_none_or(|needed| free >= needed);
            ReadinessCheck::found(kind, is_enough, fact, [ReadinessRemedy::Hint { text }])
        }
    }
}

async fn second_factor(context: &Context) -> ReadinessCheck {
    let kind = ReadinessKind::SecondFactor;
    match in_time("what keeps the second factor", ErrorCode::MfaUnavailable, mfa::status(context)).await {
        Ok(status) => {
            let fact = ReadinessFact::SecondFactor { since: status.enrolled };
            ReadinessCheck::found(kind, status.enrolled.is_some(), fact, [Command::MfaEnroll.into()])
        }
        Err(error) => ReadinessCheck::unknown(kind, error.failure(), None),
    }
}

/// A further store, and the moments of the archives that it has, by which an archive is known also when it was
/// encrypted anew.
struct Copy {
    location: String,
    has: Result<HashSet<String>>,
}

async fn copies(context: &Context) -> Vec<Copy> {
    let look = |place: Context| async move {
        let location = place.store.location();
        let question = async {
            let listed = select::listed(place.store.as_ref()).await?;
            Ok(listed.iter().map(|archive| moment(&archive.id.to_string()).to_owned()).collect())
        };
        let has = in_time(&location, ErrorCode::StoreUnreachable, question).await;
        Copy { location, has }
    };
    join_all(context.copies().into_iter().map(look)).await
}

/// The id of the newest backup, wherever that is by now.
type Any<'l> = std::result::Result<&'l Option<String>, &'l Failure>;

fn holding(context: &Context, newest: Any<'_>, copies: Vec<Copy>) -> ReadinessCheck {
    let kind = ReadinessKind::Copies;
    let fact = |behind| ReadinessFact::Copies { stores: copies.len() as u64, behind };
    if copies.is_empty() {
        // A cloud is elsewhere already; and of one copy the others can't be seen.
        if context.profile.copy > 0 || !matches!(context.profile.store, StoreConfig::Local { .. }) {
            return ReadinessCheck::not_applicable(kind, Some(fact(Vec::new())));
        }
        let text = format!(
            "name a further store under `copies` in the configuration file; {store_copy} then fills it",
            store_copy = Command::StoreCopy
        );
        return ReadinessCheck::found(kind, false, fact(Vec::new()), [ReadinessRemedy::Hint { text }]);
    }
    let newest = match newest {
        Ok(Some(newest)) => newest,
        Ok(None) => return ReadinessCheck::not_applicable(kind, Some(fact(Vec::new()))),
        Err(failure) => return ReadinessCheck::unknown(kind, failure.clone(), None),
    };
    let lacks = |copy: &&Copy| copy.has.as_ref().is_ok_and(|has| !has.contains(moment(newest)));
    let behind: Vec<String> = copies.iter().filter(lacks).map(|copy| copy.location.clone()).collect();
    match copies.iter().find_map(|copy| copy.has.as_ref().err()) {
        Some(error) if behind.is_empty() => ReadinessCheck::unknown(kind, error.failure(), None),
        _ => ReadinessCheck::found(kind, behind.is_empty(), fact(behind), [Command::StoreCopy.into()]),
    }
}

fn proven(now: Timestamp, newest: Any<'_>, restored: Result<Option<RestorePoint>>) -> ReadinessCheck {
    let kind = ReadinessKind::Proven;
    let at = match restored {
        Ok(point) => point.map(|point| point.at),
        Err(error) => return ReadinessCheck::unknown(kind, error.failure(), None),
    };
    let long_ago = at.is_some_and(|at| at + (24 * i64::from(PROOF_DAYS)).hours() < now);
    let fact = ReadinessFact::Restored { at, long_ago };
    // Without a backup there is nothing to prove.
    if at.is_none() && newest == Ok(&None) {
        return ReadinessCheck::not_applicable(kind, Some(fact));
    }
    let text = format!(
        "{restore_prove} restores everything into a database of its own, compares it and drops it again",
        restore_prove = Command::RestoreProve
    );
    ReadinessCheck::found(kind, at.is_some() && !long_ago, fact, [ReadinessRemedy::Hint { text }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_question_without_an_answer_ends() {
        let never = std::future::pending::<Result<()>>();
        let ended = within(Duration::ZERO, "s3://shop", ErrorCode::StoreUnreachable, never).await;
        let failure = ended.err().map(|error| error.failure());
        assert_eq!(failure.as_ref().map(|f| f.code), Some(ErrorCode::StoreUnreachable), "{failure:?}");
        assert!(failure.is_some_and(|f| f.message == "s3://shop gave no answer within 0 s"));
    }
}

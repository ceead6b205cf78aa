//! `aitta doctor`

use aitta_engine::{Result, hooks, readiness, recover};
use aitta_model::{
    NewestFound, Readiness, ReadinessCheck, ReadinessFact, ReadinessKind, ReadinessRemedy, ReadinessState,
};

use crate::call::Call;
use crate::format::{bytes, count, number, plain, time};
use crate::session;

pub(crate) async fn run(call: &Call<'_>) -> Result<u8> {
    let context = session::context(call.global).await?;
    // Somebody may have to type a passphrase, which takes longer than a question may. What fails is said below.
    drop(context.keys().await);
    let found = readiness::readiness(&context).await;
    call.output.report(&found, text)?;
    // What stands in the way of nothing, and somebody has to do all the same.
    for remark in hooks::remarks(&context).await?.into_iter().chain(recover::remark(&context).await?) {
        call.output.remark(&format!("warning: {remark}"));
    }
    Ok(found.exit_code())
}

fn text(readiness: &Readiness) -> String {
    let width = readiness.checks.iter().map(|check| name(check.kind).len()).max().unwrap_or_default();
    let mut out = String::new();
    for check in &readiness.checks {
        let (state, fact) = (state(check), fact(check));
        out.push_str(&format!("{state:<7}  {:<width$}  {}\n", name(check.kind), plain(&fact)));
        remedies(check).for_each(|remedy| out.push_str(&format!("  remedy: {}\n", plain(&remedy))));
    }
    out.push_str(&format!("{} of {} ready\n", readiness.ready(), readiness.counted()));
    out
}

fn state(check: &ReadinessCheck) -> &'static str {
    match check.state {
        ReadinessState::Ready => "ready",
        ReadinessState::Missing => "missing",
        ReadinessState::Unknown { .. } => "unknown",
        ReadinessState::NotApplicable => "-",
    }
}

fn name(kind: ReadinessKind) -> &'static str {
    match kind {
        ReadinessKind::RestoreTables => "single tables",
        ReadinessKind::RestoreWhole => "whole database",
        ReadinessKind::ForeignCode => "code of others",
        ReadinessKind::Tools => "client tools",
        ReadinessKind::ServerRoom => "room for a restore",
        ReadinessKind::StoreRoom => "room in the store",
        ReadinessKind::Newest => "newest backup",
        ReadinessKind::Keys => "keys",
        ReadinessKind::Kit => "recovery kit",
        ReadinessKind::SecondFactor => "second factor",
        ReadinessKind::Copies => "copy elsewhere",
        ReadinessKind::Proven => "whole restore proven",
    }
}

fn fact(check: &ReadinessCheck) -> String {
    let seen = check.fact.as_ref().map(|fact| words(check, fact));
    match (&check.state, seen) {
        (ReadinessState::Unknown { failure }, None) => failure.message.clone(),
        (ReadinessState::Unknown { failure }, Some(seen)) => format!("{}; {seen}", failure.message),
        (_, Some(seen)) => seen,
        (_, None) if check.kind == ReadinessKind::Newest => "there is no backup yet".to_owned(),
        (_, None) => "nothing to look at here".to_owned(),
    }
}

fn words(check: &ReadinessCheck, fact: &ReadinessFact) -> String {
    match fact {
        ReadinessFact::Tables { user, silences, lacking, lacking_count } => {
            let triggers = match silences {
                true => format!("{user:?} can keep triggers from firing"),
                false => format!("{user:?} can't keep triggers from firing, so it can't replace live tables"),
            };
            let what = match lacking_count {
                0 => return triggers,
                1 => "1 table or sequence".to_owned(),
                n => format!("{} tables and sequences", number(*n)),
            };
            let more = if *lacking_count > lacking.len() as u64 { ", …" } else { "" };
            format!("{triggers}; it lacks rights on {what}: {}{more}", lacking.join(", "))
        }
        ReadinessFact::Database { user, database, creates, renames } => match (creates, renames) {
            (true, true) => format!("{user:?} can create databases and rename {database:?}"),
            (false, true) => format!("{user:?} can't create databases"),
            (true, false) => format!("{user:?} doesn't own {database:?}, so it can't rename it"),
            (false, false) => {
                format!(
                    "{user:?} can't create databases, and doesn't own {database:?}, so it can't rename it"
                )
            }
        },
        ReadinessFact::Code { user, code, .. } if code.is_empty() => {
            format!("a restore as {user:?} runs nothing that others have written")
        }
        ReadinessFact::Code { user, is_mighty, code, more } => {
            let asks = match is_mighty {
                true => ", with rights that they don't have, so it asks first",
                false => ", with no more rights than an owner has",
            };
            let more = if *more > 0 { format!("; and {} more", number(*more)) } else { String::new() };
            format!(
                "a restore as {user:?} could run what others have written{asks}: {}{more}",
                code.join("; ")
            )
        }
        ReadinessFact::Place { path, writable } => {
            let can = if *writable { "can" } else { "can't" };
            format!("{path} {can} be written")
        }
        ReadinessFact::Tools { server, found: Some(found) } => format!("{found}, for server {server}"),
        ReadinessFact::Tools { server, found: None } => {
            format!("no pg_dump with pg_restore of version {server} or newer was found")
        }
        ReadinessFact::Room { free_bytes, needed_bytes } => {
            let free = free_bytes.map(|free| format!("{} free", bytes(free)));
            let what = match check.kind {
                ReadinessKind::StoreRoom => "the newest archive takes",
                _ => "a restore takes about",
            };
            let needed = needed_bytes.map(|needed| format!("{what} {}", bytes(needed)));
            [free, needed].into_iter().flatten().collect::<Vec<_>>().join("; ")
        }
        ReadinessFact::Newest { archive, found } => match found {
            NewestFound::There => archive.clone(),
            NewestFound::TooOld => format!("{archive} is older than the work that may be lost"),
            NewestFound::Damaged => format!("{archive} is damaged"),
            NewestFound::Changed => format!("{archive} is not as it was made: its size has changed"),
            NewestFound::Gone => format!("{archive} is no longer in the store"),
        },
        ReadinessFact::Others { archives } => {
            format!("none of this database yet; the store has {} of others", count(*archives, "archive"))
        }
        ReadinessFact::Keys { active: false, closed: 0, .. } => "there is no key yet".to_owned(),
        ReadinessFact::Keys { archives, closed: 0, .. } => {
            format!("the keys at hand open {}", all(*archives))
        }
        ReadinessFact::Keys { archives, closed, missing, .. } => format!(
            "no key at hand opens {closed} of {}; they name {}",
            count(*archives, "archive"),
            missing.join(", ")
        ),
        ReadinessFact::Kit { pending: Some(pending), .. } => {
            format!("the kit of key {pending} was not confirmed")
        }
        ReadinessFact::Kit { pending: None, .. } if check.is_ready() => "confirmed".to_owned(),
        ReadinessFact::Kit { pending: None, kept } if kept == "environment" => {
            "the key comes from the environment: whoever sets it keeps its copies".to_owned()
        }
        ReadinessFact::Kit { pending: None, .. } => "there is no key yet".to_owned(),
        ReadinessFact::SecondFactor { since: Some(since) } => format!("asked for since {}", time(*since)),
        ReadinessFact::SecondFactor { since: None } => "restores and deletions ask for none".to_owned(),
        ReadinessFact::Copies { stores: 0, .. } => "the profile has no further store".to_owned(),
        ReadinessFact::Copies { stores, behind } if behind.is_empty() => match check.is_ready() {
            true => format!("{} with the newest archive", count(*stores, "further store")),
            false => format!("{}; there is no backup yet", count(*stores, "further store")),
        },
        ReadinessFact::Copies { behind, .. } => format!("the newest archive is not in {}", behind.join(", ")),
        ReadinessFact::Restored { at: Some(at), long_ago: false } => time(*at),
        ReadinessFact::Restored { at: Some(at), long_ago: true } => {
            format!("{}: longer ago than 30 days, so it is time for another one", time(*at))
        }
        ReadinessFact::Restored { at: None, .. } => "none yet".to_owned(),
    }
}

fn all(archives: u64) -> String {
    match archives {
        0 => "every archive; none is here".to_owned(),
        1 => "the 1 archive that there is".to_owned(),
        n => format!("all {}", count(n, "archive")),
    }
}

fn remedies(check: &ReadinessCheck) -> impl Iterator<Item = String> {
    let why = match &check.state {
        ReadinessState::Unknown { failure } => Some(failure.hint.clone()),
        _ => None,
    };
    let told = check.remedies.iter().map(|remedy| match remedy {
        ReadinessRemedy::Sql { sql } => format!("let a superuser run: {sql}"),
        ReadinessRemedy::Run { command } => format!("`aitta {command}`"),
        ReadinessRemedy::Hint { text } => text.clone(),
    });
    why.into_iter().filter(|hint| !hint.is_empty()).chain(told)
}

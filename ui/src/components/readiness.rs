//! What a restore will need: each thing with how it stands, what that rests on, and what helps.

use aitta_model::{
    Command, ErrorCode, NewestFound, ReadinessCheck, ReadinessFact, ReadinessKind, ReadinessRemedy,
    ReadinessState, Timestamp,
};
use leptos::prelude::*;
use leptos_router::components::A;

use super::copy::CopyButton;
use super::failure::{FailureDetails, title};
use super::icon::Icon;
use crate::address;
use crate::format;
use crate::plain::bytes;
use crate::preferences::texts;
use crate::texts::Texts;

/// Checks as a list, with what helps where one is not ready.
#[component]
pub(crate) fn Checks(
    checks: Vec<ReadinessCheck>,
    /// When they were looked at.
    now: Timestamp,
    /// Whether the way to other pages is shown: not where a profile is still being set up.
    #[prop(optional)]
    leads: bool,
) -> impl IntoView {
    // One cause of several is told once: where it stands first.
    let is_new = first_of_each(&checks);
    let lines = checks.iter().zip(is_new).map(|(check, is_new)| line(check, now, leads, is_new));
    let lines = lines.collect_view();
    view! { <ul class="guards checks">{lines}</ul> }
}

/// For each check whether its failure is told by none before it.
fn first_of_each(checks: &[ReadinessCheck]) -> Vec<bool> {
    let cause = |check: &ReadinessCheck| match &check.state {
        ReadinessState::Unknown { failure } => Some((failure.code, failure.message.clone())),
        _ => None,
    };
    let causes: Vec<_> = checks.iter().map(cause).collect();
    causes.iter().enumerate().map(|(i, cause)| cause.is_none() || !causes[..i].contains(cause)).collect()
}

fn line(check: &ReadinessCheck, now: Timestamp, leads: bool, is_new: bool) -> AnyView {
    let t = texts();
    let r = &t.readiness;
    let (class, icon, state) = match &check.state {
        ReadinessState::Ready => ("ok", "check", r.is_ready),
        ReadinessState::Missing => ("warn", "warning", r.is_missing),
        ReadinessState::Unknown { .. } if check.counts() => ("warn", "question", r.is_unknown),
        ReadinessState::Unknown { .. } => ("", "question", r.is_unknown),
        ReadinessState::NotApplicable => ("", "info", r.is_nothing),
    };
    let unknown = match &check.state {
        ReadinessState::Unknown { failure } if check.counts() && is_new => Some(failure.clone()),
        _ => None,
    };
    let unknown = unknown.map(|failure| {
        let cause = (t.failures.said)(failure.code).1;
        view! { <p>{cause}</p><FailureDetails failure/> }.into_any()
    });
    let remedies = check.remedies.iter().filter_map(|remedy| help(t, check, remedy, leads)).collect_view();
    view! {
        <li class=class data-check=check.kind.as_str() data-state=state_word(check)>
            <Icon name=icon/>
            <div>
                <p><span class="visually-hidden">{state}": "</span><b>{(r.name)(check.kind)}</b>" "{fact(t, check, now)}</p>
                {unknown}
                {remedies}
            </div>
        </li>
    }
    .into_any()
}

/// As it is sent, for tests and styles.
fn state_word(check: &ReadinessCheck) -> &'static str {
    match check.state {
        ReadinessState::Ready => "ready",
        ReadinessState::Missing => "missing",
        ReadinessState::Unknown { .. } => "unknown",
        ReadinessState::NotApplicable => "not_applicable",
    }
}

/// What helps, as the window has it.
fn help(t: &Texts, check: &ReadinessCheck, remedy: &ReadinessRemedy, leads: bool) -> Option<AnyView> {
    let r = &t.readiness;
    let to_copy = |before: &'static str, text: String| {
        view! {
            <p>{before}</p>
            <div class="command"><code>{text.clone()}</code><CopyButton text words=r.copy class="btn small"/></div>
        }
        .into_any()
    };
    let lead = |href: &'static str, words: &'static str| {
        leads.then(|| view! { <p><A href=href>{words}</A></p> }.into_any())
    };
    match remedy {
        ReadinessRemedy::Sql { sql } => Some(to_copy(r.superuser_runs, sql.clone())),
        ReadinessRemedy::Run { command } => match command.known() {
            Some(Command::MfaEnroll) => lead("/settings/second-factor", r.set_up),
            Some(Command::KeyCreateKit | Command::KeyImport | Command::KeyStatus) => {
                lead("/keys", r.open_keys)
            }
            Some(Command::ConfigCheckRoles) => lead("/settings", r.open_settings),
            _ => Some(to_copy(r.in_terminal, format!("aitta {command}"))),
        },
        ReadinessRemedy::Hint { .. } if check.kind == ReadinessKind::Proven => lead(address::PROVE, r.prove),
        // The fact says it.
        ReadinessRemedy::Hint { .. } if matches!(check.fact, Some(ReadinessFact::Place { .. })) => None,
        ReadinessRemedy::Hint { .. } => {
            let words = (r.help)(check.kind);
            (!words.is_empty()).then(|| view! { <p>{words}</p> }.into_any())
        }
    }
}

/// What the state rests on, as sentences.
fn fact(t: &Texts, check: &ReadinessCheck, now: Timestamp) -> String {
    let r = &t.readiness;
    let seen = check.fact.as_ref().map(|fact| words(t, check, fact, now)).unwrap_or_default();
    match &check.state {
        ReadinessState::Unknown { failure } if failure.code == ErrorCode::Unsupported => {
            let parts = [r.room_unseen.to_owned(), seen].into_iter().filter(|part| !part.is_empty());
            format::sentence(parts.collect::<Vec<_>>().join("; "))
        }
        ReadinessState::Unknown { failure } => title(t, failure).to_owned(),
        _ if seen.is_empty() && check.kind == ReadinessKind::Newest => r.no_backup.to_owned(),
        _ if seen.is_empty() => "–".to_owned(),
        _ => seen,
    }
}

fn words(t: &Texts, check: &ReadinessCheck, fact: &ReadinessFact, now: Timestamp) -> String {
    let r = &t.readiness;
    let day = |at: Timestamp| format::day(t, at, now, format::offset(at));
    match fact {
        ReadinessFact::Tables { user, silences, lacking, lacking_count } => {
            let more = if *lacking_count > lacking.len() as u64 { ", …" } else { "" };
            let lacks = (*lacking_count > 0)
                .then(|| (r.tables_lacking)(user, *lacking_count, &(lacking.join(", ") + more)));
            let triggers = (!silences).then(|| (r.tables_cannot)(user));
            sentences([triggers, lacks]).unwrap_or_else(|| (r.tables_can)(user))
        }
        ReadinessFact::Database { user, database, creates, renames } => {
            let creates = (!creates).then(|| (r.creates_not)(user));
            let renames = (!renames).then(|| (r.renames_not)(user, database));
            sentences([creates, renames]).unwrap_or_else(|| (r.database_can)(user, database))
        }
        ReadinessFact::Code { user, code, .. } if code.is_empty() => (r.code_none)(user),
        ReadinessFact::Code { user, is_mighty: false, code, more } => {
            (r.code_harmless)(user, code.len() as u64 + more)
        }
        ReadinessFact::Code { user, code, more, .. } => {
            let more = if *more > 0 { "; …" } else { "" };
            (r.code_asks)(user, &(code.join("; ") + more))
        }
        ReadinessFact::Place { path, writable: true } => (r.writable)(path),
        ReadinessFact::Place { path, writable: false } => (r.not_writable)(path),
        ReadinessFact::Tools { server, found: Some(found) } => (r.tools_found)(found, *server),
        ReadinessFact::Tools { server, found: None } => (r.tools_missing)(*server),
        ReadinessFact::Room { free_bytes, needed_bytes } => {
            let takes =
                if check.kind == ReadinessKind::StoreRoom { r.archive_takes } else { r.restore_takes };
            let parts = [free_bytes.map(|n| (r.free)(&bytes(n))), needed_bytes.map(|n| takes(&bytes(n)))];
            let parts = parts.into_iter().flatten().collect::<Vec<_>>().join("; ");
            // Where nobody sees what is free, a sentence begins before it.
            if free_bytes.is_some() { format::sentence(parts) } else { parts }
        }
        ReadinessFact::Newest { archive, found } => match found {
            NewestFound::There => r.newest_there.to_owned(),
            NewestFound::TooOld => r.newest_too_old.to_owned(),
            NewestFound::Damaged => (r.newest_damaged)(archive),
            NewestFound::Changed => (r.newest_changed)(archive),
            NewestFound::Gone => (r.newest_gone)(archive),
        },
        ReadinessFact::Others { archives } => (r.newest_others)(*archives),
        ReadinessFact::Keys { active: false, closed: 0, .. } => r.no_key.to_owned(),
        ReadinessFact::Keys { archives, closed: 0, .. } => (r.keys_open)(*archives),
        ReadinessFact::Keys { archives, closed, missing, .. } => {
            (r.keys_closed)(*closed, *archives, &missing.join(", "))
        }
        ReadinessFact::Kit { pending: Some(pending), .. } => (r.kit_pending)(pending),
        ReadinessFact::Kit { .. } if check.is_ready() => r.kit_confirmed.to_owned(),
        ReadinessFact::Kit { kept, .. } if kept == "environment" => r.kit_environment.to_owned(),
        ReadinessFact::Kit { .. } => r.no_key.to_owned(),
        ReadinessFact::SecondFactor { since: Some(since) } => (r.factor_since)(&day(*since)),
        ReadinessFact::SecondFactor { since: None } => r.factor_none.to_owned(),
        ReadinessFact::Copies { stores: 0, .. } => r.copies_none.to_owned(),
        ReadinessFact::Copies { stores, behind } if behind.is_empty() => match check.is_ready() {
            true => (r.copies_hold)(*stores),
            false => r.no_backup.to_owned(),
        },
        ReadinessFact::Copies { behind, .. } => (r.copies_behind)(&behind.join(", ")),
        ReadinessFact::Restored { at: Some(at), long_ago: true } => (r.proven_long_ago)(&day(*at)),
        ReadinessFact::Restored { at: Some(at), .. } => (r.proven_on)(&day(*at)),
        // Where it does not count there is nothing to prove yet.
        ReadinessFact::Restored { at: None, .. } if !check.counts() => r.no_backup.to_owned(),
        ReadinessFact::Restored { at: None, .. } => r.proven_never.to_owned(),
    }
}

/// Those that are there, one after the other.
fn sentences(parts: [Option<String>; 2]) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

#[cfg(test)]
mod tests {
    use aitta_model::{ClosedList as _, Failure};

    use super::*;
    use crate::texts::{EN, FI};

    fn told(t: &Texts, check: &ReadinessCheck) -> String {
        fact(t, check, Timestamp::UNIX_EPOCH)
    }

    fn tables(silences: bool, lacking: &[&str], lacking_count: u64) -> ReadinessCheck {
        let lacking = lacking.iter().map(|name| (*name).to_owned()).collect();
        let fact = ReadinessFact::Tables { user: "kiilto".to_owned(), silences, lacking, lacking_count };
        ReadinessCheck::found(ReadinessKind::RestoreTables, silences && lacking_count == 0, fact, [])
    }

    #[test]
    fn what_a_role_lacks_is_said_in_full() {
        assert_eq!(told(&EN, &tables(true, &[], 0)), "kiilto can replace every table.");
        assert_eq!(
            told(&EN, &tables(false, &[], 0)),
            "kiilto can't switch off triggers, so single tables can't be restored in place."
        );
        let both = told(&EN, &tables(false, &["public.a"], 2));
        assert!(both.contains("triggers") && both.ends_with("tables and sequences: public.a, …."), "{both}");
    }

    #[test]
    fn room_that_nobody_can_see_is_not_called_missing() {
        let failure = |code| Failure { code, message: "no answer".to_owned(), hint: String::new() };
        let room = Some(ReadinessFact::Room { free_bytes: None, needed_bytes: Some(101_000_000) });
        let unseen = failure(ErrorCode::Unsupported);
        let unseen = ReadinessCheck::unknown(ReadinessKind::ServerRoom, unseen, room);
        assert_eq!(
            told(&EN, &unseen).replace('\u{a0}', " "),
            "Aitta can't see the server's free space; a restore needs about 101 MB."
        );
        let silent = failure(ErrorCode::SourceUnreachable);
        assert_eq!(
            told(&EN, &ReadinessCheck::unknown(ReadinessKind::ServerRoom, silent, None)),
            (EN.failures.said)(ErrorCode::SourceUnreachable).0
        );
        let free = ReadinessFact::Room { free_bytes: Some(2_000), needed_bytes: Some(20_000) };
        let full = ReadinessCheck::found(ReadinessKind::StoreRoom, false, free, []);
        assert_eq!(told(&EN, &full).replace('\u{a0}', " "), "2.0 kB free; the newest backup takes 20 kB.");
    }

    #[test]
    fn one_cause_is_told_once() {
        let unknown = |kind, code| {
            let failure = Failure { code, message: "no answer".to_owned(), hint: String::new() };
            ReadinessCheck::unknown(kind, failure, None)
        };
        let checks = [
            unknown(ReadinessKind::StoreRoom, ErrorCode::StoreMissing),
            tables(true, &[], 0),
            unknown(ReadinessKind::Newest, ErrorCode::StoreMissing),
            unknown(ReadinessKind::ServerRoom, ErrorCode::SourceUnreachable),
        ];
        assert_eq!(first_of_each(&checks), [true, true, false, true]);
    }

    /// What counts for nothing must not be worded as if it were done or missing.
    #[test]
    fn without_a_backup_no_proof_is_called_for() {
        let never = ReadinessFact::Restored { at: None, long_ago: false };
        let nothing = ReadinessCheck::not_applicable(ReadinessKind::Proven, Some(never.clone()));
        let missing = ReadinessCheck::found(ReadinessKind::Proven, false, never, []);
        for t in [&EN, &FI] {
            assert_eq!(told(t, &nothing), t.readiness.no_backup);
            assert_eq!(told(t, &missing), t.readiness.proven_never);
        }
    }

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        for t in [&EN, &FI] {
            let mut names: Vec<&str> =
                ReadinessKind::ALL.iter().map(|kind| (t.readiness.name)(*kind)).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), ReadinessKind::ALL.len());
        }
    }
}

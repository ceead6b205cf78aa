//! What a restore will need, made up.

use aitta_model::{
    Command, ErrorCode, NewestFound, Readiness, ReadinessCheck, ReadinessFact, ReadinessKind, ReadinessRemedy,
};
use jiff::ToSpan;

use super::state::{State, failure, state};
use super::{data, guard};
use crate::format::now;

/// In danger something is missing, something is not known, and a proof is old; on the first day there is no backup yet.
pub(super) fn readiness() -> Readiness {
    let (in_danger, empty) = (state() == State::Unsafe, state() == State::Empty);
    let checks = vec![
        tables(!in_danger),
        whole(),
        code(),
        tools(),
        server_room(),
        store_room(in_danger),
        newest(empty),
        keys(if empty { 0 } else { 744 }),
        kit(),
        factor(),
        copies(in_danger, empty),
        proven(in_danger, empty),
    ];
    Readiness { profile: "kiiltoloisto".to_owned(), now: now(), checks }
}

pub(super) fn tables(ready: bool) -> ReadinessCheck {
    let fact = ReadinessFact::Tables {
        user: "kiilto".to_owned(),
        silences: ready,
        lacking: Vec::new(),
        lacking_count: 0,
    };
    let sql = "GRANT SET ON PARAMETER session_replication_role TO \"kiilto\";".to_owned();
    ReadinessCheck::found(ReadinessKind::RestoreTables, ready, fact, [ReadinessRemedy::Sql { sql }])
}

fn whole() -> ReadinessCheck {
    let fact = ReadinessFact::Database {
        user: "kiilto".to_owned(),
        database: "carwash".to_owned(),
        creates: true,
        renames: true,
    };
    ReadinessCheck::found(ReadinessKind::RestoreWhole, true, fact, [])
}

fn code() -> ReadinessCheck {
    let fact = ReadinessFact::Code { user: "kiilto".to_owned(), is_mighty: false, code: Vec::new(), more: 0 };
    ReadinessCheck::found(ReadinessKind::ForeignCode, true, fact, [])
}

fn tools() -> ReadinessCheck {
    let fact = ReadinessFact::Tools { server: 16, found: Some("16.4".to_owned()) };
    ReadinessCheck::found(ReadinessKind::Tools, true, fact, [])
}

fn server_room() -> ReadinessCheck {
    let failure = failure(
        ErrorCode::Unsupported,
        "the free space of the server can't be seen from here",
        "look on the server itself, at the disk of its data_directory",
    );
    let fact = ReadinessFact::Room { free_bytes: None, needed_bytes: Some(1_320_000_000) };
    ReadinessCheck::unknown(ReadinessKind::ServerRoom, failure, Some(fact))
}

fn store_room(nearly_full: bool) -> ReadinessCheck {
    let free = if nearly_full { 79_000_000_000 } else { 194_000_000_000 };
    let fact = ReadinessFact::Room { free_bytes: Some(free), needed_bytes: Some(438_000_000) };
    ReadinessCheck::found(ReadinessKind::StoreRoom, true, fact, [])
}

fn newest(empty: bool) -> ReadinessCheck {
    let fact = ReadinessFact::Newest { archive: data::archives(1).remove(0).id, found: NewestFound::There };
    match empty {
        true => ReadinessCheck::not_applicable(ReadinessKind::Newest, None),
        false => ReadinessCheck::found(ReadinessKind::Newest, true, fact, []),
    }
}

fn keys(archives: u64) -> ReadinessCheck {
    let fact = ReadinessFact::Keys { archives, closed: 0, missing: Vec::new(), active: true };
    ReadinessCheck::found(ReadinessKind::Keys, true, fact, [])
}

fn kit() -> ReadinessCheck {
    let fact = ReadinessFact::Kit { pending: None, kept: "keychain".to_owned() };
    ReadinessCheck::found(ReadinessKind::Kit, true, fact, [])
}

fn factor() -> ReadinessCheck {
    let since = guard::status().enrolled;
    let fact = ReadinessFact::SecondFactor { since };
    ReadinessCheck::found(ReadinessKind::SecondFactor, since.is_some(), fact, [Command::MfaEnroll.into()])
}

fn copies(unreachable: bool, empty: bool) -> ReadinessCheck {
    if unreachable {
        let failure = failure(
            ErrorCode::StoreUnreachable,
            "s3://kiiltoloisto-backups gave no answer within 10 s",
            "check that it can be reached, then look again with `aitta doctor`",
        );
        return ReadinessCheck::unknown(ReadinessKind::Copies, failure, None);
    }
    let fact = ReadinessFact::Copies { stores: 1, behind: Vec::new() };
    match empty {
        true => ReadinessCheck::not_applicable(ReadinessKind::Copies, Some(fact)),
        false => ReadinessCheck::found(ReadinessKind::Copies, true, fact, []),
    }
}

fn proven(long_ago: bool, empty: bool) -> ReadinessCheck {
    let days = if long_ago { 121 } else { 12 };
    let at = (!empty).then(|| now() - (24 * days).hours());
    let fact = ReadinessFact::Restored { at, long_ago };
    match empty {
        true => ReadinessCheck::not_applicable(ReadinessKind::Proven, Some(fact)),
        false => ReadinessCheck::found(ReadinessKind::Proven, !long_ago, fact, []),
    }
}

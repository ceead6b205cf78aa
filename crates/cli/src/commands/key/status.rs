//! `aitta key status` and `aitta key check`

use aitta_engine::{Result, custody};
use aitta_model::{
    KeyCanary, KeyEntry, KeyRingReport, KeyState, NeededKey, RotationDirection, RotationStatus, Timestamp,
};

use crate::call::{Call, OK};
use crate::format::{self, Table, plain};
use crate::session;

pub(super) async fn run(call: &Call<'_>) -> Result<u8> {
    let context = session::context(call.global).await?;
    call.output.report(&custody::status(&context).await?, text)?;
    Ok(OK)
}

pub(super) async fn check(call: &Call<'_>) -> Result<u8> {
    let context = session::context(call.global).await?;
    let canary = custody::check(&context).await?;
    call.output.report(&canary, tested)?;
    Ok(canary.failure.map_or(OK, |failure| failure.code.exit_code()))
}

fn tested(canary: &KeyCanary) -> String {
    match (&canary.failure, &canary.archive) {
        (Some(failure), _) => format!("failed: {}\nhint: {}\n", failure.message, failure.hint),
        (None, Some(archive)) => format!("the active key opens the newest archive {archive}\n"),
        (None, None) => {
            "no archive was made yet with the active key, so there is nothing to test it with\n".to_owned()
        }
    }
}

fn open_rotation(rotation: &RotationStatus) -> String {
    let RotationStatus { from, to, done, archives, .. } = rotation;
    if rotation.running {
        format!("a rotation from {from} to {to} is under way; it has done {done} of {archives} archives\n")
    } else if rotation.begun {
        let back = if rotation.direction == RotationDirection::Back { " back" } else { "" };
        format!(
            "a rotation{back} from {from} to {to} was interrupted; it has done at least {done} of {archives} archives, \
             and each of them opens; `aitta key rotate --resume --reason routine` goes on with it\n"
        )
    } else {
        format!(
            "{} of {archives} archives are not locked with the active key {to} yet, most of them with {from}; \
             `aitta key rotate --reason routine` moves them\n",
            archives - done
        )
    }
}

/// No date while an archive needs the key or may need it: `aitta key destroy` refuses it then.
fn destroyable(key: &KeyEntry) -> String {
    match (key.state, key.archives_alone, key.destroyable_from) {
        (KeyState::Retired, Some(0), Some(from)) => format!("from {}", format::time(from)),
        (KeyState::Retired, Some(0), None) => "-".to_owned(),
        (KeyState::Retired, Some(_), _) => "no, archives need it".to_owned(),
        (KeyState::Retired, None, _) => "not known".to_owned(),
        _ => "-".to_owned(),
    }
}

pub(super) fn text(ring: &KeyRingReport) -> String {
    let mut table = Table::new(&["KEY", "STATE", "SINCE", ">ARCHIVES", ">ONLY BY IT", "MAY BE DESTROYED"]);
    let time = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), format::time);
    let count = |n: Option<u64>| n.map_or_else(|| "?".to_owned(), format::number);
    for key in &ring.keys {
        let since = match key.state {
            KeyState::Pending | KeyState::Active => key.created,
            KeyState::Retired => key.retired,
            KeyState::Destroyed => key.destroyed,
        };
        table.row([
            key.key_id.clone(),
            key.state.to_string(),
            time(since),
            count(key.archives),
            count(key.archives_alone),
            destroyable(key),
        ]);
    }
    let mut out = match ring.keys.is_empty() {
        true => {
            format!("there is no key in the {} yet; `aitta key create --kit FILE` makes one\n", ring.kept)
        }
        false => format!("{}kept in the {}\n", table.render(), ring.kept),
    };
    for key in ring.keys.iter().filter(|key| key.state == KeyState::Retired && !key.needed_in.is_empty()) {
        out.push_str(&format!("{} is needed by archives in {}\n", key.key_id, key.needed_in.join(", ")));
    }
    for NeededKey { key_id, archives, newest } in &ring.missing {
        let (archives, newest) = (format::count(*archives, "archive"), format::time(*newest));
        out.push_str(&format!(
            "missing: the key {key_id}; {archives} can't be opened without it, the newest of {newest}; \
             `aitta key import FILE` takes it from its recovery kit\n"
        ));
    }
    for (place, failure) in &ring.unseen {
        out.push_str(&format!(
            "warning: the keys that {place} needs are unknown: {}\n  hint: {}\n",
            plain(&failure.message),
            plain(&failure.hint)
        ));
    }
    if let Some(overrides) = &ring.overrides {
        out.push_str(&format!("{overrides}\n"));
    }
    if let Some(due) = ring.due {
        let words =
            if ring.overdue { "overdue: the active key was to be changed on" } else { "to be changed on" };
        out.push_str(&format!("{words} {}\n", format::time(due)));
    }
    match &ring.canary {
        _ if !ring.keys.iter().any(|key| key.state == KeyState::Active) => {}
        None => out.push_str("the active key was not tested yet: `aitta key check` does it\n"),
        Some(canary) => out.push_str(&format!("tested {}: {}", format::time(canary.at), tested(canary))),
    }
    if let Some(rotation) = &ring.rotation {
        out.push_str(&open_rotation(rotation));
    }
    out
}

#[cfg(test)]
mod tests {
    use aitta_model::{ErrorCode, Failure};

    use super::*;

    fn told(archives_alone: Option<u64>, needed_in: &[&str], unseen: &[&str]) -> String {
        text(&ring(archives_alone, needed_in, unseen))
    }

    fn ring(archives_alone: Option<u64>, needed_in: &[&str], unseen: &[&str]) -> KeyRingReport {
        let failure = Failure {
            code: ErrorCode::StoreMissing,
            message: "it does not exist".to_owned(),
            hint: "mount it".to_owned(),
        };
        KeyRingReport {
            kept: "keychain".to_owned(),
            overrides: None,
            keys: vec![KeyEntry {
                key_id: "94e3".to_owned(),
                state: KeyState::Retired,
                created: None,
                retired: None,
                destroyable_from: Some(Timestamp::UNIX_EPOCH),
                destroyed: None,
                archives: Some(0),
                archives_alone,
                needed_in: needed_in.iter().map(ToString::to_string).collect(),
                asked: Vec::new(),
            }],
            due: None,
            overdue: false,
            canary: None,
            rotation: None,
            missing: Vec::new(),
            unseen: unseen.iter().map(|place| (place.to_string(), failure.clone())).collect(),
        }
    }

    #[test]
    fn a_key_that_archives_need_is_told_with_the_way_to_get_it() {
        let ring = KeyRingReport {
            missing: vec![NeededKey {
                key_id: "4e7d".to_owned(),
                archives: 7,
                newest: Timestamp::UNIX_EPOCH,
            }],
            ..ring(Some(0), &[], &[])
        };
        let told = text(&ring);
        let words = "missing: the key 4e7d; 7 archives can't be opened without it, the newest of 1970-01-01";
        assert!(told.contains(words) && told.contains("aitta key import"), "{told}");
    }

    #[test]
    fn no_date_is_told_for_a_key_that_is_needed_or_may_be() {
        assert!(told(Some(0), &[], &[]).contains("from 1970-01-01"));
        let needed = told(Some(2), &["/mnt/second"], &[]);
        assert!(needed.contains("no, archives need it") && !needed.contains("1970"), "{needed}");
        assert!(needed.contains("94e3 is needed by archives in /mnt/second"), "{needed}");
        let unknown = told(None, &[], &["/mnt/second"]);
        assert!(unknown.contains("not known") && !unknown.contains("1970"), "{unknown}");
        assert!(
            unknown.contains("the keys that /mnt/second needs are unknown: it does not exist"),
            "{unknown}"
        );
    }
}

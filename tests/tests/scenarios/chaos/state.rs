//! What a database holds, as SQL tells it, part by part.

use std::collections::BTreeMap;

/// By the name of a part: `rows booking`, `made booking` (columns, keys, indexes), `sequence booking`, `large objects`.
/// The value is a digest of all of it, or the position of a sequence.
pub(super) type State = BTreeMap<String, String>;

const SEQUENCE: &str = "sequence ";

/// What came of an operation, as an independent look tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    AsBefore,
    /// Of a rotation, a deletion, a copy, a clean-up: part of it is done, and each part wholly.
    Between,
    Done,
}

/// Whether this part is one of a chosen table. Partitions are called like their table, with `_p` and a number.
fn is_of(part: &str, chosen: &[&str]) -> bool {
    let table = part.split_once(' ').map_or(part, |(_, table)| table);
    chosen
        .iter()
        .any(|name| table.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with("_p")))
}

/// What a database holds when these tables of it were replaced. Sequences never go back.
pub(super) fn with_tables(before: &State, archived: &State, chosen: &[&str]) -> State {
    let mut done: State =
        before.iter().filter(|(part, _)| !is_of(part, chosen)).map(|(k, v)| (k.clone(), v.clone())).collect();
    for (part, value) in archived.iter().filter(|(part, _)| is_of(part, chosen)) {
        let further = match before.get(part).filter(|_| part.starts_with(SEQUENCE)) {
            Some(now) => position(now).max(position(value)).to_string(),
            None => value.clone(),
        };
        done.insert(part.clone(), further);
    }
    done
}

fn position(text: &str) -> i64 {
    text.parse().unwrap_or_else(|e| panic!("{text:?} is no position of a sequence: {e}"))
}

/// Which of the two it is. Positions of sequences are not taken back with a transaction (manual of PostgreSQL,
/// Sequence Manipulation Functions), so one may be ahead of a table that is as before.
pub(super) fn one_of_two(before: &State, done: &State, now: &State) -> Option<Came> {
    if now == done {
        return Some(Came::Done);
    }
    let fits = now.keys().chain(before.keys()).all(|part| {
        let (was, is) = (before.get(part), now.get(part));
        is == was || part.starts_with(SEQUENCE) && is.is_some() && is == done.get(part)
    });
    fits.then_some(Came::AsBefore)
}

/// The parts in which two states differ.
pub(super) fn differing<'a>(one: &'a State, other: &'a State) -> Vec<&'a String> {
    let mut parts: Vec<&String> =
        one.keys().chain(other.keys()).filter(|part| one.get(*part) != other.get(*part)).collect();
    parts.sort();
    parts.dedup();
    parts
}

/// Rows of tables alone, by the name of the table.
pub(super) fn rows_of(state: &State, chosen: &[&str]) -> State {
    let rows = state.iter().filter(|(part, _)| part.starts_with("rows ") && is_of(part, chosen));
    rows.map(|(part, value)| (part.clone(), value.clone())).collect()
}

/// What an archive of chosen tables holds. The parent of partitions has no rows, and is not archived with them.
pub(super) fn only(state: &State, chosen: &[&str]) -> State {
    let has_rows = |part: &str| {
        part.split_once(' ').is_none_or(|(_, table)| state.contains_key(&format!("rows {table}")))
    };
    let parts = state.iter().filter(|(part, _)| is_of(part, chosen) && has_rows(part));
    parts.map(|(part, value)| (part.clone(), value.clone())).collect()
}

/// Whether all of these tables are in it.
pub(super) fn has(state: &State, chosen: &[&str]) -> bool {
    chosen.iter().all(|table| state.contains_key(&format!("made {table}")))
}

#[test]
fn a_torn_table_is_told_from_both_states() {
    let state = |parts: &[(&str, &str)]| -> State {
        parts.iter().map(|(part, value)| ((*part).to_owned(), (*value).to_owned())).collect()
    };
    let before = state(&[("rows a", "1"), ("rows a_p1", "1"), ("rows b", "1"), ("sequence a", "7")]);
    let archived = state(&[("rows a", "2"), ("rows a_p1", "2"), ("rows b", "2"), ("sequence a", "9")]);
    let done = with_tables(&before, &archived, &["a"]);
    assert_eq!(done, state(&[("rows a", "2"), ("rows a_p1", "2"), ("rows b", "1"), ("sequence a", "9")]));
    assert_eq!(one_of_two(&before, &done, &done), Some(Came::Done));
    assert_eq!(one_of_two(&before, &done, &before), Some(Came::AsBefore));
    let ahead = state(&[("rows a", "1"), ("rows a_p1", "1"), ("rows b", "1"), ("sequence a", "9")]);
    assert_eq!(one_of_two(&before, &done, &ahead), Some(Came::AsBefore));
    for torn in [
        &[("rows a", "1"), ("rows a_p1", "2"), ("rows b", "1"), ("sequence a", "9")][..],
        &[("rows a", "2"), ("rows a_p1", "2"), ("rows b", "2"), ("sequence a", "9")],
        &[("rows a", "2"), ("rows a_p1", "2"), ("rows b", "1"), ("sequence a", "7")],
        &[("rows a_p1", "1"), ("rows b", "1"), ("sequence a", "7")],
    ] {
        assert_eq!(one_of_two(&before, &done, &state(torn)), None, "{torn:?}");
    }
    // Backwards it never goes.
    let done = with_tables(&archived, &before, &["a"]);
    assert_eq!(done["sequence a"], "9");
}

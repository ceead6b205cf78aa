//! In which order keys stand, and which of them may be destroyed. No DOM.

use aitta_model::{KeyEntry, KeyState, Timestamp};

use crate::order;

/// Why a key may not be destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// So many archives open with no other key.
    Needed(u64),
    /// Not before this time.
    Before(Timestamp),
    /// It can't be said what it opens.
    Unknown,
    /// It is not retired.
    State,
}

/// What stands against destroying it, the worst first. The engine decides; this only says it beforehand.
pub(super) fn refusal(key: &KeyEntry, now: Timestamp) -> Option<Refusal> {
    if key.state != KeyState::Retired {
        return Some(Refusal::State);
    }
    match (key.archives_alone, key.destroyable_from) {
        (None, _) => Some(Refusal::Unknown),
        (Some(n), _) if n > 0 => Some(Refusal::Needed(n)),
        (_, Some(from)) if from > now => Some(Refusal::Before(from)),
        _ => None,
    }
}

/// All but the active key: unconfirmed, retired, destroyed; of the same state the newest first.
pub(super) fn others(keys: &[KeyEntry]) -> Vec<KeyEntry> {
    let rank = |state| match state {
        KeyState::Pending => 0,
        KeyState::Active => 1,
        KeyState::Retired => 2,
        KeyState::Destroyed => 3,
    };
    let others: Vec<KeyEntry> = keys.iter().filter(|key| key.state != KeyState::Active).cloned().collect();
    order::sorted(others, |a, b| rank(a.state).cmp(&rank(b.state)).then(b.created.cmp(&a.created)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(state: KeyState, created: i64) -> KeyEntry {
        KeyEntry {
            key_id: format!("{created:016x}"),
            state,
            created: Timestamp::from_second(created).ok(),
            retired: None,
            destroyable_from: None,
            destroyed: None,
            archives: Some(0),
            archives_alone: Some(0),
            needed_in: Vec::new(),
            asked: Vec::new(),
        }
    }

    #[test]
    fn a_key_that_something_needs_is_not_destroyed() {
        let now = Timestamp::from_second(1000).expect("a time");
        let later = Timestamp::from_second(2000).ok();
        let retired = key(KeyState::Retired, 1);
        assert_eq!(refusal(&retired, now), None);
        let needed = KeyEntry { archives_alone: Some(3), destroyable_from: later, ..retired.clone() };
        assert_eq!(refusal(&needed, now), Some(Refusal::Needed(3)));
        let early = KeyEntry { destroyable_from: later, ..retired.clone() };
        assert_eq!(refusal(&early, now), later.map(Refusal::Before));
        let unknown = KeyEntry { archives_alone: None, ..retired };
        assert_eq!(refusal(&unknown, now), Some(Refusal::Unknown));
        assert_eq!(refusal(&key(KeyState::Active, 1), now), Some(Refusal::State));
    }

    #[test]
    fn what_is_unfinished_stands_first_and_what_is_gone_last() {
        let keys = [
            key(KeyState::Destroyed, 1),
            key(KeyState::Retired, 2),
            key(KeyState::Active, 4),
            key(KeyState::Retired, 3),
            key(KeyState::Pending, 5),
        ];
        let order: Vec<_> =
            others(&keys).into_iter().filter_map(|k| k.created).map(Timestamp::as_second).collect();
        assert_eq!(order, [5, 3, 2, 1]);
    }
}

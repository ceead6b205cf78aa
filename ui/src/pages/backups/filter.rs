//! Which backups are listed, and in what order.

use std::cmp::Ordering;

use aitta_model::{ArchiveState, ArchiveSummary, BackupKind, ClosedList as _, Word};

use crate::components::table::Sort;
use crate::format;
use crate::order;
use crate::texts::Texts;

/// States to choose from, from good to bad.
pub(super) const STATES: [&str; 5] = ["restored", "verified", "stored", "unknown", "damaged"];
/// Kinds to choose from.
pub(super) const KINDS: [BackupKind; 5] = [
    BackupKind::Scheduled,
    BackupKind::Manual,
    BackupKind::PreDeployment,
    BackupKind::Emergency,
    BackupKind::Safety,
];
const COLUMNS: [&str; 7] = ["when", "state", "kind", "reason", "size", "rows", "took"];
/// The newest first.
pub(super) const NEWEST: Sort = Sort { column: "when", down: true };

/// The one of these that equals `value`, or `""`.
pub(super) fn known(values: &[&'static str], value: &str) -> &'static str {
    values.iter().find(|known| **known == value).copied().unwrap_or_default()
}

/// A backup with what it is found by.
pub(super) struct Entry {
    pub(super) archive: ArchiveSummary,
    /// Its state as [`STATES`] names it.
    pub(super) state: &'static str,
    /// All that is searched, in small letters; made once, not with every letter that is typed.
    text: String,
}

impl Entry {
    pub(super) fn new(t: &Texts, archive: ArchiveSummary) -> Self {
        let kind = archive.kind.as_ref();
        let reason = archive.reason.as_deref().unwrap_or_default();
        let parts = [
            archive.id.as_str(),
            reason,
            &format::reason(t, reason),
            kind.map_or("", Word::as_str),
            (t.common.kind)(kind.and_then(Word::known)),
            archive.database.as_deref().unwrap_or_default(),
        ];
        let text = parts.join("\n").to_lowercase();
        let state = match archive.state {
            ArchiveState::Stored => "stored",
            ArchiveState::Verified(_) => "verified",
            ArchiveState::Restored(_) => "restored",
            ArchiveState::Damaged(_) => "damaged",
            ArchiveState::Unknown => "unknown",
        };
        Self { archive, state, text }
    }

    pub(super) fn kind(&self) -> Option<BackupKind> {
        self.archive.kind.as_ref()?.known()
    }

    fn compare(&self, other: &Self, column: &str) -> Ordering {
        let (a, b) = (&self.archive, &other.archive);
        let rank = |state| STATES.iter().position(|s| *s == state);
        match column {
            "state" => rank(self.state).cmp(&rank(other.state)),
            "kind" => a.kind.cmp(&b.kind),
            "reason" => a.reason.cmp(&b.reason),
            "size" => a.size_bytes.cmp(&b.size_bytes),
            "rows" => a.rows.cmp(&b.rows),
            "took" => a.duration_ms.cmp(&b.duration_ms),
            _ => a.created.cmp(&b.created),
        }
    }

    /// Nothing to sort by in this column: such rows come last, whichever way it is sorted.
    fn lacks(&self, column: &str) -> bool {
        match column {
            "kind" => self.archive.kind.is_none(),
            "reason" => self.archive.reason.is_none(),
            "rows" => self.archive.rows.is_none(),
            "took" => self.archive.duration_ms.is_none(),
            _ => false,
        }
    }
}

/// Which backups are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filter {
    /// Every word of it must be found.
    pub(super) text: String,
    /// One of [`STATES`], or empty for all.
    pub(super) state: &'static str,
    /// Absent for all.
    pub(super) kind: Option<BackupKind>,
}

impl Filter {
    /// From the query of an address; what makes no sense there is left out.
    pub(super) fn from_query(get: impl Fn(&str) -> Option<String>) -> (Self, Sort) {
        let text = |name| get(name).unwrap_or_default();
        let filter = Self {
            text: text("q"),
            state: known(&STATES, &text("status")),
            kind: BackupKind::of_word(&text("kind")),
        };
        (filter, Sort::parse(&text("sort"), &COLUMNS).unwrap_or(NEWEST))
    }

    /// For the query of an address; what is as usual is empty.
    pub(super) fn to_query(&self, sort: Sort) -> [(&'static str, String); 4] {
        let sort = if sort == NEWEST { String::new() } else { sort.to_text() };
        [
            ("q", self.text.trim().to_owned()),
            ("status", self.state.to_owned()),
            ("kind", self.kind.map_or("", BackupKind::as_str).to_owned()),
            ("sort", sort),
        ]
    }

    /// The numbers of the entries to list, in their order. Of equals the newest is first.
    pub(super) fn order(&self, entries: &[Entry], sort: Sort) -> Vec<usize> {
        let text = self.text.to_lowercase();
        let words: Vec<&str> = text.split_whitespace().collect();
        let fits = |entry: &Entry| {
            (self.state.is_empty() || entry.state == self.state)
                && (self.kind.is_none() || entry.kind() == self.kind)
                && words.iter().all(|word| entry.text.contains(word))
        };
        let mut order: Vec<usize> = (0..entries.len()).filter(|i| fits(&entries[*i])).collect();
        order::sort(&mut order, &|a, b| {
            let (a, b) = (&entries[a], &entries[b]);
            let compared = a.compare(b, sort.column);
            a.lacks(sort.column)
                .cmp(&b.lacks(sort.column))
                .then(if sort.down { compared.reverse() } else { compared })
                .then_with(|| b.archive.created.cmp(&a.archive.created))
        });
        order
    }
}

#[cfg(test)]
mod tests {
    use aitta_model::Timestamp;

    use super::*;

    fn entry(second: i64, kind: BackupKind, reason: Option<&str>, state: ArchiveState) -> Entry {
        let archive = ArchiveSummary {
            id: format!("backup-{second}000-a1b2c3d4"),
            created: Timestamp::from_second(second).expect("a time"),
            state,
            kind: Some(kind.into()),
            reason: reason.map(str::to_owned),
            engine: None,
            database: Some("carwash".to_owned()),
            place: None,
            complete: None,
            tables: None,
            rows: None,
            size_bytes: 100 - second as u64,
            duration_ms: None,
            checksum: None,
        };
        Entry::new(&crate::texts::FI, archive)
    }

    fn entries() -> Vec<Entry> {
        let at = Timestamp::UNIX_EPOCH;
        vec![
            entry(30, BackupKind::Scheduled, None, ArchiveState::Verified(at)),
            entry(20, BackupKind::Safety, Some("before a restore"), ArchiveState::Damaged(at)),
            entry(10, BackupKind::Scheduled, Some("Release 47"), ArchiveState::Verified(at)),
        ]
    }

    #[test]
    fn every_word_must_be_found_in_id_reason_kind_or_database() {
        let entries = entries();
        let found =
            |text: &str| Filter { text: text.to_owned(), ..Filter::default() }.order(&entries, NEWEST);
        assert_eq!(found(""), [0, 1, 2]);
        assert_eq!(found("release CARWASH"), [2]);
        assert_eq!(found(" Turvakopio "), [1], "the kind in the language of the page");
        assert_eq!(found("backup-20000"), [1]);
        assert_eq!(found("release restore"), [0_usize; 0]);
    }

    #[test]
    fn state_and_kind_narrow_the_list() {
        let entries = entries();
        let filter = Filter { state: "verified", kind: Some(BackupKind::Scheduled), ..Filter::default() };
        assert_eq!(filter.order(&entries, NEWEST), [0, 2]);
        let none = Filter { state: "damaged", kind: Some(BackupKind::Scheduled), ..Filter::default() };
        assert!(none.order(&entries, NEWEST).is_empty());
    }

    #[test]
    fn rows_without_a_value_come_last_either_way() {
        let entries = entries();
        let by = |column, down| Filter::default().order(&entries, Sort { column, down });
        assert_eq!(by("reason", false), [2, 1, 0]);
        assert_eq!(by("reason", true), [1, 2, 0]);
        assert_eq!(by("size", true), [2, 1, 0]);
        assert_eq!(by("state", true), [1, 0, 2], "the worst first, of equals the newest");
        assert_eq!(by("when", false), [2, 1, 0]);
    }

    #[test]
    fn an_address_brings_the_list_back() {
        let filter = Filter { text: "release".to_owned(), state: "damaged", kind: Some(BackupKind::Safety) };
        let sort = Sort { column: "size", down: true };
        let query = filter.to_query(sort);
        let get = |name: &str| query.iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone());
        assert_eq!(Filter::from_query(get), (filter, sort));
        assert!(Filter::default().to_query(NEWEST).iter().all(|(_, value)| value.is_empty()));
        assert_eq!(
            Filter::from_query(|_| Some("nonsense".to_owned())).0,
            Filter { text: "nonsense".to_owned(), ..Filter::default() }
        );
    }
}

//! Which runs are listed, and in what order.

use std::cmp::Ordering;

use aitta_model::{ClosedList, Operation, RunOutcome, RunSummary, Word};

use crate::components::table::Sort;
use crate::format;
use crate::order;
use crate::texts::Texts;

/// Operations to choose from.
pub(super) const OPERATIONS: [Operation; 17] = [
    Operation::Backup,
    Operation::Verify,
    Operation::Restore,
    Operation::Delete,
    Operation::Disown,
    Operation::AcceptLoss,
    Operation::Prune,
    Operation::PutBack,
    Operation::Pause,
    Operation::Resume,
    Operation::Hold,
    Operation::Release,
    Operation::Rebuild,
    Operation::Cleanup,
    Operation::Rotate,
    Operation::Copy,
    Operation::Recover,
];
/// Outcomes to choose from.
pub(super) const OUTCOMES: [RunOutcome; 4] =
    [RunOutcome::Succeeded, RunOutcome::Failed, RunOutcome::Cancelled, RunOutcome::Running];
const COLUMNS: [&str; 7] = ["started", "operation", "outcome", "took", "size", "rows", "evidence"];
/// The newest first.
const NEWEST: Sort = Sort { column: "started", down: true };

/// The one of these that is written so.
pub(super) fn known<T: ClosedList>(values: &[T], word: &str) -> Option<T> {
    T::of_word(word).filter(|value| values.contains(value))
}

/// For an address; empty for all.
pub(super) fn word<T: ClosedList>(value: Option<T>) -> String {
    value.map(T::word).unwrap_or_default().to_owned()
}

/// A run with what it is found by.
pub(super) struct Entry {
    pub(super) run: RunSummary,
    /// What it rests on or how it failed, as it is shown.
    told: String,
    /// Reckoned once: a sort compares a hundred thousand times.
    took_ms: Option<u64>,
    /// All that is searched, in small letters.
    text: String,
}

impl Entry {
    pub(super) fn new(t: &Texts, run: RunSummary) -> Self {
        let told = format::evidence(t, &run);
        let number = run.id.to_string();
        let reason = run.reason.as_deref().unwrap_or_default();
        let parts = [
            number.as_str(),
            run.archive.as_deref().unwrap_or_default(),
            reason,
            &format::reason(t, reason),
            run.failure.as_ref().map_or("", |f| f.code.as_str()),
            // What somebody has read on the command line is found, too.
            run.failure.as_ref().map_or("", |f| f.message.as_str()),
            told.as_str(),
            (t.common.operation)(run.operation.known()),
        ];
        let text = parts.join("\n").to_lowercase();
        Self { took_ms: run.took_ms(), run, told, text }
    }

    fn compare(&self, other: &Self, column: &str) -> Ordering {
        let (a, b) = (&self.run, &other.run);
        let rank = |outcome: &Word<RunOutcome>| OUTCOMES.iter().position(|o| outcome.is(*o));
        match column {
            "operation" => a.operation.cmp(&b.operation),
            "outcome" => rank(&a.outcome).cmp(&rank(&b.outcome)),
            "took" => self.took_ms.cmp(&other.took_ms),
            "size" => a.figures.size_bytes.cmp(&b.figures.size_bytes),
            "rows" => a.figures.rows.cmp(&b.figures.rows),
            "evidence" => self.told.cmp(&other.told),
            _ => a.started.cmp(&b.started),
        }
    }

    /// Nothing to sort by in this column: such rows come last, whichever way it is sorted.
    fn lacks(&self, column: &str) -> bool {
        match column {
            "took" => self.run.ended.is_none(),
            "size" => self.run.figures.size_bytes.is_none(),
            "rows" => self.run.figures.rows.is_none(),
            "evidence" => self.told.is_empty(),
            _ => false,
        }
    }
}

/// Which runs are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filter {
    /// Every word of it must be found.
    pub(super) text: String,
    /// One of [`OPERATIONS`]; absent for all.
    pub(super) operation: Option<Operation>,
    /// One of [`OUTCOMES`]; absent for all.
    pub(super) outcome: Option<RunOutcome>,
}

impl Filter {
    /// From the query of an address; what makes no sense there is left out.
    pub(super) fn from_query(get: impl Fn(&str) -> Option<String>) -> (Self, Sort) {
        let text = |name| get(name).unwrap_or_default();
        let filter = Self {
            text: text("q"),
            operation: known(&OPERATIONS, &text("operation")),
            outcome: known(&OUTCOMES, &text("outcome")),
        };
        (filter, Sort::parse(&text("sort"), &COLUMNS).unwrap_or(NEWEST))
    }

    /// For the query of an address; what is as usual is empty.
    pub(super) fn to_query(&self, sort: Sort) -> [(&'static str, String); 4] {
        let sort = if sort == NEWEST { String::new() } else { sort.to_text() };
        [
            ("q", self.text.trim().to_owned()),
            ("operation", word(self.operation)),
            ("outcome", word(self.outcome)),
            ("sort", sort),
        ]
    }

    /// The numbers of the entries to list, in their order. Of equals the newest is first.
    pub(super) fn order(&self, entries: &[Entry], sort: Sort) -> Vec<usize> {
        let text = self.text.to_lowercase();
        let words: Vec<&str> = text.split_whitespace().collect();
        let fits = |entry: &Entry| {
            self.operation.is_none_or(|operation| entry.run.operation == operation)
                && self.outcome.is_none_or(|outcome| entry.run.outcome == outcome)
                && words.iter().all(|word| entry.text.contains(word))
        };
        let mut order: Vec<usize> = (0..entries.len()).filter(|i| fits(&entries[*i])).collect();
        order::sort(&mut order, &|a, b| {
            let (a, b) = (&entries[a], &entries[b]);
            let compared = a.compare(b, sort.column);
            a.lacks(sort.column)
                .cmp(&b.lacks(sort.column))
                .then(if sort.down { compared.reverse() } else { compared })
                .then_with(|| b.run.started.cmp(&a.run.started).then(b.run.id.cmp(&a.run.id)))
        });
        order
    }
}

#[cfg(test)]
mod tests {
    use aitta_model::{ErrorCode, Failure, RunFigures, Timestamp};

    use super::*;
    use crate::texts::EN;

    fn entry(id: i64, operation: Operation, failed: bool) -> Entry {
        let at = |second| Timestamp::from_second(second).expect("a time");
        let run = RunSummary {
            id,
            profile: "p".to_owned(),
            operation: operation.into(),
            outcome: if failed { RunOutcome::Failed } else { RunOutcome::Succeeded }.into(),
            started: at(id * 100),
            ended: Some(at(id * 100 + 60 - id)),
            archive: Some(format!("backup-{id}")),
            reason: None,
            failure: failed.then(|| Failure {
                code: ErrorCode::StoreFull,
                message: "no room left in /mnt/backup".to_owned(),
                hint: "make room".to_owned(),
            }),
            figures: RunFigures { rows: (!failed).then_some(5), ..RunFigures::default() },
        };
        Entry::new(&EN, run)
    }

    #[test]
    fn runs_are_found_by_error_archive_and_operation() {
        let entries = [
            entry(3, Operation::Backup, false),
            entry(2, Operation::Backup, true),
            entry(1, Operation::Verify, false),
        ];
        let found =
            |text: &str| Filter { text: text.to_owned(), ..Filter::default() }.order(&entries, NEWEST);
        assert_eq!(found("NO ROOM"), [1]);
        assert_eq!(found("store is full"), [1], "the words that the list shows");
        assert_eq!(found("store_full"), [1]);
        assert_eq!(found("backup-1"), [2]);
        assert_eq!(found("verification"), [2]);
        let failed = Filter {
            outcome: Some(RunOutcome::Failed),
            operation: Some(Operation::Verify),
            ..Filter::default()
        };
        assert!(failed.order(&entries, NEWEST).is_empty());
    }

    #[test]
    fn they_are_sorted_by_any_column() {
        let entries = [
            entry(3, Operation::Backup, false),
            entry(2, Operation::Backup, true),
            entry(1, Operation::Verify, false),
        ];
        let by = |column, down| Filter::default().order(&entries, Sort { column, down });
        assert_eq!(by("took", true), [2, 1, 0]);
        assert_eq!(by("outcome", true), [1, 0, 2], "failures first");
        assert_eq!(by("rows", false), [0, 2, 1], "those without come last");
        assert_eq!(by("started", false), [2, 1, 0]);
    }

    #[test]
    fn an_address_brings_the_list_back() {
        let filter = Filter {
            text: "room".to_owned(),
            operation: Some(Operation::Backup),
            outcome: Some(RunOutcome::Failed),
        };
        let sort = Sort { column: "took", down: false };
        let query = filter.to_query(sort);
        let get = |name: &str| query.iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone());
        assert_eq!(Filter::from_query(get), (filter, sort));
    }
}

//! Which entries are listed, and in what order. No DOM.

use aitta_model::{AuditQuery, AuditRecord, Date, Timestamp, Word};
use jiff::tz::TimeZone;

use crate::components::table::Sort;
use crate::format;
use crate::order;
use crate::texts::Texts;

const COLUMNS: [&str; 6] = ["entry", "when", "user", "operation", "outcome", "reason"];
/// The newest first.
const NEWEST: Sort = Sort { column: "entry", down: true };

/// An entry with the words of its operation, in the language of the page.
pub(super) struct Entry {
    pub(super) record: AuditRecord,
    pub(super) words: String,
}

impl Entry {
    pub(super) fn new(words: String, record: AuditRecord) -> Self {
        Self { record, words }
    }

    /// Code and words, as far as there are any.
    pub(super) fn reason(&self, t: &Texts) -> String {
        let Some(reason) = &self.record.entry.reason else { return String::new() };
        let code = (t.guard.code_name)(reason.code);
        if reason.text.is_empty() { code.to_owned() } else { format!("{code}: {}", reason.text) }
    }
}

/// Operations that occur, with their words, in the order of the words.
pub(super) fn operations(entries: &[Entry]) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for entry in entries {
        let name = entry.record.entry.operation.as_str();
        if !all.iter().any(|(known, _)| known == name) {
            all.push((name.to_owned(), entry.words.clone()));
        }
    }
    order::sorted(all, |a, b| a.1.cmp(&b.1).then_with(|| a.0.cmp(&b.0)))
}

/// Users that occur.
pub(super) fn users(entries: &[Entry]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for entry in entries {
        let user = &entry.record.entry.actor.user;
        if !all.contains(user) {
            all.push(user.clone());
        }
    }
    order::sorted(all, String::cmp)
}

/// Which entries are listed. Empty parts don't narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filter {
    pub(super) operation: String,
    pub(super) user: String,
    /// First day, as `2026-11-01`.
    pub(super) from: String,
    /// Last day, which counts too.
    pub(super) to: String,
}

/// Where a day begins, in the zone in which times are shown.
fn begin(date: Date) -> Option<Timestamp> {
    let at = date.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(date.to_zoned(TimeZone::fixed(format::offset(at))).ok()?.timestamp())
}

impl Filter {
    /// From the query of an address; what makes no sense there is left out.
    pub(super) fn from_query(get: impl Fn(&str) -> Option<String>) -> (Self, Sort) {
        let text = |name| get(name).unwrap_or_default();
        let day = |name| Some(text(name)).filter(|day| day.parse::<Date>().is_ok()).unwrap_or_default();
        let filter =
            Self { operation: text("operation"), user: text("user"), from: day("from"), to: day("to") };
        (filter, Sort::parse(&text("sort"), &COLUMNS).unwrap_or(NEWEST))
    }

    /// For the query of an address; what is as usual is empty.
    pub(super) fn to_query(&self, sort: Sort) -> [(&'static str, String); 5] {
        let sort = if sort == NEWEST { String::new() } else { sort.to_text() };
        [
            ("operation", self.operation.clone()),
            ("user", self.user.clone()),
            ("from", self.from.clone()),
            ("to", self.to.clone()),
            ("sort", sort),
        ]
    }

    /// The same as it is asked of the engine.
    pub(super) fn to_audit_query(&self) -> AuditQuery {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let (from, to) = self.bounds();
        AuditQuery {
            operation: some(&self.operation).map(Word::read),
            profile: None,
            user: some(&self.user),
            from,
            to,
            limit: None,
        }
    }

    fn bounds(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        let from = self.from.parse::<Date>().ok().and_then(begin);
        let to = self.to.parse::<Date>().ok().and_then(|day| day.tomorrow().ok()).and_then(begin);
        (from, to)
    }

    /// The numbers of the entries to list, in their order. Of equals the newest is first.
    pub(super) fn order(&self, entries: &[Entry], sort: Sort) -> Vec<usize> {
        let (from, to) = self.bounds();
        let fits = |entry: &Entry| {
            let e = &entry.record.entry;
            (self.operation.is_empty() || e.operation.as_str() == self.operation)
                && (self.user.is_empty() || e.actor.user == self.user)
                && from.is_none_or(|from| e.at >= from)
                && to.is_none_or(|to| e.at < to)
        };
        let mut order: Vec<usize> = (0..entries.len()).filter(|i| fits(&entries[*i])).collect();
        order::sort(&mut order, &|a, b| {
            let (x, y) = (&entries[a], &entries[b]);
            let (e, f) = (&x.record.entry, &y.record.entry);
            let reason = |e: &aitta_model::AuditEntry| e.reason.as_ref().map(|r| (r.code, r.text.clone()));
            let compared = match sort.column {
                "when" => e.at.cmp(&f.at),
                "user" => e.actor.user.cmp(&f.actor.user),
                "operation" => x.words.cmp(&y.words),
                "outcome" => e.outcome.cmp(&f.outcome),
                "reason" => reason(e).cmp(&reason(f)),
                _ => e.entry.cmp(&f.entry),
            };
            let lacks = |e: &aitta_model::AuditEntry| match sort.column {
                "outcome" => e.outcome.is_none(),
                "reason" => e.reason.is_none(),
                _ => false,
            };
            lacks(e)
                .cmp(&lacks(f))
                .then(if sort.down { compared.reverse() } else { compared })
                .then(f.entry.cmp(&e.entry))
        });
        order
    }
}

/// A year and one of its quarters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quarter {
    pub(super) year: i16,
    pub(super) quarter: i8,
}

impl Quarter {
    /// As it is written, such as `2026 Q4`.
    pub(super) fn to_text(self) -> String {
        format!("{} Q{}", self.year, self.quarter)
    }

    /// So many, the one that this day lies in first.
    pub(super) fn back_from(day: Date, n: usize) -> Vec<Self> {
        let first = Self { year: day.year(), quarter: (day.month() - 1) / 3 + 1 };
        let before = |q: &Self| match q.quarter {
            1 => Self { year: q.year - 1, quarter: 4 },
            quarter => Self { quarter: quarter - 1, ..*q },
        };
        std::iter::successors(Some(first), |q| Some(before(q))).take(n).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use aitta_model::{Actor, AuditEntry, AuditStage, Origin, Reason, ReasonCode};

    use super::*;

    fn entry(number: u64, second: i64, operation: &str, user: &str, reason: Option<ReasonCode>) -> Entry {
        let entry = AuditEntry {
            entry: number,
            at: Timestamp::from_second(second).expect("a time"),
            stage: AuditStage::Begun,
            begun: None,
            actor: Actor { user: user.to_owned(), admin: None, host: String::new() },
            origin: Origin::Window,
            operation: Word::read(operation),
            profile: None,
            archive: None,
            tables: Vec::new(),
            target: None,
            reason: reason.map(|code| Reason { code, text: "words".to_owned() }),
            outcome: None,
            failure: None,
            figures: BTreeMap::new(),
            note: None,
            signed_by: None,
            chain: None,
            other_chains: Vec::new(),
        };
        Entry::new(operation.to_uppercase(), AuditRecord { entry, hash: String::new() })
    }

    fn entries() -> Vec<Entry> {
        vec![
            entry(3, 300, "restore", "aino", Some(ReasonCode::Incident)),
            entry(2, 200, "backup", "mika", None),
            entry(1, 100, "backup", "aino", Some(ReasonCode::Drill)),
        ]
    }

    #[test]
    fn operation_and_user_narrow_the_list() {
        let entries = entries();
        let order = |operation: &str, user: &str| {
            let filter =
                Filter { operation: operation.to_owned(), user: user.to_owned(), ..Filter::default() };
            filter.order(&entries, NEWEST)
        };
        assert_eq!(order("", ""), [0, 1, 2]);
        assert_eq!(order("backup", ""), [1, 2]);
        assert_eq!(order("backup", "aino"), [2]);
        assert_eq!(operations(&entries).len(), 2);
        assert_eq!(users(&entries), ["aino", "mika"]);
    }

    #[test]
    fn entries_without_a_reason_come_last_either_way() {
        let entries = entries();
        let by = |down| Filter::default().order(&entries, Sort { column: "reason", down });
        assert_eq!(by(false), [0, 2, 1]);
        assert_eq!(by(true), [2, 0, 1]);
    }

    #[test]
    fn an_address_brings_the_list_back() {
        let filter = Filter {
            operation: "restore".to_owned(),
            user: "aino".to_owned(),
            from: "2026-10-01".to_owned(),
            to: String::new(),
        };
        let sort = Sort { column: "when", down: false };
        let query = filter.to_query(sort);
        let get = |name: &str| query.iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone());
        assert_eq!(Filter::from_query(get), (filter, sort));
        assert_eq!(
            Filter::from_query(|name| (name == "from").then(|| "soon".to_owned())).0,
            Filter::default()
        );
    }

    #[test]
    fn quarters_go_back_over_the_year() {
        let day: Date = "2026-05-31".parse().expect("a day");
        let all: Vec<_> = Quarter::back_from(day, 4).into_iter().map(Quarter::to_text).collect();
        assert_eq!(all, ["2026 Q2", "2026 Q1", "2025 Q4", "2025 Q3"]);
    }
}

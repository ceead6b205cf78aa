//! Which entries are listed, and in what order. No DOM.

use std::collections::{HashMap, HashSet};

use aitta_model::{AuditQuery, AuditRecord, AuditStage, Date, Operation, RunOutcome, Timestamp, Word};
use jiff::tz::TimeZone;

use crate::components::table::Sort;
use crate::format;
use crate::order;
use crate::texts::Texts;

const COLUMNS: [&str; 7] = ["when", "operation", "about", "reason", "user", "outcome", "entry"];
/// The newest first.
const NEWEST: Sort = Sort { column: "entry", down: true };

/// An operation, with its words in the language of the page.
pub(super) struct Entry {
    /// How it began, or all that is recorded of it.
    pub(super) record: AuditRecord,
    /// How it ended, where that is another entry.
    pub(super) ended: Option<AuditRecord>,
    pub(super) words: String,
    /// What was backed up, restored, deleted, used.
    pub(super) about: String,
}

/// Each entry, those that begin an operation together with the one that ends it, in the order of the list. An end
/// whose begin is not here stays by itself, and so does a second end of one begin.
pub(super) fn joined(records: Vec<AuditRecord>) -> Vec<(AuditRecord, Option<AuditRecord>)> {
    let begins = records.iter().filter(|r| r.entry.stage == AuditStage::Begun);
    let begins: HashSet<u64> = begins.map(|r| r.entry.entry).collect();
    let (mut ends, mut rest) = (HashMap::new(), Vec::with_capacity(records.len()));
    for record in records {
        let of = Some(&record.entry).filter(|e| e.stage == AuditStage::Ended).and_then(|e| e.begun);
        match of {
            Some(begun) if begins.contains(&begun) && !ends.contains_key(&begun) => {
                ends.insert(begun, record);
            }
            _ => rest.push(record),
        }
    }
    let mut end_of = |record: &AuditRecord| {
        Some(record).filter(|r| r.entry.stage == AuditStage::Begun).and_then(|r| ends.remove(&r.entry.entry))
    };
    let pair = |record| {
        let ended = end_of(&record);
        (record, ended)
    };
    rest.into_iter().map(pair).collect()
}

/// When an archive was made, as its id says in milliseconds: `backup-1795895465784-c45ef30c`.
fn made(id: &str) -> Option<Timestamp> {
    let mut parts = id.split('-').skip(1);
    Timestamp::from_millisecond(parts.next()?.parse().ok()?).ok()
}

/// A moment in words.
pub(super) type TimeOf<'a> = &'a dyn Fn(Timestamp) -> String;

/// What an operation was about, in short.
fn about(t: &Texts, record: &AuditRecord, ended: Option<&AuditRecord>, time: TimeOf<'_>) -> String {
    let e = &record.entry;
    if e.operation == Operation::Restore {
        return if e.tables.is_empty() { t.audit.all_tables.to_owned() } else { e.tables.join(", ") };
    }
    let archive = ended.and_then(|end| end.entry.archive.as_ref()).or(e.archive.as_ref());
    match archive {
        Some(id) => made(id).map_or_else(|| id.clone(), |at| (t.audit.backup_of)(&time(at))),
        None => e.target.clone().unwrap_or_default(),
    }
}

impl Entry {
    pub(super) fn new(
        t: &Texts,
        words: String,
        (record, ended): (AuditRecord, Option<AuditRecord>),
        time: TimeOf<'_>,
    ) -> Self {
        let about = about(t, &record, ended.as_ref(), time);
        Self { record, ended, words, about }
    }

    /// How it ended; nothing of one that has only begun.
    pub(super) fn outcome(&self) -> Option<&Word<RunOutcome>> {
        let last = self.ended.as_ref().unwrap_or(&self.record);
        last.entry.outcome.as_ref().filter(|_| last.entry.stage != AuditStage::Begun)
    }

    /// How many entries of the trail it is.
    pub(super) fn entries(&self) -> u64 {
        1 + u64::from(self.ended.is_some())
    }

    /// Whether an entry of it has this number.
    pub(super) fn has(&self, number: u64) -> bool {
        [Some(&self.record), self.ended.as_ref()].into_iter().flatten().any(|r| r.entry.entry == number)
    }

    /// Code and words, as far as there are any.
    pub(super) fn reason(&self, t: &Texts) -> String {
        let Some(reason) = &self.record.entry.reason else { return String::new() };
        format::reason(t, &reason.to_string())
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
                && [Some(&entry.record), entry.ended.as_ref()].into_iter().flatten().any(|record| {
                    let at = record.entry.at;
                    from.is_none_or(|from| at >= from) && to.is_none_or(|to| at < to)
                })
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
                "about" => x.about.cmp(&y.about),
                "outcome" => x.outcome().cmp(&y.outcome()),
                "reason" => reason(e).cmp(&reason(f)),
                _ => e.entry.cmp(&f.entry),
            };
            let lacks = |entry: &Entry| match sort.column {
                "about" => entry.about.is_empty(),
                "outcome" => entry.outcome().is_none(),
                "reason" => entry.record.entry.reason.is_none(),
                _ => false,
            };
            lacks(x)
                .cmp(&lacks(y))
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

    use aitta_model::{Actor, AuditEntry, Origin, Reason, ReasonCode};

    use super::*;
    use crate::texts::EN;

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
        let record = AuditRecord { entry, hash: String::new() };
        Entry::new(&EN, operation.to_uppercase(), (record, None), &time)
    }

    fn time(at: Timestamp) -> String {
        at.as_second().to_string()
    }

    fn stage(number: u64, stage: AuditStage, begun: Option<u64>) -> AuditRecord {
        let mut record = entry(number, 0, "restore", "aino", None).record;
        (record.entry.stage, record.entry.begun) = (stage, begun);
        record.entry.outcome = begun.map(|_| Word::from(RunOutcome::Succeeded));
        record
    }

    #[test]
    fn an_operation_is_one_row_and_no_entry_is_hidden_by_another() {
        use AuditStage::{Begun, Ended, Event};
        let records = vec![
            stage(7, Ended, Some(1)),
            stage(6, Ended, Some(3)),
            stage(5, Event, None),
            stage(4, Ended, Some(3)),
            stage(3, Begun, None),
            stage(2, Begun, None),
        ];
        let pairs = joined(records);
        let numbers = |(record, ended): &(AuditRecord, Option<AuditRecord>)| {
            (record.entry.entry, ended.as_ref().map(|end| end.entry.entry))
        };
        let expected = [(7, None), (5, None), (4, None), (3, Some(6)), (2, None)];
        assert_eq!(pairs.iter().map(numbers).collect::<Vec<_>>(), expected);
        let entries: Vec<Entry> =
            pairs.into_iter().map(|pair| Entry::new(&EN, String::new(), pair, &time)).collect();
        assert_eq!(entries.iter().map(Entry::entries).sum::<u64>(), 6);
        assert!(entries[3].has(6) && entries[3].has(3) && !entries[3].has(4));
        assert!(entries[3].outcome().is_some() && entries[4].outcome().is_none(), "only begun");
    }

    #[test]
    fn what_was_deleted_or_restored_is_in_the_list() {
        let about = |operation: &str, archive: Option<&str>, tables: &[&str], target: Option<&str>| {
            let mut record = entry(1, 0, operation, "aino", None).record;
            record.entry.archive = archive.map(str::to_owned);
            record.entry.tables = tables.iter().map(|table| (*table).to_owned()).collect();
            record.entry.target = target.map(str::to_owned);
            Entry::new(&EN, String::new(), (record, None), &time).about
        };
        let id = "backup-1795895465784-c45ef30c";
        assert_eq!(about("delete", Some(id), &[], None), "backup of 1795895465");
        assert_eq!(about("delete", Some("backup-of-old"), &[], None), "backup-of-old");
        assert_eq!(about("restore", Some(id), &["Booking", "User"], Some("db/carwash")), "Booking, User");
        assert_eq!(about("restore", Some(id), &[], None), "all tables");
        assert_eq!(about("rotate", None, &[], Some("4e7d7c08")), "4e7d7c08");
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

//! What the newest backup has lost: a table that was emptied, has vanished, or has far fewer rows than it had.
//!
//! A loss does not become usual by being backed up again: it is reported until the rows are back, or until somebody has
//! said that it was meant. It does not end with the backup that has the rows either: then there is all the more to say.
//!
//! Rows that go a few at a time are a loss as well, against the most that the table had in the last [`DAYS`]. A table that
//! goes up and down each week, or has lost no more than it had just gained, is as it was: what counts is the least that it
//! had before it went up.

use std::collections::{BTreeMap, BTreeSet};

use aitta_model::TableLoss;
use jiff::Timestamp;

use crate::catalog::moment;

/// Days whose highest level counts.
pub(super) const DAYS: i64 = 30;

/// The rows of each table when nothing was missing, from one backup of the whole database to the next.
pub(super) struct Levels<'p> {
    /// A smaller share is no loss.
    share: f64,
    /// Tables that nobody is asked about.
    ignored: &'p [String],
    /// The moments of backups whose losses were meant.
    accepted: BTreeSet<String>,
    backups: Vec<Backup>,
    tables: BTreeMap<String, Level>,
    newest: Option<String>,
}

/// What the newest backup has lost.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Losses {
    /// The newest backup.
    pub(crate) archive: String,
    /// The greatest number of rows first; never empty.
    pub(crate) tables: Vec<TableLoss>,
}

struct Backup {
    /// `None` when it is gone.
    archive: Option<String>,
    since: Timestamp,
}

/// Rows, and the backup that has them, by its place among the backups.
#[derive(Clone, Copy)]
struct Mark {
    rows: u64,
    backup: usize,
}

struct Level {
    mark: Mark,
    /// Those of the last days that were no loss, oldest first.
    days: Vec<Day>,
    /// What the newest backup has instead, if that is a loss.
    left: Option<Left>,
    /// The backup that has named it last.
    seen: usize,
}

/// What the backups of one day have of a table.
struct Day {
    /// From the beginning of 1970.
    number: i64,
    highest: Mark,
    /// The fewest rows before the highest; absent where there were none.
    before: Option<u64>,
    /// The fewest rows of all.
    lowest: u64,
}

enum Left {
    Rows(u64),
    Gone,
}

impl<'p> Levels<'p> {
    /// `accepted` are ids of backups whose losses were meant.
    pub(super) fn new<'a>(
        share: f64,
        ignored: &'p [String],
        accepted: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let accepted = accepted.into_iter().map(|id| moment(id).to_owned()).collect();
        Self { share, ignored, accepted, backups: Vec::new(), tables: BTreeMap::new(), newest: None }
    }

    /// The next backup, oldest first, with the rows of its tables.
    pub(super) fn next(&mut self, archive: &str, created: Timestamp, tables: &[(String, u64)]) {
        if self.accepted.contains(moment(archive)) {
            self.tables.clear();
        }
        let (share, backup) = (self.share, self.enter(Some(archive), created));
        self.newest = Some(archive.to_owned());
        for (name, rows) in tables.iter().filter(|(name, _)| !self.ignored.contains(name)) {
            let mark = Mark { rows: *rows, backup };
            match self.tables.get_mut(name) {
                Some(level) => level.next(mark, created, share),
                None => drop(self.tables.insert(name.clone(), Level::new(mark, created))),
            }
        }
        // A table without rows has lost none.
        self.tables.retain(|_, level| level.seen == backup || level.mark.rows > 0);
        for level in self.tables.values_mut().filter(|level| level.seen != backup) {
            level.left = Some(Left::Gone);
        }
    }

    /// The next backup, which is there no longer: it knows what there was, and has lost nothing.
    pub(super) fn next_gone(&mut self, archive: &str, created: Timestamp, tables: &[(String, u64)]) {
        if self.accepted.contains(moment(archive)) {
            self.tables.clear();
        }
        let (share, backup) = (self.share, self.enter(None, created));
        for (name, rows) in tables.iter().filter(|(name, _)| !self.ignored.contains(name)) {
            let mark = Mark { rows: *rows, backup };
            match self.tables.get_mut(name) {
                Some(level) => {
                    let is_there = self.backups[level.mark.backup].archive.is_some();
                    level.next_gone(mark, created, share, is_there);
                }
                None => drop(self.tables.insert(name.clone(), Level::new(mark, created))),
            }
        }
    }

    fn enter(&mut self, archive: Option<&str>, since: Timestamp) -> usize {
        self.backups.push(Backup { archive: archive.map(str::to_owned), since });
        self.backups.len() - 1
    }

    /// Takes a backup for the new level, whatever it has lost: that was meant.
    pub(super) fn accept(&mut self, archive: &str, created: Timestamp, tables: &[(String, u64)]) {
        self.tables.clear();
        self.next(archive, created, tables);
    }

    /// The tables that have lost rows, the greatest number first.
    pub(super) fn lost(&self) -> Vec<TableLoss> {
        let lost = self.tables.iter().filter_map(|(name, level)| {
            let rows = match level.left.as_ref()? {
                Left::Rows(rows) => Some(*rows),
                Left::Gone => None,
            };
            let Backup { archive, since } = &self.backups[level.mark.backup];
            Some(TableLoss {
                name: name.clone(),
                rows_before: level.mark.rows,
                rows,
                archive: archive.clone(),
                since: *since,
            })
        });
        let mut losses: Vec<TableLoss> = lost.collect();
        losses.sort_by_key(|loss| std::cmp::Reverse(loss.rows_before - loss.rows.unwrap_or(0)));
        losses
    }

    /// The losses of the newest backup, if it has any.
    pub(super) fn losses(self) -> Option<Losses> {
        let tables = self.lost();
        self.newest.filter(|_| !tables.is_empty()).map(|archive| Losses { archive, tables })
    }
}

fn is_loss(before: u64, now: u64, share: f64) -> bool {
    now < before && (now == 0 || (before - now) as f64 > before as f64 * share)
}

fn day(at: Timestamp) -> i64 {
    at.as_second().div_euclid(86_400)
}

impl Level {
    fn new(mark: Mark, at: Timestamp) -> Self {
        let mut level = Self { mark, days: Vec::new(), left: None, seen: mark.backup };
        level.note(mark, at);
        level
    }

    fn next(&mut self, now: Mark, at: Timestamp, share: f64) {
        self.seen = now.backup;
        let was = Some(self.mark).filter(|mark| is_loss(mark.rows, now.rows, share));
        match was.or_else(|| self.eroded(now.rows, at, share)) {
            Some(was) => (self.mark, self.left) = (was, Some(Left::Rows(now.rows))),
            None => {
                (self.mark, self.left) = (now, None);
                self.note(now, at);
            }
        }
    }

    /// The level of a backup that is there counts as long as it has about as much.
    fn next_gone(&mut self, gone: Mark, at: Timestamp, share: f64, is_there: bool) {
        let had_more = is_loss(gone.rows, self.mark.rows, share);
        if had_more || (!is_there && self.left.is_none() && !is_loss(self.mark.rows, gone.rows, share)) {
            self.mark = gone;
        }
        if self.left.is_none() && !is_loss(self.mark.rows, gone.rows, share) {
            self.note(gone, at);
        }
    }

    /// The most that the table had in the last days, if this is a loss against it, and against all that it had before it
    /// last had so much more.
    fn eroded(&self, rows: u64, at: Timestamp, share: f64) -> Option<Mark> {
        let first = day(at) - DAYS;
        let (mut highest, mut floor, mut lowest) = (None::<Mark>, None, u64::MAX);
        for day in self.days.iter().filter(|day| day.number >= first) {
            if highest.is_none_or(|highest| day.highest.rows >= highest.rows) {
                highest = Some(day.highest);
            }
            if is_loss(day.highest.rows, rows, share) {
                floor = Some(lowest.min(day.before.unwrap_or(day.highest.rows)));
            }
            lowest = lowest.min(day.lowest);
        }
        highest.filter(|_| floor.is_some_and(|floor| is_loss(floor, rows, share)))
    }

    /// Notes rows that are no loss.
    fn note(&mut self, mark: Mark, at: Timestamp) {
        let number = day(at);
        match self.days.last_mut() {
            // A clock that was set back counts on from the last day.
            Some(last) if last.number >= number => {
                if mark.rows >= last.highest.rows {
                    (last.highest, last.before) = (mark, Some(last.lowest));
                }
                last.lowest = last.lowest.min(mark.rows);
            }
            _ => {
                self.days.retain(|day| day.number >= number - DAYS);
                self.days.push(Day { number, highest: mark, before: None, lowest: mark.rows });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    const SHARE: f64 = 0.2;

    fn table(name: &str, rows: u64) -> (String, u64) {
        (name.to_owned(), rows)
    }

    /// Names and rows of what is lost after these backups, which are named by their number.
    fn lost(accepted: &[&str], backups: &[&[(&str, u64)]]) -> Vec<(String, u64, Option<u64>, String)> {
        let mut levels = Levels::new(SHARE, &[], accepted.iter().copied());
        for (number, tables) in backups.iter().enumerate() {
            let tables: Vec<_> = tables.iter().map(|(name, rows)| table(name, *rows)).collect();
            levels.next(&number.to_string(), Timestamp::UNIX_EPOCH, &tables);
        }
        let told = |loss: TableLoss| (loss.name, loss.rows_before, loss.rows, loss.archive.unwrap());
        levels.losses().map_or(Vec::new(), |losses| losses.tables.into_iter().map(told).collect())
    }

    fn told(
        name: &str,
        before: u64,
        now: impl Into<Option<u64>>,
        archive: &str,
    ) -> (String, u64, Option<u64>, String) {
        (name.to_owned(), before, now.into(), archive.to_owned())
    }

    #[test]
    fn a_table_that_lost_half_of_its_rows_was_emptied_or_is_gone_is_told() {
        let before: &[_] = &[("mail", 1000), ("rate", 7), ("user", 100), ("wash", 50)];
        let after: &[_] = &[("mail", 500), ("rate", 0), ("user", 81)];
        assert_eq!(
            lost(&[], &[before, after]),
            [told("mail", 1000, 500, "0"), told("wash", 50, None, "0"), told("rate", 7, 0, "0")]
        );
        assert_eq!(lost(&[], &[before, before]), []);
        assert_eq!(lost(&[], &[before]), [], "there is nothing to compare the first one with");
    }

    /// At four in the morning the damaged table is backed up again; the hint of three o'clock has to be there at seven.
    #[test]
    fn a_loss_that_is_backed_up_again_is_still_a_loss() {
        let backups: &[&[_]] = &[&[("mail", 1000)], &[("mail", 1100)], &[("mail", 500)], &[("mail", 510)]];
        assert_eq!(lost(&[], backups), [told("mail", 1100, 510, "1")]);
        let gone: &[&[_]] = &[&[("mail", 1000)], &[], &[]];
        assert_eq!(lost(&[], gone), [told("mail", 1000, None, "0")]);
    }

    #[test]
    fn rows_that_are_back_end_it() {
        assert_eq!(lost(&[], &[&[("mail", 1000)], &[("mail", 10)], &[("mail", 990)]]), []);
        assert_eq!(lost(&[], &[&[("mail", 1000)], &[], &[("mail", 1000)]]), []);
    }

    #[test]
    fn what_was_meant_is_the_new_level() {
        let backups: &[&[_]] =
            &[&[("mail", 1000), ("wash", 5)], &[("mail", 500)], &[("mail", 490)], &[("mail", 100)]];
        assert_eq!(lost(&["1"], &backups[..3]), []);
        assert_eq!(
            lost(&["1"], backups),
            [told("mail", 490, 100, "2")],
            "the next loss is asked about again"
        );
        assert_eq!(lost(&["0"], &backups[..2]).len(), 2, "another backup was meant");
    }

    #[test]
    fn what_was_meant_is_meant_of_the_same_backup_under_another_key() {
        let mut levels = Levels::new(SHARE, &[], ["backup-2-aaaa"]);
        levels.next("backup-1-cccc", Timestamp::UNIX_EPOCH, &[table("mail", 10)]);
        levels.next("backup-2-dddd", Timestamp::UNIX_EPOCH, &[table("mail", 1)]);
        assert_eq!(levels.losses(), None);
    }

    /// Whoever owns the store deletes the backup that has the rows, or its time is over.
    #[test]
    fn a_loss_outlives_the_backup_that_had_the_rows() {
        let told = |levels: Levels| {
            let tables = levels.losses().map_or(Vec::new(), |losses| losses.tables);
            tables.into_iter().map(|loss| (loss.rows_before, loss.rows, loss.archive)).collect::<Vec<_>>()
        };
        let mut levels = Levels::new(SHARE, &[], []);
        levels.next_gone("1", Timestamp::UNIX_EPOCH, &[table("mail", 1000)]);
        levels.next("2", Timestamp::UNIX_EPOCH, &[table("mail", 10)]);
        assert_eq!(told(levels), [(1000, Some(10), None)]);
        // The one that showed the loss is gone: the newest that is there has all.
        let mut levels = Levels::new(SHARE, &[], []);
        levels.next("1", Timestamp::UNIX_EPOCH, &[table("mail", 1000)]);
        levels.next_gone("2", Timestamp::UNIX_EPOCH, &[table("mail", 10)]);
        assert_eq!(told(levels), []);
        // What is there counts before what is gone and had about as much.
        let mut levels = Levels::new(SHARE, &[], []);
        levels.next("1", Timestamp::UNIX_EPOCH, &[table("mail", 1000)]);
        levels.next_gone("2", Timestamp::UNIX_EPOCH, &[table("mail", 1001)]);
        levels.next("3", Timestamp::UNIX_EPOCH, &[]);
        assert_eq!(told(levels), [(1000, None, Some("1".to_owned()))]);
        // Meant is meant.
        let mut levels = Levels::new(SHARE, &[], ["2"]);
        levels.next("1", Timestamp::UNIX_EPOCH, &[table("mail", 1000)]);
        levels.next_gone("2", Timestamp::UNIX_EPOCH, &[table("mail", 10)]);
        levels.next("3", Timestamp::UNIX_EPOCH, &[table("mail", 9)]);
        assert_eq!(told(levels), []);
    }

    /// What is asked after backups a day apart, each with these rows of one table: the rows before, and now.
    fn asked(daily: &[u64]) -> Option<(u64, u64)> {
        asked_but(&[], &[], daily).map(|loss| (loss.rows_before, loss.rows.unwrap()))
    }

    fn asked_but(ignored: &[String], accepted: &[&str], daily: &[u64]) -> Option<TableLoss> {
        let mut levels = Levels::new(SHARE, ignored, accepted.iter().copied());
        for (number, rows) in daily.iter().enumerate() {
            let at = Timestamp::from_second(number as i64 * 86_400).unwrap();
            levels.next(&number.to_string(), at, &[table("t", *rows)]);
        }
        levels.losses().map(|losses| losses.tables[0].clone())
    }

    #[test]
    fn rows_that_go_a_few_at_a_time_are_lost_as_well() {
        assert_eq!(asked(&[1000, 850]), None);
        assert_eq!(asked(&[1000, 850, 740]), Some((1000, 740)));
        assert_eq!(asked(&[1000, 850, 740, 640, 560, 480]), Some((1000, 480)), "until it is answered");
        assert_eq!(asked(&[1000, 850, 740, 860]), None, "they are back");
        let loss = asked_but(&[], &[], &[1000, 850, 740]).unwrap();
        assert_eq!(
            (loss.archive.as_deref(), loss.since),
            (Some("0"), Timestamp::UNIX_EPOCH),
            "the backup with most of them is named"
        );
        // Within one day as well.
        let day: &[&[_]] = &[&[("t", 1000)], &[("t", 850)], &[("t", 740)]];
        assert_eq!(lost(&[], day), [told("t", 1000, 740, "0")]);
    }

    #[test]
    fn what_went_a_few_at_a_time_and_was_meant_is_not_asked_about_again() {
        let daily = [1000, 850, 740, 735, 730, 700];
        assert_eq!(asked_but(&[], &["2"], &daily), None);
        let again = [&daily[..], &[600, 500]].concat();
        let loss = asked_but(&[], &["2"], &again).unwrap();
        assert_eq!((loss.rows_before, loss.rows), (740, Some(500)), "the next loss is");
    }

    #[test]
    fn what_goes_over_more_than_the_days_is_churn() {
        let slow: Vec<u64> = (0..200).map(|day| 10_000 - day * 30).collect();
        assert_eq!(asked(&slow), None);
        let fast: Vec<u64> = (0..40).map(|day| 10_000 - day * 100).collect();
        assert!(asked(&fast).is_some());
    }

    #[test]
    fn a_table_that_goes_up_and_down_is_as_it_was() {
        // Orders that are open: many on Friday, few on Monday.
        let week = [100, 112, 125, 138, 150, 130, 112];
        let weeks: Vec<u64> = (0..70).map(|day| week[day % 7] + (day as u64 * 7) % 5).collect();
        for days in 1..weeks.len() {
            assert_eq!(asked(&weeks[..days]), None, "after {days} days");
        }
        assert_eq!(asked(&[1000, 1150, 1300, 1120, 1000]), None, "no more went than had just come");
        assert_eq!(asked(&[1000, 1150, 1300, 1120, 960, 830, 720]), Some((1300, 720)));
    }

    #[test]
    fn a_table_that_is_emptied_by_rule_is_asked_about_until_it_is_named() {
        let nightly = [500, 0, 480, 0, 510, 0];
        assert_eq!(asked(&nightly), Some((510, 0)));
        assert_eq!(asked_but(&["t".to_owned()], &[], &nightly), None);
        assert!(asked_but(&["T".to_owned()], &[], &nightly).is_some(), "names are exact");
        let ignored = ["t".to_owned()];
        let mut levels = Levels::new(SHARE, &ignored, []);
        levels.next("0", Timestamp::UNIX_EPOCH, &[table("t", 5)]);
        levels.next("1", Timestamp::UNIX_EPOCH, &[]);
        assert_eq!(levels.losses(), None, "not even when it is gone");
    }

    /// The newest backup that is there has lost rows; what somebody has deleted after it changes nothing of that.
    #[test]
    fn a_backup_that_is_gone_does_not_answer_the_question() {
        let mut levels = Levels::new(SHARE, &[], []);
        levels.next_gone("1", Timestamp::UNIX_EPOCH, &[table("mail", 1000)]);
        levels.next("2", Timestamp::UNIX_EPOCH, &[table("mail", 10)]);
        levels.next_gone("3", Timestamp::UNIX_EPOCH, &[table("mail", 12)]);
        assert_eq!(levels.losses().unwrap().tables[0].rows_before, 1000);
    }

    #[test]
    fn empty_and_new_tables_lose_nothing() {
        assert_eq!(lost(&[], &[&[("a", 0), ("b", 0)], &[("a", 0), ("c", 5)]]), []);
        assert_eq!(lost(&[], &[&[("a", 5)], &[("a", 4)]]), [], "a fifth is not more than a fifth");
    }

    proptest! {
        #[test]
        fn a_table_that_grows_is_never_lost(steps in proptest::collection::vec(0u64..1000, 1..20)) {
            let mut rows = 0;
            let mut levels = Levels::new(SHARE, &[], []);
            for (number, step) in steps.into_iter().enumerate() {
                rows += step;
                levels.next(&number.to_string(), Timestamp::UNIX_EPOCH, &[table("t", rows)]);
            }
            prop_assert_eq!(levels.losses(), None);
        }

        #[test]
        fn a_loss_is_above_the_share_or_empties_the_table_and_none_is_missing(rows in proptest::collection::vec(0u64..1000, 2..20)) {
            let mut levels = Levels::new(SHARE, &[], []);
            for (number, rows) in rows.iter().enumerate() {
                levels.next(&number.to_string(), Timestamp::UNIX_EPOCH, &[table("t", *rows)]);
            }
            let last = rows.last().copied();
            let losses = levels.losses().map_or(Vec::new(), |losses| losses.tables);
            let [.., before, now] = rows.as_slice() else { return Ok(()) };
            let has_fallen = now < before && (*now == 0 || (before - now) as f64 > *before as f64 * 0.2);
            prop_assert!(!has_fallen || !losses.is_empty());
            for loss in losses {
                prop_assert_eq!(loss.rows, last);
                prop_assert!(loss.share() > 0.2 || loss.rows == Some(0));
                let number = loss.archive.and_then(|archive| archive.parse().ok()).unwrap_or(usize::MAX);
                prop_assert_eq!(rows.get(number).copied(), Some(loss.rows_before));
            }
        }
    }
}

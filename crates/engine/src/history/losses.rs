//! What the newest backup has lost: a table that was emptied, has vanished, or has far fewer rows than it had.
//!
//! A loss does not become usual by being backed up again: it is reported until the rows are back, or until somebody has
//! said that it was meant. It does not end with the backup that has the rows either: then there is all the more to say.

use std::collections::{BTreeMap, BTreeSet};

use aitta_model::{TableLoss, TableSummary};
use jiff::Timestamp;

/// The rows of each table when nothing was missing, from one backup of the whole database to the next.
pub(super) struct Levels {
    /// A smaller share is no loss.
    share: f64,
    /// The moments of backups whose losses were meant.
    accepted: BTreeSet<String>,
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

/// The part of an id that an archive keeps when it is locked with another key: when it was made.
pub(crate) fn moment(id: &str) -> &str {
    id.rsplit_once('-').map_or(id, |(moment, _)| moment)
}

struct Level {
    rows: u64,
    /// `None` when the backup is gone.
    archive: Option<String>,
    since: Timestamp,
    /// What the newest backup has instead, if that is a loss.
    left: Option<Left>,
}

enum Left {
    Rows(u64),
    Gone,
}

impl Levels {
    /// `accepted` are ids of backups whose losses were meant.
    pub(super) fn new<'a>(share: f64, accepted: impl IntoIterator<Item = &'a str>) -> Self {
        let accepted = accepted.into_iter().map(|id| moment(id).to_owned()).collect();
        Self { share, accepted, tables: BTreeMap::new(), newest: None }
    }

    /// The next backup, oldest first.
    pub(super) fn next(&mut self, archive: &str, created: Timestamp, tables: &[TableSummary]) {
        let meant = self.accepted.contains(moment(archive));
        self.newest = Some(archive.to_owned());
        let mut before = std::mem::take(&mut self.tables);
        for table in tables {
            let archive = Some(archive.to_owned());
            let now = Level { rows: table.rows, archive, since: created, left: None };
            let level = match before.remove(&table.name) {
                Some(level) if !meant && self.is_loss(level.rows, table.rows) => {
                    Level { left: Some(Left::Rows(table.rows)), ..level }
                }
                _ => now,
            };
            self.tables.insert(table.name.clone(), level);
        }
        // What is left is in this backup no longer; a table without rows has lost none.
        let gone = before.into_iter().filter(|(_, level)| !meant && level.rows > 0);
        self.tables.extend(gone.map(|(name, level)| (name, Level { left: Some(Left::Gone), ..level })));
    }

    /// The next backup, which is there no longer: it knows what there was, and has lost nothing.
    pub(super) fn next_gone(&mut self, archive: &str, created: Timestamp, tables: &[TableSummary]) {
        if self.accepted.contains(moment(archive)) {
            self.tables.clear();
        }
        for TableSummary { name, rows, .. } in tables {
            let known = self.tables.get(name);
            // The level of a backup that is there counts as long as it has about as much.
            if known.is_none_or(|known| known.archive.is_none() || self.is_loss(*rows, known.rows)) {
                let rows = known.map_or(*rows, |known| known.rows.max(*rows));
                self.tables.insert(name.clone(), Level { rows, archive: None, since: created, left: None });
            }
        }
    }

    fn is_loss(&self, before: u64, now: u64) -> bool {
        now < before && (now == 0 || (before - now) as f64 > before as f64 * self.share)
    }

    /// The losses of the newest backup, if it has any.
    pub(super) fn losses(self) -> Option<Losses> {
        let lost = self.tables.into_iter().filter_map(|(name, level)| {
            let rows = match level.left? {
                Left::Rows(rows) => Some(rows),
                Left::Gone => None,
            };
            let Level { rows: rows_before, archive, since, .. } = level;
            Some(TableLoss { name, rows_before, rows, archive, since })
        });
        let mut losses: Vec<TableLoss> = lost.collect();
        losses.sort_by_key(|loss| std::cmp::Reverse(loss.rows_before - loss.rows.unwrap_or(0)));
        self.newest.filter(|_| !losses.is_empty()).map(|archive| Losses { archive, tables: losses })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    fn table(name: &str, rows: u64) -> TableSummary {
        TableSummary {
            name: name.to_owned(),
            rows,
            bytes: 0,
            stored_bytes: 0,
            digest: String::new(),
            columns: Vec::new(),
        }
    }

    /// Names and rows of what is lost after these backups, which are named by their number.
    fn lost(accepted: &[&str], backups: &[&[(&str, u64)]]) -> Vec<(String, u64, Option<u64>, String)> {
        let mut levels = Levels::new(0.2, accepted.iter().copied());
        for (number, tables) in backups.iter().enumerate() {
            let tables: Vec<TableSummary> = tables.iter().map(|(name, rows)| table(name, *rows)).collect();
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
        let mut levels = Levels::new(0.2, ["backup-2-aaaa"]);
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
        let mut levels = Levels::new(0.2, []);
        levels.next_gone("1", Timestamp::UNIX_EPOCH, &[table("mail", 1000)]);
        levels.next("2", Timestamp::UNIX_EPOCH, &[table("mail", 10)]);
        assert_eq!(told(levels), [(1000, Some(10), None)]);
        // The one that showed the loss is gone: the newest that is there has all.
        let mut levels = Levels::new(0.2, []);
        levels.next("1", Timestamp::UNIX_EPOCH, &[table("mail", 1000)]);
        levels.next_gone("2", Timestamp::UNIX_EPOCH, &[table("mail", 10)]);
        assert_eq!(told(levels), []);
        // What is there counts before what is gone and had about as much.
        let mut levels = Levels::new(0.2, []);
        levels.next("1", Timestamp::UNIX_EPOCH, &[table("mail", 1000)]);
        levels.next_gone("2", Timestamp::UNIX_EPOCH, &[table("mail", 1001)]);
        levels.next("3", Timestamp::UNIX_EPOCH, &[]);
        assert_eq!(told(levels), [(1000, None, Some("1".to_owned()))]);
        // Meant is meant.
        let mut levels = Levels::new(0.2, ["2"]);
        levels.next("1", Timestamp::UNIX_EPOCH, &[table("mail", 1000)]);
        levels.next_gone("2", Timestamp::UNIX_EPOCH, &[table("mail", 10)]);
        levels.next("3", Timestamp::UNIX_EPOCH, &[table("mail", 9)]);
        assert_eq!(told(levels), []);
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
            let mut levels = Levels::new(0.2, []);
            for (number, step) in steps.into_iter().enumerate() {
                rows += step;
                levels.next(&number.to_string(), Timestamp::UNIX_EPOCH, &[table("t", rows)]);
            }
            prop_assert_eq!(levels.losses(), None);
        }

        #[test]
        fn a_loss_is_above_the_share_or_empties_the_table_and_none_is_missing(rows in proptest::collection::vec(0u64..1000, 2..20)) {
            let mut levels = Levels::new(0.2, []);
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

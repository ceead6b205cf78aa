//! What the newest backup has lost: a table that was emptied, has vanished, or has far fewer rows than it had.
//!
//! A loss does not become usual by being backed up again: it is told until the rows are back, or until somebody has
//! said that it was meant.

use std::collections::{BTreeMap, BTreeSet};

use aitta_model::{TableLoss, TableSummary};
use jiff::Timestamp;

/// The rows of each table when nothing was missing, from one backup of the whole database to the next.
pub(super) struct Levels {
    /// A smaller share is no loss.
    share: f64,
    /// Backups whose losses were meant.
    accepted: BTreeSet<String>,
    tables: BTreeMap<String, Level>,
}

struct Level {
    rows: u64,
    archive: String,
    since: Timestamp,
    /// What the newest backup has instead, if that is a loss.
    left: Option<Left>,
}

enum Left {
    Rows(u64),
    Gone,
}

impl Levels {
    pub(super) fn new(share: f64, accepted: BTreeSet<String>) -> Self {
        Self { share, accepted, tables: BTreeMap::new() }
    }

    /// The next backup, oldest first.
    pub(super) fn next(&mut self, archive: &str, created: Timestamp, tables: &[TableSummary]) {
        let meant = self.accepted.contains(archive);
        let mut before = std::mem::take(&mut self.tables);
        for table in tables {
            let now = Level { rows: table.rows, archive: archive.to_owned(), since: created, left: None };
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

    fn is_loss(&self, before: u64, now: u64) -> bool {
        now < before && (now == 0 || (before - now) as f64 > before as f64 * self.share)
    }

    /// The losses of the newest backup, the greatest number of rows first.
    pub(super) fn losses(self) -> Vec<TableLoss> {
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
        losses
    }
}

#[cfg(test)]
mod tests {
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
        let mut levels = Levels::new(0.2, accepted.iter().map(|id| (*id).to_owned()).collect());
        for (number, tables) in backups.iter().enumerate() {
            let tables: Vec<TableSummary> = tables.iter().map(|(name, rows)| table(name, *rows)).collect();
            levels.next(&number.to_string(), Timestamp::UNIX_EPOCH, &tables);
        }
        let told = |loss: TableLoss| (loss.name, loss.rows_before, loss.rows, loss.archive);
        levels.losses().into_iter().map(told).collect()
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
    fn empty_and_new_tables_lose_nothing() {
        assert_eq!(lost(&[], &[&[("a", 0), ("b", 0)], &[("a", 0), ("c", 5)]]), []);
        assert_eq!(lost(&[], &[&[("a", 5)], &[("a", 4)]]), [], "a fifth is not more than a fifth");
    }

    proptest! {
        #[test]
        fn a_table_that_grows_is_never_lost(steps in proptest::collection::vec(0u64..1000, 1..20)) {
            let mut rows = 0;
            let mut levels = Levels::new(0.2, BTreeSet::new());
            for (number, step) in steps.into_iter().enumerate() {
                rows += step;
                levels.next(&number.to_string(), Timestamp::UNIX_EPOCH, &[table("t", rows)]);
            }
            prop_assert!(levels.losses().is_empty());
        }

        #[test]
        fn what_is_told_is_below_the_share(rows in proptest::collection::vec(0u64..1000, 2..20)) {
            let mut levels = Levels::new(0.2, BTreeSet::new());
            for (number, rows) in rows.iter().enumerate() {
                levels.next(&number.to_string(), Timestamp::UNIX_EPOCH, &[table("t", *rows)]);
            }
            let last = rows.last().copied();
            for loss in levels.losses() {
                prop_assert_eq!(loss.rows, last);
                prop_assert!(loss.share() > 0.2 || loss.rows == Some(0));
                let number: usize = loss.archive.parse().unwrap_or(usize::MAX);
                prop_assert_eq!(rows.get(number).copied(), Some(loss.rows_before));
            }
        }
    }
}

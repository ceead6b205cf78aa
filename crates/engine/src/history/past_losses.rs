//! What the backups of a span have lost, also what was given back since.

use std::collections::{BTreeMap, BTreeSet};

use aitta_model::PastLoss;
use jiff::{Timestamp, ToSpan};

use super::losses::{DAYS, Levels};
use crate::catalog::TableRows;
use crate::catalog::moment;
use crate::{Context, Result};

/// Tables that lost rows from one backup to the next, found by backups that began in the span: those that still miss them
/// first, then the newest.
///
/// # Errors
/// `catalog_failed`.
pub(crate) async fn past_losses(context: &Context, from: Timestamp, to: Timestamp) -> Result<Vec<PastLoss>> {
    let (profile, catalog) = (&context.profile, &context.catalog);
    let Some(own) = context.own().ok().flatten() else { return Ok(Vec::new()) };
    let accepted = catalog.accepted_losses(&profile.name).await?;
    let mut past = Past::new(profile.targets.table_loss, &profile.table_loss_ignore, &accepted, from);
    // What was usual before the span counts as well, however long ago that was; what came after it tells what was given
    // back.
    let before = from.checked_sub((24 * DAYS).hours()).unwrap_or(from);
    let mut level: Option<TableRows> = None;
    let next = |rows: TableRows| {
        if !own.is(&rows.named) {
            return;
        }
        if rows.started < before {
            level = Some(rows);
            return;
        }
        for TableRows { archive, started, tables, .. } in level.take().into_iter().chain([rows]) {
            past.next(&archive, started, &tables);
        }
    };
    catalog.table_rows(&profile.name, before, &[], next).await?;
    Ok(past.found(to))
}

struct Past<'p> {
    /// Begin of the span: what was found before it and is settled belongs to another month.
    from: Timestamp,
    levels: Levels<'p>,
    accepted: BTreeSet<&'p str>,
    /// Of tables whose rows are still missing.
    open: BTreeMap<String, PastLoss>,
    closed: Vec<PastLoss>,
}

impl<'p> Past<'p> {
    fn new(share: f64, ignored: &'p [String], accepted: &'p [String], from: Timestamp) -> Self {
        let accepted = accepted.iter().map(|id| moment(id)).collect();
        Self {
            from,
            levels: Levels::new(share, ignored, []),
            accepted,
            open: BTreeMap::new(),
            closed: Vec::new(),
        }
    }

    /// The next backup, oldest first, with the rows of its tables.
    fn next(&mut self, archive: &str, started: Timestamp, tables: &[(String, u64)]) {
        self.levels.next(archive, started, tables);
        let mut lost: BTreeMap<_, _> =
            self.levels.lost().into_iter().map(|loss| (loss.name.clone(), loss)).collect();
        let is_back = |name: &String, _: &mut PastLoss| !lost.contains_key(name);
        let back =
            self.open.extract_if(.., is_back).map(|(_, loss)| PastLoss { back: Some(started), ..loss });
        self.closed.extend(back.filter(|loss| loss.found >= self.from));
        for (name, loss) in &mut self.open {
            // It may have lost more since.
            if let Some(now) = lost.remove(name) {
                loss.loss.rows = now.rows;
            }
        }
        let new = lost
            .into_iter()
            .map(|(name, loss)| (name, PastLoss { loss, found: started, meant: false, back: None }));
        self.open.extend(new);
        if self.accepted.contains(moment(archive)) {
            let meant = std::mem::take(&mut self.open).into_values();
            let meant = meant.filter(|loss| loss.found >= self.from);
            self.closed.extend(meant.map(|loss| PastLoss { meant: true, ..loss }));
            self.levels.accept(archive, started, tables);
        }
    }

    fn found(self, to: Timestamp) -> Vec<PastLoss> {
        let from = self.from;
        let all = self.closed.into_iter().chain(self.open.into_values());
        let mut found: Vec<PastLoss> = all.filter(|loss| loss.found >= from && loss.found <= to).collect();
        // What is still missing is not to be hidden by what is settled.
        let is_settled = |loss: &PastLoss| loss.meant || loss.back.is_some();
        found.sort_by(|a, b| {
            let settled = is_settled(a).cmp(&is_settled(b));
            settled.then_with(|| b.found.cmp(&a.found)).then_with(|| a.loss.name.cmp(&b.loss.name))
        });
        found
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// Rows before and after, the hour that found it, whether it was meant, and the hour of return.
    type Told = (u64, Option<u64>, i64, bool, Option<i64>);

    /// Backups of one table, an hour apart, and what was lost.
    fn past(accepted: &[String], rows: &[Option<u64>]) -> Vec<Told> {
        let at = |hour: usize| Timestamp::from_second(hour as i64 * 3600).unwrap();
        let mut past = Past::new(0.2, &[], accepted, at(0));
        for (hour, rows) in rows.iter().enumerate() {
            let tables: Vec<(String, u64)> = rows.iter().map(|rows| ("Booking".to_owned(), *rows)).collect();
            past.next(&format!("backup-{hour}-abc"), at(hour), &tables);
        }
        let hour = |at: Timestamp| at.as_second() / 3600;
        let told = past.found(at(rows.len()));
        let told = told.into_iter().map(|loss| {
            (loss.loss.rows_before, loss.loss.rows, hour(loss.found), loss.meant, loss.back.map(hour))
        });
        told.collect()
    }

    #[test]
    fn a_loss_is_told_with_the_backup_that_has_the_rows_again() {
        let (gone, some) = (None, Some);
        assert_eq!(past(&[], &[some(100), some(100), some(105)]), []);
        assert_eq!(past(&[], &[some(100), some(40), some(40)]), [(100, Some(40), 1, false, None)]);
        assert_eq!(
            past(&[], &[some(100), some(40), some(30), some(100)]),
            [(100, Some(30), 1, false, Some(3))]
        );
        assert_eq!(past(&[], &[some(100), gone, gone, some(100)]), [(100, None, 1, false, Some(3))]);
    }

    #[test]
    fn a_loss_that_was_meant_is_told_as_such_and_the_next_one_counts_from_there() {
        let accepted = ["backup-2-def".to_owned()];
        let rows = [100, 40, 40, 41, 10].map(Some);
        assert_eq!(past(&accepted, &rows), [(41, Some(10), 4, false, None), (100, Some(40), 1, true, None)]);
    }

    #[test]
    fn what_was_found_before_the_span_belongs_to_another_month() {
        let at = |hour: i64| Timestamp::from_second(hour * 3600).unwrap();
        let mut past = Past::new(0.2, &[], &[], at(2));
        for (hour, rows) in [(0, 100), (1, 10), (2, 100), (3, 0)] {
            past.next(&format!("backup-{hour}-abc"), at(hour), &[("t".to_owned(), rows)]);
        }
        let found = past.found(at(3));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].found, found[0].loss.rows), (at(3), Some(0)));
    }
}

//! Telling the rows of a live table from those of the same table in an archive.
//!
//! The live rows are digested as they are read, in the same form as they are archived, so equal digests mean equal
//! rows, whatever their order. Where they differ and both sides are small enough, the rows of the archive are read as
//! well, and the hashes of both sides are sorted and gone through together.

use std::sync::{Arc, Mutex, PoisonError};

use aitta_archive::{RowDigest, Section};
use aitta_base::{Result, blocking};
use aitta_model::{Likeness, RowsApart};
use async_trait::async_trait;
use futures::StreamExt;

use crate::{Archived, FrameSink};

/// Up to this many rows of a side its hashes are kept: 16 MB of each.
const COUNTED: u64 = 1_000_000;

/// Frames read ahead.
const AHEAD: usize = 3;

/// The rows of a live table, on their way from the source.
#[derive(Clone)]
pub(crate) struct LiveRows(Arc<Mutex<Side>>);

/// One side of a comparison.
#[derive(Default)]
struct Side {
    digest: RowDigest,
    /// Of every row; absent when there are too many.
    hashes: Option<Vec<u128>>,
}

impl Side {
    fn add(&mut self, lines: &[u8]) {
        match &mut self.hashes {
            Some(hashes) => {
                self.digest.add_lines_with(lines, |hash| hashes.push(hash));
            }
            None => {
                self.digest.add_lines(lines);
            }
        }
        if self.digest.rows() > COUNTED {
            self.hashes = None;
        }
    }
}

impl LiveRows {
    /// Nothing read yet of the table that this section holds.
    pub(crate) fn beside(section: &Section) -> Self {
        let hashes = (section.rows <= COUNTED).then(Vec::new);
        Self(Arc::new(Mutex::new(Side { hashes, ..Side::default() })))
    }

    /// Compares what was read with the archive.
    ///
    /// # Errors
    /// `archive_damaged`, `store_*`.
    pub(crate) async fn against(&self, archive: &Arc<dyn Archived>, section: u32) -> Result<Likeness> {
        let live = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let archived = archive.section(section)?;
        let target_rows = live.digest.rows();
        if target_rows == archived.rows && live.digest.to_hex() == archived.digest {
            return Ok(Likeness::Same);
        }
        let Some(live) = live.hashes else { return Ok(Likeness::Differs { target_rows, apart: None }) };
        let mut side = Side { hashes: Some(Vec::new()), ..Side::default() };
        let mut frames = archive.frames(section, AHEAD);
        while let Some(frame) = frames.next().await {
            let frame = frame?;
            side = blocking(move || {
                side.add(&frame);
                Ok(side)
            })
            .await?;
        }
        let archived = side.hashes.unwrap_or_default();
        let apart = blocking(move || Ok(apart(archived, live))).await?;
        Ok(Likeness::Differs { target_rows, apart: Some(apart) })
    }
}

#[async_trait]
impl FrameSink for LiveRows {
    async fn rows(&self, _: u32, rows: Vec<u8>) -> Result<()> {
        let side = self.0.clone();
        blocking(move || {
            side.lock().unwrap_or_else(PoisonError::into_inner).add(&rows);
            Ok(())
        })
        .await
    }

    async fn blob(&self, section: u32, blob: Vec<u8>) -> Result<()> {
        self.rows(section, blob).await
    }
}

/// How many rows are on one side only, each as often as it is there.
fn apart(mut archive: Vec<u128>, mut target: Vec<u128>) -> RowsApart {
    archive.sort_unstable();
    target.sort_unstable();
    let (mut left, mut right) = (archive.iter().peekable(), target.iter().peekable());
    let mut apart = RowsApart { archive: 0, target: 0 };
    loop {
        match (left.peek(), right.peek()) {
            (Some(a), Some(t)) if a == t => {
                left.next();
                right.next();
            }
            (Some(a), Some(t)) if a > t => {
                right.next();
                apart.target += 1;
            }
            (Some(_), _) => {
                left.next();
                apart.archive += 1;
            }
            (None, Some(_)) => {
                right.next();
                apart.target += 1;
            }
            (None, None) => return apart,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_counts_as_often_as_it_is_there() {
        let told = |archive: &[u128], target: &[u128]| {
            let RowsApart { archive, target } = apart(archive.to_vec(), target.to_vec());
            (archive, target)
        };
        assert_eq!(told(&[3, 1, 2], &[2, 3, 1]), (0, 0));
        assert_eq!(told(&[1, 1, 2], &[1, 2, 2]), (1, 1), "the same count, and other rows");
        assert_eq!(told(&[], &[5, 4]), (0, 2));
        assert_eq!(told(&[5, 4, 9], &[9]), (2, 0));
        assert_eq!(told(&[1, 5], &[2, 6, 7]), (2, 3));
    }

    #[test]
    fn more_rows_than_are_counted_are_digested_alone() {
        let mut side = Side { hashes: Some(Vec::new()), ..Side::default() };
        let lines = b"x\n".repeat(usize::try_from(COUNTED).unwrap_or_default());
        side.add(&lines);
        assert!(side.hashes.is_some());
        side.add(b"y\n");
        assert!(side.hashes.is_none());
        assert_eq!(side.digest.rows(), COUNTED + 1);
    }
}

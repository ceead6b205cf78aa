//! Proof that two tables hold the same rows, whatever their order.

use sha2::block_api::compress256;

/// Count and order-independent digest of a multiset of rows:
/// `sum over all rows of SHA-256(row), modulo 2^256`, each hash read as a big-endian number.
///
/// Equal multisets give equal digests, and two that differ by chance, damage or a bug do not (the
/// additive hash AdHash of Bellare and Micciancio, "A New Paradigm for Collision-Free Hashing",
/// EUROCRYPT 1997). It is not a defence against somebody who crafts rows to collide: the archive's
/// HMACs are that. A row is a line of the frame's plaintext without its line feed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowDigest {
    rows: u64,
    /// Least significant limb first.
    sum: [u64; 4],
}

impl RowDigest {
    /// Adds one row.
    pub fn add_row(&mut self, row: &[u8]) {
        self.add(row);
    }

    /// Adds every line of `text`, which is empty or ends with a line feed. Returns how many there were.
    /// Should the last one not be ended it counts like any other, so that no byte goes unnoticed.
    pub fn add_lines(&mut self, text: &[u8]) -> u64 {
        self.add_lines_with(text, |_| {})
    }

    /// As [`Self::add_lines`]; `each` gets the first 128 bits of the hash of every row, by which rows are told apart.
    pub fn add_lines_with(&mut self, text: &[u8], mut each: impl FnMut(u128)) -> u64 {
        let before = self.rows;
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', text) {
            each(self.add(&text[start..end]));
            start = end + 1;
        }
        if start < text.len() {
            each(self.add(&text[start..]));
        }
        self.rows - before
    }

    /// Adds all rows of another digest.
    pub fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.add_limbs(other.sum);
    }

    /// Number of rows added.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The sum as 64 hexadecimal digits, most significant first.
    #[must_use]
    pub fn to_hex(&self) -> String {
        self.sum.iter().rev().map(|limb| format!("{limb:016x}")).collect()
    }

    /// Adds one row. Returns the first 128 bits of its hash.
    fn add(&mut self, row: &[u8]) -> u128 {
        let hash = sha256(row);
        let limb = |i: usize| u64::from(hash[2 * i]) << 32 | u64::from(hash[2 * i + 1]);
        self.rows += 1;
        self.add_limbs([limb(3), limb(2), limb(1), limb(0)]);
        u128::from(limb(0)) << 64 | u128::from(limb(1))
    }

    fn add_limbs(&mut self, other: [u64; 4]) {
        let mut carry = false;
        for (limb, add) in self.sum.iter_mut().zip(other) {
            let (partial, first) = limb.overflowing_add(add);
            let (total, second) = partial.overflowing_add(u64::from(carry));
            *limb = total;
            carry = first || second;
        }
    }
}

/// `SHA-256(message)`, FIPS 180-4, as eight numbers, the most significant first.
///
/// Rows are short: the general hasher copies their bytes to a buffer of its own, and wipes that and its state
/// after each row, which takes a sixth of the time.
fn sha256(message: &[u8]) -> [u32; 8] {
    // Section 5.3.3.
    let mut state = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];
    let (blocks, rest) = message.as_chunks::<64>();
    compress256(&mut state, blocks);
    // Section 5.1.1: a bit 1, zeros, and at the end of a block the length in bits.
    let mut last = [[0; 64]; 2];
    let needed = if rest.len() < 56 { 1 } else { 2 };
    let padded = last[..needed].as_flattened_mut();
    padded[..rest.len()].copy_from_slice(rest);
    padded[rest.len()] = 0x80;
    let length_at = padded.len() - 8;
    padded[length_at..].copy_from_slice(&(8 * message.len() as u64).to_be_bytes());
    compress256(&mut state, &last[..needed]);
    state
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn digest_of_one_row_is_its_sha256() {
        let mut digest = RowDigest::default();
        digest.add_row(b"abc");
        // FIPS 180-2, appendix B.1
        assert_eq!(digest.to_hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn every_length_around_the_ends_of_blocks_gives_sha256() {
        let bytes: Vec<u8> = (0..=255).collect();
        for len in 0..bytes.len() {
            let mut digest = RowDigest::default();
            digest.add_row(&bytes[..len]);
            assert_eq!(digest.to_hex(), hex::encode(Sha256::digest(&bytes[..len])), "{len} bytes");
        }
    }

    #[test]
    fn last_line_without_its_line_feed_is_not_left_out() {
        let (mut text, mut rows) = (RowDigest::default(), RowDigest::default());
        assert_eq!(text.add_lines(b"a\nb"), 2);
        rows.add_row(b"b");
        rows.add_row(b"a");
        assert_eq!(text, rows);
    }

    #[test]
    fn rows_are_told_apart_by_the_beginning_of_their_hashes() {
        let (mut digest, mut seen) = (RowDigest::default(), Vec::new());
        assert_eq!(digest.add_lines_with(b"abc\nabc\nabd\n", |hash| seen.push(hash)), 3);
        assert_eq!(seen[0], 0xba78_16bf_8f01_cfea_4141_40de_5dae_2223);
        assert!(seen[0] == seen[1] && seen[1] != seen[2]);
        let mut lines = RowDigest::default();
        lines.add_lines(b"abc\nabc\nabd\n");
        assert_eq!(digest, lines);
    }

    proptest! {
        #[test]
        fn order_and_grouping_do_not_matter(rows in prop::collection::vec("[a-z]{0,8}", 0..40), split in 0usize..40) {
            let split = split.min(rows.len());
            let mut whole = RowDigest::default();
            rows.iter().for_each(|r| whole.add_row(r.as_bytes()));
            let (mut tail, mut head) = (RowDigest::default(), RowDigest::default());
            rows[split..].iter().rev().for_each(|r| tail.add_row(r.as_bytes()));
            let text: String = rows[..split].iter().map(|r| format!("{r}\n")).collect();
            head.add_lines(text.as_bytes());
            tail.merge(&head);
            prop_assert_eq!(whole, tail);
        }

        #[test]
        fn a_repeated_row_counts(row in "[a-z]{0,8}") {
            let (mut once, mut twice) = (RowDigest::default(), RowDigest::default());
            once.add_row(row.as_bytes());
            twice.add_row(row.as_bytes());
            twice.add_row(row.as_bytes());
            prop_assert_ne!(once.to_hex(), twice.to_hex());
        }
    }
}

//! The names of blocks: whose they are, and when they were sent.
//!
//! `aitta-{upload, 16 hex digits}-{seconds since 1970, 8 hex digits}-{number, 5 digits}`. All ids of a blob must have
//! the same length; the service wants at most 64 bytes. The time tells an abandoned upload from a slow one: for
//! uncommitted blocks the service itself says no time.

use aitta_base::{Clock, Result, SystemClock, random};
use aitta_model::Timestamp;

/// As many as a blob can have.
pub(super) const MOST: u32 = 50_000;

const START: &str = "aitta-";
const LEN: usize = 37;

/// A random id of an upload or of a header, which nobody else has.
///
/// # Errors
/// When the system has no randomness.
pub(super) fn token() -> Result<String> {
    Ok(hex::encode(random::<8>()?))
}

pub(super) fn block_id(token: &str, number: u32) -> Vec<u8> {
    let seconds = SystemClock.now().as_second();
    format!("{START}{token}-{seconds:08x}-{number:05}").into_bytes()
}

/// An id of this length, in bytes, that none of `taken` is: for blobs that others have written.
///
/// # Errors
/// When the system has no randomness.
pub(super) fn foreign_id(len: usize, taken: &[Vec<u8>]) -> Result<Vec<u8>> {
    loop {
        let mut id = Vec::new();
        while id.len() < len {
            id.extend(random::<16>()?);
        }
        id.truncate(len);
        if !taken.contains(&id) {
            return Ok(id);
        }
    }
}

/// The upload that a block belongs to, and when it was sent; `None` for blocks that are not ours.
pub(super) fn read(id: &[u8]) -> Option<(&str, Timestamp)> {
    let text = std::str::from_utf8(id).ok().filter(|text| text.len() == LEN && text.is_ascii())?;
    let mut parts = text.strip_prefix(START)?.split('-');
    let token = parts.next().filter(|token| token.len() == 16)?;
    let seconds = i64::from_str_radix(parts.next()?, 16).ok()?;
    Some((token, Timestamp::from_second(seconds).ok()?))
}

/// Whether a blob has ids as ours.
pub(super) fn fits(len: usize) -> bool {
    len == LEN
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn id_is_read_back_and_foreign_ones_are_not() {
        let token = token().unwrap();
        for number in [0, 7, MOST - 1] {
            let id = block_id(&token, number);
            assert_eq!(id.len(), LEN);
            let (of, sent) = read(&id).unwrap();
            assert_eq!(of, token);
            assert!(SystemClock.now().duration_since(sent).unsigned_abs().as_secs() < 60);
        }
        for foreign in [b"".as_slice(), b"000001", &[0xff; LEN], &[b'a'; LEN]] {
            assert_eq!(read(foreign), None);
        }
    }

    #[test]
    fn foreign_id_is_a_new_one_of_the_same_length() {
        let taken: Vec<Vec<u8>> = (0..255).map(|byte| vec![byte]).collect();
        assert_eq!(foreign_id(1, &taken).unwrap(), [255]);
    }
}

//! Any bytes as an archive: what an attacker without a key can do.
//!
//! Nothing gets past the tags here, except by starting from `crates/archive/tests/vectors`:
//! `cargo +nightly fuzz run open_archive fuzz/corpus/open_archive crates/archive/tests/vectors`.
//! What lies behind the tags is the business of `open_sealed`.
#![no_main]

use std::sync::LazyLock;

use aitta_archive::{FrameHeader, Header, VaultKey, open_all};
use libfuzzer_sys::fuzz_target;

/// The published key of the test vectors.
static KEY: LazyLock<VaultKey> = LazyLock::new(|| {
    VaultKey::from_hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f").expect("64 digits")
});
const GOLDEN: &[u8] = include_bytes!("../../crates/archive/tests/vectors/golden-v1.backup");

fuzz_target!(|bytes: &[u8]| {
    let _ = open_all(bytes, [&*KEY], |_, _, _| {});
    let _ = FrameHeader::parse(bytes, 0);

    // As changes of a genuine archive: two bytes of position, one of change. Any of them is noticed.
    let mut archive = GOLDEN.to_vec();
    for change in bytes.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % archive.len();
        archive[at] ^= change[2];
    }
    assert_eq!(open_all(&archive, [&*KEY], |_, _, _| {}).is_ok(), archive == GOLDEN);

    // One good slot is enough: whatever happens to slot 1, the key of slot 0 opens the archive, and
    // the header can be made whole again.
    let mut archive = GOLDEN.to_vec();
    let slot = Header::slot_range(1);
    let len = bytes.len().min(slot.len());
    archive[slot.start..slot.start + len].copy_from_slice(&bytes[..len]);
    let mut header = Header::parse(&archive).expect("the slots are no reason to refuse the header");
    let keys = header.unlock([&*KEY]).expect("slot 0 is good");
    for number in header.damaged_slots(&keys) {
        header.erase_slot(number, &keys).expect("slot 0 remains");
    }
    header.check(&keys).expect("what was damaged is erased");
});

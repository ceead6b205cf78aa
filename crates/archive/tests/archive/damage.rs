//! Whatever happens to the bytes of an archive, opening it says so.

use aitta_archive::{
    Error, FOOTER_LEN, Footer, FrameRef, HEADER_LEN, Header, Manifest, Place, SLOT_COUNT, SLOT_LEN, VaultKey,
    open_all,
};

use crate::common;

fn open(archive: &[u8], key: &VaultKey) -> Result<Manifest, Error> {
    open_all(archive, [key], |_, _, _| {})
}

#[test]
fn every_single_bit_flip_is_detected() {
    let key = common::test_key();
    let mut archive = common::shop(&key).bytes();
    open(&archive, &key).expect("it opens when nothing is wrong");
    for at in 0..archive.len() {
        for bit in [0, 3, 7] {
            archive[at] ^= 1 << bit;
            assert!(open(&archive, &key).is_err(), "bit {bit} of byte {at}");
            archive[at] ^= 1 << bit;
        }
    }
}

#[test]
fn every_byte_set_to_one_state_is_detected_in_the_header() {
    let key = common::test_key();
    let mut archive = common::shop(&key).bytes();
    for at in 0..HEADER_LEN {
        for value in [0, 1, 0xff] {
            let before = std::mem::replace(&mut archive[at], value);
            assert_eq!(open(&archive, &key).is_ok(), before == value, "byte {at} as {value}");
            archive[at] = before;
        }
    }
}

#[test]
fn every_truncation_is_detected() {
    let key = common::test_key();
    let archive = common::shop(&key).bytes();
    for len in 0..archive.len() {
        let error = open(&archive[..len], &key).expect_err("a shorter archive does not open");
        assert!(matches!(error, Error::Truncated(_)), "{len} bytes: {error}");
    }
}

#[test]
fn every_byte_left_out_or_doubled_is_detected() {
    let key = common::test_key();
    let archive = common::shop(&key).bytes();
    for at in (0..archive.len()).step_by(7) {
        let mut shorter = archive.clone();
        shorter.remove(at);
        assert!(open(&shorter, &key).is_err(), "without byte {at}");
        let mut longer = archive.clone();
        longer.insert(at, archive[at]);
        assert!(open(&longer, &key).is_err(), "with byte {at} twice");
    }
}

#[test]
fn wrong_key_is_told_apart_from_damage() {
    let archive = common::shop(&common::test_key()).bytes();
    let error = open(&archive, &common::other_key()).unwrap_err();
    let id = common::test_key().id();
    assert!(matches!(&error, Error::NoMatchingKey { needed } if *needed == [id]), "{error}");

    // With the right key, no damage to the slot is ever blamed on the key.
    for at in Header::slot_range(0) {
        let mut damaged = archive.clone();
        damaged[at] ^= 0x10;
        let error = open(&damaged, &common::test_key()).unwrap_err();
        assert!(matches!(error, Error::Damaged { place: Place::Slot(0), .. }), "byte {at}: {error}");
    }
}

#[test]
fn data_survives_damage_to_all_of_a_slot_but_what_wraps_the_key() {
    let key = common::test_key();
    let mut bytes = *common::shop(&key).header.as_bytes();
    for at in Header::slot_range(0) {
        bytes[at] ^= 0x10;
        let opens = Header::parse(&bytes).unwrap().unlock([&key]).is_ok();
        let within = at - Header::slot_range(0).start;
        let wraps = (16..64).contains(&within) || (72..104).contains(&within);
        assert_eq!(opens, !wraps, "byte {within} of the slot");
        bytes[at] ^= 0x10;
    }
}

#[test]
fn rotation_torn_at_any_byte_leaves_an_archive_that_opens() {
    let (old, new) = (common::test_key(), common::other_key());
    let parts = common::shop(&old);
    let before = *parts.header.as_bytes();
    let mut header = parts.header.clone();
    let added = header.add_slot(&new, &parts.keys).unwrap();
    assert_eq!(added, 1);
    let both = *header.as_bytes();
    header.erase_slot(0, &parts.keys).unwrap();
    let after = *header.as_bytes();
    for (from, to, slot) in [(before, both, added), (both, after, 0)] {
        for cut in 0..=SLOT_LEN {
            let mut torn = from;
            let range = Header::slot_range(slot);
            let written = range.start..range.start + cut;
            torn[written.clone()].copy_from_slice(&to[written]);
            let header = Header::parse(&torn).unwrap();
            let keys =
                header.unlock([&old, &new]).unwrap_or_else(|e| panic!("slot {slot} cut at {cut}: {e}"));

            // The rotation can be taken up again, and then the header is as good as new.
            let mut again = header.clone();
            again.add_slot(&new, &keys).unwrap();
            again.erase_slot(0, &keys).unwrap();
            for number in again.damaged_slots(&keys) {
                again.erase_slot(number, &keys).unwrap();
            }
            again.check(&again.unlock([&new]).unwrap()).unwrap();
            assert!(again.unlock([&old]).is_err());
        }
    }
    assert!(Header::parse(&after).unwrap().unlock([&old]).is_err());
    Header::parse(&after).unwrap().check(&parts.keys).unwrap();
}

#[test]
fn last_good_slot_is_never_erased() {
    let key = common::test_key();
    let mut parts = common::shop(&key);
    assert!(matches!(parts.header.erase_slot(0, &parts.keys), Err(Error::LastSlot)));
    parts.header.add_slot(&common::other_key(), &parts.keys).unwrap();
    let mut bytes = *parts.header.as_bytes();
    bytes[Header::slot_range(1).start + 40] ^= 1;
    let mut header = Header::parse(&bytes).unwrap();
    assert!(matches!(header.erase_slot(0, &parts.keys), Err(Error::LastSlot)));
}

#[test]
fn keys_of_another_archive_never_fill_a_slot() {
    let key = common::test_key();
    let mut parts = common::shop(&key);
    let foreign = common::shop(&key).keys;
    assert!(parts.header.add_slot(&common::other_key(), &foreign).is_err());
}

#[test]
fn slots_run_out_and_a_present_key_takes_no_second_one() {
    let mut parts = common::shop(&common::test_key());
    for byte in 1..SLOT_COUNT as u8 {
        let key = VaultKey::from_hex(&hex::encode([byte; 32])).unwrap();
        assert_eq!(parts.header.add_slot(&key, &parts.keys).unwrap(), byte);
        assert_eq!(parts.header.add_slot(&key, &parts.keys).unwrap(), byte);
    }
    assert!(matches!(parts.header.add_slot(&common::other_key(), &parts.keys), Err(Error::NoFreeSlot)));
    parts.header.check(&parts.keys).unwrap();
}

#[test]
fn layout_with_gap_overlap_or_wrong_count_is_refused() {
    let parts = common::shop(&common::test_key());
    let archive = parts.bytes();
    let footer =
        Footer::open(&parts.keys, &archive[archive.len() - FOOTER_LEN..], archive.len() as u64).unwrap();
    parts.manifest.check_layout(&footer).unwrap();

    let refused = |change: &dyn Fn(&mut Manifest, &mut Footer)| {
        let (mut manifest, mut footer) = (parts.manifest.clone(), footer);
        change(&mut manifest, &mut footer);
        let error = manifest.check_layout(&footer).expect_err("it is refused");
        assert!(matches!(error, Error::Damaged { place: Place::Manifest, .. }), "{error}");
    };
    let first = |m: &mut Manifest, change: fn(&mut FrameRef)| change(&mut m.sections[0].frames[0]);
    refused(&|_, f| f.frame_count += 1);
    refused(&|_, f| f.manifest_offset += 16);
    refused(&|m, _| first(m, |f| f.offset += 16));
    refused(&|m, _| first(m, |f| f.offset = 0));
    refused(&|m, _| first(m, |f| f.stored_len -= 16));
    refused(&|m, _| first(m, |f| f.stored_len = u64::MAX));
    refused(&|m, _| first(m, |f| f.stored_len = 0));
    refused(&|m, _| first(m, |f| f.rows += 1));
    refused(&|m, _| first(m, |f| f.plaintext_len += 1));
    refused(&|m, _| m.sections[1].rows += 1);
    refused(&|m, _| m.sections[1].bytes = u64::MAX);
    refused(&|m, _| m.sections.swap_remove(3).frames.clear());
    refused(&|m, f| {
        m.sections[3] = m.sections[2].clone();
        f.frame_count -= 1;
    });
    refused(&|m, _| m.sections[1].kind = aitta_archive::SectionKind::Schema);
}

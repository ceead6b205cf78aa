//! What goes in comes out, whatever it is and in whatever order it was placed.

use std::collections::BTreeMap;

use aitta_archive::{Error, FrameSealer, Section, SectionKind, open_all};
use proptest::prelude::*;

use crate::common;

/// Sections of frames of whole rows; a schema section has one frame, a blob.
fn content() -> impl Strategy<Value = Vec<(SectionKind, Vec<Vec<u8>>)>> {
    let row =
        prop::collection::vec(any::<u8>().prop_filter("a row has no line feed", |&b| b != b'\n'), 0..40);
    let frame = prop::collection::vec(row, 0..12).prop_map(|rows| {
        rows.into_iter()
            .flat_map(|mut row| {
                row.push(b'\n');
                row
            })
            .collect::<Vec<u8>>()
    });
    let rows =
        (prop_oneof![Just(SectionKind::Table), Just(SectionKind::Extra)], prop::collection::vec(frame, 0..5));
    let blob = prop::collection::vec(any::<u8>(), 0..200).prop_map(|blob| (SectionKind::Schema, vec![blob]));
    prop::collection::vec(prop_oneof![3 => rows, 1 => blob], 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_content_placed_in_any_order_comes_back(
        (content, order) in content().prop_flat_map(|content| {
            let places: Vec<(u32, u32)> = (0u32..)
                .zip(&content)
                .flat_map(|(s, (_, frames))| (0..frames.len() as u32).map(move |i| (s, i)))
                .collect();
            (Just(content), Just(places).prop_shuffle())
        })
    ) {
        let key = common::test_key();
        let sections: Vec<Section> = content
            .iter()
            .enumerate()
            .map(|(n, (kind, _))| common::section(*kind, &format!("section {n}")))
            .collect();
        let plaintext = |s: u32, i: u32| content[s as usize].1[i as usize].as_slice();
        let frames: Vec<_> = order.iter().map(|&(s, i)| (s, i, plaintext(s, i))).collect();
        let parts = common::build(&key, sections, &frames);

        let mut found = BTreeMap::new();
        let manifest = open_all(&parts.bytes(), [&key], |s, i, text| {
            found.insert((s, i), text.to_vec());
        }).unwrap();
        prop_assert_eq!(&manifest, &parts.manifest);
        let expected: BTreeMap<_, _> = frames.iter().map(|&(s, i, text)| ((s, i), text.to_vec())).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn any_damage_to_some_bytes_is_detected(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 1u8..), 1..4)
    ) {
        let key = common::test_key();
        let original = common::shop(&key).bytes();
        let mut archive = original.clone();
        for (at, change) in changes {
            let at = at.index(archive.len());
            archive[at] ^= change;
        }
        prop_assume!(archive != original);
        let opened = open_all(&archive, [&key], |_, _, _| {});
        prop_assert!(opened.is_err());
    }
}

#[test]
fn rows_without_their_last_line_feed_are_refused() {
    let keys = common::shop(&common::test_key()).keys;
    let error = FrameSealer::new(3).unwrap().seal_rows(&keys, 0, 0, b"1\n2").err();
    assert!(matches!(error, Some(Error::PartialRow)));
}

#[test]
fn manifest_fields_of_a_later_minor_version_are_ignored() {
    let parts = common::shop(&common::test_key());
    let mut json = serde_json::to_value(&parts.manifest).unwrap();
    json["sections"][0]["invented_later"] = serde_json::json!([1, 2]);
    json["invented_later"] = serde_json::json!({"a": null});
    let manifest: aitta_archive::Manifest = serde_json::from_value(json).unwrap();
    assert_eq!(manifest, parts.manifest);
}

//! Authentic archives that say anything: what lies behind the tags, which the fuzzer cannot forge and
//! this target therefore makes. Nothing here may panic or allocate more than the format allows.
#![no_main]

use std::sync::LazyLock;

use aitta_archive::{
    ArchiveKeys, Footer, FrameHeader, FrameRef, FrameSealer, HEADER_LEN, Header, Manifest, RowDigest,
    VaultKey, hostile, open_all, open_frame,
};
use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;

const GOLDEN: &[u8] = include_bytes!("../../crates/archive/tests/vectors/golden-v1.backup");

struct Fixed {
    key: VaultKey,
    header: Header,
    keys: ArchiveKeys,
    manifest: Manifest,
}

/// The golden archive has a fixed data key, so that a finding can be run again.
static FIXED: LazyLock<Fixed> = LazyLock::new(|| {
    let text = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    let key = VaultKey::from_hex(text).expect("64 digits");
    let header = Header::parse(GOLDEN).expect("the golden header");
    let keys = header.unlock([&key]).expect("the golden key");
    let mut manifest = open_all(GOLDEN, [&key], |_, _, _| {}).expect("the golden archive");
    manifest.sections.truncate(2);
    manifest.sections[1].frames.clear();
    Fixed { key, header, keys, manifest }
});

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    /// The plaintext of the manifest.
    ManifestJson { json: &'a [u8], frame_count: u8 },
    /// The compressed manifest, and how long it says it is.
    ManifestCompressed { compressed: &'a [u8], plaintext_len: u32 },
    /// A manifest that is well-formed and lists any frames.
    Layout { frames: Vec<(u64, u64, u32, u32)>, rows: u64, bytes: u64, frame_count: u64, body: &'a [u8] },
    /// One frame: its header, its compressed bytes, and what the manifest says of it.
    Frame { rows: u32, plaintext_len: u32, index: u32, compressed: &'a [u8], digest: u8 },
    /// The rows of one frame, compressed as they should be.
    Rows(&'a [u8]),
}

fuzz_target!(|input: Input| {
    let fixed = &*FIXED;
    let mut archive = fixed.header.as_bytes().to_vec();
    match input {
        Input::ManifestJson { json, frame_count } => {
            let sealed = hostile::seal_manifest(&fixed.keys, json.len() as u32, &compress(json));
            hostile::finish(&mut archive, &fixed.keys, &sealed, u64::from(frame_count));
            let _ = open_all(&archive, [&fixed.key], |_, _, _| {});
            // Past the id, which no JSON of the fuzzer's has right.
            if let Ok(manifest) = serde_json::from_slice::<Manifest>(json) {
                let _ = manifest.table_rows();
                let _ = manifest.check_layout(&Footer {
                    manifest_offset: u64::from(frame_count) + HEADER_LEN as u64,
                    manifest_len: 0,
                    frame_count: u64::from(frame_count),
                });
            }
        }
        Input::ManifestCompressed { compressed, plaintext_len } => {
            let sealed = hostile::seal_manifest(&fixed.keys, plaintext_len, compressed);
            hostile::finish(&mut archive, &fixed.keys, &sealed, 0);
            let _ = open_all(&archive, [&fixed.key], |_, _, _| {});
        }
        Input::Layout { frames, rows, bytes, frame_count, body } => {
            archive.extend_from_slice(body);
            let mut manifest = fixed.manifest.clone();
            let section = &mut manifest.sections[1];
            section.frames = frames.into_iter().map(FrameRef::from).collect();
            (section.rows, section.bytes) = (rows, bytes);
            finish(&mut archive, &manifest, frame_count);
            let _ = open_all(&archive, [&fixed.key], |_, _, _| {});
        }
        Input::Frame { rows, plaintext_len, index, compressed, digest } => {
            let header = FrameHeader { section: 0, index, ciphertext_len: 0, plaintext_len, rows };
            let frame = hostile::seal_frame(&fixed.keys, &header, compressed);
            let mut manifest = fixed.manifest.clone();
            manifest.sections.remove(0);
            let section = &mut manifest.sections[0];
            section.frames.push(FrameRef {
                offset: HEADER_LEN as u64,
                stored_len: frame.len() as u64,
                plaintext_len,
                rows,
            });
            section.rows = u64::from(rows);
            section.bytes = u64::from(plaintext_len);
            section.digest = hex(digest);
            archive.extend_from_slice(&frame);
            finish(&mut archive, &manifest, 1);
            let _ = open_all(&archive, [&fixed.key], |_, _, text| {
                assert_eq!(text.len(), plaintext_len as usize);
            });
        }
        Input::Rows(text) => {
            let mut sealer = FrameSealer::new(1).expect("a compressor");
            let whole = text.is_empty() || text.ends_with(b"\n");
            let sealed = sealer.seal_rows(&fixed.keys, 7, 9, text);
            assert_eq!(sealed.is_ok(), whole);
            let mut reversed = RowDigest::default();
            text.split_inclusive(|&b| b == b'\n').rev().for_each(|line| {
                reversed.add_row(line.strip_suffix(b"\n").unwrap_or(line));
            });
            let mut digest = RowDigest::default();
            digest.add_lines(text);
            assert_eq!(digest, reversed);
            if let Ok(mut sealed) = sealed {
                assert_eq!(sealed.digest, digest);
                let opened = open_frame(&fixed.keys, 7, 9, &mut sealed.bytes).expect("what was sealed opens");
                assert_eq!(opened, text);
            }
        }
    }
});

fn finish(archive: &mut Vec<u8>, manifest: &Manifest, frame_count: u64) {
    let json = serde_json::to_vec(manifest).expect("a manifest is JSON");
    let sealed = hostile::seal_manifest(&FIXED.keys, json.len() as u32, &compress(&json));
    hostile::finish(archive, &FIXED.keys, &sealed, frame_count);
}

fn compress(plaintext: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(plaintext, 1).expect("memory to compress into")
}

fn hex(byte: u8) -> String {
    format!("{byte:064x}")
}

//! Writes `tests/vectors/`: one archive per fault, with the error that it must give in `expected.tsv`.
//!
//! `cargo run -p aitta-archive --example make_vectors --features hostile`
//!
//! Keys and IVs are random, so every run writes other bytes. `golden-v1.backup` is only written when
//! it is not there: what a released version wrote has to open for ever.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a tool of the tests, which writes files"
)]

#[path = "../tests/archive/common.rs"]
mod common;

use std::fmt::Write;
use std::path::PathBuf;

use aitta_archive::{
    ArchiveKeys, FOOTER_LEN, Footer, ForeignKey, FrameHeader, FrameRef, HEADER_LEN, Header, Manifest,
    RowDigest, SLOT_LEN, SectionKind, hostile,
};
use common::{Parts, build, other_key, section, shop, test_key};

/// File, expected error and place, what is wrong with it.
struct Vectors {
    folder: PathBuf,
    table: String,
}

impl Vectors {
    fn add(&mut self, name: &str, error: &str, place: &str, what: &str, bytes: &[u8]) {
        std::fs::write(self.folder.join(format!("{name}.backup")), bytes).unwrap();
        writeln!(self.table, "{name}\t{error}\t{place}\t{what}").unwrap();
    }
}

fn main() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    std::fs::create_dir_all(&folder).unwrap();
    let golden_file = folder.join("golden-v1.backup");
    if !golden_file.exists() {
        std::fs::write(&golden_file, golden()).unwrap();
    }
    let mut vectors = Vectors { folder, table: "# archive\terror\tplace\twhat is wrong\n".into() };
    headers(&mut vectors);
    slots(&mut vectors);
    frames(&mut vectors);
    ends(&mut vectors);
    sealed_frames(&mut vectors);
    sealed_manifests(&mut vectors);
    std::fs::write(vectors.folder.join("expected.tsv"), vectors.table).unwrap();
}

/// Everything that version 1 knows: all kinds of section, several frames out of order, an empty table,
/// names beyond ASCII, null, foreign keys, properties, and two key slots.
fn golden() -> Vec<u8> {
    let mut users = section(SectionKind::Table, "käyttäjät");
    users.properties = serde_json::json!({"replica_identity": "default"});
    let sections = vec![
        section(SectionKind::Schema, "schema"),
        users,
        section(SectionKind::Table, "empty"),
        section(SectionKind::Extra, "large objects"),
    ];
    let mut many = String::new();
    (0..500).for_each(|n| writeln!(many, "{n}\trow {n}").unwrap());
    let frames: [(u32, u32, &[u8]); 4] = [
        (1, 1, "500\t\\N\n501\tÄijä\\tAho\\\\\n".as_bytes()),
        (0, 0, b"PGDMP\0\x01 the schema, as a blob"),
        (3, 0, b"16400\t0\t\\\\x00ff\n"),
        (1, 0, many.as_bytes()),
    ];
    let mut parts = build(&test_key(), sections, &frames);
    parts.manifest.reason = Some("golden".into());
    parts.manifest.foreign_keys.push(ForeignKey {
        name: "orders_user_id_fkey".into(),
        schema: Some("public".into()),
        table: "orders".into(),
        columns: vec!["user_id".into()],
        foreign_schema: Some("public".into()),
        foreign_table: "käyttäjät".into(),
        foreign_columns: vec!["id".into()],
    });
    parts.manifest.properties = serde_json::json!({"sequences": [{"name": "users_id_seq", "last": 501}]});
    reseal(&mut parts, 4);
    parts.header.add_slot(&other_key(), &parts.keys).unwrap();
    parts.bytes()
}

/// Seals the changed manifest of `parts`, with a footer that counts `frame_count` frames.
fn reseal(parts: &mut Parts, frame_count: u64) {
    let mut bytes = parts.bytes();
    bytes.truncate(bytes.len() - parts.tail.len());
    let start = bytes.len();
    let json = serde_json::to_vec(&parts.manifest).unwrap();
    hostile::finish(&mut bytes, &parts.keys, &seal_json(&parts.keys, &json), frame_count);
    parts.tail = bytes.split_off(start);
}

fn seal_json(keys: &ArchiveKeys, json: &[u8]) -> Vec<u8> {
    hostile::seal_manifest(keys, json.len() as u32, &zstd::bulk::compress(json, 3).unwrap())
}

fn shop_bytes() -> Vec<u8> {
    shop(&test_key()).bytes()
}

fn headers(v: &mut Vectors) {
    let with = |at: usize, value: &[u8]| {
        let mut bytes = shop_bytes();
        bytes[at..at + value.len()].copy_from_slice(value);
        bytes
    };
    let header = "the header";
    v.add("empty_file", "Truncated", "-", "no bytes at all", b"");
    v.add("not_an_archive", "NotAnArchive", "-", "a pg_dump file", b"PGDMP\x01\x0e\0\x04\x08\x01\x01\x01\0");
    let mut text = shop_bytes();
    while let Some(at) = text.windows(2).position(|w| w == b"\r\n") {
        text.remove(at);
    }
    v.add("text_mode_transfer", "Damaged", header, "each CR LF has become LF", &text);
    v.add("header_newer_version", "NewerVersion", "-", "format version 2", &with(8, &[2, 0]));
    v.add("header_version_zero", "Damaged", header, "format version 0", &with(8, &[0, 0]));
    v.add("header_unknown_suite", "UnknownSuite", "-", "cipher suite 7", &with(10, &[7, 0]));
    v.add("header_created_changed", "Damaged", header, "another creation time", &with(28, &[1]));
    v.add("header_reserved_byte", "Damaged", header, "a reserved byte is not zero", &with(100, &[1]));
    v.add("header_tail_byte", "Damaged", header, "a byte after the slots is not zero", &with(4095, &[1]));
    let mut mac = shop_bytes();
    mac[SLOT_LEN - 1] ^= 1;
    v.add("header_mac_last_bit", "Damaged", header, "last bit of the tag of the fixed part", &mac);
    let other = shop_bytes();
    let swapped = [&other[..HEADER_LEN], &shop_bytes()[HEADER_LEN..]].concat();
    v.add("header_of_another_archive", "Damaged", "the footer", "the header of another archive", &swapped);
}

fn slots(v: &mut Vectors) {
    let slot = |n: u8| format!("key slot {n} of the header");
    let foreign = shop(&other_key()).bytes();
    v.add("slot_key_wrong", "NoMatchingKey", "-", "sealed for another vault key", &foreign);
    let flipped = |at: usize| {
        let mut bytes = shop_bytes();
        bytes[SLOT_LEN + at] ^= 1;
        bytes
    };
    v.add("slot_key_id_bit", "Damaged", &slot(0), "one bit of the key id", &flipped(8));
    v.add("slot_wrapped_key_bit", "Damaged", &slot(0), "one bit of the wrapped data key", &flipped(40));
    v.add("slot_tag_last_bit", "Damaged", &slot(0), "last bit of the slot tag", &flipped(103));
    v.add("slot_sector_tag_last_bit", "Damaged", &slot(0), "last bit of the sector tag", &flipped(511));
    let mut moved = shop_bytes();
    moved.copy_within(Header::slot_range(0), Header::slot_range(1).start);
    moved[Header::slot_range(0)].fill(0);
    v.add("slot_moved", "Damaged", &slot(1), "slot 0 lies in slot 1", &moved);
    let mut of_other = shop_bytes();
    of_other[Header::slot_range(0)].copy_from_slice(&shop_bytes()[Header::slot_range(0)]);
    v.add("slot_of_another_archive", "Damaged", &slot(0), "the slot of another archive", &of_other);
    let mut torn = shop(&test_key());
    torn.header.add_slot(&other_key(), &torn.keys).unwrap();
    let mut torn = torn.bytes();
    torn[Header::slot_range(1).start + 40..Header::slot_range(1).end].fill(0);
    v.add("slot_torn", "Damaged", &slot(1), "a second slot of which 40 bytes were written", &torn);
    let mut empty = shop_bytes();
    empty[Header::slot_range(0)].fill(0);
    v.add("slots_all_empty", "NoMatchingKey", "-", "no slot is filled", &empty);
}

fn frames(v: &mut Vectors) {
    // Both frames of the table are equally long, so that exchanging them moves nothing else.
    let twins = || {
        let frames: [(u32, u32, &[u8]); 2] = [(0, 0, b"1\tMaija\n"), (0, 1, b"2\tMatti\n")];
        build(&test_key(), vec![section(SectionKind::Table, "users")], &frames)
    };
    let frame = "frame 0 of section 0";
    let mut parts = twins();
    parts.frames.swap(0, 1);
    v.add("frame_swapped", "Damaged", frame, "two frames of a table, exchanged", &parts.bytes());
    let mut parts = twins();
    parts.frames[1] = parts.frames[0].clone();
    v.add("frame_repeated", "Damaged", "frame 1 of section 0", "frame 0 twice", &parts.bytes());
    let mut parts = twins();
    parts.frames.pop();
    v.add("frame_dropped", "Damaged", "the footer", "the bytes of a frame are left out", &parts.bytes());
    let mut parts = twins();
    parts.frames[0] = twins().frames.swap_remove(0);
    v.add("frame_of_another_archive", "Damaged", frame, "the same frame of another archive", &parts.bytes());
    let changed = |at: usize, mask: u8| {
        let mut parts = twins();
        let len = parts.frames[0].len();
        parts.frames[0][if at == usize::MAX { len - 1 } else { at }] ^= mask;
        parts.bytes()
    };
    v.add("mac_last_bit", "Damaged", frame, "last bit of the tag of a frame", &changed(usize::MAX, 1));
    v.add("frame_iv_bit", "Damaged", frame, "one bit of the IV", &changed(24, 1));
    v.add("frame_ciphertext_bit", "Damaged", frame, "one bit of the ciphertext", &changed(41, 1));
    v.add("frame_rows_changed", "Damaged", frame, "the number of rows in its header", &changed(20, 2));
    v.add("length_huge", "Damaged", frame, "a ciphertext of 4 GB in its header", &changed(7, 0xff));
    v.add("plaintext_length_huge", "Damaged", frame, "a plaintext of 2 GB in its header", &changed(19, 0x7f));
}

fn ends(v: &mut Vectors) {
    let whole = shop_bytes();
    let cut = |by: usize| &whole[..whole.len() - by];
    v.add("footer_missing", "Truncated", "-", "the last 64 bytes are gone", cut(FOOTER_LEN));
    v.add("footer_cut", "Truncated", "-", "the last byte is gone", cut(1));
    v.add("truncated_in_manifest", "Truncated", "-", "it ends within the manifest", cut(FOOTER_LEN + 50));
    v.add(
        "truncated_in_frame",
        "Truncated",
        "-",
        "it ends within the first frame",
        &whole[..HEADER_LEN + 60],
    );
    v.add("truncated_after_header", "Truncated", "-", "it ends with the header", &whole[..HEADER_LEN]);
    v.add("truncated_in_header", "Truncated", "-", "it ends within the header", &whole[..700]);
    v.add("trailing_bytes", "Truncated", "-", "one byte too many", &[&whole[..], b"\n"].concat());
    let doubled = [&whole[..], &whole[HEADER_LEN..]].concat();
    v.add("appended_to_itself", "Damaged", "the footer", "all but the header a second time", &doubled);
    let mut mac = whole.clone();
    *mac.last_mut().unwrap() ^= 1;
    v.add("footer_mac_last_bit", "Damaged", "the footer", "last bit of its tag", &mac);
    let mut mac = whole.clone();
    let at = whole.len() - FOOTER_LEN - 1;
    mac[at] ^= 1;
    v.add("manifest_mac_last_bit", "Damaged", "the manifest", "last bit of its tag", &mac);
    let other = shop_bytes();
    let footer = [cut(FOOTER_LEN), &other[other.len() - FOOTER_LEN..]].concat();
    v.add("footer_of_another_archive", "Damaged", "the footer", "the footer of another archive", &footer);
    let (mut parts, other) = (shop(&test_key()), shop(&test_key()));
    let len = other.tail.len() - FOOTER_LEN;
    let footer = Footer {
        manifest_offset: (parts.bytes().len() - parts.tail.len()) as u64,
        manifest_len: len as u64,
        frame_count: 4,
    };
    parts.tail = [&other.tail[..len], &footer.seal(&parts.keys)].concat();
    let what = "the manifest of another archive, under a footer of its own";
    v.add("manifest_of_another_archive", "Damaged", "the manifest", what, &parts.bytes());

    let footer = |change: fn(&mut Footer)| {
        let parts = shop(&test_key());
        let mut bytes = parts.bytes();
        let len = bytes.len();
        let mut footer = Footer::open(&parts.keys, &bytes[len - FOOTER_LEN..], len as u64).unwrap();
        change(&mut footer);
        bytes.truncate(len - FOOTER_LEN);
        bytes.extend_from_slice(&footer.seal(&parts.keys));
        bytes
    };
    let past_end = footer(|f| f.manifest_offset = 1 << 40);
    v.add("manifest_offset_past_end", "Damaged", "the footer", "a manifest at 1 TiB", &past_end);
    let wraps = footer(|f| {
        f.manifest_len = f.manifest_len.wrapping_add(f.manifest_offset).wrapping_sub(u64::MAX - 15);
        f.manifest_offset = u64::MAX - 15;
    });
    v.add("manifest_offset_overflows", "Damaged", "the footer", "offset plus length wrap around", &wraps);
    let in_header = footer(|f| {
        f.manifest_len += f.manifest_offset - 512;
        f.manifest_offset = 512;
    });
    v.add("manifest_in_header", "Damaged", "the footer", "a manifest that starts in the header", &in_header);
    let count = footer(|f| f.frame_count -= 1);
    v.add("footer_counts_fewer_frames", "Damaged", "the manifest", "3 frames instead of 4", &count);
}

/// What only the holder of the data key could make: one table, one frame, all of it authentic.
fn sealed(
    compressed: &[u8],
    header: FrameHeader,
    change: impl FnOnce(&mut Manifest),
    json: impl FnOnce(Vec<u8>) -> Vec<u8>,
) -> Vec<u8> {
    let (head, keys) = Header::create(common::CREATED_MS, &test_key()).unwrap();
    let frame = hostile::seal_frame(&keys, &header, compressed);
    let mut manifest = common::manifest(&keys, vec![section(SectionKind::Table, "users")]);
    let mut digest = RowDigest::default();
    digest.add_lines(ROWS);
    let table = &mut manifest.sections[0];
    table.rows = u64::from(header.rows);
    table.bytes = u64::from(header.plaintext_len);
    table.digest = digest.to_hex();
    table.frames.push(FrameRef {
        offset: HEADER_LEN as u64,
        stored_len: frame.len() as u64,
        plaintext_len: header.plaintext_len,
        rows: header.rows,
    });
    change(&mut manifest);
    let manifest = seal_json(&keys, &json(serde_json::to_vec(&manifest).unwrap()));
    let mut archive = [&head.as_bytes()[..], &frame].concat();
    hostile::finish(&mut archive, &keys, &manifest, 1);
    archive
}

const ROWS: &[u8] = b"1\tMaija\n2\tMatti\n";
const TRUE_HEADER: FrameHeader =
    FrameHeader { section: 0, index: 0, ciphertext_len: 0, plaintext_len: ROWS.len() as u32, rows: 2 };

fn sealed_frames(v: &mut Vectors) {
    let zstd = |bytes: &[u8]| zstd::bulk::compress(bytes, 3).unwrap();
    let forge = |compressed: &[u8], header| sealed(compressed, header, |_| {}, |json| json);
    let frame = "frame 0 of section 0";
    let huge = FrameHeader { plaintext_len: i32::MAX as u32, ..TRUE_HEADER };
    v.add(
        "sealed_frame_bomb",
        "Damaged",
        frame,
        "it says 2 GiB and holds 16 bytes",
        &forge(&zstd(ROWS), huge),
    );
    let too_long = FrameHeader { plaintext_len: u32::MAX, ..TRUE_HEADER };
    v.add("sealed_frame_over_limit", "Damaged", frame, "it says 4 GiB", &forge(&zstd(ROWS), too_long));
    let grows = zstd(&[ROWS, &[b'\n'; 100_000]].concat());
    v.add("sealed_frame_grows", "Damaged", frame, "it holds more than it says", &forge(&grows, TRUE_HEADER));
    let garbage = forge(b"these bytes are no zstd frame", TRUE_HEADER);
    v.add("sealed_frame_not_zstd", "Damaged", frame, "not compressed by zstd", &garbage);
    let two = [zstd(&ROWS[..8]), zstd(&ROWS[8..])].concat();
    v.add("sealed_frame_two_streams", "Damaged", frame, "two zstd frames", &forge(&two, TRUE_HEADER));
    let trailing = [&zstd(ROWS)[..], b"hidden"].concat();
    v.add(
        "sealed_frame_trailing",
        "Damaged",
        frame,
        "bytes after the zstd frame",
        &forge(&trailing, TRUE_HEADER),
    );
    let rows = FrameHeader { rows: 3, ..TRUE_HEADER };
    v.add(
        "sealed_frame_rows_wrong",
        "Damaged",
        frame,
        "it says 3 rows and holds 2",
        &forge(&zstd(ROWS), rows),
    );
    let unlisted = FrameHeader { rows: 1, ..TRUE_HEADER };
    let listed = |m: &mut Manifest| {
        m.sections[0].rows = 2;
        m.sections[0].frames[0].rows = 2;
    };
    let unlisted = sealed(&zstd(ROWS), unlisted, listed, |json| json);
    v.add("sealed_frame_not_as_listed", "Damaged", frame, "it says 1 row, and the manifest 2", &unlisted);
    let open_end = FrameHeader { plaintext_len: ROWS.len() as u32 - 1, ..TRUE_HEADER };
    let open_end = forge(&zstd(&ROWS[..ROWS.len() - 1]), open_end);
    v.add("sealed_frame_partial_row", "Damaged", frame, "the last row has no line feed", &open_end);
    let elsewhere = FrameHeader { index: 1, ..TRUE_HEADER };
    v.add("sealed_frame_wrong_index", "Damaged", frame, "it says index 1", &forge(&zstd(ROWS), elsewhere));
}

fn sealed_manifests(v: &mut Vectors) {
    let compressed = zstd::bulk::compress(ROWS, 3).unwrap();
    let forge = |change: fn(&mut Manifest)| sealed(&compressed, TRUE_HEADER, change, |json| json);
    let mut add = |name: &str, what: &str, bytes: &[u8]| v.add(name, "Damaged", "the manifest", what, bytes);
    let gap = forge(|m| m.sections[0].frames[0].offset += 16);
    add("sealed_manifest_gap", "bytes that no frame covers", &gap);
    let overlap = forge(|m| m.sections.push(m.sections[0].clone()));
    add("sealed_manifest_overlap", "two sections share a frame", &overlap);
    let long = forge(|m| m.sections[0].frames[0].stored_len = u64::MAX - 7);
    add("sealed_manifest_length_overflows", "a frame of 2^64 bytes", &long);
    let sums = forge(|m| m.sections[0].rows += 1);
    add("sealed_manifest_sum_wrong", "its frames do not add up to the section", &sums);
    let digest = forge(|m| m.sections[0].digest = "0".repeat(64));
    add("sealed_manifest_digest_wrong", "the digest of other rows", &digest);
    let id = forge(|m| m.id = "backup-1642684800000-00000000".into());
    add("sealed_manifest_id_wrong", "the id of another archive", &id);
    let created = forge(|m| m.created_ms += 1);
    add("sealed_manifest_created_wrong", "another creation time than the header", &created);
    let cut = sealed(&compressed, TRUE_HEADER, |_| {}, |json| json[..json.len() - 1].to_vec());
    add("sealed_manifest_not_json", "its last brace is missing", &cut);
    let deep = |_| [b'['; 100_000].to_vec();
    add("sealed_manifest_nested", "100000 brackets", &sealed(&compressed, TRUE_HEADER, |_| {}, deep));
    let blob = forge(|m| {
        m.sections[0].kind = SectionKind::Schema;
    });
    add("sealed_manifest_schema_of_rows", "a schema section of two rows", &blob);
}

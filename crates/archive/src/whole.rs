//! An archive that is in memory as a whole: for tests, fuzzing and small files.

use crate::error::Place;
use crate::footer::{FOOTER_LEN, Footer};
use crate::{
    Error, FrameRef, HEADER_LEN, Header, Manifest, RowDigest, VaultKey, check_frame, open_frame,
    open_manifest,
};

/// Checks everything that can be checked, in the order that the specification asks for, and gives the
/// plaintext of each frame, with its section and index, to `each`.
///
/// # Errors
/// The first thing that is wrong.
pub fn open_all<'k>(
    archive: &[u8],
    vault_keys: impl IntoIterator<Item = &'k VaultKey>,
    mut each: impl FnMut(u32, u32, &[u8]),
) -> Result<Manifest, Error> {
    let header = Header::parse(archive)?;
    let keys = header.unlock(vault_keys)?;
    header.check(&keys)?;

    let end = archive.len().saturating_sub(FOOTER_LEN).max(HEADER_LEN);
    let footer = Footer::open(&keys, &archive[end..], archive.len() as u64)?;
    let stored = FrameRef {
        offset: footer.manifest_offset,
        stored_len: footer.manifest_len,
        plaintext_len: 0,
        rows: 0,
    };
    let mut manifest_bytes = slice(archive, &stored, Place::Manifest)?.to_vec();
    let manifest = open_manifest(&keys, &footer, &mut manifest_bytes)?;
    manifest.check_layout(&footer)?;

    for (number, section) in (0u32..).zip(&manifest.sections) {
        let mut digest = RowDigest::default();
        for (index, listed) in (0u32..).zip(&section.frames) {
            let place = Place::Frame { section: number, index };
            let mut bytes = slice(archive, listed, place.clone())?.to_vec();
            listed.check(&check_frame(&keys, number, index, &bytes)?)?;
            let plaintext = open_frame(&keys, number, index, &mut bytes)?;
            let before = digest.rows();
            section
                .add_frame(&mut digest, &plaintext)
                .map_err(|e| Error::damaged(place.clone(), e.to_string()))?;
            if digest.rows() - before != u64::from(listed.rows) {
                return Err(Error::damaged(place, "it does not hold as many rows as it says"));
            }
            each(number, index, &plaintext);
        }
        section.check(number, &digest)?;
    }
    Ok(manifest)
}

fn slice<'a>(archive: &'a [u8], part: &FrameRef, place: Place) -> Result<&'a [u8], Error> {
    let start = usize::try_from(part.offset).ok();
    let end = part.offset.checked_add(part.stored_len).and_then(|e| usize::try_from(e).ok());
    start
        .zip(end)
        .and_then(|(start, end)| archive.get(start..end))
        .ok_or_else(|| Error::damaged(place, "it lies outside of the archive"))
}

//! The notes, outside the vault, that somebody has enrolled.
//!
//! Another vault may be reached in another environment: no D-Bus, another user's keychain, another key file. It holds
//! no second factor, and that must not open the door. So an enrolment is noted at two places that lie with the data: a
//! file beside the catalog, and the audit trail. Each names the enrolment by a hash whose secret is in the vault: a
//! vault without that secret is the wrong one.
//!
//! Both also say how often the state was written, so that an older copy of the vault is noticed: with it a code that was
//! used would count again, and no number of wrong ones would lock anybody out.
//!
//! Somebody with the rights of the user can remove both or name another data folder; if the vault is out of reach too,
//! Aitta then sees no enrolment. That is as far as a program can guard data from those who own it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use aitta_base::lock;
use aitta_model::{AuditEntry, AuditStage, Operation};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Name of the file in the data folder.
pub(crate) const FILE_NAME: &str = "second-factor.json";

/// The words of the trail for an enrolment and its end.
const ENROLMENT: &str = "enrolment ";
const REMOVAL: &str = "removal of enrolment ";

/// Those for how often its state was written.
pub(crate) const WRITES: &str = "(second factor written ";

/// An enrolment that was noted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Noted {
    /// Nothing says that there ever was one.
    Nothing,
    /// This one.
    Enrolment(String),
    /// One whose name can't be read.
    Unreadable,
}

#[derive(Serialize, Deserialize)]
struct Marker {
    enrolment: String,
    since: Timestamp,
    /// How often the state in the vault was written.
    #[serde(default)]
    writes: u64,
    /// An explanation for people who find the file.
    about: String,
}

/// The name of an enrolment: `SHA-256("aitta/1 enrolment" || secret)`, the first 128 bits.
pub(crate) fn name(secret: &str) -> String {
    let mut sha = Sha256::new();
    sha.update("aitta/1 enrolment");
    sha.update(secret);
    hex::encode(&sha.finalize()[..16])
}

pub(crate) fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(FILE_NAME)
}

/// What the file says, and how often the state was written by then.
pub(crate) fn noted_in_file(data_dir: &Path) -> (Noted, u64) {
    match std::fs::read(path(data_dir)) {
        Ok(bytes) => serde_json::from_slice::<Marker>(&bytes)
            .map_or((Noted::Unreadable, 0), |marker| (Noted::Enrolment(marker.enrolment), marker.writes)),
        Err(e) if e.kind() == ErrorKind::NotFound => (Noted::Nothing, 0),
        Err(_) => (Noted::Unreadable, 0),
    }
}

/// The words of the trail for how often the state was written, at the end of a note.
pub(crate) fn writes_in_words(writes: u64) -> String {
    format!("{WRITES}{writes})")
}

/// What the trail says about that, in the entries that have such words.
pub(crate) fn writes_in_trail(entries: &[AuditEntry]) -> u64 {
    let said = |entry: &AuditEntry| {
        // Whatever else stands in a note, a refusal ends with the words, and what was accepted begins with them.
        let note = entry.note.as_deref()?;
        let refused = entry.operation == Operation::MfaRefused;
        let (_, after) = if refused { note.rsplit_once(WRITES)? } else { note.split_once(WRITES)? };
        after.split_once(')')?.0.parse().ok()
    };
    entries.iter().filter_map(said).max().unwrap_or(0)
}

/// What the trail says; entries come newest first.
pub(crate) fn noted_in_trail(entries: &[AuditEntry]) -> Noted {
    let done = |entry: &&AuditEntry| entry.stage == AuditStage::Ended && entry.succeeded();
    for entry in entries.iter().filter(done) {
        let target = entry.target.as_deref().unwrap_or_default();
        if entry.operation == Operation::MfaEnroll {
            let name = target.strip_prefix(ENROLMENT);
            return name.map_or(Noted::Unreadable, |name| Noted::Enrolment(name.to_owned()));
        }
        if target.starts_with(REMOVAL) {
            return Noted::Nothing;
        }
    }
    Noted::Nothing
}

pub(crate) fn target_of_enrolment(secret: &str) -> String {
    format!("{ENROLMENT}{}", name(secret))
}

pub(crate) fn target_of_removal(secret: &str) -> String {
    format!("{REMOVAL}{}", name(secret))
}

/// Notes an enrolment in the file. The vault holds it already, so that a disk that is full takes nothing away:
/// the file is written again the next time.
pub(crate) fn note(data_dir: &Path, secret: &str, since: Timestamp, writes: u64) {
    let name = name(secret);
    if noted_in_file(data_dir) == (Noted::Enrolment(name.clone()), writes) {
        return;
    }
    let about = "Aitta asks for a second factor here; its secret is in the vault. See docs/operations.md.";
    let marker = Marker { enrolment: name, since, writes, about: about.to_owned() };
    let path = path(data_dir);
    let written = lock::create_private_folder(data_dir).and_then(|()| {
        let text = serde_json::to_vec_pretty(&marker)?;
        let staged = path.with_extension("json.new");
        let mut file = lock::private_file(&staged)?;
        file.set_len(0)?;
        std::io::Write::write_all(&mut file, &text)?;
        file.sync_all()?;
        std::fs::rename(&staged, &path)
    });
    if let Err(e) = written {
        tracing::warn!(path = %path.display(), error = %e, "the enrolment could not be noted");
    }
}

/// Takes the note away.
pub(crate) fn forget(data_dir: &Path) {
    let path = path(data_dir);
    if let Err(e) = std::fs::remove_file(&path)
        && e.kind() != ErrorKind::NotFound
    {
        // The vault knows that it was removed, and what was noted.
        tracing::warn!(path = %path.display(), error = %e, "the note of an enrolment could not be removed");
    }
}

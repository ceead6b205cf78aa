//! One archive from one key to another, by its header alone.

use aitta_archive::{ArchiveId, ArchiveKeys, HEADER_LEN, Header, KeyId};
use aitta_keys::KeyRing;
use aitta_model::{Command, ErrorCode};
use aitta_store::{PutMode, Store, archive_name};
use bytes::Bytes;

use super::route::Route;
use crate::reading::sidecar;
use crate::{Error, Result};

/// What was done to an archive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Turned {
    /// Whether it had to be changed.
    pub(super) moved: bool,
    /// Bytes written to the archive.
    pub(super) written_bytes: u64,
    /// Whether there was no sidecar to write the key id into.
    pub(super) sidecar_missing: bool,
    /// Whether the store keeps it as it is, so that its data could not be written anew.
    pub(super) locked: bool,
}

/// Moves one archive. Interrupted anywhere, it opens with a key of the ring; done again, it needs nothing.
///
/// # Errors
/// `archive_*`, `key_wrong`, `key_in_use` when all slots belong to strangers, `store_*`.
pub(super) async fn turn(store: &dyn Store, id: ArchiveId, route: &Route) -> Result<Turned> {
    let archive = Archive { store, id, name: archive_name(&id.to_string()) };
    let mut turned = Turned::default();
    let mut header = archive.read().await?;
    let keys = archive.unlock(&header, &route.ring)?;
    if store.rewrites_in_one_step() {
        header = archive.turn_at_once(header, &keys, route, &mut turned).await?;
    } else {
        header = archive.turn_by_slots(header, &keys, route, &mut turned).await?;
    }
    turned.moved = turned.written_bytes > 0;
    turned.sidecar_missing = !tell_sidecar(store, id, &header).await?;
    Ok(turned)
}

/// The slots that go once slot `kept` is safe: those of the keys that are left, a second one of the key that stays,
/// and what a write that was cut short has left behind. Slots of keys that are not in the ring stay: somebody else may
/// need them.
fn superfluous(header: &Header, keys: &ArchiveKeys, route: &Route, kept: u8) -> Vec<u8> {
    let mut slots = header.damaged_slots(keys);
    let goes = |key: KeyId| route.leaves(key) || key == route.to.active_id();
    slots.extend(header.slots().into_iter().filter(|slot| goes(slot.key_id)).map(|slot| slot.number));
    slots.retain(|&number| number != kept);
    slots.sort_unstable();
    slots.dedup();
    slots
}

/// Makes sure that every byte of the header is as it was written, and that the keys that were left open the archive no
/// longer.
pub(super) fn expect_left(header: &Header, keys: &ArchiveKeys, id: ArchiveId, route: &Route) -> Result<()> {
    header.check(keys).map_err(|e| Error::from(e).context(id))?;
    let left = header.slots().into_iter().find(|slot| route.leaves(slot.key_id));
    left.map_or(Ok(()), |slot| {
        Err(Error::new(
            ErrorCode::KeyInUse,
            format!("{id}: the key {} still opens it", slot.key_id),
            format!(
                "run the rotation again with {key_rotate_resume}",
                key_rotate_resume = Command::KeyRotateResume
            ),
        ))
    })
}

/// Writes into a sidecar which keys open its archive now. Returns whether there is one.
async fn tell_sidecar(store: &dyn Store, id: ArchiveId, header: &Header) -> Result<bool> {
    let name = id.to_string();
    let Ok(mut told) = sidecar::read(store, &name).await else { return Ok(false) };
    if told.id != name {
        return Ok(false);
    }
    let key_ids = sidecar::key_ids(header);
    if told.key_ids != key_ids {
        told.key_ids = key_ids;
        sidecar::write(store, &told, PutMode::Overwrite).await?;
    }
    Ok(true)
}

struct Archive<'s> {
    store: &'s dyn Store,
    id: ArchiveId,
    name: String,
}

impl Archive<'_> {
    async fn read_bytes(&self) -> Result<Vec<u8>> {
        let size = self.store.head(&self.name).await?.size;
        Ok(self.store.read(&self.name, 0..size.min(HEADER_LEN as u64)).await?)
    }

    async fn read(&self) -> Result<Header> {
        let header = Header::parse(&self.read_bytes().await?).map_err(|e| self.about(e))?;
        if header.id() == self.id {
            return Ok(header);
        }
        Err(self.spoilt(&format!("it holds the archive {}: the file was renamed", header.id())))
    }

    fn unlock(&self, header: &Header, ring: &KeyRing) -> Result<ArchiveKeys> {
        ring.unlock(header).map_err(|e| self.about(e))
    }

    /// Slot by slot, each flushed before the next: the new one is read back and opens the archive before one that goes
    /// is erased.
    async fn turn_by_slots(
        &self,
        mut header: Header,
        keys: &ArchiveKeys,
        route: &Route,
        turned: &mut Turned,
    ) -> Result<Header> {
        if let Some(slot) = self.make_room(&mut header, keys, route)? {
            turned.written_bytes += self.write(&header, slot).await?;
        }
        let before = *header.as_bytes();
        let number = route.to.add_slot(&mut header, keys).map_err(|e| self.about(e))?;
        let is_new = header.as_bytes() != &before;
        let superfluous = superfluous(&header, keys, route, number);
        if is_new || !superfluous.is_empty() {
            // A slot that is there already may have been written by a process that was killed before it was flushed.
            // It is certainly on the disk only when this process has flushed it, so nothing is erased before that.
            turned.written_bytes += self.write(&header, number).await?;
            header = self.read().await?;
            // Opened like a stranger, with the one key that stays.
            let alone = self.unlock(&header, &route.to)?;
            if header.damaged_slots(&alone).contains(&number) {
                return Err(self.spoilt("the new key slot is not in the store as it was written"));
            }
        }
        for &slot in &superfluous {
            header.erase_slot(slot, keys).map_err(|e| self.about(e))?;
            turned.written_bytes += self.write(&header, slot).await?;
        }
        if !superfluous.is_empty() {
            header = self.read().await?;
            let alone = self.unlock(&header, &route.to)?;
            expect_left(&header, &alone, self.id, route)?;
        }
        Ok(header)
    }

    /// All slots in one step, which is as good where the store checks what it gets: the header is opened like a
    /// stranger, with the one key that stays, before it is sent, and read back after it.
    async fn turn_at_once(
        &self,
        mut header: Header,
        keys: &ArchiveKeys,
        route: &Route,
        turned: &mut Turned,
    ) -> Result<Header> {
        let before = *header.as_bytes();
        self.make_room(&mut header, keys, route)?;
        let number = route.to.add_slot(&mut header, keys).map_err(|e| self.about(e))?;
        for slot in superfluous(&header, keys, route, number) {
            header.erase_slot(slot, keys).map_err(|e| self.about(e))?;
        }
        if header.as_bytes() == &before {
            return Ok(header);
        }
        let composed = Header::parse(header.as_bytes()).map_err(|e| self.about(e))?;
        let alone = self.unlock(&composed, &route.to)?;
        expect_left(&composed, &alone, self.id, route)?;
        turned.written_bytes += self.write_whole(header.as_bytes()).await?;
        let read = self.read_bytes().await?;
        if read == header.as_bytes() {
            return Ok(header);
        }
        if Header::parse(&read).is_ok_and(|found| route.ring.opens(&found)) {
            return Err(self.spoilt("it has another header than was sent: something else is writing there"));
        }
        Err(match self.write_whole(&before).await {
            Ok(_) => self.spoilt("the store returned another header than was sent; the one before is there \
                again"),
            Err(error) => self
                .spoilt("the store returned another header than was sent, and refuses the one before")
                .hint_instead(
                    "check the store; what it keeps of earlier versions, and copies in other stores, open as before",
                )
                .with_source(error),
        })
    }

    async fn write_whole(&self, bytes: &[u8; HEADER_LEN]) -> Result<u64> {
        Ok(self.store.rewrite(&self.name, 0, Bytes::copy_from_slice(bytes)).await?)
    }

    async fn write(&self, header: &Header, slot: u8) -> Result<u64> {
        let range = Header::slot_range(slot);
        let bytes = Bytes::copy_from_slice(&header.as_bytes()[range.clone()]);
        Ok(self.store.rewrite(&self.name, range.start as u64, bytes).await?)
    }

    /// Where all slots are good and none is of the key to come, one of those that go is erased beforehand. Another
    /// one of the ring still opens the archive. Returns which it was.
    fn make_room(&self, header: &mut Header, keys: &ArchiveKeys, route: &Route) -> Result<Option<u8>> {
        let slots = header.slots();
        let is_full = slots.len() == aitta_archive::SLOT_COUNT && header.damaged_slots(keys).is_empty();
        if !is_full || slots.iter().any(|slot| slot.key_id == route.to.active_id()) {
            return Ok(None);
        }
        let mut going = slots.iter().filter(|slot| route.leaves(slot.key_id));
        let (Some(_), Some(last)) = (going.next(), going.next_back()) else {
            return Err(Error::new(
                ErrorCode::KeyInUse,
                format!("{}: its key slots are taken by keys that are not at hand", self.id),
                format!(
                    "take those keys into the ring, then run the rotation again; they are named by \
                     {backup_show}",
                    backup_show = Command::BackupShow
                ),
            ));
        };
        header.erase_slot(last.number, keys).map_err(|e| self.about(e))?;
        Ok(Some(last.number))
    }

    fn about(&self, error: aitta_archive::Error) -> Error {
        Error::from(error).context(self.id)
    }

    fn spoilt(&self, what: &str) -> Error {
        Error::new(
            ErrorCode::ArchiveDamaged,
            format!("{}: {what}", self.id),
            "check the disk of the store, then run the rotation again; no key that opens it was taken away",
        )
    }
}

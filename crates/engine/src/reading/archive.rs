//! Reading archives by range: header, footer, manifest, and then only the frames that are wanted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aitta_archive::{
    ArchiveId, ArchiveKeys, FOOTER_LEN, Footer, FrameRef, HEADER_LEN, Header, Manifest, check_frame,
    open_frame, open_manifest,
};
use aitta_base::blocking;
use aitta_keys::KeyRing;
use aitta_model::ErrorCode;
use aitta_source::Archived;
use aitta_store::{Store, archive_name};
use async_trait::async_trait;

use crate::{Error, Result};

/// An archive whose header, footer and manifest have been authenticated.
pub struct OpenArchive {
    store: Arc<dyn Store>,
    name: String,
    id: ArchiveId,
    size: u64,
    header: Header,
    footer: Footer,
    manifest: Manifest,
    keys: Arc<ArchiveKeys>,
    read_bytes: AtomicU64,
}

impl OpenArchive {
    /// Opens the archive `id` with one of the keys at hand.
    ///
    /// # Errors
    /// `archive_not_found`, `archive_*`, `key_wrong`, `store_*`.
    pub async fn open(store: Arc<dyn Store>, id: ArchiveId, keys: &KeyRing) -> Result<Self> {
        let name = archive_name(&id.to_string());
        let about = |e: aitta_archive::Error| Error::from(e).context(id);
        let size = store.head(&name).await?.size;
        let start = store.read(&name, 0..size.min(HEADER_LEN as u64)).await?;
        let header = Header::parse(&start).map_err(about)?;
        let archive_keys = keys.unlock(&header).map_err(about)?;
        if header.id() != id {
            return Err(Error::new(
                ErrorCode::ArchiveDamaged,
                format!("{id} holds the archive {}: the file was renamed", header.id()),
                "give the file its own name back",
            ));
        }
        let tail = size.saturating_sub(FOOTER_LEN as u64).max(HEADER_LEN as u64);
        let end = store.read(&name, tail..size).await?;
        let footer = Footer::open(&archive_keys, &end, size).map_err(about)?;
        let place = footer.manifest_offset..footer.manifest_offset + footer.manifest_len;
        let mut bytes = store.read(&name, place).await?;
        let read = (start.len() + end.len() + bytes.len()) as u64;
        let manifest = open_manifest(&archive_keys, &footer, &mut bytes).map_err(about)?;
        manifest.check_layout(&footer).map_err(about)?;
        Ok(Self {
            store,
            name,
            id,
            size,
            header,
            footer,
            manifest,
            keys: Arc::new(archive_keys),
            read_bytes: AtomicU64::new(read),
        })
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> ArchiveId {
        self.id
    }

    /// Its size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Its header.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Its footer.
    #[must_use]
    pub fn footer(&self) -> &Footer {
        &self.footer
    }

    /// Its table of contents.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    pub(crate) fn keys(&self) -> &Arc<ArchiveKeys> {
        &self.keys
    }

    pub(super) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    pub(super) fn object_name(&self) -> &str {
        &self.name
    }

    /// Bytes read from the store so far.
    #[must_use]
    pub fn read_bytes(&self) -> u64 {
        self.read_bytes.load(Ordering::Relaxed)
    }

    async fn stored_frame(&self, section: u32, index: u32) -> Result<(FrameRef, Vec<u8>)> {
        let place = *self.section(section)?.frames.get(index as usize).ok_or_else(|| {
            Error::new(
                ErrorCode::ArchiveDamaged,
                format!("{}: section {section} has no frame {index}", self.id),
                "restore from another archive",
            )
        })?;
        let bytes = self.store.read(&self.name, place.offset..place.offset + place.stored_len).await?;
        self.read_bytes.fetch_add(place.stored_len, Ordering::Relaxed);
        Ok((place, bytes))
    }
}

#[async_trait]
impl Archived for OpenArchive {
    fn id(&self) -> ArchiveId {
        self.id
    }

    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn read_bytes(&self) -> u64 {
        self.read_bytes.load(Ordering::Relaxed)
    }

    async fn frame(&self, section: u32, index: u32) -> Result<Vec<u8>> {
        let (place, mut bytes) = self.stored_frame(section, index).await?;
        let (keys, id) = (self.keys.clone(), self.id);
        let open = move || {
            place.check(&check_frame(&keys, section, index, &bytes)?)?;
            Ok(open_frame(&keys, section, index, &mut bytes)?)
        };
        blocking(open).await.map_err(|e| e.context(id))
    }

    async fn check_frame(&self, section: u32, index: u32) -> Result<()> {
        let (place, bytes) = self.stored_frame(section, index).await?;
        let (keys, id) = (self.keys.clone(), self.id);
        let check = move || Ok(place.check(&check_frame(&keys, section, index, &bytes)?)?);
        blocking(check).await.map_err(|e| e.context(id))
    }
}

//! A store in memory.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aitta_engine::store::{
    CopySource, ObjectMeta, OldVersions, PutMode, ReadBack, Room, Store, StoreError, StoreErrorKind, Upload,
    check_rewrite,
};
use aitta_model::StoreGuard;
use async_trait::async_trait;
use bytes::Bytes;

/// Objects by name. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    objects: Arc<Mutex<BTreeMap<String, Bytes>>>,
}

impl MemoryStore {
    /// All bytes of an object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Bytes> {
        self.objects().get(name).cloned()
    }

    /// Puts bytes in the place of an object, to damage it. Only tests may do this.
    pub fn replace(&self, name: &str, bytes: impl Into<Bytes>) {
        self.objects().insert(name.to_owned(), bytes.into());
    }

    fn objects(&self) -> MutexGuard<'_, BTreeMap<String, Bytes>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, name: &str, bytes: Bytes) -> Result<(), StoreError> {
        let mut objects = self.objects();
        if objects.contains_key(name) {
            return Err(error(name, StoreErrorKind::AlreadyExists));
        }
        objects.insert(name.to_owned(), bytes);
        Ok(())
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn location(&self) -> String {
        "memory".to_owned()
    }

    async fn create(&self, name: &str) -> Result<Box<dyn Upload>, StoreError> {
        Ok(Box::new(MemoryUpload { store: self.clone(), name: name.to_owned(), bytes: Vec::new() }))
    }

    async fn put(&self, name: &str, bytes: Bytes, mode: PutMode) -> Result<(), StoreError> {
        match mode {
            PutMode::Create => self.add(name, bytes),
            PutMode::Overwrite => {
                self.replace(name, bytes);
                Ok(())
            }
        }
    }

    async fn read(&self, name: &str, range: Range<u64>) -> Result<Vec<u8>, StoreError> {
        let objects = self.objects();
        let bytes = objects.get(name).ok_or_else(|| error(name, StoreErrorKind::NotFound))?;
        let part = bytes.get(range.start as usize..range.end as usize);
        part.map(<[u8]>::to_vec).ok_or_else(|| error(name, StoreErrorKind::Other))
    }

    async fn rewrite(&self, name: &str, offset: u64, bytes: Bytes) -> Result<u64, StoreError> {
        let mut objects = self.objects();
        let object = objects.get_mut(name).ok_or_else(|| error(name, StoreErrorKind::NotFound))?;
        check_rewrite(name, object.len() as u64, offset, bytes.len())?;
        let mut changed = object.to_vec();
        changed[offset as usize..offset as usize + bytes.len()].copy_from_slice(&bytes);
        *object = changed.into();
        Ok(bytes.len() as u64)
    }

    async fn head(&self, name: &str) -> Result<ObjectMeta, StoreError> {
        let objects = self.objects();
        let bytes = objects.get(name).ok_or_else(|| error(name, StoreErrorKind::NotFound))?;
        Ok(ObjectMeta { name: name.to_owned(), size: bytes.len() as u64 })
    }

    async fn list(&self, prefix: &str) -> Result<Vec<ObjectMeta>, StoreError> {
        let objects = self.objects();
        let matching = objects.iter().filter(|(name, _)| name.starts_with(prefix));
        Ok(matching
            .map(|(name, bytes)| ObjectMeta { name: name.clone(), size: bytes.len() as u64 })
            .collect())
    }

    async fn strange(&self, _: &str) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }

    async fn delete(&self, name: &str) -> Result<(), StoreError> {
        let removed = self.objects().remove(name);
        removed.map(drop).ok_or_else(|| error(name, StoreErrorKind::NotFound))
    }

    /// A killed process leaves nothing in memory.
    async fn sweep(&self) -> Result<u64, StoreError> {
        Ok(0)
    }

    fn copy_source(&self, _: &str) -> Option<CopySource> {
        None
    }

    async fn adopt(&self, _: &str, _: &CopySource, _: u64) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn rewrites_in_one_step(&self) -> bool {
        false
    }

    async fn check_deletable(&self, _: &str) -> Result<(), StoreError> {
        Ok(())
    }

    async fn old_versions(&self, _: &str) -> OldVersions {
        OldVersions::None
    }

    async fn sweep_older_than(&self, _: Duration) -> Result<u64, StoreError> {
        self.sweep().await
    }

    fn read_back(&self) -> ReadBack {
        ReadBack::Whole
    }

    async fn guards(&self, _: &str) -> Vec<StoreGuard> {
        Vec::new()
    }

    async fn settle(&self) {}

    async fn room(&self) -> Result<Option<Room>, StoreError> {
        Ok(None)
    }
}

struct MemoryUpload {
    store: MemoryStore,
    name: String,
    bytes: Vec<u8>,
}

#[async_trait]
impl Upload for MemoryUpload {
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), StoreError> {
        self.bytes.extend_from_slice(&bytes);
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.store.add(&self.name, self.bytes.into())
    }
}

fn error(name: &str, kind: StoreErrorKind) -> StoreError {
    StoreError::new(kind, name, format!("{kind:?}"))
}

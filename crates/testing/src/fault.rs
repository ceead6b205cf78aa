//! A store that fails on demand.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aitta_engine::store::{
    CopySource, ObjectMeta, OldVersions, PutMode, ReadBack, Room, Store, StoreError, StoreErrorKind, Upload,
};
use aitta_model::StoreGuard;
use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::Semaphore;

/// What is asked of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Beginning an upload.
    Create,
    /// Appending to an upload.
    Write,
    /// Making an upload visible.
    Commit,
    /// Storing a small object.
    Put,
    /// Reading a range.
    Read,
    /// Overwriting a part of a header.
    Rewrite,
    /// Asking for the size.
    Head,
    /// Listing.
    List,
    /// Deleting.
    Delete,
    /// Removing what is left of killed uploads.
    Sweep,
}

const CALLS: usize = Call::Sweep as usize + 1;

/// Passes everything on to another store, counts it, and fails or waits where the test has planned it. Clones
/// share plan and counts, so that a test keeps one and hands out the other.
#[derive(Clone)]
pub struct FaultyStore {
    store: Arc<dyn Store>,
    plan: Arc<Mutex<Plan>>,
}

#[derive(Default)]
struct Plan {
    counts: [u64; CALLS],
    /// Between which calls, whatever they are, the store is gone.
    gone: Option<(u64, u64)>,
    /// Which rewrite is cut short, and after how many bytes. The store is gone after it.
    torn: Option<(u64, usize)>,
    /// Which rewrite is kept as other bytes than were sent.
    garbled: Option<u64>,
    /// Whether it says that a rewrite is one step.
    in_one_step: bool,
    bytes_written: u64,
    bytes_read: u64,
    room: Option<u64>,
    faults: Vec<Fault>,
}

struct Fault {
    call: Call,
    /// The first call that it concerns, from 1 on.
    from: u64,
    /// The last one.
    to: u64,
    what: What,
}

#[derive(Clone)]
enum What {
    Fail(StoreErrorKind),
    Hang(Hold),
}

/// A call that hangs until it is released.
#[derive(Debug, Clone)]
pub struct Hold {
    reached: Arc<Semaphore>,
    released: Arc<Semaphore>,
}

impl Hold {
    /// Waits until the call has been made, and hangs.
    pub async fn reached(&self) {
        // Never closed, so the only answer is a permit.
        drop(self.reached.acquire().await);
    }

    /// Lets it go on.
    pub fn release(&self) {
        self.released.add_permits(Semaphore::MAX_PERMITS / 2);
    }
}

impl FaultyStore {
    /// No faults are planned yet.
    #[must_use]
    pub fn over(store: impl Store + 'static) -> Self {
        Self { store: Arc::new(store), plan: Arc::default() }
    }

    /// The `nth` such call from the beginning, counted from 1, fails.
    #[must_use]
    pub fn fail(self, call: Call, nth: u64, kind: StoreErrorKind) -> Self {
        self.add(Fault { call, from: nth, to: nth, what: What::Fail(kind) })
    }

    /// The `nth` such call fails, and all after it.
    #[must_use]
    pub fn fail_from(self, call: Call, nth: u64, kind: StoreErrorKind) -> Self {
        self.add(Fault { call, from: nth, to: u64::MAX, what: What::Fail(kind) })
    }

    /// Takes only so many bytes in all uploads together, then is full.
    #[must_use]
    pub fn full_after(self, bytes: u64) -> Self {
        self.plan().room = Some(bytes);
        self
    }

    /// The `nth` call of any kind fails, and all after it, as when a disk is pulled.
    #[must_use]
    pub fn gone_from(self, nth: u64) -> Self {
        self.plan().gone = Some((nth, u64::MAX));
        self
    }

    /// The `nth` call of any kind fails, and no other.
    #[must_use]
    pub fn fail_once(self, nth: u64) -> Self {
        self.plan().gone = Some((nth, nth));
        self
    }

    /// Of the `nth` rewrite only the first `bytes` are written; then the store is gone, as when power fails.
    #[must_use]
    pub fn torn(self, nth: u64, bytes: usize) -> Self {
        self.plan().torn = Some((nth, bytes));
        self
    }

    /// Of the `nth` rewrite zeros are kept, as if all were well.
    #[must_use]
    pub fn garbled(self, nth: u64) -> Self {
        self.plan().garbled = Some(nth);
        self
    }

    /// Says that it rewrites in one step, as a store of objects does.
    #[must_use]
    pub fn in_one_step(self) -> Self {
        self.plan().in_one_step = true;
        self
    }

    /// How many calls there were, of any kind.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.plan().counts.iter().sum()
    }

    /// The `nth` such call hangs until it is released.
    #[must_use]
    pub fn hang(&self, call: Call, nth: u64) -> Hold {
        let hold = Hold { reached: Arc::new(Semaphore::new(0)), released: Arc::new(Semaphore::new(0)) };
        self.plan().faults.push(Fault { call, from: nth, to: nth, what: What::Hang(hold.clone()) });
        hold
    }

    /// No more faults, and room for everything. Counts go on.
    pub fn heal(&self) {
        let mut plan = self.plan();
        plan.faults.clear();
        plan.room = None;
        plan.gone = None;
        plan.torn = None;
        plan.garbled = None;
    }

    /// How many such calls there were, those that failed included.
    #[must_use]
    pub fn count(&self, call: Call) -> u64 {
        self.plan().counts[call as usize]
    }

    /// Bytes that were taken by uploads, puts and rewrites.
    #[must_use]
    pub fn bytes_written(&self) -> u64 {
        self.plan().bytes_written
    }

    /// Bytes that were read.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.plan().bytes_read
    }

    fn add(self, fault: Fault) -> Self {
        self.plan().faults.push(fault);
        self
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn meet(&self, call: Call, name: &str) -> Result<(), StoreError> {
        let fault = {
            let mut plan = self.plan();
            plan.counts[call as usize] += 1;
            let number = plan.counts[call as usize];
            let all: u64 = plan.counts.iter().sum();
            if plan.gone.is_some_and(|(from, to)| (from..=to).contains(&all)) {
                return Err(error(name, StoreErrorKind::Other));
            }
            let fault = plan.faults.iter().find(|f| f.call == call && (f.from..=f.to).contains(&number));
            fault.map(|fault| fault.what.clone())
        };
        match fault {
            None => Ok(()),
            Some(What::Fail(kind)) => Err(error(name, kind)),
            Some(What::Hang(hold)) => {
                hold.reached.add_permits(Semaphore::MAX_PERMITS / 2);
                drop(hold.released.acquire().await);
                Ok(())
            }
        }
    }

    /// How many of so many bytes still fit.
    fn take_room(&self, wanted: usize) -> usize {
        let mut plan = self.plan();
        let taken = plan.room.map_or(wanted as u64, |room| room.min(wanted as u64));
        plan.room = plan.room.map(|room| room - taken);
        plan.bytes_written += taken;
        taken as usize
    }
}

#[async_trait]
impl Store for FaultyStore {
    fn location(&self) -> String {
        self.store.location()
    }

    async fn create(&self, name: &str) -> Result<Box<dyn Upload>, StoreError> {
        self.meet(Call::Create, name).await?;
        let upload = self.store.create(name).await?;
        Ok(Box::new(FaultyUpload { upload, store: self.clone(), name: name.to_owned() }))
    }

    fn copy_source(&self, name: &str) -> Option<CopySource> {
        self.store.copy_source(name)
    }

    async fn adopt(&self, name: &str, source: &CopySource, size: u64) -> Result<bool, StoreError> {
        self.meet(Call::Create, name).await?;
        self.store.adopt(name, source, size).await
    }

    async fn put(&self, name: &str, bytes: Bytes, mode: PutMode) -> Result<(), StoreError> {
        self.meet(Call::Put, name).await?;
        if self.take_room(bytes.len()) < bytes.len() {
            return Err(error(name, StoreErrorKind::Full));
        }
        self.store.put(name, bytes, mode).await
    }

    async fn read(&self, name: &str, range: Range<u64>) -> Result<Vec<u8>, StoreError> {
        self.meet(Call::Read, name).await?;
        let bytes = self.store.read(name, range).await?;
        self.plan().bytes_read += bytes.len() as u64;
        Ok(bytes)
    }

    async fn rewrite(&self, name: &str, offset: u64, mut bytes: Bytes) -> Result<u64, StoreError> {
        self.meet(Call::Rewrite, name).await?;
        let torn = {
            let mut plan = self.plan();
            if plan.garbled == Some(plan.counts[Call::Rewrite as usize]) {
                bytes = vec![0; bytes.len()].into();
            }
            let torn = plan.torn.filter(|&(nth, _)| nth == plan.counts[Call::Rewrite as usize]);
            if torn.is_some() {
                plan.gone = Some((0, u64::MAX));
            }
            plan.bytes_written += torn.map_or(bytes.len(), |(_, len)| len) as u64;
            torn
        };
        if let Some((_, len)) = torn {
            bytes.truncate(len);
            self.store.rewrite(name, offset, bytes).await?;
            return Err(error(name, StoreErrorKind::Other));
        }
        self.store.rewrite(name, offset, bytes).await
    }

    fn rewrites_in_one_step(&self) -> bool {
        self.plan().in_one_step || self.store.rewrites_in_one_step()
    }

    async fn head(&self, name: &str) -> Result<ObjectMeta, StoreError> {
        self.meet(Call::Head, name).await?;
        self.store.head(name).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<ObjectMeta>, StoreError> {
        self.meet(Call::List, prefix).await?;
        self.store.list(prefix).await
    }

    async fn strange(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.store.strange(prefix).await
    }

    async fn delete(&self, name: &str) -> Result<(), StoreError> {
        self.meet(Call::Delete, name).await?;
        self.store.delete(name).await
    }

    async fn sweep(&self) -> Result<u64, StoreError> {
        self.meet(Call::Sweep, "").await?;
        self.store.sweep().await
    }

    async fn check_deletable(&self, name: &str) -> Result<(), StoreError> {
        self.store.check_deletable(name).await
    }

    async fn old_versions(&self, prefix: &str) -> OldVersions {
        self.store.old_versions(prefix).await
    }

    async fn guards(&self, probe: &str) -> Vec<StoreGuard> {
        self.store.guards(probe).await
    }

    fn read_back(&self) -> ReadBack {
        self.store.read_back()
    }

    async fn settle(&self) {
        self.store.settle().await;
    }

    async fn room(&self) -> Result<Option<Room>, StoreError> {
        self.store.room().await
    }

    async fn sweep_older_than(&self, age: Duration) -> Result<u64, StoreError> {
        self.meet(Call::Sweep, "").await?;
        self.store.sweep_older_than(age).await
    }
}

struct FaultyUpload {
    upload: Box<dyn Upload>,
    store: FaultyStore,
    name: String,
}

#[async_trait]
impl Upload for FaultyUpload {
    async fn write(&mut self, mut bytes: Vec<u8>) -> Result<(), StoreError> {
        self.store.meet(Call::Write, &self.name).await?;
        let (wanted, taken) = (bytes.len(), self.store.take_room(bytes.len()));
        // As a disk does it: what fits is written before the error.
        bytes.truncate(taken);
        self.upload.write(bytes).await?;
        if taken < wanted { Err(error(&self.name, StoreErrorKind::Full)) } else { Ok(()) }
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.store.meet(Call::Commit, &self.name).await?;
        self.upload.commit().await
    }
}

fn error(name: &str, kind: StoreErrorKind) -> StoreError {
    StoreError::new(kind, name, format!("{kind:?}, as the test wants it"))
}

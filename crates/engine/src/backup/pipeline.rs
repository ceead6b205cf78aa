//! Rows become frames on all processors; one task stores them in the order in which they get ready.
//!
//! Memory is bounded by the permits: a chunk holds one from the moment it is handed over until its
//! frame is stored.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aitta_archive::{ArchiveKeys, Assembler, SealedFrame};
use aitta_base::task_failed;
use aitta_model::{ErrorCode, ProgressEvent};
use aitta_source::{FRAME_ROOM, FrameSink, Snapshot};
use aitta_store::Upload;
use async_trait::async_trait;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;

use super::sealers::{Content, SealerPool};
use crate::reading::check::Checksum;
use crate::{Error, Progress, Result};

struct Ready {
    frame: Result<SealedFrame>,
    _permit: OwnedSemaphorePermit,
}

/// The sink that seals and stores.
pub(super) struct Pipeline {
    keys: Arc<ArchiveKeys>,
    permits: Arc<Semaphore>,
    sealers: SealerPool,
    /// Buffers whose rows have been sealed.
    buffers: Arc<Mutex<Vec<Vec<u8>>>>,
    next_index: Vec<AtomicU32>,
    ready: mpsc::UnboundedSender<Ready>,
    bytes_in: mpsc::UnboundedSender<(u64, u64)>,
    bytes_out: Mutex<Option<mpsc::UnboundedReceiver<(u64, u64)>>>,
}

/// The storing half.
pub(super) struct Writing {
    task: JoinHandle<Result<Written>>,
}

/// What the storing half gives back when all frames are stored.
pub(super) struct Written {
    pub(super) upload: Box<dyn Upload>,
    pub(super) checksum: Checksum,
    pub(super) assembler: Assembler,
}

impl Pipeline {
    /// Begins to store frames behind the header that `upload` has been given.
    pub(super) fn start(
        keys: Arc<ArchiveKeys>,
        sections: usize,
        level: i32,
        upload: Box<dyn Upload>,
    ) -> Result<(Self, Writing)> {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let (ready, frames) = mpsc::unbounded_channel();
        let (bytes_in, bytes_out) = mpsc::unbounded_channel();
        let pipeline = Self {
            keys,
            // Enough that neither the readers nor the sealers wait for each other's hiccups.
            permits: Arc::new(Semaphore::new(2 * cores + 2)),
            sealers: SealerPool::new(level),
            buffers: Arc::default(),
            next_index: (0..sections).map(|_| AtomicU32::new(0)).collect(),
            ready,
            bytes_in,
            bytes_out: Mutex::new(Some(bytes_out)),
        };
        let task = tokio::spawn(store(upload, frames, sections));
        Ok((pipeline, Writing { task }))
    }

    /// Reads the whole snapshot into this pipeline and reports to `progress`.
    pub(super) async fn read(
        self: &Arc<Self>,
        snapshot: &mut dyn Snapshot,
        progress: &dyn Progress,
    ) -> Result<()> {
        let taken = self.bytes_out.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut bytes) = taken else { return Ok(()) };
        let reading = snapshot.read(self.clone());
        tokio::pin!(reading);
        loop {
            tokio::select! {
                result = &mut reading => return result,
                Some((bytes, rows)) = bytes.recv() => progress.event(ProgressEvent::Advance { bytes, rows }),
            }
        }
    }

    async fn seal(&self, section: u32, mut plaintext: Vec<u8>, content: Content) -> Result<()> {
        let stopped = |_| storing_has_failed();
        let permit = self.permits.clone().acquire_owned().await.map_err(stopped)?;
        if self.ready.is_closed() {
            return Err(storing_has_failed());
        }
        let index = self.next_index[section as usize].fetch_add(1, Ordering::Relaxed);
        let (keys, sealers) = (self.keys.clone(), self.sealers.clone());
        let buffers = self.buffers.clone();
        let (ready, bytes_in) = (self.ready.clone(), self.bytes_in.clone());
        // Not awaited: the permit bounds how many there are, and the storing half counts them all.
        tokio::task::spawn_blocking(move || {
            let frame = sealers.seal(&keys, section, index, content, &plaintext).map_err(Error::from);
            // Both fail only when the run has ended; the frame is then useless.
            let rows = frame
                .as_ref()
                .map_or(0, |frame| if content == Content::Rows { frame.digest.rows() } else { 0 });
            let _ = bytes_in.send((plaintext.len() as u64, rows));
            // As many come back as are asked for, so they don't add up. One that had to grow is not kept.
            if plaintext.capacity() == FRAME_ROOM {
                plaintext.clear();
                buffers.lock().unwrap_or_else(PoisonError::into_inner).push(plaintext);
            }
            let _ = ready.send(Ready { frame, _permit: permit });
        });
        Ok(())
    }
}

#[async_trait]
impl FrameSink for Pipeline {
    async fn rows(&self, section: u32, rows: Vec<u8>) -> Result<()> {
        self.seal(section, rows, Content::Rows).await
    }

    async fn blob(&self, section: u32, blob: Vec<u8>) -> Result<()> {
        self.seal(section, blob, Content::Blob).await
    }

    fn buffer(&self) -> Vec<u8> {
        let spare = self.buffers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        spare.unwrap_or_else(|| Vec::with_capacity(FRAME_ROOM))
    }
}

impl Writing {
    /// Waits until every frame is stored. The pipeline must have been dropped.
    ///
    /// # Errors
    /// Those of the store come first: when it failed, the readers saw only a closed channel.
    pub(super) async fn finish(mut self, reading: Result<()>) -> Result<Written> {
        match reading {
            Ok(()) => (&mut self.task).await.map_err(task_failed)?,
            Err(error) if error.code() == ErrorCode::StoreFailed => {
                (&mut self.task).await.map_err(task_failed)?.and(Err(error))
            }
            Err(error) => {
                self.task.abort();
                // Waits until the upload is dropped, and with it what was staged is gone.
                if let Err(e) = (&mut self.task).await
                    && !e.is_cancelled()
                {
                    tracing::warn!(error = %e, "storing ended by a panic");
                }
                Err(error)
            }
        }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        // Drops the upload, which removes what was staged.
        self.task.abort();
    }
}

async fn store(
    mut upload: Box<dyn Upload>,
    mut frames: mpsc::UnboundedReceiver<Ready>,
    sections: usize,
) -> Result<Written> {
    let mut assembler = Assembler::new(sections);
    let mut checksum = Checksum::default();
    while let Some(Ready { frame, _permit }) = frames.recv().await {
        let frame = frame?;
        assembler.place(&frame);
        checksum.update(&frame.bytes);
        upload.write(frame.bytes).await?;
    }
    Ok(Written { upload, checksum, assembler })
}

/// Never shown: [`Writing::finish`] replaces it by what the store said.
fn storing_has_failed() -> Error {
    Error::new(ErrorCode::StoreFailed, "the archive could not be stored", "see the error of the store")
}

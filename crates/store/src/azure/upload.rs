//! Uploads of unknown length: blocks sent side by side, and a list of them committed at the end.

use std::io::{Seek as _, Write as _};
use std::sync::{Arc, PoisonError};

use async_trait::async_trait;
use azure_core::http::{Body, NoFormat, RequestContent};
use azure_storage_blob::models::{
    AccessTier, BlockBlobClientCommitBlockListOptions, BlockBlobClientStageBlockOptions,
    BlockBlobClientStageBlockResultHeaders, BlockLookupList,
};
use azure_storage_blob::stream::tokio::FileStream;
use bytes::Bytes;
use md5::{Digest as _, Md5};
use tokio::task::JoinSet;

use super::client::Client;
use super::{AzureLimits, Inner, block_id, discard, policies, put};
use crate::spool::{spool, spool_failed};
use crate::{ARCHIVES, REWRITABLE, StoreError, StoreErrorKind, Upload};

/// Blocks on their way at once. One more is being filled.
const IN_FLIGHT: usize = 3;

/// A block that is being filled, or is on its way.
pub(super) enum Block {
    Memory(Vec<u8>),
    Spooled(Spool),
}

/// An unlinked temporary file: nothing of it remains, whatever happens.
pub(super) struct Spool {
    file: std::fs::File,
    len: u64,
    md5: Md5,
}

impl Block {
    fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::Spooled(spool) => spool.len,
        }
    }

    fn append(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Memory(block) => block.extend_from_slice(bytes),
            Self::Spooled(spool) => {
                spool.file.write_all(bytes)?;
                spool.md5.update(bytes);
                spool.len += bytes.len() as u64;
            }
        }
        Ok(())
    }

    /// Its bytes as they are sent, with their MD5.
    async fn body(self) -> std::io::Result<(Body, Vec<u8>)> {
        match self {
            Self::Memory(bytes) => {
                let hash = move || (policies::md5(&bytes), bytes);
                let (md5, bytes) = tokio::task::spawn_blocking(hash).await?;
                Ok((Body::Bytes(bytes.into()), md5))
            }
            Self::Spooled(Spool { mut file, md5, .. }) => {
                file.rewind()?;
                let file = tokio::fs::File::from_std(file);
                let stream = FileStream::builder(file).with_buffer_size(1 << 20).build().await;
                Ok((stream.map_err(std::io::Error::other)?.into(), md5.finalize().to_vec()))
            }
        }
    }
}

/// Size of a block. The first is the header of an archive, so that it alone is sent again when a key is rotated.
fn size(limits: &AzureLimits, number: u32) -> u64 {
    if number == 0 {
        return REWRITABLE;
    }
    let mut before = 0;
    for (count, bytes) in &limits.blocks {
        before += count;
        if number < before {
            return *bytes;
        }
    }
    limits.blocks.last().map_or(8 << 20, |(_, bytes)| *bytes)
}

/// Sends a block. The service compares its MD5, and refuses it when it differs.
pub(super) async fn stage(
    client: &Client,
    name: &str,
    id: &[u8],
    block: Block,
    scope: Option<String>,
) -> Result<(), StoreError> {
    let len = block.len();
    let (body, md5) = block.body().await.map_err(|e| crate::error::failed(name, e))?;
    let options = BlockBlobClientStageBlockOptions {
        encryption_scope: scope,
        transactional_content_md5: Some(md5.clone()),
        ..BlockBlobClientStageBlockOptions::default()
    };
    let body: RequestContent<Bytes, NoFormat> = body.into();
    let failed = |e| client.failed(name, e);
    let blob = client.blob(name).block_blob_client();
    let answer = blob.stage_block(id, len, body, Some(options)).await.map_err(failed)?;
    match answer.content_md5().map_err(failed)? {
        Some(confirmed) if confirmed != md5 => {
            Err(StoreError::new(StoreErrorKind::Other, name, "the service has confirmed another checksum"))
        }
        _ => Ok(()),
    }
}

/// A block blob being written.
pub(super) struct AzureUpload {
    store: Arc<Inner>,
    runtime: tokio::runtime::Handle,
    name: String,
    token: String,
    block: Option<Block>,
    ids: Vec<Vec<u8>>,
    staging: JoinSet<Result<(), StoreError>>,
    state: State,
}

#[derive(PartialEq)]
enum State {
    Open,
    Failed,
    Done,
}

impl AzureUpload {
    pub(super) fn begin(store: Arc<Inner>, name: &str) -> Result<Self, StoreError> {
        let other = |e| StoreError::new(StoreErrorKind::Other, name, e);
        let token = block_id::token().map_err(|e| other(e.to_string()))?;
        let runtime = tokio::runtime::Handle::try_current().map_err(|e| other(e.to_string()))?;
        store.uploads.lock().unwrap_or_else(PoisonError::into_inner).insert(token.clone());
        Ok(Self {
            store,
            runtime,
            name: name.to_owned(),
            token,
            block: None,
            ids: Vec::new(),
            staging: JoinSet::new(),
            state: State::Open,
        })
    }

    fn number(&self) -> u32 {
        self.ids.len() as u32
    }

    /// After an error the upload has ended: a block is missing.
    fn check(&self) -> Result<(), StoreError> {
        match self.state {
            State::Open => Ok(()),
            _ => {
                Err(StoreError::new(StoreErrorKind::Other, self.name.clone(), "the upload has failed before"))
            }
        }
    }

    async fn append(&mut self, bytes: Bytes) -> Result<(), StoreError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let size = size(&self.store.limits, self.number());
            let mut block = match self.block.take() {
                Some(block) => block,
                None => self.new_block(size)?,
            };
            let room = usize::try_from(size - block.len()).unwrap_or(usize::MAX);
            let piece = rest.split_to(rest.len().min(room));
            let block = match block {
                Block::Memory(_) => block.append(&piece).map(|()| block),
                Block::Spooled(_) => {
                    tokio::task::spawn_blocking(move || block.append(&piece).map(|()| block))
                        .await
                        .unwrap_or_else(|e| Err(e.into()))
                }
            };
            let block = block.map_err(|e| spool_failed(&self.name, e))?;
            if block.len() < size {
                self.block = Some(block);
            } else {
                self.send(block).await?;
            }
        }
        Ok(())
    }

    fn new_block(&self, size: u64) -> Result<Block, StoreError> {
        if self.number() >= block_id::MOST {
            let text = format!("a blob has at most {} blocks", block_id::MOST);
            return Err(StoreError::new(StoreErrorKind::Other, self.name.clone(), text));
        }
        if size <= self.store.limits.spool_over {
            return Ok(Block::Memory(Vec::with_capacity(usize::try_from(size).unwrap_or_default())));
        }
        let file = tempfile::tempfile_in(spool()).map_err(|e| spool_failed(&self.name, e))?;
        Ok(Block::Spooled(Spool { file, len: 0, md5: Md5::new() }))
    }

    async fn send(&mut self, block: Block) -> Result<(), StoreError> {
        while self.staging.len() >= IN_FLIGHT {
            self.one_sent().await?;
        }
        let id = block_id::block_id(&self.token, self.number());
        self.ids.push(id.clone());
        let (store, name) = (self.store.clone(), self.name.clone());
        self.staging.spawn(async move { stage(store.client().await?, &name, &id, block, None).await });
        Ok(())
    }

    async fn one_sent(&mut self) -> Result<(), StoreError> {
        match self.staging.join_next().await {
            None => Ok(()),
            Some(Ok(outcome)) => outcome,
            Some(Err(e)) => Err(StoreError::new(StoreErrorKind::Other, self.name.clone(), e)),
        }
    }

    async fn finish(&mut self) -> Result<(), StoreError> {
        self.check()?;
        if let Some(block) = self.block.take() {
            self.send(block).await?;
        }
        while !self.staging.is_empty() {
            self.one_sent().await?;
        }
        let client = self.store.client().await?;
        let is_archive = self.name.starts_with(ARCHIVES);
        let options = BlockBlobClientCommitBlockListOptions {
            blob_content_type: Some("application/octet-stream".to_owned()),
            if_none_match: Some("*".into()),
            metadata: Some(put::signed(&self.token)),
            tier: is_archive.then(|| AccessTier::UnknownValue(client.config.tier.clone())),
            ..BlockBlobClientCommitBlockListOptions::default()
        };
        let list = BlockLookupList { uncommitted: Some(self.ids.clone()), ..BlockLookupList::default() };
        let list = list.try_into().map_err(|e| client.failed(&self.name, e))?;
        let blob = client.blob(&self.name).block_blob_client();
        let outcome = blob.commit_block_list(list, Some(options)).await.map(drop);
        put::created(client, &self.name, &self.token, outcome).await
    }
}

#[async_trait]
impl Upload for AzureUpload {
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), StoreError> {
        self.check()?;
        // Until it is done: a call that is dropped halfway has lost bytes.
        self.state = State::Failed;
        self.append(bytes.into()).await?;
        self.state = State::Open;
        Ok(())
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        self.finish().await?;
        self.state = State::Done;
        self.store.uploads.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.token);
        Ok(())
    }
}

impl Drop for AzureUpload {
    fn drop(&mut self) {
        if self.state == State::Done {
            return;
        }
        if self.ids.is_empty() {
            self.store.uploads.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.token);
            return;
        }
        let staging = std::mem::take(&mut self.staging);
        discard::spawn(&self.store, &self.runtime, self.name.clone(), self.token.clone(), staging);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_terabytes_fit_into_a_blob_and_no_block_is_too_large() {
        let limits = AzureLimits::default();
        assert_eq!(size(&limits, 0), REWRITABLE);
        assert_eq!(size(&limits, 1), 8 << 20);
        assert_eq!(size(&limits, 9_999), 8 << 20);
        assert_eq!(size(&limits, 10_000), 16 << 20);
        assert_eq!(size(&limits, 20_000), 256 << 20);
        let all: u64 = (0..block_id::MOST).map(|number| size(&limits, number)).sum();
        assert!(all > 5_500_000_000_000, "{all}");
        assert!((0..block_id::MOST).all(|number| size(&limits, number) <= 4000 << 20));
    }

    #[test]
    fn upload_is_held_in_less_than_eighty_mebibytes() {
        let limits = AzureLimits::default();
        let in_memory = |size: &u64| *size <= limits.spool_over;
        let largest = (0..block_id::MOST).map(|number| size(&limits, number)).filter(in_memory).max();
        assert!(largest.is_some_and(|bytes| bytes * (IN_FLIGHT as u64 + 1) < 80 << 20));
    }
}

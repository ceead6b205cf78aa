//! A new object of unknown length.

use std::sync::Arc;

use async_trait::async_trait;

use super::super::spool::spool_failed;
use super::super::{StoreError, StoreErrorKind, Upload};
use super::bucket::{Bucket, Condition};
use super::lock::{Locked, locked};
use super::multipart::Multipart;
use super::parts::Part;

pub(super) struct S3Upload {
    bucket: Arc<Bucket>,
    name: String,
    number: u32,
    /// `None` after a failure.
    part: Option<Part>,
    /// From the second part on; what fits into one is sent in one request.
    multipart: Option<Multipart>,
    /// How it is locked, when it is sent in parts.
    lock: Locked,
}

impl S3Upload {
    pub(super) fn new(bucket: Arc<Bucket>, name: &str) -> Result<Self, StoreError> {
        let mut upload = Self {
            bucket,
            name: name.to_owned(),
            number: 1,
            part: None,
            multipart: None,
            lock: Locked::default(),
        };
        upload.part = Some(upload.next_part()?);
        Ok(upload)
    }

    fn next_part(&self) -> Result<Part, StoreError> {
        let sizes = &self.bucket.sizes;
        Part::new(sizes.of(self.number), sizes).map_err(|e| spool_failed(&self.name, e))
    }

    fn take_part(&mut self) -> Result<Part, StoreError> {
        let gone =
            || StoreError::new(StoreErrorKind::Other, self.name.clone(), "the upload has failed before");
        self.part.take().ok_or_else(gone)
    }

    /// Fills parts and sends those that are full.
    async fn append(&mut self, mut part: Part, bytes: Vec<u8>) -> Result<Part, StoreError> {
        let bytes = bytes::Bytes::from(bytes);
        let mut rest = bytes.clone();
        while !rest.is_empty() {
            // Only when more follows: the last part is then never empty.
            if part.is_full() {
                self.send(part).await?;
                self.number += 1;
                part = self.next_part()?;
            }
            let taken;
            (part, taken) = fill(part, rest.clone()).await.map_err(|e| spool_failed(&self.name, e))?;
            rest = rest.slice(taken..);
        }
        Ok(part)
    }

    async fn send(&mut self, part: Part) -> Result<(), StoreError> {
        let multipart = match self.multipart.take() {
            Some(multipart) => multipart,
            None => {
                self.lock = self.bucket.lock_of_new(&self.name).await?;
                Multipart::begin(&self.bucket, &self.name, |begin| locked!(begin, self.lock)).await?
            }
        };
        self.multipart.insert(multipart).send(self.number, part.full()).await
    }

    async fn finish(&mut self) -> Result<(), StoreError> {
        let part = self.take_part()?;
        if self.multipart.is_none() {
            return self.bucket.put_new(&self.name, &part.full()).await;
        }
        self.send(part).await?;
        match self.multipart.take() {
            Some(multipart) => multipart.complete(Condition::Absent).await?,
            None => return Ok(()),
        }
        self.bucket.ensure_locked(&self.name, &self.lock, "it is stored").await
    }
}

async fn fill(mut part: Part, bytes: bytes::Bytes) -> std::io::Result<(Part, usize)> {
    if !part.is_spooled() {
        let taken = part.fill(&bytes)?;
        return Ok((part, taken));
    }
    let filled = tokio::task::spawn_blocking(move || {
        let taken = part.fill(&bytes)?;
        Ok((part, taken))
    });
    filled.await.unwrap_or_else(|e| Err(std::io::Error::other(e)))
}

#[async_trait]
impl Upload for S3Upload {
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), StoreError> {
        let part = self.take_part()?;
        match self.append(part, bytes).await {
            Ok(part) => {
                self.part = Some(part);
                Ok(())
            }
            Err(error) => {
                // The upload can't go on: what was sent is removed now, and not only when this is dropped.
                self.multipart = None;
                Err(error)
            }
        }
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        self.finish().await
    }
}

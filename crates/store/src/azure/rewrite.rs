//! Changing the header of an archive without sending the archive again.
//!
//! The first block of an upload is the header. A new first block is staged, and the list of blocks is committed again
//! with it, on the condition that the blob is still the one that was read. Until then the blob is as it was.

use aitta_base::{Clock as _, SystemClock};
use azure_storage_blob::models::{
    BlobClientGetPropertiesResultHeaders, BlockBlobClientCommitBlockListOptions, BlockList, BlockListType,
    BlockLookupList,
};
use bytes::Bytes;

use super::client::{Client, Found, is_condition};
use super::upload::{Block, stage};
use super::{block_id, read};
use crate::{REWRITABLE, StoreError, StoreErrorKind, check_rewrite};

/// How often somebody else's change is taken in before it is an error.
const TRIES: u32 = 3;

/// Size of the blocks that a blob of other blocks is cut into.
const PIECE: u64 = 8 << 20;

/// Returns the bytes that were sent.
pub(super) async fn rewrite(
    client: &Client,
    name: &str,
    offset: u64,
    bytes: &Bytes,
) -> Result<u64, StoreError> {
    let mut tries = 1;
    loop {
        match once(client, name, offset, bytes).await {
            Err(e) if is_condition(&e) && tries < TRIES => tries += 1,
            outcome => return outcome,
        }
    }
}

async fn once(client: &Client, name: &str, offset: u64, bytes: &Bytes) -> Result<u64, StoreError> {
    let found = client.properties(name).await?;
    check_rewrite(name, found.size, offset, bytes.len())?;
    if bytes.is_empty() {
        return Ok(0);
    }
    let failed = |e| client.failed(name, e);
    let scope = found.answer.encryption_scope().map_err(failed)?;
    let old = committed(client, name).await?;
    let replaced = leading(&old, found.size).ok_or_else(|| changed(name))?;
    let kept: Vec<Vec<u8>> = old.iter().skip(replaced.blocks).map(|(id, _)| id.clone()).collect();
    let mut taken: Vec<Vec<u8>> = old.iter().map(|(id, _)| id.clone()).collect();

    let token = block_id::token().map_err(|e| other(name, e))?;
    let len = old.first().map(|(id, _)| id.len()).filter(|len| !block_id::fits(*len));
    let mut ids = Vec::new();
    let mut sent = 0;
    while sent < replaced.bytes {
        let end = replaced.bytes.min(if sent == 0 { REWRITABLE } else { sent + PIECE });
        let mut piece = read::read(client, name, sent..end, Some(&found.etag)).await?;
        if sent == 0 {
            let at = offset as usize;
            piece[at..at + bytes.len()].copy_from_slice(bytes);
        }
        let id = match len {
            None => block_id::block_id(&token, ids.len() as u32),
            Some(len) => block_id::foreign_id(len, &taken).map_err(|e| other(name, e))?,
        };
        taken.push(id.clone());
        ids.push(id.clone());
        stage(client, name, &id, Block::Memory(piece), scope.clone()).await?;
        sent = end;
    }

    let first = ids.first().cloned();
    ids.extend(kept);
    let list = BlockLookupList { latest: Some(ids), ..BlockLookupList::default() };
    let options = kept_as_it_is(client, name, &found).await?;
    let blob = client.blob(name).block_blob_client();
    let outcome = blob.commit_block_list(list.try_into().map_err(failed)?, Some(options)).await;
    match outcome.map_err(failed) {
        Ok(_) => Ok(sent),
        Err(e) => {
            // The answer to an attempt before may have got lost. Any other answer says less than the first error.
            let now = committed(client, name).await.unwrap_or_default();
            let done = now.into_iter().next().is_some_and(|(id, _)| Some(id) == first);
            if done { Ok(sent) } else { Err(e) }
        }
    }
}

/// The blocks of a blob with their sizes; none for one that was put in one request.
async fn committed(client: &Client, name: &str) -> Result<Vec<(Vec<u8>, u64)>, StoreError> {
    let failed = |e| client.failed(name, e);
    let blob = client.blob(name).block_blob_client();
    let answer = blob.get_block_list(BlockListType::Committed, None).await.map_err(failed)?;
    let list: BlockList = answer.into_model().map_err(failed)?;
    let blocks = list.committed_blocks.unwrap_or_default().into_iter();
    let read = blocks.map(|block| Some((block.name?, u64::try_from(block.size?).ok()?)));
    read.collect::<Option<_>>().ok_or_else(|| other(name, "the list of blocks is incomplete"))
}

struct Leading {
    blocks: usize,
    bytes: u64,
}

/// The blocks that the header lies in; the whole blob when it has none. `None` when the list is not that of a blob of
/// this size.
fn leading(blocks: &[(Vec<u8>, u64)], size: u64) -> Option<Leading> {
    if blocks.is_empty() {
        return Some(Leading { blocks: 0, bytes: size });
    }
    if blocks.iter().map(|(_, bytes)| *bytes).sum::<u64>() != size {
        return None;
    }
    let mut leading = Leading { blocks: 0, bytes: 0 };
    for (_, bytes) in blocks {
        if leading.bytes >= size.min(REWRITABLE) {
            break;
        }
        leading.blocks += 1;
        leading.bytes += bytes;
    }
    Some(leading)
}

/// A commit replaces everything that is known of a blob, so it has to be said again. But not the MD5 of the content,
/// which is another one now.
async fn kept_as_it_is(
    client: &Client,
    name: &str,
    found: &Found,
) -> Result<BlockBlobClientCommitBlockListOptions<'static>, StoreError> {
    let failed = |e| client.failed(name, e);
    let read = || -> azure_core::Result<_> {
        let answer = &found.answer;
        let inferred = answer.access_tier_inferred()?.unwrap_or(false);
        // A date that has passed can't be asked for again.
        let now = SystemClock.now().as_second();
        let until = answer.immutability_policy_expires_on()?.filter(|until| until.unix_timestamp() > now);
        let mode = answer.immutability_policy_mode()?;
        Ok(BlockBlobClientCommitBlockListOptions {
            blob_cache_control: answer.cache_control()?,
            blob_content_disposition: answer.content_disposition()?,
            blob_content_encoding: answer.content_encoding()?,
            blob_content_language: answer.content_language()?,
            blob_content_type: answer.content_type()?,
            encryption_scope: answer.encryption_scope()?,
            if_match: Some(found.etag.clone()),
            // The new version is the current one: without these only the old one, which opens with the key that is
            // left, would stay protected.
            legal_hold: answer.legal_hold()?.filter(|held| *held),
            immutability_policy_mode: until.and(mode),
            immutability_policy_expiry: until,
            metadata: Some(found.metadata.clone()),
            tier: match answer.access_tier()? {
                Some(tier) if !inferred => tier.parse().ok(),
                _ => None,
            },
            ..BlockBlobClientCommitBlockListOptions::default()
        })
    };
    let options = read().map_err(failed)?;
    if found.answer.tag_count().map_err(failed)?.unwrap_or_default() == 0 {
        return Ok(options);
    }
    let tags = client.blob(name).get_tags(None).await.map_err(failed)?.into_model().map_err(failed)?;
    Ok(options.with_tags(tags))
}

fn other(name: &str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::new(StoreErrorKind::Other, name, source)
}

fn changed(name: &str) -> StoreError {
    other(name, "it was changed by somebody else meanwhile")
}

#[cfg(test)]
mod tests {
    use super::leading;

    #[test]
    fn header_lies_in_the_leading_blocks() {
        let blocks = |sizes: &[u64]| sizes.iter().map(|size| (vec![0; 4], *size)).collect::<Vec<_>>();
        type Case<'a> = (&'a [u64], u64, Option<(usize, u64)>);
        let cases: [Case<'_>; 7] = [
            (&[4096, 8 << 20], 4096 + (8 << 20), Some((1, 4096))),
            (&[100], 100, Some((1, 100))),
            (&[1000, 1000, 5000], 7000, Some((3, 7000))),
            (&[4095, 1, 9], 4105, Some((2, 4096))),
            (&[9000, 9000], 18_000, Some((1, 9000))),
            (&[], 70, Some((0, 70))),
            (&[4096, 10], 4096, None),
        ];
        for (sizes, size, expected) in cases {
            let found = leading(&blocks(sizes), size).map(|leading| (leading.blocks, leading.bytes));
            assert_eq!(found, expected, "{sizes:?}");
        }
    }
}

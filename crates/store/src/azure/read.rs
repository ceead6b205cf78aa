//! Reading by range.

use std::num::NonZero;
use std::ops::Range;
use std::time::Duration;

use azure_core::http::{AsyncResponseBody, Etag};
use azure_storage_blob::models::BlobClientDownloadOptions;
use futures::StreamExt as _;

use super::client::{Client, is_condition};
use super::policies;
use crate::{StoreError, StoreErrorKind};

/// Reserved at once; more only when it has come.
const RESERVED: usize = 16 << 20;

/// Reads exactly this range, of this version of the blob when one is named. What is cut is gone on with.
pub(super) async fn read(
    client: &Client,
    name: &str,
    range: Range<u64>,
    version: Option<&Etag>,
) -> Result<Vec<u8>, StoreError> {
    let other = |text: String| StoreError::new(StoreErrorKind::Other, name, text);
    let len = range.end.checked_sub(range.start).and_then(|len| usize::try_from(len).ok());
    let len = len.ok_or_else(|| other(format!("{range:?} is no range")))?;
    let Some(whole) = NonZero::new(len) else {
        let size = client.properties(name).await?.size;
        let beyond = || other(format!("{} is beyond the end at {size}", range.start));
        return if range.start <= size { Ok(Vec::new()) } else { Err(beyond()) };
    };

    let mut bytes = Vec::with_capacity(len.min(RESERVED));
    let mut etag = version.cloned();
    let (mut cuts, mut changes) = (0, 0);
    loop {
        let from = range.start + bytes.len() as u64;
        let options = BlobClientDownloadOptions {
            if_match: etag.clone(),
            parallel: Some(NonZero::<usize>::MIN),
            partition_size: Some(whole),
            range: Some((from..range.end).into()),
            ..BlobClientDownloadOptions::default()
        };
        let answer = client.blob(name).download(Some(options)).await.map_err(|e| client.failed(name, e));
        let mut answer = match answer {
            // Somebody has changed the header meanwhile: old and new bytes must not be mixed.
            Err(e) if is_condition(&e) && version.is_none() && changes < client.limits.attempts => {
                changes += 1;
                etag = None;
                bytes.clear();
                continue;
            }
            answer => answer?,
        };
        let told = answer.headers.get_optional_str(&"content-range".into());
        if from > 0 && !told.is_some_and(|told| told.starts_with(&format!("bytes {from}-"))) {
            return Err(other(format!("{from}.. was asked for, and something else came")));
        }
        etag = answer.properties.etag.clone();
        let before = bytes.len();
        match drain(&mut answer.body, &mut bytes, len, client.limits.answer_within).await {
            Ok(()) if bytes.len() == len => return Ok(bytes),
            Ok(()) => {
                let end = range.start + bytes.len() as u64;
                return Err(other(format!("it ends at {end}, and {range:?} was asked for")));
            }
            Err(e) => {
                cuts = if bytes.len() > before { 1 } else { cuts + 1 };
                if cuts >= client.limits.attempts {
                    return Err(client.failed(name, e));
                }
                tracing::debug!(name, at = from, "an answer was cut, reading on");
                tokio::time::sleep(policies::wait(&client.limits, cuts)).await;
            }
        }
    }
}

/// Takes a body to its end.
async fn drain(
    body: &mut AsyncResponseBody,
    bytes: &mut Vec<u8>,
    most: usize,
    within: Duration,
) -> azure_core::Result<()> {
    use azure_core::error::{Error, ErrorKind};
    loop {
        let piece = tokio::time::timeout(within, body.next()).await;
        let Ok(piece) = piece else {
            return Err(Error::with_message(
                ErrorKind::Io,
                format!("nothing came for {} s", within.as_secs()),
            ));
        };
        let Some(piece) = piece else { return Ok(()) };
        let piece = piece?;
        if piece.len() > most - bytes.len() {
            return Err(Error::with_message(ErrorKind::Other, "more came than was asked for"));
        }
        bytes.extend_from_slice(&piece);
    }
}

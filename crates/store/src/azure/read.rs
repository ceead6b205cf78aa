//! Reading by range.

use std::num::NonZero;
use std::ops::Range;
use std::time::{Duration, Instant};

use azure_core::http::{AsyncResponseBody, Etag};
use azure_storage_blob::models::BlobClientDownloadOptions;
use futures::StreamExt as _;

use super::client::{Client, is_condition};
use super::policies;
use crate::bounds::{BYTES_PER_S, PIECE, Pace};
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
    let mut pace = Pace::new(BYTES_PER_S, client.limits.retry_for + client.limits.answer_within);
    loop {
        let from = range.start + bytes.len() as u64;
        let piece = (len - bytes.len()).min(PIECE as usize);
        let options = BlobClientDownloadOptions {
            if_match: etag.clone(),
            parallel: Some(NonZero::<usize>::MIN),
            partition_size: Some(NonZero::new(piece).unwrap_or(whole)),
            range: Some((from..from + piece as u64).into()),
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
        let wanted = before + piece;
        match drain(&mut answer.body, &mut bytes, wanted, client.limits.answer_within, &mut pace).await {
            Ok(()) if bytes.len() == len => return Ok(bytes),
            Ok(()) if bytes.len() == wanted => {}
            Ok(()) => {
                let end = range.start + bytes.len() as u64;
                return Err(other(format!("it ends at {end}, and {range:?} was asked for")));
            }
            Err(e) => {
                cuts = if bytes.len() > before { 1 } else { cuts + 1 };
                if cuts >= client.limits.attempts || pace.is_behind() {
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
    pace: &mut Pace,
) -> azure_core::Result<()> {
    use azure_core::error::{Error, ErrorKind};
    loop {
        let until = pace.deadline().min(Instant::now() + within);
        let piece = tokio::time::timeout_at(until.into(), body.next()).await;
        let Ok(piece) = piece else {
            let text = match pace.is_behind() {
                true => "almost nothing comes".to_owned(),
                false => format!("nothing came for {} s", within.as_secs()),
            };
            return Err(Error::with_message(ErrorKind::Io, text));
        };
        let Some(piece) = piece else { return Ok(()) };
        let piece = piece?;
        if piece.len() > most - bytes.len() {
            return Err(Error::with_message(ErrorKind::Other, "more came than was asked for"));
        }
        pace.came(piece.len() as u64);
        bytes.extend_from_slice(&piece);
    }
}

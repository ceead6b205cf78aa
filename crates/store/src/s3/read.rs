//! Reading by range.

use std::ops::Range;

use super::super::{StoreError, StoreErrorKind};
use super::bucket::{Bucket, size_of};
use super::errors::{Failure, chain, location};
use crate::bounds::{BYTES_PER_S, PIECE, Pace};

/// The most that is set aside before the first byte is there.
const MOST_AT_ONCE: u64 = 64 << 20;

/// Exactly these bytes. A body that is cut is read on from where it ended, as long as the object is the same.
pub(super) async fn read(bucket: &Bucket, name: &str, range: Range<u64>) -> Result<Vec<u8>, StoreError> {
    let Some(len) = range.end.checked_sub(range.start).filter(|len| *len > 0) else {
        let size = size_of(&bucket.existing(name).await?);
        return if range.start <= size { Ok(Vec::new()) } else { Err(beyond(name, &range)) };
    };
    let client = bucket.client().await?;
    let mut bytes = Vec::with_capacity(len.min(MOST_AT_ONCE) as usize);
    let mut tag: Option<String> = None;
    let (mut failures, mut pace) = (0, Pace::new(BYTES_PER_S, bucket.retries.give_up_after));
    loop {
        let start = range.start + bytes.len() as u64;
        let rest = start..range.end.min(start + PIECE);
        let get = client.get_object().bucket(&bucket.config.bucket).key(bucket.key(name));
        let get = get.range(format!("bytes={}-{}", rest.start, rest.end - 1)).set_if_match(tag.clone());
        let cut = match get.send().await.map_err(Failure::of) {
            Ok(mut answer) => {
                check_extent(name, &rest, answer.content_range(), answer.content_length())?;
                tag = answer.e_tag.take();
                let before = bytes.len();
                let wanted = before + (rest.end - rest.start) as usize;
                let cut = loop {
                    let next = tokio::time::timeout_at(pace.deadline().into(), answer.body.next());
                    match next.await {
                        Ok(Some(Ok(chunk))) => {
                            pace.came(chunk.len() as u64);
                            bytes.extend_from_slice(&chunk);
                        }
                        Ok(Some(Err(e))) => break chain(&e),
                        Ok(None) => break "the answer ended early".to_owned(),
                        Err(_) => break "almost nothing comes".to_owned(),
                    }
                    if bytes.len() > wanted {
                        let text =
                            format!("more bytes came than the {} that were asked for", wanted - before);
                        return Err(StoreError::new(StoreErrorKind::Other, name, text));
                    }
                };
                if bytes.len() as u64 == len {
                    return Ok(bytes);
                }
                if bytes.len() > before {
                    failures = 0;
                }
                if bytes.len() == wanted {
                    continue;
                }
                cut
            }
            Err(failure) if failure.is_conflict() && tag.is_some() => {
                // Another object by now, such as one with a new header: no mixture of both.
                bytes.clear();
                tag = None;
                failure.text().to_owned()
            }
            Err(failure) if failure.is_beyond_end() => return Err(beyond(name, &range)),
            Err(failure) => {
                // Some servers speak of the object when it is the bucket that is missing.
                if failure.kind(&bucket.config) == StoreErrorKind::NotFound {
                    bucket.check_bucket().await?;
                }
                return Err(failure.at(&bucket.config, name));
            }
        };
        failures += 1;
        if failures >= bucket.retries.attempts || pace.is_behind() {
            return Err(StoreError::new(StoreErrorKind::Unreachable, location(&bucket.config), cut));
        }
        tracing::debug!(name, read = bytes.len(), of = len, cut, "the answer was cut, reading on");
        tokio::time::sleep(bucket.retries.wait(failures)).await;
    }
}

/// Whether the answer holds what was asked for: S3 shortens a range that reaches beyond the end.
fn check_extent(
    name: &str,
    asked: &Range<u64>,
    range: Option<&str>,
    length: Option<i64>,
) -> Result<(), StoreError> {
    let wanted = asked.end - asked.start;
    let length = length.and_then(|length| u64::try_from(length).ok());
    // `bytes 0-99/1234`, RFC 9110, section 14.4.
    let start = range.and_then(|range| range.strip_prefix("bytes ")?.split_once('-')?.0.parse::<u64>().ok());
    match (start, length) {
        (Some(start), Some(length)) if start == asked.start && length == wanted => Ok(()),
        (Some(start), Some(length)) if start == asked.start && length < wanted => Err(beyond(name, asked)),
        // A server that sends everything, and everything was asked for.
        (None, Some(length)) if asked.start == 0 && length == wanted => Ok(()),
        _ => {
            let text = format!(
                "the store answered with {} where bytes {} to {} were asked for",
                range.unwrap_or("all of it"),
                asked.start,
                asked.end - 1
            );
            Err(StoreError::new(StoreErrorKind::Other, name, text))
        }
    }
}

fn beyond(name: &str, range: &Range<u64>) -> StoreError {
    let text = format!("it ends before byte {}", range.end);
    StoreError::new(StoreErrorKind::Other, name, text)
}

#[cfg(test)]
mod tests {
    use super::check_extent;

    #[test]
    fn only_what_was_asked_for_is_taken() {
        let check = |range, length| check_extent("x", &(10..20), range, Some(length)).is_ok();
        assert!(check(Some("bytes 10-19/100"), 10));
        assert!(!check(Some("bytes 10-14/15"), 5), "shorter");
        assert!(!check(Some("bytes 0-9/100"), 10), "elsewhere");
        assert!(!check(None, 100), "all of it");
        assert!(check_extent("x", &(0..20), None, Some(20)).is_ok());
        assert!(check_extent("x", &(0..20), None, Some(21)).is_err());
        assert!(check_extent("x", &(0..20), None, None).is_err());
    }
}

//! Parts of an object: how large they are, and where one waits until it is sent.

use std::fs::File;
use std::io::Write;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use tokio::task::JoinHandle;

use super::super::spool::read_exact_at;
use super::super::spool::spool;

const MIB: u64 = 1 << 20;

/// The most parts that an object may have, and the most and the fewest bytes of a part but the last.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>
pub(super) const MOST_PARTS: u32 = 10_000;
#[cfg(test)]
const LARGEST_PART: u64 = 5 << 30;
pub(super) const SMALLEST_PART: u64 = 5 * MIB;

/// How large the parts of an upload are. They grow, so that small archives need little memory and the largest
/// still fits into 10,000 parts.
#[derive(Debug, Clone, Copy)]
pub struct PartSizes {
    /// How many parts of which size in bytes, in this order. The last size holds for all that follow.
    pub steps: &'static [(u32, u64)],
    /// Parts that are larger than this wait in a temporary file instead of memory.
    pub in_memory: u64,
}

impl Default for PartSizes {
    /// 23 GiB in parts that are held in memory, at most 64 MiB at a time; then files of up to 832 MiB, which
    /// make it 5 TiB, the most that S3 stores in one object.
    fn default() -> Self {
        Self {
            steps: &[(1000, 8 * MIB), (1000, 16 * MIB), (2000, 128 * MIB), (6000, 832 * MIB)],
            in_memory: 16 * MIB,
        }
    }
}

impl PartSizes {
    /// Bytes of part `number`, counted from one.
    pub(super) fn of(&self, number: u32) -> u64 {
        let mut before = 0;
        for (count, size) in self.steps {
            before += count;
            if number <= before {
                return *size;
            }
        }
        self.steps.last().map_or(SMALLEST_PART, |(_, size)| *size)
    }
}

/// A part that is being filled.
pub(super) struct Part {
    size: u64,
    crc: crc32fast::Hasher,
    held: Held,
}

enum Held {
    Memory(BytesMut),
    /// Without a name, so that nothing remains when the process dies.
    File(File, u64),
}

impl Part {
    /// Room for this many bytes.
    pub(super) fn new(size: u64, sizes: &PartSizes) -> std::io::Result<Self> {
        let held = if size <= sizes.in_memory {
            Held::Memory(BytesMut::new())
        } else {
            Held::File(tempfile::tempfile_in(spool())?, 0)
        };
        Ok(Self { size, crc: crc32fast::Hasher::new(), held })
    }

    pub(super) fn len(&self) -> u64 {
        match &self.held {
            Held::Memory(bytes) => bytes.len() as u64,
            Held::File(_, len) => *len,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.len() == self.size
    }

    /// Takes as many bytes as there is room for, and returns how many these are. May block on the disk.
    pub(super) fn fill(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let room = usize::try_from(self.size - self.len()).unwrap_or(usize::MAX);
        let taken = &bytes[..bytes.len().min(room)];
        match &mut self.held {
            Held::Memory(held) => {
                // At once when there is more than a little, so that it is not moved again and again.
                if held.is_empty() && self.size > taken.len() as u64 {
                    held.reserve(self.size as usize);
                }
                held.extend_from_slice(taken);
            }
            Held::File(file, len) => {
                file.write_all(taken)?;
                *len += taken.len() as u64;
            }
        }
        self.crc.update(taken);
        Ok(taken.len())
    }

    /// Whether [`Part::fill`] writes to a disk.
    pub(super) fn is_spooled(&self) -> bool {
        matches!(self.held, Held::File(..))
    }

    pub(super) fn full(self) -> Content {
        let crc = self.crc.finalize();
        match self.held {
            Held::Memory(bytes) => {
                Content { crc, len: bytes.len() as u64, source: Source::Memory(bytes.freeze()) }
            }
            Held::File(file, len) => Content { crc, len, source: Source::File(Arc::new(file)) },
        }
    }
}

/// Bytes to be sent, as often as it takes.
#[derive(Clone)]
pub(super) struct Content {
    pub(super) crc: u32,
    pub(super) len: u64,
    source: Source,
}

#[derive(Clone)]
enum Source {
    Memory(Bytes),
    File(Arc<File>),
}

impl Content {
    pub(super) fn of(bytes: Bytes) -> Self {
        Self { crc: crc32fast::hash(&bytes), len: bytes.len() as u64, source: Source::Memory(bytes) }
    }

    pub(super) fn body(&self) -> ByteStream {
        match &self.source {
            Source::Memory(bytes) => ByteStream::from(bytes.clone()),
            Source::File(file) => {
                let (file, len) = (file.clone(), self.len);
                let body = move || SdkBody::from_body_1_x(Spooled::new(file.clone(), len));
                ByteStream::new(SdkBody::retryable(body))
            }
        }
    }

    pub(super) fn is_spooled(&self) -> bool {
        matches!(self.source, Source::File(_))
    }
}

/// How much of a file is read at a time.
const CHUNK: u64 = 256 << 10;

/// The body of a request that is read from a file.
struct Spooled {
    file: Arc<File>,
    at: u64,
    len: u64,
    reading: Option<JoinHandle<std::io::Result<Bytes>>>,
}

impl Spooled {
    fn new(file: Arc<File>, len: u64) -> Self {
        Self { file, at: 0, len, reading: None }
    }
}

impl Body for Spooled {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if self.at == self.len {
            return Poll::Ready(None);
        }
        let (file, at, len) = (self.file.clone(), self.at, CHUNK.min(self.len - self.at));
        let reading = self.reading.get_or_insert_with(|| {
            tokio::task::spawn_blocking(move || {
                let mut bytes = vec![0; len as usize];
                read_exact_at(&file, &mut bytes, at)?;
                Ok(Bytes::from(bytes))
            })
        });
        let read = ready!(Pin::new(reading).poll(context)).unwrap_or_else(|e| Err(std::io::Error::other(e)));
        self.reading = None;
        self.at += len;
        Poll::Ready(Some(read.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.at == self.len
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.len - self.at)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// 5 TiB, the most that S3 takes, in at most 10,000 parts, of which each but the last has a size that S3 takes.
    #[test]
    fn largest_object_fits_into_ten_thousand_parts() {
        let sizes = PartSizes::default();
        let total: u64 = (1..=MOST_PARTS).map(|number| sizes.of(number)).sum();
        assert!(total >= 5 << 40, "{total}");
        for number in 1..=MOST_PARTS {
            assert!((SMALLEST_PART..=LARGEST_PART).contains(&sizes.of(number)), "part {number}");
            assert!(
                sizes.of(number) >= sizes.of(number.max(2) - 1),
                "part {number} is smaller than the one before"
            );
        }
        // What is filled, and three that are being sent.
        let in_memory = (1..=MOST_PARTS).map(|n| sizes.of(n)).filter(|size| *size <= sizes.in_memory).max();
        assert!(4 * in_memory.unwrap() <= 64 * MIB);
        // 1 GiB: no more than 32 MiB are held.
        assert_eq!(sizes.of(128), 8 * MIB);
    }

    #[test]
    fn part_takes_what_it_has_room_for() {
        for in_memory in [0, 100] {
            let sizes = PartSizes { steps: &[(1, 10)], in_memory };
            let mut part = Part::new(10, &sizes).unwrap();
            assert_eq!(part.is_spooled(), in_memory == 0);
            assert_eq!(part.fill(b"0123456").unwrap(), 7);
            assert!(!part.is_full());
            assert_eq!(part.fill(b"789abc").unwrap(), 3);
            assert!(part.is_full());
            assert_eq!(part.fill(b"abc").unwrap(), 0);
            let content = part.full();
            assert_eq!((content.len, content.crc), (10, crc32fast::hash(b"0123456789")));
        }
    }

    /// Sent twice, as after a failure.
    #[tokio::test]
    async fn spooled_part_is_read_again_from_its_start() {
        let bytes: Vec<u8> = (0..=255).cycle().take(CHUNK as usize * 2 + 17).collect();
        let sizes = PartSizes { steps: &[(1, 1 << 20)], in_memory: 0 };
        let mut part = Part::new(1 << 20, &sizes).unwrap();
        part.fill(&bytes).unwrap();
        let body = part.full().body();
        let again = SdkBody::try_clone(&body.into_inner()).unwrap();
        assert_eq!(again.content_length(), Some(bytes.len() as u64));
        let once = again.try_clone().unwrap();
        for body in [once, again] {
            assert_eq!(ByteStream::new(body).collect().await.unwrap().to_vec(), bytes);
        }
    }
}

//! The connection that the SMTP client speaks over.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// So much may a server say in one conversation, in bytes. The client itself waits for the end of a line, however
/// long.
const BYTES_MAX: usize = 64 * 1024;

/// So many lines may a server say in one conversation: each recipient needs one, and the rest few. The client reads an
/// answer anew from its start with each line of it, and none of its waiting ends that.
const LINES_MAX: usize = 500;

/// What the client is told in the place of a greeting after `STARTTLS`, where there is none.
pub(super) const GREETED: &[u8] = b"220 TLS\r\n";

/// A connection that ends when the server says too much.
pub(super) struct Wire<S> {
    stream: S,
    peer: SocketAddr,
    /// What is read before anything of the server.
    first: &'static [u8],
    bytes: usize,
    lines: usize,
}

impl<S> Wire<S> {
    pub(super) fn new(stream: S, peer: SocketAddr, first: &'static [u8]) -> Self {
        Self { stream, peer, first, bytes: BYTES_MAX, lines: LINES_MAX }
    }
}

impl<S> fmt::Debug for Wire<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> AsyncTokioStream for Wire<S> {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.first.is_empty() {
            let (now, later) = self.first.split_at(self.first.len().min(buffer.remaining()));
            buffer.put_slice(now);
            self.first = later;
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        let said = &buffer.filled()[before..];
        let lines = said.iter().filter(|byte| **byte == b'\n').count();
        match (self.bytes.checked_sub(said.len()), self.lines.checked_sub(lines)) {
            (Some(bytes), Some(lines)) => (self.bytes, self.lines) = (bytes, lines),
            _ => {
                buffer.set_filled(before);
                return Poll::Ready(Err(io::Error::other("the server says too much")));
            }
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    #[tokio::test]
    async fn a_server_that_never_ends_its_line_is_cut_off() {
        let mut wire = Wire::new(tokio::io::repeat(b'2'), ([127, 0, 0, 1], 25).into(), GREETED);
        let mut said = Vec::new();
        assert!(wire.read_to_end(&mut said).await.is_err());
        assert!(said.starts_with(GREETED) && said.len() <= GREETED.len() + BYTES_MAX);
    }
}

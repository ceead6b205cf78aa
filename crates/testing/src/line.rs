//! A bad line: a proxy between a store and its server that is slow, and that breaks.

use std::net::{Ipv4Addr, SocketAddr, TcpListener as Listener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// How bad it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quality {
    /// The most that one direction of one connection passes on in a second; `None` for no limit.
    pub bytes_per_second: Option<u64>,
    /// Each connection breaks when it has passed on this many bytes towards the server.
    pub break_after: Option<u64>,
}

/// A running proxy, with threads of its own. Connections end with it.
pub struct Line {
    address: SocketAddr,
    breaks: Arc<AtomicU64>,
    runtime: Option<Runtime>,
}

impl Line {
    /// Starts one to a server, such as `127.0.0.1:9000`.
    ///
    /// # Panics
    /// When it can't listen.
    #[must_use]
    pub fn to(server: &str, quality: Quality) -> Self {
        let listen = || -> std::io::Result<_> {
            let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0))?;
            listener.set_nonblocking(true)?;
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
            Ok((listener.local_addr()?, listener, runtime))
        };
        let (address, listener, runtime) = listen().unwrap_or_else(|e| panic!("no proxy: {e}"));
        let breaks = Arc::<AtomicU64>::default();
        let (server, count) = (server.to_owned(), breaks.clone());
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap_or_else(|e| panic!("no proxy: {e}"));
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, server.clone(), quality, count.clone()));
            }
        });
        Self { address, breaks, runtime: Some(runtime) }
    }

    /// Host and port.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// How many connections have broken.
    #[must_use]
    pub fn breaks(&self) -> u64 {
        self.breaks.load(Ordering::SeqCst)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn serve(client: TcpStream, server: String, quality: Quality, breaks: Arc<AtomicU64>) {
    let Ok(upstream) = TcpStream::connect(server).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = upstream.into_split();
    let back = Quality { break_after: None, ..quality };
    // Whichever ends first takes the other along.
    let broken = tokio::select! {
        broken = pass(from_client, to_server, quality) => broken,
        broken = pass(from_server, to_client, back) => broken,
    };
    breaks.fetch_add(u64::from(broken), Ordering::SeqCst);
}

/// Returns whether the line broke.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, quality: Quality) -> bool {
    let mut buffer = vec![0; 16 << 10];
    let mut left = quality.break_after.unwrap_or(u64::MAX);
    while let Ok(len @ 1..) = from.read(&mut buffer).await {
        if let Some(speed) = quality.bytes_per_second {
            tokio::time::sleep(Duration::from_secs_f64(len as f64 / speed as f64)).await;
        }
        if to.write_all(&buffer[..len]).await.is_err() {
            return false;
        }
        left = left.saturating_sub(len as u64);
        if left == 0 {
            return true;
        }
    }
    false
}

//! A gate before a server: it counts the requests, and lets those fail that a test names, whichever store they are of.
//!
//! Every request has a connection of its own towards the server, so that the end of an answer is the end of the
//! connection; that is all the gate has to know of HTTP beside heads and `content-length`.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as Listener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It is not carried out, and answered with 503.
    Busy,
    /// It is not carried out, and the connection is reset.
    Reset,
    /// Half of it arrives, then the connection is reset.
    CutRequest,
    /// It is carried out, and the connection is cut instead of an answer.
    LoseAnswer,
    /// It is carried out, and the connection is cut in the middle of the answer.
    CutAnswer,
    /// The answer comes so much later.
    Delay(Duration),
}

/// Of the requests from `first` on, every `step`th one is in trouble.
#[derive(Debug, Clone, Copy)]
struct Plan {
    trouble: Trouble,
    first: u64,
    step: u64,
}

#[derive(Default)]
struct State {
    plan: Option<Plan>,
    requests: u64,
    troubled: u64,
}

/// A running gate, with a thread of its own.
pub struct Gate {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    runtime: Option<Runtime>,
}

impl Gate {
    /// Starts one before a server, such as `127.0.0.1:9000`.
    ///
    /// # Panics
    /// When it can't listen.
    #[must_use]
    pub fn before(server: &str) -> Self {
        let listen = || -> io::Result<_> {
            let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0))?;
            listener.set_nonblocking(true)?;
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
            Ok((listener.local_addr()?, listener, runtime))
        };
        let (address, listener, runtime) = listen().unwrap_or_else(|e| panic!("no gate: {e}"));
        let state = Arc::<Mutex<State>>::default();
        let (server, shared) = (server.to_owned(), state.clone());
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap_or_else(|e| panic!("no gate: {e}"));
            while let Ok((client, _)) = listener.accept().await {
                let (server, state) = (server.clone(), shared.clone());
                // Broken connections are expected here, on either side.
                tokio::spawn(async move { drop(pass(client, &server, &state).await) });
            }
        });
        Self { address, state, runtime: Some(runtime) }
    }

    /// Host and port.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Counts anew: the `first` request from now on, counted from 1, and every `step`th after it, are in trouble.
    /// A step of 1 is a server that is gone from there on.
    pub fn trouble(&self, trouble: Trouble, first: u64, step: u64) {
        *locked(&self.state) = State { plan: Some(Plan { trouble, first, step }), ..State::default() };
    }

    /// Lets everything pass, and counts anew. Returns how many requests came and how many of them were in trouble.
    pub fn open(&self) -> (u64, u64) {
        let before = std::mem::take(&mut *locked(&self.state));
        (before.requests, before.troubled)
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl State {
    fn next(&mut self) -> Option<Trouble> {
        self.requests += 1;
        let plan = self.plan.filter(|plan| {
            self.requests.checked_sub(plan.first).is_some_and(|after| after % plan.step == 0)
        })?;
        self.troubled += 1;
        Some(plan.trouble)
    }
}

/// One request and its answer.
async fn pass(mut client: TcpStream, server: &str, state: &Mutex<State>) -> io::Result<()> {
    let Some((head, begun)) = read_head(&mut client).await? else { return Ok(()) };
    let rest = content_length(&head).saturating_sub(begun.len());
    let trouble = locked(state).next();
    match trouble {
        Some(Trouble::Reset) => return client.set_zero_linger(),
        Some(Trouble::Busy) => {
            read_exactly(&mut client, rest).await?;
            let answer = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            return client.write_all(answer.as_bytes()).await;
        }
        _ => {}
    }
    let mut upstream = TcpStream::connect(server).await?;
    let end = head.len() - 2;
    upstream.write_all(&head[..end]).await?;
    upstream.write_all(b"connection: close\r\n\r\n").await?;
    upstream.write_all(&begun).await?;
    if trouble == Some(Trouble::CutRequest) {
        let half = read_exactly(&mut client, rest / 2).await?;
        upstream.write_all(&half).await?;
        upstream.set_zero_linger()?;
        return client.set_zero_linger();
    }
    if trouble.is_none() {
        // Both ways at once: an answer may come before the request has been read to its end.
        let (mut from_client, mut to_client) = client.split();
        let (mut from_server, mut to_server) = upstream.split();
        let mut body = (&mut from_client).take(rest as u64);
        let (sent, answered) = tokio::join!(tokio::io::copy(&mut body, &mut to_server), async {
            tokio::io::copy(&mut from_server, &mut to_client).await
        });
        return sent.and(answered).map(drop);
    }
    upstream.write_all(&read_exactly(&mut client, rest).await?).await?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer).await?;
    match trouble {
        Some(Trouble::CutAnswer) => {
            let head = position(&answer).unwrap_or(0);
            let body = answer.len() - head;
            // An answer without a body is cut in its head.
            let cut = if body > 1 { head + body / 2 } else { head / 2 };
            client.write_all(&answer[..cut]).await
        }
        Some(Trouble::Delay(time)) => {
            tokio::time::sleep(time).await;
            client.write_all(&answer).await
        }
        _ => client.set_zero_linger(),
    }
}

/// The head with its empty line, and what has come of the body; `None` when nothing came.
async fn read_head(client: &mut TcpStream) -> io::Result<Option<(Vec<u8>, Vec<u8>)>> {
    let mut read = Vec::new();
    loop {
        if let Some(end) = position(&read) {
            let body = read.split_off(end);
            return Ok(Some((read, body)));
        }
        if client.read_buf(&mut read).await? == 0 {
            return Ok(None);
        }
    }
}

/// Where the body begins.
fn position(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

fn content_length(head: &[u8]) -> usize {
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    let value = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    value.and_then(|value| value.trim().parse().ok()).unwrap_or(0)
}

async fn read_exactly(client: &mut TcpStream, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    client.read_exact(&mut bytes).await?;
    Ok(bytes)
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

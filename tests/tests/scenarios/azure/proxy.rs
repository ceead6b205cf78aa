//! Between a store and its server: counts what is sent, cuts answers, and changes them to what Azurite never says.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Ends with the runtime of the test.
pub(crate) struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    sent: AtomicU64,
    requests: Mutex<Vec<String>>,
    cuts: Mutex<Vec<Cut>>,
    changes: Mutex<Vec<(&'static str, Change)>>,
}

/// What becomes of an answer.
#[derive(Clone)]
enum Change {
    /// It gets one header more.
    Header(String),
    /// It has another body.
    Body(String),
}

/// Of the answer to a request whose head holds these words, so many bytes come through.
struct Cut {
    words: &'static str,
    after: usize,
}

impl Proxy {
    pub(crate) async fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let (server, shared) = (server.to_owned(), state.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, server.clone(), shared.clone()));
            }
        });
        Self { address, state }
    }

    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Cuts one answer.
    pub(crate) fn cut(&self, words: &'static str, after: usize) {
        self.state.cuts.lock().unwrap().push(Cut { words, after });
    }

    /// From now on answers to requests whose head holds these words have this header, too.
    pub(crate) fn add_header(&self, words: &'static str, header: &str) {
        self.state.changes.lock().unwrap().push((words, Change::Header(header.to_owned())));
    }

    /// From now on answers to requests whose head holds these words have this body.
    pub(crate) fn set_body(&self, words: &'static str, body: &str) {
        self.state.changes.lock().unwrap().push((words, Change::Body(body.to_owned())));
    }

    /// How many cuts have not happened.
    pub(crate) fn cuts_left(&self) -> usize {
        self.state.cuts.lock().unwrap().len()
    }

    /// Bytes of bodies and heads that the server has got since the last call, and the requests.
    pub(crate) fn take(&self) -> (u64, Vec<String>) {
        let requests = std::mem::take(&mut *self.state.requests.lock().unwrap());
        (self.state.sent.swap(0, Ordering::SeqCst), requests)
    }
}

/// One connection: requests come one after the other, each with its head in one piece or more.
async fn serve(client: TcpStream, server: String, state: Arc<State>) {
    let Ok(upstream) = TcpStream::connect(server).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = upstream.into_split();
    let limit = Arc::new(Mutex::new(None::<usize>));
    let changes = Arc::new(Mutex::new(Vec::new()));

    let (up, shared, wanted) = (limit.clone(), state.clone(), changes.clone());
    let forward = tokio::spawn(async move {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(len @ 1..) = from_client.read(&mut buffer).await {
            let bytes = &buffer[..len];
            shared.sent.fetch_add(len as u64, Ordering::SeqCst);
            note(&shared, &up, &wanted, bytes);
            if to_server.write_all(bytes).await.is_err() {
                break;
            }
        }
    });
    let mut buffer = vec![0; 64 << 10];
    while let Ok(len @ 1..) = from_server.read(&mut buffer).await {
        let wanted = std::mem::take(&mut *changes.lock().unwrap_or_else(PoisonError::into_inner));
        let (changed, ended) = change(&buffer[..len], wanted);
        let mut bytes = changed.as_slice();
        let cut = {
            let mut left = limit.lock().unwrap_or_else(PoisonError::into_inner);
            match left.as_mut() {
                Some(left) if bytes.len() >= *left => {
                    bytes = &bytes[..*left];
                    true
                }
                Some(left) => {
                    *left -= bytes.len();
                    false
                }
                None => false,
            }
        };
        if to_client.write_all(bytes).await.is_err() || cut || ended {
            break;
        }
    }
    forward.abort();
}

/// The beginning of an answer as it is to be, and whether that is all of it.
fn change(bytes: &[u8], changes: Vec<Change>) -> (Vec<u8>, bool) {
    let mut text = bytes.to_vec();
    for change in changes {
        match change {
            Change::Header(header) => {
                let line = text.windows(2).position(|pair| pair == b"\r\n").map_or(0, |at| at + 2);
                text.splice(line..line, format!("{header}\r\n").into_bytes());
            }
            Change::Body(body) => {
                let len = body.len();
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/xml\r\nconnection: close";
                return (format!("{head}\r\ncontent-length: {len}\r\n\r\n{body}").into_bytes(), true);
            }
        }
    }
    (text, false)
}

fn note(state: &State, limit: &Mutex<Option<usize>>, changes: &Mutex<Vec<Change>>, bytes: &[u8]) {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]);
    let Some(line) = text.lines().next().filter(|line| line.ends_with("HTTP/1.1")) else { return };
    state.requests.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned());
    let all = state.changes.lock().unwrap_or_else(PoisonError::into_inner);
    let wanted = all.iter().filter(|(words, _)| text.contains(words)).map(|(_, change)| change.clone());
    *changes.lock().unwrap_or_else(PoisonError::into_inner) = wanted.collect();
    let mut cuts = state.cuts.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(at) = cuts.iter().position(|cut| text.contains(cut.words)) {
        *limit.lock().unwrap_or_else(PoisonError::into_inner) = Some(cuts.remove(at).after);
    }
}

//! An HTTP server that answers whatever a test wants, without end if need be: a store in the hands of somebody else.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A request as far as tests look at it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Such as `GET`.
    pub method: String,
    /// With the query.
    pub path: String,
    /// The first and the last byte that are asked for.
    pub range: Option<(u64, u64)>,
    /// How many requests came before it.
    pub number: u64,
}

/// What is answered.
#[derive(Debug, Clone)]
pub struct Hostile {
    status: u16,
    headers: Vec<(String, String)>,
    body: Body,
}

#[derive(Debug, Clone)]
enum Body {
    Whole(Vec<u8>),
    /// A beginning, and then this for ever.
    Endless(Vec<u8>, Vec<u8>),
    /// One byte in so much time, of a body that is said to have so many.
    Drip(Duration, u64),
    /// Nothing, not even a status.
    Silence,
}

impl Hostile {
    /// A body, whole.
    #[must_use]
    pub fn whole(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: Body::Whole(body.into()) }
    }

    /// A beginning, and then `again` for ever.
    #[must_use]
    pub fn endless(status: u16, start: &str, again: &str) -> Self {
        Self { status, headers: Vec::new(), body: Body::Endless(start.into(), again.into()) }
    }

    /// One byte in so much time, of `len` bytes.
    #[must_use]
    pub fn drip(status: u16, every: Duration, len: u64) -> Self {
        Self { status, headers: Vec::new(), body: Body::Drip(every, len) }
    }

    /// No answer at all.
    #[must_use]
    pub fn silence() -> Self {
        Self { status: 0, headers: Vec::new(), body: Body::Silence }
    }

    /// With this header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }
}

/// The server. It answers as long as the test process lives.
pub struct HostileServer {
    endpoint: String,
    asked: Arc<AtomicU64>,
}

impl HostileServer {
    /// Answers every request so.
    ///
    /// # Panics
    /// When there is no free port.
    #[must_use]
    pub fn start(answer: impl Fn(&Asked) -> Hostile + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap_or_else(|e| panic!("no free port: {e}"));
        let address = listener.local_addr().unwrap_or_else(|e| panic!("no address: {e}"));
        let (answer, asked) = (Arc::new(answer), Arc::new(AtomicU64::new(0)));
        let counted = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, counted) = (answer.clone(), counted.clone());
                // A client that is gone ends its connection.
                std::thread::spawn(move || serve(&stream, &counted, answer.as_ref()));
            }
        });
        Self { endpoint: format!("http://{address}"), asked }
    }

    /// Its address.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// How many requests came.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }
}

fn serve(stream: &TcpStream, counted: &AtomicU64, answer: &dyn Fn(&Asked) -> Hostile) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let mut words = line.split_whitespace();
        let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
        let (mut range, mut length) = (None, 0);
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok().filter(|read| *read > 0)?;
            let header = header.trim().to_ascii_lowercase();
            let Some((name, value)) = header.split_once(':') else { break };
            match name {
                "range" | "x-ms-range" => {
                    let (first, last) = value.trim().strip_prefix("bytes=")?.split_once('-')?;
                    range = Some((first.parse().ok()?, last.parse().ok()?));
                }
                "content-length" => length = value.trim().parse().ok()?,
                _ => {}
            }
        }
        std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink()).ok()?;
        let number = counted.fetch_add(1, Ordering::Relaxed);
        let asked = Asked { method, path, range, number };
        let answer = answer(&asked);
        send(stream, &asked, &answer)?;
    }
}

fn send(mut stream: &TcpStream, asked: &Asked, answer: &Hostile) -> Option<()> {
    let headers: String = answer.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let start = format!("HTTP/1.1 {} X\r\n{headers}", answer.status);
    match &answer.body {
        Body::Silence => loop {
            std::thread::sleep(Duration::from_secs(3600));
        },
        Body::Whole(bytes) => {
            let is_told = answer.headers.iter().any(|(name, _)| name == "content-length");
            let length = if is_told { String::new() } else { format!("content-length: {}\r\n", bytes.len()) };
            let bytes: &[u8] = if asked.method == "HEAD" { &[] } else { bytes };
            stream.write_all(&[format!("{start}{length}\r\n").as_bytes(), bytes].concat()).ok()
        }
        Body::Endless(first, again) => {
            stream.write_all(format!("{start}transfer-encoding: chunked\r\n\r\n").as_bytes()).ok()?;
            chunk(stream, first)?;
            loop {
                chunk(stream, again)?;
            }
        }
        Body::Drip(every, len) => {
            stream.write_all(format!("{start}content-length: {len}\r\n\r\n").as_bytes()).ok()?;
            for _ in 0..*len {
                stream.write_all(b"A").ok()?;
                std::thread::sleep(*every);
            }
            Some(())
        }
    }
}

fn chunk(mut stream: &TcpStream, bytes: &[u8]) -> Option<()> {
    stream.write_all(&[format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()).ok()
}

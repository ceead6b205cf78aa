//! A receiver of notices, which answers as it is asked to.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// What was sent to it.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// With the query.
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_else(|| panic!("no {name}: {self:?}"))
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// How it answers.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// With this status, and these headers.
    Status(u16, &'static str),
    /// With this status, and the path that was asked for.
    Echo(u16),
    /// Not at all, until the other end gives up.
    Nothing,
}

#[derive(Default)]
struct Shared {
    requests: Vec<Request>,
    answers: VecDeque<Answer>,
}

/// Answers 204 unless it is told otherwise.
pub(crate) struct Receiver {
    port: u16,
    shared: Arc<Mutex<Shared>>,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared: Arc<Mutex<Shared>> = Arc::default();
        let of_thread = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = of_thread.clone();
                thread::spawn(move || drop(serve(stream.unwrap(), &shared)));
            }
        });
        Self { port, shared }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next requests are answered so, one after the other.
    pub(crate) fn answers(&self, answers: &[Answer]) {
        self.shared().answers.extend(answers.iter().cloned());
    }

    /// What has come since the last time.
    pub(crate) fn take(&self) -> Vec<Request> {
        std::mem::take(&mut self.shared().requests)
    }

    /// Waits until so many have come.
    pub(crate) fn wait_for(&self, requests: usize) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.shared().requests.len() < requests {
            assert!(Instant::now() < deadline, "{requests} requests did not come");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn serve(stream: TcpStream, shared: &Mutex<Shared>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, value)| value.parse().unwrap())];
    reader.read_exact(&mut body)?;
    let answer = {
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.requests.push(Request { path: path.clone(), headers, body: String::from_utf8(body).unwrap() });
        shared.answers.pop_front().unwrap_or(Answer::Status(204, ""))
    };
    let mut stream = stream;
    match answer {
        Answer::Status(status, more) => {
            write!(stream, "HTTP/1.1 {status} x\r\n{more}content-length: 0\r\nconnection: close\r\n\r\n")
        }
        Answer::Echo(status) => {
            let words = format!("Cannot POST {path}");
            write!(
                stream,
                "HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{words}",
                words.len()
            )
        }
        Answer::Nothing => {
            // Ends when the other end has closed the connection.
            reader.read(&mut [0; 1]).map(drop)
        }
    }
}

//! s3s-fs in the test process: it checks signatures, checksums and conditions for real, and fails on demand.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use aitta_engine::store::S3Store;
use bytes::Bytes;
use hyper::body::{Body as _, Frame, Incoming};
use hyper::http::uri::{Authority, Scheme};
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tokio::runtime::Runtime;
use tokio::sync::Barrier;

use super::{BUCKET, Keys, Moto, store};

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum S3Call {
    /// HEAD of an object.
    Head,
    /// GET of an object.
    Get,
    /// PUT of an object.
    Put,
    /// DELETE of an object.
    Delete,
    /// A list of objects.
    List,
    /// The beginning of an upload in parts.
    Begin,
    /// A part.
    Part,
    /// A part that is copied from an object.
    Copy,
    /// A list of the parts of an upload.
    Parts,
    /// The end of an upload in parts.
    Complete,
    /// The removal of an upload in parts.
    Abort,
    /// Anything else.
    Other,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// The request is not carried out, and answered with this status and code.
    Answer(u16, &'static str),
    /// The request is not carried out, and answered with this status, code and header.
    AnswerWith(u16, &'static str, (&'static str, &'static str)),
    /// An answer with status 200, and the error in its body.
    HiddenError(&'static str),
    /// The request is not carried out, and answered as if it had been.
    Pretend,
    /// The connection is cut before the request is carried out.
    Cut,
    /// The request is carried out, and the connection is cut instead of an answer.
    LoseAnswer,
    /// The answer is cut after this many bytes of its body.
    CutBody(usize),
}

/// A request that came.
#[derive(Debug, Clone)]
pub struct Seen {
    /// What it asked for.
    pub call: S3Call,
    /// Bytes of its body.
    pub sent: u64,
    /// Its range, if any.
    pub range: Option<String>,
}

/// A running server with [`BUCKET`]. It has its own threads, so that tests that block don't stop it.
pub struct S3Server {
    address: SocketAddr,
    keys: Keys,
    folder: tempfile::TempDir,
    runtime: Option<Runtime>,
    state: Arc<State>,
}

struct State {
    behind: Behind,
    seen: Mutex<Vec<Seen>>,
    faults: Mutex<Vec<(S3Call, Fault)>>,
    meeting: Mutex<Option<(S3Call, Arc<Barrier>)>>,
    /// Requests that have met go on one after the other: the server itself does not guard against races.
    turn: tokio::sync::Mutex<()>,
}

/// What carries requests out.
enum Behind {
    Files(S3Service),
    Another(Box<Proxy>),
}

struct Proxy {
    authority: Authority,
    client: Client<HttpConnector, s3s::Body>,
}

impl S3Server {
    /// Starts one on a free port.
    ///
    /// # Panics
    /// When it doesn't start.
    #[must_use]
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("there is no temporary folder: {e}"));
        std::fs::create_dir(folder.path().join(BUCKET)).unwrap_or_else(|e| panic!("no bucket: {e}"));
        let files = FileSystem::new(folder.path()).unwrap_or_else(|e| panic!("the S3 server: {e:?}"));
        let keys = Keys { id: "AKIAAITTATEST".to_owned(), secret: "kataja/pihlaja+5150".to_owned() };
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(SimpleAuth::from_single(keys.id.clone(), keys.secret.clone()));
        Self::over(Behind::Files(builder.build()), keys, folder)
    }

    /// Starts one that hands all requests on to moto, but for those that it lets fail.
    ///
    /// # Panics
    /// When it doesn't start.
    #[must_use]
    pub fn before(moto: &Moto) -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("there is no temporary folder: {e}"));
        let authority = moto.endpoint().trim_start_matches("http://").parse();
        let authority = authority.unwrap_or_else(|e| panic!("{}: {e}", moto.endpoint()));
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self::over(Behind::Another(Box::new(Proxy { authority, client })), moto.keys().clone(), folder)
    }

    fn over(behind: Behind, keys: Keys, folder: tempfile::TempDir) -> Self {
        let state = State {
            behind,
            seen: Mutex::default(),
            faults: Mutex::default(),
            meeting: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        };
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut server = Self { address: any_port, keys, folder, runtime: None, state: Arc::new(state) };
        server.restart();
        server
    }

    /// Stops it; connections are cut.
    pub fn stop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    /// Starts it again on the same port.
    ///
    /// # Panics
    /// When the port is taken.
    pub fn restart(&mut self) {
        self.stop();
        let listener = bound(self.address);
        self.address = listener.local_addr().unwrap_or(self.address);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.unwrap_or_else(|e| panic!("the S3 server has no threads: {e}"));
        runtime.spawn(serve(listener, self.state.clone()));
        self.runtime = Some(runtime);
    }

    /// Its address.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What opens it.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The store in [`BUCKET`].
    #[must_use]
    pub fn store(&self) -> S3Store {
        store(&self.endpoint(), &self.keys)
    }

    /// Folder of all buckets.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.folder.path()
    }

    /// Lets the next request of this kind fail. Said again, the one after it, too.
    pub fn fail(&self, call: S3Call, fault: Fault) {
        locked(&self.state.faults).push((call, fault));
    }

    /// Whether all faults have happened.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        locked(&self.state.faults).is_empty()
    }

    /// The next `count` requests of this kind wait for each other, and are then carried out one by one.
    pub fn let_meet(&self, call: S3Call, count: usize) {
        *locked(&self.state.meeting) = Some((call, Arc::new(Barrier::new(count))));
    }

    /// The requests since the last time.
    #[must_use]
    pub fn take_seen(&self) -> Vec<Seen> {
        std::mem::take(&mut *locked(&self.state.seen))
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The port of a server that was stopped is free a moment later.
fn bound(address: SocketAddr) -> TcpListener {
    for _ in 0..100 {
        if let Ok(listener) = TcpListener::bind(address) {
            return listener;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{address} can't be listened at");
}

async fn serve(listener: TcpListener, state: Arc<State>) {
    let listener = listener.set_nonblocking(true).and_then(|()| tokio::net::TcpListener::from_std(listener));
    let listener = listener.unwrap_or_else(|e| panic!("the S3 server can't listen: {e}"));
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let state = state.clone();
        tokio::spawn(async move {
            let answer = |request| answer(state.clone(), request);
            let mut http = hyper::server::conn::http1::Builder::new();
            let connection = http
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), hyper::service::service_fn(answer));
            // A connection that was cut, by either side.
            drop(connection.await);
        });
    }
}

type Cut = Box<dyn std::error::Error + Send + Sync>;

async fn answer(state: Arc<State>, request: Request<Incoming>) -> Result<Response<s3s::Body>, Cut> {
    let call = call_of(&request);
    let range = request.headers().get("range").and_then(|range| range.to_str().ok()).map(str::to_owned);
    let sent = request.body().size_hint().exact().unwrap_or_default();
    locked(&state.seen).push(Seen { call, sent, range });
    let fault = {
        let mut faults = locked(&state.faults);
        let found = faults.iter().position(|(failing, _)| *failing == call);
        found.map(|at| faults.remove(at).1)
    };
    let request = request.map(s3s::Body::from);
    let request = if matches!(
        fault,
        Some(Fault::Answer(..) | Fault::AnswerWith(..) | Fault::HiddenError(_) | Fault::Pretend)
    ) {
        // Or the client would see a cut connection and never the answer.
        let (parts, mut body) = request.into_parts();
        body.store_all_limited(MOST).await.map_err(|e| format!("{e:?}"))?;
        Request::from_parts(parts, s3s::Body::empty())
    } else {
        request
    };
    match fault {
        Some(Fault::Answer(status, code)) => return Ok(refusal(call, status, code)),
        Some(Fault::AnswerWith(status, code, (name, value))) => {
            let mut refusal = refusal(call, status, code);
            refusal.headers_mut().insert(name, hyper::header::HeaderValue::from_static(value));
            return Ok(refusal);
        }
        Some(Fault::HiddenError(code)) => return Ok(refusal(call, 200, code)),
        Some(Fault::Pretend) => return Ok(refusal(S3Call::Head, 200, "")),
        Some(Fault::Cut) => return Err("cut".into()),
        Some(Fault::LoseAnswer | Fault::CutBody(_)) | None => {}
    }
    let meeting = locked(&state.meeting).clone().filter(|(meeting, _)| *meeting == call);
    let _turn = match meeting {
        Some((_, barrier)) => {
            barrier.wait().await;
            Some(state.turn.lock().await)
        }
        None => None,
    };
    let answer = state.behind.carry_out(request).await?;
    match fault {
        Some(Fault::LoseAnswer) => {
            // Some answers are carried out only while they are sent.
            collected(answer).await?;
            Err("the answer is lost".into())
        }
        Some(Fault::CutBody(len)) => {
            let (mut parts, body) = collected(answer).await?;
            parts.headers.insert("content-length", body.len().into());
            let begun = Begun(Some(body.slice(..len.min(body.len()))));
            Ok(Response::from_parts(parts, s3s::Body::http_body(begun)))
        }
        _ => Ok(answer),
    }
}

impl Behind {
    async fn carry_out(&self, request: Request<s3s::Body>) -> Result<Response<s3s::Body>, Cut> {
        match self {
            Self::Files(service) => service.call(request).await.map_err(|e| format!("{e:?}").into()),
            Self::Another(proxy) => {
                let call = call_of(&request);
                let (mut parts, body) = request.into_parts();
                // The header with the name of the host stays: it is signed.
                let mut uri = parts.uri.into_parts();
                (uri.scheme, uri.authority) = (Some(Scheme::HTTP), Some(proxy.authority.clone()));
                parts.uri = Uri::from_parts(uri)?;
                let answer =
                    proxy.client.request(Request::from_parts(parts, body)).await?.map(s3s::Body::from);
                if call != S3Call::Parts {
                    return Ok(answer);
                }
                // moto calls its list of parts by a name that S3 does not know.
                let (mut parts, body) = collected(answer).await?;
                let body = std::str::from_utf8(&body)?.replace("ListPartsResponse", "ListPartsResult");
                parts.headers.insert("content-length", body.len().into());
                Ok(Response::from_parts(parts, s3s::Body::from(body)))
            }
        }
    }
}

/// The most that is held of a body.
const MOST: usize = 1 << 30;

/// A body that ends in the middle.
struct Begun(Option<Bytes>);

impl hyper::body::Body for Begun {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        Poll::Ready(Some(match self.0.take() {
            Some(bytes) if !bytes.is_empty() => Ok(Frame::data(bytes)),
            _ => Err("cut".into()),
        }))
    }
}

async fn collected(answer: Response<s3s::Body>) -> Result<(hyper::http::response::Parts, Bytes), Cut> {
    let (parts, mut body) = answer.into_parts();
    let bytes = body.store_all_limited(MOST).await.map_err(|e| format!("{e:?}"))?;
    Ok((parts, bytes))
}

fn refusal(call: S3Call, status: u16, code: &str) -> Response<s3s::Body> {
    let text = format!("<Error><Code>{code}</Code><Message>as the test wants it</Message></Error>");
    let body = if call == S3Call::Head { String::new() } else { text };
    let mut refusal = Response::new(s3s::Body::from(body));
    *refusal.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    refusal
}

fn call_of<B>(request: &Request<B>) -> S3Call {
    let query = request.uri().query().unwrap_or_default();
    let has = |name: &str| query.split('&').any(|part| part.split('=').next() == Some(name));
    let is_object = request.uri().path().trim_matches('/').contains('/');
    match *request.method() {
        Method::HEAD if is_object => S3Call::Head,
        Method::GET if has("uploadId") => S3Call::Parts,
        Method::GET if is_object => S3Call::Get,
        Method::GET if has("list-type") => S3Call::List,
        Method::POST if has("uploads") => S3Call::Begin,
        Method::POST if has("uploadId") => S3Call::Complete,
        Method::PUT if has("uploadId") && request.headers().contains_key("x-amz-copy-source") => S3Call::Copy,
        Method::PUT if has("uploadId") => S3Call::Part,
        Method::PUT if is_object => S3Call::Put,
        Method::DELETE if has("uploadId") => S3Call::Abort,
        Method::DELETE if is_object => S3Call::Delete,
        _ => S3Call::Other,
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

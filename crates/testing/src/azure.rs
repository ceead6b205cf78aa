//! Throwaway Azure Blob Storage: Microsoft's emulator Azurite, on a free port of this machine.
//!
//! It checks signatures and checksums as Azure does. It has neither versions nor immutability policies.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Child;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aitta_engine::store::{AzureConfig, StoreSecret};
use aitta_engine::store::{AzureLimits, AzureStore, Credentials};
use azure_core::base64;
use azure_core::credentials::Secret;
use azure_core::hmac::hmac_sha256;
use tempfile::TempDir;

/// Names the program `azurite-blob`; `cargo xtask test` sets it.
const VARIABLE: &str = "AITTA_TEST_AZURITE";

/// Peculiar, so that a test can look for it where no secret may appear.
const KEY: &[u8; 64] = b"kelo-honka-7319-aitta-azurite-kelo-honka-7319-aitta-azurite-abcd";

/// The storage account.
pub const ACCOUNT: &str = "aittatests";

/// The machine may be busy with other tests.
const READY_WITHIN: Duration = Duration::from_secs(90);

/// The version of Azure's protocol that the requests here speak.
const VERSION: &str = "2022-11-02";

/// A running Azurite. It is stopped, and what it holds removed, when it is dropped.
pub struct Azurite {
    dir: TempDir,
    port: u16,
    process: Option<Child>,
}

impl Azurite {
    /// Starts a server with one account and no container.
    ///
    /// # Panics
    /// When there is none, or it doesn't start.
    #[must_use]
    pub fn start() -> Self {
        let dir = tempfile::Builder::new().prefix("aitta-azurite-").tempdir();
        let mut server =
            Self { dir: dir.unwrap_or_else(|e| panic!("no temporary folder: {e}")), port: 0, process: None };
        // A free port may be taken by somebody else before the server has it.
        for _ in 0..5 {
            server.port = super::free_port();
            server.spawn();
            if server.is_ready() {
                return server;
            }
        }
        panic!("five times in a row Azurite did not start: {}", server.log());
    }

    /// Stops the server: its connections break. What it holds stays.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            drop(process.stdin.take());
            process.wait().unwrap_or_else(|e| panic!("Azurite can't be waited for: {e}"));
        }
    }

    /// Starts it again, on the same port.
    ///
    /// # Panics
    /// When it doesn't start.
    pub fn restart(&mut self) {
        self.spawn();
        assert!(self.is_ready(), "Azurite did not start again: {}", self.log());
    }

    fn spawn(&mut self) {
        let program = std::env::var_os(VARIABLE)
            .unwrap_or_else(|| panic!("{VARIABLE} names no azurite-blob: run `cargo xtask test`"));
        let mut shell = crate::leash::on_leash(program, self.dir.path());
        shell
            .args(["--blobHost", "127.0.0.1", "--blobPort", &self.port.to_string(), "--location", "data"])
            // The SDK speaks a version that Azurite may not have heard of yet.
            .args(["--silent", "--disableTelemetry", "--skipApiVersionCheck"])
            .env("AZURITE_ACCOUNTS", format!("{ACCOUNT}:{}", Self::key()));
        self.process = Some(shell.spawn().unwrap_or_else(|e| panic!("/bin/sh can't be run: {e}")));
    }

    /// False when it has ended, or another program answers.
    fn is_ready(&mut self) -> bool {
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            if let Ok(answer) = self.ask("GET", "?comp=list", &[], b"") {
                return answer.status == 200;
            }
            let ended = self.log().contains("EADDRINUSE") || self.log().contains("Exit");
            if ended || Instant::now() > deadline {
                self.stop();
                return false;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// The key of the account.
    #[must_use]
    pub fn key() -> String {
        base64::encode(KEY)
    }

    /// The address of the account.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}/{ACCOUNT}", self.address())
    }

    /// Host and port.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// A SAS of the account with these permissions, such as `rwdlac`, good from a day ago until so many seconds from
    /// now.
    #[must_use]
    pub fn sas(permissions: &str, seconds: i64) -> String {
        Self::sas_of("sco", permissions, seconds)
    }

    /// A SAS of the account for some kinds of things only: `s` the service, `c` containers, `o` blobs.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the emulator compares with the clock of the machine")]
    pub fn sas_of(kinds: &str, permissions: &str, seconds: i64) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() as i64;
        let expiry = aitta_model::Timestamp::from_second(now + seconds).unwrap_or_else(|e| panic!("{e}"));
        let text = format!("{ACCOUNT}\n{permissions}\nb\n{kinds}\n\n{expiry}\n\nhttps,http\n{VERSION}\n\n");
        let sig = hmac_sha256(&text, &Secret::new(Self::key())).unwrap_or_else(|e| panic!("{e}"));
        let sig = sig.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        format!("sv={VERSION}&ss=b&srt={kinds}&sp={permissions}&se={expiry}&spr=https,http&sig={sig}")
    }

    /// A new container.
    ///
    /// # Panics
    /// When it can't be made.
    pub fn create_container(&self, name: &str) {
        let answer = self.request("PUT", &format!("/{name}?restype=container"), &[], b"");
        assert_eq!(answer.status, 201, "{}", answer.body);
    }

    /// What a profile says of a store in a container.
    #[must_use]
    pub fn config(&self, container: &str) -> AzureConfig {
        AzureConfig {
            account: ACCOUNT.to_owned(),
            container: container.to_owned(),
            prefix: String::new(),
            endpoint: Some(self.endpoint()),
            tier: "Hot".to_owned(),
            plain_http: false,
        }
    }

    /// A store in a new container.
    #[must_use]
    pub fn store(&self, container: &str) -> AzureStore {
        self.create_container(container);
        self.store_with(container, azure_limits())
    }

    /// A store in a container, with other limits.
    #[must_use]
    pub fn store_with(&self, container: &str, limits: AzureLimits) -> AzureStore {
        let secret = StoreSecret::new(Self::key());
        AzureStore::with_limits(self.config(container), Credentials::given(secret), limits)
    }

    /// A request to the account, around the store.
    ///
    /// # Panics
    /// Without an answer.
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.ask(method, path, headers, body).unwrap_or_else(|e| panic!("{method} {path}: {e}"))
    }

    fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> std::io::Result<Answer> {
        let address = self.address();
        let mut stream = TcpStream::connect(&address)?;
        let separator = if path.contains('?') { '&' } else { '?' };
        let sas = Self::sas("rwdlactfx", 600);
        let mut head = format!("{method} /{ACCOUNT}{path}{separator}{sas} HTTP/1.1\r\nhost: {address}\r\n");
        head.push_str(&format!("x-ms-version: {VERSION}\r\nconnection: close\r\n"));
        head.push_str(&format!("content-length: {}\r\n", body.len()));
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(format!("{head}\r\n").as_bytes())?;
        stream.write_all(body)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let text = String::from_utf8_lossy(&answer);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        Ok(Answer { status, head: head.to_owned(), body: body.to_owned() })
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What Azurite has said.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Status line and headers.
    pub head: String,
    /// The body, as text.
    pub body: String,
}

impl Answer {
    /// A header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

/// Limits for a server that is near: what is gone is given up within a second or two.
#[must_use]
pub fn azure_limits() -> AzureLimits {
    AzureLimits {
        attempts: 3,
        first_wait: Duration::from_millis(20),
        longest_wait: Duration::from_millis(200),
        connect_within: Duration::from_secs(2),
        ..AzureLimits::default()
    }
}

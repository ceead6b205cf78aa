//! Throwaway PostgreSQL servers.
//!
//! A server lives in a temporary folder, listens on a Unix socket there (no password) and on a free TCP
//! port of 127.0.0.1 (with [`PASSWORD`], checked for real), and vanishes with its folder when the test
//! process ends, however it ends.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions, PgConnection};

mod binaries;
mod database;
mod dump;
mod keeper;
mod template;
mod user;

pub use binaries::{Binaries, client_tool};
pub use database::{TestDatabase, psql};
pub use dump::pg_dump_text;
pub use user::{in_temp_folder, is_root, run_as_ordinary_user};

use keeper::Keeper;

/// Name of the superuser of every test server.
pub const USER: &str = "postgres";

/// Its password over TCP. Peculiar, so that a test can look for it where no secret may appear.
pub const PASSWORD: &str = "kelo-honka-7319";

/// How long a server may take to answer. Generous: the machine may be busy with other tests.
const READY_WITHIN: Duration = Duration::from_secs(90);

/// How to start a server of one's own.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Settings of `postgresql.conf` that differ from those of the shared server.
    pub settings: Vec<(String, String)>,
    /// Folder with `initdb` and `postgres`; the newest that can be found, if not given.
    pub bin_dir: Option<PathBuf>,
    /// Flush to disk as a production server would.
    pub fsync: bool,
}

impl Options {
    /// Adds a setting of `postgresql.conf`.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl ToString) -> Self {
        self.settings.push((name.to_owned(), value.to_string()));
        self
    }

    /// Uses the server whose programs lie in this folder.
    #[must_use]
    pub fn bin_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.bin_dir = Some(dir.into());
        self
    }
}

/// A running PostgreSQL server.
pub struct TestServer {
    binaries: Binaries,
    port: u16,
    /// Stops the server and removes the folder when it is dropped.
    keeper: Mutex<Keeper>,
}

impl TestServer {
    /// The server that all tests of this process share. Starts it on first use.
    ///
    /// # Panics
    /// When there is no server to be found or it doesn't start.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<TestServer> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&Options::default()))
    }

    /// Starts a server of one's own, for tests that stop it or need other settings.
    ///
    /// # Panics
    /// When there is no server to be found or it doesn't start.
    #[must_use]
    pub fn start(options: &Options) -> Self {
        let binaries = match &options.bin_dir {
            Some(dir) => Binaries::in_dir(dir)
                .unwrap_or_else(|| panic!("there is no PostgreSQL server in {}", dir.display())),
            None => Binaries::find(),
        };
        let template = template::of(&binaries);
        // A free port may be taken by somebody else before the server has it.
        for _ in 0..5 {
            if let Some(server) = Self::try_start(&binaries, &template, options) {
                return server;
            }
        }
        panic!("five times in a row a free TCP port was taken by another program");
    }

    /// `None` when another program was quicker to take the port.
    fn try_start(binaries: &Binaries, template: &Path, options: &Options) -> Option<Self> {
        let dir = user::create_folder("aitta-pg-");
        let port = super::free_port();
        let mut keeper = Keeper::new(dir, &server_command(binaries, port, options));
        template::copy(template, &keeper.dir().join("data"));
        keeper.start();
        let server = Self { binaries: binaries.clone(), port, keeper: Mutex::new(keeper) };
        server.wait_until_ready().then_some(server)
    }

    /// Waits for the first connection. False when the port is taken.
    fn wait_until_ready(&self) -> bool {
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            // Over TCP: the socket alone would do even when the port belongs to somebody else.
            let options = self.tcp_options("postgres");
            let refused = match blocking(async move { options.connect().await }) {
                Ok(_) => return true,
                Err(e) => e,
            };
            let log = self.log();
            if log.contains("could not bind") {
                return false;
            }
            // Errors that ask a client to come back later are waited out.
            let gave_up = |line: &str| line.contains("FATAL:") && !line.contains("the database system is");
            if log.lines().any(gave_up) || Instant::now() > deadline {
                panic!("the PostgreSQL server does not start: {refused}\n{log}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Major version, such as 15.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.binaries.major
    }

    /// TCP port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Folder of the Unix socket.
    #[must_use]
    pub fn socket_dir(&self) -> PathBuf {
        self.keeper().dir().to_owned()
    }

    /// URL of a database over TCP, with the password.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        self.url_as(USER, PASSWORD, database)
    }

    /// URL of a database over TCP for another user or with another password.
    #[must_use]
    pub fn url_as(&self, user: &str, password: &str, database: &str) -> String {
        let [user, password, database] = [user, password, database].map(percent_encode);
        format!("postgres://{user}:{password}@127.0.0.1:{}/{database}", self.port)
    }

    /// URL of a database over the Unix socket, where no password is asked for.
    #[must_use]
    pub fn socket_url(&self, database: &str) -> String {
        let host = percent_encode(&self.socket_dir().display().to_string());
        format!("postgres://{USER}@localhost:{}/{}?host={host}", self.port, percent_encode(database))
    }

    /// A superuser's connection to the database `postgres`.
    ///
    /// # Panics
    /// When the server doesn't answer.
    pub async fn admin(&self) -> PgConnection {
        let connected = self.socket_options("postgres").connect().await;
        connected.unwrap_or_else(|e| panic!("the test server does not answer: {e}\n{}", self.log()))
    }

    /// A new, empty database, dropped with the value. `label` says in server logs whose it is.
    ///
    /// # Panics
    /// When it can't be created.
    pub async fn database(&self, label: &str) -> TestDatabase {
        TestDatabase::create(self, label).await
    }

    /// Stops the server as an administrator would: connections are ended, data is flushed.
    pub fn stop(&self) {
        self.keeper().stop("INT");
    }

    /// Stops the server as a power failure would. The next start recovers from its log.
    pub fn crash(&self) {
        self.keeper().stop("QUIT");
    }

    /// Starts the server again after [`Self::stop`] or [`Self::crash`], on the same port.
    ///
    /// # Panics
    /// When it doesn't start.
    pub fn start_again(&self) {
        self.keeper().start();
        assert!(self.wait_until_ready(), "port {} was taken while the server was stopped", self.port);
    }

    /// Stops the server and starts it again.
    ///
    /// # Panics
    /// When it doesn't start.
    pub fn restart(&self) {
        self.stop();
        self.start_again();
    }

    /// What the server has logged since its last start.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read(self.keeper().dir().join("log"))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    pub(crate) fn socket_options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(self.socket_dir())
            .port(self.port)
            .username(USER)
            .database(database)
    }

    fn tcp_options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username(USER)
            .password(PASSWORD)
            .ssl_mode(PgSslMode::Disable)
            .database(database)
    }

    fn keeper(&self) -> std::sync::MutexGuard<'_, Keeper> {
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The command line of the server, which is run in the server's folder and then goes to its data folder.
fn server_command(binaries: &Binaries, port: u16, options: &Options) -> Vec<String> {
    let program = binaries.dir.join("postgres").display().to_string();
    let mut command: Vec<String> = [program.as_str(), "-D", "data", "-k", ".."].map(str::to_owned).into();
    let flush = if options.fsync { "on" } else { "off" };
    let own = [
        ("listen_addresses", "127.0.0.1"),
        ("port", &port.to_string()),
        ("fsync", flush),
        ("synchronous_commit", flush),
        ("full_page_writes", flush),
        ("max_connections", "200"),
        ("timezone", "UTC"),
        ("lc_messages", "C"),
        // Where /dev/shm is tiny, as in many containers, parallel queries would fail.
        ("dynamic_shared_memory_type", "mmap"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    // A later setting wins over an earlier one.
    for (name, value) in own.iter().chain(&options.settings) {
        command.extend(["-c".to_owned(), format!("{name}={value}")]);
    }
    command
}

/// For the parts of a URL: everything but letters, digits and `-._` is encoded.
fn percent_encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            out.push(byte.into());
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

/// Runs a future to its end from anywhere, also from inside another runtime.
pub(crate) fn blocking<T: Send>(work: impl Future<Output = T> + Send) -> T {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap_or_else(|e| panic!("no runtime: {e}")).block_on(work)
    };
    std::thread::scope(|scope| {
        scope.spawn(run).join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

#[cfg(test)]
mod tests;

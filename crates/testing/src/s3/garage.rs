//! Garage: an S3-compatible server as people run it at home. It ignores `If-None-Match`, and refuses the trailing
//! checksums that the SDK sends on its own.

use std::process::Child;
use std::time::{Duration, Instant};

use aitta_engine::store::S3Store;
use aitta_engine::store::{Checksums, S3Config};

use super::{BUCKET, Keys, REGION, config};

/// Names the program; `cargo xtask garage` sets it.
const VARIABLE: &str = "AITTA_TEST_GARAGE";

/// The machine may be busy.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// A running server with [`BUCKET`].
pub struct Garage {
    dir: tempfile::TempDir,
    endpoint: String,
    keys: Keys,
    process: Child,
}

impl Garage {
    /// Starts it.
    ///
    /// # Panics
    /// When it is not there, or doesn't start.
    #[must_use]
    pub fn start() -> Self {
        let program = std::env::var_os(VARIABLE)
            .unwrap_or_else(|| panic!("{VARIABLE} names no garage: run `cargo xtask garage`"));
        let dir = tempfile::Builder::new().prefix("aitta-garage-").tempdir();
        let dir = dir.unwrap_or_else(|e| panic!("no temporary folder: {e}"));
        let (port, rpc_port) = (crate::free_port(), crate::free_port());
        let text = format!(
            "metadata_dir = \"meta\"\ndata_dir = \"data\"\ndb_engine = \"sqlite\"\nreplication_factor = 1\n\
             rpc_bind_addr = \"127.0.0.1:{rpc_port}\"\nrpc_public_addr = \"127.0.0.1:{rpc_port}\"\n\
             rpc_secret = \"{}\"\n\n[s3_api]\ns3_region = \"{REGION}\"\napi_bind_addr = \"127.0.0.1:{port}\"\n",
            "5a".repeat(32)
        );
        let written = std::fs::write(dir.path().join("garage.toml"), text);
        written.unwrap_or_else(|e| panic!("garage.toml can't be written: {e}"));
        // In the forms that it takes: GK and 24 hexadecimal digits, and 64 of them.
        let keys = Keys { id: format!("GK{}", "a1".repeat(12)), secret: "7319".repeat(16) };
        let mut shell = crate::leash::on_leash(&program, dir.path());
        shell.args(["-c", "garage.toml", "server", "--single-node", "--default-bucket"]);
        shell
            .env("GARAGE_DEFAULT_ACCESS_KEY", &keys.id)
            .env("GARAGE_DEFAULT_SECRET_KEY", &keys.secret)
            .env("GARAGE_DEFAULT_BUCKET", BUCKET);
        let process = shell.spawn().unwrap_or_else(|e| panic!("/bin/sh can't be run: {e}"));
        let garage = Self { dir, endpoint: format!("http://127.0.0.1:{port}"), keys, process };
        garage.wait_until_ready();
        garage
    }

    fn wait_until_ready(&self) {
        let deadline = Instant::now() + READY_WITHIN;
        let ask = async || {
            let client = super::client(&self.endpoint, &self.keys);
            while client.head_bucket().bucket(BUCKET).send().await.is_err() {
                assert!(Instant::now() < deadline, "garage did not start: {}", self.log());
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        // In a thread of its own: within the runtime of a test no other runtime can be waited for.
        std::thread::scope(|scope| {
            let asking = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.unwrap_or_else(|e| panic!("no runtime: {e}")).block_on(ask());
            });
            asking.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        });
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// Its address.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What opens it.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The store in [`BUCKET`], with what this server needs.
    #[must_use]
    pub fn store(&self) -> S3Store {
        let config = S3Config { checksums: Checksums::WhenRequired, ..config(&self.endpoint, BUCKET) };
        S3Store::new(config, self.keys.credentials())
    }
}

impl Drop for Garage {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // Its folder is removed next. A failure to wait for it can't be handled here.
        drop(self.process.wait());
    }
}

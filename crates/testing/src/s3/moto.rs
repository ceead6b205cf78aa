//! moto: an S3 that knows versions, locks and unfinished uploads, in a process of its own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use aitta_engine::store::S3Store;

use super::{BUCKET, Keys, LOCKED_BUCKET, REGION, store};

/// Ends with its standard input, so that it never outlives the test process. From its first request on it wants
/// signatures.
const SCRIPT: &str = r#"
import sys
from moto import settings
from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.moto_server.threaded_moto_server import ThreadedMotoServer
from moto.s3 import responses
from moto.s3.models import s3_backends

# moto calls the root of this answer otherwise than S3, and clients refuse that:
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html
def get_bucket_versioning(self):
    status = self.backend.get_bucket_versioning(self.bucket_name)
    told = f"<Status>{status}</Status>" if status else ""
    space = "http://s3.amazonaws.com/doc/2006-03-01/"
    return 200, {}, f'<VersioningConfiguration xmlns="{space}">{told}</VersioningConfiguration>'

responses.S3Response.get_bucket_versioning = get_bucket_versioning

bucket, locked_bucket, region = sys.argv[1:]
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
iam = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
iam.create_user(region, "aitta")
allowed = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
iam.put_user_policy("aitta", "all", allowed)
iam.create_user(region, "guest")
none = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}'
iam.put_user_policy("guest", "none", none)
s3 = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
s3.create_bucket(bucket, region)
locked = s3.create_bucket(locked_bucket, region)
locked.versioning_status = "Enabled"
locked.object_lock_enabled = True
settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
print(server.get_host_and_port()[1])
for user in ("aitta", "guest"):
    key = iam.create_access_key(user)
    print(key.access_key_id, key.secret_access_key)
sys.stdout.flush()
sys.stdin.read()
"#;

/// A running server with [`BUCKET`] and [`LOCKED_BUCKET`].
pub struct Moto {
    endpoint: String,
    keys: Keys,
    guest: Keys,
    process: Child,
}

impl Moto {
    /// How many objects it lists at a time. Few, because it is slow.
    pub const PAGE: usize = 20;

    /// Starts it.
    ///
    /// # Panics
    /// When `AITTA_TEST_MOTO` names no Python that has it, or it doesn't start.
    #[must_use]
    pub fn start() -> Self {
        let python = std::env::var_os("AITTA_TEST_MOTO")
            .unwrap_or_else(|| panic!("AITTA_TEST_MOTO names no Python with moto: run `cargo xtask test`"));
        let mut command = Command::new(&python);
        command
            .args(["-c", SCRIPT, BUCKET, LOCKED_BUCKET, REGION])
            .env("MOTO_S3_DEFAULT_MAX_KEYS", Self::PAGE.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("{} can't be run: {e}", python.display()));
        let out = process.stdout.take().unwrap_or_else(|| panic!("moto has no output"));
        let mut lines = BufReader::new(out).lines();
        let mut line = || match lines.next() {
            Some(Ok(line)) => line,
            other => panic!("moto did not start: {other:?}"),
        };
        let endpoint = format!("http://127.0.0.1:{}", line());
        let mut keys = || {
            let line = line();
            let (id, secret) = line.split_once(' ').unwrap_or_else(|| panic!("moto said {line}"));
            Keys { id: id.to_owned(), secret: secret.to_owned() }
        };
        Self { endpoint, keys: keys(), guest: keys(), process }
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

    /// Right credentials of somebody who may do nothing.
    #[must_use]
    pub fn guest(&self) -> &Keys {
        &self.guest
    }

    /// The store in [`BUCKET`].
    #[must_use]
    pub fn store(&self) -> S3Store {
        store(&self.endpoint, &self.keys)
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

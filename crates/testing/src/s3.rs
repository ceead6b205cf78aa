//! S3 servers: one in the test process, one with versions and locks, and one that differs from S3.

use aitta_engine::store::{Checksums, S3Config, ServerEncryption, StoreSecret};
use aitta_engine::store::{Credentials, S3Store};

mod garage;
mod moto;
mod server;

pub use garage::Garage;
pub use moto::Moto;
pub use server::{Fault, S3Call, S3Server, Seen};

/// Bucket that every test server has.
pub const BUCKET: &str = "aitta-test";

/// Bucket of [`Moto`] that has versions and Object Lock.
pub const LOCKED_BUCKET: &str = "aitta-test-locked";

/// Region that is named to the servers.
pub const REGION: &str = "eu-north-1";

/// Credentials that a server takes.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Access key id.
    pub id: String,
    /// Secret. Peculiar, so that a test can look for it where no secret may appear.
    pub secret: String,
}

impl Keys {
    /// As the engine takes them.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        Credentials::given(StoreSecret::new(format!("{}:{}", self.id, self.secret)))
    }
}

/// A bucket of a server on this machine.
#[must_use]
pub fn config(endpoint: &str, bucket: &str) -> S3Config {
    S3Config {
        bucket: bucket.to_owned(),
        region: REGION.to_owned(),
        prefix: "shop/".to_owned(),
        endpoint: Some(endpoint.to_owned()),
        path_style: true,
        checksums: Checksums::Always,
        encryption: ServerEncryption::Bucket,
        storage_class: None,
        plain_http: false,
    }
}

/// A plain client, for what only a test asks for.
#[must_use]
pub fn client(endpoint: &str, keys: &Keys) -> aws_sdk_s3::Client {
    use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new(&keys.id, &keys.secret, None, None, "test"))
        .endpoint_url(endpoint)
        .force_path_style(true);
    aws_sdk_s3::Client::from_conf(config.build())
}

fn store(endpoint: &str, keys: &Keys) -> S3Store {
    S3Store::new(config(endpoint, BUCKET), keys.credentials())
}

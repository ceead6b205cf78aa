//! Which store a profile has.

use std::path::PathBuf;

use zeroize::Zeroizing;

/// Region of S3 when none is named.
pub const DEFAULT_REGION: &str = "eu-north-1";

/// Which store. Holds no secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreConfig {
    /// A folder of this machine.
    Local {
        /// The folder, which holds `backups/` and `metadata/`.
        dir: PathBuf,
    },
    /// A bucket of AWS S3, or of a server that speaks its language.
    S3(S3Config),
    /// A container of Azure Blob Storage.
    Azure(AzureConfig),
}

/// A further store of a profile, which holds copies of its archives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyStore {
    /// Which.
    pub store: StoreConfig,
    /// What opens it.
    pub login: StoreLogin,
    /// How many bytes may be used there, where somebody has said so.
    pub quota_bytes: Option<u64>,
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Config {
    /// Its name.
    pub bucket: String,
    /// Its region, such as `eu-north-1`.
    pub region: String,
    /// What all object names begin with: empty, or a folder with a slash at its end.
    pub prefix: String,
    /// URL of a server that is not AWS.
    pub endpoint: Option<String>,
    /// Whether the bucket is named in the path of URLs and not in the host.
    pub path_style: bool,
    /// Which checksums requests carry.
    pub checksums: Checksums,
    /// How the server encrypts what it stores.
    pub encryption: ServerEncryption,
    /// Storage class of the archives, such as `STANDARD_IA`; the default of the bucket when absent.
    pub storage_class: Option<String>,
    /// Whether a server on another machine may be spoken to without TLS.
    pub plain_http: bool,
}

/// Which checksums requests to S3 carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Checksums {
    /// CRC-32 on everything that is sent and read, confirmed by the service.
    #[default]
    Always,
    /// Only where S3 demands one: for servers that refuse the others.
    WhenRequired,
}

/// How the server encrypts what it stores, beyond what Aitta has encrypted already.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ServerEncryption {
    /// As the bucket says.
    #[default]
    Bucket,
    /// SSE-S3: AES-256 under keys of S3.
    S3,
    /// SSE-KMS: under this key of the key management service.
    Kms(String),
}

/// A container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AzureConfig {
    /// Storage account.
    pub account: String,
    /// Container.
    pub container: String,
    /// What all blob names begin with: empty, or a folder with a slash at its end.
    pub prefix: String,
    /// URL of the blob service with the account, where it is not `https://{account}.blob.core.windows.net`.
    pub endpoint: Option<String>,
    /// Access tier of the archives: `Hot`, `Cool`, `Cold`.
    pub tier: String,
    /// Whether a server on another machine may be spoken to without TLS.
    pub plain_http: bool,
}

/// Where the credentials of a store come from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum StoreLogin {
    /// Not configured: S3 follows the usual chain of AWS (variables, profiles, SSO, roles).
    #[default]
    Unsaid,
    /// The environment gives them.
    Given(StoreSecret),
    /// They are in the keychain.
    Keychain,
}

/// Credentials as text. S3: `ID:SECRET`. Azure: a key, a SAS or a connection string. Never shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreSecret(Zeroizing<String>);

impl StoreSecret {
    /// Wraps text; it is checked where it is used.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for StoreSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// Regions of AWS in member states of the European Union: Frankfurt, Stockholm, Milan, Spain, Ireland, Paris, and
/// the European Sovereign Cloud in Brandenburg. London and Zurich are not among them.
/// Source: <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html>, read in 2026-11.
const EU_REGIONS: [&str; 7] =
    ["eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3", "eusc-de-east-1"];

impl StoreConfig {
    /// Whether what is stored here stays in the European Union; `None` when that can't be told from the
    /// configuration: a server that is not AWS may stand anywhere, and an Azure account doesn't say.
    #[must_use]
    pub fn is_in_eu(&self) -> Option<bool> {
        match self {
            // This machine, which is where the database is read anyway.
            Self::Local { .. } => Some(true),
            Self::S3(S3Config { endpoint: Some(_), .. }) | Self::Azure(_) => None,
            Self::S3(S3Config { region, .. }) => Some(EU_REGIONS.contains(&region.as_str())),
        }
    }
}

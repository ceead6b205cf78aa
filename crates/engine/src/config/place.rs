//! Which store the settings add up to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aitta_base::absolute;
use aitta_model::StoreSettings;
use aitta_store::{
    AzureConfig, Checksums, DEFAULT_REGION, PLAIN_HTTP_HINT, S3Config, ServerEncryption, StoreConfig,
    StoreLogin, is_in_the_clear,
};

use super::Inputs;
use super::setting::{self, Found, Note, Origin};

/// A setting of a store that is text.
pub(super) struct Text {
    /// Its name in the file.
    pub(super) name: &'static str,
    /// Its name in the environment.
    pub(super) variable: &'static str,
    /// The kinds of store that have it.
    pub(super) kinds: &'static [&'static str],
    is_right: fn(&str) -> bool,
    hint: &'static str,
}

const S3: &[&str] = &["s3"];
const AZURE: &[&str] = &["azure"];
const CLOUD: &[&str] = &["s3", "azure"];

const BUCKET: usize = 0;
const REGION: usize = 1;
const PREFIX: usize = 2;
const ENDPOINT: usize = 3;
const PATH_STYLE: usize = 4;
const CHECKSUMS: usize = 5;
const ENCRYPTION: usize = 6;
const STORAGE_CLASS: usize = 7;
const ACCOUNT: usize = 8;
const CONTAINER: usize = 9;
const TIER: usize = 10;
const LOCATION: usize = 11;
const PLAIN_HTTP: usize = 12;

/// All of them.
pub(super) static TEXTS: [Text; 13] = [
    Text {
        name: "bucket",
        variable: "S3_BACKUP_BUCKET",
        kinds: S3,
        // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
        is_right: |t| is_name(t, 3, 63, "-."),
        hint: "write the name of the bucket: 3 to 63 small letters, digits, dots and hyphens",
    },
    Text {
        name: "region",
        variable: "AWS_REGION",
        kinds: S3,
        is_right: |t| is_name(t, 1, 63, "-"),
        hint: "write the region of the bucket, such as eu-north-1",
    },
    Text {
        name: "prefix",
        variable: "BACKUP_STORE_PREFIX",
        kinds: CLOUD,
        is_right: |t| {
            let parts = t.trim_matches('/').split('/');
            t.len() <= 512
                && parts.clone().all(|p| !["", ".", ".."].contains(&p))
                && !t.chars().any(char::is_control)
        },
        hint: "write the folder that the archives lie in, such as aitta/shop",
    },
    Text {
        name: "endpoint",
        variable: "BACKUP_STORE_ENDPOINT",
        kinds: CLOUD,
        is_right: |t| {
            url::Url::parse(t).is_ok_and(|url| {
                ["http", "https"].contains(&url.scheme())
                    && url.username().is_empty()
                    && url.password().is_none()
                    && url.query().is_none()
            })
        },
        hint: "write the address of the server, such as https://s3.example.com",
    },
    Text {
        name: "path_style",
        variable: "S3_PATH_STYLE",
        kinds: S3,
        is_right: |t| ["true", "false"].contains(&t),
        hint: "write true for servers that want the bucket in the path of the address, and false otherwise",
    },
    Text {
        name: "checksums",
        variable: "S3_CHECKSUMS",
        kinds: S3,
        is_right: |t| ["always", "when-required"].contains(&t),
        hint: "write always, or when-required for a server that refuses the newer checksums",
    },
    Text {
        name: "encryption",
        variable: "S3_ENCRYPTION",
        kinds: S3,
        is_right: |t| t == "sse-s3" || t.strip_prefix("sse-kms:").is_some_and(|key| !key.is_empty()),
        hint: "write sse-s3, or sse-kms: with the id or ARN of the key",
    },
    Text {
        name: "storage_class",
        variable: "S3_STORAGE_CLASS",
        kinds: S3,
        // Classes that are read at once: a restore must not have to wait for hours.
        is_right: |t| {
            ["STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"].contains(&t)
        },
        hint: "write STANDARD, STANDARD_IA, ONEZONE_IA, INTELLIGENT_TIERING or GLACIER_IR: what lies deeper can't be read at once",
    },
    Text {
        name: "account",
        variable: "AZURE_STORAGE_ACCOUNT",
        kinds: AZURE,
        is_right: |t| is_name(t, 3, 24, ""),
        hint: "write the name of the storage account: 3 to 24 small letters and digits",
    },
    Text {
        name: "container",
        variable: "AZURE_CONTAINER",
        kinds: AZURE,
        is_right: |t| is_name(t, 3, 63, "-"),
        hint: "write the name of the container: 3 to 63 small letters, digits and hyphens",
    },
    Text {
        name: "tier",
        variable: "AZURE_TIER",
        kinds: AZURE,
        is_right: |t| ["Hot", "Cool", "Cold"].contains(&t),
        hint: "write Hot, Cool or Cold: what lies in Archive can't be read at once",
    },
    Text {
        name: "location",
        variable: "BACKUP_STORE_LOCATION",
        kinds: CLOUD,
        is_right: |t| t == "EU",
        hint: "write EU when you know that this server, or this storage account, stands in the European Union",
    },
    Text {
        name: "plain_http",
        variable: "BACKUP_PLAIN_HTTP",
        kinds: CLOUD,
        is_right: |t| ["true", "false"].contains(&t),
        hint: "write true for a server without TLS in a network that you trust, and false otherwise",
    },
];

fn is_name(text: &str, least: usize, most: usize, also: &str) -> bool {
    (least..=most).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || also.as_bytes().contains(&b))
        && !text.starts_with(['-', '.'])
        && !text.ends_with(['-', '.'])
}

/// Refuses an address that is spoken to without TLS. One that the keychain names is looked at when the store is opened.
fn encrypted(endpoint: Option<String>, plain_http: bool) -> Result<Option<String>, Note> {
    match endpoint {
        Some(endpoint) if !plain_http && is_in_the_clear(&endpoint) => {
            // That of a connection string may hold a SAS.
            let shown = endpoint.split(['?', '#']).next().unwrap_or_default();
            let words = format!("the store at {shown} would be spoken to without encryption");
            Err(Note::blocker(words, PLAIN_HTTP_HINT))
        }
        endpoint => Ok(endpoint),
    }
}

impl Text {
    /// Checks a text; `what` names it in messages.
    pub(super) fn check(&self, what: &str, text: &str) -> Result<String, Note> {
        match (self.is_right)(text) {
            true => Ok(text.to_owned()),
            // It may hold a password or a token.
            false if self.name == "endpoint" => {
                Err(Note::blocker(format!("{what} is no plain address of a server"), self.hint))
            }
            false => Err(Note::blocker(format!("{what} can't be {text:?}"), self.hint)),
        }
    }
}

/// What one place says about a store.
#[derive(Debug, Clone, Default)]
pub(super) struct StoreSaid {
    pub(super) kind: Option<Found<String>>,
    pub(super) dir: Option<Found<PathBuf>>,
    /// By the places of [`TEXTS`].
    pub(super) texts: [Option<Found<String>>; TEXTS.len()],
    pub(super) login: Option<Found<StoreLogin>>,
    /// How many GB may be used there.
    pub(super) quota_gb: Option<Found<u32>>,
}

impl StoreSaid {
    /// What `self` leaves open is taken from `other`.
    pub(super) fn or(self, other: Self) -> Self {
        let mut others = other.texts.into_iter();
        let kind = self.kind.or(other.kind);
        // Variables give secrets of Azure only, which open no store of another kind.
        let is_azure = kind.as_ref().is_some_and(|found| found.value == "azure");
        let fits = |login: &Found<StoreLogin>| is_azure || !matches!(login.value, StoreLogin::Given(_));
        Self {
            kind,
            dir: self.dir.or(other.dir),
            texts: self.texts.map(|own| own.or(others.next().flatten())),
            login: self.login.filter(fits).or(other.login.filter(fits)),
            quota_gb: self.quota_gb.or(other.quota_gb),
        }
    }

    /// Whether anything says which store it is.
    pub(super) fn is_named(&self) -> bool {
        self.dir.is_some() || self.texts[BUCKET].is_some() || self.texts[CONTAINER].is_some()
    }

    /// `local` when nothing is set.
    pub(super) fn kind(&self) -> Found<String> {
        self.kind.clone().unwrap_or_else(|| Found::default("local".to_owned()))
    }

    /// The folder of a local store: `backups` in `folder` when none is named.
    pub(super) fn dir(&self, folder: &Path) -> Found<PathBuf> {
        self.dir.clone().unwrap_or_else(|| Found::default(absolute(folder, Path::new("backups"))))
    }

    /// What is effective for a store of this kind, for people.
    pub(super) fn effective(&self) -> Vec<(&'static str, Option<Found<String>>)> {
        let kind = self.kind().value;
        let own = TEXTS.iter().zip(&self.texts).filter(|(text, _)| text.kinds.contains(&kind.as_str()));
        own.map(|(text, found)| {
            let default = match text.name {
                "region" => Some(DEFAULT_REGION),
                "tier" => Some("Hot"),
                _ => None,
            };
            (text.name, found.clone().or_else(|| default.map(|d| Found::default(d.to_owned()))))
        })
        .collect()
    }

    fn text(&self, place: usize) -> Option<String> {
        self.texts[place].as_ref().map(|found| found.value.clone())
    }

    fn needed(&self, place: usize) -> Result<String, Note> {
        self.text(place).ok_or_else(|| {
            let Text { name, variable, hint, .. } = &TEXTS[place];
            let kind = self.kind().value;
            Note::blocker(
                format!("a store of the kind {kind} needs the setting {name}, and it is not set"),
                format!("set {variable}, or {name} of the store in the file: {hint}"),
            )
        })
    }

    fn folder(&self) -> String {
        let prefix = self.text(PREFIX).unwrap_or_default();
        match prefix.trim_matches('/') {
            "" => String::new(),
            folder => format!("{folder}/"),
        }
    }

    /// The store.
    ///
    /// # Errors
    /// What is missing.
    pub(super) fn store(&self, folder: &Path) -> Result<StoreConfig, Note> {
        let plain_http = self.text(PLAIN_HTTP).as_deref() == Some("true");
        match self.kind().value.as_str() {
            "s3" => Ok(StoreConfig::S3(S3Config {
                bucket: self.needed(BUCKET)?,
                region: self.text(REGION).unwrap_or_else(|| DEFAULT_REGION.to_owned()),
                prefix: self.folder(),
                endpoint: encrypted(self.text(ENDPOINT), plain_http)?,
                path_style: self.text(PATH_STYLE).as_deref() == Some("true"),
                checksums: match self.text(CHECKSUMS).as_deref() {
                    Some("when-required") => Checksums::WhenRequired,
                    _ => Checksums::Always,
                },
                encryption: match self.text(ENCRYPTION) {
                    None => ServerEncryption::Bucket,
                    Some(text) => match text.strip_prefix("sse-kms:") {
                        Some(key) => ServerEncryption::Kms(key.to_owned()),
                        None => ServerEncryption::S3,
                    },
                },
                storage_class: self.text(STORAGE_CLASS),
                plain_http,
            })),
            "azure" => {
                let told = self.login.as_ref().and_then(|found| match &found.value {
                    StoreLogin::Given(secret) => aitta_store::azure_connection(secret.expose()),
                    _ => None,
                });
                let (account, endpoint) =
                    told.map_or((None, None), |(account, endpoint)| (Some(account), endpoint));
                Ok(StoreConfig::Azure(AzureConfig {
                    account: match (self.text(ACCOUNT), account) {
                        (Some(account), _) | (None, Some(account)) => account,
                        (None, None) => self.needed(ACCOUNT)?,
                    },
                    container: self.needed(CONTAINER)?,
                    prefix: self.folder(),
                    endpoint: encrypted(self.text(ENDPOINT).or(endpoint), plain_http)?,
                    tier: self.text(TIER).unwrap_or_else(|| "Hot".to_owned()),
                    plain_http,
                }))
            }
            _ => Ok(StoreConfig::Local { dir: self.dir(folder).value }),
        }
    }

    /// How many bytes may be used there, where somebody has said so.
    pub(super) fn quota_bytes(&self) -> Option<u64> {
        self.quota_gb.as_ref().map(|gb| u64::from(gb.value) * 1_000_000_000)
    }

    /// Whether the admin has declared that the store stands in the EU.
    pub(super) fn is_said_to_be_in_eu(&self) -> bool {
        self.text(LOCATION).is_some()
    }

    /// What a form says.
    ///
    /// # Errors
    /// The first setting that is wrong, or none of the kind.
    pub(super) fn of_form(inputs: &Inputs, form: &StoreSettings) -> Result<Self, Note> {
        let said = |value: String| Some(Found::new(value, Origin::CommandLine));
        let kind = setting::store_type("the kind of store", &form.kind)?;
        let mut store = Self { kind: said(kind.clone()), ..Self::default() };
        for (name, value) in form.settings.iter().map(|(name, value)| (name.as_str(), value.trim())) {
            if value.is_empty() {
                continue;
            }
            match TEXTS.iter().position(|text| text.name == name && text.kinds.contains(&kind.as_str())) {
                Some(at) => store.texts[at] = said(TEXTS[at].check(name, value)?),
                None if name == "dir" && kind == "local" => {
                    let dir = absolute(&inputs.folder, &setting::folder("dir", value)?);
                    store.dir = Some(Found::new(dir, Origin::CommandLine));
                }
                None => {
                    let words = format!("a store of the kind {kind} has no setting {name:?}");
                    return Err(Note::blocker(words, "leave it out"));
                }
            }
        }
        Ok(store)
    }

    /// What a form shows.
    pub(super) fn form(&self, folder: &Path) -> StoreSettings {
        let kind = self.kind().value;
        let own = TEXTS.iter().zip(&self.texts).filter(|(text, _)| text.kinds.contains(&kind.as_str()));
        let mut settings: BTreeMap<String, String> = own
            .filter_map(|(text, found)| Some((text.name.to_owned(), found.as_ref()?.value.clone())))
            .collect();
        if kind == "local" {
            settings.insert("dir".to_owned(), self.dir(folder).value.display().to_string());
        }
        let login = self.login.as_ref().map(|found| &found.value);
        StoreSettings { kind, settings, credentials_in_keychain: login == Some(&StoreLogin::Keychain) }
    }

    /// Settings of another kind of store in the file, which would have no effect. Variables are passed over: they may
    /// be set for another program, and one may choose another kind for a single call.
    pub(super) fn idle(&self) -> Vec<Note> {
        let kind = self.kind();
        let Found { value: kind, origin: Origin::File { .. } | Origin::Default } = kind else {
            return Vec::new();
        };
        let dir = self.dir.as_ref().and_then(Found::line).map(|line| ("dir", &["local"][..], line));
        let texts = TEXTS
            .iter()
            .zip(&self.texts)
            .filter_map(|(text, found)| Some((text.name, text.kinds, found.as_ref()?.line()?)));
        let idle = texts.chain(dir).filter(|(_, kinds, _)| !kinds.contains(&kind.as_str()));
        idle.map(|(name, _, line)| Note {
            line: Some(line),
            ..Note::blocker(
                format!("a store of the kind {kind} has no {name}"),
                "take it out, or set the type of the store to local, s3 or azure",
            )
        })
        .collect()
    }
}

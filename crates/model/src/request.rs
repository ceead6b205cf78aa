//! Requests: the same for command line, window and HTTP.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::MfaCode;
use crate::word::{closed_list, shown_as_word};

/// Why a backup is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackupKind {
    /// Somebody asked for it.
    #[default]
    Manual,
    /// Before a release.
    PreDeployment,
    /// Something is going wrong right now.
    Emergency,
    /// By the schedule.
    Scheduled,
    /// Made by a restore, of what it is about to overwrite.
    Safety,
}

closed_list!(BackupKind {
    Manual => "manual",
    PreDeployment => "pre-deployment",
    Emergency => "emergency",
    Scheduled => "scheduled",
    Safety => "safety",
});

shown_as_word!(BackupKind);

impl BackupKind {
    /// The reason that a restore gives for its safety backup.
    pub const SAFETY_REASON: &str = "before a restore overwrites these tables";
}

/// The URL of a database. Its password never appears in `Debug`, and it can't be serialized.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Wraps a URL; it is checked where it is used.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The URL with its password.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The URL with `***` in place of every password: from the first `:` of the user part to the last
    /// `@`, and in parameters whose names tell of a secret or are disguised by escapes. A password may hold any character that should have been
    /// escaped, so this hides rather too much than too little.
    #[must_use]
    pub fn redacted(&self) -> String {
        let mut out = match self.0.split_once("://") {
            Some((scheme, rest)) => {
                let colon_at = rest.rfind('@').and_then(|at| Some((rest[..at].find(':')?, at)));
                match colon_at {
                    Some((colon, at)) => format!("{scheme}://{}:***{}", &rest[..colon], &rest[at..]),
                    None => self.0.clone(),
                }
            }
            None => self.0.clone(),
        };
        for secret in ["password=", "secret=", "_key="] {
            let mut from = 0;
            while let Some(found) = out[from..].to_ascii_lowercase().find(secret) {
                let start = from + found + secret.len();
                let end = out[start..].find('&').map_or(out.len(), |len| start + len);
                out.replace_range(start..end, "***");
                from = start;
            }
        }
        let Some((place, parameters)) = out.split_once('?') else { return out };
        let shown = parameters.split('&').map(|parameter| match parameter.split_once('=') {
            Some((key, _)) if key.contains('%') => format!("{key}=***"),
            _ => parameter.to_owned(),
        });
        format!("{place}?{}", shown.collect::<Vec<_>>().join("&"))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted())
    }
}

/// Which archive is meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ArchiveSelector {
    /// The newest of the profile's database that is no safety archive.
    #[default]
    Latest,
    /// The one with this id.
    Id(String),
    /// The newest one begun before this time.
    Before(Timestamp),
}

impl FromStr for ArchiveSelector {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "latest" {
            Ok(Self::Latest)
        } else if let Some(time) = text.strip_prefix("before:") {
            time.parse()
                .map(Self::Before)
                .map_err(|_| format!("{time:?} is not a time with its zone, such as 2026-11-01T12:00:00Z"))
        } else if text.starts_with("backup-") {
            Ok(Self::Id(text.strip_suffix(".backup").unwrap_or(text).to_owned()))
        } else {
            Err(format!(
                "{text:?} names no archive; give an id such as backup-1642684800000-a1b2c3d4, `latest`, \
                 or `before:2026-11-01T12:00:00Z`"
            ))
        }
    }
}

impl fmt::Display for ArchiveSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest => f.write_str("latest"),
            Self::Id(id) => f.write_str(id),
            Self::Before(time) => write!(f, "before:{time}"),
        }
    }
}

impl Serialize for ArchiveSelector {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ArchiveSelector {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Make an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BackupRequest {
    /// Why.
    pub kind: BackupKind,
    /// Why, in words.
    pub reason: Option<String>,
    /// Only these tables; all when empty. With or without schema.
    pub tables: Vec<String>,
    /// Connections that read in parallel, if the server has so many free; chosen by the number of processors when absent.
    pub jobs: Option<usize>,
    /// How long to wait for a lock, in seconds; 30 when absent.
    pub lock_timeout_s: Option<u64>,
}

/// How deep a verification goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerifyLevel {
    /// Every authentication tag, the layout, and the checksum.
    #[default]
    Stored,
    /// Also decrypts and decompresses, counts rows and computes digests anew.
    Content,
}

/// Which archives a verification covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerifyScope {
    /// One.
    One(ArchiveSelector),
    /// Every archive of the store.
    All,
}

/// Check archives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyRequest {
    /// Which.
    pub scope: VerifyScope,
    /// How deep.
    #[serde(default)]
    pub level: VerifyLevel,
}

/// Give data back. It can't be serialized because of the URL.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RestoreRequest {
    /// From which archive.
    pub archive: ArchiveSelector,
    /// Only these tables; everything when empty. With or without schema.
    pub tables: Vec<String>,
    /// Into another database; the profile's own database when absent.
    pub to: Option<DatabaseUrl>,
    /// Into this schema of the target, beside what is there. PostgreSQL only.
    pub to_schema: Option<String>,
    /// Only say what would happen.
    pub dry_run: bool,
    /// Why, in words.
    pub reason: Option<String>,
    /// Connections that write in parallel, if the server has so many free; chosen by the number of processors when absent.
    pub jobs: Option<usize>,
    /// How long to wait for a lock, in seconds; 30 when absent.
    pub lock_timeout_s: Option<u64>,
    /// Don't restore who owns what.
    pub no_owner: bool,
    /// Don't restore privileges.
    pub no_privileges: bool,
    /// What the owner of the data has written, such as a check that calls a function of his, may run with the rights of a
    /// superuser. PostgreSQL only.
    pub trust_code: bool,
    /// The second factor, for a database that exists.
    pub mfa: Option<MfaCode>,
}

/// Restore everything into a new database, compare it and drop it again. Where to is not for the caller to say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProveRequest {
    /// From which archive.
    pub archive: ArchiveSelector,
    /// Why: a code, or a code and words, see [`crate::Reason`]; a drill when absent.
    pub reason: Option<String>,
    /// Connections that write in parallel, if the server has so many free; chosen by the number of processors when absent.
    pub jobs: Option<usize>,
    /// As in [`RestoreRequest::trust_code`].
    pub trust_code: bool,
}

/// Delete an archive and its sidecar. It can't be serialized because of the second factor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct DeleteRequest {
    /// Its id.
    pub id: String,
    /// Why: a code, or a code and words, see [`crate::Reason`].
    pub reason: Option<String>,
    /// The second factor.
    pub mfa: Option<MfaCode>,
}

/// Disown an archive that no key opens: it lies where it is, and decides about nothing any longer. It can't be serialized
/// because of the second factor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct DisownRequest {
    /// Its id.
    pub id: String,
    /// Why: a code, or a code and words, see [`crate::Reason`].
    pub reason: Option<String>,
    /// The second factor.
    pub mfa: Option<MfaCode>,
}

/// Say that what a backup has lost was meant to go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AcceptRequest {
    /// The newest backup.
    pub id: String,
    /// Why: a code, or a code and words, see [`crate::Reason`].
    pub reason: Option<String>,
}

/// Drop what whole restores have set aside.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CleanupRequest {
    /// Only this one, by its name; with `None` they are only listed.
    pub name: Option<String>,
    /// Drop every one of them.
    pub all: bool,
    /// Why.
    pub reason: Option<String>,
    /// The second factor.
    pub mfa: Option<MfaCode>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_never_show() {
        for (url, shown) in [
            ("postgres://u:secret@h:5432/db", "postgres://u:***@h:5432/db"),
            ("postgres://u:se/c@r:et@h/db?x=1", "postgres://u:***@h/db?x=1"),
            ("postgres://u:se@c/r@h/db", "postgres://u:***@h/db"),
            ("postgres://u@h/db", "postgres://u@h/db"),
            ("postgres://h/db?password=a&sslpassword=b", "postgres://h/db?password=***&sslpassword=***"),
            (
                "postgres:///db?host=/tmp&password=secret&user=u",
                "postgres:///db?host=/tmp&password=***&user=u",
            ),
            ("sqlite:/data/a.db", "sqlite:/data/a.db"),
        ] {
            assert_eq!(format!("{:?}", DatabaseUrl::new(url)), shown);
        }
    }

    #[test]
    fn selectors_are_read_back_as_written() {
        for text in ["latest", "backup-1642684800000-a1b2c3d4", "before:2026-11-01T12:00:00Z"] {
            assert_eq!(text.parse::<ArchiveSelector>().map(|s| s.to_string()), Ok(text.to_owned()));
        }
        assert!("before:2026-11-01T12:00:00".parse::<ArchiveSelector>().is_err(), "a time needs its zone");
        assert!("yesterday".parse::<ArchiveSelector>().is_err());
    }
}

//! Where the data goes.

use aitta_model::DatabaseUrl;

use crate::texts::restore::{Lack, TargetKind};

/// Where the data goes, as far as it is filled in. What was written for one kind stays while another is
/// looked at. It holds a password, hence no `Debug` of its fields.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) kind: TargetKind,
    pub(crate) url: String,
    pub(crate) password: String,
    pub(crate) schema: String,
    pub(crate) file: String,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Target {
    pub(crate) fn lacks(&self) -> Option<Lack> {
        match self.kind {
            TargetKind::Same => None,
            TargetKind::Other if self.url.trim().is_empty() => Some(Lack::Url),
            TargetKind::Other => (!names_database(self.url.trim())).then_some(Lack::UrlForm),
            // PostgreSQL cuts longer names short (NAMEDATALEN), and keeps pg_ to itself.
            TargetKind::Schema => {
                let name = self.schema.trim();
                let bad = name.is_empty() || name.len() > 63 || name.starts_with("pg_");
                bad.then_some(Lack::SchemaName)
            }
            TargetKind::File if self.file.trim().is_empty() => Some(Lack::File),
            TargetKind::File => (!is_whole_path(path_of(&self.file))).then_some(Lack::FileForm),
        }
    }

    /// The other database, with its password.
    pub(crate) fn url(&self) -> Option<DatabaseUrl> {
        match self.kind {
            TargetKind::Same | TargetKind::Schema => None,
            TargetKind::Other => Some(DatabaseUrl::new(with_password(self.url.trim(), &self.password))),
            TargetKind::File => {
                // These three mean something in a URL; the rest of a path does not.
                let path = path_of(&self.file).replace('%', "%25").replace('?', "%3F").replace('#', "%23");
                Some(DatabaseUrl::new(format!("sqlite:{path}")))
            }
        }
    }

    pub(crate) fn schema_name(&self) -> Option<String> {
        (self.kind == TargetKind::Schema).then(|| self.schema.trim().to_owned())
    }

    /// The place for people, without a password.
    pub(crate) fn shown(&self) -> String {
        match self.kind {
            TargetKind::Same => String::new(),
            TargetKind::Other => DatabaseUrl::new(self.url.trim()).redacted(),
            TargetKind::Schema => self.schema.trim().to_owned(),
            TargetKind::File => path_of(&self.file).to_owned(),
        }
    }
}

/// Whether it is a URL of PostgreSQL that says which database.
fn names_database(url: &str) -> bool {
    let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
    let Some(rest) = rest else { return false };
    let place = rest.split(['?', '#']).next().unwrap_or(rest);
    place.rsplit_once('/').is_some_and(|(_, database)| !database.is_empty() && !database.contains('@'))
}

/// A path, whether or not it was written as a URL.
fn path_of(text: &str) -> &str {
    let text = text.trim();
    let Some(rest) = text.strip_prefix("sqlite:") else { return text };
    rest.strip_prefix("//").unwrap_or(rest)
}

/// From the root of a disk: the window has no folder of its own that a path could begin in.
fn is_whole_path(path: &str) -> bool {
    let drive = path.as_bytes().get(1) == Some(&b':');
    (path.starts_with(['/', '\\']) || drive) && !path.ends_with(['/', '\\'])
}

/// Puts a password that was typed apart where the URL wants it (RFC 3986, 3.2.1).
fn with_password(url: &str, password: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://").filter(|_| !password.is_empty()) else {
        return url.to_owned();
    };
    let password = escaped(password);
    let authority = rest.find(['/', '?', '#']).map_or(rest, |end| &rest[..end]);
    match authority.rfind('@') {
        Some(at) => {
            let user = authority[..at].split(':').next().unwrap_or_default();
            format!("{scheme}://{user}:{password}{}", &rest[at..])
        }
        None => {
            let sign = if rest.contains('?') { '&' } else { '?' };
            format!("{url}{sign}password={password}")
        }
    }
}

fn escaped(text: &str) -> String {
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    text.bytes()
        .map(|b| if unreserved(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(kind: TargetKind, text: &str) -> Target {
        let text = text.to_owned();
        let empty = Target { kind, ..Target::default() };
        match kind {
            TargetKind::Same => empty,
            TargetKind::Other => Target { url: text, ..empty },
            TargetKind::Schema => Target { schema: text, ..empty },
            TargetKind::File => Target { file: text, ..empty },
        }
    }

    #[test]
    fn each_target_says_what_it_lacks() {
        use TargetKind::{File, Other, Same, Schema};
        for (kind, text, lack) in [
            (Same, "", None),
            (Other, " ", Some(Lack::Url)),
            (Other, "db1/carwash", Some(Lack::UrlForm)),
            (Other, "postgres://aitta@db1", Some(Lack::UrlForm)),
            (Other, "postgres://db1/", Some(Lack::UrlForm)),
            (Other, "postgres://aitta@db1:5432/copy?sslmode=require", None),
            (Other, "postgresql:///copy?host=/run/postgresql", None),
            (Schema, "", Some(Lack::SchemaName)),
            (Schema, "pg_copy", Some(Lack::SchemaName)),
            (Schema, "incident_17", None),
            (File, "", Some(Lack::File)),
            (File, "copy.db", Some(Lack::FileForm)),
            (File, "/srv/", Some(Lack::FileForm)),
            (File, "/srv/copy.db", None),
            (File, "sqlite:///srv/copy.db", None),
            (File, r"C:\data\copy.db", None),
        ] {
            assert_eq!(at(kind, text).lacks(), lack, "{kind:?} {text}");
        }
    }

    #[test]
    fn the_password_goes_into_the_url_and_is_never_shown() {
        for (url, whole) in [
            ("postgres://aitta@db1/copy", "postgres://aitta:p%40ss%2F@db1/copy"),
            ("postgres://aitta:old@db1/copy", "postgres://aitta:p%40ss%2F@db1/copy"),
            ("postgres://db1/copy", "postgres://db1/copy?password=p%40ss%2F"),
            ("postgres:///copy?host=/tmp", "postgres:///copy?host=/tmp&password=p%40ss%2F"),
        ] {
            let target = Target { password: "p@ss/".to_owned(), ..at(TargetKind::Other, url) };
            assert_eq!(target.url().map(|u| u.expose().to_owned()).as_deref(), Some(whole));
            assert!(!format!("{target:?}{}", target.shown()).contains("old"));
        }
    }

    #[test]
    fn a_file_becomes_a_url() {
        let url = |text| at(TargetKind::File, text).url().map(|u| u.expose().to_owned());
        assert_eq!(url(" /srv/50 %?.db ").as_deref(), Some("sqlite:/srv/50 %25%3F.db"));
        assert_eq!(url("sqlite:/srv/a.db").as_deref(), Some("sqlite:/srv/a.db"));
    }
}

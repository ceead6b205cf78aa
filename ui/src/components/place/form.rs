//! What is entered about a database, and the URL that it makes.

use crate::texts::setup::Lack;
use aitta_model::DatabaseUrl;

/// Which kind of database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    #[default]
    Postgres,
    Sqlite,
}

/// What is entered about a database.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct DatabaseForm {
    pub(crate) kind: Kind,
    /// The URL as a whole instead of its parts.
    pub(crate) by_url: bool,
    pub(crate) host: String,
    pub(crate) port: String,
    pub(crate) database: String,
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) url: String,
    pub(crate) path: String,
}

impl Default for DatabaseForm {
    fn default() -> Self {
        Self {
            kind: Kind::Postgres,
            by_url: false,
            host: "localhost".to_owned(),
            port: "5432".to_owned(),
            database: String::new(),
            user: String::new(),
            password: String::new(),
            url: String::new(),
            path: String::new(),
        }
    }
}

impl DatabaseForm {
    /// The URL, or everything that stands in its way, in the order of the lines.
    pub(crate) fn to_url(&self) -> Result<DatabaseUrl, Vec<Lack>> {
        match (self.kind, self.by_url) {
            (Kind::Sqlite, _) => self.sqlite(),
            (Kind::Postgres, true) => {
                let url = self.url.trim();
                let known = ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
                if known { Ok(DatabaseUrl::new(url)) } else { Err(vec![Lack::Url]) }
            }
            (Kind::Postgres, false) => self.postgres(),
        }
    }

    fn sqlite(&self) -> Result<DatabaseUrl, Vec<Lack>> {
        let path = self.path.trim();
        let path = path.strip_prefix("sqlite:").unwrap_or(path);
        if path.is_empty() {
            return Err(vec![Lack::Path]);
        }
        Ok(DatabaseUrl::new(format!("sqlite:{}", path.replace('%', "%25").replace('?', "%3F"))))
    }

    fn postgres(&self) -> Result<DatabaseUrl, Vec<Lack>> {
        let (host, port) = (self.host.trim(), self.port.trim());
        let (database, user) = (self.database.trim(), self.user.trim());
        let lacks = [
            (host.is_empty(), Lack::Host),
            (port.parse::<u16>().map_or(true, |port| port == 0), Lack::Port),
            (database.is_empty(), Lack::Database),
            (user.is_empty(), Lack::User),
        ];
        let lacks: Vec<_> = lacks.into_iter().filter_map(|(lacks, what)| lacks.then_some(what)).collect();
        if !lacks.is_empty() {
            return Err(lacks);
        }
        // A folder is that of a Unix socket.
        if host.starts_with('/') {
            let mut url = format!(
                "postgres:///{}?host={}&port={port}&user={}",
                escaped(database),
                escaped(host),
                escaped(user)
            );
            if !self.password.is_empty() {
                url = format!("{url}&password={}", escaped(&self.password));
            }
            return Ok(DatabaseUrl::new(url));
        }
        let host =
            if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
        let password =
            if self.password.is_empty() { String::new() } else { format!(":{}", escaped(&self.password)) };
        let url = format!("postgres://{}{password}@{host}:{port}/{}", escaped(user), escaped(database));
        Ok(DatabaseUrl::new(url))
    }

    /// A short name for the profile of this database.
    pub(crate) fn suggested_name(&self) -> String {
        let name = match (self.kind, self.by_url) {
            (Kind::Sqlite, _) => {
                let file = self.path.trim().rsplit(['/', '\\']).next().unwrap_or_default();
                file.rsplit_once('.').map_or(file, |(stem, _)| stem)
            }
            (Kind::Postgres, true) => {
                let path = self.url.trim().split('?').next().unwrap_or_default();
                path.rsplit('/').next().unwrap_or_default()
            }
            (Kind::Postgres, false) => self.database.trim(),
        };
        name.to_owned()
    }
}

/// RFC 3986, section 2.1: everything but unreserved characters.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> DatabaseForm {
        DatabaseForm { database: "car wash".to_owned(), user: "aitta".to_owned(), ..DatabaseForm::default() }
    }

    fn url(form: &DatabaseForm) -> Result<String, Vec<Lack>> {
        form.to_url().map(|url| url.expose().to_owned())
    }

    #[test]
    fn parts_make_a_url() {
        let plain = "postgres://aitta@localhost:5432/car%20wash";
        assert_eq!(url(&form()).as_deref(), Ok(plain));
        let odd = DatabaseForm { password: "p@ss:w/o?rd%".to_owned(), host: "::1".to_owned(), ..form() };
        assert_eq!(url(&odd).as_deref(), Ok("postgres://aitta:p%40ss%3Aw%2Fo%3Frd%25@[::1]:5432/car%20wash"));
        let socket = DatabaseForm { host: "/run/pg".to_owned(), ..form() };
        let expected = "postgres:///car%20wash?host=%2Frun%2Fpg&port=5432&user=aitta";
        assert_eq!(url(&socket).as_deref(), Ok(expected));
    }

    #[test]
    fn a_file_makes_a_url() {
        let file = |path: &str| {
            url(&DatabaseForm { kind: Kind::Sqlite, path: path.to_owned(), ..DatabaseForm::default() })
        };
        assert_eq!(file(" /srv/100%?.db ").as_deref(), Ok("sqlite:/srv/100%25%3F.db"));
        assert_eq!(file("sqlite:/srv/a.db").as_deref(), Ok("sqlite:/srv/a.db"));
        assert_eq!(file(" "), Err(vec![Lack::Path]));
    }

    #[test]
    fn all_that_lacks_is_told_and_not_only_the_first() {
        assert_eq!(url(&DatabaseForm { host: " ".to_owned(), ..form() }), Err(vec![Lack::Host]));
        assert_eq!(url(&DatabaseForm { port: "x".to_owned(), ..form() }), Err(vec![Lack::Port]));
        assert_eq!(url(&DatabaseForm { port: "70000".to_owned(), ..form() }), Err(vec![Lack::Port]));
        assert_eq!(url(&DatabaseForm::default()), Err(vec![Lack::Database, Lack::User]));
        let nothing = DatabaseForm { host: String::new(), port: String::new(), ..DatabaseForm::default() };
        assert_eq!(url(&nothing), Err(vec![Lack::Host, Lack::Port, Lack::Database, Lack::User]));
        assert_eq!(
            url(&DatabaseForm { by_url: true, url: "db.example".to_owned(), ..form() }),
            Err(vec![Lack::Url])
        );
    }

    #[test]
    fn a_profile_is_named_after_its_database() {
        assert_eq!(form().suggested_name(), "car wash");
        let file = DatabaseForm { kind: Kind::Sqlite, path: "/srv/shop.db".to_owned(), ..form() };
        assert_eq!(file.suggested_name(), "shop");
        let by_url = DatabaseForm { by_url: true, url: "postgres://u@h/shop?x=1".to_owned(), ..form() };
        assert_eq!(by_url.suggested_name(), "shop");
    }
}

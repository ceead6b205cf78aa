//! What is entered about a database, and the URL that it makes.

use super::known::{self, Known, Parts};
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
    /// The value of `sslmode`; empty leaves it to Aitta.
    pub(crate) tls: String,
    /// Further parameters of the URL as they are written, which have no line of their own.
    pub(super) rest: String,
    /// What is set now, if the form began with it.
    pub(super) known: Option<Known>,
}

/// What an empty line for the password means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoPassword {
    /// That none is needed.
    Unneeded,
    /// That the one that is kept goes on to be used.
    Kept,
    /// That none is used: the one that is kept is for another server, user or database.
    OfAnother,
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
            tls: String::new(),
            rest: String::new(),
            known: None,
        }
    }
}

impl DatabaseForm {
    /// What is set now: its parts, or as a whole where it is more than the parts can say. `has_password` says that a
    /// password is kept for it, which the page never sees.
    pub(crate) fn of(url: &str, has_password: bool) -> Self {
        let parts = known::parts(url).map(Self::of_parts);
        let known =
            Known { url: url.to_owned(), has_password, parts: parts.as_ref().map(DatabaseForm::parts) };
        let form = parts.unwrap_or_else(|| Self { by_url: true, ..Self::default() });
        Self { url: url.to_owned(), known: Some(known), ..form }
    }

    fn of_parts(parts: Parts) -> Self {
        let Parts { path, host, port, user, database, tls, rest } = parts;
        match path {
            Some(path) => Self { kind: Kind::Sqlite, path, ..Self::default() },
            None => Self { host, port, user, database, tls, rest, ..Self::default() },
        }
    }

    /// What names the database, by its lines.
    fn parts(&self) -> [String; 8] {
        let kind = if self.kind == Kind::Sqlite { "sqlite" } else { "postgres" };
        [kind, &self.host, &self.port, &self.user, &self.database, &self.tls, &self.rest, &self.path]
            .map(|part| part.trim().to_owned())
    }

    /// What is set now, while the lines still say that.
    fn unchanged(&self) -> Option<&Known> {
        let known = self.known.as_ref()?;
        let is_it = match self.by_url && self.kind == Kind::Postgres {
            true => self.url.trim() == known.url,
            false => known.parts.as_ref().is_some_and(|parts| *parts == self.parts()),
        };
        is_it.then_some(known)
    }

    /// What an empty line for the password means now.
    pub(crate) fn no_password(&self) -> NoPassword {
        let has_password = self.known.as_ref().is_some_and(|known| known.has_password);
        match (has_password, self.unchanged()) {
            (false, _) => NoPassword::Unneeded,
            (true, Some(_)) => NoPassword::Kept,
            (true, None) => NoPassword::OfAnother,
        }
    }

    /// The URL, or everything that stands in its way, in the order of the lines.
    pub(crate) fn to_url(&self) -> Result<DatabaseUrl, Vec<Lack>> {
        // Written in another way it would be another one to a password that is kept for it.
        if let Some(known) = self.unchanged() {
            let password = if self.by_url || self.kind == Kind::Sqlite { "" } else { &self.password };
            return Ok(DatabaseUrl::new(known::with_password(&known.url, &escaped(password))));
        }
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
        let tls = if self.tls.is_empty() { String::new() } else { format!("sslmode={}", escaped(&self.tls)) };
        let more = [tls.as_str(), self.rest.as_str()].into_iter().filter(|part| !part.is_empty());
        let more = more.collect::<Vec<_>>().join("&");
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
            if !more.is_empty() {
                url = format!("{url}&{more}");
            }
            return Ok(DatabaseUrl::new(url));
        }
        let host =
            if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
        let password =
            if self.password.is_empty() { String::new() } else { format!(":{}", escaped(&self.password)) };
        let more = if more.is_empty() { more } else { format!("?{more}") };
        let url = format!("postgres://{}{password}@{host}:{port}/{}{more}", escaped(user), escaped(database));
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
    fn what_is_set_is_shown_and_saved_as_it_is() {
        let set = "postgresql://liisa@db.example/car%20wash?sslmode=verify-full&connect_timeout=5";
        let form = DatabaseForm::of(set, true);
        let shown = [&form.host, &form.port, &form.user, &form.database, &form.tls].map(String::as_str);
        assert_eq!(shown, ["db.example", "5432", "liisa", "car wash", "verify-full"]);
        assert_eq!(url(&form).as_deref(), Ok(set), "the password is kept for this very spelling");
        assert_eq!(form.no_password(), NoPassword::Kept);
        let new = DatabaseForm { password: "p@ss".to_owned(), ..form.clone() };
        let expected =
            "postgresql://liisa:p%40ss@db.example/car%20wash?sslmode=verify-full&connect_timeout=5";
        assert_eq!(url(&new).as_deref(), Ok(expected));
        let file = DatabaseForm::of("sqlite:/srv/100%25.db?mode=ro", false);
        assert_eq!((file.kind, file.path.as_str()), (Kind::Sqlite, "/srv/100%.db"));
        assert_eq!(url(&file).as_deref(), Ok("sqlite:/srv/100%25.db?mode=ro"));
    }

    #[test]
    fn another_server_gets_no_password_and_keeps_what_else_is_set() {
        let set = "postgres://liisa@db.example:5433/shop?sslmode=require&sslrootcert=%2Fsrv%2Fca.crt";
        let other = DatabaseForm { host: "db2.example".to_owned(), ..DatabaseForm::of(set, true) };
        assert_eq!(other.no_password(), NoPassword::OfAnother);
        let expected = "postgres://liisa@db2.example:5433/shop?sslmode=require&sslrootcert=%2Fsrv%2Fca.crt";
        assert_eq!(url(&other).as_deref(), Ok(expected));
        let back = DatabaseForm { host: "db.example".to_owned(), ..other };
        assert_eq!((back.no_password(), url(&back).as_deref()), (NoPassword::Kept, Ok(set)));
        assert_eq!(DatabaseForm::of(set, false).no_password(), NoPassword::Unneeded);
    }

    #[test]
    fn what_the_lines_cannot_say_is_shown_as_a_whole() {
        for set in ["postgres://a@h1:1,h2:2/db", "postgres://a%ff@h/db"] {
            let form = DatabaseForm::of(set, false);
            assert_eq!((form.by_url, form.url.as_str(), url(&form).as_deref()), (true, set, Ok(set)));
        }
        let socket = "postgres:///shop?host=%2Frun%2Fpg&port=5433&user=liisa";
        let form = DatabaseForm::of(socket, false);
        assert_eq!(
            (form.host.as_str(), form.port.as_str(), form.user.as_str()),
            ("/run/pg", "5433", "liisa")
        );
        let new = DatabaseForm { password: "x y".to_owned(), ..form };
        assert_eq!(url(&new), Ok(format!("{socket}&password=x%20y")));
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

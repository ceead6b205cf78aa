//! Connecting, for ourselves and for the client tools, and what the server's errors mean.

use std::borrow::Cow;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use aitta_base::{Error, Result, blocking};
use aitta_model::{DatabaseUrl, ErrorCode, Finding};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use tokio::sync::OnceCell;
use url::{Host, Url};
use zeroize::Zeroizing;

use super::settings::{self, Setting};
use super::transport::{self, Demand, MODE_KEYS, Machine};
use crate::{Access, Passwords};

mod errors;

use errors::{LOST, NO_DATABASE};

pub(crate) use errors::sqlstate;

/// How long a server may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// What our sessions and those of the client tools are called in `pg_stat_activity`.
pub(crate) const APPLICATION: &str = "aitta";

/// Parameters of a URL whose values may hold an `@`.
const WITH_AT: [&str; 6] = ["user", "password", "application_name", "dbname", "host", "options"];

/// The one session of a restore that ends with the restore, while tools may outlive it.
const KEEPER: &str = "aitta restore";

/// One database of a server, and how to reach it.
#[derive(Clone)]
pub struct Server {
    url: Url,
    options: PgConnectOptions,
    password: Option<Zeroizing<String>>,
    /// Where the password is when the URL has none.
    kept: Option<Kept>,
    database: String,
    /// What its sessions set beside what every session sets.
    settings: Vec<Setting>,
    /// What is demanded of the way to it, where the URL leaves that open.
    demand: Option<Demand>,
    /// What the machine gives.
    pub(crate) access: Access,
}

/// A password that is kept elsewhere, which the first session asks for.
#[derive(Clone)]
struct Kept {
    passwords: Arc<dyn Passwords>,
    entry: Arc<str>,
    password: Arc<OnceCell<Zeroizing<String>>>,
}

impl Server {
    /// Understands a URL.
    ///
    /// # Errors
    /// `config_invalid`.
    pub fn new(database_url: &DatabaseUrl) -> Result<Self> {
        let wrong = |e: &dyn std::fmt::Display| {
            Error::new(
                ErrorCode::ConfigInvalid,
                format!("the database URL {} cannot be understood: {e}", database_url.redacted()),
                "write postgres://user:password@host:5432/database; special characters in the password \
                 must be percent-encoded: `@` as %40, `/` as %2F, `?` as %3F, `#` as %23",
            )
        };
        let mut url = Url::parse(database_url.expose()).map_err(|e| wrong(&e))?;
        // First of all, so that no error below can log a secret: a password with one of these in it, not encoded, whose rest
        // would be taken for host, database and parameters.
        let is_cut = |(key, value): (Cow<'_, str>, Cow<'_, str>)| {
            key.contains('@') || (value.contains('@') && !WITH_AT.contains(&key.as_ref()))
        };
        if url.path().contains('@') || url.fragment().is_some() || url.query_pairs().any(is_cut) {
            return Err(wrong(&"there is an @, /, ? or # in it that is not encoded"));
        }
        if let Some((key, _)) = url.query_pairs().find(|(key, _)| key != "password" && is_secret(key)) {
            return Err(Error::new(
                ErrorCode::ConfigInvalid,
                format!("the database URL has the parameter {key:?}, which can't be kept secret"),
                "leave it out: the client tools would get it as an argument, which every user of the machine \
                 can read. A password belongs into user:password@host; a client key of TLS (sslkey) into a file \
                 without a passphrase that only you can read",
            ));
        }
        let mut options = PgConnectOptions::from_str(database_url.expose()).map_err(|e| wrong(&e))?;
        // The library looks the address up with its brackets.
        if let Some(Host::Ipv6(address)) = url.host() {
            options = options.host(&address.to_string());
        }
        let names_user = !url.username().is_empty() || url.query_pairs().any(|(key, _)| key == "user");
        if !names_user
            && std::env::var_os("PGUSER").is_none()
            && let Some(user) = aitta_base::user()
        {
            // As libpq does; what the library finds may be nobody.
            options = options.username(&user);
        }
        let options = options.application_name(APPLICATION).log_statements(tracing::log::LevelFilter::Trace);
        let database = options.get_database().unwrap_or_else(|| options.get_username()).to_owned();
        let in_url = url.password().map(decode);
        let in_query = url.query_pairs().filter(|(k, _)| k == "password").last().map(|(_, v)| v.into_owned());
        let password = in_query.or(in_url).map(Zeroizing::new);
        if url.password().is_some() {
            url.set_password(None).map_err(|()| wrong(&"it has a password and no host"))?;
        }
        let kept: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(k, _)| k != "password" && k != "statement-cache-capacity")
            .map(|(k, v)| (k.into_owned(), v.into_owned()))
            .collect();
        url.set_query(None);
        if !kept.is_empty() {
            url.query_pairs_mut().extend_pairs(kept);
        }
        let demand = transport::demand(&url, &options, &Machine::here());
        let options = match &demand {
            Some(demand) => demand.apply(options),
            None => options,
        };
        let (settings, access) = (Vec::new(), Access::default());
        Ok(Self { url, options, password, kept: None, database, settings, demand, access })
    }

    /// Understands a URL, with what the machine gives. The password is the one that is kept for this URL, unless the
    /// URL has one itself.
    pub(crate) fn with(mut self, access: Access) -> Self {
        let kept = |passwords: &Arc<dyn Passwords>| Kept {
            passwords: passwords.clone(),
            entry: self.entry().into(),
            password: Arc::default(),
        };
        self.kept = access.passwords.as_ref().filter(|_| self.password.is_none()).map(kept);
        self.access = access;
        self
    }

    /// Keeps a password for this URL. Blocks.
    ///
    /// # Errors
    /// `keychain_unavailable`, `key_wrong`.
    pub fn keep_password(&self, password: &str, passwords: &dyn Passwords) -> Result<()> {
        passwords.write(&self.entry(), password).map_err(|e| {
            let hint = format!("{}; or leave the password out and put it into ~/.pgpass", e.hint());
            e.context("the password was not kept").hint_instead(hint)
        })
    }

    /// Named by the URL, so that a password goes only to the server that it was given for.
    fn entry(&self) -> String {
        format!("password of {}", self.uri_without_password())
    }

    /// The name of the database.
    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    /// Another database of the same server.
    pub(crate) fn with_database(&self, name: &str) -> Self {
        let mut other = self.clone();
        let encoded: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
        other.url.set_path(&format!("/{}", encoded.replace('+', "%20")));
        let kept: Vec<(String, String)> = other
            .url
            .query_pairs()
            .filter(|(k, _)| k != "dbname")
            .map(|(k, v)| (k.into_owned(), v.into_owned()))
            .collect();
        other.url.set_query(None);
        if !kept.is_empty() {
            other.url.query_pairs_mut().extend_pairs(kept);
        }
        other.options = other.options.database(name);
        other.database = name.to_owned();
        other
    }

    /// The options of the session by which others recognise that a database is being worked in.
    pub(crate) fn as_keeper(&self) -> Self {
        let mut other = self.clone();
        other.options = other.options.application_name(KEEPER);
        other
    }

    /// The server with sessions that set this, too.
    pub(crate) fn with_settings(&self, more: &[Setting]) -> Self {
        let mut other = self.clone();
        other.settings.extend(more);
        other
    }

    /// What its sessions set beside what every session sets.
    pub(crate) fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// What somebody should know about the way to it, before it is asked anything.
    #[must_use]
    pub fn remark(&self) -> Option<Finding> {
        transport::remark(&self.options)
            .map(|(severity, message, hint)| Finding::new(severity, message, hint))
    }

    /// `host:port/database`, for people.
    pub(crate) fn place(&self) -> String {
        let host = match self.options.get_socket() {
            Some(path) => path.display().to_string(),
            None => self.options.get_host().to_owned(),
        };
        format!("{host}:{}/{}", self.options.get_port(), self.database)
    }

    /// What names the server and the database, for people and for keeping a password; the password is not in it.
    pub fn uri_without_password(&self) -> String {
        // libpq takes other spellings of the scheme as well, but not an empty path after an empty host.
        self.url.to_string()
    }

    /// The same without `options`, which would take the place of those in [`Self::environment`].
    pub(crate) fn tool_uri(&self) -> String {
        let mut url = self.url.clone();
        let is_option = |key: &str| key == "options" || key.starts_with("options[");
        let kept: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(k, _)| !is_option(k) && (self.demand.is_none() || !MODE_KEYS.contains(&k.as_ref())))
            .map(|(k, v)| (k.into_owned(), v.into_owned()))
            .collect();
        url.set_query(None);
        if !kept.is_empty() {
            url.query_pairs_mut().extend_pairs(kept);
        }
        url.to_string()
    }

    /// The password for `PGPASSWORD` of a client tool, if the URL has one, or one was kept for the session that was
    /// there before.
    pub fn password(&self) -> Option<&str> {
        let kept = || self.kept.as_ref().and_then(|kept| kept.password.get());
        self.password.as_ref().or_else(kept).map(|p| p.as_str())
    }

    /// What a client tool finds in its environment of what the URL may leave open: our own sessions may have found it
    /// elsewhere, and tool and sessions have to reach the same server in the same way.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let host = match self.options.get_socket() {
            Some(path) => path.display().to_string(),
            None => self.options.get_host().to_owned(),
        };
        let mut environment = vec![
            ("PGHOST", host),
            ("PGPORT", self.options.get_port().to_string()),
            ("PGUSER", self.options.get_username().to_owned()),
            ("PGDATABASE", self.database.clone()),
        ];
        environment.extend(self.demand.iter().map(|demand| ("PGSSLMODE", demand.mode.to_owned())));
        environment.extend(self.session_options().map(|options| ("PGOPTIONS", options)));
        environment
    }

    /// The options that our own sessions begin with.
    pub(crate) fn session_options(&self) -> Option<String> {
        self.options.get_options().map(str::to_owned)
    }

    /// The options with the password that is kept, if one is to be.
    async fn options(&self) -> Result<PgConnectOptions> {
        let Some(kept) = &self.kept else { return Ok(self.options.clone()) };
        let password = kept.password.get_or_try_init(async || {
            let (passwords, entry) = (kept.passwords.clone(), kept.entry.clone());
            let found = blocking(move || passwords.read(&entry)).await;
            let found = found.map_err(|e| e.context(format_args!("no password for {}", self.place())))?;
            found.ok_or_else(|| {
                Error::new(
                    ErrorCode::SourceAuth,
                    format!("the {} has no password for {}", kept.passwords.place(), self.uri_without_password()),
                    "enter it again in the settings of the window, or take the line `password` out of the profile and \
                     use ~/.pgpass",
                )
            })
        });
        Ok(self.options.clone().password(password.await?))
    }

    /// A new session with our settings.
    ///
    /// # Errors
    /// `source_unreachable`, `source_auth`, `source_denied`.
    pub(crate) async fn connect(&self) -> Result<PgConnection> {
        let options = self.options().await?;
        let connecting = PgConnection::connect_with(&options);
        let mut conn = match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
            Ok(Ok(conn)) => conn,
            Ok(Err(e)) => return Err(self.connect_error(e)),
            Err(_) => {
                return Err(self.unreachable(format!("no answer within {} s", CONNECT_TIMEOUT.as_secs())));
            }
        };
        conn.execute(sqlx::raw_sql(AssertSqlSafe(settings::session(&self.settings))))
            .await
            .map_err(|e| self.error(e))?;
        Ok(conn)
    }

    /// A further session beside one that was open before: when the server can't be reached any more, it is
    /// the connection that was lost.
    ///
    /// # Errors
    /// `source_lost`, `source_unreachable` when it has no connection left, `source_auth`, `source_denied`.
    pub(crate) async fn connect_further(&self) -> Result<PgConnection> {
        self.connect().await.map_err(|e| {
            if e.code() != ErrorCode::SourceUnreachable || sqlstate(&e).is_some() {
                return e;
            }
            let fact = format!("the connection to {} was lost: {e}", self.place());
            Error::new(ErrorCode::SourceLost, fact, LOST).with_source(e)
        })
    }

    /// A new session as [`Self::connect`] makes it; `None` when the server answers that there is no such database.
    ///
    /// # Errors
    /// `source_unreachable`, `source_auth`, `source_denied`.
    pub(crate) async fn connect_if_exists(&self) -> Result<Option<PgConnection>> {
        match self.connect().await {
            Ok(conn) => Ok(Some(conn)),
            Err(e) if sqlstate(&e).as_deref() == Some(NO_DATABASE) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Runs statements that return nothing of interest.
    pub(crate) async fn run(&self, conn: &mut PgConnection, sql: impl Into<String>) -> Result<()> {
        // A text without parameters goes as a simple query, which may hold several statements.
        conn.execute(sqlx::raw_sql(AssertSqlSafe(sql.into()))).await.map_err(|e| self.error(e))?;
        Ok(())
    }
}

/// Whether a parameter of a URL by this name carries a secret: `sslpassword`, `oauth_client_secret`,
/// `scram_client_key` and the like, and misspellings of `password`. libpq reads none of them from the
/// environment, except the password itself.
fn is_secret(parameter: &str) -> bool {
    let name = parameter.to_ascii_lowercase();
    name.contains("password") || name.contains("secret") || name.starts_with("scram_")
}

fn decode(text: &str) -> String {
    let (mut out, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((&byte, tail)) = rest.split_first() {
        let digits = tail.get(..2).and_then(|d| std::str::from_utf8(d).ok());
        match (byte, digits.and_then(|d| u8::from_str_radix(d, 16).ok())) {
            (b'%', Some(value)) => {
                out.push(value);
                rest = &tail[2..];
            }
            _ => {
                out.push(byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(url: &str) -> Server {
        Server::new(&DatabaseUrl::new(url)).expect("a valid URL")
    }

    #[test]
    fn the_password_is_kept_from_the_arguments_of_tools() {
        let server = server("postgres://me:p%40ss%2Fw@db.example:5433/shop?sslmode=prefer");
        assert_eq!(server.uri_without_password(), "postgres://me@db.example:5433/shop?sslmode=prefer");
        assert_eq!(server.password(), Some("p@ss/w"));
        assert_eq!(server.database(), "shop");
    }

    /// Its rest would be taken for host and database, and be shown with every error.
    #[test]
    fn a_password_that_is_not_encoded_is_refused_and_not_shown() {
        for password in [
            "p@ss/word-7",
            "p@ss#word-7",
            "p@ss?word-7",
            "pa/s@word-7",
            "p@ss/x?y=word-7",
            "12?secret-word-7",
            "?word-7",
        ] {
            let url = DatabaseUrl::new(format!("postgres://me:{password}@127.0.0.1:5432/shop"));
            let Err(error) = Server::new(&url) else { panic!("{password} was taken") };
            assert_eq!(error.code(), ErrorCode::ConfigInvalid);
            assert!(error.hint().contains("%2F"), "{}", error.hint());
            let told = format!("{error} {} {url:?}", error.hint());
            assert!(!told.contains("word-7"), "{told}");
        }
        assert_eq!(server("postgres://me:p%40ss%2Fw@h/a%40b").database(), "a@b");
        assert_eq!(server("postgres://me:pw@h/db?user=me@srv&application_name=a@b").database(), "db");
    }

    #[test]
    fn addresses_of_ipv6_and_urls_without_a_user_are_understood() {
        let six = server("postgres://me@[::1]:5433/shop");
        assert_eq!((six.options.get_host(), six.options.get_port()), ("::1", 5433));
        let environment = six.environment();
        assert!(environment.contains(&("PGHOST", "::1".to_owned())), "{environment:?}");
        let nobody = server("postgres://127.0.0.1/shop");
        let here = std::env::var("PGUSER").ok().or_else(aitta_base::user);
        assert_eq!(Some(nobody.options.get_username()), here.as_deref());
        assert_eq!(server("postgres:///shop?user=me").options.get_username(), "me");
    }

    #[test]
    fn sockets_and_password_parameters_are_understood() {
        let server = server("postgres:///shop?host=/run/pg&user=me&password=secret");
        assert!(!server.uri_without_password().contains("secret"));
        assert_eq!(server.password(), Some("secret"));
        let other = server.with_database("Autopesu Åbo");
        assert_eq!(other.database(), "Autopesu Åbo");
        assert!(other.uri_without_password().starts_with("postgres:///Autopesu%20%C3%85bo?"));
    }

    #[test]
    fn tools_are_told_where_the_server_is_and_what_their_sessions_begin_with() {
        let url = "postgres://me@db.example:5433/shop?options=-c%20geqo%3Doff&sslmode=verify-ca";
        let server = server(url);
        assert_eq!(server.tool_uri(), "postgres://me@db.example:5433/shop?sslmode=verify-ca");
        assert!(server.uri_without_password().contains("options="), "passwords are kept under it");
        let environment = server.environment();
        let value = |name| environment.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_str());
        assert_eq!((value("PGHOST"), value("PGPORT")), (Some("db.example"), Some("5433")));
        assert_eq!((value("PGUSER"), value("PGDATABASE")), (Some("me"), Some("shop")));
        assert!(value("PGOPTIONS").is_some_and(|o| o.contains("-c geqo=off")));
    }

    #[test]
    fn secrets_that_would_reach_the_arguments_of_tools_are_refused() {
        for parameter in
            ["sslpassword", "ssl%70assword", "Password", "oauth_client_secret", "scram_client_key"]
        {
            let url = DatabaseUrl::new(format!("postgres://me@db.example/shop?{parameter}=hush-hush"));
            let Err(error) = Server::new(&url) else { panic!("{parameter} was taken") };
            assert_eq!(error.code(), ErrorCode::ConfigInvalid);
            assert!(!format!("{error} {} {url:?}", error.hint()).contains("hush"), "{error} {url:?}");
        }
        // The last one counts, and neither is an argument.
        let server =
            server("postgres://me:one@db.example/shop?password=two&pass%77ord=three&sslmode=verify-ca");
        assert_eq!(server.password(), Some("three"));
        let uri = server.with_database("other").uri_without_password();
        assert_eq!(uri, "postgres://me@db.example/other?sslmode=verify-ca");
    }

    #[tokio::test]
    async fn a_server_that_is_gone_is_unreachable_at_first_and_lost_later() {
        let server = server("postgres://me@127.0.0.1:1/shop");
        let code = |connected: Result<PgConnection>| connected.err().map(|e| e.code());
        assert_eq!(code(server.connect().await), Some(ErrorCode::SourceUnreachable));
        assert_eq!(code(server.connect_further().await), Some(ErrorCode::SourceLost));
    }
}

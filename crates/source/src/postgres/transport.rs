//! Whether a server is spoken to by TLS.
//!
//! libpq and sqlx *prefer* TLS unless somebody says more: a server without it, or whoever stands in between and says
//! that there is none, gets the rows, and the password as it is when it asks so. To another machine TLS is required
//! here, with a certificate that is checked wherever it is known by what; only `sslmode=disable` leaves it out.

use std::path::PathBuf;

use aitta_model::Severity;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

/// How TLS is named by sqlx and by libpq.
pub(super) const MODE_KEYS: [&str; 2] = ["sslmode", "ssl-mode"];
const ROOT_KEYS: [&str; 3] = ["sslrootcert", "ssl-root-cert", "ssl-ca"];

/// What to do where a server has no TLS, or none that is trusted.
pub(super) const HINT: &str = "switch TLS on in the server (ssl = on), and name the certificate that vouches for it \
    with sslrootcert=/path/root.crt in the database URL; for a server in a network that you trust, write sslmode=disable \
    there: the password and all rows then travel in the clear";

/// What is demanded of a server whose URL leaves it open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Demand {
    /// `require` or `verify-full`.
    pub(super) mode: &'static str,
    /// The root certificate of the user, which libpq finds by itself.
    root: Option<PathBuf>,
}

/// What the machine says beside the URL.
#[derive(Debug, Clone, Default)]
pub(super) struct Machine {
    /// `PGSSLMODE`.
    mode: Option<String>,
    /// Whether `PGSSLROOTCERT` is set.
    has_root: bool,
    /// `~/.postgresql/root.crt`, if it is there.
    root: Option<PathBuf>,
}

impl Machine {
    pub(super) fn here() -> Self {
        let home = std::env::var_os("HOME").map(PathBuf::from);
        Self {
            mode: std::env::var("PGSSLMODE").ok(),
            has_root: std::env::var_os("PGSSLROOTCERT").is_some(),
            root: home.map(|home| home.join(".postgresql/root.crt")).filter(|path| path.is_file()),
        }
    }
}

/// Whether the server is on this machine.
fn is_here(options: &PgConnectOptions) -> bool {
    let host = options.get_host().trim_matches(['[', ']']);
    options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// What is demanded; nothing where somebody has said more, or where nobody stands in between.
pub(super) fn demand(url: &Url, options: &PgConnectOptions, machine: &Machine) -> Option<Demand> {
    let param = |keys: &[&str]| {
        url.query_pairs()
            .filter(|(key, _)| keys.contains(&key.as_ref()))
            .last()
            .map(|(_, value)| value.into_owned())
    };
    let said = param(&MODE_KEYS).or_else(|| machine.mode.clone());
    // To prefer it, or to allow it, is what every example of a URL says, and is no word about a password in the clear.
    let is_open = said.is_none_or(|mode| ["prefer", "allow"].contains(&mode.as_str()));
    if !is_open || is_here(options) {
        return None;
    }
    if param(&ROOT_KEYS).is_some() || machine.has_root {
        return Some(Demand { mode: "verify-full", root: None });
    }
    let root = machine.root.clone();
    Some(Demand { mode: if root.is_some() { "verify-full" } else { "require" }, root })
}

impl Demand {
    /// The options of our own sessions.
    pub(super) fn apply(&self, options: PgConnectOptions) -> PgConnectOptions {
        let options = match &self.root {
            Some(root) => options.ssl_root_cert(root),
            None => options,
        };
        options.ssl_mode(if self.mode == "require" { PgSslMode::Require } else { PgSslMode::VerifyFull })
    }
}

/// What somebody should know about the way to a server, before it is asked anything: a fact and what to do.
pub(super) fn remark(options: &PgConnectOptions) -> Option<(Severity, String, &'static str)> {
    if is_here(options) {
        return None;
    }
    match options.get_ssl_mode() {
        PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer => Some((
            Severity::Warning,
            "the database is spoken to without TLS: its password and all rows travel in the clear".to_owned(),
            "leave sslmode=disable out of the database URL, unless you trust the network",
        )),
        PgSslMode::Require => Some((
            Severity::Info,
            "the database is spoken to by TLS, and its certificate is not checked: whoever stands in between can \
             pretend to be the server"
                .to_owned(),
            "name the certificate that vouches for the server with sslrootcert=/path/root.crt in the database URL",
        )),
        PgSslMode::VerifyCa | PgSslMode::VerifyFull => None,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::str::FromStr;

    use super::*;
    use crate::postgres::Server;

    fn mode(url: &str, machine: &Machine) -> Option<&'static str> {
        let options = PgConnectOptions::from_str(url).unwrap();
        demand(&Url::parse(url).unwrap(), &options, machine).map(|demand| demand.mode)
    }

    #[test]
    fn another_machine_is_spoken_to_by_tls_unless_the_url_says_otherwise() {
        let plain = Machine::default();
        for url in [
            "postgres://me@db.example/shop",
            "postgres://me:secret@10.0.0.3:5433/shop?sslmode=prefer",
            "postgres://me@db.example/shop?ssl-mode=allow",
            "postgres://me@localhost/shop?hostaddr=10.0.0.3",
            "postgres://me@[fd00::1]/shop",
            "postgres://me@localhost.example/shop",
        ] {
            assert_eq!(mode(url, &plain), Some("require"), "{url}");
        }
        for url in [
            "postgres://me@localhost/shop",
            "postgres://me@127.0.0.1:5433/shop",
            "postgres://me@[::1]/shop",
            "postgres:///shop?host=/run/postgresql",
            "postgres://me@db.example/shop?sslmode=disable",
            "postgres://me@db.example/shop?sslmode=require",
            "postgres://me@db.example/shop?sslmode=verify-full",
        ] {
            assert_eq!(mode(url, &plain), None, "{url}");
        }
    }

    #[test]
    fn a_certificate_that_is_known_is_checked() {
        let url = "postgres://me@db.example/shop";
        assert_eq!(
            mode("postgres://me@db.example/shop?sslrootcert=/etc/root.crt", &Machine::default()),
            Some("verify-full")
        );
        let machine = Machine { has_root: true, ..Machine::default() };
        assert_eq!(mode(url, &machine), Some("verify-full"));
        let machine =
            Machine { root: Some(PathBuf::from("/home/me/.postgresql/root.crt")), ..Machine::default() };
        assert_eq!(mode(url, &machine), Some("verify-full"));
        let machine = Machine { mode: Some("disable".to_owned()), ..Machine::default() };
        assert_eq!(mode(url, &machine), None, "the environment has said so");
    }

    /// 0.0.0.0 is this machine, and looks like another one.
    async fn without_tls(parameters: &str) -> (aitta_base::Error, Vec<u8>) {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = [0; 8];
            socket.read_exact(&mut request).await.unwrap();
            assert_eq!(request, [0, 0, 0, 8, 4, 210, 22, 47], "an SSLRequest comes first");
            socket.write_all(b"N").await.unwrap();
            let mut more = Vec::new();
            socket.read_to_end(&mut more).await.unwrap();
            more
        });
        let url = format!("postgres://me:secret@0.0.0.0:{port}/shop{parameters}");
        let connected = Server::new(&aitta_model::DatabaseUrl::new(url)).unwrap().connect().await;
        (connected.err().unwrap(), server.await.unwrap())
    }

    #[tokio::test]
    async fn a_server_without_tls_gets_neither_a_name_nor_a_password() {
        for parameters in ["", "?sslmode=prefer", "?sslmode=allow&application_name=x"] {
            let (error, told) = without_tls(parameters).await;
            assert_eq!(error.code(), aitta_model::ErrorCode::SourceUnreachable, "{error}");
            assert!(
                error.to_string().contains("no TLS") && error.hint().contains("sslmode=disable"),
                "{error}"
            );
            assert!(told.is_empty(), "{told:?}");
        }
    }

    #[test]
    fn the_client_tools_demand_the_same() {
        let url =
            aitta_model::DatabaseUrl::new("postgres://me@db.example/shop?sslmode=prefer&connect_timeout=9");
        let server = Server::new(&url).unwrap();
        assert_eq!(server.tool_uri(), "postgres://me@db.example/shop?connect_timeout=9");
        assert!(server.environment().iter().any(|(name, mode)| *name == "PGSSLMODE" && mode != "prefer"));
        assert_eq!(server.uri_without_password(), url.expose(), "a password is kept under it");
    }
}

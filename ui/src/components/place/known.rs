//! The URL of a database in its parts, for people to change some of them.

/// What is set now.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// The URL, without a password.
    pub(super) url: String,
    /// Whether a password is kept for it.
    pub(super) has_password: bool,
    /// What the lines of the form say of it; `None` when they can't.
    pub(super) parts: Option<[String; 8]>,
}

/// The parts of a URL.
#[derive(Default)]
pub(super) struct Parts {
    /// The file of SQLite; `None` for a server.
    pub(super) path: Option<String>,
    pub(super) host: String,
    pub(super) port: String,
    pub(super) user: String,
    pub(super) database: String,
    /// The value of `sslmode`.
    pub(super) tls: String,
    /// Further parameters as they are written.
    pub(super) rest: String,
}

/// The parts of a URL; `None` when they can't say what it says.
pub(super) fn parts(url: &str) -> Option<Parts> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        let path = path.split('?').next().unwrap_or_default();
        let path = unescaped(path.strip_prefix("//").unwrap_or(path))?;
        return Some(Parts { path: Some(path), ..Parts::default() });
    }
    let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"))?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    let (user, place) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (host, port) = match place.rsplit_once(':') {
        // The colons of an address of IPv6 are within brackets.
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (place, ""),
    };
    if place.contains(',') {
        return None;
    }
    let mut parts = Parts {
        host: unescaped(host.trim_start_matches('[').trim_end_matches(']'))?,
        port: if port.is_empty() { "5432".to_owned() } else { port.to_owned() },
        user: unescaped(user.split(':').next().unwrap_or_default())?,
        database: unescaped(database)?,
        ..Parts::default()
    };
    let mut others = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        // In a query a space may be written as a plus sign.
        let value = unescaped(&value.replace('+', " "))?;
        match name {
            "host" => parts.host = value,
            "port" => parts.port = value,
            "user" => parts.user = value,
            "dbname" => parts.database = value,
            "sslmode" | "ssl-mode" => parts.tls = value,
            _ => others.push(pair),
        }
    }
    parts.rest = others.join("&");
    (!parts.host.contains(',')).then_some(parts)
}

/// The same URL with a password, which is escaped already; an empty one changes nothing.
pub(super) fn with_password(url: &str, password: &str) -> String {
    if password.is_empty() {
        return url.to_owned();
    }
    let start = url.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = url.split_at(start);
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}{}:{password}{}", &rest[..at], &rest[at..]),
        None if rest.contains('?') => format!("{url}&password={password}"),
        None => format!("{url}?password={password}"),
    }
}

/// Text with `%` escapes; `None` when it is no text.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escape = (*first == b'%').then(|| after.get(..2)).flatten();
        let byte = escape.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match byte {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_put_where_the_url_has_its_place() {
        let with = |url| with_password(url, "p%40");
        assert_eq!(with("postgres://me@h:1/db?a=1"), "postgres://me:p%40@h:1/db?a=1");
        assert_eq!(with("postgres://me@h"), "postgres://me:p%40@h");
        assert_eq!(
            with("postgres:///db?host=%2Frun&user=me"),
            "postgres:///db?host=%2Frun&user=me&password=p%40"
        );
        assert_eq!(with("postgres://h/db"), "postgres://h/db?password=p%40");
        assert_eq!(with_password("postgres://me@h/db", ""), "postgres://me@h/db");
    }

    #[test]
    fn escapes_become_text_and_what_is_no_text_is_refused() {
        assert_eq!(unescaped("car%20wash%").as_deref(), Some("car wash%"));
        assert_eq!(unescaped("%zz%C3%A4").as_deref(), Some("%zzä"));
        assert_eq!(unescaped("%ff"), None);
        let six = parts("postgres://me@[::1]:5433/db").expect("all parts have a line");
        assert_eq!((six.host.as_str(), six.port.as_str()), ("::1", "5433"));
        let six = parts("postgres://me@[::1]/db").expect("all parts have a line");
        assert_eq!((six.host.as_str(), six.port.as_str()), ("::1", "5432"));
    }
}

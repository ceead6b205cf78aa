//! URLs of SQLite files.

use std::path::PathBuf;

use aitta_base::{Error, Result};
use aitta_model::{DatabaseUrl, ErrorCode};

/// The path that a URL names.
pub(super) fn path(url: &DatabaseUrl) -> Result<PathBuf> {
    let text = url.expose().strip_prefix("sqlite:").unwrap_or_default();
    let text = text.strip_prefix("//").unwrap_or(text);
    let (path, parameters) = text.split_once('?').unwrap_or((text, ""));
    for parameter in parameters.split('&').filter(|p| !p.is_empty()) {
        // What other programs need to open the file; Aitta decides by itself.
        if !matches!(parameter, "mode=ro" | "mode=rw" | "mode=rwc") {
            return Err(invalid(url, format!("has the parameter {parameter:?}, which Aitta does not take")));
        }
    }
    let path =
        decoded(path).ok_or_else(|| invalid(url, "has a % that no two hexadecimal digits follow".into()))?;
    match path.as_str() {
        "" => Err(invalid(url, "names no file".into())),
        ":memory:" => {
            Err(invalid(url, "names a database in memory, which only its own process can read".into()))
        }
        path if path.contains('\0') => Err(invalid(url, "has a zero byte in its path".into())),
        path => Ok(PathBuf::from(path)),
    }
}

fn invalid(url: &DatabaseUrl, what: String) -> Error {
    Error::new(
        ErrorCode::ConfigInvalid,
        format!("{} {what}", url.redacted()),
        "write sqlite:shop.db for a file in this folder, or sqlite:///srv/data/shop.db; %3F stands for ?",
    )
}

/// RFC 3986, section 2.1.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            bytes.push(*hex::decode(tail.get(..2)?).ok()?.first()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<PathBuf> {
        path(&DatabaseUrl::new(text))
    }

    #[test]
    fn all_forms_name_the_file() {
        for (url, file) in [
            ("sqlite:shop.db", "shop.db"),
            ("sqlite://data/shop.db", "data/shop.db"),
            ("sqlite:///srv/shop.db", "/srv/shop.db"),
            ("sqlite:/srv/shop.db?mode=rwc", "/srv/shop.db"),
            ("sqlite:p%C3%A4iv%C3%A4%3f.db", "päivä?.db"),
        ] {
            assert_eq!(of(url).expect("valid"), PathBuf::from(file), "{url}");
        }
    }

    #[test]
    fn what_names_no_file_is_refused() {
        for url in [
            "sqlite:",
            "sqlite::memory:",
            "sqlite:a.db?mode=memory",
            "sqlite:a%2",
            "sqlite:a%zz",
            "sqlite:a%00b",
        ] {
            assert_eq!(of(url).expect_err("refused").code(), ErrorCode::ConfigInvalid, "{url}");
        }
    }
}

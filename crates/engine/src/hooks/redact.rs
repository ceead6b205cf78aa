//! Takes secrets out of what a hook has printed. It hides rather too much than too little.

use std::ffi::OsString;

use aitta_model::DatabaseUrl;
use url::Url;

use crate::Context;

const HIDDEN: &str = "***";

/// Parts of names that a secret goes by.
const NAMES: [&str; 9] =
    ["password", "passwd", "passphrase", "secret", "token", "api_key", "apikey", "access_key", "_key"];

/// Parts of names of variables whose values are secrets, or hold some.
const VARIABLES: [&str; 9] =
    ["KEY", "SECRET", "PASS", "TOKEN", "CREDENTIAL", "SAS", "CONNECTION_STRING", "_URL", "PRIVATE"];

/// A value shorter than this, such as `true`, would be found in ordinary words.
const SHORTEST: usize = 6;

/// More digits than an id has: a key, or what is as good as one.
const DIGITS: usize = 32;

/// What is known to be secret.
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    /// Those of the profile and of this process.
    pub(super) fn of(context: &Context) -> Self {
        let database = context.profile.database_url.as_ref();
        Self::from(database, std::env::vars_os())
    }

    fn from(database: Option<&DatabaseUrl>, variables: impl Iterator<Item = (OsString, OsString)>) -> Self {
        let mut secrets = Vec::new();
        if let Some(database) = database {
            passwords(database, &mut secrets);
        }
        for (name, value) in variables {
            let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else { continue };
            let name = name.to_ascii_uppercase();
            if VARIABLES.iter().any(|part| name.contains(part)) {
                let values = std::iter::once(value).chain(value.split(','));
                secrets.extend(values.filter(|value| value.len() >= SHORTEST).map(str::to_owned));
                passwords(&DatabaseUrl::new(value), &mut secrets);
            }
        }
        // The longest first: one may be a part of another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        Self(secrets)
    }

    /// The text without them, and without what looks like one.
    pub(super) fn hide(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.0 {
            text = text.replace(secret.as_str(), HIDDEN);
        }
        text.split_inclusive('\n').map(line).collect()
    }
}

/// The passwords of a URL, as they are written and as they are meant.
fn passwords(url: &DatabaseUrl, secrets: &mut Vec<String>) {
    let Ok(url) = Url::parse(url.expose()) else { return };
    let decoded =
        |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().map(String::from).ok();
    let parameters = url.query_pairs();
    let parameters =
        parameters.filter(|(name, _)| NAMES.iter().any(|part| name.to_lowercase().contains(part)));
    let mut found: Vec<String> = parameters.map(|(_, value)| value.into_owned()).collect();
    if let Some(password) = url.password() {
        found.extend(decoded(password));
        found.push(password.to_owned());
    }
    // Of one or two letters nothing is hidden by hiding them everywhere.
    secrets.extend(found.into_iter().filter(|secret| secret.len() > 2));
}

fn line(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    // Spaces stay as they are, so that the text is as it was printed.
    for word in line.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        let space = &word[bare.len()..];
        let bare = match bare.contains("://") {
            true => DatabaseUrl::new(bare).redacted(),
            false => bare.to_owned(),
        };
        out.push_str(&without_digits(&bare));
        out.push_str(space);
    }
    named(&out)
}

/// Without runs of hexadecimal digits that are as long as a key.
fn without_digits(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut run = String::new();
    for c in word.chars().chain(std::iter::once('\0')) {
        if c.is_ascii_hexdigit() {
            run.push(c);
            continue;
        }
        out.push_str(if run.len() >= DIGITS { HIDDEN } else { &run });
        run.clear();
        if c != '\0' {
            out.push(c);
        }
    }
    out
}

/// Without what follows the name of a secret and `=` or `:`.
fn named(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let mut out = String::with_capacity(line.len());
    let mut at = 0;
    while let Some((start, end)) = next_value(&lower, at) {
        out.push_str(&line[at..start]);
        out.push_str(HIDDEN);
        at = end;
    }
    out.push_str(&line[at..]);
    out
}

/// Where the next value of a named secret begins and ends.
fn next_value(lower: &str, from: usize) -> Option<(usize, usize)> {
    let found = NAMES.iter().filter_map(|name| Some(from + lower[from..].find(name)? + name.len())).min()?;
    let rest = &lower[found..];
    // The rest of the name, such as `_file` or a closing quote.
    let name = rest
        .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-' | '"' | '\''))
        .unwrap_or(rest.len());
    let after = &rest[name..];
    let sign = after.len() - after.trim_start_matches([' ', '\t']).len();
    let Some(value) = after[sign..].strip_prefix(['=', ':']) else { return next_value(lower, found) };
    let start = lower.len() - value.trim_start_matches([' ', '\t', '"', '\'']).len();
    let quoted = lower[..start].ends_with(['"', '\'']);
    let is_end = |c: char| match quoted {
        true => matches!(c, '"' | '\'' | '\n'),
        false => c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | '&'),
    };
    let end = lower[start..].find(is_end).map_or(lower.len(), |length| start + length);
    match end > start {
        true => Some((start, end)),
        false => next_value(lower, found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hide(text: &str) -> String {
        let url = DatabaseUrl::new("postgres://app:s%C3%A4cret%2F1@db/shop");
        let variables = [
            ("BACKUP_SLACK_URL", "https://hooks.slack.example/services/T0/B0/abc"),
            ("AITTA_MFA_TOKEN", "tok_123456"),
            ("BACKUP_RETIRED_KEYS", "firstkey,secondkey"),
            ("LANG", "C.UTF-8"),
        ];
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        Secrets::from(Some(&url), variables.into_iter()).hide(text)
    }

    #[test]
    fn secrets_are_hidden_wherever_they_stand() {
        for (said, kept) in [
            ("connected as app with säcret/1 now", "connected as app with *** now"),
            ("s%C3%A4cret%2F1", "***"),
            ("to https://hooks.slack.example/services/T0/B0/abc!", "to ***!"),
            ("x=tok_123456 firstkey secondkey", "x=*** *** ***"),
            ("url postgres://other:hunter2@db/x", "url postgres://other:***@db/x"),
            ("PGPASSWORD=hunter2 psql", "PGPASSWORD=*** psql"),
            ("--password hunter2", "--password hunter2"),
            ("password: \"hunter 2\", user: x", "password: \"***\", user: x"),
            ("{\"api_key\":\"abc\",\"n\":1}", "{\"api_key\":\"***\",\"n\":1}"),
            ("AWS_SECRET_ACCESS_KEY = abc", "AWS_SECRET_ACCESS_KEY = ***"),
            ("key a1777a0000000000000000000000000000000000000000000000000000000001", "key ***"),
            ("commit 1a2b3c4, run 17", "commit 1a2b3c4, run 17"),
            ("stopped\n\n  shop \n", "stopped\n\n  shop \n"),
        ] {
            assert_eq!(hide(said), kept, "{said}");
        }
    }
}

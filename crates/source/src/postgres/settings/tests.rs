#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use aitta_model::DatabaseUrl;
use aitta_testing::pg::TestServer;
use sqlx::PgConnection;

use super::known::{ENDS, HARMLESS};
use super::*;

/// What a database or a role can set, as the server says.
const SETTABLE: &str = "SELECT name FROM pg_settings WHERE context IN ('user', 'superuser', 'backend', 'superuser-backend') \
    AND name NOT LIKE '%.%'";

fn pinned() -> BTreeMap<&'static str, &'static str> {
    PINNED.iter().chain(&READING).copied().collect()
}

fn harmless() -> Vec<&'static str> {
    HARMLESS.iter().flat_map(|(_, names)| names.split_whitespace()).collect()
}

#[tokio::test]
async fn nothing_that_a_database_can_set_is_unknown() {
    let mut conn = TestServer::shared().admin().await;
    let names: Vec<String> = sqlx::query_scalar(SETTABLE).fetch_all(&mut conn).await.unwrap();
    let known: BTreeSet<&str> = pinned().into_keys().chain(harmless()).chain(ENDS).collect();
    let unknown: Vec<&String> = names.iter().filter(|n| !known.contains(n.as_str())).collect();
    assert!(unknown.is_empty(), "pin them, or say in known.rs why any value will do: {unknown:?}");
}

#[test]
fn each_setting_stands_in_one_place() {
    let mut seen = BTreeSet::new();
    for name in pinned().into_keys().filter(|n| !ENDS.contains(n)).chain(harmless()).chain(ENDS) {
        assert!(seen.insert(name), "{name} stands twice");
    }
}

async fn value(conn: &mut PgConnection, name: &str) -> Option<String> {
    sqlx::query_scalar("SELECT setting FROM pg_settings WHERE name = $1")
        .bind(name)
        .fetch_optional(conn)
        .await
        .unwrap()
}

/// Another value than the one that is pinned.
fn other(name: &str) -> &'static str {
    match name {
        "bytea_output" => "escape",
        "client_encoding" => "LATIN1",
        "client_min_messages" => "debug1",
        "constraint_exclusion" => "on",
        "DateStyle" => "German, YMD",
        "default_transaction_isolation" => "serializable",
        "extra_float_digits" => "-15",
        "gin_fuzzy_search_limit" => "7",
        "IntervalStyle" => "iso_8601",
        "lc_monetary" => "C.utf8",
        "search_path" => "\"$user\", public",
        "TimeZone" => "Asia/Tokyo",
        "xmlbinary" => "hex",
        "xmloption" => "document",
        "backslash_quote" => "on",
        "restrict_nonsystem_relation_kind" => "",
        // Minutes, so that our own statements are quick enough.
        timeout if timeout.ends_with("_timeout") => "600000",
        "array_nulls" | "standard_conforming_strings" | "enable_tidscan" => "off",
        _ => "on",
    }
}

#[tokio::test]
async fn what_is_pinned_is_so_whatever_the_database_says() {
    let test = TestServer::shared().database("pinned").await;
    let mut admin = test.connect().await;
    let mut expected = Vec::new();
    for (name, pin) in pinned() {
        // A server that is older than the setting.
        if value(&mut admin, name).await.is_none() {
            continue;
        }
        let set = if name == "search_path" {
            other(name).to_owned()
        } else {
            super::super::quote::literal(other(name))
        };
        let sql = format!("ALTER DATABASE {} SET \"{name}\" = {set}", test.name());
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut admin).await.unwrap();
        expected.push((name, pin));
    }
    assert!(expected.len() > 30, "{expected:?}");
    let server = Server::new(&DatabaseUrl::new(test.url())).unwrap();
    let mut conn = for_reading(&server).connect().await.unwrap();
    for (name, pin) in expected {
        assert_eq!(value(&mut conn, name).await.as_deref(), Some(pin), "{name}");
    }
}

#[test]
fn client_tools_get_only_what_their_server_knows() {
    let names = |major| options(major, &[]).matches("-c ").count();
    assert_eq!((names(12), names(13), names(14), names(16), names(17), names(18)), (8, 8, 9, 9, 10, 10));
    assert!(options(12, &[]).contains("-c role=none"));
    assert_eq!(options(12, &[("a", "b c")]).rsplit(" -c ").next(), Some("a=b\\ c"));
}

/// The table of `SECURITY.md`.
fn table() -> String {
    let list = |names: &[&str]| {
        let mut names: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
        names.sort_by_key(|n| n.to_lowercase());
        names.join(", ")
    };
    let set: Vec<String> = pinned()
        .iter()
        .filter(|(name, _)| !ENDS.contains(name))
        .map(|(name, value)| format!("`{name}` = `{}`", if value.is_empty() { "''" } else { value }))
        .collect();
    let mut rows = vec![
        "| what comes of it | settings |".to_owned(),
        "|---|---|".to_owned(),
        format!(
            "| **Pinned** in every session (`lc_monetary` and `restrict_nonsystem_relation_kind` in those that read for a backup or a dry run) | {} |",
            set.join(", ")
        ),
        format!(
            "| **Ends the backup** with an error when it is on; a superuser's backup takes it back for itself | {} |",
            list(&ENDS)
        ),
    ];
    for (why, names) in HARMLESS {
        let names: Vec<&str> = names.split_whitespace().collect();
        rows.push(format!("| Any value: {} | {} |", lower(why), list(&names)));
    }
    rows.join("\n")
}

fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect()
}

#[test]
fn the_table_of_settings_is_that_of_the_code() {
    const BEGIN: &str =
        "<!-- settings of PostgreSQL, written by the test of crates/source/src/postgres/settings -->\n";
    const END: &str = "\n<!-- end of the settings -->";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../SECURITY.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = document.split_once(BEGIN).expect("the place of the table");
    let (there, after) = rest.split_once(END).expect("its end");
    let wanted = table();
    if there != wanted && std::env::var_os("AITTA_WRITE_TABLES").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{wanted}{END}{after}")).unwrap();
        return;
    }
    assert!(there == wanted, "run this test with AITTA_WRITE_TABLES=1 to write the table anew");
}

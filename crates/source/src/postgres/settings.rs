//! Settings of the server that a database or a role can change (`ALTER DATABASE … SET`, `ALTER ROLE … SET`), pinned
//! in one place, so that nobody who owns a database decides what a backup reads or how long a restore may take.
//!
//! It begins with what `pg_dump` and `pg_restore` set. What is not pinned, and why, is in `SECURITY.md`; a test
//! compares that table with the server.

use aitta_base::{Error, Result};
use aitta_model::ErrorCode;
use sqlx::postgres::PgConnection;

use super::connect::Server;

#[cfg(test)]
mod known;
#[cfg(test)]
mod tests;

/// Of every session, by name and value. Everybody may set these; a server that doesn't know one is older than it.
pub(super) const PINNED: [Setting; 31] = [
    // What ends a session or a statement that takes its time.
    ("exit_on_error", "off"),
    ("idle_in_transaction_session_timeout", "0"),
    ("idle_session_timeout", "0"),
    ("lock_timeout", "0"),
    ("statement_timeout", "0"),
    ("transaction_timeout", "0"),
    // How values are written and read.
    ("array_nulls", "on"),
    ("bytea_output", "hex"),
    ("client_encoding", "UTF8"),
    ("DateStyle", "ISO, MDY"),
    ("extra_float_digits", "3"),
    ("IntervalStyle", "postgres"),
    ("TimeZone", "UTC"),
    ("xmlbinary", "base64"),
    ("xmloption", "content"),
    // How statements are understood.
    ("backslash_quote", "safe_encoding"),
    ("check_function_bodies", "off"),
    ("client_min_messages", "warning"),
    ("escape_string_warning", "off"),
    ("quote_all_identifiers", "off"),
    ("standard_conforming_strings", "on"),
    ("transform_null_equals", "off"),
    // What a transaction sees, and may do.
    ("default_transaction_deferrable", "off"),
    ("default_transaction_isolation", "read committed"),
    ("default_transaction_read_only", "off"),
    ("row_security", "off"),
    // How tables are read: with these the parts of a large one would be slow, or rows missing.
    ("constraint_exclusion", "partition"),
    ("enable_tidscan", "on"),
    ("gin_fuzzy_search_limit", "0"),
    ("synchronize_seqscans", "off"),
    // Where names without a schema are looked for: only in pg_catalog.
    ("search_path", ""),
];

/// Of sessions that read what somebody else owns.
const READING: [Setting; 4] = [
    // The server then refuses to look into a view or a foreign table, so that one that has taken the place of a table
    // runs nothing (release notes of 12.20, 13.16, 14.13, 15.8 and 16.4).
    ("restrict_nonsystem_relation_kind", "view, foreign-table"),
    MONEY,
    // Otherwise damaged pages would be read as empty ones, and a backup would lack their rows without a word. Only
    // superusers may set these.
    ("ignore_checksum_failure", "off"),
    ("zero_damaged_pages", "off"),
];

/// Under which locale values of the type `money` are written. The archive says so, and its restore sets it.
pub(super) const MONEY: Setting = ("lc_monetary", "C");

/// Name and value.
pub(super) type Setting = (&'static str, &'static str);

/// The statements that begin every session, which set [`PINNED`] and `more`, as far as the server knows them.
pub(super) fn session(more: &[Setting]) -> String {
    let rows: Vec<String> =
        PINNED.iter().chain(more).map(|(name, value)| format!("('{name}', '{value}')")).collect();
    // The path comes first: it decides what the `=` of the next statement is. A role that the database sets would be
    // taken for the user, and a function can leave it.
    format!(
        "SELECT pg_catalog.set_config('search_path', '', false), pg_catalog.set_config('role', 'none', false); \
         SELECT pg_catalog.set_config(s.name, v.value, false) FROM (VALUES {}) AS v(name, value) \
         JOIN pg_catalog.pg_settings s ON s.name = v.name \
         WHERE s.context <> 'superuser' OR pg_catalog.current_setting('is_superuser') = 'on'",
        rows.join(", ")
    )
}

/// What a client tool needs beside what it sets itself, and before it does, for `PGOPTIONS`. A name that the server doesn't know would
/// end its session.
pub(super) fn options(major: u32, more: &[Setting]) -> String {
    const NEEDED: [(&str, u32); 9] = [
        ("default_transaction_isolation", 12),
        ("default_transaction_read_only", 12),
        ("exit_on_error", 12),
        ("idle_in_transaction_session_timeout", 12),
        ("idle_session_timeout", 14),
        ("lock_timeout", 12),
        ("statement_timeout", 12),
        ("TimeZone", 12),
        ("transaction_timeout", 17),
    ];
    let needed =
        PINNED.iter().filter(|(name, _)| NEEDED.iter().any(|(n, since)| n == name && *since <= major));
    let option = |(name, value): &Setting| format!("-c {name}={}", value.replace(' ', "\\ "));
    // Not among the pinned ones, because the server doesn't list it with the others.
    let role = std::iter::once("-c role=none".to_owned());
    role.chain(needed.chain(more).map(option)).collect::<Vec<_>>().join(" ")
}

/// The server as it is read from: every session of it refuses what could run somebody else's code.
pub(super) fn for_reading(server: &Server) -> Server {
    server.with_settings(&READING)
}

/// Whether the sessions of [`for_reading`] are as they should be.
///
/// # Errors
/// `source_unfit` when the server is set to pass over damage, and this user may not change that; as
/// [`Server::error`].
pub(super) async fn check(server: &Server, conn: &mut PgConnection) -> Result<()> {
    const LOOSE: &str = "SELECT name FROM pg_settings \
        WHERE name IN ('ignore_checksum_failure', 'zero_damaged_pages') AND setting <> 'off' ORDER BY name";
    let loose: Vec<String> =
        sqlx::query_scalar(LOOSE).fetch_all(&mut *conn).await.map_err(|e| server.error(e))?;
    let Some(first) = loose.first() else { return Ok(()) };
    Err(Error::new(
        ErrorCode::SourceUnfit,
        format!(
            "{} is set to pass over damaged pages ({}), so rows could be missing without a word",
            server.place(),
            loose.join(", ")
        ),
        format!(
            "find out why, mend the damage, then take it back with ALTER DATABASE … RESET {first} (or ALTER ROLE, or \
             in postgresql.conf); a backup by a superuser sets it right for itself"
        ),
    ))
}

/// What the sessions of a restore need so that they read values as they were written. Archives that say nothing were
/// written under the locale of their server.
pub(super) fn as_written(lc_monetary: &str) -> Vec<Setting> {
    if lc_monetary == MONEY.1 { vec![MONEY] } else { Vec::new() }
}

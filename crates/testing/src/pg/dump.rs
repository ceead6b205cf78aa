//! `pg_dump` as the judge of whether two databases are equal.

use std::process::Command;

use super::client_tool;

/// What differs between two dumps of the same database.
const VOLATILE: [&str; 6] = [
    "\\restrict ",
    "\\unrestrict ",
    "-- Dumped from database version",
    "-- Dumped by pg_dump version",
    "-- Started on",
    "-- Completed on",
];

/// The plain text of `pg_dump ARGS URL`, without versions, dates and the random token of `\restrict`.
///
/// # Panics
/// When there is no `pg_dump` or it fails.
#[must_use]
pub fn pg_dump_text(url: &str, args: &[&str]) -> String {
    let output = Command::new(client_tool("pg_dump")).args(args).arg("--dbname").arg(url).output();
    let output = output.unwrap_or_else(|e| panic!("pg_dump can't be run: {e}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "pg_dump failed: {errors}");
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().filter(|line| !VOLATILE.iter().any(|v| line.starts_with(v))).fold(
        String::with_capacity(text.len()),
        |mut out, line| {
            out.push_str(line);
            out.push('\n');
            out
        },
    )
}

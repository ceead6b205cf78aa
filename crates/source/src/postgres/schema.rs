//! The schema section: the output of `pg_dump -Fc --schema-only`, taken under the same snapshot.

use std::time::Duration;

use aitta_base::tables::TableName;
use aitta_base::{Error, Result};
use aitta_model::ErrorCode;

use super::connect::Server;
use super::quote::qualified;
use super::tools::{Tools, tells_of_loss};

/// What `pg_dump` gave.
pub(super) struct SchemaDump {
    /// Its custom format.
    pub(super) blob: Vec<u8>,
    /// Its warnings.
    pub(super) warnings: Vec<String>,
}

/// Runs `pg_dump`. It is killed when the future is dropped.
///
/// # Errors
/// `tool_failed`, `lock_timeout`, `source_lost`, `source_denied`.
pub(super) async fn dump(
    server: &Server,
    tools: &Tools,
    snapshot: &str,
    tables: Option<&[TableName]>,
    lock_timeout: Duration,
) -> Result<SchemaDump> {
    let mut command = tools.command("pg_dump", Some(server));
    command
        .args(["--format=custom", "--schema-only", "--encoding=UTF8"])
        .arg(format!("--snapshot={snapshot}"))
        .arg(format!("--lock-wait-timeout={}", lock_timeout.as_millis().max(1)));
    for table in tables.unwrap_or_default() {
        // In double quotes no character of a pattern is special.
        let name = qualified(table.schema.as_deref().unwrap_or_default(), &table.name);
        command.arg(format!("--table={name}"));
    }
    let output = command.output().await.map_err(|e| {
        Error::new(
            ErrorCode::ToolFailed,
            format!("pg_dump cannot be started: {e}"),
            "check that pg_dump can be executed, or set pg_bin_dir to another folder",
        )
        .with_source(e)
    })?;
    let messages = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(failed(server, &messages, output.status));
    }
    let warnings = messages.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect();
    Ok(SchemaDump { blob: output.stdout, warnings })
}

/// What the messages of a failed `pg_dump` mean. They hold no password: it gets that by environment
/// and does not print it.
fn failed(server: &Server, messages: &str, status: std::process::ExitStatus) -> Error {
    let said = |text: &str| messages.contains(text);
    // pg_dump limits its waiting for locks by a statement timeout, and has none otherwise.
    let code = if said("due to statement timeout") || said("due to lock timeout") {
        ErrorCode::LockTimeout
    } else if tells_of_loss(messages)
        // The session that holds the snapshot is gone, and the snapshot with it.
        || said("invalid snapshot identifier")
        || said("could not import the requested snapshot")
    {
        ErrorCode::SourceLost
    } else if said("permission denied") {
        ErrorCode::SourceDenied
    } else {
        ErrorCode::ToolFailed
    };
    let hint = match code {
        ErrorCode::LockTimeout => {
            "wait until the other session is done, end it (see pg_stat_activity), or give more time with --lock-timeout"
        }
        ErrorCode::SourceLost => "check that the server runs and see its log, then run it again",
        ErrorCode::SourceDenied => {
            "connect as the owner of the database or as a superuser, or grant the missing right"
        }
        _ => "see the server's log; `pg_dump --schema-only` by hand shows the whole message",
    };
    // The line that tells the cause comes first; the last one only repeats the statement.
    let lines = || messages.lines().map(str::trim).filter(|l| !l.is_empty());
    let fact = lines().find(|l| l.contains("error:") || l.contains("FATAL")).or_else(|| lines().next_back());
    let fact = fact.map_or_else(|| status.to_string(), |l| l.trim_start_matches("pg_dump: ").to_owned());
    Error::new(code, format!("pg_dump of the schema of {} failed: {fact}", server.place()), hint)
        .with_source(messages.trim().to_owned())
}

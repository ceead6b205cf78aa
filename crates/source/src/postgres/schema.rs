//! The schema section: the output of `pg_dump -Fc --schema-only`, taken under the same snapshot.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

use aitta_base::tables::TableName;
use aitta_base::{Error, Result};
use aitta_model::{Command, ErrorCode};
use tokio::io::AsyncWriteExt;

use super::connect::Server;
use super::quote::qualified;
use super::restore::toc::{Entry, RELATIONS, Toc};
use super::settings;
use super::tools::{Tools, tells_of_loss};

/// What `pg_dump` gave.
pub(super) struct SchemaDump {
    /// Its custom format.
    pub(super) blob: Vec<u8>,
    /// Its warnings.
    pub(super) warnings: Vec<String>,
    /// The oids of the tables that it defines, by its own table of contents.
    tables: BTreeSet<u32>,
}

impl SchemaDump {
    /// Compares what `pg_dump` has found with the tables that are archived, which were found by other queries: one that
    /// only one of the two knows would be missing without a word.
    ///
    /// # Errors
    /// `source_unfit`.
    pub(super) fn check(&self, server: &Server, tables: &BTreeSet<u32>) -> Result<()> {
        let list = |these: &BTreeSet<u32>, those: &BTreeSet<u32>| {
            these.difference(those).map(u32::to_string).collect::<Vec<_>>().join(", ")
        };
        let (rows_missing, definition_missing) = (list(&self.tables, tables), list(tables, &self.tables));
        let fact = match (rows_missing.as_str(), definition_missing.as_str()) {
            ("", "") => return Ok(()),
            (oids, "") => format!("pg_dump found tables whose rows are not in the backup (oids {oids})"),
            ("", oids) => format!("pg_dump didn't find tables whose rows are in the backup (oids {oids})"),
            (more, less) => {
                format!("pg_dump found other tables than the backup (oids {more}, and not {less})")
            }
        };
        Err(Error::new(
            ErrorCode::SourceUnfit,
            format!("{}: {fact}, so it would not be complete", server.place()),
            "SELECT oid::regclass FROM pg_class WHERE oid IN (…) names them; run it again, and report this if it \
             happens twice",
        ))
    }
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
    server_major: u32,
) -> Result<SchemaDump> {
    let mut command = tools.command("pg_dump", Some(server));
    // Ours come last, and win.
    let given = server.session_options().unwrap_or_default();
    command.env("PGOPTIONS", format!("{given} {}", settings::options(server_major, &[settings::MONEY])));
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
    let blob = output.stdout;
    let tables = tables_of(tools, &blob).await?;
    Ok(SchemaDump { blob, warnings, tables })
}

/// The oids of the tables in a dump.
async fn tables_of(tools: &Tools, dump: &[u8]) -> Result<BTreeSet<u32>> {
    let failed = |fact: String| {
        Error::new(
            ErrorCode::ToolFailed,
            format!("the schema that pg_dump has just written can't be read by pg_restore: {fact}"),
            "check that pg_dump and pg_restore are of the same version, or set pg_bin_dir to their folder",
        )
    };
    let mut command = tools.command("pg_restore", None);
    command.arg("--list").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|e| failed(e.to_string()))?;
    let stdin = child.stdin.take();
    let write = async {
        // It may close its end early; what it says then counts.
        if let Some(mut stdin) = stdin {
            drop(stdin.write_all(dump).await);
        }
    };
    let ((), output) = tokio::join!(write, child.wait_with_output());
    let output = output.map_err(|e| failed(e.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().map(str::trim).rfind(|l| !l.is_empty()).unwrap_or("it said nothing");
        return Err(failed(last.to_owned()));
    }
    let toc = Toc::parse(&String::from_utf8_lossy(&output.stdout));
    let table = |e: &&Entry| e.catalog == RELATIONS && e.text.starts_with("TABLE ");
    Ok(toc.entries.iter().filter(table).map(|e| e.object).collect())
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
                .to_owned()
        }
        ErrorCode::SourceLost => "check that the server runs and see its log, then run it again".to_owned(),
        ErrorCode::SourceDenied => {
            format!(
                "grant the missing right: {config_check_roles} prints a role that has all that is needed",
                config_check_roles = Command::ConfigCheckRoles
            )
        }
        _ => "see the server's log; `pg_dump --schema-only` by hand shows the whole message".to_owned(),
    };
    // The line that tells the cause comes first; the last one only repeats the statement.
    let lines = || messages.lines().map(str::trim).filter(|l| !l.is_empty());
    let fact = lines().find(|l| l.contains("error:") || l.contains("FATAL")).or_else(|| lines().next_back());
    let fact = fact.map_or_else(|| status.to_string(), |l| l.trim_start_matches("pg_dump: ").to_owned());
    Error::new(code, format!("pg_dump of the schema of {} failed: {fact}", server.place()), hint)
        .with_source(messages.trim().to_owned())
}

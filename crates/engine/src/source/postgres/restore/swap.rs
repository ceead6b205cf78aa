//! Making and renaming databases.

use std::time::Duration;

use aitta_model::ErrorCode;
use sqlx::postgres::PgConnection;

use super::super::connect::{Server, sqlstate};
use super::super::quote::{ident, literal};
use super::Job;
use super::target::{Target, maintenance};
use crate::{Error, Result};

/// `object_in_use`: somebody is connected.
const IN_USE: &str = "55006";

/// Creates an empty database like the archived one.
///
/// # Errors
/// `source_*`; `target_incompatible` when the server doesn't have the locale.
pub(super) async fn create(job: &Job, target: &Target, admin: &mut PgConnection, name: &str) -> Result<()> {
    let like = &job.archived.database;
    let mut sql = format!("CREATE DATABASE {} TEMPLATE template0", ident(name));
    for (option, value) in
        [("ENCODING", &like.encoding), ("LC_COLLATE", &like.collate), ("LC_CTYPE", &like.ctype)]
    {
        if !value.is_empty() {
            sql.push_str(&format!(" {option} {}", literal(value)));
        }
    }
    let locale = like.locale.as_deref().map(literal);
    match (like.locale_provider.as_str(), locale) {
        ("i", Some(locale)) if target.major() >= 15 => {
            sql.push_str(&format!(" LOCALE_PROVIDER icu ICU_LOCALE {locale}"));
        }
        ("b", Some(locale)) if target.major() >= 17 => {
            sql.push_str(&format!(" LOCALE_PROVIDER builtin BUILTIN_LOCALE {locale}"));
        }
        ("c" | "", _) if target.major() >= 15 => sql.push_str(" LOCALE_PROVIDER libc"),
        _ => {}
    }
    job.server.run(admin, sql).await.map_err(|e| match sqlstate(&e).as_deref() {
        Some("42809" | "22023") => Error::new(
            ErrorCode::TargetIncompatible,
            format!("a database like the archived one can't be created: {e}"),
            "install the locale on the server, or create an empty database with another one and name it with --to",
        )
        .with_source(e),
        _ => e,
    })
}

/// Gives the finished database the name of one that doesn't exist.
///
/// # Errors
/// `source_*`.
pub(super) async fn rename(server: &Server, admin: &mut PgConnection, from: &str, to: &str) -> Result<()> {
    let sql = format!("SET synchronous_commit = on; ALTER DATABASE {} RENAME TO {}", ident(from), ident(to));
    server.run(admin, sql).await
}

/// Swaps the finished database for the live one: both renames are one transaction.
///
/// RENAME takes the lock on the database before it waits, up to five seconds, for the sessions in it to
/// end; who connects meanwhile waits for the lock. So it is enough to end the sessions while RENAME
/// waits. Forbidding connections first (ALLOW_CONNECTIONS) would need a commit of its own, after which a
/// crash would leave the live database closed.
///
/// # Errors
/// `source_*`; `source_denied` when sessions are left that this user may not end.
pub(super) async fn swap(
    server: &Server,
    admin: &mut PgConnection,
    finished: &str,
    live: &str,
    set_aside: &str,
) -> Result<()> {
    let mut other = maintenance(server).await?;
    let sql = format!(
        "SET synchronous_commit = on; BEGIN; ALTER DATABASE {} RENAME TO {}; ALTER DATABASE {} RENAME TO {}; COMMIT",
        ident(live),
        ident(set_aside),
        ident(finished),
        ident(live)
    );
    let mut attempt = 0;
    loop {
        let renamed = tokio::select! {
            renamed = server.run(admin, sql.clone()) => renamed,
            () = end_sessions(&mut other, live) => unreachable!("it goes on until it is dropped"),
        };
        let Err(error) = renamed else { return Ok(()) };
        if let Err(lost) = server.run(admin, "ROLLBACK").await {
            tracing::warn!(error = %lost, "the session that renames is gone");
            return Err(error);
        }
        attempt += 1;
        if sqlstate(&error).as_deref() != Some(IN_USE) {
            return Err(error);
        }
        if attempt == 3 {
            return Err(Error::new(
                ErrorCode::SourceDenied,
                format!("{live:?} can't be swapped while it is in use: {error}"),
                "end what is connected to it (see pg_stat_activity and pg_prepared_xacts), or connect as a superuser",
            )
            .with_source(error));
        }
    }
}

/// Ends the sessions in `database` again and again.
async fn end_sessions(conn: &mut PgConnection, database: &str) {
    const END: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
    const MINE: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE datname = $1 AND pg_has_role(usesysid, 'USAGE')";
    loop {
        if sqlx::query(END).bind(database).execute(&mut *conn).await.is_err() {
            // One that this user may not end stops the statement: at least the others go.
            drop(sqlx::query(MINE).bind(database).execute(&mut *conn).await);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Drops an unfinished database with all its sessions.
///
/// # Errors
/// `source_*`.
pub(super) async fn discard(server: &Server, name: &str) -> Result<()> {
    let mut attempt = 0;
    loop {
        match try_discard(server, name).await {
            Ok(()) => return Ok(()),
            Err(e) if attempt == 5 => return Err(e),
            Err(_) => attempt += 1,
        }
        // The server may be starting again, or a session that was ended may not be gone yet.
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn try_discard(server: &Server, name: &str) -> Result<()> {
    let mut admin = maintenance(server).await?;
    // As DROP DATABASE … WITH (FORCE), which version 12 doesn't have.
    drop(
        sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1")
            .bind(name)
            .execute(&mut admin)
            .await,
    );
    server.run(&mut admin, format!("DROP DATABASE IF EXISTS {}", ident(name))).await
}

//! Making and renaming databases.

use std::time::Duration;

use aitta_base::{Error, Result};
use aitta_model::ErrorCode;
use jiff::{SignedDuration, Timestamp};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use sqlx::postgres::types::Oid;

use super::super::connect::{Server, sqlstate};
use super::super::quote::{ident, literal};
use super::Job;
use super::beside::{restoring_name, set_aside_name};
use super::target::{Target, maintenance};

/// `object_in_use`: somebody is connected.
const IN_USE: &str = "55006";

/// `duplicate_database`.
const NAME_TAKEN: &str = "42P04";

/// `unique_violation`: somebody is making a database of that name in this moment.
const NAME_BEING_TAKEN: &str = "23505";

/// How many names are tried, each of a second later, when restores follow each other within seconds.
const NAMES: i64 = 10;

/// Creates an empty database like the archived one, and returns its name. Where a killed restore of the
/// same second has left one that can't be dropped yet, or is still making it, it gets that of a later time.
///
/// # Errors
/// `source_*`; `target_incompatible` when the server doesn't have the locale.
pub(super) async fn create(job: &Job, target: &Target, admin: &mut PgConnection) -> Result<String> {
    let mut later = 0;
    loop {
        let name = restoring_name(job.server.database(), job.task.now + SignedDuration::from_secs(later));
        match try_create(job, target, admin, &name).await {
            Ok(()) => return Ok(name),
            Err(e) => match sqlstate(&e).as_deref() {
                Some(NAME_TAKEN | NAME_BEING_TAKEN) if later < NAMES => later += 1,
                _ => return Err(e),
            },
        }
    }
}

async fn try_create(job: &Job, target: &Target, admin: &mut PgConnection, name: &str) -> Result<()> {
    let like = &job.archived.database;
    // Nobody else gets in before it is proven: who owns its tables could change what loading them runs.
    let mut sql = format!("CREATE DATABASE {} TEMPLATE template0 ALLOW_CONNECTIONS false", ident(name));
    for (option, value) in
        [("ENCODING", &like.encoding), ("LC_COLLATE", &like.collate), ("LC_CTYPE", &like.ctype)]
    {
        if !value.is_empty() {
            sql.push_str(&format!(" {option} {}", literal(value)));
        }
    }
    if let Some(owner) = owner(job, target, admin).await? {
        sql.push_str(&format!(" OWNER {}", ident(&owner)));
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
    })?;
    let quoted = ident(name);
    let sql = format!(
        "REVOKE CONNECT ON DATABASE {quoted} FROM PUBLIC; ALTER DATABASE {quoted} ALLOW_CONNECTIONS true"
    );
    let opened = job.server.run(admin, sql).await;
    if opened.is_err()
        && let Err(e) = job.server.run(admin, format!("DROP DATABASE {quoted}")).await
    {
        tracing::warn!(error = %e, "the unfinished database {name} stays; the next restore drops it");
    }
    opened
}

/// The archived owner, where a user who is no superuser restores and may act for him. Then it is his from the beginning:
/// to be given a table in the schema `public` an owner needs the right to create one there, which the owner of the
/// database has. A superuser gives things away without that, and keeps others out as long as it is his own.
async fn owner(job: &Job, target: &Target, admin: &mut PgConnection) -> Result<Option<String>> {
    let owner = &job.archived.database.owner;
    if job.task.no_owner || owner.is_empty() || target.superuser {
        return Ok(None);
    }
    let right = if target.major() >= 16 { "SET" } else { "MEMBER" };
    let sql = format!(
        "SELECT r.rolname::text FROM pg_roles r WHERE r.rolname = $1 AND pg_has_role(r.oid, '{right}')"
    );
    sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(owner)
        .fetch_optional(admin)
        .await
        .map_err(|e| job.server.error(e))
}

/// Why a finished database has not got its name.
pub(super) struct Failed {
    pub(super) error: Error,
    /// The connection broke while the server renamed, and it could not be asked what came of it.
    pub(super) unknown: bool,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error, unknown: false }
    }
}

/// The session that renames a finished database, and what is needed to find out afterwards whether it did.
pub(super) struct Renaming<'a> {
    server: &'a Server,
    admin: &'a mut PgConnection,
    finished: &'a str,
    oid: Oid,
    pid: i32,
    begun: String,
}

/// When a session began, in a form that doesn't depend on settings.
const BEGUN: &str = "extract(epoch FROM backend_start)::text";

impl<'a> Renaming<'a> {
    /// Prepares for renaming the database `finished`.
    ///
    /// # Errors
    /// `source_*`.
    pub(super) async fn new(
        server: &'a Server,
        admin: &'a mut PgConnection,
        finished: &'a str,
    ) -> Result<Self> {
        let sql = format!(
            "SELECT d.oid, a.pid, {BEGUN} FROM pg_database d, pg_stat_activity a \
             WHERE d.datname = $1 AND a.pid = pg_backend_pid()"
        );
        let (oid, pid, begun) = sqlx::query_as(AssertSqlSafe(sql))
            .bind(finished)
            .fetch_one(&mut *admin)
            .await
            .map_err(|e| server.error(e))?;
        Ok(Self { server, admin, finished, oid, pid, begun })
    }

    /// Gives the finished database the name of one that doesn't exist.
    ///
    /// # Errors
    /// `source_*`.
    pub(super) async fn rename(self, live: &str) -> Result<(), Failed> {
        let sql = format!(
            "SET synchronous_commit = on; ALTER DATABASE {} RENAME TO {}",
            ident(self.finished),
            ident(live)
        );
        let mut other = maintenance(self.server).await?;
        let in_the_way = [self.finished];
        let renamed = tokio::select! {
            renamed = self.server.run(self.admin, sql) => renamed,
            () = end_sessions(&mut other, &in_the_way) => unreachable!("it goes on until it is dropped"),
        };
        match renamed {
            Err(error) if error.code() == ErrorCode::SourceLost => self.after_loss(live, error).await,
            renamed => Ok(renamed?),
        }
    }

    /// Swaps the finished database for the live one: both renames are one transaction. Returns the name
    /// of what was set aside, which is `set_aside` or, where there is such a database, one of a later time.
    ///
    /// RENAME takes the lock on the database before it waits, up to five seconds, for the sessions in it to end; who
    /// connects meanwhile waits for the lock. So it is enough to end the sessions while RENAME waits. Forbidding
    /// connections first (ALLOW_CONNECTIONS) would need a commit of its own, and a crash after it would leave the live
    /// database closed.
    ///
    /// # Errors
    /// `source_*`; `source_denied` when sessions are left that this user may not end.
    pub(super) async fn swap(
        self,
        live: &str,
        mut set_aside: String,
        now: Timestamp,
    ) -> Result<String, Failed> {
        let mut other = maintenance(self.server).await?;
        let in_the_way = [live, self.finished];
        let (mut attempt, mut later) = (0, 0);
        loop {
            let sql = format!(
                "SET synchronous_commit = on; BEGIN; ALTER DATABASE {} RENAME TO {}; \
                 ALTER DATABASE {} RENAME TO {}; COMMIT",
                ident(live),
                ident(&set_aside),
                ident(self.finished),
                ident(live)
            );
            let renamed = tokio::select! {
                renamed = self.server.run(self.admin, sql) => renamed,
                () = end_sessions(&mut other, &in_the_way) => unreachable!("it goes on until it is dropped"),
            };
            let Err(error) = renamed else { return Ok(set_aside) };
            if error.code() == ErrorCode::SourceLost {
                return self.after_loss(live, error).await.map(|()| set_aside);
            }
            if let Err(lost) = self.server.run(self.admin, "ROLLBACK").await {
                tracing::warn!(error = %lost, "the session that renames is gone");
                return Err(error.into());
            }
            match sqlstate(&error).as_deref() {
                // A restore that ended in the same second has taken the name.
                Some(NAME_TAKEN) if later < NAMES => {
                    later += 1;
                    set_aside = set_aside_name(live, now + SignedDuration::from_secs(later));
                }
                Some(IN_USE) if attempt < 2 => attempt += 1,
                Some(IN_USE) => {
                    return Err(Error::new(
                        ErrorCode::SourceDenied,
                        format!("{live:?} can't be swapped while it is in use: {error}"),
                        "end what is connected to it (see pg_stat_activity and pg_prepared_xacts), or let a superuser \
                         end it",
                    )
                    .with_source(error)
                    .into());
                }
                _ => return Err(error.into()),
            }
        }
    }

    /// The connection broke with this error: asks on another one whether the database was renamed.
    async fn after_loss(&self, live: &str, error: Error) -> Result<(), Failed> {
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            match self.has_name(live).await {
                Ok(Some(true)) => return Ok(()),
                Ok(Some(false)) => return Err(error.into()),
                Ok(None) | Err(_) => {}
            }
        }
        let error = error.hint_instead(format!(
            "the connection broke in the very moment of renaming: look whether {live:?} is restored and whether \
             there is still a database {:?} before you run it again",
            self.finished
        ));
        Err(Failed { error, unknown: true })
    }

    /// Whether the finished database has this name. `None` while the session that renames is not gone: it
    /// may go on for a while without its client, and is ended here.
    async fn has_name(&self, live: &str) -> Result<Option<bool>> {
        let error = |e| self.server.error(e);
        let mut conn = maintenance(self.server).await?;
        let end =
            format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND {BEGUN} = $2");
        let ended: Vec<bool> = sqlx::query_scalar(AssertSqlSafe(end))
            .bind(self.pid)
            .bind(&self.begun)
            .fetch_all(&mut conn)
            .await
            .map_err(error)?;
        if !ended.is_empty() {
            return Ok(None);
        }
        // The oid stays the same through a rename, and with it the old database was set aside.
        let name: Option<String> = sqlx::query_scalar("SELECT datname::text FROM pg_database WHERE oid = $1")
            .bind(self.oid)
            .fetch_optional(&mut conn)
            .await
            .map_err(error)?;
        Ok(Some(name.as_deref() == Some(live)))
    }
}

/// Ends the sessions in these databases again and again. Into the finished one its owner gets when it is his again.
async fn end_sessions(conn: &mut PgConnection, databases: &[&str]) {
    const END: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY ($1)";
    const MINE: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE datname = ANY ($1) AND pg_has_role(usesysid, 'USAGE')";
    loop {
        if sqlx::query(END).bind(databases).execute(&mut *conn).await.is_err() {
            // One that this user may not end stops the statement: at least the others go.
            drop(sqlx::query(MINE).bind(databases).execute(&mut *conn).await);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Drops an unfinished database with all its sessions.
///
/// # Errors
/// `source_*`.
pub(in super::super) async fn discard(server: &Server, name: &str) -> Result<()> {
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
    no_template(server, &mut admin, name).await?;
    server.run(&mut admin, format!("DROP DATABASE IF EXISTS {}", ident(name))).await
}

/// Makes an ordinary database of a template, which can't be dropped. One that is not there is fine.
///
/// # Errors
/// `source_*`.
pub(super) async fn no_template(server: &Server, admin: &mut PgConnection, name: &str) -> Result<()> {
    let template: Option<bool> =
        sqlx::query_scalar("SELECT datistemplate FROM pg_database WHERE datname = $1")
            .bind(name)
            .fetch_optional(&mut *admin)
            .await
            .map_err(|e| server.error(e))?;
    if template != Some(true) {
        return Ok(());
    }
    server.run(admin, format!("ALTER DATABASE {} IS_TEMPLATE false", ident(name))).await
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use aitta_model::DatabaseUrl;
    use aitta_testing::pg::TestServer;
    use sqlx::Connection;

    use super::*;

    async fn names(server: &Server, admin: &mut PgConnection, oid: Oid) -> String {
        let name = sqlx::query_scalar("SELECT datname::text FROM pg_database WHERE oid = $1");
        name.bind(oid).fetch_one(admin).await.map_err(|e| server.error(e)).unwrap()
    }

    #[tokio::test]
    async fn a_lost_connection_is_asked_about_before_and_after_the_swap() {
        let test = TestServer::shared().database("lost_swap").await;
        let live = test.name();
        let server = Server::new(&DatabaseUrl::new(test.url())).unwrap();
        let finished = format!("{live}_finished");
        let mut other = maintenance(&server).await.unwrap();
        server.run(&mut other, format!("CREATE DATABASE {finished} TEMPLATE template0")).await.unwrap();

        // The session is still there and could yet commit: there is no answer until it is ended.
        let mut admin = maintenance(&server).await.unwrap();
        let renaming = Renaming::new(&server, &mut admin, &finished).await.unwrap();
        assert_eq!(renaming.has_name(live).await.unwrap(), None);
        let lost = || Error::new(ErrorCode::SourceLost, "lost", "");
        let Err(failed) = renaming.after_loss(live, lost()).await else { panic!("nothing was renamed") };
        assert!(!failed.unknown && failed.error.code() == ErrorCode::SourceLost);

        let now: Timestamp = "2026-11-23T09:13:00Z".parse().unwrap();
        let set_aside = set_aside_name(live, now);
        let mut admin = maintenance(&server).await.unwrap();
        let renaming = Renaming::new(&server, &mut admin, &finished).await.unwrap();
        let sql = format!(
            "ALTER DATABASE {live} RENAME TO \"{set_aside}\"; ALTER DATABASE {finished} RENAME TO {live}"
        );
        server.run(renaming.admin, sql).await.unwrap();
        assert!(renaming.after_loss(live, lost()).await.is_ok());
        server.run(&mut other, format!("DROP DATABASE \"{set_aside}\"")).await.unwrap();
    }

    #[tokio::test]
    async fn an_unfinished_database_is_dropped_even_when_it_is_a_template_by_now() {
        let test = TestServer::shared().database("unfinished_template").await;
        let server = Server::new(&DatabaseUrl::new(test.url())).unwrap();
        let name = format!("{}_unfinished", test.name());
        let mut admin = maintenance(&server).await.unwrap();
        let sql = format!("CREATE DATABASE {name} TEMPLATE template0 IS_TEMPLATE true");
        server.run(&mut admin, sql).await.unwrap();
        discard(&server, &name).await.unwrap();
        let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(&name)
            .fetch_one(&mut admin)
            .await
            .unwrap();
        assert!(!there);
        // Dropping it once more is no error.
        discard(&server, &name).await.unwrap();
    }

    #[tokio::test]
    async fn a_swap_within_the_second_of_another_gets_a_name_of_its_own() {
        let test = TestServer::shared().database("same_second").await;
        let live = test.name();
        let server = Server::new(&DatabaseUrl::new(test.url())).unwrap();
        let now: Timestamp = "2026-11-23T09:13:00Z".parse().unwrap();
        let mut admin = maintenance(&server).await.unwrap();
        let mut set_aside = Vec::new();
        for _ in 0..2 {
            let finished = format!("{live}_finished");
            server.run(&mut admin, format!("CREATE DATABASE {finished} TEMPLATE template0")).await.unwrap();
            let renaming = Renaming::new(&server, &mut admin, &finished).await.unwrap();
            let oid = renaming.oid;
            let swapped = renaming.swap(live, set_aside_name(live, now), now).await;
            set_aside.push(swapped.map_err(|f| f.error).unwrap());
            assert_eq!(names(&server, &mut admin, oid).await, live);
        }
        assert_ne!(set_aside[0], set_aside[1]);
        for name in set_aside {
            server.run(&mut admin, format!("DROP DATABASE {}", ident(&name))).await.unwrap();
        }
        admin.close().await.unwrap();
    }
}

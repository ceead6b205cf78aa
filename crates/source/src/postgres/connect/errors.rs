//! What errors of PostgreSQL mean.

use aitta_base::Error;
use aitta_model::{Command, ErrorCode};

use super::super::told::{self, text};
use super::super::transport;
use super::Server;

/// What to do when a connection was lost.
pub(super) const LOST: &str =
    "check that the server runs and see its log, then run it again; nothing half-done was left behind";

/// `invalid_catalog_name`: there is no such database.
pub(super) const NO_DATABASE: &str = "3D000";

impl Server {
    pub(super) fn unreachable(&self, detail: impl std::fmt::Display) -> Error {
        Error::new(
            ErrorCode::SourceUnreachable,
            format!("the database {} cannot be reached: {detail}", self.place()),
            "check that the server runs, that host and port are right, and that no firewall is in between",
        )
    }

    pub(super) fn connect_error(&self, error: sqlx::Error) -> Error {
        match error.as_database_error().and_then(|e| e.code()).as_deref() {
            Some("28P01" | "28000") => Error::new(
                ErrorCode::SourceAuth,
                format!("the server refuses user or password for {}: {}", self.place(), text(&error)),
                "check user and password in the database URL, and pg_hba.conf on the server",
            ),
            Some(NO_DATABASE) => Error::new(
                ErrorCode::SourceUnreachable,
                format!("there is no database {:?} on {}", self.database, self.place()),
                "check the name at the end of the database URL",
            )
            .with_source(error),
            Some("53300") => self
                .unreachable("it has no connection left")
                .hint_instead("close other clients, or raise max_connections, or the CONNECTION LIMIT of the user or the database; --jobs 1 needs fewest")
                .with_source(error),
            Some("57P03") => self
                .unreachable("it is starting up or shutting down")
                .hint_instead("wait until the server has started, then run it again"),
            Some(_) => self.error(error),
            None if matches!(error, sqlx::Error::Tls(_)) => {
                let fact = format!(
                    "the database {} offers no TLS, or none that is trusted: {}; nothing was sent to it",
                    self.place(),
                    text(&error)
                );
                Error::new(ErrorCode::SourceUnreachable, fact, transport::HINT).with_source(error)
            }
            None => {
                let detail = text(&error);
                self.unreachable(detail).with_source(error)
            }
        }
    }

    /// What an error in a session means.
    pub(crate) fn error(&self, error: sqlx::Error) -> Error {
        let place = self.place();
        let code = error.as_database_error().and_then(|e| e.code()).map(|c| c.into_owned());
        let lost = || {
            Error::new(
                ErrorCode::SourceLost,
                format!("the connection to {place} was lost: {}", text(&error)),
                LOST,
            )
        };
        let mapped = match code.as_deref() {
            Some("55P03") => Error::new(
                ErrorCode::LockTimeout,
                format!("a lock on {place} was not granted in time: {}", text(&error)),
                "wait until the other session is done, end it (see pg_stat_activity), or give more time with --lock-timeout",
            ),
            Some("42501") => Error::new(
                ErrorCode::SourceDenied,
                format!("the user may not do this on {place}: {}", text(&error)),
                format!(
                    "grant the missing right: {config_check_roles} prints a role that has all that is needed",
                    config_check_roles = Command::ConfigCheckRoles
                ),
            ),
            Some("53100") => Error::new(
                ErrorCode::SourceFailed,
                format!("the disk of the server {place} is full: {}", text(&error)),
                "free space on the server, then run it again; the target is as it was",
            ),
            Some("57P01" | "57P02" | "57P03") => lost(),
            // The session that holds the exported snapshot is gone, and the snapshot with it.
            Some("22023") if text(&error).contains("invalid snapshot identifier") => lost(),
            Some("55000") if text(&error).contains("could not import the requested snapshot") => lost(),
            Some(_) => Error::new(
                ErrorCode::SourceFailed,
                format!("{place}: {}", text(&error)),
                "see the server's log for the whole statement",
            ),
            None => match &error {
                sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => lost(),
                _ => Error::new(
                    ErrorCode::SourceFailed,
                    format!("{place}: {}", text(&error)),
                    "see the server's log",
                ),
            },
        };
        mapped.with_source(told::cause(error))
    }
}

/// The SQLSTATE behind an error, if the server gave one.
pub(crate) fn sqlstate(error: &Error) -> Option<String> {
    told::state(std::error::Error::source(error)?)
}

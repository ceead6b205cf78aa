//! How many sessions a job may open beside those of the application.

use aitta_base::Result;
use aitta_model::ErrorCode;
use sqlx::postgres::PgConnection;

use super::connect::Server;

/// Connections that the server and the role have left, about: others come and go.
const ON_SERVER: &str = "SELECT least( \
        current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int \
            - coalesce(current_setting('reserved_connections', true)::int, 0) - (SELECT count(*) FROM seen), \
        CASE WHEN r.rolconnlimit >= 0 AND NOT r.rolsuper \
            THEN r.rolconnlimit - (SELECT count(*) FROM seen WHERE usename = r.rolname) END) \
    FROM pg_roles r WHERE r.rolname = session_user";

/// Connections left in the database that the session is in. `least` leaves out what is null.
const ON_DATABASE: &str = "SELECT least(on_server, \
        CASE WHEN d.datconnlimit >= 0 AND NOT r.rolsuper \
            THEN d.datconnlimit - (SELECT count(*) FROM seen WHERE datname = d.datname) END) \
    FROM pg_roles r, pg_database d, (ON SERVER) s (on_server) \
    WHERE r.rolname = session_user AND d.datname = current_database()";

/// Where connections are opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    /// In the database of the session that asks.
    Here,
    /// In one that is yet to be made, and has no limit of its own.
    InNewDatabase,
}

/// How many more connections this user may open, about. The limits are those that `InitPostgres` checks, in the
/// server's source.
///
/// # Errors
/// `source_*`.
pub(super) async fn free(server: &Server, conn: &mut PgConnection, place: Where) -> Result<usize> {
    let limits = match place {
        Where::Here => ON_DATABASE.replace("ON SERVER", ON_SERVER),
        Where::InNewDatabase => ON_SERVER.to_owned(),
    };
    let sql = format!("WITH seen AS (SELECT * FROM pg_stat_activity WHERE datname IS NOT NULL) {limits}");
    let query = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(sql));
    match query.fetch_optional(conn).await.map_err(|e| server.error(e)) {
        Ok(Some(free)) => Ok(usize::try_from(free).unwrap_or(0)),
        // Some servers hide these views from ordinary users; then the job gets all that it wants.
        Ok(None) => Ok(usize::MAX),
        Err(e) if e.code() == ErrorCode::SourceDenied => Ok(usize::MAX),
        Err(e) => Err(e),
    }
}

/// How many sessions there may be of those that are wanted, so that at most half of what is free is taken: the
/// application goes on meanwhile. One there is always. Each takes `each` connections, and there are `others`.
pub(super) fn sessions(wanted: usize, free: usize, each: usize, others: usize) -> usize {
    let sessions = wanted.min((free / 2).saturating_sub(others) / each).max(1);
    if sessions < wanted {
        tracing::warn!(wanted, free, sessions, "the server has few connections free, so fewer are opened");
    }
    sessions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_half_of_what_is_free_is_taken_and_one_always() {
        assert_eq!(sessions(4, 97, 1, 1), 4);
        assert_eq!(sessions(4, 8, 1, 1), 3);
        assert_eq!(sessions(4, 22, 2, 3), 4);
        assert_eq!(sessions(4, 14, 2, 3), 2);
        assert_eq!(sessions(4, 4, 1, 1), 1);
        assert_eq!(sessions(4, 0, 1, 1), 1);
    }
}

//! How many sessions a job may open beside those of the application.

use aitta_model::ErrorCode;
use sqlx::postgres::PgConnection;

use super::connect::Server;
use crate::Result;

/// How many more connections this user may open to this database, about: the limits are those of the server, the
/// role and the database (`InitPostgres` in its source), and others come and go.
///
/// # Errors
/// `source_*`.
pub(super) async fn free(server: &Server, conn: &mut PgConnection) -> Result<usize> {
    // `least` leaves out what is null. For superusers only the limit of the server counts.
    const FREE: &str = "WITH seen AS (SELECT * FROM pg_stat_activity WHERE datname IS NOT NULL) \
        SELECT least(current_setting('max_connections')::int \
            - current_setting('superuser_reserved_connections')::int - (SELECT count(*) FROM seen), \
        CASE WHEN r.rolconnlimit >= 0 AND NOT r.rolsuper \
            THEN r.rolconnlimit - (SELECT count(*) FROM seen WHERE usename = r.rolname) END, \
        CASE WHEN d.datconnlimit >= 0 AND NOT r.rolsuper \
            THEN d.datconnlimit - (SELECT count(*) FROM seen WHERE datname = d.datname) END) \
        FROM pg_roles r, pg_database d \
        WHERE r.rolname = session_user AND d.datname = current_database()";
    match sqlx::query_scalar::<_, i64>(FREE).fetch_one(conn).await.map_err(|e| server.error(e)) {
        Ok(free) => Ok(usize::try_from(free).unwrap_or(0)),
        // Some keep these views from ordinary users, who then are given what they ask for.
        Err(e) if e.code() == ErrorCode::SourceDenied => Ok(usize::MAX),
        Err(e) => Err(e),
    }
}

/// How many sessions there may be of those that are wanted, so that with the `others` that come with them at most
/// half of what is free is taken: the application goes on meanwhile. One there is always.
pub(super) fn sessions(wanted: usize, free: usize, others: usize) -> usize {
    wanted.min((free / 2).saturating_sub(others)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_half_of_what_is_free_is_taken_and_one_always() {
        assert_eq!(sessions(4, 97, 1), 4);
        assert_eq!(sessions(4, 8, 1), 3);
        assert_eq!(sessions(4, 4, 1), 1);
        assert_eq!(sessions(4, 0, 1), 1);
    }
}

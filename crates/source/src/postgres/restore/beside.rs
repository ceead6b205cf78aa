//! Databases beside the target: what a restore works in until it is proven, and what it sets aside.

use aitta_base::Result;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::postgres::PgConnection;

use super::super::connect::{APPLICATION, Server};
use super::super::scratch::is_scratch;
use super::swap::no_template;
use crate::stamp::{STAMP_LEN, is_stamp, stamp};

/// Names of databases are cut by the server at this length, in bytes (`NAMEDATALEN - 1`).
const NAME_MAX: usize = 63;

const RESTORING: &str = "__aitta_restoring_";
const SET_ASIDE: &str = "_before_restore_";

/// The database in which a restore works until it is proven.
pub(super) fn restoring_name(database: &str, now: Timestamp) -> String {
    beside(database, RESTORING, &stamp(now))
}

/// The name of the old database after a swap.
pub(super) fn set_aside_name(database: &str, now: Timestamp) -> String {
    beside(database, SET_ASIDE, &stamp(now))
}

/// Databases beside this one with such a name.
///
/// # Errors
/// `source_*`.
async fn beside_databases(server: &Server, conn: &mut PgConnection, infix: &str) -> Result<Vec<String>> {
    let names: Vec<String> = sqlx::query_scalar("SELECT datname::text FROM pg_database ORDER BY datname")
        .fetch_all(conn)
        .await
        .map_err(|e| server.error(e))?;
    let ours = |name: &String| is_beside(name, server.database(), infix);
    Ok(names.into_iter().filter(ours).collect())
}

/// What whole restores have set aside.
///
/// # Errors
/// `source_*`.
pub(super) async fn set_aside_databases(server: &Server, conn: &mut PgConnection) -> Result<Vec<String>> {
    beside_databases(server, conn, SET_ASIDE).await
}

/// What restores into this database have in the making, or have left when they were killed.
///
/// # Errors
/// `source_*`.
pub(super) async fn leftovers(server: &Server, conn: &mut PgConnection) -> Result<Vec<String>> {
    beside_databases(server, conn, RESTORING).await
}

/// What killed restores into any database of the server, and killed proofs, have left: databases in the making to which
/// nobody is connected. One that a restore is at work in has its session.
///
/// # Errors
/// `source_*`.
pub(super) async fn unfinished_databases(server: &Server, conn: &mut PgConnection) -> Result<Vec<String>> {
    const IDLE: &str = "SELECT datname::text FROM pg_database d WHERE NOT EXISTS \
        (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid) ORDER BY datname";
    let names: Vec<String> = sqlx::query_scalar(IDLE).fetch_all(conn).await.map_err(|e| server.error(e))?;
    Ok(names.into_iter().filter(|name| is_unfinished(name)).collect())
}

/// Whether a restore gives such a name to a database in the making, whatever its target is called, or a proof.
fn is_unfinished(name: &str) -> bool {
    let restoring = name.rsplit_once(RESTORING);
    restoring.is_some_and(|(database, stamp)| !database.is_empty() && is_stamp(stamp)) || is_scratch(name)
}

/// Drops what killed restores have left behind, unless somebody is connected to it. Returns the names.
///
/// # Errors
/// `source_*`.
pub(super) async fn drop_leftovers(server: &Server, conn: &mut PgConnection) -> Result<Vec<String>> {
    let mut dropped = Vec::new();
    for name in leftovers(server, conn).await? {
        end_orphans(conn, &name).await;
        // Without FORCE the server refuses while a session is open: another restore may be at work.
        let gone = match no_template(server, conn, &name).await {
            Ok(()) => server.run(conn, format!("DROP DATABASE {}", super::super::quote::ident(&name))).await,
            Err(e) => Err(e),
        };
        match gone {
            Ok(()) => dropped.push(name),
            Err(e) => tracing::info!(error = %e, "the leftover {name} stays"),
        }
    }
    Ok(dropped)
}

/// Ends what a killed restore has left at work in its database: `pg_restore` goes on without its parent.
/// A restore that lives, like everybody else, has a session of another name there and is left alone. The
/// names of sessions that this user may not look at are null.
async fn end_orphans(conn: &mut PgConnection, database: &str) {
    const END: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE datname = $1 AND application_name = $2 AND backend_type = 'client backend' \
        AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend' \
            AND application_name IS DISTINCT FROM $2)";
    let ended = sqlx::query(END).bind(database).bind(APPLICATION).execute(conn).await;
    if let Err(e) = ended {
        // Then the database is in use, and stays.
        tracing::info!(error = %e, "what is at work in {database} can't be ended");
    }
}

/// `{database}{infix}{stamp}`. A name that doesn't fit is cut and gets a piece of its own digest, since
/// another database may begin the same.
fn beside(database: &str, infix: &str, stamp: &str) -> String {
    let room = NAME_MAX - infix.len() - stamp.len();
    if database.len() <= room {
        return format!("{database}{infix}{stamp}");
    }
    let digest = hex::encode(&Sha256::digest(database.as_bytes())[..4]);
    let mut end = room - 1 - digest.len();
    while !database.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}~{digest}{infix}{stamp}", &database[..end])
}

/// Whether `name` is one that [`beside`] gives for this database, at some time.
fn is_beside(name: &str, database: &str, infix: &str) -> bool {
    let stamp = name.len().checked_sub(STAMP_LEN).and_then(|at| name.get(at..));
    stamp.is_some_and(|stamp| is_stamp(stamp) && name == beside(database, infix, stamp))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beside_a_database_fit_and_are_recognised() {
        let now: Timestamp = "2026-11-23T09:13:00Z".parse().expect("a time");
        assert_eq!(set_aside_name("shop", now), "shop_before_restore_20261123T091300Z");
        let long = "ä".repeat(31);
        let name = restoring_name(&long, now);
        assert!(name.len() <= NAME_MAX, "{}", name.len());
        assert!(name.ends_with("__aitta_restoring_20261123T091300Z"));
    }

    #[test]
    fn databases_whose_long_names_begin_the_same_are_told_apart() {
        let now: Timestamp = "2026-11-23T09:13:00Z".parse().expect("a time");
        let names = ["warehouse_of_the_northern_region_live", "warehouse_of_the_northern_region_test"];
        for (infix, name_of) in [
            (RESTORING, restoring_name as fn(&str, Timestamp) -> String),
            (SET_ASIDE, set_aside_name as fn(&str, Timestamp) -> String),
        ] {
            let [one, other] = names.map(|name| name_of(name, now));
            assert_ne!(one, other);
            assert!(one.len() <= NAME_MAX && other.len() <= NAME_MAX, "{one} {other}");
            assert!(is_beside(&one, names[0], infix) && is_beside(&other, names[1], infix));
            assert!(!is_beside(&one, names[1], infix) && !is_beside(&other, names[0], infix));
        }
    }
}

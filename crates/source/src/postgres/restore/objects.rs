//! What is neither schema nor rows: large objects, sequence positions, materialized views, and what
//! belongs to the database itself.

use std::sync::{Mutex, PoisonError};

use aitta_base::{Error, Result};
use aitta_model::{Command, ErrorCode, SequenceReport, TableProof};
use futures::StreamExt;
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use sqlx::postgres::types::Oid;

use super::super::connect::Server;
use super::super::large_objects::digest_large_objects;
use super::super::privileges;
use super::super::quote::{ident, literal, qualified};
use super::Job;
use super::prove;

/// Statements that go to the server in one message.
const BATCH: usize = 500;

/// Settings whose value is a list of quoted names (`GUC_LIST_QUOTE` in the server's source): each
/// element is a constant of its own, or the whole list would become one name.
const LISTS: [&str; 6] = [
    "local_preload_libraries",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
    "unix_socket_directories",
];

/// Creates the large objects with their data, owners, privileges and comments.
///
/// # Errors
/// `archive_*`, `store_*`, `source_*`.
pub(super) async fn large_objects(
    job: &Job,
    server: &Server,
    conn: &mut PgConnection,
) -> Result<Option<TableProof>> {
    let objects = &job.archived.database.large_objects;
    let Some(section) = job.archived.large_objects.filter(|_| !objects.is_empty()) else { return Ok(None) };
    let oids: Vec<Oid> = objects.iter().map(|o| Oid(o.oid)).collect();
    sqlx::query("SELECT pg_catalog.lo_create(o) FROM unnest($1::oid[]) AS u(o)")
        .bind(&oids)
        .execute(&mut *conn)
        .await
        .map_err(|e| server.error(e))?;
    let mut frames = std::pin::pin!(job.archive.frames(section, 1));
    while let Some(frame) = frames.next().await {
        let (mut oids, mut starts, mut data) = (Vec::new(), Vec::new(), Vec::new());
        for line in frame?.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
            let (oid, start, bytes) = chunk(line).ok_or_else(|| nonsense(job))?;
            oids.push(Oid(oid));
            starts.push(start);
            data.push(bytes);
        }
        sqlx::query(
            "SELECT pg_catalog.lo_put(o, s, d) FROM unnest($1::oid[], $2::int8[], $3::bytea[]) AS u(o, s, d)",
        )
        .bind(oids)
        .bind(starts)
        .bind(data)
        .execute(&mut *conn)
        .await
        .map_err(|e| server.error(e))?;
    }
    let mut statements = Vec::new();
    for object in objects {
        if !job.task.no_owner {
            statements.push(format!("ALTER LARGE OBJECT {} OWNER TO {}", object.oid, ident(&object.owner)));
        }
        if let Some(comment) = &object.comment {
            statements.push(format!("COMMENT ON LARGE OBJECT {} IS {}", object.oid, literal(comment)));
        }
        if !job.task.no_privileges {
            let name = format!("LARGE OBJECT {}", object.oid);
            let all = ["SELECT", "UPDATE"];
            statements.extend(privileges::statements(&name, &object.owner, &all, &object.privileges)?);
            let oid = object.oid.to_string();
            statements.extend(object.grants.iter().map(|g| privileges::filled(g, "{object}", &oid)));
        }
    }
    run_all(server, conn, &statements).await?;
    let archived = job.archive.section(section)?;
    let digest = digest_large_objects(server, conn).await?;
    let proof = TableProof {
        name: archived.name.clone(),
        archive_rows: archived.rows,
        target_rows: digest.rows(),
        archive_digest: archived.digest.clone(),
        target_digest: digest.to_hex(),
    };
    prove::check(&proof)?;
    Ok(Some(proof))
}

/// `oid TAB offset TAB \\x…`
fn chunk(line: &[u8]) -> Option<(u32, i64, Vec<u8>)> {
    let mut fields = std::str::from_utf8(line).ok()?.split('\t');
    let (oid, start) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((oid, start, hex::decode(fields.next()?.strip_prefix("\\\\x")?).ok()?))
}

fn nonsense(job: &Job) -> Error {
    Error::new(
        ErrorCode::ArchiveDamaged,
        format!("{}: the data of the large objects cannot be understood", job.archive.id()),
        format!("restore from another archive: {backup_list} shows them", backup_list = Command::BackupList),
    )
}

/// Sets every sequence to where it stood.
///
/// # Errors
/// `source_*`.
pub(super) async fn sequences(
    job: &Job,
    server: &Server,
    conn: &mut PgConnection,
) -> Result<Vec<SequenceReport>> {
    let mut statements = Vec::new();
    let mut reports = Vec::new();
    for s in &job.archived.database.sequences {
        let name = qualified(&s.schema, &s.name);
        // An archive of chosen tables may know of sequences that its schema doesn't have.
        statements.push(format!(
            "SELECT pg_catalog.setval(c, {}, {}) FROM pg_catalog.to_regclass({}) AS t(c) WHERE c IS NOT NULL",
            s.last_value,
            s.is_called,
            literal(&name)
        ));
        reports.push(SequenceReport {
            name: aitta_base::tables::TableName::new(Some(&s.schema), &s.name).to_string(),
            archived: s.last_value,
            restored: s.last_value,
        });
    }
    run_all(server, conn, &statements).await?;
    Ok(reports)
}

/// Fills the materialized views, in the order in which they can be.
///
/// # Errors
/// `source_*`.
pub(super) async fn materialized_views(job: &Job, server: &Server, conn: &mut PgConnection) -> Result<()> {
    let views = &job.archived.database.materialized_views;
    if views.is_empty() {
        return Ok(());
    }
    // Row security as in everyday life: `off` means "fail where a policy would apply".
    server.run(conn, "SET row_security = on").await?;
    for view in views {
        let sql = format!("REFRESH MATERIALIZED VIEW {}", qualified(&view.schema, &view.name));
        server.run(conn, sql).await?;
    }
    server.run(conn, "SET row_security = off").await
}

/// Owner, comment, privileges and settings of the database `name`.
///
/// # Errors
/// `source_*`.
pub(super) async fn database(job: &Job, server: &Server, conn: &mut PgConnection, name: &str) -> Result<()> {
    let properties = &job.archived.database;
    let quoted = ident(name);
    let mut statements = Vec::new();
    if !job.task.no_owner && !properties.owner.is_empty() {
        statements.push(format!("ALTER DATABASE {quoted} OWNER TO {}", ident(&properties.owner)));
    }
    if let Some(limit) = properties.connection_limit {
        statements.push(format!("ALTER DATABASE {quoted} CONNECTION LIMIT {limit}"));
    }
    if properties.is_template {
        statements.push(format!("ALTER DATABASE {quoted} IS_TEMPLATE true"));
    }
    if let Some(comment) = &properties.comment {
        statements.push(format!("COMMENT ON DATABASE {quoted} IS {}", literal(comment)));
    }
    if !job.task.no_privileges && (properties.privileges.is_some() || !properties.grants.is_empty()) {
        // The list says everything, beginning from nothing; a new database lets PUBLIC connect.
        statements.push(format!("REVOKE ALL ON DATABASE {quoted} FROM PUBLIC"));
        let all = ["CREATE", "CONNECT", "TEMPORARY"];
        let list = properties.privileges.as_deref().unwrap_or_default();
        let object = format!("DATABASE {quoted}");
        statements.extend(privileges::statements(&object, &properties.owner, &all, list)?);
        statements.extend(properties.grants.iter().map(|g| privileges::filled(g, "{database}", &quoted)));
    }
    if job.task.no_privileges || (properties.privileges.is_none() && properties.grants.is_empty()) {
        // As every new database has it; `swap::create` has taken it away for the time of the restore.
        statements.push(format!("GRANT CONNECT ON DATABASE {quoted} TO PUBLIC"));
    }
    for setting in &properties.settings {
        let value = if LISTS.contains(&setting.name.as_str()) {
            list_of_literals(&setting.value)
        } else {
            literal(&setting.value)
        };
        // A custom setting has a dot in its name, and each part is quoted on its own.
        let parameter: Vec<String> = setting.name.split('.').map(ident).collect();
        let set = format!("SET {} TO {value}", parameter.join("."));
        statements.push(match &setting.role {
            Some(role) => format!("ALTER ROLE {} IN DATABASE {quoted} {set}", ident(role)),
            None => format!("ALTER DATABASE {quoted} {set}"),
        });
    }
    run_all(server, conn, &statements).await
}

/// `"$user", public` as constants: `'$user', 'public'`.
fn list_of_literals(value: &str) -> String {
    let elements = aitta_base::tables::split_list(value).into_iter().map(|element| {
        let inner = element.strip_prefix('"').and_then(|e| e.strip_suffix('"'));
        literal(&inner.map_or(element.clone(), |inner| inner.replace("\"\"", "\"")))
    });
    elements.collect::<Vec<_>>().join(", ")
}

/// Runs statements in few messages. Each message is a transaction of its own outside of one.
async fn run_all(server: &Server, conn: &mut PgConnection, statements: &[String]) -> Result<()> {
    for batch in statements.chunks(BATCH) {
        server.run(conn, batch.join(";\n")).await?;
    }
    Ok(())
}

/// Statistics for the planner. `pg_restore` leaves this to the user, and until it is done queries may be
/// slow by orders of magnitude; it samples, so that its cost hardly grows with the tables.
///
/// # Errors
/// `source_*`.
pub(super) async fn analyze(server: &Server, conn: &mut PgConnection) -> Result<()> {
    server.run(conn, "ANALYZE").await
}

/// [`analyze`] by several sessions, largest relation first. `conn` finds out what there is.
///
/// # Errors
/// `source_*`.
pub(super) async fn analyze_all(job: &Job, server: &Server, conn: &mut PgConnection) -> Result<()> {
    // What ANALYZE without a name takes (get_all_vacuum_rels in the server's source), but the catalogs.
    const RELATIONS: &str = "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c \
        JOIN pg_namespace n ON n.oid = c.relnamespace \
        WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \
        ORDER BY c.relpages";
    let relations: Vec<String> =
        sqlx::query_scalar(RELATIONS).fetch_all(&mut *conn).await.map_err(|e| server.error(e))?;
    let sessions = job.task.jobs.clamp(1, relations.len().max(1));
    let queue = Mutex::new(relations);
    let take = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let session = || async {
        let mut conn = server.connect_further().await?;
        server.run(&mut conn, "SET synchronous_commit = off").await?;
        while let Some(name) = take() {
            server.run(&mut conn, format!("ANALYZE {name}")).await?;
        }
        conn.close().await.map_err(|e| server.error(e))
    };
    futures::future::try_join_all((0..sessions).map(|_| session())).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_taken_apart() {
        assert_eq!(list_of_literals("\"$user\", public, \"a\"\"b, c\""), "'$user', 'public', 'a\"b, c'");
        assert_eq!(list_of_literals("\"\""), "''");
    }

    #[test]
    fn a_chunk_of_a_large_object_is_read() {
        assert_eq!(chunk(b"16708\t262144\t\\\\x6162"), Some((16708, 262_144, b"ab".to_vec())));
        assert_eq!(chunk(b"16708\tx\t\\\\x6162"), None);
    }
}

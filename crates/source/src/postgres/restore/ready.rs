//! What a restore into this database will need, looked at before there is one. Nothing is written, and nothing is asked
//! that plans an expression of somebody else.

use aitta_base::Result;
use aitta_model::{
    Command, ErrorCode, Failure, ReadinessCheck, ReadinessFact, ReadinessKind, ReadinessRemedy,
};
use sqlx::postgres::PgConnection;

use super::super::connect::Server;
use super::super::quote::ident;
use super::super::settings;
use super::super::tools::Tools;
use super::replace::may_silence;
use super::target::Target;
use super::trust;

/// Names that are shown of what the role lacks rights on.
const SHOWN: usize = 5;

/// Tables that the role can't replace, and sequences that it can't set: what `replace` does to them, as privileges.
/// Foreign keys of other tables keep one from being truncated, and rules and triggers that always fire are switched off
/// by their owner alone.
const LACKING: &str = "\
    SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE c.relkind IN ('r', 'p', 'S') AND c.relpersistence <> 't' \
        AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid \
            AND d.deptype = 'e') \
        AND NOT (has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') \
            AND CASE c.relkind WHEN 'S' THEN has_sequence_privilege(c.oid, 'UPDATE') \
                ELSE has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'TRUNCATE') \
                    AND NOT row_security_active(c.oid) \
                    AND (has_table_privilege(c.oid, 'DELETE') OR NOT EXISTS (SELECT FROM pg_constraint k \
                        WHERE k.contype = 'f' AND k.confrelid = c.oid AND k.conrelid <> c.oid)) \
                    AND (pg_has_role(c.relowner, 'USAGE') OR NOT EXISTS (SELECT 1 FROM pg_trigger t \
                        WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled IN ('A', 'R') \
                        UNION ALL SELECT 1 FROM pg_rewrite w WHERE w.ev_class = c.oid AND w.ev_enabled IN ('A', 'R'))) \
                END) \
    ORDER BY 1";

/// Looks at rights, tools and room.
///
/// # Errors
/// As [`Server::error`].
pub(in super::super) async fn readiness(server: &Server) -> Result<Vec<ReadinessCheck>> {
    let server = settings::for_reading(server);
    let target = Target::look(&server).await?;
    let (tables, code, room) = match server.connect().await {
        Ok(mut conn) => (
            tables(&server, &mut conn, &target).await?,
            code(&server, &mut conn).await?,
            room(&server, &mut conn).await?,
        ),
        // There may be no such database by now: a restore of everything makes it, one of tables can't be.
        Err(e) => (
            ReadinessCheck::unknown(ReadinessKind::RestoreTables, e.failure(), None),
            ReadinessCheck::unknown(ReadinessKind::ForeignCode, e.failure(), None),
            ReadinessCheck::unknown(ReadinessKind::ServerRoom, unseen(), None),
        ),
    };
    Ok(vec![tables, whole(&server, &target), code, tools(&server, target.major()).await?, room])
}

async fn tables(server: &Server, conn: &mut PgConnection, target: &Target) -> Result<ReadinessCheck> {
    let silences = match may_silence(server, conn).await {
        Err(e) if e.code() == ErrorCode::SourceDenied => false,
        done => {
            done?;
            true
        }
    };
    let mut lacking: Vec<String> =
        sqlx::query_scalar(LACKING).fetch_all(conn).await.map_err(|e| server.error(e))?;
    let lacking_count = lacking.len() as u64;
    lacking.truncate(SHOWN);
    let remedy = match (silences, lacking_count, target.major()) {
        // More than one right is missing: it is another role that restores.
        (_, 1.., _) => Command::ConfigCheckRoles.into(),
        (_, _, 15..) => {
            sql(format!("GRANT SET ON PARAMETER session_replication_role TO {};", ident(&target.user)))
        }
        _ => hint(
            "before version 15 only a superuser may keep triggers from firing: restore as one, or beside the tables with \
             --to-schema",
        ),
    };
    let ready = silences && lacking_count == 0;
    let fact = ReadinessFact::Tables { user: target.user.clone(), silences, lacking, lacking_count };
    Ok(ReadinessCheck::found(ReadinessKind::RestoreTables, ready, fact, [remedy]))
}

/// The live database is set aside by a rename, and the new one made beside it.
fn whole(server: &Server, target: &Target) -> ReadinessCheck {
    let renames = target.may_rename || !target.exists;
    let remedy = match renames {
        true => sql(format!("ALTER ROLE {} CREATEDB;", ident(&target.user))),
        false => Command::ConfigCheckRoles.into(),
    };
    let fact = ReadinessFact::Database {
        user: target.user.clone(),
        database: server.database().to_owned(),
        creates: target.may_create,
        renames,
    };
    ReadinessCheck::found(ReadinessKind::RestoreWhole, target.may_create && renames, fact, [remedy])
}

/// A restore that would run the code of others with more rights than theirs asks first: at night, that is a stop.
async fn code(server: &Server, conn: &mut PgConnection) -> Result<ReadinessCheck> {
    let fact = trust::of_live(server, conn).await?;
    let asks = matches!(&fact, ReadinessFact::Code { is_mighty: true, code, .. } if !code.is_empty());
    let remedies = [
        Command::ConfigCheckRoles.into(),
        hint("or, if you trust who wrote it, add --trust-code to the restore"),
    ];
    Ok(ReadinessCheck::found(ReadinessKind::ForeignCode, !asks, fact, remedies))
}

async fn tools(server: &Server, major: u32) -> Result<ReadinessCheck> {
    let found = match Tools::find(server, major).await {
        Ok(tools) => Ok(tools.version),
        Err(e) if e.code() == ErrorCode::ToolMissing => Err(e),
        Err(e) => return Err(e),
    };
    let remedy = found.as_ref().err().map(|e| hint(e.hint()));
    let fact = ReadinessFact::Tools { server: major, found: found.ok() };
    Ok(ReadinessCheck::found(ReadinessKind::Tools, remedy.is_none(), fact, remedy))
}

/// PostgreSQL doesn't say how much room its disk has, and whether its folder is on this machine can't be told from an
/// address: a tunnel and a container look alike.
async fn room(server: &Server, conn: &mut PgConnection) -> Result<ReadinessCheck> {
    const SIZE: &str = "SELECT pg_database_size(current_database())";
    let size: i64 = sqlx::query_scalar(SIZE).fetch_one(conn).await.map_err(|e| server.error(e))?;
    let fact = ReadinessFact::Room { free_bytes: None, needed_bytes: Some(size.unsigned_abs()) };
    Ok(ReadinessCheck::unknown(ReadinessKind::ServerRoom, unseen(), Some(fact)))
}

fn unseen() -> Failure {
    Failure {
        code: ErrorCode::Unsupported,
        message: "the free space of the server can't be seen from here".to_owned(),
        hint: "look on the server itself, at the disk of its data_directory".to_owned(),
    }
}

fn sql(sql: String) -> ReadinessRemedy {
    ReadinessRemedy::Sql { sql }
}

fn hint(text: impl Into<String>) -> ReadinessRemedy {
    ReadinessRemedy::Hint { text: text.into() }
}

//! What the target is: its server, its rights, whether it is there and empty.

use aitta_base::{Error, Result};
use aitta_model::{ErrorCode, RestoreMode};
use sqlx::postgres::PgConnection;

use super::super::connect::Server;
use super::super::spare;
use super::archived::ArchivedSchema;
use super::beside::set_aside_name;
use crate::RestoreTask;

/// The server, and the database on it.
pub(super) struct Target {
    pub(super) version_num: u32,
    pub(super) exists: bool,
    /// Nothing of a user is in it; what extensions brought along doesn't count.
    pub(super) empty: bool,
    pub(super) may_create: bool,
    /// Whether a live database of that name may be renamed by us.
    pub(super) may_rename: bool,
    pub(super) user: String,
    pub(super) superuser: bool,
    /// Connections that the server has left, about.
    pub(super) free: usize,
}

impl Target {
    /// Looks at the target.
    ///
    /// # Errors
    /// `source_*`.
    pub(super) async fn look(server: &Server) -> Result<Self> {
        const WHO: &str = "SELECT current_setting('server_version_num')::int4, \
            r.rolcreatedb OR r.rolsuper, \
            r.rolsuper OR coalesce((SELECT pg_has_role(d.datdba, 'USAGE') FROM pg_database d WHERE d.datname = $1), \
              false), r.rolname::text, r.rolsuper \
            FROM pg_roles r WHERE r.rolname = current_user";
        let (mut conn, exists) = Self::reach(server).await?;
        let (version, may_create, may_rename, user, superuser): (i32, bool, bool, String, bool) =
            sqlx::query_as(WHO)
                .bind(server.database())
                .fetch_one(&mut conn)
                .await
                .map_err(|e| server.error(e))?;
        let empty = exists && is_empty(server, &mut conn).await?;
        let free = spare::free(server, &mut conn, spare::Where::InNewDatabase).await?;
        let version_num = version as u32;
        Ok(Self { version_num, exists, empty, may_create, may_rename, user, superuser, free })
    }

    /// A session in the database, or beside it when there is none.
    ///
    /// While a database is being renamed the server says that it doesn't exist, even when another one has the name
    /// right after: a killed restore may still be swapping.
    async fn reach(server: &Server) -> Result<(PgConnection, bool)> {
        const EXISTS: &str = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)";
        let mut attempt = 0;
        loop {
            if let Some(conn) = server.connect_if_exists().await? {
                return Ok((conn, true));
            }
            let mut beside = maintenance(server).await?;
            let exists: bool = sqlx::query_scalar(EXISTS)
                .bind(server.database())
                .fetch_one(&mut beside)
                .await
                .map_err(|e| server.error(e))?;
            if !exists {
                return Ok((beside, false));
            }
            if attempt == 10 {
                return Ok((server.connect().await?, true));
            }
            attempt += 1;
        }
    }

    /// Whether there is such a database.
    ///
    /// # Errors
    /// `source_*`.
    pub(super) async fn exists(server: &Server) -> Result<bool> {
        Ok(Self::reach(server).await?.1)
    }

    pub(super) fn major(&self) -> u32 {
        self.version_num / 10_000
    }

    /// How this restore goes about it.
    ///
    /// # Errors
    /// `target_not_empty`, `source_unreachable`, `config_invalid`.
    pub(super) fn mode(
        &self,
        server: &Server,
        archived: &ArchivedSchema,
        task: &RestoreTask,
    ) -> Result<RestoreMode> {
        let target = server.database().to_owned();
        let whole = task.tables.is_none();
        if let Some(schema) = &task.to_schema {
            if !self.exists {
                return Err(Error::new(
                    ErrorCode::SourceUnreachable,
                    format!("there is no database {target:?} to put the schema {schema:?} into"),
                    "check the name at the end of the URL, or leave out --to-schema to have it created",
                ));
            }
            return Ok(RestoreMode::SideSchema { target, schema: schema.clone() });
        }
        if whole && !archived.complete {
            let names: Vec<String> = archived.chosen().map(|t| t.label()).collect();
            return Err(Error::new(
                ErrorCode::ConfigInvalid,
                format!("the archive is not of the whole database: it holds only {}", names.join(", ")),
                format!("name the tables: --tables {}", names.join(",")),
            ));
        }
        if !self.exists {
            return Ok(RestoreMode::Create { target });
        }
        if whole && task.in_place && (!self.empty || (self.may_create && self.may_rename)) {
            let set_aside = set_aside_name(&target, task.now);
            return Ok(RestoreMode::Swap { target, set_aside });
        }
        if self.empty {
            return Ok(RestoreMode::Fill { target });
        }
        if !whole {
            return Ok(RestoreMode::Replace { target });
        }
        Err(Error::new(
            ErrorCode::TargetNotEmpty,
            format!("the database {target:?} is not empty, and a whole restore overwrites nothing there"),
            "name a database that doesn't exist yet or is empty with --to, name tables with --tables, \
             or restore into the profile's own database without --to",
        ))
    }
}

/// A session beside the target: databases can't be created or renamed from within.
///
/// # Errors
/// `source_*`.
pub(in super::super) async fn maintenance(server: &Server) -> Result<PgConnection> {
    let mut last = None;
    for name in ["postgres", "template1"] {
        if name == server.database() {
            continue;
        }
        match server.with_database(name).connect_if_exists().await {
            Ok(Some(conn)) => return Ok(conn),
            Ok(None) => {}
            Err(e) => last = Some(e),
        }
    }
    Err(last.unwrap_or_else(|| {
        Error::new(
            ErrorCode::SourceUnreachable,
            format!("there is neither a database \"postgres\" nor \"template1\" on {}", server.place()),
            "create a database \"postgres\": from it others are created and renamed",
        )
    }))
}

async fn is_empty(server: &Server, conn: &mut PgConnection) -> Result<bool> {
    const USED: &str = "\
        WITH spaces AS (SELECT oid, nspname FROM pg_namespace \
            WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'), \
        things(class, id) AS ( \
            SELECT 'pg_class'::regclass, oid FROM pg_class WHERE relnamespace IN (SELECT oid FROM spaces) \
            UNION ALL SELECT 'pg_type'::regclass, oid FROM pg_type \
                WHERE typnamespace IN (SELECT oid FROM spaces) AND typrelid = 0 AND typelem = 0 \
            UNION ALL SELECT 'pg_proc'::regclass, oid FROM pg_proc WHERE pronamespace IN (SELECT oid FROM spaces) \
            UNION ALL SELECT 'pg_namespace'::regclass, oid FROM spaces WHERE nspname <> 'public' \
            UNION ALL SELECT 'pg_largeobject'::regclass, oid FROM pg_largeobject_metadata) \
        SELECT NOT EXISTS (SELECT FROM things t WHERE NOT EXISTS (SELECT FROM pg_depend d \
            WHERE d.classid = t.class AND d.objid = t.id AND d.deptype = 'e'))";
    sqlx::query_scalar(USED).fetch_one(conn).await.map_err(|e| server.error(e))
}

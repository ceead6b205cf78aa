//! The consistent view: one session that holds the snapshot and the locks until the end.

use std::collections::BTreeSet;
use std::sync::Arc;

use aitta_base::tables::{self, TableName};
use aitta_base::{Error, Result, task_failed};
use aitta_model::ErrorCode;
use async_trait::async_trait;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use tokio::task::JoinSet;

use super::connect::Server;
use super::definitions::Definitions;
use super::inventory::{Inventory, ServerVersion, sequences};
use super::lock::{self, Candidate, Locking};
use super::pins::Pins;
use super::read::{self, Item};
use super::schema::{self, SchemaDump};
use super::tools::Tools;
use super::wait::{self, Waiting};
use super::{settings, spare};
use crate::{Contents, FrameSink, Snapshot, SnapshotRequest};

/// How often to begin anew when tables come and go while they are being locked.
const ATTEMPTS: usize = 5;

/// An open snapshot.
pub(super) struct PgSnapshot {
    server: Server,
    /// Holds the exported snapshot and the locks; taken while it reads.
    first: Option<PgConnection>,
    jobs: usize,
    contents: Contents,
    items: Vec<Item>,
    /// What has to be the same at the end.
    pins: Pins,
    definitions: Definitions,
    /// The oids of the tables that `pg_dump` has to tell of.
    defined: BTreeSet<u32>,
    /// Runs `pg_dump`; dropping it kills the process.
    schema: JoinSet<Result<SchemaDump>>,
}

impl PgSnapshot {
    /// Locks the tables, takes the snapshot and finds out what is in it. `pg_dump` is under way when
    /// this returns.
    ///
    /// # Errors
    /// `source_*`, `lock_timeout`, `tool_missing`, `table_unknown`, `table_ambiguous`, `unsupported`.
    pub(super) async fn open(server: &Server, request: &SnapshotRequest) -> Result<Self> {
        let server = &settings::for_reading(server);
        let mut first = server.connect().await?;
        settings::check(server, &mut first).await?;
        let version = ServerVersion::of(server, &mut first).await?;
        let tools = Tools::find(server, version.major()).await?;
        // The other one is that of pg_dump.
        let free = spare::free(server, &mut first, spare::Where::Here).await?;
        let jobs = spare::sessions(request.jobs, free, 1, 1);
        let chosen = lock_and_begin(server, &mut first, request).await?;
        let snapshot = export(server, &mut first).await?;

        let complete = request.tables.is_empty();
        let names: Option<Vec<TableName>> =
            (!complete).then(|| chosen.iter().map(|c| c.name.clone()).collect());
        // Before pg_dump begins, because it takes another connection for a moment.
        let oids: Vec<u32> = chosen.iter().map(|c| c.oid).collect();
        let owners = (!complete).then_some(&oids[..]);
        let timeout = request.lock_timeout;
        let definitions = Definitions::note(server, &mut first, (!complete).then(|| oids.clone())).await?;
        let sequences = sequences::read(server, &mut first, &version, owners, timeout).await?;
        let mut schema = JoinSet::new();
        let (to, id) = (server.clone(), snapshot.clone());
        let (with, major) = (tools.clone(), version.major());
        schema.spawn(async move { schema::dump(&to, &with, &id, names.as_deref(), timeout, major).await });

        let mut inventory = Inventory::read(server, &mut first, &version, &chosen, complete).await?;
        inventory.properties.sequences = sequences;
        inventory.properties.pg_dump_version = tools.version;
        let items = read::plan(&inventory, &version);
        let contents = inventory.contents(server, &version, &snapshot, complete);
        let pins = lock::pins(&chosen);
        let defined = inventory.defined();
        let server = server.clone();
        Ok(Self { server, first: Some(first), jobs, contents, items, pins, definitions, defined, schema })
    }
}

#[async_trait]
impl Snapshot for PgSnapshot {
    fn contents(&self) -> &Contents {
        &self.contents
    }

    async fn read(&mut self, sink: Arc<dyn FrameSink>) -> Result<()> {
        let Some(first) = self.first.take() else {
            return Err(Error::new(
                ErrorCode::System,
                "this snapshot has been read already, or reading it failed",
                "take a new one",
            ));
        };
        let items = std::mem::take(&mut self.items);
        let id = self.contents.info.snapshot.clone();
        let rows = read::read(&self.server, &id, first, items, self.jobs, sink.clone());
        let schema = async {
            match self.schema.join_next().await {
                Some(ended) => ended.map_err(task_failed)?,
                None => Err(Error::cancelled()),
            }
        };
        let (mut first, dump) = match tokio::try_join!(rows, schema) {
            Ok(read) => read,
            Err(error) => return Err(self.explained(error).await),
        };
        dump.check(&self.server, &self.defined)?;
        // Until here it kept the snapshot alive for the others, and the locks. From now on it sees what is committed.
        self.server.run(&mut first, "COMMIT").await?;
        self.unchanged(&mut first).await?;
        sink.blob(0, dump.blob).await?;
        self.contents.notes.extend(dump.warnings);
        self.first = Some(first);
        Ok(())
    }
}

impl PgSnapshot {
    /// Whether names and definitions mean what they meant in the snapshot. The session must see what is committed by now.
    async fn unchanged(&self, conn: &mut PgConnection) -> Result<()> {
        self.pins.check(&self.server, conn).await?;
        self.definitions.check(&self.server, conn).await
    }

    /// When definitions have changed, that is why reading failed, whatever failed first.
    async fn explained(&self, error: Error) -> Error {
        if matches!(error.code(), ErrorCode::Cancelled | ErrorCode::SourceLost | ErrorCode::SourceUnfit) {
            return error;
        }
        let Ok(mut conn) = self.server.connect().await else { return error };
        match self.unchanged(&mut conn).await {
            Err(changed) if changed.code() == ErrorCode::SourceUnfit => changed.with_source(error),
            _ => error,
        }
    }
}

/// Locks what is asked for and begins a transaction; its next query takes the snapshot.
async fn lock_and_begin(
    server: &Server,
    conn: &mut PgConnection,
    request: &SnapshotRequest,
) -> Result<Vec<Candidate>> {
    // Asked before the transaction, because the first query in it fixes the snapshot.
    let pid = wait::process(conn).await.map_err(|e| server.error(e))?;
    for _ in 0..ATTEMPTS {
        let listed = choose(lock::list(server, conn).await?, &request.tables)?;
        server.run(conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        let tables: Vec<(u32, TableName)> = listed.iter().map(|t| (t.oid, t.name.clone())).collect();
        let (timeout, patience) = (request.lock_timeout, &request.patience);
        let waiting = Waiting { server, pid, timeout, patience, tables: &tables };
        if let Locking::Locked = lock::lock(conn, &listed, &waiting).await? {
            // The first query fixes the snapshot. Only now is it certain what it shows.
            let seen = choose(lock::list(server, conn).await?, &request.tables)?;
            if seen == listed && lock::holds(server, conn, &seen).await? {
                return Ok(seen);
            }
        }
        server.run(conn, "ROLLBACK").await?;
    }
    Err(Error::new(
        ErrorCode::SourceUnfit,
        format!(
            "tables of {} were created, dropped or renamed each time they were to be locked",
            server.place()
        ),
        "run it again when the migration or import that does so is done",
    ))
}

fn choose(all: Vec<Candidate>, wanted: &[String]) -> Result<Vec<Candidate>> {
    if wanted.is_empty() {
        return Ok(all);
    }
    let names: Vec<TableName> = all.iter().map(|c| c.name.clone()).collect();
    let places = tables::resolve(wanted, &names)?;
    Ok(places.into_iter().map(|i| all[i].clone()).collect())
}

/// Makes the snapshot known to the other sessions.
async fn export(server: &Server, conn: &mut PgConnection) -> Result<String> {
    sqlx::query_scalar(AssertSqlSafe("SELECT pg_export_snapshot()"))
        .fetch_one(conn)
        .await
        .map_err(|e| server.error(e))
}

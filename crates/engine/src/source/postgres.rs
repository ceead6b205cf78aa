//! PostgreSQL, 12 to 18.

mod connect;
mod copy;
mod inventory;
mod large_objects;
mod lock;
mod properties;
mod quote;
mod read;
mod schema;
mod snapshot;
mod tools;

use std::sync::Arc;

use aitta_model::{CleanupReport, ErrorCode, RestorePlan};
use async_trait::async_trait;

pub(crate) use connect::Server;

use super::{RestoreTask, Restored, SafetyNet, Snapshot, SnapshotRequest, Source};
use crate::{Error, OpenArchive, Phases, Progress, Result};

/// A PostgreSQL database.
pub(crate) struct PostgresSource {
    server: Server,
}

impl PostgresSource {
    pub(crate) fn new(server: Server) -> Self {
        Self { server }
    }
}

#[async_trait]
impl Source for PostgresSource {
    fn engine(&self) -> &'static str {
        "postgresql"
    }

    fn database(&self) -> String {
        self.server.database().to_owned()
    }

    async fn snapshot(&self, request: &SnapshotRequest) -> Result<Box<dyn Snapshot>> {
        Ok(Box::new(snapshot::PgSnapshot::open(&self.server, request).await?))
    }

    async fn plan(&self, _archive: &Arc<OpenArchive>, _task: &RestoreTask) -> Result<RestorePlan> {
        Err(no_restore_yet())
    }

    async fn restore(
        &self,
        _archive: &Arc<OpenArchive>,
        _task: &RestoreTask,
        _safety: &dyn SafetyNet,
        _phases: &mut Phases<'_>,
        _progress: &dyn Progress,
    ) -> Result<Restored> {
        Err(no_restore_yet())
    }

    async fn cleanup(&self, _name: Option<&str>, _all: bool) -> Result<CleanupReport> {
        Err(no_restore_yet())
    }
}

fn no_restore_yet() -> Error {
    Error::new(
        ErrorCode::Unsupported,
        "this build reads PostgreSQL and cannot restore into it",
        "use a newer version of Aitta",
    )
}

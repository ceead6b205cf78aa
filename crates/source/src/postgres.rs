//! PostgreSQL, 12 to 18.

mod code;
mod connect;
mod copy;
mod definitions;
mod environment;
mod inventory;
mod large_objects;
mod lock;
mod pins;
mod privileges;
mod properties;
mod quote;
mod read;
mod restore;
mod roles;
mod schema;
mod scratch;
mod settings;
mod snapshot;
mod spare;
mod told;
mod tools;
mod transport;
mod wait;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use aitta_base::{Phases, Progress, Result};
use aitta_model::{CleanupReport, ComparedTable, DatabaseEngine, ReadinessCheck, RestorePlan, SourceRights};
use async_trait::async_trait;

pub use connect::Server;

use super::{RestoreTask, Restored, SafetyNet, Scratch, Snapshot, SnapshotRequest, Source, Target};
use crate::Archived;

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
    fn engine(&self) -> DatabaseEngine {
        DatabaseEngine::Postgresql
    }

    fn database(&self) -> String {
        self.server.database().to_owned()
    }

    fn place(&self) -> String {
        self.server.place()
    }

    async fn exists(&self) -> Result<bool> {
        restore::exists(&self.server).await
    }

    async fn snapshot(&self, request: &SnapshotRequest) -> Result<Box<dyn Snapshot>> {
        Ok(Box::new(snapshot::PgSnapshot::open(&self.server, request).await?))
    }

    async fn rights(&self) -> Result<Option<SourceRights>> {
        roles::rights(&self.server).await.map(Some)
    }

    async fn readiness(&self, _: Option<u64>) -> Result<Vec<ReadinessCheck>> {
        restore::readiness(&self.server).await
    }
}

#[async_trait]
impl Target for PostgresSource {
    async fn plan(&self, archive: &Arc<dyn Archived>, task: &RestoreTask) -> Result<RestorePlan> {
        restore::plan(&self.server, archive, task).await
    }

    async fn compare(
        &self,
        archive: &Arc<dyn Archived>,
        task: &RestoreTask,
        until: Instant,
    ) -> Result<Vec<ComparedTable>> {
        restore::compare(&self.server, archive, task, until).await
    }

    async fn scratch(&self, _: &Path) -> Result<Box<dyn Scratch>> {
        Ok(Box::new(scratch::scratch(&self.server).await?))
    }

    async fn restore(
        &self,
        archive: &Arc<dyn Archived>,
        task: &RestoreTask,
        safety: &dyn SafetyNet,
        phases: &mut Phases<'_>,
        progress: &dyn Progress,
    ) -> Result<Restored> {
        restore::restore(&self.server, archive, task, safety, phases, progress).await
    }

    async fn cleanup(&self, name: Option<&str>, all: bool) -> Result<CleanupReport> {
        restore::cleanup(&self.server, name, all).await
    }
}

//! A place where self-tests and the demonstration work: sample database, store, catalog and key of its
//! own, all in one temporary folder that is removed at the end.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use aitta_keys::{self as keys, KeyInputs, KeyRing, MemoryVault};
use aitta_model::{DatabaseUrl, ErrorCode, SelfTestStep};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use tokio_util::sync::CancellationToken;

use crate::config::Profile;
use crate::{Context, Error, Result, sample};

pub(crate) struct Scratch {
    pub(crate) context: Context,
    pub(crate) dir: PathBuf,
    pub(crate) database: PathBuf,
    _guard: tempfile::TempDir,
}

impl Scratch {
    pub(crate) async fn new(cancel: CancellationToken) -> Result<Self> {
        let guard = tempfile::Builder::new().prefix("aitta-").tempdir().map_err(no_room)?;
        let dir = guard.path().to_owned();
        let store = dir.join("store");
        std::fs::create_dir(&store).map_err(no_room)?;
        let database = dir.join("carwash.db");
        sample::create(&database).await?;
        let url = DatabaseUrl::new(format!("sqlite:{}", database.display()));
        let profile = Profile::local("scratch", Some(url), store, dir.join("data"));
        let mut context = Context::new(profile).await?.stopped_by(cancel);
        context.key_ring = Some(new_key()?);
        (context.vault, context.key_inputs) =
            (Arc::new(MemoryVault::default()), Arc::new(KeyInputs::default()));
        Ok(Self { context, dir, database, _guard: guard })
    }

    /// Runs statements on the database, as a careless user would.
    pub(crate) async fn execute(&self, sql: &'static str) -> Result<u64> {
        let run = async {
            let mut connection = self.connect().await?;
            let done = sqlx::raw_sql(sql).execute(&mut connection).await?;
            connection.close().await?;
            Ok(done.rows_affected())
        };
        run.await.map_err(scratch_failed)
    }

    async fn connect(&self) -> std::result::Result<SqliteConnection, sqlx::Error> {
        // Dropping a table that others refer to is refused while foreign keys are enforced.
        SqliteConnectOptions::new().filename(&self.database).foreign_keys(false).connect().await
    }
}

/// A throwaway key.
pub(crate) fn new_key() -> Result<Arc<KeyRing>> {
    let report = keys::generate()?;
    Ok(Arc::new(KeyRing::from_hex(&report.key)?))
}

/// Steps with their times.
pub(crate) struct Steps {
    done: Vec<SelfTestStep>,
    begun: Instant,
}

impl Steps {
    pub(crate) fn new() -> Self {
        Self { done: Vec::new(), begun: Instant::now() }
    }

    /// Something was done since the step before, and was seen to be right.
    pub(crate) fn done(&mut self, name: impl Into<String>) {
        let duration_ms = self.begun.elapsed().as_millis() as u64;
        self.done.push(SelfTestStep { name: name.into(), duration_ms });
        self.begun = Instant::now();
    }

    pub(crate) fn finish(self) -> Vec<SelfTestStep> {
        self.done
    }
}

/// What must be true for a self-test to pass.
pub(crate) fn expect(holds: bool, fact: impl FnOnce() -> String) -> Result<()> {
    if holds {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::ProofFailed,
        format!("the self-test failed: {}", fact()),
        "don't rely on this build; report the message",
    ))
}

pub(crate) fn no_room(error: std::io::Error) -> Error {
    Error::new(
        ErrorCode::System,
        format!("the temporary folder cannot be used: {error}"),
        "free some space there, or set TMPDIR to another folder",
    )
    .with_source(error)
}

fn scratch_failed(error: sqlx::Error) -> Error {
    Error::new(
        ErrorCode::SourceFailed,
        format!("the scratch database failed: {error}"),
        "check the temporary folder, or set TMPDIR to another",
    )
    .with_source(error)
}

//! A small database with some past, and the hand of somebody who edits the catalog.

use std::path::Path;
use std::sync::Arc;

use aitta_engine::config::Profile;
use aitta_engine::keys::KeyRing;
use aitta_engine::{Context, ManualClock, Silent, backup, trail, verify};
use aitta_model::{
    ArchiveSelector, BackupRequest, ChainStatus, DatabaseUrl, VerifyLevel, VerifyRequest, VerifyScope,
};
use aitta_testing::profile;
use sha2::{Digest, Sha256};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Row, SqliteConnection};

pub(crate) const KEY: &str = "a1777a0000000000000000000000000000000000000000000000000000000001";

pub(crate) struct Scene {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) context: Context,
}

/// The number of entries of [`Scene::with_past`]; archives are anchored at 1, 3, 5 and 9.
pub(crate) const ENTRIES: u64 = 12;

impl Scene {
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = SqliteConnectOptions::new().filename(dir.path().join("shop.db")).create_if_missing(true);
        let mut connection = file.connect().await.unwrap();
        run(&mut connection, "CREATE TABLE item (id INTEGER PRIMARY KEY); INSERT INTO item VALUES (1), (2)")
            .await;
        std::fs::create_dir(dir.path().join("store")).unwrap();
        let context = context(dir.path(), "data").await;
        Self { dir, context }
    }

    /// Backups at the entries 1, 3, 5 and 9, verifications at 7 and 11.
    pub(crate) async fn with_past() -> Self {
        let scene = Self::new().await;
        for _ in 0..3 {
            scene.backup().await;
        }
        scene.check_newest().await;
        scene.backup().await;
        scene.check_newest().await;
        let status = scene.verify().await;
        assert_eq!((status.entries, status.intact_to, status.signed_to), (ENTRIES, ENTRIES, Some(ENTRIES)));
        assert_eq!((status.anchors, status.anchors_proven, status.fault), (4, 4, None));
        assert_eq!((status.unsigned, status.remarks.len(), status.others.len()), (0, 0, 0));
        scene
    }

    pub(crate) async fn backup(&self) -> String {
        backup::create(&self.context, BackupRequest::default(), &Silent).await.unwrap().archive.id
    }

    pub(crate) async fn check_newest(&self) {
        verify::verify(&self.context, newest(), &Silent).await.unwrap();
    }

    pub(crate) async fn verify(&self) -> ChainStatus {
        trail::verify(&self.context).await.unwrap()
    }

    /// The chain alone, as if no archive were left.
    pub(crate) async fn verify_without_archives(&self) -> ChainStatus {
        let (store, away) = (self.dir.path().join("store/backups"), self.dir.path().join("away"));
        std::fs::rename(&store, &away).unwrap();
        let status = self.verify().await;
        std::fs::rename(&away, &store).unwrap();
        status
    }

    /// The catalog in the hands of somebody who may write the file.
    pub(crate) async fn open(&self) -> SqliteConnection {
        let file = SqliteConnectOptions::new().filename(self.context.catalog.path());
        let mut connection = file.connect().await.unwrap();
        run(
            &mut connection,
            "DROP TRIGGER IF EXISTS audit_is_not_changed; DROP TRIGGER IF EXISTS audit_is_not_deleted;
             DROP TRIGGER IF EXISTS audit_is_added_to_at_its_end",
        )
        .await;
        connection
    }
}

/// The newest archive, without decrypting it: one run.
pub(crate) fn newest() -> VerifyRequest {
    VerifyRequest { scope: VerifyScope::One(ArchiveSelector::Latest), level: VerifyLevel::Stored }
}

pub(crate) async fn context(dir: &Path, data: &str) -> Context {
    let profile = Profile {
        database_url: Some(DatabaseUrl::new(format!("sqlite:{}", dir.join("shop.db").display()))),
        create_store: false,
        admin: Some("Anna Virtanen".to_owned()),
        data_dir: dir.join(data),
        ..profile(dir)
    };
    let mut context = Context::new(profile).await.unwrap();
    context.key_ring = Some(Arc::new(KeyRing::from_hex(KEY).unwrap()));
    context.clock = Arc::new(ManualClock::at("2026-11-20T02:00:00Z".parse().unwrap()));
    context
}

pub(crate) async fn run(connection: &mut SqliteConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap();
}

pub(crate) async fn bodies(connection: &mut SqliteConnection) -> Vec<(i64, String)> {
    let rows =
        sqlx::query("SELECT entry, body FROM audit ORDER BY entry").fetch_all(connection).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// Makes all hashes from this entry on fit what the entries say, as anybody can who knows how they are made.
pub(crate) async fn rehash(connection: &mut SqliteConnection, from: i64) {
    let mut before = "0".repeat(64);
    for (entry, body) in bodies(connection).await {
        let sha = Sha256::new()
            .chain_update("aitta/1 audit")
            .chain_update(&before)
            .chain_update(entry.to_be_bytes())
            .chain_update(&body);
        let hash = hex::encode(sha.finalize());
        if entry >= from {
            let update = sqlx::query("UPDATE audit SET hash = ? WHERE entry = ?").bind(&hash).bind(entry);
            update.execute(&mut *connection).await.unwrap();
        }
        before = hash;
    }
}

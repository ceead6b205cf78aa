//! Archives that were put away, and archives that are held.

use std::collections::{HashMap, HashSet};

use aitta_model::{HeldArchive, Hold, HoldKind, RetentionRules, Word};
use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::runs::json;
use super::{Catalog, time};
use crate::Result;

/// The part of an id that an archive keeps when it is locked with another key: when it was made.
pub(crate) fn moment(id: &str) -> &str {
    id.rsplit_once('-').map_or(id, |(moment, _)| moment)
}

/// An archive that was put away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Away {
    /// When.
    pub(crate) since: Timestamp,
    /// From when on it is deleted.
    pub(crate) until: Timestamp,
    /// Whether its deletion has begun.
    pub(crate) deleting: bool,
}

impl Catalog {
    /// What was put away in a store, by ids.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn put_away(&self, store: &str) -> Result<HashMap<String, Away>> {
        let rows = sqlx::query("SELECT id, since_ms, until_ms, deleting FROM put_away WHERE store = ?")
            .bind(store)
            .fetch_all(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        let away = |row: &SqliteRow| {
            let away = Away { since: time(row.get(1)), until: time(row.get(2)), deleting: row.get(3) };
            (row.get(0), away)
        };
        Ok(rows.iter().map(away).collect())
    }

    /// Puts archives away, all of them or none.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn put_these_away(
        &self,
        store: &str,
        ids: &[String],
        since: Timestamp,
        until: Timestamp,
    ) -> Result<()> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(|e| self.failed(e))?;
        for id in ids {
            sqlx::query(
                "INSERT INTO put_away (store, id, since_ms, until_ms, deleting) VALUES (?, ?, ?, ?, 0)
                 ON CONFLICT (store, id) DO NOTHING",
            )
            .bind(store)
            .bind(id)
            .bind(since.as_millisecond())
            .bind(until.as_millisecond())
            .execute(&mut *transaction)
            .await
            .map_err(|e| self.failed(e))?;
        }
        transaction.commit().await.map_err(|e| self.failed(e))
    }

    /// Enters that the deletion of an archive begins, or that it has not come to an end.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn note_deleting(&self, store: &str, id: &str, deleting: bool) -> Result<()> {
        sqlx::query("UPDATE put_away SET deleting = ? WHERE store = ? AND id = ?")
            .bind(deleting)
            .bind(store)
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(())
    }

    /// Forgets that an archive was put away.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn no_longer_away(&self, store: &str, id: &str) -> Result<()> {
        sqlx::query("DELETE FROM put_away WHERE store = ? AND id = ?")
            .bind(store)
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(())
    }

    /// All holds, the newest archive first, also those that have ended.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn holds(&self) -> Result<Vec<HeldArchive>> {
        let rows = sqlx::query(
            "SELECT archive, kind, until_ms, reason, person, since_ms FROM holds ORDER BY moment DESC, kind",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(rows.iter().map(held).collect())
    }

    /// Holds archives. One that is held for the same cause already is held for longer by it, and never for less; one that
    /// Aitta holds by itself keeps the time since which it does.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn hold(&self, held: &[HeldArchive]) -> Result<()> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(|e| self.failed(e))?;
        for HeldArchive { archive, hold, reason, person, since } in held {
            sqlx::query(
                "INSERT INTO holds (moment, kind, archive, reason, person, since_ms, until_ms)
                 VALUES (?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (moment, kind) DO UPDATE SET archive = excluded.archive, reason = excluded.reason,
                     since_ms = CASE WHEN kind IN ('loss', 'rebuilt') THEN since_ms ELSE excluded.since_ms END,
                     person = excluded.person,
                     until_ms = CASE WHEN until_ms IS NULL OR excluded.until_ms IS NULL THEN NULL
                                     ELSE max(until_ms, excluded.until_ms) END",
            )
            .bind(moment(archive))
            .bind(hold.kind.as_str())
            .bind(archive)
            .bind(reason)
            .bind(person)
            .bind(since.as_millisecond())
            .bind(hold.until.map(Timestamp::as_millisecond))
            .execute(&mut *transaction)
            .await
            .map_err(|e| self.failed(e))?;
        }
        transaction.commit().await.map_err(|e| self.failed(e))
    }

    /// Gives a hold that has no end one.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn end_hold(&self, held: &HeldArchive, until: Timestamp) -> Result<()> {
        sqlx::query("UPDATE holds SET until_ms = ? WHERE moment = ? AND kind = ? AND until_ms IS NULL")
            .bind(until.as_millisecond())
            .bind(moment(&held.archive))
            .bind(held.hold.kind.as_str())
            .execute(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(())
    }

    /// The rules of a profile that somebody has agreed to.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn agreed_rules(&self, profile: &str) -> Result<Option<RetentionRules>> {
        let text: Option<String> = sqlx::query_scalar("SELECT rules FROM retention_rules WHERE profile = ?")
            .bind(profile)
            .fetch_optional(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Enters the rules that a profile goes by from now on.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn agree_to_rules(&self, profile: &str, rules: &RetentionRules) -> Result<()> {
        sqlx::query(
            "INSERT INTO retention_rules (profile, rules) VALUES (?, ?)
             ON CONFLICT (profile) DO UPDATE SET rules = excluded.rules",
        )
        .bind(profile)
        .bind(json(rules)?)
        .execute(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(())
    }

    /// The moments of backups that other profiles have made.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn made_by_others(&self, profile: &str) -> Result<HashSet<String>> {
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT archive FROM runs WHERE operation = 'backup' AND archive IS NOT NULL AND profile <> ?",
        )
        .bind(profile)
        .fetch_all(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(ids.iter().map(|id| moment(id).to_owned()).collect())
    }

    /// Ends holds.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn release(&self, held: &[HeldArchive]) -> Result<()> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(|e| self.failed(e))?;
        for HeldArchive { archive, hold, .. } in held {
            sqlx::query("DELETE FROM holds WHERE moment = ? AND kind = ?")
                .bind(moment(archive))
                .bind(hold.kind.as_str())
                .execute(&mut *transaction)
                .await
                .map_err(|e| self.failed(e))?;
        }
        transaction.commit().await.map_err(|e| self.failed(e))
    }

    /// The latest time that anything was entered with.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn latest_moment(&self) -> Result<Option<Timestamp>> {
        let latest: Option<i64> = sqlx::query_scalar(
            "SELECT max(at) FROM (SELECT max(started_ms) AS at FROM runs UNION ALL SELECT max(ended_ms) FROM runs
                 UNION ALL SELECT max(since_ms) FROM put_away UNION ALL SELECT max(created_ms) FROM archives)",
        )
        .fetch_one(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(latest.map(time))
    }
}

fn held(row: &SqliteRow) -> HeldArchive {
    let until: Option<i64> = row.get(2);
    HeldArchive {
        archive: row.get(0),
        hold: Hold { kind: Word::<HoldKind>::read(row.get::<String, _>(1)), until: until.map(time) },
        reason: row.get(3),
        person: row.get(4),
        since: time(row.get(5)),
    }
}

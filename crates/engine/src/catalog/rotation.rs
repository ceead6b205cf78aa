//! The journal of rotations.

use aitta_base::lock;
use aitta_model::{Operation, RotationDirection};
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row};

use super::{Catalog, time};
use crate::Result;

/// A rotation as the journal has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rotation {
    pub(crate) id: i64,
    pub(crate) direction: RotationDirection,
    /// The keys that are left, the one that was active before first.
    pub(crate) from: Vec<String>,
    pub(crate) to: String,
    pub(crate) reencrypt: bool,
    pub(crate) started: Timestamp,
    pub(crate) archives: u64,
    pub(crate) done: u64,
}

const COLUMNS: &str =
    "SELECT id, direction, from_keys, to_key, reencrypt, started_ms, archives, done FROM rotations";

impl Catalog {
    /// Enters that a rotation goes on, or begins. An open one of the same direction to the same key is continued,
    /// with data keys if either asks for them; any other open one is closed, because this one takes its place.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn begin_rotation(
        &self,
        profile: &str,
        store: &str,
        wanted: &Rotation,
    ) -> Result<Rotation> {
        if let Some(open) = self.open_rotation(profile, store).await? {
            if (open.direction, &open.to) == (wanted.direction, &wanted.to) {
                let rotation = Rotation {
                    id: open.id,
                    started: open.started,
                    reencrypt: open.reencrypt || wanted.reencrypt,
                    // Counted anew: an archive that is done already is counted at once.
                    done: 0,
                    ..wanted.clone()
                };
                self.update_rotation(&rotation).await?;
                return Ok(rotation);
            }
            self.end_rotation(open.id, false, wanted.started).await?;
        }
        let id = sqlx::query(
            "INSERT INTO rotations (profile, store, direction, from_keys, to_key, reencrypt, started_ms, archives)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(profile)
        .bind(store)
        .bind(word(wanted.direction))
        .bind(list(&wanted.from))
        .bind(&wanted.to)
        .bind(wanted.reencrypt)
        .bind(wanted.started.as_millisecond())
        .bind(wanted.archives.cast_signed())
        .execute(&self.pool)
        .await
        .map_err(|e| self.failed(e))?
        .last_insert_rowid();
        Ok(Rotation { id, done: 0, ..wanted.clone() })
    }

    /// Enters how far a rotation is.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn update_rotation(&self, rotation: &Rotation) -> Result<()> {
        sqlx::query("UPDATE rotations SET from_keys = ?, reencrypt = ?, archives = ?, done = ? WHERE id = ?")
            .bind(list(&rotation.from))
            .bind(rotation.reencrypt)
            .bind(rotation.archives.cast_signed())
            .bind(rotation.done.cast_signed())
            .bind(rotation.id)
            .execute(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(())
    }

    /// Enters that so many archives are done, unless more are known to be.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn note_rotated(&self, id: i64, done: u64) -> Result<()> {
        sqlx::query("UPDATE rotations SET done = max(done, ?) WHERE id = ?")
            .bind(done.cast_signed())
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(())
    }

    /// Closes a rotation. It is `complete` when every archive was opened with the new key alone.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn end_rotation(&self, id: i64, complete: bool, now: Timestamp) -> Result<()> {
        sqlx::query("UPDATE rotations SET ended_ms = ?, complete = ? WHERE id = ?")
            .bind(now.as_millisecond())
            .bind(complete)
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(())
    }

    /// The rotation of this profile and store that has not ended.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn open_rotation(&self, profile: &str, store: &str) -> Result<Option<Rotation>> {
        self.rotation(profile, store, "ended_ms IS NULL").await
    }

    /// The last one that came to its end.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn last_rotation(&self, profile: &str, store: &str) -> Result<Option<Rotation>> {
        self.rotation(profile, store, "complete").await
    }

    async fn rotation(&self, profile: &str, store: &str, which: &str) -> Result<Option<Rotation>> {
        let query = format!("{COLUMNS} WHERE profile = ? AND store = ? AND {which} ORDER BY id DESC LIMIT 1");
        let row = sqlx::query(AssertSqlSafe(query))
            .bind(profile)
            .bind(store)
            .fetch_optional(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(row.as_ref().map(rotation))
    }

    /// Whether a run of this operation is under way: its row says so, and its process lives.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn is_running(&self, profile: &str, operation: Operation) -> Result<bool> {
        let rows =
            sqlx::query("SELECT alive FROM runs WHERE profile = ? AND operation = ? AND outcome = 'running'")
                .bind(profile)
                .bind(operation.as_str())
                .fetch_all(&self.pool)
                .await
                .map_err(|e| self.failed(e))?;
        Ok(rows.iter().any(|row| lock::is_held(&self.mark(row.get(0)))))
    }

    /// Notes from when on keys may be destroyed.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn note_destroyable(
        &self,
        profile: &str,
        keys: &[String],
        from: Timestamp,
    ) -> Result<()> {
        for key in keys {
            sqlx::query(
                "INSERT INTO destroyable_keys (profile, key_id, from_ms) VALUES (?, ?, ?)
                 ON CONFLICT (profile, key_id) DO NOTHING",
            )
            .bind(profile)
            .bind(key)
            .bind(from.as_millisecond())
            .execute(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        }
        Ok(())
    }

    /// Takes that back.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn forget_destroyable(&self, profile: &str, key: &str) -> Result<()> {
        sqlx::query("DELETE FROM destroyable_keys WHERE profile = ? AND key_id = ?")
            .bind(profile)
            .bind(key)
            .execute(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(())
    }

    /// From when on a key may be destroyed, if rotation has found that no archive needs it.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn destroyable_from(&self, profile: &str, key: &str) -> Result<Option<Timestamp>> {
        let row = sqlx::query("SELECT from_ms FROM destroyable_keys WHERE profile = ? AND key_id = ?")
            .bind(profile)
            .bind(key)
            .fetch_optional(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(row.map(|row| time(row.get(0))))
    }
}

fn rotation(row: &SqliteRow) -> Rotation {
    let from: String = row.get(2);
    Rotation {
        id: row.get(0),
        direction: match row.get::<&str, _>(1) {
            "back" => RotationDirection::Back,
            _ => RotationDirection::Forward,
        },
        from: serde_json::from_str(&from).unwrap_or_default(),
        to: row.get(3),
        reencrypt: row.get(4),
        started: time(row.get(5)),
        archives: row.get::<i64, _>(6).cast_unsigned(),
        done: row.get::<i64, _>(7).cast_unsigned(),
    }
}

fn word(direction: RotationDirection) -> &'static str {
    match direction {
        RotationDirection::Forward => "forward",
        RotationDirection::Back => "back",
    }
}

fn list(keys: &[String]) -> String {
    serde_json::Value::from(keys.to_vec()).to_string()
}

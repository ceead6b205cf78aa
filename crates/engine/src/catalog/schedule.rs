//! The ledger of schedules: what was due, and what has become of it.

use aitta_model::{Duty, Failure, Pause, Slot, SlotState, Word};
use aitta_policy::{Due, Schedule};
use jiff::{SignedDuration, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::runs::json;
use super::{Catalog, time};
use crate::Result;

/// Missed moments that are named; those before them are counted.
const NAMED: usize = 100;

/// A clock that goes back by more than this was wrong before: slots that it has left in the future were never due.
const WRONG: SignedDuration = SignedDuration::from_hours(1);

const COLUMNS: &str = "due_ms, claimed_ms, state, missed, missed_before, attempts, again_ms, run, failure";

impl Catalog {
    /// Claims what is due of a schedule, in one transaction: the latest moment, which stands for all that were missed
    /// before it. A schedule that is new or was changed counts from now. A slot that waits for another attempt gives way
    /// to what is due next, as does one whose work never came to an end, for the reason `ended`.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn claim_due(
        &self,
        key: &str,
        duty: Duty,
        schedule: &Schedule,
        now: Timestamp,
        ended: &Failure,
    ) -> Result<Option<Slot>> {
        let ended = json(ended)?;
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(|e| self.failed(e))?;
        let slot = claim(&mut transaction, key, duty, schedule, now, &ended).await;
        let slot = slot.map_err(|e| self.failed(e))?;
        transaction.commit().await.map_err(|e| self.failed(e))?;
        Ok(slot)
    }

    /// Forgets up to when a schedule is settled: switched on again it counts from then.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn forget_schedule(&self, key: &str, duty: Duty) -> Result<()> {
        sqlx::query("DELETE FROM schedules WHERE schedule = ? AND operation = ?")
            .bind(key)
            .bind(duty.as_str())
            .execute(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(())
    }

    /// Enters a pause, in place of another one.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn pause(&self, key: &str, pause: &Pause) -> Result<()> {
        sqlx::query(
            "INSERT INTO pauses (schedule, since_ms, until_ms, reason, person) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (schedule) DO UPDATE SET since_ms = excluded.since_ms, until_ms = excluded.until_ms,
                 reason = excluded.reason, person = excluded.person",
        )
        .bind(key)
        .bind(pause.since.as_millisecond())
        .bind(pause.until.as_millisecond())
        .bind(&pause.reason)
        .bind(&pause.person)
        .execute(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(())
    }

    /// The last pause, whether it has ended or not, as long as its end was not seen to.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn pause_of(&self, key: &str) -> Result<Option<Pause>> {
        let row = sqlx::query("SELECT since_ms, until_ms, reason, person FROM pauses WHERE schedule = ?")
            .bind(key)
            .fetch_optional(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(row.map(|row| Pause {
            since: time(row.get(0)),
            until: time(row.get(1)),
            reason: row.get(2),
            person: row.get(3),
        }))
    }

    /// Sees to the end of a pause, if that has come: what was due before it is settled, of everything that makes itself.
    /// By a clock that is behind it has not.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn end_pause(&self, key: &str, now: Timestamp) -> Result<()> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(|e| self.failed(e))?;
        for statement in [
            "UPDATE schedules SET settled_ms = max(settled_ms, p.until_ms) FROM pauses p
             WHERE schedules.schedule = ?1 AND p.schedule = ?1 AND p.until_ms <= ?2",
            "DELETE FROM pauses WHERE schedule = ?1 AND until_ms <= ?2",
        ] {
            sqlx::query(statement)
                .bind(key)
                .bind(now.as_millisecond())
                .execute(&mut *transaction)
                .await
                .map_err(|e| self.failed(e))?;
        }
        transaction.commit().await.map_err(|e| self.failed(e))
    }

    /// Enters that a program which ends after each look has looked at a schedule.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn note_look(
        &self,
        key: &str,
        duty: Duty,
        schedule: &Schedule,
        now: Timestamp,
    ) -> Result<()> {
        // There is none yet where it was paused before the first look; one that is edited counts from now.
        sqlx::query(
            "INSERT INTO schedules (schedule, operation, pattern, zone, settled_ms, looked_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5)
             ON CONFLICT (schedule, operation) DO UPDATE SET
                 settled_ms = CASE WHEN pattern = ?3 AND zone = ?4 THEN settled_ms ELSE ?5 END,
                 pattern = ?3, zone = ?4, looked_ms = ?5",
        )
        .bind(key)
        .bind(duty.as_str())
        .bind(schedule.pattern())
        .bind(schedule.zone())
        .bind(now.as_millisecond())
        .execute(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(())
    }

    /// When such a program looked last at a schedule with this rule.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn last_look(
        &self,
        key: &str,
        duty: Duty,
        schedule: &Schedule,
    ) -> Result<Option<Timestamp>> {
        let looked: Option<Option<i64>> = sqlx::query_scalar(
            "SELECT looked_ms FROM schedules WHERE schedule = ? AND operation = ? AND pattern = ? AND zone = ?",
        )
        .bind(key)
        .bind(duty.as_str())
        .bind(schedule.pattern())
        .bind(schedule.zone())
        .fetch_optional(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(looked.flatten().map(time))
    }

    /// When the first slot was due that is known.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn first_due(&self, key: &str, duty: Duty) -> Result<Option<Timestamp>> {
        let due: Option<i64> =
            sqlx::query_scalar("SELECT min(due_ms) FROM slots WHERE schedule = ? AND operation = ?")
                .bind(key)
                .bind(duty.as_str())
                .fetch_one(&self.pool)
                .await
                .map_err(|e| self.failed(e))?;
        Ok(due.map(time))
    }

    /// The slot whose work has begun and not come to an end, or that is tried again.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn open_slot(&self, key: &str, duty: Duty, now: Timestamp) -> Result<Option<Slot>> {
        self.slot("AND state IN ('claimed', 'waiting')", key, duty, now).await
    }

    /// The last one. Those that a wrong clock has made in what is the future now are none.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn last_slot(&self, key: &str, duty: Duty, now: Timestamp) -> Result<Option<Slot>> {
        self.slot("", key, duty, now).await
    }

    async fn slot(&self, which: &'static str, key: &str, duty: Duty, now: Timestamp) -> Result<Option<Slot>> {
        let query = format!(
            "SELECT {COLUMNS} FROM slots WHERE schedule = ? AND operation = ? AND claimed_ms <= ? {which}
             ORDER BY due_ms DESC LIMIT 1"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(key)
            .bind(duty.as_str())
            .bind((now + WRONG).as_millisecond())
            .fetch_optional(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(row.map(read))
    }

    /// Enters which run is made for a slot, and nothing else of it: that may have come to an end by then.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn note_run_of_slot(
        &self,
        key: &str,
        duty: Duty,
        due: Timestamp,
        run: i64,
    ) -> Result<()> {
        sqlx::query("UPDATE slots SET run = ? WHERE schedule = ? AND operation = ? AND due_ms = ?")
            .bind(run)
            .bind(key)
            .bind(duty.as_str())
            .bind(due.as_millisecond())
            .execute(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
        Ok(())
    }

    /// Enters what has become of a slot.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn note_slot(&self, key: &str, duty: Duty, slot: &Slot) -> Result<()> {
        sqlx::query(
            "UPDATE slots SET state = ?, attempts = ?, again_ms = ?, run = ?, failure = ?
             WHERE schedule = ? AND operation = ? AND due_ms = ?",
        )
        .bind(slot.state.as_str())
        .bind(slot.attempts)
        .bind(slot.again.map(Timestamp::as_millisecond))
        .bind(slot.run)
        .bind(slot.failure.as_ref().map(json).transpose()?)
        .bind(key)
        .bind(duty.as_str())
        .bind(slot.due.as_millisecond())
        .execute(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(())
    }
}

async fn claim(
    db: &mut SqliteConnection,
    key: &str,
    duty: Duty,
    schedule: &Schedule,
    now: Timestamp,
    ended: &str,
) -> sqlx::Result<Option<Slot>> {
    let (pattern, zone) = (schedule.pattern(), schedule.zone());
    let settled: Option<i64> = sqlx::query_scalar(
        "SELECT settled_ms FROM schedules WHERE schedule = ? AND operation = ? AND pattern = ? AND zone = ?",
    )
    .bind(key)
    .bind(duty.as_str())
    .bind(pattern)
    .bind(zone)
    .fetch_optional(&mut *db)
    .await?;
    let settled = match settled.map(time) {
        Some(settled) if settled <= now + WRONG => settled,
        // New, or edited, or settled by a clock that was wrong.
        _ => {
            settle(db, key, duty, schedule, now).await?;
            return Ok(None);
        }
    };
    // After a clock that was wrong, what was claimed by the right one is not missed.
    let claimed: Option<i64> = sqlx::query_scalar(
        "SELECT max(due_ms) FROM slots WHERE schedule = ? AND operation = ? AND due_ms <= ? AND claimed_ms <= ?",
    )
    .bind(key)
    .bind(duty.as_str())
    .bind(now.as_millisecond())
    .bind((now + WRONG).as_millisecond())
    .fetch_one(&mut *db)
    .await?;
    let settled = claimed.map_or(settled, |claimed| settled.max(time(claimed)));
    let Due { due, more } = schedule.due_within(settled, now, NAMED + 1);
    let Some((due, missed)) = due.split_last() else { return Ok(None) };
    let slot = Slot {
        due: *due,
        claimed: now,
        state: SlotState::Claimed.into(),
        missed: missed.to_vec(),
        missed_before: more,
        attempts: 1,
        again: None,
        run: None,
        failure: None,
    };
    // What is open is not tried beside this one.
    sqlx::query(
        "UPDATE slots SET state = 'failed', again_ms = NULL, failure = coalesce(failure, ?)
         WHERE schedule = ? AND operation = ? AND state IN ('claimed', 'waiting') AND due_ms <> ?",
    )
    .bind(ended)
    .bind(key)
    .bind(duty.as_str())
    .bind(slot.due.as_millisecond())
    .execute(&mut *db)
    .await?;
    let missed: Vec<i64> = missed.iter().map(|at| at.as_millisecond()).collect();
    // One of the same moment that a wrong clock has claimed, in what is the future now, gives way.
    let entered = sqlx::query(
        "INSERT INTO slots (schedule, operation, due_ms, pattern, zone, claimed_ms, state, missed, missed_before,
                            attempts)
         VALUES (?, ?, ?, ?, ?, ?, 'claimed', ?, ?, 1)
         ON CONFLICT DO UPDATE SET claimed_ms = excluded.claimed_ms, state = 'claimed', missed = excluded.missed,
             missed_before = excluded.missed_before, attempts = 1, again_ms = NULL, run = NULL, failure = NULL
         WHERE slots.claimed_ms > ?",
    )
    .bind(key)
    .bind(duty.as_str())
    .bind(slot.due.as_millisecond())
    .bind(pattern)
    .bind(zone)
    .bind(now.as_millisecond())
    .bind(serde_json::to_string(&missed).unwrap_or_default())
    .bind(slot.missed_before.cast_signed())
    .bind((now + WRONG).as_millisecond())
    .execute(&mut *db)
    .await?;
    settle(db, key, duty, schedule, slot.due).await?;
    // After a clock that has gone back a little, what was due may have been done already.
    Ok((entered.rows_affected() == 1).then_some(slot))
}

async fn settle(
    db: &mut SqliteConnection,
    key: &str,
    duty: Duty,
    schedule: &Schedule,
    until: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO schedules (schedule, operation, pattern, zone, settled_ms) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (schedule, operation) DO UPDATE SET pattern = excluded.pattern, zone = excluded.zone,
             settled_ms = excluded.settled_ms",
    )
    .bind(key)
    .bind(duty.as_str())
    .bind(schedule.pattern())
    .bind(schedule.zone())
    .bind(until.as_millisecond())
    .execute(db)
    .await?;
    Ok(())
}

fn read(row: SqliteRow) -> Slot {
    let missed: Vec<i64> = serde_json::from_str(row.get(3)).unwrap_or_default();
    let failure: Option<String> = row.get(8);
    Slot {
        due: time(row.get(0)),
        claimed: time(row.get(1)),
        state: Word::read(row.get::<String, _>(2)),
        missed: missed.into_iter().map(time).collect(),
        missed_before: u64::try_from(row.get::<i64, _>(4)).unwrap_or_default(),
        // Out of range only in a row that another program wrote.
        attempts: u32::try_from(row.get::<i64, _>(5)).unwrap_or(u32::MAX).min(100),
        again: row.get::<Option<i64>, _>(6).map(time),
        run: row.get(7),
        failure: failure.and_then(|text| serde_json::from_str::<Failure>(&text).ok()),
    }
}

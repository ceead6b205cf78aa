//! The outbox: what people are to be told, kept until it has arrived.

use aitta_model::{ChannelKind, ChannelStatus, Failure, Notice, NoticeEvent};
use jiff::{SignedDuration, Timestamp};
use sqlx::{Row, SqliteConnection};

use super::runs::json;
use super::{Catalog, time};
use crate::Result;

/// The same trouble is told again after so long.
const REMINDER: SignedDuration = SignedDuration::from_hours(24);

/// Who tries a delivery has so long before another program takes it for killed.
const LEASE: SignedDuration = SignedDuration::from_mins(2);

/// Settled notices are kept for so long.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Notices that wait for a profile at most: of more, the oldest are given up.
const WAITING_MAX: i64 = 1000;

/// What a run means for people: what it tells, and which trouble begins or ends with it.
#[derive(Debug, Clone)]
pub(crate) struct Telling {
    /// What has failed, or fails no more: an operation, or an operation and an archive.
    pub(crate) what: String,
    /// `None` for a success of which nobody is told unless it ends a trouble.
    pub(crate) notice: Option<Notice>,
}

/// A delivery that is due, taken by this program.
#[derive(Debug, Clone)]
pub(crate) struct Due {
    /// The number of the notice.
    pub(crate) id: i64,
    pub(crate) notice: Notice,
    /// The number of this attempt, from 1 on.
    pub(crate) attempt: u32,
}

/// Enters what is told, within the transaction of what it tells.
pub(super) async fn note(
    conn: &mut SqliteConnection,
    profile: &str,
    told: Telling,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let Telling { what, notice } = told;
    let is_trouble = notice.as_ref().and_then(|n| n.event.known()).is_some_and(NoticeEvent::is_trouble);
    if is_trouble {
        let Some(notice) = notice else { return Ok(()) };
        return trouble(conn, profile, &what, notice, now).await;
    }
    let since: Option<i64> =
        sqlx::query_scalar("DELETE FROM troubles WHERE profile = ? AND what = ? RETURNING since_ms")
            .bind(profile)
            .bind(&what)
            .fetch_optional(&mut *conn)
            .await?;
    if let Some(notice) = notice {
        let notice = Notice { ends_trouble_since: since.map(time), ..notice };
        enter(conn, profile, &notice).await?;
    }
    Ok(())
}

/// The first time at once, another cause at once, the same one after a day.
async fn trouble(
    conn: &mut SqliteConnection,
    profile: &str,
    what: &str,
    notice: Notice,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let cause = match &notice.failure {
        Some(failure) => failure.code.as_str().to_owned(),
        None => notice.event.as_str().to_owned(),
    };
    let known = sqlx::query(
        "SELECT t.cause, t.since_ms, t.again, n.at_ms, n.state FROM troubles t LEFT JOIN notices n ON n.id = t.notice
         WHERE t.profile = ? AND t.what = ?",
    )
    .bind(profile)
    .bind(what)
    .fetch_optional(&mut *conn)
    .await?;
    let (mut since, mut again) = (now.as_millisecond(), 0_i64);
    if let Some(row) = known {
        let (told_at, state): (Option<i64>, Option<String>) = (row.get(3), row.get(4));
        // One that nobody got was not told.
        let is_told = matches!(state.as_deref(), Some("waiting" | "told"))
            && told_at.is_some_and(|at| now.duration_since(time(at)).abs() < REMINDER);
        if row.get::<&str, _>(0) == cause && is_told {
            sqlx::query("UPDATE troubles SET again = again + 1 WHERE profile = ? AND what = ?")
                .bind(profile)
                .bind(what)
                .execute(&mut *conn)
                .await?;
            return Ok(());
        }
        (since, again) = (row.get(1), row.get(2));
    }
    let notice = Notice { again: again.unsigned_abs(), ..notice };
    let id = enter(conn, profile, &notice).await?;
    sqlx::query(
        "INSERT INTO troubles (profile, what, cause, since_ms, notice, again) VALUES (?, ?, ?, ?, ?, 0)
         ON CONFLICT (profile, what) DO UPDATE SET cause = excluded.cause, notice = excluded.notice, again = 0",
    )
    .bind(profile)
    .bind(what)
    .bind(cause)
    .bind(since)
    .bind(id)
    .execute(&mut *conn)
    .await?;
    Ok(())
}

async fn enter(conn: &mut SqliteConnection, profile: &str, notice: &Notice) -> Result<i64, sqlx::Error> {
    let text = serde_json::to_string(notice).map_err(|e| sqlx::Error::Encode(e.into()))?;
    let done = sqlx::query("INSERT INTO notices (profile, at_ms, notice, state) VALUES (?, ?, ?, 'waiting')")
        .bind(profile)
        .bind(notice.at.as_millisecond())
        .bind(text)
        .execute(conn)
        .await?;
    Ok(done.last_insert_rowid())
}

impl Catalog {
    /// Whether something waits to be told.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn has_notices(&self, profile: &str) -> Result<bool> {
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM notices WHERE profile = ? AND state = 'waiting')")
            .bind(profile)
            .fetch_one(&self.pool)
            .await
            .map_err(|e| self.failed(e))
    }

    /// Takes the oldest notice whose delivery to this channel is due. `wants` says whether the channel is for it.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn claim_delivery(
        &self,
        profile: &str,
        channel: ChannelKind,
        wants: impl Fn(&Notice) -> bool,
        now: Timestamp,
    ) -> Result<Option<Due>> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(|e| self.failed(e))?;
        let rows = sqlx::query(
            "SELECT n.id, n.notice, coalesce(d.attempts, 0) FROM notices n
             LEFT JOIN deliveries d ON d.notice = n.id AND d.channel = ?
             WHERE n.profile = ? AND n.state = 'waiting' AND (d.notice IS NULL OR d.again_ms <= ?)
             ORDER BY n.id",
        )
        .bind(channel.to_string())
        .bind(profile)
        .bind(now.as_millisecond())
        .fetch_all(&mut *transaction)
        .await
        .map_err(|e| self.failed(e))?;
        let due = rows.into_iter().find_map(|row| {
            let notice: Notice = serde_json::from_str(row.get(1)).ok()?;
            let attempt = u32::try_from(row.get::<i64, _>(2)).unwrap_or(u32::MAX).saturating_add(1);
            wants(&notice).then(|| Due { id: row.get(0), notice, attempt })
        });
        if let Some(due) = &due {
            sqlx::query(
                "INSERT INTO deliveries (notice, channel, attempts, again_ms, tried_ms) VALUES (?, ?, 1, ?, ?)
                 ON CONFLICT (notice, channel) DO UPDATE SET attempts = attempts + 1, again_ms = excluded.again_ms,
                     tried_ms = excluded.tried_ms",
            )
            .bind(due.id)
            .bind(channel.to_string())
            .bind((now + LEASE).as_millisecond())
            .bind(now.as_millisecond())
            .execute(&mut *transaction)
            .await
            .map_err(|e| self.failed(e))?;
        }
        transaction.commit().await.map_err(|e| self.failed(e))?;
        Ok(due)
    }

    /// Enters what came of an attempt: it has arrived, is tried again at a time, or is given up.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn note_delivery(
        &self,
        notice: i64,
        channel: ChannelKind,
        came: std::result::Result<(), (&Failure, Option<Timestamp>)>,
        now: Timestamp,
    ) -> Result<()> {
        let (delivered, again, failure) = match came {
            Ok(()) => (Some(now), None, None),
            Err((failure, again)) => (None, again, Some(json(failure)?)),
        };
        sqlx::query(
            "UPDATE deliveries SET delivered_ms = ?, again_ms = ?, failure = ? WHERE notice = ? AND channel = ?",
        )
        .bind(delivered.map(Timestamp::as_millisecond))
        .bind(again.map(Timestamp::as_millisecond))
        .bind(failure)
        .bind(notice)
        .bind(channel.to_string())
        .execute(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(())
    }

    /// Settles the notices that no channel has to get any more, and forgets those that were settled long ago.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn settle_notices(
        &self,
        profile: &str,
        wanting: impl Fn(&Notice) -> Vec<ChannelKind>,
        now: Timestamp,
    ) -> Result<()> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(|e| self.failed(e))?;
        let rows = sqlx::query(
            "SELECT n.id, n.notice,
                    (SELECT json_group_array(json_array(d.channel, d.again_ms IS NULL, d.delivered_ms IS NOT NULL))
                     FROM deliveries d WHERE d.notice = n.id),
                    row_number() OVER (ORDER BY n.id DESC)
             FROM notices n WHERE n.profile = ? AND n.state = 'waiting'",
        )
        .bind(profile)
        .fetch_all(&mut *transaction)
        .await
        .map_err(|e| self.failed(e))?;
        for row in rows {
            let tried: Vec<(String, i64, i64)> = serde_json::from_str(row.get(2)).unwrap_or_default();
            let state = match serde_json::from_str::<Notice>(row.get(1)) {
                // Of a later version, or by somebody else: nobody can be told.
                Err(_) => Some("lost"),
                Ok(notice) => {
                    let wanting = wanting(&notice);
                    let is_settled = |kind: &ChannelKind| {
                        let kind = kind.to_string();
                        tried.iter().any(|(channel, settled, _)| *channel == kind && *settled != 0)
                    };
                    let arrived = tried.iter().any(|(_, _, delivered)| *delivered != 0);
                    match (wanting.is_empty(), wanting.iter().all(is_settled), arrived) {
                        (_, true, true) => Some("told"),
                        (true, ..) => Some("untold"),
                        (_, true, false) => Some("lost"),
                        _ if row.get::<i64, _>(3) > WAITING_MAX => {
                            Some(if arrived { "told" } else { "lost" })
                        }
                        _ => None,
                    }
                }
            };
            if let Some(state) = state {
                sqlx::query("UPDATE notices SET state = ? WHERE id = ?")
                    .bind(state)
                    .bind(row.get::<i64, _>(0))
                    .execute(&mut *transaction)
                    .await
                    .map_err(|e| self.failed(e))?;
            }
        }
        for statement in [
            "DELETE FROM deliveries WHERE notice IN
                 (SELECT id FROM notices WHERE profile = ? AND state <> 'waiting' AND at_ms < ?)",
            "DELETE FROM notices WHERE profile = ? AND state <> 'waiting' AND at_ms < ?",
        ] {
            sqlx::query(statement)
                .bind(profile)
                .bind((now - KEPT).as_millisecond())
                .execute(&mut *transaction)
                .await
                .map_err(|e| self.failed(e))?;
        }
        transaction.commit().await.map_err(|e| self.failed(e))
    }

    /// How it stands with the channels of a profile, as they are given.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn channel_states(
        &self,
        profile: &str,
        channels: &mut [ChannelStatus],
        now: Timestamp,
    ) -> Result<()> {
        const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
        for status in channels {
            let row = sqlx::query(
                "SELECT max(d.delivered_ms), count(*) FILTER (WHERE d.again_ms IS NOT NULL), min(d.again_ms),
                        count(*) FILTER (WHERE d.again_ms IS NULL AND d.delivered_ms IS NULL AND n.at_ms > ?)
                 FROM deliveries d JOIN notices n ON n.id = d.notice WHERE n.profile = ? AND d.channel = ?",
            )
            .bind((now - WEEK).as_millisecond())
            .bind(profile)
            .bind(status.kind.to_string())
            .fetch_one(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
            let unsigned = |n: i64| n.unsigned_abs();
            status.delivered = row.get::<Option<i64>, _>(0).map(time);
            (status.waiting, status.lost) = (unsigned(row.get(1)), unsigned(row.get(3)));
            status.again = row.get::<Option<i64>, _>(2).map(time);
            let failure: Option<Option<String>> = sqlx::query_scalar(
                "SELECT d.failure FROM deliveries d JOIN notices n ON n.id = d.notice
                 WHERE n.profile = ? AND d.channel = ? ORDER BY d.tried_ms DESC, d.notice DESC LIMIT 1",
            )
            .bind(profile)
            .bind(status.kind.to_string())
            .fetch_optional(&self.pool)
            .await
            .map_err(|e| self.failed(e))?;
            status.failure = failure.flatten().and_then(|text| serde_json::from_str(&text).ok());
        }
        Ok(())
    }
}

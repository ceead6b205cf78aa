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

/// Longer than any pause before the next attempt.
const PAUSE_MAX: SignedDuration = SignedDuration::from_hours(2 * 24);

/// A clock may go back by so much and was not wrong.
const AHEAD: SignedDuration = SignedDuration::from_hours(1);

/// What waits for so long is given up: its channel is known to no program any more, or its receiver is gone.
const GIVEN_UP: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What a run means for people: what it tells, and which trouble begins or ends with it.
#[derive(Debug, Clone)]
pub(crate) struct Telling {
    /// What has failed, or fails no more: an operation, or an operation and an archive.
    pub(crate) what: String,
    /// `None` for a success of which nobody is told.
    pub(crate) notice: Option<Notice>,
    /// What is told in the place of that where a trouble ends.
    pub(crate) end: Notice,
    /// The channels of the profile.
    pub(crate) channels: Vec<ChannelKind>,
    /// Whether a channel is for a notice.
    pub(crate) wants: fn(ChannelKind, &Notice) -> bool,
    /// Why, where the code of the failure says too little: another cause is told at once.
    pub(crate) cause: Option<String>,
    /// Whether it is a state that is found again and again, and not something that happens again.
    pub(crate) lasts: bool,
}

/// A trouble that has not ended.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    /// What is wrong.
    pub(crate) what: String,
    /// Since when.
    pub(crate) since: Timestamp,
    /// What has told it last; `None` when that can't be read, or is gone.
    pub(crate) notice: Option<Notice>,
}

/// A delivery that is due, taken by this program.
#[derive(Debug, Clone)]
pub(crate) struct Due {
    /// The number of the notice.
    pub(crate) id: i64,
    /// `None` when it can't be read: a later version may have written it.
    pub(crate) notice: Option<Notice>,
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
    let is_trouble =
        told.notice.as_ref().and_then(|notice| notice.event.known()).is_some_and(NoticeEvent::is_trouble);
    if is_trouble {
        return trouble(conn, profile, told, now).await;
    }
    // Of a run that was killed it may not be known which archive it was about: it ends with the next of its kind.
    let kind = told.what.split(' ').next().unwrap_or_default();
    let since: Vec<i64> =
        sqlx::query_scalar("DELETE FROM troubles WHERE profile = ? AND what IN (?, ?) RETURNING since_ms")
            .bind(profile)
            .bind(&told.what)
            .bind(kind)
            .fetch_all(&mut *conn)
            .await?;
    let since = since.into_iter().min();
    let notice = told.notice.clone().or_else(|| since.map(|_| told.end.clone()));
    if let Some(notice) = notice {
        let notice = Notice { ends_trouble_since: since.map(time), ..notice };
        enter(conn, profile, &notice, &told).await?;
    }
    Ok(())
}

/// The first time at once, another cause at once, the same one after a day.
async fn trouble(
    conn: &mut SqliteConnection,
    profile: &str,
    told: Telling,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let (what, Some(notice)) = (told.what.clone(), told.notice.clone()) else { return Ok(()) };
    let what = what.as_str();
    let cause = match (&told.cause, &notice.failure) {
        (Some(cause), _) => cause.clone(),
        (None, Some(failure)) => failure.code.as_str().to_owned(),
        (None, None) => notice.event.as_str().to_owned(),
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
        // One that nobody got was not told. What lasts is found again too soon for that to count.
        let is_told = (told.lasts || matches!(state.as_deref(), Some("waiting" | "told")))
            && told_at.is_some_and(|at| now.duration_since(time(at)).abs() < REMINDER);
        if row.get::<&str, _>(0) == cause && is_told {
            if told.lasts {
                return Ok(());
            }
            sqlx::query("UPDATE troubles SET again = again + 1 WHERE profile = ? AND what = ?")
                .bind(profile)
                .bind(what)
                .execute(&mut *conn)
                .await?;
            // A dead man's switch knows each run by its start, and waits for the end of each.
            let to_ping = Telling {
                channels: told.channels.iter().copied().filter(|kind| *kind == ChannelKind::Ping).collect(),
                ..told
            };
            if !to_ping.channels.is_empty() {
                enter(conn, profile, &notice, &to_ping).await?;
            }
            return Ok(());
        }
        (since, again) = (row.get(1), row.get(2));
    }
    let notice = Notice { again: again.unsigned_abs(), ..notice };
    let id = enter(conn, profile, &notice, &told).await?;
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

async fn enter(
    conn: &mut SqliteConnection,
    profile: &str,
    notice: &Notice,
    told: &Telling,
) -> Result<i64, sqlx::Error> {
    let text = serde_json::to_string(notice).map_err(|e| sqlx::Error::Encode(e.into()))?;
    let wanting: Vec<ChannelKind> =
        told.channels.iter().copied().filter(|channel| (told.wants)(*channel, notice)).collect();
    let state = if wanting.is_empty() { "untold" } else { "waiting" };
    let id = sqlx::query("INSERT INTO notices (profile, at_ms, notice, state) VALUES (?, ?, ?, ?)")
        .bind(profile)
        .bind(notice.at.as_millisecond())
        .bind(text)
        .bind(state)
        .execute(&mut *conn)
        .await?
        .last_insert_rowid();
    for channel in wanting {
        due(conn, profile, id, channel).await?;
    }
    Ok(id)
}

/// Makes a delivery due, at whatever time.
async fn due(
    conn: &mut SqliteConnection,
    profile: &str,
    notice: i64,
    channel: ChannelKind,
) -> Result<(), sqlx::Error> {
    if channel == ChannelKind::Ping {
        // What was before is no news: an old success must not come after a new failure.
        sqlx::query(
            "UPDATE deliveries SET again_ms = NULL WHERE channel = ? AND again_ms IS NOT NULL
                 AND notice IN (SELECT id FROM notices WHERE profile = ? AND id < ?)",
        )
        .bind(channel.to_string())
        .bind(profile)
        .bind(notice)
        .execute(&mut *conn)
        .await?;
    }
    sqlx::query("INSERT INTO deliveries (notice, channel, attempts, again_ms) VALUES (?, ?, 0, 0)")
        .bind(notice)
        .bind(channel.to_string())
        .execute(conn)
        .await?;
    Ok(())
}

impl Catalog {
    /// Whether something waits to be told.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn has_notices(&self, profile: &str, now: Timestamp) -> Result<bool> {
        sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM notices
                 WHERE profile = ? AND (state = 'waiting' OR state = 'untold' AND at_ms > ?))",
        )
        .bind(profile)
        .bind((now - REMINDER).as_millisecond())
        .fetch_one(&self.pool)
        .await
        .map_err(|e| self.failed(e))
    }

    /// Takes over the troubles of the last day that a program without channels has entered: it may have found that a run
    /// of another one was killed.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn adopt_untold(
        &self,
        profile: &str,
        channels: &[ChannelKind],
        wants: fn(ChannelKind, &Notice) -> bool,
        now: Timestamp,
    ) -> Result<()> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(|e| self.failed(e))?;
        let rows = sqlx::query(
            "SELECT id, notice FROM notices WHERE profile = ? AND state = 'untold' AND at_ms > ? ORDER BY id",
        )
        .bind(profile)
        .bind((now - REMINDER).as_millisecond())
        .fetch_all(&mut *transaction)
        .await
        .map_err(|e| self.failed(e))?;
        for row in rows {
            let id: i64 = row.get(0);
            let Ok(notice) = serde_json::from_str::<Notice>(row.get(1)) else { continue };
            let wanting: Vec<ChannelKind> =
                channels.iter().copied().filter(|channel| wants(*channel, &notice)).collect();
            if wanting.is_empty() || !notice.event.known().is_some_and(NoticeEvent::is_trouble) {
                continue;
            }
            sqlx::query("UPDATE notices SET state = 'waiting' WHERE id = ?")
                .bind(id)
                .execute(&mut *transaction)
                .await
                .map_err(|e| self.failed(e))?;
            for channel in wanting {
                due(&mut transaction, profile, id, channel).await.map_err(|e| self.failed(e))?;
            }
        }
        transaction.commit().await.map_err(|e| self.failed(e))
    }

    /// Enters what is told of something that was no run.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn tell_alone(&self, profile: &str, told: Telling, now: Timestamp) -> Result<()> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(|e| self.failed(e))?;
        note(&mut transaction, profile, told, now).await.map_err(|e| self.failed(e))?;
        transaction.commit().await.map_err(|e| self.failed(e))
    }

    /// What is wrong still, what began first before the others.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn troubles(&self, profile: &str) -> Result<Vec<Trouble>> {
        let rows = sqlx::query(
            "SELECT t.since_ms, n.notice, t.what FROM troubles t LEFT JOIN notices n ON n.id = t.notice
             WHERE t.profile = ? ORDER BY t.since_ms, t.what",
        )
        .bind(profile)
        .fetch_all(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        let read = |row: &sqlx::sqlite::SqliteRow| Trouble {
            what: row.get(2),
            since: time(row.get(0)),
            notice: row.get::<Option<&str>, _>(1).and_then(|text| serde_json::from_str(text).ok()),
        };
        Ok(rows.iter().map(read).collect())
    }

    /// When an event was told last, or is to be.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn last_told(
        &self,
        profile: &str,
        event: NoticeEvent,
        now: Timestamp,
    ) -> Result<Option<Timestamp>> {
        // What a clock that was ahead has left in what is the future now doesn't count.
        let at: Option<i64> = sqlx::query_scalar(
            "SELECT max(at_ms) FROM notices WHERE profile = ? AND notice ->> '$.event' = ? AND at_ms <= ?",
        )
        .bind(profile)
        .bind(event.as_str())
        .bind((now + AHEAD).as_millisecond())
        .fetch_one(&self.pool)
        .await
        .map_err(|e| self.failed(e))?;
        Ok(at.map(time))
    }

    /// Takes the oldest notice whose delivery to this channel is due.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn claim_delivery(
        &self,
        profile: &str,
        channel: ChannelKind,
        now: Timestamp,
    ) -> Result<Option<Due>> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(|e| self.failed(e))?;
        let row = sqlx::query(
            "UPDATE deliveries SET attempts = attempts + 1, again_ms = ?1, tried_ms = ?2
             WHERE channel = ?3 AND notice =
                 (SELECT n.id FROM notices n JOIN deliveries d ON d.notice = n.id AND d.channel = ?3
                  WHERE n.profile = ?4 AND n.state = 'waiting' AND (d.again_ms <= ?2 OR d.again_ms > ?5)
                  ORDER BY n.id LIMIT 1)
             RETURNING notice, attempts, (SELECT notice FROM notices n WHERE n.id = deliveries.notice)",
        )
        .bind((now + LEASE).as_millisecond())
        .bind(now.as_millisecond())
        .bind(channel.to_string())
        .bind(profile)
        // Later than any pause: a clock that was ahead has said so.
        .bind((now + PAUSE_MAX).as_millisecond())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(|e| self.failed(e))?;
        transaction.commit().await.map_err(|e| self.failed(e))?;
        let Some(row) = row else { return Ok(None) };
        let (id, attempts): (i64, i64) = (row.get(0), row.get(1));
        let notice = serde_json::from_str(row.get(2)).ok();
        Ok(Some(Due { id, notice, attempt: u32::try_from(attempts).unwrap_or(u32::MAX) }))
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

    /// Settles the notices that no channel has to get any more, gives up what has waited for too long, and forgets what was
    /// settled long ago.
    ///
    /// # Errors
    /// `catalog_failed`.
    pub(crate) async fn settle_notices(&self, profile: &str, now: Timestamp) -> Result<()> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(|e| self.failed(e))?;
        for statement in [
            "UPDATE deliveries SET again_ms = NULL WHERE again_ms IS NOT NULL AND notice IN
                 (SELECT id FROM notices WHERE profile = ?1 AND state = 'waiting'
                  AND (at_ms < ?2 OR id NOT IN (SELECT id FROM notices WHERE profile = ?1 AND state = 'waiting'
                                                ORDER BY id DESC LIMIT ?4)))",
            "UPDATE notices SET state = CASE
                 WHEN EXISTS (SELECT 1 FROM deliveries d WHERE d.notice = id AND d.delivered_ms IS NOT NULL) THEN 'told'
                 ELSE 'lost' END
             WHERE profile = ?1 AND state = 'waiting'
                 AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.notice = id AND d.again_ms IS NOT NULL)",
            "DELETE FROM deliveries WHERE notice IN
                 (SELECT id FROM notices WHERE profile = ?1 AND state <> 'waiting' AND at_ms < ?3)",
            "DELETE FROM notices WHERE profile = ?1 AND state <> 'waiting' AND at_ms < ?3",
        ] {
            sqlx::query(statement)
                .bind(profile)
                .bind((now - GIVEN_UP).as_millisecond())
                .bind((now - KEPT).as_millisecond())
                .bind(WAITING_MAX)
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
                "SELECT max(d.delivered_ms), count(*) FILTER (WHERE d.again_ms IS NOT NULL),
                        min(d.again_ms) FILTER (WHERE d.attempts > 0),
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
                 WHERE n.profile = ? AND d.channel = ? AND d.tried_ms IS NOT NULL
                 ORDER BY d.tried_ms DESC, d.notice DESC LIMIT 1",
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

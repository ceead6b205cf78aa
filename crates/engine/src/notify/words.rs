//! What is sent: the JSON of a webhook, and the words that people read.

use aitta_model::{Command, Notice, NoticeEvent, Operation, Word};
use aitta_notify::{Message, Severity};
use jiff::Timestamp;
use serde::Serialize;

/// What a webhook gets. The first fields stand in this order; programs rely on them.
pub(super) fn body(notice: &Notice) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Event<'n> {
        r#type: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        event: Option<&'n str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<&'n str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        backup_id: Option<&'n str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        tables: Option<&'n [String]>,
        #[serde(skip_serializing_if = "Option::is_none")]
        record_count: Option<u64>,
        timestamp: Timestamp,
        profile: &'n str,
        #[serde(skip_serializing_if = "Option::is_none")]
        operation: Option<&'n str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        run: Option<i64>,
        #[serde(skip_serializing_if = "is_zero")]
        more_tables: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        size_bytes: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        duration_ms: Option<u64>,
        /// Of an event: what is wrong beside it.
        #[serde(rename = "error", skip_serializing_if = "Option::is_none")]
        error_beside: Option<&'n str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        hint: Option<&'n str>,
        #[serde(skip_serializing_if = "is_zero")]
        again: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        ended: Option<&'n str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        failing_since: Option<Timestamp>,
    }
    fn is_zero(n: &u64) -> bool {
        *n == 0
    }
    let is_failure = notice.event.is(NoticeEvent::BackupFailed);
    // Of a check it is not known what is in the archive.
    let known = [NoticeEvent::BackupCreated, NoticeEvent::RestoreCompleted];
    let has_tables = known.into_iter().any(|event| notice.event.is(event));
    let failure = notice.failure.as_ref();
    let event = Event {
        r#type: if is_failure { "backup_failure" } else { "backup_event" },
        event: (!is_failure).then(|| notice.event.as_str()),
        error: failure.filter(|_| is_failure).map(|failure| failure.message.as_str()),
        backup_id: notice.archive.as_deref(),
        tables: has_tables.then_some(notice.tables.as_slice()),
        record_count: notice.rows,
        timestamp: notice.at,
        profile: &notice.profile,
        operation: notice.operation.as_ref().map(|operation| operation.as_str()),
        run: notice.run,
        more_tables: notice.more_tables,
        size_bytes: notice.size_bytes,
        duration_ms: notice.duration_ms,
        error_beside: failure.filter(|_| !is_failure).map(|failure| failure.message.as_str()),
        code: failure.map(|failure| failure.code.as_str()),
        hint: failure.map(|failure| failure.hint.as_str()),
        again: notice.again,
        ended: notice.ended.as_ref().map(Word::as_str),
        failing_since: notice.ends_trouble_since,
    };
    serde_json::to_vec(&event).unwrap_or_else(|_| unreachable!("texts and numbers are JSON"))
}

/// How it is told that something has ended.
fn ended(event: NoticeEvent) -> &'static str {
    match event {
        NoticeEvent::BackupOverdue => "no backup is overdue any more",
        NoticeEvent::StoreUnknown => "the store can be looked at again",
        NoticeEvent::TableLoss => "no lost rows wait for an answer any more",
        NoticeEvent::StorageAlarm => "the store has room again",
        NoticeEvent::SizeAnomaly => "backups are of a usual size again",
        NoticeEvent::KeyDue => "the key is not due for rotation any more",
        NoticeEvent::ScheduleForsaken => "something sees to the schedule again",
        NoticeEvent::TrailBroken => "the audit trail is whole",
        _ => "it works again",
    }
}

/// What people read.
pub(super) fn message(notice: &Notice) -> Message {
    let event = notice.event.known();
    let profile = &notice.profile;
    let operation = notice.operation.as_ref().and_then(|operation| operation.known());
    let ends = notice.ends_trouble_since;
    let title = match event {
        Some(NoticeEvent::BackupCreated) if ends.is_some() => format!("{profile}: backups work again"),
        Some(NoticeEvent::BackupCreated) => format!("{profile}: backup made"),
        Some(NoticeEvent::BackupFailed) => format!("{profile}: backup failed"),
        Some(NoticeEvent::BackupVerified) => format!("{profile}: backup verified"),
        Some(NoticeEvent::BackupDamaged) => format!("{profile}: a backup is damaged"),
        Some(NoticeEvent::RestoreCompleted) => format!("{profile}: data was restored"),
        Some(NoticeEvent::KeyRotated) => format!("{profile}: the key was changed"),
        Some(NoticeEvent::PruneHeldBack) => format!("{profile}: old backups are held back"),
        Some(NoticeEvent::BackupOverdue) => format!("{profile}: a backup is overdue"),
        Some(NoticeEvent::StoreUnknown) => format!("{profile}: the store can't be looked at"),
        Some(NoticeEvent::TableLoss) => format!("{profile}: rows were lost"),
        Some(NoticeEvent::StorageAlarm) => format!("{profile}: the store is filling up"),
        Some(NoticeEvent::SizeAnomaly) => format!("{profile}: a backup of an unusual size"),
        Some(NoticeEvent::KeyDue) => format!("{profile}: the key is due for rotation"),
        Some(NoticeEvent::ScheduleForsaken) => format!("{profile}: nobody sees to the schedule"),
        Some(NoticeEvent::TrailBroken) => format!("{profile}: the audit trail is broken"),
        Some(NoticeEvent::DailyDigest) => format!("{profile}: what is wrong still"),
        Some(NoticeEvent::RunFailed) => {
            format!("{profile}: {} failed", operation.map_or("a run", Operation::in_words))
        }
        Some(NoticeEvent::WorksAgain) if notice.ended.is_some() => {
            format!(
                "{profile}: {}",
                notice.ended.as_ref().and_then(Word::known).map_or("it works again", ended)
            )
        }
        Some(NoticeEvent::WorksAgain) => {
            format!("{profile}: {} works again", operation.map_or("it", Operation::in_words))
        }
        Some(NoticeEvent::Test) => format!("{profile}: this is a test"),
        None => format!("{profile}: {}", notice.event),
    };
    let mut lines = Vec::new();
    if let Some(failure) = &notice.failure {
        lines.extend(failure.message.lines().map(str::to_owned));
        lines.push(format!("What to do: {}", failure.hint));
    }
    match event {
        Some(NoticeEvent::PruneHeldBack) => lines
            .push(format!("Nothing of it was deleted. {} says what is in the way.", Command::BackupPruneDry)),
        Some(NoticeEvent::Test) => lines.push("Notices of Aitta arrive here.".to_owned()),
        _ => {}
    }
    let mut facts = vec![("Time".to_owned(), notice.at.strftime("%Y-%m-%d %H:%M UTC").to_string())];
    let mut fact =
        |name: &str, value: Option<String>| facts.extend(value.map(|value| (name.to_owned(), value)));
    fact("Backup", notice.archive.clone());
    fact("Rows", notice.rows.map(|n| n.to_string()));
    fact("Code", notice.failure.as_ref().map(|failure| failure.code.as_str().to_owned()));
    fact("Run", notice.run.map(|run| run.to_string()));
    fact("Failing since", ends.map(|since| since.strftime("%Y-%m-%d %H:%M UTC").to_string()));
    fact("The same happened", (notice.again > 0).then(|| format!("{} times more", notice.again)));
    let severity = match event {
        Some(event) if event.is_trouble() => Severity::Critical,
        _ if notice.failure.is_some() => Severity::Warning,
        _ if ends.is_some() => Severity::Good,
        _ => Severity::Notice,
    };
    Message { title, lines, facts, severity }
}

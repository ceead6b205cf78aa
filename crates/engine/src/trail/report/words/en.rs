//! English.

use aitta_model::{ErrorCode, Operation, ReasonCode, RunOutcome};

use super::{Words, number, plural};

pub(super) static EN: Words = Words {
    code: "en",
    title: |year, quarter| format!("Audit report {year} Q{quarter}"),
    heading: |year, quarter| format!("Audit report, quarter {quarter} of {year}"),
    span: |first, last, open| format!("{first} to {last}{}", if open { ", so far" } else { "" }),
    made: |when, who, host| format!("Created on {when} by {who} on {host}. All times are UTC."),
    footer: |version, profile| {
        format!(
            "Aitta {version}. Every profile of this catalog is reported; the duties are those of the profile {profile}. \
             Single entries: <code>aitta audit export</code>. To check the trail: \
             <code>aitta audit verify</code>."
        )
    },
    day: |at| at.strftime("%Y-%m-%d").to_string(),
    time: |at| at.strftime("%Y-%m-%d %H:%M").to_string(),
    none: "None.",
    empty: "The audit trail is empty",
    intact: |entry| format!("The audit trail is intact up to entry {}", number(entry)),
    broken: |entry| format!("The audit trail is broken at entry {}", number(entry)),
    fault: |entry, what| format!("Entry {}: {what}.", number(entry)),
    fault_too: |entry, what| format!("And entry {}: {what}.", number(entry)),
    more_faults: |n| format!("And {} more.", number(n)),
    signed: |entry, key| format!("signed up to entry {} with key <code>{key}</code>", number(entry)),
    unsigned: "no signature could be checked",
    extent: |entries, signed, anchors, proven| {
        format!(
            "{}; {signed}. Compared with the anchors of {}, {} of them read from the backups themselves.",
            plural(entries, "entry", "entries"),
            plural(anchors, "backup", "backups"),
            number(proven)
        )
    },
    other_trail: |archives, chain, entry, noted| {
        let noted = if noted { ", as a rebuild of the catalog has noted" } else { "" };
        format!(
            "{} of another trail, <code>{chain}</code>, known up to its entry {}{noted}.",
            plural(archives, "backup", "backups"),
            number(entry)
        )
    },
    remark: |remark| format!("Note: {remark}."),
    duties: |overdue| match overdue {
        0 => "Duties: nothing is overdue".to_owned(),
        n => format!("Duties: {n} overdue"),
    },
    duties_head: ["Duty", "Evidence", "State"],
    overdue: "overdue",
    in_order: "in order",
    proven_every: |days| format!("Restore of everything, proven, every {days} days"),
    never: "never done",
    last_on: |day, ago| format!("last on {day}, {ago}"),
    drill: "Recovery drill, every quarter",
    drill_done: |day| format!("done on {day}"),
    no_drill: "no restore of everything in the quarter has the reason \u{201c}drill\u{201d}",
    factor: "Second factor set up",
    no_factor: "not set up",
    factor_since: |day| format!("since {day}"),
    key_every: |days| format!("Vault key rotated every {days} days"),
    no_key: "no key is available, so its age is unknown",
    key_since: |key, day, days| format!("key {key} in use since {day}, {}", so_long(days)),
    key_not_yet: |key| format!("key {key} was not in use yet"),
    ago: |days| format!("{} ago", so_long(days)),
    contacts: "Whom to call",
    contacts_head: ["Name", "Role", "Phone", "Mail"],
    counts: "Operations by kind and user",
    counts_head: ["Operation", "User", ">Succeeded", ">Failed", ">Stopped", ">No end"],
    restores: "Restores",
    restores_head: ["Started", "User", "Target and tables", "Reason and backup", "Outcome"],
    deletions: "Deletions",
    deletions_head: ["Started", "User", "What", "Reason", "Outcome"],
    keys: "Keys and rotations",
    keys_head: ["Started", "User", "What", "Reason", "Outcome"],
    failures: "Failures",
    failures_head: ["Started", "Operation", "Profile", "User", "Code"],
    refused: "Refused second factors",
    refused_head: ["When", "User", "What", "Profile"],
    all_tables: "all tables",
    own_database: "its own database",
    set_aside: "what restores have set aside",
    no_end_in_trail: "no end in the trail",
    no_end: "no end",
    entry: |entry| format!("entry {}", number(entry)),
    rows: |rows| plural(rows, "row", "rows"),
    no_reason: "none given",
    reason: |code| match code {
        ReasonCode::Routine => "Routine",
        ReasonCode::Release => "Release",
        ReasonCode::Incident => "Incident",
        ReasonCode::Drill => "Drill",
        ReasonCode::RequestOfDataSubject => "Data subject request",
        ReasonCode::Other => "Other",
    },
    outcome: |outcome| match outcome {
        RunOutcome::Running => "running",
        RunOutcome::Succeeded => "succeeded",
        RunOutcome::Failed => "failed",
        RunOutcome::Cancelled => "stopped",
    },
    operation: |operation| match operation {
        Operation::Backup => "Backup",
        Operation::Verify => "Verification",
        Operation::Restore => "Restore",
        Operation::Delete => "Deletion",
        Operation::Rebuild => "Catalog rebuild",
        Operation::Cleanup => "Clean-up",
        Operation::Rotate => "Key rotation",
        Operation::KeyCreate => "Key created",
        Operation::KeyConfirm => "Key activated",
        Operation::KeyImport => "Key imported",
        Operation::KeyExportKit => "Recovery kit exported",
        Operation::KeyDestroy => "Key destroyed",
        Operation::MfaEnroll => "Second factor set up",
        Operation::MfaChange => "Second factor changed",
        Operation::MfaRefused => "Second factor refused",
        Operation::Copy => "Copy",
        Operation::Disown => "Backup dismissed",
        Operation::AcceptLoss => "Loss accepted",
        Operation::Prune => "Retention",
        Operation::PutBack => "Backup put back",
        Operation::Pause => "Schedule paused",
        Operation::Tick => "Checklist item ticked",
        Operation::Resume => "Schedule resumed",
        Operation::Hold => "Backup pinned",
        Operation::Release => "Pin removed",
        Operation::Recover => "Recovery",
    },
    refusal: |code| match code {
        ErrorCode::MfaWrong => Some("wrong code"),
        ErrorCode::MfaLocked => Some("locked after wrong codes"),
        ErrorCode::MfaRequired => Some("no code"),
        ErrorCode::MfaUnavailable => Some("second factor unavailable"),
        _ => None,
    },
};

fn so_long(days: i64) -> String {
    match days {
        0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        n => format!("{n} days"),
    }
}

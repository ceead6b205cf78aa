//! English.

use aitta_model::{Guarded, ReasonCode};

use super::Guard;

pub(in crate::texts) const EN: Guard = Guard {
    reason: "Why?",
    reason_kind: "Kind of reason",
    reason_hint: "It is recorded in the audit trail. “Other” needs words.",
    reason_example: "in a few words",
    code_name: |code| match code {
        ReasonCode::Routine => "Routine",
        ReasonCode::Release => "Release",
        ReasonCode::Incident => "Incident",
        ReasonCode::Drill => "Drill",
        ReasonCode::RequestOfDataSubject => "Request of a data subject",
        ReasonCode::Other => "Other",
    },
    code: "Code of your second factor",
    code_hint: "Six digits from your authenticator. Without it, a recovery code.",
    code_missing: "Type the code of your second factor.",
    locked_until: |x| format!("Too many wrong codes: none is accepted before {x}."),
    not_set_up: "This profile asks for a second factor here, and none is set up.",
    set_up: "Set it up first",
    guarded: |what| match what {
        Guarded::Restore => "Restore into a database that exists",
        Guarded::Delete => "Deleting backups",
        Guarded::Keys => "Printing, replacing and destroying a key",
        Guarded::Mfa => "Changing the second factor",
    },
};

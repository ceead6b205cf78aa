//! English.

use aitta_model::{Guarded, ReasonCode};

use super::Guard;

pub(in crate::texts) const EN: Guard = Guard {
    reason: "Reason",
    reason_kind: "Type of reason",
    reason_hint: "Recorded in the audit trail. “Other” needs a note.",
    reason_example: "Add a note",
    code_name: |code| match code {
        ReasonCode::Routine => "Routine",
        ReasonCode::Release => "Release",
        ReasonCode::Incident => "Incident",
        ReasonCode::Drill => "Drill",
        ReasonCode::RequestOfDataSubject => "Data subject request",
        ReasonCode::Other => "Other",
    },
    code: "Second-factor code",
    code_hint: "The 6-digit code from your authenticator app, or a recovery code.",
    code_missing: "Enter the second-factor code.",
    locked_until: |x| format!("Too many wrong codes. Try again after {x}."),
    not_set_up: "This profile requires a second factor for this, and none is set up.",
    set_up: "Set up the second factor",
    guarded: |what| match what {
        Guarded::Restore => "Restoring into an existing database",
        Guarded::Delete => "Deleting backups",
        Guarded::Keys => "Exporting, rotating and destroying keys",
        Guarded::Mfa => "Changing the second factor",
    },
};

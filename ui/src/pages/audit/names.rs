//! What operations are called in the trail.

use crate::texts::Texts;

/// An operation as the trail names it.
pub(super) fn operation(t: &'static Texts, name: &str) -> String {
    match (t.audit.operation_name)(name) {
        Some(words) => words.to_owned(),
        None if matches!(name, "backup" | "verify" | "restore" | "delete" | "rebuild" | "cleanup") => {
            (t.common.operation)(name).to_owned()
        }
        None => name.replace('_', " "),
    }
}

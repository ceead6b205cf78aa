//! What operations are called in the trail.

use aitta_model::{Operation, Word};

use crate::texts::Texts;

/// An operation as the trail names it.
pub(super) fn operation(t: &'static Texts, name: &Word<Operation>) -> String {
    let Some(known) = name.known() else { return name.as_str().replace('_', " ") };
    (t.audit.operation_name)(known).unwrap_or((t.common.operation)(Some(known))).to_owned()
}

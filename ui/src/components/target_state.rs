//! What a restore that did not succeed has left its target like.

use aitta_model::ErrorCode;
use leptos::prelude::*;

use super::icon::Icon;
use crate::preferences::texts;

/// Whether the engine itself may not know how it ended, or what it has known can't be read: then the message says where to
/// look.
fn is_uncertain(code: ErrorCode) -> bool {
    use ErrorCode as E;
    matches!(
        code,
        E::SourceLost | E::ProofFailed | E::Interrupted | E::System | E::CatalogFailed | E::AuditFailed
    )
}

#[component]
pub(crate) fn TargetState(code: ErrorCode) -> impl IntoView {
    let t = texts();
    let (icon, class, words) = if is_uncertain(code) {
        ("warning", "note warn", t.restore.state_uncertain)
    } else {
        ("check", "note ok", t.restore.state_untouched)
    };
    view! { <p class=class id="restore-target-state"><Icon name=icon/><span>{words}</span></p> }
}

//! What operations of the trail and their outcomes are called.

use aitta_model::{Operation, RunOutcome, Word};
use leptos::prelude::*;

use super::badge::{Badge, OutcomeBadge, Tone};
use crate::texts::Texts;

/// How it ended. A refused code has the error in place of an outcome: nothing was done, so that it is no failure.
pub(crate) fn outcome(t: &'static Texts, outcome: &Word<RunOutcome>) -> AnyView {
    if outcome.known().is_some() {
        return view! { <OutcomeBadge outcome=outcome.clone()/> }.into_any();
    }
    let code = outcome.as_str();
    let words = (t.audit.refusal)(code).map_or_else(|| code.replace('_', " "), str::to_owned);
    view! { <Badge tone=Tone::Warn words/> }.into_any()
}

/// An operation as the trail names it.
pub(crate) fn operation(t: &'static Texts, name: &Word<Operation>) -> String {
    let Some(known) = name.known() else { return name.as_str().replace('_', " ") };
    (t.audit.operation_name)(known).unwrap_or((t.common.operation)(Some(known))).to_owned()
}

//! What the trail's operations, outcomes, people and tables are called.

use aitta_model::{Actor, Operation, RunOutcome, Word};
use leptos::prelude::*;

use super::badge::{Badge, OutcomeBadge, Tone};
use crate::plain::named;
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

/// The user of the machine, with the name that the configuration gives to the admin: anybody can write that.
pub(crate) fn person(actor: &Actor) -> String {
    named(&match &actor.admin {
        Some(admin) => format!("{} ({admin})", actor.user),
        None => actor.user.clone(),
    })
}

/// Tables that one line names.
const NAMES: usize = 4;

/// Tables that were chosen, in one line; none are all.
pub(crate) fn tables(t: &Texts, tables: &[String]) -> String {
    if tables.is_empty() {
        return t.audit.all_tables.to_owned();
    }
    let first: Vec<String> = tables.iter().take(NAMES).map(|name| named(name)).collect();
    let more = tables.len().saturating_sub(NAMES);
    let more = (more > 0).then(|| format!(", {}", (t.common.more)(more)));
    first.join(", ") + &more.unwrap_or_default()
}

/// An operation as the trail names it.
pub(crate) fn operation(t: &'static Texts, name: &Word<Operation>) -> String {
    let Some(known) = name.known() else { return name.as_str().replace('_', " ") };
    (t.audit.operation_name)(known).unwrap_or((t.common.operation)(Some(known))).to_owned()
}

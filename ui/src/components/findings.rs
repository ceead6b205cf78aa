//! What a restore has found, in the words of the page.

use aitta_model::{Fact, Finding, Timestamp, plain};
use leptos::prelude::*;

use super::failure::{Statement, Verbatim};
use crate::format;
use crate::preferences::texts;
use crate::remedy;
use crate::texts::Texts;

/// What is told of a finding.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    /// In the language of the page.
    fact: String,
    hint: String,
    /// What the engine says, where a server or its names have more to tell.
    engine: Option<String>,
}

/// With the hint as its page names what stands in it.
fn told(t: &Texts, finding: &Finding, hint: &str) -> Told {
    let when = |at: Timestamp| format::time(t, at, format::now(), format::offset(at));
    let engine = format::sentence(plain(&finding.message));
    match finding.fact.as_ref().and_then(|fact| (t.findings.fact)(fact, &when)) {
        Some((fact, hint)) => {
            let engine = finding.fact.as_ref().is_some_and(says_more).then_some(engine);
            Told { fact: plain(&fact), hint: hint.to_owned(), engine }
        }
        None if t.findings.verbatim.is_empty() => {
            let hint = remedy::words(t, hint);
            Told { fact: engine, hint: if hint.is_empty() { hint } else { format::sentence(hint) }, engine: None }
        }
        None => Told { fact: String::new(), hint: String::new(), engine: Some(engine) },
    }
}

/// Whether the message has the words of a server.
fn says_more(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Refused { .. }
            | Fact::NoStatistics
            | Fact::KeysUnchecked { .. }
            | Fact::TargetUnreadable
            | Fact::CopyUsed { .. }
            | Fact::StoreSilent { .. }
            | Fact::NotRecorded
            | Fact::ProofLeft
    )
}

/// One finding; `word` says beforehand how much it matters, to those who don't see its colour.
#[component]
pub(crate) fn FindingWords(
    finding: Finding,
    /// Its hint, as the page has it.
    hint: String,
    #[prop(optional)] word: &'static str,
) -> impl IntoView {
    let Told { fact, hint, engine } = told(texts(), &finding, &hint);
    let word =
        (!word.is_empty()).then(|| view! { <span class="visually-hidden">{word}": "</span> }.into_any());
    view! {
        <p>{word}<span class="fact">{fact}</span></p>
        {(!hint.is_empty()).then(|| view! { <p>{hint}</p> }.into_any())}
        {engine.map(|text| view! { <Verbatim text/> })}
        <Statement hint=finding.hint/>
    }
}

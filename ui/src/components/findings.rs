//! What a restore has found, in the words of the page.

use aitta_model::{Fact, Finding, Timestamp, plain};
use leptos::prelude::*;

use super::failure::{Statement, Verbatim};
use crate::format;
use crate::plain::is_for_a_terminal;
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
    let message = format::sentence(plain(&finding.message));
    let is_english = t.findings.verbatim.is_empty();
    if let Some((fact, hint)) = finding.fact.as_ref().and_then(|fact| (t.findings.fact)(fact, &when)) {
        let engine = finding.fact.as_ref().is_some_and(says_more).then_some(message);
        return Told { fact: plain(&fact), hint: hint.to_owned(), engine };
    }
    if is_english {
        let hint = Some(remedy::words(t, hint)).filter(|hint| !hint.is_empty());
        return Told { fact: message, hint: hint.map_or_else(String::new, format::sentence), engine: None };
    }
    // What only a terminal has is of no use here.
    let hint = Some(plain(&finding.hint)).filter(|hint| !hint.is_empty() && !is_for_a_terminal(hint));
    let engine = std::iter::once(message).chain(hint.map(format::sentence)).collect::<Vec<_>>().join(" ");
    Told { fact: String::new(), hint: String::new(), engine: Some(engine) }
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

#[cfg(test)]
mod tests {
    use aitta_model::{ErrorCode, Severity};

    use super::*;
    use crate::texts::{EN, FI};

    #[test]
    fn what_has_no_words_here_is_introduced_as_english_in_finnish() {
        let finding = Finding::new(Severity::Info, "something new was found", "look at `aitta doctor`");
        let english = told(&EN, &finding, &finding.hint);
        assert_eq!((english.fact.as_str(), english.engine), ("Something new was found.", None));
        let finnish = told(&FI, &finding, &finding.hint);
        assert_eq!(
            (finnish.fact.as_str(), finnish.engine.as_deref()),
            ("", Some("Something new was found."))
        );
    }

    #[test]
    fn a_refusal_keeps_the_names_that_only_the_engine_has() {
        let finding = Finding::new(Severity::Blocker, "\"kiilto\" may not", "")
            .of(Fact::Refused { code: ErrorCode::SourceDenied.into() });
        let finnish = told(&FI, &finding, "");
        assert_eq!(finnish.fact, (FI.failures.said)(ErrorCode::SourceDenied).0);
        assert!(finnish.engine.is_some_and(|engine| engine.contains("kiilto")));
    }
}

//! Verdicts in a word. The sign before it differs as well as the colour.

use aitta_model::{ArchiveState, RunOutcome, Word};
use leptos::prelude::*;

use super::icon::Icon;
use crate::format;
use crate::preferences::texts;

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Ok,
    Warn,
    Bad,
    Info,
    Neutral,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Ok => "pill ok",
            Self::Warn => "pill warn",
            Self::Bad => "pill bad",
            Self::Info => "pill info",
            Self::Neutral => "pill",
        }
    }

    pub(crate) fn icon(self) -> &'static str {
        match self {
            Self::Ok => "check",
            Self::Warn => "warning",
            Self::Bad => "cross",
            Self::Info => "info",
            Self::Neutral => "question",
        }
    }
}

#[component]
pub(crate) fn Badge(tone: Tone, #[prop(into)] words: String) -> impl IntoView {
    view! { <span class=tone.class()><Icon name=tone.icon()/>{words}</span> }
}

/// What is known about an archive.
#[component]
pub(crate) fn StateBadge(state: ArchiveState) -> impl IntoView {
    let t = texts();
    let now = format::now();
    let (tone, words, at) = match state {
        ArchiveState::Stored => (Tone::Info, t.common.stored.to_owned(), None),
        ArchiveState::Verified(at) => (Tone::Ok, t.common.verified.to_owned(), Some(at)),
        ArchiveState::Restored(at) => {
            let day = format::day(t, at, now, format::offset(at));
            (Tone::Ok, (t.common.restored_on)(&day), Some(at))
        }
        ArchiveState::Damaged(at) => (Tone::Bad, t.common.damaged.to_owned(), Some(at)),
        ArchiveState::Unknown => (Tone::Neutral, t.common.unknown.to_owned(), None),
    };
    let title = at.map(|at| format::exact(at, format::offset(at)));
    view! { <span title=title><Badge tone words/></span> }
}

/// How a run ended.
#[component]
pub(crate) fn OutcomeBadge(outcome: Word<RunOutcome>) -> impl IntoView {
    let tone = match outcome.known() {
        Some(RunOutcome::Succeeded) => Tone::Ok,
        Some(RunOutcome::Failed) => Tone::Bad,
        Some(RunOutcome::Running) => Tone::Info,
        Some(RunOutcome::Cancelled) => Tone::Warn,
        None => Tone::Neutral,
    };
    let words = (texts().common.outcome)(outcome.known());
    view! { <Badge tone words/> }
}

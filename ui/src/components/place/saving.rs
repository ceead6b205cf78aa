//! Saving a profile: what was refused, what is asked first, and what came of it.

use aitta_model::{Failure, LeftStore, OldStore, SaveHow, SaveReport, SavedProfile, StoreOthers};
use leptos::prelude::*;

use crate::components::failure::FailureBox;
use crate::components::icon::Icon;
use crate::preferences::texts;

/// Where a save stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Idle,
    Busy,
    Refused(Failure),
    /// Something has to be answered first.
    Asks(LeftStore),
}

/// One save, from the first click until it is written or given up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Attempt {
    how: SaveHow,
    stage: Stage,
}

impl Attempt {
    /// What was entered is another now, or nothing is to be saved any more.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// It is sent. Returns how.
    pub(crate) fn send(&mut self) -> SaveHow {
        self.stage = Stage::Busy;
        self.how
    }

    /// The answer of the engine. Returns what was saved.
    pub(crate) fn took(&mut self, answer: Result<SavedProfile, Failure>) -> Option<SavedProfile> {
        match answer {
            Ok(SavedProfile { report: SaveReport { saved: false, left: Some(left), .. }, .. }) => {
                self.stage = Stage::Asks(left);
                None
            }
            Ok(saved) => {
                self.forget();
                Some(saved)
            }
            Err(failure) => {
                self.stage = Stage::Refused(failure);
                None
            }
        }
    }

    /// Saves it all the same, without a test.
    pub(crate) fn pass(&mut self) {
        self.how.untested = true;
    }

    /// Says what becomes of the store that is left.
    pub(crate) fn answer(&mut self, old: OldStore) {
        self.how.old_store = Some(old);
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.stage == Stage::Busy
    }

    /// Whether it was refused for something that a save without a test passes over.
    fn may_pass(&self) -> bool {
        let Stage::Refused(failure) = &self.stage else { return false };
        !self.how.untested && SaveHow::passes(failure.code)
    }
}

/// What stands in the way of a save, with the ways on. `go` sends it again.
#[component]
pub(crate) fn SaveAnswer(
    attempt: RwSignal<Attempt>,
    go: Callback<()>,
    /// What it means that a save was refused, where that is no change of settings.
    #[prop(optional)]
    refused: Option<&'static str>,
) -> impl IntoView {
    let t = texts();
    let s = &t.settings;
    let refused = refused.unwrap_or(s.refused);
    let on = move |change: &dyn Fn(&mut Attempt)| {
        attempt.update(|attempt| change(attempt));
        go.run(());
    };
    let body = move || match attempt.with(|attempt| (attempt.stage.clone(), attempt.may_pass())) {
        (Stage::Idle | Stage::Busy, _) => ().into_any(),
        (Stage::Refused(failure), may_pass) => view! {
            <p class="small">{refused}</p>
            <FailureBox failure/>
            {may_pass.then(|| view! {
                <button
                    id="save-anyway"
                    type="button"
                    class="btn ghost"
                    on:click=move |_| on(&Attempt::pass)
                >
                    {s.save_anyway}
                </button>
            }.into_any())}
        }
        .into_any(),
        (Stage::Asks(left), _) => view! {
            <div class="note warn" role="alert">
                <Icon name="warning"/>
                <div>
                    <p class="fact">{(s.stays)(left.archives, &aitta_model::plain(&left.location))}</p>
                    <p>{s.stays_words}</p>
                    <div class="buttons">
                        <button
                            id="save-keep"
                            type="button"
                            class="btn"
                            on:click=move |_| on(&|attempt| attempt.answer(OldStore::Keep))
                        >
                            {s.stays_keep}
                        </button>
                        <button
                            id="save-leave"
                            type="button"
                            class="btn"
                            on:click=move |_| on(&|attempt| attempt.answer(OldStore::Leave))
                        >
                            {s.stays_leave}
                        </button>
                        <button
                            type="button"
                            class="btn ghost"
                            on:click=move |_| attempt.update(Attempt::forget)
                        >
                            {t.common.cancel}
                        </button>
                    </div>
                </div>
            </div>
        }
        .into_any(),
    };
    view! { <div id="save-answer" class="answer" aria-live="polite">{move || body()}</div> }
}

/// What was saved, and what was tried before.
#[component]
pub(crate) fn SavedWords(report: SaveReport) -> impl IntoView {
    let s = &texts().settings;
    let tested = [report.source.map(|_| s.tested_source), report.store.as_ref().map(|_| s.tested_store)];
    let tested: Vec<_> = tested.into_iter().flatten().collect();
    let others = report.store.map(|store| store.others).unwrap_or_default();
    view! {
        <p class="saved with-icon"><Icon name="check"/>{s.saved}</p>
        {(!tested.is_empty()).then(|| view! { <p class="small muted">{tested.join(" · ")}</p> }.into_any())}
        <Others others/>
    }
}

/// What lies in a store beside the archives of the profile.
#[component]
pub(crate) fn Others(others: StoreOthers) -> impl IntoView {
    let s = &texts().settings;
    let list = |names: &[String]| {
        let names: Vec<_> = names.iter().map(|name| aitta_model::plain(name).to_string()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    let databases = list(&others.databases).map(|names| (s.other_databases)(&names));
    let keys = list(&others.keys).map(|names| (s.other_keys)(&names));
    let notes = [databases, keys]
        .into_iter()
        .flatten()
        .map(|words| view! { <div class="note warn"><Icon name="warning"/><p>{words}</p></div> }.into_any());
    notes.collect_view()
}

#[cfg(test)]
mod tests {
    use aitta_model::{ErrorCode, Session};

    use super::*;

    fn failure(code: ErrorCode) -> Failure {
        Failure { code, message: "it refuses".to_owned(), hint: "try again".to_owned() }
    }

    fn answer(report: SaveReport) -> Result<SavedProfile, Failure> {
        let session = Session {
            version: "1".to_owned(),
            active: None,
            profiles: Vec::new(),
            failure: None,
            pulse: None,
        };
        Ok(SavedProfile { report, session })
    }

    #[test]
    fn a_refused_save_is_sent_again_untested_only_when_that_can_help() {
        let mut attempt = Attempt::default();
        assert_eq!(attempt.send(), SaveHow::default(), "the first one is tested");
        assert!(attempt.is_busy());
        assert_eq!(attempt.took(Err(failure(ErrorCode::ConfigInvalid))), None);
        assert!(!attempt.may_pass(), "settings that can't be meant are never saved");
        attempt.took(Err(failure(ErrorCode::StoreUnreachable)));
        assert!(attempt.may_pass() && !attempt.is_busy());
        attempt.pass();
        assert!(attempt.send().untested);
        attempt.took(Err(failure(ErrorCode::StoreUnreachable)));
        assert!(!attempt.may_pass(), "it was passed over once already");
        attempt.forget();
        assert_eq!(attempt.send(), SaveHow::default(), "what is entered next is tested again");
    }

    #[test]
    fn what_stays_behind_is_answered_before_anything_counts_as_saved() {
        let left = LeftStore { location: "/old".to_owned(), archives: Some(4) };
        let mut attempt = Attempt::default();
        attempt.send();
        let asks = SaveReport { saved: false, left: Some(left.clone()), ..SaveReport::default() };
        assert_eq!(attempt.took(answer(asks)), None);
        assert_eq!(attempt.stage, Stage::Asks(left));
        attempt.answer(OldStore::Leave);
        assert_eq!(attempt.send().old_store, Some(OldStore::Leave));
        let saved = SaveReport { saved: true, ..SaveReport::default() };
        assert_eq!(attempt.took(answer(saved.clone())).map(|saved| saved.report), Some(saved));
        assert_eq!(attempt, Attempt::default(), "the next save asks again");
    }
}

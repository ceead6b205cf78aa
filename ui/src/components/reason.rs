//! Why something is done: a code of a closed list, so that reports can count, and words.

use aitta_model::{Reason, ReasonCode};
use leptos::prelude::*;

use crate::preferences::texts;

/// What was chosen and typed so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReasonChoice {
    pub(crate) code: ReasonCode,
    pub(crate) words: String,
}

impl Default for ReasonChoice {
    /// Nothing is said yet: this code alone does not count, so that nobody is led to a reason that is not theirs.
    fn default() -> Self {
        Self { code: ReasonCode::Other, words: String::new() }
    }
}

impl ReasonChoice {
    /// Words of which the code is not known.
    pub(crate) fn in_words(words: String) -> Self {
        Self { words, ..Self::default() }
    }

    /// As requests want it, such as `incident: UPDATE without WHERE`; `None` as long as it says nothing.
    pub(crate) fn to_text(&self) -> Option<String> {
        let text = self.words.trim().to_owned();
        let said = self.code != ReasonCode::Other || !text.is_empty();
        said.then(|| Reason { code: self.code, text }.to_string())
    }
}

/// The code and the words. `id` is that of the words.
#[component]
pub(crate) fn ReasonField(
    #[prop(into)] id: String,
    #[prop(into)] choice: Signal<ReasonChoice>,
    set: Callback<ReasonChoice>,
    #[prop(optional_no_strip)] label: Option<&'static str>,
    #[prop(optional)] hint: Option<&'static str>,
    #[prop(optional_no_strip)] example: Option<&'static str>,
) -> impl IntoView {
    let g = &texts().guard;
    let select = format!("{id}-code");
    let described = format!("{id}-hint");
    let options = ReasonCode::ALL.map(|code| {
        let chosen = move || choice.with(|c| c.code == code);
        view! { <option value=code.as_str() prop:selected=chosen>{(g.code_name)(code)}</option> }.into_any()
    });
    let pick = move |event| {
        let value: String = event_target_value(&event);
        if let Some(code) = ReasonCode::ALL.into_iter().find(|code| code.as_str() == value) {
            set.run(ReasonChoice { code, ..choice.get_untracked() });
        }
    };
    let typed = move |event| {
        set.run(ReasonChoice { words: event_target_value(&event), ..choice.get_untracked() });
    };
    view! {
        <div class="field reason">
            <label for=id.clone()>{label.unwrap_or(g.reason)}</label>
            <div class="pick-and-words">
                <select id=select aria-label=g.reason_kind on:change=pick>{options.into_iter().collect_view()}</select>
                <input
                    id=id
                    aria-required="true"
                    aria-describedby=described.clone()
                    placeholder=example.unwrap_or(g.reason_example)
                    prop:value=move || choice.with(|c| c.words.clone())
                    on:input=typed
                />
            </div>
            <small id=described>{hint.unwrap_or(g.reason_hint)}</small>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_needed_only_where_the_code_says_nothing() {
        let choice = |code, words: &str| ReasonChoice { code, words: words.to_owned() }.to_text();
        assert_eq!(ReasonChoice::default().to_text(), None);
        assert_eq!(choice(ReasonCode::Other, "  "), None);
        assert_eq!(choice(ReasonCode::Other, " a word "), Some("other: a word".to_owned()));
        assert_eq!(choice(ReasonCode::Drill, ""), Some("drill".to_owned()));
        assert_eq!(choice(ReasonCode::Incident, "17: lost"), Some("incident: 17: lost".to_owned()));
    }
}

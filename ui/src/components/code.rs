//! The second factor, wherever it is asked for. The field is there only when the profile asks for it.

use aitta_model::{ErrorCode, Failure, Family, Guarded, MfaCode, MfaStatus};
use leptos::prelude::*;
use leptos_router::components::A;

use super::failure::FailureBox;
use super::icon::Icon;
use crate::api::api;
use crate::format;
use crate::preferences::texts;

/// Whether this could be a code: six digits of an authenticator, or a recovery code or token, which are longer.
pub(crate) fn is_plausible(text: &str) -> bool {
    let text: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let digits = text.chars().all(|c| c.is_ascii_digit());
    (digits && text.len() == 6) || text.len() >= 8
}

/// Whether an operation asks for the second factor, by what is known of it.
pub(crate) fn is_asked(status: &MfaStatus, what: Guarded) -> bool {
    status.enrolled.is_some() && (what == Guarded::Mfa || status.guarded.contains(&what))
}

/// Whether an operation is refused until somebody has set up a second factor.
fn is_missing(status: &MfaStatus, what: Guarded) -> bool {
    status.required && status.enrolled.is_none() && what != Guarded::Mfa && status.guarded.contains(&what)
}

/// Those errors that are about the code, told beside it.
pub(crate) fn is_about_code(code: ErrorCode) -> bool {
    code.family() == Family::SecondFactor
}

/// The second factor of one form.
#[derive(Clone, Copy)]
pub(crate) struct SecondFactor {
    what: Guarded,
    status: RwSignal<Option<MfaStatus>>,
    code: RwSignal<String>,
    failure: RwSignal<Option<Failure>>,
    /// The engine asked for it although the status did not say so.
    insisted: RwSignal<bool>,
}

impl SecondFactor {
    pub(crate) fn new(what: Guarded) -> Self {
        Self {
            what,
            status: RwSignal::new(None),
            code: RwSignal::new(String::new()),
            failure: RwSignal::new(None),
            insisted: RwSignal::new(false),
        }
    }

    /// Begins anew: asks whether it is asked for. Without an answer the engine still decides.
    pub(crate) fn ask(self) {
        self.code.set(String::new());
        leptos::task::spawn_local(async move {
            if let Ok(status) = api().mfa().await {
                self.status.try_set(Some(status));
            }
        });
    }

    pub(crate) fn is_asked(self) -> bool {
        self.insisted.get()
            || self.status.with(|status| status.as_ref().is_some_and(|status| is_asked(status, self.what)))
    }

    /// Whether one can go on: nothing is asked for, or something that may be a code is there.
    pub(crate) fn is_ready(self) -> bool {
        !self.is_asked() || self.code.with(|code| is_plausible(code))
    }

    /// The code, for one request. A code is good for one time, so that the field is empty afterwards.
    pub(crate) fn take(self) -> Option<MfaCode> {
        self.failure.try_set(None);
        let code = self.code.try_get_untracked().unwrap_or_default();
        self.code.try_set(String::new());
        let code = code.trim();
        (!code.is_empty()).then(|| MfaCode::new(code))
    }

    /// Keeps an error that is about the code; gives back every other.
    pub(crate) fn refuse(self, failure: Failure) -> Option<Failure> {
        if !is_about_code(failure.code) {
            return Some(failure);
        }
        if failure.code == ErrorCode::MfaRequired
            && self.status.with_untracked(|s| s.as_ref().is_none_or(|s| s.enrolled.is_some()))
        {
            self.insisted.try_set(true);
        }
        self.failure.try_set(Some(failure));
        None
    }
}

#[component]
pub(crate) fn CodeField(#[prop(into)] id: String, factor: SecondFactor) -> impl IntoView {
    let t = texts();
    let g = &t.guard;
    let asked = Memo::new(move |_| factor.is_asked());
    let missing =
        Memo::new(move |_| factor.status.with(|s| s.as_ref().is_some_and(|s| is_missing(s, factor.what))));
    let locked = Memo::new(move |_| {
        factor.status.with(|s| s.as_ref().and_then(|s| s.locked_until)).filter(|at| *at > format::now())
    });
    let described = format!("{id}-hint");
    let field = move || {
        let (id, described) = (id.clone(), described.clone());
        asked.get().then(|| {
            view! {
                <div class="field code">
                    <label for=id.clone()>{g.code}</label>
                    <input
                        id=id
                        class="mono"
                        type="text"
                        inputmode="numeric"
                        autocomplete="one-time-code"
                        autocapitalize="off"
                        spellcheck="false"
                        maxlength="64"
                        aria-required="true"
                        aria-describedby=described.clone()
                        aria-invalid=move || factor.failure.with(Option::is_some).then_some("true")
                        prop:value=move || factor.code.get()
                        on:input=move |event| factor.code.set(event_target_value(&event))
                    />
                    <small id=described>{g.code_hint}</small>
                </div>
            }
            .into_any()
        })
    };
    let note = move || {
        let locked = locked.get().map(|at| {
            let until = format::exact(at, format::offset(at));
            view! { <p class="note warn"><Icon name="clock"/><span>{(g.locked_until)(&until)}</span></p> }
                .into_any()
        });
        let missing = missing.get().then(|| {
            view! {
                <div class="note warn">
                    <Icon name="shield"/>
                    <div>
                        <p class="fact">{g.not_set_up}</p>
                        <p><A href="/settings/second-factor">{g.set_up}</A></p>
                    </div>
                </div>
            }
            .into_any()
        });
        (locked, missing)
    };
    view! {
        {move || field()}
        {move || note()}
        {move || factor.failure.get().map(|failure| view! { <FailureBox failure/> })}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(enrolled: bool, required: bool) -> MfaStatus {
        MfaStatus {
            enrolled: enrolled.then_some(aitta_model::Timestamp::UNIX_EPOCH),
            kept: "keychain".to_owned(),
            recovery_codes_left: 10,
            failures: 0,
            locked_until: None,
            required,
            guarded: vec![Guarded::Restore, Guarded::Keys],
            exceptions: Vec::new(),
        }
    }

    #[test]
    fn six_digits_or_a_recovery_code_may_be_a_code() {
        for text in ["123456", " 123 456 ", "k7fm-2q9x-44dp", "aitta-exception-0123456789"] {
            assert!(is_plausible(text), "{text}");
        }
        for text in ["", "12345", "1234567", "abcdef"] {
            assert!(!is_plausible(text), "{text}");
        }
    }

    #[test]
    fn it_is_asked_for_once_enrolled_and_only_for_what_the_profile_guards() {
        assert!(is_asked(&status(true, false), Guarded::Restore));
        assert!(!is_asked(&status(true, false), Guarded::Delete));
        assert!(is_asked(&status(true, false), Guarded::Mfa), "a change of itself always");
        assert!(!is_asked(&status(false, true), Guarded::Restore));
        assert!(is_missing(&status(false, true), Guarded::Restore));
        assert!(!is_missing(&status(true, true), Guarded::Restore));
        assert!(!is_missing(&status(false, false), Guarded::Restore));
    }

    #[test]
    fn only_errors_about_the_code_are_told_beside_it() {
        assert!(is_about_code(ErrorCode::MfaWrong) && is_about_code(ErrorCode::MfaLocked));
        assert!(!is_about_code(ErrorCode::StoreMissing));
    }
}

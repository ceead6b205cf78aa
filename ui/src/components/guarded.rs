//! The form of an operation that is guarded: it asks why and, where the profile wants it, for the second factor; it is
//! sent once at a time, and tells what went wrong where that was typed.

use aitta_model::{Failure, Guarded, MfaCode, ReasonCode};
use leptos::prelude::*;

use super::code::{CodeField, SecondFactor};
use super::failure::FailureBox;
use super::reason::{ReasonChoice, ReasonField};
use crate::transport::Asked;

/// What such a form holds beside its own fields.
#[derive(Clone, Copy)]
pub(crate) struct GuardedForm {
    reason: RwSignal<ReasonChoice>,
    factor: Option<SecondFactor>,
    failure: RwSignal<Option<Failure>>,
    busy: RwSignal<bool>,
}

/// What is done with an answer.
type Then = Box<dyn FnOnce()>;

impl GuardedForm {
    /// One that asks for a reason alone.
    pub(crate) fn with_reason() -> Self {
        Self {
            reason: RwSignal::new(ReasonChoice::default()),
            factor: None,
            failure: RwSignal::new(None),
            busy: RwSignal::new(false),
        }
    }

    /// One that asks for a code, too, where the profile guards this.
    pub(crate) fn with_code(what: Guarded) -> Self {
        Self { factor: Some(SecondFactor::new(what)), ..Self::with_reason() }
    }

    /// Begins anew, each time that the form is shown.
    pub(crate) fn begin(self) {
        self.reason.set(ReasonChoice::default());
        self.failure.set(None);
        if let Some(factor) = self.factor {
            factor.ask();
        }
    }

    /// Begins anew with a reason that is likely, and can be changed.
    pub(crate) fn because(self, code: ReasonCode, words: &str) {
        self.begin();
        self.reason.set(ReasonChoice { code, words: words.to_owned() });
    }

    /// Whether it waits for its answer.
    pub(crate) fn is_busy(self) -> bool {
        self.busy.get()
    }

    /// The reason as requests want it; `None` as long as nothing is said.
    pub(crate) fn reason(self) -> Option<String> {
        self.reason.with(ReasonChoice::to_text)
    }

    /// The code, for one request that is sent elsewhere.
    pub(crate) fn code(self) -> Option<MfaCode> {
        self.factor.and_then(SecondFactor::take)
    }

    /// Whether it could be sent, as far as reason and code are concerned.
    pub(crate) fn is_ready(self) -> bool {
        !self.busy.get() && self.factor.is_none_or(SecondFactor::is_ready) && self.reason().is_some()
    }

    /// Sends what `ask` makes of reason and code. `then` takes the answer; the form shows an error.
    pub(crate) fn send<T: 'static>(
        self,
        ask: impl FnOnce(Option<String>, Option<MfaCode>) -> Asked<T>,
        then: impl FnOnce(T) + 'static,
    ) {
        if !untrack(|| self.is_ready()) {
            return;
        }
        self.busy.set(true);
        self.failure.set(None);
        let asked = ask(untrack(|| self.reason()), self.code());
        self.wait(Box::pin(async move {
            let answer = asked.await?;
            Ok(Box::new(move || then(answer)) as Then)
        }));
    }

    /// The part of [`Self::send`] that is the same for every answer, compiled once.
    fn wait(self, asked: Asked<Then>) {
        leptos::task::spawn_local(async move {
            let answer = asked.await;
            // The form may have been left meanwhile.
            self.busy.try_set(false);
            match answer {
                Ok(then) => then(),
                Err(error) => self.fail(error),
            }
        });
    }

    /// Tells an error: beside the code when it is about the code.
    fn fail(self, error: Failure) {
        let rest = match self.factor {
            Some(factor) => factor.refuse(error),
            None => Some(error),
        };
        self.failure.try_set(rest);
    }
}

/// The fields of reason and code, and what went wrong. `id` begins the ids of the fields.
#[component]
pub(crate) fn GuardedFields(
    id: &'static str,
    form: GuardedForm,
    #[prop(optional)] label: Option<&'static str>,
    #[prop(optional)] example: Option<&'static str>,
) -> impl IntoView {
    let reason = form.reason;
    view! {
        <ReasonField
            id=format!("{id}-reason") choice=reason set=Callback::new(move |choice| reason.set(choice)) label example
        />
        {form.factor.map(|factor| view! { <CodeField id=format!("{id}-code") factor/> })}
        {move || form.failure.get().map(|failure| view! { <FailureBox failure/> })}
    }
}

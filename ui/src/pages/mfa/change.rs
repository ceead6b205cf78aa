//! One dialog for every change of the second factor: each asks why, and for a code.

use aitta_model::{ChangeMfaRequest, Guarded, MfaChange, MfaChanged};
use leptos::html;
use leptos::prelude::*;

use super::stage::{Stage, Wish, active_profile};
use crate::api::api;
use crate::components::dialog::{close, show};
use crate::components::guarded::{GuardedFields, GuardedForm};
use crate::components::live::live;
use crate::order;
use crate::preferences::texts;
use crate::texts::Texts;

/// Days that an exception lasts unless something else is typed.
const DAYS: &str = "90";

impl Wish {
    fn title(&self, t: &Texts) -> String {
        let m = &t.mfa;
        match self {
            Self::NewCodes => m.new_codes_title.to_owned(),
            Self::Remove => m.remove_title.to_owned(),
            Self::AddException => m.add_title.to_owned(),
            Self::RemoveException(name) => (m.remove_exception)(name),
            Self::Policy(_) => m.policy_title.to_owned(),
        }
    }

    fn words(&self, t: &'static Texts) -> &'static str {
        let m = &t.mfa;
        match self {
            Self::NewCodes => m.new_codes_words,
            Self::Remove => m.remove_words,
            Self::AddException => m.exceptions_words,
            Self::RemoveException(_) => m.remove_exception_words,
            Self::Policy(_) => m.policy_mfa,
        }
    }

    fn go(&self, t: &'static Texts) -> &'static str {
        let m = &t.mfa;
        match self {
            Self::NewCodes => m.new_codes_go,
            Self::Remove | Self::RemoveException(_) => m.remove_go,
            Self::AddException => m.add_go,
            Self::Policy(_) => m.policy_go,
        }
    }

    fn takes_away(&self) -> bool {
        matches!(self, Self::Remove | Self::RemoveException(_))
    }
}

/// What the fields of the dialog hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fields {
    name: String,
    days: String,
    profile: String,
    what: Vec<Guarded>,
}

impl Fields {
    fn of(wish: &Wish, profile: String) -> Self {
        let what = match wish {
            Wish::Policy(now) => now.clone(),
            _ => vec![Guarded::Restore],
        };
        Self { name: String::new(), days: DAYS.to_owned(), profile, what }
    }

    fn toggle(&mut self, what: Guarded, on: bool) {
        self.what.retain(|w| *w != what);
        if on {
            self.what.push(what);
        }
        self.what = order::sorted(std::mem::take(&mut self.what), Guarded::cmp);
    }

    /// The change that is asked of the engine; `None` while something is missing.
    fn change(&self, wish: &Wish) -> Option<MfaChange> {
        Some(match wish {
            Wish::NewCodes => MfaChange::NewCodes,
            Wish::Remove => MfaChange::Remove,
            Wish::RemoveException(name) => MfaChange::RemoveException { name: name.clone() },
            Wish::Policy(_) => {
                MfaChange::Policy { profile: self.profile.clone(), guarded: self.what.clone() }
            }
            Wish::AddException => {
                let name = self.name.trim();
                let days = self.days.trim().parse().ok().filter(|days| *days > 0)?;
                let operations: Vec<_> = self.what.iter().copied().filter(|w| *w != Guarded::Mfa).collect();
                if name.is_empty() || operations.is_empty() {
                    return None;
                }
                MfaChange::AddException {
                    name: name.to_owned(),
                    profile: self.profile.clone(),
                    operations,
                    days,
                }
            }
        })
    }
}

#[component]
pub(super) fn ChangeDialog() -> impl IntoView {
    let stage = expect_context::<Stage>();
    live(move || stage.wish.get().map(|wish| view! { <Dialog wish/> }))
}

#[component]
fn Dialog(wish: Wish) -> impl IntoView {
    let t = texts();
    let m = &t.mfa;
    let stage = expect_context::<Stage>();
    let dialog = NodeRef::<html::Dialog>::new();
    let fields = RwSignal::new(Fields::of(&wish, active_profile()));
    let guarded = GuardedForm::with_code(Guarded::Mfa);
    guarded.begin();
    show(dialog);
    let wished = StoredValue::new(wish.clone());
    let change = move || fields.with(|fields| wished.with_value(|wish| fields.change(wish)));
    let ready = move || guarded.is_ready() && change().is_some();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let Some(change) = untrack(change) else { return };
        let ask = |reason, mfa| api().change_mfa(ChangeMfaRequest { change, mfa, reason });
        guarded.send(ask, move |MfaChanged { status: _, codes, token }| {
            if let Some(codes) = codes {
                stage.codes.try_set(Some(codes.codes));
            }
            if let Some(token) = token {
                stage.token.try_set(Some(token));
            }
            stage.wish.try_set(None);
            stage.refresh();
        });
    };
    let boxes = |all: &'static [Guarded]| {
        all.iter()
            .map(move |what| {
                let what = *what;
                view! {
                    <label>
                        <input
                            type="checkbox"
                            prop:checked=move || fields.with(|f| f.what.contains(&what))
                            on:change=move |event| {
                                fields.update(|f| f.toggle(what, event_target_checked(&event)));
                            }
                        />
                        {(t.guard.guarded)(what)}
                    </label>
                }
                .into_any()
            })
            .collect_view()
    };
    let own = match &wish {
        Wish::Policy(_) => {
            view! { <fieldset class="checks" aria-label=m.policy>{boxes(&Guarded::ALL[..3])}</fieldset> }
                .into_any()
        }
        Wish::AddException => view! {
            <div class="pair">
                <label class="field">
                    <span>{m.name}</span>
                    <input
                        id="mfa-exception-name" autocomplete="off" spellcheck="false"
                        prop:value=move || fields.with(|f| f.name.clone())
                        on:input=move |event| fields.update(|f| f.name = event_target_value(&event))
                    />
                    <small>{m.name_hint}</small>
                </label>
                <label class="field">
                    <span>{m.days}</span>
                    <input
                        id="mfa-exception-days" type="number" min="1" max="3660"
                        prop:value=move || fields.with(|f| f.days.clone())
                        on:input=move |event| fields.update(|f| f.days = event_target_value(&event))
                    />
                    <small>{(m.policy_of)(&fields.with_untracked(|f| f.profile.clone()))}</small>
                </label>
            </div>
            <fieldset class="checks" aria-label=m.for_>{boxes(&Guarded::ALL[..3])}</fieldset>
        }
        .into_any(),
        _ => ().into_any(),
    };
    let class = if wish.takes_away() { "btn danger-fill" } else { "btn primary" };
    view! {
        <dialog
            node_ref=dialog class="ask" aria-labelledby="mfa-change-title"
            on:close=move |_| drop(stage.wish.try_set(None))
        >
            <form on:submit=submit autocomplete="off">
                <h2 id="mfa-change-title">{wish.title(t)}</h2>
                <p>{wish.words(t)}</p>
                {own}
                <GuardedFields id="mfa-change" form=guarded/>
                <div class="buttons">
                    <button type="button" class="btn" on:click=move |_| close(dialog)>{m.cancel}</button>
                    <button id="mfa-change-go" class=class disabled=move || !ready()>{wish.go(t)}</button>
                </div>
            </form>
        </dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_needs_a_name_days_and_something_to_be_for() {
        let mut fields = Fields::of(&Wish::AddException, "p".to_owned());
        assert_eq!(fields.change(&Wish::AddException), None, "it has no name");
        fields.name = " nightly ".to_owned();
        let made = MfaChange::AddException {
            name: "nightly".to_owned(),
            profile: "p".to_owned(),
            operations: vec![Guarded::Restore],
            days: 90,
        };
        assert_eq!(fields.change(&Wish::AddException), Some(made));
        fields.days = "0".to_owned();
        assert_eq!(fields.change(&Wish::AddException), None);
        fields.days = "30".to_owned();
        fields.toggle(Guarded::Restore, false);
        fields.toggle(Guarded::Mfa, true);
        assert_eq!(fields.change(&Wish::AddException), None, "never for the second factor itself");
    }

    #[test]
    fn a_policy_begins_from_what_is_guarded_now() {
        let wish = Wish::Policy(vec![Guarded::Keys]);
        let mut fields = Fields::of(&wish, "p".to_owned());
        fields.toggle(Guarded::Restore, true);
        let guarded = vec![Guarded::Restore, Guarded::Keys];
        assert_eq!(fields.change(&wish), Some(MfaChange::Policy { profile: "p".to_owned(), guarded }));
    }
}

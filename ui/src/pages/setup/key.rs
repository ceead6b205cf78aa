//! The key: made, shown, copied by its owner, and only then kept.

use aitta_model::{ConfirmKeyRequest, CreateKeyRequest, Failure, KeyStatus, RecoveryKit, TypedGroups};
use leptos::prelude::*;

use super::draft::Draft;
use super::question::{Question, Way};
use crate::api::api;
use crate::components::copy::CopyButton;
use crate::components::failure::FailureBox;
use crate::components::icon::Icon;
use crate::components::kit::{Kit, TypeBack, Typed};
use crate::components::live::live;
use crate::components::states::Loading;
use crate::preferences::texts;

/// Makes a key for the environment, on a terminal: the page must not be where it is copied from.
const KEY_COMMAND: &str = "aitta key generate";

/// Why the first key is made, as the audit trail has it.
const FIRST: &str = "routine: first key";

/// What there is to go on from.
#[derive(Clone)]
enum State {
    Asking,
    /// One is there already.
    There(KeyStatus),
    New(RecoveryKit),
    /// No keychain answers.
    NoKeychain(Failure),
    Failed(Failure),
}

async fn found(draft: Draft) -> State {
    let settings = match api().settings().await {
        Ok(settings) => settings,
        Err(failure) => return State::Failed(failure),
    };
    if let Some(key) = settings.key {
        return State::There(key);
    }
    if let Some(failure) = settings.key_failure {
        return State::NoKeychain(failure);
    }
    let made = match draft.made_key.try_get_untracked().flatten() {
        Some(made) => Ok(made),
        None => api().create_key(CreateKeyRequest { reason: Some(FIRST.to_owned()), mfa: None }).await,
    };
    match made {
        Ok(kit) => {
            draft.made_key.try_set(Some(kit.clone()));
            State::New(kit)
        }
        Err(failure) => State::Failed(failure),
    }
}

#[component]
pub(super) fn Key(draft: Draft) -> impl IntoView {
    let state = RwSignal::new(State::Asking);
    let ask = Callback::new(move |()| {
        state.set(State::Asking);
        leptos::task::spawn_local(async move {
            let found = found(draft).await;
            state.try_set(found);
        });
    });
    ask.run(());
    live(move || match state.get() {
        State::Asking => view! { <Loading/> }.into_any(),
        State::There(key) => view! { <There draft key/> }.into_any(),
        State::New(kit) => view! { <New draft kit/> }.into_any(),
        State::NoKeychain(failure) => view! { <NoKeychain draft failure again=ask/> }.into_any(),
        State::Failed(failure) => view! {
            <Question title=texts().setup.key words=""/>
            <FailureBox failure retry=ask/>
            <form on:submit=|event| event.prevent_default()><Way draft ready=false/></form>
        }
        .into_any(),
    })
}

#[component]
fn There(draft: Draft, key: KeyStatus) -> impl IntoView {
    let s = &texts().setup;
    let kept = (texts().keys.kept_in)(&key.kept);
    let id = key.key_id.clone();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        draft.key.set(Some((key.key_id.clone(), kept)));
        draft.next();
    };
    view! {
        <form on:submit=submit>
            <Question title=s.key_there words=s.key_there_words/>
            <div class="card there">
                <Icon name="key"/>
                <div><p class="mono">{(s.key_id)(&id)}</p><p class="small muted">{kept}</p></div>
            </div>
            <Way draft ready=true/>
        </form>
    }
}

#[component]
fn New(draft: Draft, kit: RecoveryKit) -> impl IntoView {
    let t = texts();
    let s = &t.setup;
    let typed = RwSignal::new(Typed::default());
    // While groups are typed back they are not there to be read off.
    let hidden = RwSignal::new(false);
    let failure = RwSignal::new(None::<Failure>);
    let busy = RwSignal::new(false);
    let secret = StoredValue::new(kit.clone());
    let complete = Memo::new(move |_| typed.with(|typed| secret.with_value(|kit| typed.is_complete(kit))));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if !complete.get_untracked() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        failure.set(None);
        let request = secret.with_value(|kit| ConfirmKeyRequest {
            key_id: kit.key_id.clone(),
            typed: TypedGroups::new(typed.with_untracked(|typed| typed.groups(kit))),
            mfa: None,
        });
        let id = request.key_id.clone();
        leptos::task::spawn_local(async move {
            let kept = api().confirm_key(request).await;
            busy.try_set(false);
            match kept {
                Ok(ring) => {
                    draft.made_key.try_set(None);
                    draft.key.try_set(Some((id, (t.keys.kept_in)(&ring.kept))));
                    draft.next();
                }
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    };
    view! {
        <form on:submit=submit autocomplete="off">
            <Question title=s.key words=s.key_words/>
            <Kit kit=kit.clone() hidden/>
            <p class="note warn no-print"><Icon name="warning"/><span>{t.keys.kit_warning}</span></p>
            <TypeBack kit typed hidden/>
            {move || failure.get().map(|failure| view! { <FailureBox failure/> })}
            <Way draft ready=Signal::derive(move || complete.get()) busy/>
        </form>
    }
}

#[component]
fn NoKeychain(draft: Draft, failure: Failure, again: Callback<()>) -> impl IntoView {
    let s = &texts().setup;
    view! {
        <form on:submit=|event| event.prevent_default()>
            <Question title=s.key words=s.key_words/>
            <FailureBox failure retry=again/>
            <p class="small">{s.no_keychain}</p>
            <ol class="small ways-on">
                <li>{s.no_keychain_open}</li>
                <li>
                    <p>{s.no_keychain_variable}</p>
                    <div class="command card">
                        <code>{KEY_COMMAND}</code>
                        <CopyButton text=KEY_COMMAND words=texts().mfa.copy/>
                    </div>
                </li>
            </ol>
            <Way draft ready=false/>
        </form>
    }
}

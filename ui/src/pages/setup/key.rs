//! The key: made, shown, copied by its owner, and only then kept.

use aitta_model::{Failure, KeyReport, KeyStatus};
use leptos::prelude::*;

use super::form::{groups, is_end_of};
use super::{Draft, Question, Way};
use crate::api::api;
use crate::components::failure::FailureBox;
use crate::components::icon::Icon;
use crate::components::states::Loading;
use crate::preferences::texts;

/// What there is to go on from.
#[derive(Clone)]
enum State {
    Asking,
    /// One is there already.
    There(KeyStatus),
    New(KeyReport),
    /// No keychain answers; a key for the environment.
    NoKeychain(Failure, KeyReport),
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
    let made = match draft.made_key.try_get_untracked().flatten() {
        Some(made) => Ok(made),
        None => api().generate_key().await,
    };
    if let Ok(key) = &made {
        draft.made_key.try_set(Some(key.clone()));
    }
    match (made, settings.key_failure) {
        (Err(failure), _) => State::Failed(failure),
        (Ok(key), None) => State::New(key),
        (Ok(key), Some(failure)) => State::NoKeychain(failure, key),
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
    move || match state.get() {
        State::Asking => view! { <Loading/> }.into_any(),
        State::There(key) => view! { <There draft key/> }.into_any(),
        State::New(key) => view! { <New draft key/> }.into_any(),
        State::NoKeychain(failure, key) => view! { <NoKeychain draft failure key again=ask/> }.into_any(),
        State::Failed(failure) => view! {
            <Question title=texts().setup.key words=""/>
            <FailureBox failure retry=ask/>
            <form on:submit=|event| event.prevent_default()><Way draft ready=false/></form>
        }
        .into_any(),
    }
}

#[component]
fn There(draft: Draft, key: KeyStatus) -> impl IntoView {
    let s = &texts().setup;
    let kept = if key.kept == "keychain" { s.in_keychain } else { s.in_environment };
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
fn New(draft: Draft, key: KeyReport) -> impl IntoView {
    let s = &texts().setup;
    let typed = RwSignal::new(String::new());
    // While the end is typed back it is not there to be read off.
    let hidden = RwSignal::new(false);
    let failure = RwSignal::new(None::<Failure>);
    let busy = RwSignal::new(false);
    let secret = StoredValue::new(key.key.clone());
    let right = Memo::new(move |_| typed.with(|typed| secret.with_value(|key| is_end_of(key, typed))));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if right.get_untracked() != Some(true) || busy.get_untracked() {
            return;
        }
        busy.set(true);
        failure.set(None);
        leptos::task::spawn_local(async move {
            let kept = api().keep_key(&secret.get_value()).await;
            busy.try_set(false);
            match kept {
                Ok(id) => {
                    draft.made_key.try_set(None);
                    draft.key.try_set(Some((id, s.in_keychain)));
                    draft.next();
                }
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    };
    let verdict = move || match right.get() {
        Some(true) => view! { <small class="right"><Icon name="check"/>{s.typed_right}</small> }.into_any(),
        Some(false) => view! { <small class="problem" role="alert">{s.typed_wrong}</small> }.into_any(),
        None => view! { <small>{s.typed_hint}</small> }.into_any(),
    };
    view! {
        <form on:submit=submit autocomplete="off">
            <Question title=s.key words=s.key_words/>
            <Groups key=key.key.clone() hidden/>
            <div class="key-actions no-print">
                <Copy text=key.key.clone()/>
                <button type="button" class="btn" on:click=move |_| drop(window().print())>
                    <Icon name="print"/>{s.print}
                </button>
            </div>
            <div class="field typed no-print">
                <label for="setup-key-typed">{s.typed}</label>
                <input
                    id="setup-key-typed"
                    class="mono"
                    type="text"
                    maxlength="12"
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    aria-describedby="setup-key-typed-hint"
                    aria-invalid=move || (right.get() == Some(false)).then_some("true")
                    prop:value=move || typed.get()
                    on:focus=move |_| hidden.set(true)
                    on:blur=move |_| hidden.set(typed.with_untracked(|t| !t.is_empty()))
                    on:input=move |event| typed.set(event_target_value(&event))
                />
                <div id="setup-key-typed-hint">{verdict}</div>
            </div>
            {move || failure.get().map(|failure| view! { <FailureBox failure/> })}
            <Way draft ready=Signal::derive(move || right.get() == Some(true)) busy/>
        </form>
        <Sheet key/>
    }
}

/// The key, the last two groups as dots while they are typed back.
#[component]
fn Groups(key: String, hidden: RwSignal<bool>) -> impl IntoView {
    let s = &texts().setup;
    let all = groups(&key);
    let last = all.len().saturating_sub(2);
    let spans = all
        .into_iter()
        .enumerate()
        .map(|(i, group)| {
            let shown = move || if i >= last && hidden.get() { "····".to_owned() } else { group.clone() };
            view! { <span>{shown}</span>" " }
        })
        .collect_view();
    view! { <div id="setup-key" class="key card no-print" role="group" aria-label=s.key_label>{spans}</div> }
}

/// Puts a text onto the clipboard, and says whether it is there.
#[component]
fn Copy(text: String) -> impl IntoView {
    let s = &texts().setup;
    let copied = RwSignal::new(None::<bool>);
    let copy = move |_| {
        let promise = window().navigator().clipboard().write_text(&text);
        leptos::task::spawn_local(async move {
            let done = wasm_bindgen_futures::JsFuture::from(promise).await.is_ok();
            copied.try_set(Some(done));
        });
    };
    view! {
        <button type="button" class="btn" on:click=copy>
            {move || match copied.get() {
                Some(true) => view! { <Icon name="check"/>{s.copied} }.into_any(),
                _ => view! { <Icon name="copy"/>{s.copy} }.into_any(),
            }}
        </button>
        <span class="small" role="status">{move || (copied.get() == Some(false)).then_some(s.copy_by_hand)}</span>
    }
}

#[component]
fn NoKeychain(draft: Draft, failure: Failure, key: KeyReport, again: Callback<()>) -> impl IntoView {
    let s = &texts().setup;
    let line = format!("export BACKUP_ENCRYPTION_KEY={}", key.key);
    view! {
        <form on:submit=|event| event.prevent_default()>
            <Question title=s.key words=s.key_words/>
            <FailureBox failure retry=again/>
            <p class="small">{s.no_keychain}</p>
            <ol class="small ways-on">
                <li>{s.no_keychain_open}</li>
                <li>
                    <p>{s.no_keychain_variable}</p>
                    <div class="command card"><code>{line.clone()}</code><Copy text=line/></div>
                </li>
            </ol>
            <Way draft ready=false/>
        </form>
    }
}

/// What the printer gets.
#[component]
fn Sheet(key: KeyReport) -> impl IntoView {
    let s = &texts().setup;
    let now = crate::format::now();
    view! {
        <section class="sheet" aria-hidden="true">
            <h1>{s.sheet_title}</h1>
            <p class="key">{groups(&key.key).join(" ")}</p>
            <p>{(s.key_id)(&key.key_id)}" · "{crate::format::exact(now, crate::format::offset(now))}</p>
            <p>{s.sheet_words}</p>
        </section>
    }
}

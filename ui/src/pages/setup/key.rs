//! The key: made, shown, copied by its owner, and only then kept.

use aitta_model::{
    ConfirmKeyRequest, CreateKeyRequest, ErrorCode, ExportKitRequest, Failure, KeyState, KeyStatus,
    ReasonCode, RecoveryKit, StoreContents, TypedGroups,
};
use leptos::prelude::*;

use super::draft::Draft;
use super::found::{Contents, Import};
use super::question::{Question, Way};
use crate::api::api;
use crate::components::copy::CopyButton;
use crate::components::failure::FailureBox;
use crate::components::icon::Icon;
use crate::components::kit::{Kit, TypeBack, Typed};
use crate::components::live::live;
use crate::components::place::check::Check;
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
    /// Backups are there that need keys which are missing.
    Needed(StoreContents),
    /// One is there already.
    There(KeyStatus),
    New(RecoveryKit),
    /// No keychain answers.
    NoKeychain(Failure),
    Failed(Failure),
}

/// What the chosen store needs; `None` where nothing is missing, or somebody has decided to go on without.
async fn needed(draft: Draft) -> Result<Option<StoreContents>, Failure> {
    let is_there = draft.folder.result.try_with_untracked(|result| match result {
        Check::Done(Ok(check)) => check.archives > 0,
        Check::Idle | Check::Busy | Check::Done(Err(_)) => true,
    });
    let go_on = draft.without.try_get_untracked();
    let (Some(true), Some(false), Some(form)) = (is_there, go_on, draft.store.try_get_untracked()) else {
        return Ok(None);
    };
    let found = api().look_into_store(&form.to_settings(), form.credentials().as_ref()).await?;
    Ok((found.closed > 0).then_some(found))
}

/// The first key: one that an earlier set-up has made and not confirmed, with the kit that was shown then, or a new one.
async fn begun() -> Result<RecoveryKit, Failure> {
    let ring = api().key_ring().await?;
    let pending = ring.keys.iter().filter(|key| key.state == KeyState::Pending && !key.asked.is_empty());
    let reason = Some(FIRST.to_owned());
    match pending.max_by_key(|key| key.created) {
        Some(key) => {
            let key_id = Some(key.key_id.clone());
            api().export_kit(ExportKitRequest { key_id, reason, mfa: None }).await
        }
        None => api().create_key(CreateKeyRequest { reason, mfa: None }).await,
    }
}

async fn found(draft: Draft) -> State {
    match needed(draft).await {
        Ok(Some(found)) => return State::Needed(found),
        Ok(None) => {}
        // Without an open keychain this can't be known, nor anything else about keys.
        Err(failure) if failure.code == ErrorCode::KeychainUnavailable => return State::NoKeychain(failure),
        Err(failure) => return State::Failed(failure),
    }
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
        None => begun().await,
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
        State::Needed(found) => view! { <Needed draft found again=ask/> }.into_any(),
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

/// The kit of what lies there comes first. Going on without is the lesser way, and says what it means.
#[component]
fn Needed(draft: Draft, found: StoreContents, again: Callback<()>) -> impl IntoView {
    let t = texts();
    let m = &t.machine;
    let (has_active, closed) = (found.has_active, found.closed);
    let reason = (ReasonCode::Routine, m.first_reason);
    let done = Callback::new(move |_| again.run(()));
    let without = move |_| {
        draft.without.set(true);
        again.run(());
    };
    view! {
        <Question title=m.first words=(m.first_words)(closed)/>
        <Contents found/>
        <Import store=draft.store has_active reason done/>
        <div class="without">
            <p class="small muted">{(m.without_words)(closed)}</p>
            <button id="setup-without" type="button" class="btn small" on:click=without>
                {if has_active { m.with_present } else { m.with_new }}
            </button>
        </div>
        <footer class="way no-print">
            <button id="setup-back" type="button" class="btn ghost" on:click=move |_| draft.back()>
                <Icon name="left"/>{t.setup.back}
            </button>
        </footer>
    }
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

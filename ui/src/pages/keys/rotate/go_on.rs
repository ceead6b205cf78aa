//! A new key that was made and not confirmed: its kit is confirmed now, from the copy that was printed then. No other
//! key is made meanwhile.

use aitta_model::{
    ConfirmKeyRequest, Failure, Guarded, KeyEntry, KeyRingReport, KeyState, RotationDirection, TypedGroups,
};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use super::reencrypt::Reencrypt;
use super::run::{Rotation, Run};
use crate::activity::Activities;
use crate::api::api;
use crate::components::failure::FailureBox;
use crate::components::guarded::{GuardedFields, GuardedForm};
use crate::components::heading::StepHeading;
use crate::components::icon::Icon;
use crate::pages::keys::kit::KitButton;
use crate::preferences::texts;

/// The key to go on with: of several the newest; none while a rotation has begun and not ended, which comes first.
pub(super) fn waiting(ring: &KeyRingReport) -> Option<KeyEntry> {
    if ring.rotation.as_ref().is_some_and(|rotation| rotation.begun) {
        return None;
    }
    let pending = ring.keys.iter().filter(|key| key.is_waiting());
    pending.max_by_key(|key| key.created).cloned()
}

#[component]
pub(super) fn GoOn(
    key: KeyEntry,
    /// Whether there is no active key: then there is nothing to move.
    first: bool,
) -> impl IntoView {
    let t = texts();
    let (k, m) = (&t.keys, &t.machine);
    let rotation = Rotation::here();
    let activities = Activities::here();
    let navigate = use_navigate();
    // A code is asked for only when the engine wants one here: the work on the backups asks for its own.
    let guarded = GuardedForm::with_code(Guarded::Keys);
    rotation.abandoned.set(None);
    let asked = key.asked.clone();
    let typed = RwSignal::new(vec![String::new(); asked.len()]);
    let failure = RwSignal::new(None::<Failure>);
    // What was chosen when the key was made went with that page.
    let reencrypt = RwSignal::new(false);
    let whole = move || typed.with(|typed| typed.iter().all(|group| !group.trim().is_empty()));
    let ready = move || guarded.is_ready() && whole();
    let id = StoredValue::new(key.key_id.clone());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if !untrack(ready) {
            return;
        }
        let navigate = navigate.clone();
        rotation.because(guarded.reason(), reencrypt.get_untracked());
        let ask = |_, mfa| {
            let groups = typed.with_untracked(|typed| typed.iter().map(|g| g.trim().to_owned()).collect());
            let typed = TypedGroups::new(groups);
            api().confirm_key(ConfirmKeyRequest { key_id: id.get_value(), typed, mfa })
        };
        guarded.send(ask, move |ring| {
            rotation.abandoned.set(None);
            if ring.keys.iter().any(|key| key.state == KeyState::Retired) {
                rotation.run.set(Run::Ready);
                rotation.start(RotationDirection::Forward, None);
            } else {
                // The first key: there is nothing to move.
                navigate("/keys", NavigateOptions::default());
            }
        });
    };
    let discard = move |_| {
        leptos::task::spawn_local(async move {
            match api().discard_key(&id.get_value()).await {
                Ok(()) => {
                    rotation.abandoned.set(None);
                    // What is asked for anew has no such key any more.
                    activities.refresh();
                }
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    };
    let fields = asked.into_iter().enumerate().map(|(place, number)| {
        let field = format!("go-on-typed-{}", place + 1);
        let hint = format!("{field}-hint");
        view! {
            <div class="field typed">
                <label for=field.clone()>{(k.group)(number)}</label>
                <input
                    id=field class="mono" type="text" maxlength="12" autocomplete="off" autocapitalize="off"
                    spellcheck="false" aria-describedby=hint.clone()
                    prop:value=move || typed.with(|typed| typed[place].clone())
                    on:input=move |event| typed.update(|typed| typed[place] = event_target_value(&event))
                />
                <small id=hint>{k.typed_hint}</small>
            </div>
        }
        .into_any()
    });
    view! {
        <div class="no-print">
            <StepHeading words=(m.confirm)(&key.key_id) more=if first { m.confirm_first } else { m.confirm_words }/>
        </div>
        <div class="lost-copy"><p class="small muted no-print">{m.lost_copy}</p><KitButton key_id=key.key_id/></div>
        <form on:submit=submit autocomplete="off" id="go-on" class="no-print">
            <div class="card pad stack-l">
                <fieldset class="type-back">
                    <legend>{k.type_back}</legend>
                    <div class="pair">{fields.collect_view()}</div>
                </fieldset>
                {(!first).then(|| view! { <Reencrypt on=reencrypt/> }.into_any())}
                <GuardedFields id="rotate" form=guarded label=k.reason_of(first) example=k.example_of(first)/>
            </div>
            {move || failure.get().map(|failure| view! { <FailureBox failure/> })}
            <footer class="way">
                <button id="go-on-discard" type="button" class="btn ghost" on:click=discard>{k.discard_back}</button>
                <button id="go-on-confirm" type="submit" class="btn primary" disabled=move || !ready()>
                    {k.use_key}<Icon name="right"/>
                </button>
            </footer>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use aitta_model::{RotationStatus, Timestamp};

    use super::*;

    fn key(id: &str, state: KeyState, made: i64, asked: &[u8]) -> KeyEntry {
        KeyEntry {
            key_id: id.to_owned(),
            state,
            created: Timestamp::from_second(made).ok(),
            retired: None,
            destroyable_from: None,
            destroyed: None,
            archives: None,
            archives_alone: None,
            needed_in: Vec::new(),
            asked: asked.to_vec(),
        }
    }

    fn ring(keys: Vec<KeyEntry>) -> KeyRingReport {
        KeyRingReport {
            kept: "keychain".to_owned(),
            overrides: None,
            keys,
            due: None,
            overdue: false,
            canary: None,
            rotation: None,
            unseen: Vec::new(),
            missing: Vec::new(),
        }
    }

    #[test]
    fn a_key_that_waits_is_gone_on_with_in_place_of_another_one() {
        assert_eq!(waiting(&ring(vec![key("a", KeyState::Active, 1, &[])])), None);
        let two = ring(vec![
            key("b", KeyState::Pending, 2, &[3, 12]),
            key("c", KeyState::Pending, 3, &[1, 5]),
            key("a", KeyState::Active, 4, &[]),
        ]);
        assert_eq!(waiting(&two).map(|key| key.key_id), Some("c".to_owned()));
        let begun = RotationStatus {
            from: "a".to_owned(),
            to: "b".to_owned(),
            started: Timestamp::UNIX_EPOCH,
            direction: RotationDirection::Forward,
            reencrypt: false,
            begun: true,
            done: 1,
            archives: 2,
            running: false,
        };
        assert_eq!(waiting(&KeyRingReport { rotation: Some(begun), ..two }), None);
        // Of an earlier program: which groups are asked for is not known here.
        assert_eq!(waiting(&ring(vec![key("b", KeyState::Pending, 2, &[])])), None);
    }
}

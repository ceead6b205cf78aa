//! The first step: what will happen, and why it is done. Or how to go on with what was interrupted.

use aitta_model::{CreateKeyRequest, Guarded, KeyRingReport, KeyState, RecoveryKit, RotationDirection};
use leptos::prelude::*;

use super::reencrypt::Reencrypt;
use super::run::Rotation;
use crate::api::api;
use crate::components::guarded::{GuardedFields, GuardedForm};
use crate::components::heading::StepHeading;
use crate::components::icon::Icon;
use crate::pages::keys::{Interrupted, how_far};
use crate::preferences::texts;

#[component]
pub(super) fn Why(ring: KeyRingReport, kit: RwSignal<Option<RecoveryKit>>) -> impl IntoView {
    let t = texts();
    let k = &t.keys;
    let rotation = Rotation::here();
    let reencrypt = RwSignal::new(false);
    let guarded = GuardedForm::with_code(Guarded::Keys);
    guarded.begin();
    let interrupted = ring.rotation.clone().filter(|rotation| !rotation.running);
    let all_open = ring.missing.is_empty();
    let running = ring.rotation.as_ref().is_some_and(|rotation| rotation.running);
    let active = ring.active();
    let first = active.is_none();
    let count: u64 = ring
        .keys
        .iter()
        .filter(|key| key.state != KeyState::Destroyed)
        .filter_map(|key| key.archives_alone.or(key.archives))
        .sum();
    let ready = move || !running && guarded.is_ready();
    let keep = move |reencrypt: bool| rotation.because(untrack(|| guarded.reason()), reencrypt);
    let make = move || {
        if !untrack(ready) {
            return;
        }
        keep(reencrypt.get_untracked());
        let ask = |reason, mfa| api().create_key(CreateKeyRequest { reason, mfa });
        guarded.send(ask, move |made| {
            let id = made.key_id.clone();
            if kit.try_set(Some(made)).is_some() {
                // The page was left meanwhile.
                rotation.abandoned.set(Some(id));
            }
        });
    };
    let fields = move || {
        view! {
            <GuardedFields id="rotate" form=guarded label=k.reason_of(first) example=k.example_of(first)/>
        }
    };
    if let Some(status) = interrupted {
        let (was, whither) = (status.reencrypt, status.direction);
        let go = move |direction| {
            if untrack(ready) {
                keep(was);
                rotation.start(direction, guarded.code());
            }
        };
        let (heading, words, onward) = if status.begun {
            (k.interrupted, how_far(&status, all_open), k.resume)
        } else {
            (k.not_begun, how_far(&status, all_open), k.move_them)
        };
        let back = status.begun.then(|| {
            view! {
                <button
                    id="rotate-back" type="button" class="btn" disabled=move || !ready()
                    on:click=move |_| go(RotationDirection::Back)
                >
                    <Icon name="undo"/>{k.roll_back}
                </button>
            }
        });
        return view! {
            <form
                on:submit=move |event| {
                    event.prevent_default();
                    go(whither);
                }
                autocomplete="off"
            >
                <StepHeading words=heading more=words/>
                <div class="card pad stack-l">
                    <dl class="facts">
                        <div><dt>{k.old_key}</dt><dd><code>{status.from.clone()}</code></dd></div>
                        <div><dt>{k.active}</dt><dd><code>{status.to.clone()}</code></dd></div>
                    </dl>
                    {fields()}
                </div>
                <footer class="way">
                    {back}
                    <button id="rotate-resume" type="submit" class="btn primary" disabled=move || !ready()>{onward}</button>
                </footer>
            </form>
        }
        .into_any();
    }
    let many = (k.archives)(count);
    let points = k.what.map(|words| view! { <li>{words(&many)}</li> }.into_any());
    view! {
        {ring.rotation.clone().map(|rotation| view! { <Interrupted rotation all_open/> })}
        <form
            on:submit=move |event| {
                event.prevent_default();
                make();
            }
            autocomplete="off"
        >
            <StepHeading words=if first { k.why_make } else { k.why }/>
            <div class="card pad stack-l">
                {if first {
                    view! { <p>{k.first_words}</p> }.into_any()
                } else {
                    view! {
                        <ol class="points">{points.into_iter().collect_view()}</ol>
                        <Reencrypt on=reencrypt/>
                    }
                    .into_any()
                }}
                {fields()}
            </div>
            <footer class="way">
                <span></span>
                <button id="rotate-next" type="submit" class="btn primary" disabled=move || !ready()>
                    {k.make_key}<Icon name="right"/>
                </button>
            </footer>
        </form>
    }
    .into_any()
}

//! What is set of the profile that is shown, and of this window.

mod automation;
mod database;
mod form;
mod number;
mod profile;
mod window;

use aitta_model::{Failure, SaveReport, Settings as Given};
use leptos::prelude::*;
use leptos_router::components::A;

use self::profile::Profile;
use self::window::Window;
use crate::api::api;
use crate::components::badge::{Badge, Tone};
use crate::components::failure::FailureBox;
use crate::components::live::live;
use crate::components::states::{Empty, Loading};
use crate::preferences::texts;
use crate::shown::Shown;

#[component]
pub(crate) fn Settings() -> impl IntoView {
    let t = texts();
    let shown = Shown::here();
    let active = Memo::new(move |_| {
        let profile = shown.0.with(|session| session.as_ref().and_then(|s| s.active.clone()));
        profile.map(|profile| (profile.name, profile.sample))
    });
    let sample = move || active.with(|active| active.as_ref().is_some_and(|(_, sample)| *sample));
    let name =
        move || active.with(|active| active.as_ref().map(|(name, _)| name.clone()).unwrap_or_default());
    view! {
        <div class="settings">
        <header class="page">
            <div>
                <h1>{t.settings.title}</h1>
                <p class="muted">{move || (t.settings.of_profile)(&name())}</p>
            </div>
            <div class="actions">
                {move || (!sample()).then(|| view! {
                    <A href="/settings/new" attr:class="btn" attr:id="settings-new">{t.settings.profiles}</A>
                })}
            </div>
        </header>
            // Asked anew for another profile only: what is being entered must not be lost to a run that ends.
            {move || {
                active.track();
                if sample() {
                    view! {
                        <Empty icon="flask" title=t.settings.sample_title words=t.settings.sample_words>
                            <A href="/settings/new" attr:class="btn primary" attr:id="settings-new">
                                {t.settings.sample_start}
                            </A>
                        </Empty>
                        <Window/>
                    }
                    .into_any()
                } else {
                    view! { <Loaded/> }.into_any()
                }
            }}
        </div>
    }
}

#[component]
fn Loaded() -> impl IntoView {
    let answer = RwSignal::new(None::<Result<Given, Failure>>);
    // It stays when the form shows what counts now.
    let report = RwSignal::new(None::<SaveReport>);
    let ask = Callback::new(move |()| {
        leptos::task::spawn_local(async move {
            let new = api().settings().await;
            answer.try_set(Some(new));
        });
    });
    ask.run(());
    let again = Callback::new(move |()| {
        answer.set(None);
        ask.run(());
    });
    live(move || match answer.get() {
        None => view! { <Loading lines=8/><Window/> }.into_any(),
        Some(Err(failure)) => view! { <FailureBox failure retry=again/><Window/> }.into_any(),
        Some(Ok(settings)) => {
            view! { <Profile settings=settings.clone() report saved=ask/><Window/><About settings/> }
                .into_any()
        }
    })
}

/// Where things lie.
#[component]
fn About(settings: Given) -> impl IntoView {
    let t = texts();
    let s = &t.settings;
    let version = Shown::here().0.with_untracked(|shown| shown.as_ref().map(|s| s.version.clone()));
    let key = match (settings.key, settings.key_failure) {
        (Some(key), _) => {
            let kept = (t.keys.kept_in)(&key.kept);
            view! { <code>{key.key_id}</code>" "<span class="muted small">{kept}</span> }.into_any()
        }
        (None, Some(failure)) => view! { <FailureBox failure/> }.into_any(),
        (None, None) => view! { <Badge tone=Tone::Warn words=s.no_key/> }.into_any(),
    };
    view! {
        <section class="card part" aria-labelledby="settings-about">
            <header><h2 id="settings-about">{s.about}</h2></header>
            <dl class="facts">
                <div><dt>{s.key}</dt><dd>{key}" "<A href="/keys" attr:class="small">{t.keys.title}</A></dd></div>
                <div>
                    <dt>{t.mfa.title}</dt>
                    <dd><A href="/settings/second-factor" attr:id="settings-factor">{t.mfa.policy_change}</A></dd>
                </div>
                <div><dt>{s.file}</dt><dd><code>{settings.file}</code></dd></div>
                <div><dt>{s.version}</dt><dd>{version}</dd></div>
            </dl>
        </section>
    }
}

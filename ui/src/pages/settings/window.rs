//! What this user prefers: applied at once.

use aitta_model::Failure;
use leptos::prelude::*;

use crate::api::api;
use crate::components::failure::FailureBox;
use crate::leaving::Leaving;
use crate::preferences::{Appearance, Language, Preferences, texts};

#[component]
pub(super) fn Window() -> impl IntoView {
    let s = &texts().settings;
    let preferences = Preferences::here();
    let looks = Appearance::ALL.map(|appearance| {
        let name = match appearance {
            Appearance::System => s.system,
            Appearance::Light => s.light,
            Appearance::Dark => s.dark,
        };
        let is_it = move || preferences.appearance.get() == appearance;
        view! {
            <label class:on=is_it>
                <input
                    type="radio"
                    name="appearance"
                    value=appearance.as_str()
                    prop:checked=is_it
                    on:change=move |_| preferences.appearance.set(appearance)
                />
                {name}
            </label>
        }
        .into_any()
    });
    let now = preferences.language.get_untracked();
    let languages = Language::ALL.map(|language| {
        view! {
            <option value=language.code() lang=language.code() selected=language == now>{language.name()}</option>
        }.into_any()
    });
    let leaving = Leaving::here();
    let choose = move |event: web_sys::Event| {
        let (code, select): (String, web_sys::HtmlSelectElement) =
            (event_target_value(&event), event_target(&event));
        if let Some(language) = Language::ALL.into_iter().find(|l| l.code() == code) {
            // The page is made anew in it, with what is set.
            leaving.before(move || preferences.speak(language), move || select.set_value(now.code()));
        }
    };
    view! {
        <section class="card part" aria-labelledby="settings-window">
            <header><h2 id="settings-window">{s.window}</h2><p class="small muted">{s.window_words}</p></header>
            <div class="line">
                <span id="settings-appearance-label">{s.appearance}</span>
                <fieldset id="settings-appearance" class="seg" aria-labelledby="settings-appearance-label">
                    {looks.into_iter().collect_view()}
                </fieldset>
            </div>
            <div class="line">
                <label for="settings-language">{s.language}</label>
                <select id="settings-language" on:change=choose>{languages.into_iter().collect_view()}</select>
            </div>
            <Closing/>
        </section>
    }
}

/// What closing the window means.
#[component]
fn Closing() -> impl IntoView {
    let s = &texts().settings;
    let stays = RwSignal::new(None::<bool>);
    let failure = RwSignal::new(None::<Failure>);
    leptos::task::spawn_local(async move {
        match api().stays_in_tray().await {
            Ok(answer) => drop(stays.try_set(Some(answer))),
            Err(error) => drop(failure.try_set(Some(error))),
        }
    });
    let choose = move |event| {
        let on = event_target_checked(&event);
        failure.set(None);
        leptos::task::spawn_local(async move {
            match api().set_stays_in_tray(on).await {
                Ok(()) => drop(stays.try_set(Some(on))),
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    };
    view! {
        <div class="line">
            <label for="settings-tray">{s.closing}<small class="muted">{s.closing_hint}</small></label>
            <input
                id="settings-tray"
                type="checkbox"
                disabled=move || stays.get().is_none()
                prop:checked=move || stays.get().unwrap_or_default()
                on:change=choose
            />
        </div>
        {move || failure.get().map(|failure| view! { <FailureBox failure still=true/> })}
    }
}

//! The database of a profile: what is set, and another one in its place.

use aitta_model::{DatabaseEngine, DatabaseUrl, Settings, SourceCheck};
use leptos::prelude::*;

use crate::api::api;
use crate::components::icon::Icon;
use crate::components::place::check::{SourceResult, Tested};
use crate::components::place::fields::DatabaseFields;
use crate::components::place::form::DatabaseForm;
use crate::preferences::texts;
use crate::texts::setup::Lack;

/// Another database than the one that is set, while it is entered.
#[derive(Clone, Copy)]
pub(super) struct Other {
    pub(super) form: RwSignal<DatabaseForm>,
    pub(super) lacks: RwSignal<Vec<Lack>>,
    pub(super) open: RwSignal<bool>,
    pub(super) tested: Tested<SourceCheck>,
}

impl Other {
    /// Begins with what is set.
    pub(super) fn of(settings: &Settings) -> Self {
        Self {
            form: RwSignal::new(begun(settings)),
            lacks: RwSignal::new(Vec::new()),
            open: RwSignal::new(false),
            tested: Tested::new(),
        }
    }
}

/// The form before anything is entered in it.
pub(super) fn begun(settings: &Settings) -> DatabaseForm {
    match &settings.database_url {
        Some(url) => DatabaseForm::of(url, settings.password_in_keychain),
        None => DatabaseForm::default(),
    }
}

#[component]
pub(super) fn Database(
    settings: Settings,
    other: Other,
    /// Something is another now.
    edited: Callback<()>,
) -> impl IntoView {
    let t = texts();
    let s = &t.settings;
    let tested = other.tested;
    let fixed = settings.fixed.iter().any(|name| name == "database");
    let url = settings.database_url.clone();
    let is_postgres = settings.profile.engine == Some(DatabaseEngine::Postgresql);
    let kept = if settings.password_in_keychain { s.password_kept } else { s.password_elsewhere };
    let now = url.clone();
    let test = move |_| {
        let url = if other.open.get_untracked() {
            match other.form.with_untracked(DatabaseForm::to_url) {
                Ok(url) => url,
                Err(lacks) => return other.lacks.set(lacks),
            }
        } else {
            DatabaseUrl::new(now.clone().unwrap_or_default())
        };
        tested.run(api().check_source(url), || ());
    };
    let before = begun(&settings);
    let toggle = move |_| {
        other.open.update(|open| *open = !*open);
        other.form.set(before.clone());
        other.lacks.update(Vec::clear);
        tested.forget();
        edited.run(());
    };
    let none = url.is_none();
    let body = move || {
        if other.open.get() {
            return view! {
                <DatabaseFields
                    form=other.form
                    lacks=other.lacks
                    changed=move |()| {
                        tested.forget();
                        edited.run(());
                    }
                />
            }
            .into_any();
        }
        match url.clone() {
            Some(url) => view! {
                <p class="url"><code>{url}</code></p>
                {is_postgres.then(|| view! { <p class="small muted with-icon"><Icon name="key"/>{kept}</p> }.into_any())}
            }
            .into_any(),
            None => view! { <p class="muted">{s.no_database}</p> }.into_any(),
        }
    };
    view! {
        <section class="card part" aria-labelledby="settings-database">
            <header class="row">
                <h2 id="settings-database">{s.database}</h2>
                <button id="settings-change" type="button" class="btn small" disabled=fixed on:click=toggle>
                    {move || if other.open.get() { s.keep } else { s.change }}
                </button>
            </header>
            <div class="body">
                {move || body()}
                {fixed.then(|| view! { <p class="small muted">{s.fixed}</p> }.into_any())}
                <div class="test">
                    <button
                        id="settings-check"
                        type="button"
                        class="btn"
                        disabled=move || tested.is_busy() || (none && !other.open.get())
                        on:click=test
                    >
                        {t.setup.check_connection}
                    </button>
                    <SourceResult tested/>
                </div>
            </div>
        </section>
    }
}

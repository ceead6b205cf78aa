//! What is entered about a database and a folder; the settings use it as well.

use leptos::prelude::*;

use super::form::{DatabaseForm, Kind};
use crate::preferences::texts;
use crate::texts::setup::Lack;

/// One line with its label, and what lacks below it.
#[component]
pub(crate) fn Line(
    id: &'static str,
    #[prop(into)] label: String,
    #[prop(into)] value: Signal<String>,
    #[prop(into)] on_change: Callback<String>,
    #[prop(optional, into)] hint: String,
    #[prop(optional, into)] problem: Signal<Option<String>>,
    #[prop(default = "text")] kind: &'static str,
    #[prop(optional, into)] disabled: Signal<bool>,
) -> impl IntoView {
    let described = format!("{id}-hint");
    let input = NodeRef::<leptos::html::Input>::new();
    Effect::new(move || {
        if problem.with(Option::is_none) {
            return;
        }
        // Of several the first; by the next frame all are marked.
        request_animation_frame(move || {
            let Some(Some(input)) = input.try_get_untracked() else { return };
            let first = input.closest("form").ok().flatten();
            let first = first.and_then(|form| form.query_selector("[aria-invalid=true]").ok().flatten());
            if first.is_none_or(|first| first.is_same_node(Some(&input))) {
                drop(input.focus());
            }
        });
    });
    let has_hint = !hint.is_empty();
    let lower = move || match problem.get() {
        Some(problem) => Some(view! { <small class="problem" role="alert">{problem}</small> }.into_any()),
        None => has_hint.then(|| view! { <small>{hint.clone()}</small> }.into_any()),
    };
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                node_ref=input
                id=id
                type=kind
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                aria-describedby=described.clone()
                aria-invalid=move || problem.with(Option::is_some).then_some("true")
                disabled=move || disabled.get()
                prop:value=move || value.get()
                on:input=move |event| on_change.run(event_target_value(&event))
            />
            <div id=described>{move || lower()}</div>
        </div>
    }
}

/// The database: its kind, and what is needed to reach it.
#[component]
pub(crate) fn DatabaseFields(
    form: RwSignal<DatabaseForm>,
    lacks: RwSignal<Vec<Lack>>,
    /// Something is another now.
    #[prop(into)]
    changed: Callback<()>,
) -> impl IntoView {
    let t = texts();
    let s = &t.setup;
    let update = move |set: &dyn Fn(&mut DatabaseForm)| {
        form.update(|form| set(form));
        lacks.update(Vec::clear);
        changed.run(());
    };
    let kind = Memo::new(move |_| form.with(|form| form.kind));
    let by_url = Memo::new(move |_| form.with(|form| form.by_url));
    let choice = move |id: &'static str, this: Kind, name: &'static str, words: &'static str| {
        view! {
            <label class="choice" class:on=move || kind.get() == this>
                <input
                    id=id
                    type="radio"
                    name="setup-kind"
                    prop:checked=move || kind.get() == this
                    on:change=move |_| update(&|form| form.kind = this)
                />
                <span><strong>{name}</strong><small>{words}</small></span>
            </label>
        }
    };
    let way = move |id: &'static str, this: bool, name: &'static str| {
        view! {
            <label class:on=move || by_url.get() == this>
                <input
                    id=id
                    type="radio"
                    name="setup-way"
                    prop:checked=move || by_url.get() == this
                    on:change=move |_| update(&|form| form.by_url = this)
                />
                {name}
            </label>
        }
    };
    let line = move |id,
                     label: &'static str,
                     hint: &'static str,
                     what: Lack,
                     type_,
                     part: fn(&mut DatabaseForm) -> &mut String| {
        let value = Signal::derive(move || part(&mut form.get()).clone());
        let problem = Signal::derive(move || {
            lacks.with(|l| l.contains(&what)).then(|| (t.setup.lack)(what).to_owned())
        });
        // What else lacks stays told.
        let on_change = move |text: String| {
            form.update(|form| part(form).clone_from(&text));
            lacks.update(|lacks| lacks.retain(|lack| *lack != what));
            changed.run(());
        };
        view! { <Line id label value on_change hint problem kind=type_/> }
    };
    let fields = move || match (kind.get(), by_url.get()) {
        (Kind::Sqlite, _) => {
            line("setup-path", s.path, s.path_hint, Lack::Path, "text", |f| &mut f.path).into_any()
        }
        (Kind::Postgres, true) => {
            line("setup-url", s.url, s.password_hint, Lack::Url, "text", |f| &mut f.url).into_any()
        }
        (Kind::Postgres, false) => view! {
            <div class="pair wide-first">
                {line("setup-host", s.host, "", Lack::Host, "text", |f| &mut f.host)}
                {line("setup-port", s.port, "", Lack::Port, "text", |f| &mut f.port)}
            </div>
            <div class="pair">
                {line("setup-database", s.database_name, "", Lack::Database, "text", |f| &mut f.database)}
                {line("setup-user", s.user, "", Lack::User, "text", |f| &mut f.user)}
            </div>
            // Nothing is ever wrong with it before the server says so.
            {line("setup-password", s.password, s.password_hint, Lack::Path, "password", |f| &mut f.password)}
        }
        .into_any(),
    };
    view! {
        <fieldset class="choices two" aria-label=s.kind>
            {choice("setup-kind-postgres", Kind::Postgres, "PostgreSQL", s.postgres_words)}
            {choice("setup-kind-sqlite", Kind::Sqlite, "SQLite", s.sqlite_words)}
        </fieldset>
        {move || (kind.get() == Kind::Postgres).then(|| view! {
            <fieldset class="seg" aria-label=s.how>
                {way("setup-by-parts", false, s.by_parts)}
                {way("setup-by-url", true, s.by_url)}
            </fieldset>
        }.into_any())}
        <div class="fields">{move || fields()}</div>
    }
}

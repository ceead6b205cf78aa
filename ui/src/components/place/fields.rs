//! What is entered about a database and a folder; the settings use it as well.

use leptos::prelude::*;

use super::form::{DatabaseForm, Kind, NoPassword};
use super::path::{PathLine, Wanted};
use crate::preferences::texts;
use crate::texts::setup::Lack;

pub(crate) use super::line::Line;

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
        let on_change = Callback::new(move |text: String| {
            form.update(|form| part(form).clone_from(&text));
            lacks.update(|lacks| lacks.retain(|lack| *lack != what));
            changed.run(());
        });
        if what == Lack::Path && type_ == "text" {
            return view! {
                <PathLine id wanted=Wanted::File label value on_change hint problem disabled=false/>
            }
            .into_any();
        }
        let note = Signal::derive(move || {
            let empty = form.with(|form| type_ == "password" && form.password.is_empty());
            match form.with(DatabaseForm::no_password) {
                NoPassword::Kept if empty => Some(s.password_keep.to_owned()),
                NoPassword::OfAnother if empty => Some(s.password_of_another.to_owned()),
                _ => None,
            }
        });
        view! { <Line id label value on_change hint problem note kind=type_/> }.into_any()
    };
    let tls = move || {
        let now = form.with_untracked(|form| form.tls.clone());
        let modes = ["", "disable", "require", "verify-ca", "verify-full"];
        let own = (!modes.contains(&now.as_str())).then_some(now.clone());
        let modes = modes.into_iter().map(str::to_owned).chain(own).map(|mode| {
            view! { <option value=mode.clone() selected=mode == now>{(s.tls_mode)(&mode)}</option> }
                .into_any()
        });
        view! {
            <label class="field">
                <span>{s.tls}</span>
                <select
                    id="setup-tls"
                    on:change=move |event| {
                        let mode: String = event_target_value(&event);
                        update(&|form| form.tls.clone_from(&mode));
                    }
                >
                    {modes.collect_view()}
                </select>
            </label>
        }
        .into_any()
    };
    let fields = move || match (kind.get(), by_url.get()) {
        (Kind::Sqlite, _) => line("setup-path", s.path, s.path_hint, Lack::Path, "text", |f| &mut f.path),
        (Kind::Postgres, true) => line("setup-url", s.url, s.url_hint, Lack::Url, "text", |f| &mut f.url),
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
            {tls()}
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

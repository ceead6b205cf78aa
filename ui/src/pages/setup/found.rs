//! What lies in a store that is chosen, and the kit of the key that opens it. What the store says is data of others.

use aitta_model::{
    DatabaseEngine, Guarded, ImportKeyRequest, KeyText, NeededKey, ReasonCode, StoreContents, StoredDatabase,
    plain,
};
use leptos::prelude::*;

use crate::api::api;
use crate::components::guarded::{GuardedFields, GuardedForm};
use crate::components::icon::Icon;
use crate::components::kit_input::KitInput;
use crate::components::place::store::StoreForm;
use crate::format;
use crate::plain::last_part;
use crate::preferences::texts;

/// Keys that are named one by one at most.
const NAMED: usize = 6;
/// Characters of the name of a profile at most.
const NAME: usize = 64;

/// A name for the profile of these backups, of signs that mean nothing anywhere; empty when there is none.
pub(super) fn suggested_name(databases: &[StoredDatabase]) -> String {
    let Some(newest) = databases.first() else { return String::new() };
    let last = last_part(&newest.database);
    let stem = match newest.engine == DatabaseEngine::Sqlite {
        true => last.rsplit_once('.').map_or(last, |(stem, _)| stem),
        false => last,
    };
    let kept = stem.chars().filter(|c| c.is_alphanumeric() || "-_. ".contains(*c)).take(NAME);
    kept.collect::<String>().trim().to_owned()
}

/// The figures of a store, and which key opens what.
#[component]
pub(super) fn Contents(found: StoreContents) -> impl IntoView {
    let t = texts();
    let m = &t.machine;
    let newest = found.newest.map(|at| {
        let exact = format::exact(at, format::offset(at));
        let words = format::time(t, at, format::now(), format::offset(at));
        view! { <div><dt>{m.newest}</dt><dd title=exact>{words}</dd></div> }.into_any()
    });
    let databases = found.databases.iter().map(|one| {
        let engine = match one.engine.known() {
            Some(DatabaseEngine::Postgresql) => " · PostgreSQL",
            Some(DatabaseEngine::Sqlite) => " · SQLite",
            None => "",
        };
        format!("{}{engine}", plain(&one.database))
    });
    let databases: Vec<String> = databases.collect();
    let databases = if databases.is_empty() { m.databases_unknown.to_owned() } else { databases.join(", ") };
    let line = |class: &'static str, icon: &'static str, words: String| {
        view! { <li class=class><Icon name=icon/><span>{words}</span></li> }.into_any()
    };
    let keys = |keys: &[NeededKey], words: fn(&str, u64) -> String, class, icon| {
        let named = keys.iter().take(NAMED).map(|key| line(class, icon, words(&key.key_id, key.archives)));
        let more = keys.len().checked_sub(NAMED).filter(|more| *more > 0);
        named.chain(more.map(|more| line(class, icon, format!("+ {more}")))).collect_view()
    };
    let unclear = (found.unclear > 0).then(|| line("", "question", (m.unclear)(found.unclear)));
    let all = found.missing.is_empty() && found.unclear == 0 && !found.at_hand.is_empty();
    view! {
        <dl class="card facts" id="found">
            <div><dt>{t.setup.place}</dt><dd>{plain(&found.location)}</dd></div>
            <div><dt>{m.backups}</dt><dd id="found-backups">{format::number(found.archives)}</dd></div>
            {newest}
            <div><dt>{m.databases}</dt><dd id="found-databases">{databases}</dd></div>
        </dl>
        <ul class="guards" id="found-keys" aria-live="polite">
            {keys(&found.at_hand, m.opens, "ok", "check")}
            {keys(&found.missing, m.needs, "warn", "key")}
            {unclear}
            {all.then(|| line("ok", "check", m.opened_all.to_owned()))}
        </ul>
    }
}

/// Takes a key out of its kit, and looks again at what opens.
#[component]
pub(super) fn Import(
    store: RwSignal<StoreForm>,
    /// Whether there is an active key already: another one is then guarded.
    has_active: bool,
    /// The reason that is likely.
    reason: (ReasonCode, &'static str),
    done: Callback<StoreContents>,
) -> impl IntoView {
    let m = &texts().machine;
    let text = RwSignal::new(String::new());
    let guarded = if has_active { GuardedForm::with_code(Guarded::Keys) } else { GuardedForm::with_reason() };
    guarded.because(reason.0, reason.1);
    let ready = move || guarded.is_ready() && text.with(|text| !text.trim().is_empty());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if !untrack(ready) {
            return;
        }
        let form = store.get_untracked();
        let ask = |reason, mfa| {
            let request = ImportKeyRequest { key: KeyText::new(text.get_untracked()), reason, mfa };
            api().import_key_of_store(&form.to_settings(), form.credentials().as_ref(), request)
        };
        guarded.send(ask, move |found| {
            text.try_set(String::new());
            done.try_run(found);
        });
    };
    view! {
        <form class="card pad import" on:submit=submit autocomplete="off">
            <KitInput id="import" text/>
            <GuardedFields id="import" form=guarded/>
            <div class="buttons">
                <button id="import-go" type="submit" class="btn primary" disabled=move || !ready()>
                    {move || if guarded.is_busy() { m.importing } else { m.import }}
                </button>
            </div>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use aitta_model::Word;

    use super::*;

    fn database(engine: &str, database: &str) -> StoredDatabase {
        StoredDatabase { engine: Word::read(engine), database: database.to_owned() }
    }

    #[test]
    fn a_profile_is_named_after_its_backups_without_signs_that_mean_something() {
        let of = |engine: &str, name: &str| suggested_name(&[database(engine, name)]);
        assert_eq!(of("postgresql", "db1.example:5432/carwash"), "carwash");
        assert_eq!(of("sqlite", "/srv/data/shop.db"), "shop");
        // The owner of a store may write into a sidecar what he wants.
        assert_eq!(of("postgresql", "a:copy:1\u{202e}\"]\n[x"), "acopy1x");
        assert_eq!(of("postgresql", &"n".repeat(200)).len(), NAME);
        assert_eq!(of("postgresql", "\"\""), "");
        assert_eq!(suggested_name(&[]), "");
    }
}

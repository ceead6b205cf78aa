//! Keys that backups need and that are missing. Their ids are what headers say, which nobody has signed.

use aitta_model::NeededKey;
use leptos::prelude::*;

use super::kit::ImportButton;
use crate::format;
use crate::preferences::texts;

#[component]
pub(super) fn Missing(keys: Vec<NeededKey>) -> impl IntoView {
    let t = texts();
    let (k, m) = (&t.keys, &t.machine);
    let rows = keys.into_iter().map(|key| {
        let offset = format::offset(key.newest);
        let newest = format::day(t, key.newest, format::now(), offset);
        let exact = format::exact(key.newest, offset);
        view! {
            <tr data-missing=key.key_id.clone()>
                <td><code>{key.key_id.clone()}</code></td>
                <td class="n">{format::number(key.archives)}</td>
                <td class="nowrap"><span title=exact>{newest}</span></td>
                <td class="n"><ImportButton missing=key.key_id.clone()/></td>
            </tr>
        }
        .into_any()
    });
    view! {
        <section class="card" aria-labelledby="keys-missing">
            <header class="row">
                <div><h2 id="keys-missing">{m.missing}</h2><p class="small muted">{m.missing_words}</p></div>
            </header>
            <table class="ring missing">
                <thead><tr>
                    <th scope="col">{k.id}</th><th scope="col" class="n">{m.backups}</th>
                    <th scope="col">{m.newest}</th>
                    <th scope="col"><span class="visually-hidden">{m.import}</span></th>
                </tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </section>
    }
}

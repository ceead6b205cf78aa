//! The tables of a backup.

use std::sync::Arc;

use aitta_model::TableSummary;
use leptos::prelude::*;
use leptos_router::components::A;

use crate::address;
use crate::components::icon::Icon;
use crate::format;
use crate::order;
use crate::preferences::texts;

/// So many are shown until somebody asks for all.
const FIRST: usize = 100;

#[component]
pub(super) fn Tables(
    tables: Vec<TableSummary>,
    /// The archive, if something can be restored from it.
    archive: Option<String>,
) -> impl IntoView {
    let t = texts();
    let b = &t.backups;
    let (text, all) = (RwSignal::new(String::new()), RwSignal::new(false));
    let count = (t.common.tables)(tables.len() as u64);
    let several = tables.len() > 5;
    let tables = Arc::new(tables);
    let found = {
        let tables = tables.clone();
        Memo::new(move |_| text.with(|text| matching(&tables, text)))
    };
    let shown = move || {
        let n = if all.get() { usize::MAX } else { FIRST };
        found.with(|found| found.iter().copied().take(n).collect::<Vec<_>>())
    };
    let line = move |i: usize| view! { <Line table=tables[i].clone() archive=archive.clone()/> };
    let rest = move || {
        let n = found.with(Vec::len);
        (n > FIRST && !all.get()).then(|| {
            view! {
                <p class="rest">
                    <button class="btn" on:click=move |_| all.set(true)>{(b.show_all)(n as u64)}</button>
                </p>
            }
            .into_any()
        })
    };
    view! {
        <section class="card tables">
            <header class="row">
                <h2>{b.tables}" "<span class="muted small">{count}</span></h2>
                {several.then(|| view! {
                    <label class="seek">
                        <span class="visually-hidden">{b.find_table}</span>
                        <Icon name="search"/>
                        <input
                            id="backup-tables-search"
                            type="search"
                            placeholder=b.find_table
                            autocomplete="off"
                            spellcheck="false"
                            prop:value=move || text.get()
                            on:input=move |event| text.set(event_target_value(&event))
                        />
                    </label>
                }.into_any())}
            </header>
            <table>
                <thead><tr>
                    <th scope="col">{b.table}</th>
                    <th scope="col" class="n">{b.rows}</th>
                    <th scope="col" class="n">{b.size_stored}</th>
                    <th scope="col"><span class="visually-hidden">{t.common.restore_}</span></th>
                    <th scope="col"><span class="visually-hidden">{b.columns}</span></th>
                </tr></thead>
                <For each=shown key=|i| *i children=line/>
            </table>
            {move || found.with(Vec::is_empty).then(|| view! { <p class="pad muted">{b.no_table}</p> }.into_any())}
            {move || rest()}
        </section>
    }
}

/// The numbers of the tables whose name holds every word, the largest first.
fn matching(tables: &[TableSummary], text: &str) -> Vec<usize> {
    let text = text.to_lowercase();
    let words: Vec<&str> = text.split_whitespace().collect();
    let fits = |table: &TableSummary| {
        let name = table.name.to_lowercase();
        words.iter().all(|word| name.contains(word))
    };
    let mut found: Vec<usize> = (0..tables.len()).filter(|i| fits(&tables[*i])).collect();
    order::sort(&mut found, &|a, b| {
        let (a, b) = (&tables[a], &tables[b]);
        b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name))
    });
    found
}

/// A body of its own for each table, so that its columns can open below it.
#[component]
fn Line(table: TableSummary, archive: Option<String>) -> impl IntoView {
    let t = texts();
    let b = &t.backups;
    let restore = archive.map(|archive| {
        let label = format!("{} {}", t.common.restore_, table.name);
        let href = address::restore_tables(&archive, std::slice::from_ref(&table.name));
        view! { <A href=href attr:class="btn small" attr:aria-label=label>{t.common.restore_}</A> }.into_any()
    });
    let open = RwSignal::new(false);
    let exact = |n: u64| format!("{} B", format::number(n));
    let (bytes, exact_bytes) = (format::bytes(table.bytes), exact(table.bytes));
    let name = table.name.clone();
    let count = (b.columns_n)(table.columns.len() as u64);
    let label = format!("{}: {count}", table.name);
    let columns = move || {
        open.get().then(|| {
            let columns = table.columns.iter().map(|column| {
                // `name type`; a name may hold blanks, a type rarely begins with a capital, nobody can tell.
                view! { <li><code>{column.clone()}</code></li> }.into_any()
            });
            view! {
                <tr class="columns">
                    <td colspan="5">
                        <ul>{columns.collect_view()}</ul>
                        <p class="xs muted">{b.size_before}" "<span title=exact_bytes.clone()>{bytes.clone()}</span></p>
                        <p class="xs muted">{b.digest}" "<code>{table.digest.clone()}</code></p>
                    </td>
                </tr>
            }
            .into_any()
        })
    };
    view! {
        <tbody data-table=name.clone()>
            <tr>
                <td class="name" title=name.clone()>{name.clone()}</td>
                <td class="n">{format::number(table.rows)}</td>
                <td class="n" title=exact(table.stored_bytes)>{format::bytes(table.stored_bytes)}</td>
                <td class="n more">{restore}</td>
                <td class="n more">
                    <button
                        class="disclose"
                        aria-expanded=move || open.get().to_string()
                        aria-label=label
                        on:click=move |_| open.update(|open| *open = !*open)
                    >
                        {count}<Icon name="down"/>
                    </button>
                </td>
            </tr>
            {move || columns()}
        </tbody>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_found_by_every_word_and_the_largest_comes_first() {
        let table = |name: &str, bytes| TableSummary {
            name: name.to_owned(),
            rows: 1,
            bytes,
            stored_bytes: 1,
            digest: String::new(),
            columns: Vec::new(),
        };
        let tables = [table("audit_2024", 1), table("Booking", 9), table("audit_2025", 5)];
        assert_eq!(matching(&tables, ""), [1, 2, 0]);
        assert_eq!(matching(&tables, "AUDIT 24"), [0]);
        assert!(matching(&tables, "none").is_empty());
    }
}

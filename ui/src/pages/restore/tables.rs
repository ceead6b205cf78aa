//! Which tables.

use std::collections::HashSet;
use std::sync::Arc;

use aitta_model::{ArchiveDetails, TableSummary};
use leptos::prelude::*;

use super::choice::{Catalog, Line, neighbours, parts};
use super::kept::Kept;
use super::rows::{RowOf, Rows, enter_list};
use crate::components::icon::Icon;
use crate::components::live::live;
use crate::format;
use crate::preferences::texts;
use crate::texts::restore::Neighbour;

/// Height of a line in pixels.
const HEIGHT: usize = 40;

#[component]
pub(super) fn TablesPart() -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    // Made anew only for another archive.
    let source = Memo::new(move |_| kept.wizard.with(|w| w.source.as_ref().map(|s| Hold(s.details.clone()))));
    view! {
        <h3 class="which">{t.restore.which_tables}</h3>
        <Scope/>
        {move || source.get().map(|Hold(details)| view! { <Choice details/> })}
    }
}

/// The same archive is the same allocation: nothing else is compared.
#[derive(Clone)]
struct Hold(Arc<ArchiveDetails>);

impl PartialEq for Hold {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Chosen tables, or the whole database.
#[component]
fn Scope() -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    let can = move || kept.wizard.with(|w| w.can_be_whole());
    let whole = move || kept.wizard.with(|w| w.whole);
    let set = move |whole| kept.wizard.update(|w| w.whole = whole);
    let more = move || if can() { t.restore.whole_more } else { t.restore.whole_not };
    view! {
        <fieldset class="options two">
            <legend class="visually-hidden">{t.restore.which_tables}</legend>
            <label class="option" class:chosen=move || !whole()>
                <input id="restore-some" type="radio" name="restore-scope" prop:checked=move || !whole() on:change=move |_| set(false)/>
                <span><strong>{t.restore.some}</strong><small>{t.restore.some_more}</small></span>
            </label>
            <label class="option" class:chosen=whole class:off=move || !can()>
                <input
                    id="restore-whole" type="radio" name="restore-scope"
                    prop:checked=whole disabled=move || !can() on:change=move |_| set(true)
                />
                <span><strong>{t.restore.whole}</strong><small>{move || more()}</small></span>
            </label>
        </fieldset>
    }
}

#[component]
fn Choice(details: Arc<ArchiveDetails>) -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    let all = details.table_list.len();
    let catalog = Arc::new(Catalog::new(&details.table_list));
    let text = RwSignal::new(String::new());
    let closed = RwSignal::new(HashSet::new());
    let near = Memo::new({
        let details = details.clone();
        move |_| kept.wizard.with(|w| neighbours(&details.foreign_keys, &w.chosen))
    });
    let lines = Memo::new({
        let catalog = catalog.clone();
        move |_| Arc::new(text.with(|text| closed.with(|closed| catalog.lines(text, closed))))
    });
    let found = Memo::new({
        let catalog = catalog.clone();
        move |_| text.with(|text| catalog.found(text))
    });
    let names = {
        let details = details.clone();
        move || -> Vec<String> {
            let name = |i: &usize| details.table_list.get(*i).map(|t| t.name.clone());
            found.with_untracked(|found| found.iter().filter_map(name).collect())
        }
    };
    let set_found = move |names: Vec<String>| {
        kept.wizard.update(|w| names.iter().for_each(|name| w.set(name, true)));
    };
    let some_found = move || found.with(|f| f.len() < all);
    let row: RowOf<Line> = Arc::new(move |line| match line {
        Line::Schema(number) => {
            view! { <SchemaLine number catalog=catalog.clone() details=details.clone() closed found/> }
                .into_any()
        }
        Line::Table(i) => {
            details.table_list.get(i).cloned().map(|table| view! { <TableLine table near/> }).into_any()
        }
    });
    // The list must not be made anew by every choice: the focus is in it.
    let whole = Memo::new(move |_| kept.wizard.with(|w| w.whole));
    live(move || {
        if whole.get() {
            return view! { <p class="note info"><Icon name="info"/><span>{t.restore.whole_note}</span></p> }
                .into_any();
        }
        let names = names.clone();
        view! {
            <div class="card list">
                <div class="find">
                    <Icon name="search"/>
                    <input
                        id="restore-find-table"
                        type="search"
                        placeholder=t.restore.find_table
                        aria-label=t.restore.find_table
                        prop:value=move || text.get()
                        on:input=move |event| text.set(event_target_value(&event))
                        on:keydown=move |event| enter_list(&event)
                    />
                    <button type="button" id="restore-all" class="btn ghost small" on:click=move |_| set_found(names())>
                        {move || if some_found() {
                            (t.restore.select_found)(found.with(|f| f.len() as u64))
                        } else {
                            t.restore.select_all.to_owned()
                        }}
                    </button>
                    <button
                        type="button" id="restore-none" class="btn ghost small"
                        disabled=move || kept.wizard.with(|w| w.chosen.is_empty())
                        on:click=move |_| kept.wizard.update(|w| w.chosen.clear())
                    >
                        {t.restore.select_none}
                    </button>
                </div>
                <div class="pick table-line head" aria-hidden="true">
                    <span></span><span>{t.restore.table}</span><span></span>
                    <span class="n">{t.restore.rows_in_backup}</span><span class="n">{t.restore.size}</span>
                </div>
                <Rows lines=lines height=HEIGHT row=row.clone() label=t.restore.which_tables reset=text/>
                {move || found.with(|f| f.is_empty()).then(|| view! { <p class="pad muted">{t.restore.none_found}</p> }.into_any())}
            </div>
        }
        .into_any()
    })
}

#[component]
fn TableLine(table: TableSummary, near: Memo<Vec<Neighbour>>) -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    let name = StoredValue::new(table.name.clone());
    let is_chosen = move || name.with_value(|name| kept.wizard.with(|w| w.chosen.contains(name)));
    let toggle = move |event| {
        let on = event_target_checked(&event);
        kept.wizard.update(|w| name.with_value(|name| w.set(name, on)));
    };
    let tie = move || {
        near.with(|near| {
            name.with_value(|name| near.iter().find(|n| n.table == *name).map(|n| (t.restore.tie)(n)))
        })
    };
    let sizes = (t.restore.exact_sizes)(table.bytes, table.stored_bytes);
    view! {
        <label class="pick table-line" class:chosen=is_chosen>
            <input type="checkbox" data-table=table.name.clone() prop:checked=is_chosen on:change=toggle/>
            <span class="name" title=table.name.clone()>{parts(&table.name).1.to_owned()}</span>
            <span class="tie xs muted" title=tie>{move || tie()}</span>
            <span class="n">{format::number(table.rows)}</span>
            <span class="n" title=sizes>{format::bytes(table.bytes)}</span>
        </label>
    }
}

/// A schema: all of it at once, and opened and closed.
#[component]
fn SchemaLine(
    number: usize,
    catalog: Arc<Catalog>,
    details: Arc<ArchiveDetails>,
    closed: RwSignal<HashSet<usize>>,
    /// Places of the tables that the search has found, in order.
    found: Memo<Vec<usize>>,
) -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    let group = catalog.groups.get(number).cloned();
    let schema = group.as_ref().map(|g| g.schema.clone()).filter(|s| !s.is_empty());
    let schema = schema.unwrap_or_else(|| "public".to_owned());
    let places = group.map(|g| g.tables).unwrap_or_default();
    // Only what is in view is chosen by one click.
    let names = Memo::new(move |_| {
        let shown = places.iter().filter(|i| found.with(|found| found.binary_search(i).is_ok()));
        let names = shown.filter_map(|i| details.table_list.get(*i)).map(|t| t.name.clone());
        names.collect::<Vec<String>>()
    });
    let all = move || names.with(Vec::len);
    let chosen = move || {
        kept.wizard.with(|w| names.with(|names| names.iter().filter(|n| w.chosen.contains(*n)).count()))
    };
    let toggle = move |event| {
        let on = event_target_checked(&event);
        let names = names.get_untracked();
        kept.wizard.update(|w| names.iter().for_each(|name| w.set(name, on)));
    };
    let is_open = move || closed.with(|closed| !closed.contains(&number));
    let fold = move |_| {
        closed.update(|closed| {
            if !closed.remove(&number) {
                closed.insert(number);
            }
        });
    };
    let label = (t.restore.all_of_schema)(&schema);
    view! {
        <div class="pick table-line schema">
            <input
                type="checkbox"
                data-schema=schema.clone()
                aria-label=label
                prop:checked=move || chosen() == all()
                prop:indeterminate=move || { let n = chosen(); n > 0 && n < all() }
                on:change=toggle
            />
            <button type="button" class="fold" aria-expanded=move || is_open().to_string() on:click=fold>
                <span class:closed=move || !is_open()><Icon name="down"/></span>{schema.clone()}
            </button>
            <span class="tie xs muted">{move || (t.restore.of_chosen)(chosen() as u64, all() as u64)}</span>
        </div>
    }
}

//! Sixth step: it is under way.

use std::collections::HashSet;
use std::sync::Arc;

use leptos::prelude::*;

use super::heading::Heading;
use super::kept::{Kept, Run};
use super::rows::{RowOf, Rows};
use crate::activity::{Activities, Doing};
use crate::components::icon::Icon;
use crate::preferences::texts;

const HEIGHT: usize = 36;

#[component]
pub(super) fn ProgressStep() -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    let activities = Activities::here();
    let current = move || activities.current.get().filter(|a| a.doing == Doing::Restoring);
    let stopping = Memo::new(move |_| current().is_some_and(|a| a.cancelling));
    let plan =
        kept.run.with_untracked(|run| if let Run::Running(plan) = run { Some(plan.clone()) } else { None });
    let tables: Vec<(String, u64)> =
        plan.map(|p| p.tables.iter().map(|t| (t.name.clone(), t.archive_rows)).collect()).unwrap_or_default();
    let all = tables.len();
    // Progress may name a table without the quotes that its name needs elsewhere.
    let done = Memo::new(move |_| {
        let tables = current().map(|a| a.course.tables).unwrap_or_default();
        Arc::new(tables.into_iter().map(|(name, _)| name.replace('"', "")).collect::<HashSet<_>>())
    });
    let lines = Signal::stored(Arc::new((0..all).collect::<Vec<_>>()));
    let tables = StoredValue::new(tables);
    let row: RowOf<usize> = Arc::new(move |i| {
        let (name, rows) = tables.with_value(|t| t.get(i).cloned()).unwrap_or_default();
        let key = name.replace('"', "");
        let is_done = Memo::new(move |_| done.with(|done| done.contains(&key)));
        view! {
            <div class="progress-line" class:done=move || is_done.get() data-restoring=name.clone()>
                <Icon name="table"/>
                <span class="name" title=name.clone()>{name.clone()}</span>
                <span class="n muted">{(t.common.rows)(rows)}</span>
                {move || if is_done.get() {
                    view! { <span class="pill ok"><Icon name="check"/>{t.restore.table_done}</span> }.into_any()
                } else {
                    view! { <span class="pill">{t.restore.table_waiting}</span> }.into_any()
                }}
            </div>
        }
        .into_any()
    });
    view! {
        <Heading words=t.restore.under_way more=t.restore.under_way_more/>
        <div class="card pad now">
            <strong>{move || (t.restore.tables_done)(done.with(|d| d.len()).min(all) as u64, all as u64)}</strong>
            <p class="small muted" aria-live="polite">
                {move || if stopping.get() { t.restore.stopping } else { t.restore.stop_means }}
            </p>
        </div>
        <div class="card list">
            <Rows lines=lines height=HEIGHT row label=t.restore.under_way reset=Signal::stored(String::new()) still=true/>
        </div>
    }
}

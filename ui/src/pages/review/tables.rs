//! What became of the tables: rows that were lost, and growth.

use aitta_model::{PastLoss, Review, TableGrowth};
use leptos::prelude::*;

use super::figures;
use crate::address;
use crate::components::badge::{Badge, Tone};
use crate::format;
use crate::plain::named;
use crate::preferences::texts;
use crate::texts::Texts;

/// Tables that are listed; the others changed less.
const TABLES: usize = 8;

/// Losses that are listed on the page that is printed.
const LOSSES: usize = 4;

#[component]
pub(super) fn Tables(review: Review) -> impl IntoView {
    let t = texts();
    let r = &t.review;
    let more_losses = review.losses.len().saturating_sub(LOSSES) + review.more_losses as usize;
    let losses = review.losses.iter().take(LOSSES).map(|loss| {
        let (tone, standing) = standing(t, loss, &review);
        let run = review.month.history.backups.iter().find(|backup| backup.at == loss.found);
        let words = words(t, loss, &review);
        let words = match run {
            Some(backup) => view! { <a href=address::run(backup.run)>{words}</a> }.into_any(),
            None => words.into_any(),
        };
        view! { <li>{words}" "<Badge tone words=standing/></li> }.into_any()
    });
    let losses = (!review.losses.is_empty()).then(|| {
        view! {
            <header class="row"><h2>{r.losses}</h2></header>
            <ul class="losses">{losses.collect_view()}</ul>
            {(more_losses > 0).then(|| view! { <p class="pad xs muted">{(r.more_losses)(more_losses)}</p> }.into_any())}
        }
        .into_any()
    });
    view! {
        <section class="card">
            {losses}
            <header class="row"><h2>{r.growth}</h2></header>
            {growth(t, review.tables)}
        </section>
    }
}

/// `Booking lost 61 % of its rows on 12 Nov`
pub(super) fn words(t: &Texts, loss: &PastLoss, review: &Review) -> String {
    let r = &t.review;
    let day = format::day(t, loss.found, review.now, format::offset(loss.found));
    match loss.loss.rows {
        Some(_) => (r.loss)(&named(&loss.loss.name), &format::percent(loss.loss.share()), &day),
        None => (r.loss_gone)(&named(&loss.loss.name), &(t.common.rows)(loss.loss.rows_before), &day),
    }
}

/// What came of it.
fn standing(t: &Texts, loss: &PastLoss, review: &Review) -> (Tone, String) {
    let r = &t.review;
    match loss.back {
        _ if loss.meant => (Tone::Neutral, r.loss_meant.to_owned()),
        Some(at) => (Tone::Ok, (r.loss_back)(&format::day(t, at, review.now, format::offset(at)))),
        None => (Tone::Warn, r.loss_open.to_owned()),
    }
}

fn growth(t: &'static Texts, tables: Vec<TableGrowth>) -> AnyView {
    let r = &t.review;
    let more = tables.len().saturating_sub(TABLES);
    if tables.is_empty() {
        return view! { <p class="pad muted">{r.no_growth}</p> }.into_any();
    }
    let rows = tables.into_iter().take(TABLES).map(|table| {
        let change = match (table.rows_before, table.rows) {
            (None, _) => r.new_table.to_owned(),
            (_, None) => r.gone_table.to_owned(),
            (before, now) => figures::change(t, before, now),
        };
        let rows = table.rows.map_or_else(|| "–".to_owned(), format::number);
        let bytes = table.bytes.map_or_else(|| "–".to_owned(), format::bytes);
        view! {
            <tr>
                <td class="name">{named(&table.name)}</td>
                <td class="n">{rows}</td>
                <td class="n">{bytes}</td>
                <td class="n muted">{change}</td>
            </tr>
        }
        .into_any()
    });
    view! {
        <table class="dense">
            <thead><tr>
                <th>{r.table}</th><th class="n">{r.rows}</th><th class="n">{t.dashboard.size}</th><th class="n">{r.change}</th>
            </tr></thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
        {(more > 0).then(|| view! { <p class="pad xs muted">{(r.more_tables)(more)}</p> }.into_any())}
    }
    .into_any()
}

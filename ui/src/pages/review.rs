//! One month beside the month before, on one page that can be printed.

mod figures;

use aitta_model::{Date, Review as Figures, RunSummary, TableGrowth};
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;

use crate::address;
use crate::api::api;
use crate::components::badge::Badge;
use crate::components::charts::Four;
use crate::components::failure::title;
use crate::components::icon::Icon;
use crate::components::live::live;
use crate::components::states::asked;
use crate::format;
use crate::preferences::texts;
use crate::texts::Texts;

/// Tables that are listed; the others changed less.
const TABLES: usize = 8;

/// Failures that are listed with their reason on the page that is printed.
const FAILURES: usize = 6;

#[component]
pub(crate) fn Review() -> impl IntoView {
    let query = use_query_map();
    let month = Memo::new(move |_| chosen(query.read().get("month").as_deref(), today()));
    live(move || {
        let day = month.get();
        asked(move || api().review(day), |review| view! { <Page review/> })
    })
}

/// Today by the clock of this machine, in UTC as the engine reckons.
fn today() -> Date {
    format::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// A month as `2026-10`; without one the last that is over, which is what an admin looks at on the first.
fn chosen(text: Option<&str>, today: Date) -> Date {
    let over = before(today).unwrap_or(today);
    text.and_then(|text| format!("{text}-01").parse().ok()).unwrap_or(over)
}

/// The first day of the month before.
fn before(day: Date) -> Option<Date> {
    day.first_of_month().yesterday().ok().map(Date::first_of_month)
}

/// The first day of the month after.
fn after(day: Date) -> Option<Date> {
    day.last_of_month().tomorrow().ok()
}

fn link(month: Date) -> String {
    format!("/review?month={:04}-{:02}", month.year(), month.month())
}

fn name(t: &Texts, month: Date) -> String {
    format!("{} {}", (t.common.month)(month.month()), month.year())
}

#[component]
fn Page(review: Figures) -> impl IntoView {
    let t = texts();
    let r = &t.review;
    let first = review.month.first;
    let earlier = link(before(first).unwrap_or(first));
    let later = after(first).filter(|next| *next <= today()).map(link);
    let figures = figures::figures(t, &review);
    let (ok, _) = figures::backups(&review.month);
    let all_met = figures.iter().all(|f| {
        !matches!(f.tone, crate::components::badge::Tone::Bad | crate::components::badge::Tone::Warn)
    });
    let odd = odd(t, &review);
    let intro = match ok {
        0 => r.intro_none.to_owned(),
        _ if all_met && odd.is_some() => {
            odd.as_ref().map(|(day, what)| (r.intro_odd)(day, what)).unwrap_or_default()
        }
        _ if all_met => (r.intro_good)(&(t.common.backups_n)(ok)),
        _ => (r.intro_bad)(&(t.common.backups_n)(ok)),
    };
    let is_over = after(first).is_some_and(|next| next <= today());
    let offset = format::offset(review.now);
    let until = (!is_over).then(|| (r.so_far)(&format::time(t, review.now, review.now, offset)));
    let printed = (r.printed)(&review.profile.name, &format::exact(review.now, offset), &format::zone());
    let dues = dues(t, &review);
    let rows = figures
        .into_iter()
        .map(|f| {
            view! {
                <tr>
                    <th scope="row">{f.name}</th>
                    <td class="n strong">{f.value}</td>
                    <td class="n">{f.target}</td>
                    <td class="n muted">{f.before}</td>
                    <td class="n muted">{f.change}</td>
                    <td><Badge tone=f.tone words=f.verdict/></td>
                </tr>
            }
            .into_any()
        })
        .collect_view();
    view! {
        <div class="review">
            <header class="page">
                <div>
                    <h1>{(r.title)(&name(t, first))}</h1>
                    <p>{intro} " " <span class="muted">{until}</span></p>
                </div>
                <div class="actions">
                    <A href=earlier attr:class="btn" attr:aria-label=r.earlier attr:title=r.earlier><Icon name="left"/></A>
                    {match later {
                        Some(later) => view! {
                            <A href=later attr:class="btn" attr:aria-label=r.later attr:title=r.later><Icon name="right"/></A>
                        }.into_any(),
                        None => view! {
                            <button class="btn" disabled aria-label=r.later><Icon name="right"/></button>
                        }.into_any(),
                    }}
                    <button class="btn primary" on:click=|_| drop(window().print())><Icon name="print"/>{r.print}</button>
                </div>
            </header>
            <section class="card">
                <header class="row"><h2>{r.figures}</h2></header>
                <table class="figures">
                    <thead><tr>
                        <th>{r.figure}</th>
                        <th class="n">{name(t, first)}</th>
                        <th class="n">{r.target}</th>
                        <th class="n">{r.month_before}</th>
                        <th class="n">{r.change}</th>
                        <th>{r.verdict}</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </section>
            <h2 class="visually-hidden">{r.charts}</h2>
            <Four history=review.month.history.clone() targets=review.targets now=review.now/>
            <div class="thirds">
                <Failures failures=review.failures.clone() now=review.now/>
                <Growth tables=review.tables.clone()/>
                <section class="card due">
                    <header class="row"><h2>{r.due}</h2></header>
                    {if dues.is_empty() {
                        view! { <p class="pad muted">{r.nothing_due}</p> }.into_any()
                    } else {
                        view! { <ul>{dues.into_iter().map(|due| view! { <li>{due}</li> }.into_any()).collect_view()}</ul> }.into_any()
                    }}
                </section>
            </div>
            <p class="xs muted printed">{printed}</p>
        </div>
    }
}

#[component]
fn Failures(failures: Vec<RunSummary>, now: aitta_model::Timestamp) -> impl IntoView {
    let t = texts();
    let r = &t.review;
    let n = failures.len();
    let more = n.saturating_sub(FAILURES);
    let lines = failures
        .into_iter()
        .take(FAILURES)
        .map(|run| {
            let offset = format::offset(run.started);
            let reason = run.failure.as_ref().map(|f| title(t, f)).unwrap_or_default();
            view! {
                <li>
                    <A href=address::run(run.id) attr:title=format::exact(run.started, offset)>
                        {format::time(t, run.started, now, offset)}
                    </A>
                    " · "{(t.common.operation)(run.operation.known())}
                    <p class="muted">{reason}</p>
                </li>
            }
            .into_any()
        })
        .collect_view();
    view! {
        <section class="card">
            <header class="row"><h2>{if n == 0 { t.review.no_failures.to_owned() } else { (r.failures)(n) }}</h2></header>
            <ul>{lines}</ul>
            {(more > 0).then(|| view! { <p class="pad xs"><A href="/runs?outcome=failed">{(t.common.more)(more)}</A></p> }.into_any())}
        </section>
    }
}

#[component]
fn Growth(tables: Vec<TableGrowth>) -> impl IntoView {
    let t = texts();
    let r = &t.review;
    let more = tables.len().saturating_sub(TABLES);
    let empty = tables.is_empty();
    let rows = tables
        .into_iter()
        .take(TABLES)
        .map(|table| {
            let change = match (table.rows_before, table.rows) {
                (None, _) => r.new_table.to_owned(),
                (_, None) => r.gone_table.to_owned(),
                (before, now) => figures::change(t, before, now),
            };
            let rows = table.rows.map_or_else(|| "–".to_owned(), format::number);
            let bytes = table.bytes.map_or_else(|| "–".to_owned(), format::bytes);
            view! {
                <tr>
                    <td class="name">{table.name}</td>
                    <td class="n">{rows}</td>
                    <td class="n">{bytes}</td>
                    <td class="n muted">{change}</td>
                </tr>
            }
            .into_any()
        })
        .collect_view();
    view! {
        <section class="card">
            <header class="row"><h2>{r.growth}</h2></header>
            {if empty {
                view! { <p class="pad muted">{r.no_growth}</p> }.into_any()
            } else {
                view! {
                    <table class="dense">
                        <thead><tr>
                            <th>{r.table}</th><th class="n">{r.rows}</th><th class="n">{t.dashboard.size}</th><th class="n">{r.change}</th>
                        </tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                    {(more > 0).then(|| view! { <p class="pad xs muted">{(r.more_tables)(more)}</p> }.into_any())}
                }.into_any()
            }}
        </section>
    }
}

/// What the admin has to do, most pressing first.
fn dues(t: &Texts, review: &Figures) -> Vec<String> {
    let r = &t.review;
    let mut dues = Vec::new();
    let (ok, all) = figures::backups(&review.month);
    if all > 0 && ok as f64 / all as f64 <= review.targets.success_rate {
        dues.push(r.due_growth.to_owned());
    }
    if let Some((day, what)) = odd(t, review) {
        dues.push((r.due_odd)(&day, &what));
    }
    match review.month.longest_restore_ms {
        None => dues.push(r.due_restore.to_owned()),
        Some(ms) if ms > review.targets.rto_s * 1000 => dues.push((r.due_drill)(&format::duration_ms(ms))),
        Some(_) => {}
    }
    let key = review.key.as_ref();
    let due = key.and_then(|key| {
        key.due.or_else(|| key.since.map(|since| format::days_after(since, review.targets.key_days)))
    });
    if let Some(due) = due.filter(|due| *due < format::days_after(review.now, 31)) {
        let words = if due < review.now { r.due_key_past } else { r.due_key };
        dues.push(words(&format::day(t, due, review.now, format::offset(due))));
    }
    dues
}

/// The last backup of the month that was unlike the others, and how.
fn odd(t: &Texts, review: &Figures) -> Option<(String, String)> {
    let found = review.month.history.backups.iter().rev().find(|backup| backup.anomaly.is_some())?;
    let day = format::day(t, found.at, review.now, format::offset(found.at));
    found.anomaly.clone().map(|what| (day, what))
}

#[cfg(test)]
mod tests {
    use super::chosen;
    use jiff::civil::date;

    #[test]
    fn without_a_choice_the_last_month_is_reviewed() {
        let today = date(2026, 11, 1);
        assert_eq!(chosen(None, today), date(2026, 10, 1));
        assert_eq!(chosen(Some("2026-03"), today), date(2026, 3, 1));
        assert_eq!(chosen(Some("nonsense"), today), date(2026, 10, 1));
        assert_eq!(chosen(None, date(2026, 1, 31)), date(2025, 12, 1));
    }
}

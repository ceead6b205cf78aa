//! One month beside the month before, on one page that can be printed.

mod deeds;
mod due;
mod figures;
mod tables;

use aitta_model::{Date, Review as Figures, RunSummary};
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;

use self::deeds::Deeds;
use self::due::Due;
use self::tables::Tables;
use crate::address;
use crate::api::api;
use crate::clock::Clock;
use crate::components::badge::Badge;
use crate::components::charts::Four;
use crate::components::failure::title;
use crate::components::icon::Icon;
use crate::components::live::live;
use crate::components::states::asked;
use crate::format;
use crate::preferences::texts;
use crate::texts::Texts;

/// Failures that are listed with their reason on the page that is printed.
const FAILURES: usize = 6;

#[component]
pub(crate) fn Review() -> impl IntoView {
    let query = use_query_map();
    let month = Memo::new(move |_| chosen(query.read().get("month").as_deref()));
    let clock = Clock::here();
    live(move || {
        let day = month.get();
        let ask = move || {
            clock.follow_runs();
            api().review(day)
        };
        asked(ask, |review| view! { <Page review/> })
    })
}

/// Today by the clock of this machine, in UTC as the engine reckons.
fn today() -> Date {
    format::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// A month as `2026-10`. Without one the engine chooses: the last that is over, which is what an admin looks at on the
/// first, or the first of which anything is known.
fn chosen(text: Option<&str>) -> Option<Date> {
    text.and_then(|text| format!("{text}-01").parse().ok())
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
    // Before the first run there is nothing to look at.
    let began = review.since.map_or(first, Date::first_of_month);
    let earlier = before(first).filter(|month| *month >= began).map(link);
    let later = after(first).filter(|next| *next <= today()).map(link);
    let figures = figures::figures(t, &review);
    let (ok, _) = figures::backups(&review.month);
    let all_met = figures.iter().all(|f| {
        !matches!(f.tone, crate::components::badge::Tone::Bad | crate::components::badge::Tone::Warn)
    });
    let odd = figures::odd(t, &review);
    let loss = review.losses.iter().find(|loss| !loss.meant).map(|loss| tables::words(t, loss, &review));
    let intro = match ok {
        0 => r.intro_none.to_owned(),
        // With a trail that was altered nobody knows what kind of month it was.
        _ if all_met && !review.trail_intact => r.trail_altered.to_owned(),
        _ if all_met => match (loss, odd) {
            (Some(what), _) => (r.intro_loss)(&what),
            (None, Some((day, what))) => (r.intro_odd)(&day, &what),
            // A month that began with its last days was no good one yet.
            (None, None) => match figures::begun_within(&review) {
                Some(day) => {
                    (r.intro_begun)(&(t.common.day)(day.day(), day.month(), None), &(t.common.backups_n)(ok))
                }
                None => (r.intro_good)(&(t.common.backups_n)(ok)),
            },
        },
        _ => (r.intro_bad)(&(t.common.backups_n)(ok)),
    };
    let is_over = after(first).is_some_and(|next| next <= today());
    let offset = format::offset(review.now);
    let until = (!is_over).then(|| (r.so_far)(&format::time(t, review.now, review.now, offset)));
    let printed = (r.printed)(&review.profile.name, &format::exact(review.now, offset), &format::zone());
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
                    {step(earlier, r.earlier, "left")}
                    {step(later, r.later, "right")}
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
            <Deeds review=review.clone()/>
            <div class="thirds">
                <Failures failures=review.failures.clone() now=review.now/>
                <Tables review=review.clone()/>
                <Due review/>
            </div>
            <p class="xs muted printed">{printed}</p>
        </div>
    }
}

/// The way to another month, if there is one.
fn step(to: Option<String>, words: &'static str, icon: &'static str) -> AnyView {
    match to {
        Some(to) => view! {
            <A href=to attr:class="btn" attr:aria-label=words attr:title=words><Icon name=icon/></A>
        }
        .into_any(),
        None => {
            view! { <button class="btn" disabled aria-label=words title=words><Icon name=icon/></button> }
                .into_any()
        }
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

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::chosen;

    #[test]
    fn an_address_names_a_month_or_leaves_the_choice() {
        assert_eq!(chosen(None), None);
        assert_eq!(chosen(Some("2026-03")), Some(date(2026, 3, 1)));
        assert_eq!(chosen(Some("nonsense")), None);
    }
}

//! The consequences, in view in every step: where from, how much, how long, what could go wrong.

use std::sync::Arc;

use aitta_model::{ArchiveState, RestoreMode, RestoreReport, Severity};
use leptos::prelude::*;

use super::choice::neighbours;
use super::kept::{Kept, Run};
use super::pace::Pace;
use super::wizard::{Wizard, target_of};
use crate::clock::Clock;
use crate::components::badge::StateBadge;
use crate::components::icon::Icon;
use crate::components::live::live;
use crate::format;
use crate::plain::last_part;
use crate::preferences::texts;
use crate::shown::Shown;
use crate::texts::restore::{Risk, Step, TargetKind};

/// So many neighbours are offered by name; the list marks them all.
const OFFERED: usize = 4;

#[component]
pub(super) fn Consequences(step: Memo<Step>) -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    let done = Memo::new(move |_| {
        kept.run.with(|run| match run {
            Run::Done(report) if step.get() == Step::Report => Some(report.clone()),
            _ => None,
        })
    });
    view! {
        <aside class="consequences" aria-label=t.restore.consequences>
            {move || match done.get() {
                Some(report) => view! { <Came report/> }.into_any(),
                None => view! {
                    <WhereFrom/>
                    <HowMuch/>
                    {move || (step.get() > Step::What).then(|| view! { <WhereTo/> })}
                    {move || (step.get() == Step::What).then(|| view! { <Neighbours/> })}
                    {move || (step.get() < Step::Report).then(|| view! { <Risks step/> })}
                }
                .into_any(),
            }}
        </aside>
    }
}

/// Of a restore that is done: where from, where to, how long. What is chosen now may be something else.
#[component]
fn Came(report: Arc<RestoreReport>) -> impl IntoView {
    let t = texts();
    let (at, now) = (report.archive_created, format::now());
    let offset = format::offset(at);
    let target = target_of(&report.mode).to_owned();
    let name = last_part(&target).to_owned();
    view! {
        <section class="card pad">
            <h3>{t.restore.from}</h3>
            <p class="from"><strong title=format::exact(at, offset)>{format::time(t, at, now, offset)}</strong></p>
            <code>{report.archive.clone()}</code>
        </section>
        <section class="card pad">
            <h3>{t.restore.into}</h3>
            <p>{name.clone()}</p>
            {(target != name).then(|| view! { <code>{target}</code> }.into_any())}
        </section>
        <section class="card pad">
            <h3>{t.restore.took}</h3>
            <dl>
                {report.phases.iter().map(|phase| view! {
                    <div class="row"><dt>{(t.common.phase)(&phase.name)}</dt><dd>{format::duration_ms(phase.duration_ms)}</dd></div>
                }.into_any()).collect_view()}
                <div class="row sum"><dt>{t.restore.in_all}</dt><dd>{format::duration_ms(report.duration_ms)}</dd></div>
            </dl>
        </section>
    }
}

#[component]
fn WhereFrom() -> impl IntoView {
    let t = texts();
    let (kept, clock) = (Kept::here(), Clock::here());
    let card = move || {
        let source = kept.wizard.with(|w| w.source.clone());
        let Some(source) = source else {
            let words =
                if kept.asking.with(Option::is_some) { t.restore.opening } else { t.restore.from_nothing };
            return view! { <p class="muted small">{words}</p> }.into_any();
        };
        let summary = &source.details.summary;
        let (now, offset) = (clock.reading(), format::offset(summary.created));
        let age = now.duration_since(summary.created).as_secs().max(0).unsigned_abs();
        let given = source
            .before
            .map(|before| (t.restore.before_given)(&format::time(t, before, now, format::offset(before))));
        let kind = summary.kind.as_ref().map(|kind| (t.common.kind)(kind.known()).to_owned());
        let why = given.or(kind).unwrap_or_default();
        view! {
            <p class="from">
                <strong title=format::exact(summary.created, offset)>
                    {format::time(t, summary.created, now, offset)}
                </strong>
                <StateBadge state=summary.state/>
            </p>
            <p class="muted small">{why}</p>
            <code>{summary.id.clone()}</code>
            <p class="small age">{(t.restore.younger_is_missing)(&format::span_s(t, age))}</p>
        }
        .into_any()
    };
    view! { <section class="card pad"><h3>{t.restore.from}</h3>{move || card()}</section> }
}

#[component]
fn HowMuch() -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    let title = move || {
        kept.wizard.with(|w| match w.tables().count() as u64 {
            n if w.whole => (t.restore.chose_whole)(&(t.common.tables)(n)),
            0 => t.restore.chose_nothing.to_owned(),
            n => (t.restore.chose)(&(t.common.tables)(n)),
        })
    };
    let fact = |name: &'static str, value: String, title: String| {
        view! { <div class="row"><dt>{name}</dt><dd title=title>{value}</dd></div> }
    };
    let facts = move || {
        let plan = kept.wizard.with(|w| w.plan());
        let (rows, bytes, stored, total) = kept.wizard.with(|w| {
            (w.rows(), w.bytes(), w.stored_bytes(), w.details().map_or(0, |d| d.summary.size_bytes))
        });
        let read = plan.as_ref().map_or(stored, |p| p.read_bytes);
        let room = plan.as_ref().map_or(bytes, |p| p.space_needed_bytes);
        let restored = kept
            .pace
            .get()
            .map(|p| (p, (t.restore.judged_by)(&format::day(t, p.at, format::now(), format::offset(p.at)))));
        let backup = || kept.wizard.with(|w| w.details().and_then(|d| Pace::of_backup(&d.summary)));
        let pace = restored.or_else(|| backup().map(|p| (p, t.restore.judged_by_backup.to_owned())));
        let (about, why) = match pace {
            Some((pace, why)) => (format::duration_ms(pace.estimate_ms(rows)), why),
            None => (t.restore.not_measured.to_owned(), String::new()),
        };
        let exact = t.restore.exact_bytes;
        view! {
            <dl>
                {fact(t.restore.rows, format::number(rows), String::new())}
                {fact(t.restore.to_read, (t.common.read_of)(&format::bytes(read), &format::bytes(total)), exact(read))}
                {fact(t.restore.room, format::bytes(room), exact(room))}
                {fact(t.restore.about, about, why.clone())}
            </dl>
            {(read > total).then(|| view! {
                <p class="xs muted">{format::sentence(t.common.read_twice.to_owned())}</p>
            }.into_any())}
            {(!why.is_empty()).then(|| view! { <p class="xs muted">{why}</p> }.into_any())}
        }
    };
    let none = move || kept.wizard.with(|w| !w.whole && w.chosen.is_empty());
    view! {
        <section class="card pad" id="restore-sum">
            <h3>{move || title()}</h3>
            {move || (!none()).then(facts)}
        </section>
    }
}

#[component]
fn WhereTo() -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    let shown = Shown::here();
    let place = move || {
        let own = shown.0.with(|s| s.as_ref().and_then(|s| s.active.as_ref()?.database.clone()));
        kept.wizard.with(|w| match w.target.kind {
            TargetKind::Same => own.unwrap_or_default(),
            TargetKind::Schema => format!("{} · {}", own.unwrap_or_default(), w.target.shown()),
            TargetKind::Other | TargetKind::File => w.target.shown(),
        })
    };
    let kind = move || kept.wizard.with(|w| (t.restore.target)(w.target.kind));
    view! {
        <section class="card pad">
            <h3>{t.restore.into}</h3>
            <p>{move || kind()}</p>
            <code>{move || place()}</code>
        </section>
    }
}

/// Tables that hang together with the chosen ones.
#[component]
fn Neighbours() -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    let near = Memo::new(move |_| {
        kept.wizard.with(|w| match w.details() {
            Some(details) if !w.whole => neighbours(&details.foreign_keys, &w.chosen),
            _ => Vec::new(),
        })
    });
    let add = move |name: &str| kept.wizard.update(|w| w.set(name, true));
    let add_all = move |_| {
        let names: Vec<String> = near.with_untracked(|near| near.iter().map(|n| n.table.clone()).collect());
        kept.wizard.update(|w| names.iter().for_each(|name| w.set(name, true)));
    };
    live(move || {
        let near = near.get();
        let count = near.len();
        (count > 0).then(|| {
            view! {
                <section class="note info neighbours" aria-label=t.restore.neighbours>
                    <Icon name="info"/>
                    <div>
                        <p class="fact">{t.restore.neighbours}</p>
                        <ul>
                            {near.into_iter().take(OFFERED).map(|n| {
                                let (reason, name) = ((t.restore.neighbour)(&n), n.table.clone());
                                let label = (t.restore.add)(&n.table);
                                view! {
                                    <li>
                                        {reason}" "
                                        <button type="button" class="link" data-add=n.table on:click=move |_| add(&name)>{label}</button>
                                    </li>
                                }.into_any()
                            }).collect_view()}
                        </ul>
                        {(count > 1).then(|| view! {
                            <button type="button" class="link" id="restore-add-all" on:click=add_all>{(t.restore.add_all)(count as u64)}</button>
                        }.into_any())}
                        <p>{t.restore.neighbours_more}</p>
                    </div>
                </section>
            }.into_any()
        })
    })
}

/// Those that matter at this step, the gravest first.
pub(crate) fn risks(wizard: &Wizard, step: Step) -> Vec<Risk> {
    let mut risks = Vec::new();
    let plan = wizard.plan();
    let worst = plan.as_ref().and_then(|p| p.findings.iter().map(|f| f.severity).min());
    let state = wizard.details().map(|d| d.summary.state);
    let mode = plan.as_ref().map(|p| &p.mode);
    let in_place = wizard.target.kind == TargetKind::Same;
    let swaps = matches!(mode, Some(RestoreMode::Swap { .. })) || mode.is_none() && in_place && wizard.whole;
    let replaces =
        matches!(mode, Some(RestoreMode::Replace { .. })) || mode.is_none() && in_place && !wizard.whole;
    match step {
        Step::What | Step::Preview | Step::Confirm => {
            if step == Step::What && matches!(state, Some(ArchiveState::Stored | ArchiveState::Unknown)) {
                risks.push(Risk::NotVerified);
            }
            match worst.filter(|_| step != Step::What) {
                Some(Severity::Blocker) => risks.push(Risk::Blocked),
                Some(Severity::Warning) => risks.push(Risk::Warned),
                _ => {}
            }
            if swaps {
                risks.extend([Risk::NewerWork, Risk::SessionsEnd]);
            } else if replaces {
                risks.extend([Risk::NewerWork, Risk::WritersWait]);
            } else if mode.is_none()
                && !wizard.whole
                && matches!(wizard.target.kind, TargetKind::Other | TargetKind::File)
            {
                risks.push(Risk::Elsewhere);
            } else {
                risks.push(Risk::Beside);
            }
            if step == Step::What
                && matches!(state, Some(ArchiveState::Verified(_) | ArchiveState::Restored(_)))
            {
                risks.push(Risk::Damage);
            }
        }
        Step::Restore => risks.push(Risk::Interrupted),
        Step::Report => {}
    }
    risks
}

#[component]
fn Risks(step: Memo<Step>) -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    let found = Memo::new(move |_| {
        let running = kept.run.with(|run| matches!(run, Run::Running(_)));
        if running { vec![Risk::Interrupted] } else { kept.wizard.with(|w| risks(w, step.get())) }
    });
    let item = move |risk: Risk| {
        let whole = kept.wizard.with_untracked(|w| w.whole);
        let (what, then) = (t.restore.risk)(risk, whole);
        let class = match risk {
            Risk::Blocked => "bad",
            Risk::Warned | Risk::NotVerified => "warn",
            _ => "",
        };
        view! { <li class=class><strong>{what}</strong><span>{then}</span></li> }
    };
    live(move || {
        let found = found.get();
        (!found.is_empty()).then(|| {
            view! {
                <section class="card pad risks">
                    <h3>{t.restore.risks}</h3>
                    <ul>{found.into_iter().map(item).collect_view()}</ul>
                </section>
            }
            .into_any()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::restore::target::Target;

    #[test]
    fn what_is_overwritten_is_said_before_it_is_known_exactly() {
        let mut wizard = Wizard::default();
        assert_eq!(risks(&wizard, Step::What), [Risk::NewerWork, Risk::WritersWait]);
        wizard.whole = true;
        assert_eq!(risks(&wizard, Step::What), [Risk::NewerWork, Risk::SessionsEnd]);
        wizard.target = Target { kind: TargetKind::Other, ..Target::default() };
        assert_eq!(
            risks(&wizard, Step::What),
            [Risk::Beside],
            "a whole restore overwrites nothing elsewhere"
        );
        wizard.whole = false;
        assert_eq!(risks(&wizard, Step::What), [Risk::Elsewhere]);
        wizard.target.kind = TargetKind::Schema;
        assert_eq!(risks(&wizard, Step::What), [Risk::Beside]);
        assert_eq!(risks(&wizard, Step::Restore), [Risk::Interrupted]);
    }
}

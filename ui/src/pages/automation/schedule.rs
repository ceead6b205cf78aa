//! Who starts the backups, and when.

use std::time::Duration;

use aitta_model::{Duty, HostKind, ScheduleHost, ScheduleStatus, SeenTo};
use leptos::prelude::*;
use leptos_router::components::A;

use super::duty::DutyRow;
use crate::api::api;
use crate::clock::Clock;
use crate::components::icon::Icon;
use crate::components::live::live;
use crate::components::rule;
use crate::components::states::asked;
use crate::format;
use crate::preferences::texts;
use crate::texts::Texts;
use crate::transport::Asked;

/// How soon it is looked again whether a program follows what was just saved.
const SETTLING: Duration = Duration::from_secs(3);

#[component]
pub(super) fn Schedule() -> impl IntoView {
    let a = &texts().automation;
    let clock = Clock::here();
    let again = RwSignal::new(0_u32);
    let ask = move || {
        clock.follow();
        again.track();
        if rule::is_settling() {
            let look = move || {
                again.try_update(|n| *n += 1);
            };
            set_timeout(look, SETTLING);
        }
        let asked = api().schedule();
        let told: Asked<Told> =
            Box::pin(async move { Ok(Told { status: asked.await?, settling: rule::is_settling() }) });
        told
    };
    view! {
        <section class="card part" id="automation-schedule" aria-labelledby="automation-schedule-title">
            <header class="row">
                <h2 id="automation-schedule-title">{a.schedule}</h2>
                <A href="/settings#settings-automation" attr:id="automation-change">{a.change}</A>
            </header>
            {asked(ask, |told| view! { <Status told/> })}
        </section>
    }
}

/// What was told of it. That time goes on makes it no other: what somebody has unfolded stays open.
#[derive(Clone)]
struct Told {
    status: ScheduleStatus,
    /// Whether it is too early to say that nobody does it.
    settling: bool,
}

impl PartialEq for Told {
    fn eq(&self, other: &Self) -> bool {
        let now = other.status.now;
        self.settling == other.settling && ScheduleStatus { now, ..self.status.clone() } == other.status
    }
}

#[component]
fn Status(told: Told) -> impl IntoView {
    let t = texts();
    let Told { status, settling } = told;
    let words = rule::in_words(t, &status.pattern, &status.zone);
    let duty = status.on.then(|| {
        let (next, last, now) = (status.next.clone(), status.last.clone(), status.now);
        // One line for each that has a schedule.
        let others = status.others.iter().map(|other| {
            let rule = rule::in_words(t, &other.pattern, &status.zone);
            let (next, last) = (other.next.into_iter().collect(), other.last.clone());
            view! { <DutyRow duty=other.duty.known() rule next last now/> }.into_any()
        });
        view! {
            <ul class="scheduled">
                <DutyRow duty=Some(Duty::Backup) rule=words next last now/>
                {others.collect_view()}
            </ul>
        }
        .into_any()
    });
    let pause = status.pause.clone().map(|pause| {
        let until = format::time(t, pause.until, status.now, format::offset(pause.until));
        view! {
            <div class="note warn" id="automation-paused">
                <Icon name="clock"/>
                <div>
                    <p class="fact">{(t.automation.paused)(&until)}</p>
                    <p>{(t.automation.paused_by)(&pause.person, &pause.reason)}</p>
                </div>
            </div>
        }
        .into_any()
    });
    view! { <Who status settling/>{pause}{duty} }
}

/// Who does it.
fn name(t: &Texts, host: &ScheduleHost) -> &'static str {
    let a = &t.automation;
    match host.kind.known() {
        Some(HostKind::Window) => a.by_window,
        Some(HostKind::Agent) => a.by_agent,
        Some(HostKind::RunDue) => a.by_timer,
        None => a.by_other,
    }
}

#[component]
fn Who(status: ScheduleStatus, settling: bool) -> impl IntoView {
    let t = texts();
    let a = &t.automation;
    if !status.on {
        return answer("info", "info", a.off, a.off_what.into_any());
    }
    if status.is_forsaken() && settling {
        return answer("info", "clock", a.settling, a.settling_what.into_any());
    }
    if status.is_forsaken() {
        let other = status.host.as_ref().map(|host| {
            let rule = host.schedule.as_ref().map(|rule| rule::in_words(t, &rule.pattern, &rule.zone));
            let rule = rule.unwrap_or_else(|| a.slot_unknown.to_owned());
            let who = match host.kind.known() {
                Some(HostKind::Window) => a.window,
                Some(HostKind::Agent) => a.agent,
                Some(HostKind::RunDue) => a.timer,
                None => a.other,
            };
            view! { <p>{(a.other_rule)(who, &rule)}</p> }.into_any()
        });
        return view! {
            <div class="note bad" role="alert" id="automation-nobody">
                <Icon name="warning"/>
                <div><p class="fact">{a.by_nobody}</p><p>{a.nobody_what}</p>{other}</div>
            </div>
        }
        .into_any();
    }
    let since = |host: &ScheduleHost| {
        let at = format::time(t, host.since, status.now, format::offset(host.since));
        (a.process)(host.pid, &at)
    };
    match (status.seen_to, &status.host) {
        (SeenTo::ByHost, Some(host)) if host.kind.is(HostKind::Window) => {
            answer("ok", "check", a.by_window, format!("{} {}", a.by_window_what, since(host)).into_any())
        }
        (SeenTo::ByHost, Some(host)) => answer("ok", "check", name(t, host), since(host).into_any()),
        _ => {
            let clock = Clock::here();
            let looked = status
                .looked
                .map(|at| live(move || (a.looked)(&format::ago(t, at, clock.reading())).into_any()));
            answer("ok", "check", a.by_timer, looked.into_any())
        }
    }
}

fn answer(tone: &'static str, icon: &'static str, words: &'static str, more: AnyView) -> AnyView {
    view! {
        <div class=format!("verdict {tone}") id="automation-who">
            <Icon name=icon/>
            <div><p class="fact">{words}</p><p class="muted small">{more}</p></div>
        </div>
    }
    .into_any()
}

//! Who is told when something fails, and whether that arrives.

use std::sync::Arc;

use aitta_model::{ChannelKind, ChannelStatus, ClosedList as _, Failure, NotifyReport, NotifyStatus};
use leptos::prelude::*;

use crate::activity::Activities;
use crate::api::api;
use crate::clock::Clock;
use crate::components::badge::{Badge, Tone};
use crate::components::failure::{FailureBox, FailureDetails};
use crate::components::icon::Icon;
use crate::components::live::live;
use crate::components::rule::day_and_time;
use crate::components::states::asked;
use crate::format;
use crate::plain::named;
use crate::preferences::texts;

/// The variables that name channels, in the order of their kinds.
const VARIABLES: [&str; 5] =
    ["BACKUP_WEBHOOK_URL", "BACKUP_SLACK_URL", "BACKUP_TEAMS_URL", "BACKUP_MAIL_URL", "BACKUP_PING_URL"];

#[component]
pub(super) fn Notices() -> impl IntoView {
    let a = &texts().automation;
    let clock = Clock::here();
    let test = Test { report: RwSignal::new(None), busy: RwSignal::new(false) };
    let ask = move || {
        clock.follow();
        api().notices()
    };
    view! {
        <section class="card part" id="automation-notices" aria-labelledby="automation-notices-title">
            <header class="row"><h2 id="automation-notices-title">{a.notices}</h2></header>
            {asked(ask, move |status| view! { <Status status test/> })}
        </section>
    }
}

/// A test of all channels. It stays while the state of the channels is asked for again.
#[derive(Clone, Copy)]
struct Test {
    report: RwSignal<Option<Result<Arc<NotifyReport>, Failure>>>,
    busy: RwSignal<bool>,
}

impl Test {
    fn send(self, revision: RwSignal<u32>) {
        self.busy.set(true);
        self.report.set(None);
        leptos::task::spawn_local(async move {
            let answer = api().send_test().await;
            self.busy.try_set(false);
            self.report.try_set(Some(answer.map(Arc::new)));
            revision.try_update(|n| *n += 1);
        });
    }

    /// What came of it for a channel.
    fn of(self, kind: ChannelKind) -> Option<Result<(), Failure>> {
        self.report.with(|report| {
            let report = report.as_ref()?.as_ref().ok()?;
            let failed = report.failed.iter().find(|(of, _)| *of == kind);
            match failed {
                Some((_, failure)) => Some(Err(failure.clone())),
                None => report.delivered.contains(&kind).then_some(Ok(())),
            }
        })
    }
}

/// What is set, and can be told something.
fn is_set(channel: &ChannelStatus) -> bool {
    channel.place.is_some()
}

#[component]
fn Status(status: NotifyStatus, test: Test) -> impl IntoView {
    let a = &texts().automation;
    let names: Vec<&str> = status
        .channels
        .iter()
        .filter(|channel| is_set(channel))
        .map(|channel| (a.channel)(channel.kind))
        .collect();
    let revision = Activities::here().revision;
    let head = match names.is_empty() {
        true => view! { <Nobody/> }.into_any(),
        false => {
            let fails = status.channels.iter().any(|channel| is_set(channel) && channel.failure.is_some());
            let (tone, icon) = if fails { ("verdict warn", "warning") } else { ("verdict ok", "check") };
            view! {
                <div class=tone id="automation-told">
                    <Icon name=icon/>
                    <div>
                        <p class="fact">{(a.told_by)(&names.join(", "))}</p>
                        <p class="muted small">{a.told_what}</p>
                    </div>
                </div>
            }
            .into_any()
        }
    };
    let channels = status.channels.into_iter().map(|channel| view! { <Channel channel test/> }.into_any());
    let button = (!names.is_empty()).then(|| {
        view! {
            <div class="test">
                <button
                    id="automation-test"
                    type="button"
                    class="btn"
                    disabled=move || test.busy.get()
                    on:click=move |_| test.send(revision)
                >
                    {move || if test.busy.get() { a.sending } else { a.send_test }}
                </button>
                {live(move || match test.report.get() {
                    Some(Err(failure)) => Some(view! { <FailureBox failure/> }.into_any()),
                    _ => None,
                })}
            </div>
        }
        .into_any()
    });
    view! {
        {head}
        <ul class="channels" aria-live="polite">{channels.collect_view()}</ul>
        {button}
    }
}

/// Nobody is told, and what to do about it.
#[component]
fn Nobody() -> impl IntoView {
    let a = &texts().automation;
    let line = |(kind, variable): (&ChannelKind, &'static str)| {
        view! {
            <li><code>{variable}</code><span class="small">{(a.channel)(*kind)}": "{(a.channel_what)(*kind)}</span></li>
        }
        .into_any()
    };
    view! {
        <div class="note warn" id="automation-nobody-told">
            <Icon name="warning"/>
            <div>
                <p class="fact">{a.nobody_told}</p>
                <p>{a.set_by}</p>
                <ul class="variables">{ChannelKind::ALL.iter().zip(VARIABLES).map(line).collect_view()}</ul>
                <p>{a.set_where}</p>
            </div>
        </div>
    }
}

#[component]
fn Channel(channel: ChannelStatus, test: Test) -> impl IntoView {
    let t = texts();
    let a = &t.automation;
    let now = format::now();
    let ChannelStatus { kind, variable, place, delivered, waiting, again, lost, failure } = channel;
    let (tone, words) = match (&place, &failure, delivered) {
        (None, ..) => (Tone::Neutral, a.unset),
        (_, Some(_), _) => (Tone::Bad, a.fails),
        (_, None, Some(_)) => (Tone::Ok, a.works),
        (_, None, None) => (Tone::Neutral, a.unused),
    };
    let clock = Clock::here();
    let first = live(move || match delivered {
        Some(at) => (a.delivered)(&format::ago(t, at, clock.reading())).into_any(),
        None => a.not_used.into_any(),
    });
    let mut lines = Vec::new();
    if place.is_none() {
        lines.push(a.no_channel.to_owned());
    }
    if waiting > 0 {
        lines.push((a.waiting)(waiting));
    }
    if let Some(at) = again {
        lines.push((a.again)(&day_and_time(t, at, now, format::offset(at))));
    }
    if lost > 0 {
        lines.push((a.lost)(lost));
    }
    let details = failure.map(|failure| view! { <FailureDetails failure/> }.into_any());
    let outcome = live(move || match test.of(kind)? {
        Ok(()) => Some(view! { <p><Badge tone=Tone::Ok words=a.test_arrived/></p> }.into_any()),
        Err(failure) => Some(
            view! { <p><Badge tone=Tone::Bad words=a.test_failed/></p><FailureDetails failure/> }.into_any(),
        ),
    });
    view! {
        <li data-channel=kind.as_str()>
            <div class="row">
                <strong>{(a.channel)(kind)}</strong>
                <Badge tone words/>
            </div>
            <p class="small muted">
                {place.map(|place| named(&place))}" "<code>{variable}</code>
            </p>
            <p class="small">{first}" "{lines.join(" ")}</p>
            {details}
            {outcome}
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_channel_has_its_variable() {
        assert_eq!(VARIABLES.len(), ChannelKind::ALL.len());
        for (kind, variable) in ChannelKind::ALL.iter().zip(VARIABLES) {
            assert_eq!(variable, format!("BACKUP_{}_URL", kind.as_str().to_uppercase()));
        }
    }
}

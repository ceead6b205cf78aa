//! The second factor: whether there is one, what it guards, and every change of it.

mod change;
mod codes;
mod enrol;
mod stage;

use aitta_model::{Guarded, MfaException, MfaStatus};
use leptos::prelude::*;
use leptos_router::components::A;

use self::change::ChangeDialog;
use self::codes::{Codes, Token};
use self::enrol::Enrol;
use self::stage::{Stage, Wish, active_profile};
use crate::activity::Activities;
use crate::api::api;
use crate::components::badge::{Badge, Tone};
use crate::components::icon::Icon;
use crate::components::states::asked;
use crate::format;
use crate::preferences::texts;

/// Fewer recovery codes than this are few.
const FEW: u32 = 3;

#[component]
pub(crate) fn SecondFactorPage() -> impl IntoView {
    let t = texts();
    let m = &t.mfa;
    let stage = Stage {
        enrolling: RwSignal::new(false),
        wish: RwSignal::new(None),
        codes: RwSignal::new(None),
        token: RwSignal::new(None),
        activities: Activities::here(),
    };
    provide_context(stage);
    let enrolled = RwSignal::new(false);
    view! {
        <A href="/settings" attr:class="back no-print"><Icon name="left"/>{t.common.settings}</A>
        <header class="page no-print"><div><h1>{m.title}</h1><p class="muted">{m.lead}</p></div></header>
        {move || stage.codes.get().map(|codes| view! { <Codes codes/> })}
        {move || stage.token.get().map(|token| view! { <Token token/> })}
        {move || stage.enrolling.get().then(|| view! { <Enrol enrolled=enrolled.get_untracked()/> })}
        <div class="no-print" hidden=move || stage.enrolling.get() || stage.codes.with(Option::is_some)>
            {asked(|| api().mfa(), move |status: MfaStatus| {
                enrolled.set(status.enrolled.is_some());
                view! { <Status status/> }
            })}
        </div>
        <ChangeDialog/>
    }
}

#[component]
fn Status(status: MfaStatus) -> impl IntoView {
    view! {
        <div class="factor">
            <Factor status=status.clone()/>
            <Policy status=status.clone()/>
            {status.enrolled.is_some().then(|| view! { <Exceptions exceptions=status.exceptions.clone()/> })}
        </div>
    }
}

#[component]
fn Factor(status: MfaStatus) -> impl IntoView {
    let t = texts();
    let m = &t.mfa;
    let stage = expect_context::<Stage>();
    let wish = move |wish: Wish| stage.wish.set(Some(wish));
    let enrol = move |_| stage.enrolling.set(true);
    let Some(since) = status.enrolled else {
        let words = if status.required { m.off_required } else { m.off_words };
        return view! {
            <section class="card part" aria-labelledby="factor-title">
                <header class="row">
                    <h2 id="factor-title">{m.title}</h2>
                    <Badge tone=Tone::Warn words=m.off/>
                </header>
                <div class="row">
                    <p>{words}</p>
                    <button id="mfa-set-up" class="btn primary" on:click=enrol><Icon name="shield"/>{m.set_up}</button>
                </div>
            </section>
        }
        .into_any();
    };
    let day = |at| format::day(t, at, format::now(), format::offset(at));
    let exact = |at| format::exact(at, format::offset(at));
    let few = status.recovery_codes_left < FEW;
    let failures = (status.failures > 0)
        .then(|| view! { <div><dt>{m.failures}</dt><dd>{status.failures}</dd></div> }.into_any());
    let locked = status.locked_until.filter(|at| *at > format::now()).map(|at| {
        view! { <div><dt>{m.locked}</dt><dd><Badge tone=Tone::Bad words=exact(at)/></dd></div> }.into_any()
    });
    view! {
        <section class="card part" aria-labelledby="factor-title">
            <header class="row">
                <h2 id="factor-title">{m.title}</h2>
                <Badge tone=Tone::Ok words=m.on/>
            </header>
            <dl class="facts">
                <div><dt>{m.since}</dt><dd title=exact(since)>{day(since)}</dd></div>
                <div><dt>{m.kept}</dt><dd>{(t.keys.kept_in)(&status.kept)}</dd></div>
                <div>
                    <dt>{m.codes_left}</dt>
                    <dd>
                        {(m.codes_n)(u64::from(status.recovery_codes_left))}
                        {few.then(|| view! { " "<Badge tone=Tone::Warn words=m.few_codes/> }.into_any())}
                    </dd>
                </div>
                {failures}
                {locked}
            </dl>
            <div class="code-actions">
                <button id="mfa-new-codes" class="btn" aria-haspopup="dialog" on:click=move |_| wish(Wish::NewCodes)>
                    {m.new_codes}
                </button>
                <button id="mfa-replace" class="btn" on:click=enrol>{m.replace}</button>
                <button id="mfa-remove" class="btn ghost danger-text" aria-haspopup="dialog" on:click=move |_| wish(Wish::Remove)>
                    {m.remove}
                </button>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn Policy(status: MfaStatus) -> impl IntoView {
    let t = texts();
    let m = &t.mfa;
    let stage = expect_context::<Stage>();
    let profile = active_profile();
    let guarded = status.guarded.clone();
    // Without it nothing is guarded yet, or everything is refused.
    let is_set_up = status.enrolled.is_some();
    let lines = Guarded::ALL.map(|what| {
        let on = what == Guarded::Mfa || guarded.contains(&what);
        view! {
            <li class:off=!on || !is_set_up>
                <Icon name=if !is_set_up && on { "shield" } else if on { "check" } else { "cross" }/>
                <span>{(t.guard.guarded)(what)}</span>
            </li>
        }
        .into_any()
    });
    let change = move |_| stage.wish.set(Some(Wish::Policy(status.guarded.clone())));
    view! {
        <section class="card part" aria-labelledby="factor-policy">
            <header class="row">
                <div>
                    <h2 id="factor-policy">{if is_set_up { m.policy } else { m.policy_later }}</h2>
                    <p class="small muted">{(m.policy_of)(&profile)}</p>
                </div>
                <button id="mfa-policy" class="btn small" aria-haspopup="dialog" on:click=change>{m.policy_change}</button>
            </header>
            <ul class="guards">{lines.into_iter().collect_view()}</ul>
        </section>
    }
}

#[component]
fn Exceptions(exceptions: Vec<MfaException>) -> impl IntoView {
    let t = texts();
    let m = &t.mfa;
    let stage = expect_context::<Stage>();
    let none = exceptions.is_empty();
    let day = |at| format::day(t, at, format::now(), format::offset(at));
    let exact = |at| format::exact(at, format::offset(at));
    let rows = exceptions.into_iter().map(|exception| {
        let what: Vec<_> = exception.operations.iter().map(|o| (t.guard.guarded)(*o)).collect();
        let name = exception.name.clone();
        let remove = move |_| stage.wish.set(Some(Wish::RemoveException(name.clone())));
        view! {
            <tr>
                <td><code>{exception.name.clone()}</code></td>
                <td>{exception.profile.clone()}</td>
                <td class="small">{what.join(", ")}</td>
                <td class="nowrap" title=exact(exception.expires)>{day(exception.expires)}</td>
                <td class="nowrap" title=exception.last_used.map(exact)>
                    {exception.last_used.map_or_else(|| m.never.to_owned(), |at| format::ago(t, at, format::now()))}
                </td>
                <td class="n">
                    <button class="btn small ghost danger-text" aria-haspopup="dialog" on:click=remove>
                        {m.exception_remove}
                    </button>
                </td>
            </tr>
        }.into_any()
    });
    let rows = rows.collect_view();
    view! {
        <section class="card part" aria-labelledby="factor-exceptions">
            <header class="row">
                <h2 id="factor-exceptions">{m.exceptions}</h2>
                <button
                    id="mfa-exception-add" class="btn small" aria-haspopup="dialog"
                    on:click=move |_| stage.wish.set(Some(Wish::AddException))
                >
                    <Icon name="plus"/>{m.exception_add}
                </button>
            </header>
            <p class="small muted">{m.exceptions_words}</p>
            {if none {
                view! { <p>{m.exceptions_none}</p> }.into_any()
            } else {
                view! {
                    <table>
                        <thead><tr>
                            <th scope="col">{m.name}</th><th scope="col">{m.profile}</th><th scope="col">{m.for_}</th>
                            <th scope="col">{m.expires}</th><th scope="col">{m.last_used}</th>
                            <th scope="col"><span class="visually-hidden">{m.exception_remove}</span></th>
                        </tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                }
                .into_any()
            }}
        </section>
    }
}

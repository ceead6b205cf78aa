//! A lock that is waited for: who has it, how long that goes on, and what can be done.

use aitta_model::{LockHolder, LockWait, plain};
use leptos::prelude::*;

use crate::activity::{Activities, Activity};
use crate::api::api;
use crate::components::icon::Icon;
use crate::components::live::live;
use crate::format;
use crate::preferences::texts;
use crate::texts::Texts;
use crate::transport::OperationId;

/// How much longer one click lets it wait, in seconds.
const LONGER_S: u64 = 60;

#[component]
pub(super) fn Wait(activity: Signal<Option<Activity>>) -> impl IntoView {
    let t = texts();
    let wait = move || activity.with(|a| a.as_ref().and_then(|a| a.course.wait.clone()));
    let waits = Memo::new(move |_| wait().is_some());
    let table = Memo::new(move |_| wait().and_then(|wait| wait.table));
    let holders = Memo::new(move |_| wait().map(|wait| wait.holders).unwrap_or_default());
    let operation = Memo::new(move |_| activity.with(|a| a.as_ref().and_then(|a| a.operation)));
    // Which session is about to be ended.
    let ending = RwSignal::new(None::<i32>);
    live(move || {
        waits.get().then(|| {
            let holders = move || {
                let list = holders.get().into_iter().map(|holder| {
                    view! { <Holder holder operation=operation.get() ending/> }.into_any()
                });
                list.collect_view()
            };
            let longer = move || {
                operation.get().map(|operation| {
                    view! {
                        <button class="btn small longer" on:click=move |_| wait_longer(operation)>
                            {t.progress.wait_longer}
                        </button>
                    }
                    .into_any()
                })
            };
            let left = move || wait().map(|wait| left(t, &wait));
            view! {
                <div class="note warn wait" role="status">
                    <Icon name="clock"/>
                    <div>
                        <p class="fact">{move || (t.progress.waits_for)(table.get().as_deref().map(plain).as_deref())}</p>
                        <ul>{holders}</ul>
                        <p class="row"><span>{left}</span>{longer}</p>
                    </div>
                </div>
            }
            .into_any()
        })
    })
}

#[component]
fn Holder(
    holder: LockHolder,
    operation: Option<OperationId>,
    ending: RwSignal<Option<i32>>,
) -> impl IntoView {
    let t = texts();
    let p = &t.progress;
    let pid = holder.pid;
    let (activities, named) = (Activities::here(), holder.clone());
    // Its transaction goes on while it is waited for.
    let told = move || {
        activities.now_ms.track();
        who(t, &named)
    };
    let may_end = operation.filter(|_| holder.may_end && pid != 0);
    let end = move |operation| {
        ending.set(None);
        leptos::task::spawn_local(async move {
            // It may be over by now; the run's log says what came of it.
            drop(api().end_session(operation, pid).await);
        });
    };
    let buttons = move || {
        may_end.map(|operation| {
            if ending.get() == Some(pid) {
                view! {
                    <span class="sure">{p.end_means}</span>
                    <button class="btn small danger end-sure" on:click=move |_| end(operation)>{p.end_sure}</button>
                    <button class="btn small ghost" on:click=move |_| ending.set(None)>{t.common.cancel}</button>
                }
                .into_any()
            } else {
                view! {
                    <button class="btn small end" on:click=move |_| ending.set(Some(pid))>{p.end_session}</button>
                }
                .into_any()
            }
        })
    };
    view! {
        <li data-pid=pid>
            <p>{told}</p>
            {holder.query.as_deref().map(|query| view! { <code class="query">{plain(query)}</code> })}
            <p class="row">{buttons}</p>
        </li>
    }
}

/// Who it is, in one line. All of it was chosen by whoever has connected there.
fn who(t: &Texts, holder: &LockHolder) -> String {
    let p = &t.progress;
    if holder.pid == 0 {
        return p.prepared.to_owned();
    }
    let user = holder.user.as_deref().map(plain);
    let mut parts = vec![(p.session)(holder.pid, user.as_deref())];
    parts.extend(holder.application.as_deref().map(plain));
    parts.extend(holder.state.as_deref().map(|state| (p.state)(state)));
    parts.extend(holder.since.map(|since| {
        let s = format::now().duration_since(since).as_secs().max(0).unsigned_abs();
        (p.since)(&format::span_s(t, s))
    }));
    parts.join(" · ")
}

fn left(t: &Texts, wait: &LockWait) -> String {
    let span = |ms: u64| format::span_s(t, ms / 1000);
    (t.progress.gives_up)(&span(wait.waited_ms), &span(wait.left_ms))
}

fn wait_longer(operation: OperationId) {
    leptos::task::spawn_local(async move {
        // It may be over by now; then there is nothing to wait for.
        drop(api().wait_longer(operation, LONGER_S).await);
    });
}

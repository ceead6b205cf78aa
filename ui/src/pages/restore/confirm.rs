//! Third step: why, and that it is really meant.

use leptos::prelude::*;

use super::heading::Heading;
use super::kept::Kept;
use crate::activity::Activities;
use crate::components::code::CodeField;
use crate::components::icon::Icon;
use crate::components::reason::ReasonField;
use crate::preferences::texts;

#[component]
pub(super) fn ConfirmStep() -> impl IntoView {
    let t = texts();
    let kept = Kept::here();
    let activities = Activities::here();
    let plan = kept.wizard.with_untracked(|w| w.plan());
    let name = kept.wizard.with_untracked(|w| w.overwrites());
    let busy = Memo::new(move |_| activities.is_busy());
    let reason = Signal::derive(move || kept.wizard.with(|w| w.reason()));
    let guarded = kept.wizard.with_untracked(|w| w.is_guarded());
    if guarded {
        kept.factor.ask();
    }
    let typed = name.map(|name| {
        let label = (t.restore.type_name)(&name);
        let wanted = name.clone();
        let matches = move || kept.wizard.with(|w| w.typed.trim() == wanted);
        view! {
            <div class="field">
                <label for="restore-confirm-name">{label}</label>
                <input
                    id="restore-confirm-name" class="mono" spellcheck="false" autocapitalize="off"
                    aria-describedby="restore-confirm-hint"
                    prop:value=kept.wizard.with_untracked(|w| w.typed.clone())
                    on:input=move |event| kept.wizard.update(|w| w.typed = event_target_value(&event))
                />
                <small id="restore-confirm-hint" aria-live="polite">
                    {move || if matches() { t.restore.name_matches } else { t.restore.name_why }}
                </small>
            </div>
        }
        .into_any()
    });
    view! {
        <Heading words=t.restore.sure/>
        {move || busy.get().then(|| view! {
            <p class="note warn" role="status" id="restore-busy"><Icon name="clock"/><span>{t.restore.busy}</span></p>
        }.into_any())}
        <div class="card pad stack confirm">
            {plan.map(|plan| view! { <p class="outcome">{(t.restore.outcome)(&plan)}</p> }.into_any())}
            <ReasonField
                id="restore-reason"
                label=Some(t.restore.reason)
                choice=reason
                set=Callback::new(move |reason| kept.wizard.update(|w| w.give_reason(reason)))
                hint=t.restore.reason_hint
                example=Some(t.restore.reason_example)
            />
            {typed}
            {guarded.then(|| view! { <CodeField id="restore-code" factor=kept.factor/> })}
        </div>
    }
}

//! When backups make themselves, and how long they stay.

use aitta_model::{Preset, RuleFlaw, RunsAhead, Settings};
use leptos::html;
use leptos::prelude::*;

use super::form::{Entered, Number};
use super::number::Figure;
use crate::api::api;
use crate::components::live::live;
use crate::components::rule::{Ahead, pattern_flaw};
use crate::format;
use crate::plain::named;
use crate::preferences::texts;

/// The id of this part, to which other pages lead.
const PART: &str = "settings-automation";

/// What the engine says of the rule that is entered. Nothing while it is asked.
#[derive(Clone, Copy)]
pub(super) struct Rule(RwSignal<Option<RunsAhead>>);

impl Rule {
    /// Asks whenever another rule is entered.
    pub(super) fn of(entered: RwSignal<Entered>) -> Self {
        let told = RwSignal::new(None);
        let rule = Memo::new(move |_| entered.with(|e| (e.pattern.clone(), e.zone.clone())));
        // Of several questions only the last counts.
        let number = StoredValue::new(0_u32);
        Effect::new(move || {
            let (pattern, zone) = rule.get();
            number.update_value(|n| *n += 1);
            let this = number.get_value();
            leptos::task::spawn_local(async move {
                let answer = api().runs_ahead(&pattern, &zone).await;
                if number.try_get_value() == Some(this) {
                    told.try_set(answer.ok());
                }
            });
        });
        Self(told)
    }

    /// Whether it is known to be none.
    pub(super) fn is_wrong(self) -> bool {
        self.0.with(|told| told.as_ref().is_some_and(|told| told.flaw.is_some()))
    }

    fn flaw(self) -> Option<RuleFlaw> {
        self.0.with(|told| told.as_ref().and_then(|told| told.flaw.clone()))
    }
}

#[component]
pub(super) fn Automation(
    settings: Settings,
    entered: RwSignal<Entered>,
    rule: Rule,
    edited: Callback<()>,
) -> impl IntoView {
    let t = texts();
    let (a, s) = (&t.automation, &t.settings);
    let is_fixed = |name: &str| settings.fixed.iter().any(|fixed| fixed == name);
    let (fixed_on, fixed_pattern, fixed_zone) =
        (is_fixed("auto_backup"), is_fixed("schedule"), is_fixed("time_zone"));
    let set = move |change: &dyn Fn(&mut Entered)| {
        edited.run(());
        entered.update(|e| change(e));
    };
    let number = |number: Number, label: &'static str, hint: &'static str, unit: &'static str| {
        view! { <Figure number label hint unit entered fixed=is_fixed(number.name()) edited/> }.into_any()
    };
    let part = NodeRef::<html::Section>::new();
    come_into_sight(part);
    view! {
        <section node_ref=part class="card part" id=PART aria-labelledby="settings-automation-title">
            <header>
                <h2 id="settings-automation-title">{a.settings}</h2>
                <p class="small muted">{a.settings_words}</p>
            </header>
            <div class="line">
                <label for="settings-auto_backup">
                    {a.back_up_itself}
                    <small class="muted">{if fixed_on { s.fixed } else { a.back_up_itself_hint }}</small>
                </label>
                <input
                    id="settings-auto_backup"
                    type="checkbox"
                    disabled=fixed_on
                    prop:checked=move || entered.with(|e| e.on)
                    on:change=move |event| {
                        let on = event_target_checked(&event);
                        set(&|e| e.on = on);
                    }
                />
            </div>
            <div class="figures">
                <Often entered set=Callback::new(move |pattern: String| {
                    set(&|e| e.pattern.clone_from(&pattern));
                }) rule fixed=fixed_pattern/>
                <Zone entered set=Callback::new(move |zone: String| {
                    set(&|e| e.zone.clone_from(&zone));
                }) rule fixed=fixed_zone/>
                <div class="field" id="settings-ahead" aria-live="polite">
                    {live(move || rule.0.get().filter(|told| told.flaw.is_none()).map(|told| {
                        view! { <span>{a.next}</span><Ahead next=told.next now=told.now/> }.into_any()
                    }))}
                </div>
            </div>
            <div class="figures line-above-figures">
                {number(Number::Retention, s.retention_days, s.retention_hint, s.days)}
                {number(Number::Daily, a.keep_daily, a.keep_hint, s.days)}
                {number(Number::Weekly, a.keep_weekly, a.keep_hint, a.unit_weeks)}
                {number(Number::Monthly, a.keep_monthly, a.keep_hint, a.unit_months)}
                {number(Number::Yearly, a.keep_yearly, a.keep_hint, a.unit_years)}
            </div>
        </section>
    }
}

/// For who comes by a link to this part.
fn come_into_sight(part: NodeRef<html::Section>) {
    if window().location().hash().ok().as_deref() != Some(&format!("#{PART}")) {
        return;
    }
    request_animation_frame(move || {
        if let Some(part) = part.try_get_untracked().flatten() {
            part.scroll_into_view();
        }
    });
}

/// One of the rules that have a name, or another one.
#[component]
fn Often(entered: RwSignal<Entered>, set: Callback<String>, rule: Rule, fixed: bool) -> impl IntoView {
    let t = texts();
    let (a, s) = (&t.automation, &t.settings);
    let pattern = Memo::new(move |_| entered.with(|e| e.pattern.clone()));
    // Somebody wants to write their own, which may still be one that has a name.
    let own = RwSignal::new(pattern.with_untracked(|pattern| Preset::of(pattern).is_none()));
    let preset = Memo::new(move |_| pattern.with(|pattern| Preset::of(pattern)).filter(|_| !own.get()));
    let options = Preset::ALL.map(|one| {
        let words = match one {
            Preset::Hourly => (a.rule_hourly)(0),
            Preset::Daily => (a.rule_daily)("02:00"),
            Preset::Weekly => (a.rule_weekly)(7, "02:00"),
        };
        view! { <option value=one.pattern() prop:selected=move || preset.get() == Some(one)>{words}</option> }
            .into_any()
    });
    let choose = move |event| {
        let value: String = event_target_value(&event);
        own.set(value.is_empty());
        if !value.is_empty() {
            set.run(value);
        }
    };
    let problem = Memo::new(move |_| rule.flaw().and_then(|flaw| pattern_flaw(t, &flaw)));
    let field = move || {
        own.get().then(|| {
            view! {
                <label for="settings-schedule" class="below-field">{a.pattern}</label>
                <input
                    id="settings-schedule"
                    class="mono"
                    type="text"
                    autocomplete="off"
                    spellcheck="false"
                    autocapitalize="off"
                    aria-describedby="settings-schedule-hint"
                    aria-invalid=move || problem.with(Option::is_some).then_some("true")
                    disabled=fixed
                    prop:value=move || pattern.get()
                    on:input=move |event| set.run(event_target_value(&event))
                />
            }
            .into_any()
        })
    };
    let lower = move || match (fixed, problem.get(), own.get()) {
        (true, ..) => view! { <small>{s.fixed}</small> }.into_any(),
        (_, Some(problem), _) => view! { <small class="problem" role="alert">{problem}</small> }.into_any(),
        (_, None, true) => view! { <small>{a.pattern_hint}</small> }.into_any(),
        (_, None, false) => ().into_any(),
    };
    view! {
        <div class="field">
            <label for="settings-often">{a.how_often}</label>
            <select id="settings-often" disabled=fixed on:change=choose>
                {options.into_iter().collect_view()}
                <option value="" prop:selected=move || preset.get().is_none()>{a.own_rule}</option>
            </select>
            {live(field)}
            <div id="settings-schedule-hint">{live(lower)}</div>
        </div>
    }
}

/// The time zone whose clocks the rule means.
#[component]
fn Zone(entered: RwSignal<Entered>, set: Callback<String>, rule: Rule, fixed: bool) -> impl IntoView {
    let t = texts();
    let (a, s) = (&t.automation, &t.settings);
    let is_wrong = Memo::new(move |_| rule.flaw() == Some(RuleFlaw::Zone));
    let here = format::zone();
    let lower = move || match (fixed, is_wrong.get()) {
        (true, _) => view! { <small>{s.fixed}</small> }.into_any(),
        (_, true) => view! { <small class="problem" role="alert">{a.flaw_zone}</small> }.into_any(),
        (_, false) => view! { <small>{a.zone_hint}</small> }.into_any(),
    };
    let offer = {
        let here = here.clone();
        Memo::new(move |_| !fixed && entered.with(|e| e.zone.trim() != here))
    };
    let take = move || {
        let here = here.clone();
        offer.get().then(|| {
            let words = (a.use_zone)(&named(&here));
            view! {
                <button id="settings-zone-here" type="button" class="btn small" on:click=move |_| set.run(here.clone())>
                    {words}
                </button>
            }
            .into_any()
        })
    };
    view! {
        <div class="field">
            <label for="settings-time_zone">{a.zone}</label>
            <input
                id="settings-time_zone"
                type="text"
                autocomplete="off"
                spellcheck="false"
                autocapitalize="off"
                aria-describedby="settings-time_zone-hint"
                aria-invalid=move || is_wrong.get().then_some("true")
                disabled=fixed
                prop:value=move || entered.with(|e| e.zone.clone())
                on:input=move |event| set.run(event_target_value(&event))
            />
            <div id="settings-time_zone-hint">{live(lower)}</div>
            {live(take)}
        </div>
    }
}

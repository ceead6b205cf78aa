//! What the state of a backup rests on, and a check of it now.

use aitta_model::{
    ArchiveSelector, ArchiveState, Depth, Evidence, Failure, Timestamp, VerifyLevel, VerifyReport,
    VerifyRequest, VerifyScope,
};
use leptos::prelude::*;

use crate::activity::{Activities, Doing};
use crate::api::api;
use crate::clock::Clock;
use crate::components::badge::Tone;
use crate::components::failure::{FailureBox, Verbatim};
use crate::components::icon::Icon;
use crate::format;
use crate::preferences::texts;
use crate::texts::Texts;

/// A check of one backup, with what came of it.
#[derive(Clone, Copy)]
pub(super) struct Check {
    id: StoredValue<String>,
    level: RwSignal<VerifyLevel>,
    running: RwSignal<bool>,
    result: RwSignal<Option<Result<VerifyReport, Failure>>>,
}

impl Check {
    pub(super) fn new(id: &str) -> Self {
        Self {
            id: StoredValue::new(id.to_owned()),
            level: RwSignal::new(VerifyLevel::Stored),
            running: RwSignal::new(false),
            result: RwSignal::new(None),
        }
    }

    fn start(self, activities: Activities) {
        self.result.set(None);
        self.running.set(true);
        let request = VerifyRequest {
            scope: VerifyScope::One(ArchiveSelector::Id(self.id.get_value())),
            level: self.level.get_untracked(),
        };
        let (operation, progress) = activities.begin(Doing::Verifying);
        leptos::task::spawn_local(async move {
            let checked = api().verify(request, operation, progress).await;
            activities.end(operation);
            self.running.try_set(false);
            self.result.try_set(Some(checked));
        });
    }
}

/// The state in a sentence.
fn sentence(t: &Texts, state: ArchiveState, sampled: bool, now: Timestamp) -> (Tone, String) {
    let b = &t.backups;
    match state {
        ArchiveState::Stored => (Tone::Info, b.is_stored.to_owned()),
        // Only as much as was looked at.
        ArchiveState::Verified(at) if sampled => (Tone::Ok, (b.is_sampled)(&format::ago(t, at, now))),
        ArchiveState::Verified(at) => (Tone::Ok, (b.is_verified)(&format::ago(t, at, now))),
        ArchiveState::Restored(at) => {
            (Tone::Ok, (b.is_restored)(&format::day(t, at, now, format::offset(at))))
        }
        ArchiveState::Damaged(at) => (Tone::Bad, (b.is_damaged)(&format::ago(t, at, now))),
        ArchiveState::Unknown => (Tone::Neutral, b.is_unknown.to_owned()),
    }
}

#[component]
pub(super) fn Proof(state: ArchiveState, evidence: Vec<Evidence>, check: Check) -> impl IntoView {
    let t = texts();
    let b = &t.backups;
    let clock = Clock::here();
    let newest = evidence.iter().filter(|seen| seen.finding.is_empty()).max_by_key(|seen| seen.at);
    let sampled = newest.is_some_and(|seen| seen.depth == Depth::Sampled);
    let (tone, _) = sentence(t, state, sampled, format::now());
    let words = move || sentence(t, state, sampled, clock.reading()).1;
    let class = match tone {
        Tone::Ok => "verdict ok",
        Tone::Warn => "verdict warn",
        Tone::Bad => "verdict bad",
        Tone::Info => "verdict info",
        Tone::Neutral => "verdict",
    };
    let seen = evidence.into_iter().map(|seen| {
        let offset = format::offset(seen.at);
        let well = seen.finding.is_empty();
        let finding = if well { b.all_well.to_owned() } else { seen.finding };
        view! {
            <li class=if well { "ok" } else { "bad" }>
                <Icon name=if well { "check" } else { "cross" }/>
                <span>{(b.depth)(seen.depth.known())}": "{finding}</span>
                <time title=format::exact(seen.at, offset)>
                    {format::time(t, seen.at, format::now(), offset)}
                </time>
            </li>
        }
        .into_any()
    });
    let seen = seen.collect::<Vec<_>>();
    view! {
        <section class="card pad proof">
            <h2>{b.proof}</h2>
            <p class=class><Icon name=tone.icon()/><span>{words}</span></p>
            {if seen.is_empty() {
                view! { <p class="small muted">{b.no_checks}</p> }.into_any()
            } else {
                view! { <ul class="seen">{seen.into_iter().collect_view()}</ul> }.into_any()
            }}
            <Verify check/>
        </section>
    }
}

#[component]
fn Verify(check: Check) -> impl IntoView {
    let b = &texts().backups;
    let activities = Activities::here();
    let levels = [(VerifyLevel::Stored, b.level_stored), (VerifyLevel::Content, b.level_content)];
    let levels = levels.map(|(level, words)| {
        view! {
            <label class:on=move || check.level.get() == level>
                <input
                    type="radio"
                    name="verify-level"
                    value=match level { VerifyLevel::Stored => "stored", VerifyLevel::Content => "content" }
                    prop:checked=move || check.level.get() == level
                    on:change=move |_| check.level.set(level)
                />
                {words}
            </label>
        }
        .into_any()
    });
    let hint = move || match check.level.get() {
        VerifyLevel::Stored => b.level_stored_hint,
        VerifyLevel::Content => b.level_content_hint,
    };
    view! {
        <div class="verify">
            <fieldset class="seg" aria-label=b.verify_how disabled=move || check.running.get()>
                {levels.into_iter().collect_view()}
            </fieldset>
            <button
                id="backup-verify"
                class="btn"
                disabled=move || activities.is_busy()
                on:click=move |_| check.start(activities)
            >
                {b.verify}
            </button>
            <p class="xs muted">{move || hint()}</p>
        </div>
        <div id="backup-verify-result" role="status">
            {move || check.result.get().map(|result| view! { <Checked result/> })}
        </div>
    }
}

#[component]
fn Checked(result: Result<VerifyReport, Failure>) -> impl IntoView {
    let t = texts();
    let report = match result {
        Ok(report) => report,
        Err(failure) => return view! { <FailureBox failure/> }.into_any(),
    };
    let took = format::duration_ms(report.duration_ms);
    let results = report.results.into_iter().map(|result| {
        if let Some(failure) = result.failure {
            return view! { <FailureBox failure/> }.into_any();
        }
        let whole =
            (t.backups.whole)(&format::number(result.frames), &format::bytes(result.bytes_read), &took);
        let counted = result.rows.map(|rows| (t.backups.counted)(&(t.common.rows)(rows)));
        view! {
            <div class="note ok">
                <Icon name="check"/>
                <div>
                    <p class="fact" title=format!("{} B", format::number(result.bytes_read))>{whole}</p>
                    {counted.map(|words| view! { <p>{words}</p> }.into_any())}
                    {result.remarks.into_iter().map(|text| view! { <Verbatim text/> }.into_any()).collect_view()}
                </div>
            </div>
        }
        .into_any()
    });
    results.collect_view().into_any()
}

//! The card that says whether everything is there that a restore will need. Its answer takes longer than the first page,
//! and is asked for on its own: at the start, and when runs and operations end.

use aitta_model::{Readiness, ReadinessCheck};
use leptos::prelude::*;

use super::known::Known;
use crate::activity::Activities;
use crate::api::api;
use crate::clock::Clock;
use crate::components::badge::{Badge, Tone};
use crate::components::live::live;
use crate::components::readiness::Checks;
use crate::preferences::texts;

/// What stands open below the head: what somebody should see to. As many as the head counts as not ready.
fn open(checks: &[ReadinessCheck]) -> Vec<ReadinessCheck> {
    checks.iter().filter(|check| check.is_unmet()).cloned().collect()
}

#[component]
pub(super) fn ReadinessCard(known: Known) -> impl IntoView {
    let told = RwSignal::new(None::<Readiness>);
    let (revision, clock) = (Activities::here().revision, Clock::here());
    // The latest question counts, in whatever order the answers come.
    let asked = StoredValue::new(0_u64);
    Effect::new(move || {
        revision.track();
        clock.follow_runs();
        if !known.follow_charts() {
            return;
        }
        let question = asked.get_value() + 1;
        asked.set_value(question);
        leptos::task::spawn_local(async move {
            let answer = api().readiness().await;
            // Without an answer the profile can't be opened, which the page says above. The page may be another by now.
            if let Ok(answer) = answer
                && asked.try_get_value() == Some(question)
            {
                told.set(Some(answer));
            }
        });
    });
    let r = &texts().readiness;
    let body = live(move || {
        told.with(|told| match told {
            None => view! { <p class="pad small muted">{r.checking}</p> }.into_any(),
            Some(readiness) => card(readiness),
        })
    });
    let state = live(move || {
        told.with(|told| {
            told.as_ref().map(|told| {
                let (ready, counted) = (told.ready(), told.counted());
                let tone = if ready == counted { Tone::Ok } else { Tone::Warn };
                view! { <Badge tone words=(r.ready)(ready, counted)/> }.into_any()
            })
        })
    });
    view! {
        <section id="readiness" class="card no-print" aria-labelledby="readiness-title">
            <header class="row"><h2 id="readiness-title">{r.title}</h2>{state}</header>
            {body}
        </section>
    }
}

fn card(readiness: &Readiness) -> AnyView {
    let r = &texts().readiness;
    let now = readiness.now;
    let open = open(&readiness.checks);
    let rest = readiness.checks.iter().filter(|check| !open.contains(check));
    let rest: Vec<ReadinessCheck> = rest.cloned().collect();
    let open = (!open.is_empty()).then(|| view! { <Checks checks=open now leads=true/> });
    let rest = (!rest.is_empty()).then(|| {
        view! { <details class="rest"><summary class="small">{r.all}</summary><Checks checks=rest now leads=true/></details> }
    });
    view! { {open} {rest} }.into_any()
}

#[cfg(test)]
mod tests {
    use aitta_model::{ErrorCode, Failure, ReadinessFact, ReadinessKind, Timestamp};

    use super::*;

    fn proven(at: Option<Timestamp>, long_ago: bool) -> ReadinessCheck {
        let fact = ReadinessFact::Restored { at, long_ago };
        ReadinessCheck::found(ReadinessKind::Proven, at.is_some() && !long_ago, fact, [])
    }

    #[test]
    fn what_is_counted_as_missing_is_listed() {
        let checks = [proven(None, false), proven(Some(Timestamp::UNIX_EPOCH), false)];
        let readiness =
            Readiness { profile: String::new(), now: Timestamp::UNIX_EPOCH, checks: checks.to_vec() };
        let missing = readiness.counted() - readiness.ready();
        assert_eq!(open(&readiness.checks).len() as u64, missing);
    }

    #[test]
    fn only_what_needs_somebody_stands_open() {
        let now = Some(Timestamp::UNIX_EPOCH);
        let unknown = |code| {
            let failure = Failure { code, message: String::new(), hint: String::new() };
            ReadinessCheck::unknown(ReadinessKind::ServerRoom, failure, None)
        };
        assert_eq!(open(&[proven(now, false), unknown(ErrorCode::Unsupported)]), []);
        let (old, silent) = (proven(now, true), unknown(ErrorCode::SourceUnreachable));
        assert_eq!(open(&[old.clone(), silent.clone()]), [old, silent]);
    }
}

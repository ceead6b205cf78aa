//! The card that says whether everything is there that a restore will need. Its answer takes longer than the first page,
//! and is asked for on its own: at the start, and when runs and operations end.

use aitta_model::{
    NewestFound, Readiness, ReadinessCheck, ReadinessFact, ReadinessKind, ReadinessState, Verdict,
};
use leptos::prelude::*;

use super::known::Known;
use crate::activity::Activities;
use crate::api::api;
use crate::clock::Clock;
use crate::components::badge::{Badge, Tone};
use crate::components::live::live;
use crate::components::readiness::Checks;
use crate::preferences::texts;

/// What the headline says already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Headline {
    #[default]
    Other,
    /// That no restore was proven yet.
    AsksForProof,
    /// That the newest backup is too old.
    AsksForBackup,
    /// That there is no database that could be asked.
    AsksForDatabase,
}

impl Headline {
    fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::NeverRestored => Self::AsksForProof,
            Verdict::TooOld { .. } => Self::AsksForBackup,
            Verdict::NoDatabase { .. } => Self::AsksForDatabase,
            _ => Self::Other,
        }
    }

    fn says(self, check: &ReadinessCheck) -> bool {
        match self {
            Self::Other => false,
            Self::AsksForProof => check.kind == ReadinessKind::Proven,
            Self::AsksForBackup => {
                matches!(check.fact, Some(ReadinessFact::Newest { found: NewestFound::TooOld, .. }))
            }
            Self::AsksForDatabase => {
                check.kind == ReadinessKind::RestoreWhole
                    && matches!(check.state, ReadinessState::Unknown { .. })
            }
        }
    }
}

/// What stands open below the head: what somebody should see to. What the headline says is not said again.
fn open(checks: &[ReadinessCheck], headline: Headline) -> Vec<ReadinessCheck> {
    checks.iter().filter(|check| check.is_unmet()).filter(|check| !headline.says(check)).cloned().collect()
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
    let headline = known.part(|overview| Headline::of(&overview.verdict));
    let r = &texts().readiness;
    let body = live(move || {
        told.with(|told| match told {
            None => view! { <p class="pad small muted">{r.checking}</p> }.into_any(),
            Some(readiness) => card(readiness, headline.get().unwrap_or_default()),
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

fn card(readiness: &Readiness, headline: Headline) -> AnyView {
    let r = &texts().readiness;
    let now = readiness.now;
    let open = open(&readiness.checks, headline);
    let rest = readiness.checks.iter().filter(|check| !open.contains(check));
    // Without a database there is nothing more to say of it.
    let no_database = headline == Headline::AsksForDatabase;
    let rest: Vec<ReadinessCheck> =
        rest.filter(|check| !no_database || !headline.says(check)).cloned().collect();
    let open = (!open.is_empty()).then(|| view! { <Checks checks=open now leads=true/> });
    let rest = (!rest.is_empty()).then(|| {
        view! { <details class="rest"><summary class="small">{r.all}</summary><Checks checks=rest now leads=true/></details> }
    });
    view! { {open} {rest} }.into_any()
}

#[cfg(test)]
mod tests {
    use aitta_model::{ErrorCode, Failure, Timestamp};

    use super::*;

    fn proven(at: Option<Timestamp>, long_ago: bool) -> ReadinessCheck {
        let fact = ReadinessFact::Restored { at, long_ago };
        ReadinessCheck::found(ReadinessKind::Proven, at.is_some() && !long_ago, fact, [])
    }

    #[test]
    fn what_the_headline_asks_for_is_not_asked_for_twice() {
        let never = [proven(None, false)];
        assert_eq!(open(&never, Headline::AsksForProof), []);
        assert_eq!(open(&never, Headline::Other), never);
    }

    #[test]
    fn only_what_needs_somebody_stands_open() {
        let now = Some(Timestamp::UNIX_EPOCH);
        let unknown = |code| {
            let failure = Failure { code, message: String::new(), hint: String::new() };
            ReadinessCheck::unknown(ReadinessKind::ServerRoom, failure, None)
        };
        assert_eq!(open(&[proven(now, false), unknown(ErrorCode::Unsupported)], Headline::Other), []);
        let (old, silent) = (proven(now, true), unknown(ErrorCode::SourceUnreachable));
        assert_eq!(open(&[old.clone(), silent.clone()], Headline::Other), [old, silent]);
    }
}

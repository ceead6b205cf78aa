//! All profiles, each with the first line of its own dashboard.

use aitta_model::{
    DatabaseEngine, Failure, Overview, ProfileState, ProfileSummary, Standing, Verdict, plain,
};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;

use super::verdict::Headline;
use crate::api::api;
use crate::clock::Clock;
use crate::components::badge::{Badge, Tone};
use crate::components::failure::FailureBox;
use crate::components::icon::Icon;
use crate::components::states::asked;
use crate::format;
use crate::preferences::texts;
use crate::shown::Shown;
use crate::texts::Texts;

#[component]
pub(crate) fn Profiles() -> impl IntoView {
    let t = texts();
    let clock = Clock::here();
    // Above what is drawn anew each minute.
    let failure = RwSignal::new(None::<Failure>);
    let ask = move || {
        // Ages go on, and runs end while nobody touches the page.
        clock.follow();
        api().profiles()
    };
    view! {
        <header class="page"><div><h1>{t.profiles.title}</h1></div></header>
        {move || failure.get().map(|failure| view! { <div class="above"><FailureBox failure/></div> }.into_any())}
        {asked(ask, move |profiles| view! { <List profiles failure/> })}
    }
}

#[component]
fn List(profiles: Vec<ProfileState>, failure: RwSignal<Option<Failure>>) -> impl IntoView {
    let t = texts();
    let lines: Vec<Line> = profiles.into_iter().map(|profile| Line::new(t, profile)).collect();
    let safe = lines.iter().filter(|line| line.tone == Tone::Ok).count() as u64;
    let lead = (t.profiles.lead)(safe, lines.len() as u64);
    let items = lines.into_iter().map(|line| item(line, failure)).collect_view();
    view! {
        <p class="muted above">{lead}</p>
        <ul class="profiles">{items}</ul>
    }
}

/// What is shown of a profile.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    name: String,
    /// Engine and database, where they are known.
    database: String,
    tone: Tone,
    verdict: String,
    evidence: String,
    last_backup: Option<String>,
    /// Why nothing is known of it.
    failure: Option<Failure>,
    /// One whose configuration is wrong can't be opened.
    can_open: bool,
}

impl Line {
    fn new(t: &Texts, state: ProfileState) -> Self {
        let ProfileState { name, profile, standing } = state;
        let database = profile.as_ref().map(database).unwrap_or_default();
        let can_open = profile.is_some();
        match standing {
            Standing::Known(overview) => {
                let headline = Headline::new(t, &overview, None, format::offset);
                Self {
                    name,
                    database,
                    tone: headline.tone,
                    verdict: headline.title,
                    evidence: [Some(headline.evidence), headline.besides]
                        .into_iter()
                        .flatten()
                        .collect::<Vec<_>>()
                        .join(" "),
                    last_backup: Some((t.profiles.last_backup)(&last_backup(t, &overview))),
                    failure: None,
                    can_open,
                }
            }
            Standing::Unknown(failure) => Self {
                name,
                database,
                tone: Tone::Bad,
                verdict: t.profiles.not_known.to_owned(),
                evidence: String::new(),
                last_backup: None,
                failure: Some(failure),
                can_open,
            },
        }
    }
}

/// `PostgreSQL · db1:5432/carwash`
fn database(profile: &ProfileSummary) -> String {
    let engine = match profile.engine {
        Some(DatabaseEngine::Postgresql) => Some("PostgreSQL"),
        Some(DatabaseEngine::Sqlite) => Some("SQLite"),
        None => None,
    };
    let database = profile.database.as_deref().map(plain);
    engine.map(str::to_owned).into_iter().chain(database).collect::<Vec<_>>().join(" · ")
}

fn last_backup(t: &Texts, overview: &Overview) -> String {
    let d = &t.dashboard;
    // Without a database nobody can say which of the archives are its backups.
    let is_known = !matches!(overview.verdict, Verdict::Unknown { .. } | Verdict::NoDatabase { .. });
    match &overview.last_backup {
        Some(last) => {
            let ago = format::ago(t, last.created, overview.now);
            // Newer ones may be there: nobody can look.
            if is_known { ago } else { (d.last_seen)(&ago) }
        }
        None if is_known => d.none_yet.to_owned(),
        None => d.not_known.to_owned(),
    }
}

fn item(line: Line, failure: RwSignal<Option<Failure>>) -> AnyView {
    let p = &texts().profiles;
    let shown = Shown::here();
    let navigate = use_navigate();
    let is_shown = shown.0.with_untracked(|session| {
        session.as_ref().and_then(|s| s.active.as_ref()).is_some_and(|active| active.name == line.name)
    });
    let class = format!("verdict {}", line.tone.word());
    let name = line.name.clone();
    let open = move |_| {
        let (name, navigate) = (name.clone(), navigate.clone());
        failure.set(None);
        leptos::task::spawn_local(async move {
            match api().choose_profile(&name).await {
                Ok(session) => {
                    shown.change(session);
                    navigate("/", NavigateOptions::default());
                }
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    };
    let way = match (is_shown, line.can_open) {
        (true, _) => view! { <A href="/" attr:class="btn">{p.open}</A> }.into_any(),
        (false, true) => view! { <button class="btn" on:click=open>{p.open}</button> }.into_any(),
        (false, false) => ().into_any(),
    };
    view! {
        <li class="card pad" data-profile=line.name.clone()>
            <div class="row">
                <div>
                    <h2>{plain(&line.name)}{is_shown.then(|| view! { " "<Badge tone=Tone::Info words=p.shown/> })}</h2>
                    <p class="small muted">{line.database}</p>
                </div>
                {way}
            </div>
            <p class=class><Icon name=line.tone.icon()/><span>{line.verdict}</span></p>
            {(!line.evidence.is_empty()).then(|| view! { <p class="small muted">{line.evidence}</p> }.into_any())}
            {line.last_backup.map(|last| view! { <p class="small muted">{last}</p> }.into_any())}
            {line.failure.map(|failure| view! { <FailureBox failure still=true/> }.into_any())}
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use aitta_model::ErrorCode;

    use super::*;
    use crate::pages::dashboard::sample::overview;
    use crate::texts::EN;

    #[test]
    fn a_profile_that_is_not_known_is_neither_safe_nor_without_a_backup() {
        let failure = Failure {
            code: ErrorCode::ConfigInvalid,
            message: "line 3 is wrong".to_owned(),
            hint: String::new(),
        };
        let standing = Standing::Unknown(failure.clone());
        let line = Line::new(&EN, ProfileState { name: "shop".to_owned(), profile: None, standing });
        assert_eq!((line.tone, line.can_open, line.last_backup), (Tone::Bad, false, None));
        assert_eq!(line.failure, Some(failure.clone()));

        let mut away = overview(Verdict::Unknown { failure });
        assert!(last_backup(&EN, &away).starts_with("last known: "), "{}", last_backup(&EN, &away));
        away.last_backup = None;
        assert_eq!(last_backup(&EN, &away), "not known");
        let mut fresh = overview(Verdict::NoBackup { failure: None });
        fresh.last_backup = None;
        assert_eq!(last_backup(&EN, &fresh), "none yet");
    }
}

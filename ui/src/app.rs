//! The frame around every page: where one is, what is under way, and the way to everything else.

use aitta_model::DatabaseEngine;

use leptos::prelude::*;
use leptos_router::components::{A, Route, Router, Routes};
use leptos_router::hooks::use_location;
use leptos_router::path;

use crate::activity::Activities;
use crate::api::api;
use crate::arrival;
use crate::clock::Clock;
use crate::components::activity::UnderWay;
use crate::components::failure::FailureBox;
use crate::components::icon::{Icon, Mark};
use crate::components::keyboard::{self, PaletteButton, Shortcuts};
use crate::components::leave::{LeaveDialog, hold_back};
use crate::components::live::live;
use crate::components::palette::{Palette, PaletteDialog, PaletteFailure};
use crate::components::pressed::Pressed;
use crate::components::states::Empty;
use crate::format::zone;
use crate::leaving::Leaving;
use crate::pages;
use crate::preferences::{Preferences, texts};
use crate::shown::Shown;
use crate::texts::Texts;

#[component]
pub(crate) fn App() -> impl IntoView {
    let preferences = Preferences::load();
    provide_context(preferences);
    // The tray and notifications, too. Where they can't be told, they speak as before.
    Effect::new(move || {
        let code = preferences.language.get().code();
        leptos::task::spawn_local(async move { drop(api().set_language(code).await) });
    });
    let activities = Activities::new();
    provide_context(activities);
    let clock = Clock::start();
    provide_context(clock);
    activities.watch(clock);
    provide_context(Pressed::listen());
    let leaving = Leaving::new();
    provide_context(leaving);
    hold_back(leaving);
    provide_context(pages::restore::Kept::new(activities, preferences));
    provide_context(pages::keys::rotate::Rotation::new(activities));
    let shown = Shown::new(activities.revision);
    provide_context(shown);
    let failure = RwSignal::new(None);
    let ask = move || {
        failure.set(None);
        leptos::task::spawn_local(async move {
            match api().session().await {
                Ok(session) => {
                    clock.begin_at(session.pulse);
                    shown.0.set(Some(session));
                }
                Err(error) => failure.set(Some(error)),
            }
        });
    };
    ask();
    // Which page it is follows from whether there is a profile; its name may change under the page.
    let ready = Memo::new(move |_| {
        shown.0.with(|session| session.as_ref().map(|s| (s.active.is_some(), s.failure.clone())))
    });
    let body = move || {
        preferences.language.track();
        match (ready.get(), failure.get()) {
            (_, Some(error)) => view! {
                <main class="lone">
                    <FailureBox failure=error retry=Callback::new(move |()| ask())/>
                </main>
            }
            .into_any(),
            (None, None) => view! { <main class="lone" aria-busy="true"></main> }.into_any(),
            (Some((true, _)), None) => view! { <Frame/> }.into_any(),
            (Some((false, problem)), None) => view! { <pages::setup::Setup problem/> }.into_any(),
        }
    };
    view! { <Router>{move || body()}</Router> }
}

#[component]
fn Frame() -> impl IntoView {
    let t = texts();
    arrivals();
    provide_context(Palette::new());
    keyboard::listen();
    let missing = move || {
        view! {
            <Empty icon="question" title=t.common.page_not_found>
                <A href="/" attr:class="btn">{t.restore.to_dashboard}</A>
            </Empty>
        }
    };
    view! {
        <a class="skip" href="#content">{t.common.skip_to_content}</a>
        <div class="app">
            <Sidebar/>
            <main id="content" tabindex="-1">
                <UnderWay/>
                <PaletteFailure/>
                <SampleMark/>
                <pages::keys::rotate::Abandoned/>
                <Routes fallback=missing>
                    <Route path=path!("/") view=pages::dashboard::Dashboard/>
                    <Route path=path!("/index.html") view=pages::dashboard::Dashboard/>
                    <Route path=path!("/profiles") view=pages::dashboard::profiles::Profiles/>
                    <Route path=path!("/settings") view=pages::settings::Settings/>
                    <Route path=path!("/settings/new") view=pages::setup::Another/>
                    <Route path=path!("/settings/second-factor") view=pages::mfa::SecondFactorPage/>
                    <Route path=path!("/keys") view=pages::keys::Keys/>
                    <Route path=path!("/keys/rotate") view=pages::keys::rotate::Rotate/>
                    <Route path=path!("/audit") view=pages::audit::Audit/>
                    <Route path=path!("/automation") view=pages::automation::AutomationPage/>
                    <Route path=path!("/review") view=pages::review::Review/>
                    <Route path=path!("/restore") view=pages::restore::Restore/>
                    <Route path=path!("/restore/prove") view=pages::restore::prove::Prove/>
                    <Route path=path!("/backups") view=pages::backups::Backups/>
                    <Route path=path!("/backups/:id") view=pages::backups::one::OneBackup/>
                    <Route path=path!("/runs") view=pages::runs::Runs/>
                    <Route path=path!("/runs/:id") view=pages::runs::one::OneRun/>
                </Routes>
            </main>
        </div>
        <PaletteDialog/>
        <Shortcuts/>
        <LeaveDialog/>
    }
}

/// Names the window after each page that is entered, and puts the focus on its heading.
fn arrivals() {
    let t = texts();
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let path = path.get();
        document().set_title(&format!("{} – Aitta", name_of(t, &path)));
        if before.is_some_and(|before| before != path) {
            arrival::focus_heading();
        }
        path
    });
}

fn name_of(t: &Texts, path: &str) -> &'static str {
    match path.trim_matches('/') {
        "settings/new" => t.setup.new_profile,
        "settings/second-factor" => t.mfa.title,
        "keys/rotate" => t.keys.rotation,
        "audit" => t.audit.title,
        "automation" => t.automation.title,
        "keys" => t.keys.title,
        "profiles" => t.profiles.title,
        "review" => t.common.review,
        "restore" => t.common.restore,
        "restore/prove" => t.restore.prove,
        "settings" => t.common.settings,
        path if path.starts_with("backups") => t.common.backups,
        path if path.starts_with("runs") => t.common.runs,
        _ => t.common.dashboard,
    }
}

#[component]
fn Sidebar() -> impl IntoView {
    let t = texts();
    let links = [
        ("/", "dashboard", t.common.dashboard),
        ("/backups", "backups", t.common.backups),
        ("/restore", "restore", t.common.restore),
        ("/runs", "runs", t.common.runs),
        ("/review", "review", t.common.review),
        ("/automation", "clock", t.automation.title),
        ("/keys", "key", t.keys.title),
        ("/audit", "audit", t.audit.title),
        ("/settings", "settings", t.common.settings),
    ];
    let path = use_location().pathname;
    let is_here = move |href: &str| {
        let path = path.get();
        let path = path.strip_suffix("index.html").unwrap_or(&path);
        if href == "/" {
            path == "/"
        } else {
            path.strip_prefix(href).is_some_and(|r| r.is_empty() || r.starts_with('/'))
        }
    };
    let link = move |(href, icon, name): (&'static str, &'static str, &'static str)| {
        view! {
            // The router would mark "/" as the page on every page.
            <A href=href attr:aria-current=move || is_here(href).then_some("page")>
                <Icon name=icon/>
                <span>{name}</span>
            </A>
        }
        .into_any()
    };
    let shown = Shown::here();
    let several = Memo::new(move |_| shown.0.with(|s| s.as_ref().is_some_and(|s| s.profiles.len() > 1)));
    let profiles = live(move || several.get().then(|| link(("/profiles", "profiles", t.profiles.title))));
    view! {
        <nav class="sidebar" aria-label=t.common.main_navigation>
            <div class="brand"><Mark/><span>"Aitta"</span></div>
            <ProfileBox/>
            {profiles}
            {links.map(link).into_iter().collect_view()}
            <div class="foot">
                <PaletteButton/>
                <p class="zone">{(t.common.times_in)(&zone())}</p>
            </div>
        </nav>
    }
}

#[component]
fn ProfileBox() -> impl IntoView {
    let t = texts();
    let shown = Shown::here();
    let failure = RwSignal::new(None);
    let leaving = Leaving::here();
    let choose = move |event: web_sys::Event, now: String| {
        let (name, box_): (String, web_sys::HtmlSelectElement) =
            (event_target_value(&event), event_target(&event));
        let go = move || {
            leptos::task::spawn_local(async move {
                match api().choose_profile(&name).await {
                    Ok(session) => shown.change(session),
                    Err(error) => failure.set(Some(error)),
                }
            });
        };
        leaving.before(go, move || box_.set_value(&now));
    };
    live(move || {
        let session = shown.0.get()?;
        let profile = session.active?;
        let place = profile.database.clone().unwrap_or_default();
        let engine = match profile.engine {
            Some(DatabaseEngine::Postgresql) => "PostgreSQL",
            Some(DatabaseEngine::Sqlite) => "SQLite",
            None => "",
        };
        let file = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        let detail = match profile.database.is_some() {
            true => format!("{engine} · {}", file(&place)),
            false => t.machine.no_database_tile.to_owned(),
        };
        let name = profile.name.clone();
        let several = session.profiles.len() > 1;
        let now = name.clone();
        let chooser = move || {
            view! {
                <select
                    class="bare"
                    aria-label=t.common.profile
                    on:change=move |event| choose(event, now.clone())
                >
                    {session.profiles.iter().map(|other| {
                        view! { <option value=other.clone() selected=*other == name>{other.clone()}</option> }.into_any()
                    }).collect_view()}
                </select>
            }
        };
        Some(
            view! {
                <div class="profile" title=place>
                    {if several {
                        chooser().into_any()
                    } else {
                        view! { <strong>{profile.name.clone()}</strong> }.into_any()
                    }}
                    <small>{detail}</small>
                </div>
                {move || failure.get().map(|failure| view! { <FailureBox failure/> })}
            }
            .into_any(),
        )
    })
}

/// Nobody must take the sample for their own data.
#[component]
fn SampleMark() -> impl IntoView {
    let t = texts();
    let shown = Shown::here();
    live(move || {
        let sample = shown.0.with(|s| s.as_ref().and_then(|s| s.active.as_ref()).is_some_and(|p| p.sample));
        sample.then(|| {
            view! { <p class="sample-mark" role="note"><Icon name="flask"/>{t.common.sample}</p> }.into_any()
        })
    })
}

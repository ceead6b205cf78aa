//! Tests of what was entered, and their results in place.

use aitta_model::{
    DatabaseEngine, Failure, GuardState, ReadinessCheck, SourceCheck, SourceRights, StoreCheck, plain,
};
use leptos::prelude::*;

use super::saving::Others;
use crate::components::failure::{FailureBox, Verbatim};
use crate::components::icon::Icon;
use crate::components::readiness::Checks;
use crate::format;
use crate::preferences::texts;
use crate::transport::Asked;

/// How a test stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Check<T> {
    /// Not made for what is entered now.
    #[default]
    Idle,
    Busy,
    Done(T),
}

/// A test and its result. What it was made for must not change while it counts: see [`Self::forget`].
pub(crate) struct Tested<T: Send + Sync + 'static> {
    pub(crate) result: RwSignal<Check<Result<T, Failure>>>,
    /// Of several tests only the last counts.
    number: StoredValue<u32>,
}

impl<T: Send + Sync + 'static> Clone for Tested<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Tested<T> {}

impl<T: Clone + Send + Sync + 'static> Tested<T> {
    pub(crate) fn new() -> Self {
        Self { result: RwSignal::new(Check::Idle), number: StoredValue::new(0) }
    }

    /// What was entered is another now.
    pub(crate) fn forget(self) {
        self.number.update_value(|n| *n += 1);
        self.result.set(Check::Idle);
    }

    /// Tests, and goes on when all is well.
    pub(crate) fn run(self, ask: Asked<T>, then: impl FnOnce() + 'static) {
        self.forget();
        let number = self.number.get_value();
        self.result.set(Check::Busy);
        leptos::task::spawn_local(async move {
            let answer = ask.await;
            if self.number.try_get_value() == Some(number) {
                let well = answer.is_ok();
                self.result.set(Check::Done(answer));
                if well {
                    then();
                }
            }
        });
    }

    pub(crate) fn is_busy(self) -> bool {
        self.result.with(|result| matches!(result, Check::Busy))
    }

    pub(crate) fn is_well(self) -> bool {
        self.result.with_untracked(|result| matches!(result, Check::Done(Ok(_))))
    }
}

/// What the database has answered.
#[component]
pub(crate) fn SourceResult(tested: Tested<SourceCheck>) -> impl IntoView {
    let t = texts();
    let show = move |check: SourceCheck| {
        let engine = if check.engine == DatabaseEngine::Sqlite { "SQLite" } else { "PostgreSQL" };
        let version = check.version.trim_start_matches("PostgreSQL ");
        let size = format::bytes(check.size_bytes);
        let exact = format!("{} B", format::number(check.size_bytes));
        let place = check.database;
        view! {
            <Good title=(t.setup.answers)(&format!("{engine} {version}"))>
                <span title=place.clone()>{place.clone()}</span>" · "
                {(t.common.tables)(check.tables)}" · "<span title=exact>"≈ "{size}</span>
            </Good>
            {lacks(check.readiness)}
            {check.rights.map(rights)}
        }
    };
    result(tested, show)
}

/// What a restore into this database would lack.
fn lacks(checks: Vec<ReadinessCheck>) -> Option<AnyView> {
    let checks: Vec<ReadinessCheck> = checks.into_iter().filter(ReadinessCheck::is_unmet).collect();
    (!checks.is_empty()).then(|| {
        view! { <p class="small">{texts().readiness.backups_work}</p><Checks checks now=format::now()/> }
            .into_any()
    })
}

/// What the user of the database may do beside what is needed, and roles that may not.
fn rights(rights: SourceRights) -> AnyView {
    let s = &texts().setup;
    let more = (!rights.more.is_empty()).then(|| {
        let more = rights.more.into_iter().enumerate().map(|(i, text)| {
            let words = rights.excess.get(i).and_then(s.excess);
            let words = words.map_or_else(
                || view! { <Verbatim text/> }.into_any(),
                |words| view! { <p>{plain(&words)}</p> }.into_any(),
            );
            view! { <li class="warn"><Icon name="warning"/><div>{words}</div></li> }
        });
        view! {
            <p class="small">{(s.too_many_rights)(&rights.user)}</p>
            <ul class="guards">{more.collect_view()}</ul>
        }
        .into_any()
    });
    let role = |sql: String, lacks: Vec<String>| {
        let lacks = (!lacks.is_empty()).then(|| {
            let lacks =
                lacks.into_iter().map(|lack| view! { <li><Verbatim text=format::sentence(lack)/></li> });
            view! { <p class="small">{s.role_lacks}</p><ul class="small">{lacks.collect_view()}</ul> }
                .into_any()
        });
        view! { <pre class="sql" tabindex="0">{sql}</pre>{lacks} }.into_any()
    };
    view! {
        {more}
        <details class="roles">
            <summary class="small">{s.roles}</summary>
            <p class="small muted">{s.roles_hint}</p>
            {role(rights.backup, rights.backup_lacks)}
            {role(rights.restore, rights.restore_lacks)}
        </details>
    }
    .into_any()
}

/// What the folder has taken.
#[component]
pub(crate) fn StoreResult(tested: Tested<StoreCheck>) -> impl IntoView {
    let t = texts();
    let show = move |check: StoreCheck| {
        let free = check.free_bytes.map(|bytes| {
            let exact = format!("{} B", format::number(bytes));
            view! { <span title=exact>{(t.setup.free)(&format::bytes(bytes))}</span>" · " }.into_any()
        });
        let guards = check.guards.into_iter().map(|guard| {
            let (class, icon, state) = match guard.state {
                GuardState::Fine => ("ok", "check", t.setup.guard_fine),
                GuardState::Warning => ("warn", "warning", t.setup.guard_warning),
                GuardState::Unknown => ("", "info", t.setup.guard_unknown),
            };
            let words = (t.setup.guard)(&guard.guard, guard.state);
            let engine = plain(&guard.words);
            let title = engine.clone();
            // What was found wrong has its reason there.
            let more = words.is_some() && guard.state != GuardState::Fine && !t.findings.verbatim.is_empty();
            let named = more.then(|| view! { <Verbatim text=engine.clone()/> }.into_any());
            view! {
                <li class=class title=title>
                    <Icon name=icon/>
                    <div>{state}": "{words.map_or(engine, str::to_owned)}{named}</div>
                </li>
            }
        });
        let guards = guards.collect_view();
        view! {
            <Good title=t.setup.writable.to_owned()>{free}{(t.setup.archives_there)(check.archives)}</Good>
            <ul class="guards">{guards}</ul>
            <Others others=check.others/>
        }
    };
    result(tested, show)
}

fn result<T, V>(tested: Tested<T>, show: impl Fn(T) -> V + Copy + Send + 'static) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let body = move || match tested.result.get() {
        Check::Idle => ().into_any(),
        Check::Busy => view! { <p class="small muted">{texts().setup.checking}</p> }.into_any(),
        Check::Done(Ok(check)) => show(check).into_any(),
        Check::Done(Err(failure)) => view! { <FailureBox failure/> }.into_any(),
    };
    view! { <div class="result" aria-live="polite">{move || body()}</div> }
}

/// Something went well, with its figures.
#[component]
pub(crate) fn Good(title: String, children: Children) -> impl IntoView {
    view! {
        <div class="note ok">
            <Icon name="check"/>
            <div><p class="fact">{title}</p><p>{children()}</p></div>
        </div>
    }
}

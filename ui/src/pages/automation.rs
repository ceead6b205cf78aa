//! What happens by itself: who starts the backups and when, which of them stay, and who is told when it fails.

mod blocks;
mod coming;
mod duty;
mod fate;
mod known;
mod notices;
mod one;
mod prune;
mod retention;
mod schedule;

use leptos::prelude::*;

use self::notices::Notices;
use self::retention::Retention;
use self::schedule::Schedule;
use crate::preferences::texts;

#[component]
pub(crate) fn AutomationPage() -> impl IntoView {
    let a = &texts().automation;
    view! {
        <header class="page">
            <div><h1>{a.title}</h1><p class="muted">{a.lead}</p></div>
        </header>
        <div class="automation">
            <Schedule/>
            <Notices/>
            <Retention/>
        </div>
    }
}

//! What a page shows until it has something to show.

use leptos::prelude::*;

use super::failure::FailureBox;
use super::icon::Icon;
use crate::activity::Activities;
use crate::api::Answer;
use crate::preferences::texts;

/// Grey bars in the place of what will come.
#[component]
pub(crate) fn Loading(#[prop(default = 4)] lines: usize) -> impl IntoView {
    let t = texts();
    view! {
        <div class="loading card" role="status" aria-label=t.common.loading>
            {(0..lines).map(|_| view! { <div class="bar"></div> }).collect_view()}
        </div>
    }
}

/// Nothing there yet, and what to do about it.
#[component]
pub(crate) fn Empty(
    icon: &'static str,
    #[prop(into)] title: String,
    #[prop(into)] words: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty card">
            <Icon name=icon/>
            <h2>{title}</h2>
            <p class="muted">{words}</p>
            {children.map(|children| children())}
        </div>
    }
}

/// Asks for something, again whenever an operation has ended, and shows it, or bars, or the error. While it
/// is asked for again, what was known stays.
pub(crate) fn asked<T, F, V>(
    ask: impl Fn() -> F + 'static,
    show: impl Fn(T) -> V + Send + Sync + 'static,
) -> impl IntoView
where
    T: Clone + 'static,
    F: Future<Output = Answer<T>> + 'static,
    V: IntoView + 'static,
{
    let answer: RwSignal<Option<Answer<T>>, LocalStorage> = RwSignal::new_local(None);
    let revision = Activities::here().revision;
    let ask = std::rc::Rc::new(ask);
    let asking = ask.clone();
    // The latest question counts, in whatever order the answers come.
    let asked = StoredValue::new_local(0_u64);
    let go = move || {
        let question = asked.get_value() + 1;
        asked.set_value(question);
        let future = asking();
        leptos::task::spawn_local(async move {
            let new = future.await;
            if asked.try_get_value() == Some(question) {
                answer.set(Some(new));
            }
        });
    };
    let again = StoredValue::new_local(go.clone());
    Effect::new(move || {
        revision.track();
        go();
    });
    move || match answer.get() {
        None => view! { <Loading/> }.into_any(),
        Some(Ok(value)) => show(value).into_any(),
        Some(Err(failure)) => {
            let retry = Callback::new(move |()| {
                answer.set(None);
                again.with_value(|go| go());
            });
            view! { <FailureBox failure retry/> }.into_any()
        }
    }
}

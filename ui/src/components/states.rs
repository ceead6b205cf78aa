//! What a page shows until it has something to show.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;

use super::failure::FailureBox;
use super::icon::Icon;
use super::live::live;
use super::pressed::Pressed;
use crate::activity::Activities;
use crate::preferences::texts;
use crate::transport::{Answer, Asked};

/// Grey bars in the place of what will come.
#[component]
pub(crate) fn Loading(#[prop(default = 4)] lines: usize) -> impl IntoView {
    let t = texts();
    view! {
        <div class="loading card" role="status" aria-label=t.common.loading>
            {(0..lines).map(|_| view! { <div class="bar"></div> }.into_any()).collect_view()}
        </div>
    }
}

/// Nothing there yet, and what to do about it.
#[component]
pub(crate) fn Empty(
    icon: &'static str,
    #[prop(into)] title: String,
    #[prop(optional, into)] words: Option<String>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty card">
            <Icon name=icon/>
            <h2>{title}</h2>
            {words.map(|words| view! { <p class="muted">{words}</p> })}
            {children.map(|children| children())}
        </div>
    }
}

/// An answer that can be shown, as often as the page needs it.
type Showable = Rc<dyn Fn() -> AnyView>;
/// Asks; the question says whether an answer is shown. Nothing comes back where that one is still right.
type Asking = Rc<dyn Fn(bool) -> Asked<Option<Showable>>>;

/// Asks for something, again whenever an operation has ended, and shows it, or bars, or the error. While it
/// is asked for again, what was known stays; where the answer is the same, nothing is made anew.
pub(crate) fn asked<T, V>(ask: impl Fn() -> Asked<T> + 'static, show: impl Fn(T) -> V + 'static) -> AnyView
where
    T: Clone + PartialEq + 'static,
    V: IntoView + 'static,
{
    let show = Rc::new(show);
    let last: Rc<RefCell<Option<T>>> = Rc::default();
    asking(Rc::new(move |shown| {
        let (future, show, last) = (ask(), show.clone(), last.clone());
        Box::pin(async move {
            let value = future.await?;
            let same = shown && last.borrow().as_ref() == Some(&value);
            last.replace(Some(value.clone()));
            Ok((!same).then(|| Rc::new(move || show(value.clone()).into_any()) as Showable))
        })
    }))
}

/// The part of [`asked`] that is the same for every answer, compiled once.
fn asking(ask: Asking) -> AnyView {
    let answer: RwSignal<Option<Answer<Showable>>, LocalStorage> = RwSignal::new_local(None);
    // What has come while a button of the pointer was down: a part that is made anew under it loses the click.
    let held: RwSignal<Option<Answer<Showable>>, LocalStorage> = RwSignal::new_local(None);
    let revision = Activities::here().revision;
    let pressed = Pressed::here();
    // The latest question counts, in whatever order the answers come.
    let asked = StoredValue::new_local(0_u64);
    let go = move || {
        let question = asked.get_value() + 1;
        asked.set_value(question);
        let shown = answer.with_untracked(|answer| matches!(answer, Some(Ok(_))));
        let future = ask(shown);
        leptos::task::spawn_local(async move {
            let new = future.await;
            if asked.try_get_value() != Some(question) {
                return;
            }
            match new.transpose() {
                Some(new) => held.set(Some(new)),
                // What is shown is right after all.
                None => held.update(|held| *held = held.take().filter(Result::is_ok)),
            }
        });
    };
    let again = StoredValue::new_local(go.clone());
    Effect::new(move || {
        revision.track();
        go();
    });
    Effect::new(move || {
        if !pressed.get() && held.with(Option::is_some) {
            answer.set(held.try_update_untracked(Option::take).flatten());
        }
    });
    live(move || match answer.get() {
        None => view! { <Loading/> }.into_any(),
        Some(Ok(show)) => show(),
        Some(Err(failure)) => {
            let retry = Callback::new(move |()| {
                answer.set(None);
                again.with_value(|go| go());
            });
            view! { <FailureBox failure retry/> }.into_any()
        }
    })
}

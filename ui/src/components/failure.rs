//! An error where the action was: what has happened, what to do, and a button that leads to where it is done. What the
//! engine says of it is folded below.

mod words;

use aitta_model::{ErrorCode, Failure, plain};
use leptos::html;
use leptos::prelude::*;
use leptos_router::components::A;

use super::copy::CopyButton;
use super::icon::Icon;
use crate::preferences::texts;
use crate::remedy;
use crate::shown::Shown;

pub(crate) use self::words::{title, told};

/// Room that the footers which stay in sight take, in CSS pixels; `.failure` keeps as much.
const FOOTER: f64 = 72.0;

/// An error. One that a click has brought comes into sight; `still` is one that was there before, and so is one that
/// can be tried again.
#[component]
pub(crate) fn FailureBox(
    failure: Failure,
    #[prop(optional)] retry: Option<Callback<()>>,
    #[prop(optional)] still: bool,
) -> impl IntoView {
    let t = texts();
    let (said, cause) = (t.failures.said)(failure.code);
    let fact = words::fact(&failure);
    let code = failure.code.as_str();
    let element = NodeRef::<html::Div>::new();
    if retry.is_none() && !still {
        come_into_sight(element);
    }
    // Beside any other error it would be beside the point.
    let statement = (failure.code == ErrorCode::SourceDenied)
        .then(|| view! { <Statement hint=failure.hint.clone()/> }.into_any());
    let retry = retry.map(|retry| {
        view! {
            <button type="button" class="btn" on:click=move |_| retry.run(())>{t.common.try_again}</button>
        }
        .into_any()
    });
    let buttons = [retry, way_out(&failure)].into_iter().flatten().collect::<Vec<_>>();
    let buttons = (!buttons.is_empty())
        .then(|| view! { <p class="buttons">{buttons.into_iter().collect_view()}</p> }.into_any());
    view! {
        <div node_ref=element class="note bad failure" role="alert" data-code=code>
            <Icon name="warning"/>
            <div>
                <p class="fact">{said}</p>
                <p>{cause}</p>
                {fact.map(|text| view! { <Verbatim text/> })}
                {statement}
                {buttons}
                <FailureDetails failure/>
            </div>
        </div>
    }
}

/// The link to the page where this is mended. Before a profile is there the window has no other page.
pub(crate) fn way_out(failure: &Failure) -> Option<AnyView> {
    let is_set_up =
        use_context::<Shown>()?.0.with_untracked(|s| s.as_ref().is_some_and(|s| s.active.is_some()));
    let path = window().location().pathname().unwrap_or_default();
    let way = words::way(failure.code, &path).filter(|_| is_set_up)?;
    Some(view! { <A href=way.href() attr:class="btn">{(texts().failures.way)(way)}</A> }.into_any())
}

/// What the engine or a server says, introduced as such where the page speaks another language.
#[component]
pub(crate) fn Verbatim(text: String) -> impl IntoView {
    let words = texts().findings.verbatim;
    let words = (!words.is_empty()).then(|| view! { {words}" " }.into_any());
    view! { <p class="named">{words}<span lang="en">{text}</span></p> }
}

/// What the engine says of an error, folded: its fact, its hint and its code.
#[component]
pub(crate) fn FailureDetails(failure: Failure) -> impl IntoView {
    let t = texts();
    let text = words::engine(&failure);
    let introduced = t.findings.verbatim;
    // The pages have other names in another language: beside English words they would be a riddle.
    let hint = match introduced.is_empty() {
        true => plain(&remedy::words(t, &failure.hint)),
        false => plain(&failure.hint),
    };
    let introduced =
        (!introduced.is_empty()).then(|| view! { <p lang=t.common.lang>{introduced}</p> }.into_any());
    view! {
        <details class="engine">
            <summary>{t.failures.details}</summary>
            <div lang="en">
                {introduced}
                <p>{plain(&failure.message)}</p>
                <p>{hint}</p>
                <p class="code">{failure.code.as_str()}</p>
            </div>
            <CopyButton text words=t.failures.copy class="btn small"/>
        </details>
    }
}

/// The statement that a hint says to run, to be handed to somebody who may.
#[component]
pub(crate) fn Statement(hint: String) -> impl IntoView {
    let f = &texts().failures;
    words::statement(&hint).map(|sql| {
        view! {
            <div class="statement">
                <p>{f.statement}</p>
                <pre class="sql"><code>{sql.clone()}</code></pre>
                <CopyButton text=sql words=f.copy_statement class="btn small"/>
            </div>
        }
        .into_any()
    })
}

/// The answer to a click must not be below what one sees.
fn come_into_sight(element: NodeRef<html::Div>) {
    request_animation_frame(move || {
        let Some(element) = element.try_get_untracked().flatten() else { return };
        let place = element.get_bounding_client_rect();
        let height =
            window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or_default() - FOOTER;
        if place.top() < 0.0 || place.bottom() > height {
            element.scroll_into_view_with_bool(place.height() > height);
        }
    });
}

//! An error where the action was: the fact, what to do, and the way to try again.

use aitta_model::Failure;
use leptos::prelude::*;

use super::icon::Icon;
use crate::preferences::texts;
use crate::remedy;

#[component]
pub(crate) fn FailureBox(failure: Failure, #[prop(optional)] retry: Option<Callback<()>>) -> impl IntoView {
    let t = texts();
    view! {
        <div class="note bad" role="alert" data-code=failure.code.as_str()>
            <Icon name="warning"/>
            <div>
                <p class="fact">{failure.message}</p>
                <p>{remedy::words(t, &failure.hint)}</p>
                <p class="code">{failure.code.as_str()}</p>
                {retry.map(|retry| view! {
                    <button class="btn" on:click=move |_| retry.run(())>{t.common.try_again}</button>
                }.into_any())}
            </div>
        </div>
    }
}

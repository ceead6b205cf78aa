//! An authenticator takes the secret, and shows that it has it.

use aitta_model::{ConfirmMfaRequest, Failure, Guarded, MfaCode, MfaEnrolment};
use leptos::html;
use leptos::prelude::*;

use super::stage::Stage;
use crate::api::api;
use crate::components::code::is_plausible;
use crate::components::copy::CopyButton;
use crate::components::failure::FailureBox;
use crate::components::guarded::{GuardedFields, GuardedForm};
use crate::components::states::Loading;
use crate::preferences::texts;

/// A secret in groups of four, as it is typed.
fn in_groups(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

#[component]
pub(super) fn Enrol(enrolled: bool) -> impl IntoView {
    let m = &texts().mfa;
    let stage = expect_context::<Stage>();
    let made: RwSignal<Option<Result<MfaEnrolment, Failure>>> = RwSignal::new(None);
    let ask = Callback::new(move |()| {
        made.set(None);
        leptos::task::spawn_local(async move {
            let answer = api().begin_mfa().await;
            made.try_set(Some(answer));
        });
    });
    ask.run(());
    view! {
        <section class="factor" aria-label=m.enrol>
            {move || match made.get() {
                None => view! { <Loading/> }.into_any(),
                Some(Ok(made)) => view! { <Form made enrolled/> }.into_any(),
                Some(Err(failure)) => view! {
                    <FailureBox failure retry=ask/>
                    <p><button class="btn" on:click=move |_| stage.enrolling.set(false)>{m.cancel}</button></p>
                }
                .into_any(),
            }}
        </section>
    }
}

#[component]
fn Form(made: MfaEnrolment, enrolled: bool) -> impl IntoView {
    let m = &texts().mfa;
    let stage = expect_context::<Stage>();
    let code = RwSignal::new(String::new());
    // With no second factor yet the only code is the one that is typed here.
    let guarded = if enrolled { GuardedForm::with_code(Guarded::Mfa) } else { GuardedForm::with_reason() };
    guarded.begin();
    let heading = NodeRef::<html::H2>::new();
    Effect::new(move || {
        if let Some(heading) = heading.get() {
            drop(heading.focus());
        }
    });
    let ready = move || guarded.is_ready() && code.with(|code| is_plausible(code));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if !untrack(ready) {
            return;
        }
        // It is good for one time, as the other one is.
        let new = MfaCode::new(code.get_untracked().trim());
        code.set(String::new());
        let ask = |reason, mfa| api().confirm_mfa(ConfirmMfaRequest { code: new, mfa, reason });
        guarded.send(ask, move |made| {
            stage.codes.try_set(Some(made.codes));
            stage.enrolling.try_set(false);
            stage.refresh();
        });
    };
    view! {
        <form class="card part" on:submit=submit autocomplete="off">
            <header><h2 node_ref=heading tabindex="-1">{m.enrol}</h2><p class="small muted">{m.scan}</p></header>
            <div class="enrol">
                <div class="qr" role="img" aria-label=m.qr inner_html=made.qr_svg></div>
                <div class="stack-l">
                    <div class="field">
                        <span>{m.secret}</span>
                        <p class="secret">
                            <code id="mfa-secret">{in_groups(&made.secret)}</code>
                            <CopyButton id="mfa-secret-copy" text=made.secret words=m.copy class="btn small" secret=true/>
                        </p>
                    </div>
                    <div class="field code">
                        <label for="mfa-new-code">{m.new_code}</label>
                        <input
                            id="mfa-new-code"
                            class="mono"
                            type="text"
                            inputmode="numeric"
                            autocomplete="one-time-code"
                            maxlength="8"
                            spellcheck="false"
                            aria-describedby="mfa-new-code-hint"
                            prop:value=move || code.get()
                            on:input=move |event| code.set(event_target_value(&event))
                        />
                        <small id="mfa-new-code-hint">{m.new_code_hint}</small>
                    </div>
                    <GuardedFields id="mfa" form=guarded/>
                </div>
            </div>
            <footer class="way">
                <button type="button" class="btn ghost" on:click=move |_| stage.enrolling.set(false)>{m.cancel}</button>
                <button id="mfa-confirm" class="btn primary" disabled=move || !ready()>{m.confirm}</button>
            </footer>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_typed_in_groups_of_four() {
        assert_eq!(in_groups("JBSWY3DPEH"), "JBSW Y3DP EH");
        assert_eq!(in_groups(""), "");
    }
}

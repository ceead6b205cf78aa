//! What is shown once: recovery codes, and the token of an exception.

use aitta_model::Failure;
use leptos::html;
use leptos::prelude::*;

use super::stage::Stage;
use crate::api::api;
use crate::components::copy::CopyButton;
use crate::components::failure::FailureBox;
use crate::components::icon::Icon;
use crate::preferences::texts;

/// The codes as a file, one a line.
fn as_text(codes: &[String]) -> String {
    codes.iter().map(|code| format!("{code}\n")).collect()
}

#[component]
pub(super) fn Codes(codes: Vec<String>) -> impl IntoView {
    let t = texts();
    let m = &t.mfa;
    let stage = expect_context::<Stage>();
    let failure = RwSignal::new(None::<Failure>);
    let saved = RwSignal::new(None::<String>);
    let heading = NodeRef::<html::H2>::new();
    Effect::new(move || {
        if let Some(heading) = heading.get() {
            drop(heading.focus());
        }
    });
    let text = as_text(&codes);
    let bytes = text.clone();
    let save = move |_| {
        let bytes = bytes.clone().into_bytes();
        failure.set(None);
        leptos::task::spawn_local(async move {
            match api().save_file("aitta-recovery-codes.txt", "text/plain", bytes).await {
                Ok(path) => drop(saved.try_set(path)),
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    };
    let lines =
        codes.into_iter().map(|code| view! { <li><code>{code}</code></li> }.into_any()).collect_view();
    view! {
        <section class="factor" aria-labelledby="mfa-codes-title">
            <div class="card part">
                <header>
                    <h2 id="mfa-codes-title" node_ref=heading tabindex="-1">{m.codes}</h2>
                    <p class="small muted">{m.codes_words}</p>
                </header>
                <ol id="mfa-codes" class="codes">{lines}</ol>
                <div class="code-actions no-print">
                    <CopyButton text words=m.copy secret=true/>
                    <button class="btn" on:click=move |_| drop(window().print())><Icon name="print"/>{m.print}</button>
                    <button id="mfa-codes-save" class="btn" on:click=save><Icon name="download"/>{m.save_file}</button>
                    <button id="mfa-codes-kept" class="btn primary" on:click=move |_| stage.codes.set(None)>{m.kept_them}</button>
                </div>
                <p class="small muted no-print" role="status">{move || saved.get().map(|path| (t.keys.saved_to)(&path))}</p>
                {move || failure.get().map(|failure| view! { <FailureBox failure/> })}
            </div>
        </section>
    }
}

#[component]
pub(super) fn Token(token: String) -> impl IntoView {
    let t = texts();
    let m = &t.mfa;
    let stage = expect_context::<Stage>();
    view! {
        <section class="factor" aria-labelledby="mfa-token-title">
            <div class="card part above">
                <header><h2 id="mfa-token-title">{m.token}</h2><p class="small muted">{m.token_words}</p></header>
                <p class="secret">
                    <code id="mfa-token">{token.clone()}</code>
                    <CopyButton text=token words=m.copy class="btn small" secret=true/>
                    <button class="btn small" on:click=move |_| stage.token.set(None)>{t.common.close}</button>
                </p>
            </div>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_holds_one_code_a_line() {
        assert_eq!(as_text(&["a-1".to_owned(), "b-2".to_owned()]), "a-1\nb-2\n");
    }
}

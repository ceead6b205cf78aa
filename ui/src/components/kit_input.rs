//! A recovery kit as somebody has it: a saved file, text, or groups on paper. The engine reads it; here it is only
//! gathered.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::icon::Icon;
use crate::preferences::texts;

/// Groups of a kit.
const GROUPS: usize = 16;

/// Bytes of a file that may be a kit. A kit with its QR code has about 20 kB.
const LARGEST: f64 = 1_048_576.0;

/// Why a file was not taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refused {
    TooLarge,
    Unreadable,
}

/// What was typed into the field of one group, put where it belongs: several groups at once fill the fields behind it,
/// too.
fn enter(groups: &mut [String], at: usize, typed: &str) {
    let mut parts = typed.split_whitespace();
    match parts.clone().count() {
        0 | 1 => {
            if let Some(group) = groups.get_mut(at) {
                *group = typed.trim().to_owned();
            }
        }
        _ => groups.iter_mut().skip(at).for_each(|group| {
            if let Some(part) = parts.next() {
                *group = part.to_owned();
            }
        }),
    }
}

/// What was chosen, as text.
async fn read(file: web_sys::File) -> Result<String, Refused> {
    if file.size() > LARGEST {
        return Err(Refused::TooLarge);
    }
    let text = wasm_bindgen_futures::JsFuture::from(file.text()).await;
    text.ok().and_then(|text| text.as_string()).ok_or(Refused::Unreadable)
}

/// Gathers a kit into `text`, in one of three ways. `id` begins the ids of the fields.
#[component]
pub(crate) fn KitInput(id: &'static str, text: RwSignal<String>) -> impl IntoView {
    let k = &texts().keys;
    let groups = RwSignal::new(vec![String::new(); GROUPS]);
    let named = RwSignal::new(None::<String>);
    let refused = RwSignal::new(None::<Refused>);
    let choose = move |event: web_sys::Event| {
        let input = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok());
        let Some(input) = input else { return };
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        // The same file can be chosen again, when it has changed.
        input.set_value("");
        let name = file.name();
        named.set(None);
        refused.set(None);
        leptos::task::spawn_local(async move {
            // The form may have been left meanwhile.
            match read(file).await {
                Ok(found) => {
                    named.try_set(Some(name));
                    text.try_set(found);
                }
                Err(why) => drop(refused.try_set(Some(why))),
            }
        });
    };
    let written = move |event| {
        named.set(None);
        text.set(event_target_value(&event));
    };
    let fields = (0..GROUPS).map(|at| {
        let field = format!("{id}-group-{}", at + 1);
        let typed = move |event| {
            groups.update(|groups| enter(groups, at, &event_target_value(&event)));
            named.set(None);
            text.set(groups.with_untracked(|groups| groups.join(" ")).trim().to_owned());
        };
        view! {
            <li>
                <label class="nr" for=field.clone() aria-label=(k.group)(at as u8 + 1)>{at + 1}</label>
                <input
                    id=field class="mono" type="text" autocomplete="off" autocapitalize="off" spellcheck="false"
                    prop:value=move || groups.with(|groups| groups[at].clone())
                    on:input=typed
                />
            </li>
        }
        .into_any()
    });
    let told = move || match (refused.get(), named.get()) {
        (Some(why), _) => {
            let words = if why == Refused::TooLarge { k.file_too_large } else { k.file_unreadable };
            view! { <small class="problem" role="alert">{words}</small> }.into_any()
        }
        (None, Some(name)) => {
            view! { <small class="right"><Icon name="check"/>{aitta_model::plain(&name)}</small> }.into_any()
        }
        (None, None) => view! { <small>{k.file_hint}</small> }.into_any(),
    };
    view! {
        <div class="kit-input">
            <div class="field kit-file">
                <input
                    id=format!("{id}-file") class="visually-hidden" type="file" accept=".html,.htm,.txt"
                    on:change=choose
                />
                <label class="btn" for=format!("{id}-file")><Icon name="folder"/>{k.choose_file}</label>
                {move || told()}
            </div>
            <label class="field">
                <span>{k.import_key}</span>
                <textarea
                    id=format!("{id}-key") class="mono" rows="5" autocomplete="off" autocapitalize="off"
                    spellcheck="false"
                    prop:value=move || text.get()
                    on:input=written
                ></textarea>
            </label>
            <details>
                <summary id=format!("{id}-type")>{k.type_groups}</summary>
                <ol class="kit-groups">{fields.collect_view()}</ol>
            </details>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_that_are_pasted_together_go_to_their_fields() {
        let mut groups = vec![String::new(); 4];
        enter(&mut groups, 0, " 0011-2 ");
        assert_eq!(groups, ["0011-2", "", "", ""]);
        enter(&mut groups, 1, "2233-4 4455-6\n6677-8 8899-a");
        assert_eq!(groups, ["0011-2", "2233-4", "4455-6", "6677-8"], "those beyond the last have no place");
        enter(&mut groups, 2, "");
        assert_eq!(groups[2], "");
        enter(&mut groups, 9, "0011-2");
    }
}

//! The recovery kit: the key on one page, shown once. And the groups that are typed back.

use aitta_model::{Failure, RecoveryKit};
use leptos::prelude::*;

use super::failure::FailureBox;
use super::icon::Icon;
use crate::api::api;
use crate::format;
use crate::preferences::texts;

/// How many groups are typed back at most.
const FIELDS: usize = 4;

/// What counts of a group: its digits, however it is written.
fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// The groups as they are typed, in the order in which they are asked for.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Typed(Vec<String>);

impl Typed {
    fn at(&self, place: usize) -> &str {
        self.0.get(place).map_or("", String::as_str)
    }

    fn set(&mut self, place: usize, text: String) {
        if self.0.len() <= place {
            self.0.resize(place + 1, String::new());
        }
        self.0[place] = text;
    }

    /// Whether one of them is that of the kit; `None` while it is too short to tell.
    pub(crate) fn is_right(&self, kit: &RecoveryKit, place: usize) -> Option<bool> {
        let wanted = kit.groups.get(usize::from(*kit.asked.get(place)?).checked_sub(1)?)?;
        let (wanted, typed) = (digits(wanted), digits(self.at(place)));
        (typed.len() >= wanted.len()).then(|| typed == wanted)
    }

    /// Whether all that are asked for are there and right.
    pub(crate) fn is_complete(&self, kit: &RecoveryKit) -> bool {
        (0..kit.asked.len()).all(|place| self.is_right(kit, place) == Some(true))
    }

    /// As they are sent.
    pub(crate) fn groups(&self, kit: &RecoveryKit) -> Vec<String> {
        (0..kit.asked.len()).map(|place| self.at(place).trim().to_owned()).collect()
    }
}

/// The kit, with what prints and saves it. While groups are typed back they are not there to be read off.
#[component]
pub(crate) fn Kit(kit: RecoveryKit, #[prop(optional)] hidden: Option<RwSignal<bool>>) -> impl IntoView {
    let k = &texts().keys;
    let failure = RwSignal::new(None::<Failure>);
    let saved = RwSignal::new(None::<String>);
    let (html, id) = (kit.html.clone(), kit.key_id.clone());
    let save = move |_| {
        let (bytes, name) = (html.clone().into_bytes(), format!("aitta-recovery-kit-{id}.html"));
        failure.set(None);
        leptos::task::spawn_local(async move {
            match api().save_file(&name, "text/html", bytes).await {
                Ok(path) => drop(saved.try_set(path)),
                Err(error) => drop(failure.try_set(Some(error))),
            }
        });
    };
    let asked = kit.asked.clone();
    let groups = kit.groups.iter().enumerate().map(|(i, group)| {
        let is_asked = asked.iter().any(|n| usize::from(*n) == i + 1);
        let group = group.clone();
        let shown = move || {
            if is_asked && hidden.is_some_and(|hidden| hidden.get()) {
                "····-·".to_owned()
            } else {
                group.clone()
            }
        };
        view! { <li><span class="nr" aria-hidden="true">{i + 1}</span><code>{move || shown()}</code></li> }
            .into_any()
    });
    view! {
        <section class="kit card no-print" aria-label=k.kit>
            <div class="kit-body">
                <ol id="kit-groups" class="groups">{groups.collect_view()}</ol>
                <figure class="qr">
                    <div role="img" aria-label=k.qr inner_html=kit.qr_svg.clone() class:veiled=move || hidden.is_some_and(|h| h.get())></div>
                </figure>
            </div>
            <footer class="row kit-foot">
                <p class="small muted">{(k.kit_of)(&kit.key_id, &format::exact(kit.created, format::offset(kit.created)))}</p>
                <div class="buttons">
                    <button id="kit-print" type="button" class="btn" on:click=move |_| drop(window().print())>
                        <Icon name="print"/>{k.print}
                    </button>
                    <button id="kit-save" type="button" class="btn" on:click=save>
                        <Icon name="download"/>{k.save_file}
                    </button>
                </div>
            </footer>
        </section>
        <p class="small muted no-print" role="status">{move || saved.get().map(|path| (k.saved_to)(&path))}</p>
        {move || failure.get().map(|failure| view! { <FailureBox failure/> })}
        <section class="sheet" aria-hidden="true">
            <pre>{kit.text.clone()}</pre>
            <div class="qr" inner_html=kit.qr_svg></div>
        </section>
    }
}

/// The fields for the groups that are asked for.
#[component]
pub(crate) fn TypeBack(kit: RecoveryKit, typed: RwSignal<Typed>, hidden: RwSignal<bool>) -> impl IntoView {
    let k = &texts().keys;
    let kit = StoredValue::new(kit);
    let numbers = kit.with_value(|kit| kit.asked.clone());
    let fields = numbers.into_iter().take(FIELDS).enumerate().map(|(place, number)| {
        let id = format!("kit-typed-{}", place + 1);
        let right = Memo::new(move |_| typed.with(|typed| kit.with_value(|kit| typed.is_right(kit, place))));
        let verdict = move || match right.get() {
            Some(true) => {
                view! { <small class="right"><Icon name="check"/>{k.typed_right}</small> }.into_any()
            }
            Some(false) => view! { <small class="problem" role="alert">{k.typed_wrong}</small> }.into_any(),
            None => view! { <small>{k.typed_hint}</small> }.into_any(),
        };
        let hint = format!("{id}-hint");
        view! {
            <div class="field typed">
                <label for=id.clone()>{(k.group)(number)}</label>
                <input
                    id=id
                    class="mono"
                    type="text"
                    maxlength="12"
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    aria-describedby=hint.clone()
                    aria-invalid=move || (right.get() == Some(false)).then_some("true")
                    prop:value=move || typed.with(|typed| typed.at(place).to_owned())
                    on:focus=move |_| hidden.set(true)
                    on:input=move |event| typed.update(|typed| typed.set(place, event_target_value(&event)))
                />
                <div id=hint>{move || verdict()}</div>
            </div>
        }
        .into_any()
    });
    view! {
        <fieldset class="type-back no-print">
            <legend>{k.type_back}</legend>
            <div class="pair">{fields.collect_view()}</div>
            {move || hidden.get().then(|| view! {
                <button type="button" class="btn ghost small" on:click=move |_| hidden.set(false)>{k.show_again}</button>
            }.into_any())}
        </fieldset>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kit() -> RecoveryKit {
        RecoveryKit {
            key_id: "5f1d7c2e9ab04431".to_owned(),
            created: aitta_model::Timestamp::UNIX_EPOCH,
            groups: vec!["0011-2".to_owned(), "2233-4".to_owned(), "aabb-c".to_owned()],
            asked: vec![3, 1],
            qr_svg: String::new(),
            text: String::new(),
            html: String::new(),
        }
    }

    #[test]
    fn groups_are_compared_in_the_order_in_which_they_are_asked_for() {
        let (kit, mut typed) = (kit(), Typed::default());
        assert_eq!(typed.is_right(&kit, 0), None);
        typed.set(1, "0011-2".to_owned());
        assert!(!typed.is_complete(&kit), "one is missing");
        typed.set(0, " AABB c".to_owned());
        assert!(typed.is_complete(&kit), "case, blanks and dashes don't matter");
        assert_eq!(typed.groups(&kit), ["AABB c", "0011-2"]);
        typed.set(0, "2233-4".to_owned());
        assert_eq!(typed.is_right(&kit, 0), Some(false), "another group of the same kit");
    }

    #[test]
    fn a_kit_without_questions_can_not_be_answered_wrongly() {
        let typed = Typed::default();
        assert_eq!(typed.is_right(&RecoveryKit { asked: vec![9], ..kit() }, 0), None);
    }
}

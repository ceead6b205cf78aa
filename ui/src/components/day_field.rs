//! A field for a day, in the form that the language of the page has.

use leptos::prelude::*;

use crate::day;
use crate::format;
use crate::preferences::texts;
use crate::texts::Texts;

/// A day as it is shown; nothing for none.
fn shown(t: &Texts, iso: &str) -> String {
    let Some(date) = day::iso(iso) else { return String::new() };
    (t.common.day)(date.day(), date.month(), Some(date.year())).replace('\u{a0}', " ")
}

/// A day that narrows a list, as `2026-11-27`, or an empty text. What can't be read as one changes nothing, and the field
/// says so.
#[component]
pub(crate) fn DayField(
    id: &'static str,
    label: &'static str,
    value: Signal<String>,
    set: Callback<String>,
) -> impl IntoView {
    let t = texts();
    let typed = RwSignal::new(String::new());
    let wrong = RwSignal::new(false);
    // From the address, or emptied with the other filters.
    let value = Memo::new(move |_| value.get());
    Effect::new(move || {
        typed.set(shown(t, &value.get()));
        wrong.set(false);
    });
    let take = move |event: web_sys::Event| {
        let text = event_target_value(&event);
        typed.set(text.clone());
        let now = format::now();
        let today = format::offset(now).to_datetime(now).date();
        match day::read(&text, today) {
            Some(date) => {
                let iso = date.to_string();
                typed.set(shown(t, &iso));
                set.run(iso);
            }
            None if text.trim().is_empty() => set.run(String::new()),
            None => return wrong.set(true),
        }
        wrong.set(false);
    };
    let message = format!("{id}-wrong");
    view! {
        <label class="day">
            <span>{label}</span>
            <input
                id=id
                type="text"
                autocomplete="off"
                data-filter=""
                placeholder=t.common.day_example
                prop:value=move || typed.get()
                aria-invalid=move || wrong.get().to_string()
                aria-describedby=message.clone()
                on:input=move |_| wrong.set(false)
                on:change=take
            />
        </label>
        <p class="small problem day-wrong" id=message role="status" hidden=move || !wrong.get()>
            {move || if wrong.get() { t.common.no_day } else { "" }}
        </p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::{EN, FI};

    #[test]
    fn every_language_reads_the_day_that_it_shows() {
        let today = jiff::civil::date(2026, 11, 28);
        for t in [&EN, &FI] {
            for month in 1..=12 {
                let iso = format!("2025-{month:02}-09");
                let told = day::read(&shown(t, &iso), today).map(|day| day.to_string());
                assert_eq!(told, Some(iso), "{}", t.common.lang);
            }
            assert!(day::read(t.common.day_example, today).is_some());
        }
        assert_eq!(
            (shown(&FI, "2026-11-27"), shown(&EN, "2026-11-27")),
            ("27.11.2026".to_owned(), "27 Nov 2026".to_owned())
        );
        assert_eq!(shown(&FI, ""), "");
    }
}

//! A list of any length: only the lines in view are there.

use std::hash::Hash;
use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// Lines kept ready above and below the view.
const SPARE: usize = 8;
/// Lines that can't be chosen are stepped over, so many at most.
const STEPS: usize = 50;

/// Makes a line.
pub(super) type RowOf<L> = Arc<dyn Fn(L) -> AnyView + Send + Sync>;

/// Lines of one height that are looked through by scrolling, and by the arrow keys from one input to the next.
#[component]
pub(super) fn Rows<L>(
    #[prop(into)] lines: Signal<Arc<Vec<L>>>,
    /// Height of a line in pixels.
    height: usize,
    row: RowOf<L>,
    #[prop(into)] label: String,
    /// Whenever this changes, the list begins at its top again.
    #[prop(into)]
    reset: Signal<String>,
    /// There is nothing to choose in it: it is scrolled by the keyboard itself.
    #[prop(optional)]
    still: bool,
) -> impl IntoView
where
    L: Copy + Eq + Hash + Send + Sync + 'static,
{
    let frame = NodeRef::<html::Div>::new();
    let (top, seen) = (RwSignal::new(0_usize), RwSignal::new(900_usize));
    let count = Memo::new(move |_| lines.with(|l| l.len()));
    let range = Memo::new(move |_| in_view(top.get(), seen.get(), height, count.get()));
    let visible = move || {
        let (first, last) = range.get();
        lines.with(|l| (first..last).filter_map(|i| Some((i, *l.get(i)?))).collect::<Vec<_>>())
    };
    let measure = move || {
        if let Some(frame) = frame.get_untracked() {
            top.set(usize::try_from(frame.scroll_top()).unwrap_or(0));
            seen.set(usize::try_from(frame.client_height()).unwrap_or(0).max(height));
        }
    };
    Effect::new(move |before: Option<String>| {
        let now = reset.get();
        if let Some(frame) = frame.get().filter(|_| before.is_some_and(|before| before != now)) {
            frame.set_scroll_top(0);
            measure();
        }
        now
    });
    let on_key = move |event: web_sys::KeyboardEvent| {
        let Some(now) = focused_line() else { return };
        let last = count.get_untracked().saturating_sub(1);
        let page = (seen.get_untracked() / height).max(1);
        let (to, down) = match event.key().as_str() {
            "ArrowDown" => (now + 1, true),
            "ArrowUp" => (now.saturating_sub(1), false),
            "PageDown" => ((now + page).min(last), true),
            "PageUp" => (now.saturating_sub(page), false),
            "Home" => (0, true),
            "End" => (last, false),
            _ => return,
        };
        event.prevent_default();
        if to <= last {
            reach(frame, height, to, down, STEPS);
        }
    };
    view! {
        <div
            class="rows"
            node_ref=frame
            tabindex=still.then_some("0")
            role=still.then_some("group")
            aria-label=still.then(|| label.clone())
            on:scroll=move |_| measure() on:keydown=on_key>
            <div role="list" aria-label=label.clone() style=move || format!("height:{}px", count.get() * height)>
                <For each=visible key=|line| *line let((i, line))>
                    <div
                        role="listitem"
                        class="line"
                        data-line=i
                        aria-posinset=i + 1
                        aria-setsize=move || count.get()
                        style=format!("top:{}px;height:{height}px", i * height)
                    >
                        {row(line)}
                    </div>
                </For>
            </div>
        </div>
    }
}

/// The first line to draw and the one after the last.
fn in_view(top: usize, seen: usize, height: usize, count: usize) -> (usize, usize) {
    let last = ((top + seen) / height + 1 + SPARE).min(count);
    let first = (top / height).saturating_sub(SPARE).min(last);
    (first, last)
}

fn focused_line() -> Option<usize> {
    document().active_element()?.closest("[data-line]").ok()??.get_attribute("data-line")?.parse().ok()
}

/// Moves the focus to the input of a line, or of the next one that has one.
fn reach(frame: NodeRef<html::Div>, height: usize, line: usize, down: bool, steps: usize) {
    let Some(element) = frame.get_untracked() else { return };
    let (top, seen) = (element.scroll_top(), element.client_height());
    let (above, below) = ((line * height) as i32, ((line + 1) * height) as i32);
    if above < top {
        element.set_scroll_top(above);
    } else if below > top + seen {
        element.set_scroll_top(below - seen);
    }
    // The scroll event comes with the next frame, and the lines after it.
    request_animation_frame(move || {
        request_animation_frame(move || {
            let Some(element) = frame.get_untracked() else { return };
            let wanted = format!("[data-line=\"{line}\"] :is(input, button):not(:disabled)");
            let found = element.query_selector(&wanted).ok().flatten();
            match found.and_then(|e| e.dyn_into::<web_sys::HtmlElement>().ok()) {
                Some(input) => drop(input.focus()),
                None if steps > 0 => {
                    let next = if down { Some(line + 1) } else { line.checked_sub(1) };
                    if let Some(next) = next {
                        reach(frame, height, next, down, steps - 1);
                    }
                }
                None => {}
            }
        });
    });
}

/// Puts the focus on the first line that can be chosen, from a field above the list.
pub(super) fn enter_list(event: &web_sys::KeyboardEvent) {
    let key = event.key();
    if key != "Enter" && key != "ArrowDown" {
        return;
    }
    // Enter here means what was found, not the next step.
    event.prevent_default();
    let field = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok());
    let list = field.and_then(|field| field.closest(".list").ok().flatten());
    let first = list.and_then(|list| {
        list.query_selector(".rows :is([data-table], [data-archive]):not(:disabled)").ok().flatten()
    });
    if let Some(first) = first.and_then(|e| e.dyn_into::<web_sys::HtmlElement>().ok()) {
        drop(first.focus());
    }
}

#[cfg(test)]
mod tests {
    use super::in_view;

    #[test]
    fn only_what_is_in_view_is_drawn() {
        assert_eq!(in_view(0, 400, 40, 10_000), (0, 19));
        assert_eq!(in_view(4000, 400, 40, 10_000), (92, 119));
        assert_eq!(in_view(399_600, 400, 40, 10_000), (9982, 10_000));
        assert_eq!(in_view(4000, 400, 40, 3), (3, 3), "the list has become shorter than it was scrolled");
        assert_eq!(in_view(0, 400, 40, 0), (0, 0));
    }
}

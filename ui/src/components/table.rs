//! A table of any length: only the rows in sight are in the page, all of the same height. The head stays in
//! sight, a click on it sorts. One row can be reached by Tab, the others by arrows from there; Enter opens.

mod sight;

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use leptos::prelude::*;
use leptos::{ev, html};
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use wasm_bindgen::JsCast;

use self::sight::{Sight, moved};
use super::icon::Icon;

/// By which column a table is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sort {
    pub(crate) column: &'static str,
    pub(crate) down: bool,
}

impl Sort {
    /// As it is written in an address: `-size` is the largest first.
    pub(crate) fn to_text(self) -> String {
        format!("{}{}", if self.down { "-" } else { "" }, self.column)
    }

    /// Reads what [`Self::to_text`] wrote, if it names one of these columns.
    pub(crate) fn parse(text: &str, columns: &[&'static str]) -> Option<Self> {
        let name = text.strip_prefix('-').unwrap_or(text);
        let column = columns.iter().find(|column| **column == name)?;
        Some(Self { column, down: text.starts_with('-') })
    }
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    /// Its name in addresses; the class of its cells is this with `c-` before it.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// Whether it holds figures: they stand to the right; the largest comes first.
    pub(crate) figures: bool,
    /// Whether it holds times: the latest comes first.
    pub(crate) times: bool,
}

/// A row of a table.
pub(crate) struct Row {
    /// By which it is told from the others.
    pub(crate) key: String,
    /// Where Enter or a click leads.
    pub(crate) href: String,
    /// One for each column: what it shows, and the exact value on hover.
    pub(crate) cells: Vec<(AnyView, Option<String>)>,
}

/// Makes the row of a number.
pub(crate) type RowOf = Arc<dyn Fn(usize) -> Row + Send + Sync>;
/// The last cell of each row: a link that leads elsewhere than the row itself.
#[derive(Clone)]
pub(crate) struct RowEnd {
    /// What its links say, for the head.
    pub(crate) title: &'static str,
    /// Makes that of the row of a number.
    pub(crate) view: Arc<dyn Fn(usize) -> AnyView + Send + Sync>,
}
/// Tells the key of the row of a number.
pub(crate) type KeyOf = Arc<dyn Fn(usize) -> String>;

thread_local! {
    /// The row that was opened last, per page. Whoever comes back goes on from there.
    static OPENED: RefCell<HashMap<String, String>> = RefCell::new(HashMap::new());
    /// The address of each list as it was left, with its filters.
    static LEFT: RefCell<HashMap<String, String>> = RefCell::new(HashMap::new());
}

/// Where the way back to a list leads: to the list as it was left.
pub(crate) fn list_address(path: &str) -> String {
    LEFT.with_borrow(|left| left.get(path).cloned()).unwrap_or_else(|| path.to_owned())
}

/// `order` tells which rows there are, from the first to the last; `row` makes the one of that number.
#[component]
pub(crate) fn Table(
    /// Its class, by which columns get their widths.
    class: &'static str,
    label: &'static str,
    columns: Vec<Column>,
    #[prop(into)] order: Signal<Arc<Vec<usize>>>,
    sort: RwSignal<Sort>,
    /// Name of the attribute of a row that holds its key.
    data: &'static str,
    /// The key of a row alone, for all of them may be looked through.
    key: KeyOf,
    row: RowOf,
    /// Whether opening a row shows it beside the list, which then stays where it is.
    #[prop(optional)]
    stay: bool,
    #[prop(optional)] end: Option<RowEnd>,
) -> impl IntoView {
    let path = use_location().pathname.get_untracked();
    let navigate = use_navigate();
    let body = NodeRef::<html::Tbody>::new();
    let sight = RwSignal::new(Sight::first(height()));
    let measure = move || {
        if let Some(body) = body.try_get_untracked().flatten() {
            sight.set(Sight { top: body.get_bounding_client_rect().top(), height: height() });
        }
    };
    let scrolled = window_event_listener(ev::scroll, move |_| measure());
    let resized = window_event_listener(ev::resize, move |_| measure());
    on_cleanup(move || {
        scrolled.remove();
        resized.remove();
    });
    let range = Memo::new(move |_| sight.get().rows(order.with(|o| o.len())));
    let active = RwSignal::new(0_usize);
    let focus = move |position: usize, scroll: bool| {
        active.set(position);
        if scroll {
            measure();
            let by = sight.get_untracked().to_show(position);
            if by != 0.0 {
                window().scroll_by_with_x_and_y(0.0, by);
                measure();
            }
        }
        // The row may be made only now.
        request_animation_frame(move || {
            let Some(body) = body.try_get_untracked().flatten() else { return };
            let found = body.query_selector(&format!("tr[aria-rowindex='{}']", position + 2));
            if let Some(row) = found.ok().flatten().and_then(|r| r.dyn_into::<web_sys::HtmlElement>().ok()) {
                let options = web_sys::FocusOptions::new();
                options.set_prevent_scroll(true);
                drop(row.focus_with_options(&options));
            }
        });
    };
    let row = StoredValue::new(row);
    let heads = columns.clone();
    let columns = StoredValue::new(columns);
    let end_title = end.as_ref().map(|end| end.title);
    let end = StoredValue::new(end);
    let opened = OPENED.with_borrow_mut(|opened| opened.remove(&path));
    {
        // A list that is made anew, for a run has ended: whoever was in it by keyboard stays there.
        let path = path.clone();
        on_cleanup(move || {
            let row = body
                .try_get_untracked()
                .flatten()
                .and_then(|body| Some((body, document().active_element()?.closest("tr[data-key]").ok()??)))
                .filter(|(body, row)| body.contains(Some(row)));
            if let Some(id) = row.and_then(|(_, row)| row.get_attribute("data-key")) {
                OPENED.with_borrow_mut(|opened| opened.insert(path, id));
            }
        });
    }
    Effect::new(move |begun: Option<()>| {
        order.track();
        // What stands above may have grown or shrunk with it.
        measure();
        if begun.is_some() {
            active.set(0);
            return;
        }
        if let Some(id) = &opened {
            let position = order.with_untracked(|o| o.iter().position(|item| key(*item) == *id));
            if let Some(position) = position {
                focus(position, true);
            }
        }
    });
    let open = {
        let path = path.clone();
        move |element: &web_sys::Element| {
            let (Some(id), Some(href)) =
                (element.get_attribute("data-key"), element.get_attribute("data-href"))
            else {
                return false;
            };
            OPENED.with_borrow_mut(|opened| opened.insert(path.clone(), id));
            let search = window().location().search().unwrap_or_default();
            LEFT.with_borrow_mut(|left| left.insert(path.clone(), format!("{path}{search}")));
            navigate(&href, NavigateOptions { scroll: !stay, ..NavigateOptions::default() });
            true
        }
    };
    // A link at the end of a row leads where it leads.
    let row_of = |target: Option<web_sys::EventTarget>| {
        let element = target?.dyn_into::<web_sys::Element>().ok()?;
        let at_end = element.closest(".c-end a").ok().flatten().is_some();
        if at_end { None } else { element.closest("tr[data-key]").ok().flatten() }
    };
    let clicked = {
        let open = open.clone();
        move |event: web_sys::MouseEvent| {
            let selecting = window().get_selection().ok().flatten().is_some_and(|s| !s.is_collapsed());
            if event.button() != 0 || event.ctrl_key() || event.meta_key() || event.shift_key() || selecting {
                return;
            }
            // The row holds a link as well, for who reads it by ear; it must not be followed twice.
            if row_of(event.target()).is_some_and(|row| open(&row)) {
                event.prevent_default();
            }
        }
    };
    let pressed = move |event: web_sys::KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let Some(row) = row_of(event.target()) else { return };
        if event.key() == "Enter" {
            if open(&row) {
                event.prevent_default();
            }
            return;
        }
        let position = row.get_attribute("aria-rowindex").and_then(|i| i.parse::<usize>().ok());
        let Some(position) = position.and_then(|i| i.checked_sub(2)) else { return };
        let page = sight.get_untracked().whole_rows();
        let rows = order.with_untracked(|o| o.len());
        if let Some(next) = moved(&event.key(), position, rows, page) {
            event.prevent_default();
            focus(next, true);
        }
    };
    let stop = Memo::new(move |_| {
        let range = range.get();
        active.get().clamp(range.start, range.end.max(range.start + 1) - 1)
    });
    let shown = move || {
        let range = range.get();
        order.with(|o| range.filter_map(|i| Some((i, *o.get(i)?))).collect::<Vec<_>>())
    };
    let line = move |(position, item): (usize, usize)| {
        let made = row.with_value(|row| row(item));
        let columns = columns.get_value();
        let cells = made.cells.into_iter().zip(columns).enumerate().map(|(i, ((cell, title), column))| {
            let class =
                if column.figures { format!("c-{} n", column.name) } else { format!("c-{}", column.name) };
            let cell = if i == 0 {
                view! { <a href=made.href.clone() tabindex="-1">{cell}</a> }.into_any()
            } else {
                cell
            };
            view! { <td class=class title=title>{cell}</td> }.into_any()
        });
        view! {
            <tr
                aria-rowindex=position + 2
                tabindex=move || if stop.get() == position { "0" } else { "-1" }
                data-key=made.key.clone()
                data-href=made.href.clone()
                on:focus=move |_| active.set(position)
            >
                {cells.collect_view()}
                {end.with_value(|end| end.as_ref().map(|end| (end.view)(item))).map(|link| {
                    view! { <td class="c-end">{link}</td> }.into_any()
                })}
            </tr>
        }
        .attr(data, made.key)
    };
    let space = move |rows: usize| format!("{}px", rows * sight::ROW_PX);
    view! {
        <table class=format!("long {class}") aria-label=label aria-rowcount=move || order.with(|o| o.len() + 1)>
            <Head columns=heads sort end_title/>
            <tbody node_ref=body on:click=clicked on:keydown=pressed>
                <tr class="space" aria-hidden="true" style:height=move || space(range.get().start)>
                    <td></td>
                </tr>
                <For each=shown key=|row| *row children=line/>
                <tr
                    class="space"
                    aria-hidden="true"
                    style:height=move || space(order.with(|o| o.len()).saturating_sub(range.get().end))
                >
                    <td></td>
                </tr>
            </tbody>
        </table>
    }
}

#[component]
fn Head(columns: Vec<Column>, sort: RwSignal<Sort>, end_title: Option<&'static str>) -> impl IntoView {
    let heads = columns.into_iter().map(|column| {
        let here = move || Some(sort.get()).filter(|s| s.column == column.name);
        let choose = move |_| {
            sort.update(|sort| {
                let down =
                    if sort.column == column.name { !sort.down } else { column.figures || column.times };
                *sort = Sort { column: column.name, down };
            });
        };
        let class =
            if column.figures { format!("c-{} n", column.name) } else { format!("c-{}", column.name) };
        let state = move || match here() {
            Some(Sort { down: true, .. }) => "descending",
            Some(_) => "ascending",
            None => "none",
        };
        view! {
            <th class=class scope="col" aria-sort=state>
                <button class="sort" data-sort=column.name on:click=choose>
                    {column.title}<Icon name="down"/>
                </button>
            </th>
        }
        .into_any()
    });
    view! {
       <thead><tr aria-rowindex="1">
           {heads.collect_view()}
           {end_title.map(|title| view! {
               <th class="c-end" scope="col"><span class="visually-hidden">{title}</span></th>
           }.into_any())}
       </tr></thead>
    }
}

fn height() -> f64 {
    window().inner_height().ok().and_then(|h| h.as_f64()).unwrap_or(1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sort_is_read_back_as_written() {
        let columns = ["when", "size"];
        for sort in [Sort { column: "size", down: true }, Sort { column: "when", down: false }] {
            assert_eq!(Sort::parse(&sort.to_text(), &columns), Some(sort));
        }
        assert_eq!(Sort::parse("-colour", &columns), None);
    }
}

//! Facts about one thing, a line for each.

use leptos::prelude::*;

/// A name, what it is, and the exact value on hover.
pub(crate) type Facts = Vec<(&'static str, Option<AnyView>, Option<String>)>;

/// A list of facts; those without a value are left out.
pub(crate) fn facts(pairs: Facts) -> impl IntoView {
    let pairs = pairs.into_iter().filter_map(|(name, value, title)| {
        let value = value?;
        Some(view! { <div><dt>{name}</dt><dd title=title>{value}</dd></div> }.into_any())
    });
    view! { <dl class="facts">{pairs.collect_view()}</dl> }
}

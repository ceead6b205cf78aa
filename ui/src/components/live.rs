//! Parts of the page that follow signals.

use std::sync::{Arc, Mutex};

use leptos::prelude::*;
use leptos::tachys::reactive_graph::SharedReactiveFunction;

/// A part that is made anew whenever a signal that it read has changed. Its type tells only what it makes, an
/// [`AnyView`] or perhaps none, so that the machinery around it is compiled once and not for each part. The
/// macro does the same for closures that are written in its braces.
pub(crate) fn live<V>(part: impl Fn() -> V + Send + 'static) -> AnyView
where
    V: RenderHtml + 'static,
    V::State: 'static,
{
    let shared: SharedReactiveFunction<V> = Arc::new(Mutex::new(part));
    shared.into_any()
}

//! A chart: drawn to the width that it has, with the exact words of each point, and to be saved.

use std::sync::Arc;

use aitta_charts::{Chart, Size, Theme};
use aitta_model::Timestamp;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;

use super::icon::Icon;
use crate::api::api;
use crate::components::failure::FailureBox;
use crate::preferences::{Preferences, texts};

/// Height of a chart on a page, in pixels.
const HEIGHT: u32 = 190;
/// Size of a picture that is taken along.
const EXPORT: Size = Size { width: 1200, height: 400 };
/// Size of a picture on paper, of which two lie side by side on A4.
const PAPER: Size = Size { width: 430, height: 170 };
/// Pixels of an exported bitmap for each of the picture.
const SCALE: u32 = 2;

/// Draws a chart in this size and these colours.
pub(crate) type Draw = Arc<dyn Fn(Size, &Theme) -> Chart + Send + Sync>;

/// The chart that the pointer or a key has chosen a point of, and the moment of that point: the others show what was
/// then.
pub(crate) type Crosshair = RwSignal<Option<(&'static str, Timestamp)>>;

/// What one point of a chart says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PointText {
    /// When, for the other charts.
    pub(crate) at: Timestamp,
    /// First line: when.
    pub(crate) title: String,
    /// What.
    pub(crate) lines: Vec<String>,
    /// Where a click leads.
    pub(crate) href: Option<String>,
}

/// A chart with a title, a figure beside it, and its points in words.
#[component]
pub(crate) fn ChartCard(
    #[prop(into)] title: String,
    #[prop(into)] summary: String,
    /// Name of exported files, without an ending.
    name: &'static str,
    /// Draws it; called again for another width or theme.
    draw: Draw,
    points: Vec<PointText>,
    crosshair: Crosshair,
    /// The data as comma-separated values (RFC 4180).
    csv: String,
) -> impl IntoView {
    let t = texts();
    let preferences = Preferences::here();
    let frame = NodeRef::<html::Div>::new();
    let width = RwSignal::new(570_u32);
    watch_width(frame, width);
    let theme = move || if preferences.is_dark() { Theme::DARK } else { Theme::LIGHT };
    // Paper has its own width and is never dark.
    let on_paper = draw(PAPER, &Theme::LIGHT).svg;
    let drawing = draw.clone();
    let chart = Memo::new(move |_| drawing(Size { width: width.get(), height: HEIGHT }, &theme()));
    let points = StoredValue::new(points);
    let over: RwSignal<Option<usize>> = RwSignal::new(None);
    let count = points.with_value(Vec::len);
    let choose = move |point: Option<usize>| {
        over.set(point);
        let at = point.and_then(|point| points.with_value(|p| p.get(point).map(|p| p.at)));
        crosshair.set(at.map(|at| (name, at)));
    };
    // What another chart points to, in this one.
    let elsewhere = Memo::new(move |_| {
        let (chart, at) = crosshair.get()?;
        (chart != name).then(|| points.with_value(|p| near_in_time(p, at))).flatten()
    });
    let nearest = move |event: &web_sys::PointerEvent| {
        let frame = frame.get_untracked()?;
        let rect = frame.get_bounding_client_rect();
        let x = (f64::from(event.client_x()) - rect.left()) as i32;
        let y = (f64::from(event.client_y()) - rect.top()) as i32;
        chart.with_untracked(|c| nearest(&c.points, (x, y)))
    };
    let navigate = leptos_router::hooks::use_navigate();
    let open = move |point: usize| {
        let href = points.with_value(|p| p.get(point).and_then(|p| p.href.clone()));
        if let Some(href) = href {
            navigate(&href, leptos_router::NavigateOptions::default());
        }
    };
    let open_here = open.clone();
    let on_key = move |event: web_sys::KeyboardEvent| {
        let last = count.saturating_sub(1);
        let now = over.get_untracked();
        let next = match event.key().as_str() {
            "ArrowLeft" => Some(now.map_or(last, |n| n.saturating_sub(1))),
            "ArrowRight" => Some(now.map_or(0, |n| (n + 1).min(last))),
            "Home" => Some(0),
            "End" => Some(last),
            "Escape" => {
                choose(None);
                return;
            }
            "Enter" => {
                if let Some(point) = now {
                    open(point);
                }
                return;
            }
            _ => return,
        };
        if count > 0 {
            event.prevent_default();
            choose(next);
        }
    };
    let mark = move |point: usize| {
        let ((x, y), timed) = chart.with(|c| Some((c.points.get(point).copied()?, c.timed)))?;
        let rule = timed.then(|| view! { <div class="rule" style=format!("left:{x}px")></div> }.into_any());
        Some(view! { {rule}<div class="marker" style=format!("left:{x}px;top:{y}px")></div> }.into_any())
    };
    let tip = move || {
        let Some(point) = over.get() else { return elsewhere.get().and_then(mark) };
        let (x, y) = chart.with(|c| c.points.get(point).copied())?;
        let told = points.with_value(|p| p.get(point).cloned())?;
        let right = x > i32::try_from(width.get() / 2).unwrap_or(i32::MAX);
        let place = if right {
            format!("right:{}px;top:{}px", i64::from(width.get()) - i64::from(x) + 10, (y - 30).max(0))
        } else {
            format!("left:{}px;top:{}px", x + 10, (y - 30).max(0))
        };
        Some(view! {
            {mark(point)}
            <div class="tip" style=place role="status">
                <strong>{told.title}</strong>
                {told.lines.into_iter().map(|line| view! { <span>{line}</span> }.into_any()).collect_view()}
            </div>
        }.into_any())
    };
    let label = format!("{title}: {summary}. {}", t.dashboard.chart_keys);
    let heading = title.clone();
    view! {
        <section class="card chart">
            <header>
                <h2>{heading}</h2>
                <span class="xs muted">{summary}</span>
                {(count > 0).then(|| view! { <Export title=title name draw csv theme=Signal::derive(theme)/> })}
            </header>
            <div
                class="plot"
                node_ref=frame
                tabindex="0"
                role="application"
                aria-roledescription=t.dashboard.chart
                aria-label=label
                on:pointermove=move |event| choose(nearest(&event))
                on:pointerleave=move |_| choose(None)
                on:click=move |_| {
                    if let Some(point) = over.get_untracked() {
                        open_here(point);
                    }
                }
                on:keydown=on_key
                on:blur=move |_| choose(None)
            >
                <div class="svg" aria-hidden="true" inner_html=move || chart.with(|c| c.svg.clone())></div>
                {move || tip()}
            </div>
            <div class="paper" aria-hidden="true" inner_html=on_paper></div>
        </section>
    }
}

/// The point that is nearest from side to side; of several the one that is nearest up and down.
fn nearest(points: &[(i32, i32)], (x, y): (i32, i32)) -> Option<usize> {
    let away = |i: &usize| (points[*i].0.abs_diff(x), points[*i].1.abs_diff(y));
    (0..points.len()).min_by_key(away)
}

/// Seconds from a moment within which a point still belongs to it.
const SAME_S: u64 = 86_400;

/// The point that is nearest in time, if one is near; points are in order of time.
fn near_in_time(points: &[PointText], at: Timestamp) -> Option<usize> {
    let away = |i: &usize| points[*i].at.as_second().abs_diff(at.as_second());
    let after = points.partition_point(|point| point.at < at);
    let near = [after.checked_sub(1), (after < points.len()).then_some(after)];
    near.into_iter().flatten().min_by_key(away).filter(|i| away(i) <= SAME_S)
}

fn watch_width(frame: NodeRef<html::Div>, width: RwSignal<u32>) {
    Effect::new(move || {
        let Some(frame) = frame.get() else { return };
        let changed = Closure::<dyn Fn(js_sys::Array)>::new(move |entries: js_sys::Array| {
            let entry = entries.get(0).unchecked_into::<web_sys::ResizeObserverEntry>();
            let new = (entry.content_rect().width() as u32).clamp(240, 2400);
            if width.try_get_untracked().is_some_and(|old| old != new) {
                width.set(new);
            }
        });
        if let Ok(observer) = web_sys::ResizeObserver::new(changed.as_ref().unchecked_ref()) {
            observer.observe(&frame);
            let gone = StoredValue::new_local((observer, changed));
            on_cleanup(move || gone.with_value(|(observer, _)| observer.disconnect()));
        }
    });
}

#[component]
fn Export(title: String, name: &'static str, draw: Draw, csv: String, theme: Signal<Theme>) -> impl IntoView {
    let t = texts();
    let failure = RwSignal::new(None);
    let save = move |ending: &'static str, mime: &'static str, bytes: Vec<u8>| {
        leptos::task::spawn_local(async move {
            let saved = api().save_file(&format!("aitta-{name}.{ending}"), mime, bytes).await;
            failure.set(saved.err());
        });
    };
    let drawing = draw.clone();
    let svg = move |_| save("svg", "image/svg+xml", drawing(EXPORT, &theme.get_untracked()).svg.into_bytes());
    let png = move |_| {
        let picture = draw(EXPORT, &theme.get_untracked()).svg;
        leptos::task::spawn_local(async move {
            match bitmap(&picture).await {
                Ok(bytes) => save("png", "image/png", bytes),
                Err(error) => leptos::logging::error!("no bitmap: {error:?}"),
            }
        });
    };
    let csv = StoredValue::new(csv);
    view! {
        <details class="menu">
            <summary aria-label=format!("{} {title}", t.dashboard.export) title=t.dashboard.export><Icon name="download"/></summary>
            <div class="menu-list">
                <button on:click=png>"PNG"</button>
                <button on:click=svg>"SVG"</button>
                <button on:click=move |_| save("csv", "text/csv", csv.get_value().into_bytes())>"CSV"</button>
            </div>
        </details>
        {move || failure.get().map(|failure| view! { <FailureBox failure/> })}
    }
}

/// Draws an SVG onto a canvas (HTML, 4.12.5) and encodes it as PNG.
async fn bitmap(svg: &str) -> Result<Vec<u8>, wasm_bindgen::JsValue> {
    let image = web_sys::HtmlImageElement::new()?;
    let encoded = String::from(js_sys::encode_uri_component(svg));
    image.set_src(&format!("data:image/svg+xml;charset=utf-8,{encoded}"));
    wasm_bindgen_futures::JsFuture::from(image.decode()).await?;
    let canvas: web_sys::HtmlCanvasElement = document().create_element("canvas")?.unchecked_into();
    let (width, height) = (EXPORT.width * SCALE, EXPORT.height * SCALE);
    canvas.set_width(width);
    canvas.set_height(height);
    let context =
        canvas.get_context("2d")?.ok_or("no canvas")?.unchecked_into::<web_sys::CanvasRenderingContext2d>();
    context.draw_image_with_html_image_element_and_dw_and_dh(
        &image,
        0.0,
        0.0,
        f64::from(width),
        f64::from(height),
    )?;
    let url = canvas.to_data_url_with_type("image/png")?;
    let text = window().atob(url.split_once(',').map_or("", |(_, data)| data))?;
    // One character for each byte.
    Ok(text.chars().map(|c| c as u8).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pointer_finds_the_nearest_point() {
        let points = [(10, 0), (20, 0), (40, 0), (40, 50)];
        assert_eq!(
            [(0, 0), (14, 9), (16, 0), (29, 0), (31, 20), (99, 30)].map(|at| nearest(&points, at)),
            [Some(0), Some(0), Some(1), Some(1), Some(2), Some(3)]
        );
        assert_eq!(nearest(&[], (5, 5)), None);
    }

    #[test]
    fn a_moment_of_one_chart_is_not_shown_at_a_point_of_another_week() {
        let day = |day: i64| Timestamp::from_second(86_400 * day).expect("a time");
        let point = |n| PointText { at: day(n), title: String::new(), lines: Vec::new(), href: None };
        let points = [point(1), point(8), point(15)];
        let found = |n| near_in_time(&points, day(n));
        assert_eq!([0, 1, 4, 9, 14, 30].map(found), [Some(0), Some(0), None, Some(1), Some(2), None]);
        assert_eq!(near_in_time(&[], day(1)), None);
    }
}

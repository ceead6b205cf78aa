//! The mark and the icons, all drawn on a grid of 16.

use leptos::prelude::*;

/// The mark: a storehouse on posts.
#[component]
pub(crate) fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" width="24" height="24" viewBox="0 0 24 24" aria-hidden="true">
            <path class="fill" d="M12 2 2.8 9.2h18.4z"/>
            <path d="M5 10.4h14v7.2H5z" stroke-width="1.7"/>
            <path d="M5 14h14M10.4 17.6v-4.8h3.2v4.8" stroke-width="1.4"/>
            <path d="M6.4 17.6V22M17.6 17.6V22M4.8 22H8M16 22h3.2" stroke-width="1.7"/>
        </svg>
    }
}

/// An icon beside words that say the same.
#[component]
pub(crate) fn Icon(name: &'static str) -> impl IntoView {
    let path = match name {
        "dashboard" => "M2 9h5V2H2zM9 14h5V7H9zM2 14h5v-3H2zM9 5h5V2H9z",
        "backups" => {
            "M2.5 4c0-1.1 2.5-2 5.5-2s5.5.9 5.5 2-2.5 2-5.5 2-5.5-.9-5.5-2v8c0 1.1 2.5 2 5.5 2s5.5-.9 5.5-2V4M2.5 8c0 1.1 2.5 2 5.5 2s5.5-.9 5.5-2"
        }
        "restore" => "M2.5 8a5.5 5.5 0 1 0 1.7-4M2.5 2v3h3M8 5v3l2 1.5",
        "runs" => "M2 8h3l2-5 3 10 2-5h2",
        "review" => "M3 2h10v12H3zM5.5 11V8M8 11V5M10.5 11V7",
        "settings" => {
            "M2 5h7M12 5h2M2 11h2M7 11h7M9 5a1.5 1.5 0 1 0 3 0 1.5 1.5 0 0 0-3 0M4 11a1.5 1.5 0 1 0 3 0 1.5 1.5 0 0 0-3 0"
        }
        "profiles" => "M2 2.5h12v3H2zM2 6.5h12v3H2zM2 10.5h12v3H2z",
        "search" => "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10M11 11l3 3",
        "check" => "m3 8.5 3.2 3L13 4.5",
        "cross" => "m4 4 8 8M12 4l-8 8",
        "warning" => "M8 2 1.5 13.5h13zM8 6.5v3M8 11.6v.1",
        "info" => "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12M8 7.5V11M8 5.1v.1",
        "question" => {
            "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12M6.3 6.4a1.8 1.8 0 1 1 2.5 1.7c-.5.2-.8.6-.8 1.1M8 11.3v.1"
        }
        "clock" => "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12M8 5v3l2 1.5",
        "key" => "M8 11a3 3 0 1 1-6 0 3 3 0 0 1 6 0m-.8-2.2 6-6M11 5l2 2",
        "download" => "M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11",
        "folder" => "M2 4h4l1.5 2H14v7H2z",
        "copy" => "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
        "trash" => "M2.5 4.5h11M6 4.5V2.8h4v1.7M4 4.5l.7 9h6.6l.7-9",
        "print" => "M4.5 6V2h7v4M4.5 11.5h-2V6h11v5.5h-2M4.5 9.5h7V14h-7z",
        "flask" => "M6 2h4M6.8 2v4L3 13.5h10L9.2 6V2M4.8 10h6.4",
        "left" => "M10 3 5 8l5 5",
        "right" => "m6 3 5 5-5 5",
        "down" => "m3.5 6 4.5 4.5L12.5 6",
        "undo" => "M5.5 3 2.5 6l3 3M2.5 6H10a3.5 3.5 0 0 1 0 7H6",
        "table" => "M2 3h12v10H2zM2 6.5h12M6 6.5V13",
        "audit" => "M4 2h8v12H4zM6.2 5h3.6M6.2 7.5h3.6M6.2 10.8l1.2 1.2 2.4-2.4",
        "rotate" => {
            "M13.5 8a5.5 5.5 0 0 1-9.6 3.7M2.5 8a5.5 5.5 0 0 1 9.6-3.7M12.5 1.8v2.8H9.7M3.5 14.2v-2.8h2.8"
        }
        "shield" => {
            "M8 1.8 13 3.6v4c0 3-2 5.400-5 6.600-3-1.200-5-3.600-5-6.600v-4zM5.800 8l1.600 1.600L10.400 6.400"
        }
        "plus" => "M8 3v10M3 8h10",
        "sun" => {
            "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6M8 1.5V3M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1"
        }
        _ => "M8 8h.1",
    };
    view! { <svg class="icon" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true"><path d=path/></svg> }
}

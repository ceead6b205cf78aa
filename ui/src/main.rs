//! The page: what an admin sees and touches. It holds no rule about backups; everything it shows comes
//! through [`api::Api`].

#![expect(unreachable_pub, reason = "the macro of components makes items of its own public")]

mod activity;
mod address;
mod api;
mod app;
mod arrival;
mod clock;
mod components;
mod day;
mod format;
mod leaving;
#[cfg(feature = "mock")]
mod mock;
mod order;
mod pages;
mod plain;
mod preferences;
mod query;
mod remedy;
mod shown;
#[cfg(not(feature = "mock"))]
mod tauri;
mod texts;
mod transport;

fn main() {
    console_error_panic_hook::set_once();
    #[cfg(not(feature = "mock"))]
    api::connect(&tauri::Shell);
    #[cfg(feature = "mock")]
    api::connect(&mock::Mock);
    leptos::mount::mount_to_body(app::App);
}

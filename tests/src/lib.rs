//! Scenarios against real servers and in real browsers. They are in `tests/`; what those with a server share
//! is in `aitta-testing`, and here is what those with a page or a window share.
//!
//! - [`Scene`]: a private folder, and programs that end with the test however it ends.
//! - [`Page`]: a page in a browser, and what a user does with it. Waits have a limit and say what they
//!   waited for.
//! - [`Chrome`]: headless Chromium, with any size and appearance.
//! - [`serve`]: the page with made-up answers, over HTTP.
//! - [`Keyboard`]: somebody without a mouse, whose keys are counted.
//! - [`Terminal`]: a program at whose keyboard somebody sits.
//! - [`Window`]: the app's own window on a virtual screen.
#![expect(clippy::unwrap_used, reason = "a test that can't go on ends there")]

mod chrome;
mod keyboard;
mod page;
mod scene;
mod serve;
mod terminal;
mod window;

use std::path::{Path, PathBuf};

pub use chrome::{Chrome, Look, USABLE};
pub use keyboard::Keyboard;
pub use page::{FAULTS_OF_THE_HEAD, Page};
pub use scene::Scene;
pub use serve::{Server, serve};
pub use terminal::Terminal;
pub use window::{Started, Window, faketime};

/// The checkout. Cargo names this package's folder to what it runs; the one of the build may be that of another
/// checkout which shares the target folder.
#[must_use]
pub fn root() -> PathBuf {
    let running = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let here = running.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).to_owned());
    here.parent().unwrap().to_owned()
}

/// The value of a variable that `cargo xtask test` sets.
fn told(variable: &str) -> PathBuf {
    let value = std::env::var_os(variable);
    value.unwrap_or_else(|| panic!("{variable} is not set: run `cargo xtask test`")).into()
}

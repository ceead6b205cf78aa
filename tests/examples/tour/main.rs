//! Draws every page in every state from the app itself, with its own engine and real databases, in three sizes, light,
//! dark and Finnish, and lists what overflows or is cut off. Run by `cargo xtask tour`; somebody looks at the pictures.
//!
//! A world is one start of the app and what it is led through. Each is walked once in each language, because a change
//! of language draws a page anew; size and theme are changed where the page is.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a tool of the build")]

mod carwash;
mod findings;
mod look;
mod stage;
mod tour;
mod worlds;

use std::sync::Arc;

use look::Language;
use tour::Tour;
use worlds::WORLDS;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    let tour = match Tour::from_args(std::env::args().skip(1)) {
        Ok(tour) => Arc::new(tour),
        Err(usage) => {
            println!("{usage}");
            return std::process::ExitCode::FAILURE;
        }
    };
    for (name, walk) in WORLDS {
        for language in Language::ALL {
            if !tour.enters(name, language) {
                continue;
            }
            println!("{name}, {}", language.code());
            // One that can't go on must not end the others.
            if tokio::spawn(walk(tour.clone(), language)).await.is_err() {
                tour.findings().stopped(&format!("{name} in {}: it ended early, see above", language.code()));
            }
            // Whoever stops this program has what was found so far.
            tour.write_findings();
        }
    }
    print!("{}", tour.end());
    std::process::ExitCode::SUCCESS
}

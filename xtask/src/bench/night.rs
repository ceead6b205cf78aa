//! The night on which two tables are needed back, in the window, against its target.

use super::options::Options;
use super::server::Server;
use super::{data, ui};
use crate::Result;
use crate::run::{cargo, run as execute};

/// `cargo xtask bench night`: prints a table. Shell and engine are a release, as users have them.
pub(super) fn run(options: &Options) -> Result {
    let (tools, desktop) = ui::release()?;
    let server = Server::start(options.keep)?;
    // What the last night has damaged was given back.
    data::ensure(&server, "bench", options.scale)?;
    let mut measure = cargo(&[
        "run",
        "--quiet",
        "--release",
        "--package",
        "aitta-tests",
        "--example",
        "bench_night",
        "--",
    ])?;
    measure.arg(server.url("bench")).env("AITTA_TEST_DESKTOP", desktop);
    tools.name_to(&mut measure);
    execute(&mut measure)
}

//! `aitta completions`

use aitta_engine::Result;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Call, OK};
use crate::args::Cli;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(super) fn run(call: &Call<'_>, arguments: &Arguments) -> Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "aitta", &mut script);
    call.output.raw(&script)?;
    Ok(OK)
}

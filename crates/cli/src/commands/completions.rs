//! `aitta completions`

use aitta_engine::Result;
use clap::{Args, Command};
use clap_complete::Shell;

use crate::call::{Call, OK};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(call: &Call<'_>, arguments: &Arguments, mut command: Command) -> Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "aitta", &mut script);
    call.output.raw(&script)?;
    Ok(OK)
}

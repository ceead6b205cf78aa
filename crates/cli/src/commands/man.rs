//! `aitta man`

use std::path::PathBuf;

use aitta_engine::{Error, Result};
use aitta_model::ErrorCode;
use clap::{Args, Command};

use crate::call::{Call, OK};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Write the pages of all commands into this folder instead
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(crate) fn run(call: &Call<'_>, arguments: &Arguments, command: Command) -> Result<u8> {
    let failed = |e: std::io::Error| {
        Error::new(
            ErrorCode::System,
            format!("the manual cannot be written: {e}"),
            "check that the folder exists and is writable",
        )
        .with_source(e)
    };
    match &arguments.dir {
        Some(dir) => clap_mangen::generate_to(command, dir).map_err(failed)?,
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page).map_err(failed)?;
            call.output.raw(&page)?;
        }
    }
    Ok(OK)
}

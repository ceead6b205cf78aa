//! What to measure.

use crate::Result;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Backup,
    Restore,
    Table,
    Memory,
}

pub(super) struct Options {
    pub(super) scale: f64,
    pub(super) runs: usize,
    pub(super) keep: bool,
    only: Option<Part>,
    contender: Option<String>,
    /// Path of another build of the command line.
    pub(super) against: Option<String>,
}

impl Options {
    pub(super) fn parse(args: &[String]) -> Result<Self> {
        let mut options =
            Self { scale: 1.0, runs: 3, keep: false, only: None, contender: None, against: None };
        let mut args = args.iter().map(String::as_str);
        while let Some(arg) = args.next() {
            if arg == "--keep" {
                options.keep = true;
                continue;
            }
            let value = args.next().ok_or_else(|| format!("{arg} needs a value"))?;
            let wrong = || format!("{arg} can't be {value:?}");
            match arg {
                "--scale" => options.scale = value.parse().ok().filter(|s| *s > 0.0).ok_or_else(wrong)?,
                "--runs" => options.runs = value.parse().ok().filter(|n| *n > 0).ok_or_else(wrong)?,
                "--against" => {
                    let program = std::fs::canonicalize(value).map_err(|e| format!("{value}: {e}"))?;
                    options.against = Some(program.display().to_string());
                }
                "--contender" => options.contender = Some(value.to_owned()),
                "--only" => {
                    options.only = Some(match value {
                        "backup" => Part::Backup,
                        "restore" => Part::Restore,
                        "table" => Part::Table,
                        "memory" => Part::Memory,
                        _ => return Err(wrong()),
                    });
                }
                _ => return Err(format!("there is no option {arg}: see `cargo xtask help`")),
            }
        }
        Ok(options)
    }

    pub(super) fn wants(&self, part: Part) -> bool {
        self.only.is_none_or(|only| only == part)
    }

    pub(super) fn contender_is(&self, name: &str) -> bool {
        self.contender.as_ref().is_none_or(|part| name.contains(part))
    }
}

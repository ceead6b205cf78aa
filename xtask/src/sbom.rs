//! What a package was made of, for those who have to know: a software bill of materials in the format of CycloneDX.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{output, run};
use crate::{Result, install, paths};

/// Reads the lock file as cargo does, and knows licences and digests.
const CYCLONEDX: &str = "0.5.9";

/// What a package holds: its name, the folder of its crate, the target that it is compiled for.
const PARTS: [(&str, &str, &str); 3] = [
    ("aitta-desktop", ".", "x86_64-unknown-linux-gnu"),
    ("aitta", "crates/cli", "x86_64-unknown-linux-gnu"),
    ("aitta-page", "ui", "wasm32-unknown-unknown"),
];

/// Writes a list for each part of a package, beside it. Returns where they are.
pub(crate) fn beside(package: &Path) -> Result<Vec<PathBuf>> {
    let folder = package.parent().ok_or_else(|| format!("{} lies in no folder", package.display()))?;
    let tool = install::of_cargo("cargo-cyclonedx", CYCLONEDX)?;
    PARTS.iter().map(|(name, of, target)| part(&tool, folder, name, of, target)).collect()
}

fn part(tool: &Path, folder: &Path, name: &str, of: &str, target: &str) -> Result<PathBuf> {
    // The tool writes a list into the folder of each crate of the workspace, under this name.
    let made = "aitta-materials";
    let _gone = Lists(made);
    let mut make = Command::new(tool);
    make.args(["cyclonedx", "--quiet", "--format", "json", "--all", "--target", target]);
    run(make.args(["--override-filename", made]).current_dir(paths::root()))?;
    let made = paths::root().join(of).join(format!("{made}.json"));
    let text = std::fs::read_to_string(&made).map_err(|e| format!("{}: {e}", made.display()))?;
    if !text.contains("\"bomFormat\": \"CycloneDX\"") || !text.contains("pkg:cargo/aitta-model@") {
        return Err(format!("{} does not list what {name} is made of", made.display()));
    }
    // Where it was compiled is nobody's business.
    let text = text.replace(&paths::root().display().to_string(), "/aitta");
    let list = folder.join(format!("{name}.cdx.json"));
    std::fs::write(&list, text).map_err(|e| format!("{}: {e}", list.display()))?;
    Ok(list)
}

/// Lists in the folders of the crates, removed when this is dropped.
struct Lists(&'static str);

impl Drop for Lists {
    fn drop(&mut self) {
        let mut manifests = Command::new("git");
        manifests.args(["ls-files", "Cargo.toml", "*/Cargo.toml"]).current_dir(paths::root());
        for manifest in output(&mut manifests).unwrap_or_default().lines() {
            let list = paths::root().join(manifest).with_file_name(format!("{}.json", self.0));
            // Not every crate has one.
            let _ = std::fs::remove_file(list);
        }
    }
}

//! What the desktop app is built with and tested with.

use std::path::PathBuf;
use std::process::Command;

use super::{apt, of_cargo, program};
use crate::run::{is_root, output, run, works};
use crate::{Result, paths};

/// Without these the shell can't be compiled.
const BUILD: [&str; 6] = [
    "libayatana-appindicator3-dev",
    "librsvg2-dev",
    "libssl-dev",
    "libwebkit2gtk-4.1-dev",
    "libxdo-dev",
    "pkg-config",
];

/// A screen, a session bus, a keychain, two browsers with their drivers, a clock that can be moved, and letters to draw
/// with.
const TESTS: [&str; 11] = [
    "chromium",
    "chromium-driver",
    "dbus",
    "dbus-x11",
    "fonts-dejavu-core",
    "gnome-keyring",
    "libfaketime",
    "webkit2gtk-driver",
    "xauth",
    "xdotool",
    "xvfb",
];

/// It lets a WebDriver client drive the app's own window.
const TAURI_DRIVER: &str = "2.1.0";

/// Finds what people who can't see the page would struggle with.
const AXE: &str = "axe-core@4.14.1";

/// Makes the page small. The one of npm, so that every machine makes the same page. Not that of the system: Debian
/// 12 has version 108, which exports the table of functions in the place of that of objects, and the page ends at its
/// start with "Argument value did not match the reference type".
const BINARYEN: &str = "binaryen@132.0.0";

/// Makes the `.deb`. The one of npm comes compiled; `cargo install tauri-cli` takes ten minutes.
const TAURI_CLI: &str = "@tauri-apps/cli@2.12.5";

/// What has to be there before anything but `xtask` itself can be compiled.
pub(crate) fn build() -> Result {
    packages(&BUILD)
}

/// What the tests of page and window are run with.
pub(crate) struct Tools {
    /// The script of axe-core.
    pub(crate) axe: PathBuf,
    pub(crate) tauri_driver: PathBuf,
}

impl Tools {
    /// Names them to the tests.
    pub(crate) fn name_to(&self, tests: &mut Command) {
        tests.env("AITTA_TEST_AXE", &self.axe).env("AITTA_TEST_TAURI_DRIVER", &self.tauri_driver);
    }
}

/// Installs what the tests of page and window need.
pub(crate) fn tests() -> Result<Tools> {
    packages(&TESTS)?;
    let axe = npm("axe-core", AXE)?.join("axe-core/axe.min.js");
    Ok(Tools { axe, tauri_driver: of_cargo("tauri-driver", TAURI_DRIVER)? })
}

/// The optimizer of WebAssembly.
pub(crate) fn wasm_opt() -> Result<PathBuf> {
    Ok(npm("binaryen", BINARYEN)?.join(".bin/wasm-opt"))
}

/// The command line of Tauri.
pub(crate) fn tauri_cli() -> Result<PathBuf> {
    Ok(npm("tauri-cli", TAURI_CLI)?.join(".bin/tauri"))
}

/// A package of npm, in a folder of its own. Returns its `node_modules`.
pub(super) fn npm(name: &str, wanted: &str) -> Result<PathBuf> {
    let dir = paths::cache()?.join("npm").join(name);
    let done = dir.join("installed");
    if !std::fs::read_to_string(&done).is_ok_and(|text| text == wanted) {
        program("npm", "npm")?;
        println!("installing {wanted}");
        std::fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        let install = ["install", "--silent", "--no-audit", "--no-fund", "--prefix"];
        run(Command::new("npm").args(install).arg(&dir).arg(wanted))?;
        std::fs::write(&done, wanted).map_err(|e| format!("{}: {e}", done.display()))?;
    }
    Ok(dir.join("node_modules"))
}

/// Installs those that are missing. A system with other packages is left alone: what it lacks shows itself
/// when it is needed, by a name that its user knows.
fn packages(wanted: &[&str]) -> Result {
    if !works("dpkg-query", &["--version"]) {
        return Ok(());
    }
    let missing: Vec<&str> = wanted.iter().copied().filter(|package| !is_installed(package)).collect();
    if missing.is_empty() { Ok(()) } else { apt(&missing) }
}

/// Whether a package of the system is there.
pub(crate) fn is_installed(package: &str) -> bool {
    output(Command::new("dpkg-query").args(["--show", "--showformat", "${db:Status-Status}", package]))
        .is_ok_and(|status| status == "installed")
}

/// A command with the rights of root: packages can't be installed without.
pub(crate) fn as_root(program: &str) -> Command {
    if is_root() {
        return Command::new(program);
    }
    let mut sudo = Command::new("sudo");
    sudo.args(["-n", program]);
    sudo
}

//! The package that users install.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{cargo, output, run as execute};
use crate::{Result, install, paths, sbom, ui};

/// `cargo xtask package [--install-test]`: makes the `.deb` and what it was made of, and prints their paths.
pub(crate) fn run(args: &[String]) -> Result {
    install::wasm_target()?;
    install::desktop::build()?;
    ui::build(false, false)?;
    let package = release()?;
    println!("{}", package.display());
    let lists = sbom::beside(&package)?;
    lists.iter().for_each(|list| println!("{}", list.display()));
    if args.iter().any(|a| a == "--install-test") {
        let tools = install::desktop::tests()?;
        let (_installed, mut test) = installed_test(&package)?;
        tools.name_to(&mut test);
        execute(&mut test)?;
    }
    Ok(())
}

/// The package for users. Its program takes six minutes and more to compile.
fn release() -> Result<PathBuf> {
    // The folder may be shared with another checkout, whose programs come into the same places: it is copied at once.
    execute(&mut cargo(&["build", "--release", "--package", "aitta-cli"])?)?;
    let command = copied("release")?;
    execute(&mut tauri("build", &command)?)?;
    newest_deb("release")
}

/// The same package around the program that the tests have compiled, in seconds: the page lies in it as in a
/// release, only its code is not optimised.
pub(crate) fn of_tests() -> Result<PathBuf> {
    let mut bundle = tauri("bundle", &copied("debug")?)?;
    output(bundle.arg("--debug"))?;
    newest_deb("debug")
}

/// Installs a package, which stays until the first value is dropped, and makes the test that one of its
/// windows appears and works.
pub(crate) fn installed_test(package: &Path) -> Result<(Installed, Command)> {
    let installed = Installed::of(package)?;
    // Of the whole workspace, or cargo compiles everything below the test again with other features.
    let mut test = cargo(&["test", "--workspace", "--test", "scenarios"])?;
    test.args(["--", "--exact", "window::one_click_backs_up_sqlite"]);
    test.env("AITTA_TEST_DESKTOP", Installed::PROGRAM);
    Ok((installed, test))
}

/// The command line that was built for this profile, in a place of its own.
fn copied(profile: &str) -> Result<PathBuf> {
    let folder = paths::target()?.join(profile);
    let copy = folder.join("packaged/aitta");
    let copying = || {
        std::fs::create_dir_all(folder.join("packaged"))?;
        std::fs::copy(folder.join("aitta"), &copy)
    };
    copying().map_err(|e| format!("{}: {e}", copy.display()))?;
    Ok(copy)
}

/// With the command line `command` beside the program.
fn tauri(step: &str, command: &Path) -> Result<Command> {
    let mut tauri = Command::new(install::desktop::tauri_cli()?);
    let target = paths::target()?;
    let (to, from) = (Installed::COMMAND, command);
    // Rust quotes a path as JSON does, as long as it is one that can be read.
    let config = format!(r#"{{"bundle":{{"linux":{{"deb":{{"files":{{{to:?}:{from:?}}}}}}}}}}}"#);
    tauri.args([step, "--bundles", "deb", "--config", &config]);
    tauri.current_dir(paths::root()).env("CARGO_TARGET_DIR", target).env("CI", "true");
    Ok(tauri)
}

/// The newest one: those of earlier versions may lie there, too.
fn newest_deb(profile: &str) -> Result<PathBuf> {
    let folder = paths::target()?.join(profile).join("bundle/deb");
    let entries = std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let made = entries.flatten().map(|entry| entry.path());
    let debs = made.filter(|path| path.extension().is_some_and(|e| e == "deb"));
    debs.max_by_key(|path| path.metadata().and_then(|m| m.modified()).ok())
        .ok_or_else(|| format!("there is no .deb in {}", folder.display()))
}

/// Removes an installed package when it is dropped.
pub(crate) struct Installed {
    name: String,
    mark: Mark,
}

impl Installed {
    /// Where its program lies.
    pub(crate) const PROGRAM: &str = "/usr/bin/aitta-desktop";

    /// Where its command line lies.
    const COMMAND: &str = "/usr/bin/aitta";

    /// Installs a package, whose dependencies are there. Refuses to replace one that the user has
    /// installed; one that a killed run has left is removed first.
    pub(crate) fn of(package: &Path) -> Result<Self> {
        let name = output(Command::new("dpkg-deb").arg("--field").arg(package).arg("Package"))?;
        let name = name.trim().to_owned();
        let was_left = Mark::is_left()?;
        if install::desktop::is_installed(&name) {
            if !was_left {
                return Err(format!(
                    "{name} is installed here already: remove it to have its package tested"
                ));
            }
            println!("{name} was left installed by a run that was killed: it is removed");
            purge(&name)?;
        }
        let installed = Self { name, mark: Mark::set()? };
        let mut dpkg = install::desktop::as_root("dpkg");
        output(dpkg.arg("--install").arg(package))?;
        let version = output(Command::new(Self::COMMAND).arg("--version"))?;
        if !version.starts_with("aitta ") {
            return Err(format!("the installed command line says {version:?} of its version"));
        }
        Ok(installed)
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        match purge(&self.name) {
            Ok(()) => self.mark.clear(),
            Err(error) => println!("the package was not removed: {error}"),
        }
    }
}

fn purge(name: &str) -> Result {
    output(install::desktop::as_root("dpkg").args(["--purge", name])).map(drop)
}

/// Says that the installed package is one under test. It is a locked file: one without a lock was left by
/// a run that was killed, and with it the package.
struct Mark {
    _locked: File,
}

impl Mark {
    fn path() -> Result<PathBuf> {
        Ok(paths::cache()?.join("package-under-test"))
    }

    /// Whether a run that is over has left its mark. An error while one goes on.
    fn is_left() -> Result<bool> {
        let path = Self::path()?;
        match File::open(&path) {
            Ok(file) => Self::lock(&file, &path).map(|()| true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(format!("{}: {error}", path.display())),
        }
    }

    fn set() -> Result<Self> {
        let path = Self::path()?;
        let file = File::create(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        Self::lock(&file, &path)?;
        Ok(Self { _locked: file })
    }

    fn lock(file: &File, path: &Path) -> Result {
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => {
                "another run tests the package at this moment: wait for its end".to_owned()
            }
            TryLockError::Error(error) => format!("{}: {error}", path.display()),
        })
    }

    fn clear(&self) {
        let removed = Self::path().and_then(|path| std::fs::remove_file(path).map_err(|e| e.to_string()));
        if let Err(error) = removed {
            println!("the mark of the package under test was not removed: {error}");
        }
    }
}

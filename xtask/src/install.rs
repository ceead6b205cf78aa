//! Installs what a step needs and the machine lacks.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use crate::run::{is_root, output, run, works};
use crate::{Result, paths};

pub(crate) mod desktop;

/// The components of the toolchain that the checks use.
pub(crate) fn toolchain_components() -> Result {
    for (command, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if !works("cargo", &[command, "--version"]) {
            run(Command::new("rustup").args(["component", "add", component]))?;
        }
    }
    Ok(())
}

/// The compiler's library for the page.
pub(crate) fn wasm_target() -> Result {
    const TARGET: &str = "wasm32-unknown-unknown";
    let libdir = output(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]));
    if libdir.is_ok_and(|dir| std::path::Path::new(dir.trim()).is_dir()) {
        return Ok(());
    }
    run(Command::new("rustup").args(["target", "add", TARGET]))
}

/// A program, from the package that brings it.
pub(crate) fn program(name: &str, package: &str) -> Result {
    if works("sh", &["-c", &format!("command -v {name}")]) { Ok(()) } else { apt(&[package]) }
}

/// A program that cargo compiles, in this version, into a folder of its own.
pub(crate) fn of_cargo(name: &str, version: &str) -> Result<PathBuf> {
    let root = paths::cache()?.join("tools");
    let program = root.join("bin").join(name);
    // Not all of them can print their version; cargo knows what it has installed.
    let installed = root.join(".crates.toml");
    let wanted = format!("\"{name} {version} ");
    let is_there = program.is_file() && std::fs::read_to_string(installed).is_ok_and(|t| t.contains(&wanted));
    if !is_there {
        println!("installing {name} {version}");
        let mut install = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        install.args(["install", "--quiet", "--locked", "--version", version, "--root"]);
        run(install.arg(&root).arg(name))?;
    }
    Ok(program)
}

/// A PostgreSQL server. Returns the folder of its programs.
pub(crate) fn postgres() -> Result<PathBuf> {
    if let Some(found) = find_postgres() {
        return Ok(found);
    }
    // The package would start a server of its own on the usual port.
    let settings = std::path::Path::new("/etc/postgresql-common/createcluster.conf");
    if is_root() && !settings.exists() {
        let written = std::fs::create_dir_all("/etc/postgresql-common")
            .and_then(|()| std::fs::write(settings, "create_main_cluster = false\n"));
        written.map_err(|e| format!("{} can't be written: {e}", settings.display()))?;
    }
    apt(&["postgresql"])?;
    find_postgres().ok_or_else(|| "the package postgresql brought no server".to_owned())
}

/// As the tests look for it, newest first.
fn find_postgres() -> Option<PathBuf> {
    if let Some(dir) = std::env::var_os("AITTA_TEST_PG_BIN") {
        return Some(dir.into());
    }
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, dir)| dir.join("initdb").is_file())
        .collect();
    found.sort();
    let usual = found.pop().map(|(_, dir)| dir);
    usual.or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|dir| dir.join("initdb").is_file())
    })
}

/// Microsoft's emulator of Azure Blob Storage: the program, which runs on the Node.js that npm brings.
pub(crate) fn azurite() -> Result<PathBuf> {
    const AZURITE: &str = "azurite@3.37.0";
    Ok(desktop::npm("azurite", AZURITE)?.join(".bin/azurite-blob"))
}

/// A Python that has `cryptography` and `zstandard`, for the independent decoder.
pub(crate) fn python() -> Result<PathBuf> {
    const IMPORTS: &str = "import cryptography, zstandard";
    if works("python3", &["-c", IMPORTS]) {
        return Ok("python3".into());
    }
    python_with("python", IMPORTS, &["cryptography", "zstandard"])
}

/// A Python that has moto, an S3 with versions and locks. In a folder of its own: it brings a hundred packages.
pub(crate) fn moto() -> Result<PathBuf> {
    const VERSION: &str = "5.2.5";
    let check = format!("import moto.server, moto.s3; assert moto.__version__ == '{VERSION}'");
    python_with("moto", &check, &[&format!("moto[server,s3]=={VERSION}")])
}

/// The command line of AWS, for a comparison.
pub(crate) fn aws() -> Result<PathBuf> {
    const VERSION: &str = "1.46.3";
    let check = format!("import awscli; assert awscli.__version__ == '{VERSION}'");
    Ok(python_with("awscli", &check, &[&format!("awscli=={VERSION}")])?.with_file_name("aws"))
}

/// The program that finds misspelt words. The one of PyPI comes compiled.
pub(crate) fn typos() -> Result<PathBuf> {
    const VERSION: &str = "1.52.0";
    let check = format!("from importlib.metadata import version; assert version('typos') == '{VERSION}'");
    Ok(python_with("typos", &check, &[&format!("typos=={VERSION}")])?.with_file_name("typos"))
}

fn python_with(name: &str, check: &str, packages: &[&str]) -> Result<PathBuf> {
    let dir = paths::cache()?.join(name);
    let python = dir.join("bin/python3");
    if works(&python.display().to_string(), &["-c", check]) {
        return Ok(python);
    }
    if !works("python3", &["-c", "import venv, ensurepip"]) {
        apt(&["python3", "python3-venv"])?;
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&dir))?;
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(packages))?;
    Ok(python)
}

/// Garage, an S3-compatible server: the program. It is built here, which takes eight minutes.
pub(crate) fn garage() -> Result<PathBuf> {
    const VERSION: &str = "2.5.0";
    let dir = paths::cache()?.join("garage");
    let program = dir.join("bin/garage");
    if output(Command::new(&program).arg("--version")).is_ok_and(|text| text.contains(VERSION)) {
        return Ok(program);
    }
    let mut install = crate::run::cargo(&["install", "garage", "--version", VERSION, "--locked"])?;
    install.args(["--no-default-features", "--features", "sqlite,bundled-libs", "--root"]).arg(&dir);
    // In a folder of its own, which goes: nothing else is built of what it needs.
    let build = dir.join("build");
    run(install.env("CARGO_TARGET_DIR", &build))?;
    std::fs::remove_dir_all(&build).map_err(|e| format!("{}: {e}", build.display()))?;
    Ok(program)
}

/// Packages of the system.
pub(crate) fn apt(packages: &[&str]) -> Result {
    static UPDATED: OnceLock<()> = OnceLock::new();
    let wanted = packages.join(" ");
    if !works("apt-get", &["--version"]) {
        return Err(format!(
            "{wanted} is missing, and there is no apt-get here: install it, then run this again"
        ));
    }
    println!("installing {wanted}");
    if UPDATED.set(()).is_ok() {
        output(&mut apt_get(&["update", "-q"])).map_err(|e| format!("{wanted} is missing, and {e}"))?;
    }
    let install = ["install", "-q", "-y", "--no-install-recommends"];
    output(&mut apt_get(&[install.as_slice(), packages].concat()))?;
    Ok(())
}

fn apt_get(args: &[&str]) -> Command {
    let mut command = desktop::as_root("env");
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]).args(args);
    command
}

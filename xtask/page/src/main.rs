//! `aitta-page WASM UI-FOLDER DIST-FOLDER [WASM-OPT]`: makes what a browser loads of what the compiler has made. With
//! an optimizer it is made small, as users get it; without one, functions keep their names, which helps to find a
//! fault. A package of its own, because `xtask` is to be built in seconds.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a tool of the build")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use wasm_bindgen_cli_support::Bindgen;

/// Order matters: tokens first, then what uses them.
const STYLES: [&str; 4] = ["tokens.css", "base.css", "components.css", "pages"];

fn main() -> ExitCode {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let (wasm, ui, dist, optimizer) = match &paths[..] {
        [wasm, ui, dist] => (wasm, ui, dist, None),
        [wasm, ui, dist, optimizer] => (wasm, ui, dist, Some(optimizer.as_path())),
        _ => {
            eprintln!("usage: aitta-page WASM UI-FOLDER DIST-FOLDER [WASM-OPT]");
            return ExitCode::FAILURE;
        }
    };
    match replace(wasm, ui, dist, optimizer) {
        Ok(bytes) => {
            println!("{bytes} bytes of wasm in {}", dist.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("the page can't be put together: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Makes the page beside the one that is there, which stays when nothing has changed: the shell is compiled
/// anew whenever it is touched.
fn replace(wasm: &Path, ui: &Path, dist: &Path, optimizer: Option<&Path>) -> Result<u64, String> {
    let at = |path: &Path, e: std::io::Error| format!("{}: {e}", path.display());
    let new = dist.with_extension("new");
    let bytes = make(wasm, ui, &new, optimizer)?;
    if contents(dist).ok() == Some(contents(&new).map_err(|e| at(&new, e))?) {
        fs::remove_dir_all(&new).map_err(|e| at(&new, e))?;
        return Ok(bytes);
    }
    if dist.exists() {
        fs::remove_dir_all(dist).map_err(|e| at(dist, e))?;
    }
    fs::rename(&new, dist).map_err(|e| at(dist, e))?;
    Ok(bytes)
}

/// Every file of a folder, with its name below it.
fn contents(folder: &Path) -> std::io::Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = PathBuf::from(path.file_name().unwrap_or_default());
        if path.is_dir() {
            found.extend(contents(&path)?.into_iter().map(|(below, bytes)| (name.join(below), bytes)));
        } else {
            found.insert(name, fs::read(&path)?);
        }
    }
    Ok(found)
}

/// The names of functions are nearly half of what a browser would load.
fn make(wasm: &Path, ui: &Path, dist: &Path, optimizer: Option<&Path>) -> Result<u64, String> {
    let at = |path: &Path, e: std::io::Error| format!("{}: {e}", path.display());
    if dist.exists() {
        fs::remove_dir_all(dist).map_err(|e| at(dist, e))?;
    }
    fs::create_dir_all(dist).map_err(|e| at(dist, e))?;
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(wasm)
        .out_name("aitta")
        .typescript(false)
        .omit_default_module_path(false)
        .keep_debug(false)
        .remove_producers_section(true)
        .remove_name_section(optimizer.is_some());
    bindgen.web(true).and_then(|bindgen| bindgen.generate(dist)).map_err(|e| format!("{e:#}"))?;
    let mut styles = String::new();
    for name in STYLES {
        let path = ui.join("styles").join(name);
        for file in files(&path).map_err(|e| at(&path, e))? {
            styles += &fs::read_to_string(&file).map_err(|e| at(&file, e))?;
        }
    }
    let written = [("style.css", styles.into_bytes())];
    for (name, bytes) in written {
        fs::write(dist.join(name), bytes).map_err(|e| at(&dist.join(name), e))?;
    }
    for name in ["index.html", "start.js"] {
        fs::copy(ui.join(name), dist.join(name)).map_err(|e| at(&ui.join(name), e))?;
    }
    let (fonts, there) = (ui.join("fonts"), dist.join("fonts"));
    fs::create_dir(&there).map_err(|e| at(&there, e))?;
    for file in files(&fonts).map_err(|e| at(&fonts, e))? {
        fs::copy(&file, there.join(file.file_name().unwrap_or_default())).map_err(|e| at(&file, e))?;
    }
    let wasm = dist.join("aitta_bg.wasm");
    if let Some(optimizer) = optimizer {
        optimize(optimizer, &wasm)?;
    }
    Ok(fs::metadata(&wasm).map_err(|e| at(&wasm, e))?.len())
}

/// Makes a file of WebAssembly a tenth smaller, after wasm-bindgen, which looks for code as the compiler writes it.
/// Without further options the optimizer uses what the compiler has used, which is noted in the file, and nothing
/// newer: with `--all-features` it writes imports that WebKit can't read.
fn optimize(optimizer: &Path, wasm: &Path) -> Result<(), String> {
    let mut command = Command::new(optimizer);
    command.arg("-Oz").arg(wasm).arg("-o").arg(wasm);
    let output = command.output().map_err(|e| format!("{}: {e}", optimizer.display()))?;
    if output.status.success() {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!("{} failed: {}\n{complaint}", optimizer.display(), output.status))
}

/// A file, or those of a folder by name.
fn files(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files =
        fs::read_dir(path)?.map(|entry| entry.map(|e| e.path())).collect::<Result<Vec<_>, _>>()?;
    files.sort();
    Ok(files)
}

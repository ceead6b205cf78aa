//! Grants the window its commands, and nothing else.

use std::error::Error;
use std::path::Path;

use tauri_build::{AppManifest, Attributes};

use calls::Call;

/// Included and not depended on: the crate of the model would be compiled once more for build scripts.
#[path = "../crates/model/src/calls.rs"]
#[expect(unreachable_pub, reason = "in its own crate it is public")]
mod calls;

/// The label of the one window that is answered, as in `src/window.rs`.
const WINDOW: &str = "main";

fn main() {
    // The page is embedded. Without this line cargo would not see a new page, and an older one would stay in the
    // program.
    println!("cargo:rerun-if-changed=ui/dist");
    println!("cargo:rerun-if-changed=crates/model/src/calls.rs");
    if let Err(error) = grant() {
        println!("cargo::error={error}");
    }
}

/// The page may call the commands of this app and nothing of the system. The capability is written from the list of
/// calls, so that a command that is not in the list can't be called.
fn grant() -> Result<(), Box<dyn Error>> {
    let names: Vec<&'static str> = Call::ALL.iter().map(|call| call.as_str()).collect();
    let permissions: Vec<String> =
        names.iter().map(|name| format!("\"allow-{}\"", name.replace('_', "-"))).collect();
    let capability = format!(
        "{{ \"identifier\": \"{WINDOW}\", \"windows\": [\"{WINDOW}\"], \"permissions\": [{}] }}",
        permissions.join(", ")
    );
    let folder = Path::new(&std::env::var("OUT_DIR")?).join("capabilities");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("main.json"), capability)?;
    let pattern = format!("{}/*.json", folder.display());
    let attributes = Attributes::new()
        .capabilities_path_pattern(Box::leak(pattern.into_boxed_str()))
        .app_manifest(AppManifest::new().commands(Box::leak(names.into_boxed_slice())));
    Ok(tauri_build::try_build(attributes).map_err(|error| format!("{error:#}"))?)
}

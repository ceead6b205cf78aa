//! Grants the window its commands, and nothing else.

use tauri_build::{AppManifest, Attributes};

/// Every command of `src/commands`. One that is missing here can't be called.
const COMMANDS: &[&str] = &[
    "archive",
    "archives",
    "back_up",
    "cancel",
    "check_source",
    "check_store",
    "choose_profile",
    "delete_archive",
    "generate_key",
    "history",
    "keep_key",
    "make_sample",
    "overview",
    "restore",
    "restore_plan",
    "reveal_archive",
    "review",
    "run",
    "runs",
    "save_file",
    "save_profile",
    "session",
    "settings",
    "set_stays_in_tray",
    "stays_in_tray",
    "verify",
];

fn main() {
    println!("cargo:rerun-if-changed=src-tauri/capabilities");
    // The page is embedded, and nothing else tells cargo of it: an older one would stay in the program.
    println!("cargo:rerun-if-changed=ui/dist");
    let attributes = Attributes::new()
        .capabilities_path_pattern("./src-tauri/capabilities/**/*")
        .app_manifest(AppManifest::new().commands(COMMANDS));
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo::error={error:#}");
    }
}

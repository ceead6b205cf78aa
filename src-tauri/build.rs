//! Grants the window its commands, and nothing else.

use tauri_build::{AppManifest, Attributes};

/// Every command of `src/commands`. One that is missing here can't be called.
const COMMANDS: &[&str] = &[
    "archive",
    "archives",
    "audit",
    "audit_export",
    "audit_report",
    "back_up",
    "begin_mfa",
    "cancel",
    "change_mfa",
    "check_key",
    "check_source",
    "check_store",
    "choose_profile",
    "confirm_key",
    "confirm_mfa",
    "create_key",
    "delete_archive",
    "destroy_key",
    "discard_key",
    "export_kit",
    "history",
    "import_key",
    "key_ring",
    "make_sample",
    "mfa",
    "overview",
    "restore",
    "restore_plan",
    "reveal_archive",
    "review",
    "rotate",
    "run",
    "runs",
    "save_file",
    "save_profile",
    "session",
    "set_stays_in_tray",
    "settings",
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

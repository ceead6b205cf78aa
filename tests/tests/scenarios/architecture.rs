//! The rules of `docs/architecture.md` that a reader can't see in any one file.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// Package, and the packages of this workspace that it may be built from.
const MAY_DEPEND_ON: [(&str, &[&str]); 17] = [
    ("aitta-model", &[]),
    ("aitta-archive", &[]),
    ("aitta-charts", &["aitta-model"]),
    ("aitta-notify", &[]),
    ("aitta-policy", &["aitta-model"]),
    ("aitta-base", &["aitta-archive", "aitta-model"]),
    ("aitta-keys", &["aitta-archive", "aitta-base", "aitta-model"]),
    ("aitta-store", &["aitta-archive", "aitta-base", "aitta-model"]),
    ("aitta-source", &["aitta-archive", "aitta-base", "aitta-model"]),
    (
        "aitta-engine",
        &[
            "aitta-archive",
            "aitta-base",
            "aitta-keys",
            "aitta-model",
            "aitta-notify",
            "aitta-policy",
            "aitta-source",
            "aitta-store",
        ],
    ),
    ("aitta-cli", &["aitta-charts", "aitta-engine", "aitta-model"]),
    ("aitta-desktop", &["aitta-engine", "aitta-model"]),
    ("aitta-ui", &["aitta-charts", "aitta-model"]),
    ("aitta-page", &[]),
    ("aitta-testing", &["aitta-archive", "aitta-engine", "aitta-model"]),
    ("aitta-tests", &[]),
    ("xtask", &[]),
];

#[test]
fn dependencies_point_one_way() {
    let metadata = metadata();
    let ours: BTreeSet<&str> = metadata.workspace_packages().iter().map(|p| p.name.as_str()).collect();
    for package in metadata.workspace_packages() {
        let name = package.name.as_str();
        let (_, allowed) = MAY_DEPEND_ON.iter().find(|(n, _)| *n == name).unwrap_or_else(|| {
            panic!("{name} is new: say here, and in docs/architecture.md, what it may depend on")
        });
        for dependency in &package.dependencies {
            let other = dependency.name.as_str();
            let built_with = dependency.kind != DependencyKind::Development;
            if built_with && ours.contains(other) {
                assert!(allowed.contains(&other), "{name} must not depend on {other}");
            }
        }
    }
}

#[test]
fn pure_crates_do_no_input_and_no_output() {
    for name in ["aitta-archive", "aitta-charts", "aitta-model", "aitta-policy"] {
        assert_no_dependency(name, &["tokio", "sqlx", "tracing", "rustix", "tempfile"]);
    }
    // What they may not call stands in the list that clippy reads for each of them.
    let lists = ["archive", "charts", "model", "policy"]
        .map(|dir| root().join("crates").join(dir).join("clippy.toml"));
    let lists =
        lists.map(|list| fs::read_to_string(&list).unwrap_or_else(|e| panic!("{}: {e}", list.display())));
    assert!(lists.iter().all(|list| *list == lists[0]), "the four forbid the same");
    for path in [
        "std::fs::read",
        "std::fs::write",
        "std::fs::File",
        "std::env::var",
        "std::net::TcpStream",
        "std::time::SystemTime::now",
        "std::time::Instant::now",
        "jiff::Timestamp::now",
    ] {
        assert!(lists[0].contains(&format!("{path:?}")), "{path} is not forbidden");
    }
}

/// Crates of the engine, which may not depend on any of its faces.
const ENGINE: [&str; 5] = ["base", "keys", "store", "source", "engine"];

#[test]
fn engine_knows_no_caller() {
    let callers = ["tauri", "clap", "axum", "leptos", "indicatif"];
    for crate_dir in ENGINE {
        assert_no_dependency(&format!("aitta-{crate_dir}"), &callers);
        for file in sources(&root().join("crates").join(crate_dir).join("src")) {
            let text = code_of(&file);
            for word in callers {
                assert!(!text.contains(&format!("{word}::")), "{} names {word}", file.display());
            }
        }
    }
}

/// Vault keys stay in `aitta-keys`, which the compiler checks; this test checks that no other crate makes one. The
/// format defines what it is.
#[test]
fn only_the_keys_name_the_vault_key() {
    let others = ENGINE.into_iter().filter(|name| *name != "keys").chain(["cli", "model"]);
    for crate_dir in others {
        for file in sources(&root().join("crates").join(crate_dir).join("src")) {
            assert!(!code_of(&file).contains("VaultKey"), "{} names VaultKey", file.display());
        }
    }
}

/// The window names commands as it has them, so hints name them by `aitta_model::Command` and `Action`.
#[test]
fn hints_name_commands_by_their_actions() {
    // It writes files, whose texts are no hints.
    let files = root().join("crates/engine/src/demo/past.rs");
    for part in ["base", "engine", "keys", "source", "store"] {
        let is_test = |path: &Path| path.iter().any(|name| name == "tests" || name == "tests.rs");
        let folder = root().join("crates").join(part).join("src");
        for file in sources(&folder).iter().filter(|file| !is_test(file) && **file != files) {
            let code = code_of(file);
            let named = code.lines().find(|line| line.contains("`aitta"));
            assert_eq!(named, None, "{} names a command in words", file.display());
        }
    }
}

fn assert_no_dependency(package: &str, forbidden: &[&str]) {
    let metadata = metadata();
    let package = metadata.packages.iter().find(|p| p.name.as_str() == package).unwrap();
    for dependency in package.dependencies.iter().filter(|d| d.kind != DependencyKind::Development) {
        let name = dependency.name.as_str();
        assert!(!forbidden.contains(&name), "{} must not depend on {name}", package.name);
    }
}

fn metadata() -> Metadata {
    MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec().unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    assert!(!files.is_empty(), "{} has no source", folder.display());
    files
}

/// Without comments: they may name what the code must not.
fn code_of(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

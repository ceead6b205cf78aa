//! The rooms of each crate and their floors: an import may only run down. `docs/architecture.md` says why.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;

use aitta_tests::rooms::Rooms;

/// The rooms of the engine, from the top down. A new room goes below everything that imports it.
const ENGINE: &[&str] = &[
    // What a user sees first, and what shows or tests everything else.
    "overview",
    "demo",
    "selftest",
    "scratch",
    "sample",
    "setup",
    "history",
    "runs",
    // Operations.
    "rotation",
    "restore",
    "backup",
    "archives",
    "verify",
    "copies",
    "custody",
    "enrolment",
    "trail",
    // What is around every operation.
    "run",
    "door",
    "mfa",
    // What operations stand on.
    "reading",
    "context",
    "catalog",
    "config",
];

const SOURCE: &[&str] = &["postgres", "sqlite", "archived", "access", "stamp"];

const STORE: &[&str] = &[
    "check",
    "limited",
    "s3",
    "azure",
    "local",
    "spool",
    "credentials",
    "config",
    "versions",
    "names",
    "error",
];

const KEYS: &[&str] =
    &["inputs", "sealed", "found", "held", "ring", "uses", "index", "kit", "vault", "keychain", "protect"];

const BASE: &[&str] = &["lock", "tables", "random", "amount", "clock", "paths", "progress", "error"];

#[test]
fn imports_of_the_engine_run_down() {
    assert_runs_down("engine", ENGINE);
}

#[test]
fn imports_of_the_source_run_down_and_neither_engine_knows_the_other() {
    let rooms = assert_runs_down("source", SOURCE);
    let between = |a: &str, b: &str| rooms.imports.iter().any(|i| i.from == a && i.to == b);
    assert!(!between("postgres", "sqlite") && !between("sqlite", "postgres"));
}

#[test]
fn imports_of_the_store_run_down_and_no_service_knows_another() {
    let rooms = assert_runs_down("store", STORE);
    let services = ["local", "s3", "azure"];
    let among: Vec<_> =
        rooms.imports.iter().filter(|i| services.contains(&&*i.from) && services.contains(&&*i.to)).collect();
    assert!(among.is_empty(), "{among:?}");
}

#[test]
fn imports_of_the_keys_run_down() {
    assert_runs_down("keys", KEYS);
}

#[test]
fn imports_of_the_base_run_down() {
    assert_runs_down("base", BASE);
}

fn assert_runs_down(name: &str, floors: &[&str]) -> Rooms {
    let rooms = Rooms::read(&aitta_tests::root().join("crates").join(name).join("src")).unwrap();
    assert!(rooms.imports.len() >= 4, "nothing was found in {name}");
    let wrong = rooms.against(floors);
    assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
    assert!(rooms.largest_circle().is_empty());
    rooms
}

/// A house of two rooms, `above` and `below`, with this in the lower one.
fn house(lib: &str, below: &str) -> Vec<String> {
    let src = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(src.path().join(name), text).unwrap();
    fs::create_dir(src.path().join("below")).unwrap();
    write("lib.rs", lib);
    write("above.rs", "use crate::below::Low;\npub struct High;\npub mod inner { pub struct Deep; }\n");
    write("below.rs", "mod cellar;\npub struct Low;\n");
    write("below/cellar.rs", below);
    Rooms::read(src.path()).unwrap().against(&["above", "below"])
}

#[test]
fn an_import_that_runs_up_is_found_with_its_line() {
    const LIB: &str = "mod above;\nmod below;\npub use above::{High, inner::Deep as Deeper};\n";
    assert!(house(LIB, "use super::Low;\nuse std::fs;\n").is_empty());
    for (text, line) in [
        ("\nuse crate::above::High;\n", 2),
        ("use crate::{\n    below::Low,\n    above::inner::Deep,\n};\n", 1),
        // Through what the root re-exports, also under another name.
        ("\n\nuse crate::High;\n", 3),
        ("use crate::Deeper;\n", 1),
        ("pub(crate) use crate::High as Borrowed;\n", 1),
        // Without `use`.
        ("fn f() {\n    let _ = crate::above::High;\n}\n", 2),
        // Out of the room by the back door.
        ("use super::super::above::High;\n", 1),
        // After what looks like the begin of a comment or a string.
        ("const A: char = '\"';\nconst B: &str = \"//\";\nuse crate::above::High;\n", 3),
    ] {
        let wrong = house(LIB, text);
        let place = format!("below/cellar.rs:{line}: below names above");
        assert!(wrong.iter().any(|wrong| wrong.starts_with(&place)), "{text:?}: {wrong:?}");
    }
    for text in [
        "// use crate::above::High;\n",
        "const A: &str = \"crate::above::High\";\n",
        "#[cfg(test)]\nmod tests {\n    use crate::above::High;\n}\n",
    ] {
        assert!(house(LIB, text).is_empty(), "{text:?}");
    }
    let nowhere = house("mod above;\nmod below;\nmod attic;\n", "");
    assert!(nowhere.is_empty(), "a module without a file is no room: {nowhere:?}");
}

#[test]
fn a_room_without_a_floor_is_found() {
    let src = tempfile::tempdir().unwrap();
    fs::write(src.path().join("lib.rs"), "mod one;\nmod two;\n").unwrap();
    fs::write(src.path().join("one.rs"), "").unwrap();
    fs::write(src.path().join("two.rs"), "use crate::one;\n").unwrap();
    let rooms = Rooms::read(src.path()).unwrap();
    assert_eq!(rooms.against(&["one"]).len(), 1);
    assert_eq!(rooms.against(&["two", "one", "three"]), ["there is no room three"]);
}

//! The floors of the rooms of each crate: which of its modules may import which. A room is a module at the root of a
//! crate, with everything below it that is no room of its own. `docs/architecture.md` says why.
//!
//! Written paths are followed, also through re-exports: `use crate::…`, `super::…`, `self::…`, and those in the
//! middle of an expression.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

mod modules;

use modules::{Import, Modules};

/// Rooms from the top down. Each may import those of lower floors only.
type Floors<'f> = &'f [&'f [&'f str]];

const CLI: Floors<'_> = &[
    // `main.rs`.
    &["crate"],
    &["dispatch"],
    &["args"],
    &["commands"],
    &["second_factor", "session", "copies"],
    &["progress"],
    &["call"],
    &["options", "output"],
    &["format"],
];

/// The root of a library has no floor: it re-exports what is above, and what it holds itself is below everything.
const ENGINE: Floors<'_> = &[
    // What shows, or tries out, everything else.
    &["readiness", "review", "hosting"],
    &["duties", "conditions"],
    &["retention", "checklist"],
    &["overview"],
    &["demo", "runs", "setup"],
    &["history", "selftest", "schedule"],
    &["scratch"],
    &["sample"],
    // Operations.
    &["recover"],
    &["rotation", "restore"],
    &["backup", "archives"],
    &["verify"],
    &["copies"],
    &["custody", "enrolment", "trail"],
    // What is around every operation.
    &["run"],
    &["notify", "hooks"],
    &["door"],
    &["mfa"],
    // What operations stand on.
    &["reading"],
    &["context"],
    &["catalog", "config"],
];

/// Neither engine of databases knows the other.
const SOURCE: Floors<'_> = &[&["postgres", "sqlite"], &["compare"], &["archived", "access", "stamp"]];

/// No service knows another.
const STORE: Floors<'_> = &[
    &["limited", "stoppable"],
    &["s3", "azure", "local"],
    &["check", "spool", "credentials"],
    &["config", "versions", "names", "bounds", "transport"],
    &["error"],
];

const KEYS: Floors<'_> = &[
    &["choice", "found", "held"],
    &["sealed", "stored"],
    &["inputs", "uses"],
    &["ring", "index", "kit", "ways_out"],
    &["vault"],
    &["keychain", "protect"],
];

const BASE: Floors<'_> = &[
    &["lock", "tables"],
    &["random", "blocking", "amount", "clock", "paths", "patience", "progress", "user"],
    &["error"],
];

/// Each page is a room: what several of them need is below all of them.
const PAGE: Floors<'_> = &[
    &["crate"],
    &["app"],
    &["pages"],
    &[
        "pages::audit",
        "pages::automation",
        "pages::backups",
        "pages::dashboard",
        "pages::keys",
        "pages::mfa",
        "pages::restore",
        "pages::review",
        "pages::runs",
        "pages::settings",
        "pages::setup",
    ],
    &["components"],
    &["activity", "leaving"],
    &["clock"],
    &["api"],
    &["mock", "tauri"],
    &["preferences", "remedy", "format"],
    &["texts"],
    &["address", "arrival", "day", "order", "plain", "query", "shown", "transport"],
];

#[test]
fn rooms_of_the_page_import_downwards() {
    let faults = faults(&modules_of_the_page(), PAGE);
    assert!(faults.is_empty(), "ui/src:\n{}", faults.join("\n"));
}

#[test]
fn modules_of_the_page_form_no_circle() {
    let circle = circle(&modules_of_the_page());
    assert!(circle.is_empty(), "these import each other:\n{}", circle.join("\n"));
}

#[test]
fn rooms_of_the_command_line_import_downwards() {
    assert_downwards("cli", CLI);
}

#[test]
fn modules_of_the_command_line_form_no_circle() {
    let circle = circle(&modules_of("cli"));
    assert!(circle.is_empty(), "these import each other:\n{}", circle.join("\n"));
}

#[test]
fn rooms_of_the_engine_import_downwards() {
    assert_downwards("engine", ENGINE);
}

#[test]
fn rooms_of_sources_stores_keys_and_base_import_downwards() {
    for (name, floors) in [("source", SOURCE), ("store", STORE), ("keys", KEYS), ("base", BASE)] {
        assert_downwards(name, floors);
    }
}

fn assert_downwards(name: &str, floors: Floors<'_>) {
    let faults = faults(&modules_of(name), floors);
    assert!(faults.is_empty(), "crates/{name}/src:\n{}", faults.join("\n"));
}

/// Every way to write an import is seen, or the tests above prove nothing.
#[test]
fn an_import_that_runs_up_is_found_however_it_is_written() {
    let floors: Floors<'_> = &[&["crate"], &["top"], &["middle"], &["low"]];
    let ways = [
        ("use crate::top::Thing;", 1),
        ("\nuse crate::{low::a,\n    top::{Thing, Other}};", 3),
        ("use super::top;", 1),
        ("use super::top::*;", 1),
        ("use crate::top as other;", 1),
        ("fn f() {\n    crate::top::work();\n}", 2),
        ("fn f(thing: &super::top::Thing) {}", 1),
        ("mod inner {\n    use super::super::top::Thing;\n}", 2),
        // `main.rs` imports it, and every module sees that.
        ("use crate::Reexported;", 1),
        ("use crate::{Renamed};", 1),
        ("fn f() { crate::own() }", 1),
        ("use crate::*;", 1),
        // Those that look like it.
        (
            "// use crate::top::Thing;\n/* crate::top */ fn f() { \"crate::top::x\"; r#\"super::top::x\"#; '\"'; }",
            0,
        ),
        ("#[cfg(test)]\nmod tests {\n    use crate::top::Thing;\n}", 0),
        ("use std::top::Thing;\npub(super) fn f() {}\npub(crate) struct S;", 0),
        ("mod inner {\n    use super::Thing;\n}", 0),
        ("pub(in crate::top) struct S;", 0),
    ];
    for (text, line) in ways {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write(
            "main.rs",
            "mod low;\nmod middle;\nmod top;\nuse top::{Reexported, Thing as Renamed};\nfn own() {}",
        );
        write("top.rs", "use crate::middle::M;");
        write("middle.rs", "use crate::low::a;");
        write("low.rs", text);
        let faults = faults(&Modules::read(folder.path()), floors);
        match line {
            0 => assert!(faults.is_empty(), "{text}: {faults:?}"),
            line => {
                let begin = format!("low.rs:{line}: ");
                assert!(faults.iter().any(|fault| fault.starts_with(&begin)), "{text}: {faults:?}");
            }
        }
    }
}

/// The room imported is below; what it passes on is from above.
#[test]
fn a_re_export_hides_no_import() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("main.rs", "mod low;\nmod middle;\nmod top;\nmod stranger;");
    write("top.rs", "use crate::middle::M;");
    write("middle.rs", "use crate::low::Lifted;");
    write("low.rs", "pub(crate) use first::Lifted;\nmod first;\nmod second;");
    write("stranger.rs", "");
    fs::create_dir(folder.path().join("low")).unwrap();
    write("low/first.rs", "pub(crate) use crate::top::Lifted;\nuse super::second::x;");
    write("low/second.rs", "fn f() { super::first::x() }");
    let modules = Modules::read(folder.path());
    let faults = faults(&modules, &[&["crate"], &["top"], &["middle"], &["low"]]);
    for fault in [
        "low/first.rs:1: low::first imports top",
        "middle.rs:1: middle imports top",
        "stranger.rs: has no floor",
    ] {
        assert!(faults.iter().any(|found| found.starts_with(fault)), "{fault}: {faults:#?}");
    }
    let circle = circle(&modules);
    for import in ["low/first.rs:2: low::first imports low::second", "middle.rs:1: middle imports top"] {
        assert!(circle.contains(&import.to_owned()), "{import}: {circle:#?}");
    }
}

/// A page is a room within the room of the pages.
#[test]
fn a_room_within_a_room_has_a_floor_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    fs::create_dir_all(folder.path().join("top/first")).unwrap();
    write("main.rs", "mod low;\nmod top;");
    write("top.rs", "mod first;\nmod second;\nfn f() { first::x() }");
    write("top/first.rs", "mod part;\nuse super::second::x;\nuse super::y;\nuse self::part::z;");
    write("top/first/part.rs", "use super::w;\nuse crate::low::v;");
    write("top/second.rs", "use crate::low::v;");
    write("low.rs", "use crate::top::second::x;");
    let floors: Floors<'_> = &[&["crate"], &["top"], &["top::first", "top::second"], &["low"]];
    let faults = faults(&Modules::read(folder.path()), floors);
    let expected = [
        "low.rs:1: low imports top::second",
        "top/first.rs:2: top::first imports top::second",
        "top/first.rs:3: top::first imports top",
    ];
    assert_eq!(faults, expected, "{faults:#?}");
}

fn modules_of_the_page() -> Modules {
    Modules::read(&aitta_tests::root().join("ui/src"))
}

fn modules_of(name: &str) -> Modules {
    Modules::read(&aitta_tests::root().join("crates").join(name).join("src"))
}

/// One line for each import that doesn't run down, for each room without a floor, and for each floor without its room.
fn faults(modules: &Modules, floors: Floors<'_>) -> Vec<String> {
    let is_in = |module: &str, room: &str| {
        module.strip_prefix(room).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    let floor_of = |room: &str| floors.iter().position(|rooms| rooms.contains(&room));
    // The innermost one.
    let room = |module: &str| {
        let rooms = floors.iter().copied().flatten().copied().filter(|room| is_in(module, room));
        rooms.max_by_key(|room| room.len())
    };
    let floor = |module: &str| room(module).and_then(floor_of);
    let mut faults = Vec::new();
    let is_library_root = |name: &str| modules.is_library && name == "crate";
    for module in modules.all.values().filter(|m| floor(&m.name).is_none() && !is_library_root(&m.name)) {
        faults.push(format!("{}: has no floor: give it one in {}", module.file, file!()));
    }
    for room in floors.iter().copied().flatten().filter(|room| !modules.all.contains_key(**room)) {
        faults.push(format!("there is no room {room}: take it out of {}", file!()));
    }
    for import in modules.imports() {
        let up = match (floor(&import.from), floor(&import.to)) {
            (Some(from), Some(to)) => to <= from,
            // Said above.
            _ => false,
        };
        if up && room(&import.from) != room(&import.to) {
            faults.push(import.to_string());
        }
    }
    faults
}

/// The imports between modules that reach each other.
fn circle(modules: &Modules) -> Vec<String> {
    let imports = modules.imports();
    let mut reached: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for name in modules.all.keys() {
        let mut ahead = vec![name.as_str()];
        let found = reached.entry(name).or_default();
        while let Some(at) = ahead.pop() {
            let next = imports.iter().filter(|import| import.from == at).map(|import| import.to.as_str());
            ahead.extend(next.filter(|to| found.insert(to)));
        }
    }
    let round = |import: &&Import| reached[import.to.as_str()].contains(import.from.as_str());
    imports.iter().filter(round).map(Import::to_string).collect()
}

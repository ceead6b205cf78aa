//! The modules of the page import each other in no circle: what several need lies below all of them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::Path;

/// A module's path below `crate`: empty for `main.rs`.
type Module = Vec<String>;

/// What a module says without tests, comments and texts.
struct Source {
    code: String,
    children: BTreeSet<String>,
}

#[test]
fn no_module_of_the_page_imports_itself_in_a_circle() {
    let sources = sources();
    let exports = exports(&sources);
    let mut imports: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
    for (module, source) in &sources {
        let mut paths: Vec<Module> = uses(&source.code).into_iter().map(|(_, path)| path).collect();
        paths.extend(mentions(&source.code));
        let found = paths.into_iter().filter_map(|path| {
            let path = absolute(module, source, path)?;
            Some(target(&sources, &exports, path))
        });
        imports.insert(module.clone(), found.filter(|other| other != module).collect());
    }

    let names = |from: &str, to: &str| {
        let path = |text: &str| text.split("::").map(str::to_owned).collect::<Module>();
        imports[&path(from)].contains(&path(to))
    };
    assert!(names("api", "transport"), "a group in braces is read");
    assert!(names("texts::restore::en", "texts::restore::cases"), "what is exported again is followed");
    assert!(names("pages::restore", "pages::restore::backup"), "a path in the code is read");

    for module in imports.keys() {
        if let Some(circle) = circle(&imports, module) {
            panic!("{circle}: put what is shared into a module below both");
        }
    }
}

/// The shortest way from a module back to itself.
fn circle(imports: &BTreeMap<Module, BTreeSet<Module>>, start: &Module) -> Option<String> {
    let mut ways = VecDeque::from([vec![start]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for next in way.last().and_then(|last| imports.get(*last)).into_iter().flatten() {
            if next == start {
                let names: Vec<_> = way.iter().chain([&start]).map(|module| module.join("::")).collect();
                return Some(names.join(" imports "));
            }
            if seen.insert(next) {
                ways.push_back(way.iter().copied().chain([next]).collect());
            }
        }
    }
    None
}

fn sources() -> BTreeMap<Module, Source> {
    let mut codes = BTreeMap::new();
    read_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &[], &mut codes);
    let modules: Vec<Module> = codes.keys().cloned().collect();
    let children = |module: &Module| {
        let below = modules.iter().filter(|m| m.len() == module.len() + 1 && m.starts_with(module));
        below.filter_map(|m| m.last().cloned()).collect()
    };
    codes.into_iter().map(|(m, code)| (m.clone(), Source { children: children(&m), code })).collect()
}

fn read_folder(folder: &Path, module: &[String], codes: &mut BTreeMap<Module, String>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())).flatten() {
        let path = entry.path();
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let inner = [module, std::slice::from_ref(&name)].concat();
        if path.is_dir() {
            read_folder(&path, &inner, codes);
        } else if path.extension().is_some_and(|e| e == "rs") && !matches!(name.as_str(), "tests" | "rooms") {
            let module = if name == "main" { Vec::new() } else { inner };
            codes.insert(module, bare(&fs::read_to_string(&path).unwrap_or_default()));
        }
    }
}

/// Without the tests at its end, comments and texts, which may name what the code must not.
fn bare(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = text.lines().map(|line| line.split("// ").next().unwrap_or_default());
    let lines = lines.filter(|line| !line.trim_start().starts_with("//"));
    let text =
        lines.collect::<Vec<_>>().join("\n").replace("'\"'", "' '").replace("\\\\", "").replace("\\\"", "");
    // Every other part is between quotes.
    text.split('"').step_by(2).collect::<Vec<_>>().join(" ")
}

/// Every path that is imported by name, and whether it is exported again.
fn uses(code: &str) -> Vec<(bool, Module)> {
    let mut found = Vec::new();
    for statement in code.split_inclusive(';') {
        let Some((before, tree)) = statement.rsplit_once("use ") else { continue };
        let lead = before.rsplit('\n').next().unwrap_or_default().trim();
        if let Some(tree) = tree.strip_suffix(';').filter(|_| lead.is_empty() || lead.starts_with("pub")) {
            let mut paths = Vec::new();
            expand(&tree.split_whitespace().collect::<Vec<_>>().join(" "), &[], &mut paths);
            found.extend(paths.into_iter().map(|path| (!lead.is_empty(), path)));
        }
    }
    found
}

/// `a::{b, c::d}` as `a::b` and `a::c::d`.
fn expand(tree: &str, before: &[String], found: &mut Vec<Module>) {
    let tree = tree.trim();
    if let Some((path, group)) = tree.split_once('{') {
        let before: Module = before.iter().cloned().chain(parts(path)).collect();
        let group = group.strip_suffix('}').unwrap_or(group);
        let mut depth = 0_usize;
        let ends = |c: char| {
            depth = if c == '{' { depth + 1 } else { depth.saturating_sub(usize::from(c == '}')) };
            c == ',' && depth == 0
        };
        for part in group.split(ends).filter(|part| !part.trim().is_empty()) {
            expand(part, &before, found);
        }
    } else {
        let name = tree.split(" as ").next().unwrap_or_default();
        found.push(before.iter().cloned().chain(parts(name)).collect());
    }
}

fn parts(path: &str) -> impl Iterator<Item = String> {
    path.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty())
}

/// Paths that are written out where they are used.
fn mentions(code: &str) -> Vec<Module> {
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let code = code.replace("pub(in crate", "");
    let words = code.split(|c| !is_path(c)).filter(|word| word.contains("::"));
    words.map(|word| parts(word).collect()).filter(|path: &Module| path.len() > 1).collect()
}

/// Below `crate`; `None` when it leads out of the page.
fn absolute(module: &[String], source: &Source, path: Module) -> Option<Module> {
    let (mut base, mut rest) = (module.to_vec(), path.as_slice());
    match rest.first()?.as_str() {
        "crate" => (base, rest) = (Vec::new(), &rest[1..]),
        "self" => rest = &rest[1..],
        "super" => {
            while rest.first().is_some_and(|part| part == "super") {
                base.pop();
                rest = &rest[1..];
            }
        }
        child if source.children.contains(child) => {}
        _ => return None,
    }
    base.extend_from_slice(rest);
    Some(base)
}

/// What modules export again, by where it is found and by where it comes from.
fn exports(sources: &BTreeMap<Module, Source>) -> BTreeMap<Module, Module> {
    let mut exports = BTreeMap::new();
    for (module, source) in sources {
        for (_, path) in uses(&source.code).into_iter().filter(|(again, _)| *again) {
            let name = path.last().cloned().unwrap_or_default();
            if let Some(from) = absolute(module, source, path) {
                exports.insert(module.iter().cloned().chain([name]).collect(), from);
            }
        }
    }
    exports
}

/// The module that a path leads to.
fn target(sources: &BTreeMap<Module, Source>, exports: &BTreeMap<Module, Module>, path: Module) -> Module {
    let mut path = path;
    // Nothing is exported again so often.
    for _ in 0..8 {
        let again = (1..=path.len()).find_map(|n| Some((n, exports.get(&path[..n])?)));
        let Some((n, from)) = again else { break };
        path = from.iter().chain(&path[n..]).cloned().collect();
    }
    while !sources.contains_key(&path) && path.pop().is_some() {}
    path
}

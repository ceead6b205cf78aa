//! `deny.toml` without cargo-deny, which takes longer to compile than Aitta: licences, sources and bans. What is known
//! to be broken in a dependency only `cargo xtask deny` tells, which asks the network.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use cargo_metadata::{CargoOpt, MetadataCommand, Package, PackageId};
use toml::{Table, Value};

/// The rules.
fn rules() -> Table {
    std::fs::read_to_string(aitta_tests::root().join("deny.toml")).unwrap().parse().unwrap()
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

/// Everything that is compiled for one of the targets, the tests as well. Cargo is asked once: it takes seconds.
fn packages(rules: &Table) -> &'static [Package] {
    static FOUND: OnceLock<Vec<Package>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let found: BTreeMap<_, _> =
            texts(&rules["graph"]["targets"]).into_iter().flat_map(packages_for).collect();
        assert!(found.len() > 500, "{} packages can't be all", found.len());
        found.into_values().collect()
    })
}

fn packages_for(target: &str) -> impl Iterator<Item = (PackageId, Package)> {
    let mut metadata = MetadataCommand::new();
    metadata.manifest_path(aitta_tests::root().join("Cargo.toml")).features(CargoOpt::AllFeatures);
    metadata.other_options(["--locked", "--filter-platform", target].map(str::to_owned));
    let metadata = metadata.exec().unwrap();
    let compiled: BTreeSet<_> = metadata.resolve.unwrap().nodes.into_iter().map(|node| node.id).collect();
    let packages = metadata.packages.into_iter().filter(move |package| compiled.contains(&package.id));
    packages.map(|package| (package.id.clone(), package))
}

#[test]
fn licences_are_of_those_that_we_can_pass_on() {
    let rules = rules();
    let allowed = texts(&rules["licenses"]["allow"]);
    let mut used = BTreeSet::new();
    for package in packages(&rules).iter().filter(|package| package.source.is_some()) {
        let licence = package.license.as_deref().unwrap_or("none");
        let chosen = match excepted(&rules, &package.name) {
            Some(own) => choose(licence, &own).map(|_| BTreeSet::new()),
            None => choose(licence, &allowed),
        };
        used.extend(chosen.unwrap_or_else(|| {
            panic!("{} {} is under {licence}: look at it, then at deny.toml", package.name, package.version)
        }));
    }
    let unused: Vec<_> = allowed.iter().filter(|licence| !used.contains(**licence)).collect();
    assert!(unused.is_empty(), "nothing needs {unused:?} any more: take it out of deny.toml");
}

/// The licences that only this package may have.
fn excepted<'r>(rules: &'r Table, package: &str) -> Option<Vec<&'r str>> {
    let exceptions = rules["licenses"]["exceptions"].as_array()?;
    let own = exceptions.iter().find(|exception| exception["crate"].as_str() == Some(package))?;
    Some(texts(&own["allow"]))
}

#[test]
fn dependencies_come_from_the_registry() {
    let rules = rules();
    let registries = texts(&rules["sources"]["allow-registry"]);
    for package in packages(&rules) {
        // Those without a source are this workspace's own.
        let Some(source) = &package.source else { continue };
        let registry = source.repr.strip_prefix("registry+");
        let known = registry.is_some_and(|registry| registries.contains(&registry));
        assert!(known, "{} comes from {source}", package.name);
    }
}

#[test]
fn banned_dependencies_are_not_there() {
    let rules = rules();
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in packages(&rules) {
        versions.entry(package.name.to_string()).or_default().push(package.version.to_string());
    }
    for ban in rules["bans"]["deny"].as_array().unwrap() {
        let name = ban["crate"].as_str().unwrap();
        let once = ban.get("deny-multiple-versions").and_then(Value::as_bool) == Some(true);
        let found = versions.get(name).map_or(&[][..], Vec::as_slice);
        assert!(found.len() <= usize::from(once), "deny.toml does not want {name} {found:?}");
        assert!(!once || found.len() == 1, "{name} is not used any more: take it out of deny.toml");
    }
}

/// The licences by which we take it, out of an expression of SPDX; `None` when we can't. Old manifests write `/` for
/// `OR`.
fn choose<'a>(expression: &str, allowed: &[&'a str]) -> Option<BTreeSet<&'a str>> {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (chosen, rest) = either(&words, allowed);
    assert!(rest.is_empty(), "{expression} can't be understood from {rest:?} on");
    chosen
}

type Chosen<'a, 'w> = (Option<BTreeSet<&'a str>>, &'w [&'w str]);

fn either<'a, 'w>(words: &'w [&'w str], allowed: &[&'a str]) -> Chosen<'a, 'w> {
    let (mut chosen, mut rest) = all(words, allowed);
    while let ["OR", after @ ..] = rest {
        let other;
        (other, rest) = all(after, allowed);
        chosen = chosen.or(other);
    }
    (chosen, rest)
}

fn all<'a, 'w>(words: &'w [&'w str], allowed: &[&'a str]) -> Chosen<'a, 'w> {
    let (mut chosen, mut rest) = one(words, allowed);
    while let ["AND", after @ ..] = rest {
        let other;
        (other, rest) = one(after, allowed);
        chosen = chosen.zip(other).map(|(one, other)| &one | &other);
    }
    (chosen, rest)
}

fn one<'a, 'w>(words: &'w [&'w str], allowed: &[&'a str]) -> Chosen<'a, 'w> {
    let find = |name: &str| allowed.iter().find(|a| **a == name).map(|a| BTreeSet::from([*a]));
    match words {
        ["(", inner @ ..] => {
            let (chosen, rest) = either(inner, allowed);
            assert_eq!(rest.first(), Some(&")"), "a bracket is open before {rest:?}");
            (chosen, &rest[1..])
        }
        [name, "WITH", exception, rest @ ..] => (find(&format!("{name} WITH {exception}")), rest),
        [name, rest @ ..] => (find(name), rest),
        [] => panic!("a licence is missing"),
    }
}

#[test]
fn expressions_of_licences_are_understood() {
    let allowed = ["Apache-2.0", "ISC", "MIT", "Apache-2.0 WITH LLVM-exception"];
    let chosen = |text| choose(text, &allowed).map(|chosen| chosen.into_iter().collect::<Vec<_>>());
    assert_eq!(chosen("MIT"), Some(vec!["MIT"]));
    assert_eq!(chosen("GPL-3.0"), None);
    assert_eq!(chosen("GPL-3.0 OR MIT"), Some(vec!["MIT"]));
    assert_eq!(chosen("GPL-3.0/MIT"), Some(vec!["MIT"]));
    assert_eq!(chosen("GPL-3.0 AND MIT"), None);
    assert_eq!(chosen("MIT OR GPL-3.0 AND ISC"), Some(vec!["MIT"]));
    assert_eq!(chosen("(MIT OR GPL-3.0) AND (GPL-2.0 OR ISC)"), Some(vec!["ISC", "MIT"]));
    assert_eq!(chosen("GPL-3.0 WITH LLVM-exception"), None);
    assert_eq!(chosen("Apache-2.0 WITH LLVM-exception"), Some(vec!["Apache-2.0 WITH LLVM-exception"]));
}

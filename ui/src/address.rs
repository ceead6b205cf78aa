//! Where the page of one thing is.

use aitta_model::{ArchiveSelector, RestoreInto};

/// The page of a backup.
pub(crate) fn backup(id: &str) -> String {
    format!("/backups/{id}")
}

/// Whether it names an archive. A run that failed early names what was asked for, such as `latest`, which is another archive
/// by now.
pub(crate) fn is_archive(named: &str) -> bool {
    matches!(named.parse(), Ok(ArchiveSelector::Id(_)))
}

/// The wizard of restores, with these tables of a backup chosen.
pub(crate) fn restore_tables(id: &str, tables: &[String]) -> String {
    with_query("/restore", &archive(Some(id)).chain(named(tables)).collect::<Vec<_>>())
}

/// The same for what a restore before was asked for: all, where it names no tables, and into such a target. Which schema or
/// database that is, is asked anew.
pub(crate) fn restore_again(id: Option<&str>, tables: &[String], into: RestoreInto) -> String {
    let all = tables.is_empty().then(|| "scope=all".to_owned());
    let into = match into {
        RestoreInto::Own => "to=same",
        RestoreInto::Schema => "to=schema",
        RestoreInto::Scratch | RestoreInto::Other => "to=other",
    };
    let asked = archive(id).chain(named(tables)).chain(all).chain([into.to_owned()]);
    with_query("/restore", &asked.collect::<Vec<_>>())
}

fn archive(id: Option<&str>) -> impl Iterator<Item = String> {
    id.map(|id| format!("archive={}", encoded(id))).into_iter()
}

fn named(tables: &[String]) -> impl Iterator<Item = String> {
    tables.iter().map(|table| format!("table={}", encoded(table)))
}

/// The wizard of restores, with what takes the restore of a run back.
pub(crate) fn undo(run: i64) -> String {
    format!("/restore?undo={run}")
}

fn encoded(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}

fn with_query(path: &str, asked: &[String]) -> String {
    match asked {
        [] => path.to_owned(),
        asked => format!("{path}?{}", asked.join("&")),
    }
}

/// Where a restore is proven without touching anything.
pub(crate) const PROVE: &str = "/restore/prove";

/// The same, with this backup.
pub(crate) fn prove(id: Option<&str>) -> String {
    with_query(PROVE, &archive(id).collect::<Vec<_>>())
}

/// An entry of the audit trail.
pub(crate) fn entry(number: u64) -> String {
    format!("/audit?entry={number}")
}

/// What becomes of a backup by the rules.
pub(crate) fn automation(id: &str) -> String {
    with_query("/automation", &[format!("backup={}", encoded(id))])
}

/// The page of a run.
pub(crate) fn run(id: i64) -> String {
    format!("/runs/{id}")
}

//! Making the tables, indexes, views and triggers of a schema anew.

use std::path::Path;
use std::time::Duration;

use aitta_base::{Error, Result};
use aitta_model::ErrorCode;

use super::connection::{Access, Db, quoted};
use super::schema::{Entry, INTERNAL_TABLES, Pragmas, Schema};

/// Sets what must be set before anything is written to a new file.
pub(super) async fn set_up(db: &mut Db, pragmas: &Pragmas) -> Result<()> {
    db.run(format!(
        "PRAGMA encoding = '{}'; PRAGMA page_size = {}; PRAGMA auto_vacuum = {}",
        pragmas.encoding.replace('\'', "''"),
        pragmas.page_size,
        pragmas.auto_vacuum
    ))
    .await
}

/// Makes the tables among `entries`, virtual ones included.
pub(super) async fn tables(db: &mut Db, entries: &[&Entry]) -> Result<()> {
    for entry in entries.iter().filter(|e| e.kind == "table" && !e.is_virtual() && !e.is_internal()) {
        db.make(entry).await?;
    }
    internal(db, entries).await?;
    for entry in entries.iter().filter(|e| e.is_virtual()) {
        create_virtual(db, entry).await?;
    }
    Ok(())
}

/// Makes everything of one kind: `index`, `view` or `trigger`.
pub(super) async fn others(db: &mut Db, entries: &[&Entry], kind: &str) -> Result<()> {
    for entry in entries.iter().filter(|e| e.kind == kind) {
        db.make(entry).await?;
    }
    Ok(())
}

/// The tables of the library cannot be made by their text; each has a statement that makes it as a
/// side effect.
async fn internal(db: &mut Db, entries: &[&Entry]) -> Result<()> {
    let wanted = |name: &str| entries.iter().any(|e| e.name == name);
    let there = "SELECT count(*) FROM sqlite_schema WHERE name = ?";
    if wanted("sqlite_sequence") && db.number(there, &["sqlite_sequence"]).await? == 0 {
        let scratch = quoted("aitta scratch");
        db.run(format!("CREATE TABLE {scratch} (i INTEGER PRIMARY KEY AUTOINCREMENT); DROP TABLE {scratch}"))
            .await?;
    }
    if wanted("sqlite_stat1") || wanted("sqlite_stat4") {
        db.run("ANALYZE sqlite_schema").await?;
        for name in INTERNAL_TABLES.into_iter().filter(|name| name.starts_with("sqlite_stat")) {
            if !wanted(name) {
                db.run(format!("DROP TABLE IF EXISTS {name}")).await?;
            }
        }
    }
    Ok(())
}

/// Enters a virtual table without running its module, which would make shadow tables of its own. This
/// is how `.dump` of the SQLite shell does it. The text runs when the file is opened the next time, so it is looked at
/// first.
async fn create_virtual(db: &mut Db, entry: &Entry) -> Result<()> {
    db.make(entry).await?;
    db.run("PRAGMA writable_schema = ON").await?;
    let sql = "INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) VALUES ('table', ?, ?, 0, ?)";
    db.rows(sql, &[&entry.name, &entry.tbl_name, &entry.sql]).await?;
    db.run("PRAGMA writable_schema = OFF").await
}

/// Replays the schema in memory, so that a backup fails at once if its restore would fail: an index may need a
/// collation or a function that only the application has.
///
/// # Errors
/// `source_unfit` naming what cannot be made anew.
pub(super) async fn rehearse(schema: &Schema) -> Result<()> {
    let mut db = Db::open(Path::new("the schema"), Access::Memory, Duration::ZERO).await?;
    db.defend(false).await?;
    let done = replay_all(&mut db, schema).await;
    let again = match done {
        Ok(()) => Schema::read(&mut db).await,
        Err(e) => Err(e),
    };
    db.close().await?;
    let unfit = |what: String| {
        Error::new(
            ErrorCode::SourceUnfit,
            format!("the schema could not be made anew from an archive: {what}"),
            "drop or change what is named: Aitta can't use collations, functions and modules that only your application has",
        )
    };
    let again = again.map_err(|e| match e.code() {
        // It says already what is unfit.
        ErrorCode::SourceUnfit => e,
        _ => unfit(e.to_string()).with_source(e),
    })?;
    let differs = schema.entries.iter().find(|entry| !again.entries.contains(entry));
    match differs {
        Some(entry) => Err(unfit(format!("{} {:?} would come out different", entry.kind, entry.name))),
        None if again.entries.len() != schema.entries.len() => {
            Err(unfit("it would come out different".into()))
        }
        None => Ok(()),
    }
}

async fn replay_all(db: &mut Db, schema: &Schema) -> Result<()> {
    set_up(db, &schema.pragmas).await?;
    let entries: Vec<&Entry> = schema.entries.iter().collect();
    tables(db, &entries).await?;
    for kind in ["index", "view", "trigger"] {
        others(db, &entries, kind).await?;
    }
    Ok(())
}

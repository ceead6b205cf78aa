//! Foreign keys: a restore of chosen tables must not break any.

use aitta_archive::ForeignKey;
use aitta_base::{Error, Result, amount};
use aitta_model::{ErrorCode, Fact, Finding, Severity};

use super::connection::{Db, Row};
use super::schema::describe;

/// What was broken before, in a temporary table of the connection, so that the restore answers only for what it breaks
/// itself.
pub(super) struct Before {
    /// Keys whose references can be checked.
    keys: Vec<ForeignKey>,
    /// What could not be checked.
    pub(super) findings: Vec<Finding>,
}

/// Referencing tables of these keys, each once.
fn children(keys: &[ForeignKey]) -> Vec<&str> {
    let mut children: Vec<&str> = keys.iter().map(|k| k.table.as_str()).collect();
    children.sort_unstable();
    children.dedup();
    children
}

impl Before {
    /// Notes what `keys`, all keys of the target that touch a chosen table, already break.
    pub(super) async fn note(db: &mut Db, keys: Vec<ForeignKey>) -> Result<Self> {
        db.run(
            "DROP TABLE IF EXISTS temp.aitta_broken; \
             CREATE TEMP TABLE aitta_broken (child TEXT, id INTEGER, parent TEXT, fkid INTEGER)",
        )
        .await?;
        let mut before = Self { keys: Vec::new(), findings: Vec::new() };
        let mut unfit = Vec::new();
        for child in children(&keys) {
            let sql = "INSERT INTO temp.aitta_broken \
                       SELECT \"table\", \"rowid\", \"parent\", \"fkid\" FROM pragma_foreign_key_check(?)";
            match db.rows(sql, &[child]).await {
                Ok(_) => {}
                // Such as a reference to columns that have no unique index.
                Err(e) if e.code() == ErrorCode::SourceFailed => {
                    let message = format!("the foreign keys of {child} can't be checked: {e}");
                    let hint = "add the unique index that the reference needs";
                    let fact = Fact::KeysUnchecked { table: child.to_owned() };
                    before.findings.push(Finding::new(Severity::Warning, message, hint).of(fact));
                    unfit.push(child.to_owned());
                }
                Err(e) => return Err(e),
            }
        }
        before.keys = keys.into_iter().filter(|k| !unfit.contains(&k.table)).collect();
        Ok(before)
    }

    /// Checks the same keys and those of tables that were made since.
    ///
    /// # Errors
    /// `foreign_keys` naming each key that is newly broken, with counts and what to add.
    pub(super) async fn check(&self, db: &mut Db, made: Vec<ForeignKey>, chosen: &[String]) -> Result<()> {
        let mut keys = self.keys.clone();
        keys.extend(made);
        let mut broken = Vec::new();
        let mut missing: Vec<String> = Vec::new();
        for child in children(&keys) {
            for (parent, fkid, rows) in newly_broken(db, child).await? {
                let named =
                    |k: &&ForeignKey| k.table == child && k.foreign_table.eq_ignore_ascii_case(&parent);
                // Only the parent is reported; where a table has several keys to it, the number decides.
                let candidates: Vec<_> = keys.iter().filter(named).collect();
                let key = match candidates[..] {
                    [one] => describe(one),
                    _ => constraint(db, child, fkid).await?.unwrap_or_else(|| format!("{child} -> {parent}")),
                };
                broken.push(format!("{} of {child} ({key})", amount::count(rows.unsigned_abs(), "row")));
                for other in [child, &parent] {
                    let known = |list: &[String]| list.iter().any(|n| n.eq_ignore_ascii_case(other));
                    if !known(chosen) && !known(&missing) {
                        missing.push(other.to_owned());
                    }
                }
            }
        }
        if broken.is_empty() {
            return Ok(());
        }
        let hint = if missing.is_empty() {
            "the archive itself holds these broken references; restore into a new file with --to sqlite:new.db".to_owned()
        } else {
            let tables: Vec<&str> = chosen.iter().chain(&missing).map(String::as_str).collect();
            format!(
                "restore the other side too: --tables {}; or delete the rows that stand in the way first",
                tables.join(",")
            )
        };
        Err(Error::new(
            ErrorCode::ForeignKeys,
            format!("foreign keys would be broken, and nothing was changed: {}", broken.join("; ")),
            hint,
        ))
    }
}

/// Broken references of `child` that were not broken before: parent, number of the key, rows. Rows of
/// tables without row numbers can't be told apart, so they are only counted.
async fn newly_broken(db: &mut Db, child: &str) -> Result<Vec<(String, i64, i64)>> {
    let sql = "WITH now AS (SELECT \"table\" AS child, \"rowid\" AS id, \"parent\" AS parent, \"fkid\" AS fkid \
                            FROM pragma_foreign_key_check(?1)), \
               fresh AS (SELECT * FROM (SELECT * FROM now EXCEPT SELECT * FROM temp.aitta_broken) WHERE id NOT NULL), \
               added AS (SELECT parent, fkid, count(*) - (SELECT count(*) FROM temp.aitta_broken AS b \
                            WHERE b.child = n.child AND b.fkid = n.fkid AND b.id IS NULL) AS rows \
                         FROM now AS n WHERE id IS NULL GROUP BY child, parent, fkid) \
               SELECT parent, fkid, count(*) FROM fresh GROUP BY parent, fkid \
               UNION ALL SELECT parent, fkid, rows FROM added WHERE rows > 0";
    let rows = db.rows(sql, &[child]).await?;
    let read = |row: &Row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
    rows.iter().map(read).collect::<rusqlite::Result<_>>().map_err(|e| db.failed(e))
}

/// The key with this number, as `Booking(userId) -> User(id)`.
async fn constraint(db: &mut Db, child: &str, fkid: i64) -> Result<Option<String>> {
    let sql = format!(
        "SELECT \"table\", \"from\", \"to\" FROM pragma_foreign_key_list(?) WHERE id = {fkid} ORDER BY seq"
    );
    let rows = db.rows(sql, &[child]).await?;
    let mut key: Option<ForeignKey> = None;
    for row in rows {
        let text = |i: usize| row.try_get::<Option<String>>(i).ok().flatten();
        let key = key.get_or_insert_with(|| ForeignKey {
            name: String::new(),
            schema: None,
            table: child.to_owned(),
            columns: vec![],
            foreign_schema: None,
            foreign_table: text(0).unwrap_or_default(),
            foreign_columns: vec![],
        });
        key.columns.extend(text(1));
        key.foreign_columns.extend(text(2));
    }
    Ok(key.as_ref().map(describe))
}

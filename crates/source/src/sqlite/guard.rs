//! What a connection to foreign content may do.
//!
//! A file says by itself what its tables are: `sqlite_schema` holds text, and whoever may write to the file writes that
//! text. SQLite compiles only its first statement, so what stands behind it is noticed by nobody, unless somebody runs
//! the text to make the same table elsewhere, as a restore does. So no text of a file is ever run as a script: it is one
//! statement, and the library asks here, while it compiles it, whether what it would do is allowed.
//!
//! <https://www.sqlite.org/security.html>, <https://www.sqlite.org/c3ref/set_authorizer.html>

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::config::DbConfig;
use rusqlite::fallible_iterator::FallibleIterator as _;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::{Batch, Connection, ErrorCode};

use super::schema::Entry;

/// The schema tables under all names that the library calls them by.
const SCHEMA_TABLES: [&str; 2] = ["sqlite_master", "sqlite_schema"];
/// Functions that reach out of the database.
const DENIED_FUNCTIONS: [&str; 2] = ["load_extension", "fts3_tokenizer"];

/// What the next statement of a connection is allowed.
#[derive(Debug, Clone, Default)]
enum Allowed {
    /// A statement of our own. Names of the file stand in it only as quoted names.
    #[default]
    Ours,
    /// The statement that makes exactly this, of a text from a file or an archive.
    Making {
        thing: Thing,
        /// Whether the library has asked for its making: VACUUM, for one, asks for nothing.
        seen: bool,
    },
}

/// An entry of a schema, as the authorizer sees it.
#[derive(Debug, Clone)]
struct Thing {
    kind: String,
    name: String,
    table: String,
    module: Option<String>,
}

/// Stands over one connection.
#[derive(Default)]
pub(super) struct Guard(Arc<Mutex<Allowed>>);

impl Guard {
    /// Takes away what no connection of ours needs, and puts the guard up.
    pub(super) fn install(connection: &Connection) -> rusqlite::Result<Self> {
        connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
        for (setting, on) in [
            (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
            (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
            (DbConfig::SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, false),
            // Tables are read and written, and nothing that the file wants to happen meanwhile.
            (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
            (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
            // Foreign keys are checked by query.
            (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false),
        ] {
            connection.set_db_config(setting, on)?;
        }
        let guard = Self::default();
        let allowed = guard.0.clone();
        connection.authorizer(Some(move |context: AuthContext<'_>| {
            let mut allowed = allowed.lock().unwrap_or_else(PoisonError::into_inner);
            let fine = match &mut *allowed {
                Allowed::Ours => ours(&context),
                Allowed::Making { thing, seen } => {
                    let fine = thing.is_made_by(&context);
                    *seen |= fine && is_making(&context.action);
                    fine
                }
            };
            if fine { Authorization::Allow } else { Authorization::Deny }
        }))?;
        Ok(guard)
    }

    /// Runs the text of an entry, if it is one statement that makes this entry and does nothing else. Of a virtual table
    /// the text is only looked at: run, it would make shadow tables of its own.
    pub(super) fn make(&self, connection: &Connection, entry: &Entry) -> Result<(), Refused> {
        let thing = Thing {
            kind: entry.kind.clone(),
            name: entry.name.clone(),
            table: entry.tbl_name.clone(),
            module: entry.module().filter(|_| entry.is_virtual()),
        };
        let only_look = thing.module.is_some();
        self.set(Allowed::Making { thing, seen: false });
        let made = self.make_one(connection, &entry.sql, only_look);
        self.set(Allowed::Ours);
        made
    }

    /// Runs a text that is one statement, and allowed.
    fn make_one(&self, connection: &Connection, sql: &str, only_look: bool) -> Result<(), Refused> {
        let denied = |error: rusqlite::Error| match error.sqlite_error_code() {
            Some(ErrorCode::AuthorizationForStatementDenied) => Refused::Foreign,
            _ => Refused::Failed(error),
        };
        let mut statements = Batch::new(connection, sql);
        let mut first = statements.next().map_err(denied)?.ok_or(Refused::Foreign)?;
        let seen = matches!(&*self.allowed(), Allowed::Making { seen: true, .. });
        // Whatever stands behind it, whether it can be compiled or not. White space and comments are no statement.
        if !seen || !matches!(statements.next(), Ok(None)) {
            return Err(Refused::Foreign);
        }
        if only_look {
            return Ok(());
        }
        match first.raw_execute() {
            Ok(_) => Ok(()),
            Err(rusqlite::Error::ExecuteReturnedResults) => Err(Refused::Foreign),
            Err(error) => Err(denied(error)),
        }
    }

    fn allowed(&self) -> MutexGuard<'_, Allowed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, allowed: Allowed) {
        *self.allowed() = allowed;
    }
}

/// Why an entry was not made.
pub(super) enum Refused {
    /// Its text is something else than the one statement that makes it. Nothing of it was run.
    Foreign,
    /// The library could not make it.
    Failed(rusqlite::Error),
}

/// Whether it is the one step that every CREATE has.
fn is_making(action: &AuthAction<'_>) -> bool {
    matches!(
        action,
        AuthAction::CreateTable { .. }
            | AuthAction::CreateVtable { .. }
            | AuthAction::CreateIndex { .. }
            | AuthAction::CreateView { .. }
            | AuthAction::CreateTrigger { .. }
    )
}

/// Statements of our own: what is done on behalf of a view or a trigger is not ours.
fn ours(context: &AuthContext<'_>) -> bool {
    match context.action {
        AuthAction::Attach { .. } | AuthAction::Detach { .. } | AuthAction::Unknown { .. } => false,
        AuthAction::CreateTempTrigger { .. } | AuthAction::CreateTempView { .. } => false,
        AuthAction::Function { function_name } => may_call(function_name),
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => true,
        _ => context.accessor.is_none(),
    }
}

fn may_call(function: &str) -> bool {
    !DENIED_FUNCTIONS.iter().any(|denied| denied.eq_ignore_ascii_case(function))
}

impl Thing {
    /// Whether this is a step of making it. What SQLite asks for while it compiles a CREATE is read off its `build.c`.
    fn is_made_by(&self, context: &AuthContext<'_>) -> bool {
        let schema_table = |name: &str| SCHEMA_TABLES.iter().any(|t| t.eq_ignore_ascii_case(name));
        if context.accessor.is_some() || !matches!(context.database_name, None | Some("main")) {
            return false;
        }
        let is = |kind: &str| self.kind == kind;
        match context.action {
            AuthAction::Insert { table_name } | AuthAction::Update { table_name, .. } => {
                schema_table(table_name)
            }
            AuthAction::CreateTable { table_name } => {
                // With the first AUTOINCREMENT the library makes its own table; a text can't, the name is reserved.
                is("table")
                    && self.module.is_none()
                    && (table_name == self.name || table_name == "sqlite_sequence")
            }
            AuthAction::CreateVtable { table_name, module_name } => {
                table_name == self.name
                    && self.module.as_deref().is_some_and(|module| module.eq_ignore_ascii_case(module_name))
            }
            AuthAction::CreateIndex { index_name, table_name } if is("index") => {
                index_name == self.name && table_name.eq_ignore_ascii_case(&self.table)
            }
            // For its keys.
            AuthAction::CreateIndex { index_name, table_name } => {
                is("table") && table_name == self.name && index_name.starts_with("sqlite_autoindex_")
            }
            AuthAction::Reindex { index_name } => is("index") && index_name == self.name,
            AuthAction::CreateView { view_name } => is("view") && view_name == self.name,
            AuthAction::CreateTrigger { trigger_name, table_name } => {
                is("trigger") && trigger_name == self.name && table_name.eq_ignore_ascii_case(&self.table)
            }
            // Columns in checks, generated columns, and expressions of indexes.
            AuthAction::Read { table_name, .. } => {
                schema_table(table_name) || table_name.eq_ignore_ascii_case(&self.table)
            }
            AuthAction::Function { function_name } => may_call(function_name),
            _ => false,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a hostile text is put together of.
    fn pieces() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "CREATE TABLE t (a, b CHECK (b > 0))",
            "CREATE TABLE t",
            "CREATE",
            " TEMP",
            " TABLE",
            " IF NOT EXISTS",
            " t",
            " main.t",
            " temp.t",
            " other",
            "(a)",
            " AS SELECT * FROM other",
            " AS SELECT 1",
            "CREATE INDEX t ON other (a)",
            "CREATE VIEW t AS SELECT * FROM other",
            "CREATE TRIGGER t AFTER INSERT ON other BEGIN DELETE FROM other; END",
            "CREATE VIRTUAL TABLE t USING fts5(a)",
            "DROP TABLE other",
            "DELETE FROM other",
            "INSERT INTO other VALUES (2)",
            "ATTACH ':memory:' AS v",
            "PRAGMA user_version = 9",
            "BEGIN",
            "COMMIT",
            "ROLLBACK",
            "VACUUM",
            "REINDEX",
            "ANALYZE",
            "EXPLAIN ",
            "WITH x AS (SELECT 1) ",
            ";",
            " ",
            "\n",
            "--",
            "/*",
            "*/",
            "\"",
            "'",
            "\0",
            "(",
            ")",
            ",",
        ]);
        prop::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
    }

    fn state(connection: &Connection) -> (Vec<String>, i64, i64) {
        let mut statement = connection
            .prepare("SELECT type || ' ' || name || ' ' || tbl_name FROM sqlite_schema UNION ALL SELECT name FROM temp.sqlite_schema")
            .unwrap();
        let names = statement.query_map((), |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        let number = |sql| connection.query_row(sql, (), |row| row.get(0)).unwrap();
        (names, number("SELECT sum(a) FROM other"), number("PRAGMA user_version"))
    }

    proptest! {
        #[test]
        fn no_text_does_more_than_make_its_entry(sql in pieces(), kind in prop::sample::select(vec!["table", "view", "index"])) {
            let connection = Connection::open_in_memory().unwrap();
            let guard = Guard::install(&connection).unwrap();
            connection.execute_batch("CREATE TABLE other (a); INSERT INTO other VALUES (1)").unwrap();
            let before = state(&connection);
            let entry = Entry { kind: kind.to_owned(), name: "t".to_owned(), tbl_name: "t".to_owned(), sql };
            let made = guard.make(&connection, &entry).is_ok();
            let (mut names, rows, version) = state(&connection);
            names.retain(|name| *name != format!("{kind} t t"));
            prop_assert_eq!(&(names, rows, version), &before, "{}", entry.sql);
            prop_assert!(connection.is_autocommit(), "{}", entry.sql);
            // The guard lets our own statements through again.
            connection.execute_batch("CREATE TABLE mine (a); DROP TABLE mine").unwrap();
            if made && !entry.is_virtual() {
                let there: i64 = connection
                    .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 't'", (), |row| row.get(0))
                    .unwrap();
                prop_assert!(there <= 1);
            }
        }
    }

    #[test]
    fn no_other_file_can_be_reached() {
        let connection = Connection::open_in_memory().unwrap();
        Guard::install(&connection).unwrap();
        for sql in ["ATTACH ':memory:' AS v", "SELECT load_extension('x')", "SELECT fts3_tokenizer('simple')"]
        {
            assert!(connection.execute_batch(sql).is_err(), "{sql}");
        }
    }
}

//! A SQLite file, or an archive, whose author means harm: its schema is text, and nothing of it runs but the statement
//! that makes a table, an index, a view or a trigger.

use std::path::{Path, PathBuf};

use aitta_engine::source::Source;
use aitta_model::ErrorCode;
use serde_json::Value;

use crate::sqlite::{Bench, files, number, request, run, source, task};

/// A shop with one of everything, and beside it the database of another application.
async fn shop() -> (Bench, PathBuf) {
    let bench = Bench::with(
        "CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT CHECK (length(name) < 100)); \
         INSERT INTO customer VALUES (1, 'a'), (2, 'b'); \
         CREATE INDEX by_name ON customer (lower(name)); \
         CREATE VIEW names AS SELECT name FROM customer; \
         CREATE TRIGGER named AFTER INSERT ON customer BEGIN SELECT 1; END; \
         CREATE TABLE visit (customer INTEGER REFERENCES customer); INSERT INTO visit VALUES (1); \
         CREATE VIRTUAL TABLE notes USING fts5(body); INSERT INTO notes VALUES ('x')",
    )
    .await;
    let victim = bench.path("victim.db");
    run(&victim, "CREATE TABLE secret (a); INSERT INTO secret VALUES ('private')").await;
    (bench, victim)
}

/// Appends to the text of an entry, as anybody may who may write to the file.
async fn append(bench: &Bench, name: &str, text: &str) {
    let text = text.replace('\'', "''");
    run(
        &bench.live(),
        &format!(
            "PRAGMA writable_schema = ON; \
             UPDATE sqlite_schema SET sql = sql || '{text}' WHERE name = '{name}'; \
             PRAGMA writable_schema = OFF"
        ),
    )
    .await;
}

/// What would be seen if any of it had run.
async fn untouched(bench: &Bench, victim: &Path) {
    assert_eq!(number(victim, "SELECT count(*) FROM sqlite_schema").await, 1);
    assert_eq!(number(victim, "SELECT count(*) FROM secret WHERE a = 'private'").await, 1);
    let names = files(bench);
    assert!(names.iter().all(|n| ["live.db", "victim.db", "new.db"].contains(&n.as_str())), "{names:?}");
}

/// SQLite compiles the first statement of the text and finds nothing wrong with the rest.
#[tokio::test]
async fn text_behind_a_statement_never_runs_in_a_backup() {
    for name in ["customer", "by_name", "names", "named", "notes"] {
        for form in
            ["; ATTACH '{}' AS v; UPDATE v.secret SET a = 'changed'", " /**/;\n--\n VACUUM INTO '{}2'"]
        {
            let (bench, victim) = shop().await;
            append(&bench, name, &form.replace("{}", victim.to_str().unwrap())).await;
            assert_eq!(number(&bench.live(), "SELECT count(*) FROM customer").await, 2, "it looks healthy");
            let Err(error) = source(&bench.live()).snapshot(&request(&[])).await else {
                panic!("{name}{form} was taken");
            };
            assert_eq!(error.code(), ErrorCode::SourceUnfit, "{error}");
            assert!(error.to_string().contains(&format!("{name:?}")), "{error}");
            assert!(error.to_string().contains("nothing of it was run"), "{error}");
            untouched(&bench, &victim).await;
            // Whatever it was, the other tables can be saved.
            bench.archive(&["visit"]).await;
            untouched(&bench, &victim).await;
        }
    }
}

/// The type that a file gives for an entry is what somebody has written, too.
#[tokio::test]
async fn a_view_that_calls_itself_a_table_is_not_read() {
    let (bench, _) = shop().await;
    run(
        &bench.live(),
        "PRAGMA writable_schema = ON; \
         UPDATE sqlite_schema SET sql = 'CREATE VIEW visit AS SELECT name AS customer FROM customer', rootpage = 0 \
         WHERE name = 'visit'",
    )
    .await;
    let Err(error) = source(&bench.live()).snapshot(&request(&[])).await else { panic!("it was read") };
    assert_eq!(error.code(), ErrorCode::SourceUnfit, "{error}");
}

/// Sets the text of an entry in the schema of an archive.
fn set(blob: &mut Vec<u8>, name: &str, sql: &str) {
    let mut schema: Value = serde_json::from_slice(blob).unwrap();
    let entries = schema["entries"].as_array_mut().unwrap();
    let entry = entries.iter_mut().find(|e| e["name"] == name).unwrap();
    let folder = std::env::temp_dir();
    entry["sql"] = sql.replace("{}", folder.to_str().unwrap()).into();
    *blob = serde_json::to_vec(&schema).unwrap();
}

/// An archive can say anything of which its writer had the key: earlier versions have archived such text unseen.
#[tokio::test]
async fn text_of_an_archive_makes_nothing_but_its_entry() {
    type Edit = fn(&mut Vec<u8>);
    let edits: [(&str, Edit); 12] = [
        ("customer", |b| set(b, "customer", "CREATE TABLE customer (id, name); DROP TABLE visit")),
        ("customer", |b| set(b, "customer", "CREATE TABLE customer AS SELECT 1 AS id, 'x' AS name")),
        ("customer", |b| set(b, "customer", "CREATE TEMP TABLE customer (id, name)")),
        ("customer", |b| set(b, "customer", "CREATE TABLE other (id, name)")),
        ("customer", |b| set(b, "customer", "ATTACH '{}/aitta-hostile-1.db' AS v")),
        ("customer", |b| set(b, "customer", "VACUUM INTO '{}/aitta-hostile-2.db'")),
        ("customer", |b| set(b, "customer", "PRAGMA user_version = 7")),
        ("by_name", |b| set(b, "by_name", "CREATE INDEX by_name ON visit (customer)")),
        ("by_name", |b| set(b, "by_name", "CREATE INDEX by_name ON customer (load_extension(name))")),
        ("named", |b| set(b, "named", "CREATE TRIGGER named AFTER INSERT ON visit BEGIN SELECT 1; END")),
        ("named", |b| set(b, "named", "INSERT INTO visit VALUES (7)")),
        ("names", |b| set(b, "names", "CREATE VIEW names AS SELECT 1; DELETE FROM visit")),
    ];
    let made = |n: u8| std::env::temp_dir().join(format!("aitta-hostile-{n}.db"));
    for (at, (name, edit)) in edits.into_iter().enumerate() {
        let (bench, victim) = shop().await;
        let archive = bench.archive_edited(&bench.live(), &[], edit).await.unwrap();
        let new = bench.path("new.db");
        let error = bench.restore_to(&new, &archive, task(&archive, None, false)).await.unwrap_err();
        // SQLite itself refuses to compile a function that is denied.
        let expected = if at == 8 { ErrorCode::SourceFailed } else { ErrorCode::SourceUnfit };
        assert_eq!(error.code(), expected, "{at}: {error}");
        assert!(error.to_string().contains(&format!("{name:?}")), "{at}: {error}");
        assert!(!new.exists(), "{at}");
        // In place, where the table is gone and has to be made.
        if name != "names" {
            run(&bench.live(), "DROP VIEW names; DROP TABLE customer").await;
            let error = bench.restore(&archive, Some(&["customer"])).await.unwrap_err();
            assert_eq!(error.code(), expected, "{at}: {error}");
            assert_eq!(number(&bench.live(), "SELECT sum(customer) FROM visit").await, 1, "{at}");
            assert_eq!(
                number(&bench.live(), "SELECT count(*) FROM sqlite_schema WHERE name = 'customer'").await,
                0
            );
        }
        assert!(!made(1).exists() && !made(2).exists(), "{at}");
        untouched(&bench, &victim).await;
    }
}

/// The bytes of the section are those of whoever wrote it: another order, white space, a field of a later version.
#[tokio::test]
async fn a_schema_that_another_program_wrote_is_restored() {
    let edits: [fn(&mut Vec<u8>); 3] = [
        |blob| {
            let schema: Value = serde_json::from_slice(blob).unwrap();
            *blob = serde_json::to_vec_pretty(&schema).unwrap();
        },
        |blob| {
            let mut schema: Value = serde_json::from_slice(blob).unwrap();
            schema["later"] = 1.into();
            schema["entries"][0]["later"] = "x".into();
            *blob = serde_json::to_vec(&schema).unwrap();
        },
        |blob| blob.extend_from_slice(b" \n\t"),
    ];
    for edit in edits {
        let (bench, _) = shop().await;
        let archive = bench.archive_edited(&bench.live(), &[], edit).await.unwrap();
        let new = bench.path("new.db");
        bench.restore_to(&new, &archive, task(&archive, None, false)).await.unwrap();
        assert_eq!(number(&new, "SELECT count(*) FROM customer").await, 2);
        assert_eq!(number(&new, "SELECT count(*) FROM notes WHERE notes MATCH 'x'").await, 1);
    }
}

/// Nothing that the file wants to happen happens while its rows are replaced.
#[tokio::test]
async fn triggers_and_views_stay_silent_in_a_restore_in_place() {
    let (bench, _) = shop().await;
    let archive = bench.archive(&[]).await;
    run(
        &bench.live(),
        "DROP TRIGGER named; CREATE TABLE noise (a); \
         CREATE TRIGGER gone AFTER DELETE ON customer BEGIN INSERT INTO noise VALUES (1); END; \
         CREATE TRIGGER come BEFORE INSERT ON customer BEGIN SELECT raise(IGNORE); END",
    )
    .await;
    bench.restore(&archive, Some(&["customer"])).await.unwrap();
    assert_eq!(number(&bench.live(), "SELECT count(*) FROM customer").await, 2);
    assert_eq!(number(&bench.live(), "SELECT count(*) FROM noise").await, 0);
    assert_eq!(number(&bench.live(), "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'").await, 2);
}

//! Random tables with random rows survive the round trip through PostgreSQL: archive, restore into a
//! new database, and the same `pg_dump` text.

use aitta_testing::Aitta;
use aitta_testing::pg::{TestServer, pg_dump_text, psql};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// A column type with a way to write values of it as SQL.
fn column() -> impl Strategy<Value = (&'static str, BoxedStrategy<String>)> {
    let quoted = |text: String| format!("'{}'", text.replace('\'', "''"));
    let text = "[^\\x00]{0,12}".prop_map(quoted).boxed();
    let odd = prop::sample::select(vec!["\t", "\n", "\r", "\\", "\\N", "\\.", "", "ä😀", "\u{1}"]);
    prop_oneof![
        Just(("text", prop_oneof![text, odd.prop_map(move |t| quoted(t.to_owned()))].boxed())),
        Just(("bigint", any::<i64>().prop_map(|v| format!("'{v}'")).boxed())),
        Just(("double precision", any::<f64>().prop_map(|v| format!("'{v}'")).boxed())),
        Just(("numeric", "-?[0-9]{1,30}(\\.[0-9]{1,20})?|NaN".prop_map(|v| format!("'{v}'")).boxed())),
        Just(("bytea", "([0-9a-f]{2}){0,20}".prop_map(|v| format!("'\\x{v}'")).boxed())),
        Just(("boolean", any::<bool>().prop_map(|v| v.to_string()).boxed())),
        Just(("text[]", "[a-z]{0,5}".prop_map(|v| format!("ARRAY['{v}', NULL, '{{\"']")).boxed())),
        Just((
            "timestamptz",
            prop_oneof![
                (0..4_000_000_000_i64).prop_map(|v| format!("to_timestamp({v}.25)")),
                Just("'infinity'".to_owned()),
            ]
            .boxed()
        )),
        Just(("jsonb", "[a-zäö]{0,6}".prop_map(|v| format!("'{{\"{v}\": [1, null]}}'")).boxed())),
    ]
}

/// `CREATE TABLE` and `INSERT` for one table with an odd name.
fn table(number: usize) -> impl Strategy<Value = String> {
    let name = "[a-zA-ZåÄ \".,;-]{1,10}".prop_map(move |n| format!("\"{number}{}\"", n.replace('"', "\"\"")));
    (name, prop::collection::vec(column(), 0..5)).prop_flat_map(|(name, columns)| {
        let types: Vec<String> = columns.iter().enumerate().map(|(i, (t, _))| format!("c{i} {t}")).collect();
        let nullable = |s: BoxedStrategy<String>| prop_oneof![4 => s, 1 => Just("NULL".to_owned())];
        let row: Vec<_> = columns.into_iter().map(|(_, s)| nullable(s)).collect();
        prop::collection::vec(row, 0..20).prop_map(move |rows| {
            let mut sql = format!("CREATE TABLE {name} ({});\n", types.join(", "));
            for row in rows {
                let values = if row.is_empty() {
                    "DEFAULT VALUES".to_owned()
                } else {
                    format!("VALUES ({})", row.join(", "))
                };
                sql.push_str(&format!("INSERT INTO {name} {values};\n"));
            }
            sql
        })
    })
}

#[test]
fn random_tables_survive_the_round_trip() {
    let server = TestServer::shared();
    let mut runner = TestRunner::new(Config { cases: 12, ..Config::default() });
    let tables = (table(0), table(1), table(2)).prop_map(|(a, b, c)| a + &b + &c);
    runner
        .run(&tables, |sql| {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let database = runtime.block_on(server.database("property"));
            runtime.block_on(psql(database.url(), &sql));
            let aitta = Aitta::new().database(database.url());
            drop(aitta.run(["backup", "create"]).success());
            let copy = format!("{}_copy", database.name());
            let url = server.url(&copy);
            drop(
                aitta
                    .run(["backup", "restore", "--reason", "drill", "--backup-id", "latest", "--to", &url])
                    .success(),
            );
            let same = pg_dump_text(database.url(), &[]) == pg_dump_text(&url, &[]);
            runtime.block_on(psql(&server.url("postgres"), &format!("DROP DATABASE \"{copy}\"")));
            prop_assert!(same, "the text differs for:\n{sql}");
            Ok(())
        })
        .unwrap();
}

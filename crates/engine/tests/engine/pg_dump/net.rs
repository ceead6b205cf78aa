//! The net under the backup: what is archived is compared with what `pg_dump` says.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use aitta_engine::source;
use aitta_model::{DatabaseUrl, ErrorCode};
use aitta_testing::pg::{TestServer, client_tool};

use super::support::{Collected, access, dump, request};

/// The client tools, with a `pg_restore` whose lists go through `filter`.
fn tools(dir: &Path, filter: &str) {
    for tool in ["pg_dump", "pg_restore"] {
        let real = client_tool(tool).display().to_string();
        let script = match tool {
            "pg_restore" => {
                format!("#!/bin/sh\n[ \"$1\" = --list ] || exec {real} \"$@\"\n{real} \"$@\" | {filter}\n")
            }
            _ => format!("#!/bin/sh\nexec {real} \"$@\"\n"),
        };
        std::fs::write(dir.join(tool), script).unwrap();
        std::fs::set_permissions(dir.join(tool), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_between_the_archive_and_pg_dump_is_an_error() {
    let db = TestServer::shared().database("net").await;
    db.psql("CREATE TABLE here (id int); CREATE TABLE there (id int); CREATE VIEW v AS SELECT 1; CREATE SEQUENCE s").await;
    let one_less = "grep -v ' TABLE public there '";
    let one_more = "sed 's/^[0-9]*; 1259 [0-9]* VIEW public v /900; 1259 4711 TABLE public more /'";
    let renumbered = "sed 's/ 1259 [0-9]* TABLE public there / 1259 4711 TABLE public there /'";
    for (filter, told) in [
        (one_less, "didn't find tables whose rows are in the backup"),
        (one_more, "found tables whose rows are not in the backup (oids 4711)"),
        (renumbered, "found other tables than the backup (oids 4711, and not "),
    ] {
        let dir = tempfile::tempdir().unwrap();
        tools(dir.path(), filter);
        let source = source::open(&DatabaseUrl::new(db.url()), access(dir.path())).unwrap();
        let mut opened = source.snapshot(&request(1)).await.unwrap();
        let error = opened.read(Arc::new(Collected::default())).await.expect_err(told);
        assert_eq!(error.code(), ErrorCode::SourceUnfit, "{error}");
        assert!(error.to_string().contains(told), "{error}");
        assert!(error.hint().contains("oid::regclass"), "{}", error.hint());
    }
    all_kinds_of_tables_are_found_by_both().await;
}

async fn all_kinds_of_tables_are_found_by_both() {
    let db = TestServer::shared().database("net_kinds").await;
    db.psql(
        "CREATE SCHEMA \"a b\"; CREATE TABLE \"a b\".\"TABLE x y\" (id int); CREATE UNLOGGED TABLE fast (id int); \
         CREATE TABLE p (id int) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (9); \
         CREATE TABLE child () INHERITS (fast); CREATE TYPE pair AS (a int, b int); CREATE TABLE typed OF pair; \
         CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE EXTENSION hstore; CREATE TEMPORARY TABLE gone (id int); \
         CREATE TABLE bare (); CREATE TABLE \"line\nbreak\" (id int); CREATE TABLE \"; 1259 1 TABLE z z z\" (id int)",
    )
    .await;
    let (contents, _) = dump(db.url(), &request(2)).await;
    assert_eq!(contents.sections.len(), 1 + 9);
    let mut chosen = request(1);
    chosen.tables = vec!["p1".to_owned(), "bare".to_owned(), "\"a b\".\"TABLE x y\"".to_owned()];
    let (contents, _) = dump(db.url(), &chosen).await;
    assert_eq!(contents.sections.len(), 1 + 3);
}

//! What the client tools are given.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use aitta_engine::source;
use aitta_model::DatabaseUrl;
use aitta_testing::pg::{PASSWORD, TestServer, client_tool};

use super::support::{Collected, access, request};

/// The environment of this test holds more: cargo's variables, and whatever the machine has.
#[tokio::test(flavor = "multi_thread")]
async fn client_tools_find_in_their_environment_only_what_they_need() {
    let db = TestServer::shared().database("environment").await;
    db.psql("CREATE TABLE t (id int)").await;
    let dir = tempfile::tempdir().unwrap();
    for tool in ["pg_dump", "pg_restore"] {
        let real = client_tool(tool).display().to_string();
        let seen = dir.path().join(format!("{tool}.env")).display().to_string();
        let script = format!("#!/bin/sh\n/usr/bin/env -0 > {seen}.$$\nexec {real} \"$@\"\n");
        std::fs::write(dir.path().join(tool), script).unwrap();
        std::fs::set_permissions(dir.path().join(tool), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    assert!(
        std::env::vars().any(|(name, _)| name.starts_with("CARGO")),
        "there is something to be kept back"
    );
    let source = source::open(&DatabaseUrl::new(db.url()), access(dir.path())).unwrap();
    let mut opened = source.snapshot(&request(1)).await.unwrap();
    opened.read(Arc::new(Collected::default())).await.unwrap();
    // sh adds the last three.
    const EXPECTED: [&str; 17] = [
        "PATH",
        "HOME",
        "TMPDIR",
        "TZ",
        "LANG",
        "LD_LIBRARY_PATH",
        "LC_ALL",
        "PGHOST",
        "PGPORT",
        "PGUSER",
        "PGDATABASE",
        "PGPASSWORD",
        "PGOPTIONS",
        "PGPASSFILE",
        "PWD",
        "OLDPWD",
        "_",
    ];
    let mut with_password = 0;
    let mut calls = 0;
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.contains(".env.") {
            continue;
        }
        calls += 1;
        let seen = std::fs::read_to_string(&path).unwrap();
        for variable in seen.split('\0').filter(|v| !v.is_empty()) {
            let (variable, _) = variable.split_once('=').unwrap();
            let known = EXPECTED.contains(&variable)
                || variable.starts_with("LC_")
                || variable.starts_with("PGSSL")
                || variable.starts_with("SSL_CERT_");
            assert!(known, "{name}: {variable}");
        }
        with_password += usize::from(seen.contains(PASSWORD));
    }
    // The version, the dump, and the list of what is in it.
    assert_eq!((calls, with_password), (3, 1), "only the one that connects needs the password");
}

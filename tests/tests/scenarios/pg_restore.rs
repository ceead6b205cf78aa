//! Whole PostgreSQL databases: archive, restore, identical text of `pg_dump`.

use aitta_engine::config::Profile;
use aitta_model::{ErrorCode, RestoreMode, RestoreRequest, Severity, TableProof};
use aitta_testing::pg::pg_dump_text;
use sqlx::{ConnectOptions, Connection};

use crate::pg::{Case, FIDELITY, assert_same, connect, everything, into, run, tables, texts};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_database_has_the_same_text() {
    let case = Case::new("fid_create", FIDELITY).await;
    case.backup().await;
    let name = format!("{}_copy Å", case.database.name());
    let url = case.server.url(&name);
    let report = case.restore(into(&url)).await.unwrap();
    assert_eq!(report.mode, RestoreMode::Create { target: name.clone() });
    assert!(report.proofs.iter().all(TableProof::equal));
    assert!(report.proofs.iter().any(|p| p.name == "large objects"), "{:?}", report.proofs);
    assert_same(&case.dump(), &pg_dump_text(&url, &[]));
    run(&case.server.url("postgres"), &format!("DROP DATABASE \"{name}\"")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_is_filled_to_the_same_text() {
    let case = Case::new("fid_fill", FIDELITY).await;
    case.backup().await;
    let target = case.server.database("fid_target").await;
    let report = case.restore(into(target.url())).await.unwrap();
    assert_eq!(report.mode, RestoreMode::Fill { target: target.name().to_owned() });
    assert_same(&case.dump(), &pg_dump_text(target.url(), &[]));
    // And now it is not empty any more.
    let error = case.restore(into(target.url())).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::TargetNotEmpty);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_live_database_is_swapped_while_sessions_are_open() {
    let case = Case::new("fid_swap", FIDELITY).await;
    let admin = case.server.url("postgres");
    let name = case.database.name().to_owned();
    run(&admin, &format!(
        "ALTER DATABASE {name} SET search_path TO shop, \"Ääkköset ja välit\"; ALTER DATABASE {name} SET my.setting TO 'x, y'; \
         ALTER DATABASE {name} OWNER TO fid_owner; COMMENT ON DATABASE {name} IS 'the shop''s'; \
         REVOKE CONNECT ON DATABASE {name} FROM PUBLIC; GRANT CONNECT ON DATABASE {name} TO fid_app; \
         ALTER ROLE fid_app IN DATABASE {name} SET work_mem TO '8MB'"
    )).await;
    let whole = |url: &str| pg_dump_text(url, &["--create"]);
    let before = whole(case.database.url());
    case.backup().await;
    run(case.database.url(), "DROP TABLE shop.event CASCADE; UPDATE shop.booking SET note = 'broken'").await;
    let mut session = connect(case.database.url()).await;
    let plan = case.plan(everything()).await.unwrap();
    assert!(
        plan.findings
            .iter()
            .any(|f| f.severity == Severity::Warning && f.message.starts_with("1 session is open")),
        "{plan:?}"
    );
    assert!(!plan.is_blocked());
    let report = case.restore(everything()).await.unwrap();
    let RestoreMode::Swap { target, set_aside } = &report.mode else { panic!("{:?}", report.mode) };
    assert_eq!(*target, name);
    assert!(sqlx::query("SELECT 1").execute(&mut session).await.is_err(), "the session was ended");
    assert_same(&before, &whole(case.database.url()));
    let old = texts(&case.server.url(set_aside), "SELECT DISTINCT note FROM shop.booking").await;
    assert_eq!(old, ["broken"]);

    let listed =
        aitta_engine::restore::cleanup(&case.context, aitta_model::CleanupRequest::default()).await.unwrap();
    assert_eq!(listed.kept, std::slice::from_ref(set_aside));
    let request =
        aitta_model::CleanupRequest { all: true, reason: Some("routine".to_owned()), ..Default::default() };
    let dropped = aitta_engine::restore::cleanup(&case.context, request).await.unwrap();
    assert_eq!(dropped.dropped, std::slice::from_ref(set_aside));
    assert_eq!(case.databases_beside().await, [name]);
    // Dropping is a run, listing is not.
    let runs = case.context.catalog.runs(&case.context.profile.name, 10).await.unwrap();
    let operations: Vec<&str> = runs.iter().map(|run| run.operation.as_str()).collect();
    assert_eq!(operations, ["cleanup", "restore", "backup"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn chosen_tables_in_a_new_database_leave_out_keys_that_would_dangle() {
    let case = Case::new("fid_some", FIDELITY).await;
    case.backup().await;
    let name = format!("{}_some", case.database.name());
    let url = case.server.url(&name);
    let request = RestoreRequest { to: into(&url).to, ..tables(&["shop.payment", "shop.event"]) };
    let report = case.restore(request).await.unwrap();
    assert!(
        report.findings.iter().any(|f| f.message.contains("payment_booking_fkey")),
        "{:?}",
        report.findings
    );
    assert_eq!(texts(&url, "SELECT count(*)::text FROM shop.payment").await, ["300"]);
    assert_eq!(texts(&url, "SELECT count(*)::text FROM shop.event").await, ["900"]);
    assert_eq!(texts(&url, "SELECT count(*)::text FROM shop.booking").await, ["0"]);
    run(&case.server.url("postgres"), &format!("DROP DATABASE \"{name}\"")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_role_is_named_before_anything_is_written() {
    let case = Case::new(
        "fid_role",
        "CREATE ROLE fid_passing; CREATE TABLE t(a int); GRANT SELECT ON t TO fid_passing",
    )
    .await;
    case.backup().await;
    run(case.database.url(), "DROP OWNED BY fid_passing; DROP ROLE fid_passing").await;
    let before = case.dump();
    let error = case.restore(everything()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::TargetIncompatible);
    assert!(error.to_string().contains("fid_passing") && error.hint().contains("--no-owner"), "{error}");
    assert_same(&before, &case.dump());
    let request = RestoreRequest {
        no_owner: true,
        no_privileges: true,
        reason: Some("drill".to_owned()),
        ..RestoreRequest::default()
    };
    case.restore(request).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_right_to_create_databases_an_empty_one_is_offered() {
    let case = Case::new("fid_right", "CREATE TABLE t(a int); INSERT INTO t VALUES (1)").await;
    run(
        &case.server.url("postgres"),
        "DROP ROLE IF EXISTS fid_poor; CREATE ROLE fid_poor LOGIN PASSWORD 'p'",
    )
    .await;
    case.backup().await;
    let url = case.server.url_as("fid_poor", "p", "fid_nowhere");
    let error = case.restore(into(&url)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::SourceDenied);
    assert!(error.hint().contains("--to"), "{}", error.hint());
    let target = case.server.database("fid_poor").await;
    run(&case.server.url("postgres"), &format!("ALTER DATABASE {} OWNER TO fid_poor", target.name())).await;
    let mut request = into(&case.server.url_as("fid_poor", "p", target.name()));
    (request.no_owner, request.no_privileges) = (true, true);
    let report = case.restore(request).await.unwrap();
    assert_eq!(report.mode, RestoreMode::Fill { target: target.name().to_owned() });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_with_few_connections_needs_no_flag_for_it() {
    let tables: String = (0..12)
        .map(|n| {
            format!("CREATE TABLE t{n}(a int PRIMARY KEY); INSERT INTO t{n} SELECT generate_series(1, 9);")
        })
        .collect();
    let case = Case::new("fid_few", &tables).await;
    let admin = case.server.url("postgres");
    let name = case.database.name();
    let role =
        "DROP ROLE IF EXISTS fid_few; CREATE ROLE fid_few LOGIN PASSWORD 'p' CREATEDB CONNECTION LIMIT 8";
    run(&admin, role).await;
    run(case.database.url(), "GRANT SELECT ON ALL TABLES IN SCHEMA public TO fid_few").await;
    // It has eight, and no more.
    let url = case.server.url_as("fid_few", "p", name);
    let mut sessions = Vec::new();
    let refused = loop {
        match url.parse::<sqlx::postgres::PgConnectOptions>().unwrap().connect().await {
            Ok(session) => sessions.push(session),
            Err(error) => break error,
        }
    };
    assert_eq!((sessions.len(), refused.as_database_error().unwrap().code().unwrap().as_ref()), (8, "53300"));
    drop(sessions);
    until_gone(&admin, "fid_few").await;

    let mut context = case.context.clone();
    let database_url = Some(aitta_model::DatabaseUrl::new(url));
    context.profile = std::sync::Arc::new(Profile { database_url, ..(*context.profile).clone() });
    let request = aitta_model::BackupRequest { jobs: Some(12), ..Default::default() };
    aitta_engine::backup::create(&context, request, &aitta_engine::Silent).await.unwrap();
    until_gone(&admin, "fid_few").await;
    let copy = format!("{name}_copy");
    let request = RestoreRequest {
        jobs: Some(12),
        no_owner: true,
        no_privileges: true,
        ..into(&case.server.url_as("fid_few", "p", &copy))
    };
    let report = case.restore(request).await.unwrap();
    assert!(report.proofs.len() == 12 && report.proofs.iter().all(TableProof::equal), "{:?}", report.proofs);
    run(&admin, &format!("DROP DATABASE {copy}")).await;
    run(case.database.url(), "DROP OWNED BY fid_few; DROP ROLE fid_few").await;
}

/// Waits until the server counts no session of this user.
async fn until_gone(admin: &str, user: &str) {
    let sessions = format!("SELECT pid::text FROM pg_stat_activity WHERE usename = '{user}'");
    while !texts(admin, &sessions).await.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_fails_or_is_stopped_leaves_everything_as_it_was() {
    let rows = "CREATE TABLE t(a int PRIMARY KEY, b text); INSERT INTO t SELECT g, repeat(md5(g::text), 8) FROM generate_series(1, 60000) g";
    let case = Case::new("fid_stop", rows).await;
    case.backup().await;
    run(case.database.url(), "UPDATE t SET b = 'x' WHERE a < 100").await;
    let before = case.dump();
    let beside = case.databases_beside().await;
    for delay in [0, 50, 120, 200, 300, 400, 600] {
        for request in [everything(), tables(&["t"])] {
            let mut context = case.context.clone();
            context.cancel = Default::default();
            let cancel = context.cancel.clone();
            let stopping = tokio::spawn(async move {
                tokio::time::sleep(std::time::Duration::from_millis(delay)).await;
                cancel.cancel();
            });
            let outcome = aitta_engine::restore::restore(&context, request, &aitta_engine::Silent).await;
            stopping.await.unwrap();
            match outcome {
                Err(error) => {
                    assert_eq!(error.code(), ErrorCode::Cancelled, "{error}");
                    assert_same(&before, &case.dump());
                    assert_eq!(case.databases_beside().await, beside);
                }
                // It was quicker; back to where it began.
                Ok(_) => {
                    run(case.database.url(), "UPDATE t SET b = 'x' WHERE a < 100").await;
                    let request = aitta_model::CleanupRequest {
                        all: true,
                        reason: Some("routine".to_owned()),
                        ..Default::default()
                    };
                    aitta_engine::restore::cleanup(&case.context, request).await.unwrap();
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_that_outlive_a_killed_restore_are_ended_but_not_those_of_a_living_one() {
    let case = Case::new("fid_orphan", "CREATE TABLE t(a int)").await;
    case.backup().await;
    let admin = case.server.url("postgres");
    let name = case.database.name();
    let (orphaned, living) = (
        format!("{name}__aitta_restoring_20200101T000000Z"),
        format!("{name}__aitta_restoring_20200101T000001Z"),
    );
    let as_application = |database: &str, application: &str| {
        let options: sqlx::postgres::PgConnectOptions = case.server.url(database).parse().unwrap();
        let options = options.application_name(application);
        async move { options.connect().await.unwrap() }
    };
    let mut sessions = Vec::new();
    for leftover in [&orphaned, &living] {
        run(&admin, &format!("CREATE DATABASE \"{leftover}\" TEMPLATE template0")).await;
        sessions.push(as_application(leftover, "aitta").await);
    }
    sessions.push(as_application(&living, "aitta restore").await);
    let report = case.restore(everything()).await.unwrap();
    assert!(report.findings.iter().any(|f| f.message.contains(&orphaned)), "{:?}", report.findings);
    let left = case.databases_beside().await;
    assert!(left.contains(&living) && !left.contains(&orphaned), "{left:?}");
    sessions.remove(1).ping().await.unwrap();
    drop(sessions);
    for leftover in case.databases_beside().await.iter().filter(|left| *left != name) {
        run(&admin, &format!("DROP DATABASE \"{leftover}\"")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_restore_left_behind_is_dropped_unless_it_is_in_use() {
    let case = Case::new("fid_left", "CREATE TABLE t(a int)").await;
    case.backup().await;
    let admin = case.server.url("postgres");
    let name = case.database.name();
    let (idle, used) = (
        format!("{name}__aitta_restoring_20200101T000000Z"),
        format!("{name}__aitta_restoring_20200101T000001Z"),
    );
    for leftover in [&idle, &used] {
        run(&admin, &format!("CREATE DATABASE \"{leftover}\" TEMPLATE template0")).await;
    }
    // It was to become a template again when it was killed.
    run(&admin, &format!("ALTER DATABASE \"{idle}\" IS_TEMPLATE true")).await;
    let session = connect(&case.server.url(&used)).await;
    let report = case.restore(everything()).await.unwrap();
    assert!(report.findings.iter().any(|f| f.message.contains(&idle)), "{:?}", report.findings);
    let left = case.databases_beside().await;
    assert!(left.contains(&used) && !left.contains(&idle), "{left:?}");
    drop(session);
    let request =
        aitta_model::CleanupRequest { all: true, reason: Some("routine".to_owned()), ..Default::default() };
    for _ in 0..50 {
        // The server needs a moment to see that the session is gone.
        aitta_engine::restore::cleanup(&case.context, request.clone()).await.unwrap();
        if case.databases_beside().await == [name] {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{:?} is still there", case.databases_beside().await);
}

/// Whatever its target was called, and whichever way the next restore goes.
#[tokio::test(flavor = "multi_thread")]
async fn what_killed_restores_and_proofs_left_is_listed_and_goes_by_its_name_or_with_the_next_restore() {
    let case = Case::new("fid_named", "CREATE TABLE t(a int)").await;
    case.backup().await;
    let (admin, name) = (case.server.url("postgres"), case.database.name());
    let copy = format!("{name}_copy");
    let proof = format!(
        "aitta_proof_{}",
        &name[name.len().saturating_sub(4)..].replace(|c: char| !c.is_ascii_hexdigit(), "0").repeat(4)[..16]
    );
    let (own, other) = (
        format!("{name}__aitta_restoring_20200101T000000Z"),
        format!("{copy}__aitta_restoring_20200101T000000Z"),
    );
    let strange = [format!("{name}__aitta_restoring_notes"), "aitta_proof_of_concept".to_owned()];
    for database in [&copy, &own, &other, &proof].into_iter().chain(&strange) {
        run(&admin, &format!("CREATE DATABASE \"{database}\" TEMPLATE template0")).await;
    }
    let cleanup = async |name: Option<&String>, all: bool| {
        let reason = Some("routine".to_owned());
        let request = aitta_model::CleanupRequest { name: name.cloned(), all, reason, ..Default::default() };
        aitta_engine::restore::cleanup(&case.context, request).await
    };
    let mine = |list: &[String]| -> Vec<String> {
        list.iter().filter(|found| found.contains(name) || **found == proof).cloned().collect()
    };
    let listed = cleanup(None, false).await.unwrap();
    assert_eq!(mine(&listed.unfinished), [proof.clone(), own.clone(), other.clone()]);
    // Somebody is at work in it.
    let session = connect(&case.server.url(&other)).await;
    assert_eq!(mine(&cleanup(None, false).await.unwrap().unfinished), [proof.clone(), own.clone()]);
    assert_eq!(cleanup(Some(&other), false).await.unwrap_err().code(), ErrorCode::ConfigInvalid);
    assert!(case.databases_beside().await.contains(&own), "an error has dropped nothing");
    session.close().await.unwrap();

    // All is what belongs to this database; what others have left goes by its name.
    assert_eq!(mine(&cleanup(None, true).await.unwrap().dropped), std::slice::from_ref(&own));
    assert_eq!(cleanup(Some(&proof), false).await.unwrap().dropped, std::slice::from_ref(&proof));
    for name in &strange {
        assert_eq!(cleanup(Some(name), false).await.unwrap_err().code(), ErrorCode::ConfigInvalid, "{name}");
    }
    // A restore that fills an empty database has none in the making itself, and tidies all the same.
    let report = case.restore(into(&case.server.url(&copy))).await.unwrap();
    assert!(report.findings.iter().any(|f| f.message.contains(&other)), "{:?}", report.findings);
    for database in strange.iter().chain([&copy]) {
        run(&admin, &format!("DROP DATABASE \"{database}\"")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_of_sessions_and_a_template_come_back() {
    let case = Case::new("fid_limit", "CREATE TABLE t (a int); INSERT INTO t VALUES (1)").await;
    let (admin, name) = (case.server.url("postgres"), case.database.name().to_owned());
    run(&admin, &format!("ALTER DATABASE \"{name}\" CONNECTION LIMIT 7 IS_TEMPLATE true")).await;
    case.backup().await;
    case.restore(everything()).await.unwrap();
    let state =
        format!("SELECT datconnlimit || ' ' || datistemplate FROM pg_database WHERE datname = '{name}'");
    assert_eq!(texts(&admin, &state).await, ["7 true"]);
    // The old one was a template as well, and can still be dropped.
    let request =
        aitta_model::CleanupRequest { all: true, reason: Some("routine".to_owned()), ..Default::default() };
    let dropped = aitta_engine::restore::cleanup(&case.context, request).await.unwrap();
    assert_eq!(dropped.dropped.len(), 1);
    run(&admin, &format!("ALTER DATABASE \"{name}\" IS_TEMPLATE false")).await;
}

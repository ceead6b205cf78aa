//! Ways around the second factor, all of them closed.

use super::*;
use crate::catalog::FILE_NAME;
use crate::mfa::anchor;

#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_with_one_code_one_wins() {
    let bench = Bench::new();
    let (_, phone, codes) = bench.enrol().await;
    for code in [MfaCode::new(&codes.codes[0]), bench.code(&phone)] {
        let contexts = [bench.context().await, bench.context().await, bench.context().await];
        let [a, b, c] = &contexts;
        let results = futures::join!(restore(a, &code), restore(b, &code), restore(c, &code));
        let accepted = [results.0, results.1, results.2].iter().filter(|result| result.is_ok()).count();
        assert_eq!(accepted, 1);
    }
}

#[tokio::test]
async fn a_catalog_that_is_edited_or_deleted_opens_nothing() {
    let bench = Bench::new();
    let (context, phone, _) = bench.enrol().await;
    let used = bench.code(&phone);
    restore(&context, &used).await.unwrap();
    let closed = async |context: &Context| {
        assert_eq!(code_of(without(context, Guarded::Restore).await), ErrorCode::MfaRequired);
        assert_eq!(error_of(restore(context, &used).await).to_string(), "this code was used before");
    };

    let url = format!("sqlite:{}", context.catalog.path().display());
    let mut db = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        .fetch_all(&mut db)
        .await
        .unwrap();
    for trigger in tables {
        let sql = sqlx::AssertSqlSafe(format!("DROP TRIGGER {trigger}"));
        sqlx::raw_sql(sql).execute(&mut db).await.unwrap();
    }
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' \
         AND name NOT LIKE 'sqlite%'",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    assert!(tables.contains(&"audit".to_owned()), "{tables:?}");
    for table in tables {
        let sql = sqlx::AssertSqlSafe(format!("DELETE FROM {table}"));
        sqlx::raw_sql(sql).execute(&mut db).await.unwrap();
    }
    sqlx::Connection::close(db).await.unwrap();
    closed(&context).await;

    drop(context);
    for ending in ["", "-wal", "-shm"] {
        let _may_be_missing = std::fs::remove_file(bench.data_dir().join(format!("{FILE_NAME}{ending}")));
    }
    closed(&bench.context().await).await;
    // Removing the whole data folder doesn't open it either: the vault knows.
    std::fs::remove_dir_all(bench.data_dir()).unwrap();
    closed(&bench.context().await).await;
    assert!(anchor::path(&bench.data_dir()).exists(), "it is noted anew");
}

#[tokio::test]
async fn a_vault_that_is_out_of_reach_keeps_the_door_closed() {
    let bench = Bench::new();
    let (_, phone, _) = bench.enrol().await;
    let elsewhere: [Arc<dyn KeyVault>; 2] = [Arc::new(Unreachable), Arc::new(MemoryVault::default())];
    for vault in elsewhere {
        for anchors in ["both", "the trail", "the file"] {
            let note = anchor::path(&bench.data_dir());
            let aside = bench.dir.path().join("aside");
            let mut context = bench.context().await;
            context.vault = vault.clone();
            match anchors {
                "the trail" => std::fs::rename(&note, &aside).unwrap(),
                "the file" => {
                    let empty = crate::Catalog::open(&bench.dir.path().join("empty")).await.unwrap();
                    context.catalog = empty;
                }
                _ => {}
            }
            for code in [None, Some(bench.code(&phone))] {
                let (guarded, demand) = (Guarded::Restore, Demand::WhenEnrolled);
                let error = error_of(require(&context, guarded, demand, code.as_ref()).await);
                assert_eq!(error.code(), ErrorCode::MfaUnavailable, "{anchors}: {error}");
                assert!(error.hint().contains("docs/operations.md"), "{}", error.hint());
            }
            assert_eq!(code_of(status(&context).await), ErrorCode::MfaUnavailable);
            assert_eq!(code_of(begin(&context).await.map(|_| ())), ErrorCode::MfaUnavailable);
            if anchors == "the trail" {
                std::fs::rename(&aside, &note).unwrap();
            }
        }
    }
    // Where nobody has ever enrolled, a machine without a keychain restores as before.
    let elsewhere = Bench::new();
    let mut fresh = elsewhere.context().await;
    fresh.vault = Arc::new(Unreachable);
    assert_eq!(without(&fresh, Guarded::Restore).await.unwrap(), "none is set up");
    assert_eq!(code_of(begin(&fresh).await.map(|_| ())), ErrorCode::KeychainUnavailable);
}

#[tokio::test]
async fn an_enrolment_in_another_vault_is_not_the_one() {
    let bench = Bench::new();
    let (mut context, ..) = bench.enrol().await;
    let other = Bench::new();
    let (_, phone, _) = other.enrol().await;
    context.vault = other.vault.clone();
    let error = error_of(restore(&context, &bench.code(&phone)).await);
    assert_eq!(error.code(), ErrorCode::MfaUnavailable);
    assert!(error.to_string().contains("another one"), "{error}");
    // Nor one that was removed there.
    let removed = other.context().await;
    changed(&removed, MfaChange::Remove, other.code(&phone)).await.unwrap();
    assert_eq!(code_of(without(&context, Guarded::Restore).await), ErrorCode::MfaUnavailable);
}

#[tokio::test]
async fn data_folders_with_one_vault_have_one_second_factor() {
    let bench = Bench::new();
    let (context, phone, _) = bench.enrol().await;
    let second = bench.process(Profile { data_dir: bench.path("second").into(), ..bench.profile() }).await;
    restore(&second, &bench.code(&phone)).await.unwrap();
    bench.next();
    // A new authenticator there counts here, though the note here is of the old one.
    let new = Phone::with(&begin(&second).await.unwrap().secret);
    confirm(&second, first(&new, &bench.clock, Some(bench.code(&phone)))).await.unwrap();
    bench.next();
    restore(&context, &bench.code(&new)).await.unwrap();
    bench.next();
    changed(&second, MfaChange::Remove, bench.code(&new)).await.unwrap();
    assert_eq!(without(&context, Guarded::Restore).await.unwrap(), "none is set up");
}

#[tokio::test]
async fn a_state_that_cannot_be_read_keeps_the_door_closed() {
    let bench = Bench::new();
    let (context, phone, _) = bench.enrol().await;
    let good = bench.vault.read("mfa").unwrap().unwrap();
    let newer = good.replace("\"version\":1", "\"version\":2");
    for (broken, hint) in [("{}", "docs/operations.md"), (newer.as_str(), "newer version")] {
        bench.vault.write("mfa", broken).unwrap();
        let error = error_of(restore(&context, &bench.code(&phone)).await);
        assert_eq!(error.code(), ErrorCode::MfaUnavailable);
        assert!(error.hint().contains(hint), "{}", error.hint());
    }
    bench.vault.write("mfa", &good).unwrap();
    restore(&context, &bench.code(&phone)).await.unwrap();
}

/// Everything that a vault holds, to put it back later.
fn copy(vault: &MemoryVault) -> Vec<(&'static str, Option<Zeroizing<String>>)> {
    ["mfa", "mfa-pending"].map(|name| (name, vault.read(name).unwrap())).into()
}

fn put_back(vault: &MemoryVault, copy: &[(&'static str, Option<Zeroizing<String>>)]) {
    for (name, text) in copy {
        match text {
            Some(text) => vault.write(name, text).unwrap(),
            None => vault.delete(name).unwrap(),
        }
    }
}

/// A key file is a file: whoever has the user's rights can put an older copy in its place.
#[tokio::test]
async fn an_older_copy_of_the_vault_closes_the_door() {
    for anchors in ["both", "the trail", "the file"] {
        let bench = Bench::new();
        let (context, phone, codes) = bench.enrol().await;
        let older = copy(&bench.vault);
        // Both a wrong code and a right one are written.
        assert_eq!(code_of(restore(&context, &MfaCode::new("000000")).await), ErrorCode::MfaWrong);
        let used = bench.code(&phone);
        restore(&context, &used).await.unwrap();
        let newest = copy(&bench.vault);
        match anchors {
            "the trail" => std::fs::remove_file(anchor::path(&bench.data_dir())).unwrap(),
            "the file" => {
                drop(context);
                for ending in ["", "-wal", "-shm"] {
                    let _may_be_missing =
                        std::fs::remove_file(bench.data_dir().join(format!("{FILE_NAME}{ending}")));
                }
            }
            _ => {}
        }
        let context = bench.context().await;
        put_back(&bench.vault, &older);
        // Neither the used code, nor a fresh one, nor a recovery code.
        bench.clock.advance(Duration::from_secs(30));
        for code in [used, bench.code(&phone), MfaCode::new(&codes.codes[1])] {
            let error = error_of(restore(&context, &code).await);
            assert_eq!(error.code(), ErrorCode::MfaUnavailable, "{anchors}: {error}");
            assert!(error.to_string().contains("older copy"), "{anchors}: {error}");
        }
        assert_eq!(code_of(without(&context, Guarded::Restore).await), ErrorCode::MfaUnavailable);
        // The newest copy opens it again.
        put_back(&bench.vault, &newest);
        restore(&context, &bench.code(&phone)).await.unwrap();
    }
}

/// Otherwise nobody who can put the file back would ever be locked out.
#[tokio::test]
async fn wrong_codes_are_not_forgotten_with_an_older_copy() {
    let bench = Bench::new();
    let (context, _, _) = bench.enrol().await;
    let older = copy(&bench.vault);
    for _ in 0..3 {
        assert_eq!(code_of(restore(&context, &MfaCode::new("000000")).await), ErrorCode::MfaWrong);
    }
    put_back(&bench.vault, &older);
    assert_eq!(code_of(restore(&context, &MfaCode::new("000000")).await), ErrorCode::MfaUnavailable);
}

/// A copy that is older than a removal, and one that is older than an enrolment in the place of another.
#[tokio::test]
async fn an_enrolment_after_another_goes_on_counting() {
    let bench = Bench::new();
    let (context, phone, codes) = bench.enrol().await;
    restore(&context, &bench.code(&phone)).await.unwrap();
    let older = copy(&bench.vault);
    let secret = begin(&context).await.unwrap().secret;
    let newer = Phone::with(&secret);
    bench.clock.advance(Duration::from_secs(60));
    let request = ConfirmMfaRequest {
        code: newer.code_at(bench.now()),
        mfa: Some(MfaCode::new(&codes.codes[0])),
        reason: Some("routine".to_owned()),
    };
    confirm(&context, request).await.unwrap();
    bench.clock.advance(Duration::from_secs(60));
    restore(&context, &newer.code_at(bench.now())).await.unwrap();
    put_back(&bench.vault, &older);
    assert_eq!(code_of(without(&context, Guarded::Restore).await), ErrorCode::MfaUnavailable);
}

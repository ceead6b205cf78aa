//! Somebody has removed the triggers and edits the file. The first bad entry is named.

use aitta_model::{AuditQuery, ChainStatus};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use super::scene::{ENTRIES, Scene, bodies, context, rehash, run};

#[track_caller]
fn is_at(status: &ChainStatus, entry: u64) {
    let fault = status.fault.as_ref().unwrap_or_else(|| panic!("nothing was noticed: {status:?}"));
    assert_eq!(fault.entry, entry, "{fault:?}");
    assert_eq!(status.intact_to, entry - 1);
    assert!(status.signed_to.is_none_or(|signed| signed < entry));
}

/// Both with the anchors of the archives and without them.
async fn broken_at(scene: &Scene, entry: u64) {
    is_at(&scene.verify().await, entry);
    is_at(&scene.verify_without_archives().await, entry);
}

async fn broken_by(sql: &str, entry: u64) {
    let scene = Scene::with_past().await;
    run(&mut scene.open().await, sql).await;
    broken_at(&scene, entry).await;
}

const LIE: &str = "UPDATE audit SET body = replace(body, 'routine', 'incident') WHERE entry = 4";

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_entry() {
    broken_by(LIE, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_entry_with_its_hash() {
    let scene = Scene::with_past().await;
    let mut file = scene.open().await;
    run(&mut file, LIE).await;
    let later: Vec<String> = sqlx::query("SELECT hash FROM audit WHERE entry > 4 ORDER BY entry")
        .fetch_all(&mut file)
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    rehash(&mut file, 4).await;
    for (n, hash) in later.iter().enumerate() {
        run(&mut file, &format!("UPDATE audit SET hash = '{hash}' WHERE entry = {}", n + 5)).await;
    }
    broken_at(&scene, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_entry() {
    broken_by("DELETE FROM audit WHERE entry = 6", 6).await;
    broken_by("DELETE FROM audit WHERE entry = 1", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_entry_whose_place_the_others_take() {
    broken_by("DELETE FROM audit WHERE entry = 6; UPDATE audit SET entry = entry - 1 WHERE entry > 6", 6)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_entries_that_have_changed_places() {
    let rows = "UPDATE audit SET entry = -3 WHERE entry = 3; UPDATE audit SET entry = 3 WHERE entry = 5;
                UPDATE audit SET entry = 5 WHERE entry = -3";
    broken_by(rows, 3).await;
    let bodies =
        "UPDATE audit SET body = (SELECT body FROM audit AS other WHERE other.entry = 8 - audit.entry)
                  WHERE entry IN (3, 5)";
    broken_by(bodies, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_numbers_moved() {
    broken_by("UPDATE audit SET entry = -entry; UPDATE audit SET entry = 1 - entry WHERE entry < 0", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_put_in_between() {
    let scene = Scene::with_past().await;
    let mut file = scene.open().await;
    run(
        &mut file,
        "UPDATE audit SET entry = -entry WHERE entry >= 5; UPDATE audit SET entry = 1 - entry WHERE entry < 0;
         INSERT INTO audit SELECT 5, replace(body, '\"entry\":3', '\"entry\":5'), hash, tag FROM audit WHERE entry = 3",
    )
    .await;
    broken_at(&scene, 5).await;
    rehash(&mut file, 5).await;
    broken_at(&scene, 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_tail() {
    broken_by("DELETE FROM audit WHERE entry >= 8", 8).await;
    broken_by("DELETE FROM audit WHERE entry = 12", 12).await;
    broken_by("DELETE FROM audit", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_tail_with_an_older_end_is_noticed_by_the_archives_made_since() {
    let scene = Scene::new().await;
    for _ in 0..3 {
        scene.backup().await;
    }
    let mut file = scene.open().await;
    run(&mut file, "CREATE TABLE kept AS SELECT * FROM audit_head").await;
    scene.check_newest().await;
    let cut = "DELETE FROM audit WHERE entry > 6; DELETE FROM audit_head; INSERT INTO audit_head SELECT * FROM kept";
    run(
        &mut file,
        "CREATE TABLE whole AS SELECT * FROM audit; CREATE TABLE whole_end AS SELECT * FROM audit_head",
    )
    .await;
    run(&mut file, cut).await;
    // No archive was made since: this is what the chain can't show.
    assert_eq!(scene.verify().await.fault, None);
    run(
        &mut file,
        "DELETE FROM audit; INSERT INTO audit SELECT * FROM whole;
         DELETE FROM audit_head; INSERT INTO audit_head SELECT * FROM whole_end",
    )
    .await;
    scene.backup().await;
    run(&mut file, cut).await;
    is_at(&scene.verify().await, 7);
    assert_eq!(scene.verify_without_archives().await.fault, None);
    // Without sidecars, or with sidecars without anchors, the archives themselves are opened.
    for sidecar in std::fs::read_dir(scene.dir.path().join("store/metadata")).unwrap() {
        let path = sidecar.unwrap().path();
        let mut told: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        told.as_object_mut().unwrap().remove("audit").unwrap();
        std::fs::write(&path, told.to_string()).unwrap();
    }
    let status = scene.verify().await;
    is_at(&status, 7);
    assert_eq!(status.remarks.len(), 4, "{status:?}");
    std::fs::remove_dir_all(scene.dir.path().join("store/metadata")).unwrap();
    is_at(&scene.verify().await, 7);
    // And what is done next does not hide it: there is another entry of the number 7 now.
    scene.check_newest().await;
    scene.check_newest().await;
    let status = scene.verify().await;
    assert_eq!(status.fault.as_ref().map(|fault| fault.entry), Some(6), "anchors hold to 5: {status:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_was_edited() {
    broken_by("UPDATE audit_head SET entry = 10", 10).await;
    broken_by("UPDATE audit_head SET entry = 99", ENTRIES + 1).await;
    broken_by("UPDATE audit_head SET entry = 10, hash = (SELECT hash FROM audit WHERE entry = 10)", 10).await;
    // The tag of an entry is no tag of the end.
    let taken =
        "UPDATE audit_head SET (entry, hash, tag) = (SELECT entry, hash, tag FROM audit WHERE entry = 10);
                 DELETE FROM audit WHERE entry > 10";
    broken_by(taken, 10).await;
    broken_by("UPDATE audit_head SET key_id = 'ffffffffffffffff'", ENTRIES).await;
    broken_by("DELETE FROM audit_head", ENTRIES + 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_end_before_signed_entries() {
    let scene = Scene::with_past().await;
    let mut file = scene.open().await;
    run(&mut file, "CREATE TABLE kept AS SELECT * FROM audit_head").await;
    scene.check_newest().await;
    run(&mut file, "DELETE FROM audit_head; INSERT INTO audit_head SELECT * FROM kept").await;
    broken_at(&scene, ENTRIES + 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_made_anew_without_the_key() {
    let scene = Scene::with_past().await;
    let mut file = scene.open().await;
    run(&mut file, LIE).await;
    rehash(&mut file, 4).await;
    broken_at(&scene, 4).await;
    run(&mut file, "UPDATE audit_head SET hash = (SELECT hash FROM audit WHERE entry = 12)").await;
    broken_at(&scene, 4).await;
    // The next honest entry does not repair it.
    scene.backup().await;
    broken_at(&scene, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_made_anew_as_if_there_had_been_no_key() {
    let scene = Scene::with_past().await;
    let mut file = scene.open().await;
    strip(&mut file, 7).await;
    // The last entry that the key vouches for is 6, and the end is gone.
    is_at(&scene.verify_without_archives().await, 7);
    // The archive that entry 9 began carries another entry 9, and the key vouches for 6.
    is_at(&scene.verify().await, 7);
    // Done to the end: no signature of the last entries is left. The next honest entry does not make a new end.
    run(&mut file, "DELETE FROM audit WHERE entry > 8; DELETE FROM audit_head").await;
    scene.check_newest().await;
    let alone = scene.verify_without_archives().await;
    is_at(&alone, 11);
    is_at(&scene.verify().await, 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_chain_under_the_same_roof() {
    let scene = Scene::with_past().await;
    let mut file = scene.open().await;
    strip(&mut file, 1).await;
    let chain = bodies(&mut file).await[0].1.split("\"chain\":\"").nth(1).unwrap()[..32].to_owned();
    run(&mut file, &format!("UPDATE audit SET body = replace(body, '{chain}', '{}')", "ab".repeat(16))).await;
    rehash(&mut file, 1).await;
    // It tells of a backup, and such an entry bears a signature.
    is_at(&scene.verify_without_archives().await, 1);
    is_at(&scene.verify().await, 1);
}

/// Takes away all signatures from this entry on, in the way that leaves no broken hash.
async fn strip(file: &mut SqliteConnection, from: i64) {
    for (entry, body) in bodies(file).await.into_iter().filter(|(entry, _)| *entry >= from) {
        let mut told: serde_json::Value = serde_json::from_str(&body).unwrap();
        told.as_object_mut().unwrap().remove("signed_by").unwrap();
        let update = sqlx::query("UPDATE audit SET body = ?, tag = NULL WHERE entry = ?");
        update.bind(told.to_string()).bind(entry).execute(&mut *file).await.unwrap();
    }
    rehash(file, from).await;
    let end = "UPDATE audit_head SET (entry, hash) = (SELECT entry, hash FROM audit WHERE entry = ?)";
    if from > 1 {
        run(file, "DELETE FROM audit_head").await;
        // Better than none: an end that the file has had. It was signed under another label.
        let kept = "INSERT INTO audit_head SELECT 1, entry, hash, body ->> '$.signed_by', tag FROM audit WHERE entry = ";
        run(file, &format!("{kept}{}", from - 1)).await;
        run(file, "DELETE FROM audit_head").await;
    } else {
        sqlx::query(end).bind(12).execute(&mut *file).await.unwrap();
        run(file, "DELETE FROM audit_head").await;
    }
}

/// Names a made-up key in the entries from this one on and in the end, with right hashes everywhere.
async fn sign_by_nobody(file: &mut SqliteConnection, from: i64) {
    for (entry, body) in bodies(file).await.into_iter().filter(|(entry, _)| *entry >= from) {
        let mut told: serde_json::Value = serde_json::from_str(&body).unwrap();
        told["signed_by"] = "ffffffffffffffff".into();
        let update = sqlx::query("UPDATE audit SET body = ?, tag = ? WHERE entry = ?");
        let tag = "5e".repeat(32);
        update.bind(told.to_string()).bind(tag).bind(entry).execute(&mut *file).await.unwrap();
    }
    rehash(file, from).await;
    let end = "UPDATE audit_head SET (entry, hash, key_id, tag) =
                   (SELECT entry, hash, 'ffffffffffffffff', tag FROM audit ORDER BY entry DESC LIMIT 1)";
    run(file, end).await;
}

/// The last entry loses its signature and the chain its end: entries without proof are not called intact.
#[tokio::test(flavor = "multi_thread")]
async fn a_last_entry_without_its_signature_and_no_end() {
    let scene = Scene::with_past().await;
    let mut file = scene.open().await;
    run(&mut file, "UPDATE audit SET body = replace(body, 'succeeded', 'cancelled') WHERE entry = 12").await;
    strip(&mut file, 12).await;
    broken_at(&scene, 12).await;
}

/// The newest anchor is that of entry 9, so nothing but the keys tells of what comes after it.
#[tokio::test(flavor = "multi_thread")]
async fn entries_under_a_key_that_never_was() {
    let scene = Scene::with_past().await;
    let mut file = scene.open().await;
    run(&mut file, "UPDATE audit SET body = replace(body, 'routine', 'incident') WHERE entry = 11").await;
    sign_by_nobody(&mut file, 11).await;
    broken_at(&scene, 11).await;
    let status = scene.verify().await;
    assert!(status.fault.unwrap().what.contains("key ffffffffffffffff, which is not at hand"));
    // The next honest entries vouch for what they follow, but not for who wrote it.
    scene.check_newest().await;
    scene.backup().await;
    broken_at(&scene, 11).await;

    // With anchors behind them: the first entry that names the key is reported, not the first after an anchor that
    // holds.
    let scene = Scene::with_past().await;
    sign_by_nobody(&mut scene.open().await, 7).await;
    broken_at(&scene, 7).await;

    // Only the end names such a key.
    let scene = Scene::with_past().await;
    let mut file = scene.open().await;
    let cut = "DELETE FROM audit WHERE entry > 10;
               UPDATE audit_head SET (entry, hash, key_id) =
                   (SELECT entry, hash, 'ffffffffffffffff' FROM audit WHERE entry = 10)";
    run(&mut file, cut).await;
    broken_at(&scene, 10).await;

    // Nor does an entry of theirs vouch for them that says that the key was destroyed.
    let scene = Scene::with_past().await;
    let mut file = scene.open().await;
    run(
        &mut file,
        "UPDATE audit SET body = json_set(body, '$.operation', 'key_destroy', '$.target', 'ffffffffffffffff')
         WHERE entry = 12",
    )
    .await;
    sign_by_nobody(&mut file, 11).await;
    broken_at(&scene, 11).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_another_key_nothing_is_called_signed() {
    let scene = Scene::with_past().await;
    let mut with_other = context(scene.dir.path(), "data").await;
    let other = "a1777a0000000000000000000000000000000000000000000000000000000002";
    let ring = || aitta_engine::keys::KeyRing::from_hex(other).unwrap();
    with_other.key_ring = Some(std::sync::Arc::new(ring()));
    let status = aitta_engine::trail::verify(&with_other).await.unwrap();
    is_at(&status, 1);
    assert!(status.fault.unwrap().what.contains("key import"), "it says how to bring the key back");
    // The sidecars are all that can be compared then.
    assert_eq!((status.anchors, status.anchors_proven), (4, 0));
    // A key that is retired is one that is at hand.
    let both = ring().with_retired(super::scene::KEY).unwrap();
    with_other.key_ring = Some(std::sync::Arc::new(both));
    let status = aitta_engine::trail::verify(&with_other).await.unwrap();
    assert_eq!((status.fault, status.signed_to), (None, Some(ENTRIES)));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_key_only_the_hashes_are_checked() {
    let scene = Scene::with_past().await;
    let mut without = context(scene.dir.path(), "data").await;
    without.key_ring = None;
    without.vault = std::sync::Arc::new(aitta_engine::keys::MemoryVault::default());
    let status = aitta_engine::trail::verify(&without).await.unwrap();
    assert_eq!((status.fault, status.signed_to, status.intact_to), (None, None, ENTRIES));
    assert!(status.remarks.iter().any(|r| r.contains("no signature was checked")), "{:?}", status.remarks);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_triggers_hold_against_statements_of_every_kind() {
    let scene = Scene::with_past().await;
    let file = sqlx::sqlite::SqliteConnectOptions::new().filename(scene.context.catalog.path());
    let mut connection = sqlx::ConnectOptions::connect(&file).await.unwrap();
    for sql in [
        "UPDATE audit SET hash = 'x' WHERE entry = 3",
        "DELETE FROM audit WHERE entry = 3",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE entry = 3",
        "INSERT INTO audit (entry, body, hash) VALUES (14, '', '')",
    ] {
        let refused = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap_err();
        assert!(refused.to_string().contains("only ever added to"), "{sql}: {refused}");
    }
    assert_eq!(scene.verify().await.fault, None);
}

/// A place in the file: table, row, column.
const PLACES: [(&str, &str); 8] = [
    ("audit", "entry"),
    ("audit", "body"),
    ("audit", "hash"),
    ("audit", "tag"),
    ("audit_head", "entry"),
    ("audit_head", "hash"),
    ("audit_head", "key_id"),
    ("audit_head", "tag"),
];

#[test]
fn any_byte_that_is_changed_is_noticed() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let scene = runtime.block_on(Scene::with_past());
    let file = std::cell::RefCell::new(runtime.block_on(scene.open()));
    let strategy = (0..PLACES.len(), 1..=ENTRIES, any::<prop::sample::Index>(), 1..=255_u8);
    let mut runner = TestRunner::new(Config::with_cases(300));
    runner
        .run(&strategy, |(place, row, byte, mask)| {
            let (table, column) = PLACES[place];
            let row = if table == "audit" { row } else { 1 };
            let key = if table == "audit" { "entry" } else { "one" };
            let mut file = file.borrow_mut();
            let changed = runtime.block_on(change(&mut file, table, column, key, row, byte, mask));
            let Some(undo) = changed else { return Err(TestCaseError::reject("the row of another entry")) };
            let noticed = runtime.block_on(scene.verify_without_archives());
            runtime.block_on(undo.undo(&mut file));
            prop_assert!(noticed.fault.is_some(), "{} {} {}: {:?}", table, column, row, noticed);
            Ok(())
        })
        .unwrap();
    assert_eq!(runtime.block_on(scene.verify()).fault, None, "all was put back");
}

/// How to put it back.
enum Undo {
    Number { table: &'static str, is: i64, was: i64 },
    Text { table: &'static str, column: &'static str, key: &'static str, row: u64, was: Vec<u8> },
}

impl Undo {
    async fn undo(self, file: &mut SqliteConnection) {
        match self {
            Self::Number { table, is, was } => {
                run(file, &format!("UPDATE {table} SET entry = {was} WHERE entry = {is}")).await;
            }
            Self::Text { table, column, key, row, was } => {
                let sql = format!("UPDATE {table} SET {column} = CAST(? AS TEXT) WHERE {key} = {row}");
                sqlx::query(AssertSqlSafe(sql)).bind(was).execute(file).await.unwrap();
            }
        }
    }
}

async fn change(
    file: &mut SqliteConnection,
    table: &'static str,
    column: &'static str,
    key: &'static str,
    row: u64,
    byte: prop::sample::Index,
    mask: u8,
) -> Option<Undo> {
    if column == "entry" {
        let sql = format!("SELECT entry FROM {table} WHERE {key} = {row}");
        let was: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *file).await.unwrap();
        let is = was ^ (i64::from(mask) << (8 * byte.index(8)));
        let sql = format!("UPDATE {table} SET entry = {is} WHERE {key} = {row}");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(file).await.ok()?;
        return Some(Undo::Number { table, is, was });
    }
    let sql = format!("SELECT CAST({column} AS BLOB) FROM {table} WHERE {key} = {row}");
    let was: Vec<u8> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *file).await.unwrap();
    let mut bytes = was.clone();
    bytes[byte.index(was.len())] ^= mask;
    let sql = format!("UPDATE {table} SET {column} = CAST(? AS TEXT) WHERE {key} = {row}");
    sqlx::query(AssertSqlSafe(sql)).bind(bytes).execute(file).await.unwrap();
    Some(Undo::Text { table, column, key, row, was })
}

/// Without its table the trail can't be read or written: that is a manipulation, and no broken disk.
#[tokio::test(flavor = "multi_thread")]
async fn a_trail_whose_table_is_gone_is_called_manipulated_and_the_evidence_is_kept() {
    let scene = Scene::with_past().await;
    let mut file = scene.open().await;
    run(&mut file, "DROP TABLE audit").await;
    let status = scene.verify().await;
    let fault = status.fault.unwrap();
    assert_eq!((fault.entry, status.entries, status.intact_to, status.signed_to), (1, 0, 0, None));
    assert!(fault.what.contains("the whole trail is gone"), "{fault:?}");
    assert_eq!((status.others.len(), status.others[0].entry), (1, 9), "what the archives know of it is told");
    let list = aitta_engine::trail::list(&scene.context, AuditQuery::default()).await.unwrap();
    assert_eq!((list.records.len(), list.chain.fault.map(|fault| fault.entry)), (0, Some(1)));

    let request = aitta_model::BackupRequest::default();
    let backup =
        aitta_engine::backup::create(&scene.context, request, &aitta_engine::Silent).await.unwrap_err();
    let query = AuditQuery::default();
    let format = aitta_model::AuditFormat::Csv;
    let export = aitta_engine::trail::export(&scene.context, query, format).await.unwrap_err();
    for error in [backup, export] {
        assert_eq!(error.code(), aitta_model::ErrorCode::AuditFailed);
        assert!(error.to_string().contains("somebody has taken the audit trail"), "{error}");
        assert!(error.to_string().contains("apart"), "{error}");
        assert!(error.hint().starts_with("delete nothing"), "{}", error.hint());
        assert!(!error.hint().contains("away"), "{}", error.hint());
    }
    drop(file);

    // The way out that the hint names keeps the file, and begins a new trail that says so.
    scene.context.catalog.clone().close().await;
    let (anew, aside) = aitta_engine::Context::rebuilding((*scene.context.profile).clone()).await.unwrap();
    let aside = aside.unwrap();
    assert!(aside.exists());
    let anew = aitta_engine::Context { key_ring: scene.context.key_ring.clone(), ..anew };
    aitta_engine::archives::rebuild(&anew).await.unwrap();
    let list = aitta_engine::trail::list(&anew, AuditQuery::default()).await.unwrap();
    assert_eq!(list.chain.fault, None);
    let first = &list.records.last().unwrap().entry;
    assert!(first.note.as_deref().unwrap().contains(&aside.display().to_string()), "{first:?}");
}

/// The signed end alone: the entries are still there, and are checked as far as they can be.
#[tokio::test(flavor = "multi_thread")]
async fn a_signed_end_whose_table_is_gone_is_one_that_was_taken_away() {
    let scene = Scene::with_past().await;
    run(&mut scene.open().await, "DROP TABLE audit_head").await;
    let status = scene.verify().await;
    assert_eq!((status.entries, status.fault.map(|fault| fault.entry)), (ENTRIES, Some(ENTRIES + 1)));
    let request = aitta_model::BackupRequest::default();
    let error =
        aitta_engine::backup::create(&scene.context, request, &aitta_engine::Silent).await.unwrap_err();
    assert_eq!(error.code(), aitta_model::ErrorCode::AuditFailed);
    assert!(error.hint().starts_with("delete nothing"), "{}", error.hint());
}

/// One command with a throw-away key, and honest ones after it; then somebody forges, once under the same key, once
/// under another one, once without any. What was there before hides none of it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_forged_behind_an_older_fault_is_told() {
    let scene = Scene::with_past().await;
    let mut throw_away = context(scene.dir.path(), "data").await;
    let other = "a1777a0000000000000000000000000000000000000000000000000000000002";
    let ring = std::sync::Arc::new(aitta_engine::keys::KeyRing::from_hex(other).unwrap());
    throw_away.key_ring = Some(ring.clone());
    // Its archive is older than all others: of two of one moment, either would be the newest.
    throw_away.clock =
        std::sync::Arc::new(aitta_engine::ManualClock::at("2026-11-20T01:59:59Z".parse().unwrap()));
    let request = aitta_model::BackupRequest::default();
    aitta_engine::backup::create(&throw_away, request, &aitta_engine::Silent).await.unwrap();
    scene.backup().await;
    scene.check_newest().await;
    let key_id = ring.active_id().to_string();
    let before = scene.verify().await;
    is_at(&before, ENTRIES + 1);
    assert_eq!(before.faults.len(), 1, "{:?}", before.faults);
    let told = &before.faults[0].what;
    assert!(told.contains(&format!("up to {}", ENTRIES + 2)) && told.contains(&key_id), "{told}");
    assert!(told.contains(&format!("older than entry {}", ENTRIES + 3)), "{told}");

    let mut file = scene.open().await;
    let last = bodies(&mut file).await.len() as i64;
    let forge = async |file: &mut SqliteConnection, signed_by: Option<&str>| {
        let (_, body) = bodies(file).await.pop().unwrap();
        let mut told: serde_json::Value = serde_json::from_str(&body).unwrap();
        told["entry"] = (last + 1).into();
        told["operation"] = "restore".into();
        told["stage"] = "begun".into();
        for gone in ["outcome", "begun", "signed_by"] {
            told.as_object_mut().unwrap().remove(gone);
        }
        if let Some(key) = signed_by {
            told["signed_by"] = key.into();
        }
        let insert = "INSERT INTO audit (entry, body, hash, tag) VALUES (?, ?, '', ?)";
        let tag = signed_by.map(|_| "5e".repeat(32));
        sqlx::query(insert)
            .bind(last + 1)
            .bind(told.to_string())
            .bind(tag)
            .execute(&mut *file)
            .await
            .unwrap();
        rehash(file, last + 1).await;
    };
    for signed_by in [Some(key_id.as_str()), Some("ffffffffffffffff"), Some(super::scene::KEY), None] {
        forge(&mut file, signed_by).await;
        let after = scene.verify().await;
        is_at(&after, ENTRIES + 1);
        let at_the_forged =
            |status: &ChainStatus| status.faults.iter().any(|fault| fault.entry == last.unsigned_abs() + 1);
        assert!(at_the_forged(&after), "{signed_by:?}: {:?}", after.faults);
        assert!(!at_the_forged(&before));
        // Nor do honest entries that follow hide it.
        scene.check_newest().await;
        assert!(at_the_forged(&scene.verify().await), "{signed_by:?}: {:?}", scene.verify().await.faults);
        run(&mut file, &format!("DELETE FROM audit WHERE entry > {last}")).await;
        run(&mut file, &format!("UPDATE audit_head SET (entry, hash, tag) = (SELECT entry, hash, tag FROM audit WHERE entry = {last})")).await;
    }
}

/// Two breaks of the chain are two, wherever the first one is.
#[tokio::test(flavor = "multi_thread")]
async fn every_break_of_the_chain_is_told() {
    let scene = Scene::with_past().await;
    let mut file = scene.open().await;
    run(&mut file, LIE).await;
    run(&mut file, "UPDATE audit SET body = replace(body, 'succeeded', 'cancelled') WHERE entry = 8").await;
    run(&mut file, "DELETE FROM audit WHERE entry = 10").await;
    run(&mut file, "UPDATE audit SET tag = '5e' WHERE entry = 11").await;
    let status = scene.verify().await;
    is_at(&status, 4);
    let entries: Vec<u64> = status.faults.iter().map(|fault| fault.entry).collect();
    assert_eq!(entries, [4, 8, 10, 11], "{:?}", status.faults);
    // Each entry of a chain that was made anew; but they are not told without end.
    let scene = Scene::with_past().await;
    let mut file = scene.open().await;
    run(&mut file, LIE).await;
    rehash(&mut file, 4).await;
    let status = scene.verify().await;
    is_at(&status, 4);
    let entries: std::collections::BTreeSet<u64> = status.faults.iter().map(|fault| fault.entry).collect();
    assert!((4..=ENTRIES).all(|entry| entries.contains(&entry)), "{:?}", status.faults);
}

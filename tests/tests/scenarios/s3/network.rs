//! Failures that pass, and answers that get lost or cut.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use aitta_engine::store::s3::{Retries, S3Store};
use aitta_engine::store::{ARCHIVES, PutMode, Store, StoreError, StoreErrorKind, archive_name, sidecar_name};
use aitta_testing::conformance::upload;
use aitta_testing::s3::{BUCKET, Fault, S3Call, S3Server, config};
use aitta_testing::{Line, Quality};
use bytes::Bytes;

use super::{FEW, ID, MIB, kind, pattern};

#[tokio::test(flavor = "multi_thread")]
async fn lost_answer_is_no_failure() {
    let server = S3Server::start();
    let store = server.store().with_retries(FEW);
    server.fail(S3Call::Put, Fault::LoseAnswer);
    store.put(&sidecar_name(ID), Bytes::from_static(b"{}"), PutMode::Create).await.unwrap();
    let again = store.put(&sidecar_name(ID), Bytes::from_static(b"{}"), PutMode::Create).await;
    assert_eq!(kind(again), StoreErrorKind::AlreadyExists);

    let bytes = pattern(20 * MIB);
    for call in [S3Call::Begin, S3Call::Part, S3Call::Complete] {
        server.fail(call, Fault::LoseAnswer);
    }
    upload(&store, &archive_name(ID), &bytes).await.unwrap();
    for call in [S3Call::Begin, S3Call::Copy, S3Call::Complete] {
        server.fail(call, Fault::LoseAnswer);
    }
    store.rewrite(&archive_name(ID), 0, Bytes::from_static(b"new header")).await.unwrap();
    assert!(server.has_failed());
    let read = store.read(&archive_name(ID), 0..bytes.len() as u64).await.unwrap();
    assert!(read[..10] == *b"new header" && read[10..] == bytes[10..]);
}

/// S3 answers the end of an upload with status 200 before it knows how it ends.
#[tokio::test(flavor = "multi_thread")]
async fn error_behind_a_good_status_is_an_error() {
    let server = S3Server::start();
    let store = server.store().with_retries(FEW);
    let bytes = pattern(10 * MIB);
    server.fail(S3Call::Complete, Fault::HiddenError("InternalError"));
    upload(&store, &archive_name(ID), &bytes).await.unwrap();

    let other = archive_name("backup-1642684800001-a1b2c3d4");
    for _ in 0..FEW.attempts {
        server.fail(S3Call::Complete, Fault::HiddenError("InternalError"));
    }
    let failed = upload(&store, &other, &bytes).await.unwrap_err();
    assert_eq!(failed.kind, StoreErrorKind::Unreachable, "{failed}");
    store.settle().await;
    assert_eq!(store.list(ARCHIVES).await.unwrap().len(), 1);
    assert!(server.has_failed());
}

#[tokio::test(flavor = "multi_thread")]
async fn passing_failures_are_tried_again() {
    let server = S3Server::start();
    let store = server.store().with_retries(FEW);
    let passing = [
        Fault::Answer(503, "SlowDown"),
        Fault::Answer(500, "InternalError"),
        Fault::Answer(429, "TooManyRequests"),
        Fault::Cut,
    ];
    let calls = [S3Call::Head, S3Call::Begin, S3Call::Part, S3Call::Complete, S3Call::Get, S3Call::List];
    let bytes = pattern(10 * MIB);
    for (number, fault) in passing.into_iter().enumerate() {
        let name = archive_name(&format!("backup-164268480000{number}-a1b2c3d4"));
        for call in calls {
            server.fail(call, fault);
        }
        upload(&store, &name, &bytes).await.unwrap();
        assert!(store.read(&name, 0..bytes.len() as u64).await.unwrap() == bytes, "{fault:?}");
        assert_eq!(store.list(ARCHIVES).await.unwrap().len(), number + 1);
        assert!(server.has_failed(), "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answer_that_is_cut_is_read_on() {
    let server = S3Server::start();
    let store = server.store().with_retries(FEW);
    let bytes = pattern(3 * MIB);
    upload(&store, &archive_name(ID), &bytes).await.unwrap();
    for len in [1_000_000, 0, 700_000] {
        server.fail(S3Call::Get, Fault::CutBody(len));
    }
    drop(server.take_seen());
    assert!(store.read(&archive_name(ID), 10..2_000_010).await.unwrap() == bytes[10..2_000_010]);
    let ranges: Vec<_> = server.take_seen().into_iter().filter_map(|seen| seen.range).collect();
    let expected = ["10-2000009", "1000010-2000009", "1000010-2000009", "1700010-2000009"];
    assert_eq!(ranges, expected.map(|range| format!("bytes={range}")));

    for _ in 0..FEW.attempts {
        server.fail(S3Call::Get, Fault::CutBody(0));
    }
    assert_eq!(kind(store.read(&archive_name(ID), 0..10).await), StoreErrorKind::Unreachable);
}

#[tokio::test(flavor = "multi_thread")]
async fn server_restarted_in_the_middle_of_an_upload_ends_well() {
    let mut server = S3Server::start();
    let store = server.store();
    let bytes = pattern(40 * MIB);
    let mut upload = store.create(&archive_name(ID)).await.unwrap();
    upload.write(bytes[..17 * MIB].to_vec()).await.unwrap();
    server.stop();
    let rest = tokio::spawn({
        let rest = bytes[17 * MIB..].to_vec();
        async move {
            upload.write(rest).await?;
            upload.commit().await
        }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.restart();
    rest.await.unwrap().unwrap();
    assert!(store.read(&archive_name(ID), 0..bytes.len() as u64).await.unwrap() == bytes);
}

/// It takes connections and never says a word.
#[tokio::test(flavor = "multi_thread")]
async fn silent_server_is_given_up_soon() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let keys = S3Server::start().keys().credentials();
    let limits = Retries {
        attempts: 8,
        answer_within: Duration::from_millis(300),
        give_up_after: Duration::from_secs(1),
        ..FEW
    };
    let store = S3Store::new(config(&endpoint, BUCKET), keys).with_retries(limits);
    let (archive, sidecar) = (archive_name(ID), sidecar_name(ID));
    let timed = async |what: &str, call: &mut (dyn Future<Output = Option<StoreError>> + Send + Unpin)| {
        let begun = Instant::now();
        let failed = call.await.unwrap_or_else(|| panic!("{what}: somebody has answered"));
        assert_eq!(failed.kind, StoreErrorKind::Unreachable, "{what}: {failed}");
        let hint = failed.hint.unwrap_or_default();
        assert!(hint.contains("BACKUP_STORE_ENDPOINT"), "{what}: {hint}");
        // More than one attempt, and not all of them; with some air for a busy machine.
        let taken = begun.elapsed();
        assert!((300..5_000).contains(&taken.as_millis()), "{what}: {taken:?}");
    };
    timed("list", &mut Box::pin(async { store.list(ARCHIVES).await.err() })).await;
    timed("head", &mut Box::pin(async { store.head(&archive).await.err() })).await;
    timed("create", &mut Box::pin(async { store.create(&archive).await.err() })).await;
    timed("read", &mut Box::pin(async { store.read(&archive, 0..10).await.err() })).await;
    timed("delete", &mut Box::pin(async { store.delete(&archive).await.err() })).await;
    timed(
        "rewrite",
        &mut Box::pin(async { store.rewrite(&archive, 0, Bytes::from_static(b"x")).await.err() }),
    )
    .await;
    timed("sweep", &mut Box::pin(async { store.sweep().await.err() })).await;
    for mode in [PutMode::Create, PutMode::Overwrite] {
        let put = async { store.put(&sidecar, Bytes::from_static(b"{}"), mode).await.err() };
        timed("put", &mut Box::pin(put)).await;
    }
}

/// The line breaks in the middle of parts, and each is sent again until it is there.
#[tokio::test(flavor = "multi_thread")]
async fn upload_over_a_line_that_breaks_ends_well() {
    let server = S3Server::start();
    let bad = Quality { break_after: Some(11 << 20), bytes_per_second: Some(40 << 20) };
    let line = Line::to(server.endpoint().trim_start_matches("http://"), bad);
    let config = config(&format!("http://{}", line.address()), BUCKET);
    // A part may meet connections that are half used up several times in a row. What counts is that it is sent again, and
    // not how often; on a busy machine eight attempts were too few once.
    let retries = Retries { attempts: 24, ..FEW };
    let store = S3Store::new(config, server.keys().credentials()).with_retries(retries);
    let bytes = pattern(30 * MIB);
    upload(&store, &archive_name(ID), &bytes).await.unwrap();
    assert!(line.breaks() >= 2, "{} breaks", line.breaks());
    let seen = server.take_seen();
    let count = |call| seen.iter().filter(|seen| seen.call == call).count();
    assert_eq!((count(S3Call::Begin), count(S3Call::Complete)), (1, 1), "one upload");
    assert!(count(S3Call::Part) > 4, "some parts were sent again");
    assert!(store.read(&archive_name(ID), 0..bytes.len() as u64).await.unwrap() == bytes);
}

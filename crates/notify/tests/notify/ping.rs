//! Pings of a dead man's switch.

use aitta_notify::{Failure, FailureKind, LOG_MAX, Ping, Signal};

use crate::support::{Receiver, Reply, answer, attempt, hasty, sender};

const RUN: &str = "018f2c1e-7d3a-7c11-9c5e-0123456789ab";

async fn ping(receiver: &Receiver, path: &str, signal: Signal, log: &str) -> Result<u16, Failure> {
    let ping = Ping::new(&receiver.url(path)).unwrap();
    sender().ping(&ping, signal, RUN, log, attempt().now()).await.map(|delivered| delivered.status)
}

#[tokio::test]
async fn start_success_and_fail_have_addresses_of_their_own_and_one_run() {
    let receiver = Receiver::start(answer(200, &[], b"OK")).await;
    for (path, signal, line) in [
        ("/check", Signal::Start, format!("POST /check/start?rid={RUN} HTTP/1.1")),
        ("/check", Signal::Success, format!("POST /check?rid={RUN} HTTP/1.1")),
        ("/check/", Signal::Fail, format!("POST /check/fail?rid={RUN} HTTP/1.1")),
        ("/key/slug?create=1", Signal::Fail, format!("POST /key/slug/fail?create=1&rid={RUN} HTTP/1.1")),
    ] {
        ping(&receiver, path, signal, "log").await.unwrap();
        let request = receiver.requests().pop().unwrap();
        assert_eq!(request.line, line);
        assert_eq!(request.body, b"log");
        assert_eq!(request.header("content-type"), Some("text/plain; charset=utf-8"));
    }
}

#[tokio::test]
async fn of_a_long_log_the_end_is_sent_and_no_character_is_cut() {
    let receiver = Receiver::start(answer(200, &[], b"OK")).await;
    // The limit falls into the middle of a letter of two bytes.
    let log = format!("{}{}!", "ä".repeat(30_000), "ö".repeat(50_000));
    ping(&receiver, "/c", Signal::Fail, &log).await.unwrap();
    let body = String::from_utf8(receiver.request().body).unwrap();
    assert_eq!(body.len(), LOG_MAX - 1);
    assert!(log.ends_with(&body) && body.ends_with("ö!"));
    ping(&receiver, "/c", Signal::Fail, &"x".repeat(LOG_MAX)).await.unwrap();
    assert_eq!(receiver.requests().pop().unwrap().body.len(), LOG_MAX);
}

#[tokio::test]
async fn an_ok_that_counts_nothing_is_no_delivery() {
    let receiver = Receiver::start(answer(200, &[], b"OK (not found)")).await;
    let failure = ping(&receiver, "/c", Signal::Success, "").await.unwrap_err();
    assert!(matches!(failure.kind, FailureKind::Misconfigured { .. }) && failure.is_lasting(), "{failure:?}");
    let receiver = Receiver::start(answer(200, &[], b"OK (rate limited)")).await;
    let failure = ping(&receiver, "/c", Signal::Success, "").await.unwrap_err();
    assert!(
        matches!(failure.kind, FailureKind::Refused { status: 200, .. }) && !failure.is_lasting(),
        "{failure:?}"
    );
}

#[tokio::test]
async fn a_success_whose_words_trickle_is_a_delivery() {
    let receiver =
        Receiver::start(Reply::Trickle(b"HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\nOK".to_vec())).await;
    let check = Ping::new(&receiver.url("/c")).unwrap();
    let delivered = hasty().ping(&check, Signal::Start, RUN, "", attempt().now()).await.unwrap();
    assert_eq!(delivered.status, 200);
}

#[tokio::test]
async fn a_run_that_is_no_uuid_is_not_sent() {
    let receiver = Receiver::start(answer(200, &[], b"OK")).await;
    let check = Ping::new(&receiver.url("/c")).unwrap();
    for run in [
        "",
        "17",
        "018f2c1e-7d3a-7c11-9c5e-0123456789a&",
        "018f2c1e7d3a7c119c5e0123456789ab0000",
        "ä8f2c1e-7d3a-7c11-9c5e-0123456789a",
    ] {
        let failure = sender().ping(&check, Signal::Start, run, "", attempt().now()).await.unwrap_err();
        assert!(matches!(failure.kind, FailureKind::Misconfigured { .. }), "{run}");
    }
    assert!(receiver.requests().is_empty());
}

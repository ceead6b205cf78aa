//! What becomes of each answer over HTTP.

use std::time::{Duration, Instant};

use aitta_notify::{Delivered, Failure, FailureKind, Protocol, Slack, Stage};

use tokio::task::JoinSet;

use crate::support::{Receiver, Reply, answer, attempt, hasty, message, sender};

async fn outcome(reply: Reply) -> (Result<Delivered, Failure>, Receiver) {
    let receiver = Receiver::start(reply).await;
    let slack = Slack::new(&receiver.url("/services/T0/B0/secret")).unwrap();
    (sender().slack(&slack, &message(), &attempt()).await, receiver)
}

async fn failure(reply: Reply) -> Failure {
    outcome(reply).await.0.unwrap_err()
}

#[track_caller]
fn refused(failure: &Failure) -> (u16, &str) {
    match &failure.kind {
        FailureKind::Refused { protocol: Protocol::Http, status, told } => (*status, told),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_2xx_is_a_delivery() {
    for status in [200, 201, 202, 204] {
        let body: &[u8] = if status == 204 { b"" } else { b"ok" };
        let delivered = outcome(answer(status, &[], body)).await.0.unwrap();
        assert_eq!((delivered.status, delivered.left_out.len()), (status, 0));
    }
}

#[tokio::test]
async fn a_success_without_its_body_is_a_delivery() {
    // A lie about the length: the status has come all the same.
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\no".to_vec();
    assert_eq!(outcome(Reply::Bytes(cut)).await.0.unwrap().status, 200);
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_names_only_a_host() {
    let elsewhere = Receiver::start(answer(200, &[], b"")).await;
    for (status, lasting) in [(301, true), (302, false), (303, false), (307, false), (308, true)] {
        let location = format!("location: {}", elsewhere.url("/hidden?key=1"));
        let failure = failure(answer(status, &[&location], b"")).await;
        let to = Some("127.0.0.1".to_owned());
        assert_eq!(failure.kind, FailureKind::Redirected { status, to });
        assert_eq!(failure.is_lasting(), lasting, "{status}");
        assert!(!failure.to_string().contains("hidden"), "{failure}");
    }
    assert!(elsewhere.requests().is_empty());
    let nowhere = failure(answer(302, &[], b"")).await;
    assert_eq!(nowhere.kind, FailureKind::Redirected { status: 302, to: None });
}

#[tokio::test]
async fn a_refusal_has_status_and_words_and_says_whether_it_lasts() {
    for (status, lasting) in [
        (400, true),
        (401, true),
        (404, true),
        (410, true),
        (408, false),
        (425, false),
        (429, false),
        (500, false),
        (503, false),
    ] {
        let failure = failure(answer(status, &[], b"invalid_payload")).await;
        assert_eq!(refused(&failure), (status, "invalid_payload"));
        assert_eq!(failure.is_lasting(), lasting, "{status}");
        assert_eq!(failure.retry_after, None);
    }
}

#[tokio::test]
async fn a_pause_that_is_asked_for_is_told_and_bounded() {
    let soon = failure(answer(429, &["retry-after: 30"], b"")).await;
    assert_eq!(soon.retry_after, Some(Duration::from_secs(30)));
    let date = failure(answer(503, &["Retry-After: Mon, 30 Nov 2026 16:01:00 GMT"], b"")).await;
    assert_eq!(date.retry_after, Some(Duration::from_secs(60)));
    let years = failure(answer(429, &["retry-after: 999999999999"], b"")).await;
    assert_eq!(years.retry_after, Some(Duration::from_secs(86_400)));
    let nonsense = failure(answer(429, &["retry-after: soon"], b"")).await;
    assert_eq!(nonsense.retry_after, None);
}

#[tokio::test]
async fn of_an_answer_of_ten_megabytes_one_kibibyte_is_kept() {
    let failure = failure(answer(500, &[], &vec![b'a'; 10_000_000])).await;
    let (status, told) = refused(&failure);
    assert_eq!((status, told.len()), (500, 1024));
}

#[tokio::test]
async fn escape_sequences_in_an_answer_do_not_reach_a_terminal() {
    let body = b"\x1b]0;owned\x07no \x1b[31mway\x1b[0m\r\n\x00\xff\xc2\x9b2Jend";
    let failure = failure(answer(403, &[], body)).await;
    assert_eq!(refused(&failure), (403, "no way \u{fffd}end"));
    assert!(!failure.to_string().chars().any(char::is_control));
}

#[tokio::test]
async fn a_refusal_that_is_cut_has_the_words_that_came() {
    let cut = b"HTTP/1.1 400 Bad\r\ncontent-length: 5000\r\n\r\nno_text".to_vec();
    assert_eq!(refused(&failure(Reply::Bytes(cut)).await), (400, "no_text"));
}

#[tokio::test]
async fn a_connection_that_is_closed_without_an_answer_is_none() {
    for reply in [
        Reply::Close,
        Reply::Bytes(b"HTTP/1.1 20".to_vec()),
        Reply::Bytes(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec()),
        Reply::Bytes(b"220 mail.test ESMTP\r\n".to_vec()),
    ] {
        let (outcome, receiver) = outcome(reply.clone()).await;
        let failure = outcome.unwrap_err();
        assert!(
            matches!(failure.kind, FailureKind::NotReached { stage: Stage::Answer, .. }),
            "{reply:?}: {failure:?}"
        );
        assert!(!failure.is_lasting());
        // Whoever has closed the connection may have taken the message: it is not sent again.
        assert_eq!(receiver.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_receiver_that_hangs_or_trickles_is_given_up_in_time() {
    let begun = Instant::now();
    let mut all = JoinSet::new();
    for reply in [
        Reply::Hang,
        Reply::Trickle(Vec::new()),
        Reply::Trickle(b"HTTP/1.1 200 OK\r\nx-slow: ".to_vec()),
        Reply::Trickle(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 ".to_vec()),
    ] {
        all.spawn(async move {
            let receiver = Receiver::start(reply.clone()).await;
            let slack = Slack::new(&receiver.url("/x")).unwrap();
            let failure = hasty().slack(&slack, &message(), &attempt()).await.unwrap_err();
            // What trickles may be seen through as no HTTP before the time is over.
            let given_up = FailureKind::TimedOut == failure.kind
                || matches!(failure.kind, FailureKind::NotReached { stage: Stage::Answer, .. });
            assert!(given_up && !failure.is_lasting(), "{reply:?}: {failure:?}");
        });
    }
    all.join_all().await;
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_refusal_whose_words_trickle_is_told_in_time() {
    let receiver =
        Receiver::start(Reply::Trickle(b"HTTP/1.1 403 No\r\ncontent-length: 900\r\n\r\n".to_vec())).await;
    let slack = Slack::new(&receiver.url("/x")).unwrap();
    let begun = Instant::now();
    let failure = hasty().slack(&slack, &message(), &attempt()).await.unwrap_err();
    let (status, told) = refused(&failure);
    assert!(status == 403 && told.starts_with("xx"), "{failure:?}");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_port_without_a_listener_is_not_reached() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let slack = Slack::new(&format!("http://{address}/x")).unwrap();
    let failure = sender().slack(&slack, &message(), &attempt()).await.unwrap_err();
    assert!(matches!(failure.kind, FailureKind::NotReached { stage: Stage::Connect, .. }), "{failure:?}");
}

#[tokio::test]
async fn https_to_a_server_without_tls_is_not_reached() {
    let receiver = Receiver::start(answer(200, &[], b"")).await;
    let slack = Slack::new(&format!("https://{}/x", receiver.address)).unwrap();
    let failure = hasty().slack(&slack, &message(), &attempt()).await.unwrap_err();
    assert!(
        matches!(failure.kind, FailureKind::NotReached { stage: Stage::Tls, .. } | FailureKind::TimedOut),
        "{failure:?}"
    );
    assert!(receiver.requests().is_empty());
}

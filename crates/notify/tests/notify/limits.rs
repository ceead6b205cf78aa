//! Time limits before there is a connection, and what the environment may not change.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aitta_notify::{
    Addresses, Failure, FailureKind, Limits, Lookup, Mail, MailSettings, MailTls, Options, Sender, Slack,
    Stage,
};

use crate::mail::settings;
use crate::support::{MailServer, Manners, Receiver, Reply, attempt, message};

/// A look-up that never ends.
struct Silent;

impl Lookup for Silent {
    fn lookup(&self, _: &str) -> Addresses {
        Box::pin(std::future::pending())
    }
}

/// A sender that connects at once or not at all, and has all the time afterwards.
fn impatient() -> Sender {
    let limits = Limits {
        connect: Duration::from_millis(300),
        attempt: Duration::from_secs(60),
        mail: Duration::from_secs(60),
    };
    Sender::new(Options { limits, lookup: Arc::new(Silent), ..Options::default() }).unwrap()
}

async fn slack(url: &str) -> Failure {
    impatient().slack(&Slack::new(url).unwrap(), &message(), &attempt()).await.unwrap_err()
}

#[tokio::test]
async fn a_look_up_or_a_handshake_that_hangs_ends_with_the_limit_of_the_connection() {
    let begun = Instant::now();
    assert_eq!(slack("https://slow.test/").await.kind, FailureKind::TimedOut);
    assert_eq!(slack("http://slow.test/").await.kind, FailureKind::TimedOut);
    let receiver = Receiver::start(Reply::Hang).await;
    assert_eq!(slack(&format!("https://{}/", receiver.address)).await.kind, FailureKind::TimedOut);
    let server = MailServer::start(Manners::default()).await;
    for (host, tls, port) in [
        ("slow.test", MailTls::StartTls, server.address.port()),
        ("slow.test", MailTls::None, server.address.port()),
        ("127.0.0.1", MailTls::Implicit, receiver.address.port()),
    ] {
        let mail = Mail::new(MailSettings { host: host.to_owned(), port, tls, ..settings(&server) }).unwrap();
        let failure = impatient().mail(&mail, &message(), &attempt()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::TimedOut, "{host}");
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn headers_without_end_are_no_answer() {
    let mut flood = b"HTTP/1.1 200 OK\r\n".to_vec();
    flood.extend(b"x-more: and more\r\n".repeat(200_000));
    let receiver = Receiver::start(Reply::Bytes(flood)).await;
    let failure = slack(&receiver.url("/")).await;
    assert!(matches!(failure.kind, FailureKind::NotReached { stage: Stage::Answer, .. }), "{failure:?}");
}

#[tokio::test]
async fn a_delivery_can_be_a_task_of_its_own() {
    let server = MailServer::start(Manners::default()).await;
    let mail = Mail::new(settings(&server)).unwrap();
    let task = tokio::spawn(async move { impatient().mail(&mail, &message(), &attempt()).await });
    assert_eq!(task.await.unwrap().unwrap().status, 250);
}

#[test]
fn a_proxy_of_the_environment_is_not_asked() {
    // The variables are those of a process, so another one runs a test that delivers.
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "chats::a_message_arrives_as_each_chat_takes_it"]);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        child.env(name, "http://127.0.0.1:1");
    }
    let output = child.env_remove("no_proxy").env_remove("NO_PROXY").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

//! Mail with TLS: nothing is said in the clear, and nobody can put words in between.

use aitta_notify::{FailureKind, Login, Mail, MailSettings, MailTls, Secret, Sender, Slack, Stage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::mail::settings;
use crate::support::{MailServer, Manners, attempt, message, sender, sender_knowing, tls_config};

const PLAIN: &str = "AG9wcwByaWdodA==";

fn trusting() -> Sender {
    sender_knowing(&[("mail.test", &["127.0.0.1"]), ("other.test", &["127.0.0.1"])])
}

fn mail(server: &MailServer, host: &str, tls: MailTls) -> Mail {
    let login = Some(Login { user: "ops".to_owned(), password: Secret::from("right") });
    Mail::new(MailSettings { host: host.to_owned(), tls, login, ..settings(server) }).unwrap()
}

#[tokio::test]
async fn password_and_mail_follow_the_handshake() {
    for (tls, before) in
        [(MailTls::Implicit, vec![]), (MailTls::StartTls, vec!["EHLO [127.0.0.1]", "STARTTLS"])]
    {
        let implicit_tls = tls == MailTls::Implicit;
        let manners =
            Manners { implicit_tls, starttls: !implicit_tls, plain: Some(PLAIN), ..Manners::default() };
        let server = MailServer::start(manners).await;
        assert_eq!(
            trusting().mail(&mail(&server, "mail.test", tls), &message(), &attempt()).await.unwrap().status,
            250
        );
        let commands = server.commands();
        let after = commands.iter().position(|command| command == "TLS").unwrap();
        assert_eq!(commands[..after], before);
        assert_eq!(commands[after + 1], "EHLO [127.0.0.1]");
        assert!(commands[after + 2].starts_with("AUTH PLAIN "), "{commands:?}");
        assert_eq!(server.mails().len(), 1);
    }
}

#[tokio::test]
async fn a_server_without_starttls_gets_neither_password_nor_mail() {
    for manners in [
        Manners { plain: Some(PLAIN), ..Manners::default() },
        Manners {
            starttls: true,
            plain: Some(PLAIN),
            answers: vec![("STARTTLS", "454 not now")],
            ..Manners::default()
        },
    ] {
        let server = MailServer::start(manners).await;
        let failure = trusting()
            .mail(&mail(&server, "mail.test", MailTls::StartTls), &message(), &attempt())
            .await
            .unwrap_err();
        assert!(
            matches!(
                failure.kind,
                FailureKind::NotReached { stage: Stage::Tls, .. } | FailureKind::Refused { status: 454, .. }
            ),
            "{failure:?}"
        );
        assert!(!failure.is_lasting());
        assert!(
            !server
                .commands()
                .iter()
                .any(|command| command.starts_with("AUTH") || command.starts_with("MAIL"))
        );
    }
}

#[tokio::test]
async fn words_put_in_before_the_handshake_break_it() {
    let injected = "250-mail.test\r\n250 AUTH PLAIN\r\n235 welcome\r\n";
    let server =
        MailServer::start(Manners { starttls: true, injected, plain: Some(PLAIN), ..Manners::default() })
            .await;
    let failure = trusting()
        .mail(&mail(&server, "mail.test", MailTls::StartTls), &message(), &attempt())
        .await
        .unwrap_err();
    assert!(matches!(failure.kind, FailureKind::NotReached { stage: Stage::Tls, .. }), "{failure:?}");
    assert!(server.mails().is_empty());
}

#[tokio::test]
async fn a_certificate_of_a_stranger_or_for_another_name_is_not_trusted() {
    for (sender, host) in [(sender(), "localhost"), (trusting(), "other.test"), (trusting(), "127.0.0.1")] {
        let server = MailServer::start(Manners { implicit_tls: true, ..Manners::default() }).await;
        let failure =
            sender.mail(&mail(&server, host, MailTls::Implicit), &message(), &attempt()).await.unwrap_err();
        assert!(
            matches!(failure.kind, FailureKind::NotReached { stage: Stage::Tls, .. }),
            "{host}: {failure:?}"
        );
        assert!(server.commands().is_empty());
    }
}

#[tokio::test]
async fn https_is_checked_alike() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = TlsAcceptor::from(tls_config()).accept(stream).await {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
                let _ = stream.shutdown().await;
            }
        }
    });
    let to = |host: &str| Slack::new(&format!("https://{host}:{port}/x")).unwrap();
    assert_eq!(trusting().slack(&to("mail.test"), &message(), &attempt()).await.unwrap().status, 200);
    for (sender, host) in [(sender(), "localhost"), (trusting(), "other.test")] {
        let failure = sender.slack(&to(host), &message(), &attempt()).await.unwrap_err();
        assert!(
            matches!(failure.kind, FailureKind::NotReached { stage: Stage::Tls, .. }),
            "{host}: {failure:?}"
        );
    }
}

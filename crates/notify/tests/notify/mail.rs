//! Mail without TLS, and everything a server can answer.

use std::time::{Duration, Instant};

use aitta_notify::{Failure, FailureKind, Login, Mail, MailSettings, MailTls, Protocol, Secret, Stage};

use tokio::task::JoinSet;

use crate::support::{MailServer, Manners, attempt, hasty, message, sender, shown};

/// `\0ops\0right` in base64.
const RIGHT: &str = "AG9wcwByaWdodA==";

pub(crate) fn settings(server: &MailServer) -> MailSettings {
    MailSettings {
        host: server.address.ip().to_string(),
        port: server.address.port(),
        tls: MailTls::None,
        login: None,
        from: "Aitta <aitta@example.com>".to_owned(),
        to: vec!["ops@example.com".to_owned()],
    }
}

fn login(password: &str) -> Option<Login> {
    Some(Login { user: "ops".to_owned(), password: Secret::from(password) })
}

#[track_caller]
fn refused(failure: &Failure) -> (u16, &str) {
    match &failure.kind {
        FailureKind::Refused { protocol: Protocol::Smtp, status, told } => (*status, told),
        other => panic!("{other:?}"),
    }
}

async fn answered(command: &'static str, answer: &'static str) -> Failure {
    let server = MailServer::start(Manners { answers: vec![(command, answer)], ..Manners::default() }).await;
    let mail = Mail::new(settings(&server)).unwrap();
    // Nobody is in a hurry where there is an answer.
    let sender = if answer.is_empty() { hasty() } else { sender() };
    let failure = sender.mail(&mail, &message(), &attempt()).await.expect_err(command);
    assert!(command == "BODY" || server.mails().is_empty(), "{command}");
    failure
}

#[tokio::test]
async fn a_mail_is_handed_over_and_the_server_bidden_farewell() {
    let server = MailServer::start(Manners::default()).await;
    let mail = Mail::new(settings(&server)).unwrap();
    let delivered = sender().mail(&mail, &message(), &attempt()).await.unwrap();
    assert_eq!((delivered.status, delivered.left_out.len()), (250, 0));
    assert_eq!(
        server.commands(),
        ["EHLO [127.0.0.1]", "MAIL FROM:<aitta@example.com>", "RCPT TO:<ops@example.com>", "DATA", "QUIT"]
    );
    let mails = server.mails();
    assert!(mails.len() == 1 && mails[0].contains("Subject: Backup of shop failed\r\n"), "{mails:?}");
}

#[tokio::test]
async fn a_line_with_a_single_dot_does_not_end_the_mail() {
    let server = MailServer::start(Manners::default()).await;
    let mut message = message();
    message.lines = vec![".".to_owned(), ".hidden".to_owned(), "after".to_owned()];
    let mail = Mail::new(settings(&server)).unwrap();
    let _ = sender().mail(&mail, &message, &attempt()).await.unwrap();
    let mails = server.mails();
    assert!(
        mails[0].contains("\r\n..\r\n")
            && mails[0].contains("\r\n..hidden\r\n")
            && mails[0].contains("after")
    );
    assert_eq!(server.commands().last().unwrap(), "QUIT");
}

#[tokio::test]
async fn the_right_password_passes_and_a_wrong_one_is_lasting() {
    let server = MailServer::start(Manners { plain: Some(RIGHT), ..Manners::default() }).await;
    let right = Mail::new(MailSettings { login: login("right"), ..settings(&server) }).unwrap();
    let _ = sender().mail(&right, &message(), &attempt()).await.unwrap();
    assert_eq!(server.mails().len(), 1);
    let wrong = Mail::new(MailSettings { login: login("hunter2-wrong"), ..settings(&server) }).unwrap();
    let failure = sender().mail(&wrong, &message(), &attempt()).await.unwrap_err();
    assert_eq!(refused(&failure), (535, "5.7.8 wrong user or password"));
    assert!(failure.is_lasting());
    assert!(!shown(&failure).contains("hunter2") && !shown(&failure).contains("b3BzAGh1bnRlcj"));
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn a_login_that_the_server_does_not_offer_is_a_setting() {
    let server = MailServer::start(Manners::default()).await;
    let mail = Mail::new(MailSettings { login: login("right"), ..settings(&server) }).unwrap();
    let failure = sender().mail(&mail, &message(), &attempt()).await.unwrap_err();
    assert!(matches!(failure.kind, FailureKind::Misconfigured { .. }) && failure.is_lasting(), "{failure:?}");
    assert!(
        server.mails().is_empty() && !server.commands().iter().any(|command| command.starts_with("AUTH"))
    );
}

#[tokio::test]
async fn each_command_can_be_refused_and_5xx_lasts_where_4xx_passes() {
    for command in ["GREETING", "EHLO", "MAIL", "RCPT", "DATA", "BODY"] {
        let failure = answered(command, "550 5.7.1 no").await;
        assert_eq!(refused(&failure), (550, "5.7.1 no"), "{command}");
        assert!(failure.is_lasting(), "{command}");
        let failure = answered(command, "451-4.7.1 later\r\n451 please").await;
        assert_eq!(refused(&failure).0, 451, "{command}");
        assert!(!failure.is_lasting(), "{command}");
    }
}

#[tokio::test]
async fn one_recipient_who_is_refused_does_not_keep_the_mail_from_the_others() {
    let refusal = vec![("RCPT TO:<gone@example.com>", "550 5.1.1 no such user")];
    let server = MailServer::start(Manners { answers: refusal, ..Manners::default() }).await;
    let to = ["gone@example.com", "ops@example.com", "boss@example.com"].map(str::to_owned).to_vec();
    let mail = Mail::new(MailSettings { to, ..settings(&server) }).unwrap();
    let delivered = sender().mail(&mail, &message(), &attempt()).await.unwrap();
    assert_eq!(delivered.left_out.len(), 1);
    assert_eq!(delivered.left_out[0].address, "gone@example.com");
    assert_eq!(refused(&delivered.left_out[0].failure), (550, "5.1.1 no such user"));
    assert_eq!(server.mails().len(), 1);
    let to = vec!["gone@example.com".to_owned(); 2];
    let nobody = Mail::new(MailSettings { to, ..settings(&server) }).unwrap();
    assert_eq!(refused(&sender().mail(&nobody, &message(), &attempt()).await.unwrap_err()).0, 550);
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_in_time_wherever_it_hangs() {
    let begun = Instant::now();
    let mut all = JoinSet::new();
    for command in ["GREETING", "EHLO", "MAIL", "RCPT", "DATA", "BODY"] {
        all.spawn(async move {
            assert_eq!(answered(command, "").await.kind, FailureKind::TimedOut, "{command}");
        });
    }
    all.join_all().await;
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_server_that_does_not_part_has_the_mail_all_the_same() {
    let server = MailServer::start(Manners { answers: vec![("QUIT", "")], ..Manners::default() }).await;
    let mail = Mail::new(settings(&server)).unwrap();
    assert_eq!(sender().mail(&mail, &message(), &attempt()).await.unwrap().status, 250);
}

#[tokio::test]
async fn what_is_not_smtp_or_never_ends_is_no_answer() {
    let endless: &'static str = Box::leak("2".repeat(200_000).into_boxed_str());
    let lines: &'static str = Box::leak("250-x\r\n".repeat(50_000).into_boxed_str());
    for (command, answer) in
        [("GREETING", "HTTP/1.1 400 Bad Request"), ("GREETING", endless), ("EHLO", lines), ("MAIL", endless)]
    {
        let begun = Instant::now();
        let failure = answered(command, answer).await;
        assert!(begun.elapsed() < Duration::from_secs(10), "{command}");
        assert!(
            matches!(failure.kind, FailureKind::NotReached { stage: Stage::Answer, .. }),
            "{command}: {failure:?}"
        );
    }
}

#[tokio::test]
async fn escape_sequences_of_a_server_do_not_reach_a_terminal() {
    let failure = answered("MAIL", "550 \u{1b}[2J\u{1b}]0;x\u{7}no\u{202e}").await;
    assert_eq!(refused(&failure), (550, "no"));
}

#[test]
fn settings_that_cannot_be_right_are_refused() {
    let good = || MailSettings {
        host: "mail.example.com".to_owned(),
        port: 465,
        tls: MailTls::Implicit,
        login: None,
        from: "aitta@example.com".to_owned(),
        to: vec!["Ops, Team <ops@example.com>".to_owned()],
    };
    assert!(
        Mail::new(MailSettings { to: vec!["\"Ops, Team\" <ops@example.com>".to_owned()], ..good() }).is_ok()
    );
    let from =
        |from: &str| MailSettings { from: from.to_owned(), to: vec!["a@example.com".to_owned()], ..good() };
    let host =
        |host: &str| MailSettings { host: host.to_owned(), to: vec!["a@example.com".to_owned()], ..good() };
    let mut wrong = vec![
        MailSettings { to: Vec::new(), ..good() },
        MailSettings { to: vec!["a@example.com".to_owned(); 101], ..good() },
        MailSettings {
            login: Some(Login { user: "a\0b".to_owned(), password: Secret::from("x") }),
            ..from("a@b.example")
        },
    ];
    let addresses = [
        "",
        "aitta",
        "a@",
        "a b@example.com",
        "a@example.com\r\nBcc: x@example.com",
        "Name\r\nBcc: x <a@example.com>",
        "a@example.com>\r\nRCPT TO:<x@example.com",
        "ä@example.com",
        "a@exämple.com",
    ];
    wrong.extend(addresses.map(from));
    wrong.extend(
        ["", "mail example", "mail.example.com/path", "mail\r\n.example", "https://mail.example.com"]
            .map(host),
    );
    for settings in wrong {
        let told = format!("{settings:?}");
        let failure = Mail::new(settings).expect_err(&told);
        assert!(matches!(failure.kind, FailureKind::Misconfigured { .. }), "{told}: {failure:?}");
    }
}

//! Addresses that nothing is sent to, however they are written.

use aitta_notify::{Failure, FailureKind, Mail, MailSettings, MailTls, Ping, Slack, Stage, Teams, Webhook};

use crate::support::{Receiver, answer, attempt, message, sender_knowing};

#[track_caller]
fn refused(url: &str) -> Failure {
    let failure = Webhook::new(url, None).expect_err(url);
    assert!(Slack::new(url).is_err() && Teams::new(url).is_err() && Ping::new(url).is_err(), "{url}");
    assert!(failure.is_lasting(), "{url}");
    failure
}

#[test]
fn metadata_services_are_refused_in_every_notation() {
    for host in [
        "169.254.169.254",
        "169.254.169.254.",
        "2852039166",
        "0xa9fea9fe",
        "0xA9.0xFE.0xA9.0xFE",
        "0251.0376.0251.0376",
        "0251.254.0xa9.254",
        "169.254.43518",
        "169.16689662",
        "%31%36%39.254.169.254",
        "１６９.254.169.254",
        "169。254。169。254",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        "[0:0:0:0:0:ffff:a9fe:a9fe]",
        "[::a9fe:a9fe]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b::169.254.169.254]",
        "[2002:a9fe:a9fe::1]",
        "[fd00:ec2::254]",
        "[fd00:0ec2:0:0:0:0:0:254]",
        "[fe80::a9fe:a9fe]",
        "100.100.100.200",
        "0.0.0.0",
        "0",
        "[::]",
        "224.0.0.1",
        "[ff02::1]",
        "255.255.255.255",
    ] {
        for scheme in ["http", "https"] {
            let failure = refused(&format!("{scheme}://{host}/latest/meta-data"));
            assert!(matches!(failure.kind, FailureKind::Forbidden { .. }), "{scheme}://{host}: {failure:?}");
        }
    }
}

#[test]
fn http_goes_to_private_addresses_only_and_https_everywhere() {
    for host in ["8.8.8.8", "[2606:4700::1111]", "172.32.0.1", "100.64.0.1", "134744072"] {
        let failure = refused(&format!("http://{host}/"));
        assert!(matches!(failure.kind, FailureKind::Forbidden { .. }), "{failure:?}");
        assert_eq!(failure.hint, Some("use TLS"));
        assert!(Webhook::new(&format!("https://{host}/"), None).is_ok(), "{host}");
    }
    for host in ["127.0.0.1", "[::1]", "10.1.2.3", "172.16.0.1", "192.168.1.1", "[fd12::1]", "2130706433"] {
        assert!(Webhook::new(&format!("http://{host}:8080/"), None).is_ok(), "{host}");
    }
}

#[test]
fn what_is_no_address_of_a_receiver_is_refused() {
    for url in [
        "",
        "hooks.slack.com/services/x",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://",
        "https://user@example.com/",
        "https://user:pass@example.com/",
        "https://:pass@example.com/",
        "https://example.com/#part",
        "https://example.com/#",
        "https://exa\tmple.com/",
        "https://example.com/\nx",
        "https://[fe80::1%25eth0]/",
        "https://example.com:99999/",
    ] {
        let failure = refused(url);
        assert!(matches!(failure.kind, FailureKind::Misconfigured { .. }), "{url}: {failure:?}");
        assert!(failure.hint.is_some(), "{url}");
    }
}

#[tokio::test]
async fn a_name_that_means_a_forbidden_address_is_refused_before_a_connection() {
    let sender = sender_knowing(&[
        ("metadata.test", &["169.254.169.254"]),
        ("mapped.test", &["::ffff:169.254.169.254", "fd00:ec2::254"]),
        ("public.test", &["8.8.8.8"]),
    ]);
    for url in [
        "http://metadata.test/",
        "https://metadata.test/",
        "https://METADATA.test/",
        "http://mapped.test/",
        "https://mapped.test/",
        "http://public.test/",
    ] {
        let slack = Slack::new(url).unwrap();
        let failure = sender.slack(&slack, &message(), &attempt()).await.unwrap_err();
        assert!(matches!(failure.kind, FailureKind::Forbidden { .. }), "{url}: {failure:?}");
        assert!(failure.is_lasting());
    }
    let slack = Slack::new("https://unknown.test/").unwrap();
    let failure = sender.slack(&slack, &message(), &attempt()).await.unwrap_err();
    assert!(matches!(failure.kind, FailureKind::NotReached { stage: Stage::Dns, .. }), "{failure:?}");
    assert!(!failure.is_lasting());
}

#[tokio::test]
async fn a_name_with_good_and_bad_addresses_reaches_the_good_one() {
    let receiver = Receiver::start(answer(200, &[], b"")).await;
    let sender = sender_knowing(&[("lan.test", &["64:ff9b::7f00:1", "169.254.169.254", "127.0.0.1"])]);
    let slack = Slack::new(&format!("http://lan.test:{}/x", receiver.address.port())).unwrap();
    assert_eq!(sender.slack(&slack, &message(), &attempt()).await.unwrap().status, 200);
    assert_eq!(receiver.request().header("host"), Some(&*format!("lan.test:{}", receiver.address.port())));
}

fn mail(host: &str, tls: MailTls) -> Result<Mail, Failure> {
    Mail::new(MailSettings {
        host: host.to_owned(),
        port: 25,
        tls,
        login: None,
        from: "aitta@example.com".to_owned(),
        to: vec!["ops@example.com".to_owned()],
    })
}

#[tokio::test]
async fn mail_goes_to_no_forbidden_address_and_without_tls_only_to_this_machine() {
    for host in
        ["169.254.169.254", "2852039166", "0xa9fea9fe", "::ffff:169.254.169.254", "fe80::1", "[fe80::1]"]
    {
        for tls in [MailTls::Implicit, MailTls::StartTls, MailTls::None] {
            let failure = mail(host, tls).unwrap_err();
            assert!(matches!(failure.kind, FailureKind::Forbidden { .. }), "{host}: {failure:?}");
        }
    }
    for host in ["192.168.1.1", "8.8.8.8"] {
        assert!(mail(host, MailTls::StartTls).is_ok() && mail(host, MailTls::Implicit).is_ok());
        assert!(
            matches!(mail(host, MailTls::None).unwrap_err().kind, FailureKind::Forbidden { .. }),
            "{host}"
        );
    }
    let sender = sender_knowing(&[("metadata.test", &["169.254.169.254"]), ("lan.test", &["192.168.1.1"])]);
    for (host, tls) in [
        ("metadata.test", MailTls::Implicit),
        ("metadata.test", MailTls::StartTls),
        ("lan.test", MailTls::None),
    ] {
        let failure = sender.mail(&mail(host, tls).unwrap(), &message(), &attempt()).await.unwrap_err();
        assert!(matches!(failure.kind, FailureKind::Forbidden { .. }), "{host}: {failure:?}");
    }
}

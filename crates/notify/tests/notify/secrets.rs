//! No address beyond scheme and host, and no password, in anything that is shown.

use aitta_notify::{
    Login, Mail, MailSettings, MailTls, Message, Ping, Secret, Signal, SigningSecret, Slack, Teams, Webhook,
};

use crate::support::{Receiver, Reply, answer, attempt, hasty, shown};

const HIDDEN: [&str; 6] =
    ["T0SECRET", "hunter2", "sigSECRET", "C2FVsBQIhrscChlQIMV", "userSECRET", "fragSECRET"];

#[track_caller]
fn hides(text: &str) {
    for hidden in HIDDEN {
        assert!(!text.contains(hidden), "{hidden} in {text}");
        assert!(!text.to_lowercase().contains(&hidden.to_lowercase()), "{hidden} in {text}");
    }
}

#[test]
fn channels_show_scheme_and_host_alone() {
    let url = "https://hooks.example.com:8443/services/T0SECRET?sig=sigSECRET";
    let secret = SigningSecret::parse("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
    let webhook = Webhook::new(url, Some(secret.clone())).unwrap();
    let login = Login { user: "ops".to_owned(), password: Secret::from("hunter2") };
    let settings = MailSettings {
        host: "mail.example.com".to_owned(),
        port: 465,
        tls: MailTls::Implicit,
        login: Some(login.clone()),
        from: "a@example.com".to_owned(),
        to: vec!["b@example.com".to_owned()],
    };
    let all = [
        format!("{webhook:?} {webhook:#?}"),
        format!("{:?}", Slack::new(url).unwrap()),
        format!("{:?}", Teams::new(url).unwrap()),
        format!("{:?}", Ping::new(url).unwrap()),
        format!("{secret:?} {login:?} {settings:?} {:?}", Mail::new(settings.clone()).unwrap()),
        format!("{:?} {:?}", hasty(), aitta_notify::Options::default()),
    ];
    all.iter().for_each(|text| hides(text));
    assert!(all[0].contains("https://hooks.example.com"));
}

#[test]
fn settings_that_are_refused_are_not_repeated() {
    for url in [
        "https://userSECRET:hunter2@example.com/T0SECRET",
        "https://example.com/T0SECRET#fragSECRET",
        "http://169.254.169.254/T0SECRET?sigSECRET",
        "ftp://example.com/T0SECRET",
        "T0SECRET",
        "https://exa mple/T0SECRET",
        "https://T0SECRET\u{0}/",
    ] {
        hides(&shown(&Slack::new(url).expect_err(url)));
    }
}

#[tokio::test]
async fn failures_show_scheme_and_host_alone() {
    for reply in [
        Reply::Close,
        Reply::Hang,
        Reply::Bytes(b"nonsense\r\n\r\n".to_vec()),
        answer(404, &[], b"no"),
        answer(302, &["location: https://other.example/T0SECRET?x=sigSECRET"], b""),
        answer(302, &["location: //T0.example/sigSECRET"], b""),
    ] {
        let receiver = Receiver::start(reply.clone()).await;
        let url = receiver.url("/services/T0SECRET?sig=sigSECRET");
        let slack = Slack::new(&url).unwrap();
        let failure = hasty().slack(&slack, &Message::default(), &attempt()).await.unwrap_err();
        hides(&shown(&failure));
        assert_eq!(failure.place, "http://127.0.0.1");
        let ping = Ping::new(&url).unwrap();
        let run = "018f2c1e-7d3a-7c11-9c5e-0123456789ab";
        hides(&shown(&hasty().ping(&ping, Signal::Fail, run, "", attempt().now()).await.unwrap_err()));
    }
    // Nobody listens, nobody knows the name, nobody trusts: errors of the system may hold more than ours.
    for url in [
        "http://127.0.0.1:1/T0SECRET?sigSECRET",
        "https://name.invalid/T0SECRET",
        "https://127.0.0.1:1/T0SECRET",
    ] {
        let failure =
            hasty().slack(&Slack::new(url).unwrap(), &Message::default(), &attempt()).await.unwrap_err();
        hides(&shown(&failure));
    }
}

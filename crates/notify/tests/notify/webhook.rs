//! Webhooks: the bytes that are sent are the bytes that are signed.

use aitta_notify::{Attempt, FailureKind, SigningSecret, Webhook};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::support::{Receiver, Reply, answer, attempt, sender};

/// HMAC-SHA256 as RFC 2104 writes it down, apart from the code under test.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    assert!(key.len() <= 64);
    let pad = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
}

#[tokio::test]
async fn the_published_vectors_of_standard_webhooks_come_out() {
    // Of the reference libraries of github.com/standard-webhooks/standard-webhooks, and of Svix, who wrote the first.
    for (secret, id, at, body, signature) in [
        (
            "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            1_649_367_553,
            r#"{"email":"test@example.com","username":"test_user"}"#,
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
        ),
        (
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
    ] {
        let receiver = Receiver::start(answer(204, &[], b"")).await;
        let webhook =
            Webhook::new(&receiver.url("/hook"), Some(SigningSecret::parse(secret).unwrap())).unwrap();
        let attempt = Attempt::new(id, jiff::Timestamp::from_second(at).unwrap()).unwrap();
        let delivered = sender().webhook(&webhook, body, &attempt).await.unwrap();
        let request = receiver.request();
        assert_eq!(delivered.status, 204);
        assert_eq!(request.line, "POST /hook HTTP/1.1");
        assert_eq!(request.body, body.as_bytes());
        assert_eq!(request.header("webhook-id"), Some(id));
        assert_eq!(request.header("webhook-timestamp"), Some(&*at.to_string()));
        assert_eq!(request.header("webhook-signature"), Some(signature));
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert_eq!(request.header("content-length"), Some(&*body.len().to_string()));
    }
}

#[tokio::test]
async fn the_signature_is_over_the_bytes_that_arrive_whatever_they_are() {
    let receiver = Receiver::start(answer(200, &[], b"")).await;
    let key: Vec<u8> = (0..64).collect();
    let secret = SigningSecret::parse(&format!("whsec_{}", STANDARD.encode(&key))).unwrap();
    let webhook = Webhook::new(&receiver.url("/"), Some(secret)).unwrap();
    let bodies: [&[u8]; 4] =
        [b"", b"{ \"b\" : 1,\r\n\"a\":\t2 }", "{\"ä\":\"\u{1F512}\"}".as_bytes(), &[0, 255, 46, 10]];
    for body in bodies {
        let _ = sender().webhook(&webhook, Bytes::copy_from_slice(body), &attempt()).await.unwrap();
        let request = receiver.requests().pop().unwrap();
        assert_eq!(request.body, body);
        let mut signed = b"run-17_failed.1796054400.".to_vec();
        signed.extend(&request.body);
        let expected = format!("v1,{}", STANDARD.encode(hmac(&key, &signed)));
        assert_eq!(request.header("webhook-signature"), Some(&*expected));
    }
}

#[tokio::test]
async fn without_a_secret_nothing_is_signed() {
    let receiver = Receiver::start(answer(200, &[], b"")).await;
    let webhook = Webhook::new(&receiver.url("/a/b?c=d&e=%20f"), None).unwrap();
    let _ = sender().webhook(&webhook, "{}", &attempt()).await.unwrap();
    let request = receiver.request();
    assert_eq!(request.line, "POST /a/b?c=d&e=%20f HTTP/1.1");
    assert_eq!(request.header("webhook-signature"), None);
    assert_eq!(request.header("webhook-id"), Some("run-17_failed"));
    for header in ["referer", "authorization", "cookie", "accept-encoding"] {
        assert_eq!(request.header(header), None);
    }
}

#[tokio::test]
async fn a_receiver_that_closes_gets_no_second_copy() {
    let receiver = Receiver::start(Reply::Close).await;
    let webhook = Webhook::new(&receiver.url("/"), None).unwrap();
    let sender = sender();
    for _ in 0..2 {
        assert!(sender.webhook(&webhook, "{}", &attempt()).await.is_err());
    }
    assert_eq!(receiver.requests().len(), 2);
}

#[test]
fn a_secret_that_is_too_short_or_malformed_is_refused() {
    let written = |length: usize| format!("whsec_{}", STANDARD.encode(vec![7; length]));
    for length in [24, 32, 64] {
        assert!(SigningSecret::parse(&written(length)).is_ok(), "{length}");
    }
    let (short, long) = (written(23), written(65));
    for text in [&*short, &*long, "", "whsec_", "whsec_!!!!", "C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "whpk_C2FV"]
    {
        let failure = SigningSecret::parse(text).unwrap_err();
        assert!(matches!(failure.kind, FailureKind::Misconfigured { .. }), "{text}");
        assert!(text.len() < 8 || !format!("{failure} {failure:?}").contains(text), "{text}");
    }
}

proptest! {
    #[test]
    fn an_id_holds_nothing_that_moves_the_limits_of_what_is_signed(id in "[a-z0-9_.\r\n -]{0,12}") {
        let plain = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        prop_assert_eq!(Attempt::new(id, jiff::Timestamp::UNIX_EPOCH).is_ok(), plain);
    }
}

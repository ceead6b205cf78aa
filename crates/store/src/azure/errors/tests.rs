#![expect(clippy::unwrap_used, reason = "tests")]

use azure_core::http::headers::Headers;
use azure_core::http::{RawResponse, StatusCode};

use super::*;

const NOW: &str = "2026-11-25T12:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn answered(status: u16, code: &'static str, date: &'static str, body: &str) -> azure_core::Error {
    let mut headers = Headers::new();
    headers.insert("x-ms-error-code", code);
    headers.insert("x-ms-request-id", "3a1c");
    headers.insert("date", date);
    let status = StatusCode::from(status);
    let raw = RawResponse::from_bytes(status, headers, body.as_bytes().to_vec());
    let kind = ErrorKind::HttpResponse {
        status,
        error_code: Some(code.to_owned()),
        raw_response: Some(Box::new(raw)),
    };
    azure_core::Error::from(kind)
}

fn kind(status: u16, code: &'static str) -> StoreErrorKind {
    read(&answered(status, code, "Wed, 25 Nov 2026 12:00:01 GMT", ""), now(), None).kind
}

#[test]
fn codes_are_read_by_meaning() {
    let expected = [
        (404, "BlobNotFound", StoreErrorKind::NotFound),
        (404, "ContainerNotFound", StoreErrorKind::StoreMissing),
        (404, "ResourceNotFound", StoreErrorKind::StoreMissing),
        (409, "BlobAlreadyExists", StoreErrorKind::AlreadyExists),
        (409, "BlobImmutableDueToPolicy", StoreErrorKind::Locked),
        (409, "BlobImmutableDueToLegalHold", StoreErrorKind::Locked),
        (412, "LeaseIdMissing", StoreErrorKind::Locked),
        (403, "AuthenticationFailed", StoreErrorKind::WrongCredentials),
        (401, "NoAuthenticationInformation", StoreErrorKind::WrongCredentials),
        (403, "AuthorizationPermissionMismatch", StoreErrorKind::Denied),
        (403, "AuthorizationFailure", StoreErrorKind::Denied),
        (403, "InsufficientAccountPermissions", StoreErrorKind::Denied),
        (403, "KeyBasedAuthenticationNotPermitted", StoreErrorKind::Denied),
        (503, "ServerBusy", StoreErrorKind::Unreachable),
        (500, "InternalError", StoreErrorKind::Unreachable),
        (502, "", StoreErrorKind::Unreachable),
        (416, "InvalidRange", StoreErrorKind::Other),
        (412, "ConditionNotMet", StoreErrorKind::Other),
    ];
    for (status, code, meaning) in expected {
        assert_eq!(kind(status, code), meaning, "{status} {code}");
    }
}

#[test]
fn refusals_over_time_are_told_from_wrong_keys() {
    let body = |detail: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>AuthenticationFailed</Code>\
             <Message>Server failed to authenticate the request.\nRequestId:3a1c</Message>\
             <AuthenticationErrorDetail>{detail}</AuthenticationErrorDetail></Error>"
        )
    };
    let punctual = "Wed, 25 Nov 2026 12:10:00 GMT";
    let read_with = |date, detail: &str, expiry: Option<&str>| {
        let error = answered(403, "AuthenticationFailed", date, &body(detail));
        read(&error, now(), expiry.map(|text| text.parse().unwrap())).kind
    };
    let signature = "The MAC signature found in the HTTP request is not the same as any computed signature.";
    assert_eq!(read_with(punctual, signature, None), StoreErrorKind::WrongCredentials);
    let old = "Request date header too old: 'Wed, 25 Nov 2026 11:00:00 GMT'";
    assert_eq!(read_with(punctual, old, None), StoreErrorKind::ClockSkew);
    let late = "Wed, 25 Nov 2026 12:15:02 GMT";
    assert_eq!(read_with(late, signature, None), StoreErrorKind::ClockSkew);
    let ended = "Signed expiry time [Tue, 24 Nov 2026 12:00:00 GMT] must be after signed start time";
    assert_eq!(read_with(punctual, ended, None), StoreErrorKind::ExpiredCredentials);
    let yesterday = Some("2026-11-24T12:00:00Z");
    assert_eq!(read_with(punctual, signature, yesterday), StoreErrorKind::ExpiredCredentials);
    let tomorrow = Some("2026-11-26T12:00:00Z");
    assert_eq!(read_with(punctual, signature, tomorrow), StoreErrorKind::WrongCredentials);
}

#[test]
fn text_holds_code_and_request_but_no_signature() {
    let body = "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>InvalidUri</Code>\
        <Message>no such thing as ?sv=1&amp;sig=c2VjcmV0&amp;se=2 here.\nTime:now</Message></Error>";
    let error = answered(400, "InvalidUri", "Wed, 25 Nov 2026 12:00:01 GMT", body);
    let failure = read(&error, now(), None);
    assert_eq!(failure.to_string(), "InvalidUri: no such thing as ?sv=1&sig=***&se=2 here (request 3a1c)");
    assert!(!format!("{failure:?}").contains("c2VjcmV0"));
}

/// The message of the HTTP client ends with the whole URL.
#[tokio::test]
async fn url_of_a_failed_request_is_not_shown() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    let url = format!("http://{closed}/a/c?sv=1&sig=c2VjcmV0");
    let source = reqwest::Client::new().get(url).send().await.unwrap_err();
    assert!(source.to_string().contains("c2VjcmV0"), "else this test shows nothing");
    let error = azure_core::Error::with_error(ErrorKind::Connection, source, "failed to execute request")
        .with_context("retry policy expired");
    let failure = read(&error, now(), None);
    assert_eq!(failure.kind, StoreErrorKind::Unreachable);
    assert!(failure.text.contains("refused"), "{}", failure.text);
    assert!(!failure.text.contains("sig"), "{}", failure.text);
}

//! Codes: right ones, each for one time.

use super::*;
use crate::mfa::codes::Seed;

/// RFC 6238, appendix B, SHA-1. There with 8 digits, of which 6 are the last.
#[test]
fn the_codes_are_those_of_the_rfc() {
    let seed: Secret = Secret::from(b"12345678901234567890".to_vec());
    #[derive(serde::Deserialize)]
    struct One(#[serde(deserialize_with = "Seed::load")] Seed);
    let One(seed) = serde_json::from_value(seed.to_base32().into()).unwrap();
    let totp = seed.totp("me@host").unwrap();
    for (seconds, code) in [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ] {
        assert_eq!(totp.generate(seconds).to_string(), code[2..], "{seconds}");
        assert_eq!(totp.check(&code[2..], seconds), Some(seconds / 30));
    }
}

#[tokio::test]
async fn an_enrolment_shows_one_secret_in_four_ways() {
    let bench = Bench::new();
    let context = bench.context().await;
    let shown = begin(&context).await.unwrap();
    assert_eq!(shown.secret.len(), 32, "160 bits");
    let parameters: std::collections::BTreeMap<_, _> =
        url::Url::parse(&shown.uri).unwrap().query_pairs().into_owned().collect();
    assert_eq!(parameters["secret"], shown.secret);
    assert_eq!(parameters["issuer"], "Aitta");
    assert!(shown.uri.starts_with("otpauth://totp/Aitta:"), "{}", shown.uri);
    assert!(shown.qr_svg.contains("<svg"), "{}", shown.qr_svg);
    assert!(shown.qr_text.lines().count() > 20, "{}", shown.qr_text);
    assert!(!format!("{shown:?}").contains(&shown.secret));
    let again = begin(&context).await.unwrap();
    assert_ne!(shown.secret, again.secret);
    // Only the last one that was begun counts, and nothing before it is confirmed.
    assert_eq!(status(&context).await.unwrap().enrolled, None);
    let old = first(&Phone::with(&shown.secret), &bench.clock, None);
    assert_eq!(code_of(confirm(&context, old).await), ErrorCode::MfaWrong);
    let codes = confirm(&context, first(&Phone::with(&again.secret), &bench.clock, None)).await.unwrap();
    assert_eq!(codes.codes.len(), 10);
    let state = status(&context).await.unwrap();
    assert_eq!((state.enrolled, state.recovery_codes_left), (Some(bench.now()), 10));
    assert_eq!(trail(&context, "mfa_enroll").await[0].0, "succeeded");
}

#[tokio::test]
async fn an_enrolment_waits_an_hour_for_its_first_code() {
    let bench = Bench::new();
    let context = bench.context().await;
    let none = ConfirmMfaRequest { code: MfaCode::new("123456"), mfa: None, reason: None };
    let error = error_of(confirm(&context, none).await);
    assert_eq!(error.code(), ErrorCode::ConfigInvalid);
    assert!(error.hint().contains("aitta mfa enroll"), "{}", error.hint());
    let phone = Phone::with(&begin(&context).await.unwrap().secret);
    bench.clock.advance(Duration::from_secs(3601));
    let late = confirm(&context, first(&phone, &bench.clock, None)).await;
    assert_eq!(code_of(late), ErrorCode::ConfigInvalid);
}

#[tokio::test]
async fn without_an_enrolment_nothing_is_asked_unless_it_must_be() {
    let bench = Bench::new();
    let context = bench.context().await;
    assert_eq!(without(&context, Guarded::Restore).await.unwrap(), "none is set up");
    let always = require(&context, Guarded::Keys, Demand::Always, None).await;
    let error = error_of(always);
    assert_eq!(error.code(), ErrorCode::MfaRequired);
    assert!(error.hint().contains("aitta mfa enroll"), "{}", error.hint());
    let strict = bench.process(Profile { mfa_required: true, ..bench.profile() }).await;
    assert_eq!(code_of(without(&strict, Guarded::Restore).await), ErrorCode::MfaRequired);
    // The way out still works.
    let phone = Phone::with(&begin(&strict).await.unwrap().secret);
    confirm(&strict, first(&phone, &bench.clock, None)).await.unwrap();
    assert!(status(&strict).await.unwrap().required);
}

#[tokio::test]
async fn a_code_opens_once_and_within_one_step() {
    let bench = Bench::new();
    let (context, phone, _) = bench.enrol().await;
    assert_eq!(code_of(without(&context, Guarded::Restore).await), ErrorCode::MfaRequired);
    let code = bench.code(&phone);
    assert_eq!(
        restore(&context, &code).await.unwrap(),
        "code of the authenticator (second factor written 2)"
    );
    let replay = error_of(restore(&context, &code).await);
    assert_eq!(replay.code(), ErrorCode::MfaWrong);
    assert_eq!(replay.to_string(), "this code was used before");
    // In another process, too.
    let error = error_of(restore(&bench.context().await, &code).await);
    assert_eq!(error.to_string(), "this code was used before");

    bench.clock.advance(Duration::from_secs(300));
    let late = phone.code_at(bench.back(60));
    assert_eq!(code_of(restore(&context, &late).await), ErrorCode::MfaWrong);
    restore(&context, &phone.code_at(bench.back(30))).await.unwrap();
    restore(&context, &bench.code(&phone)).await.unwrap();
    restore(&context, &phone.code_at(bench.back(-30))).await.unwrap();
    let older = error_of(restore(&context, &bench.code(&phone)).await);
    assert_eq!(older.to_string(), "a later code than this one was used before");
    assert_eq!(code_of(restore(&context, &phone.code_at(bench.back(-60))).await), ErrorCode::MfaWrong);

    // Each refusal is in the trail, without its code.
    let refused = trail(&context, "mfa_refused").await;
    assert_eq!(refused.len(), 5, "{refused:?}");
    assert!(refused.iter().all(|(outcome, note)| outcome == "mfa_wrong" && !note.contains(code.expose())));
}

#[tokio::test]
async fn the_code_that_enrolled_is_used_up() {
    let bench = Bench::new();
    let context = bench.context().await;
    let phone = Phone::with(&begin(&context).await.unwrap().secret);
    let request = first(&phone, &bench.clock, None);
    let code = request.code.clone();
    confirm(&context, request).await.unwrap();
    assert_eq!(error_of(restore(&context, &code).await).to_string(), "this code was used before");
}

#[tokio::test]
async fn a_clock_that_is_set_back_opens_nothing() {
    let bench = Bench::new();
    let (context, phone, codes) = bench.enrol().await;
    restore(&context, &bench.code(&phone)).await.unwrap();
    bench.clock.set(bench.back(3600));
    // Never shown before, and right for the hour that the clock claims.
    let error = error_of(restore(&context, &bench.code(&phone)).await);
    assert_eq!(error.code(), ErrorCode::MfaWrong);
    assert!(error.to_string().contains("is 60 min behind the last code that was accepted"), "{error}");
    assert!(error.hint().contains("recovery code"), "{}", error.hint());
    // Back by one step only, a code of that step is one from before the last.
    bench.clock.set(bench.back(-3570));
    assert_eq!(code_of(restore(&context, &bench.code(&phone)).await), ErrorCode::MfaWrong);
    restore(&context, &MfaCode::new(&codes.codes[0])).await.unwrap();
}

#[tokio::test]
async fn each_recovery_code_opens_once() {
    let bench = Bench::new();
    let (context, _, codes) = bench.enrol().await;
    for (i, code) in codes.codes.iter().enumerate() {
        assert_eq!(code.len(), 19, "80 bits in groups: {code}");
        // As somebody types it who reads it from paper.
        let typed = if i % 2 == 0 { code.to_lowercase().replace('-', " ") } else { code.replace('O', "0") };
        let note = restore(&context, &MfaCode::new(typed)).await.unwrap();
        assert!(note.starts_with(&format!("recovery code {} of 10, {} left", i + 1, 9 - i)), "{note}");
        assert_eq!(note.contains("aitta mfa codes"), 9 - i <= 3, "{note}");
        assert_eq!(code_of(restore(&context, &MfaCode::new(code)).await), ErrorCode::MfaWrong);
        restore_counts(&context, 1).await;
    }
    assert_eq!(status(&context).await.unwrap().recovery_codes_left, 0);
}

async fn restore_counts(context: &Context, failures: u32) {
    assert_eq!(status(context).await.unwrap().failures, failures);
}

#[tokio::test]
async fn new_recovery_codes_end_the_old_ones() {
    let bench = Bench::new();
    let (context, phone, old) = bench.enrol().await;
    let no_reason =
        ChangeMfaRequest { change: MfaChange::NewCodes, mfa: Some(bench.code(&phone)), reason: None };
    assert_eq!(code_of(change(&context, no_reason).await), ErrorCode::ReasonMissing);
    // The code was not used up by that.
    let new = changed(&context, MfaChange::NewCodes, bench.code(&phone)).await.unwrap().codes.unwrap();
    assert_eq!(code_of(restore(&context, &MfaCode::new(&old.codes[0])).await), ErrorCode::MfaWrong);
    restore(&context, &MfaCode::new(&new.codes[9])).await.unwrap();
}

#[tokio::test]
async fn a_new_authenticator_needs_the_old_one_too() {
    let bench = Bench::new();
    let (context, old, codes) = bench.enrol().await;
    let new = Phone::with(&begin(&context).await.unwrap().secret);
    let error = error_of(confirm(&context, first(&new, &bench.clock, None)).await);
    assert_eq!(error.code(), ErrorCode::MfaRequired);
    assert!(error.hint().contains("--old"), "{}", error.hint());
    let wrong = Some(MfaCode::new("not it"));
    assert_eq!(code_of(confirm(&context, first(&new, &bench.clock, wrong)).await), ErrorCode::MfaWrong);
    restore(&context, &bench.code(&old)).await.unwrap();
    let lost_phone = Some(MfaCode::new(&codes.codes[4]));
    confirm(&context, first(&new, &bench.clock, lost_phone)).await.unwrap();
    bench.next();
    assert_eq!(code_of(restore(&context, &bench.code(&old)).await), ErrorCode::MfaWrong);
    assert_eq!(code_of(restore(&context, &MfaCode::new(&codes.codes[5])).await), ErrorCode::MfaWrong);
    restore(&context, &bench.code(&new)).await.unwrap();
    assert!(trail(&context, "mfa_enroll").await[0].1.contains("recovery code 5 of 10"));
}

#[tokio::test]
async fn it_is_removed_with_a_code_and_a_reason() {
    let bench = Bench::new();
    let (context, phone, _) = bench.enrol().await;
    let none = ChangeMfaRequest { change: MfaChange::Remove, mfa: None, reason: Some("drill".to_owned()) };
    assert_eq!(code_of(change(&context, none).await), ErrorCode::MfaRequired);
    let removed = changed(&context, MfaChange::Remove, bench.code(&phone)).await.unwrap();
    assert_eq!(removed.status.enrolled, None);
    assert_eq!(without(&context, Guarded::Delete).await.unwrap(), "none is set up");
    assert_eq!(
        code_of(changed(&context, MfaChange::NewCodes, bench.code(&phone)).await),
        ErrorCode::MfaRequired
    );
    // And set up anew, without the one that is gone.
    bench.next();
    let (context, phone, _) = bench.enrol().await;
    restore(&context, &bench.code(&phone)).await.unwrap();
}

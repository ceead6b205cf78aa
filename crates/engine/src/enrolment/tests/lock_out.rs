//! Wrong codes in a row.

use super::*;
use crate::mfa::check::lock_out;

#[test]
fn the_lock_out_grows_up_to_an_hour() {
    let minutes = |failures| lock_out(failures).map(|time| time.as_secs() / 60);
    assert_eq!([0, 4].map(minutes), [None, None]);
    assert_eq!([5, 6, 7, 8, 9, 10].map(minutes), [1, 2, 4, 8, 16, 32].map(Some));
    assert_eq!([11, 12, 68, 69, 70, u32::MAX].map(minutes), [Some(60); 6]);
}

fn wrong(bench: &Bench, phone: &Phone) -> MfaCode {
    let right = bench.code(phone);
    let digit = if right.expose().starts_with('0') { "1" } else { "0" };
    MfaCode::new(format!("{digit}{}", &right.expose()[1..]))
}

#[tokio::test]
async fn after_five_failures_nothing_is_accepted_for_a_while() {
    let bench = Bench::new();
    let (context, phone, codes) = bench.enrol().await;
    for failure in 1..=5 {
        let error = error_of(restore(&context, &wrong(&bench, &phone)).await);
        assert_eq!(error.code(), ErrorCode::MfaWrong);
        assert_eq!(status(&context).await.unwrap().failures, failure);
        // The failure that begins the lock-out says so, and until when.
        let says_so = error.to_string().contains("every code is refused until 2026-11-25 10:01:35 UTC");
        assert_eq!(says_so, failure == 5, "{error}");
        let hint =
            error.hint().contains("wait until then") && error.hint().contains("recovery codes are refused");
        assert_eq!(hint, failure == 5, "{}", error.hint());
    }
    let until = status(&context).await.unwrap().locked_until.unwrap();
    assert_eq!(until.duration_since(bench.now()).as_secs(), 60);
    // Neither the right code, nor a recovery code, nor for another process.
    let error = error_of(restore(&context, &bench.code(&phone)).await);
    assert_eq!(error.code(), ErrorCode::MfaLocked);
    assert!(error.to_string().contains("until 2026-11-25 10:01:35 UTC"), "{error}");
    let context = bench.context().await;
    assert_eq!(code_of(restore(&context, &MfaCode::new(&codes.codes[0])).await), ErrorCode::MfaLocked);
    // What is refused then does not count.
    assert_eq!(status(&context).await.unwrap().failures, 5);
    bench.clock.set(until);
    assert_eq!(code_of(restore(&context, &MfaCode::new("ABCD-EFGH-IJKL-MNOP")).await), ErrorCode::MfaWrong);
    let until = status(&context).await.unwrap().locked_until.unwrap();
    assert_eq!(until.duration_since(bench.now()).as_secs(), 120, "twice as long");
    bench.clock.set(until);
    restore(&context, &bench.code(&phone)).await.unwrap();
    let after = status(&context).await.unwrap();
    assert_eq!((after.failures, after.locked_until), (0, None));
    let refused = trail(&context, "mfa_refused").await;
    assert_eq!(refused.iter().filter(|(outcome, _)| outcome == "mfa_locked").count(), 2);
    assert_eq!(refused.len(), 8);
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_a_lock_out_no_longer() {
    let bench = Bench::new();
    let (context, phone, codes) = bench.enrol().await;
    for _ in 0..5 {
        code_of(restore(&context, &wrong(&bench, &phone)).await);
    }
    bench.clock.set(bench.back(86_400));
    assert_eq!(code_of(restore(&context, &MfaCode::new(&codes.codes[0])).await), ErrorCode::MfaLocked);
    bench.clock.advance(Duration::from_secs(60));
    restore(&context, &MfaCode::new(&codes.codes[0])).await.unwrap();
}

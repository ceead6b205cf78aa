//! What is allowed without a person: exceptions, and what a profile is exempt from.

use aitta_store::StoreConfig;

use super::*;

fn for_restores(days: u32) -> MfaChange {
    MfaChange::AddException {
        name: "nightly".to_owned(),
        profile: "shop".to_owned(),
        operations: vec![Guarded::Restore],
        days,
    }
}

async fn with_exception(bench: &Bench) -> (Context, Phone, MfaCode) {
    let (context, phone, _) = bench.enrol().await;
    let made = changed(&context, for_restores(30), bench.code(&phone)).await.unwrap();
    bench.next();
    assert_eq!(made.status.exceptions[0].name, "nightly");
    (context, phone, MfaCode::new(made.token.unwrap()))
}

#[tokio::test]
async fn a_token_stands_in_for_what_it_is_for() {
    let bench = Bench::new();
    let (context, phone, token) = with_exception(&bench).await;
    for written in [4, 5] {
        let said = format!("exception \"nightly\" (second factor written {written})");
        assert_eq!(restore(&context, &token).await.unwrap(), said);
    }
    assert_eq!(status(&context).await.unwrap().exceptions[0].last_used, Some(bench.now()));
    let delete = require(&context, Guarded::Delete, Demand::WhenEnrolled, Some(&token)).await;
    assert_eq!(code_of(delete), ErrorCode::MfaWrong);
    let itself = changed(&context, for_restores(366), token.clone()).await;
    assert_eq!(code_of(itself), ErrorCode::ConfigInvalid, "the name is taken");
    let codes = error_of(changed(&context, MfaChange::NewCodes, token.clone()).await);
    assert_eq!(codes.code(), ErrorCode::MfaWrong, "never for the second factor itself");
    assert!(codes.hint().contains("no exception is for this"), "{}", codes.hint());

    // A machine with an old token doesn't lock people out.
    for _ in 0..9 {
        assert_eq!(code_of(restore(&context, &MfaCode::new("aitta_mfa_00")).await), ErrorCode::MfaWrong);
    }
    assert_eq!(status(&context).await.unwrap().failures, 0);

    let end = MfaChange::RemoveException { name: "nightly".to_owned() };
    changed(&context, end.clone(), bench.code(&phone)).await.unwrap();
    bench.next();
    assert_eq!(code_of(restore(&context, &token).await), ErrorCode::MfaWrong);
    assert_eq!(code_of(changed(&context, end, bench.code(&phone)).await), ErrorCode::ConfigInvalid);
    let entries = trail(&context, "mfa_change").await;
    assert!(entries.iter().all(|(_, note)| !note.contains(token.expose())));
}

/// The question for a code names what would be accepted, and nothing else.
#[tokio::test]
async fn a_token_is_offered_only_where_one_is_accepted() {
    let bench = Bench::new();
    let (context, ..) = bench.enrol().await;
    let request =
        ChangeMfaRequest { change: MfaChange::Remove, mfa: None, reason: Some("routine".to_owned()) };
    let error = error_of(change(&context, request).await);
    assert_eq!(error.code(), ErrorCode::MfaRequired);
    assert!(error.hint().contains("recovery codes"), "{}", error.hint());
    assert!(!error.hint().contains("AITTA_MFA_TOKEN"), "{}", error.hint());
    let error = error_of(without(&context, Guarded::Restore).await);
    assert!(error.hint().contains("AITTA_MFA_TOKEN"), "{}", error.hint());
}

#[tokio::test]
async fn a_token_is_for_one_profile_at_one_place() {
    let bench = Bench::new();
    let (context, _, token) = with_exception(&bench).await;
    let other_name = Profile { name: "other".to_owned(), ..bench.profile() };
    let url = DatabaseUrl::new(format!("sqlite:{}", bench.path("other.db")));
    let other_database = Profile { database_url: Some(url), ..bench.profile() };
    let store = StoreConfig::Local { dir: bench.path("other-store").into() };
    let other_store = Profile { store, ..bench.profile() };
    for profile in [other_name, other_database, other_store] {
        let error = error_of(restore(&bench.process(profile).await, &token).await);
        assert_eq!(error.code(), ErrorCode::MfaWrong);
        assert!(error.to_string().contains("is for the profile shop"), "{error}");
    }
    let into = async |target: String| {
        let (guarded, demand) = (Guarded::Restore, Demand::WhenEnrolled);
        require_for_target(&context, guarded, demand, &target, Some(&token)).await
    };
    assert_eq!(code_of(into(bench.path("other.db")).await), ErrorCode::MfaWrong);
    into(bench.path("shop.db")).await.unwrap();
}

#[tokio::test]
async fn a_token_ends() {
    let bench = Bench::new();
    let (context, phone, token) = with_exception(&bench).await;
    bench.clock.advance(Duration::from_secs(30 * 86_400 - 60));
    restore(&context, &token).await.unwrap();
    bench.clock.advance(Duration::from_secs(60));
    let error = error_of(restore(&context, &token).await);
    assert!(error.to_string().contains("ended on 2026-12-25"), "{error}");
    bench.clock.set(bench.back(86_400));
    let error = error_of(restore(&context, &token).await);
    assert!(error.to_string().contains("clock"), "a clock set back does not bring it back: {error}");
    bench.clock.advance(Duration::from_secs(90_000));
    for days in [0, 367] {
        let what = MfaChange::AddException {
            name: "long".to_owned(),
            profile: "shop".to_owned(),
            operations: vec![Guarded::Restore],
            days,
        };
        assert_eq!(code_of(changed(&context, what, bench.code(&phone)).await), ErrorCode::ConfigInvalid);
    }
    for (operations, profile) in
        [(vec![Guarded::Mfa], "shop"), (vec![], "shop"), (vec![Guarded::Restore], "other")]
    {
        let what = MfaChange::AddException {
            name: "no".to_owned(),
            profile: profile.to_owned(),
            operations,
            days: 1,
        };
        assert_eq!(code_of(changed(&context, what, bench.code(&phone)).await), ErrorCode::ConfigInvalid);
    }
}

#[tokio::test]
async fn a_profile_is_exempt_at_its_own_place_only() {
    let bench = Bench::new();
    let (context, phone, _) = bench.enrol().await;
    let policy = |guarded: Vec<Guarded>| MfaChange::Policy { profile: "shop".to_owned(), guarded };
    let MfaStatus { guarded, .. } =
        changed(&context, policy(vec![Guarded::Delete]), bench.code(&phone)).await.unwrap().status;
    bench.next();
    assert_eq!(guarded, [Guarded::Delete, Guarded::Keys, Guarded::Mfa]);
    assert_eq!(without(&context, Guarded::Restore).await.unwrap(), "the profile is exempt");
    for guarded in [Guarded::Delete, Guarded::Keys, Guarded::Mfa] {
        assert_eq!(code_of(without(&context, guarded).await), ErrorCode::MfaRequired);
    }
    // Its archives into somebody else's database.
    let (guarded, demand) = (Guarded::Restore, Demand::WhenEnrolled);
    let into = require_for_target(&context, guarded, demand, &bench.path("production.db"), None).await;
    assert_eq!(code_of(into), ErrorCode::MfaRequired);
    // A made-up profile of the same name, and one of another name with the same database.
    let url = DatabaseUrl::new(format!("sqlite:{}", bench.path("production.db")));
    let made_up = Profile { database_url: Some(url), ..bench.profile() };
    let other_name = Profile { name: "other".to_owned(), ..bench.profile() };
    for profile in [made_up, other_name] {
        let context = bench.process(profile).await;
        assert_eq!(code_of(without(&context, Guarded::Restore).await), ErrorCode::MfaRequired);
        assert_eq!(status(&context).await.unwrap().guarded, Guarded::ALL);
    }
    changed(&context, policy(Guarded::ALL.to_vec()), bench.code(&phone)).await.unwrap();
    assert_eq!(code_of(without(&context, Guarded::Restore).await), ErrorCode::MfaRequired);
}

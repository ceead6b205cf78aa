//! The rules of what makes itself.

use super::*;

fn rules(profile: &Profile) -> Vec<(Duty, &str, &str)> {
    profile.others.iter().map(|(duty, rule)| (*duty, rule.pattern(), rule.zone())).collect()
}

#[test]
fn each_duty_has_a_rule_by_itself_and_all_share_the_time_zone() {
    let place =
        place("[profile.default]\ntime_zone = \"Europe/Helsinki\"\nprune_schedule = \"15 * * * *\"\n", &[]);
    let profile = load(&place.inputs).unwrap();
    let zone = "Europe/Helsinki";
    assert_eq!(
        rules(&profile),
        [
            (Duty::Prune, "15 * * * *", zone),
            (Duty::Verify, "0 4 1 * *", zone),
            (Duty::Trail, "30 3 1 * *", zone)
        ]
    );
}

#[test]
fn a_rule_that_is_off_is_left_out_and_the_environment_wins() {
    let file = "[profile.default]\nverify_schedule = \"off\"\ntrail_schedule = \"off\"\n";
    let place = place(file, &[("BACKUP_TRAIL_SCHEDULE", "0 6 * * *"), ("BACKUP_PRUNE_SCHEDULE", "off")]);
    let profile = load(&place.inputs).unwrap();
    assert_eq!(rules(&profile), [(Duty::Trail, "0 6 * * *", "UTC")]);
    let report = check(&place.inputs);
    let told = |name: &str| report.effective.iter().find(|e| e.name == name).map(|e| e.value.clone());
    assert_eq!(told("prune_schedule").flatten().as_deref(), Some("off"));
}

#[test]
fn a_rule_that_is_none_is_told_with_its_name() {
    let broken = place("[profile.default]\nprune_schedule = \"0 25 * * *\"\n", &[]);
    let error = load(&broken.inputs).unwrap_err();
    assert_eq!(error.code(), ErrorCode::ConfigInvalid);
    assert!(
        error.failure().message.contains("prune_schedule is no cron expression"),
        "{}",
        error.failure().message
    );
    let variable = place("", &[("BACKUP_VERIFY_SCHEDULE", "never")]);
    let error = load(&variable.inputs).unwrap_err();
    assert!(error.failure().message.contains("BACKUP_VERIFY_SCHEDULE"), "{}", error.failure().message);
}

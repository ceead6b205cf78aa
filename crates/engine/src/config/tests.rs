#![expect(clippy::unwrap_used, reason = "tests")]

use aitta_model::ConfigFinding;
use proptest::prelude::*;

use super::*;

struct Place {
    dir: tempfile::TempDir,
    inputs: Inputs,
}

/// A folder of its own with a file of this text, and these variables.
fn place(file: &str, variables: &[(&str, &str)]) -> Place {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().to_str().unwrap().to_owned();
    let mut environment: BTreeMap<String, OsString> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    environment.entry("AITTA_DATA_DIR".to_owned()).or_insert_with(|| format!("{home}/data").into());
    let path = dir.path().join("aitta.toml");
    std::fs::write(&path, file).unwrap();
    let inputs = Inputs { profile: None, file: Some(path), environment, folder: dir.path().join("work") };
    Place { dir, inputs }
}

fn chosen(mut place: Place, profile: &str) -> Place {
    place.inputs.profile = Some(profile.to_owned());
    place
}

fn url(profile: &Profile) -> &str {
    profile.database_url.as_ref().unwrap().expose()
}

const TWO: &str = r#"
[profile.default]
database = "postgres://file@h/default"
retention_days = 7

[profile.shop]
database = "postgres://file@h/shop"
store = { type = "local", dir = "shop-backups" }
"#;

#[test]
fn without_anything_the_defaults_count() {
    let place = place("", &[]);
    let profile = load(&place.inputs).unwrap();
    assert_eq!(profile.name, "default");
    assert_eq!(profile.store, StoreConfig::Local { dir: place.dir.path().join("work/backups") });
    assert!(profile.create_store);
    assert_eq!((profile.retention_days, profile.auto_backup), (30, false));
    assert_eq!(profile.data_dir, place.dir.path().join("data"));
    assert_eq!(profile.database().unwrap_err().code(), ErrorCode::ConfigInvalid);
}

#[test]
fn the_environment_wins_over_the_default_profile_of_the_file() {
    let place = place(
        TWO,
        &[
            ("DATABASE_URL", "sqlite:/data/a.db"),
            ("BACKUP_LOCAL_DIR", "elsewhere"),
            ("ENABLE_AUTO_BACKUP", "true"),
        ],
    );
    let profile = load(&place.inputs).unwrap();
    assert_eq!(url(&profile), "sqlite:/data/a.db");
    assert_eq!(profile.store, StoreConfig::Local { dir: place.dir.path().join("work/elsewhere") });
    assert!(!profile.create_store, "a folder that was named is never made");
    assert_eq!((profile.retention_days, profile.auto_backup), (7, true));
}

#[test]
fn a_profile_chosen_by_name_wins_over_the_environment() {
    let variables = [
        ("DATABASE_URL", "postgres://environment@h/other"),
        ("BACKUP_LOCAL_DIR", "/elsewhere"),
        ("BACKUP_RETENTION_DAYS", "3"),
    ];
    let place = chosen(place(TWO, &variables), "shop");
    let profile = load(&place.inputs).unwrap();
    assert_eq!(url(&profile), "postgres://file@h/shop");
    assert_eq!(profile.store, StoreConfig::Local { dir: place.dir.path().join("shop-backups") });
    assert_eq!(profile.retention_days, 3, "the environment fills what the profile leaves open");
    let report = check(&place.inputs);
    let origin = |name: &str| report.effective.iter().find(|e| e.name == name).unwrap().origin.clone();
    assert_eq!(origin("profile"), "command line");
    assert!(origin("database").ends_with("aitta.toml, line 7"), "{}", origin("database"));
    assert_eq!(origin("retention_days"), "environment BACKUP_RETENTION_DAYS");
    assert_eq!(origin("auto_backup"), "default");
    assert_eq!(origin("pg_bin_dir"), "not set");
}

#[test]
fn an_unknown_profile_lists_those_there_are() {
    let error = load(&chosen(place(TWO, &[]), "shpo").inputs).unwrap_err();
    assert_eq!(error.code(), ErrorCode::ConfigInvalid);
    assert_eq!(error.hint(), "choose one of: default, shop");
    let error = load(&place("[profile.a]\n[profile.b]\n", &[]).inputs).unwrap_err();
    assert_eq!(error.hint(), "choose one with --profile: a, b");
    assert!(load(&place("[profile.a]\n", &[("DATABASE_URL", "sqlite:/a.db")]).inputs).is_ok());
}

#[test]
fn what_is_wrong_in_the_file_is_told_with_its_line() {
    let cases = [
        ("[profile.default]\ndatabase = 5\n", 2, "database is of the type integer"),
        ("[profile.default]\n\nretention_days = 0\n", 3, "retention_days is no number of days"),
        ("[profile.default]\nretention_days = \"30\"\n", 2, "retention_days is of the type string"),
        ("[profile.default]\nretention_day = 30\n", 2, "there is no setting \"retention_day\""),
        ("[profile.default]\nauto_backup = 1\n", 2, "auto_backup is of the type integer"),
        ("[profile.default]\ndatabase = \"mysql://u:hunter2@h/db\"\n", 2, "names no database"),
        ("[profile.default]\nstore = \"/srv\"\n", 2, "store is of the type string"),
        ("[profile.default.store]\ntype = \"ftp\"\n", 2, "store.type is \"ftp\""),
        (
            "[profile.default]\nstore = { type = \"local\",\n  dri = \"/srv\" }\n",
            3,
            "there is no setting \"dri\"",
        ),
        ("# first\n[profiles.default]\n", 2, "there is no setting \"profiles\""),
        ("[profile.default]\ndatabase = \n", 2, "this is not TOML"),
        ("[profile.default]\ndatabase = \"sqlite:/a.db\nretention_days = 30\n", 2, "this is not TOML"),
        ("[profile.default]\ndatabase = 'sqlite:/a.db\n\n[profile.b]\n", 2, "this is not TOML"),
        ("[profile.default]\ndatabase = \"sqlite:/a.db", 2, "this is not TOML"),
        ("[profile.default]\ndatabase = \"\"\"sqlite:/a.db\nretention_days = 30\n", 2, "this is not TOML"),
        ("[profile.default]\nrpo_minutes = 0\n", 2, "rpo_minutes is no number from 1 to"),
        ("[profile.default]\n\nrto_minutes = \"30\"\n", 3, "rto_minutes is of the type string"),
        ("[profile.default]\nstorage_alert_percent = 101\n", 2, "is no number from 1 to 100"),
        ("[profile.default]\npassword = \"hunter2\"\n", 2, "password is not \"keychain\""),
        ("[profile.default]\nencryption_key = \"00\"\n", 2, "there is no setting \"encryption_key\""),
    ];
    for (text, line, message) in cases {
        let place = place(text, &[]);
        let report = check(&place.inputs);
        let finding = report.findings.iter().find(|f| f.line == Some(line));
        assert!(finding.is_some_and(|f| f.message.contains(message)), "{text}: {:?}", report.findings);
        assert!(report.is_blocked());
        let error = load(&place.inputs).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ConfigInvalid);
        assert!(error.to_string().contains(&format!("line {line}: ")), "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

#[test]
fn a_variable_that_a_chosen_profile_overrides_is_told() {
    let set = [("DATABASE_URL", "sqlite:/env.db"), ("BACKUP_RETENTION_DAYS", "5")];
    let told = |place: &Place| -> Vec<(Option<u64>, String)> {
        let report = check(&place.inputs);
        assert!(!report.is_blocked(), "{:?}", report.findings);
        let findings = report.findings.into_iter();
        findings.filter(|f| f.message.contains("is set, but")).map(|f| (f.line, f.message)).collect()
    };
    let chosen = chosen(place(TWO, &set), "shop");
    // The profile says nothing of the days, so they come from the environment.
    let message = "DATABASE_URL is set, but the chosen profile counts".to_owned();
    assert_eq!(told(&chosen), [(Some(7), message)]);
    assert_eq!(told(&place(TWO, &set)), []);
}

#[test]
fn a_mistake_in_another_profile_is_told_but_does_not_stop_this_one() {
    let text = format!("{TWO}[profile.broken]\ndatabase = 1\n");
    let place = chosen(place(&text, &[]), "shop");
    load(&place.inputs).unwrap();
    let report = check(&place.inputs);
    assert!(report.is_blocked());
    assert!(report.findings[0].message.starts_with("profile broken: "), "{:?}", report.findings);
}

#[test]
fn what_is_wrong_in_the_environment_is_told_by_name() {
    for (name, value) in [
        ("DATABASE_URL", "hunter2"),
        ("BACKUP_STORAGE_TYPE", "tape"),
        ("BACKUP_RETENTION_DAYS", "many"),
        ("BACKUP_RETENTION_DAYS", "0"),
        ("ENABLE_AUTO_BACKUP", "perhaps"),
        ("BACKUP_RPO_MINUTES", "an hour"),
        ("BACKUP_KEY_DAYS", "0"),
    ] {
        let error = load(&place("", &[(name, value)]).inputs).unwrap_err();
        assert!(error.to_string().starts_with(name), "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

#[test]
fn what_is_aimed_for_is_set_by_file_and_environment() {
    let file = "[profile.default]\nrpo_minutes = 1440\nrto_minutes = 45\n[profile.shop]\nrpo_minutes = 5\n";
    let place = place(file, &[("BACKUP_RTO_MINUTES", "15"), ("BACKUP_STORAGE_ALERT_PERCENT", "90")]);
    let targets = load(&place.inputs).unwrap().targets;
    assert_eq!((targets.rpo_s, targets.rto_s), (86_400, 900));
    assert_eq!((targets.baseline_s, targets.key_days), (300, 90), "the defaults");
    assert!((targets.storage_alert - 0.9).abs() < 1e-9);
    assert_eq!(load(&chosen(place, "shop").inputs).unwrap().targets.rpo_s, 300);
    assert_eq!(Targets::default().rpo_s, 3600);
}

#[test]
fn the_keychain_is_asked_only_for_the_database_of_the_file() {
    let file = "[profile.default]\ndatabase = \"postgres://me@h/shop\"\npassword = \"keychain\"\n";
    assert!(load(&place(file, &[]).inputs).unwrap().password_in_keychain);
    let other = [("DATABASE_URL", "postgres://me@h/other")];
    assert!(!load(&place(file, &other).inputs).unwrap().password_in_keychain);
}

#[test]
fn a_store_of_another_build_is_known_by_name() {
    let profile = load(&place("", &[("BACKUP_STORAGE_TYPE", "s3")]).inputs).unwrap();
    assert_eq!(profile.store, StoreConfig::Unsupported { kind: "s3".to_owned() });
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let mut place = place("", &[]);
    place.inputs.file = Some("/nowhere/aitta.toml".into());
    let error = load(&place.inputs).unwrap_err();
    assert!(error.to_string().contains("/nowhere/aitta.toml"), "{error}");
    place.inputs.file = None;
    load(&place.inputs).unwrap();
}

#[cfg(unix)]
#[test]
fn a_password_in_a_file_that_others_may_read_is_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let place = place("[profile.default]\ndatabase = \"postgres://u:hunter2@h/db\"\n", &[]);
    let warned = |mode| {
        let path = place.inputs.file.as_ref().unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        let is_it = |f: &ConfigFinding| f.line == Some(2) && f.message.contains("password");
        check(&place.inputs).findings.iter().any(is_it)
    };
    assert!(warned(0o644));
    assert!(!warned(0o600));
}

proptest! {
    #[test]
    fn a_check_never_tells_a_secret(
        password in "[A-Za-z0-9]{4}[A-Za-z0-9/@:?#%=!]{8,20}[A-Za-z0-9]{4}",
        key in "[0-9a-f]{64}|[0-9a-z]{20,70}",
        form in 0..4,
    ) {
        let password = format!("Geheim{password}");
        let database = match form {
            0 => format!("postgres://user:{password}@host:5432/db?sslmode=require"),
            1 => format!("postgres:///db?host=/tmp&password={password}&user=u"),
            2 => format!("user:{password}@host/db"),
            _ => format!("mysql://user:{password}@host/db"),
        };
        let file = format!("[profile.default]\ndatabase = {database:?}\n");
        for place in [
            place(&file, &[("BACKUP_ENCRYPTION_KEY", &key)]),
            place("", &[("BACKUP_ENCRYPTION_KEY", &key), ("DATABASE_URL", &database)]),
        ] {
            let told = format!("{:?} {:?}", check(&place.inputs), load(&place.inputs));
            // Any eight characters of a secret are too many.
            for secret in [&password, &key] {
                let letters: Vec<char> = secret.chars().collect();
                for part in letters.windows(8) {
                    let part: String = part.iter().collect();
                    prop_assert!(!told.contains(&part), "{part} in {told}");
                }
            }
        }
    }
}

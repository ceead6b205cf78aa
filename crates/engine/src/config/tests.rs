#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use aitta_model::ConfigFinding;
use aitta_store::{Checksums, S3Config, ServerEncryption};
use proptest::prelude::*;

use super::*;

mod rules;

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
    let inputs = Inputs {
        profile: None,
        file: Some(path),
        environment,
        folder: dir.path().join("work"),
        keychain: std::sync::Arc::new(aitta_keys::NoKeychain),
    };
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
    assert_eq!((profile.retention.days, profile.auto_backup), (30, false));
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
    assert_eq!((profile.retention.days, profile.auto_backup), (7, true));
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
    assert_eq!(profile.retention.days, 3, "the environment fills what the profile leaves open");
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
        ("[profile.default]\ntable_loss_ignore = \"Session\"\n", 2, "a list of tables such as"),
        ("[profile.default]\n\ntable_loss_ignore = [\"Session\", 7]\n", 3, "is of the type integer"),
        ("[profile.default]\ntable_loss_ignore = [\" \"]\n", 2, "table_loss_ignore has a name that is empty"),
        ("[profile.default]\npassword = \"hunter2\"\n", 2, "password is not \"keychain\""),
        ("[profile.default]\nencryption_key = \"00\"\n", 2, "there is no setting \"encryption_key\""),
    ];
    for (text, line, message) in cases {
        let place = place(text, &[]);
        let report = check(&place.inputs);
        let finding = report.findings.iter().find(|f| f.line == Some(line));
        assert!(finding.is_some_and(|f| f.message.contains(message)), "{text}: {:?}", report.findings);
        // It is named, if wrongly, and said once.
        if message == "names no database" {
            let unnamed = report.findings.iter().find(|f| f.message.contains("no database is named"));
            assert!(unnamed.is_none(), "{:?}", report.findings);
        }
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
        ("BACKUP_TABLE_LOSS_IGNORE", "Session,,Job"),
    ] {
        let error = load(&place("", &[(name, value)]).inputs).unwrap_err();
        assert!(error.to_string().starts_with(name), "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

#[test]
fn tables_that_nobody_is_asked_about_are_named_and_shown() {
    let file = "[profile.default]\ntable_loss_ignore = [\"Session\", \"queue.a, b\"]\n[profile.shop]\n";
    let of = |place: &Place| load(&place.inputs).unwrap().table_loss_ignore;
    assert_eq!(of(&place(file, &[])), ["Session", "queue.a, b"]);
    assert_eq!(of(&place(file, &[("BACKUP_TABLE_LOSS_IGNORE", "Job, queue.job")])), ["Job", "queue.job"]);
    assert!(of(&chosen(place(file, &[]), "shop")).is_empty());
    let report = check(&place(file, &[]).inputs);
    let shown = report.effective.iter().find(|value| value.name == "table_loss_ignore").unwrap();
    assert_eq!(shown.value.as_deref(), Some("Session, queue.a, b"));
    assert!(shown.origin.contains("line 2"), "{}", shown.origin);
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

fn s3(profile: &Profile) -> &S3Config {
    match &profile.store {
        StoreConfig::S3(config) => config,
        other => panic!("{other:?}"),
    }
}

fn refusal(place: &Place) -> Error {
    let error = load(&place.inputs).unwrap_err();
    assert_eq!(error.code(), ErrorCode::ConfigInvalid);
    error
}

/// Else a key could be destroyed because the bucket whose archives need it is not there.
#[test]
fn only_the_default_folder_may_be_missing_before_the_first_backup() {
    let missing = Error::new(ErrorCode::StoreMissing, "it is not there", "look for it");
    let s3 = [("BACKUP_STORAGE_TYPE", "s3"), ("S3_BACKUP_BUCKET", "shop-backups")];
    let cases: [(&[(&str, &str)], bool); 3] =
        [(&[], true), (&[("BACKUP_LOCAL_DIR", "/srv/backups")], false), (&s3, false)];
    for (variables, awaits) in cases {
        let profile = load(&place("", variables).inputs).unwrap();
        assert_eq!(profile.awaits_first_backup(&missing), awaits, "{variables:?}");
        let denied = Error::new(ErrorCode::StoreDenied, "it is closed", "open it");
        assert!(!profile.awaits_first_backup(&denied));
    }
}

/// A SAS would be sent as it is, and whoever stands in between could hold archives back.
#[test]
fn a_store_on_another_machine_is_spoken_to_by_tls_unless_somebody_says_otherwise() {
    let connection =
        "DefaultEndpointsProtocol=http;AccountName=shop;AccountKey=Zm9v;EndpointSuffix=example.com";
    let stores: [&[(&'static str, &str)]; 3] = [
        &[
            ("BACKUP_STORAGE_TYPE", "s3"),
            ("S3_BACKUP_BUCKET", "shop"),
            ("BACKUP_STORE_ENDPOINT", "http://10.0.0.3:9000"),
        ],
        &[
            ("BACKUP_STORAGE_TYPE", "azure"),
            ("AZURE_STORAGE_ACCOUNT", "shop"),
            ("AZURE_CONTAINER", "backups"),
            ("BACKUP_STORE_ENDPOINT", "http://blob.example.com/shop"),
        ],
        &[
            ("BACKUP_STORAGE_TYPE", "azure"),
            ("AZURE_CONTAINER", "backups"),
            ("AZURE_STORAGE_CONNECTION_STRING", connection),
        ],
    ];
    for variables in stores {
        let error = load(&place("", variables).inputs).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ConfigInvalid, "{error}");
        assert!(error.to_string().contains("without encryption"), "{error}");
        assert!(error.hint().contains("https://"), "{}", error.hint());
        let said = [variables, &[("BACKUP_PLAIN_HTTP", "true")]].concat();
        load(&place("", &said).inputs).unwrap();
        let unsaid = [variables, &[("BACKUP_PLAIN_HTTP", "false")]].concat();
        assert!(load(&place("", &unsaid).inputs).is_err());
    }
    let here = [
        ("BACKUP_STORAGE_TYPE", "s3"),
        ("S3_BACKUP_BUCKET", "shop"),
        ("BACKUP_STORE_ENDPOINT", "http://127.0.0.1:9000"),
    ];
    load(&place("", &here).inputs).unwrap();
}

#[test]
fn the_variables_of_aws_make_a_store() {
    let kind = ("BACKUP_STORAGE_TYPE", "s3");
    let plain = load(&place("", &[kind, ("S3_BACKUP_BUCKET", "shop-backups")]).inputs).unwrap();
    let expected = S3Config {
        bucket: "shop-backups".to_owned(),
        region: "eu-north-1".to_owned(),
        prefix: String::new(),
        endpoint: None,
        path_style: false,
        checksums: Checksums::Always,
        encryption: ServerEncryption::Bucket,
        storage_class: None,
        plain_http: false,
    };
    assert_eq!((s3(&plain), &plain.login), (&expected, &StoreLogin::Unsaid));
    let place_of_all = place(
        "",
        &[
            kind,
            ("S3_BACKUP_BUCKET", "shop-backups"),
            ("AWS_REGION", "eu-central-1"),
            ("BACKUP_STORE_PREFIX", "/aitta/shop/"),
            ("BACKUP_STORE_ENDPOINT", "https://s3.example.com:9000"),
            ("S3_PATH_STYLE", "true"),
            ("S3_CHECKSUMS", "when-required"),
            ("S3_ENCRYPTION", "sse-kms:alias/aitta"),
            ("S3_STORAGE_CLASS", "STANDARD_IA"),
            ("BACKUP_STORE_QUOTA_GB", "500"),
        ],
    );
    let all = load(&place_of_all.inputs).unwrap();
    let config = s3(&all);
    assert_eq!((config.prefix.as_str(), config.path_style), ("aitta/shop/", true));
    assert_eq!(config.encryption, ServerEncryption::Kms("alias/aitta".to_owned()));
    assert_eq!(config.checksums, Checksums::WhenRequired);
    assert_eq!(all.quota_bytes, Some(500_000_000_000));
    let told: Vec<String> = check(&place_of_all.inputs)
        .effective
        .iter()
        .filter(|value| value.name.starts_with("store."))
        .map(|value| format!("{} = {} ({})", value.name, value.value.as_deref().unwrap_or(""), value.origin))
        .collect();
    assert!(told.contains(&"store.region = eu-central-1 (environment AWS_REGION)".to_owned()), "{told:?}");
    assert!(!told.iter().any(|line| line.contains("store.dir")), "{told:?}");
}

#[test]
fn what_a_store_lacks_is_told_with_its_variable() {
    let none = place("", &[("BACKUP_STORAGE_TYPE", "s3")]);
    assert!(refusal(&none).hint().contains("S3_BACKUP_BUCKET"));
    let none = place("", &[("BACKUP_STORAGE_TYPE", "azure"), ("AZURE_CONTAINER", "backups")]);
    assert!(refusal(&none).hint().contains("AZURE_STORAGE_ACCOUNT"));
    for (variable, wrong) in [
        ("S3_BACKUP_BUCKET", "Shop"),
        ("AWS_REGION", "Stockholm!"),
        ("BACKUP_STORE_PREFIX", "a/../b"),
        ("BACKUP_STORE_ENDPOINT", "s3.example.com"),
        ("BACKUP_STORE_ENDPOINT", "https://user:pass@s3.example.com"),
        ("S3_PATH_STYLE", "yes"),
        ("S3_CHECKSUMS", "never"),
        ("S3_ENCRYPTION", "sse-kms:"),
        ("S3_STORAGE_CLASS", "DEEP_ARCHIVE"),
        ("BACKUP_STORE_QUOTA_GB", "0"),
        ("BACKUP_RESIDENCY", "FI"),
    ] {
        let wrong =
            place("", &[("BACKUP_STORAGE_TYPE", "s3"), ("S3_BACKUP_BUCKET", "b-1"), (variable, wrong)]);
        let error = load(&wrong.inputs).err().unwrap_or_else(|| panic!("{variable} is taken"));
        assert!(error.to_string().contains(variable), "{error}");
    }
}

#[test]
fn a_file_describes_a_container() {
    let file = r#"
[profile.default]
store = { type = "azure", account = "shopbackups", container = "aitta", credentials = "keychain", tier = "Cool" }
"#;
    let profile = load(&place(file, &[]).inputs).unwrap();
    let StoreConfig::Azure(config) = &profile.store else { panic!("{:?}", profile.store) };
    assert_eq!((config.account.as_str(), config.tier.as_str()), ("shopbackups", "Cool"));
    assert_eq!(profile.login, StoreLogin::Keychain);
    // A key of the environment wins, as everything there does.
    let with_key = load(&place(file, &[("AZURE_STORAGE_KEY", "c2VjcmV0")]).inputs).unwrap();
    assert!(matches!(with_key.login, StoreLogin::Given(_)));
    assert!(!format!("{with_key:?}").contains("c2VjcmV0"));
}

/// A machine with a bucket first and a container for the copies has both in its variables.
#[test]
fn a_key_of_azure_opens_no_bucket() {
    let file = r#"
[profile.default]
store = { type = "s3", bucket = "shop-backups", credentials = "keychain" }
copies = [{ type = "azure", account = "shopbackups", container = "aitta" }]
"#;
    let key = [("AZURE_STORAGE_KEY", "c2VjcmV0")];
    let profile = load(&place(file, &key).inputs).unwrap();
    assert_eq!(profile.login, StoreLogin::Keychain);
    assert!(matches!(profile.at_copies()[0].login, StoreLogin::Given(_)));
    let variables = [key[0], ("BACKUP_STORAGE_TYPE", "s3"), ("S3_BACKUP_BUCKET", "shop-backups")];
    assert_eq!(load(&place("", &variables).inputs).unwrap().login, StoreLogin::Unsaid);
}

/// An address may hold a password or a token.
#[test]
fn an_address_that_is_refused_is_not_shown() {
    for address in ["https://user:pa55word@s3.example", "https://s3.example/?token=pa55word"] {
        let variables = [
            ("BACKUP_STORAGE_TYPE", "s3"),
            ("S3_BACKUP_BUCKET", "shop-backups"),
            ("BACKUP_STORE_ENDPOINT", address),
        ];
        let error = load(&place("", &variables).inputs).unwrap_err();
        assert!(error.to_string().contains("BACKUP_STORE_ENDPOINT"), "{error}");
        assert!(!format!("{error:?} {error} {}", error.hint()).contains("pa55word"), "{error}");
    }
}

#[test]
fn settings_of_another_kind_are_told_with_their_line() {
    let file =
        "[profile.default]\nstore = { type = \"s3\", bucket = \"b-1\", dir = \"/a\",\n account = \"abc\" }\n";
    let report = check(&place(file, &[]).inputs);
    let told: Vec<_> = report.findings.iter().filter(|f| f.message.contains("kind s3 has no")).collect();
    assert_eq!(told.iter().map(|f| f.line).collect::<Vec<_>>(), [Some(2), Some(3)], "{report:?}");
    // Another kind for a single call: the file's own settings are no mistake.
    let once = place(
        "[profile.default]\nstore = { type = \"s3\", bucket = \"b-1\" }\n",
        &[("BACKUP_STORAGE_TYPE", "local"), ("BACKUP_LOCAL_DIR", "/a")],
    );
    assert_eq!(load(&once.inputs).unwrap().store, StoreConfig::Local { dir: PathBuf::from("/a") });
}

#[test]
fn residency_refuses_what_is_not_known_to_be_in_the_eu() {
    let with = |variables: &[(&str, &str)]| {
        let eu = [("BACKUP_RESIDENCY", "EU"), ("S3_BACKUP_BUCKET", "b-1")];
        let all: Vec<_> = eu.iter().chain(variables).copied().collect();
        load(&place("", &all).inputs)
    };
    let s3 = ("BACKUP_STORAGE_TYPE", "s3");
    for region in ["eu-north-1", "eu-west-1", "eusc-de-east-1"] {
        with(&[s3, ("AWS_REGION", region)]).unwrap();
    }
    for region in ["us-east-1", "eu-west-2", "eu-central-2", "ap-south-1"] {
        let error = with(&[s3, ("AWS_REGION", region)]).unwrap_err();
        assert!(error.to_string().contains("not in the European Union"), "{region}: {error}");
    }
    let endpoint = ("BACKUP_STORE_ENDPOINT", "https://s3.example.com");
    let unknown = with(&[s3, endpoint]).unwrap_err();
    assert!(unknown.hint().contains("BACKUP_STORE_LOCATION=EU"), "{unknown}");
    with(&[s3, endpoint, ("BACKUP_STORE_LOCATION", "EU")]).unwrap();
    // A region outside stays outside, whatever the file declares.
    with(&[s3, ("AWS_REGION", "us-east-1"), ("BACKUP_STORE_LOCATION", "EU")]).unwrap_err();
    let azure =
        [("BACKUP_STORAGE_TYPE", "azure"), ("AZURE_STORAGE_ACCOUNT", "shop"), ("AZURE_CONTAINER", "aitta")];
    with(&azure).unwrap_err();
    with(&[&azure[..], &[("BACKUP_STORE_LOCATION", "EU")]].concat()).unwrap();
    with(&[("BACKUP_STORAGE_TYPE", "local")]).unwrap();
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

/// Its programs are run as this user.
#[cfg(unix)]
#[test]
fn programs_of_a_file_that_others_may_write_are_refused() {
    use std::os::unix::fs::PermissionsExt;
    let dir = "[profile.default]\ndatabase = \"postgres://u@h/db\"\npg_bin_dir = \"/opt/pg/bin\"\n";
    let place = place(dir, &[]);
    let file = place.inputs.file.clone().unwrap();
    let folder = file.parent().unwrap();
    let refused = |place: &Place| {
        let found = check(&place.inputs).findings.into_iter().find(|f| f.line == Some(3));
        assert_eq!(found.is_some(), load(&place.inputs).is_err());
        found.map(|found| (found.message, found.hint))
    };
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(folder, 0o700);
    for private in [0o600, 0o644, 0o755] {
        mode(&file, private);
        assert_eq!(refused(&place), None, "{private:o}");
    }
    for shared in [0o620, 0o602, 0o666] {
        mode(&file, shared);
        let (message, hint) = refused(&place).unwrap_or_else(|| panic!("{shared:o}"));
        assert!(message.contains("others can write to") && hint.contains("chmod go-w"), "{message}: {hint}");
    }
    // Who can write to its folder can put another one there.
    mode(&file, 0o600);
    mode(folder, 0o777);
    assert!(refused(&place).is_some());
    mode(folder, 0o1777);
    assert_eq!(refused(&place), None);
    mode(folder, 0o700);
    // Without programs nothing of it matters.
    std::fs::write(&file, dir.replace("pg_bin_dir", "# pg_bin_dir")).unwrap();
    mode(&file, 0o666);
    assert_eq!(refused(&place), None);
}

const HOOKS: &str = r#"
[profile.default.hooks]
before_restore = ["/bin/systemctl", "stop", "the shop; rm -rf /"]
after_restore = ["/bin/systemctl", "start", "shop"]
timeout_s = 5

[[profile.default.contacts]]
name = "Third"
[[profile.default.contacts]]
name = "Second"
mail = "second@example.com"
order = 2
[[profile.default.contacts]]
name = "First"
role = "on call"
phone = "+358 40 123"
order = 1
"#;

#[test]
fn hooks_and_contacts_are_read_word_by_word_and_in_order() {
    let place = place(HOOKS, &[("DATABASE_URL", "sqlite:/a.db")]);
    let profile = load(&place.inputs).unwrap();
    let before = profile.hooks.before_restore.as_ref().unwrap();
    assert_eq!(before.program(), Path::new("/bin/systemctl"));
    assert_eq!(before.arguments(), ["stop", "the shop; rm -rf /"]);
    assert_eq!((profile.hooks.before_backup.as_ref(), profile.hooks.timeout_s), (None, 5));
    let names: Vec<&str> = profile.contacts.iter().map(|contact| contact.name.as_str()).collect();
    assert_eq!(names, ["First", "Second", "Third"]);
    let told = check(&place.inputs).effective;
    let value = |name: &str| told.iter().find(|e| e.name == name).and_then(|e| e.value.as_deref());
    assert_eq!(value("hooks.after_restore"), Some("/bin/systemctl"));
    assert_eq!(value("contacts"), Some("First, Second, Third"));
}

#[test]
fn what_is_wrong_with_hooks_and_contacts_is_told_with_its_line() {
    let long = "x".repeat(101);
    for (text, line, words) in [
        ("[profile.default]\nhooks = 5\n", 2, "hooks is of the type integer"),
        (
            "[profile.default.hooks]\nbefore_backup = \"/bin/true\"\n",
            2,
            "hooks.before_backup is of the type string",
        ),
        ("[profile.default.hooks]\nbefore_backup = []\n", 2, "does not begin with the whole path"),
        ("[profile.default.hooks]\nbefore_backup = [\"true\"]\n", 2, "does not begin with the whole path"),
        ("[profile.default.hooks]\nbefore_backup = [\"/bin/true\", 5]\n", 2, "of the type integer"),
        ("[profile.default.hooks]\nbefore_backup = [\"/bin/a\\u0000\"]\n", 2, "control character"),
        (
            "[profile.default.hooks]\nbefore_backups = [\"/bin/true\"]\n",
            2,
            "there is no setting \"before_backups\"",
        ),
        ("[profile.default.hooks]\ntimeout_s = 0\n", 2, "hooks.timeout_s is no number from 1 to 1800"),
        ("[profile.default.hooks]\ntimeout_s = 1801\n", 2, "hooks.timeout_s is no number"),
        ("[profile.default]\ncontacts = [\"Liisa\"]\n", 2, "contacts is of the type string"),
        ("[[profile.default.contacts]]\nphone = \"1\"\n", 1, "a contact has no name"),
        (
            "[[profile.default.contacts]]\nname = \"a\\u001b[31m\"\n",
            2,
            "contacts.name is empty, too long, or holds",
        ),
        (
            &format!("[[profile.default.contacts]]\nname = \"{long}\"\n"),
            2,
            "contacts.name is empty, too long, or holds",
        ),
        ("[[profile.default.contacts]]\nname = \"a\"\nfax = \"1\"\n", 3, "there is no setting \"fax\""),
    ] {
        let place = place(text, &[("DATABASE_URL", "sqlite:/a.db")]);
        let found = check(&place.inputs).findings;
        let told = found
            .iter()
            .any(|f| f.severity == Severity::Blocker && f.line == Some(line) && f.message.contains(words));
        assert!(told, "{text}: {found:?}");
        assert!(load(&place.inputs).is_err(), "{text}");
    }
}

/// A hook runs as this user: what decides which, and what it is given, is the file alone.
#[cfg(unix)]
#[test]
fn hooks_of_a_file_that_others_may_write_are_refused() {
    use std::os::unix::fs::PermissionsExt;
    let place = place(HOOKS, &[("DATABASE_URL", "sqlite:/a.db")]);
    let file = place.inputs.file.clone().unwrap();
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    for (path, open, closed) in [(file.as_path(), 0o620, 0o600), (place.dir.path(), 0o777, 0o700)] {
        mode(path, open);
        let error = load(&place.inputs).unwrap_err();
        assert!(
            error.to_string().contains("hooks names programs to run, and others can write to"),
            "{error}"
        );
        assert!(error.hint().contains("chmod go-w"), "{}", error.hint());
        mode(path, closed);
        load(&place.inputs).unwrap();
    }
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

const COPIES: &str = r#"
[profile.default]
store = { type = "local", dir = "/srv/first" }
copies = [
    { type = "s3", bucket = "shop-backups", quota_gb = 5 },
    { type = "azure", account = "shop", container = "backups", credentials = "keychain" },
    { type = "local", dir = "second" },
]
"#;

#[test]
fn further_stores_are_listed_and_each_takes_the_place_of_the_first() {
    let place = place(COPIES, &[("AZURE_STORAGE_KEY", "c2VjcmV0")]);
    let profile = load(&place.inputs).unwrap();
    assert_eq!((profile.copies.len(), profile.copy), (3, 0));
    let second = profile.clone().at_place(2).unwrap();
    assert!(matches!(&second.store, StoreConfig::Azure(azure) if azure.account == "shop"));
    assert_eq!((second.login, second.copy, second.copies.len()), (StoreLogin::Keychain, 2, 0));
    assert_eq!(profile.copies[0].quota_bytes, Some(5_000_000_000));
    assert_eq!(profile.copies[2].store, StoreConfig::Local { dir: place.dir.path().join("second") });
    let error = profile.at_place(4).unwrap_err();
    assert!(error.to_string().contains("no copy 4"), "{error}");
    let report = check(&place.inputs);
    let shown = |name: &str| report.effective.iter().find(|e| e.name == name).unwrap().value.clone().unwrap();
    assert_eq!(shown("copy 1"), "s3://shop-backups");
    assert_eq!(shown("copy 3"), place.dir.path().join("second").display().to_string());
}

#[test]
fn mistakes_in_further_stores_are_told_with_their_line() {
    for (copies, words) in [
        ("copies = 3", "is of the type integer"),
        ("copies = [\"s3\"]", "is of the type string"),
        ("copies = [{ type = \"local\" }]", "needs the setting dir"),
        ("copies = [{ type = \"s3\" }]", "needs the setting bucket"),
        ("copies = [{ type = \"s3\", bucket = \"b2b\", dir = \"/x\" }]", "has no dir"),
        ("copies = [{ type = \"local\", dir = \"/srv/first\" }]", "has already"),
        (
            "residency = \"EU\"\ncopies = [{ type = \"s3\", bucket = \"b2b\", region = \"us-east-1\" }]",
            "not in the European Union",
        ),
    ] {
        let text =
            format!("[profile.default]\nstore = {{ type = \"local\", dir = \"/srv/first\" }}\n{copies}\n");
        let place = place(&text, &[]);
        let error = load(&place.inputs).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ConfigInvalid);
        assert!(
            error.to_string().contains(words) && error.to_string().contains("line "),
            "{copies}: {error}"
        );
    }
}

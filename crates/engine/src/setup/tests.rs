#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use aitta_model::{Automation, OldStore, ProfileForm, SaveHow, Targets};

use super::*;

mod saving;

/// For what is not there.
const UNTESTED: SaveHow = SaveHow { untested: true, old_store: Some(OldStore::Leave) };

fn inputs(folder: &Path, file: &str) -> Inputs {
    let path = folder.join("config/aitta.toml");
    if !file.is_empty() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, file).unwrap();
    }
    let home = folder.as_os_str().to_owned();
    let environment =
        BTreeMap::from([("HOME".to_owned(), home.clone()), ("AITTA_CONFIG".to_owned(), path.into())]);
    Inputs {
        profile: None,
        file: None,
        environment,
        folder: folder.to_owned(),
        keychain: std::sync::Arc::new(aitta_keys::NoKeychain),
    }
}

fn form(name: &str, url: &str) -> ProfileForm {
    ProfileForm {
        name: name.to_owned(),
        database_url: Some(DatabaseUrl::new(url)),
        store: StoreSettings::folder("~/store"),
        credentials: None,
        retention_days: 14,
        targets: Targets { rpo_s: 24 * 3600, ..Targets::default() },
        automation: None,
    }
}

const WRITTEN: &str = r#"# Ours. Ask Liisa before you change it.

[profile.shop]
database = "postgres://me@h/shop"   # the live one
retention_days = 30 # as agreed
auto_backup = true
key_days = 180

[profile.blog]
# not in use
database = "sqlite:/blog.db"
store = { type = "local", dir = "blog" }
"#;

#[tokio::test]
async fn what_others_wrote_stays() {
    let dir = tempfile::tempdir().unwrap();
    let inputs = inputs(dir.path(), WRITTEN);
    save(&inputs, form("shop", "postgres://me@h/shop2"), UNTESTED).await.unwrap();
    let text = std::fs::read_to_string(dir.path().join("config/aitta.toml")).unwrap();
    for line in [
        "# Ours. Ask Liisa before you change it.",
        "database = \"postgres://me@h/shop2\"   # the live one",
        "retention_days = 14 # as agreed",
        "auto_backup = true",
        "key_days = 90",
        "rpo_minutes = 1440",
        "# not in use",
        "store = { type = \"local\", dir = \"blog\" }",
    ] {
        assert!(text.lines().any(|l| l == line), "{line} is not in:\n{text}");
    }
    let profile = config::load(&Inputs { profile: Some("shop".to_owned()), ..inputs }).unwrap();
    assert_eq!(profile.store, StoreConfig::Local { dir: dir.path().join("store") });
    assert_eq!(profile.targets.rpo_s, 24 * 3600);
}

fn weekly() -> Automation {
    Automation {
        on: true,
        pattern: "0 2 * * 0".to_owned(),
        zone: "Europe/Helsinki".to_owned(),
        daily: 0,
        weekly: 8,
        monthly: 0,
        yearly: 0,
    }
}

/// What the environment says stays its own: written down, it would count after the variable is gone.
#[tokio::test]
async fn of_what_happens_by_itself_only_what_is_changed_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut inputs = inputs(dir.path(), WRITTEN);
    inputs.environment.insert("BACKUP_KEEP_WEEKLY".to_owned(), "8".into());
    let text = || std::fs::read_to_string(dir.path().join("config/aitta.toml")).unwrap();
    let form = |automation| ProfileForm { automation, ..form("shop", "postgres://me@h/shop") };
    save(&inputs, form(None), UNTESTED).await.unwrap();
    assert!(!text().contains("schedule") && text().contains("auto_backup = true"), "{}", text());

    save(&inputs, form(Some(weekly())), UNTESTED).await.unwrap();
    let chosen = Inputs { profile: Some("shop".to_owned()), ..inputs.clone() };
    let told = settings(&chosen).await.unwrap();
    assert_eq!(told.automation, weekly());
    assert!(told.fixed.iter().any(|name| name == "keep_weekly"), "{:?}", told.fixed);
    for line in ["schedule = \"0 2 * * 0\"", "time_zone = \"Europe/Helsinki\""] {
        assert!(text().lines().any(|written| written == line), "{line} is not in:\n{}", text());
    }
    assert!(!text().contains("keep_"), "{}", text());

    let before = text();
    for wrong in [
        Automation { pattern: "0 25 * * *".to_owned(), ..weekly() },
        Automation { zone: "Europe/Helsingfors".to_owned(), ..weekly() },
        Automation { yearly: 40_000, ..weekly() },
    ] {
        let error = save(&inputs, form(Some(wrong.clone())), UNTESTED).await.unwrap_err();
        assert_eq!((error.code(), text() == before), (ErrorCode::ConfigInvalid, true), "{wrong:?}: {error}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_first_profile_makes_a_private_file() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let inputs = inputs(dir.path(), "");
    save(&inputs, form("default", "sqlite:~/shop.db"), UNTESTED).await.unwrap();
    let mode = |path: &str| std::fs::metadata(dir.path().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("config"), mode("config/aitta.toml")), (0o700, 0o600));
    let profile = config::load(&inputs).unwrap();
    assert_eq!(
        profile.database().unwrap().expose(),
        format!("sqlite:{}", dir.path().join("shop.db").display())
    );
}

#[tokio::test]
async fn a_file_that_is_not_toml_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let inputs = inputs(dir.path(), "[profile.shop]\ndatabase = \n");
    let error = save(&inputs, form("shop", "sqlite:/a.db"), UNTESTED).await.unwrap_err();
    assert!(error.to_string().contains("line 2"), "{error}");
    let text = std::fs::read_to_string(dir.path().join("config/aitta.toml")).unwrap();
    assert_eq!(text, "[profile.shop]\ndatabase = \n");
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let inputs = inputs(dir.path(), "");
    let wrong = [
        form("", "sqlite:/a.db"),
        ProfileForm { retention_days: 0, ..form("a", "sqlite:/a.db") },
        ProfileForm { targets: Targets { key_days: 0, ..Targets::default() }, ..form("a", "sqlite:/a.db") },
        ProfileForm { store: StoreSettings::folder(" "), ..form("a", "sqlite:/a.db") },
        form("a", "mysql://h/db"),
        form("a", "sqlite::memory:?mode=memory"),
    ];
    for form in wrong {
        let error = save(&inputs, form.clone(), UNTESTED).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::ConfigInvalid, "{form:?}");
    }
    assert!(!dir.path().join("config").exists());
}

#[tokio::test]
async fn a_store_is_made_where_the_folder_above_is() {
    let dir = tempfile::tempdir().unwrap();
    let inputs = inputs(dir.path(), "");
    let check = check_store(&inputs, &StoreSettings::folder("~/store"), None).await.unwrap();
    assert_eq!((check.location, check.archives), (dir.path().join("store").display().to_string(), 0));
    assert!(check.free_bytes.is_some_and(|bytes| bytes > 0));
    assert!(!dir.path().join("store").exists(), "nothing is left of the check");
    let error = check_store(&inputs, &StoreSettings::folder("~/disk/store"), None).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::StoreMissing);
    // A folder in which the system makes none is there; what was to be made in it is no object of a store.
    #[cfg(target_os = "linux")]
    {
        let error = check_store(&inputs, &StoreSettings::folder("/proc/aitta"), None).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::StoreMissing, "{error}");
        assert_eq!(error.to_string(), "the store /proc/aitta does not exist");
        assert!(error.hint().contains("another folder"), "{}", error.hint());
    }
    std::fs::write(dir.path().join("file"), "").unwrap();
    assert_eq!(
        check_store(&inputs, &StoreSettings::folder("~/file"), None).await.unwrap_err().code(),
        ErrorCode::StoreMissing
    );
}

#[tokio::test]
async fn a_database_is_looked_at_and_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let inputs = inputs(dir.path(), "");
    let path = dir.path().join("shop.db");
    crate::sample::create(&path).await.unwrap();
    let check = check_source(&inputs, &DatabaseUrl::new("sqlite:~/shop.db")).await.unwrap();
    assert_eq!((check.engine.as_str(), check.database.as_str()), ("sqlite", path.to_str().unwrap()));
    assert!(check.tables > 3 && check.size_bytes > 0);
    let error = check_source(&inputs, &DatabaseUrl::new("sqlite:~/shpo.db")).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::SourceUnreachable);
    assert!(!dir.path().join("shpo.db").exists());
    let error = check_source(&inputs, &DatabaseUrl::new("postgres://me@127.0.0.1:1/shop")).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::SourceUnreachable);
}

#[tokio::test]
async fn a_bucket_is_written_down_and_a_folder_takes_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let mut inputs = inputs(dir.path(), "");
    // The key of the environment opens the file for secrets: no keychain is needed.
    inputs.environment.insert(keys::KEY_VARIABLE.to_owned(), "11".repeat(32).into());
    inputs.environment.insert("AITTA_DATA_DIR".to_owned(), dir.path().join("data").into());
    let settings = [("bucket", "shop-backups"), ("endpoint", "http://127.0.0.1:1"), ("path_style", "true")];
    let store = StoreSettings {
        kind: "s3".to_owned(),
        settings: settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        credentials_in_keychain: false,
    };
    let credentials = StoreCredentials::new("AKID:hidden-secret");
    let bucket = ProfileForm { store, credentials: Some(credentials), ..form("default", "sqlite:~/shop.db") };
    save(&inputs, bucket, UNTESTED).await.unwrap();
    let text = std::fs::read_to_string(dir.path().join("config/aitta.toml")).unwrap();
    for part in ["type = \"s3\"", "path_style = true", "credentials = \"keychain\""] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains("hidden-secret"));
    let profile = config::load(&inputs).unwrap();
    assert_eq!(profile.login, StoreLogin::Keychain);
    let vault = keys::vault_for(&inputs.keys(), &profile.data_dir);
    let kept = vault.read(&open::credentials_entry("default", 0)).unwrap();
    assert_eq!(kept.as_deref().map(String::as_str), Some("AKID:hidden-secret"));
    let shown = super::settings(&inputs).await.unwrap().store;
    assert_eq!((shown.get("bucket"), shown.credentials_in_keychain), ("shop-backups", true));

    // Saved again as it is shown, it is the same.
    let again = ProfileForm { store: shown.clone(), ..form("default", "sqlite:~/shop.db") };
    save(&inputs, again, UNTESTED).await.unwrap();
    assert_eq!(super::settings(&inputs).await.unwrap().store, shown);
    save(&inputs, form("default", "sqlite:~/shop.db"), UNTESTED).await.unwrap();
    let text = std::fs::read_to_string(dir.path().join("config/aitta.toml")).unwrap();
    assert!(!text.contains("bucket") && !text.contains("credentials"), "{text}");
}

/// Whoever tests a store looks at the page meanwhile: "connection refused" is no case for eight attempts.
#[tokio::test]
async fn a_refused_connection_is_told_by_a_test_within_seconds() {
    let dir = tempfile::tempdir().unwrap();
    let mut inputs = inputs(dir.path(), "");
    inputs.environment.insert(keys::KEY_VARIABLE.to_owned(), "11".repeat(32).into());
    inputs.environment.insert("AITTA_DATA_DIR".to_owned(), dir.path().join("data").into());
    let store = |kind: &str, settings: &[(&str, &str)]| StoreSettings {
        kind: kind.to_owned(),
        settings: settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        credentials_in_keychain: false,
    };
    // Nobody listens on the first port.
    let s3 = [("bucket", "shop-backups"), ("endpoint", "http://127.0.0.1:1"), ("path_style", "true")];
    let azure = [
        ("account", "shopaccount"),
        ("container", "backups"),
        ("endpoint", "http://127.0.0.1:1/shopaccount"),
    ];
    for (form, credentials) in [
        (store("s3", &s3), "AKID:secret-of-nobody"),
        (store("azure", &azure), "b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXI="),
    ] {
        let begun = std::time::Instant::now();
        let error = check_store(&inputs, &form, Some(&StoreCredentials::new(credentials))).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::StoreUnreachable, "{}: {error}", form.kind);
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(5), "{}: {took:?}", form.kind);
    }
}

/// Not only saving it is refused: a test would make it in the folder that the program runs in.
#[tokio::test]
async fn a_relative_folder_is_neither_tried_nor_made() {
    let dir = tempfile::tempdir().unwrap();
    let inputs = inputs(dir.path(), "");
    for typed in ["backups-of-nobody", "./backups-of-nobody"] {
        let error = check_store(&inputs, &StoreSettings::folder(typed), None).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::ConfigInvalid, "{typed}");
        assert!(!Path::new(typed).exists() && !dir.path().join(typed).exists(), "{typed}");
    }
}

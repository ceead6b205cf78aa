//! What a save tries, refuses and asks; and that nothing is written before.

use aitta_model::{OldStore, SaveHow, Sidecar};
use aitta_store::{archive_name, sidecar_name};

use super::*;

const TESTED: SaveHow = SaveHow { untested: false, old_store: None };

fn answered(old: OldStore) -> SaveHow {
    SaveHow { untested: true, old_store: Some(old) }
}

/// A folder with a profile `shop`, whose database and store are there.
async fn set_up(dir: &Path) -> (Inputs, ProfileForm) {
    let inputs = inputs(dir, "");
    crate::sample::create(&dir.join("shop.db")).await.unwrap();
    let form = form("shop", "sqlite:~/shop.db");
    let report = save(&inputs, form.clone(), TESTED).await.unwrap();
    assert!(report.saved && report.source.is_some() && report.store.is_some(), "{report:?}");
    (inputs, form)
}

fn written(dir: &Path) -> String {
    std::fs::read_to_string(dir.join("config/aitta.toml")).unwrap()
}

fn profile(inputs: &Inputs) -> Profile {
    config::load(&Inputs { profile: Some("shop".to_owned()), ..inputs.clone() }).unwrap()
}

/// Something that is listed as an archive.
fn put_archive(store: &Path, id: &str, header: &[u8]) {
    let path = store.join(archive_name(id));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, header).unwrap();
}

const ID: &str = "backup-1642684800000-a1b2c3d4";

#[tokio::test]
async fn a_store_or_a_database_that_refuses_is_not_saved() {
    let dir = tempfile::tempdir().unwrap();
    let (inputs, form) = set_up(dir.path()).await;
    std::fs::write(dir.path().join("file"), "").unwrap();
    let before = written(dir.path());
    let store = |path: &str| ProfileForm { store: StoreSettings::folder(path), ..form.clone() };
    let database = |url: &str| ProfileForm { database_url: Some(DatabaseUrl::new(url)), ..form.clone() };
    let refused = [
        (store("~/file"), ErrorCode::StoreMissing),
        (store("~/not-mounted/store"), ErrorCode::StoreMissing),
        (database("sqlite:~/none.db"), ErrorCode::SourceUnreachable),
        (database("postgres://me:hidden@127.0.0.1:1/shop"), ErrorCode::SourceUnreachable),
    ];
    for (form, code) in refused {
        let error = save(&inputs, form.clone(), TESTED).await.unwrap_err();
        assert_eq!(error.code(), code, "{form:?}");
        assert!(SaveHow::passes(error.code()), "a server may be down right now: {error}");
    }
    assert_eq!(written(dir.path()), before, "byte for byte");
    assert!(!dir.path().join("not-mounted").exists() && !dir.path().join("none.db").exists());
    // What is saved untested makes nothing either: the folder may be that of a disk that is not mounted.
    let how = SaveHow { untested: true, ..TESTED };
    let report = save(&inputs, store("~/not-mounted/store"), how).await.unwrap();
    assert!(report.saved && report.store.is_none());
    assert_eq!(profile(&inputs).store, StoreConfig::Local { dir: dir.path().join("not-mounted/store") });
    assert!(!dir.path().join("not-mounted").exists());
}

#[tokio::test]
async fn only_what_was_changed_is_tried() {
    let dir = tempfile::tempdir().unwrap();
    let (inputs, form) = set_up(dir.path()).await;
    // A disk that is away for the moment does not keep a target from being changed.
    std::fs::remove_dir_all(dir.path().join("store")).unwrap();
    std::fs::remove_file(dir.path().join("shop.db")).unwrap();
    let report = save(&inputs, ProfileForm { retention_days: 90, ..form }, TESTED).await.unwrap();
    assert_eq!(report, aitta_model::SaveReport { saved: true, ..Default::default() });
    assert_eq!(profile(&inputs).retention.days, 90);
    assert!(!dir.path().join("store").exists());
}

#[tokio::test]
async fn what_cannot_be_meant_is_not_saved_untested_either() {
    let dir = tempfile::tempdir().unwrap();
    let (inputs, form) = set_up(dir.path()).await;
    let before = written(dir.path());
    let settings = [("bucket", "shop-backups")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let bucket =
        StoreSettings { kind: "s3".to_owned(), settings: settings.into(), credentials_in_keychain: false };
    let wrong = [
        ProfileForm { store: StoreSettings::folder("backups"), ..form.clone() },
        ProfileForm { store: StoreSettings::folder("./backups"), ..form.clone() },
        ProfileForm { store: StoreSettings::folder("~liisa/backups"), ..form.clone() },
        ProfileForm { database_url: Some(DatabaseUrl::new("sqlite:shop.db")), ..form.clone() },
        ProfileForm { store: bucket, credentials: Some(StoreCredentials::new("no colon")), ..form },
    ];
    for form in wrong {
        for how in [TESTED, answered(OldStore::Leave)] {
            let error = save(&inputs, form.clone(), how).await.unwrap_err();
            assert_eq!(error.code(), ErrorCode::ConfigInvalid, "{form:?}");
        }
    }
    assert_eq!(written(dir.path()), before, "byte for byte");
}

/// What the rest of the file says about a profile counts before it is written, not after.
#[tokio::test]
async fn a_profile_that_would_not_count_is_not_written() {
    let dir = tempfile::tempdir().unwrap();
    let file = "[profile.shop]\ndatabase = \"sqlite:/shop.db\"\nresidency = \"EU\" # the law\n";
    let inputs = inputs(dir.path(), file);
    let settings = [("bucket", "shop-backups"), ("region", "us-east-1")];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let store =
        StoreSettings { kind: "s3".to_owned(), settings: settings.into(), credentials_in_keychain: false };
    let form = ProfileForm { store, database_url: None, ..form("shop", "") };
    let error = save(&inputs, form, answered(OldStore::Leave)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ConfigInvalid);
    assert!(error.to_string().contains("European Union"), "{error}");
    assert_eq!(written(dir.path()), file, "byte for byte");
}

#[tokio::test]
async fn archives_that_would_stay_behind_are_asked_about_first() {
    let dir = tempfile::tempdir().unwrap();
    let (inputs, form) = set_up(dir.path()).await;
    let old = dir.path().join("store");
    let new = ProfileForm { store: StoreSettings::folder("~/new"), ..form.clone() };
    // An empty store is left without a word.
    assert!(save(&inputs, new.clone(), TESTED).await.unwrap().saved);
    save(&inputs, form.clone(), TESTED).await.unwrap();
    put_archive(&old, ID, b"an archive");
    let before = written(dir.path());
    let report = save(&inputs, new.clone(), TESTED).await.unwrap();
    let left = report.left.unwrap();
    assert_eq!((report.saved, left.location, left.archives), (false, old.display().to_string(), Some(1)));
    assert_eq!(written(dir.path()), before, "byte for byte, until that is answered");
    // The same folder, written in another way, is not left.
    let same = ProfileForm { store: StoreSettings::folder("~/./new/../store"), ..form };
    assert!(save(&inputs, same, TESTED).await.unwrap().saved);

    let keep = SaveHow { untested: false, old_store: Some(OldStore::Keep) };
    assert!(save(&inputs, new.clone(), keep).await.unwrap().saved);
    let profile = profile(&inputs);
    assert_eq!(profile.store, StoreConfig::Local { dir: dir.path().join("new") });
    let further: Vec<_> = profile.copies.iter().map(|copy| copy.store.clone()).collect();
    let place = std::fs::canonicalize(&old).unwrap();
    assert!(
        matches!(further.as_slice(), [StoreConfig::Local { dir }] if std::fs::canonicalize(dir).unwrap() == place),
        "{further:?}"
    );
    assert!(old.join(archive_name(ID)).exists(), "nothing is moved or deleted");
}

#[tokio::test]
async fn a_store_that_is_left_there_is_none_of_the_profile() {
    let dir = tempfile::tempdir().unwrap();
    let (inputs, form) = set_up(dir.path()).await;
    put_archive(&dir.path().join("store"), ID, b"an archive");
    let new = ProfileForm { store: StoreSettings::folder("~/new"), ..form };
    let leave = SaveHow { untested: false, old_store: Some(OldStore::Leave) };
    assert!(save(&inputs, new, leave).await.unwrap().saved);
    assert!(profile(&inputs).copies.is_empty());
    assert!(dir.path().join("store").join(archive_name(ID)).exists());
}

/// Credentials go with the store that they open.
#[tokio::test]
async fn a_bucket_that_becomes_a_further_store_keeps_its_credentials() {
    let dir = tempfile::tempdir().unwrap();
    let mut inputs = inputs(dir.path(), "");
    inputs.environment.insert(keys::KEY_VARIABLE.to_owned(), "11".repeat(32).into());
    inputs.environment.insert("AITTA_DATA_DIR".to_owned(), dir.path().join("data").into());
    let settings = [("bucket", "shop-backups"), ("region", "eu-north-1")];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let store =
        StoreSettings { kind: "s3".to_owned(), settings: settings.into(), credentials_in_keychain: false };
    let credentials = Some(StoreCredentials::new("AKID:hidden-secret"));
    let form = ProfileForm { store, credentials, ..form("shop", "sqlite:~/shop.db") };
    save(&inputs, form.clone(), SaveHow { untested: true, ..TESTED }).await.unwrap();
    let local = ProfileForm { store: StoreSettings::folder("~/store"), credentials: None, ..form };
    save(&inputs, local, answered(OldStore::Keep)).await.unwrap();
    let profile = profile(&inputs);
    assert!(
        matches!(profile.copies.as_slice(), [copy] if copy.login == StoreLogin::Keychain),
        "{:?}",
        profile.copies
    );
    let vault = keys::vault_for(&inputs.keys(), &profile.data_dir);
    let kept = vault.read(&open::credentials_entry("shop", 1)).unwrap();
    assert_eq!(kept.as_deref().map(String::as_str), Some("AKID:hidden-secret"));
    assert!(!written(dir.path()).contains("hidden-secret"));
}

/// The credentials that are kept are those of the store that is set.
#[tokio::test]
async fn another_account_does_not_get_the_credentials_that_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let mut inputs = inputs(dir.path(), "");
    inputs.environment.insert(keys::KEY_VARIABLE.to_owned(), "11".repeat(32).into());
    inputs.environment.insert("AITTA_DATA_DIR".to_owned(), dir.path().join("data").into());
    let store = |kind: &str, settings: &[(&str, &str)], kept| StoreSettings {
        kind: kind.to_owned(),
        settings: settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        credentials_in_keychain: kept,
    };
    let azure = |account| store("azure", &[("account", account), ("container", "backups")], true);
    let save_as = async |store, credentials| {
        let form = ProfileForm { store, credentials, ..form("shop", "sqlite:~/shop.db") };
        save(&inputs, form, answered(OldStore::Leave)).await.unwrap();
        profile(&inputs).login
    };
    let sas = StoreCredentials::new("sv=2024&sig=hidden");
    assert_eq!(save_as(azure("shop"), Some(sas)).await, StoreLogin::Keychain);
    let prefixed = [("account", "shop"), ("container", "backups"), ("prefix", "a")];
    assert_eq!(save_as(store("azure", &prefixed, true), None).await, StoreLogin::Keychain);
    assert_eq!(save_as(azure("till"), None).await, StoreLogin::Unsaid);
    assert_eq!(save_as(store("s3", &[("bucket", "shop-backups")], true), None).await, StoreLogin::Unsaid);
}

/// A password is kept for one URL, and goes to no other server.
#[tokio::test]
async fn another_host_does_not_get_the_password_that_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let file = "[profile.shop]\ndatabase = \"postgres://me@h/shop\"\npassword = \"keychain\"\n";
    let inputs = inputs(dir.path(), file);
    let untested = SaveHow { untested: true, ..TESTED };
    save(&inputs, form("shop", "postgres://me@h/shop"), untested).await.unwrap();
    assert!(profile(&inputs).password_in_keychain, "saved as it is shown, it keeps its password");
    save(&inputs, form("shop", "postgres://me@h2/shop"), untested).await.unwrap();
    assert!(!profile(&inputs).password_in_keychain);
}

#[tokio::test]
async fn a_test_leaves_no_folder_behind() {
    let dir = tempfile::tempdir().unwrap();
    let inputs = inputs(dir.path(), "");
    check_store(&inputs, &StoreSettings::folder("~/store"), None).await.unwrap();
    assert!(!dir.path().join("store").exists(), "it was made for the test alone");
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    check_store(&inputs, &StoreSettings::folder("~/empty"), None).await.unwrap();
    assert_eq!(std::fs::read_dir(dir.path().join("empty")).unwrap().count(), 0);
    // What was there stays, also when it is empty.
    std::fs::create_dir_all(dir.path().join("used/metadata")).unwrap();
    check_store(&inputs, &StoreSettings::folder("~/used"), None).await.unwrap();
    let left: Vec<_> =
        std::fs::read_dir(dir.path().join("used")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["metadata"]);
    assert_eq!(std::fs::read_dir(dir.path().join("used/metadata")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_path_is_told_in_full_or_refused() {
    let dir = tempfile::tempdir().unwrap();
    let inputs = inputs(dir.path(), "");
    let home = dir.path().display();
    for (typed, full) in [
        ("~/backups", format!("{home}/backups")),
        ("~", format!("{home}")),
        (" /mnt//backups/./shop ", "/mnt/backups/shop".to_owned()),
    ] {
        assert_eq!(full_path(&inputs, typed).unwrap(), full, "{typed}");
    }
    let error = full_path(&inputs, "backups").unwrap_err();
    assert_eq!(error.code(), ErrorCode::ConfigInvalid);
    assert!(error.hint().contains(&format!("{home}/backups")), "{}", error.hint());
    for typed in ["", " ", "../backups", "~liisa/backups"] {
        assert_eq!(full_path(&inputs, typed).unwrap_err().code(), ErrorCode::ConfigInvalid, "{typed}");
    }
}

#[tokio::test]
async fn archives_of_another_database_and_of_another_key_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let (mut inputs, form) = set_up(dir.path()).await;
    inputs.environment.insert(keys::KEY_VARIABLE.to_owned(), "11".repeat(32).into());
    let place = dir.path().join("shared");
    let ring = KeyRing::from_hex(&"22".repeat(32)).unwrap();
    let (header, _) = ring.create_header(1_642_684_800_000).unwrap();
    put_archive(&place, ID, header.as_bytes());
    let sidecar = Sidecar {
        id: ID.to_owned(),
        timestamp: "2022-01-20T13:20:00.000Z".to_owned(),
        version: "1.0.0".to_owned(),
        tables: Vec::new(),
        record_count: 0,
        checksum: String::new(),
        encrypted: true,
        compressed: true,
        size_bytes: 0,
        kind: aitta_model::BackupKind::Manual.into(),
        reason: None,
        engine: aitta_model::DatabaseEngine::Sqlite.into(),
        database: "till.db".to_owned(),
        complete: true,
        key_ids: Vec::new(),
        audit: None,
    };
    std::fs::create_dir(place.join("metadata")).unwrap();
    std::fs::write(place.join(sidecar_name(ID)), serde_json::to_vec(&sidecar).unwrap()).unwrap();
    let report = save(&inputs, ProfileForm { store: StoreSettings::folder("~/shared"), ..form }, TESTED)
        .await
        .unwrap();
    let store = report.store.unwrap();
    assert_eq!((store.archives, store.others.databases), (1, vec!["till.db".to_owned()]));
    assert_eq!(store.others.keys, [ring.active_id().to_string()]);
}

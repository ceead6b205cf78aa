//! Several profiles beside each other: one that fails keeps none of the others away.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use aitta_engine::config::{self, Inputs};
use aitta_engine::keys::{self, KeyRing, MemoryVault, NoKeychain};
use aitta_engine::overview::{overview, profiles};
use aitta_engine::{Context, Silent, backup, sample};
use aitta_model::{BackupRequest, ErrorCode, ProfileState, Standing, Verdict};

fn inputs(dir: &Path, config: &str) -> Inputs {
    let file = dir.join("aitta.toml");
    std::fs::write(&file, config).unwrap();
    Inputs {
        profile: None,
        file: Some(file),
        environment: BTreeMap::from([("AITTA_DATA_DIR".to_owned(), dir.join("data").into_os_string())]),
        folder: dir.to_owned(),
        keychain: Arc::new(NoKeychain),
    }
}

fn verdict(state: &ProfileState) -> &Verdict {
    match &state.standing {
        Standing::Known(overview) => &overview.verdict,
        Standing::Unknown(failure) => panic!("{}: {}", state.name, failure.message),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_is_wrong_hides_no_other() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a", "b"] {
        sample::create(&dir.path().join(format!("{name}.db"))).await.unwrap();
    }
    std::fs::create_dir(dir.path().join("store")).unwrap();
    let (place, store) = (dir.path().display(), dir.path().join("store"));
    let store = store.display();
    let inputs = inputs(
        dir.path(),
        &format!(
            "[profile.first]\ndatabase = \"sqlite:{place}/a.db\"\nstore = {{ type = \"local\", dir = \"{store}\" }}\n\
             [profile.gone]\ndatabase = \"sqlite:{place}/a.db\"\nstore = {{ type = \"local\", dir = \"{place}/away\" }}\n\
             [profile.second]\ndatabase = \"sqlite:{place}/b.db\"\nstore = {{ type = \"local\", dir = \"{store}\" }}\n\
             [profile.wrong]\ndatabase = \"sqlite:{place}/a.db\"\nretention_days = 0\n"
        ),
    );
    let profile = config::load(&Inputs { profile: Some("first".to_owned()), ..inputs.clone() }).unwrap();
    let mut shown = Context::new(profile).await.unwrap();
    shown.key_ring = Some(Arc::new(KeyRing::from_hex(&keys::generate().unwrap().key).unwrap()));
    shown.vault = Arc::new(MemoryVault::default());
    backup::create(&shown, BackupRequest::default(), &Silent).await.unwrap();

    let all = profiles(&inputs, Some(&shown)).await;
    assert_eq!(all.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["first", "gone", "second", "wrong"]);
    let [first, gone, second, wrong] = &all[..] else { panic!("{all:?}") };
    assert_eq!(verdict(first), &overview(&shown).await.unwrap().verdict, "as its own first page says");
    assert_eq!(verdict(first), &Verdict::NeverRestored);
    assert!(matches!(verdict(gone), Verdict::Unknown { failure } if failure.code == ErrorCode::StoreMissing));
    // It has the store of the first one, and none of its backups.
    assert_eq!(verdict(second), &Verdict::NoBackup { failure: None });
    let database = second.profile.as_ref().unwrap().database.as_deref();
    assert!(database.is_some_and(|database| database.ends_with("b.db")), "{database:?}");
    assert_eq!(wrong.profile, None);
    assert!(
        matches!(&wrong.standing, Standing::Unknown(failure) if failure.code == ErrorCode::ConfigInvalid)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_data_of_a_sample_is_not_taken_for_that_of_the_profiles() {
    let dir = tempfile::tempdir().unwrap();
    let database = dir.path().join("a.db");
    sample::create(&database).await.unwrap();
    let config = format!("[profile.shop]\ndatabase = \"sqlite:{}\"\n", database.display());
    let inputs = inputs(dir.path(), &config);
    let sample = aitta_testing::profile(&dir.path().join("data/sample"));
    let shown = Context::new(sample).await.unwrap();
    let all = profiles(&inputs, Some(&shown)).await;
    assert_eq!(all.len(), 1);
    assert_eq!(verdict(&all[0]), &Verdict::NoBackup { failure: None }, "and not the sample of the same name");
    assert!(!all[0].profile.as_ref().unwrap().sample);
}

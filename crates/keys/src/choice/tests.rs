#![expect(clippy::unwrap_used, reason = "tests")]

use std::ffi::OsString;

use aitta_model::ErrorCode;

use super::*;
use crate::{FILE_VARIABLE, KEY_VARIABLE, MemoryVault, RETIRED_VARIABLE};

const KEY: &str = "a1777a0000000000000000000000000000000000000000000000000000000001";
const OTHER: &str = "a1777a0000000000000000000000000000000000000000000000000000000002";

fn told(variables: &[(&str, &str)]) -> KeyInputs {
    let environment =
        variables.iter().map(|&(name, value)| (name.to_owned(), OsString::from(value))).collect();
    KeyInputs::of(&environment, Path::new("/srv"))
}

/// The table at the top of `keys`.
#[test]
fn each_set_of_variables_leads_to_one_vault() {
    let place = |variables: &[(&str, &str)]| vault_for(&told(variables), Path::new("/data")).place();
    assert_eq!(place(&[]), "keychain");
    assert_eq!(place(&[(FILE_VARIABLE, "keys.aitta")]), "key file");
    assert_eq!(place(&[(FILE_VARIABLE, "keys.aitta"), (KEY_VARIABLE, KEY)]), "key file");
    // There is no keychain in unit tests.
    assert_eq!(place(&[(KEY_VARIABLE, KEY)]), "secrets file");
    assert_eq!(place(&[(FILE_VARIABLE, "")]), "keychain");
}

/// The file is made where no keychain is to be had for once; from then on it is the vault.
#[test]
fn what_a_keychain_holds_is_found_when_a_file_has_been_made_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    let keychain = Arc::new(MemoryVault::default());
    let at_desk = || {
        let inputs = told(&[(KEY_VARIABLE, KEY)]).with_keychain(keychain.clone());
        vault_for(&inputs, dir.path())
    };
    at_desk().write("seed", "JBSWY3DP").unwrap();
    vault_for(&told(&[(KEY_VARIABLE, KEY)]), dir.path()).write("password", "hunter2").unwrap();

    let vault = at_desk();
    assert_eq!(vault.place(), "secrets file");
    assert_eq!(vault.read("seed").unwrap().unwrap().as_str(), "JBSWY3DP");
    assert_eq!(vault.read("password").unwrap().unwrap().as_str(), "hunter2");
    vault.write("seed", "KRSXG5A").unwrap();
    assert_eq!(vault.read("seed").unwrap().unwrap().as_str(), "KRSXG5A", "the file comes first");
    vault.delete("seed").unwrap();
    assert!(vault.read("seed").unwrap().is_none(), "and what is deleted does not come back");
}

#[test]
fn beside_a_key_of_the_environment_other_secrets_are_kept_under_that_key() {
    let dir = tempfile::tempdir().unwrap();
    let keep = |variables: &[(&str, &str)]| vault_for(&told(variables), dir.path());
    keep(&[(KEY_VARIABLE, KEY)]).write("seed", "JBSWY3DP").unwrap();
    let file = dir.path().join(SEALED_BY_KEY);
    assert!(!String::from_utf8_lossy(&std::fs::read(&file).unwrap()).contains("JBSWY3DP"));

    let other = keep(&[(KEY_VARIABLE, OTHER)]).read("seed").unwrap_err();
    assert_eq!(other.code(), ErrorCode::KeyWrong);
    assert!(other.hint().contains(RETIRED_VARIABLE), "{}", other.hint());
    // After a rotation the new key seals it, and the old one is no longer needed.
    let read = keep(&[(KEY_VARIABLE, OTHER), (RETIRED_VARIABLE, KEY)]).read("seed").unwrap().unwrap();
    assert_eq!(read.as_str(), "JBSWY3DP");
    let read = keep(&[(KEY_VARIABLE, OTHER)]).read("seed").unwrap().unwrap();
    assert_eq!(read.as_str(), "JBSWY3DP");
    assert_eq!(keep(&[(KEY_VARIABLE, KEY)]).read("seed").unwrap_err().code(), ErrorCode::KeyWrong);
}

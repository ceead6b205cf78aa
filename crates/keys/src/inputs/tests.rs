#![expect(clippy::unwrap_used, reason = "tests")]

use aitta_archive::VaultKey;

use super::*;
use crate::PASSPHRASE_VARIABLE;

const KEY: &str = "a1777a0000000000000000000000000000000000000000000000000000000001";
const OTHER: &str = "a1777a0000000000000000000000000000000000000000000000000000000002";

fn told(variables: &[(&str, &str)]) -> KeyInputs {
    let environment =
        variables.iter().map(|&(name, value)| (name.to_owned(), OsString::from(value))).collect();
    KeyInputs::of(&environment, Path::new("/srv"))
}

#[test]
fn the_environment_gives_an_active_key_and_retired_ones() {
    let ring = told(&[(KEY_VARIABLE, KEY), (RETIRED_VARIABLE, &format!(" {OTHER},{KEY}, "))]);
    let ring = ring.environment_ring().unwrap().unwrap();
    assert_eq!((ring.kept(), ring.ids().len()), ("environment", 2));
    assert_eq!(ring.active_id(), VaultKey::from_hex(KEY).unwrap().id());
    // Retired keys alone are no ring: they lock no new archive.
    assert!(told(&[(RETIRED_VARIABLE, OTHER), (KEY_VARIABLE, " ")]).environment_ring().unwrap().is_none());
}

#[test]
fn a_key_of_the_environment_that_is_none_is_named_by_its_variable() {
    let wrong = told(&[(KEY_VARIABLE, KEY), (RETIRED_VARIABLE, "12")]).environment_ring().err().unwrap();
    assert_eq!(wrong.code(), ErrorCode::KeyInvalid);
    assert!(wrong.to_string().contains(RETIRED_VARIABLE), "{wrong}");
    let wrong = told(&[(KEY_VARIABLE, "12")]).environment_ring().err().unwrap();
    assert!(wrong.to_string().contains(KEY_VARIABLE), "{wrong}");
}

#[test]
fn a_passphrase_is_asked_for_only_when_the_environment_has_none() {
    let path = Path::new("/srv/keys.aitta");
    let given = told(&[(PASSPHRASE_VARIABLE, "from the environment\n")]).asking(|_, _| None);
    assert_eq!(given.passphrase(Asked::Existing, path).unwrap().as_str(), "from the environment");
    let asked = told(&[]).asking(|asked, _| Some(Zeroizing::new(format!("{asked:?}"))));
    assert_eq!(asked.passphrase(Asked::New, path).unwrap().as_str(), "New");
    let nobody = told(&[]).passphrase(Asked::Existing, path).unwrap_err();
    assert_eq!(nobody.code(), ErrorCode::KeyMissing);
    assert!(nobody.hint().contains(PASSPHRASE_VARIABLE), "{}", nobody.hint());
}

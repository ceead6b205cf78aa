#![expect(clippy::unwrap_used, reason = "tests")]

use std::ffi::OsString;

use proptest::prelude::*;

use super::*;

/// So that thousands of files can be opened.
const CHEAP: Cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };
const PASSPHRASE: &str = "five or more random words";

fn told(passphrase: &str) -> KeyInputs {
    let environment =
        [(crate::PASSPHRASE_VARIABLE.to_owned(), OsString::from(passphrase))].into_iter().collect();
    KeyInputs::of(&environment, Path::new("/"))
}

fn vault(path: &Path, passphrase: &str) -> SealedVault {
    SealedVault::at_cost(path.to_owned(), told(passphrase), CHEAP)
}

fn code(result: Result<Option<Zeroizing<String>>>) -> Option<ErrorCode> {
    result.err().map(|e| e.code())
}

#[test]
fn secrets_come_back_and_no_file_holds_them_in_the_clear() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.aitta");
    let first = vault(&path, PASSPHRASE);
    assert_eq!(first.read("a").unwrap(), None, "no file yet");
    first.write("a", "secret one").unwrap();
    first.write("b", "secret two").unwrap();
    first.write("a", "secret three").unwrap();
    first.delete("c").unwrap();
    // Another process.
    let second = vault(&path, PASSPHRASE);
    assert_eq!(second.read("a").unwrap().unwrap().as_str(), "secret three");
    second.delete("a").unwrap();
    assert_eq!(first.read("a").unwrap(), None);
    assert_eq!(first.read("b").unwrap().unwrap().as_str(), "secret two");
    for file in fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path()) {
        let bytes = fs::read(&file).unwrap();
        for word in ["secret", PASSPHRASE] {
            assert!(!bytes.windows(word.len()).any(|w| w == word.as_bytes()), "{}", file.display());
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                fs::metadata(&file).unwrap().permissions().mode() & 0o777,
                0o600,
                "{}",
                file.display()
            );
        }
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "the file and its lock, nothing half-written");
}

#[test]
fn a_wrong_passphrase_is_told_from_damage() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.aitta");
    vault(&path, PASSPHRASE).write("a", "1").unwrap();
    let before = fs::read(&path).unwrap();
    let wrong = vault(&path, "another passphrase");
    let error = wrong.read("a").unwrap_err();
    assert_eq!(error.code(), ErrorCode::KeyWrong);
    assert!(error.hint().contains("recovery kits"), "{}", error.hint());
    assert_eq!(wrong.write("a", "2").unwrap_err().code(), ErrorCode::KeyWrong);
    assert_eq!(wrong.delete("a").unwrap_err().code(), ErrorCode::KeyWrong);
    assert_eq!(fs::read(&path).unwrap(), before, "nothing is overwritten by who can't read it");
    let mut damaged = before;
    *damaged.last_mut().unwrap() ^= 1;
    fs::write(&path, damaged).unwrap();
    assert_eq!(code(vault(&path, PASSPHRASE).read("a")), Some(ErrorCode::KeyInvalid));
}

#[test]
fn every_flipped_bit_and_every_cut_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.aitta");
    vault(&path, PASSPHRASE).write("vault-key-0", "0123456789abcdef").unwrap();
    let whole = fs::read(&path).unwrap();
    let is_refused = |bytes: &[u8], what: String| {
        fs::write(&path, bytes).unwrap();
        let vault = vault(&path, PASSPHRASE);
        let code = code(vault.read("vault-key-0"));
        assert!(matches!(code, Some(ErrorCode::KeyInvalid | ErrorCode::KeyWrong)), "{what}: {code:?}");
        assert!(vault.write("a", "b").is_err(), "{what}");
        assert_eq!(fs::read(&path).unwrap(), bytes, "{what}: what can't be read is not replaced");
    };
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << bit;
            is_refused(&flipped, format!("bit {bit} of byte {at}"));
        }
    }
    for len in 0..whole.len() {
        is_refused(&whole[..len], format!("cut to {len} bytes"));
    }
    is_refused(&[&whole[..], &[0; 16]].concat(), "longer".to_owned());
    fs::write(&path, &whole).unwrap();
    assert!(vault(&path, PASSPHRASE).read("vault-key-0").unwrap().is_some());
}

#[test]
fn a_hostile_file_gets_no_memory_and_no_time() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.aitta");
    vault(&path, PASSPHRASE).write("a", "1").unwrap();
    let whole = fs::read(&path).unwrap();
    for (at, value) in [(12, u32::MAX), (12, 1 << 21), (12, 0), (16, 1000), (16, 0), (20, 255), (20, 0)] {
        let mut hostile = whole.clone();
        hostile[at..at + 4].copy_from_slice(&value.to_le_bytes());
        fs::write(&path, hostile).unwrap();
        let error = vault(&path, PASSPHRASE).read("a").unwrap_err();
        assert_eq!(error.code(), ErrorCode::KeyInvalid);
        assert!(error.to_string().contains("out of bounds"), "{error}");
    }
    fs::write(&path, vec![b'A'; MAX_LEN + 10]).unwrap();
    assert_eq!(code(vault(&path, PASSPHRASE).read("a")), Some(ErrorCode::KeyInvalid));
}

#[test]
fn a_disk_that_is_not_mounted_does_not_look_like_an_empty_file() {
    let dir = tempfile::tempdir().unwrap();
    let vault = vault(&dir.path().join("stick/keys.aitta"), PASSPHRASE);
    assert_eq!(code(vault.read("a")), Some(ErrorCode::KeychainUnavailable));
    assert_eq!(vault.write("a", "1").unwrap_err().code(), ErrorCode::KeychainUnavailable);
    assert!(!dir.path().join("stick").exists());
}

#[test]
fn a_new_file_wants_a_passphrase_that_is_worth_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.aitta");
    assert_eq!(vault(&path, "1234567").write("a", "1").unwrap_err().code(), ErrorCode::KeyInvalid);
    assert!(!path.exists());
    let nobody = SealedVault::at_cost(path.clone(), KeyInputs::default(), CHEAP);
    assert_eq!(nobody.write("a", "1").unwrap_err().code(), ErrorCode::KeyMissing);
    assert!(!path.exists());
}

/// Stretching takes long on purpose; a process does it once.
#[test]
fn the_passphrase_is_asked_for_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.aitta");
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let count = asked.clone();
    let inputs = KeyInputs::default().asking(move |_, _| {
        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Some(Zeroizing::new(PASSPHRASE.to_owned()))
    });
    let vault = SealedVault::at_cost(path, inputs, CHEAP);
    for n in 0..5 {
        vault.write("a", &n.to_string()).unwrap();
        assert!(vault.read("a").unwrap().is_some());
    }
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 1);
}

#[test]
fn writers_at_the_same_time_lose_nothing_of_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.aitta");
    vault(&path, PASSPHRASE).write("0", "0").unwrap();
    std::thread::scope(|scope| {
        for n in 1..=8 {
            let path = &path;
            scope.spawn(move || vault(path, PASSPHRASE).write(&n.to_string(), "x").unwrap());
        }
    });
    let all = vault(&path, PASSPHRASE);
    assert!((0..=8).all(|n| all.read(&n.to_string()).unwrap().is_some()));
}

#[cfg(unix)]
#[test]
fn a_link_to_a_key_file_stays_a_link() {
    let dir = tempfile::tempdir().unwrap();
    let (path, link) = (dir.path().join("keys.aitta"), dir.path().join("link"));
    vault(&path, PASSPHRASE).write("a", "1").unwrap();
    std::os::unix::fs::symlink(&path, &link).unwrap();
    vault(&link, PASSPHRASE).write("a", "2").unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(vault(&path, PASSPHRASE).read("a").unwrap().unwrap().as_str(), "2");
}

/// The recommended cost, once: what users get.
#[test]
fn the_cost_of_rfc_9106_is_within_what_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.aitta");
    SealedVault::by_passphrase(path.clone(), told(PASSPHRASE)).write("a", "1").unwrap();
    let bytes = fs::read(&path).unwrap();
    assert_eq!(bytes[12..24], [65536u32, 3, 4].map(u32::to_le_bytes).concat()[..]);
    let again = SealedVault::by_passphrase(path, told(PASSPHRASE));
    assert_eq!(again.read("a").unwrap().unwrap().as_str(), "1");
}

proptest! {
    #[test]
    fn bytes_from_anywhere_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), magic in any::<bool>()) {
        let mut bytes = bytes;
        if magic {
            bytes.splice(0..0, *b"AITTA\r\nK\x01\0\x01\0");
        }
        let by_passphrase = Sealed::parse(&bytes).map(|sealed| matches!(sealed.by, SealedBy::Passphrase { .. }));
        prop_assert!(by_passphrase.unwrap_or(true));
    }
}

#[test]
fn what_a_killed_process_has_left_of_the_file_goes_with_the_next_change() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.aitta");
    let vault = vault(&path, PASSPHRASE);
    vault.write("a", "secret one").unwrap();
    let left = dir.path().join(".keys.aitta.new-x1y2z3");
    let other = dir.path().join(".other.aitta.new-x1y2z3");
    for copy in [&left, &other] {
        fs::copy(&path, copy).unwrap();
    }
    vault.write("b", "secret two").unwrap();
    assert!(!left.exists() && other.exists(), "only what is of this file");
}

#[test]
fn what_cannot_be_removed_beside_the_file_keeps_no_change_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.aitta");
    let vault = vault(&path, PASSPHRASE);
    let (folder, left) = (dir.path().join(".keys.aitta.new-a"), dir.path().join(".keys.aitta.new-b"));
    fs::create_dir(&folder).unwrap();
    fs::write(&left, "of a killed process").unwrap();
    vault.write("a", "secret one").unwrap();
    assert_eq!(vault.read("a").unwrap().unwrap().as_str(), "secret one");
    assert!(folder.exists() && !left.exists());
}

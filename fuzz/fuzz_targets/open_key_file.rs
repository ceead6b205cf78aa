//! Any bytes as a sealed key file, and a genuine one that was changed: nothing but what was sealed ever comes out.
//!
//! No passphrase is stretched: the key that the file is opened with stands for what that would give.
#![no_main]
#![allow(dead_code, reason = "modules of aitta-keys, of which only the file is used here")]

use std::sync::LazyLock;

use aitta_archive::VaultKey;
use aitta_base::Result;
use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;

// The files as they are, which are private to their crate, and without the keychain.
#[path = "../../crates/keys/src"]
mod keys {
    use super::Result;

    pub(super) mod sealed {
        use super::super::{Result, VaultKey};

        mod file;

        /// What is in a file, when all of it is right.
        pub(in super::super) fn open(bytes: &[u8], key: &VaultKey) -> Option<Vec<u8>> {
            let sealed = file::Sealed::parse(bytes).ok()?;
            let master = file::Master::of_key(key);
            let is_for = sealed.is_for(&master);
            let plain = sealed.open(&master).ok()?;
            // The tag covers the check value.
            assert!(is_for, "what opens is told to be another key's");
            Some(plain.to_vec())
        }

        pub(in super::super) fn seal(by_passphrase: bool, key: &VaultKey, plain: &[u8]) -> Result<Vec<u8>> {
            let by = match by_passphrase {
                true => file::SealedBy::Passphrase { cost: file::Cost::RFC_9106, salt: [5; 16] },
                false => file::SealedBy::Key(key.id().0),
            };
            file::seal(&by, &file::Master::of_key(key), plain)
        }
    }
}

/// `aitta_base::random` asks the system; here a finding is to be run again.
fn random<const N: usize>() -> Result<[u8; N]> {
    Ok([7; N])
}

static KEY: LazyLock<VaultKey> = LazyLock::new(|| {
    VaultKey::from_hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f").expect("64 digits")
});

const PLAIN: &[u8] = br#"{"key-ring":"{\"version\":1,\"keys\":[]}","vault-key-a1":"00"}"#;

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    /// Any bytes.
    Bytes(&'a [u8]),
    /// Any bytes behind a genuine beginning of this length.
    Tail { by_passphrase: bool, len: u8, tail: &'a [u8] },
    /// A genuine file with some bytes changed.
    Changed { by_passphrase: bool, changes: Vec<(u8, u8)> },
    /// What is sealed.
    Plain { by_passphrase: bool, plain: &'a [u8] },
}

fuzz_target!(|input: Input| {
    match input {
        // Only the holder of the key can make one that opens.
        Input::Bytes(bytes) => assert_eq!(keys::sealed::open(bytes, &KEY), None),
        Input::Tail { by_passphrase, len, tail } => {
            let genuine = sealed(by_passphrase, PLAIN);
            let bytes = [&genuine[..genuine.len().min(usize::from(len))], tail].concat();
            assert_eq!(keys::sealed::open(&bytes, &KEY).is_some(), bytes == genuine);
        }
        Input::Changed { by_passphrase, changes } => {
            let genuine = sealed(by_passphrase, PLAIN);
            let mut bytes = genuine.clone();
            for (at, change) in changes {
                let at = usize::from(at) % bytes.len();
                bytes[at] ^= change;
            }
            let opened = keys::sealed::open(&bytes, &KEY);
            assert_eq!(opened.as_deref(), (bytes == genuine).then_some(PLAIN));
        }
        Input::Plain { by_passphrase, plain } => {
            let bytes = sealed(by_passphrase, plain);
            assert_eq!(keys::sealed::open(&bytes, &KEY).as_deref(), Some(plain));
        }
    }
});

fn sealed(by_passphrase: bool, plain: &[u8]) -> Vec<u8> {
    keys::sealed::seal(by_passphrase, &KEY, plain).expect("there is a key to seal with")
}

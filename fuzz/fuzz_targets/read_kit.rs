//! Any text as a recovery kit, and genuine kits with a slip in them: none of them may pass for another key.
#![no_main]
#![allow(dead_code, reason = "modules of aitta-keys, of which only the reading is used here")]

use std::sync::LazyLock;

use aitta_archive::VaultKey;
use aitta_base::Result;
use aitta_model::{RecoveryKit, Timestamp};
use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;

// The files as they are, which are private to their crate, and without the keychain.
#[path = "../../crates/keys/src"]
mod keys {
    use super::{RecoveryKit, Result, Timestamp, VaultKey};

    mod kit;

    pub(super) fn read(text: &str) -> Result<VaultKey> {
        kit::key(text)
    }

    pub(super) fn is_typed_right(key: &VaultKey, number: u8, typed: &str) -> bool {
        kit::is_typed_right(key, number, typed)
    }

    pub(super) fn make(key: &VaultKey) -> Result<RecoveryKit> {
        let about = kit::About {
            created: Timestamp::UNIX_EPOCH,
            profile: "shop",
            store: "/mnt/backup/aitta",
            asked: vec![3, 11],
        };
        kit::make(key, about)
    }
}

struct Fixed {
    key: VaultKey,
    kit: RecoveryKit,
    pages: [Vec<char>; 2],
}

/// `aitta_base::random` asks the system; here a finding is to be run again.
fn random<const N: usize>() -> Result<[u8; N]> {
    Ok([7; N])
}

static FIXED: LazyLock<Fixed> = LazyLock::new(|| {
    let text = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    let key = VaultKey::from_hex(text).expect("64 digits");
    let kit = keys::make(&key).expect("the kit of a key");
    let pages = [&kit.text, &kit.html].map(|page| page.chars().collect());
    Fixed { key, kit, pages }
});

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    /// Any text.
    Text(&'a str),
    /// The page of a kit, as text or HTML, with one character changed.
    Slip { html: bool, at: u16, to: char },
    /// The same with many, and cut short.
    Worn { html: bool, changes: Vec<(u16, char)>, len: u16 },
    /// The groups in any form, one of them with something typed in its place.
    Groups { number: u8, typed: &'a str, between: &'a str },
}

fuzz_target!(|input: Input| {
    let fixed = &*FIXED;
    match input {
        Input::Text(text) => same_again(keys::read(text)),
        Input::Slip { html, at, to } => {
            let mut page = fixed.pages[usize::from(html)].clone();
            let at = usize::from(at) % page.len();
            page[at] = to;
            if let Ok(key) = keys::read(&page.into_iter().collect::<String>()) {
                assert_eq!(key.id(), fixed.key.id(), "one slip made another key of it");
            }
        }
        Input::Worn { html, changes, len } => {
            let mut page = fixed.pages[usize::from(html)].clone();
            for (at, to) in changes {
                let at = usize::from(at) % page.len();
                page[at] = to;
            }
            page.truncate(usize::from(len));
            same_again(keys::read(&page.into_iter().collect::<String>()));
        }
        Input::Groups { number, typed, between } => {
            let right = keys::is_typed_right(&fixed.key, number.clamp(1, 16), typed);
            assert!(
                !keys::is_typed_right(&fixed.key, 0, typed) && !keys::is_typed_right(&fixed.key, 17, typed)
            );
            let mut groups: Vec<&str> = fixed.kit.groups.iter().map(String::as_str).collect();
            groups[usize::from(number.clamp(1, 16)) - 1] = typed;
            same_again(keys::read(&groups.join(between)));
            let read = keys::read(&groups.join(" "));
            if right && !typed.contains(char::is_whitespace) && typed.len() == 6 {
                assert!(read.is_ok_and(|key| key.id() == fixed.key.id()), "{typed:?} was typed right");
            }
        }
    }
});

/// What was read is a key, and is read again from its digits and from its own kit.
fn same_again(read: Result<VaultKey>) {
    match read {
        Ok(key) => {
            let again = keys::read(&key.to_hex()).expect("64 digits are a key");
            assert_eq!(again.id(), key.id());
            let kit = keys::make(&key).expect("the kit of a key");
            let again = keys::read(&kit.html).expect("its own kit");
            assert_eq!(again.id(), key.id());
        }
        Err(error) => assert!(!error.hint().is_empty(), "{error}"),
    }
}

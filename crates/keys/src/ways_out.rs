//! What to do where no vault is to be had.

use aitta_base::Error;
use aitta_model::{Command, ErrorCode};

use super::vault::KEYCHAIN;
use super::{FILE_VARIABLE, KEY_VARIABLE, PASSPHRASE_VARIABLE};

/// The ways out where the vault can't be reached.
pub(crate) fn ways_out(place: &str, first: &str) -> String {
    match place {
        KEYCHAIN => format!(
            "{first}; without a keychain, set {FILE_VARIABLE} to the path of a key file, which a \
             passphrase seals ({PASSPHRASE_VARIABLE}), or {KEY_VARIABLE} to a key of {key_generate}",
            key_generate = Command::KeyGenerate
        ),
        _ => format!("{first}; or set {KEY_VARIABLE} to the key"),
    }
}

/// Adds the ways out to an error, where somebody wants to change the ring.
pub fn with_ways_out(error: Error, place: &str) -> Error {
    if error.code() != ErrorCode::KeychainUnavailable {
        return error;
    }
    let hint = ways_out(place, error.hint());
    error.hint_instead(hint)
}

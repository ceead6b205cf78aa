//! Seeds, recovery codes and tokens: random, and kept as hashes where that is enough.

use aitta_model::{ErrorCode, RecoveryCodes};
use constant_time_eq::constant_time_eq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use totp_rs::{Algorithm, Builder, Secret, Totp};
use zeroize::Zeroizing;

use crate::{Error, Result};

/// Length of a time step (RFC 6238, section 5.2), in seconds.
pub(crate) const STEP_S: u64 = 30;

/// Steps that a clock may be off, to either side.
pub(crate) const DRIFT: u16 = 1;

/// How many recovery codes there are.
const CODES: usize = 10;

/// What a token begins with, so that it is never taken for a code.
const TOKEN: &str = "aitta_mfa_";

/// The secret that authenticator and Aitta share: 160 bits (RFC 4226, section 4, R6).
pub(crate) struct Seed(Secret);

impl Seed {
    pub(crate) fn generate() -> Result<Self> {
        Ok(Self(Secret::from(random::<20>()?.to_vec())))
    }

    pub(crate) fn base32(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.to_base32())
    }

    /// TOTP of RFC 6238 as authenticator apps take it for granted: HMAC-SHA-1, 6 digits, 30 s.
    pub(crate) fn totp(&self, account: &str) -> Result<Totp> {
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_step_duration(STEP_S)
            .with_skew(DRIFT)
            .with_secret(self.0.clone())
            .with_issuer(Some("Aitta"))
            .with_account_name(account.replace(':', "-"))
            .build()
            .map_err(|e| {
                Error::new(
                    ErrorCode::MfaUnavailable,
                    format!("the secret of the second factor can't be used: {e}"),
                    super::state::RECOVERY,
                )
            })
    }

    /// For the vault, and for nothing else.
    pub(crate) fn store<S: Serializer>(seed: &Self, serializer: S) -> Result<S::Ok, S::Error> {
        seed.base32().serialize(serializer)
    }

    /// From the vault.
    pub(crate) fn load<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        Secret::try_from_base32(text.as_str())
            .map(Self)
            .map_err(|_| serde::de::Error::custom("the seed is no base32"))
    }
}

/// The recovery codes that were not used yet, as hashes. At 80 random bits a code is out of reach of guessing,
/// so that one round of SHA-256 with a salt is enough, and 128 bits of it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Recovery {
    salt: String,
    codes: Vec<Option<String>>,
}

impl Recovery {
    /// Ten new ones, and what is shown of them.
    pub(crate) fn generate() -> Result<(Self, RecoveryCodes)> {
        let salt = hex::encode(random::<8>()?);
        let mut shown = Vec::with_capacity(CODES);
        for _ in 0..CODES {
            let text = Zeroizing::new(Secret::from(random::<10>()?.to_vec()).to_base32());
            let groups: Vec<&str> =
                [0..4, 4..8, 8..12, 12..16].into_iter().filter_map(|range| text.get(range)).collect();
            shown.push(groups.join("-"));
        }
        let codes = shown.iter().map(|code| Some(Self::hash(&salt, &plain(code)))).collect();
        Ok((Self { salt, codes }, RecoveryCodes { codes: shown }))
    }

    /// How many are left.
    pub(crate) fn left(&self) -> u32 {
        u32::try_from(self.codes.iter().flatten().count()).unwrap_or(u32::MAX)
    }

    /// Uses one up. Returns which of them it was, from 1.
    pub(crate) fn take(&mut self, code: &str) -> Option<usize> {
        let hash = Self::hash(&self.salt, &plain(code));
        let mut found = None;
        // All are compared, whichever it is.
        for (i, known) in self.codes.iter().enumerate() {
            if known.as_ref().is_some_and(|known| constant_time_eq(known.as_bytes(), hash.as_bytes())) {
                found = Some(i);
            }
        }
        let i = found?;
        *self.codes.get_mut(i)? = None;
        Some(i + 1)
    }

    /// How many there were.
    pub(crate) fn total(&self) -> usize {
        self.codes.len()
    }

    fn hash(salt: &str, code: &str) -> String {
        let mut sha = Sha256::new();
        sha.update("aitta/1 recovery code");
        sha.update(salt);
        sha.update(code);
        hex::encode(&sha.finalize()[..16])
    }
}

/// A code without the groups, and with the letters that were meant: base32 knows no 0, 1 and 8.
fn plain(code: &str) -> Zeroizing<String> {
    let letters = code.chars().filter(|c| !c.is_whitespace() && *c != '-');
    let meant = letters.map(|c| match c.to_ascii_uppercase() {
        '0' => 'O',
        '1' => 'I',
        '8' => 'B',
        c => c,
    });
    Zeroizing::new(meant.collect())
}

/// The token of an exception.
pub(crate) fn new_token() -> Result<Zeroizing<String>> {
    Ok(Zeroizing::new(format!("{TOKEN}{}", hex::encode(random::<32>()?))))
}

/// Whether this is meant to be a token.
pub(crate) fn is_token(text: &str) -> bool {
    text.starts_with(TOKEN)
}

/// What is kept of a token: `SHA-256("aitta/1 exception" || token)`.
pub(crate) fn token_hash(token: &str) -> String {
    let mut sha = Sha256::new();
    sha.update("aitta/1 exception");
    sha.update(token);
    hex::encode(sha.finalize())
}

/// Whether two hashes are equal, in constant time.
pub(crate) fn same(a: &str, b: &str) -> bool {
    constant_time_eq(a.as_bytes(), b.as_bytes())
}

/// Random bytes of the system, wiped on drop.
pub(crate) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>> {
    aitta_base::random().map(Zeroizing::new)
}

//! The recovery kit: the printable copy of a vault key.
//!
//! The 64 hexadecimal digits of the key are written as 16 groups of four, each with a check digit over the number of
//! the group and its digits, so that a slip is noticed where it was made.

use aitta_archive::VaultKey;
use aitta_base::{Error, Result};
use aitta_model::{Contact, ErrorCode, RecoveryKit};
use jiff::Timestamp;
use qrcode::render::{svg, unicode};
use qrcode::{EcLevel, QrCode};
use zeroize::Zeroizing;

mod check_digit;
mod page;
mod read;

pub(crate) use read::{is_typed_right, key};

/// Groups of a key.
const GROUPS: u8 = 16;

/// What the QR code holds before the digits.
const QR_PREFIX: &str = "aitta-key:1:";

/// What a kit says beside the key.
pub struct About<'a> {
    /// When the key was made, or the kit was printed again.
    pub created: Timestamp,
    /// The profile that the key is for.
    pub profile: &'a str,
    /// Where the archives lie.
    pub store: &'a str,
    /// The groups that are asked for, from 1.
    pub asked: Vec<u8>,
    /// Whom to call: the first few of them are on the page.
    pub contacts: &'a [Contact],
}

/// The kit of a key.
///
/// # Errors
/// `system` when the QR code can't be made, which does not happen with 76 characters.
pub(crate) fn make(key: &VaultKey, about: About<'_>) -> Result<RecoveryKit> {
    let hex = key.to_hex();
    let key_id = key.id().to_string();
    let groups: Vec<String> = (1..=GROUPS).map(|number| group(&hex, number)).collect();
    let content = Zeroizing::new(format!("{QR_PREFIX}{}", hex.as_str()));
    let code = QrCode::with_error_correction_level(content.as_bytes(), EcLevel::M).map_err(|e| {
        Error::new(
            ErrorCode::System,
            format!("the QR code can't be made: {e}"),
            "report this with the message",
        )
    })?;
    // The declaration of XML has no place within a page.
    let svg = code.render::<svg::Color<'_>>().min_dimensions(180, 180).build();
    let qr_svg = svg.split_once("?>").map_or(svg.as_str(), |(_, rest)| rest).to_owned();
    let qr_text = code
        .render::<unicode::Dense1x2>()
        .dark_color(unicode::Dense1x2::Dark)
        .light_color(unicode::Dense1x2::Light)
        .build();
    let page = page::Page { key_id: &key_id, about: &about, groups: &groups };
    let (text, html) = (page.text(&qr_text), page.html(&qr_svg));
    Ok(RecoveryKit { key_id, created: about.created, groups, asked: about.asked, qr_svg, text, html })
}

/// Group `number`, from 1: `a177-c`.
fn group(hex: &str, number: u8) -> String {
    let at = 4 * usize::from(number - 1);
    let digits = &hex[at..at + 4];
    format!("{digits}-{}", check_digit::of(number, digits))
}

/// Two numbers of groups, different ones, in order.
///
/// # Errors
/// `system` when the system gives no random bytes.
pub fn asked() -> Result<Vec<u8>> {
    let mut asked = Vec::new();
    while asked.len() < 2 {
        let [byte] = crate::random::<1>()?;
        let number = byte % GROUPS + 1;
        if !asked.contains(&number) {
            asked.push(number);
        }
    }
    asked.sort_unstable();
    Ok(asked)
}

#[cfg(test)]
mod tests;

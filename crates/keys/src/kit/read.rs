//! Reading a key that somebody has typed, scanned or kept in a file.

use aitta_archive::VaultKey;
use aitta_base::{Error, Result};
use aitta_model::ErrorCode;
use zeroize::Zeroizing;

use super::{GROUPS, QR_PREFIX, check_digit};

/// Longer texts are no kit.
const MAX_LEN: usize = 1 << 20;

/// The key in a text: 64 hexadecimal digits, the 16 groups of a kit, a whole kit as text or HTML, or what its QR code
/// holds. A kit that names another key than it spells is refused.
pub(crate) fn key(text: &str) -> Result<VaultKey> {
    if text.len() > MAX_LEN {
        return Err(unreadable("the text is too long for a recovery kit"));
    }
    if let Some(hex) = text.trim().strip_prefix(QR_PREFIX) {
        return VaultKey::from_hex(hex).map_err(|e| no_key(e.into()));
    }
    let text = without_tags(text);
    let tokens: Vec<&str> = text.split_whitespace().collect();
    if let Some(groups) = numbered(&tokens)? {
        let key = of_groups(&groups)?;
        let named =
            tokens.windows(3).find(|w| w[0].eq_ignore_ascii_case("key") && w[1].eq_ignore_ascii_case("id"));
        let spelled = key.id().to_string();
        return match named {
            Some(named) if !named[2].eq_ignore_ascii_case(&spelled) => Err(unreadable(format!(
                "the recovery kit is of the key {}, but its groups spell the key {spelled}",
                shown(named[2])
            ))),
            _ => Ok(key),
        };
    }
    let groups: Vec<&str> = tokens.iter().copied().filter(|token| is_group(token)).collect();
    if !groups.is_empty() && groups.len() == tokens.len() {
        if groups.len() != usize::from(GROUPS) {
            return Err(unreadable(format!(
                "a recovery kit has {GROUPS} groups, and {} were given",
                groups.len()
            )));
        }
        return of_groups(&groups.into_iter().map(normal).collect::<Vec<_>>());
    }
    let digits = normal(&text);
    match digits.len() {
        80 => {
            let groups = (0..16).map(|n| Zeroizing::new(slice(&digits, 5 * n, 5))).collect::<Vec<_>>();
            of_groups(&groups)
        }
        // The format's own message says which character is wrong, or how many there are.
        _ => VaultKey::from_hex(text.trim()).or_else(|e| VaultKey::from_hex(&digits).map_err(|_| e)).map_err(
            |e| match groups.len() {
                0 => no_key(e.into()),
                // A character would be counted among those that are no part of a kit.
                n => unreadable(format!("a recovery kit has {GROUPS} groups, and {n} are in this text")),
            },
        ),
    }
}

/// Whether what was typed for a group is right: digit by digit, whatever the case, the dash and spaces.
pub(crate) fn is_typed_right(key: &VaultKey, number: u8, typed: &str) -> bool {
    // The number may come from a list that was damaged.
    if !(1..=GROUPS).contains(&number) {
        return false;
    }
    let wanted = Zeroizing::new(super::group(&key.to_hex(), number));
    *normal(typed) == *normal(&wanted)
}

/// Groups that stand behind their numbers, as a kit prints them. `None` when the text is not like that.
fn numbered(tokens: &[&str]) -> Result<Option<Vec<Zeroizing<String>>>> {
    let mut found: [Option<&str>; GROUPS as usize] = [None; GROUPS as usize];
    for pair in tokens.windows(2) {
        let number = pair[0].trim_end_matches(['.', ':', ')']).parse::<usize>();
        if let Ok(number @ 1..=16) = number
            && is_group(pair[1])
        {
            // The last one counts: the name of a profile or a folder may look like a group, and comes before.
            found[number - 1] = Some(pair[1]);
        }
    }
    let missing: Vec<String> = (0..16).filter(|&n| found[n].is_none()).map(|n| (n + 1).to_string()).collect();
    match missing.len() {
        0 => Ok(Some(found.into_iter().flatten().map(normal).collect())),
        1..=8 => Err(unreadable(format!("the recovery kit lacks the group {}", missing.join(", ")))),
        _ => Ok(None),
    }
}

fn of_groups(groups: &[Zeroizing<String>]) -> Result<VaultKey> {
    let mut hex = Zeroizing::new(String::with_capacity(64));
    for (number, group) in (1..=GROUPS).zip(groups) {
        let (digits, check) = (slice(group, 0, 4), slice(group, 4, 1));
        let digits = Zeroizing::new(digits);
        if !group.chars().all(|c| c.is_ascii_hexdigit())
            || check_digit::of(number, &digits).to_string() != check
        {
            return Err(Error::new(
                ErrorCode::KeyInvalid,
                format!("group {number} of the recovery kit is not right: its check digit does not fit"),
                format!(
                    "compare group {number} with the paper, digit by digit; the others before it are right"
                ),
            ));
        }
        hex.push_str(&digits);
    }
    VaultKey::from_hex(&hex).map_err(|e| no_key(e.into()))
}

/// Four characters, a dash, one character.
fn is_group(token: &str) -> bool {
    let mut chars = token.chars();
    token.len() == 6
        && chars.by_ref().take(4).all(|c| c.is_ascii_alphanumeric())
        && chars.next() == Some('-')
        && chars.next().is_some_and(|c| c.is_ascii_alphanumeric())
}

/// Without spaces and dashes, in small letters; letters that look like digits are those digits, since no hexadecimal
/// number has them.
fn normal(text: &str) -> Zeroizing<String> {
    let digit = |c: char| match c.to_ascii_lowercase() {
        'o' => '0',
        'i' | 'l' => '1',
        other => other,
    };
    Zeroizing::new(text.chars().filter(|c| !c.is_whitespace() && *c != '-').map(digit).collect())
}

fn slice(text: &str, from: usize, len: usize) -> String {
    text.chars().skip(from).take(len).collect()
}

/// What is between the tags of a page; other texts as they are.
fn without_tags(text: &str) -> Zeroizing<String> {
    let is_page = text
        .trim_start()
        .get(..5)
        .is_some_and(|start| start.eq_ignore_ascii_case("<!doc") || start.eq_ignore_ascii_case("<html"));
    if !is_page {
        return Zeroizing::new(text.to_owned());
    }
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let mut within = false;
    for c in text.chars() {
        match c {
            '<' => within = true,
            '>' => {
                within = false;
                out.push(' ');
            }
            c if !within => out.push(c),
            _ => {}
        }
    }
    out
}

/// At most as much as an id, so that no part of a key gets into a message.
fn shown(token: &str) -> String {
    token.chars().take(16).collect()
}

fn no_key(error: Error) -> Error {
    error.hint_instead(
        "give the 16 groups of the recovery kit, the 64 hexadecimal digits of the key, what the QR code holds, or the \
         file of the kit",
    )
}

fn unreadable(message: impl Into<String>) -> Error {
    no_key(Error::new(ErrorCode::KeyInvalid, message, ""))
}

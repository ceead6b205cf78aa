#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;

const HEX: &str = "a1777a0000000000000000000000000000000000000000000000000000000001";

fn vault_key(hex: &str) -> VaultKey {
    VaultKey::from_hex(hex).unwrap()
}

fn kit_of(key: &VaultKey, profile: &str, store: &str) -> RecoveryKit {
    let created = "2026-11-25T16:00:00Z".parse().unwrap();
    make(key, About { created, profile, store, asked: vec![3, 12], contacts: &[] }).unwrap()
}

fn kit() -> RecoveryKit {
    kit_of(&vault_key(HEX), "shop", "/srv/backups")
}

fn spelled(text: &str) -> Result<String> {
    key(text).map(|key| key.to_hex().to_string())
}

#[test]
fn every_form_of_a_kit_is_read() {
    let kit = kit();
    assert_eq!(kit.groups.len(), 16);
    let bare = kit.groups.join(" ").replace('-', "");
    for text in [
        HEX.to_owned(),
        format!("  {}\n", HEX.to_uppercase()),
        kit.groups.join(" "),
        kit.groups.join("\n").to_uppercase(),
        bare.clone(),
        bare.replace(' ', ""),
        format!("{QR_PREFIX}{HEX}\n"),
        kit.text.clone(),
        kit.text.replace('\n', "\r\n"),
        kit.html.clone(),
    ] {
        assert_eq!(spelled(&text).unwrap(), HEX, "{text}");
    }
}

/// Contacts stand before the groups, so that none of them is read as one.
#[test]
fn contacts_are_on_the_page_and_do_no_harm() {
    let contact = |name: &str, phone: &str| Contact {
        name: name.to_owned(),
        role: Some("</dd><script>".to_owned()),
        phone: Some(phone.to_owned()),
        mail: None,
    };
    let contacts =
        ["Liisa", "key id 0123456789abcdef", "a\n 1  0000-0", "Fourth"].map(|name| contact(name, "1 0000-0"));
    let created = "2026-11-25T16:00:00Z".parse().unwrap();
    let about = About { created, profile: "shop", store: "/srv", asked: vec![3, 12], contacts: &contacts };
    let kit = make(&vault_key(HEX), about).unwrap();
    for text in [&kit.text, &kit.html] {
        assert_eq!(spelled(text).unwrap(), HEX);
        assert!(text.contains("Liisa") && !text.contains("Fourth"), "{text}");
    }
    assert!(!kit.html.contains("<script>"));
}

/// Names come from the configuration: none may be taken for a group or break the page.
#[test]
fn odd_names_of_profile_and_store_do_no_harm() {
    for name in [
        "prod-1",
        "1 prod-1",
        "key id 0123456789abcdef",
        "</style><script>alert(1)</script>",
        "a\n 1  0000-0",
        "",
    ] {
        let kit = kit_of(&vault_key(HEX), name, &format!("/mnt/{name}/it's"));
        assert!(!kit.html.contains("<script"), "{name}");
        assert_eq!(kit.text.matches("To recover with Aitta\n").count(), 1);
        for text in [&kit.text, &kit.html] {
            // A name that reads like the line of the key's id is refused, never read as another key.
            match spelled(text) {
                Ok(hex) => assert_eq!(hex, HEX, "{name}"),
                Err(e) => assert!(name.starts_with("key id"), "{name}: {e}"),
            }
        }
    }
}

#[test]
fn the_page_is_whole_in_itself_and_fits() {
    let kit = kit();
    for wrong in ["<script", "src=", "href=", "url(", "@import"] {
        assert!(!kit.html.contains(wrong), "{wrong}");
    }
    let without_svg = kit.html.replace("http://www.w3.org/2000/svg", "");
    assert!(!without_svg.contains("http://") && !without_svg.contains("https://"));
    for text in [&kit.text, &kit.html] {
        for part in [kit.key_id.as_str(), "2026-11-25 16:00 UTC", "shop", "/srv/backups", "aitta key import"]
        {
            assert!(text.contains(part), "{part}");
        }
        let flowing = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in ["aitta catalog rebuild", "aitta backup restore", "aitta_recover.py", "without the check"]
        {
            assert!(flowing.contains(part), "{part}");
        }
        assert!(kit.groups.iter().all(|group| text.contains(group)));
    }
    // A4 in a font of 10 points: 66 lines.
    assert!(kit.text.lines().count() <= 66, "{}", kit.text);
    assert!(kit.text.lines().all(|line| line.chars().count() <= 80), "{}", kit.text);
    assert!(!format!("{kit:?}").contains("a177"));
}

#[test]
fn the_code_is_read_by_a_reader_of_codes() {
    let kit = kit();
    let from_text: Vec<Vec<bool>> = kit
        .text
        .lines()
        .filter(|line| !line.is_empty() && line.chars().all(|c| " █▀▄".contains(c)))
        .flat_map(|line| {
            let row = |dark: &'static str| line.chars().map(|c| dark.contains(c)).collect::<Vec<_>>();
            [row("█▀"), row("█▄")]
        })
        .collect();
    let from_svg = {
        let size: usize = number_after(&kit.qr_svg, "width=\"");
        let mut rows = vec![vec![false; size]; size];
        let path = kit.qr_svg.split("d=\"").nth(1).unwrap().split('"').next().unwrap();
        for square in path.split('M').skip(1) {
            let numbers: Vec<usize> = square
                .split(|c: char| !c.is_ascii_digit())
                .filter(|part| !part.is_empty())
                .map(|part| part.parse().unwrap())
                .collect();
            let (x, y, width, height) = (numbers[0], numbers[1], numbers[2], numbers[3]);
            rows[y..y + height].iter_mut().for_each(|row| row[x..x + width].fill(true));
        }
        rows
    };
    for rows in [enlarged(&from_text, 4), from_svg] {
        let width = rows.iter().map(Vec::len).max().unwrap();
        let dark = |x: usize, y: usize| rows[y].get(x).copied().unwrap_or_default();
        let mut image =
            rqrr::PreparedImage::prepare_from_greyscale(
                width,
                rows.len(),
                |x, y| if dark(x, y) { 0 } else { 255 },
            );
        let (_, content) = image.detect_grids().first().unwrap().decode().unwrap();
        assert_eq!(content, format!("{QR_PREFIX}{HEX}"));
    }
}

fn number_after(text: &str, mark: &str) -> usize {
    let rest = &text[text.find(mark).unwrap() + mark.len()..];
    rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

/// With a quiet margin, which blank lines and trimmed ends of lines have taken away.
fn enlarged(rows: &[Vec<bool>], by: usize) -> Vec<Vec<bool>> {
    let width = rows.iter().map(Vec::len).max().unwrap() + 8;
    let blank = vec![vec![false; width]; 4];
    let framed = rows.iter().map(|row| {
        let mut out = vec![false; 4];
        out.extend(row);
        out.resize(width, false);
        out
    });
    let framed: Vec<Vec<bool>> = blank.iter().cloned().chain(framed).chain(blank.iter().cloned()).collect();
    let wide = framed.iter().map(|row| row.iter().flat_map(|&dark| vec![dark; by]).collect::<Vec<_>>());
    wide.flat_map(|row| vec![row; by]).collect()
}

#[test]
fn a_slip_is_named_by_its_group() {
    let kit = kit();
    let with = |number: usize, group: &str| {
        let mut groups = kit.groups.clone();
        groups[number - 1] = group.to_owned();
        spelled(&groups.join(" ")).unwrap_err()
    };
    let wrong_digit = kit.groups[6].replacen('0', "f", 1);
    let error = with(7, &wrong_digit);
    assert_eq!(error.code(), ErrorCode::KeyInvalid);
    assert!(error.to_string().contains("group 7 "), "{error}");
    assert!(with(9, "00g0-0").to_string().contains("group 9 "));
    let mut swapped = kit.groups.clone();
    swapped.swap(0, 15);
    assert!(spelled(&swapped.join(" ")).unwrap_err().to_string().contains("group 1 "));
    let lacking = kit.text.replace(&format!("12  {}", kit.groups[11]), "12");
    assert!(spelled(&lacking).unwrap_err().to_string().contains("lacks the group 12"));
    for text in ["", "hello", "aitta-key:1:12", &kit.groups[..15].join(" "), &HEX[..63]] {
        let error = spelled(text).unwrap_err();
        assert_eq!(error.code(), ErrorCode::KeyInvalid, "{text}");
        assert!(error.hint().contains("16 groups"), "{}", error.hint());
    }
}

/// The dash of a true group is no fault of it.
#[test]
fn groups_among_other_words_are_counted() {
    let error = spelled("0000-0 0000-0 this is no kit").unwrap_err();
    assert!(error.to_string().contains("16 groups, and 2 are in this text"), "{error}");
}

#[test]
fn a_kit_that_names_another_key_is_refused() {
    let kit = kit();
    let other = kit.text.replace(&kit.key_id, "0123456789abcdef");
    let error = spelled(&other).unwrap_err();
    assert_eq!(error.code(), ErrorCode::KeyInvalid);
    assert!(
        error.to_string().contains("0123456789abcdef") && error.to_string().contains(&kit.key_id),
        "{error}"
    );
}

#[test]
fn groups_are_taken_as_people_type_them() {
    let key = vault_key(HEX);
    let right = group(HEX, 1);
    let bare = right.replace('-', "");
    for typed in [
        right.clone(),
        bare.clone(),
        right.to_uppercase(),
        format!(" {} - {} ", &bare[..4], &bare[4..]),
        right.replace('1', "l"),
    ] {
        assert!(is_typed_right(&key, 1, &typed), "{typed}");
    }
    for typed in ["", "a177", &group(HEX, 2), &format!("{right}0")] {
        assert!(!is_typed_right(&key, 1, typed), "{typed}");
    }
    // A damaged list may ask for groups that are none.
    for number in [0, 17, 255] {
        assert!(!is_typed_right(&key, number, &right), "{number}");
    }
}

#[test]
fn two_different_groups_are_asked_for() {
    let mut seen = [false; 17];
    for _ in 0..500 {
        let asked = asked().unwrap();
        assert!(asked.len() == 2 && asked[0] < asked[1] && (1..=16).contains(&asked[0]) && asked[1] <= 16);
        asked.iter().for_each(|&number| seen[usize::from(number)] = true);
    }
    assert!(seen[1..].iter().all(|&seen| seen));
}

proptest! {
    #[test]
    fn every_key_comes_back_from_its_kit(bytes in any::<[u8; 32]>()) {
        let hex = hex::encode(bytes);
        let kit = kit_of(&vault_key(&hex), "shop", "/srv");
        prop_assert_eq!(spelled(&kit.text).unwrap(), hex.clone());
        prop_assert_eq!(spelled(&kit.groups.concat()).unwrap(), hex);
    }

    /// One wrong character anywhere in the groups, or two swapped, and no key comes of it.
    #[test]
    fn no_single_slip_gives_another_key(bytes in any::<[u8; 32]>(), at in 0usize..80, other in 0u32..16, swap in 0usize..80) {
        let hex = hex::encode(bytes);
        let digits: Vec<char> =
            (1..=16).flat_map(|n| group(&hex, n).replace('-', "").chars().collect::<Vec<_>>()).collect();
        let mut slipped = digits.clone();
        slipped[at] = char::from_digit(other, 16).unwrap();
        if slipped != digits {
            prop_assert!(spelled(&slipped.iter().collect::<String>()).is_err());
        }
        let mut swapped = digits.clone();
        swapped.swap(at / 5 * 5 + swap % 5, at);
        if swapped != digits {
            prop_assert!(spelled(&swapped.iter().collect::<String>()).is_err());
        }
    }

    #[test]
    fn texts_from_anywhere_never_panic(text in ".{0,300}", groups in "([0-9]{1,2}[ .:]{1,2}[0-9a-z]{4}-[0-9a-z] ){0,20}") {
        let _one = key(&text).is_ok();
        let _other = key(&groups).is_ok();
        let _page = key(&format!("<html>{text}{groups}")).is_ok();
    }
}

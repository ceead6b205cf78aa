#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;

/// Words with more of what is unfit than chance would give.
fn words() -> impl Strategy<Value = String> {
    let unfit = prop::sample::select(vec![
        '\u{0}',
        '\u{7}',
        '\u{8}',
        '\n',
        '\r',
        '\t',
        '\u{1b}',
        '\u{7f}',
        '\u{85}',
        '\u{9b}',
        '\u{9d}',
        '\u{200e}',
        '\u{2028}',
        '\u{202a}',
        '\u{202e}',
        '\u{2066}',
        '\u{2069}',
        '\u{feff}',
        '\u{e0041}',
        '"',
        '\\',
    ]);
    prop::collection::vec(prop_oneof![any::<char>(), unfit], 0..60).prop_map(String::from_iter)
}

proptest! {
    #[test]
    fn words_of_others_stay_on_one_line_and_say_nothing_to_a_terminal(text in words()) {
        let told = plain(&text);
        prop_assert!(!told.contains(is_unfit), "{told:?}");
        prop_assert_eq!(&plain(&told), &told, "what is fit stays as it is");
        let fit: String = text.chars().filter(|c| !is_unfit(*c)).collect();
        prop_assert_eq!(plain(&fit), fit);
    }

    #[test]
    fn lines_of_our_own_keep_their_line_feeds_only(text in words()) {
        let told = plain_lines(&text);
        prop_assert!(!told.contains(|c| c != '\n' && is_unfit(c)), "{told:?}");
        prop_assert_eq!(told.matches('\n').count(), text.matches('\n').count());
    }

    #[test]
    fn json_means_the_same_and_has_nothing_unfit_in_it(text in words(), name in words()) {
        let value = serde_json::json!({ name: [text, 1] });
        for json in [serde_json::to_string_pretty(&value).unwrap(), value.to_string()] {
            let told = plain_json(&json);
            prop_assert!(!told.contains(|c| c != '\n' && is_unfit(c)), "{told:?}");
            prop_assert_eq!(&serde_json::from_str::<serde_json::Value>(&told).unwrap(), &value);
        }
    }
}

#[test]
fn what_can_speak_to_a_terminal_is_unfit() {
    for c in ('\0'..='\u{1f}')
        .chain('\u{7f}'..='\u{9f}')
        .chain('\u{202a}'..='\u{202e}')
        .chain('\u{2066}'..='\u{2069}')
    {
        assert!(is_unfit(c), "{c:?}");
    }
    for c in ['a', 'ä', '漢', '🙂', ' ', '\u{a0}', '\u{200d}', '"', '\\', 'א', 'ع'] {
        assert!(!is_unfit(c), "{c:?}");
    }
}

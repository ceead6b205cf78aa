//! Which entries are meant by what was typed.

/// Text without what people don't type: small letters, without the marks above and below them.
pub(super) fn fold(text: &str) -> String {
    // Marks that stand by themselves are dropped.
    let letters = text.chars().filter(|c| !('\u{300}'..='\u{36f}').contains(c));
    letters.flat_map(char::to_lowercase).map(bare).collect()
}

/// The letters of Europe that have a plain one below their mark.
fn bare(c: char) -> char {
    match c {
        'à'..='å' | 'ā' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è'..='ë' | 'ē' | 'ę' | 'ė' => 'e',
        'ì'..='ï' | 'ī' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' => 'n',
        'ò'..='ö' | 'ø' => 'o',
        'ś' | 'š' => 's',
        'ù'..='ü' | 'ū' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        _ => c,
    }
}

/// What an entry is found by; made once, not with every letter that is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    title: String,
    /// The title, and what is not in it.
    all: String,
}

impl Words {
    pub(super) fn new(title: &str, more: &str) -> Self {
        let title = fold(title);
        let all = format!("{title} {}", fold(more));
        Self { title, all }
    }
}

/// What was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Query {
    words: Vec<String>,
}

impl Query {
    pub(super) fn new(typed: &str) -> Self {
        Self { words: fold(typed).split_whitespace().map(str::to_owned).collect() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// How well this fits, 0 best; `None` when it doesn't.
    pub(super) fn rank(&self, words: &Words) -> Option<u8> {
        let begins = |text: &str, word: &String| parts(text).any(|part| part.starts_with(word.as_str()));
        if words.title.starts_with(&self.words.join(" ")) {
            Some(0)
        } else if self.words.iter().all(|word| begins(&words.title, word)) {
            Some(1)
        } else if self.words.iter().all(|word| begins(&words.all, word)) {
            Some(2)
        } else if self.words.iter().all(|word| words.all.contains(word.as_str())) {
            Some(3)
        } else if self.words.concat().chars().count() > 1 && follows(&words.title, &self.words.concat()) {
            Some(4)
        } else {
            None
        }
    }
}

/// The best of these, so many at most; those that fit as well stay in their order.
pub(super) fn best<'e, T>(
    query: &Query,
    entries: impl Iterator<Item = &'e T>,
    words: impl Fn(&T) -> &Words,
    most: usize,
) -> Vec<&'e T> {
    let ranked = entries.filter_map(|entry| Some((query.rank(words(entry))?, entry)));
    let mut ranked: Vec<_> = ranked.collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().take(most).map(|(_, entry)| entry).collect()
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty())
}

/// Whether all these letters are there in this order.
fn follows(text: &str, letters: &str) -> bool {
    let mut rest = text.chars();
    letters.chars().all(|letter| rest.any(|c| c == letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'t>(typed: &str, titles: &[&'t str]) -> Vec<&'t str> {
        let entries: Vec<_> = titles.iter().map(|title| (*title, Words::new(title, ""))).collect();
        let best = best(&Query::new(typed), entries.iter(), |entry| &entry.1, 10);
        best.into_iter().map(|entry| entry.0).collect()
    }

    #[test]
    fn pages_come_before_what_only_contains_the_word() {
        let titles = ["Call back", "Dashboard", "Backups", "Back up now"];
        assert_eq!(found("back", &titles), ["Backups", "Back up now", "Call back"]);
        assert_eq!(found("back u", &titles), ["Back up now", "Backups"]);
        assert_eq!(found("now up", &titles), ["Back up now"], "in whatever order");
        assert_eq!(found("dbrd", &titles), ["Dashboard"], "letters that are left out");
        assert_eq!(found("xyz", &titles), [""; 0]);
    }

    #[test]
    fn case_and_marks_do_not_count() {
        assert_eq!(found("LAMPOTILA", &["Palauta Lämpötila…"]), ["Palauta Lämpötila…"]);
        assert_eq!(found("lämpö", &["Palauta lampotila…"]), ["Palauta lampotila…"]);
        assert_eq!(fold("A\u{308}"), "a", "a mark that stands by itself");
        assert_eq!(fold("Øre Čas"), "ore cas");
    }

    #[test]
    fn a_backup_is_found_by_its_day_and_by_its_id() {
        let words =
            Words::new("Backup of 22\u{a0}Nov 10:00", "backup-1763805600000-1a2b 2026-11-22 10:00:00");
        for typed in ["22 nov", "2026-11-22", "1a2b", "backup-17638"] {
            assert!(Query::new(typed).rank(&words).is_some(), "{typed}");
        }
        assert_eq!(Query::new("23 nov").rank(&words), None);
    }

    #[test]
    fn nothing_typed_is_everything_in_its_order() {
        assert_eq!(found(" ", &["b", "a"]), ["b", "a"]);
        assert!(Query::new(" ").is_empty());
    }
}

//! What there is to choose.

use aitta_model::{ArchiveDetails, ArchiveSummary, Session, Timestamp, plain};
use jiff::tz::Offset;

use super::find::Words;
use crate::address;
use crate::format;
use crate::preferences::{Appearance, Language};
use crate::texts::Texts;

/// What is done when an entry is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Deed {
    /// Goes to this address. What changes something asks there.
    Go(String),
    BackUp,
    /// Shows another profile.
    Show(String),
    Speak(Language),
    Look(Appearance),
    Shortcuts,
}

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) icon: &'static str,
    pub(super) title: String,
    /// What it is, beside its title.
    pub(super) kind: &'static str,
    pub(super) deed: Deed,
    pub(super) words: Words,
}

impl Entry {
    fn new(icon: &'static str, kind: &'static str, title: String, more: &str, deed: Deed) -> Self {
        let words = Words::new(&title, &format!("{kind} {more}"));
        Self { icon, title, kind, deed, words }
    }

    /// An address is found by its own words as well, which are the same in each language.
    fn page(t: &Texts, icon: &'static str, title: &str, address: &str) -> Self {
        Self::new(icon, t.keyboard.page, title.to_owned(), address, Deed::Go(address.to_owned()))
    }
}

/// Those that are always there.
pub(super) fn fixed(t: &Texts, session: Option<&Session>, language: Language) -> Vec<Entry> {
    let k = &t.keyboard;
    let profiles = session.map(|session| session.profiles.as_slice()).unwrap_or_default();
    let active = session.and_then(|session| session.active.as_ref());
    let mut entries = vec![
        Entry::page(t, "dashboard", t.common.dashboard, "/"),
        Entry::page(t, "backups", t.common.backups, "/backups"),
        Entry::page(t, "restore", t.common.restore_, "/restore"),
        Entry::new("backups", k.action, t.common.back_up_now.to_owned(), "back up now", Deed::BackUp),
        Entry::new(
            "shield",
            k.action,
            k.verify_newest.to_owned(),
            "verify newest",
            Deed::Go(address::backup("latest")),
        ),
        Entry::page(t, "restore", t.restore.prove, "/restore/prove"),
        Entry::page(t, "runs", t.common.runs, "/runs"),
        Entry::page(t, "review", t.common.review, "/review"),
        Entry::page(t, "clock", t.automation.title, "/automation"),
        Entry::page(t, "key", t.keys.title, "/keys"),
        Entry::page(t, "rotate", t.keys.rotation, "/keys/rotate"),
        Entry::page(t, "audit", t.audit.title, "/audit"),
        Entry::page(t, "settings", t.common.settings, "/settings"),
        Entry::page(t, "shield", t.mfa.title, "/settings/second-factor"),
        Entry::page(t, "plus", t.setup.new_profile, "/settings/new"),
    ];
    if profiles.len() > 1 {
        entries.push(Entry::page(t, "profiles", t.profiles.title, "/profiles"));
    }
    let others = profiles.iter().filter(|name| active.is_none_or(|active| active.name != **name));
    entries.extend(others.map(|name| {
        let title = (k.switch_to)(&plain(name));
        Entry::new("dashboard", t.common.profile, title, "switch profile", Deed::Show(name.clone()))
    }));
    entries.extend(Language::ALL.into_iter().filter(|other| *other != language).map(|other| {
        let title = format!("{}: {}", t.settings.language, other.name());
        Entry::new("info", k.action, title, "language", Deed::Speak(other))
    }));
    entries.extend(Appearance::ALL.map(|look| {
        let name = match look {
            Appearance::System => t.settings.system,
            Appearance::Light => t.settings.light,
            Appearance::Dark => t.settings.dark,
        };
        let title = format!("{}: {name}", t.settings.appearance);
        Entry::new("sun", k.action, title, "theme appearance", Deed::Look(look))
    }));
    entries.push(Entry::new("question", k.action, k.shortcuts.to_owned(), "keys help ?", Deed::Shortcuts));
    entries
}

/// One for each backup.
pub(super) fn backups(
    t: &Texts,
    archives: &[ArchiveSummary],
    now: Timestamp,
    offset: fn(Timestamp) -> Offset,
) -> Vec<Entry> {
    let entry = |archive: &ArchiveSummary| {
        let at = offset(archive.created);
        let when = format::time(t, archive.created, now, at);
        let more = format!("{} {}", archive.id, format::exact(archive.created, at));
        let deed = Deed::Go(address::backup(&archive.id));
        Entry::new("backups", t.keyboard.backup, (t.keyboard.backup_of)(&when), &more, deed)
    };
    archives.iter().map(entry).collect()
}

/// One for each table of a backup, which leads to the wizard with that table chosen.
pub(super) fn tables(
    t: &Texts,
    newest: &ArchiveDetails,
    restore: fn(&str, &[String]) -> String,
) -> Vec<Entry> {
    let entry = |name: &String| {
        let title = (t.keyboard.restore_table)(&plain(name));
        let deed = Deed::Go(restore(&newest.summary.id, std::slice::from_ref(name)));
        Entry::new("table", t.keyboard.table, title, "restore", deed)
    };
    newest.table_list.iter().map(|table| entry(&table.name)).collect()
}

#[cfg(test)]
mod tests {
    use aitta_model::ProfileSummary;

    use super::*;
    use crate::components::palette::find::{Query, best};
    use crate::texts::{EN, FI};

    fn session(profiles: &[&str]) -> Session {
        let active = ProfileSummary {
            name: profiles[0].to_owned(),
            engine: None,
            database: None,
            store: String::new(),
            sample: false,
        };
        let profiles = profiles.iter().map(|name| (*name).to_owned()).collect();
        Session { version: String::new(), active: Some(active), profiles, failure: None, pulse: None }
    }

    fn first(t: &'static Texts, typed: &str) -> Option<Deed> {
        let entries = fixed(t, Some(&session(&["shop", "mill\u{1b}[2J"])), Language::English);
        best(&Query::new(typed), entries.iter(), |e| &e.words, 1).first().map(|e| e.deed.clone())
    }

    #[test]
    fn enter_after_a_word_begins_no_backup_by_accident() {
        assert_eq!(first(&EN, "back"), Some(Deed::Go("/backups".to_owned())));
        assert_eq!(first(&FI, "varmuus"), Some(Deed::Go("/backups".to_owned())));
        assert_eq!(first(&EN, "back up"), Some(Deed::BackUp));
        assert_eq!(first(&FI, "backups"), Some(Deed::Go("/backups".to_owned())), "by its address");
        assert_eq!(first(&EN, "verify"), Some(Deed::Go("/backups/latest".to_owned())), "it asks there");
    }

    #[test]
    fn names_of_profiles_move_no_cursor_and_are_chosen_as_they_are() {
        let entries = fixed(&EN, Some(&session(&["shop", "mill\u{1b}[2J"])), Language::English);
        let switch: Vec<_> = entries.iter().filter(|e| matches!(e.deed, Deed::Show(_))).collect();
        assert_eq!(switch.len(), 1, "and none to the one that is shown");
        assert_eq!(switch[0].title, "Switch to mill\\u{1b}[2J");
        assert_eq!(switch[0].deed, Deed::Show("mill\u{1b}[2J".to_owned()));
        assert!(entries.iter().any(|e| e.deed == Deed::Go("/profiles".to_owned())));
        let alone = fixed(&EN, Some(&session(&["shop"])), Language::English);
        assert!(!alone.iter().any(|e| e.deed == Deed::Go("/profiles".to_owned())));
    }
}

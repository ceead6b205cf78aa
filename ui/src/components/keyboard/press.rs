//! What a key means, whatever page is shown.

/// A key that was pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Press<'k> {
    /// As the browser names it: `/`, `Escape`.
    pub(super) key: &'k str,
    /// Control, or the command key of a Mac.
    pub(super) command: bool,
    pub(super) alt: bool,
    pub(super) shift: bool,
}

/// What has the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Focus {
    /// Nothing that takes text.
    Elsewhere,
    /// A list to choose from: Escape closes it.
    Choice,
    /// What is typed goes there.
    Field { empty: bool, search: bool },
}

/// Which dialog is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Open {
    Nothing,
    Palette,
    /// It closes with Escape by itself, and has the keyboard for itself until then.
    Another,
}

/// What is wished for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// The commands, or to be rid of them.
    Palette,
    /// The search of the page.
    Seek,
    /// An empty search.
    Clear,
    /// The list that this page was opened from.
    Back,
    Help,
}

/// `entered` says whether something was typed on the page that would be lost.
pub(super) fn wish(press: Press<'_>, focus: Focus, open: Open, entered: bool) -> Option<Wish> {
    let Press { key, command, alt, shift } = press;
    if command && !alt && !shift && matches!(key, "k" | "K") {
        return (open != Open::Another).then_some(Wish::Palette);
    }
    if open != Open::Nothing || command || alt {
        return None;
    }
    match (key, focus) {
        ("Escape", Focus::Field { empty: false, search: true }) => Some(Wish::Clear),
        ("Escape", Focus::Field { empty: false, .. } | Focus::Choice) => None,
        ("Escape", Focus::Field { empty: true, .. } | Focus::Elsewhere) => (!entered).then_some(Wish::Back),
        (_, Focus::Field { .. }) => None,
        ("/", _) => Some(Wish::Seek),
        ("?", _) => Some(Wish::Help),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELD: Focus = Focus::Field { empty: false, search: false };
    const SEARCH: Focus = Focus::Field { empty: false, search: true };
    const EMPTY: Focus = Focus::Field { empty: true, search: true };

    fn key(key: &str) -> Press<'_> {
        Press { key, command: false, alt: false, shift: false }
    }

    #[test]
    fn nothing_that_is_typed_into_a_field_is_taken_for_a_command() {
        for press in ["/", "?", "k", "Enter", "a"].map(key) {
            for focus in [FIELD, SEARCH, EMPTY] {
                assert_eq!(wish(press, focus, Open::Nothing, false), None, "{press:?} {focus:?}");
            }
        }
        // On the keyboards of Finland both need Shift.
        let shifted = |key| Press { shift: true, ..self::key(key) };
        assert_eq!(wish(shifted("/"), Focus::Elsewhere, Open::Nothing, true), Some(Wish::Seek));
        assert_eq!(wish(shifted("?"), Focus::Choice, Open::Nothing, true), Some(Wish::Help));
    }

    #[test]
    fn the_commands_open_from_everywhere_but_from_a_question() {
        let press = Press { command: true, ..key("k") };
        for focus in [Focus::Elsewhere, Focus::Choice, FIELD] {
            assert_eq!(wish(press, focus, Open::Nothing, true), Some(Wish::Palette));
        }
        assert_eq!(wish(press, SEARCH, Open::Palette, false), Some(Wish::Palette), "and close again");
        assert_eq!(wish(press, FIELD, Open::Another, false), None, "what is asked has to be answered first");
        // Other programs have these.
        for other in [Press { alt: true, ..press }, Press { shift: true, ..press }] {
            assert_eq!(wish(other, Focus::Elsewhere, Open::Nothing, false), None);
        }
    }

    #[test]
    fn escape_goes_back_only_where_nothing_is_lost() {
        let escape = |focus, open, entered| wish(key("Escape"), focus, open, entered);
        assert_eq!(escape(Focus::Elsewhere, Open::Nothing, false), Some(Wish::Back));
        assert_eq!(escape(EMPTY, Open::Nothing, false), Some(Wish::Back));
        assert_eq!(escape(SEARCH, Open::Nothing, false), Some(Wish::Clear), "first of all");
        assert_eq!(escape(FIELD, Open::Nothing, false), None);
        assert_eq!(escape(Focus::Choice, Open::Nothing, false), None, "it closes the choice");
        assert_eq!(escape(Focus::Elsewhere, Open::Nothing, true), None, "something was typed");
        for open in [Open::Palette, Open::Another] {
            assert_eq!(escape(Focus::Elsewhere, open, false), None, "a dialog closes by itself");
        }
    }
}

//! What was entered and is not saved, on every way out of the page: nothing of it goes without a question.

use leptos::prelude::*;

use crate::api::api;

/// What comes of a wish to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Nothing would be lost.
    Go,
    /// It waits for an answer.
    Ask,
    /// Another wish waits already.
    Wait,
}

/// The gate on every way out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Gate {
    unsaved: bool,
    asking: bool,
}

impl Gate {
    fn wish(&mut self) -> Next {
        match (self.unsaved, self.asking) {
            (false, _) => Next::Go,
            (true, true) => Next::Wait,
            (true, false) => {
                self.asking = true;
                Next::Ask
            }
        }
    }

    /// Returns whether a wish was waiting.
    fn stay(&mut self) -> bool {
        std::mem::take(&mut self.asking)
    }

    /// Returns whether a wish was waiting.
    fn discard(&mut self) -> bool {
        let asking = std::mem::take(&mut self.asking);
        self.unsaved &= !asking;
        asking
    }
}

type Step = Box<dyn FnOnce()>;

/// What was entered and is not saved, and who wants to leave it.
#[derive(Clone, Copy)]
pub(crate) struct Leaving {
    gate: RwSignal<Gate>,
    /// What is done when it is discarded, and what when the user stays.
    wish: StoredValue<Option<(Step, Step)>, LocalStorage>,
    /// The path and the address of the page in which something is not saved.
    place: StoredValue<(String, String)>,
}

impl Leaving {
    /// Nothing is entered yet. The program hears of it, too, so that it does not end over it.
    pub(crate) fn new() -> Self {
        let leaving = Self {
            gate: RwSignal::new(Gate::default()),
            wish: StoredValue::new_local(None),
            place: StoredValue::default(),
        };
        let unsaved = Memo::new(move |_| leaving.is_unsaved());
        Effect::new(move |before: Option<bool>| {
            let now = unsaved.get();
            if before.unwrap_or_default() != now {
                // A program that does not answer is not told otherwise by a second question.
                leptos::task::spawn_local(async move { drop(api().set_unsaved(now).await) });
            }
            now
        });
        leptos::task::spawn_local(async move {
            let close = move || {
                let end = || leptos::task::spawn_local(async { drop(api().close_anyway().await) });
                leaving.before(end, || ());
            };
            drop(api().on_close(close).await);
        });
        leaving
    }

    pub(crate) fn here() -> Self {
        expect_context()
    }

    /// As long as the part of the page is there that calls this, what it says counts.
    pub(crate) fn hold(self, unsaved: impl Fn() -> bool + 'static) {
        Effect::new(move || {
            let now = unsaved();
            if untrack(|| self.is_unsaved()) != now {
                let place = window().location();
                let path = place.pathname().unwrap_or_default();
                let address = format!("{path}{}", place.search().unwrap_or_default());
                self.place.set_value((path, address));
                self.gate.update(|gate| gate.unsaved = now);
            }
        });
        on_cleanup(move || {
            self.gate.try_set(Gate::default());
        });
    }

    pub(crate) fn is_unsaved(self) -> bool {
        self.gate.with(|gate| gate.unsaved)
    }

    /// The path and the address of the page in which something is not saved, if something is.
    pub(crate) fn held(self) -> Option<(String, String)> {
        untrack(|| self.is_unsaved()).then(|| self.place.get_value())
    }

    /// Whether a question is open.
    pub(crate) fn asks(self) -> bool {
        self.gate.with(|gate| gate.asking)
    }

    /// Goes, at once or after the user has agreed to lose what was entered; or stays.
    pub(crate) fn before(self, go: impl FnOnce() + 'static, stay: impl FnOnce() + 'static) {
        let mut gate = self.gate.get_untracked();
        match gate.wish() {
            Next::Go => go(),
            Next::Wait => stay(),
            Next::Ask => {
                self.wish.set_value(Some((Box::new(go), Box::new(stay))));
                self.gate.set(gate);
            }
        }
    }

    /// The user stays.
    pub(crate) fn stay(self) {
        let mut gate = self.gate.get_untracked();
        if gate.stay() {
            self.gate.set(gate);
            if let Some((_, stay)) = self.taken() {
                stay();
            }
        }
    }

    /// The user lets it go.
    pub(crate) fn discard(self) {
        let mut gate = self.gate.get_untracked();
        if gate.discard() {
            self.gate.set(gate);
            if let Some((go, _)) = self.taken() {
                go();
            }
        }
    }

    fn taken(self) -> Option<(Step, Step)> {
        self.wish.try_update_value(Option::take).flatten()
    }
}

/// A click on a link.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Click<'c> {
    /// The first mouse button, without a key that opens another window.
    pub(crate) is_plain: bool,
    /// The link opens elsewhere, or is saved as a file.
    pub(crate) is_elsewhere: bool,
    /// The path that it leads to; `None` for another site.
    pub(crate) to: Option<&'c str>,
    /// The path of the page that is shown.
    pub(crate) here: &'c str,
}

impl Click<'_> {
    /// Whether it leaves the page that is shown.
    pub(crate) fn leaves(self) -> bool {
        self.is_plain && !self.is_elsewhere && self.to.is_some_and(|to| to != self.here)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_entered_is_left_without_a_question() {
        let mut gate = Gate::default();
        assert_eq!(gate.wish(), Next::Go);
        assert_eq!(gate, Gate::default());
    }

    #[test]
    fn what_was_entered_stays_until_the_user_lets_it_go() {
        let mut gate = Gate { unsaved: true, asking: false };
        assert_eq!((gate.wish(), gate.wish()), (Next::Ask, Next::Wait), "one question at a time");
        assert!(gate.stay());
        assert_eq!(gate, Gate { unsaved: true, asking: false });
        assert_eq!(gate.wish(), Next::Ask, "the next way out asks again");
        assert!(gate.discard());
        assert_eq!((gate, gate.wish()), (Gate::default(), Next::Go));
    }

    #[test]
    fn an_answer_without_a_question_changes_nothing() {
        let mut gate = Gate { unsaved: true, asking: false };
        assert!(!gate.stay() && !gate.discard());
        assert!(gate.unsaved, "a dialog that closes late discards nothing");
    }

    #[test]
    fn only_a_click_that_leaves_the_page_asks() {
        let click = Click { is_plain: true, is_elsewhere: false, to: Some("/runs"), here: "/settings" };
        assert!(click.leaves());
        assert!(!Click { to: Some("/settings"), ..click }.leaves(), "a place of the same page");
        assert!(!Click { is_plain: false, ..click }.leaves(), "it opens another window");
        assert!(!Click { is_elsewhere: true, ..click }.leaves());
        assert!(!Click { to: None, ..click }.leaves());
    }
}

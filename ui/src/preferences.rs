//! What this user prefers, kept by the window itself: language and appearance.

use leptos::prelude::*;

use crate::texts::{EN, FI, Texts};

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Appearance {
    /// As the system has it.
    System,
    Light,
    Dark,
}

impl Appearance {
    pub(crate) const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// Language of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Finnish,
}

impl Language {
    pub(crate) const ALL: [Self; 2] = [Self::English, Self::Finnish];

    pub(crate) fn code(self) -> &'static str {
        self.texts().common.lang
    }

    /// Its name in itself.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Finnish => "Suomi",
        }
    }

    pub(crate) fn texts(self) -> &'static Texts {
        match self {
            Self::English => &EN,
            Self::Finnish => &FI,
        }
    }
}

/// What this user prefers.
#[derive(Clone, Copy)]
pub(crate) struct Preferences {
    pub(crate) appearance: RwSignal<Appearance>,
    pub(crate) language: RwSignal<Language>,
    /// Whether the system asks for dark.
    system_dark: RwSignal<bool>,
}

impl Preferences {
    /// As they were left, or as the system has them.
    pub(crate) fn load() -> Self {
        let appearance = stored("appearance")
            .and_then(|text| Appearance::ALL.into_iter().find(|a| a.as_str() == text))
            .unwrap_or(Appearance::System);
        let wanted = stored("language").or_else(|| window().navigator().language()).unwrap_or_default();
        let language = Language::ALL
            .into_iter()
            .find(|l| wanted.split('-').next() == Some(l.code()))
            .unwrap_or(Language::English);
        let query = window().match_media("(prefers-color-scheme: dark)").ok().flatten();
        let preferences = Self {
            appearance: RwSignal::new(appearance),
            language: RwSignal::new(language),
            system_dark: RwSignal::new(query.as_ref().is_some_and(web_sys::MediaQueryList::matches)),
        };
        if let Some(query) = query {
            let system_dark = preferences.system_dark;
            let again = query.clone();
            let changed =
                wasm_bindgen::prelude::Closure::<dyn Fn()>::new(move || system_dark.set(again.matches()));
            query.set_onchange(Some(wasm_bindgen::JsCast::unchecked_ref(changed.as_ref())));
            // As long as the page.
            changed.forget();
        }
        Effect::new(move || {
            let appearance = preferences.appearance.get();
            keep("appearance", appearance.as_str());
            if let Some(root) = document().document_element() {
                drop(match appearance {
                    Appearance::System => root.remove_attribute("data-theme"),
                    chosen => root.set_attribute("data-theme", chosen.as_str()),
                });
            }
        });
        crate::plain::set_point(language.texts().dashboard.words.point);
        Effect::new(move || {
            let code = preferences.language.get().code();
            keep("language", code);
            if let Some(root) = document().document_element() {
                drop(root.set_attribute("lang", code));
            }
        });
        preferences
    }

    /// Draws the page anew in another language.
    pub(crate) fn speak(self, language: Language) {
        crate::plain::set_point(language.texts().dashboard.words.point);
        self.language.set(language);
    }

    /// Those of this window.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    pub(crate) fn is_dark(self) -> bool {
        match self.appearance.get() {
            Appearance::System => self.system_dark.get(),
            chosen => chosen == Appearance::Dark,
        }
    }
}

/// The words to use. A change of language draws the page anew, so that nobody has to listen for it.
pub(crate) fn texts() -> &'static Texts {
    Preferences::here().language.get_untracked().texts()
}

fn stored(key: &str) -> Option<String> {
    window().local_storage().ok().flatten()?.get_item(key).ok().flatten()
}

/// Without a storage the choice is forgotten at the end; no reason to stop.
fn keep(key: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        drop(storage.set_item(key, value));
    }
}

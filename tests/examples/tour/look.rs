//! How pages are looked at.

/// Language of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Finnish,
}

impl Language {
    pub(crate) const ALL: [Self; 2] = [Self::English, Self::Finnish];

    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Finnish => "fi",
        }
    }
}

/// Sizes of the window in CSS pixels: as it opens, the smallest one, and a whole screen.
const USUAL: (u32, u32) = (1280, 860);
const SMALLEST: (u32, u32) = (900, 600);
const LARGEST: (u32, u32) = (1920, 1200);

/// The screen on which all of them have room.
pub(crate) const SCREEN: (u32, u32) = LARGEST;

/// One way to look at a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    language: Language,
    pub(crate) size: (u32, u32),
    pub(crate) dark: bool,
}

impl Look {
    /// Those of a language. English has them all; Finnish words are longer, which shows in the narrow ones.
    pub(crate) fn all(language: Language) -> Vec<Self> {
        let (sizes, themes): (&[_], &[_]) = match language {
            Language::English => (&[USUAL, SMALLEST, LARGEST], &[false, true]),
            Language::Finnish => (&[USUAL, SMALLEST], &[false]),
        };
        let in_theme = |dark| sizes.iter().map(move |size| Self { language, size: *size, dark });
        themes.iter().flat_map(|dark| in_theme(*dark)).collect()
    }

    /// Such as `en-light-1280`.
    pub(crate) fn folder(&self) -> String {
        let theme = if self.dark { "dark" } else { "light" };
        format!("{}-{theme}-{}", self.language.code(), self.size.0)
    }

    /// Whether what is below the window is drawn as well.
    pub(crate) fn goes_down(&self) -> bool {
        !self.dark && self.size != LARGEST
    }
}

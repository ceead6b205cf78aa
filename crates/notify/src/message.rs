//! A finished message, and what it looks like in each kind of chat.
//!
//! All texts of a message are data: names of databases and tables are chosen by whoever may create them. So each text
//! becomes one line, no text can pretend to be another fact, and none is read as markup.

mod slack;
mod teams;

use crate::text::line;

/// The longest title, in characters.
pub(crate) const TITLE_MAX: usize = 150;
/// The longest line, in characters.
pub(crate) const LINE_MAX: usize = 1000;

/// What is to be told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// What has happened, in a few words.
    pub title: String,
    /// Sentences, one paragraph each.
    pub lines: Vec<String>,
    /// Names and values.
    pub facts: Vec<(String, String)>,
    /// How urgent it is.
    pub severity: Severity,
}

/// How urgent a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Severity {
    /// Something is well again.
    Good,
    /// Somebody may want to know.
    #[default]
    Notice,
    /// Somebody should look soon.
    Warning,
    /// Data is in danger.
    Critical,
}

impl Severity {
    /// The sign that stands before a title.
    fn sign(self) -> &'static str {
        match self {
            Self::Good => "✅",
            Self::Notice => "ℹ️",
            Self::Warning => "⚠️",
            Self::Critical => "🔴",
        }
    }
}

/// A message whose texts are lines that are fit to be shown.
pub(crate) struct Shown {
    pub(crate) title: String,
    pub(crate) lines: Vec<String>,
    pub(crate) facts: Vec<(String, String)>,
}

impl Message {
    /// Its texts as lines; empty ones are left out, and a title is always there.
    pub(crate) fn shown(&self) -> Shown {
        let title = line(&self.title, TITLE_MAX);
        Shown {
            title: if title.trim().is_empty() { "Aitta".to_owned() } else { title },
            lines: self
                .lines
                .iter()
                .map(|text| line(text, LINE_MAX))
                .filter(|text| !text.is_empty())
                .collect(),
            facts: (self.facts.iter())
                .map(|(name, value)| (line(name, TITLE_MAX), line(value, LINE_MAX)))
                .filter(|(name, value)| !name.is_empty() || !value.is_empty())
                .collect(),
        }
    }
}

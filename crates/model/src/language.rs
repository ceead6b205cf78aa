//! Languages of what is made for people to keep.

use serde::{Deserialize, Serialize};

use crate::word::closed_list;

/// A language that documents, such as the report of a quarter, are written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Finnish.
    Fi,
}

closed_list!(Language {
    En => "en",
    Fi => "fi",
});

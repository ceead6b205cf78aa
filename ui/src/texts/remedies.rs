//! What hints of the engine name, as it is called here.

use aitta_model::{Command, RestoreOption};

pub(super) mod en;
pub(super) mod fi;

pub(crate) struct Remedies {
    /// Where the window has it; `None` for what it has not.
    pub(crate) command: fn(Command) -> Option<&'static str>,
    /// What the window has not, as it is typed.
    pub(crate) terminal: fn(&str) -> String,
    /// The page of the backup with this id.
    pub(crate) show: fn(&str) -> String,
    pub(crate) verify: fn(&str) -> String,
    pub(crate) delete: fn(&str) -> String,
    /// A choice of a restore, in a sentence: where to make it.
    pub(crate) with: fn(RestoreOption) -> &'static str,
    /// A choice of a restore by its name.
    pub(crate) option: fn(RestoreOption) -> &'static str,
}

//! Every word of the page, in every language. A language that lacks one does not compile.

mod common;
mod dashboard;
mod restore;

pub(crate) use common::Common;
pub(crate) use dashboard::Dashboard;
pub(crate) use restore::Restore;

/// All words of one language.
pub(crate) struct Texts {
    /// What several pages use.
    pub(crate) common: Common,
    /// The first page.
    pub(crate) dashboard: Dashboard,
    /// Giving data back.
    pub(crate) restore: Restore,
}

/// English.
pub(crate) static EN: Texts = Texts { common: common::EN, dashboard: dashboard::EN, restore: restore::EN };

/// Finnish.
pub(crate) static FI: Texts = Texts { common: common::FI, dashboard: dashboard::FI, restore: restore::FI };

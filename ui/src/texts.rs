//! Every word of the page, in every language. A language that lacks one does not compile.

mod common;
mod dashboard;
mod restore;
mod review;

pub(crate) use common::Common;
pub(crate) use dashboard::Dashboard;
pub(crate) use restore::Restore;
pub(crate) use review::Review;

/// All words of one language.
pub(crate) struct Texts {
    /// What several pages use.
    pub(crate) common: Common,
    /// The first page.
    pub(crate) dashboard: Dashboard,
    /// Giving data back.
    pub(crate) restore: Restore,
    /// The review of a month.
    pub(crate) review: Review,
}

/// English.
pub(crate) static EN: Texts = Texts {
    common: common::EN,
    dashboard: dashboard::EN,
    restore: restore::EN,
    review: review::EN,
};

/// Finnish.
pub(crate) static FI: Texts = Texts {
    common: common::FI,
    dashboard: dashboard::FI,
    restore: restore::FI,
    review: review::FI,
};

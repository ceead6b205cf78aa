//! Every word of the page, in every language. A language that lacks one does not compile.

mod backups;
mod common;
mod dashboard;
mod review;
mod runs;

pub(crate) use backups::Backups;
pub(crate) use common::Common;
pub(crate) use dashboard::Dashboard;
pub(crate) use review::Review;
pub(crate) use runs::Runs;

/// All words of one language.
pub(crate) struct Texts {
    /// What several pages use.
    pub(crate) common: Common,
    /// The first page.
    pub(crate) dashboard: Dashboard,
    /// The review of a month.
    pub(crate) review: Review,
    /// Backups, and one of them.
    pub(crate) backups: Backups,
    /// Runs, and one of them.
    pub(crate) runs: Runs,
}

/// English.
pub(crate) static EN: Texts = Texts {
    common: common::EN,
    dashboard: dashboard::EN,
    review: review::EN,
    backups: backups::EN,
    runs: runs::EN,
};

/// Finnish.
pub(crate) static FI: Texts = Texts {
    common: common::FI,
    dashboard: dashboard::FI,
    review: review::FI,
    backups: backups::FI,
    runs: runs::FI,
};

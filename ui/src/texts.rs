//! Every word of the page, in every language. A language that lacks one does not compile.

mod common;
mod dashboard;
mod review;

pub(crate) use common::Common;
pub(crate) use dashboard::Dashboard;
pub(crate) use review::Review;

/// All words of one language.
pub(crate) struct Texts {
    /// What several pages use.
    pub(crate) common: Common,
    /// The first page.
    pub(crate) dashboard: Dashboard,
    /// The review of a month.
    pub(crate) review: Review,
}

/// English.
pub(crate) static EN: Texts = Texts { common: common::EN, dashboard: dashboard::EN, review: review::EN };

/// Finnish.
pub(crate) static FI: Texts = Texts { common: common::FI, dashboard: dashboard::FI, review: review::FI };

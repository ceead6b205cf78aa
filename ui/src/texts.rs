//! Every word of the page, in every language. A language that lacks one does not compile.

mod audit;
mod backups;
mod common;
mod dashboard;
mod guard;
mod keys;
mod mfa;
mod restore;
mod review;
mod runs;
mod settings;
mod setup;

pub(crate) use audit::Audit;
pub(crate) use backups::Backups;
pub(crate) use common::Common;
pub(crate) use dashboard::Dashboard;
pub(crate) use guard::Guard;
pub(crate) use keys::Keys;
pub(crate) use mfa::Mfa;
pub(crate) use restore::Restore;
pub(crate) use review::Review;
pub(crate) use runs::Runs;
pub(crate) use settings::Settings;
pub(crate) use setup::Setup;

/// All words of one language.
pub(crate) struct Texts {
    /// What several pages use.
    pub(crate) common: Common,
    /// The first page.
    pub(crate) dashboard: Dashboard,
    /// The list of backups, and one of them.
    pub(crate) backups: Backups,
    /// Giving data back.
    pub(crate) restore: Restore,
    /// The list of runs, and one of them.
    pub(crate) runs: Runs,
    /// The review of a month.
    pub(crate) review: Review,
    /// The first run.
    pub(crate) setup: Setup,
    /// The settings.
    pub(crate) settings: Settings,
    /// Reasons and codes, wherever they are asked for.
    pub(crate) guard: Guard,
    /// The key ring, its kits, and rotation.
    pub(crate) keys: Keys,
    /// The second factor.
    pub(crate) mfa: Mfa,
    /// The audit trail.
    pub(crate) audit: Audit,
}

/// English.
pub(crate) static EN: Texts = Texts {
    common: common::EN,
    dashboard: dashboard::EN,
    backups: backups::EN,
    restore: restore::EN,
    runs: runs::EN,
    review: review::EN,
    setup: setup::EN,
    settings: settings::EN,
    guard: guard::EN,
    keys: keys::EN,
    mfa: mfa::EN,
    audit: audit::EN,
};

/// Finnish.
pub(crate) static FI: Texts = Texts {
    common: common::FI,
    dashboard: dashboard::FI,
    backups: backups::FI,
    restore: restore::FI,
    runs: runs::FI,
    review: review::FI,
    setup: setup::FI,
    settings: settings::FI,
    guard: guard::FI,
    keys: keys::FI,
    mfa: mfa::FI,
    audit: audit::FI,
};

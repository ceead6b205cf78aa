//! Every word of the page, in every language. A language that lacks one does not compile.

mod audit;
mod automation;
mod backups;
mod common;
mod dashboard;
pub(crate) mod failures;
mod findings;
mod guard;
mod keyboard;
mod keys;
mod machine;
mod mfa;
mod profiles;
mod progress;
mod readiness;
mod remedies;
pub(crate) mod restore;
mod review;
mod runs;
mod settings;
pub(crate) mod setup;

pub(crate) use audit::Audit;
pub(crate) use automation::Automation;
pub(crate) use backups::Backups;
pub(crate) use common::Common;
pub(crate) use dashboard::Dashboard;
pub(crate) use failures::Failures;
pub(crate) use findings::Findings;
pub(crate) use guard::Guard;
pub(crate) use keyboard::Keyboard;
pub(crate) use keys::Keys;
pub(crate) use machine::Machine;
pub(crate) use mfa::Mfa;
pub(crate) use profiles::Profiles;
pub(crate) use progress::Progress;
pub(crate) use readiness::Readiness;
pub(crate) use remedies::Remedies;
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
    /// What is under way.
    pub(crate) progress: Progress,
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
    /// Backups that were made elsewhere, and keys that are missing.
    pub(crate) machine: Machine,
    /// The second factor.
    pub(crate) mfa: Mfa,
    /// The audit trail.
    pub(crate) audit: Audit,
    /// What happens by itself, and its settings.
    pub(crate) automation: Automation,
    /// The commands, and the list of keys.
    pub(crate) keyboard: Keyboard,
    /// All profiles.
    pub(crate) profiles: Profiles,
    /// What a restore will need.
    pub(crate) readiness: Readiness,
    /// What hints name.
    pub(crate) remedies: Remedies,
    /// What errors mean.
    pub(crate) failures: Failures,
    /// What restores find.
    pub(crate) findings: Findings,
}

/// English.
pub(crate) static EN: Texts = Texts {
    common: common::en::EN,
    dashboard: dashboard::en::EN,
    progress: progress::en::EN,
    backups: backups::en::EN,
    restore: restore::en::EN,
    runs: runs::en::EN,
    review: review::en::EN,
    setup: setup::en::EN,
    settings: settings::en::EN,
    guard: guard::en::EN,
    keys: keys::en::EN,
    machine: machine::en::EN,
    mfa: mfa::en::EN,
    audit: audit::en::EN,
    automation: automation::en::EN,
    keyboard: keyboard::en::EN,
    profiles: profiles::en::EN,
    readiness: readiness::en::EN,
    remedies: remedies::en::EN,
    failures: failures::en::EN,
    findings: findings::en::EN,
};

/// Finnish.
pub(crate) static FI: Texts = Texts {
    common: common::fi::FI,
    dashboard: dashboard::fi::FI,
    progress: progress::fi::FI,
    backups: backups::fi::FI,
    restore: restore::fi::FI,
    runs: runs::fi::FI,
    review: review::fi::FI,
    setup: setup::fi::FI,
    settings: settings::fi::FI,
    guard: guard::fi::FI,
    keys: keys::fi::FI,
    machine: machine::fi::FI,
    mfa: mfa::fi::FI,
    audit: audit::fi::FI,
    automation: automation::fi::FI,
    keyboard: keyboard::fi::FI,
    profiles: profiles::fi::FI,
    readiness: readiness::fi::FI,
    remedies: remedies::fi::FI,
    failures: failures::fi::FI,
    findings: findings::fi::FI,
};

#[cfg(test)]
mod tests {
    use super::{EN, FI};

    #[test]
    fn nobody_is_promised_a_warning_that_nothing_sends() {
        for (told, itself, warns) in [
            (EN.setup.loss_words, "only when you start them", "warn"),
            (FI.setup.loss_words, "itsestään vasta, kun", "varoit"),
        ] {
            assert!(told.contains(itself) && !told.to_lowercase().contains(warns), "{told}");
        }
    }

    #[test]
    fn nobody_is_promised_a_deletion_without_a_schedule() {
        for (told, only) in [
            (EN.settings.retention_hint, "where backups run by themselves"),
            (FI.settings.retention_hint, "jos ajastus on päällä"),
        ] {
            assert!(told.contains(only), "{told}");
        }
    }
}

//! What the settings of a profile are made of, as it is entered.

use aitta_model::{Automation, DatabaseUrl, ProfileForm, Settings, Targets};

use crate::components::place::store::StoreForm;

/// A number that can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    Retention,
    Rpo,
    Rto,
    Baseline,
    Storage,
    KeyDays,
    TableLoss,
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

impl Number {
    pub(super) const ALL: [Self; 11] = [
        Self::Retention,
        Self::Rpo,
        Self::Rto,
        Self::Baseline,
        Self::Storage,
        Self::KeyDays,
        Self::TableLoss,
        Self::Daily,
        Self::Weekly,
        Self::Monthly,
        Self::Yearly,
    ];

    /// Its place among all.
    pub(super) fn place(self) -> usize {
        Self::ALL.iter().position(|number| *number == self).unwrap_or_default()
    }

    /// Its name in the configuration file.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Retention => "retention_days",
            Self::Rpo => "rpo_minutes",
            Self::Rto => "rto_minutes",
            Self::Baseline => "baseline_seconds",
            Self::Storage => "storage_alert_percent",
            Self::KeyDays => "key_days",
            Self::TableLoss => "table_loss_percent",
            Self::Daily => "keep_daily",
            Self::Weekly => "keep_weekly",
            Self::Monthly => "keep_monthly",
            Self::Yearly => "keep_yearly",
        }
    }

    /// What it may be, as the engine checks it.
    pub(super) fn range(self) -> (u64, u64) {
        match self {
            Self::Retention | Self::KeyDays => (1, 36_500),
            Self::Rpo | Self::Rto => (1, 5_256_000),
            Self::Baseline => (1, 31_536_000),
            Self::Storage | Self::TableLoss => (1, 100),
            Self::Daily | Self::Weekly | Self::Monthly | Self::Yearly => (0, 36_500),
        }
    }

    fn of(self, settings: &Settings) -> u64 {
        let (targets, keeps) = (&settings.targets, &settings.automation);
        match self {
            Self::Retention => u64::from(settings.retention_days),
            Self::Rpo => targets.rpo_s.div_ceil(60),
            Self::Rto => targets.rto_s.div_ceil(60),
            Self::Baseline => targets.baseline_s,
            Self::Storage => (targets.storage_alert * 100.0).round() as u64,
            Self::KeyDays => u64::from(targets.key_days),
            Self::TableLoss => (targets.table_loss * 100.0).round() as u64,
            Self::Daily => u64::from(keeps.daily),
            Self::Weekly => u64::from(keeps.weekly),
            Self::Monthly => u64::from(keeps.monthly),
            Self::Yearly => u64::from(keeps.yearly),
        }
    }
}

/// What is entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entered {
    pub(super) store: StoreForm,
    pub(super) numbers: [String; 11],
    /// Whether backups make themselves, and when.
    pub(super) on: bool,
    pub(super) pattern: String,
    pub(super) zone: String,
}

impl Entered {
    pub(super) fn of(settings: &Settings) -> Self {
        Self {
            store: StoreForm::of(&settings.store),
            numbers: Number::ALL.map(|number| number.of(settings).to_string()),
            on: settings.automation.on,
            pattern: settings.automation.pattern.clone(),
            zone: settings.automation.zone.clone(),
        }
    }

    /// A number, if it is one that may be.
    pub(super) fn number(&self, number: Number) -> Option<u64> {
        let (first, last) = number.range();
        let text: String = self.numbers[number.place()].chars().filter(|c| !c.is_whitespace()).collect();
        text.parse().ok().filter(|n| (first..=last).contains(n))
    }

    pub(super) fn is_whole(&self) -> bool {
        self.store.lacks().is_empty() && Number::ALL.into_iter().all(|number| self.number(number).is_some())
    }

    /// What is to be written; `None` while something is no number.
    pub(super) fn form(&self, settings: &Settings, database_url: Option<DatabaseUrl>) -> Option<ProfileForm> {
        let count = |number| self.number(number).and_then(|n| u32::try_from(n).ok());
        Some(ProfileForm {
            name: settings.profile.name.clone(),
            database_url,
            store: self.store.to_settings(),
            credentials: self.store.credentials(),
            retention_days: count(Number::Retention)?,
            targets: Targets {
                rpo_s: self.number(Number::Rpo)? * 60,
                rto_s: self.number(Number::Rto)? * 60,
                success_rate: settings.targets.success_rate,
                baseline_s: self.number(Number::Baseline)?,
                storage_alert: self.number(Number::Storage)? as f64 / 100.0,
                key_days: count(Number::KeyDays)?,
                table_loss: self.number(Number::TableLoss)? as f64 / 100.0,
            },
            automation: Some(Automation {
                on: self.on,
                pattern: self.pattern.trim().to_owned(),
                zone: self.zone.trim().to_owned(),
                daily: count(Number::Daily)?,
                weekly: count(Number::Weekly)?,
                monthly: count(Number::Monthly)?,
                yearly: count(Number::Yearly)?,
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use aitta_model::{ProfileSummary, StoreSettings};

    use super::*;

    fn settings() -> Settings {
        Settings {
            file: "/home/aino/.config/aitta/config.toml".to_owned(),
            profile: ProfileSummary {
                name: "shop".to_owned(),
                engine: None,
                database: None,
                store: "/srv".to_owned(),
                sample: false,
            },
            database_url: None,
            password_in_keychain: false,
            store: StoreSettings::folder("/srv"),
            retention_days: 30,
            automation: Automation {
                on: true,
                pattern: "0 2 * * *".to_owned(),
                zone: "Europe/Helsinki".to_owned(),
                daily: 0,
                weekly: 8,
                monthly: 12,
                yearly: 7,
            },
            targets: Targets::default(),
            key: None,
            key_failure: None,
            fixed: Vec::new(),
        }
    }

    #[test]
    fn what_is_shown_is_written_again() {
        let settings = settings();
        let entered = Entered::of(&settings);
        assert_eq!(
            entered.numbers.each_ref().map(String::as_str),
            ["30", "60", "30", "300", "80", "90", "20", "0", "8", "12", "7"]
        );
        let form = entered.form(&settings, None).expect("all are numbers");
        assert_eq!((form.targets, form.retention_days, form.name.as_str()), (settings.targets, 30, "shop"));
        assert_eq!(form.automation, Some(settings.automation));
    }

    #[test]
    fn what_is_no_number_is_not_written() {
        let settings = settings();
        for wrong in ["", "0", "x", "-1", "1.5", "101"] {
            let mut entered = Entered::of(&settings);
            entered.numbers[Number::Storage.place()] = wrong.to_owned();
            assert!(!entered.is_whole() && entered.form(&settings, None).is_none(), "{wrong}");
        }
        let mut entered = Entered::of(&settings);
        entered.numbers[Number::Rpo.place()] = "1 440".to_owned();
        assert_eq!(entered.form(&settings, None).map(|form| form.targets.rpo_s), Some(86_400));
        entered.store = StoreForm::of(&StoreSettings::folder(" "));
        assert!(!entered.is_whole());
    }
}

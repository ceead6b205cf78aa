//! Settings with the place that they come from.

use std::collections::BTreeMap;
use std::path::PathBuf;

use aitta_model::{Command, Contact, DatabaseUrl, Duty, RetentionRules, Severity, Targets};
use aitta_policy::{DEFAULT_PATTERN, DEFAULT_ZONE, Field, Flaw, Schedule, ScheduleError};
use aitta_store::StoreLogin;

use super::channels::Channel;
use super::hooks::Hooks;
use super::place::StoreSaid;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    CommandLine,
    Environment(&'static str),
    File { path: PathBuf, line: u64 },
    Keychain,
    Default,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::CommandLine => f.write_str("command line"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::File { path, line } => write!(f, "file {}, line {line}", path.display()),
            Self::Keychain => f.write_str("keychain"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value with its origin.
#[derive(Debug, Clone)]
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) origin: Origin,
}

impl<T> Found<T> {
    pub(super) fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// The line of the file that it stands in.
    pub(super) fn line(&self) -> Option<u64> {
        match self.origin {
            Origin::File { line, .. } => Some(line),
            _ => None,
        }
    }

    pub(super) fn default(value: T) -> Self {
        Self::new(value, Origin::Default)
    }
}

/// What one place says about a profile.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    pub(super) database: Option<Found<DatabaseUrl>>,
    /// Whether the password of the database is in the keychain.
    pub(super) password: Option<Found<bool>>,
    pub(super) store: StoreSaid,
    /// Further stores.
    pub(super) copies: Vec<Found<StoreSaid>>,
    /// Where data may lie.
    pub(super) residency: Option<Found<String>>,
    pub(super) retention_days: Option<Found<u32>>,
    pub(super) auto_backup: Option<Found<bool>>,
    pub(super) schedule: Option<Found<String>>,
    /// The rules of what else makes itself, by the places of [`RULES`].
    pub(super) rules: [Option<Found<String>>; RULES.len()],
    pub(super) time_zone: Option<Found<String>>,
    pub(super) admin: Option<Found<String>>,
    /// Whether a second factor is required.
    pub(super) mfa: Option<Found<bool>>,
    pub(super) pg_bin_dir: Option<Found<PathBuf>>,
    /// What is aimed for, by the places of [`TARGETS`].
    pub(super) targets: [Option<Found<u32>>; TARGETS.len()],
    /// What is kept beyond the days, by the places of [`KEEPS`].
    pub(super) keeps: [Option<Found<u32>>; KEEPS.len()],
    /// Where people are told.
    pub(super) channels: Vec<Channel>,
    /// Tables whose lost rows nobody is asked about.
    pub(super) table_loss_ignore: Option<Found<Vec<String>>>,
    /// Programs around backups and restores. Only the file names them.
    pub(super) hooks: Option<Found<Hooks>>,
    /// Whom to call. Only the file names them.
    pub(super) contacts: Option<Found<Vec<Contact>>>,
}

/// A number that stands in the file or in the environment, and its place among others of its kind.
pub(super) struct Number<T: 'static> {
    /// Its name in the file.
    pub(super) name: &'static str,
    /// Its name in the environment.
    pub(super) variable: &'static str,
    range: std::ops::RangeInclusive<u32>,
    hint: &'static str,
    set: fn(&mut T, u32),
    get: fn(&T) -> u32,
}

/// The rule of something that makes itself beside the backups.
pub(super) struct Rule {
    /// Its name in the file.
    pub(super) name: &'static str,
    /// Its name in the environment.
    pub(super) variable: &'static str,
    pub(super) duty: Duty,
    pub(super) default: &'static str,
}

/// Written for a rule by which nothing makes itself.
pub(super) const OFF: &str = "off";

/// Each has its time after the nightly backup: old archives go each day, and each month begins with a check of all.
pub(super) static RULES: [Rule; 3] = [
    Rule {
        name: "prune_schedule",
        variable: "BACKUP_PRUNE_SCHEDULE",
        duty: Duty::Prune,
        default: "0 3 * * *",
    },
    Rule {
        name: "verify_schedule",
        variable: "BACKUP_VERIFY_SCHEDULE",
        duty: Duty::Verify,
        default: "0 4 1 * *",
    },
    Rule {
        name: "trail_schedule",
        variable: "BACKUP_TRAIL_SCHEDULE",
        duty: Duty::Trail,
        default: "30 3 1 * *",
    },
];

impl Rule {
    /// A cron expression, or [`OFF`].
    pub(super) fn check(&self, what: &str, text: &str) -> Result<String, Note> {
        if text == OFF { Ok(text.to_owned()) } else { schedule(what, text) }
    }
}

/// What is aimed for, each in its own unit.
pub(super) static TARGETS: [Number<Targets>; 6] = [
    Number {
        name: "rpo_minutes",
        variable: "BACKUP_RPO_MINUTES",
        range: 1..=5_256_000,
        hint: "write how many minutes of work may be lost at most, such as 60",
        set: |targets, minutes| targets.rpo_s = u64::from(minutes) * 60,
        get: |targets| rounded_up(targets.rpo_s, 60),
    },
    Number {
        name: "rto_minutes",
        variable: "BACKUP_RTO_MINUTES",
        range: 1..=5_256_000,
        hint: "write how many minutes a recovery may take at most, such as 30",
        set: |targets, minutes| targets.rto_s = u64::from(minutes) * 60,
        get: |targets| rounded_up(targets.rto_s, 60),
    },
    Number {
        name: "baseline_seconds",
        variable: "BACKUP_BASELINE_SECONDS",
        range: 1..=31_536_000,
        hint: "write how many seconds a backup should take at most, such as 300",
        set: |targets, seconds| targets.baseline_s = u64::from(seconds),
        get: |targets| rounded_up(targets.baseline_s, 1),
    },
    Number {
        name: "storage_alert_percent",
        variable: "BACKUP_STORAGE_ALERT_PERCENT",
        range: 1..=100,
        hint: "write from which share of the disk in use you want to know, such as 80",
        set: |targets, percent| targets.storage_alert = f64::from(percent) / 100.0,
        get: |targets| (targets.storage_alert * 100.0).round() as u32,
    },
    Number {
        name: "key_days",
        variable: "BACKUP_KEY_DAYS",
        range: 1..=36_500,
        hint: "write after how many days the key is to be changed, such as 90",
        set: |targets, days| targets.key_days = days,
        get: |targets| targets.key_days,
    },
    Number {
        name: "table_loss_percent",
        variable: "BACKUP_TABLE_LOSS_PERCENT",
        range: 1..=100,
        hint: "write the percentage of lost rows above which a table is asked about, such as 20",
        set: |targets, percent| targets.table_loss = f64::from(percent) / 100.0,
        get: |targets| (targets.table_loss * 100.0).round() as u32,
    },
];

/// What is kept beyond the days that all archives stay, and how much may go at once.
pub(super) static KEEPS: [Number<RetentionRules>; 5] = [
    Number {
        name: "keep_daily",
        variable: "BACKUP_KEEP_DAILY",
        range: 0..=SPANS_MAX,
        hint: "write of how many days the newest verified archive stays, such as 14",
        set: |rules, days| rules.daily = days,
        get: |rules| rules.daily,
    },
    Number {
        name: "keep_weekly",
        variable: "BACKUP_KEEP_WEEKLY",
        range: 0..=SPANS_MAX,
        hint: "write of how many weeks the newest verified archive stays, such as 8",
        set: |rules, weeks| rules.weekly = weeks,
        get: |rules| rules.weekly,
    },
    Number {
        name: "keep_monthly",
        variable: "BACKUP_KEEP_MONTHLY",
        range: 0..=SPANS_MAX,
        hint: "write of how many months the newest verified archive stays, such as 12",
        set: |rules, months| rules.monthly = months,
        get: |rules| rules.monthly,
    },
    Number {
        name: "keep_yearly",
        variable: "BACKUP_KEEP_YEARLY",
        range: 0..=SPANS_MAX,
        hint: "write of how many years the newest verified archive stays, such as 7",
        set: |rules, years| rules.yearly = years,
        get: |rules| rules.yearly,
    },
    Number {
        name: "prune_percent",
        variable: "BACKUP_PRUNE_PERCENT",
        range: 0..=100,
        hint: "write which percentage of the archives may go within a day without a question, such as 30",
        set: |rules, percent| rules.share = f64::from(percent) / 100.0,
        get: |rules| (rules.share * 100.0).round() as u32,
    },
];

/// More days, weeks, months or years than anybody keeps.
const SPANS_MAX: u32 = 36_500;

fn rounded_up(seconds: u64, unit: u64) -> u32 {
    u32::try_from(seconds.div_ceil(unit)).unwrap_or(u32::MAX)
}

impl<T> Number<T> {
    /// Its number among these.
    pub(super) fn of(&self, all: &T) -> u32 {
        (self.get)(all)
    }

    /// Checks a number; `what` names it in messages.
    pub(super) fn check(&self, what: &str, number: Option<u32>) -> Result<u32, Note> {
        number.filter(|n| self.range.contains(n)).ok_or_else(|| {
            let (first, last) = (self.range.start(), self.range.end());
            Note::blocker(format!("{what} is no number from {first} to {last}"), self.hint)
        })
    }
}

impl Settings {
    /// What `self` leaves open is taken from `other`.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            database: self.database.or(other.database),
            password: self.password.or(other.password),
            store: self.store.or(other.store),
            copies: if self.copies.is_empty() { other.copies } else { self.copies },
            residency: self.residency.or(other.residency),
            retention_days: self.retention_days.or(other.retention_days),
            auto_backup: self.auto_backup.or(other.auto_backup),
            schedule: self.schedule.or(other.schedule),
            rules: {
                let mut others = other.rules.into_iter();
                self.rules.map(|own| own.or(others.next().flatten()))
            },
            time_zone: self.time_zone.or(other.time_zone),
            admin: self.admin.or(other.admin),
            mfa: self.mfa.or(other.mfa),
            pg_bin_dir: self.pg_bin_dir.or(other.pg_bin_dir),
            targets: {
                let mut others = other.targets.into_iter();
                self.targets.map(|own| own.or(others.next().flatten()))
            },
            keeps: {
                let mut others = other.keeps.into_iter();
                self.keeps.map(|own| own.or(others.next().flatten()))
            },
            channels: if self.channels.is_empty() { other.channels } else { self.channels },
            table_loss_ignore: self.table_loss_ignore.or(other.table_loss_ignore),
            hooks: self.hooks.or(other.hooks),
            contacts: self.contacts.or(other.contacts),
        }
    }

    /// What is aimed for, with the defaults where nothing is set.
    pub(super) fn aims(&self) -> Targets {
        taken(&TARGETS, &self.targets, Targets::default())
    }

    /// When what makes itself beside the backups does so; what is switched off is left out.
    pub(super) fn schedules(&self, zone: &str) -> Result<BTreeMap<Duty, Schedule>, Note> {
        let on = RULES.iter().zip(&self.rules).filter_map(|(rule_of, found)| {
            let pattern = found.as_ref().map_or(rule_of.default, |found| &found.value);
            (pattern != OFF).then(|| Ok((rule_of.duty, rule(rule_of.name, pattern, zone)?)))
        });
        on.collect()
    }

    /// What is kept where all archives stay for so many days, with the defaults where nothing is set.
    pub(super) fn rules(&self, days: u32) -> RetentionRules {
        taken(&KEEPS, &self.keeps, RetentionRules { days, ..RetentionRules::default() })
    }
}

fn taken<T>(numbers: &[Number<T>], found: &[Option<Found<u32>>], defaults: T) -> T {
    let mut all = defaults;
    for (number, found) in numbers.iter().zip(found) {
        if let Some(found) = found {
            (number.set)(&mut all, found.value);
        }
    }
    all
}

/// Something that was found while reading the configuration.
#[derive(Debug, Clone)]
pub(super) struct Note {
    pub(super) line: Option<u64>,
    pub(super) severity: Severity,
    pub(super) message: String,
    pub(super) hint: String,
    /// The profile of the file that it is about; `None` when it is about all.
    pub(super) profile: Option<String>,
    /// Whether what should name the database names none.
    pub(super) names_no_database: bool,
}

impl Note {
    pub(super) fn new(severity: Severity, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            line: None,
            severity,
            message: message.into(),
            hint: hint.into(),
            profile: None,
            names_no_database: false,
        }
    }

    pub(super) fn blocker(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Severity::Blocker, message, hint)
    }

    pub(super) fn at(mut self, line: u64, profile: Option<&str>) -> Self {
        self.line = Some(line);
        self.profile = profile.map(str::to_owned);
        self
    }

    pub(super) fn concerns(&self, profile: &Found<String>) -> bool {
        self.profile.as_ref().is_none_or(|name| *name == profile.value)
    }
}

/// Checks the parts of a value that both file and environment may give; `what` names it in messages.
/// None of these messages shows a URL, because what can't be read can't be redacted either.
pub(super) fn database(what: &str, url: &str) -> Result<DatabaseUrl, Note> {
    if ["postgres://", "postgresql://", "sqlite:"].iter().any(|scheme| url.starts_with(scheme)) {
        Ok(DatabaseUrl::new(url))
    } else {
        let note = Note::blocker(
            format!("{what} names no database that Aitta knows"),
            "write postgres://user@host/database or sqlite:/path/file.db",
        );
        Err(Note { names_no_database: true, ..note })
    }
}

pub(super) fn store_type(what: &str, text: &str) -> Result<String, Note> {
    if ["local", "s3", "azure"].contains(&text) {
        Ok(text.to_owned())
    } else {
        Err(Note::blocker(
            format!("{what} is {text:?}, which is no kind of store"),
            "write local, s3 or azure",
        ))
    }
}

pub(super) fn quota_gb(what: &str, number: Option<u32>) -> Result<u32, Note> {
    number.filter(|n| *n > 0).ok_or_else(|| {
        Note::blocker(
            format!("{what} is no number of whole GB"),
            "write how many GB may be used, such as 500",
        )
    })
}

/// The file says only where the credentials are.
pub(super) fn credentials(what: &str, text: &str) -> Result<StoreLogin, Note> {
    match text {
        "keychain" => Ok(StoreLogin::Keychain),
        _ => Err(Note::blocker(
            format!("{what} is not \"keychain\""),
            format!(
                "credentials are not written here: put them into the keychain with {store_login}, or into \
                 the environment",
                store_login = Command::StoreLogin
            ),
        )),
    }
}

pub(super) fn residency(what: &str, text: &str) -> Result<String, Note> {
    match text {
        "EU" => Ok(text.to_owned()),
        _ => Err(Note::blocker(format!("{what} is {text:?}"), "write EU, or leave it out")),
    }
}

pub(super) fn retention_days(what: &str, days: Option<u32>) -> Result<u32, Note> {
    days.filter(|days| (1..=36_500).contains(days)).ok_or_else(|| {
        Note::blocker(
            format!("{what} is no number of days from 1 to 36500"),
            "write how many days archives are kept, such as 30",
        )
    })
}

/// A cron expression. In which time zone it counts is another setting.
pub(super) fn schedule(what: &str, text: &str) -> Result<String, Note> {
    rule(what, text, DEFAULT_ZONE).map(|_| text.to_owned())
}

/// A time zone by its name.
pub(super) fn time_zone(what: &str, text: &str) -> Result<String, Note> {
    rule(what, DEFAULT_PATTERN, text).map(|_| text.to_owned())
}

/// Both together.
pub(super) fn rule(what: &str, pattern: &str, zone: &str) -> Result<Schedule, Note> {
    Schedule::parse(pattern, zone).map_err(|error| match error {
        ScheduleError::Zone { given } => Note::blocker(
            format!("{what} names no time zone: {given:?}"),
            "write its name in the database of IANA, such as Europe/Helsinki or UTC",
        ),
        other => {
            let why = match other {
                ScheduleError::Pattern { why: Flaw::Part { field, part }, .. } => {
                    format!("{part:?} is no {}", field_name(field))
                }
                ScheduleError::Pattern { why: Flaw::Fields { count }, .. } => format!("it has {count} fields"),
                ScheduleError::Pattern { why: Flaw::Nickname, given } => format!("{given:?} is not known"),
                ScheduleError::Seconds => "it has a sixth field".to_owned(),
                ScheduleError::Never => "no day matches it".to_owned(),
                ScheduleError::TooLong => "it is too long".to_owned(),
                ScheduleError::Zone { .. } => String::new(),
            };
            Note::blocker(
                format!("{what} is no cron expression: {why}"),
                "write five fields, minute hour day month weekday: \"0 2 * * *\" is daily at two, \"0 * * * *\" hourly",
            )
        }
    })
}

fn field_name(field: Field) -> &'static str {
    match field {
        Field::Minute => "minute",
        Field::Hour => "hour",
        Field::Day => "day of a month",
        Field::Month => "month",
        Field::Weekday => "day of the week",
    }
}

/// The file says only where the password is.
pub(super) fn password(what: &str, text: &str) -> Result<bool, Note> {
    if text == "keychain" {
        Ok(true)
    } else {
        Err(Note::blocker(
            format!("{what} is not \"keychain\""),
            "passwords are not written here: save it in the window, which keeps it in the keychain or in the key file, or use ~/.pgpass",
        ))
    }
}

pub(super) fn admin(what: &str, text: &str) -> Result<String, Note> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > 64 || name.chars().any(char::is_control) {
        return Err(Note::blocker(
            format!("{what} is no name of 1 to 64 characters"),
            "write the name of a person",
        ));
    }
    Ok(name.to_owned())
}

/// Whether a second factor is required. A second factor that is set up is always asked for, whatever this says.
pub(super) fn mfa(what: &str, text: &str) -> Result<bool, Note> {
    match text {
        "required" => Ok(true),
        "when-enrolled" => Ok(false),
        _ => Err(Note::blocker(
            format!("{what} is neither \"required\" nor \"when-enrolled\""),
            "write required to refuse restores and deletions until a second factor is set up",
        )),
    }
}

/// The exact name of a table, such as `Session` or `audit.Session`.
pub(super) fn table_name(what: &str, text: &str) -> Result<String, Note> {
    let name = text.trim();
    if name.is_empty() {
        return Err(Note::blocker(
            format!("{what} has a name that is empty"),
            "write the names of tables as a backup lists them, such as Session",
        ));
    }
    Ok(name.to_owned())
}

pub(super) fn folder(what: &str, text: &str) -> Result<PathBuf, Note> {
    if text.trim().is_empty() {
        Err(Note::blocker(format!("{what} is empty"), "write the path of a folder"))
    } else {
        Ok(PathBuf::from(text))
    }
}

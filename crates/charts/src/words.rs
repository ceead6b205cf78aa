//! The words that stand in charts.

/// What is written, in one language.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    /// In place of a chart of runs.
    pub no_runs: &'static str,
    /// In place of a chart of backups.
    pub no_backups: &'static str,
    /// In place of a chart of restores.
    pub no_restores: &'static str,
    /// A day of which every backup succeeded.
    pub day_good: &'static str,
    /// One with a backup that failed.
    pub day_bad: &'static str,
    /// One without a backup.
    pub day_none: &'static str,
    /// Short names of the days, from Monday.
    pub weekdays: [&'static str; 7],
    /// Given a duration.
    pub median: fn(&str) -> String,
    /// Given a duration.
    pub baseline: fn(&str) -> String,
    /// Given a duration.
    pub target: fn(&str) -> String,
    /// Between a figure and its tenths.
    pub point: char,
    /// Given day and month.
    pub date: fn(i8, i8) -> String,
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl Words {
    /// A figure as this language writes it.
    pub(crate) fn figure(&self, figure: String) -> String {
        if self.point == '.' { figure } else { figure.replace('.', &self.point.to_string()) }
    }

    /// English.
    pub const ENGLISH: Self = Self {
        no_runs: "No runs in this time.",
        no_backups: "No backups in this time.",
        no_restores: "No restore has been proven in this time.",
        day_good: "succeeded",
        day_bad: "failed",
        day_none: "no backup",
        weekdays: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
        median: |duration| format!("median {duration}"),
        baseline: |duration| format!("baseline {duration}"),
        target: |duration| format!("target {duration}"),
        point: '.',
        date: |day, month| {
            let month = usize::from(month.unsigned_abs()).wrapping_sub(1);
            format!("{day} {}", MONTHS.get(month).copied().unwrap_or_default())
        },
    };
}

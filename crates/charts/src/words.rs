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
    /// Given `99.6 %`.
    pub succeeded: fn(&str) -> String,
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
        succeeded: |share| format!("{share} of all succeeded"),
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

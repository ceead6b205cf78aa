//! What is under way.

pub(super) mod en;
pub(super) mod fi;

pub(crate) struct Progress {
    pub(crate) stop: &'static str,
    pub(crate) elsewhere: &'static str,
    pub(crate) step_left: fn(&str) -> String,
    pub(crate) rows_rate: fn(&str) -> String,
    /// The table, where it is known.
    pub(crate) waits_for: fn(Option<&str>) -> String,
    /// Number of the process and the role.
    pub(crate) session: fn(i32, Option<&str>) -> String,
    pub(crate) prepared: &'static str,
    /// As PostgreSQL names it.
    pub(crate) state: fn(&str) -> String,
    pub(crate) since: fn(&str) -> String,
    /// How long it has waited, and how long it goes on.
    pub(crate) gives_up: fn(&str, &str) -> String,
    pub(crate) wait_longer: &'static str,
    pub(crate) end_session: &'static str,
    pub(crate) end_means: &'static str,
    pub(crate) end_sure: &'static str,
}

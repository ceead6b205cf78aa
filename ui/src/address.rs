//! Where the page of one thing is.

/// The page of a backup.
pub(crate) fn backup(id: &str) -> String {
    format!("/backups/{id}")
}

/// The page of a run.
pub(crate) fn run(id: i64) -> String {
    format!("/runs/{id}")
}

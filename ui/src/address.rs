//! Where the page of one thing is.

/// The page of a backup.
pub(crate) fn backup(id: &str) -> String {
    format!("/backups/{id}")
}

/// The wizard of restores, with these tables of a backup chosen.
pub(crate) fn restore_tables(id: &str, tables: &[String]) -> String {
    let encoded = |text: &str| String::from(js_sys::encode_uri_component(text));
    let tables = tables.iter().map(|table| format!("&table={}", encoded(table)));
    format!("/restore?archive={}{}", encoded(id), tables.collect::<String>())
}

/// Where a restore is proven without touching anything.
pub(crate) const PROVE: &str = "/restore/prove";

/// The page of a run.
pub(crate) fn run(id: i64) -> String {
    format!("/runs/{id}")
}

//! The lines about the copies in further stores.

use aitta_model::CopyReport;

use crate::call::OK;
use crate::format::{bytes, count, number, plain};

/// A line or two for each further store.
pub(crate) fn copied(copies: &[CopyReport]) -> String {
    let mut out = String::new();
    for copy in copies {
        let there = copy
            .archives
            .map_or_else(|| "not known what is there".to_owned(), |n| count(n, "archive") + " there");
        out.push_str(&format!(
            "copy in {}: {there}, {} copied now ({})\n",
            copy.location,
            number(copy.copied.len() as u64),
            bytes(copy.copied_bytes)
        ));
        out.push_str(&failed(copy));
    }
    out
}

/// Why a store lacks an archive, and what to do.
pub(crate) fn failed(copy: &CopyReport) -> String {
    copy.failure.as_ref().map_or_else(String::new, |failure| {
        format!("  error: {}\n  hint: {}\n", plain(&failure.message), plain(&failure.hint))
    })
}

/// The exit code: that of the worst failure.
pub(crate) fn worst(copies: &[CopyReport]) -> u8 {
    let codes =
        copies.iter().filter_map(|copy| copy.failure.as_ref()).map(|failure| failure.code.exit_code());
    codes.max().unwrap_or(OK)
}

//! `aitta backup show`

use aitta_engine::{Result, archives};
use aitta_model::{ArchiveDetails, ArchiveSelector, Word};
use clap::Args;

use crate::call::{Call, OK};
use crate::format::{Table, bytes, duration, number, plain, time};
use crate::session;

#[derive(Args)]
pub(crate) struct Arguments {
    /// An id, `latest` (the newest of this database that is no safety archive), or `before:TIME`
    #[arg(value_name = "ID|latest")]
    archive: ArchiveSelector,
}

pub(super) async fn run(call: &Call<'_>, arguments: &Arguments) -> Result<u8> {
    let context = session::context(call.global).await?;
    call.output.report(&archives::show(&context, &arguments.archive).await?, text)?;
    Ok(OK)
}

fn text(details: &ArchiveDetails) -> String {
    let archive = &details.summary;
    let mut out = String::new();
    let mut line = |name: &str, value: String| out.push_str(&format!("{name:<10} {}\n", plain(&value)));
    line("archive", archive.id.clone());
    line("begun", time(archive.created));
    line("state", archive.state.to_string());
    line("kind", archive.kind.as_ref().map(ToString::to_string).unwrap_or_default());
    if let Some(reason) = &archive.reason {
        line("reason", reason.clone());
    }
    let part = if archive.complete == Some(false) { ", chosen tables only" } else { "" };
    line("database", format!("{}{part}", archive.database.clone().unwrap_or_default()));
    let engine = archive.engine.as_ref().map_or("", Word::as_str);
    line("source", format!("{engine} {}", details.source_version));
    line("snapshot", details.snapshot.clone());
    line("written by", details.writer.clone());
    if let Some(ms) = archive.duration_ms {
        line("took", duration(ms));
    }
    line("size", bytes(archive.size_bytes));
    if let Some(checksum) = &archive.checksum {
        line("SHA-256", checksum.clone());
    }
    line("keys", details.key_ids.join(", "));
    line("location", details.location.clone());
    for copy in &details.copies {
        let state = copy.state.as_ref().map_or_else(|| "not copied yet".to_owned(), ToString::to_string);
        line("copy", format!("{}: {state}", copy.location));
    }
    let mut table = Table::new(&["TABLE", ">ROWS", ">DATA", ">STORED", "DIGEST"]);
    for t in &details.table_list {
        let digest = t.digest.chars().take(16).collect();
        table.row([t.name.clone(), number(t.rows), bytes(t.bytes), bytes(t.stored_bytes), digest]);
    }
    out.push_str(&format!("\n{}", table.render()));
    if !details.foreign_keys.is_empty() {
        out.push_str("\nforeign keys\n");
        for key in &details.foreign_keys {
            out.push_str(&format!("  {} -> {}\n", plain(&key.table), plain(&key.foreign_table)));
        }
    }
    if !details.evidence.is_empty() {
        out.push_str("\nevidence\n");
        for e in &details.evidence {
            let found = if e.finding.is_empty() { "all well" } else { &e.finding };
            out.push_str(&format!("  {}  {:<8}  {found}\n", time(e.at), e.depth));
        }
    }
    for remark in &details.remarks {
        out.push_str(&format!("note: {remark}\n"));
    }
    out
}

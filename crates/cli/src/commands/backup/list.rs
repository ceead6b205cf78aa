//! `aitta backup list`

use std::num::NonZeroUsize;

use aitta_engine::{Result, archives, retention};
use aitta_model::{Action, ArchiveSummary, ListReport, WholeCopy};
use clap::Args;

use super::hold;
use crate::call::{Call, OK};
use crate::format::{Table, bytes, count, number, time};
use crate::session;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Only the newest N
    #[arg(long, value_name = "N")]
    limit: Option<NonZeroUsize>,
    /// Those that a prune has put away, and from when on it deletes them
    #[arg(long, conflicts_with = "limit")]
    put_away: bool,
}

pub(super) async fn run(call: &Call<'_>, arguments: &Arguments) -> Result<u8> {
    let context = session::context(call.global).await?;
    if arguments.put_away {
        call.output.report(&retention::put_away(&context).await?, hold::put_away)?;
        return Ok(OK);
    }
    call.output.report(&archives::list(&context, arguments.limit.map(NonZeroUsize::get)).await?, text)?;
    Ok(OK)
}

fn text(report: &ListReport) -> String {
    let mut out = match (report.archives.is_empty(), report.elsewhere) {
        (true, 0) if !report.missing.is_empty() => format!(
            "the store is empty, and {} entered: is its disk mounted?\n",
            match report.missing.len() {
                1 => "1 archive was".to_owned(),
                n => format!("{} archives were", number(n as u64)),
            }
        ),
        (true, 0) => "there are no archives yet; `aitta backup create` makes one\n".to_owned(),
        (true, n) => format!(
            "this store has no archives; further stores had {} when last seen; `aitta --copy N backup list` lists them\n",
            count(n, "backup")
        ),
        (false, _) => {
            let mut table =
                Table::new(&["ID", "BEGUN", "STATE", "KIND", "DATABASE", ">TABLES", ">ROWS", ">SIZE"]);
            for archive in &report.archives {
                table.row(cells(archive));
            }
            table.render()
        }
    };
    let shown = report.archives.len() as u64;
    if shown < report.total {
        out.push_str(&format!("{} of {}\n", number(shown), count(report.total, "archive")));
    }
    if report.put_away > 0 {
        out.push_str(&format!(
            "{} put away: `aitta backup list --put-away` lists them\n",
            count(report.put_away, "archive")
        ));
    }
    for id in &report.missing {
        out.push_str(&format!("warning: {id} is in the catalog, but no longer in the store\n"));
    }
    for WholeCopy { id, copy, location, at } in &report.whole_copies {
        out.push_str(&format!(
            "note: the copy of {id} in {location} was whole on {}; {restore_copy} restores from it\n",
            at.strftime("%Y-%m-%d"),
            restore_copy = Action::RestoreCopy { copy: *copy, id: id.clone() }
        ));
    }
    for strange in &report.strange {
        out.push_str(&format!("warning: {strange}, and no file; it is left alone\n"));
    }
    if !report.strange.is_empty() {
        out.push_str("hint: find out who has put it there, and move it out of the store\n");
    }
    let is_missing = |copy: &WholeCopy| report.missing.contains(&copy.id);
    if report.whole_copies.iter().any(is_missing) {
        out.push_str("hint: `aitta store copy` puts those back that are missing and have a whole copy\n");
    }
    if !report.missing.is_empty() {
        out.push_str("hint: if they were removed on purpose, `aitta catalog rebuild` forgets them\n");
    }
    out
}

fn cells(archive: &ArchiveSummary) -> [String; 8] {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let database = archive.database.clone().map(|name| match archive.complete {
        Some(false) => format!("{name} (part)"),
        _ => name,
    });
    [
        archive.id.clone(),
        time(archive.created),
        archive.state.to_string(),
        or_dash(archive.kind.as_ref().map(ToString::to_string)),
        or_dash(database),
        or_dash(archive.tables.map(number)),
        or_dash(archive.rows.map(number)),
        bytes(archive.size_bytes),
    ]
}

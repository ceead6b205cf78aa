//! `aitta backup verify`

use aitta_engine::{Result, verify};
use aitta_model::{
    ArchiveSelector, ErrorCode, VerifyLevel, VerifyReport, VerifyRequest, VerifyResult, VerifyScope,
};
use clap::{Args, ValueEnum};

use crate::call::{Call, OK};
use crate::format::{bytes, count, duration};
use crate::progress::Bar;
use crate::session;

#[derive(Args)]
pub(crate) struct Arguments {
    /// An id, `latest` (the newest of this database that is no safety archive), or `before:TIME`
    #[arg(value_name = "ID|latest", default_value = "latest")]
    archive: ArchiveSelector,
    /// Every archive of the store
    #[arg(long, conflicts_with = "archive")]
    all: bool,
    /// How deep
    #[arg(long, value_enum, default_value_t = Level::Stored)]
    level: Level,
}

#[derive(Clone, Copy, ValueEnum)]
enum Level {
    /// Every authentication tag, the layout, and the checksum
    Stored,
    /// Also decrypts and decompresses, counts the rows and computes the digests anew
    Content,
}

pub(super) async fn run(call: &Call<'_>, arguments: Arguments) -> Result<u8> {
    let request = VerifyRequest {
        scope: if arguments.all { VerifyScope::All } else { VerifyScope::One(arguments.archive) },
        level: match arguments.level {
            Level::Stored => VerifyLevel::Stored,
            Level::Content => VerifyLevel::Content,
        },
    };
    let context = session::context(call.global).await?;
    let bar = Bar::new(call.output);
    let report = verify::verify(&context, request, &bar).await;
    drop(bar);
    let report = report?;
    let copy = call.global.copy;
    call.output.report(&report, |report| text(report, copy))?;
    let worst = report.results.iter().filter_map(|r| r.failure.as_ref()).map(|f| f.code.exit_code()).max();
    let gone = (!report.missing.is_empty()).then(|| ErrorCode::ArchiveNotFound.exit_code());
    Ok(worst.max(gone).unwrap_or(OK))
}

fn text(report: &VerifyReport, copy: usize) -> String {
    let mut out: String = report.results.iter().map(one).collect();
    let whole = report.results.iter().filter(|r| r.ok).count();
    for id in &report.missing {
        out.push_str(&format!("{id}  gone from the store\n"));
    }
    if !report.missing.is_empty() {
        let place = if copy == 0 { String::new() } else { format!("--copy {copy} ") };
        out.push_str(&format!(
            "  hint: find out who deleted what is gone; `aitta store copy` puts back what another store has whole; if it \
             was meant, `aitta {place}catalog rebuild` forgets it\n"
        ));
    }
    out.push_str(&format!(
        "{whole} of {} whole, in {}\n",
        report.results.len(),
        duration(report.duration_ms)
    ));
    out
}

fn one(result: &VerifyResult) -> String {
    let mut out = match &result.failure {
        None => {
            let rows =
                result.rows.map_or_else(String::new, |n| format!(", {}, digests equal", count(n, "row")));
            let frames = count(result.frames, "frame");
            format!("{}  whole: {frames}, {}{rows}\n", result.id, bytes(result.bytes_read))
        }
        Some(failure) => {
            let about = failure.message.strip_prefix(&format!("{}: ", result.id));
            format!("{}  {}\n  hint: {}\n", result.id, about.unwrap_or(&failure.message), failure.hint)
        }
    };
    for remark in &result.remarks {
        out.push_str(&format!("  note: {remark}\n"));
    }
    out
}

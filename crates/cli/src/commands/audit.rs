//! `aitta audit …`

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use aitta_engine::{Error, Result, trail};
use aitta_model::{
    AuditEntry, AuditFormat, AuditList, AuditQuery, AuditStage, ChainStatus, ClosedList as _, ErrorCode,
    Language, Operation, Timestamp, Word,
};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

use crate::call::{Call, OK};
use crate::format::{Table, count, number, time};
use crate::session;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the entries, newest first
    List(ListArguments),
    /// Check that the trail is unchanged, also against the archives
    Verify,
    /// Write the entries as CSV or JSON, oldest first
    Export(ExportArguments),
    /// Write the report of a quarter, as HTML
    Report(ReportArguments),
}

#[derive(Args)]
pub(crate) struct Filter {
    /// Only this operation
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(Operation::ALL.iter().map(|operation| operation.as_str())))]
    operation: Option<String>,
    /// Only this profile
    #[arg(long, value_name = "NAME")]
    profile_name: Option<String>,
    /// Only this user or admin
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// From this day or time on, such as 2026-10-01 or 2026-10-01T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Option<Timestamp>,
    /// Before this day or time
    #[arg(long, value_name = "TIME", value_parser = moment)]
    to: Option<Timestamp>,
}

#[derive(Args)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    filter: Filter,
    /// Only the newest N
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

#[derive(Args)]
pub(crate) struct ExportArguments {
    #[command(flatten)]
    filter: Filter,
    /// The form of the file
    #[arg(long, value_enum)]
    format: Format,
    /// The file to write; stdout when left out
    file: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct ReportArguments {
    /// Which quarter; the current one when left out
    #[arg(long, value_name = "YEARQn", value_parser = quarter)]
    quarter: Option<(i16, i8)>,
    /// The language of the page
    #[arg(long, value_name = "LANGUAGE", default_value = "en", value_parser = PossibleValuesParser::new(Language::ALL.iter().map(|language| language.as_str())))]
    language: String,
    /// The file to write; stdout when left out
    file: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    Csv,
    Json,
}

/// Where something was written.
#[derive(Serialize, Deserialize)]
struct Written {
    file: String,
    bytes: usize,
}

/// What would have been written to a file, for `--json`.
#[derive(Serialize, Deserialize)]
struct Shown {
    text: String,
}

impl Filter {
    fn query(self, limit: Option<u32>) -> AuditQuery {
        let Self { operation, profile_name, user, from, to } = self;
        AuditQuery { operation: operation.map(Word::read), profile: profile_name, user, from, to, limit }
    }
}

/// A day is its first moment, in UTC.
fn moment(text: &str) -> Result<Timestamp, String> {
    let day = format!("{text}T00:00:00Z");
    text.parse()
        .or_else(|_| day.parse())
        .map_err(|_| "give a day, as 2026-10-01, or a time with its zone, as 2026-10-01T12:00:00Z".to_owned())
}

fn quarter(text: &str) -> Result<(i16, i8), String> {
    let read = || {
        let (year, quarter) = text.split_once(['Q', 'q'])?;
        let quarter: i8 = quarter.parse().ok().filter(|quarter| (1..=4).contains(quarter))?;
        Some((year.parse().ok().filter(|year| (1970..=9998).contains(year))?, quarter))
    };
    read().ok_or_else(|| "give year and quarter, as 2026Q4".to_owned())
}

pub(crate) async fn run(call: &Call<'_>, command: Command) -> Result<u8> {
    let context = session::context(call.global).await?;
    match command {
        Command::List(arguments) => {
            let list = trail::list(&context, arguments.filter.query(Some(arguments.limit))).await?;
            call.output.report(&list, listed)?;
            Ok(exit_code(&list.chain))
        }
        Command::Verify => {
            let status = trail::verify(&context).await?;
            call.output.report(&status, checked)?;
            Ok(exit_code(&status))
        }
        Command::Export(arguments) => {
            let format = match arguments.format {
                Format::Csv => AuditFormat::Csv,
                Format::Json => AuditFormat::Json,
            };
            let text = trail::export(&context, arguments.filter.query(None), format).await?;
            write(call, arguments.file, text, format == AuditFormat::Json)
        }
        Command::Report(arguments) => {
            let now = context.clock.now().strftime("%Y %m").to_string();
            let (year, quarter) = arguments.quarter.unwrap_or_else(|| quarter_of(&now));
            let language = Language::of_word(&arguments.language).unwrap_or_default();
            let page = trail::report(&context, year, quarter, language).await?;
            write(call, arguments.file, page, false)
        }
    }
}

/// The quarter of `2026 11`.
fn quarter_of(month: &str) -> (i16, i8) {
    let mut parts = month.split(' ');
    let year = parts.next().and_then(|year| year.parse().ok()).unwrap_or_default();
    let month: i8 = parts.next().and_then(|month| month.parse().ok()).unwrap_or(1);
    (year, (month - 1) / 3 + 1)
}

/// Code 11 for a trail that is not as it was written.
fn exit_code(status: &ChainStatus) -> u8 {
    if status.is_intact() { OK } else { ErrorCode::AuditFailed.exit_code() }
}

fn write(call: &Call<'_>, file: Option<PathBuf>, text: String, is_json: bool) -> Result<u8> {
    let Some(file) = file else {
        if call.global.json && !is_json {
            call.output.page(&Shown { text }, |shown| shown.text.clone())?;
        } else {
            call.output.file(&text)?;
        }
        return Ok(OK);
    };
    write_new(&file, text.as_bytes())?;
    let written = Written { file: file.display().to_string(), bytes: text.len() };
    call.output.report(&written, |written| format!("{} written", written.file))?;
    Ok(OK)
}

/// It names people and their reasons, so only its owner may read it. An earlier file may be the only copy of a trail
/// that is gone, so no file is replaced.
fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let name = path.display();
    let mut file = options.open(path).map_err(|e| match e.kind() {
        ErrorKind::AlreadyExists => Error::new(
            ErrorCode::ConfigInvalid,
            format!("{name} exists, and is not replaced"),
            "name another file, or rename that one first",
        ),
        _ => unwritable(path, &e),
    })?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|e| {
        // Half a trail would be taken for a whole one.
        let _gone = std::fs::remove_file(path);
        unwritable(path, &e)
    })
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::new(
        ErrorCode::System,
        format!("{} cannot be written: {error}", path.display()),
        "name another file, in a folder that is there and may be written to",
    )
}

fn listed(list: &AuditList) -> String {
    let mut out = String::new();
    if list.records.is_empty() {
        out.push_str("no entry matches\n");
    } else {
        let mut table = Table::new(&[
            ">ENTRY",
            "TIME",
            "USER",
            "OPERATION",
            "STAGE",
            "ARCHIVE OR TARGET",
            "REASON",
            "OUTCOME",
        ]);
        for record in &list.records {
            table.row(cells(&record.entry));
        }
        out.push_str(&table.render());
    }
    let shown = list.records.len() as u64;
    if shown < list.total {
        out.push_str(&format!("{} of {} entries; --limit shows more\n", number(shown), number(list.total)));
    }
    out + &chain_line(&list.chain)
}

fn cells(entry: &AuditEntry) -> [String; 8] {
    let dash = || "-".to_owned();
    let outcome = match (&entry.outcome, entry.failure) {
        (Some(outcome), Some(code)) => format!("{outcome} ({code})"),
        (Some(outcome), None) => outcome.to_string(),
        (None, _) => dash(),
    };
    let stage = match (entry.stage, entry.begun) {
        (AuditStage::Ended, Some(begun)) => format!("ends {begun}"),
        (AuditStage::Begun, _) => "begins".to_owned(),
        _ => "at once".to_owned(),
    };
    [
        entry.entry.to_string(),
        time(entry.at),
        entry.actor.admin.clone().unwrap_or_else(|| entry.actor.user.clone()),
        entry.operation.to_string(),
        stage,
        entry.archive.clone().or_else(|| entry.target.clone()).unwrap_or_else(dash),
        entry.reason.as_ref().map_or_else(dash, ToString::to_string),
        outcome,
    ]
}

/// `chain intact up to entry 12, signed up to entry 12`
fn chain_line(status: &ChainStatus) -> String {
    if let Some(fault) = &status.fault {
        let intact = match status.intact_to {
            0 => "the entries before it are unproven".to_owned(),
            1 => "entry 1 is as it was written".to_owned(),
            last => format!("entries 1 to {last} are as they were written"),
        };
        let mut out = format!("error: the audit trail is broken at entry {}: {}\n", fault.entry, fault.what);
        for fault in status.faults.iter().filter(|other| *other != fault) {
            out.push_str(&format!("error: and at entry {}: {}\n", fault.entry, fault.what));
        }
        if status.more_faults > 0 {
            out.push_str(&format!("error: and at {}\n", count(status.more_faults, "more place")));
        }
        out.push_str(&format!(
            "  hint: keep the files as they are and find out who wrote to the catalog; {intact}\n"
        ));
        return out;
    }
    if status.entries == 0 {
        return "the audit trail is empty\n".to_owned();
    }
    let signed = match status.signed_to {
        Some(entry) => format!("signed up to entry {entry}"),
        None => "no signature could be checked".to_owned(),
    };
    format!("chain intact up to entry {}, {signed}\n", status.intact_to)
}

fn checked(status: &ChainStatus) -> String {
    let mut out = chain_line(status);
    if let (Some(key_id), None) = (&status.key_id, &status.fault) {
        out.push_str(&format!("signed by the key {key_id}\n"));
    }
    if status.unsigned > 0 {
        out.push_str(&format!(
            "{} without a signature of their own, written while no key was at hand\n",
            number(status.unsigned)
        ));
    }
    out.push_str(&format!(
        "{} compared, {} of them opened\n",
        count(status.anchors, "archive"),
        number(status.anchors_proven)
    ));
    for other in &status.others {
        out.push_str(&format!(
            "note: {} of another trail, {}, known up to its entry {}{}\n",
            count(other.archives, "archive"),
            other.place.as_deref().map_or_else(|| other.chain.clone(), |place| format!("kept at {place}")),
            other.entry,
            if other.noted { "; a rebuild of the catalog has noted it" } else { "" },
        ));
        if !other.noted {
            out.push_str(
                "  hint: another installation that uses this store has one of its own; if the catalog was replaced \
                 on purpose, `aitta catalog rebuild` notes that\n",
            );
        }
    }
    for remark in &status.remarks {
        out.push_str(&format!("note: {remark}\n"));
    }
    out
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn quarters_and_moments_are_read() {
        assert_eq!(quarter("2026Q4"), Ok((2026, 4)));
        assert_eq!(quarter("2026q1"), Ok((2026, 1)));
        assert!(["2026", "Q4", "2026Q5", "2026Q0", "20x6Q1"].iter().all(|text| quarter(text).is_err()));
        assert_eq!(quarter_of("2026 01"), (2026, 1));
        assert_eq!(quarter_of("2026 12"), (2026, 4));
        assert_eq!(moment("2026-10-01"), moment("2026-10-01T00:00:00Z"));
        assert!(moment("yesterday").is_err());
    }

    #[test]
    fn a_file_is_for_its_owner_and_replaces_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trail.csv");
        write_new(&path, b"first").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let error = write_new(&path, b"second").unwrap_err();
        assert_eq!(error.code(), ErrorCode::ConfigInvalid);
        assert!(error.to_string().contains("is not replaced"), "{error}");
        assert!(error.hint().contains("name another file"), "{}", error.hint());
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        let error = write_new(&folder.path().join("none/trail.csv"), b"").unwrap_err();
        assert_eq!(error.code(), ErrorCode::System);
    }
}

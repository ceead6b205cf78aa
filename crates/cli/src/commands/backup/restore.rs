//! `aitta backup restore`

use aitta_engine::{Result, restore};
use aitta_model::{
    ArchiveSelector, ComparedTable, DatabaseUrl, ErrorCode, Finding, Likeness, RestoreMode, RestorePlan,
    RestoreReport, RestoreRequest, RowsApart,
};
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::call::{Call, OK};
use crate::format::{self, Table, bytes, count, duration, number, time};
use crate::options::{some_tables, tables};
use crate::progress::Bar;
use crate::second_factor::{Totp, with_code};
use crate::session;

#[derive(Args)]
pub(crate) struct Arguments {
    /// An id, `latest` (the newest of this database that is no safety archive), or `before:2026-11-01T12:00:00Z`
    #[arg(long, value_name = "ID|latest|before:TIME")]
    backup_id: ArchiveSelector,
    /// Only these tables, with or without schema
    #[arg(long, value_name = "A,B", value_parser = some_tables)]
    tables: Vec<String>,
    /// Into this database instead of the profile's own
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// Into this schema, beside what is there (PostgreSQL)
    #[arg(long, value_name = "NAME")]
    to_schema: Option<String>,
    /// Only say what would happen
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run: also read the tables of the target, for half a minute at most, and say whether their rows are the
    /// same as in the archive
    #[arg(long, requires = "dry_run")]
    compare: bool,
    /// Why: routine, release, incident, drill, request-of-data-subject, or your own words; needed
    /// unless it is a dry run
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    mfa: Totp,
    /// Connections that write in parallel, if the server has enough free [default: one per processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: Option<u16>,
    /// Give up when a lock takes more than so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    lock_timeout: u64,
    /// Don't restore who owns what
    #[arg(long)]
    no_owner: bool,
    /// Don't restore privileges
    #[arg(long)]
    no_privileges: bool,
    /// What others have written, such as a check that calls a function of theirs, may run with the rights of a superuser;
    /// --dry-run says what it is
    #[arg(long)]
    trust_code: bool,
}

pub(super) async fn run(call: &Call<'_>, arguments: Arguments) -> Result<u8> {
    let request = RestoreRequest {
        archive: arguments.backup_id,
        tables: tables(&arguments.tables),
        to: arguments.to.map(DatabaseUrl::new),
        to_schema: arguments.to_schema,
        dry_run: arguments.dry_run,
        reason: arguments.reason,
        jobs: arguments.jobs.map(usize::from),
        lock_timeout_s: Some(arguments.lock_timeout),
        no_owner: arguments.no_owner,
        no_privileges: arguments.no_privileges,
        trust_code: arguments.trust_code,
        mfa: arguments.mfa.code(),
    };
    let context = session::context(call.global).await?;
    let outcome = with_code(call, &context, request.mfa.clone(), async |mfa| {
        let bar = Bar::new(call.output);
        restore::restore(&context, RestoreRequest { mfa, ..request.clone() }, &bar).await
    });
    match outcome.await? {
        restore::Outcome::Plan(plan) => {
            let compared = match arguments.compare {
                true => Some(restore::compare(&context, request).await?.tables),
                false => None,
            };
            let preview = Preview { plan, compared };
            call.output.report(&preview, preview_text)?;
            Ok(if preview.plan.is_blocked() { ErrorCode::TargetIncompatible.exit_code() } else { OK })
        }
        restore::Outcome::Report(report) => {
            call.output.report(&report, report_text)?;
            Ok(OK)
        }
    }
}

pub(in crate::commands) fn mode(mode: &RestoreMode) -> String {
    match mode {
        RestoreMode::Swap { target, set_aside } => {
            format!("{target} as a whole; the old one is kept as {set_aside}")
        }
        RestoreMode::Replace { target } => format!("these tables of {target}, in one transaction"),
        RestoreMode::Create { target } => format!("the new database {target}"),
        RestoreMode::Fill { target } => format!("the empty database {target}, in one transaction"),
        RestoreMode::SideSchema { target, schema } => format!("the schema {schema} of {target}"),
    }
}

pub(in crate::commands) fn findings(findings: &[Finding]) -> String {
    findings.iter().map(|f| format::finding(f.severity, &f.message, &f.hint)).collect()
}

/// A plan, and what a comparison has found.
#[derive(Serialize, Deserialize)]
struct Preview {
    #[serde(flatten)]
    plan: RestorePlan,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    compared: Option<Vec<ComparedTable>>,
}

/// In a few words.
fn likeness(likeness: &Likeness) -> String {
    match likeness {
        Likeness::Same => "same rows".to_owned(),
        Likeness::Differs { apart: None, .. } => "differs".to_owned(),
        Likeness::Differs { apart: Some(RowsApart { archive, target }), .. } => {
            format!("differs: {} only there, {} only in the archive", number(*target), number(*archive))
        }
        Likeness::Missing => "not there".to_owned(),
        Likeness::NotComparable { why, .. } => format!("not comparable: {}", format::plain(why)),
        Likeness::NotReached => "not reached in time".to_owned(),
    }
}

fn preview_text(preview: &Preview) -> String {
    let Preview { plan, compared } = preview;
    let mut columns = vec!["TABLE", ">IN THE ARCHIVE", ">IN THE TARGET", ">DATA"];
    columns.extend(compared.as_ref().map(|_| "NOW"));
    let mut table = Table::new(&columns);
    for t in &plan.tables {
        let target = t.target_rows.map_or_else(|| "not there".to_owned(), |n| count(n, "row"));
        let mut row = vec![t.name.clone(), count(t.archive_rows, "row"), target, bytes(t.bytes)];
        row.extend(compared.as_ref().map(|compared| {
            let found = compared.iter().find(|c| c.name == t.name);
            found.map_or_else(String::new, |c| likeness(&c.likeness))
        }));
        table.row(row);
    }
    let end = if plan.is_blocked() { "the restore would be refused" } else { "nothing was changed" };
    format!(
        "would restore {} of {}\ninto {}\n\n{}\nreads {} from the store, needs about {} in the target\n{}{end}\n",
        plan.archive,
        time(plan.archive_created),
        mode(&plan.mode),
        table.render(),
        bytes(plan.read_bytes),
        bytes(plan.space_needed_bytes),
        findings(&plan.findings),
    )
}

pub(in crate::commands) fn report_text(report: &RestoreReport) -> String {
    let mut table = Table::new(&["TABLE", ">ROWS", "PROOF", "DIGEST"]);
    for p in &report.proofs {
        let proof = if p.equal() { "digests equal" } else { "NOT EQUAL" };
        let digest = p.target_digest.chars().take(16).collect();
        table.row([p.name.clone(), number(p.target_rows), proof.to_owned(), digest]);
    }
    let rows = report.proofs.iter().map(|p| p.target_rows).sum();
    let mut out = format!(
        "restored {} of {}\ninto {}{}\n\n{}\n{}, every table equal to the archive, in {}\nread {} from the store; the archive has {}\n",
        report.archive,
        time(report.archive_created),
        mode(&report.mode),
        if report.dropped { ", which was dropped again" } else { "" },
        table.render(),
        count(rows, "row"),
        duration(report.duration_ms),
        bytes(report.read_bytes),
        bytes(report.archive_bytes),
    );
    if report.read_bytes > report.archive_bytes {
        out.push_str("(read twice: every frame is checked before anything is changed, and then loaded)\n");
    }
    if let Some(id) = &report.safety_archive {
        out.push_str(&format!("what was overwritten is in {id}\n"));
    }
    for s in &report.sequences {
        let (name, archived, restored) = (&s.name, s.archived, s.restored);
        let name = format::plain(name);
        out.push_str(&format!("sequence {name}: {archived} in the archive, {restored} now\n"));
    }
    out.push_str(&findings(&report.findings));
    out.push_str(&format::hook_failure(report.hook_failure.as_ref()));
    if let RestoreMode::Swap { set_aside, .. } = &report.mode {
        let name = format::plain(set_aside);
        out.push_str(&format!(
            "hint: when the old database is no longer needed, `aitta restore cleanup {name} --reason TEXT` drops it\n"
        ));
    }
    out
}

//! The report as a page for A4.

use std::fmt::Write;

use aitta_model::{AuditEntry, ClosedList as _, ErrorCode, Operation, RunOutcome, Word, plain};

use super::words::{Words, number};
use super::{Done, Quarter, by_kind_and_user, name};

const MUTED: &str = " class=\"muted\"";

const STYLE: &str = "\
@page { size: A4; margin: 16mm 15mm 18mm }
:root { color-scheme: light; --text: #1d1f1e; --muted: #5b605d; --line: #dcd8d0; --good: #1c6b45; --bad: #a32a1c }
* { box-sizing: border-box }
body { margin: 40px auto; max-width: 190mm; padding: 0 16px; background: #fff; color: var(--text);
  font: 13px/1.45 system-ui, 'Segoe UI', Cantarell, 'Noto Sans', sans-serif; font-variant-numeric: tabular-nums }
h1 { font-size: 25px; line-height: 1.2; font-weight: 650; margin: 0; letter-spacing: -0.01em }
h2 { font-size: 15px; font-weight: 650; margin: 30px 0 6px; break-after: avoid }
p { margin: 4px 0; max-width: 75ch } .muted { color: var(--muted) }
header { border-bottom: 2px solid var(--text); padding-bottom: 14px; margin-bottom: 20px }
.verdict { border-left: 4px solid var(--good); padding: 2px 0 2px 14px; margin: 18px 0 }
.verdict.bad { border-color: var(--bad) } .verdict b { font-size: 15px }
table { border-collapse: collapse; width: 100%; font-size: 12px }
thead { display: table-header-group } tr { break-inside: avoid }
th { text-align: left; font-weight: 600; color: var(--muted); border-bottom: 1px solid var(--muted); padding: 4px 12px 4px 0;
  vertical-align: bottom }
td { padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere }
th:last-child, td:last-child { padding-right: 0 } .number { text-align: right; white-space: nowrap }
.when, .state { white-space: nowrap } .small { font-size: 11px; color: var(--muted) }
.bad-word { color: var(--bad); font-weight: 600 } .good-word { color: var(--good); font-weight: 600 }
code { font: 11.5px/1.4 ui-monospace, 'DejaVu Sans Mono', monospace }
footer { margin-top: 34px; border-top: 1px solid var(--line); padding-top: 10px; color: var(--muted); font-size: 11px }
@media print { body { margin: 0; padding: 0; max-width: none } a { color: inherit } }";

/// The operations that are about keys.
const KEYS: [Operation; 6] = [
    Operation::Rotate,
    Operation::KeyCreate,
    Operation::KeyConfirm,
    Operation::KeyImport,
    Operation::KeyExportKit,
    Operation::KeyDestroy,
];

pub(super) fn page(report: &Quarter, w: &Words) -> String {
    let Quarter { year, quarter, .. } = report;
    let body = [
        chain(report, w),
        duties(report, w),
        counts(report, w),
        restores(report, w),
        deletions(report, w),
        keys(report, w),
        failures(report, w),
        refused(report, w),
        contacts(report, w),
    ]
    .concat();
    format!(
        "<!doctype html>\n<html lang=\"{code}\"><head><meta charset=\"utf-8\">\
         <title>{title}</title>\n\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head>\n<body>\
         <header><h1>{heading}</h1>\n\
         <p>{span}</p>\n\
         <p class=\"muted\">{made}</p></header>\n\
         {body}\
         <footer>{footer}</footer>\n</body></html>\n",
        code = w.code,
        title = (w.title)(*year, *quarter),
        heading = (w.heading)(*year, *quarter),
        span = (w.span)(&(w.day)(report.from), &(w.day)(report.last), report.open),
        made = (w.made)(
            &(w.time)(report.made_at),
            &escaped(&name(&report.made_by)),
            &escaped(&report.made_by.host)
        ),
        footer = (w.footer)(env!("CARGO_PKG_VERSION"), &escaped(&report.profile)),
    )
}

fn chain(report: &Quarter, w: &Words) -> String {
    let chain = &report.chain;
    let (class, title) = match &chain.fault {
        None if chain.entries == 0 => ("", w.empty.to_owned()),
        None => ("", (w.intact)(chain.intact_to)),
        Some(fault) => (" bad", (w.broken)(fault.entry)),
    };
    let mut out = format!("<div class=\"verdict{class}\"><b>{title}</b>\n");
    let mut line = |class: &str, words: String| {
        let _ = writeln!(out, "<p{class}>{words}</p>");
    };
    if let Some(fault) = &chain.fault {
        line("", (w.fault)(fault.entry, &escaped(&fault.what)));
    }
    for fault in chain.faults.iter().filter(|other| Some(*other) != chain.fault.as_ref()) {
        line("", (w.fault_too)(fault.entry, &escaped(&fault.what)));
    }
    if chain.more_faults > 0 {
        line("", (w.more_faults)(chain.more_faults));
    }
    let signed = match (&chain.signed_to, &chain.key_id) {
        (Some(entry), Some(key)) => (w.signed)(*entry, &escaped(key)),
        _ => w.unsigned.to_owned(),
    };
    line("", (w.extent)(chain.entries, &signed, chain.anchors, chain.anchors_proven));
    for other in &chain.others {
        line(MUTED, (w.other_trail)(other.archives, &escaped(&other.chain), other.entry, other.noted));
    }
    for remark in &chain.remarks {
        line(MUTED, (w.remark)(&escaped(remark)));
    }
    out + "</div>\n"
}

fn duties(report: &Quarter, w: &Words) -> String {
    let overdue = report.duties.iter().filter(|duty| duty.overdue).count();
    let rows = report.duties.iter().map(|duty| {
        let (class, words) = if duty.overdue { ("bad-word", w.overdue) } else { ("good-word", w.in_order) };
        let state = Cell { html: format!("<span class=\"{class}\">{words}</span>"), class: "state" };
        vec![Cell::text(&duty.what), Cell::text(&duty.fact), state]
    });
    section(w, &(w.duties)(overdue), &w.duties_head, rows)
}

/// Whom to call, where somebody is named.
fn contacts(report: &Quarter, w: &Words) -> String {
    if report.contacts.is_empty() {
        return String::new();
    }
    let rows = report.contacts.iter().map(|contact| {
        let more = [&contact.role, &contact.phone, &contact.mail];
        let mut row = vec![Cell::text(&contact.name)];
        row.extend(more.map(|text| Cell::text(text.as_deref().unwrap_or_default())));
        row
    });
    section(w, w.contacts, &w.contacts_head, rows)
}

fn counts(report: &Quarter, w: &Words) -> String {
    let counts = by_kind_and_user(&report.operations);
    let rows = counts.iter().map(|((operation, user), counts)| {
        let mut row = vec![Cell::text(&in_words(w, operation)), Cell::text(user)];
        row.extend(counts.iter().map(|n| Cell::number(*n)));
        row
    });
    section(w, w.counts, &w.counts_head, rows)
}

fn restores(report: &Quarter, w: &Words) -> String {
    let rows = report.operations.iter().filter(|done| done.is(&[Operation::Restore])).map(|done| {
        let tables = match done.begun.tables.as_slice() {
            [] => w.all_tables.to_owned(),
            tables => tables.join(", "),
        };
        vec![
            when(w, &done.begun),
            Cell::text(&name(&done.begun.actor)),
            Cell::two(done.begun.target.as_deref().unwrap_or(w.own_database), &tables),
            Cell::two(&reason(w, &done.begun), done.archive().unwrap_or_default()),
            outcome(w, done),
        ]
    });
    section(w, w.restores, &w.restores_head, rows)
}

fn deletions(report: &Quarter, w: &Words) -> String {
    let all = report.operations.iter().filter(|done| done.is(&[Operation::Delete, Operation::Cleanup]));
    let rows = all.map(|done| {
        vec![
            when(w, &done.begun),
            Cell::text(&name(&done.begun.actor)),
            Cell::text(done.archive().or(done.begun.target.as_deref()).unwrap_or(w.set_aside)),
            Cell::text(&reason(w, &done.begun)),
            outcome(w, done),
        ]
    });
    section(w, w.deletions, &w.deletions_head, rows)
}

fn keys(report: &Quarter, w: &Words) -> String {
    let rows = report.operations.iter().filter(|done| done.is(&KEYS)).map(|done| {
        vec![
            when(w, &done.begun),
            Cell::text(&name(&done.begun.actor)),
            Cell::two(
                &in_words(w, done.begun.operation.as_str()),
                done.begun.target.as_deref().unwrap_or_default(),
            ),
            Cell::text(&reason(w, &done.begun)),
            outcome(w, done),
        ]
    });
    section(w, w.keys, &w.keys_head, rows)
}

fn failures(report: &Quarter, w: &Words) -> String {
    let well = |done: &&Done| done.outcome().is_some_and(|outcome| *outcome != RunOutcome::Failed);
    let rows = report.operations.iter().filter(|done| !well(done)).map(|done| {
        let code = done.ended.as_ref().and_then(|ended| ended.failure);
        vec![
            when(w, &done.begun),
            Cell::text(&in_words(w, done.begun.operation.as_str())),
            Cell::text(done.begun.profile.as_deref().unwrap_or_default()),
            Cell::text(&name(&done.begun.actor)),
            code.map_or_else(|| Cell::text(w.no_end_in_trail), |code| Cell::code(code.as_str())),
        ]
    });
    section(w, w.failures, &w.failures_head, rows)
}

fn refused(report: &Quarter, w: &Words) -> String {
    let rows = report.refused.iter().map(|entry| {
        let why = refusal(w, entry.outcome.as_ref().map(Word::as_str).unwrap_or_default());
        let note = entry.note.as_deref().map(w.remark).unwrap_or_default();
        vec![
            when(w, entry),
            Cell::text(&name(&entry.actor)),
            Cell::two(&why, &note),
            Cell::text(entry.profile.as_deref().unwrap_or_default()),
        ]
    });
    section(w, w.refused, &w.refused_head, rows)
}

/// What stands in a cell, as HTML.
struct Cell {
    html: String,
    class: &'static str,
}

impl Cell {
    fn text(text: &str) -> Self {
        Self { html: escaped(text), class: "" }
    }

    fn code(text: &str) -> Self {
        Self { html: format!("<code>{}</code>", escaped(text)), class: "" }
    }

    /// A second line below, smaller.
    fn two(text: &str, below: &str) -> Self {
        Self {
            html: format!("{}<br><span class=\"small\">{}</span>", escaped(text), escaped(below)),
            class: "",
        }
    }

    fn number(n: u64) -> Self {
        Self { html: number(n), class: "number" }
    }
}

fn section(w: &Words, title: &str, headers: &[&str], rows: impl Iterator<Item = Vec<Cell>>) -> String {
    let mut out = format!("<h2>{}</h2>\n", escaped(title));
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return out + &format!("<p{MUTED}>{}</p>\n", w.none);
    }
    out.push_str("<table><thead><tr>");
    for header in headers {
        let (class, header) = header.strip_prefix('>').map_or(("", *header), |header| ("number", header));
        let _ = write!(out, "<th scope=\"col\" class=\"{class}\">{header}</th>");
    }
    out.push_str("</tr></thead><tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for Cell { html, class } in row {
            let _ = write!(out, "<td class=\"{class}\">{html}</td>");
        }
        out.push_str("</tr>\n");
    }
    out + "</tbody></table>\n"
}

fn when(w: &Words, entry: &AuditEntry) -> Cell {
    let (time, number) = ((w.time)(entry.at), (w.entry)(entry.entry));
    Cell { html: format!("{time}<br><span class=\"small\">{number}</span>"), class: "when" }
}

fn outcome(w: &Words, done: &Done) -> Cell {
    let figures = done.ended.as_ref().map(|ended| &ended.figures);
    let rows = figures.and_then(|figures| figures.get("rows")).map(|n| (w.rows)(*n));
    let failure = done.ended.as_ref().and_then(|ended| ended.failure).map(|code| code.as_str().to_owned());
    let outcome = match done.outcome() {
        Some(outcome) => {
            outcome.known().map_or_else(|| outcome.as_str().to_owned(), |known| (w.outcome)(known).to_owned())
        }
        None => w.no_end.to_owned(),
    };
    Cell {
        html: format!(
            "<span class=\"{}\">{}</span><br><span class=\"small\">{}</span>",
            if done.outcome().is_some_and(|o| o.is(RunOutcome::Failed)) { "bad-word" } else { "" },
            escaped(&outcome),
            escaped(&failure.or(rows).unwrap_or_default())
        ),
        class: "when",
    }
}

fn reason(w: &Words, entry: &AuditEntry) -> String {
    let Some(reason) = &entry.reason else { return w.no_reason.to_owned() };
    let code = (w.reason)(reason.code);
    if reason.text.is_empty() { code.to_owned() } else { format!("{code}: {}", reason.text) }
}

/// An operation as people name it; one that this version does not know, as the trail has it.
fn in_words(w: &Words, operation: &str) -> String {
    let known = Word::<Operation>::read(operation).known();
    known.map_or_else(|| operation.replace('_', " "), |known| (w.operation)(known).to_owned())
}

/// Why a second factor was refused: the outcome of the event is an error's code.
fn refusal(w: &Words, outcome: &str) -> String {
    let known = ErrorCode::of_word(outcome).and_then(w.refusal);
    known.map_or_else(|| outcome.replace('_', " "), str::to_owned)
}

/// Words of others, which neither turn the line round nor begin another.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use aitta_model::Language;

    use super::*;

    #[test]
    fn words_of_users_are_text() {
        assert_eq!(escaped("<b a='x'>&\""), "&lt;b a=&#39;x&#39;&gt;&amp;&quot;");
        assert_eq!(escaped("Booking\u{202e}\nrows"), "Booking\\u{202e}\\nrows");
    }

    #[test]
    fn operations_are_named_in_words_and_not_as_the_trail_writes_them() {
        let en = Words::of(Language::En);
        let words =
            ["mfa_enroll", "key_create", "mfa_refused", "of_a_later_version"].map(|name| in_words(en, name));
        assert_eq!(
            words,
            ["Second factor set up", "Key created", "Second factor refused", "of a later version"]
        );
        assert_eq!(["mfa_wrong", "mfa_odd"].map(|why| refusal(en, why)), ["wrong code", "mfa odd"]);
    }
}

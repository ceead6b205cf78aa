//! The report as a page for A4.

use std::fmt::Write;

use aitta_model::{AuditEntry, Operation, RunOutcome, Timestamp, Word};

use super::{Done, Quarter, by_kind_and_user, name};

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
.when { white-space: nowrap } .small { font-size: 11px; color: var(--muted) }
.bad-word { color: var(--bad); font-weight: 600 } .good-word { color: var(--good); font-weight: 600 }
code { font: 11.5px/1.4 ui-monospace, 'DejaVu Sans Mono', monospace }
footer { margin-top: 34px; border-top: 1px solid var(--line); padding-top: 10px; color: var(--muted); font-size: 11px }
@media print { body { margin: 0; padding: 0; max-width: none } a { color: inherit } }";

/// The operations that are about keys.
const KEYS: [Operation; 5] = [
    Operation::Rotate,
    Operation::KeyCreate,
    Operation::KeyImport,
    Operation::KeyExportKit,
    Operation::KeyDestroy,
];

pub(super) fn page(report: &Quarter) -> String {
    let Quarter { year, quarter, .. } = report;
    let so_far = if report.open { ", so far" } else { "" };
    let body = [
        chain(report),
        duties(report),
        counts(report),
        restores(report),
        deletions(report),
        keys(report),
        failures(report),
        refused(report),
    ]
    .concat();
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <title>Audit report {year} Q{quarter}</title>\n\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head>\n<body>\
         <header><h1>Audit report, quarter {quarter} of {year}</h1>\n\
         <p>{first} to {last}{so_far}</p>\n\
         <p class=\"muted\">Made on {made} by {who} on {host}. All times are UTC.</p></header>\n\
         {body}\
         <footer>Aitta {version}. Every profile of this catalog is reported; the duties are those of the profile \
         {profile}. The entries themselves: <code>aitta audit export</code>. The check of the trail: \
         <code>aitta audit verify</code>.</footer>\n</body></html>\n",
        first = report.first,
        last = report.last,
        made = time(report.made_at),
        who = escaped(&name(&report.made_by)),
        host = escaped(&report.made_by.host),
        version = env!("CARGO_PKG_VERSION"),
        profile = escaped(&report.profile),
    )
}

fn chain(report: &Quarter) -> String {
    let chain = &report.chain;
    let (class, title) = match &chain.fault {
        None if chain.entries == 0 => ("", "The audit trail is empty".to_owned()),
        None => ("", format!("The audit trail is intact up to entry {}", number(chain.intact_to))),
        Some(fault) => (" bad", format!("The audit trail is broken at entry {}", number(fault.entry))),
    };
    let mut out = format!("<div class=\"verdict{class}\"><b>{title}</b>\n");
    if let Some(fault) = &chain.fault {
        let _ = writeln!(out, "<p>Entry {}: {}.</p>", number(fault.entry), escaped(&fault.what));
    }
    for fault in chain.faults.iter().filter(|other| Some(*other) != chain.fault.as_ref()) {
        let _ = writeln!(out, "<p>And entry {}: {}.</p>", number(fault.entry), escaped(&fault.what));
    }
    if chain.more_faults > 0 {
        let _ = writeln!(out, "<p>And {} more.</p>", number(chain.more_faults));
    }
    let signed = match (&chain.signed_to, &chain.key_id) {
        (Some(entry), Some(key)) => {
            format!("signed up to entry {} by the key <code>{}</code>", number(*entry), escaped(key))
        }
        _ => "no signature could be checked".to_owned(),
    };
    let _ = writeln!(
        out,
        "<p>{} entries; {signed}. The anchors of {} archives were compared with it, {} of them read from the \
         archives themselves.</p>",
        number(chain.entries),
        number(chain.anchors),
        number(chain.anchors_proven),
    );
    for other in &chain.others {
        let _ = writeln!(
            out,
            "<p class=\"muted\">{} archives belong to another trail, <code>{}</code>, known up to its entry {}{}.</p>",
            number(other.archives),
            escaped(&other.chain),
            number(other.entry),
            if other.noted { ", as a rebuild of the catalog has noted" } else { "" },
        );
    }
    for remark in &chain.remarks {
        let _ = writeln!(out, "<p class=\"muted\">Note: {}.</p>", escaped(remark));
    }
    out + "</div>\n"
}

fn duties(report: &Quarter) -> String {
    let overdue = report.duties.iter().filter(|duty| duty.overdue).count();
    let title = match overdue {
        0 => "Duties: nothing is overdue".to_owned(),
        n => format!("Duties: {n} overdue"),
    };
    let rows = report.duties.iter().map(|duty| {
        let state = if duty.overdue {
            "<span class=\"bad-word\">overdue</span>"
        } else {
            "<span class=\"good-word\">in order</span>"
        };
        vec![Cell::text(&duty.what), Cell::text(&duty.fact), Cell::html(state)]
    });
    section(&title, &["Duty", "How it stands", "State"], rows)
}

fn counts(report: &Quarter) -> String {
    let counts = by_kind_and_user(&report.operations);
    let rows = counts.iter().map(|((operation, user), counts)| {
        let mut row = vec![Cell::text(&in_words(operation)), Cell::text(user)];
        row.extend(counts.iter().map(|n| Cell::number(*n)));
        row
    });
    section(
        "Operations by kind and user",
        &["Operation", "User", ">Succeeded", ">Failed", ">Stopped", ">No end"],
        rows,
    )
}

fn restores(report: &Quarter) -> String {
    let rows = report.operations.iter().filter(|done| done.is(&[Operation::Restore])).map(|done| {
        let tables = match done.begun.tables.as_slice() {
            [] => "all tables".to_owned(),
            tables => tables.join(", "),
        };
        vec![
            when(&done.begun),
            Cell::text(&name(&done.begun.actor)),
            Cell::two(done.begun.target.as_deref().unwrap_or("its own database"), &tables),
            Cell::two(&reason(&done.begun), done.archive().unwrap_or_default()),
            outcome(done),
        ]
    });
    section("Restores", &["Begun", "User", "Target and tables", "Reason and archive", "Outcome"], rows)
}

fn deletions(report: &Quarter) -> String {
    let all = report.operations.iter().filter(|done| done.is(&[Operation::Delete, Operation::Cleanup]));
    let rows = all.map(|done| {
        vec![
            when(&done.begun),
            Cell::text(&name(&done.begun.actor)),
            Cell::text(
                done.archive().or(done.begun.target.as_deref()).unwrap_or("what restores have set aside"),
            ),
            Cell::text(&reason(&done.begun)),
            outcome(done),
        ]
    });
    section("Deletions", &["Begun", "User", "What", "Reason", "Outcome"], rows)
}

fn keys(report: &Quarter) -> String {
    let rows = report.operations.iter().filter(|done| done.is(&KEYS)).map(|done| {
        vec![
            when(&done.begun),
            Cell::text(&name(&done.begun.actor)),
            Cell::two(
                &in_words(done.begun.operation.as_str()),
                done.begun.target.as_deref().unwrap_or_default(),
            ),
            Cell::text(&reason(&done.begun)),
            outcome(done),
        ]
    });
    section("Keys and rotations", &["Begun", "User", "What", "Reason", "Outcome"], rows)
}

fn failures(report: &Quarter) -> String {
    let well = |done: &&Done| done.outcome().is_some_and(|outcome| *outcome != RunOutcome::Failed);
    let rows = report.operations.iter().filter(|done| !well(done)).map(|done| {
        let code =
            done.ended.as_ref().and_then(|ended| ended.failure).map_or("no end in the trail", |c| c.as_str());
        vec![
            when(&done.begun),
            Cell::text(&in_words(done.begun.operation.as_str())),
            Cell::text(done.begun.profile.as_deref().unwrap_or_default()),
            Cell::text(&name(&done.begun.actor)),
            Cell::code(code),
        ]
    });
    section("Failures", &["Begun", "Operation", "Profile", "User", "Code"], rows)
}

fn refused(report: &Quarter) -> String {
    let rows =
        report.refused.iter().map(|entry| {
            vec![
                when(entry),
                Cell::text(&name(&entry.actor)),
                Cell::text(&entry.note.clone().unwrap_or_else(|| {
                    refusal(entry.outcome.as_ref().map(Word::as_str).unwrap_or_default())
                })),
                Cell::text(entry.profile.as_deref().unwrap_or_default()),
            ]
        });
    section("Refused second factors", &["When", "User", "What", "Profile"], rows)
}

/// What stands in a cell, as HTML.
struct Cell {
    html: String,
    class: &'static str,
}

impl Cell {
    fn html(html: &str) -> Self {
        Self { html: html.to_owned(), class: "" }
    }

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

fn section(title: &str, headers: &[&str], rows: impl Iterator<Item = Vec<Cell>>) -> String {
    let mut out = format!("<h2>{}</h2>\n", escaped(title));
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return out + "<p class=\"muted\">None.</p>\n";
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

fn when(entry: &AuditEntry) -> Cell {
    Cell {
        html: format!(
            "{}<br><span class=\"small\">entry {}</span>",
            entry.at.strftime("%Y-%m-%d %H:%M"),
            number(entry.entry)
        ),
        class: "when",
    }
}

fn outcome(done: &Done) -> Cell {
    let figures = done.ended.as_ref().map(|ended| &ended.figures);
    let rows = figures.and_then(|figures| figures.get("rows")).map(|n| format!("{} rows", number(*n)));
    let failure = done.ended.as_ref().and_then(|ended| ended.failure).map(|code| code.as_str().to_owned());
    Cell {
        html: format!(
            "<span class=\"{}\">{}</span><br><span class=\"small\">{}</span>",
            if done.outcome().is_some_and(|o| o.is(RunOutcome::Failed)) { "bad-word" } else { "" },
            escaped(done.outcome().map_or("no end", Word::as_str)),
            escaped(&failure.or(rows).unwrap_or_default())
        ),
        class: "when",
    }
}

fn reason(entry: &AuditEntry) -> String {
    entry.reason.as_ref().map_or_else(|| "none given".to_owned(), ToString::to_string)
}

/// An operation as people name it; one that this version does not know, as the trail has it.
fn in_words(operation: &str) -> String {
    let known = Word::<Operation>::read(operation).known();
    let words = known.map_or_else(|| operation.replace('_', " "), |known| known.in_words().to_owned());
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Why a second factor was refused, of an event without a note.
fn refusal(outcome: &str) -> String {
    let known = match outcome {
        "mfa_wrong" => "wrong code",
        "mfa_locked" => "locked after wrong codes",
        "mfa_required" => "no code",
        _ => return outcome.replace('_', " "),
    };
    known.to_owned()
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

/// `12 345`, with spaces that don't break.
fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{a0}');
        }
        out.push(digit);
    }
    out
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // A line break stays one; what else would speak to a terminal is left out.
            '\n' => out.push_str("<br>"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_users_are_text() {
        assert_eq!(escaped("<b a='x'>\u{1b}[31m&\"\n"), "&lt;b a=&#39;x&#39;&gt;[31m&amp;&quot;<br>");
    }

    #[test]
    fn operations_are_named_in_words_and_not_as_the_trail_writes_them() {
        let words = ["mfa_enroll", "key_create", "mfa_refused", "of_a_later_version"].map(in_words);
        assert_eq!(words, ["Enrolment of a second factor", "New key", "Refused code", "Of a later version"]);
        assert_eq!(["mfa_wrong", "mfa_odd"].map(refusal), ["wrong code", "mfa odd"]);
    }

    #[test]
    fn numbers_have_groups() {
        assert_eq!([0, 999, 1_234_567].map(number), ["0", "999", "1\u{a0}234\u{a0}567"]);
    }
}

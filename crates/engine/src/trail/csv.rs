//! The trail as a table for spreadsheets: RFC 4180.

use aitta_model::AuditRecord;

const HEADER: [&str; 21] = [
    "entry",
    "at",
    "stage",
    "begun",
    "user",
    "admin",
    "host",
    "origin",
    "operation",
    "profile",
    "archive",
    "tables",
    "target",
    "reason_code",
    "reason",
    "outcome",
    "failure",
    "figures",
    "note",
    "signed_by",
    "hash",
];

pub(super) fn table(records: &[AuditRecord]) -> String {
    let mut out = String::new();
    line(&mut out, HEADER.map(str::to_owned));
    for record in records {
        line(&mut out, cells(record));
    }
    out
}

fn cells(record: &AuditRecord) -> [String; 21] {
    let entry = &record.entry;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let figures: Vec<String> = entry.figures.iter().map(|(name, n)| format!("{name}={n}")).collect();
    [
        entry.entry.to_string(),
        entry.at.to_string(),
        entry.stage.as_str().to_owned(),
        entry.begun.map(|n| n.to_string()).unwrap_or_default(),
        entry.actor.user.clone(),
        text(&entry.actor.admin),
        entry.actor.host.clone(),
        entry.origin.as_str().to_owned(),
        entry.operation.to_string(),
        text(&entry.profile),
        text(&entry.archive),
        entry.tables.join(" "),
        text(&entry.target),
        entry.reason.as_ref().map(|r| r.code.as_str().to_owned()).unwrap_or_default(),
        entry.reason.as_ref().map(|r| r.text.clone()).unwrap_or_default(),
        entry.outcome.as_ref().map(ToString::to_string).unwrap_or_default(),
        entry.failure.map(|code| code.as_str().to_owned()).unwrap_or_default(),
        figures.join(" "),
        text(&entry.note),
        text(&entry.signed_by),
        record.hash.clone(),
    ]
}

fn line<const N: usize>(out: &mut String, cells: [String; N]) {
    for (n, cell) in cells.iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        field(out, cell);
    }
    out.push_str("\r\n");
}

/// RFC 4180, section 2. A cell that a spreadsheet would take for a formula gets an apostrophe before it
/// (OWASP, "CSV Injection"): reasons are written by anybody, and the table is opened by an auditor.
fn field(out: &mut String, cell: &str) {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if !formula && !cell.contains([',', '"', '\r', '\n']) {
        out.push_str(cell);
        return;
    }
    out.push('"');
    if formula {
        out.push('\'');
    }
    out.push_str(&cell.replace('"', "\"\""));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_are_text() {
        let mut out = String::new();
        line(
            &mut out,
            ["plain", "a,b", "say \"no\"", "=1+1", "-2", "@x", "two\nlines", ""].map(str::to_owned),
        );
        assert_eq!(out, "plain,\"a,b\",\"say \"\"no\"\"\",\"'=1+1\",\"'-2\",\"'@x\",\"two\nlines\",\r\n");
    }
}

//! The kit as one page: text, and HTML that is complete in itself.

use super::About;

pub(super) struct Page<'a> {
    pub(super) key_id: &'a str,
    pub(super) about: &'a About<'a>,
    pub(super) groups: &'a [String],
}

/// Contacts on the page.
const CONTACTS: usize = 3;

const WARNING: &str = "This sheet opens the backups. If it is lost together with the computer that keeps the \
    key, they stay closed for good. Keep it in a safe place, away from that computer.";

const WITHOUT: [&str; 2] = [
    "The guide docs/recover-without-aitta.md and its decoder docs/recover/aitta_recover.py, in the sources of Aitta, \
     need only Python. Keep copies of both with this sheet.",
    "The key that they ask for is the 16 groups in their order, without the check digits after the dashes: 64 \
     characters.",
];

impl Page<'_> {
    fn made(&self) -> String {
        self.about.created.strftime("%Y-%m-%d %H:%M UTC").to_string()
    }

    /// What to do, with the commands apart, which stay on one line.
    fn steps(&self) -> [(String, String); 4] {
        let step = |text: &str, command: &str| (text.to_owned(), command.to_owned());
        [
            step(
                "Install Aitta on any computer, open a terminal, and type the 16 groups when they are asked for:",
                "aitta key import",
            ),
            step(
                "Name the place of the backups; a folder may be a copy on another disk:",
                &format!("export BACKUP_LOCAL_DIR={}", quoted(self.about.store)),
            ),
            step("Find the backups again, and look at them:", "aitta catalog rebuild; aitta backup list"),
            step(
                "Restore one into a new database. Put its id in the place of ID, and the address of the database in that of URL:",
                "aitta backup restore --backup-id ID --to URL --reason incident",
            ),
        ]
    }

    pub(super) fn text(&self, qr: &str) -> String {
        let mut out = String::from("AITTA RECOVERY KIT\n\n");
        out += &wrapped(WARNING, "");
        for (name, value) in [
            ("Key id", self.key_id),
            ("Made", &self.made()),
            ("Profile", &one_line(self.about.profile)),
            ("Backups", &one_line(self.about.store)),
        ] {
            out += &format!("{}{name:<10}{value}", if name == "Key id" { "\n" } else { "" });
            out.push('\n');
        }
        for contact in self.contacts() {
            out += &format!("{:<10}{}\n", "Call", one_line(&contact));
        }
        out += "\nThe key: 16 groups of four digits (0-9, a-f), and a check digit after each dash\n\n";
        for row in 0..4 {
            for column in 0..4 {
                let at = 4 * row + column;
                out += &format!("  {:>2}  {}", at + 1, self.groups[at]);
            }
            out.push('\n');
        }
        out += &format!("\n{qr}\n\nTo recover with Aitta\n");
        for (number, (text, command)) in self.steps().into_iter().enumerate() {
            out += &wrapped(&format!("{}) {text}", number + 1), "   ");
            out += &format!("      {command}\n");
        }
        out += "\nTo recover without Aitta\n";
        for line in WITHOUT {
            out += &wrapped(line, "   ");
        }
        out
    }

    /// Whom to call, a line each: as many as leave the page one page.
    fn contacts(&self) -> impl Iterator<Item = String> {
        self.about.contacts.iter().take(CONTACTS).map(|contact| {
            let parts = [contact.role.as_ref(), contact.phone.as_ref(), contact.mail.as_ref()];
            let more: String = parts.into_iter().flatten().map(|part| format!(", {part}")).collect();
            format!("{}{more}", contact.name)
        })
    }

    pub(super) fn html(&self, qr: &str) -> String {
        let called = self.contacts().map(|contact| ("Call", escaped(&contact)));
        let facts: String = [
            ("Key id", format!("<code>{}</code>", self.key_id)),
            ("Made", self.made()),
            ("Profile", escaped(self.about.profile)),
            ("Backups", escaped(self.about.store)),
        ]
        .into_iter()
        .chain(called)
        .map(|(name, value)| format!("<div><dt>{name}</dt> <dd>{value}</dd></div>\n"))
        .collect();
        let groups: String = self
            .groups
            .iter()
            .enumerate()
            .map(|(at, group)| format!("<li><span>{}</span> <code>{group}</code></li>\n", at + 1))
            .collect();
        let steps: String = self
            .steps()
            .iter()
            .map(|(text, command)| {
                format!("<li>{}<br><code>{}</code></li>\n", escaped(text), escaped(command))
            })
            .collect();
        let without: String = WITHOUT.iter().map(|line| format!("<p>{}</p>\n", escaped(line))).collect();
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
             content=\"width=device-width\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src \
             'none'; style-src 'unsafe-inline'\">\n<title>Recovery kit of the key {id}</title>\n<style>{STYLE}</style>\n\
             </head>\n<body>\n<main>\n<h1>Aitta recovery kit</h1>\n<p class=\"warning\">{warning}</p>\n<dl>\n{facts}</dl>\n\
             <h2>The key</h2>\n<p>16 groups of four digits (0–9, a–f), and a check digit after each dash.</p>\n\
             <div class=\"key\">\n<ol class=\"groups\">\n{groups}</ol>\n<div class=\"code\" role=\"img\" \
             aria-label=\"The key as QR code\">{qr}</div>\n</div>\n<h2>To recover with Aitta</h2>\n<ol>\n{steps}</ol>\n\
             <h2>To recover without Aitta</h2>\n{without}</main>\n</body>\n</html>\n",
            id = self.key_id,
            warning = escaped(WARNING),
        )
    }
}

/// Ink on paper, in one column that fits on A4.
const STYLE: &str = "
@page { size: A4; margin: 16mm 18mm; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: #1c1b1a; font: 10.5pt/1.45 Georgia, 'Times New Roman', serif; }
main { max-width: 174mm; margin: 0 auto; padding: 8mm 0; }
h1 { margin: 0 0 3mm; font-size: 20pt; font-weight: 600; }
h2 { margin: 6mm 0 1.5mm; font-size: 12pt; font-weight: 600; }
p { margin: 0 0 1.5mm; }
.warning { padding: 3mm 4mm; border: 0.4mm solid #8a3b12; }
dl { display: grid; grid-template-columns: 1fr 1fr; gap: 1mm 6mm; margin: 4mm 0 0; }
dt { color: #57534e; font-size: 9pt; }
dd { margin: 0; overflow-wrap: anywhere; }
code { font: 10pt/1.4 ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.key { display: flex; gap: 8mm; align-items: center; }
.groups { display: grid; grid-template-columns: repeat(4, 1fr); gap: 2mm 4mm; flex: 1; margin: 0; padding: 0; \
list-style: none; }
.groups span { display: inline-block; width: 6mm; color: #57534e; font-size: 9pt; text-align: right; }
.groups code { font-size: 13pt; white-space: nowrap; }
.code svg { display: block; width: 42mm; height: 42mm; }
ol { margin: 0; padding-left: 6mm; }
li { margin: 0 0 1mm; }
@media print { main { max-width: none; padding: 0; } }
";

fn escaped(text: &str) -> String {
    one_line(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Names come from a configuration file; a line end in one must not look like a line of the kit.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// As an argument of a POSIX shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", one_line(text).replace('\'', r"'\''"))
    }
}

/// Lines of 78 columns at most, each behind `indent`.
fn wrapped(text: &str, indent: &str) -> String {
    let mut out = String::new();
    let mut line = indent.to_owned();
    for word in text.split(' ') {
        if line.chars().count() + word.chars().count() > 77 && line.trim() != "" {
            out += line.trim_end();
            out.push('\n');
            line = indent.to_owned();
        }
        line += word;
        line.push(' ');
    }
    out + line.trim_end() + "\n"
}

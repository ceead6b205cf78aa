//! What a mail says, and that nothing in it becomes a header.

use aitta_notify::{Mail, MailSettings, MailTls, Message, Severity};
use proptest::prelude::*;

use crate::support::{attempt, message};

fn mail() -> Mail {
    Mail::new(MailSettings {
        host: "mail.example.com".to_owned(),
        port: 465,
        tls: MailTls::Implicit,
        login: None,
        from: "Aitta <aitta@example.com>".to_owned(),
        to: vec!["ops@example.com".to_owned(), "Büro <office@example.com>".to_owned()],
    })
    .unwrap()
}

/// Headers, unfolded, and body.
fn parts(message: &Message) -> (Vec<(String, String)>, String) {
    let letter = String::from_utf8(mail().letter(message, &attempt()).unwrap()).unwrap();
    assert!(letter.is_ascii());
    assert!(!letter.replace("\r\n", "").contains(['\r', '\n']), "{letter:?}");
    assert!(letter.split("\r\n").all(|line| line.len() <= 998), "{letter}");
    let (head, body) = letter.split_once("\r\n\r\n").unwrap();
    let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let headers = head.split("\r\n").map(|line| line.split_once(": ").expect(line));
    (headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(), body.to_owned())
}

fn names(headers: &[(String, String)]) -> Vec<&str> {
    let mut names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names
}

const NAMES: [&str; 9] = [
    "Auto-Submitted",
    "Content-Transfer-Encoding",
    "Content-Type",
    "Date",
    "From",
    "MIME-Version",
    "Message-ID",
    "Subject",
    "To",
];

#[test]
fn a_letter_has_every_header_once() {
    let (headers, body) = parts(&message());
    let value = |name: &str| {
        let found: Vec<&str> =
            headers.iter().filter(|(header, _)| header == name).map(|(_, value)| value.as_str()).collect();
        assert_eq!(found.len(), 1, "{name}");
        found[0]
    };
    assert_eq!(value("Subject"), "Backup of shop failed");
    assert_eq!(value("Message-ID"), "<run-17_failed@example.com>");
    assert_eq!(value("Date"), "Mon, 30 Nov 2026 16:00:00 +0000");
    assert_eq!(value("Auto-Submitted"), "auto-generated");
    assert_eq!(value("Importance"), "high");
    assert_eq!(value("Content-Type"), "text/plain; charset=utf-8");
    assert!(value("To").starts_with("ops@example.com, =?utf-8?"), "{}", value("To"));
    assert_eq!(body, "The disk is full.\r\n\r\nProfile: shop\r\nTable: order_items\r\n");
}

#[test]
fn a_title_with_line_breaks_makes_no_header() {
    for title in [
        "x\r\nBcc: evil@example.com",
        "x\nBcc: evil@example.com",
        "x\rBcc: evil@example.com",
        "x\r\n\r\n<script>",
        "x\u{85}Bcc: a@b",
        "x\u{2028}Bcc: a@b",
        "ä\r\nBcc: evil@example.com",
        "\u{0}\u{1b}[31m",
    ] {
        let hostile = Message { title: title.to_owned(), severity: Severity::Warning, ..Message::default() };
        let (headers, _) = parts(&hostile);
        assert_eq!(names(&headers), NAMES, "{title:?}");
        // Nor does it come back when the header is decoded.
        let subject = headers.iter().find(|(name, _)| name == "Subject").map(|(_, value)| value.as_str());
        if title.starts_with("x\r") && title.is_ascii() {
            assert_eq!(subject.unwrap(), title.replace(['\r', '\n'], " "));
        }
    }
}

#[test]
fn a_value_with_line_breaks_makes_no_fact_of_its_own() {
    let mut message = message();
    message.facts = vec![("Table".to_owned(), "a\nStatus: all is well\r\n.\r\nQUIT".to_owned())];
    let (_, body) = parts(&message);
    assert!(body.ends_with("\r\nTable: a Status: all is well  .  QUIT\r\n"), "{body:?}");
}

#[test]
fn other_letters_are_encoded() {
    let german = Message {
        title: "Sicherung überfällig".to_owned(),
        lines: vec!["Größe: 3 €".to_owned()],
        ..message()
    };
    let (headers, body) = parts(&german);
    assert!(headers.iter().any(|(name, value)| name == "Subject" && value.contains("=?utf-8?")));
    assert!(body.contains("Gr=C3=B6=C3=9Fe: 3 =E2=82=AC"), "{body}");
}

proptest! {
    #[test]
    fn whatever_a_message_says_the_headers_are_the_same(
        title in prop_oneof![any::<String>(), "[a-zä\r\n:\t =?<>@,]{0,300}"],
        line in prop_oneof![any::<String>(), "[.a\r\n]{0,50}", "x{0,3000}"],
        name in any::<String>(),
    ) {
        let message = Message {
            title,
            lines: vec![line.clone()],
            facts: vec![(name, line)],
            severity: Severity::Notice,
        };
        let (headers, _) = parts(&message);
        prop_assert_eq!(names(&headers), NAMES);
    }
}

//! Slack and Teams: names of databases are data.

use aitta_notify::{Message, Severity, Slack, Teams};
use proptest::prelude::*;
use serde_json::Value;

use crate::support::{Receiver, answer, attempt, message, sender};

/// What somebody may call a table who wants to be read.
const HOSTILE: [&str; 8] = [
    "<!channel> <!here> <@U123> <#C123>",
    "<https://evil.example|your bank>",
    "&lt;!channel&gt;",
    "[your bank](https://evil.example)",
    "**bold** _it_ `code` ![x](https://evil.example/x.png)",
    "a\nStatus: all is well\r\nb",
    "{{DATE(2017-02-14T06:00:00Z)}} ${secret}",
    "\u{202e}elbat\u{1b}[31m\u{0}",
];

fn named(name: &str) -> Message {
    Message {
        title: format!("Table {name}"),
        lines: vec![format!("{name} has no rows."), String::new()],
        facts: vec![(name.to_owned(), name.to_owned())],
        severity: Severity::Warning,
    }
}

/// Every text that is shown, with what holds it.
fn texts(value: &Value) -> Vec<(Option<&str>, &str)> {
    let mut found = Vec::new();
    match value {
        Value::Object(fields) => {
            if let Some(text) = fields.get("text").and_then(Value::as_str) {
                found.push((fields.get("type").and_then(Value::as_str), text));
            }
            found.extend(fields.values().flat_map(texts));
        }
        Value::Array(items) => found.extend(items.iter().flat_map(texts)),
        _ => {}
    }
    found
}

#[track_caller]
fn is_plain_for_slack(body: &Value) {
    for (kind, text) in texts(body) {
        assert!(matches!(kind, Some("plain_text") | None), "{kind:?}");
        assert!(!text.contains(['<', '>']), "{text}");
        let entities: usize =
            ["&amp;", "&lt;", "&gt;"].map(|entity| text.matches(entity).count()).iter().sum();
        assert_eq!(text.matches('&').count(), entities, "{text}");
        assert!(!text.is_empty() && text.chars().count() <= 3000);
    }
}

#[track_caller]
fn is_plain_for_teams(body: &Value) {
    let card = body["attachments"][0]["content"].to_string();
    // Keys and types, which no text can be, since its quotes are escaped.
    for markup in ["TextBlock", "FactSet", "Image", "ActionSet"].map(|kind| format!("\"type\":\"{kind}\"")) {
        assert!(!card.contains(&markup), "{card}");
    }
    assert!(!card.contains("\"url\":") && !card.contains("\"selectAction\":"), "{card}");
    for (kind, _) in texts(body) {
        assert_eq!(kind, Some("TextRun"));
    }
    assert!(body.to_string().len() < 28 * 1024);
}

#[test]
fn no_name_pings_a_channel_or_becomes_a_link() {
    for name in HOSTILE {
        let message = named(name);
        is_plain_for_slack(&message.to_slack());
        is_plain_for_teams(&message.to_teams());
        for body in [message.to_slack(), message.to_teams()] {
            for (_, text) in texts(&body) {
                assert!(!text.contains(['\u{202e}', '\u{1b}', '\u{0}', '\r']), "{text:?}");
            }
        }
    }
    let slack = named("<!channel>").to_slack();
    assert_eq!(slack["text"], "⚠️ Table &lt;!channel&gt;");
    assert_eq!(slack["blocks"][1]["text"]["text"], "&lt;!channel&gt; has no rows.");
}

#[test]
fn a_name_with_line_breaks_makes_no_facts_of_its_own() {
    let slack = named("a\nStatus: all is well").to_slack();
    assert_eq!(slack["blocks"][2]["fields"][0]["text"], "a Status: all is well\na Status: all is well");
}

#[test]
fn what_is_too_long_is_cut_and_no_escape_with_it() {
    let long = Message {
        title: "<".repeat(500),
        lines: vec!["&".repeat(5000); 200],
        facts: vec![("<".repeat(500), ">".repeat(5000)); 500],
        severity: Severity::Critical,
    };
    let slack = long.to_slack();
    is_plain_for_slack(&slack);
    assert!(slack["blocks"].as_array().unwrap().len() <= 50);
    assert!(slack["blocks"][0]["text"]["text"].as_str().unwrap().chars().count() <= 150);
    for block in slack["blocks"].as_array().unwrap() {
        if let Some(fields) = block["fields"].as_array() {
            assert!(
                fields.len() <= 10
                    && fields.iter().all(|field| field["text"].as_str().unwrap().len() <= 2000)
            );
        }
    }
    is_plain_for_teams(&long.to_teams());
}

#[test]
fn an_empty_message_is_still_one_that_is_taken() {
    let empty = Message::default();
    assert_eq!(empty.to_slack()["blocks"].as_array().unwrap().len(), 1);
    assert_eq!(empty.to_slack()["text"], "ℹ️ Aitta");
    assert_eq!(empty.to_teams()["attachments"][0]["content"]["body"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_message_arrives_as_each_chat_takes_it() {
    let receiver = Receiver::start(answer(200, &[], b"ok")).await;
    let slack = Slack::new(&receiver.url("/services/T/B/x")).unwrap();
    let teams = Teams::new(&receiver.url("/workflows/y?sig=z")).unwrap();
    let _ = sender().slack(&slack, &message(), &attempt()).await.unwrap();
    let _ = sender().teams(&teams, &message(), &attempt()).await.unwrap();
    let requests = receiver.requests();
    let bodies: Vec<Value> =
        requests.iter().map(|request| serde_json::from_slice(&request.body).unwrap()).collect();
    assert!(requests.iter().all(|request| request.header("content-type") == Some("application/json")));
    assert_eq!(bodies[0], message().to_slack());
    assert_eq!(bodies[1], message().to_teams());
    assert_eq!(bodies[1]["type"], "message");
    let attachment = &bodies[1]["attachments"][0];
    assert_eq!(attachment["contentType"], "application/vnd.microsoft.card.adaptive");
    assert_eq!(attachment["content"]["type"], "AdaptiveCard");
    // A name that markdown would change is shown as it is.
    assert_eq!(attachment["content"]["body"][3]["inlines"][1]["text"], "order_items");
}

proptest! {
    #[test]
    fn whatever_a_table_is_called_it_is_text(name in any::<String>(), marks in "[<>&!@#|\\[\\]()*_`\\\\-]{0,40}") {
        for name in [&*name, &*marks, &*format!("{marks}{name}{marks}")] {
            is_plain_for_slack(&named(name).to_slack());
            is_plain_for_teams(&named(name).to_teams());
        }
    }
}

//! Messages for Microsoft Teams: an Adaptive Card, wrapped as Workflows expects it.

use serde_json::{Value, json};

use crate::message::{Message, Severity};

/// The most texts a card shows, in bytes of JSON: Teams refuses a message of more than 28 KiB.
const BYTES_MAX: usize = 20 * 1024;

/// What JSON needs around each text.
const FRAME_BYTES: usize = 150;

impl Message {
    /// The message as a flow "when a Teams webhook request is received" takes it.
    ///
    /// All texts are a `TextRun`, which knows no markup. The usual `TextBlock` and `FactSet` read markdown, where a
    /// name can be a link; escaped, they would show a backslash in `order_items` wherever a client doesn't take it
    /// away again. What is longer than Teams takes is left out at the end, and the card says so.
    /// (`learn.microsoft.com`: Adaptive Cards, schema 1.4.)
    #[must_use]
    pub fn to_teams(&self) -> Value {
        let shown = self.shown();
        let color = match self.severity {
            Severity::Good => "Good",
            Severity::Notice => "Default",
            Severity::Warning => "Warning",
            Severity::Critical => "Attention",
        };
        let title = format!("{} {}", self.severity.sign(), shown.title);
        let heading = json!({
            "type": "TextRun", "text": title, "size": "Medium", "weight": "Bolder", "color": color,
        });
        let lines = shown.lines.iter().map(|line| vec![run(line)]);
        let facts = shown.facts.iter().map(|(name, value)| vec![bold(&format!("{name}: ")), run(value)]);
        let mut body = vec![block(vec![heading])];
        let mut left = BYTES_MAX;
        for inlines in lines.chain(facts) {
            let size = inlines.iter().map(|run| run.to_string().len()).sum::<usize>() + FRAME_BYTES;
            if size > left {
                body.push(block(vec![run("…")]));
                break;
            }
            left -= size;
            body.push(block(inlines));
        }
        json!({
            "type": "message",
            "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": null,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "fallbackText": title_of(&shown.title),
                    "msteams": { "width": "Full" },
                    "body": body,
                },
            }],
        })
    }
}

/// The title where it may be read as markdown, by clients that show no cards: without what a link is made of.
fn title_of(title: &str) -> String {
    title
        .chars()
        .map(|c| if matches!(c, '[' | ']' | '(' | ')' | '<' | '>' | '`') { ' ' } else { c })
        .collect()
}

fn block(inlines: Vec<Value>) -> Value {
    json!({ "type": "RichTextBlock", "inlines": inlines })
}

fn run(text: &str) -> Value {
    json!({ "type": "TextRun", "text": text })
}

fn bold(text: &str) -> Value {
    json!({ "type": "TextRun", "text": text, "weight": "Bolder" })
}

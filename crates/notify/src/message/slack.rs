//! Messages for Slack: Block Kit.

use serde_json::{Value, json};

use crate::message::Message;

/// The longest text of a header, in characters.
const HEADER_MAX: usize = 150;
/// The longest text of a section, in characters.
const SECTION_MAX: usize = 3000;
/// The longest text of a field, in characters.
const FIELD_MAX: usize = 2000;
/// The most fields of a section.
const FIELDS_MAX: usize = 10;
/// The most sections of a message; Slack takes 50 blocks.
const SECTIONS_MAX: usize = 20;

impl Message {
    /// The message as an incoming webhook of Slack takes it.
    ///
    /// All texts are `plain_text`, which knows no markup, and escaped all the same: the fallback for notifications on
    /// a phone has no such type, and there `<!channel>` would wake everybody. What is longer than Slack takes is cut.
    /// (`docs.slack.dev`: text object, section block, formatting message text.)
    #[must_use]
    pub fn to_slack(&self) -> Value {
        let shown = self.shown();
        let title = format!("{} {}", self.severity.sign(), shown.title);
        let mut blocks = vec![json!({ "type": "header", "text": plain(&title, HEADER_MAX) })];
        for lines in joined(&shown.lines) {
            blocks.push(json!({ "type": "section", "text": plain(&lines, SECTION_MAX) }));
        }
        let fields: Vec<Value> =
            shown.facts.iter().map(|(name, value)| plain(&format!("{name}\n{value}"), FIELD_MAX)).collect();
        for fields in fields.chunks(FIELDS_MAX).take(SECTIONS_MAX) {
            blocks.push(json!({ "type": "section", "fields": fields }));
        }
        json!({
            "text": escaped(&title, SECTION_MAX),
            "mrkdwn": false,
            "unfurl_links": false,
            "unfurl_media": false,
            "blocks": blocks,
        })
    }
}

/// Lines, as many to a text as fit.
fn joined(lines: &[String]) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for line in lines {
        if let Some(text) = texts.last_mut()
            && escaped_len(text) + 1 + escaped_len(line) <= SECTION_MAX
        {
            text.push('\n');
            text.push_str(line);
        } else if texts.len() < SECTIONS_MAX {
            texts.push(line.clone());
        } else {
            break;
        }
    }
    texts
}

/// A text without markup.
fn plain(text: &str, max: usize) -> Value {
    json!({ "type": "plain_text", "text": escaped(text, max), "emoji": false })
}

/// A text with `&`, `<` and `>` escaped, of at most `max` characters; no escape is cut.
fn escaped(text: &str, max: usize) -> String {
    let (mut escaped, mut left) = (String::with_capacity(text.len()), max);
    for c in text.chars() {
        let length = escape(c).map_or(1, str::len);
        if length > left {
            break;
        }
        left -= length;
        match escape(c) {
            Some(escape) => escaped.push_str(escape),
            None => escaped.push(c),
        }
    }
    escaped
}

/// The length of a text when it is escaped, in characters.
fn escaped_len(text: &str) -> usize {
    text.chars().map(|c| escape(c).map_or(1, str::len)).sum()
}

/// The three that Slack wants escaped.
fn escape(c: char) -> Option<&'static str> {
    match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        _ => None,
    }
}

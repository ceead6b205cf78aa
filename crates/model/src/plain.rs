//! Words of others, made fit for a terminal, a log or a notice: names of tables, reasons, messages of servers. A control
//! character in them would move the cursor, set the title of the window or hide what stands before it.

/// What must not reach a terminal as it is: C0 with line feed, DEL, C1, what turns the direction of writing, what
/// separates lines and paragraphs, and what is shown as nothing but changes what is beside it.
#[must_use]
pub fn is_unfit(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Words of others on one line: what is unfit as it is written in Rust (`\n`, `\u{1b}`).
#[must_use]
pub fn plain(text: &str) -> String {
    escaped(text, |out, c| out.extend(c.escape_default()))
}

/// Several lines that are our own, in which words of others may still stand: all that [`plain`] escapes but the line
/// feeds.
#[must_use]
pub fn plain_lines(text: &str) -> String {
    escaped(text, |out, c| match c {
        '\n' => out.push(c),
        _ => out.extend(c.escape_default()),
    })
}

/// JSON that means the same and has nothing unfit in it but the white space between its values. serde_json escapes only
/// what JSON demands.
#[must_use]
pub fn plain_json(json: &str) -> String {
    escaped(json, |out, c| match c {
        // Never within a string of valid JSON.
        '\n' | '\r' | '\t' => out.push(c),
        _ => {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    })
}

fn escaped(text: &str, escape: impl Fn(&mut String, char)) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unfit(c) { escape(&mut out, c) } else { out.push(c) }
    }
    out
}

#[cfg(test)]
mod tests;

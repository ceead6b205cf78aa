//! What a script can see of a page that somebody should look at.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

/// Pictures that are named for one finding at most.
const NAMED: usize = 4;

/// Returns lines, each `what: where "text"`. Digits are all the same, so that a fault in several rows or
/// pictures is one line.
pub(crate) const SCRIPT: &str = r#"
const found = [], root = document.documentElement, width = root.clientWidth;
const open = document.querySelector('dialog[open]');
const place = e => {
    const part = e => {
        const names = [...e.classList].filter(c => !/\d/.test(c)).map(c => '.' + c).join('');
        const id = e.id && !/\d/.test(e.id) ? '#' + e.id : '';
        return e.localName + id + names;
    };
    const parts = [];
    for (let at = e; at && at !== document.body && parts.length < 3; at = at.parentElement) parts.unshift(part(at));
    return parts.join(' > ');
};
const text = e => (e.value ?? e.innerText ?? '').trim().replace(/\s+/g, ' ').replace(/\d+/g, '0').slice(0, 70);
const told = (what, e) => found.push(`${what}: ${place(e)} "${text(e)}"`);
const within = (e, css) => e.closest(css);
const scrolls = e => {
    for (let at = e.parentElement; at && at !== document.body; at = at.parentElement)
        if (/auto|scroll|hidden|clip/.test(getComputedStyle(at).overflowX)) return true;
    return false;
};
if (root.scrollWidth > width)
    found.push('the page is wider than the window');
const canvas = document.createElement('canvas').getContext('2d');
for (const e of (open ?? document.body).querySelectorAll('*')) {
    if (within(e, '.visually-hidden, .skip, svg, .sheet') || !e.checkVisibility({ visibilityProperty: true })) continue;
    const style = getComputedStyle(e), box = e.getBoundingClientRect();
    if (box.width === 0 || box.height === 0) continue;
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    const hides = /hidden|clip/.test(style.overflowX);
    if (e.matches('input:not([type=checkbox], [type=radio], [type=range])')) {
        if (e.scrollWidth > e.clientWidth + 1) told('longer than its field', e);
        if (e.placeholder && !e.value) {
            canvas.font = style.font;
            const room = e.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
            if (canvas.measureText(e.placeholder).width > room + 1)
                found.push(`placeholder cut off: ${place(e)} "${e.placeholder}"`);
        }
    } else if (e.matches('select')) {
        canvas.font = style.font;
        const words = e.selectedOptions[0]?.text ?? '';
        const room = e.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
        if (canvas.measureText(words).width > room + 1) found.push(`choice cut off: ${place(e)} "${words}"`);
    } else if (hides && e.scrollWidth > e.clientWidth + 1 && e.innerText?.trim()) {
        told(e.title || within(e, '[title]') ? 'cut off, in full when pointed at' : 'cut off', e);
    } else if (own && !hides && style.display !== 'inline' && e.scrollWidth > e.clientWidth + 1
            && !/auto|scroll/.test(style.overflowX)) {
        told('runs out of its box', e);
    }
    if (/hidden|clip/.test(style.overflowY) && own && e.scrollHeight > e.clientHeight + 2)
        told('cut off below', e);
    if ((box.right > width + 1 || box.left < -1) && !scrolls(e) && (own || e.matches('button, input, select, svg')))
        told('beside the window', e);
    if (open && e.matches('button') && open.scrollHeight <= open.clientHeight + 1
            && (box.bottom > innerHeight + 1 || box.top < -1))
        told('out of the window in a dialog', e);
    const inside = box.left >= 0 && box.right <= width && box.top >= 0 && box.bottom <= innerHeight;
    if (inside && e.matches('button, a, input:not([type=checkbox], [type=radio]), select')) {
        const there = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
        if (there && !e.contains(there) && !there.contains(e) && !within(there, '.wizard-actions, .save, .way, thead'))
            told(`covered by ${place(there)}`, e);
    }
    const card = e.parentElement?.closest('.card, .note');
    if (card && !hides && box.right > card.getBoundingClientRect().right + 1 && !scrolls(e))
        told('beside its card', e);
    if (own && parseFloat(style.fontSize) < 11) told(`smaller than 11px`, e);
}
if (open) {
    const box = open.getBoundingClientRect();
    if (box.top < 0 || box.bottom > innerHeight) told('a dialog higher than the window', open.querySelector('h2') ?? open);
    if (open.scrollWidth > open.clientWidth + 1) told('a dialog wider than itself', open.querySelector('h2') ?? open);
}
const boxes = [...(open ?? document.body).querySelectorAll('main .card, main .note')]
    .filter(e => e.checkVisibility() && !within(e, 'dialog:not([open])'))
    .map(e => [e, e.getBoundingClientRect()]);
boxes.forEach(([e, a], i) => boxes.slice(i + 1).forEach(([other, b]) => {
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 3 && high > 3 && !e.contains(other) && !other.contains(e)) told(`overlaps ${place(other)}`, e);
}));
if (root.lang === 'fi') {
    const english = /\b(the|and|was|were|with|from|backup|backups|restore|not|is|of|for|this|table|rows|day|days|no)\b/i;
    const walker = document.createTreeWalker(open ?? document.body, NodeFilter.SHOW_TEXT);
    for (let n = walker.nextNode(); n; n = walker.nextNode()) {
        const e = n.parentElement;
        if (!e || within(e, 'code, pre, script, style, .mono, .sheet, [lang=en]') || !e.checkVisibility()) continue;
        if (english.test(n.data)) found.push(`English?: ${place(e)} "${n.data.trim().slice(0, 90)}"`);
    }
}
return [...new Set(found)];
"#;

/// Everything that was found, with the pictures in which it is to be seen.
#[derive(Default)]
pub(crate) struct Findings {
    seen: BTreeMap<String, Vec<String>>,
    stopped: Vec<String>,
}

impl Findings {
    /// Takes what the script has returned for a picture.
    pub(crate) fn add(&mut self, picture: &str, lines: &Value) {
        for line in lines.as_array().into_iter().flatten().filter_map(Value::as_str) {
            self.seen.entry(line.to_owned()).or_default().push(picture.to_owned());
        }
    }

    /// Something that could not be drawn.
    pub(crate) fn stopped(&mut self, what: &str) {
        self.stopped.push(what.to_owned());
    }

    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        for what in &self.stopped {
            writeln!(text, "NOT DRAWN: {what}").unwrap();
        }
        for (line, pictures) in &self.seen {
            let more = pictures.len().saturating_sub(NAMED);
            let named = pictures.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            writeln!(text, "{line}\n    {named}{more}").unwrap();
        }
        text
    }
}

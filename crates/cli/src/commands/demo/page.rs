//! The charts of a history as one page, for a browser and for paper.

use aitta_charts::{Chart, Size, Theme, Words, day_outcomes, durations, restore_times, sizes};
use aitta_model::{DayOutcomes, History};

use crate::format::{count, number, time};

/// Seconds that a backup may take.
const BASELINE_S: f64 = 300.0;

/// Seconds that a recovery may take.
const TARGET_S: f64 = 1800.0;

const SIZE: Size = Size { width: 570, height: 200 };

const STYLE: &str = "\
:root { color-scheme: light dark; --surface: #fff; --ground: #f6f5f2; --text: #1d1f1e; --muted: #5b605d; --line: #e4e1da }
.dark { display: none }
@media (prefers-color-scheme: dark) {
  :root { --surface: #1c1f1e; --ground: #141615; --text: #eceeec; --muted: #aeb5b1; --line: #2d3230 }
  .dark { display: block } .light { display: none }
}
@media print { .dark { display: none } .light { display: block } :root { --surface: #fff; --ground: #fff; --text: #000 } }
body { margin: 32px auto; max-width: 1216px; padding: 0 16px; background: var(--ground); color: var(--text);
  font: 14px/1.5 system-ui, 'Segoe UI', Cantarell, 'Noto Sans', sans-serif; font-variant-numeric: tabular-nums }
h1 { font-size: 26px; margin: 0 } h2 { font-size: 14px; margin: 0 0 8px } p { color: var(--muted); margin: 4px 0 24px }
main { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)) }
section { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 16px; break-inside: avoid }
svg { width: 100%; height: auto } table { border-collapse: collapse; width: 100% }
td { padding: 4px 16px 4px 0; vertical-align: top; border-top: 1px solid var(--line) } td:first-child { white-space: nowrap }
.wide { grid-column: 1 / -1 }";

pub(super) fn page(history: &History) -> String {
    let chart = |title: &str, draw: &dyn Fn(&Theme) -> Chart| {
        let (light, dark) = (draw(&Theme::LIGHT).svg, draw(&Theme::DARK).svg);
        format!(
            "<section><h2>{title}</h2><div class=\"light\" role=\"img\" aria-label=\"{title}\">{light}</div>\
             <div class=\"dark\" role=\"img\" aria-label=\"{title}\">{dark}</div></section>\n"
        )
    };
    let mut charts = chart(&success(history), &|theme| day_outcomes(history, SIZE, theme, &Words::ENGLISH));
    charts += &chart("Duration", &|theme| durations(history, BASELINE_S, SIZE, theme, &Words::ENGLISH));
    charts += &chart("Size", &|theme| sizes(history, SIZE, theme, &Words::ENGLISH));
    charts +=
        &chart("Recovery time", &|theme| restore_times(history, TARGET_S, SIZE, theme, &Words::ENGLISH));
    let row = |at, words: &str| format!("<tr><td>{}</td><td>{}</td></tr>\n", time(at), escaped(words));
    let mut events: Vec<_> = history
        .failures
        .iter()
        .map(|f| (f.at, format!("failed: {}", f.message)))
        .chain(history.backups.iter().filter_map(|b| Some((b.at, b.anomaly.clone()?))))
        .collect();
    events.sort();
    let events: String = events.iter().map(|(at, words)| row(*at, words)).collect();
    let events = if events.is_empty() { "<tr><td>nothing</td></tr>".to_owned() } else { events };
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Aitta: sample data</title>\n\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head>\n<body>\
         <h1>Sample data: {days} of backups</h1>\n<p>{backups} read back and checked, {restores} \
         proven. Made by <code>aitta demo --history</code>; all times UTC.</p>\n<main>\n{charts}\
         <section class=\"wide\"><h2>What went wrong, or looked odd</h2><table>{events}</table></section>\n\
         </main></body></html>\n",
        days = count(history.days.len() as u64, "day"),
        backups = count(history.backups.len() as u64, "backup"),
        restores = count(history.restores.len() as u64, "restore"),
    )
}

/// How many backups there were, and how many of them failed.
fn success(history: &History) -> String {
    let sum = |of: fn(&DayOutcomes) -> u32| history.days.iter().map(|day| u64::from(of(day))).sum::<u64>();
    let (succeeded, failed) = (sum(|day| day.succeeded), sum(|day| day.failed));
    format!("Days with backups: {} of {} failed", number(failed), count(succeeded + failed, "backup"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

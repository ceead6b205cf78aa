//! Every chart in every theme and size, compared with committed pictures. `UPDATE_PICTURES=1` writes them
//! anew; look at them before you commit.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests, which read the pictures")]

use std::fs;
use std::path::Path;

use aitta_charts::{Chart, Size, Theme, Words, day_outcomes, durations, restore_times, sizes};
use aitta_model::{BackupPoint, DayOutcomes, History, RestorePoint, Timestamp};
use jiff::ToSpan;
use jiff::civil::date;
use proptest::prelude::*;

const BASELINE_S: f64 = 300.0;
const TARGET_S: f64 = 1800.0;
const EN: &Words = &Words::ENGLISH;
const CARD: Size = Size { width: 570, height: 190 };
const NARROW: Size = Size { width: 320, height: 150 };
const PAPER: Size = Size { width: 1000, height: 300 };

fn noon(day: i64) -> Timestamp {
    let first: Timestamp = "2026-08-25T02:00:00Z".parse().unwrap();
    first + (24 * day).hours()
}

/// Numbers like dice, the same every time.
fn die(n: i64, sides: i64) -> i64 {
    (n.wrapping_mul(6_364_136_223_846_793_005) >> 33).rem_euclid(sides)
}

fn backups() -> Vec<BackupPoint> {
    let point = |day: i64| BackupPoint {
        run: day,
        at: noon(day),
        archive: format!("backup-{day}"),
        duration_ms: (80_000 + 300 * day + die(day, 9_000) + if day == 30 { 95_000 } else { 0 }) as u64,
        size_bytes: (310_000_000 + 1_400_000 * day + die(day, 4_000_000)
            - if day == 74 { 150_000_000 } else { 0 }) as u64,
        rows: 1,
        judged: true,
        anomaly: (day == 74).then(|| "36 % smaller than usual: Booking lost 61 % of its rows".to_owned()),
        unusual: None,
    };
    (0..90).map(point).collect()
}

fn days() -> Vec<DayOutcomes> {
    let start = date(2026, 8, 25);
    let failed = |day: i64| match day {
        31 => 7,
        62 => 2,
        80 => 1,
        _ => 0,
    };
    (0..90)
        .map(|day| DayOutcomes { day: start + day.days(), succeeded: 24 - failed(day), failed: failed(day) })
        .collect()
}

fn restores() -> Vec<RestorePoint> {
    let point = |n: i64| RestorePoint {
        run: n,
        at: noon(7 * n),
        duration_ms: (150_000 + 4_000 * n) as u64,
        tables: 9,
        of_tables: Some(9),
    };
    (0..13).map(point).collect()
}

fn history() -> History {
    let days = days();
    History {
        profile: "carwash".to_owned(),
        from: "2026-08-25T00:00:00Z".parse().unwrap(),
        to: "2026-11-22T12:00:00Z".parse().unwrap(),
        days,
        backups: backups(),
        failures: Vec::new(),
        restores: restores(),
        unreadable: 0,
    }
}

fn nothing() -> History {
    History { backups: Vec::new(), restores: Vec::new(), days: Vec::new(), ..history() }
}

fn pictures() -> Vec<(String, String)> {
    let mut pictures = Vec::new();
    for (theme_name, theme) in [("light", Theme::LIGHT), ("dark", Theme::DARK)] {
        for (size_name, size) in [("card", CARD), ("narrow", NARROW), ("paper", PAPER)] {
            let mut add = |name: &str, chart: Chart| {
                pictures.push((format!("{name}-{size_name}-{theme_name}.svg"), chart.svg));
            };
            add("success", day_outcomes(&history(), size, &theme, EN));
            add("durations", durations(&history(), BASELINE_S, size, &theme, EN));
            add("sizes", sizes(&history(), size, &theme, EN));
            add("restores", restore_times(&history(), TARGET_S, size, &theme, EN));
            add("nothing", restore_times(&nothing(), TARGET_S, size, &theme, EN));
        }
    }
    pictures
}

#[test]
fn pictures_are_as_they_were_looked_at() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures");
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        fs::create_dir_all(&dir).unwrap();
        for (name, svg) in pictures() {
            fs::write(dir.join(name), svg).unwrap();
        }
    }
    for (name, svg) in pictures() {
        let committed = fs::read_to_string(dir.join(&name)).unwrap_or_default();
        assert!(committed == svg, "{name} has changed: UPDATE_PICTURES=1 writes it anew");
    }
}

#[test]
fn a_wrong_is_told_by_more_than_colour() {
    let svg = day_outcomes(&history(), CARD, &Theme::LIGHT, EN).svg;
    let crosses = svg.matches("stroke-width=\"2\"").count();
    // Two strokes for each of three crosses, and for the one that explains them.
    assert_eq!(crosses, 3 * 2 + 2, "{svg}");
    assert!(sizes(&history(), CARD, &Theme::LIGHT, EN).svg.contains("36 % smaller than usual"));
    let late = [RestorePoint { run: 1, at: noon(0), duration_ms: 3_600_000, tables: 1, of_tables: Some(1) }];
    assert!(
        restore_times(&History { restores: late.to_vec(), ..history() }, TARGET_S, CARD, &Theme::LIGHT, EN)
            .svg
            .contains("target 30 min")
    );
}

#[test]
fn one_backup_is_seen_and_a_late_restore_is_marked() {
    let one = History { backups: backups()[..1].to_vec(), ..history() };
    for chart in [durations(&one, BASELINE_S, CARD, &Theme::LIGHT, EN), sizes(&one, CARD, &Theme::LIGHT, EN)]
    {
        let (x, y) = chart.points[0];
        assert!(chart.svg.contains(&format!("<circle cx=\"{x}\" cy=\"{y}\"")), "{}", chart.svg);
    }
    let strokes = |restores: Vec<RestorePoint>| {
        let history = History { restores, ..history() };
        restore_times(&history, TARGET_S, CARD, &Theme::LIGHT, EN).svg.matches("stroke-width=\"2\"").count()
    };
    let late = RestorePoint { duration_ms: 3_600_000, ..restores()[0].clone() };
    assert_eq!((strokes(restores()), strokes(vec![late])), (0, 2));
}

#[test]
fn points_lie_where_the_data_is_drawn() {
    let Chart { svg, points, .. } = restore_times(&history(), TARGET_S, CARD, &Theme::LIGHT, EN);
    assert_eq!(points.len(), restores().len());
    for (x, y) in points {
        assert!(svg.contains(&format!("<circle cx=\"{x}\" cy=\"{y}\"")), "({x}, {y})");
    }
    let points = day_outcomes(&history(), CARD, &Theme::LIGHT, EN).points;
    assert!(points.len() == days().len() && points.is_sorted());
}

proptest! {
    #[test]
    fn any_data_makes_a_picture(
        values in prop::collection::vec((0i64..4_000_000_000, any::<u64>(), any::<u64>()), 0..40),
        width in 40u32..1200,
        height in 40u32..500,
    ) {
        let mut values = values;
        values.sort_unstable();
        let size = Size { width, height };
        let at = |s: i64| Timestamp::from_second(s).unwrap();
        let backups: Vec<BackupPoint> = values.iter().map(|(s, duration_ms, size_bytes)| BackupPoint {
            run: 1, at: at(*s), archive: String::new(), duration_ms: *duration_ms, size_bytes: *size_bytes, rows: 0,
            judged: true,
            anomaly: (size_bytes % 3 == 0).then(|| "<&\" odd".to_owned()),
            unusual: None,
        }).collect();
        let restores: Vec<RestorePoint> = values.iter()
            .map(|(s, duration_ms, _)| RestorePoint { run: 1, at: at(*s), duration_ms: *duration_ms, tables: 1, of_tables: Some(1) })
            .collect();
        let n = backups.len();
        let history = History { backups, restores, ..nothing() };
        for Chart { svg, points, .. } in [
            durations(&history, BASELINE_S, size, &Theme::DARK, EN),
            sizes(&history, size, &Theme::DARK, EN),
            restore_times(&history, TARGET_S, size, &Theme::DARK, EN),
            day_outcomes(&History { days: days(), ..history.clone() }, size, &Theme::DARK, EN),
        ] {
            prop_assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
            prop_assert!(points.is_empty() || points.len() == n || points.len() == days().len());
            prop_assert!(!svg.contains("NaN") && !svg.contains("<&"));
        }
    }
}

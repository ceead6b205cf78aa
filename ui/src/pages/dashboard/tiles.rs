//! Six figures against their targets.

use aitta_model::{ErrorCode, Family, KeyCanary, KeyStatus, Overview, Timestamp, Verdict};
use leptos::prelude::*;

use super::known::Known;
use super::verdict::{OffsetAt, age_s_of};
use crate::components::badge::{Badge, Tone};
use crate::components::live::live;
use crate::format;
use crate::preferences::texts;
use crate::texts::Texts;

/// Days before the key is due when the tile says so.
pub(super) const SOON_DAYS: i64 = 14;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Tile {
    name: &'static str,
    value: String,
    /// The exact value, on hover.
    exact: Option<String>,
    target: String,
    tone: Tone,
    verdict: &'static str,
}

/// All of them.
fn tiles(t: &Texts, o: &Overview, offset: OffsetAt) -> [Tile; 6] {
    [
        last_backup(t, o, offset),
        at_risk(t, o, offset),
        recovery(t, o, offset),
        success(t, o),
        storage(t, o, offset),
        key(t, o, offset),
    ]
}

#[component]
pub(super) fn Tiles(known: Known) -> impl IntoView {
    let t = texts();
    let all = known.part(move |overview| tiles(t, overview, format::offset));
    let tile = |tile: Tile| {
        view! {
            <div class="card tile">
                <span class="k">{tile.name}</span>
                <span class="v" title=tile.exact>{tile.value}</span>
                <span class="t">{lines(&tile.target)}</span>
                <Badge tone=tile.tone words=tile.verdict/>
            </div>
        }
        .into_any()
    };
    let tiles = move || all.get().map(|all| all.into_iter().map(tile).collect_view().into_any());
    view! { <section class="tiles">{live(tiles)}</section> }
}

/// What stands between dots, a line each; signs stay with their values.
fn lines(text: &str) -> impl IntoView + use<> {
    let line = |part: &str| {
        let part = ["≤", "<", ">"]
            .iter()
            .fold(part.to_owned(), |part, sign| part.replace(&format!("{sign} "), &format!("{sign}\u{a0}")));
        view! { <span>{part}" "</span> }.into_any()
    };
    text.split(" · ").map(line).collect_view()
}

fn exact(at: Timestamp, offset: OffsetAt) -> Option<String> {
    Some(format::exact(at, offset(at)))
}

/// What can't be said while the store can't be read, with what was seen there last; or while no database is named.
fn unseen(t: &Texts, o: &Overview, offset: OffsetAt, name: &'static str) -> Option<Tile> {
    let d = &t.dashboard;
    if let Verdict::NoDatabase { .. } = o.verdict {
        // Backups of other machines can lie in the store: of which database is not known here.
        let (value, verdict) = ("–".to_owned(), t.machine.no_database_tile);
        return Some(Tile { name, value, exact: None, target: String::new(), tone: Tone::Warn, verdict });
    }
    let Verdict::Unknown { .. } = o.verdict else { return None };
    let seen = o.last_backup.as_ref().map(|last| {
        let when = format::time(t, last.created, o.now, offset(last.created));
        (d.last_seen)(&when)
    });
    Some(Tile {
        name,
        value: d.not_known.to_owned(),
        exact: o.last_backup.as_ref().and_then(|last| exact(last.created, offset)),
        target: seen.unwrap_or_default(),
        tone: Tone::Warn,
        verdict: d.unreadable,
    })
}

fn last_backup(t: &Texts, o: &Overview, offset: OffsetAt) -> Tile {
    let d = &t.dashboard;
    let name = d.last_backup;
    if let Some(tile) = unseen(t, o, offset, name) {
        return tile;
    }
    // There is one, which is worse than none.
    let is_damaged = matches!(o.verdict, Verdict::Damaged { .. });
    let Some(last) = &o.last_backup else {
        return Tile {
            name,
            value: match o.elsewhere {
                _ if is_damaged => d.none_whole,
                0 => d.none_yet,
                _ => d.value_elsewhere,
            }
            .to_owned(),
            exact: None,
            target: String::new(),
            tone: Tone::Bad,
            verdict: if is_damaged { t.common.damaged } else { d.missing },
        };
    };
    let when = format::time(t, last.created, o.now, offset(last.created));
    let took = last.duration_ms.map(format::duration_ms);
    // The newest is another one, and damaged.
    let (name, tone, verdict) = match is_damaged {
        true => (d.last_intact, Tone::Warn, d.newest_damaged),
        false => (name, Tone::Ok, d.verified),
    };
    Tile {
        name,
        value: format::ago(t, last.created, o.now),
        exact: exact(last.created, offset),
        target: [Some(when), took].into_iter().flatten().collect::<Vec<_>>().join(" · "),
        tone,
        verdict,
    }
}

fn at_risk(t: &Texts, o: &Overview, offset: OffsetAt) -> Tile {
    let d = &t.dashboard;
    if let Some(tile) = unseen(t, o, offset, d.at_risk) {
        return tile;
    }
    let target = (d.target_rpo)(&format::span_s(t, o.targets.rpo_s));
    let age = o.last_backup.as_ref().map(|last| age_s_of(last.created, o.now));
    let fine = age.is_some_and(|s| s <= o.targets.rpo_s);
    Tile {
        name: d.at_risk,
        value: age.map_or_else(|| "–".to_owned(), |s| format::span_s(t, s)),
        exact: o.last_backup.as_ref().and_then(|last| exact(last.created, offset)),
        target,
        tone: if fine { Tone::Ok } else { Tone::Bad },
        verdict: if fine { d.in_target } else { d.over_target },
    }
}

fn recovery(t: &Texts, o: &Overview, offset: OffsetAt) -> Tile {
    let d = &t.dashboard;
    let target = format::span_s(t, o.targets.rto_s);
    if let (None, Some(part)) = (&o.last_restore, &o.partial_restore) {
        let day = format::day(t, part.at, o.now, offset(part.at));
        let tables = u64::from(part.tables);
        // All tables of an archive that held a part themselves are no "2 of 2".
        let of = part.of_tables.map(u64::from).filter(|of| *of > tables);
        return Tile {
            name: d.recovery,
            value: of.map_or_else(|| (t.common.tables)(tables), |of| (d.of_tables)(tables, of)),
            exact: exact(part.at, offset),
            target: (d.target_rto_part)(&day, &target),
            tone: Tone::Warn,
            verdict: d.only_part,
        };
    }
    let Some(restore) = &o.last_restore else {
        return Tile {
            name: d.recovery,
            value: d.never.to_owned(),
            exact: None,
            target: (d.target_rto_only)(&target),
            tone: Tone::Warn,
            verdict: d.key_not_tested,
        };
    };
    let day = format::day(t, restore.at, o.now, offset(restore.at));
    let fine = restore.duration_ms <= o.targets.rto_s * 1000;
    Tile {
        name: d.recovery,
        value: format::duration_ms(restore.duration_ms),
        exact: exact(restore.at, offset),
        target: (d.target_rto)(&day, &target),
        tone: if fine { Tone::Ok } else { Tone::Bad },
        verdict: if fine { d.proven } else { d.over_target },
    }
}

fn success(t: &Texts, o: &Overview) -> Tile {
    let d = &t.dashboard;
    let all = u64::from(o.succeeded) + u64::from(o.failed);
    let target = format::percent(o.targets.success_rate);
    let rate = (all > 0).then(|| f64::from(o.succeeded) / all as f64);
    let fine = rate.is_some_and(|rate| rate > o.targets.success_rate);
    Tile {
        name: d.success,
        value: rate.map_or_else(|| "–".to_owned(), format::percent),
        exact: None,
        target: (d.target_success)(&(d.of_backups)(u64::from(o.succeeded), all), &target),
        tone: if fine { Tone::Ok } else { Tone::Warn },
        verdict: match rate {
            None => d.none_yet,
            Some(_) if fine => d.in_target,
            Some(_) => d.below_target,
        },
    }
}

fn storage(t: &Texts, o: &Overview, offset: OffsetAt) -> Tile {
    let d = &t.dashboard;
    let Some(storage) = &o.storage else {
        return Tile {
            name: d.storage,
            value: d.not_known.to_owned(),
            exact: None,
            target: o.profile.store.clone(),
            tone: Tone::Warn,
            verdict: if matches!(o.verdict, Verdict::Unknown { .. }) { d.unreadable } else { d.missing },
        };
    };
    let archives = (d.archives_take)(storage.archives, &format::bytes(storage.archives_bytes));
    let (Some(used), Some(total)) = (storage.used_bytes, storage.total_bytes.filter(|n| *n > 0)) else {
        return Tile {
            name: d.storage,
            value: format::bytes(storage.archives_bytes),
            exact: None,
            target: archives,
            tone: Tone::Ok,
            verdict: d.in_use,
        };
    };
    let share = used as f64 / total as f64;
    let fine = share < o.targets.storage_alert;
    let alert = format::percent(o.targets.storage_alert);
    let mut target = (d.of_space)(&format::bytes(used), &format::bytes(total), &alert);
    if let Some(at) = storage.alert_at {
        let day = format::day(t, at, o.now, offset(at));
        target = format!("{target} · {}", (d.alert_around)(&day));
    }
    Tile {
        name: d.storage,
        value: format::percent(share),
        exact: Some(archives),
        target,
        tone: if fine { Tone::Ok } else { Tone::Bad },
        verdict: if fine { d.in_target } else { d.act_now },
    }
}

/// Hours after which a test of the key, which is due every day, says nothing any more.
const TEST_HOURS: i64 = 48;

/// What is wrong with the last test of the key: there was none lately, or it opened nothing.
fn tested(
    d: &crate::texts::Dashboard,
    key: &KeyStatus,
    now: aitta_model::Timestamp,
) -> Option<(Tone, &'static str)> {
    let fresh = |at| now.duration_since(at).as_hours() < TEST_HOURS;
    match &key.tested {
        None => Some((Tone::Warn, d.key_not_tested)),
        Some(KeyCanary { failure: Some(failure), .. }) => Some(match failure.code {
            ErrorCode::KeyWrong | ErrorCode::ArchiveDamaged => (Tone::Bad, d.key_does_not_open),
            // What was not read says nothing about the key.
            code if code.family() == Family::Store => (Tone::Warn, d.key_store_unreadable),
            _ => (Tone::Warn, d.key_not_tested),
        }),
        Some(canary) if canary.archive.is_none() || !fresh(canary.at) => Some((Tone::Warn, d.key_not_tested)),
        Some(_) => None,
    }
}

fn key(t: &Texts, o: &Overview, offset: OffsetAt) -> Tile {
    let d = &t.dashboard;
    let tile = |value: String, target: String, tone, verdict| Tile {
        name: d.key,
        value,
        exact: o.key.as_ref().map(|k| k.key_id.clone()),
        target,
        tone,
        verdict,
    };
    let Some(key) = &o.key else {
        return tile(d.none_yet.to_owned(), d.no_key_hint.to_owned(), Tone::Bad, d.missing);
    };
    let Some(since) = key.since else {
        let short = key.key_id.chars().take(8).collect();
        let (tone, verdict) = tested(d, key, o.now).unwrap_or((Tone::Ok, d.in_use));
        return tile(short, d.since_first_use.to_owned(), tone, verdict);
    };
    let age = o.now.duration_since(since).as_hours() / 24;
    let due = key.due.unwrap_or_else(|| format::days_after(since, o.targets.key_days));
    let by = (d.rotate_by)(&format::day(t, due, o.now, offset(due)));
    let left = due.duration_since(o.now).as_hours().div_euclid(24);
    let (tone, verdict) = match (tested(d, key, o.now), left) {
        (Some((Tone::Bad, verdict)), _) => (Tone::Bad, verdict),
        (_, ..0) => (Tone::Bad, d.overdue),
        (Some(untested), _) => untested,
        (None, 0..=SOON_DAYS) => (Tone::Warn, d.due_soon),
        (None, _) => (Tone::Ok, d.in_use),
    };
    tile((t.common.days)(age.max(0).unsigned_abs()), by, tone, verdict)
}

#[cfg(test)]
mod tests {
    use aitta_model::{Failure, RestorePoint};

    use super::super::sample::{at, overview, utc};
    use super::*;
    use crate::plain::NBSP;
    use crate::texts::{EN, FI};

    fn failure(code: ErrorCode) -> Failure {
        Failure { code, message: String::new(), hint: String::new() }
    }

    fn unknown() -> Verdict {
        Verdict::Unknown { failure: failure(ErrorCode::StoreMissing) }
    }

    /// Value, target and verdict.
    fn told(tile: &Tile) -> (String, String, &'static str) {
        (tile.value.replace(NBSP, " "), tile.target.replace(NBSP, " "), tile.verdict)
    }

    #[test]
    fn a_store_that_cannot_be_read_is_not_called_empty_and_its_age_is_not_judged() {
        let mut seen = overview(unknown());
        let word = EN.dashboard.unreadable;
        let expected = ("not known".to_owned(), "last known: 28 Nov 19:31".to_owned(), word);
        assert_eq!(told(&last_backup(&EN, &seen, utc)), expected);
        seen.now = at("2026-11-29T20:00:00Z");
        assert_eq!(told(&at_risk(&EN, &seen, utc)), expected);
        seen.last_backup = None;
        assert_eq!(told(&last_backup(&EN, &seen, utc)), ("not known".to_owned(), String::new(), word));
        assert_eq!(storage(&EN, &seen, utc).verdict, word);
    }

    #[test]
    fn while_no_database_is_named_nothing_is_said_of_its_last_backup() {
        let mut seen = overview(Verdict::NoDatabase { archives: 7 });
        seen.last_backup = None;
        let word = EN.machine.no_database_tile;
        for tile in [last_backup(&EN, &seen, utc), at_risk(&EN, &seen, utc)] {
            assert_eq!(told(&tile), ("–".to_owned(), String::new(), word));
        }
    }

    #[test]
    fn work_at_risk_passes_its_target_while_it_is_looked_at() {
        let mut seen = overview(Verdict::Safe);
        assert_eq!(at_risk(&EN, &seen, utc).tone, Tone::Ok);
        seen.now = at("2026-11-28T20:32:00Z");
        assert_eq!(at_risk(&EN, &seen, utc).tone, Tone::Bad);
    }

    #[test]
    fn a_damaged_backup_is_not_called_none_yet() {
        let mut seen = overview(Verdict::Damaged { archive: "backup-1-a".to_owned(), others: 0 });
        seen.last_backup = None;
        let tile = last_backup(&EN, &seen, utc);
        assert_eq!((tile.value.as_str(), tile.verdict), (EN.dashboard.none_whole, EN.common.damaged));
    }

    #[test]
    fn a_backup_before_a_damaged_one_is_not_called_the_last() {
        let seen = overview(Verdict::Damaged { archive: "backup-2-b".to_owned(), others: 1 });
        for t in [&EN, &FI] {
            let tile = last_backup(t, &seen, utc);
            assert_eq!((tile.name, tile.tone), (t.dashboard.last_intact, Tone::Warn));
            assert_eq!(tile.verdict, t.dashboard.newest_damaged);
        }
    }

    #[test]
    fn two_of_nine_tables_are_no_proven_recovery() {
        let mut seen = overview(Verdict::NeverRestored);
        let part = RestorePoint {
            run: 1,
            at: at("2026-11-28T19:40:00Z"),
            duration_ms: 4400,
            tables: 2,
            of_tables: Some(9),
        };
        seen.partial_restore = Some(part.clone());
        let tile = recovery(&EN, &seen, utc);
        assert_eq!(
            (tile.value.as_str(), tile.verdict, tile.tone),
            ("2 of 9 tables", EN.dashboard.only_part, Tone::Warn)
        );
        for (t, proven) in [(&EN, "proven"), (&FI, "todistettu")] {
            let told = recovery(t, &seen, utc).target;
            assert!(!told.contains(proven), "{told}");
        }
        seen.partial_restore = Some(RestorePoint { of_tables: Some(2), ..part.clone() });
        assert_eq!(recovery(&EN, &seen, utc).value.replace(NBSP, " "), "2 tables", "of an archive of a part");
        seen.last_restore = Some(RestorePoint { tables: 9, ..part });
        assert_eq!(recovery(&EN, &seen, utc).verdict, EN.dashboard.proven);
    }

    #[test]
    fn a_key_that_was_not_tried_is_not_said_to_open_nothing() {
        let of = |code| {
            let mut seen = overview(unknown());
            seen.key = Some(KeyStatus {
                key_id: "5f1d7c2e9ab04431".to_owned(),
                since: Some(at("2026-11-01T00:00:00Z")),
                kept: "keychain".to_owned(),
                tested: Some(KeyCanary { at: seen.now, archive: None, failure: Some(failure(code)) }),
                due: None,
            });
            let tile = key(&EN, &seen, utc);
            (tile.tone, tile.verdict)
        };
        let d = &EN.dashboard;
        assert_eq!(of(ErrorCode::StoreMissing), (Tone::Warn, d.key_store_unreadable));
        assert_eq!(of(ErrorCode::CatalogFailed), (Tone::Warn, d.key_not_tested));
        for code in [ErrorCode::KeyWrong, ErrorCode::ArchiveDamaged] {
            assert_eq!(of(code), (Tone::Bad, d.key_does_not_open));
        }
    }
}

#![expect(clippy::unwrap_used, reason = "tests")]
mod model;

use aitta_model::HoldKind;
use jiff::civil::Date;

use super::*;

const SHARE: f64 = 0.30;

/// A time stamp: a day of 2026 at noon UTC, as `03-14`, or a whole time.
fn at(text: &str) -> Timestamp {
    let text = if text.len() == 5 { format!("2026-{text}T12:00:00Z") } else { text.to_owned() };
    text.parse().unwrap()
}

/// A verified, whole archive, named by its time.
fn good(time: &str) -> Kept {
    Kept {
        id: time.to_owned(),
        at: at(time),
        verified: true,
        whole: true,
        held: Vec::new(),
        locked: false,
        put_away: false,
    }
}

fn unverified(time: &str) -> Kept {
    Kept { verified: false, ..good(time) }
}

const NOTHING: RetentionRules =
    RetentionRules { days: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0, share: 1.0 };

const FINE: State = State {
    newest_verified_overdue: false,
    listing_complete: true,
    clock_jumped: false,
    lately: 0,
    looser_rules: false,
    agreed: false,
};

fn judged(archives: &[Kept], rules: &RetentionRules, now: &str) -> Verdicts {
    judge(archives, rules, &TimeZone::UTC, at(now), FINE)
}

fn going(verdicts: &Verdicts) -> Vec<&str> {
    verdicts.going().collect()
}

fn reasons<'a>(verdicts: &'a Verdicts, id: &str) -> &'a [KeepReason] {
    match verdicts.archives().iter().find(|judged| judged.id == id).map(|judged| &judged.fate) {
        Some(Fate::Stays { reasons }) => reasons,
        _ => &[],
    }
}

#[test]
fn without_rules_only_the_newest_verified_stays() {
    let verdicts = judged(&[good("03-01"), good("03-03"), good("03-02")], &NOTHING, "03-04");
    assert_eq!(going(&verdicts), ["03-01", "03-02"]);
    assert_eq!(reasons(&verdicts, "03-03"), [KeepReason::Newest]);
}

#[test]
fn an_unverified_archive_stays_until_a_newer_one_is_verified() {
    let archives = [unverified("03-01"), good("03-02"), unverified("03-03"), unverified("03-04")];
    let verdicts = judged(&archives, &NOTHING, "05-01");
    assert_eq!(going(&verdicts), ["03-01"]);
    assert_eq!(reasons(&verdicts, "03-04"), [KeepReason::NotReplaced]);
}

#[test]
fn a_partial_archive_replaces_none() {
    let partial = Kept { whole: false, ..good("03-09") };
    let verdicts = judged(&[good("03-01"), partial.clone(), good("03-02")], &NOTHING, "05-01");
    assert_eq!(going(&verdicts), ["03-01"]);
    assert_eq!(reasons(&verdicts, "03-09"), [KeepReason::NotReplaced]);
    assert_eq!(judged(&[partial], &NOTHING, "05-01").blocked(), [PruneBlock::NothingVerified]);
}

#[test]
fn without_a_verified_archive_nothing_goes() {
    let verdicts = judged(&[unverified("03-01"), unverified("03-02")], &NOTHING, "05-01");
    assert_eq!(verdicts.blocked(), [PruneBlock::NothingVerified]);
    assert_eq!((going(&verdicts).len(), verdicts.would_go().count()), (0, 0));
    assert_eq!(judged(&[], &NOTHING, "05-01").blocked(), [PruneBlock::NothingVerified]);
}

#[test]
fn an_archive_from_the_future_proves_nothing() {
    let verdicts = judged(&[good("03-01"), good("03-02"), good("09-01")], &NOTHING, "05-01");
    assert_eq!(going(&verdicts), ["03-01"]);
    assert_eq!(
        reasons(&verdicts, "09-01"),
        [KeepReason::NotReplaced, KeepReason::Young { until: at("09-01") }]
    );
    assert_eq!(judged(&[good("09-01")], &NOTHING, "05-01").blocked(), [PruneBlock::NothingVerified]);
}

#[test]
fn the_newest_of_each_span_stays_and_says_which() {
    let archives = ["2025-12-31T12:00:00Z", "02-27", "02-28", "03-01", "03-02", "03-03", "03-04"].map(good);
    let rules = RetentionRules { daily: 2, weekly: 2, monthly: 2, yearly: 2, ..NOTHING };
    let verdicts = judged(&archives, &rules, "03-05");
    let date = |month, day| jiff::civil::date(2026, month, day);
    assert_eq!(going(&verdicts), ["02-27", "03-02"]);
    assert_eq!(
        reasons(&verdicts, "03-04"),
        [
            KeepReason::Newest,
            KeepReason::Daily { date: date(3, 4) },
            KeepReason::Weekly { monday: date(3, 2) },
            KeepReason::Monthly { year: 2026, month: 3 },
            KeepReason::Yearly { year: 2026 },
        ]
    );
    assert_eq!(reasons(&verdicts, "03-03"), [KeepReason::Daily { date: date(3, 3) }]);
    assert_eq!(reasons(&verdicts, "03-01"), [KeepReason::Weekly { monday: date(2, 23) }]);
    assert_eq!(reasons(&verdicts, "02-28"), [KeepReason::Monthly { year: 2026, month: 2 }]);
    assert_eq!(reasons(&verdicts, "2025-12-31T12:00:00Z"), [KeepReason::Yearly { year: 2025 }]);
}

#[test]
fn a_span_without_archives_uses_up_no_place() {
    let archives = ["01-05", "01-20", "03-01", "03-02"].map(good);
    let verdicts = judged(&archives, &RetentionRules { daily: 3, ..NOTHING }, "04-20");
    assert_eq!(going(&verdicts), ["01-05"]);
}

#[test]
fn an_unverified_archive_takes_no_place_of_a_verified_one() {
    let late = unverified("2026-03-01T20:00:00Z");
    let verdicts =
        judged(&[good("03-01"), late, good("03-02")], &RetentionRules { daily: 2, ..NOTHING }, "04-20");
    assert_eq!(going(&verdicts), ["2026-03-01T20:00:00Z"]);
}

#[test]
fn days_are_those_of_the_zone() {
    // Both on 2 March in Helsinki, on two days in UTC.
    let archives = ["2026-03-01T22:30:00Z", "2026-03-02T21:00:00Z"].map(good);
    let rules = RetentionRules { daily: 2, ..NOTHING };
    let helsinki = crate::zone("Europe/Helsinki").unwrap();
    let verdicts = judge(&archives, &rules, &helsinki, at("03-05"), FINE);
    assert_eq!(going(&verdicts), ["2026-03-01T22:30:00Z"]);
    assert!(going(&judged(&archives, &rules, "03-05")).is_empty());
}

#[test]
fn a_clock_that_goes_back_over_midnight_has_each_day_once() {
    // In St. John's 00:01 on 2 November was followed by 23:01 on the 1st.
    let times =
        ["2008-11-01T12:00:00Z", "2008-11-02T02:30:30Z", "2008-11-02T02:40:00Z", "2008-11-02T12:00:00Z"];
    let zone = crate::zone("America/St_Johns").unwrap();
    let verdicts = judge(&times.map(good), &RetentionRules { daily: 2, ..NOTHING }, &zone, at("03-05"), FINE);
    assert_eq!(going(&verdicts), [times[0], times[1]]);
    assert_eq!(reasons(&verdicts, times[2]), [KeepReason::Daily { date: jiff::civil::date(2008, 11, 1) }]);
}

#[test]
fn youth_and_holds_end_at_their_moment() {
    let hold = |until| vec![Hold { kind: HoldKind::Legal.into(), until }];
    let held = Kept { held: hold(Some(at("03-20"))), ..good("03-01") };
    let pinned = Kept { held: vec![Hold { kind: HoldKind::Pin.into(), until: None }], ..good("03-02") };
    let archives = [held, pinned, good("03-03"), good("03-04")];
    let rules = RetentionRules { days: 7, ..NOTHING };

    let before = judged(&archives, &rules, "2026-03-10T11:59:59Z");
    assert_eq!(reasons(&before, "03-03"), [KeepReason::Young { until: at("03-10") }]);
    let then = judged(&archives, &rules, "03-10");
    assert_eq!(going(&then), ["03-03"]);
    assert_eq!(then.archives()[2].fate, Fate::Goes { since: at("03-10") });
    assert_eq!(
        reasons(&then, "03-01"),
        [KeepReason::Held { kind: HoldKind::Legal.into(), until: Some(at("03-20")) }]
    );
    assert_eq!(reasons(&then, "03-02"), [KeepReason::Held { kind: HoldKind::Pin.into(), until: None }]);
    let later = judged(&archives, &rules, "03-20");
    assert_eq!(later.archives()[0].fate, Fate::Goes { since: at("03-20") });
    let longer = judged(&archives, &RetentionRules { days: 30, ..NOTHING }, "04-20");
    assert_eq!(longer.archives()[0].fate, Fate::Goes { since: at("03-31") });
}

#[test]
fn what_the_store_locks_stays() {
    let locked = Kept { locked: true, ..unverified("03-01") };
    let verdicts = judged(&[locked, good("03-02")], &NOTHING, "03-05");
    assert_eq!(reasons(&verdicts, "03-01"), [KeepReason::Locked]);
}

#[test]
fn each_fault_blocks_by_itself() {
    let archives = [good("03-01"), good("03-02")];
    for (state, blocked) in [
        (State { newest_verified_overdue: true, ..FINE }, PruneBlock::Overdue),
        (State { listing_complete: false, ..FINE }, PruneBlock::ListIncomplete),
        (State { clock_jumped: true, ..FINE }, PruneBlock::ClockJumped),
        (State { looser_rules: true, ..FINE }, PruneBlock::LooserRules),
    ] {
        let agrees = !matches!(blocked, PruneBlock::ClockJumped | PruneBlock::LooserRules);
        let verdicts =
            judge(&archives, &NOTHING, &TimeZone::UTC, at("03-05"), State { agreed: agrees, ..state });
        assert_eq!(verdicts.blocked(), [blocked]);
        assert!(going(&verdicts).is_empty());
        assert_eq!(verdicts.would_go().collect::<Vec<_>>(), ["03-01"]);
    }
}

#[test]
fn two_archives_of_one_id_block() {
    let verdicts =
        judged(&[good("03-01"), Kept { id: "03-01".to_owned(), ..good("03-02") }], &NOTHING, "03-05");
    assert_eq!(verdicts.blocked(), [PruneBlock::SameId]);
    assert!(going(&verdicts).is_empty());
}

#[test]
fn more_than_the_share_asks() {
    let archives =
        ["03-01", "03-02", "03-03", "03-04", "03-05", "03-06", "03-07", "03-08", "03-09", "03-10"].map(good);
    let three = RetentionRules { daily: 7, share: SHARE, ..NOTHING };
    assert_eq!(going(&judged(&archives, &three, "03-20")).len(), 3);
    let four = RetentionRules { daily: 6, ..three.clone() };
    let verdicts = judged(&archives, &four, "03-20");
    assert_eq!(verdicts.blocked(), [PruneBlock::TooMany { going: 4, of: 10, share: SHARE }]);
    let agreed = State { agreed: true, ..FINE };
    assert_eq!(judge(&archives, &four, &TimeZone::UTC, at("03-20"), agreed).going().count(), 4);
    for share in [f64::NAN, -1.0, f64::NEG_INFINITY] {
        let verdicts = judged(&archives, &RetentionRules { share, ..three.clone() }, "03-20");
        assert_eq!(verdicts.blocked(), [PruneBlock::TooMany { going: 3, of: 10, share: 0.0 }]);
    }
    assert!(
        judged(&archives, &RetentionRules { share: f64::INFINITY, ..NOTHING }, "03-20").blocked().is_empty()
    );
}

#[test]
fn many_prunes_in_a_row_are_no_way_around_the_share() {
    let archives =
        ["03-01", "03-02", "03-03", "03-04", "03-05", "03-06", "03-07", "03-08", "03-09", "03-10"].map(good);
    let rules = RetentionRules { daily: 7, share: SHARE, ..NOTHING };
    let judge = |archives: &[Kept], lately| {
        judge(archives, &rules, &TimeZone::UTC, at("03-20"), State { lately, ..FINE })
    };
    assert_eq!(judge(&archives, 1).blocked(), [PruneBlock::TooMany { going: 4, of: 10, share: SHARE }]);
    // What was put away before is no news, and blocks nothing by itself.
    let mut away = archives.clone();
    away[..3].iter_mut().for_each(|archive| archive.put_away = true);
    assert_eq!(judge(&away, 3).blocked(), []);
    away[..2].iter_mut().for_each(|archive| archive.put_away = false);
    assert_eq!(judge(&away, 1).blocked(), []);
    assert_eq!(judge(&away, 2).blocked().len(), 1);
}

#[test]
fn of_few_archives_a_single_one_goes() {
    let two = ["01-01", "03-01"].map(good);
    let rules = RetentionRules { days: 30, share: SHARE, ..NOTHING };
    assert_eq!(going(&judged(&two, &rules, "03-20")), ["01-01"]);
    let three = ["01-01", "01-02", "03-01"].map(good);
    assert_eq!(judged(&three, &rules, "03-20").blocked().len(), 1);
    let none = RetentionRules { share: 0.0, ..rules };
    assert_eq!(judged(&two, &none, "03-20").blocked().len(), 1, "nothing goes without a question");
}

#[test]
fn an_archive_with_several_holds_stays_until_the_last_ends() {
    let holds = [("03-10", HoldKind::Pin), ("03-20", HoldKind::Loss)];
    let held = holds.map(|(until, kind)| Hold { kind: kind.into(), until: Some(at(until)) });
    let archives = [Kept { held: held.to_vec(), ..good("03-01") }, good("03-02")];
    assert_eq!(reasons(&judged(&archives, &NOTHING, "03-05"), "03-01").len(), 2);
    assert_eq!(
        reasons(&judged(&archives, &NOTHING, "03-15"), "03-01"),
        [KeepReason::Held { kind: HoldKind::Loss.into(), until: Some(at("03-20")) }]
    );
    assert_eq!(judged(&archives, &NOTHING, "03-21").archives()[0].fate, Fate::Goes { since: at("03-20") });
}

#[test]
fn extreme_values_keep_rather_than_fail() {
    let mut ends = [good("03-01"), good("03-02"), good("03-03")];
    (ends[0].at, ends[2].at) = (Timestamp::MIN, Timestamp::MAX);
    let most = RetentionRules {
        days: u32::MAX,
        daily: u32::MAX,
        weekly: u32::MAX,
        monthly: u32::MAX,
        yearly: u32::MAX,
        share: 1.0,
    };
    for zone in ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"] {
        let zone = crate::zone(zone).unwrap();
        for now in [Timestamp::MIN, at("03-05"), Timestamp::MAX] {
            assert_eq!(judge(&ends, &most, &zone, now, FINE).would_go().count(), 0);
        }
    }
}

//! A model of retention: each archive is asked by itself what speaks for it.

use jiff::ToSpan;
use proptest::prelude::*;

use super::*;

/// Spans as numbers that are equal within one and grow with time.
const SPANS: [fn(Date) -> i64; 4] = [
    |date| days(date),
    // 1970 began on a Thursday.
    |date| (days(date) + 3).div_euclid(7),
    |date| i64::from(date.year()) * 12 + i64::from(date.month()),
    |date| i64::from(date.year()),
];

/// Days since 1970.
fn days(date: Date) -> i64 {
    let midnight = date.to_zoned(TimeZone::UTC).unwrap().timestamp().as_second();
    midnight.div_euclid(86_400)
}

/// Whether an archive goes if nothing blocks.
fn goes(archive: &Kept, all: &[Kept], rules: &RetentionRules, zone: &TimeZone, now: Timestamp) -> bool {
    let counts = |other: &&Kept| other.verified && other.whole && other.at <= now;
    let newer = |other: &&Kept| (other.at, &other.id) > (archive.at, &archive.id);
    let date = |archive: &Kept| archive.at.to_zoned(zone.clone()).date();
    let replaced = all.iter().filter(counts).any(|other| newer(&other));
    let young = (0..rules.days).fold(archive.at, |at, _| at + 24.hours()) > now;
    let held = archive.held.iter().any(|hold| hold.until.is_none() || hold.until > Some(now));
    let of_span = |(span, count): (&fn(Date) -> i64, u32)| {
        let own = span(date(archive));
        let mut newer_spans: Vec<i64> = Vec::new();
        for other in all.iter().filter(counts).filter(newer) {
            newer_spans.push(span(date(other)));
        }
        newer_spans.sort_unstable();
        newer_spans.dedup();
        counts(&archive) && !newer_spans.contains(&own) && (newer_spans.len() as u64) < u64::from(count)
    };
    let counts_of = [rules.daily, rules.weekly, rules.monthly, rules.yearly];
    replaced && !young && !held && !archive.locked && !SPANS.iter().zip(counts_of).any(of_span)
}

prop_compose! {
    /// Archives of some weeks or years, sometimes several a day and at one moment.
    fn archives()(scale in prop_oneof![Just(3_600), Just(20_000), Just(500_000), Just(5_000_000)])(
        archives in prop::collection::vec(
            (-60i64..3, prop::bool::weighted(0.7), prop::bool::weighted(0.9), prop::option::weighted(0.15, prop::option::of(-9i64..9)),
             prop::bool::weighted(0.1)),
            0..40,
        ),
        scale in Just(scale),
    ) -> Vec<Kept> {
        let time = |steps: i64| NOW + SignedDuration::from_secs(steps * scale);
        let hold = |until: Option<i64>| Hold { kind: HoldKind::Pin.into(), until: until.map(time) };
        archives.into_iter().enumerate().map(|(i, (steps, verified, whole, held, needed))| {
            // Ids run against the order of the list.
            Kept { id: format!("{:02}", 99 - i), at: time(steps), verified, whole, held: held.map(hold).into_iter().collect(), locked: needed, put_away: false }
        }).collect()
    }
}

prop_compose! {
    fn rules()(
        days in 0u32..40, daily in 0u32..10, weekly in 0u32..6, monthly in 0u32..6, yearly in 0u32..4,
        share in prop_oneof![Just(1.0), Just(SHARE), 0.0..1.0f64], none in prop::bool::weighted(0.2),
    ) -> RetentionRules {
        if none { RetentionRules { share, ..NOTHING } } else { RetentionRules { days, daily, weekly, monthly, yearly, share } }
    }
}

prop_compose! {
    fn state()(overdue in prop::bool::weighted(0.1), complete in prop::bool::weighted(0.9), jumped in prop::bool::weighted(0.1),
               agreed: bool) -> State {
        State { newest_verified_overdue: overdue, listing_complete: complete, clock_jumped: jumped, lately: 0, looser_rules: false, agreed }
    }
}

fn zones() -> impl Strategy<Value = TimeZone> {
    let names = ["UTC", "Europe/Helsinki", "America/St_Johns", "Pacific/Apia"];
    prop::sample::select(names.map(|name| crate::zone(name).unwrap()).to_vec())
}

/// In the middle of a week, month and day.
const NOW: Timestamp = Timestamp::constant(1_789_560_000, 0);

fn would_go(archives: &[Kept], rules: &RetentionRules, zone: &TimeZone) -> BTreeSet<String> {
    judge(archives, rules, zone, NOW, FINE).would_go().map(str::to_owned).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn each_verdict_agrees_with_the_model(archives in archives(), rules in rules(), zone in zones(), state in state()) {
        let verdicts = judge(&archives, &rules, &zone, NOW, state);
        let model: Vec<&str> = archives.iter()
            .filter(|archive| goes(archive, &archives, &rules, &zone, NOW))
            .map(|archive| archive.id.as_str())
            .collect();
        let any = archives.iter().any(|archive| archive.verified && archive.whole && archive.at <= NOW);
        if any {
            prop_assert_eq!(verdicts.would_go().collect::<Vec<_>>(), model);
        } else {
            prop_assert_eq!(verdicts.would_go().count(), 0);
            prop_assert!(verdicts.blocked().contains(&PruneBlock::NothingVerified));
        }
        prop_assert_eq!(verdicts.archives().len(), archives.len());
        for judged in verdicts.archives() {
            match &judged.fate {
                Fate::Goes { since } => prop_assert!(*since <= NOW),
                Fate::Stays { reasons } => prop_assert!(!reasons.is_empty()),
            }
        }
    }

    #[test]
    fn while_blocked_nothing_goes(archives in archives(), rules in rules(), state in state()) {
        let verdicts = judge(&archives, &rules, &TimeZone::UTC, NOW, state);
        let going = verdicts.going().count();
        prop_assert!(verdicts.blocked().is_empty() || going == 0);
        if state.newest_verified_overdue || !state.listing_complete || state.clock_jumped && !state.agreed {
            prop_assert_eq!(going, 0);
        }
        if !state.agreed {
            prop_assert!(going as f64 <= (rules.share * archives.len() as f64).max(1.0));
        }
    }

    #[test]
    fn the_newest_verified_of_each_kept_span_stays(archives in archives(), rules in rules(), zone in zones()) {
        let gone = would_go(&archives, &rules, &zone);
        let counting = || archives.iter().filter(|archive| archive.verified && archive.whole && archive.at <= NOW);
        if let Some(newest) = counting().max_by_key(|archive| (archive.at, &archive.id)) {
            prop_assert!(!gone.contains(&newest.id));
        }
        let mut all: Vec<&Kept> = counting().collect();
        all.sort_by_key(|archive| (archive.at, &archive.id));
        for (span, count) in SPANS.iter().zip([rules.daily, rules.weekly, rules.monthly, rules.yearly]) {
            let spans: BTreeSet<i64> = all.iter().map(|archive| span(archive.at.to_zoned(zone.clone()).date())).collect();
            for kept in spans.iter().rev().take(count as usize) {
                let newest = all.iter().rev().find(|archive| span(archive.at.to_zoned(zone.clone()).date()) == *kept);
                prop_assert!(!gone.contains(&newest.unwrap().id));
            }
        }
    }

    #[test]
    fn a_hold_makes_none_go(archives in archives(), rules in rules(), zone in zones(), which: prop::sample::Index) {
        prop_assume!(!archives.is_empty());
        let before = would_go(&archives, &rules, &zone);
        let mut held = archives;
        let index = which.index(held.len());
        held[index].held = vec![Hold { kind: HoldKind::Legal.into(), until: None }];
        let after = would_go(&held, &rules, &zone);
        prop_assert!(after.is_subset(&before));
        prop_assert!(!after.contains(&held[index].id));
    }

    #[test]
    fn a_greater_number_makes_none_go(archives in archives(), rules in rules(), zone in zones(), more in prop::array::uniform5(0u32..4)) {
        let greater = RetentionRules {
            days: rules.days + more[0],
            daily: rules.daily + more[1],
            weekly: rules.weekly + more[2],
            monthly: rules.monthly + more[3],
            yearly: rules.yearly + more[4],
            share: rules.share,
        };
        prop_assert!(would_go(&archives, &greater, &zone).is_subset(&would_go(&archives, &rules, &zone)));
    }

    #[test]
    fn losing_a_proof_makes_no_verified_archive_go(archives in archives(), rules in rules(), zone in zones(), which: prop::sample::Index) {
        prop_assume!(!archives.is_empty());
        let before = would_go(&archives, &rules, &zone);
        let mut doubted = archives;
        let index = which.index(doubted.len());
        doubted[index].verified = false;
        let mut after = would_go(&doubted, &rules, &zone);
        after.remove(&doubted[index].id);
        prop_assert!(after.is_subset(&before));
    }

    #[test]
    fn pruning_again_removes_no_more(archives in archives(), rules in rules(), zone in zones()) {
        let gone = would_go(&archives, &rules, &zone);
        let left: Vec<Kept> = archives.into_iter().filter(|archive| !gone.contains(&archive.id)).collect();
        prop_assert!(would_go(&left, &rules, &zone).is_empty());
    }

    #[test]
    fn the_order_of_the_list_is_of_no_matter(archives in archives(), rules in rules(), zone in zones()) {
        let mut turned = archives.clone();
        turned.reverse();
        prop_assert_eq!(would_go(&turned, &rules, &zone), would_go(&archives, &rules, &zone));
    }
}

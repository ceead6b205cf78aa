//! `aitta key rotate`, killed at random moments: every archive opens with a key of the ring at any time, and resumed to
//! the end the old key opens none.
#![expect(clippy::print_stderr, reason = "figures for whoever reads what the tests say")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use aitta_engine::keys::KeyRing;
use aitta_engine::reading::OpenArchive;
use aitta_engine::store::{ARCHIVES, LocalStore, Store};
use aitta_testing::{Aitta, KEY, OTHER_KEY, plant};
use rustix::process::Signal;

use super::signals::disturbed;
use super::{block_on, expect_failure};

const COUNT: usize = 60;
const KILLS: u32 = 30;

fn store(aitta: &Aitta) -> Arc<dyn Store> {
    Arc::new(LocalStore::new(aitta.store_dir()))
}

/// A store with this many archives of [`KEY`], and the program with the keys in its environment.
fn planted(count: usize) -> Aitta {
    let aitta = Aitta::new();
    let store = store(&aitta);
    block_on(async move { plant(&store, KEY, count as u64).await });
    aitta
}

fn with_keys(aitta: Aitta, active: &str, retired: &str) -> Aitta {
    aitta.env("BACKUP_ENCRYPTION_KEY", active).env("BACKUP_RETIRED_KEYS", retired)
}

/// How many archives open with these keys, and how many there are.
fn opened(aitta: &Aitta, keys: &[&str]) -> (usize, usize) {
    let store = store(aitta);
    let ring = KeyRing::from_hex(keys[0]).unwrap();
    let ring = keys[1..].iter().fold(ring, |ring, key| ring.with_retired(key).unwrap());
    block_on(async move {
        let (mut opened, mut all) = (0, 0);
        for object in store.list(ARCHIVES).await.unwrap() {
            let id = aitta_engine::store::id_of(&object.name).unwrap();
            all += 1;
            opened += usize::from(OpenArchive::open(store.clone(), id, &ring).await.is_ok());
        }
        (opened, all)
    })
}

/// Kills `args` so many times at random moments, each time in the other direction. Returns how often that was in the
/// midst of the archives.
fn kill_again_and_again(mut aitta: Aitta, kills: u32, args: &[&str], least: usize) -> u32 {
    let (mut from, mut to) = (KEY, OTHER_KEY);
    let (mut killed, mut midst, mut shortest) = (0, 0, None::<Duration>);
    // Moments that look random and are always the same: multiples of the golden ratio.
    for moment in (0..=3 * kills).map(|i| (f64::from(i) * 0.618_034).fract()) {
        if killed == kills {
            return midst;
        }
        aitta = with_keys(aitta, to, from);
        if let Some(span) = shortest {
            let begun = Instant::now();
            let (code, said) = disturbed(&aitta, args, Signal::KILL, span.mul_f64(moment));
            assert!(matches!(code, None | Some(0)), "{code:?}: {said}");
            killed += u32::from(code.is_none());
            if code.is_some() {
                // The first one was slow; later moments are those of this faster one.
                shortest = Some(span.min(begun.elapsed()));
            }
            let (now, all) = opened(&aitta, &[to, from]);
            assert!(now == all && all >= least, "{now} of {all} open, after {moment} of {span:?}");
            let moved = opened(&aitta, &[to]).0;
            midst += u32::from(moved > 0 && opened(&aitta, &[from]).0 > 0);
        }
        let begun = Instant::now();
        let report = aitta.json(args);
        shortest.get_or_insert_with(|| begun.elapsed());
        assert_eq!(report["opened"], least, "{report}");
        assert!(report["destroyable_from"].is_string(), "{report}");
        assert_eq!(opened(&aitta, &[to]), (least, least));
        assert_eq!(opened(&aitta, &[from]), (0, least), "the key that was left opens none");
        (from, to) = (to, from);
    }
    panic!("it ended by itself most of the time: only {killed} of {kills} kills came in time");
}

#[test]
fn a_rotation_may_be_killed_at_any_moment() {
    let args = ["key", "rotate", "--reason", "routine"];
    let midst = kill_again_and_again(planted(COUNT), KILLS, &args, COUNT);
    eprintln!("killed {KILLS} times, {midst} of them in the midst of the archives");
    assert!(midst > KILLS / 10, "only {midst} in the midst");
}

#[test]
fn a_reencryption_may_be_killed_at_any_moment() {
    let args = ["key", "rotate", "--reencrypt", "--reason", "incident"];
    let midst = kill_again_and_again(planted(12), 10, &args, 12);
    eprintln!("killed 10 times, {midst} of them in the midst of the archives");
    assert!(midst > 0);
}

#[test]
fn it_is_resumed_and_rolled_back_by_name() {
    let aitta = with_keys(planted(3), OTHER_KEY, KEY);
    let text = aitta.run(["key", "rotate", "--resume", "--reason", "routine"]).success().stdout;
    assert!(text.contains("3 archives moved to the key"), "{text}");
    assert!(text.contains("3.1 kB written to archives of"), "{text}");
    assert!(text.contains("may be destroyed, if no other"), "{text}");
    let nothing = aitta.run(["key", "rotate", "--resume", "--reason", "routine", "--json"]);
    expect_failure(&nothing, "config_invalid");
    assert_eq!(opened(&aitta, &[KEY]).0, 0);
    let back = aitta.json(&["key", "rotate", "--roll-back", "--reason", "incident"]);
    assert_eq!(back["moved"], 3);
    assert_eq!((opened(&aitta, &[KEY]).0, opened(&aitta, &[OTHER_KEY]).0), (3, 0));
}

#[test]
fn without_a_reason_or_another_key_nothing_is_done() {
    let aitta = with_keys(planted(1), OTHER_KEY, KEY);
    let finished = aitta.run(["key", "rotate", "--json"]);
    expect_failure(&finished, "reason_missing");
    assert_eq!(finished.code, Some(10));
    let alone = planted(1);
    let finished = alone.run(["key", "rotate", "--reason", "routine", "--json"]);
    expect_failure(&finished, "key_missing");
    let wrong = with_keys(planted(1), OTHER_KEY, "abc");
    expect_failure(&wrong.run(["key", "rotate", "--reason", "routine", "--json"]), "key_invalid");
}

/// While one archive opens with no key, the old key is not called free.
#[test]
fn archives_of_a_key_that_is_not_at_hand_are_named() {
    let aitta = with_keys(planted(2), OTHER_KEY, KEY);
    let third = "a1777a0000000000000000000000000000000000000000000000000000000003";
    let (id, bytes) = aitta_testing::small_archive(third, 1_780_000_000_000, 1, 1);
    std::fs::write(super::archive_path(&aitta, &id), bytes).unwrap();
    let finished = aitta.run(["key", "rotate", "--reason", "routine"]);
    assert_eq!(finished.code, Some(4), "{finished:?}");
    assert!(finished.stdout.contains(&id) && finished.stdout.contains("keep every key"), "{finished:?}");
    assert_eq!(opened(&aitta, &[OTHER_KEY]), (2, 3));
}

//! Prunes of the command line: killed at any moment, and under a lock of the store. By a clock of their own, so that
//! archives are old.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aitta_model::Timestamp;
use aitta_testing::Aitta;
use aitta_testing::s3::{LOCKED_BUCKET, Moto, S3Server};
use aitta_tests::faketime;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::clouds::with_bucket;

/// In a year that no clock of a machine shows.
const START: &str = "2031-01-01T02:00:00Z";

/// Kills in each store.
const KILLS: u32 = 30;
const KILLS_OF_A_ROUND: u32 = 3;
const BACKUPS_OF_A_ROUND: usize = 4;

/// A machine whose clock is moved by hand.
struct Machine {
    aitta: Aitta,
    day: u64,
    /// Each command begins a minute after the one before, by its clock.
    minutes: Cell<u64>,
}

impl Machine {
    fn new(aitta: Aitta) -> Self {
        let aitta = aitta.env("BACKUP_RETENTION_DAYS", "2").env("BACKUP_PRUNE_PERCENT", "100");
        let machine = Self { aitta, day: 0, minutes: Cell::new(0) };
        machine.agree();
        machine
    }

    /// These rules keep less than those that count without a word.
    fn agree(&self) {
        self.json(&["backup", "prune", "--agree", "--reason", "routine"]);
    }

    fn command(&self, args: &[&str]) -> Command {
        let start: Timestamp = START.parse().unwrap();
        self.minutes.set(self.minutes.get() + 1);
        let since = Duration::from_secs(24 * 3600 * self.day + 60 * self.minutes.get());
        let now = (start + since).strftime("@%Y-%m-%d %H:%M:%S").to_string();
        let mut command = self.aitta.command(args);
        command.env("LD_PRELOAD", faketime()).env("FAKETIME", now).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        command.env("TZ", "UTC");
        command
    }

    fn json(&self, args: &[&str]) -> Value {
        let output = self.command(args).arg("--json").output().unwrap();
        let (told, failed) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{args:?}: {told}{failed}");
        serde_json::from_str(&told).unwrap()
    }

    fn back_up(&mut self) -> String {
        self.day += 1;
        self.json(&["backup", "create"])["archive"]["id"].as_str().unwrap().to_owned()
    }

    fn listed(&self) -> BTreeSet<String> {
        let list = self.json(&["backup", "list"]);
        assert_eq!(list["missing"], serde_json::json!([]), "{list}");
        ids(&list["archives"])
    }

    fn put_away(&self) -> BTreeSet<String> {
        ids(&self.json(&["backup", "list", "--put-away"]))
    }

    /// Starts a prune and kills it after this time, if it is still under way.
    fn kill_a_prune(&self, after: Duration) -> bool {
        let mut command = self.command(&["backup", "prune"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        while begun.elapsed() < after && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        let killed = child.try_wait().unwrap().is_none();
        if killed {
            kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
        }
        child.wait().unwrap();
        killed
    }
}

fn ids(list: &Value) -> BTreeSet<String> {
    list.as_array().unwrap().iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect()
}

/// Each round makes some archives, lets time go by, and prunes, which deletes what the round before has put away. A prune
/// that is killed is gone on with by the next one.
fn storm(aitta: Aitta, there: impl Fn(&Aitta) -> Option<BTreeSet<String>>) {
    let mut machine = Machine::new(aitta);
    let (mut before, mut kills, mut span, mut in_the_middle) = (BTreeSet::new(), 0, None, 0);
    while kills < KILLS || in_the_middle < KILLS / 2 {
        assert!(kills < 4 * KILLS, "only {in_the_middle} of {kills} were killed in the middle");
        let old: BTreeSet<String> = (0..BACKUPS_OF_A_ROUND).map(|_| machine.back_up()).collect();
        machine.day += 11;
        let newest = machine.back_up();
        // The first round measures; those after it are killed.
        for _ in 0..if span.is_some() { KILLS_OF_A_ROUND } else { 0 } {
            let length: Duration = span.unwrap();
            in_the_middle += u32::from(machine.kill_a_prune(length * ((kills * 7) % KILLS) / KILLS));
            kills += 1;
            let listed = machine.listed();
            assert!(listed.contains(&newest), "after kill {kills}: {listed:?}");
            let away = machine.put_away();
            assert!(listed.is_disjoint(&away), "after kill {kills}: {listed:?} {away:?}");
            for id in old.iter().chain([&newest]) {
                assert!(listed.contains(id) || away.contains(id), "after kill {kills}: {id} is in no list");
            }
            if let Some(there) = there(&machine.aitta) {
                let lost: Vec<_> = old.iter().chain([&newest]).filter(|id| !there.contains(*id)).collect();
                assert!(lost.is_empty(), "after kill {kills}: {lost:?}");
            }
        }
        let begun = Instant::now();
        machine.json(&["backup", "prune"]);
        span.get_or_insert(begun.elapsed());
        let (listed, away) = (machine.listed(), machine.put_away());
        assert_eq!(listed, BTreeSet::from([newest.clone()]));
        // Of the round before nothing is left, in whichever step its deletion was interrupted.
        let mut waiting = old.clone();
        waiting.extend(before);
        assert_eq!(away, waiting);
        if let Some(there) = there(&machine.aitta) {
            assert_eq!(there, listed.union(&away).cloned().collect(), "nothing lies there that no list has");
        }
        before = BTreeSet::from([newest]);
    }
    let verified = machine.json(&["backup", "verify", "--all", "--level", "content"]);
    assert!(verified["results"].as_array().unwrap().iter().all(|result| result["ok"] == true), "{verified}");
    let runs = machine.json(&["runs", "--limit", "200"]);
    let running = runs.as_array().unwrap().iter().filter(|run| run["outcome"] == "running").count();
    assert_eq!(running, 0, "{runs}");
}

#[test]
fn a_prune_that_is_killed_at_any_moment_loses_nothing_and_leaves_nothing() {
    let aitta = Aitta::new();
    let file = aitta.home().join("shop.db");
    tokio::runtime::Runtime::new().unwrap().block_on(aitta_engine::sample::create(&file)).unwrap();
    let aitta = aitta.database(&format!("sqlite:{}", file.display()));
    storm(aitta, |aitta| {
        let of = |folder: &str, ending: &str| -> BTreeSet<String> {
            let entries = std::fs::read_dir(aitta.store_dir().join(folder)).unwrap();
            let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            names.map(|name| name.strip_suffix(ending).map_or(name.clone(), str::to_owned)).collect()
        };
        let (archives, sidecars) = (of("backups", ".backup"), of("metadata", ".json"));
        assert!(sidecars.is_subset(&archives), "a sidecar promises what is gone: {archives:?} {sidecars:?}");
        Some(archives)
    });
}

#[test]
fn a_prune_of_a_bucket_that_is_killed_at_any_moment_loses_nothing_and_leaves_nothing() {
    let server = S3Server::start();
    storm(with_bucket(&server), |_| None);
}

#[test]
fn what_the_store_locks_stays_and_that_is_no_failure() {
    let moto = Moto::start();
    let server = S3Server::before(&moto);
    let aitta =
        with_bucket(&server).env("S3_BACKUP_BUCKET", LOCKED_BUCKET).env("BACKUP_RETENTION_DAYS", "400");
    let mut machine = Machine { aitta, day: 0, minutes: Cell::new(0) };
    let locked = machine.back_up();
    machine.day += 20;
    machine.aitta = machine.aitta.env("BACKUP_RETENTION_DAYS", "2").env("BACKUP_PRUNE_PERCENT", "100");
    let newest = machine.back_up();
    machine.agree();
    let told = machine.json(&["backup", "prune", "--dry-run"]);
    let fates = told["places"][0]["fates"].as_array().unwrap();
    let fate = fates.iter().find(|fate| fate["id"] == locked).unwrap();
    assert!(fate["fate"]["reasons"].to_string().contains("locked"), "{told}");
    assert_eq!(machine.listed(), BTreeSet::from([locked, newest]));
}

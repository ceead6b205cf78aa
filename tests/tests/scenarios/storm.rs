//! Backups and restores of a database in which DDL goes on all the time, judged by `pg_dump` at the same snapshot.
//!
//! It takes some 40 seconds; `AITTA_STORM_SECONDS` makes it longer, and `cargo xtask storm` sets that. The seed is told,
//! and `AITTA_STORM_SEED` gives it: the same deeds are done in the same order then, not at the same moments.
#![expect(clippy::print_stdout, reason = "figures for whoever reads what the tests say")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use aitta_model::{ClosedList as _, ErrorCode};
use aitta_testing::{Aitta, Finished};

mod chance;
mod compare;
mod deeds;
mod ground;
mod judge;
mod live;
mod weather;

use chance::Chance;
use compare::Portrait;
use ground::Ground;
use judge::{Judge, Verdict};
use live::Archived;
use weather::Weather;

/// Says how many seconds it goes on.
const VARIABLE: &str = "AITTA_STORM_SECONDS";

/// Nothing of what is run here takes longer, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(180);

/// Failures by code, with the words of the first.
#[derive(Default)]
struct Failures(BTreeMap<String, (u64, String)>);

impl Failures {
    fn add(&mut self, code: &str, told: &str) {
        self.0.entry(code.to_owned()).or_insert_with(|| (0, told.trim().to_owned())).0 += 1;
    }

    fn count(&self) -> u64 {
        self.0.values().map(|(count, _)| count).sum()
    }

    fn tell(&self) {
        for (code, (count, first)) in &self.0 {
            println!("  {count:>6}  {code}, first: {first}");
        }
    }
}

/// What came of it.
#[derive(Default)]
struct Counts {
    right: u64,
    /// DDL was committed while these ran.
    right_in_ddl: u64,
    failed_in_ddl: u64,
    failures: Failures,
    /// Right by themselves; the judge has failed.
    unjudged: Vec<String>,
    restored_live: u64,
    /// The tables were exchanged meanwhile.
    restored_live_in_exchange: u64,
    refused_live: Failures,
}

struct Storm {
    /// Dropped before the server: it would complain of its loss.
    weather: Weather,
    seed: u64,
    /// The number of the run that is under way.
    run: u64,
    /// How often the tables that are restored in the storm were filled.
    filling: u64,
    chance: Chance,
    ground: Ground,
    judge: Judge,
    aitta: Aitta,
    counts: Counts,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_backup_in_a_storm_of_ddl_is_right_or_ends_with_an_error() {
    let seconds = std::env::var(VARIABLE).map_or(35, |text| text.parse().expect(VARIABLE));
    let seed = Chance::seed();
    println!("storm of {seconds} s, seed {seed}");
    let mut storm = Storm::new(seed).await;
    let end = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < end {
        storm.weather.check().await;
        if let Some(archived) = storm.back_up().await
            && storm.chance.one_in(2)
        {
            live::restore(&mut storm, &archived).await;
        }
    }
    storm.weather.stop().await;
    let still = storm.counts.failures.count();
    let archived = storm.back_up().await;
    storm.tell();
    assert!(
        archived.is_some() && storm.counts.failures.count() == still,
        "{}: no backup in the calm",
        storm.place()
    );
    let Counts { right_in_ddl, failed_in_ddl, right, unjudged, .. } = &storm.counts;
    assert!(right_in_ddl + failed_in_ddl > 0, "seed {seed}: no run has met DDL");
    // One of them was made in the calm.
    assert!(*right > 1, "seed {seed}: no run has succeeded in the storm");
    assert!(
        10 * unjudged.len() as u64 <= *right,
        "seed {seed}: the judge has failed too often: {unjudged:?}"
    );
}

impl Storm {
    async fn new(seed: u64) -> Self {
        let (ground, judge) = (Ground::new().await, Judge::new());
        let aitta = judge.appointed(Aitta::new().database(ground.database.url()));
        let weather = Weather::begin(&ground, seed);
        // The rounds take another row of chances than the weather, whose deeds are the same however long these take.
        let chance = Chance::new(!seed);
        Self { weather, seed, run: 0, filling: 0, chance, ground, judge, aitta, counts: Counts::default() }
    }

    /// For messages.
    fn place(&self) -> String {
        format!("seed {}, run {}", self.seed, self.run)
    }

    /// Runs the program.
    async fn aitta(&self, args: &[&str]) -> Finished {
        let mut command = tokio::process::Command::from(self.aitta.command(args));
        let output = tokio::time::timeout(PATIENCE, command.kill_on_drop(true).output()).await;
        let output = output.unwrap_or_else(|_| panic!("{}: {args:?} hangs", self.place())).unwrap();
        Finished {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The code of a run that failed, which is one of the closed list and has its exit code.
    fn code(&self, finished: &Finished) -> String {
        let told = format!("{}: {finished:?}", self.place());
        let json = finished.stderr.find('{').map(|start| &finished.stderr[start..]);
        let failure: serde_json::Value = json
            .and_then(|json| serde_json::from_str(json).ok())
            .unwrap_or_else(|| panic!("no error: {told}"));
        let code = failure["code"].as_str().and_then(ErrorCode::of_word).unwrap_or_else(|| panic!("{told}"));
        assert_eq!(finished.code, Some(code.exit_code().into()), "{told}");
        assert!(failure["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{told}");
        code.to_string()
    }

    /// Makes a backup. One that succeeds is restored and judged, and one that fails must leave nothing behind.
    async fn back_up(&mut self) -> Option<Archived> {
        self.run += 1;
        self.judge.forget(&self.ground).await;
        let (stored, ddl) = (files(&self.aitta.store_dir()), self.weather.done.committed());
        let args = ["backup", "create", "--reason", "storm", "--jobs", "2", "--lock-timeout", "5", "--json"];
        let finished = self.aitta(&args).await;
        let met = u64::from(self.weather.done.committed() > ddl);
        if finished.code != Some(0) {
            let code = self.code(&finished);
            assert_eq!(
                files(&self.aitta.store_dir()),
                stored,
                "{}: {code} left something behind",
                self.place()
            );
            self.counts.failed_in_ddl += met;
            self.counts.failures.add(&code, &finished.stderr);
            return None;
        }
        let id = finished.json()["archive"]["id"].as_str().unwrap().to_owned();
        let archived = self.check(&id).await;
        self.counts.right += 1;
        self.counts.right_in_ddl += met;
        Some(archived)
    }

    /// Restores an archive into a new database, and compares that with the judge's.
    async fn check(&mut self, id: &str) -> Archived {
        let verdict = self.judge.verdict();
        let (restored, judged) = (self.ground.beside("restored"), self.ground.beside("judged"));
        let url = self.ground.server.url(&restored);
        let args = ["backup", "restore", "--backup-id", id, "--to", &url, "--reason", "drill", "--json"];
        let finished = self.aitta(&args).await;
        assert_eq!(finished.code, Some(0), "{}: {id} can't be restored: {finished:?}", self.place());
        let found = Portrait::of(&url).await;
        assert_eq!(found.impossible(), [""; 0], "{}: {id} is wrong by itself", self.place());
        match verdict {
            Verdict::Dump(dump) => {
                self.ground.create(&judged).await;
                let url = self.ground.server.url(&judged);
                tokio::task::block_in_place(|| judge::restore(&dump, &url));
                let differences = found.differences(&Portrait::of(&url).await);
                assert!(differences.is_empty(), "{}: {id}\n{}", self.place(), differences.join("\n"));
                self.ground.remove(&judged).await;
            }
            Verdict::Failed(errors) => self.counts.unjudged.push(errors.trim().to_owned()),
        }
        let (live, next) = (found.rows("live.items").to_owned(), found.rows("next.items").to_owned());
        self.ground.remove(&restored).await;
        Archived { id: id.to_owned(), live, next }
    }

    fn tell(&self) {
        let Counts { right, right_in_ddl, failed_in_ddl, failures, unjudged, .. } = &self.counts;
        println!("{} runs with seed {}", self.run, self.seed);
        println!("{right} right, {right_in_ddl} of them while DDL was committed");
        println!("{} ended with an error, {failed_in_ddl} of them while DDL was committed", failures.count());
        failures.tell();
        println!("{} of the right ones without the judge, who failed: {unjudged:?}", unjudged.len());
        let Counts { restored_live, restored_live_in_exchange, refused_live, .. } = &self.counts;
        println!(
            "{restored_live} restores of tables in the storm, {restored_live_in_exchange} while they were exchanged"
        );
        println!("{} such ended with an error and changed nothing", refused_live.count());
        refused_live.tell();
        println!("{} DDL transactions:", self.weather.done.committed());
        println!("{}", self.weather.done.lines().join("\n"));
        println!("{} transactions of pgbench", self.weather.done.transactions());
    }
}

/// All files below a folder.
fn files(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path.display().to_string()) }
    }
    found.sort();
    found
}

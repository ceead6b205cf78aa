//! Kills at moments of chance over all that writes: backup, whole and partial restore, rotation, deletion, copy,
//! clean-up, rebuild. After each kill nothing is lost, no success is false, no table is torn, and the next run works.
//!
//! What is true is asked of the databases by SQL, and of the stores by their folders: only the test writes to the
//! databases, so it knows each state that there ever was.
//!
//! `cargo xtask chaos` does a thousand kills. `AITTA_CHAOS_SEED` gives the choices of an earlier run again; how quick the
//! machine is stays chance.
#![expect(
    clippy::print_stderr,
    reason = "figures, and the way to a fault, for whoever reads what the tests say"
)]

mod blow;
mod databases;
mod judge;
mod ledger;
mod plan;
mod random;
mod state;
mod tally;
mod world;

use std::hash::{BuildHasher, Hasher};
use std::time::Instant;

use blow::Aim;
use ledger::{ids, partial};
use tally::{KINDS, Kind};
use world::World;

/// Kills of the tests of every day.
const FEW: usize = 25;

/// Archives of a profile above which some are deleted, so that a round stays quick.
const MANY: usize = 8;

/// Databases set aside, likewise.
const MANY_ASIDE: usize = 3;

/// Rounds after which every byte is read.
const DEEP_EVERY: usize = 40;

/// Tries more for a kind that no kill has met in the middle of its work.
const MORE_TRIES: usize = 40;

/// Halves of key files that may lie about when all is done: those of the last few.
const MOST_LEFT: usize = 5;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|e| panic!("{name}={text:?} is no number: {e}")))
}

#[test]
fn nothing_is_lost_and_no_table_is_torn_whatever_is_killed() {
    let seed = number("AITTA_CHAOS_SEED");
    let seed = seed.unwrap_or_else(|| std::hash::RandomState::new().build_hasher().finish());
    let kills = number("AITTA_CHAOS_KILLS").map_or(FEW, |kills| kills as usize);
    eprintln!("{kills} kills; AITTA_CHAOS_SEED={seed} gives these choices again");
    let begun = Instant::now();
    let mut world = World::new(seed);
    for which in [0, 1] {
        world.in_peace(Kind::Backup, which);
        world.in_peace(Kind::Backup, which);
    }
    let (mut deck, mut round) = (Vec::new(), 0);
    while world.tally.kills < kills {
        if deck.is_empty() {
            deck.extend(KINDS);
            world.random.shuffle(&mut deck);
        }
        let kind = deck.pop().unwrap_or(Kind::Backup);
        world.round(kind, None);
        round += 1;
        if round % DEEP_EVERY == 0 {
            world.look_deep();
            eprintln!("{}", world.tally.table());
        }
    }
    for kind in world.tally.never_met() {
        let mut aim = Aim::default();
        for _ in 0..MORE_TRIES {
            if world.tally.never_met().contains(&kind) {
                let before = world.tally.missed(kind);
                let share = aim.next(&mut world.random);
                world.round(kind, Some(share));
                aim.learn(before, world.tally.missed(kind));
            }
        }
    }
    world.end(if kills > FEW { usize::MAX } else { 3 });
    eprintln!("{}{} kills in {:.0?}", world.tally.table(), world.tally.kills, begun.elapsed());
    assert!(world.findings.is_empty(), "{} findings: {:#?}", world.findings.len(), world.findings);
    let never = world.tally.never_met();
    assert!(never.is_empty(), "no kill has met these in the middle of their work: {never:?}");
}

impl World {
    /// One that is killed, at this share of its work or at a moment of chance, and one in peace.
    fn round(&mut self, kind: Kind, share: Option<f64>) {
        // PostgreSQL twice as often: there is more to go wrong.
        let which = if kind == Kind::Side { 0 } else { usize::from(self.random.once_in(3)) };
        self.tidy(which);
        let plan = self.plan(kind, which);
        let blow = self.blow(kind, which, share);
        self.perform(plan, Some(blow));
        let ordinary: Vec<Kind> =
            KINDS.into_iter().filter(|next| which == 0 || *next != Kind::Side).collect();
        let mut next = *self.random.pick(&ordinary);
        if kind == Kind::Copy {
            // What a disk has lost for the test comes back before anything else is lost: a deletion of the last copy that
            // is left would leave a folder that looks like a disk that is not mounted.
            next = Kind::Copy;
        } else if self.turning[which] && self.random.once_in(2) {
            next = Kind::Resume;
        } else if next == Kind::Resume && !self.turning[which] {
            next = Kind::Backup;
        }
        let last = self.runs(which).last().map(|run| run.0);
        self.in_peace(next, which);
        let runs = self.runs(which);
        // A copy that finds nothing to do is no run.
        let ran = runs.last().map(|run| run.0) > last;
        let running: Vec<_> = runs.iter().filter(|run| ran && run.1 == "running").collect();
        assert!(running.is_empty(), "the next run has not seen that these are dead: {running:?}");
    }

    fn tidy(&mut self, which: usize) {
        while ids(&self.ledgers[which].first).len() > MANY {
            self.in_peace(Kind::Delete, which);
        }
        if self.live(which).set_aside().len() > MANY_ASIDE {
            self.in_peace(Kind::Cleanup, which);
        }
    }

    /// After all kills: what was interrupted is finished, and nothing is left of it.
    fn end(&mut self, restores: usize) {
        for which in [0, 1] {
            if self.turning[which] {
                self.in_peace(Kind::Resume, which);
            }
            for kind in [
                Kind::Reencrypt,
                Kind::Copy,
                Kind::Backup,
                Kind::New,
                Kind::Swap,
                Kind::Cleanup,
                Kind::Rebuild,
            ] {
                self.in_peace(kind, which);
            }
            self.json(which, &["--copy", "1", "catalog", "rebuild"]);
            let ledger = &self.ledgers[which];
            for place in [&ledger.first, &ledger.copy] {
                assert_eq!(partial(place), Vec::<String>::new(), "{}", place.display());
            }
            assert_eq!(self.live(which).leftovers(), Vec::<String>::new());
            let runs = self.runs(which);
            let interrupted = runs.iter().filter(|run| run.2.contains("\"interrupted\"")).count();
            let restored = self.restore_kept(which, restores);
            eprintln!(
                "{}: {} runs, {interrupted} of them interrupted; {restored} archives restored and compared",
                self.live(which).profile(),
                runs.len()
            );
        }
        self.look_deep();
        self.expect_little_left();
    }

    /// Killed programs leave little beside the stores, and none of it in the clear.
    fn expect_little_left(&mut self) {
        let names = |folder: &std::path::Path| -> Vec<String> {
            let entries = std::fs::read_dir(folder).unwrap();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
        };
        let home = self.aitta.home().to_owned();
        let marks: Vec<String> = names(&self.aitta.data_dir().join("locks"))
            .into_iter()
            .filter(|name| name.starts_with("run-"))
            .collect();
        let sealed: Vec<String> =
            names(&home).into_iter().filter(|name| name.starts_with(".aitta-")).collect();
        let temporary = names(&home.join("tmp"));
        eprintln!(
            "left: {} marks of runs, {} halves of key files, {} temporary files",
            marks.len(),
            sealed.len(),
            temporary.len()
        );
        for (what, left, most) in [
            ("temporary files", temporary, 0),
            ("marks of runs", marks, 1),
            ("halves of key files", sealed, MOST_LEFT),
        ] {
            if left.len() > most {
                self.find(format!("{} {what} of killed runs stay for ever: {left:?}", left.len()));
            }
        }
    }
}

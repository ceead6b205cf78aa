//! What came of an operation: what the databases and the folders say, and not what the program says.

use std::rc::Rc;

use serde_json::Value;

use super::blow::{self, Blow, Ended};
use super::ledger::{ids, partial, time_of};
use super::plan::{ASIDE, Plan};
use super::state::{Came, State, differing, one_of_two, only, rows_of, with_tables};
use super::tally::Kind;
use super::world::World;

impl World {
    /// Does it to its end, and expects success.
    pub(super) fn in_peace(&mut self, kind: Kind, which: usize) {
        let plan = self.plan(kind, which);
        let profile = self.live(which).profile();
        let said = format!("{kind:?} of {profile} in peace");
        eprintln!("  {said}");
        let came = self.perform(plan, None);
        assert_eq!(came, Came::Done, "{said}");
        self.tally.in_peace(kind);
    }

    /// Does it, strikes, and looks what came of it.
    pub(super) fn perform(&mut self, plan: Plan, blow: Option<Blow>) -> Came {
        let which = plan.which;
        let last = self.runs(which).last().map_or(0, |run| run.0);
        let ended = blow::run(&self.aitta, &plan.args, &self.lock(which), blow);
        if plan.kind == Kind::Copy && ended.stdout.contains("nothing is ever overwritten") {
            let left = partial(&self.ledgers[which].first);
            self.find(format!(
                "`store copy` is stopped by what a killed one has left: {left:?}: {}",
                ended.stdout
            ));
            self.json(which, &["store", "sweep", "--older-than", "0"]);
            return self.perform(plan, None);
        }
        let nothing_to_resume = plan.kind == Kind::Resume
            && ended.failure().as_deref() == Some("config_invalid")
            && !self.turning[which];
        let may_end = match ended.code {
            None | Some(0) => true,
            Some(130) => ended.struck && blow.is_some_and(|blow| !blow.how.is_kill()),
            Some(_) => nothing_to_resume,
        };
        assert!(may_end, "{:?} ended with {:?}: {}\n{}", plan.args, ended.code, ended.stdout, ended.stderr);
        // Of what was killed; or what has ended with an error.
        let interrupted = self.runs(which).iter().any(|run| run.0 > last && run.1 != "succeeded");
        self.tally.measure(plan.kind, self.live(which).profile(), &ended);
        let report = ended.report().filter(|_| matches!(ended.code, None | Some(0)));
        assert!(ended.code != Some(0) || report.is_some(), "{:?} printed no report", plan.args);
        self.lives[which].settle();
        let came = if nothing_to_resume { Came::Done } else { self.judge(&plan, report.as_ref()) };
        if report.is_some() {
            assert_eq!(came, Came::Done, "success was reported: {:?}", plan.args);
            self.expect_swept(&plan);
        } else if ended.code == Some(130) && !self.may_be_in_between(plan.kind) {
            assert_eq!(came, Came::AsBefore, "it was stopped, and said so: {:?}", plan.args);
        }
        if let Some(blow) = blow {
            self.tell(&plan, blow, &ended, interrupted, came);
            self.tally.blow(plan.kind, &ended, interrupted, came);
        }
        self.look_around(&plan, blow.is_some(), report.is_some());
        came
    }

    fn tell(&self, plan: &Plan, blow: Blow, ended: &Ended, interrupted: bool, came: Came) {
        let from = if blow.counts_from_lock { "its lock" } else { "its start" };
        let middle = if interrupted { "in the middle" } else { "not in the middle" };
        eprintln!(
            "#{} {:?} of {}: {:?} {} ms after {from}, {middle}, exit {:?}, {} ms: {came:?}",
            self.tally.kills,
            plan.kind,
            self.live(plan.which).profile(),
            blow.how,
            blow.after.as_millis(),
            ended.code,
            ended.took.as_millis(),
        );
    }

    /// What is done archive by archive, or database by database.
    fn may_be_in_between(&self, kind: Kind) -> bool {
        kind.is_rotation()
            || matches!(kind, Kind::Backup | Kind::Delete | Kind::Copy | Kind::Cleanup | Kind::Rebuild)
    }

    fn judge(&mut self, plan: &Plan, report: Option<&Value>) -> Came {
        let now = self.live(plan.which).state();
        if !matches!(plan.kind, Kind::Swap | Kind::Tables) {
            let differing = differing(&plan.before, &now);
            assert!(differing.is_empty(), "{:?} has changed the live database: {differing:?}", plan.args);
        }
        match plan.kind {
            Kind::Backup => self.judge_backup(plan, report),
            Kind::Swap => self.judge_swap(plan, &now),
            Kind::New => self.judge_new(plan),
            Kind::Tables => self.judge_tables(plan, &now, report),
            Kind::Side => self.judge_side(plan),
            Kind::Rotate | Kind::RollBack | Kind::Reencrypt | Kind::Resume => {
                self.judge_rotation(plan, report)
            }
            Kind::Delete => self.judge_delete(plan, report.is_some()),
            Kind::Copy => {
                if report.is_some() {
                    self.ledgers[plan.which].expect_copies(true);
                }
                self.by_heads(plan, report.is_some())
            }
            Kind::Cleanup => self.judge_cleanup(plan),
            Kind::Rebuild => {
                if plan.args.iter().all(|arg| arg != "--copy") {
                    self.ledgers[plan.which].rebuilt();
                }
                self.by_heads(plan, report.is_some())
            }
        }
    }

    fn judge_backup(&mut self, plan: &Plan, report: Option<&Value>) -> Came {
        let ledger = &mut self.ledgers[plan.which];
        let new = ledger.adopt(&plan.before, true);
        assert!(new.len() < 2, "one backup has made {new:?}");
        if let Some(report) = report {
            assert_eq!(report["archive"]["id"].as_str(), new.first().map(String::as_str), "{report}");
            assert!(report["copies"][0]["failure"].is_null(), "{report}");
            ledger.expect_copies(false);
        }
        if new.is_empty() { Came::AsBefore } else { Came::Done }
    }

    fn judge_swap(&mut self, plan: &Plan, now: &State) -> Came {
        let came = either(plan, &plan.archived, now);
        // The database before is whole, under its other name.
        let live = self.live(plan.which);
        let new: Vec<String> =
            live.set_aside().into_iter().filter(|name| !plan.aside.contains(name)).collect();
        assert_eq!(new.len(), usize::from(came == Came::Done), "{came:?}, and set aside is {new:?}");
        for name in new {
            let kept = live.state_of(&name);
            assert_eq!(
                differing(&plan.before, &kept),
                Vec::<&String>::new(),
                "{name} is not what was there before"
            );
        }
        came
    }

    fn judge_new(&mut self, plan: &Plan) -> Came {
        let live = self.live(plan.which);
        let empty = |state: &State| !state.keys().any(|part| part.starts_with("made "));
        let came = match live.copy_state() {
            None => {
                assert!(!plan.fills, "{:?}: the empty database is gone", plan.args);
                Came::AsBefore
            }
            Some(state) if plan.fills && empty(&state) => Came::AsBefore,
            Some(state) => {
                let differing = differing(&plan.archived, &state);
                assert!(
                    differing.is_empty(),
                    "{:?}: the new database is half done: {differing:?}",
                    plan.args
                );
                Came::Done
            }
        };
        live.drop_copy();
        came
    }

    fn judge_tables(&mut self, plan: &Plan, now: &State, report: Option<&Value>) -> Came {
        let done = with_tables(&plan.before, &plan.archived, &plan.chosen);
        let came = one_of_two(&plan.before, &done, now);
        let came =
            came.unwrap_or_else(|| panic!("{:?}: torn: {}", plan.args, torn(&plan.before, &done, now)));
        // What was overwritten, archived before.
        let kept = Rc::new(only(&plan.before, &plan.chosen));
        let new = self.ledgers[plan.which].adopt(&kept, false);
        if let Some(report) = report {
            let safety = report["safety_archive"].as_str();
            assert_eq!(safety, new.first().map(String::as_str), "{report}");
            assert!(kept.is_empty() || safety.is_some(), "nothing was archived before: {report}");
        }
        assert!(new.len() < 2, "{:?} has made {new:?}", plan.args);
        assert!(
            came == Came::AsBefore || kept.is_empty() || new.len() == 1,
            "overwritten, and not archived before"
        );
        came
    }

    fn judge_side(&mut self, plan: &Plan) -> Came {
        let live = self.live(plan.which);
        let Some(state) = live.schema_state(ASIDE) else { return Came::AsBefore };
        let (wanted, made) = (rows_of(&plan.archived, &plan.chosen), rows_of(&state, &plan.chosen));
        assert_eq!(wanted, made, "{:?}: the schema is half done", plan.args);
        live.drop_schema(ASIDE);
        Came::Done
    }

    fn judge_rotation(&mut self, plan: &Plan, report: Option<&Value>) -> Came {
        let came = self.by_heads(plan, report.is_some());
        let Some(report) = report else {
            // The journal says more than the headers: it is written before the first of them.
            self.turning[plan.which] = self.open_rotations(plan.which) > 0;
            return came;
        };
        assert_eq!(report["unreadable"].as_array().map(Vec::len), Some(0), "{report}");
        assert_eq!(self.open_rotations(plan.which), 0, "it has ended, and the journal says that it goes on");
        self.turning[plan.which] = false;
        let (to, others) = self.ring_of(report["to"].as_str().unwrap());
        self.ledgers[plan.which].check_moved(&self.runtime, &to, &others);
        if plan.kind == Kind::Reencrypt {
            let twins = self.ledgers[plan.which].twins();
            if !twins.is_empty() {
                self.find(format!("after {:?} the first store has archives twice: {twins:?}", plan.args));
            }
            self.take_strays(plan, None);
        }
        Came::Done
    }

    /// Archives of the further store that nothing will ever find again, of this time or of all.
    fn take_strays(&mut self, plan: &Plan, time: Option<&str>) {
        let mut strays = self.ledgers[plan.which].strays();
        strays.retain(|id| time.is_none_or(|time| time_of(id) == time));
        if strays.is_empty() {
            return;
        }
        self.find(format!("after {:?} the further store keeps {strays:?}", plan.args));
        for id in strays {
            self.json(plan.which, &["--copy", "1", "backup", "delete", &id, "--yes", "--reason", "routine"]);
            self.ledgers[plan.which].stray_is_gone(&id);
        }
    }

    fn judge_delete(&mut self, plan: &Plan, reported: bool) -> Came {
        let ledger = &mut self.ledgers[plan.which];
        let (first, copy) = (ids(&ledger.first).contains(&plan.id), ids(&ledger.copy).contains(&plan.id));
        let had_copy = plan.heads.keys().filter(|path| path.to_string_lossy().contains(&plan.id)).count() > 1;
        // Otherwise it would come back from there.
        assert!(first || !copy, "{} is gone from the first store, and its copy is not", plan.id);
        ledger.deleting(&plan.id, reported);
        if reported && !first {
            let time = time_of(&plan.id);
            // Its twin of a rotation that is under way may be there still.
            if self.ledgers[plan.which].given_up.contains(&time) {
                self.take_strays(plan, Some(&time));
            }
        }
        match (first, copy) {
            (false, _) => Came::Done,
            (true, false) if had_copy => Came::Between,
            (true, _) => Came::AsBefore,
        }
    }

    fn judge_cleanup(&mut self, plan: &Plan) -> Came {
        let left = self.live(plan.which).set_aside();
        assert!(left.iter().all(|name| plan.aside.contains(name)), "{left:?} and {:?}", plan.aside);
        match left.len() {
            0 => Came::Done,
            n if n == plan.aside.len() => Came::AsBefore,
            _ => Came::Between,
        }
    }

    /// By what lies in the stores.
    fn by_heads(&self, plan: &Plan, reported: bool) -> Came {
        match self.ledgers[plan.which].heads() == plan.heads {
            _ if reported => Came::Done,
            true => Came::AsBefore,
            false => Came::Between,
        }
    }

    /// What the operation promises to sweep away is gone.
    fn expect_swept(&self, plan: &Plan) {
        let ledger = &self.ledgers[plan.which];
        if plan.kind == Kind::Backup || plan.kind.is_rotation() {
            assert_eq!(partial(&ledger.first), Vec::<String>::new(), "after {:?}", plan.kind);
        }
        if plan.kind.is_rotation() {
            assert_eq!(partial(&ledger.copy), Vec::<String>::new(), "after {:?}", plan.kind);
        }
        let all = partial(&ledger.first).len() + partial(&ledger.copy).len();
        assert!(all < 8, "partial files pile up: {:?} {:?}", partial(&ledger.first), partial(&ledger.copy));
        // One whose session the server has not ended yet may be left to the next.
        let leftovers = self.live(plan.which).leftovers();
        assert!(leftovers.len() < 5, "databases in the making pile up: {leftovers:?}");
    }

    /// Nothing is lost, all that is visible opens, and the list says what is there.
    fn look_around(&mut self, plan: &Plan, struck: bool, reported: bool) {
        let which = plan.which;
        let risen = self.ledgers[which].risen();
        if !risen.is_empty() {
            self.find(format!("after {:?} archives are back that were deleted: {risen:?}", plan.args));
            for id in risen {
                self.json(which, &["backup", "delete", &id, "--yes", "--reason", "routine"]);
            }
        }
        let (ledger, ring) = (&self.ledgers[which], self.ring());
        ledger.check();
        ledger.check_open(&self.runtime, &ring);
        let is_first = plan.args.iter().all(|arg| arg != "--copy");
        let rebuilt = reported && plan.kind == Kind::Rebuild && is_first;
        if struck || rebuilt {
            ledger.check_list(&self.json(which, &["backup", "list"]), rebuilt);
        }
    }

    /// Every archive of both stores, each byte of it, and the audit trail.
    pub(super) fn look_deep(&mut self) {
        for which in [0, 1] {
            for copy in ["0", "1"] {
                let place = if copy == "0" { &self.ledgers[which].first } else { &self.ledgers[which].copy };
                let there = ids(place).len();
                let report =
                    self.json(which, &["--copy", copy, "backup", "verify", "--all", "--level", "content"]);
                let results = report["results"].as_array().unwrap();
                assert!(results.len() == there && results.iter().all(|one| one["ok"] == true), "{report:#}");
            }
            let chain = self.json(which, &["audit", "verify"]);
            assert!(
                chain["fault"].is_null() && chain["others"].as_array().is_none_or(Vec::is_empty),
                "{chain:#}"
            );
        }
    }

    /// Restores archives that must not be lost, so many at most, and compares all of it.
    pub(super) fn restore_kept(&mut self, which: usize, most: usize) -> usize {
        let ledger = &self.ledgers[which];
        let mut both: Vec<String> = ids(&ledger.first).union(&ids(&ledger.copy)).cloned().collect();
        self.random.shuffle(&mut both);
        let to = self.live(which).copy_url();
        let mut restored = 0;
        for id in both {
            if restored == most {
                break;
            }
            let Some(known) = self.ledgers[which].known.get(&time_of(&id)).filter(|known| known.complete)
            else {
                continue;
            };
            let args = ["backup", "restore", "--backup-id", &id, "--to", &to, "--reason", "drill"];
            self.json(which, &args);
            let state = self.live(which).copy_state().unwrap();
            assert_eq!(
                differing(&known.state, &state),
                Vec::<&String>::new(),
                "{id} gives back something else"
            );
            self.live(which).drop_copy();
            restored += 1;
        }
        restored
    }
}

/// As before, or as in the archive, and nothing else.
fn either(plan: &Plan, done: &State, now: &State) -> Came {
    if now == done {
        Came::Done
    } else if *now == *plan.before {
        Came::AsBefore
    } else {
        panic!("{:?}: torn: {}", plan.args, torn(&plan.before, done, now))
    }
}

fn torn(before: &State, done: &State, now: &State) -> String {
    let parts = differing(before, now).into_iter().filter(|part| done.get(*part) != now.get(*part));
    let told = parts.map(|part| {
        let of = |state: &State| state.get(part).cloned().unwrap_or_else(|| "absent".to_owned());
        format!("{part}: before {}, archived {}, now {}", of(before), of(done), of(now))
    });
    format!(
        "neither: {:?}; as before: {:?}; as archived: {:?}",
        told.collect::<Vec<_>>(),
        differing(done, now),
        differing(before, now)
    )
}

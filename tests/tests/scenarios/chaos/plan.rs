//! What is about to be done, on a database whose state is known.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use super::blow::{Blow, How};
use super::ledger::{ids, time_of};
use super::state::{State, has};
use super::tally::Kind;
use super::world::World;

/// Archives that are left whatever is deleted.
const FEWEST: usize = 4;
/// Keys after which no more are made: a rotation to and fro moves the archives as well.
const MOST_KEYS: usize = 12;
/// The schema that tables are put into.
pub(super) const ASIDE: &str = "aside";

/// One operation.
pub(super) struct Plan {
    pub(super) kind: Kind,
    pub(super) which: usize,
    pub(super) args: Vec<String>,
    pub(super) before: Rc<State>,
    /// What whole restores had set aside before.
    pub(super) aside: Vec<String>,
    /// The beginning of each archive before, where its keys are.
    pub(super) heads: BTreeMap<PathBuf, Vec<u8>>,
    /// The archive that is restored or deleted, and what it holds.
    pub(super) id: String,
    pub(super) archived: Rc<State>,
    pub(super) chosen: Vec<&'static str>,
    /// Whether an empty database waits for the archive.
    pub(super) fills: bool,
}

impl World {
    /// Prepares an operation: what it needs to have something to do is made first, in peace.
    pub(super) fn plan(&mut self, kind: Kind, which: usize) -> Plan {
        let mut plan = Plan {
            kind,
            which,
            args: Vec::new(),
            before: Rc::default(),
            aside: Vec::new(),
            heads: BTreeMap::new(),
            id: String::new(),
            archived: Rc::default(),
            chosen: Vec::new(),
            fills: false,
        };
        let mut args: Vec<&str> = match kind {
            Kind::Backup => vec!["backup", "create", "--reason", "chaos"],
            Kind::Swap | Kind::New | Kind::Tables | Kind::Side => {
                vec!["backup", "restore", "--reason", "drill"]
            }
            Kind::Rotate => vec!["key", "rotate"],
            Kind::RollBack => vec!["key", "rotate", "--roll-back"],
            Kind::Reencrypt => vec!["key", "rotate", "--reencrypt"],
            Kind::Resume => vec!["key", "rotate", "--resume"],
            Kind::Delete => vec!["backup", "delete", "--yes", "--reason", "routine"],
            Kind::Copy => vec!["store", "copy"],
            Kind::Cleanup => vec!["restore", "cleanup", "--all", "--reason", "routine"],
            Kind::Rebuild => vec!["catalog", "rebuild"],
        };
        if kind.is_rotation() {
            args.extend(["--reason", "routine"]);
        }
        let to = self.live(which).copy_url();
        match kind {
            Kind::Swap | Kind::New | Kind::Tables | Kind::Side => self.choose(&mut plan),
            Kind::Rotate if self.keys.len() < MOST_KEYS => self.make_key(),
            Kind::Resume if !self.turning[which] => self.begin_to_turn(which),
            Kind::Delete => {
                while ids(&self.ledgers[which].first).len() < FEWEST {
                    self.in_peace(Kind::Backup, which);
                }
                let there: Vec<String> = ids(&self.ledgers[which].first).into_iter().collect();
                plan.id.clone_from(self.random.pick(&there));
            }
            Kind::Copy => self.lose_some(which),
            Kind::Cleanup if self.live(which).set_aside().is_empty() => self.in_peace(Kind::Swap, which),
            _ => {}
        }
        // After what was done in peace: no archive holds this.
        plan.before = self.change(which);
        plan.aside = self.live(which).set_aside();
        plan.heads = self.ledgers[which].heads();
        let tables = plan.chosen.join(",");
        match kind {
            Kind::Swap => args.extend(["--backup-id", &plan.id]),
            Kind::New => {
                plan.fills = self.random.once_in(3);
                if plan.fills {
                    self.live(which).make_copy();
                }
                args.extend(["--backup-id", &plan.id, "--to", &to]);
            }
            Kind::Tables => args.extend(["--backup-id", &plan.id, "--tables", &tables]),
            Kind::Side => args.extend(["--backup-id", &plan.id, "--tables", &tables, "--to-schema", ASIDE]),
            Kind::Delete => args.push(&plan.id),
            Kind::Rebuild if self.random.once_in(3) => args.splice(0..0, ["--copy", "1"]).for_each(drop),
            _ => {}
        }
        plan.args = ["--profile", self.live(which).profile(), "--json"].map(str::to_owned).into();
        plan.args.extend(args.into_iter().map(str::to_owned));
        plan
    }

    /// Chooses an archive, and tables that it has.
    fn choose(&mut self, plan: &mut Plan) {
        let which = plan.which;
        if self.ledgers[which].known.values().filter(|known| known.complete).count() < 2 {
            self.in_peace(Kind::Backup, which);
        }
        for _ in 0..1000 {
            let ledger = &self.ledgers[which];
            let there = ids(&ledger.first).into_iter().chain(ids(&ledger.copy));
            let known: Vec<String> = there.filter(|id| ledger.known.contains_key(&time_of(id))).collect();
            let id = self.random.pick(&known).clone();
            let known = &self.ledgers[which].known[&time_of(&id)];
            let is_whole = matches!(plan.kind, Kind::Swap | Kind::New);
            let chosen: &[&'static str] =
                if is_whole { &[] } else { self.random.pick::<&[&str]>(self.lives[which].choices()) };
            if (known.complete || !is_whole) && has(&known.state, chosen) {
                plan.id = id;
                plan.archived = known.state.clone();
                plan.chosen = chosen.to_vec();
                return;
            }
        }
        panic!("no archive can be restored of {:?}", self.ledgers[which].known.keys());
    }

    /// Begins a rotation and kills it in its middle, so that there is one to go on with.
    fn begin_to_turn(&mut self, which: usize) {
        let kind = *self.random.pick(&[Kind::RollBack, Kind::Reencrypt]);
        for _ in 0..20 {
            let plan = self.plan(kind, which);
            let (_, worked) = self.tally.medians(kind, self.live(which).profile());
            let after = self.random.moment(worked.mul_f64(0.7));
            self.perform(plan, Some(Blow { how: How::Kill, after, counts_from_lock: true }));
            if self.turning[which] {
                return;
            }
        }
        panic!("twenty rotations in a row ended before they were killed");
    }

    /// Lets a disk lose some archives of which both stores have one, or else makes new ones that are not copied yet.
    fn lose_some(&mut self, which: usize) {
        let ledger = &self.ledgers[which];
        let copied = ids(&ledger.copy);
        let mut both: Vec<String> = ids(&ledger.first).into_iter().filter(|id| copied.contains(id)).collect();
        both.retain(|id| ledger.known.get(&time_of(id)).is_some_and(|known| known.first && known.copy));
        self.random.shuffle(&mut both);
        // One stays: an empty folder would look like a disk that is not mounted.
        both.truncate(3.min(both.len().saturating_sub(1)));
        // While a rotation is under way the archive may be in one store under its new id, and in the other one under
        // the old one.
        let from_first = !self.turning[which] && self.random.once_in(3);
        for id in both {
            self.ledgers[which].lose(from_first, &id);
        }
    }

    /// A moment of chance over a run of this kind and a little more.
    pub(super) fn blow(&mut self, kind: Kind, which: usize, share: Option<f64>) -> Blow {
        let (took, worked) = self.tally.medians(kind, self.live(which).profile());
        let counts_from_lock = share.is_some() || !self.random.once_in(3);
        let span: Duration = if counts_from_lock { worked } else { took };
        let after = match share {
            Some(share) => span.mul_f64(share),
            None => self.random.moment(span.mul_f64(1.2)),
        };
        Blow { how: How::of_chance(&mut self.random), after, counts_from_lock }
    }
}

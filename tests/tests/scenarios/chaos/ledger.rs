//! The archives of a profile as the test knows them: what each holds, and where it has to lie.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use aitta_engine::keys::KeyRing;
use aitta_engine::reading::OpenArchive;
use aitta_engine::store::{LocalStore, Store};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::state::State;

/// More than a header takes.
const HEAD: usize = 4096;

/// An archive that must not get lost.
pub(super) struct Known {
    pub(super) state: Rc<State>,
    pub(super) complete: bool,
    /// Whether the first store has to have it.
    pub(super) first: bool,
    /// Whether the further store has to have it.
    pub(super) copy: bool,
    /// Lost in the first store before a rebuild, which forgets such: it is not put back.
    forgotten: bool,
}

/// By the time of their backup, which stays when they are written anew under other ids.
pub(super) struct Ledger {
    pub(super) first: PathBuf,
    pub(super) copy: PathBuf,
    pub(super) known: BTreeMap<String, Known>,
    /// What must never come back.
    deleted: BTreeSet<String>,
    /// Times of archives whose deletion was begun.
    pub(super) given_up: BTreeSet<String>,
}

/// The part of an id that stays.
pub(super) fn time_of(id: &str) -> String {
    id.split('-').nth(1).unwrap_or_else(|| panic!("{id} is no id")).to_owned()
}

/// The archives in a store, from its folder.
pub(super) fn ids(store: &Path) -> BTreeSet<String> {
    let names = names(&store.join("backups")).into_iter();
    names
        .filter_map(|name| name.strip_suffix(".backup").filter(|id| !id.starts_with('.')).map(str::to_owned))
        .collect()
}

/// Files that are not whole.
pub(super) fn partial(store: &Path) -> Vec<String> {
    let all = ["backups", "metadata"].into_iter().flat_map(|folder| names(&store.join(folder)));
    all.filter(|name| name.starts_with('.')).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn file(store: &Path, id: &str) -> PathBuf {
    store.join("backups").join(format!("{id}.backup"))
}

impl Ledger {
    pub(super) fn new(folder: &Path, profile: &str) -> Self {
        let [first, copy] = ["store", "copy"].map(|place| folder.join(format!("{profile}-{place}")));
        for place in [&first, &copy] {
            fs::create_dir(place).unwrap();
        }
        let (known, deleted, given_up) = Default::default();
        Self { first, copy, known, deleted, given_up }
    }

    /// Enters what lies in the stores and was not known; returns the ids. It was made of a database in this state.
    ///
    /// Where an archive was restored from the further store, what was overwritten lies there, too, and there alone.
    pub(super) fn adopt(&mut self, state: &Rc<State>, complete: bool) -> Vec<String> {
        let (first, copy) = (ids(&self.first), ids(&self.copy));
        let is_new = |id: &&String| {
            let time = time_of(id);
            !self.known.contains_key(&time) && !self.given_up.contains(&time)
        };
        let new: Vec<String> = first.union(&copy).filter(is_new).cloned().collect();
        for id in &new {
            let is_first = first.contains(id);
            let (state, forgotten) = (state.clone(), !is_first);
            let known = Known { state, complete, first: is_first, copy: !is_first, forgotten };
            self.known.insert(time_of(id), known);
        }
        new
    }

    /// Both stores have to have all of it: a copy ended well.
    pub(super) fn expect_copies(&mut self, put_back: bool) {
        for known in self.known.values_mut() {
            known.first |= put_back && !known.forgotten;
            known.copy |= known.first;
        }
    }

    /// The catalog was made anew from the first store, or that was begun.
    pub(super) fn rebuilt(&mut self) {
        self.known.values_mut().filter(|known| !known.first).for_each(|known| known.forgotten = true);
    }

    /// A deletion of this archive was reported, or only begun.
    pub(super) fn deleting(&mut self, id: &str, reported: bool) {
        let time = time_of(id);
        let here = |place: &Path| ids(place).iter().any(|other| time_of(other) == time);
        let (first, copy) = (here(&self.first), here(&self.copy));
        if reported {
            self.deleted.insert(id.to_owned());
        }
        if !first && (reported || !copy) {
            self.known.remove(&time);
            self.given_up.insert(time);
        } else if let Some(known) = self.known.get_mut(&time) {
            (known.first, known.copy, known.forgotten) = (first, copy && known.copy, !first);
        }
    }

    /// Nothing is lost, and nothing that was deleted is back.
    pub(super) fn check(&self) {
        let (first, copy) = (ids(&self.first), ids(&self.copy));
        let times =
            |ids: &BTreeSet<String>| -> BTreeSet<String> { ids.iter().map(|id| time_of(id)).collect() };
        let (in_first, in_copy) = (times(&first), times(&copy));
        for (time, known) in &self.known {
            assert!(!known.first || in_first.contains(time), "the archive of {time} is lost: {first:?}");
            assert!(
                !known.copy || in_copy.contains(time),
                "the copy of the archive of {time} is lost: {copy:?}"
            );
            assert!(in_first.contains(time) || in_copy.contains(time), "{time} is lost: {first:?}, {copy:?}");
        }
        for id in &self.deleted {
            assert!(
                !first.contains(id) && !copy.contains(id),
                "{id} was deleted, and is back: {first:?}, {copy:?}"
            );
        }
    }

    /// Every archive that is visible opens with these keys.
    pub(super) fn check_open(&self, runtime: &Runtime, ring: &KeyRing) {
        for place in [&self.first, &self.copy] {
            for id in ids(place) {
                let opened = self.opens(runtime, place, &id, ring);
                opened.unwrap_or_else(|e| panic!("{id} in {} does not open: {e}", place.display()));
            }
        }
    }

    /// Every archive opens with this key, and none with the others.
    pub(super) fn check_moved(&self, runtime: &Runtime, to: &KeyRing, others: &[KeyRing]) {
        self.check_open(runtime, to);
        for place in [&self.first, &self.copy] {
            for id in ids(place) {
                for other in others {
                    let opened = self.opens(runtime, place, &id, other);
                    assert!(
                        opened.is_err(),
                        "{id} in {} still opens with a key that was left",
                        place.display()
                    );
                }
            }
        }
    }

    fn opens(&self, runtime: &Runtime, place: &Path, id: &str, ring: &KeyRing) -> Result<(), String> {
        let store: Arc<dyn Store> = Arc::new(LocalStore::new(place.to_owned()));
        let opened = runtime.block_on(OpenArchive::open(store, id.parse().unwrap(), ring));
        opened.map(drop).map_err(|e| e.to_string())
    }

    /// Archives of the further store that the first one has under other ids, or not at all although this time was
    /// given up: no deletion and no rotation will find them.
    pub(super) fn strays(&self) -> Vec<String> {
        let first = ids(&self.first);
        let is_stray = |id: &String| {
            let time = time_of(id);
            !first.contains(id)
                && (first.iter().any(|other| time_of(other) == time) || self.given_up.contains(&time))
        };
        ids(&self.copy).into_iter().filter(is_stray).collect()
    }

    /// The test has deleted this stray: no other copy of its archive need be there before the next backup.
    pub(super) fn stray_is_gone(&mut self, id: &str) {
        let time = time_of(id);
        let is_copied = ids(&self.copy).iter().any(|id| time_of(id) == time);
        if let Some(known) = self.known.get_mut(&time) {
            known.copy &= is_copied;
        }
    }

    /// Archives that are back in the first store although they were deleted, under another id.
    pub(super) fn risen(&self) -> Vec<String> {
        ids(&self.first).into_iter().filter(|id| self.given_up.contains(&time_of(id))).collect()
    }

    /// Archives of the first store that are there twice, under different ids.
    pub(super) fn twins(&self) -> Vec<String> {
        let ids = ids(&self.first);
        let has_twin = |id: &&String| ids.iter().any(|other| other != *id && time_of(other) == time_of(id));
        ids.iter().filter(has_twin).cloned().collect()
    }

    /// What `backup list` says is what lies there. It may name as missing only what was being deleted or moved.
    pub(super) fn check_list(&self, list: &Value, rebuilt: bool) {
        let first = ids(&self.first);
        let listed: BTreeSet<String> = list["archives"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line["id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(listed, first, "{list:#}");
        for line in list["archives"].as_array().unwrap() {
            assert_ne!(line["state"], "damaged", "{line}");
        }
        for id in list["missing"].as_array().unwrap() {
            let time = time_of(id.as_str().unwrap());
            let moved = first.iter().any(|id| time_of(id) == time);
            let lost = self.known.get(&time).is_some_and(|known| !known.first);
            assert!(!rebuilt, "after a rebuild {id} is still called missing");
            assert!(
                moved || lost || self.given_up.contains(&time),
                "{id} is called missing, and nobody deleted it"
            );
        }
        assert_eq!(list["strange"].as_array().map_or(0, Vec::len), 0, "{list:#}");
    }

    /// The beginning of each archive, where its keys are.
    pub(super) fn heads(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let places = [&self.first, &self.copy].into_iter();
        let files = places.flat_map(|place| ids(place).into_iter().map(|id| file(place, &id)));
        files
            .map(|path| {
                let mut bytes = fs::read(&path).unwrap();
                bytes.truncate(HEAD);
                (path, bytes)
            })
            .collect()
    }

    /// A disk loses this archive, with its sidecar.
    pub(super) fn lose(&mut self, from_first: bool, id: &str) {
        let place = if from_first { &self.first } else { &self.copy };
        fs::remove_file(file(place, id)).unwrap();
        drop(fs::remove_file(place.join("metadata").join(format!("{id}.json"))));
        if let Some(known) = self.known.get_mut(&time_of(id)) {
            *(if from_first { &mut known.first } else { &mut known.copy }) = false;
        }
    }
}

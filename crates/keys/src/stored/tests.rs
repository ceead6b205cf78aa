#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Mutex;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::*;
use crate::{FoundKeys, MemoryVault};

fn now() -> Timestamp {
    "2026-11-01T12:00:00Z".parse().unwrap()
}

fn vault_key(number: u8) -> VaultKey {
    VaultKey::from_hex(&format!("{number:064x}")).unwrap()
}

fn id(number: u8) -> String {
    vault_key(number).id().to_string()
}

/// A vault that the power leaves at one of its calls: before the call has done anything, or after.
struct Failing {
    inner: MemoryVault,
    calls_left: Mutex<u32>,
    after: bool,
}

impl Failing {
    fn call<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let mut left = self.calls_left.lock().unwrap();
        let fails = *left == 0;
        *left = left.saturating_sub(1);
        let gone = || Err(Error::new(ErrorCode::KeychainUnavailable, "the power is gone", "try again"));
        match (fails, self.after) {
            (false, _) => work(),
            (true, false) => gone(),
            (true, true) => work().and_then(|_| gone()),
        }
    }
}

impl KeyVault for Failing {
    fn place(&self) -> &'static str {
        "keychain"
    }

    fn is_there(&self) -> bool {
        true
    }

    fn read(&self, name: &str) -> Result<Option<Zeroizing<String>>> {
        self.call(|| self.inner.read(name))
    }

    fn write(&self, name: &str, secret: &str) -> Result<()> {
        self.call(|| self.inner.write(name, secret))
    }

    fn delete(&self, name: &str) -> Result<()> {
        self.call(|| self.inner.delete(name))
    }
}

/// Makes key 1 (or finds it there, from an earlier version), then key 2, imports key 3, and destroys key 1. Can be
/// done again from any point.
fn story(vault: &dyn KeyVault, data_dir: &Path, done: &mut usize) -> Result<()> {
    let step = |work: &mut dyn FnMut(&mut Index) -> Result<()>| change(vault, data_dir, |index| work(index));
    for number in [1, 2] {
        step(&mut |index| {
            if index.find(&id(number)).is_none() {
                keep(vault, &vault_key(number))?;
                index.put(Entry::new(id(number), KeyState::Pending, Some(now())));
            }
            Ok(())
        })?;
        *done += 1;
        step(&mut |index| {
            if index.find(&id(number)).unwrap().state == KeyState::Pending {
                index.activate(&id(number), now(), 30);
            }
            Ok(())
        })?;
        *done += 1;
    }
    step(&mut |index| {
        keep(vault, &vault_key(3))?;
        index.put(Entry::new(id(3), KeyState::Retired, None));
        Ok(())
    })?;
    *done += 1;
    step(&mut |index| {
        let entry = index.find_mut(&id(1)).unwrap();
        (entry.state, entry.destroyed) = (KeyState::Destroyed, Some(now()));
        Ok(())
    })?;
    *done += 1;
    Ok(())
}

fn assert_nothing_lost(vault: &MemoryVault, done: usize, earlier: bool) {
    let index = load(vault).unwrap();
    for entry in &index.keys {
        let there = key(vault, &entry.id).unwrap().is_some();
        match entry.state {
            // One that is called destroyed may still be there; the next change wipes it.
            KeyState::Destroyed => assert!(there || entry.wiped || done >= 5),
            _ => assert!(there, "{entry:?} is named, and gone"),
        }
    }
    let active = index.active().map(|entry| entry.id.clone());
    match done {
        0 | 1 if !earlier => assert!(active.is_none() || active == Some(id(1))),
        0..=3 => assert!(active == Some(id(1)) || active == Some(id(2))),
        _ => assert_eq!(active, Some(id(2))),
    }
    match keys(vault) {
        Ok(ring) => {
            assert_eq!(Some(ring.active_id().to_string()), active);
            assert_eq!(ring.ids().len(), 1 + index.in_state(KeyState::Retired).count());
        }
        Err(e) => assert!(e.code() == ErrorCode::KeyMissing && done < 2, "{e}"),
    }
}

fn the_power_goes_at_every_call(earlier: bool) {
    let mut most = 0;
    for after in [false, true] {
        for n in 0.. {
            let dir = tempfile::tempdir().unwrap();
            let vault = Failing { inner: MemoryVault::default(), calls_left: Mutex::new(n), after };
            if earlier {
                vault.inner.write(EARLIER, &vault_key(1).to_hex()).unwrap();
            }
            let mut done = 0;
            let ended = story(&vault, dir.path(), &mut done);
            assert_nothing_lost(&vault.inner, done, earlier);
            let completed = ended.is_ok();
            // On the next day the power is back.
            story(&vault.inner, dir.path(), &mut 0).unwrap();
            let ring = keys(&vault.inner).unwrap();
            assert_eq!(ring.ids().iter().map(ToString::to_string).collect::<Vec<_>>(), [id(2), id(3)]);
            assert!(key(&vault.inner, &id(1)).unwrap().is_none(), "destroyed for good");
            assert!(vault.inner.read(EARLIER).unwrap().is_none());
            most = most.max(n);
            if completed {
                break;
            }
        }
    }
    assert!(most > 25, "only {most} calls were cut short");
}

#[test]
fn power_lost_at_any_call_loses_no_key() {
    the_power_goes_at_every_call(false);
}

#[test]
fn power_lost_at_any_call_loses_no_key_of_an_earlier_version() {
    the_power_goes_at_every_call(true);
}

#[test]
fn the_key_of_an_earlier_version_is_the_active_one_and_stays_where_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let vault = MemoryVault::default();
    vault.write(EARLIER, &vault_key(1).to_hex()).unwrap();
    assert_eq!(keys(&vault).unwrap().active_id().to_string(), id(1));
    change(&vault, dir.path(), |index| {
        keep(&vault, &vault_key(2))?;
        index.put(Entry::new(id(2), KeyState::Pending, None));
        index.activate(&id(2), now(), 30);
        Ok(())
    })
    .unwrap();
    let ring = keys(&vault).unwrap();
    assert_eq!(ring.ids().iter().map(ToString::to_string).collect::<Vec<_>>(), [id(2), id(1)]);
    assert!(vault.read(EARLIER).unwrap().is_some(), "an earlier version still finds it");
    // One that an earlier version has put there since opens archives too.
    vault.write(EARLIER, &vault_key(4).to_hex()).unwrap();
    assert_eq!(keys(&vault).unwrap().active_id().to_string(), id(2));
    assert!(keys(&vault).unwrap().find(&id(4)).is_some());
}

#[test]
fn a_key_that_was_never_confirmed_is_in_no_ring() {
    let dir = tempfile::tempdir().unwrap();
    let vault = MemoryVault::default();
    let error = keys(&vault).err().unwrap();
    assert_eq!(error.code(), ErrorCode::KeyMissing);
    assert!(error.hint().contains("aitta key import"), "{}", error.hint());
    change(&vault, dir.path(), |index| {
        keep(&vault, &vault_key(1))?;
        index.put(Entry::new(id(1), KeyState::Pending, None));
        Ok(())
    })
    .unwrap();
    let error = keys(&vault).err().unwrap();
    assert_eq!(error.code(), ErrorCode::KeyMissing);
    assert!(error.to_string().contains("never confirmed"), "{error}");
}

#[test]
fn an_active_key_that_is_gone_is_named_and_a_retired_one_stops_no_backup() {
    let dir = tempfile::tempdir().unwrap();
    let vault = MemoryVault::default();
    story(&vault, dir.path(), &mut 0).unwrap();
    vault.delete(&name(&id(3))).unwrap();
    assert_eq!(keys(&vault).unwrap().ids().len(), 1);
    vault.delete(&name(&id(2))).unwrap();
    let error = keys(&vault).err().unwrap();
    assert_eq!(error.code(), ErrorCode::KeyMissing);
    assert!(error.to_string().contains(&id(2)), "{error}");
}

#[test]
fn a_damaged_list_is_set_aside_by_an_import_only() {
    let dir = tempfile::tempdir().unwrap();
    let vault = MemoryVault::default();
    vault.write(INDEX, "{ damaged").unwrap();
    let begun = |change: &dyn Fn() -> Result<()>| change().err().map(|e| e.code());
    assert_eq!(begun(&|| change(&vault, dir.path(), |_| Ok(()))), Some(ErrorCode::KeyInvalid));
    assert_eq!(keys(&vault).err().unwrap().code(), ErrorCode::KeyInvalid);
    assert_eq!(begun(&|| change_or_begin(&vault, dir.path(), |_| Ok(()))), None);
    assert_eq!(vault.read(INDEX_ASIDE).unwrap().unwrap().as_str(), "{ damaged");
    vault.write(INDEX, "{\"version\":9}").unwrap();
    assert_eq!(begun(&|| change_or_begin(&vault, dir.path(), |_| Ok(()))), Some(ErrorCode::Unsupported));
}

#[test]
fn a_ring_that_another_process_has_changed_is_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let vault = MemoryVault::default();
    story(&vault, dir.path(), &mut 0).unwrap();
    let reads = Mutex::new(0);
    let found = FoundKeys::default();
    let get = || {
        let find = || {
            *reads.lock().unwrap() += 1;
            keys(&vault)
        };
        found.get(dir.path(), find).unwrap().active_id().to_string()
    };
    assert_eq!((get(), get(), *reads.lock().unwrap()), (id(2), id(2), 1));
    change(&vault, dir.path(), |index| {
        index.activate(&id(3), now(), 30);
        Ok(())
    })
    .unwrap();
    assert_eq!((get(), *reads.lock().unwrap()), (id(3), 2));
}

/// Two processes at once lose none of each other's keys.
#[test]
fn changes_at_the_same_time_wait_for_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let vault = MemoryVault::default();
    std::thread::scope(|scope| {
        for number in 1..=8 {
            let (vault, dir) = (&vault, dir.path());
            scope.spawn(move || {
                change(vault, dir, |index| {
                    keep(vault, &vault_key(number))?;
                    index.put(Entry::new(id(number), KeyState::Retired, None));
                    Ok(())
                })
                .unwrap();
            });
        }
    });
    assert_eq!(load(&vault).unwrap().keys.len(), 8);
}

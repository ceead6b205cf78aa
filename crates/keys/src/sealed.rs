//! Secrets in a file, for machines without a keychain: sealed by a passphrase (the key file), or by the vault key
//! that the environment gives.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use aitta_archive::VaultKey;
use aitta_base::{Error, Result, lock};
use aitta_model::{Command, ErrorCode};
use zeroize::{Zeroize, Zeroizing};

use super::vault::{KEY_FILE, SECRETS_FILE};
use super::{Asked, FILE_VARIABLE, KeyInputs, KeyVault, RETIRED_VARIABLE};

mod file;

use file::{Cost, MAX_LEN, Master, Sealed, SealedBy};

/// Names and secrets in one file, which is read and replaced as a whole.
pub struct SealedVault {
    path: PathBuf,
    lock: Lock,
    /// What the passphrase came to, with what it was stretched by: once for each process, since it takes long.
    stretched: Mutex<Option<(SealedBy, Master)>>,
}

enum Lock {
    Passphrase {
        inputs: KeyInputs,
        /// Of a file that is made.
        cost: Cost,
    },
    /// The first one seals, all of them open.
    Keys(Vec<VaultKey>),
}

/// What was in the file. Wiped on drop.
#[derive(Default)]
struct Secrets(BTreeMap<String, String>);

impl Drop for Secrets {
    fn drop(&mut self) {
        self.0.values_mut().for_each(Zeroize::zeroize);
    }
}

impl SealedVault {
    /// A key file, whose passphrase comes from these inputs when it is needed. The file is made by the first write.
    #[must_use]
    pub fn by_passphrase(path: PathBuf, inputs: KeyInputs) -> Self {
        Self::with(path, Lock::Passphrase { inputs, cost: Cost::RFC_9106 })
    }

    /// A key file that is made with another cost of its passphrase.
    #[cfg(test)]
    fn at_cost(path: PathBuf, inputs: KeyInputs, cost: Cost) -> Self {
        Self::with(path, Lock::Passphrase { inputs, cost })
    }

    /// A file that is sealed by the first of these keys. One that another of them has sealed is sealed anew.
    pub(crate) fn by_keys(path: PathBuf, keys: Vec<VaultKey>) -> Self {
        Self::with(path, Lock::Keys(keys))
    }

    fn with(path: PathBuf, lock: Lock) -> Self {
        Self { path, lock, stretched: Mutex::new(None) }
    }

    /// What is in the file; `None` when there is none. A folder that is not there is an error: it may be a disk that
    /// is not mounted.
    fn load(&self) -> Result<Option<(Secrets, SealedBy)>> {
        let mut bytes = Vec::new();
        let read =
            File::open(&self.path).and_then(|file| file.take(MAX_LEN as u64 + 1).read_to_end(&mut bytes));
        match read {
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound && self.folder().is_dir() => return Ok(None),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(self.no_folder()),
            Err(e) => return Err(self.failed("read", e)),
        }
        let sealed = Sealed::parse(&bytes).map_err(|e| self.unfit(&e))?;
        let master = self.master(&sealed.by, Asked::Existing)?;
        if !sealed.is_for(&master) {
            self.forget();
            return Err(self.wrong(&sealed.by));
        }
        let plain = sealed.open(&master).map_err(|e| self.unfit(&e))?;
        let map = serde_json::from_slice(&plain).map_err(|e| self.unfit(&e.to_string()))?;
        Ok(Some((Secrets(map), sealed.by)))
    }

    /// Changes what is in the file, one process at a time.
    fn change(&self, work: impl FnOnce(&mut Secrets)) -> Result<()> {
        if !self.folder().is_dir() {
            return Err(self.no_folder());
        }
        let guard = lock::locked_file(&self.lock_file()).map_err(|e| self.failed("lock", e))?;
        let (mut secrets, by) = match self.load()? {
            Some((secrets, by)) => (secrets, self.seal_next(Some(by))?),
            None => (Secrets::default(), self.seal_next(None)?),
        };
        work(&mut secrets);
        let master = self.master(&by, Asked::New)?;
        let plain = Zeroizing::new(serde_json::to_vec(&secrets.0).map_err(|e| self.unfit(&e.to_string()))?);
        let bytes = file::seal(&by, &master, &plain)?;
        if bytes.len() > MAX_LEN {
            return Err(self.unfit("it would become too long"));
        }
        self.replace(&bytes).map_err(|e| self.failed("written", e))?;
        drop(guard);
        Ok(())
    }

    /// What the file is to be sealed by when it is written next.
    fn seal_next(&self, now: Option<SealedBy>) -> Result<SealedBy> {
        match (&self.lock, now) {
            (Lock::Keys(keys), _) => match keys.first() {
                Some(key) => Ok(SealedBy::Key(key.id().0)),
                None => Err(self.wrong(&SealedBy::Key([0; 8]))),
            },
            (Lock::Passphrase { .. }, Some(by @ SealedBy::Passphrase { .. })) => Ok(by),
            (Lock::Passphrase { cost, .. }, _) => {
                Ok(SealedBy::Passphrase { cost: *cost, salt: crate::random()? })
            }
        }
    }

    fn master(&self, by: &SealedBy, asked: Asked) -> Result<Master> {
        match (&self.lock, by) {
            (Lock::Keys(keys), SealedBy::Key(id)) => {
                let key = keys.iter().find(|key| key.id().0 == *id).ok_or_else(|| self.wrong(by))?;
                Ok(Master::of_key(key))
            }
            (Lock::Passphrase { inputs, .. }, SealedBy::Passphrase { cost, salt }) => {
                let mut stretched = self.stretched.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some((known, master)) = stretched.as_ref()
                    && known == by
                {
                    return Ok(master.clone());
                }
                let passphrase = inputs.passphrase(asked, &self.path)?;
                if asked == Asked::New && passphrase.chars().count() < 8 {
                    return Err(Error::new(
                        ErrorCode::KeyInvalid,
                        "the passphrase of the key file is too short",
                        "take at least 8 characters; five or more random words are better",
                    ));
                }
                let master = Master::of_passphrase(&passphrase, *cost, salt)?;
                *stretched = Some((by.clone(), master.clone()));
                Ok(master)
            }
            (_, by) => Err(self.wrong(by)),
        }
    }

    fn forget(&self) {
        *self.stretched.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Puts a new file in the place of the old one; stopped at any point, one of the two is there, whole.
    fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        // A link stays one.
        let target = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let folder = target.parent().unwrap_or(Path::new("."));
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let beginning = format!(".{name}.new-");
        sweep(folder, &beginning)?;
        let mut new = tempfile::Builder::new().prefix(&beginning).tempfile_in(folder)?;
        new.write_all(bytes)?;
        new.as_file().sync_all()?;
        new.persist(&target)?;
        #[cfg(unix)]
        File::open(folder)?.sync_all()?;
        // Read back: only what can be read was kept.
        if fs::read(&target)? == bytes {
            Ok(())
        } else {
            Err(io::Error::other("the file read back differs from what was written"))
        }
    }

    fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }

    fn lock_file(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".lock");
        name.into()
    }

    fn no_folder(&self) -> Error {
        Error::new(
            ErrorCode::KeychainUnavailable,
            format!("the folder of the {} {} does not exist", self.place(), self.path.display()),
            format!("check that its disk is mounted and that {FILE_VARIABLE} is right; or make the folder"),
        )
    }

    fn failed(&self, what: &str, error: io::Error) -> Error {
        Error::new(
            ErrorCode::KeychainUnavailable,
            format!("the {} {} cannot be {what}: {error}", self.place(), self.path.display()),
            "check the disk, and give the user that runs Aitta the right to read and write there",
        )
        .with_source(error)
    }

    fn unfit(&self, what: &str) -> Error {
        Error::new(
            ErrorCode::KeyInvalid,
            format!("the {} {} cannot be used: {what}", self.place(), self.path.display()),
            match self.lock {
                Lock::Passphrase { .. } => format!(
                    "fetch the file from a copy; or set {FILE_VARIABLE} to a path that does not exist yet, \
                     and take the keys from their recovery kits with {key_import}",
                    key_import = Command::KeyImport
                ),
                Lock::Keys(_) => {
                    "fetch the file from a copy; or move it away, and set up again what was in it".to_owned()
                }
            },
        )
    }

    fn wrong(&self, by: &SealedBy) -> Error {
        let path = self.path.display();
        match (&self.lock, by) {
            (Lock::Passphrase { .. }, SealedBy::Passphrase { .. }) => Error::new(
                ErrorCode::KeyWrong,
                format!("the passphrase does not open the key file {path}"),
                format!(
                    "give it again: capital letters and the layout of the keyboard count; if it is lost, \
                     set {FILE_VARIABLE} to a path that does not exist yet, and take the keys from their \
                     recovery kits with {key_import}",
                    key_import = Command::KeyImport
                ),
            ),
            (Lock::Keys(_), SealedBy::Key(id)) => Error::new(
                ErrorCode::KeyWrong,
                format!(
                    "the secrets file {path} is sealed by the key {}, which is not at hand",
                    hex::encode(id)
                ),
                format!("add that key to {RETIRED_VARIABLE}; the file is then sealed by the key in use"),
            ),
            (Lock::Passphrase { .. }, SealedBy::Key(_)) => {
                self.unfit("a key seals it, and not a passphrase").hint_instead(format!(
                    "set {FILE_VARIABLE} to the path of a key file, or to one that does not exist yet"
                ))
            }
            (Lock::Keys(_), SealedBy::Passphrase { .. }) => self
                .unfit("a passphrase seals it, and not a key")
                .hint_instead(format!("set {FILE_VARIABLE} to it, if it is your key file")),
        }
    }
}

/// Removes what a killed process has left: a whole copy, which a key that is destroyed later would still be in. The
/// caller has the lock of the file, so nobody is writing one. What can't be removed is no reason to keep a change back.
fn sweep(folder: &Path, beginning: &str) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(beginning)
            && let Err(error) = fs::remove_file(entry.path())
        {
            let path = entry.path();
            tracing::warn!(path = %path.display(), %error, "it may hold keys that are destroyed later, and stays");
        }
    }
    Ok(())
}

impl KeyVault for SealedVault {
    fn place(&self) -> &'static str {
        match self.lock {
            Lock::Passphrase { .. } => KEY_FILE,
            Lock::Keys(_) => SECRETS_FILE,
        }
    }

    fn is_there(&self) -> bool {
        true
    }

    fn read(&self, name: &str) -> Result<Option<Zeroizing<String>>> {
        let Some((secrets, by)) = self.load()? else { return Ok(None) };
        // Before the key that still opens it is taken out of the environment.
        if matches!(self.lock, Lock::Keys(_)) && self.seal_next(None)? != by {
            self.change(|_| {})?;
        }
        Ok(secrets.0.get(name).map(|secret| Zeroizing::new(secret.clone())))
    }

    fn write(&self, name: &str, secret: &str) -> Result<()> {
        self.change(|secrets| {
            if let Some(mut before) = secrets.0.insert(name.to_owned(), secret.to_owned()) {
                before.zeroize();
            }
        })
    }

    fn delete(&self, name: &str) -> Result<()> {
        if self.load()?.is_none_or(|(secrets, _)| !secrets.0.contains_key(name)) {
            return Ok(());
        }
        self.change(|secrets| {
            if let Some(mut before) = secrets.0.remove(name) {
                before.zeroize();
            }
        })
    }
}

#[cfg(test)]
mod tests;

//! What is drawn, where to, and what was found on the way.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::findings::Findings;
use crate::look::{Language, Look};

const USAGE: &str = "tour --out DIR [--look TEXT] [FILTER]";

/// One run of this program.
pub(crate) struct Tour {
    out: PathBuf,
    /// A part of `WORLD/NAME`.
    filter: String,
    /// A part of the folder of a look.
    look: String,
    findings: Mutex<Findings>,
    drawn: AtomicUsize,
}

impl Tour {
    pub(crate) fn from_args(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut out, mut look, mut filter) = (None, String::new(), String::new());
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--out" => out = args.next(),
                "--look" => look = args.next().ok_or(USAGE)?,
                option if option.starts_with('-') => return Err(USAGE.to_owned()),
                _ => filter = arg,
            }
        }
        let out = PathBuf::from(out.ok_or(USAGE)?);
        std::fs::create_dir_all(&out).map_err(|e| format!("{}: {e}", out.display()))?;
        Ok(Self { out, filter, look, findings: Mutex::default(), drawn: AtomicUsize::new(0) })
    }

    /// Whether the app has to be started for a world in this language. A filter that names no world may name a
    /// picture in any of them.
    pub(crate) fn enters(&self, world: &str, language: Language) -> bool {
        let named = self.filter.split('/').next().unwrap_or_default();
        let is_world = crate::WORLDS.iter().any(|(name, _)| *name == named);
        (!is_world || named == world) && !self.looks(language).is_empty()
    }

    pub(crate) fn wants(&self, world: &str, name: &str) -> bool {
        format!("{world}/{name}").contains(&self.filter)
    }

    pub(crate) fn looks(&self, language: Language) -> Vec<Look> {
        let mut looks = Look::all(language);
        looks.retain(|look| look.folder().contains(&self.look));
        looks
    }

    /// Keeps a picture. Returns its name below the folder.
    pub(crate) fn keep(&self, look: &Look, name: &str, png: &[u8]) -> String {
        let name = format!("{}/{name}.png", look.folder());
        let file = self.out.join(&name);
        std::fs::create_dir_all(file.parent().unwrap_or(Path::new("."))).unwrap();
        std::fs::write(&file, png).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        self.drawn.fetch_add(1, Ordering::Relaxed);
        name
    }

    pub(crate) fn findings(&self) -> MutexGuard<'_, Findings> {
        self.findings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down what was found, and returns it with the file.
    pub(crate) fn write_findings(&self) -> (String, PathBuf) {
        let found = self.findings().to_text();
        let file = self.out.join("findings.txt");
        std::fs::write(&file, &found).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        (found, file)
    }

    /// What the terminal is told in the end.
    pub(crate) fn end(&self) -> String {
        let (found, file) = self.write_findings();
        let drawn = self.drawn.load(Ordering::Relaxed);
        format!("{found}\n{drawn} pictures in {}, findings in {}\n", self.out.display(), file.display())
    }
}

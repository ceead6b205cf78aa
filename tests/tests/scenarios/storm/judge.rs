//! The independent program that says what a backup should hold: `pg_dump`, of everything, under the snapshot of the
//! backup.
//!
//! Aitta finds its tools in a folder of ours. What it takes for `pg_dump` first writes a dump of its own under the
//! snapshot that it was given, while Aitta holds its locks and reads, and then is `pg_dump`.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use aitta_testing::Aitta;

use super::ground::{Ground, tool};
use crate::pg;

/// Without PGOPTIONS, which Aitta sets. Positions of sequences are in no snapshot, and `pg_dump` asks for them by their
/// names: of those that are replaced all the time it could say nothing.
const WRAPPER: &str = r#"#!/bin/sh
snapshot= database= part=
for argument; do
    case $argument in
    --snapshot=*) snapshot=$argument ;;
    --dbname=*) database=$argument ;;
    --table=*) part=yes ;;
    esac
done
if [ -n "$snapshot" ] && [ -z "$part" ]; then
    file='{dumps}'/$$
    if env -u PGOPTIONS '{pg_dump}' "$database" --no-password "$snapshot" --format=custom --compress=0 \
        --lock-wait-timeout=20000 --exclude-table-data='seqs.*' --file="$file.part" 2> "$file.errors"
    then
        mv "$file.part" "$file.dump"
    fi
fi
exec '{pg_dump}' "$@"
"#;

pub(super) struct Judge {
    dir: tempfile::TempDir,
}

/// What the judge has to say of a run.
pub(super) enum Verdict {
    /// Its dump.
    Dump(PathBuf),
    /// Its own `pg_dump` failed, with these words.
    Failed(String),
}

impl Judge {
    pub(super) fn new() -> Self {
        let judge = Self { dir: tempfile::tempdir().unwrap() };
        for folder in ["bin", "dumps"] {
            std::fs::create_dir(judge.dir.path().join(folder)).unwrap();
        }
        let wrapper = judge.dir.path().join("bin/pg_dump");
        let text = WRAPPER.replace("{pg_dump}", &tool("pg_dump").display().to_string());
        std::fs::write(&wrapper, text.replace("{dumps}", &judge.dumps().display().to_string())).unwrap();
        std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755)).unwrap();
        symlink(tool("pg_restore"), judge.dir.path().join("bin/pg_restore")).unwrap();
        judge
    }

    fn dumps(&self) -> PathBuf {
        self.dir.path().join("dumps")
    }

    /// The program with a configuration that names our folder.
    pub(super) fn appointed(&self, aitta: Aitta) -> Aitta {
        let file = aitta.home().join("aitta.toml");
        let text = format!("[profile.default]\npg_bin_dir = \"{}\"\n", self.dir.path().join("bin").display());
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        aitta.env("AITTA_CONFIG", &file.display().to_string())
    }

    /// Forgets what it has written. A run that failed leaves the judge's own `pg_dump` behind, whose dump would be
    /// taken for that of the next run.
    pub(super) async fn forget(&self, ground: &Ground) {
        let deadline = Instant::now() + Duration::from_secs(60);
        let url = ground.server.url("postgres");
        while !pg::texts(&url, DUMPING).await.is_empty() {
            assert!(Instant::now() < deadline, "a pg_dump does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        for path in files(&self.dumps()) {
            std::fs::remove_file(path).unwrap();
        }
    }

    /// What it says of the run that has just ended.
    pub(super) fn verdict(&self) -> Verdict {
        let written = |ending: &str| -> Vec<PathBuf> {
            files(&self.dumps())
                .into_iter()
                .filter(|path| path.extension().is_some_and(|e| e == ending))
                .collect()
        };
        match &written("dump")[..] {
            [one] => Verdict::Dump(one.clone()),
            [] => {
                let errors = written("errors");
                assert_eq!(errors.len(), 1, "the run has called no pg_dump, or more than one");
                Verdict::Failed(std::fs::read_to_string(&errors[0]).unwrap())
            }
            several => panic!("{} dumps of one run", several.len()),
        }
    }
}

const DUMPING: &str = "SELECT pid::text FROM pg_stat_activity WHERE application_name = 'pg_dump'";

/// Puts a dump of the judge into an empty database.
pub(super) fn restore(dump: &Path, url: &str) {
    let mut command = Command::new(tool("pg_restore"));
    let output = command.args(["--exit-on-error", "--dbname", url]).arg(dump).output().unwrap();
    assert!(output.status.success(), "pg_restore: {}", String::from_utf8_lossy(&output.stderr));
}

fn files(dir: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect()
}

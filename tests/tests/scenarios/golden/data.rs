//! A copy of the data, and how to look at it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use aitta_testing::Aitta;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};

/// Where the data were when they were made.
pub(crate) const MADE_IN: &str = "/srv/golden";
pub(crate) const PASSPHRASE: &str = "correct horse battery staple";
/// A copy of one of the two folders.
pub(crate) struct Golden {
    pub(crate) aitta: Aitta,
    ids: Value,
}

impl Golden {
    /// The one with a key file.
    pub(crate) fn key_file() -> Self {
        let golden = Self::of("key-file");
        let aitta = golden.aitta.env("AITTA_KEY_FILE", "/proc/self/cwd/keys.sealed");
        Self { aitta: aitta.env("AITTA_KEY_PASSPHRASE", PASSPHRASE), ..golden }
    }

    pub(crate) fn of(name: &str) -> Self {
        let aitta = Aitta::new();
        copy(&folder().join(name), aitta.home());
        let ids = json(&aitta.home().join("ids.json"));
        let aitta = aitta
            .env_remove("BACKUP_ENCRYPTION_KEY")
            .env_remove("BACKUP_LOCAL_DIR")
            .env("AITTA_DATA_DIR", "/proc/self/cwd/data")
            .env("AITTA_CONFIG", "/proc/self/cwd/aitta.toml")
            .env("AITTA_PROFILE", "shop");
        Self { aitta, ids }
    }

    /// After data were written anew: archives keep the time in their ids, and get other letters after it.
    pub(crate) fn with_new_ids(self) -> Self {
        let list = self.aitta.json(&["backup", "list"]);
        let now: Vec<String> = list["archives"]
            .as_array()
            .unwrap()
            .iter()
            .map(|a| a["id"].as_str().unwrap().to_owned())
            .collect();
        let anew = |id: &Value| {
            let (time, _) = id.as_str().unwrap().rsplit_once('-').unwrap();
            now.iter().find(|id| id.starts_with(time)).cloned().map_or(Value::Null, Value::from)
        };
        let ids = self.ids.as_object().unwrap().iter().map(|(which, id)| (which.clone(), anew(id))).collect();
        Self { ids, ..self }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.aitta.home().join(name)
    }

    pub(crate) fn id(&self, which: &str) -> &str {
        self.ids[which].as_str().unwrap()
    }

    /// A recovery code that was not used yet.
    pub(crate) fn code(&self, number: usize) -> String {
        json(&self.path("codes.json"))["codes"][number].as_str().unwrap().to_owned()
    }

    /// Restores the whole into a new file, and gives its rows.
    pub(crate) fn restored(&self, which: &str) -> Vec<String> {
        self.restored_by_id(self.id(which), "")
    }

    /// Restores chosen tables of an archive by its id into a new file, and gives its rows.
    pub(crate) fn restored_by_id(&self, id: &str, tables: &str) -> Vec<String> {
        let to = format!("sqlite:/proc/self/cwd/{id}.db");
        let mut args = vec!["backup", "restore", "--backup-id", id, "--to", &to, "--reason", "drill"];
        if !tables.is_empty() {
            args.extend(["--tables", tables]);
        }
        let report = self.aitta.json(&args);
        for proof in report["proofs"].as_array().unwrap() {
            assert_eq!(proof["archive_digest"], proof["target_digest"], "{proof}");
        }
        rows(&self.path(&format!("{id}.db")))
    }
}

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/golden-0.1")
}

pub(crate) fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// Runs statements in a SQLite file.
pub(crate) fn change(path: &Path, sql: &str) {
    let url = format!("sqlite:{}", path.display());
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let mut database = SqliteConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut database).await.unwrap();
        database.close().await.unwrap();
    });
}

/// What a SQLite file holds: a line for each row, with the types of its values.
pub(crate) fn rows(path: &Path) -> Vec<String> {
    let url = format!("sqlite:{}?mode=ro", path.display());
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let mut database = SqliteConnection::connect(&url).await.unwrap();
        let mut texts = async |sql: String| -> Vec<String> {
            let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut database).await.unwrap();
            rows.iter().map(|row| row.get(0)).collect()
        };
        let mut lines =
            texts("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name".to_owned()).await;
        let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'sqlite_sequence'";
        for table in texts(tables.to_owned()).await {
            let columns = format!("SELECT 'quote(\"' || name || '\")' FROM pragma_table_xinfo('{table}')");
            let columns = texts(columns).await.join(" || '|' || ");
            let mut rows = texts(format!("SELECT '{table}: ' || {columns} FROM \"{table}\"")).await;
            rows.sort_unstable();
            lines.extend(rows);
        }
        lines
    })
}

/// Compares what the program says now with what it said then. `fresh` takes away what is of today.
pub(crate) fn assert_as_it_was(golden: &Golden, name: &str, args: &[&str], fresh: fn(&mut Value)) {
    let told = golden.aitta.run(args.iter().copied().chain(["--json"])).success().stdout;
    let told = told.replace(&golden.aitta.home().display().to_string(), MADE_IN);
    let mut now: Value = serde_json::from_str(&told).unwrap();
    let mut then = json(&golden.path("expected").join(name));
    fresh(&mut now);
    fresh(&mut then);
    assert_eq!(format!("{now:#}"), format!("{then:#}"), "{name}");
}

pub(crate) fn nothing(_: &mut Value) {}

/// Settings that came after that version.
pub(crate) fn later_settings(report: &mut Value) {
    let effective = report["effective"].as_array_mut().unwrap();
    effective.retain(|setting| setting["name"] != "schedule" && setting["name"] != "time_zone");
}

/// How long a run took by its report, which earlier versions did not tell in lists.
pub(crate) fn later_figures(runs: &mut Value) {
    for run in runs.as_array_mut().unwrap() {
        run["figures"].as_object_mut().unwrap().remove("duration_ms");
    }
}

/// Whether a new key is due is a question of the day.
pub(crate) fn overdue(report: &mut Value) {
    assert!(report["overdue"].take().is_boolean());
}

/// Set in a process that [`again`] has begun.
const ALONE: &str = "AITTA_TEST_ALONE";

/// This program anew, with this test alone, for what needs an environment of its own. `None` in that process.
pub(crate) fn again(module: &str, test: &str) -> Option<Command> {
    if std::env::var_os(ALONE).is_some() {
        return None;
    }
    let path = format!("{module}::{test}");
    // Without the name of the program.
    let (_, path) = path.split_once("::").unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", path, "--nocapture"]).env(ALONE, "1");
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if ["AITTA_", "BACKUP_"].iter().any(|begin| name.starts_with(begin)) && !name.contains("_TEST_") {
            command.env_remove(name);
        }
    }
    Some(command)
}

pub(crate) fn passes(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success() && stdout.contains("1 passed"), "{stdout}\n{stderr}");
}

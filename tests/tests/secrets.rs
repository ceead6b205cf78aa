//! No secret is in anything that Aitta leaves behind: a whole story with the real program, some of it failing on
//! purpose, everything logged; then every artefact is searched for every form of every secret.
//!
//! To extend it: a new secret is a line in [`Secrets::new`], a new command a line of a story, and whatever lies
//! in the home folder of a story is searched in any case.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use aitta_testing::cli::{Aitta, Finished};
use aitta_testing::pg::TestServer;
use sqlx::AssertSqlSafe;

#[path = "secrets/forms.rs"]
mod forms;

use forms::Secrets;

/// A program in its home, and everything it has said.
struct Story {
    aitta: Aitta,
    said: Vec<(String, Vec<u8>)>,
    secrets: Secrets,
}

impl Story {
    fn new(aitta: Aitta, secrets: Secrets) -> Self {
        let aitta = aitta
            .env("AITTA_LOG", "trace")
            .env("RUST_BACKTRACE", "full")
            .env("BACKUP_ENCRYPTION_KEY", &secrets.key)
            .env("AITTA_MFA_TOKEN", &secrets.token);
        Self { aitta, said: Vec::new(), secrets }
    }

    /// Runs a command as it is, and with `--json`. What it says is kept.
    fn tell(&mut self, args: &[&str]) -> Finished {
        self.tell_with(args, &[])
    }

    fn tell_with(&mut self, args: &[&str], variables: &[(&str, &str)]) -> Finished {
        let first = self.once(args, variables);
        let json: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
        self.once(&json, variables);
        first
    }

    fn once(&mut self, args: &[&str], variables: &[(&str, &str)]) -> Finished {
        let output = self.aitta.command(args).envs(variables.iter().copied()).output().unwrap();
        let told = args.join(" ");
        self.said.push((format!("stdout of {told}"), output.stdout.clone()));
        self.said.push((format!("stderr of {told}"), output.stderr.clone()));
        Finished {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The commands that every story has, whatever its database is.
    fn common(&mut self) {
        let code = self.secrets.recovery_code.clone();
        self.tell(&["config", "check"]).success().ignore();
        self.tell(&["backup", "create", "--reason", "routine"]).success().ignore();
        self.tell(&["backup", "list"]).success().ignore();
        self.tell(&["backup", "show", "latest"]).success().ignore();
        self.tell(&["backup", "verify", "--all", "--level", "content"]).success().ignore();
        self.tell(&["backup", "restore", "--backup-id", "latest", "--dry-run", "--totp", &code]).ignore();
        self.tell(&["runs"]).success().ignore();
        self.tell(&["key", "id"]).success().ignore();
        self.tell(&["catalog", "rebuild"]).success().ignore();
        self.tell(&["audit", "list"]).success().ignore();
        self.tell(&["audit", "verify"]).success().ignore();
        self.tell(&["audit", "export", "--format", "csv", "trail.csv"]).success().ignore();
        self.tell(&["audit", "export", "--format", "json", "trail.json"]).success().ignore();
        self.tell(&["audit", "report", "report.html"]).success().ignore();

        // What goes wrong is told as well, and without them.
        let key = self.secrets.key.clone();
        let short = &key[..63];
        let typo = format!("{short}x");
        for wrong in [short, &typo, &format!("{key}00"), &format!("\"{key}\"")] {
            let refused = self.tell_with(&["backup", "create"], &[("BACKUP_ENCRYPTION_KEY", wrong)]);
            assert_eq!(refused.code, Some(4), "{}", refused.stderr);
        }
        let other = self.secrets.other_key.clone();
        let wrong = self.tell_with(&["backup", "show", "latest"], &[("BACKUP_ENCRYPTION_KEY", &other)]);
        assert_eq!(wrong.code, Some(4), "{}", wrong.stderr);
        self.tell(&[
            "backup",
            "restore",
            "--backup-id",
            "latest",
            "--tables",
            "nothing",
            "--reason",
            "drill",
            "--totp",
            &code,
        ])
        .failure("nothing")
        .ignore();
        self.tell(&["backup", "delete", "latest", "--totp", &code]).failure("").ignore();
        let id = self.aitta.json(&["backup", "list"])["archives"][0]["id"].as_str().unwrap().to_owned();
        self.tell(&["backup", "delete", &id, "--yes", "--reason", "drill", "--totp", &code]).ignore();
    }

    /// Every artefact: what was said, and every file under the home.
    fn artefacts(&self) -> Vec<(String, Vec<u8>)> {
        let mut all = self.said.clone();
        let mut folders = vec![self.aitta.home().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => all.push((path.display().to_string(), std::fs::read(&path).unwrap())),
                }
            }
        }
        all
    }

    fn ends_without_a_secret(&self) {
        let artefacts = self.artefacts();
        for needed in ["catalog.db", ".backup", "report.html", "trail.csv", "stderr of backup create --json"]
        {
            assert!(
                artefacts.iter().any(|(name, bytes)| name.contains(needed) && !bytes.is_empty()),
                "{needed}"
            );
        }
        let logged = artefacts.iter().any(|(_, bytes)| self.secrets.log_mark(bytes));
        assert!(logged, "nothing was logged, so the search proves nothing");
        let found = self.secrets.search(&artefacts);
        assert!(found.is_empty(), "{found:#?}");
        // The search finds what is there, in every form and wherever it lies.
        for secret in self.secrets.all() {
            for (form, bytes) in secret.forms() {
                let canary = self.aitta.home().join("canary");
                std::fs::write(&canary, [b"before\0".as_slice(), bytes, b" after"].concat()).unwrap();
                let found = self.secrets.search(&self.artefacts());
                let named = found.iter().any(|hit| hit.contains("canary") && hit.contains(secret.name()));
                assert!(named, "{} as {form} would not be found", secret.name());
                std::fs::remove_file(canary).unwrap();
            }
        }
    }
}

/// What a command came to is not always what matters: what it said is searched.
trait Ignore {
    fn ignore(self);
}

impl Ignore for Finished {
    fn ignore(self) {}
}

fn run_sql(url: &str, sql: &str) {
    use sqlx::{Connection, SqliteConnection};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options: sqlx::sqlite::SqliteConnectOptions = url.parse().unwrap();
        let mut connection = SqliteConnection::connect_with(&options.create_if_missing(true)).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
    });
}

#[test]
fn nothing_that_is_left_of_sqlite_holds_a_secret() {
    let aitta = Aitta::new();
    let url = format!("sqlite:{}", aitta.home().join("shop.db").display());
    run_sql(&url, "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO item VALUES (1, 'a')");
    let mut story = Story::new(aitta.database(&url), Secrets::new());
    story.common();
    let to = format!("sqlite:{}", story.aitta.home().join("copy.db").display());
    story.tell(&["backup", "create"]).success().ignore();
    story
        .tell(&["backup", "restore", "--backup-id", "latest", "--to", &to, "--reason", "drill"])
        .success()
        .ignore();
    story.ends_without_a_secret();
}

#[test]
fn nothing_that_is_left_of_postgresql_holds_a_secret() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let server = TestServer::shared();
    let secrets = Secrets::new();
    let database = runtime.block_on(server.database("secrets"));
    runtime.block_on(async {
        let sql = format!(
            "DROP ROLE IF EXISTS secretive; CREATE ROLE secretive SUPERUSER LOGIN PASSWORD '{}'",
            secrets.password
        );
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut server.admin().await).await.unwrap();
        database
            .psql("CREATE TABLE item (id int PRIMARY KEY, name text); INSERT INTO item VALUES (1, 'a')")
            .await;
    });
    let url = server.url_as("secretive", &secrets.password, database.name());
    assert!(!url.contains(&secrets.password), "it is percent-encoded");
    let aitta = Aitta::new();
    let seen = aitta.home().join("processes");
    let path = watching(aitta.home(), &seen);
    let aitta = aitta.database(&url).env("PATH", &path);
    let mut story = Story::new(aitta, secrets);
    story.common();
    story.tell(&["backup", "create"]).success().ignore();
    story
        .tell(&["backup", "restore", "--backup-id", "latest", "--reason", "incident", "--tables", "item"])
        .success()
        .ignore();

    let wrong = url.replace("secretive:", "secretive:wrong");
    story.tell_with(&["backup", "create"], &[("DATABASE_URL", &wrong)]).failure("password").ignore();
    let nobody = url.replace(&format!(":{}/", server.port()), ":1/");
    story.tell_with(&["backup", "create"], &[("DATABASE_URL", &nobody)]).failure("").ignore();
    let broken = url.replace("postgres://", "postgres:/");
    story.tell_with(&["backup", "create"], &[("DATABASE_URL", &broken)]).failure("").ignore();
    let port = url.replace(&format!(":{}/", server.port()), ":no-port/");
    story.tell_with(&["backup", "create"], &[("DATABASE_URL", &port)]).failure("").ignore();

    // The command lines of all processes of the machine while pg_dump ran are among the artefacts.
    let processes = std::fs::read(&seen).unwrap();
    let has = |text: &str| processes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(has("pg_dump") && has("--dbname=") && has("--no-password"), "pg_dump was seen at work");
    story.ends_without_a_secret();
}

/// A `PATH` whose `pg_dump` and `pg_restore` first write down the command lines of all processes, also their own.
/// Only a code on the command line of the caller is passed over: it is there by the caller's own choice, and good
/// for one time.
fn watching(home: &Path, seen: &Path) -> String {
    let old = std::env::var("PATH").unwrap();
    let real = PathBuf::from(aitta_testing::pg::client_tool("pg_dump"));
    let bin = home.join("bin");
    std::fs::create_dir(&bin).unwrap();
    for tool in ["pg_dump", "pg_restore"] {
        let script = format!(
            "#!/bin/sh\ncase \"$1\" in --version) ;; *) for line in /proc/[0-9]*/cmdline; do grep -qae --totp $line || cat $line; done >> '{}' 2>/dev/null ;; esac\n\
             exec '{}' \"$@\"\n",
            seen.display(),
            real.with_file_name(tool).display()
        );
        std::fs::write(bin.join(tool), script).unwrap();
        std::fs::set_permissions(bin.join(tool), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    format!("{}:{old}", bin.display())
}

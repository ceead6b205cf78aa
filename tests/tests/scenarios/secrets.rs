//! No secret is in anything that Aitta leaves behind: a whole story with the real program, some of it failing on
//! purpose, everything logged; then every artefact is searched for every form of every secret.
//!
//! To extend it: a new secret is a line in [`Secrets::new`], a new command a line of a story, and whatever lies
//! in the home folder of a story is searched in any case.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use aitta_testing::pg::TestServer;
use aitta_testing::{Aitta, Finished};
use sqlx::AssertSqlSafe;

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

        // Errors are printed as well, and hold no secret.
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
        let canaries = self.aitta.home().join("canaries");
        std::fs::create_dir(&canaries).unwrap();
        let mut expected = Vec::new();
        for secret in self.secrets.all() {
            for (form, bytes) in secret.forms() {
                let canary = canaries.join(expected.len().to_string());
                std::fs::write(&canary, [b"before\0".as_slice(), bytes, b" after"].concat()).unwrap();
                expected.push(format!("{} as {form} in {}", secret.name(), canary.display()));
            }
        }
        let found = self.secrets.search(&self.artefacts());
        for hit in expected {
            assert!(found.contains(&hit), "not found: {hit}");
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
    // Their variables, too, also where only their version is asked for: none of Aitta's, of stores and of databases.
    let variables = std::fs::read_to_string(variables_of(&seen)).unwrap();
    assert!(!variables.is_empty() && variables.lines().all(|line| line == "written"), "{variables}");
    story.ends_without_a_secret();
}

/// The key in a file that a passphrase seals, a second factor beside it, and a rotation.
#[test]
fn nothing_that_is_left_of_a_key_file_and_a_second_factor_holds_a_secret() {
    const PASSPHRASE: &str = "neljä kuivaa koivuhalkoa";
    let aitta = Aitta::new();
    let url = format!("sqlite:{}", aitta.home().join("shop.db").display());
    run_sql(&url, "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO item VALUES (1, 'a')");
    let file = aitta.home().join("keys.sealed").display().to_string();
    let mut secrets = Secrets::new();
    secrets.add("passphrase", PASSPHRASE);
    let aitta = aitta.database(&url).env("AITTA_KEY_FILE", &file).env("AITTA_KEY_PASSPHRASE", PASSPHRASE);
    let mut story = Story::new(aitta, secrets);
    // After the variable of other stories.
    story.aitta = story.aitta.env_remove("BACKUP_ENCRYPTION_KEY").env_remove("AITTA_MFA_TOKEN");

    // Kits hold keys: they lie elsewhere, and what they say is what is searched for.
    let elsewhere = tempfile::tempdir().unwrap();
    for name in ["first", "second"] {
        let kit = elsewhere.path().join(name).display().to_string();
        story.once(&["key", "create", "--kit", &kit, "--reason", "routine"], &[]).success().ignore();
        story.secrets.add_key(if name == "first" { "first key" } else { "second key" }, &key_of_kit(&kit));
        story.tell(&["backup", "create"]).success().ignore();
    }
    story.tell(&["key", "status"]).success().ignore();
    story.once(&["key", "rotate", "--reason", "routine"], &[]).success().ignore();

    let shown = story.aitta.json(&["mfa", "enroll", "--print"]);
    let seed = shown["secret"].as_str().unwrap();
    story.secrets.add("seed", seed);
    let code = std::process::Command::new("oathtool").args(["--totp", "--base32", seed]).output().unwrap();
    let code = String::from_utf8(code.stdout).unwrap().trim().to_owned();
    let codes = story.aitta.json(&["mfa", "confirm", "--totp", &code]);
    let codes: Vec<&str> = codes["codes"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
    let names = ["used recovery code", "another used recovery code", "recovery code that was not used"];
    for (name, code) in names.into_iter().zip(&codes) {
        story.secrets.add(name, code);
    }
    let restore = ["backup", "restore", "--backup-id", "latest", "--tables", "item", "--reason", "incident"];
    let with = |code: &'static str| restore.into_iter().chain(["--totp", code]).collect::<Vec<_>>();
    story.tell(&restore).failure("second factor").ignore();
    story.tell(&with("123456")).failure("").ignore();
    let mut used = restore.to_vec();
    used.extend(["--totp", codes[0]]);
    story.once(&used, &[]).success().ignore();
    story.tell(&used).failure("unused").ignore();
    let exception = ["mfa", "exception", "add", "night", "--operations", "restore", "--days", "3"];
    let exception: Vec<&str> =
        exception.into_iter().chain(["--reason", "routine", "--totp", codes[1]]).collect();
    let token = story.aitta.json(&exception)["token"].as_str().unwrap().to_owned();
    story.secrets.add("token of an exception", &token);
    story.tell_with(&restore, &[("AITTA_MFA_TOKEN", &token)]).success().ignore();
    story.tell_with(&restore, &[("AITTA_MFA_TOKEN", "wrong-token")]).failure("").ignore();

    for args in [
        &["mfa", "status"][..],
        &["key", "check"],
        &["config", "check"],
        &["audit", "list"],
        &["audit", "verify"],
        &["audit", "export", "--format", "csv", "later-trail.csv"],
        &["audit", "report", "later-report.html"],
        &["runs"],
    ] {
        story.tell(args).success().ignore();
    }
    let wrong = story.tell_with(&["key", "status"], &[("AITTA_KEY_PASSPHRASE", "not the passphrase")]);
    assert_eq!(wrong.code, Some(4), "{}", wrong.stderr);
    story.ends_without_a_secret();
}

/// The digits of a kit, without those that check them.
fn key_of_kit(path: &str) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let is_group = |word: &&str| {
        let bytes = word.as_bytes();
        bytes.len() == 6 && bytes[4] == b'-' && word.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
    };
    let digits: String = text.split_whitespace().filter(is_group).map(|group| &group[..4]).collect();
    let key = digits.to_lowercase();
    assert!(key.len() >= 64, "no key in the kit");
    key[..64].to_owned()
}

/// Where the variables of the client tools are written down.
fn variables_of(seen: &Path) -> PathBuf {
    seen.with_extension("variables")
}

/// A `PATH` whose `pg_dump` and `pg_restore` first write down that they run, the variables that are none of theirs, and the command lines
/// of all processes, also their own.
/// Only a code on the command line of the caller is passed over: it is there by the caller's own choice, and good
/// for one time.
fn watching(home: &Path, seen: &Path) -> String {
    let old = std::env::var("PATH").unwrap();
    let real = aitta_testing::pg::client_tool("pg_dump");
    let bin = home.join("bin");
    std::fs::create_dir(&bin).unwrap();
    for tool in ["pg_dump", "pg_restore"] {
        let script = format!(
            "#!/bin/sh\n(echo written; env | grep -aE '^(AITTA|BACKUP|AWS|AZURE|S3|DATABASE)_') >> '{}'\n\
             case \"$1\" in --version) ;; *) for line in /proc/[0-9]*/cmdline; do grep -qae --totp $line || cat $line; done >> '{}' 2>/dev/null ;; esac\n\
             exec '{}' \"$@\"\n",
            variables_of(seen).display(),
            seen.display(),
            real.with_file_name(tool).display()
        );
        std::fs::write(bin.join(tool), script).unwrap();
        std::fs::set_permissions(bin.join(tool), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    format!("{}:{old}", bin.display())
}

/// A process of an ordinary user can't be looked into, and it works although everything under `/proc/self` then belongs
/// to root.
#[cfg(target_os = "linux")]
#[test]
fn an_ordinary_user_works_in_a_process_that_nobody_looks_into() {
    use std::os::unix::fs::MetadataExt;
    use std::process::Command;
    let dir = aitta_testing::pg::in_temp_folder("aitta-user-");
    let open = |path: &Path| std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o777)).unwrap();
    std::fs::create_dir(&dir).unwrap();
    open(&dir);
    let program = dir.join("aitta");
    std::fs::copy(Aitta::new().command([""; 0]).get_program(), &program).unwrap();
    let database = dir.join("shop.db");
    run_sql(&format!("sqlite:{}", database.display()), "CREATE TABLE item (id INTEGER PRIMARY KEY)");
    open(&database);
    let command = |program: &Path, args: &[&str]| {
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(&dir)
            .env_clear()
            .env("HOME", &dir)
            .env("AITTA_DATA_DIR", dir.join("data"));
        command.env("BACKUP_LOCAL_DIR", dir.join("store")).env("BACKUP_ENCRYPTION_KEY", aitta_testing::KEY);
        command.env("DATABASE_URL", format!("sqlite:{}", database.display()));
        aitta_testing::pg::run_as_ordinary_user(&mut command);
        command
    };
    std::fs::create_dir(dir.join("store")).unwrap();
    open(&dir.join("store"));
    for args in [
        "backup create",
        "backup verify --level content",
        "backup restore --backup-id latest --to sqlite:copy.db --reason drill",
        "backup restore --backup-id latest --tables item --reason drill",
        "audit verify",
    ] {
        let args: Vec<&str> = args.split(' ').collect();
        let output = command(&program, &args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    // It waits for its configuration, which comes through a pipe.
    let pipe = dir.join("config.toml");
    assert!(Command::new("mkfifo").args(["-m", "666"]).arg(&pipe).status().unwrap().success());
    let mut waiting = command(&program, &["config", "check", "--config", "config.toml"]).spawn().unwrap();
    let environment = format!("/proc/{}/environ", waiting.id());
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while std::fs::metadata(&environment).unwrap().uid() != 0 {
        assert!(std::time::Instant::now() < deadline, "the process can be looked into");
        std::thread::yield_now();
    }
    let looked = command(Path::new("/bin/cat"), &[&environment]).output().unwrap();
    waiting.kill().unwrap();
    waiting.wait().unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
    assert!(!looked.status.success() && looked.stdout.is_empty(), "the key was in there");
}

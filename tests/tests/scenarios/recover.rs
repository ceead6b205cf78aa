//! The night on which something went wrong, at the keyboard of a terminal: `aitta recover`, and the hooks around backups
//! and restores.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use aitta_engine::sample;
use aitta_testing::Aitta;
use aitta_testing::pg::{PASSWORD, TestDatabase, TestServer};
use aitta_tests::Terminal;
use serde_json::Value;
use sqlx::Row as _;

/// The application, as its hooks see it: each writes what it gets to know into a diary, and waits while there is a file
/// that asks for that.
struct Shop {
    aitta: Aitta,
}

const HOOKS: [&str; 4] = ["before_backup", "after_backup", "before_restore", "after_restore"];

impl Shop {
    /// A database with these hooks, whose scripts are `more` after they have written into the diary.
    fn new(url: &str, more: &str) -> Self {
        let aitta = Aitta::new().database(url);
        let shop = Self { aitta };
        for hook in HOOKS {
            let script = format!(
                "#!/bin/sh\necho \"$AITTA_HOOK $AITTA_HOOK_PROFILE $AITTA_HOOK_OPERATION ${{AITTA_HOOK_OUTCOME:-none}}\" >> {diary}\n\
                 env > {home}/{hook}.env\nwhile [ -e {home}/wait_{hook} ]; do sleep 0.05; done\n\
                 if [ -e {home}/fail_{hook} ]; then echo 'no such service'; exit 3; fi\n{more}\n",
                diary = shop.home().join("diary").display(),
                home = shop.home().display(),
            );
            shop.script(hook, &script);
        }
        shop.configure("");
        shop
    }

    async fn on_sqlite(more: &str) -> Self {
        let shop = Self::new("sqlite:/nowhere", more);
        let database = shop.home().join("shop.db");
        sample::create(&database).await.unwrap();
        Self { aitta: shop.aitta.database(&format!("sqlite:{}", database.display())) }
    }

    fn home(&self) -> &Path {
        self.aitta.home()
    }

    fn program(&self, hook: &str) -> PathBuf {
        self.home().join(format!("{hook}.sh"))
    }

    fn script(&self, hook: &str, text: &str) {
        fs::write(self.program(hook), text).unwrap();
        fs::set_permissions(self.program(hook), Permissions::from_mode(0o755)).unwrap();
    }

    fn configure(&self, more: &str) {
        let hooks = HOOKS
            .map(|hook| format!("{hook} = [{:?}, \"a word\"]\n", self.program(hook).display().to_string()));
        let text = format!(
            "[profile.default.hooks]\n{}timeout_s = 60\n{more}\n[[profile.default.contacts]]\nname = \"Seppo Second\"\norder = 2\n\
             [[profile.default.contacts]]\nname = \"Liisa First\"\nrole = \"on call\"\nphone = \"+358 40 123\"\norder = 1\n",
            hooks.concat()
        );
        let folder = self.home().join(".config/aitta");
        fs::create_dir_all(&folder).unwrap();
        fs::write(self.config(), text).unwrap();
        fs::set_permissions(self.config(), Permissions::from_mode(0o600)).unwrap();
    }

    fn config(&self) -> PathBuf {
        self.home().join(".config/aitta/config.toml")
    }

    fn diary(&self) -> Vec<String> {
        let text = fs::read_to_string(self.home().join("diary")).unwrap_or_default();
        text.lines().map(|line| line.replace(" default ", " ")).collect()
    }

    fn new_diary(&self) {
        drop(fs::remove_file(self.home().join("diary")));
    }

    fn mark(&self, what: &str) -> PathBuf {
        self.home().join(what)
    }

    fn terminal(&self, args: &[&str]) -> Terminal {
        Terminal::start(&mut self.aitta.command(args))
    }

    fn status(&self) -> Value {
        self.aitta.json(&["recover", "--status"])
    }

    fn until(&self, what: &str, is: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !is(self) {
            assert!(Instant::now() < deadline, "waited for {what}: {:?}", self.diary());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Output of the last run, as its log has it.
    async fn log(&self) -> String {
        let catalog = self.aitta.data_dir().join("catalog.db");
        let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", catalog.display())).await.unwrap();
        let row =
            sqlx::query("SELECT log FROM runs ORDER BY id DESC LIMIT 1").fetch_one(&pool).await.unwrap();
        row.get(0)
    }
}

async fn damaged(database: &TestDatabase) {
    database.psql("DROP TABLE invoice; UPDATE customer SET name = 'broken'").await;
}

async fn names(database: &TestDatabase) -> Vec<String> {
    let mut connection = database.connect().await;
    let rows = sqlx::query("SELECT name FROM customer ORDER BY id").fetch_all(&mut connection).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

const GOOD: &str = "CREATE TABLE customer (id int PRIMARY KEY, name text); CREATE TABLE invoice (id int PRIMARY KEY, \
                    customer int REFERENCES customer, cents int); INSERT INTO customer SELECT n, 'customer ' || n FROM \
                    generate_series(1, 50) n; INSERT INTO invoice SELECT n, n, 100 * n FROM generate_series(1, 50) n";

/// A database of PostgreSQL with a backup, and then damage.
async fn damaged_shop(label: &str) -> (TestDatabase, Shop) {
    let database = TestServer::shared().database(label).await;
    database.psql(GOOD).await;
    let shop = Shop::new(database.url(), "");
    shop.aitta.json(&["backup", "create"]);
    damaged(&database).await;
    shop.new_diary();
    (database, shop)
}

async fn assert_recovered(database: &TestDatabase) {
    let names = names(database).await;
    assert_eq!((names.len(), names[0].as_str()), (50, "customer 1"));
    let mut connection = database.connect().await;
    let row = sqlx::query("SELECT count(*) FROM invoice").fetch_one(&mut connection).await.unwrap();
    assert_eq!(row.get::<i64, _>(0), 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_database_is_recovered_by_keyboard() {
    let (database, shop) = damaged_shop("recover_keys").await;
    let mut terminal = shop.terminal(&["recover"]);
    terminal.until("whom to call:");
    terminal.until("Liisa First");
    terminal.until("Seppo Second");
    terminal.answer("Why, for the audit trail", "incident: UPDATE without WHERE");
    terminal.answer("Begin the recovery?", "yes");
    terminal.until("step 1 of 5: stop");
    terminal.answer("Stop the application with", "yes");
    terminal.answer("Archive what is there now?", "yes");
    terminal.answer(&format!("Type {} to confirm:", database.name()), database.name());
    terminal.until("digests equal");
    terminal.answer("Is this what you expect?", "yes");
    terminal.answer("Start the application with", "yes");
    let (status, shown) = terminal.end();
    assert!(status.success(), "{shown}");
    assert!(shown.contains("recovery 1 of default: done"), "{shown}");
    assert_eq!(shop.diary(), ["before_restore recover none", "after_restore recover succeeded"]);
    assert_recovered(&database).await;

    let last = shop.status();
    let emergency = last["emergency"].as_str().unwrap();
    assert!(last["report"]["set_aside"].is_string(), "the damaged database is kept: {last:#}");
    let list = shop.aitta.json(&["backup", "list"]);
    let made = &list["archives"][0];
    assert_eq!(
        (made["id"].as_str(), &made["kind"], &made["state"]),
        (Some(emergency), &"emergency".into(), &"verified".into())
    );
    // Who did what is in the trail, step by step.
    let trail = shop.aitta.run(["audit", "list", "--json"]).success().stdout;
    for note in [
        "recovery: begun",
        "recovery: the hook before_restore",
        "a person has seen the proof",
        "every step is done",
    ] {
        assert!(trail.contains(note), "{note}: {trail}");
    }
    // An emergency archive may hold the damage: the next recovery goes back to the same archive as this one.
    let again = shop.aitta.run(["recover", "--reason", "drill"]).failure("there is no terminal");
    assert!(
        again.stderr.contains(&format!("goes back to {}", last["plan"]["archive"].as_str().unwrap())),
        "{}",
        again.stderr
    );
    assert!(again.stderr.contains(&format!("passed over {emergency}")), "{}", again.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_goes_on_after_a_kill_at_each_step() {
    let (database, shop) = damaged_shop("recover_kill").await;
    // In the question before the first step.
    let mut terminal = shop.terminal(&["recover", "--reason", "incident"]);
    terminal.answer("Begin the recovery?", "yes");
    terminal.until("Stop the application with");
    terminal.kill();
    assert_eq!(shop.status()["steps"][0]["state"], "waiting");
    let _refused = shop.aitta.run(["recover", "--reason", "incident", "--yes"]).failure("goes on already");

    // While the hook that stops is at work.
    fs::write(shop.mark("wait_before_restore"), "").unwrap();
    let mut terminal = shop.terminal(&["recover", "--resume"]);
    terminal.answer("Stop the application with", "yes");
    shop.until("the hook", |shop| shop.diary().len() == 1);
    terminal.kill();
    assert_eq!(shop.status()["steps"][0]["state"], "begun");
    fs::remove_file(shop.mark("wait_before_restore")).unwrap();
    let told = shop.aitta.run(["doctor"]);
    assert!(told.stderr.contains("go on with `aitta recover --resume`"), "{}", told.stderr);
    // The recovery alone stops and starts the application meanwhile.
    let made = shop.aitta.json(&["backup", "create"]);
    assert!(made["notes"].to_string().contains("no hook was run"), "{made:#}");

    // While the archive of what is there is made: somebody holds a table.
    let mut lock = database.connect().await;
    sqlx::raw_sql("BEGIN; LOCK TABLE customer IN ACCESS EXCLUSIVE MODE").execute(&mut lock).await.unwrap();
    let mut terminal = shop.terminal(&["recover", "--resume"]);
    terminal.until("its end is not known: it is done again");
    terminal.answer("Stop the application with", "yes");
    terminal.answer("Archive what is there now?", "yes");
    let begun = |step: usize| move |shop: &Shop| shop.status()["steps"][step]["state"] == "begun";
    shop.until("the backup", begun(1));
    terminal.kill();
    sqlx::raw_sql("ROLLBACK").execute(&mut lock).await.unwrap();
    drop(lock);

    // While it is restored: the same lock, which the restore has to wait for.
    let mut terminal = shop.terminal(&["recover", "--resume"]);
    terminal.answer("Archive what is there now?", "yes");
    terminal.until("step 3 of 5: restore");
    terminal.line(database.name());
    shop.until("the restore", |shop| shop.status()["steps"][2]["state"] != "waiting");
    terminal.kill();
    let state = shop.status()["steps"][2]["state"].clone();
    assert!(["begun", "done"].contains(&state.as_str().unwrap()), "{state}");

    // In the question after the proof, and while the hook that starts is at work.
    let mut terminal = shop.terminal(&["recover", "--resume"]);
    if state == "begun" {
        terminal.answer(&format!("Type {} to confirm:", database.name()), database.name());
    }
    terminal.until("Is this what you expect?");
    terminal.kill();
    fs::write(shop.mark("wait_after_restore"), "").unwrap();
    shop.new_diary();
    let mut terminal = shop.terminal(&["recover", "--resume"]);
    terminal.until("digests equal");
    terminal.answer("Is this what you expect?", "yes");
    terminal.answer("Start the application with", "yes");
    shop.until("the hook", |shop| shop.diary().len() == 1);
    terminal.kill();
    fs::remove_file(shop.mark("wait_after_restore")).unwrap();

    let done = shop.aitta.run(["recover", "--resume", "--yes"]).success();
    assert!(done.stdout.contains("recovery 1 of default: done"), "{}", done.stdout);
    assert_recovered(&database).await;
    assert_eq!(shop.aitta.json(&["hooks", "status"])["owed"], serde_json::json!([]));
    assert_eq!(shop.aitta.run(["audit", "verify"]).code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_archive_of_what_is_there_a_person_has_to_say_so() {
    let (database, shop) = damaged_shop("recover_without").await;
    let name = database.name().to_owned();
    // Nobody can archive what is not there.
    let admin = TestServer::shared().url("postgres");
    database.drop_now().await;
    let yes = ["recover", "--reason", "incident", "--yes"];
    let failed = shop.aitta.run(yes).failure("go on with `aitta recover --resume`");
    assert!(
        failed.stderr.contains("whom to call:\nLiisa First  on call  +358 40 123\nSeppo Second"),
        "{}",
        failed.stderr
    );
    assert_eq!(shop.status()["steps"][1]["state"], "failed");
    let mut terminal = shop.terminal(&["recover", "--resume"]);
    terminal.answer("Archive what is there now?", "yes");
    terminal.answer("restore without an archive of what is there", "no");
    let (status, shown) = terminal.end();
    assert_eq!(status.code(), Some(130), "{shown}");
    assert!(shown.contains("the recovery waits before the step backup"), "{shown}");
    let done =
        shop.aitta.run(["recover", "--resume", "--yes", "--without-backup", "the disk is gone"]).success();
    assert!(done.stdout.contains("a person has said: the disk is gone"), "{}", done.stdout);
    let trail = shop.aitta.run(["audit", "list", "--json"]).success().stdout;
    assert!(trail.contains("gone on without the step backup: the disk is gone"), "{trail}");
    let url = TestServer::shared().url(&name);
    let pool = sqlx::PgPool::connect(&url).await.unwrap();
    let row = sqlx::query("SELECT count(*) FROM invoice").fetch_one(&pool).await.unwrap();
    assert_eq!(row.get::<i64, _>(0), 50);
    pool.close().await;
    let pool = sqlx::PgPool::connect(&admin).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("DROP DATABASE \"{name}\""))).execute(&pool).await.unwrap();
}

/// Who may make no database beside gets the next best, and is told so before anything begins.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_right_to_create_databases_the_tables_are_replaced_where_they_are() {
    let server = TestServer::shared();
    if server.major() < 15 {
        // Before PostgreSQL 15 only a superuser may keep triggers from firing, and has every right.
        return;
    }
    let database = server.database("recover_tables").await;
    let (name, role) = (database.name(), format!("owner_{}", database.name()));
    database.psql(GOOD).await;
    let make = format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'p'; ALTER TABLE customer OWNER TO {role}; ALTER TABLE invoice OWNER TO {role}; \
         GRANT SET ON PARAMETER session_replication_role TO {role}"
    );
    database.psql(&make).await;
    let shop = Shop::new(&server.url_as(&role, "p", name), "");
    shop.aitta.json(&["backup", "create"]);
    database.psql("DELETE FROM invoice; UPDATE customer SET name = 'broken'").await;
    let done = shop.aitta.run(["recover", "--yes", "--reason", "incident"]).success();
    assert!(done.stderr.contains("the database can't be restored as a whole"), "{}", done.stderr);
    assert!(done.stderr.contains("these tables of"), "{}", done.stderr);
    assert_recovered(&database).await;
    let last = shop.status();
    assert!(last["report"]["safety_archive"].is_string() && last["emergency"].is_string(), "{last:#}");
    database.psql(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_that_was_begun_can_be_ended() {
    let shop = Shop::on_sqlite("").await;
    shop.aitta.json(&["backup", "create"]);
    shop.new_diary();
    let mut terminal = shop.terminal(&["recover", "--reason", "incident"]);
    terminal.answer("Begin the recovery?", "yes");
    terminal.answer("Stop the application with", "yes");
    terminal.answer("Archive what is there now?", "no");
    let (status, shown) = terminal.end();
    assert_eq!(status.code(), Some(130), "{shown}");
    let mut terminal = shop.terminal(&["recover", "--abandon"]);
    terminal.answer("End this recovery before it is done?", "yes");
    terminal.answer("Start it again with", "yes");
    let (status, shown) = terminal.end();
    assert!(status.success(), "{shown}");
    assert_eq!(shop.diary(), ["before_restore recover none", "after_restore recover cancelled"]);
    assert_eq!(shop.status()["state"], "abandoned");
    let _none =
        shop.aitta.run(["recover", "--resume"]).failure("no recovery of the profile \"default\" goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn hooks_run_around_backups_and_restores_with_the_outcome() {
    let shop = Shop::on_sqlite("").await;
    let made = shop.aitta.json(&["backup", "create"]);
    let id = made["archive"]["id"].as_str().unwrap();
    assert_eq!(shop.diary(), ["before_backup backup none", "after_backup backup succeeded"]);
    shop.new_diary();
    let restore = ["backup", "restore", "--backup-id", id, "--tables", "Setting", "--reason", "drill"];
    shop.aitta.json(&restore);
    assert_eq!(shop.diary(), ["before_restore restore none", "after_restore restore succeeded"]);
    // Another database is none of the application's business, and a dry run changes nothing.
    shop.new_diary();
    let other = format!("sqlite:{}", shop.home().join("other.db").display());
    shop.aitta.json(&["backup", "restore", "--backup-id", id, "--to", &other, "--reason", "drill"]);
    shop.aitta.json(&["backup", "restore", "--backup-id", id, "--dry-run"]);
    assert_eq!(shop.diary(), Vec::<String>::new());
    // What fails has its hook after it, too.
    fs::rename(shop.home().join("shop.db"), shop.home().join("away.db")).unwrap();
    let _failed = shop.aitta.run(["backup", "create"]).failure("hint");
    assert_eq!(shop.diary(), ["before_backup backup none", "after_backup backup failed"]);
    let environment = fs::read_to_string(shop.mark("after_backup.env")).unwrap();
    for secret in ["DATABASE_URL", "BACKUP_ENCRYPTION_KEY", "AITTA_DATA_DIR", "a1777a"] {
        assert!(!environment.contains(secret), "{secret}: {environment}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_that_fails_before_a_backup_keeps_it_from_beginning() {
    let shop = Shop::on_sqlite("").await;
    fs::write(shop.mark("fail_before_backup"), "").unwrap();
    let failed = shop.aitta.run(["backup", "create"]).failure(
        "the backup was not begun: the hook before_backup failed with exit status: 3; it printed last: no such service",
    );
    assert_eq!(failed.code, Some(1));
    assert_eq!(shop.aitta.json(&["backup", "list"])["total"], 0);
    // What it has half stopped is started again.
    assert_eq!(shop.diary(), ["before_backup backup none", "after_backup backup failed"]);
    fs::remove_file(shop.mark("fail_before_backup")).unwrap();
    // After it, the archive is made all the same, and the failure is shown and stays known.
    fs::write(shop.mark("fail_after_backup"), "").unwrap();
    let made = shop.aitta.run(["backup", "create"]).success();
    assert!(
        made.stdout.contains("warning: the hook after_backup failed with exit status: 3"),
        "{}",
        made.stdout
    );
    let owed = shop.aitta.json(&["hooks", "status"])["owed"].clone();
    assert_eq!((&owed[0]["hook"], owed.as_array().unwrap().len()), (&"after_backup".into(), 1));
    fs::remove_file(shop.mark("fail_after_backup")).unwrap();
    let ran = shop.aitta.json(&["hooks", "run"]);
    assert_eq!(ran[0]["hook"], "after_backup");
    assert_eq!(shop.aitta.json(&["hooks", "status"])["owed"], serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_that_hangs_is_killed_with_all_that_it_has_started() {
    let shop = Shop::on_sqlite("").await;
    shop.configure("");
    let text = fs::read_to_string(shop.config()).unwrap().replace("timeout_s = 60", "timeout_s = 1");
    fs::write(shop.config(), text).unwrap();
    let child = shop.mark("child.pid");
    shop.script(
        "before_backup",
        &format!(
            "#!/bin/sh\ntrap '' TERM\nsleep 600 &\necho $! > {}\necho hanging\nwait\nwait\nsleep 600\n",
            child.display()
        ),
    );
    let _failed = shop
        .aitta
        .run(["backup", "create"])
        .failure("the hook before_backup was ended: it was not done after 1 s; it printed last: hanging");
    let pid = fs::read_to_string(&child).unwrap();
    let lives = || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        !stat.is_empty() && !stat.contains(") Z ")
    };
    shop.until("its child to be gone", |_| !lives());
    assert_eq!(shop.diary(), ["after_backup backup failed"]);
}

/// Whoever stops a backup wants the application back, however long that takes.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_is_stopped_ends_its_hook_and_starts_the_application_again() {
    let shop = Shop::on_sqlite("").await;
    fs::write(shop.mark("wait_before_backup"), "").unwrap();
    fs::write(shop.mark("wait_after_backup"), "").unwrap();
    let mut stopped = shop.aitta.command(["backup", "create"]).spawn().unwrap();
    shop.until("the hook", |shop| shop.diary().len() == 1);
    assert!(Command::new("kill").args(["-TERM", &stopped.id().to_string()]).status().unwrap().success());
    shop.until("the hook after it", |shop| shop.diary().len() == 2);
    // Longer than a command has to end once it was asked to.
    std::thread::sleep(Duration::from_secs(11));
    assert!(stopped.try_wait().unwrap().is_none(), "it has left the hook alone");
    fs::remove_file(shop.mark("wait_after_backup")).unwrap();
    assert_eq!(stopped.wait().unwrap().code(), Some(130));
    assert_eq!(shop.diary(), ["before_backup backup none", "after_backup backup cancelled"]);
    assert_eq!(shop.aitta.json(&["hooks", "status"])["owed"], serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_may_leave_the_application_running_in_the_background() {
    let shop = Shop::on_sqlite("").await;
    let pid = shop.mark("application.pid");
    shop.script("after_backup", &format!("#!/bin/sh\nsleep 30 &\necho $! > {}\n", pid.display()));
    let begun = Instant::now();
    shop.aitta.json(&["backup", "create"]);
    assert!(begun.elapsed() < Duration::from_secs(25), "its output was waited for");
    let pid = fs::read_to_string(pid).unwrap();
    let ended = Command::new("kill").arg(pid.trim()).status().unwrap();
    assert!(ended.success(), "the application was killed with the hook");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_hook_prints_is_kept_without_secrets() {
    let database = TestServer::shared().database("recover_secrets").await;
    database.psql(GOOD).await;
    let key = aitta_testing::KEY;
    let more = format!("echo 'url {}'\necho \"PGPASSWORD=hunter2 key {key} and {PASSWORD}\"", database.url());
    let shop = Shop::new(database.url(), &more);
    shop.aitta.json(&["backup", "create"]);
    let log = shop.log().await;
    assert!(log.contains("before_backup: url ") && log.contains("after_backup: url "), "{log}");
    for secret in [PASSWORD, "hunter2", key] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_could_have_written_is_never_started() {
    let shop = Shop::on_sqlite("").await;
    let program = shop.program("after_backup");
    fs::set_permissions(&program, Permissions::from_mode(0o777)).unwrap();
    let _refused =
        shop.aitta.run(["backup", "create"]).failure(&format!("others can write to {}", program.display()));
    assert_eq!(shop.diary(), Vec::<String>::new(), "nothing is stopped that could not be started again");
    fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(shop.config(), Permissions::from_mode(0o666)).unwrap();
    let _refused =
        shop.aitta.run(["backup", "create"]).failure("hooks names programs to run, and others can write to");
    let folder = shop.config().parent().unwrap().to_owned();
    fs::set_permissions(shop.config(), Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
    let _refused =
        shop.aitta.run(["backup", "create"]).failure("hooks names programs to run, and others can write to");
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
    // No variable names a program.
    let mut command = shop.aitta.command(["backup", "create"]);
    command.env("AITTA_HOOKS_BEFORE_BACKUP", "/bin/false").env("BACKUP_HOOKS", "/bin/false");
    assert!(command.output().unwrap().status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_between_the_hooks_is_told_by_what_comes_next() {
    let shop = Shop::on_sqlite("").await;
    fs::write(shop.mark("wait_before_backup"), "").unwrap();
    let mut killed = shop.aitta.command(["backup", "create"]).spawn().unwrap();
    shop.until("the hook", |shop| shop.diary().len() == 1);
    killed.kill().unwrap();
    killed.wait().unwrap();
    fs::remove_file(shop.mark("wait_before_backup")).unwrap();
    let told = shop.aitta.run(["doctor"]);
    assert!(told.stderr.contains("the hook after_backup of run 1"), "{}", told.stderr);
    let made = shop.aitta.json(&["backup", "create"]);
    assert!(made["notes"].to_string().contains("the hook after_backup of run 1"), "{made:#}");
    let failed = shop.aitta.run(["runs", "--failed"]).success().stdout;
    assert!(failed.contains("its hook after_backup has not run"), "{failed}");
    assert_eq!(
        shop.aitta.json(&["hooks", "status"])["owed"],
        serde_json::json!([]),
        "the next backup has run it"
    );
}

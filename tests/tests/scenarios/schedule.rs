//! Backups that make themselves: the agent of the command line under a clock of its own.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aitta_engine::sample;
use aitta_testing::Aitta;
use aitta_tests::faketime;
use serde_json::Value;

/// Three seconds before two at night in Helsinki, in winter.
const BEFORE: &str = "@2027-01-15 23:59:57";

/// A sample with its schedule switched on, daily at two in Helsinki.
fn scheduled() -> Aitta {
    let aitta = Aitta::new().env("ENABLE_AUTO_BACKUP", "true").env("BACKUP_TIME_ZONE", "Europe/Helsinki");
    let database = aitta.home().join("shop.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(sample::create(&database)).unwrap();
    aitta.database(&format!("sqlite:{}", database.display()))
}

/// An agent that is killed with the test.
struct Agent(Child);

impl Agent {
    /// Starts one whose clock shows this, and goes on from there.
    fn start(aitta: &Aitta, clock: &str, more: &[(&str, &str)]) -> Self {
        let mut command = at(aitta.command(["agent", "run"]), clock);
        command.envs(more.iter().copied()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.0.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Ends it as a service manager does. It must end well, and soon.
    fn stop(mut self) {
        self.signal("-TERM");
        let asked = Instant::now();
        while asked.elapsed() < Duration::from_secs(8) {
            if let Some(status) = self.0.try_wait().unwrap() {
                assert!(status.success(), "{status}");
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the agent does not end");
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn at(mut command: Command, clock: &str) -> Command {
    command.env("LD_PRELOAD", faketime()).env("FAKETIME", clock).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    command.env("TZ", "UTC");
    command
}

/// A day and a half after the agents of these tests have begun.
const AFTER: &str = "@2027-01-17 12:00:00";

/// The state of the schedule by this clock.
fn status_at(aitta: &Aitta, clock: &str) -> Value {
    let output = at(aitta.command(["schedule", "status", "--json"]), clock).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Waits for the state of the schedule to be so.
fn until(aitta: &Aitta, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let status = status_at(aitta, AFTER);
        if is(&status) {
            return status;
        }
        assert!(Instant::now() < deadline, "waited for {what}: {status:#}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn is_done(status: &Value) -> bool {
    status["last"]["state"] == "succeeded"
}

fn archives(aitta: &Aitta) -> usize {
    aitta.json(&["backup", "list"])["archives"].as_array().unwrap().len()
}

#[test]
fn the_agent_makes_the_backup_of_the_night_and_says_that_it_does() {
    let aitta = scheduled();
    let before = aitta.json(&["schedule", "status"]);
    assert_eq!((&before["on"], &before["seen_to"]), (&true.into(), &"by_nobody".into()));
    let told = aitta.run(["schedule", "status"]).success().stdout;
    assert!(told.contains("nobody sees to this schedule: no backup will be made"), "{told}");

    let agent = Agent::start(&aitta, BEFORE, &[]);
    let status = until(&aitta, "the backup", is_done);
    assert_eq!((&status["host"]["kind"], &status["host"]["pid"]), (&"agent".into(), &agent.0.id().into()));
    assert_eq!(status["last"]["due"], "2027-01-16T00:00:00Z", "{status:#}");
    let list = aitta.json(&["backup", "list"]);
    assert_eq!(
        (list["archives"].as_array().unwrap().len(), &list["archives"][0]["kind"]),
        (1, &"scheduled".into())
    );
    assert_eq!(status["seen_to"], "by_host");
    // A service with another environment may see to other schedules than whoever asks has in mind.
    let other =
        aitta.command(["schedule", "status", "--json"]).env("BACKUP_SCHEDULE", "0 4 * * *").output().unwrap();
    let other: Value = serde_json::from_slice(&other.stdout).unwrap();
    assert_eq!((&other["seen_to"], &other["host"]["kind"]), (&"by_nobody".into(), &"agent".into()));
    // It does what is due, and another one sees that.
    let other = aitta.json(&["schedule", "run-due"])["profiles"][0].clone();
    assert_eq!((&other["host"]["kind"], other["slot"].is_null()), (&"agent".into(), true));
    // By another rule nothing is done for this one, which is no success.
    let refused =
        aitta.command(["schedule", "run-due"]).env("BACKUP_SCHEDULE", "0 4 * * *").output().unwrap();
    assert_eq!(refused.status.code(), Some(9), "{}", String::from_utf8_lossy(&refused.stdout));
    agent.stop();
    let after = aitta.json(&["schedule", "status"]);
    assert_eq!((after["host"].is_null(), &after["seen_to"]), (true, &"by_nobody".into()));
    assert_eq!(archives(&aitta), 1);
}

/// It looks each half minute, and at what is due.
#[test]
fn an_agent_with_nothing_to_do_leaves_the_processor_alone() {
    let aitta = scheduled();
    let agent = Agent::start(&aitta, "@2027-01-15 12:00:00", &[]);
    let spent = || {
        // proc(5): the 14th and the 15th field, in ticks of 10 ms; the second one is in brackets, and may hold spaces.
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", agent.0.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    };
    until(&aitta, "the agent", |status| status["seen_to"] == "by_host");
    // Its first look is over when nothing is spent for a while.
    let (mut before, deadline) = (spent(), Instant::now() + Duration::from_secs(30));
    loop {
        std::thread::sleep(Duration::from_millis(500));
        let now = spent();
        if now == before {
            break;
        }
        assert!(Instant::now() < deadline, "it never rests");
        before = now;
    }
    // Nothing is waited for: this is the time that is measured.
    std::thread::sleep(Duration::from_secs(4));
    assert!(spent() - before <= 5, "{} ms of 4 s", 10 * (spent() - before));
    agent.stop();
}

#[test]
fn two_agents_of_one_data_folder_make_one_backup_and_the_second_takes_over() {
    let aitta = scheduled();
    let first = Agent::start(&aitta, BEFORE, &[]);
    until(&aitta, "the first", |status| status["host"]["pid"] == first.0.id());
    let second = Agent::start(&aitta, BEFORE, &[]);
    until(&aitta, "the backup", is_done);
    first.signal("-KILL");
    drop(first);
    // It looks each half minute.
    until(&aitta, "the second", |status| status["host"]["pid"] == second.0.id());
    assert_eq!(archives(&aitta), 1);
    second.stop();
}

/// Stopped, and killed, in the middle of a backup that takes long: the next agent makes it, at once, and only once.
#[test]
fn what_an_agent_has_begun_is_done_by_the_next_one() {
    for signal in ["-TERM", "-KILL"] {
        let aitta = scheduled();
        let slow = Agent::start(&aitta, BEFORE, &[("BACKUP_LIMIT_RATE", "20k")]);
        let begun = until(&aitta, "its begin", |status| status["last"]["run"].is_i64());
        assert_eq!(begun["last"]["state"], "claimed", "{begun:#}");
        match signal {
            "-TERM" => slow.stop(),
            _ => {
                slow.signal(signal);
                drop(slow);
            }
        }
        assert_eq!(archives(&aitta), 0, "{signal}");
        let next = Agent::start(&aitta, "@2027-01-16 06:30:00", &[]);
        let status = until(&aitta, "the backup", is_done);
        assert_eq!(status["last"]["due"], "2027-01-16T00:00:00Z", "{status:#}");
        assert_eq!(archives(&aitta), 1, "{signal}");
        next.stop();
        let runs = aitta.json(&["runs"]);
        let backups = runs.as_array().unwrap().iter().filter(|run| run["operation"] == "backup");
        let outcomes: Vec<&str> = backups.map(|run| run["outcome"].as_str().unwrap()).collect();
        let first = if signal == "-TERM" { "cancelled" } else { "failed" };
        assert_eq!(outcomes, ["succeeded", first], "{signal}");
    }
}

/// From cron or a timer of systemd, on a machine that was switched off for days.
#[test]
fn what_was_missed_is_one_backup_of_a_timer() {
    let aitta = scheduled();
    let run_due = |clock: &str| {
        let output = at(aitta.command(["schedule", "run-due", "--json"]), clock).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["profiles"][0].clone()
    };
    let first = run_due("@2027-03-26 12:00:00");
    assert!(first["slot"].is_null(), "a new schedule counts from now: {first:#}");
    assert_eq!(first["next"], "2027-03-27T00:00:00Z");
    // The clocks went forward on the 28th.
    let second = run_due("@2027-03-30 12:00:00");
    let missed = ["2027-03-27T00:00:00Z", "2027-03-28T00:00:00Z", "2027-03-28T23:00:00Z"].map(Value::from);
    assert_eq!(second["slot"]["missed"].as_array().unwrap(), &missed, "{second:#}");
    assert_eq!(
        (&second["slot"]["due"], &second["slot"]["state"]),
        (&"2027-03-29T23:00:00Z".into(), &"succeeded".into())
    );
    assert!(run_due("@2027-03-30 12:01:00")["slot"].is_null());
    let seen_to = |clock: &str| status_at(&aitta, clock)["seen_to"].clone();
    assert_eq!(
        (seen_to("@2027-03-31 11:00:00"), seen_to("@2027-04-02 12:00:00")),
        ("by_timer".into(), "by_nobody".into())
    );
    // By a clock that was wrong it has looked in what is the future now.
    assert_eq!(seen_to("@2027-03-20 12:00:00"), "by_nobody");
    assert_eq!(archives(&aitta), 1);
    // One that fails is told by the exit code.
    std::fs::rename(aitta.store_dir(), aitta.home().join("away")).unwrap();
    let failed = at(aitta.command(["schedule", "run-due"]), "@2027-03-31 12:00:00").output().unwrap();
    assert_eq!(failed.status.code(), Some(6), "{}", String::from_utf8_lossy(&failed.stdout));
    let told = String::from_utf8(failed.stdout).unwrap();
    assert!(told.contains("failed, tried again at 2027-03-31 12:05"), "{told}");
}

//! Who is told of what: a receiver that answers, hangs, fails or redirects, and programs that are killed meanwhile.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aitta_model::Timestamp;
use aitta_testing::Aitta;
use aitta_tests::faketime;
use serde_json::Value;

pub(super) mod receiver;

use receiver::{Answer, Receiver, Request};

/// Of 32 bytes.
const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// A machine with a small database, which tells the receiver everything.
fn machine(receiver: &Receiver) -> Aitta {
    let aitta = Aitta::new();
    let file = aitta.home().join("shop.db");
    tokio::runtime::Runtime::new().unwrap().block_on(aitta_engine::sample::create(&file)).unwrap();
    aitta
        .database(&format!("sqlite:{}", file.display()))
        .env("BACKUP_WEBHOOK_URL", &receiver.url("/hook?token=geheim"))
        .env("BACKUP_WEBHOOK_SECRET", SECRET)
        // How full the disk of this machine is, is another thing.
        .env("BACKUP_STORAGE_ALERT_PERCENT", "100")
}

/// The command with a clock that is so much ahead.
fn later(aitta: &Aitta, minutes: u32, args: &[&str]) -> Command {
    let mut command = aitta.command(args);
    command.env("LD_PRELOAD", faketime()).env("FAKETIME", format!("+{}s", minutes * 60));
    command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    command
}

fn json_later(aitta: &Aitta, minutes: u32, args: &[&str]) -> Value {
    let output = later(aitta, minutes, args).arg("--json").output().unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{args:?}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// The one that has come.
fn only(receiver: &Receiver) -> Request {
    let mut requests = receiver.take();
    assert_eq!(requests.len(), 1, "{requests:?}");
    requests.remove(0)
}

fn nothing(receiver: &Receiver) {
    let requests = receiver.take();
    assert!(requests.is_empty(), "{requests:?}");
}

/// A database that is not there.
fn fail_a_backup(aitta: &Aitta, minutes: u32) {
    let mut command = later(aitta, minutes, &["backup", "create"]);
    let output = command.env("DATABASE_URL", "sqlite:/nowhere/shop.db").output().unwrap();
    assert!(!output.status.success());
}

/// As Standard Webhooks has it, by another implementation of HMAC.
fn is_signed(request: &Request) -> bool {
    let program = "import base64,hashlib,hmac,sys\n\
        key = base64.b64decode(sys.argv[1][6:])\n\
        print('v1,' + base64.b64encode(hmac.new(key, sys.argv[2].encode(), hashlib.sha256).digest()).decode())";
    let (id, at) = (request.header("webhook-id"), request.header("webhook-timestamp"));
    let signed = format!("{id}.{at}.{}", request.body);
    let output = Command::new("python3").args(["-c", program, SECRET, &signed]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim() == request.header("webhook-signature")
}

#[test]
fn a_webhook_gets_these_bodies_to_the_byte_and_signed() {
    let receiver = Receiver::start();
    let aitta = machine(&receiver);
    let made = aitta.json(&["backup", "create"]);
    let request = only(&receiver);
    let (id, rows) = (&made["archive"]["id"], &made["archive"]["rows"]);
    let tables: Vec<&Value> = made["tables"].as_array().unwrap().iter().map(|table| &table["name"]).collect();
    let timestamp = &request.json()["timestamp"];
    let told: Timestamp = timestamp.as_str().unwrap().parse().unwrap();
    assert!(told.as_second() > 1_700_000_000);
    let begins = format!(
        r#"{{"type":"backup_event","event":"backup_created","backupId":{id},"tables":{},"recordCount":{rows},"timestamp":{timestamp},"profile":"default""#,
        serde_json::to_string(&tables).unwrap()
    );
    assert!(request.body.starts_with(&begins), "{}\n{begins}", request.body);
    assert_eq!(
        (request.path.as_str(), request.header("content-type")),
        ("/hook?token=geheim", "application/json")
    );
    assert!(is_signed(&request));

    fail_a_backup(&aitta, 0);
    let failed = only(&receiver);
    let (error, timestamp) = (&failed.json()["error"], &failed.json()["timestamp"]);
    let begins = format!(r#"{{"type":"backup_failure","error":{error},"timestamp":{timestamp},"#);
    assert!(failed.body.starts_with(&begins), "{}\n{begins}", failed.body);
    assert!(is_signed(&failed) && failed.json()["code"] == "source_unreachable", "{}", failed.body);
    // What grants access is shown nowhere.
    let status = aitta.run(["notify", "status"]).success().stdout;
    assert!(
        status.contains("webhook: http://127.0.0.1 gets everything") && !status.contains("geheim"),
        "{status}"
    );
    let checked = aitta.run(["config", "check"]);
    assert!(!format!("{checked:?}").contains("geheim"), "{checked:?}");
}

#[test]
fn what_was_not_confirmed_is_sent_again_the_same_until_it_is() {
    let receiver = Receiver::start();
    let aitta = machine(&receiver);
    receiver.answers(&[Answer::Status(500, "")]);
    let made = aitta.run(["backup", "create"]).success();
    assert!(
        made.stderr.contains("a notice has not arrived: webhook: http://127.0.0.1: answered 500"),
        "{made:?}"
    );
    let first = only(&receiver);
    let status = aitta.json(&["notify", "status"]);
    let channel = &status["channels"][0];
    assert_eq!(
        (&channel["waiting"], &channel["failure"]["code"]),
        (&1.into(), &"notify_failed".into()),
        "{status}"
    );
    assert!(channel["delivered"].is_null(), "a delivery is a 2xx and nothing less");
    nothing(&receiver);

    // A redirect is none, and is not followed.
    receiver.answers(&[Answer::Status(302, "location: /elsewhere\r\n")]);
    json_later(&aitta, 2, &["notify", "status"]);
    let second = only(&receiver);
    assert_eq!((&second.body, second.header("webhook-id")), (&first.body, first.header("webhook-id")));
    assert!(is_signed(&second), "with the time of this attempt");
    // It asks to be left alone for longer than usual.
    receiver.answers(&[Answer::Status(503, "retry-after: 7200\r\n")]);
    json_later(&aitta, 10, &["notify", "status"]);
    assert_eq!(only(&receiver).header("webhook-id"), first.header("webhook-id"));
    json_later(&aitta, 100, &["notify", "status"]);
    nothing(&receiver);
    let sent = json_later(&aitta, 200, &["notify", "send"]);
    assert_eq!(sent["delivered"], serde_json::json!(["webhook"]), "{sent}");
    assert_eq!(only(&receiver).body, first.body);
    json_later(&aitta, 2000, &["notify", "send"]);
    nothing(&receiver);
}

#[test]
fn a_receiver_that_refuses_for_good_is_left_alone_and_that_is_shown() {
    let receiver = Receiver::start();
    let aitta = machine(&receiver);
    receiver.answers(&[Answer::Status(410, "")]);
    let _ = aitta.run(["backup", "create"]).success();
    assert_eq!(receiver.take().len(), 1);
    json_later(&aitta, 3000, &["notify", "send"]);
    nothing(&receiver);
    let status = aitta.json(&["notify", "status"]);
    assert_eq!(
        (&status["channels"][0]["lost"], &status["channels"][0]["waiting"]),
        (&1.into(), &0.into()),
        "{status}"
    );
}

#[test]
fn a_receiver_that_hangs_fails_no_backup_and_holds_no_command_for_long() {
    let receiver = Receiver::start();
    let aitta = machine(&receiver);
    receiver.answers(&[Answer::Nothing]);
    let begun = Instant::now();
    let _ = aitta.run(["backup", "create"]).success();
    assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
    assert_eq!(receiver.take().len(), 1);
    let status = aitta.json(&["notify", "status"]);
    assert_eq!(status["channels"][0]["waiting"], 1, "{status}");
}

/// The outbox is written with the end of the run, so a kill in the middle of a delivery loses nothing.
#[test]
fn a_program_that_is_killed_while_it_delivers_has_told_it_after_the_next_command() {
    let receiver = Receiver::start();
    let aitta = machine(&receiver);
    receiver.answers(&[Answer::Nothing]);
    let mut command = aitta.command(["backup", "create"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    receiver.wait_for(1);
    child.kill().unwrap();
    child.wait().unwrap();
    let first = only(&receiver);
    // Another program may be at it: it is given its time.
    aitta.json(&["notify", "send"]);
    nothing(&receiver);
    json_later(&aitta, 3, &["notify", "send"]);
    let again = only(&receiver);
    assert_eq!((&again.body, again.header("webhook-id")), (&first.body, first.header("webhook-id")));
}

#[test]
fn a_backup_that_was_killed_is_told_as_failed() {
    let receiver = Receiver::start();
    let aitta = machine(&receiver);
    let mut command = aitta.command(["backup", "create", "--json"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while aitta.json(&["runs"])[0]["outcome"] != "running" {
        assert!(Instant::now() < deadline && child.try_wait().unwrap().is_none(), "it was not seen at work");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    aitta.json(&["runs"]);
    let failed = only(&receiver);
    assert_eq!(
        (&failed.json()["type"], &failed.json()["code"]),
        (&"backup_failure".into(), &"interrupted".into())
    );
}

#[test]
fn a_trouble_is_told_once_then_once_a_day_and_its_end_once() {
    let (receiver, chat) = (Receiver::start(), Receiver::start());
    let aitta = machine(&receiver).env("BACKUP_SLACK_URL", &chat.url("/services/T/B/x"));
    aitta.json(&["backup", "create"]);
    assert_eq!((receiver.take().len(), chat.take().len()), (1, 0), "people are not told of what is routine");
    for minutes in [1, 10, 60] {
        fail_a_backup(&aitta, minutes);
    }
    assert_eq!((receiver.take().len(), chat.take().len()), (1, 1), "the first of the same");
    fail_a_backup(&aitta, 26 * 60);
    let again = only(&receiver).json();
    assert_eq!(again["again"], 2, "{again}");
    chat.take();
    // Another cause is told at once.
    let output = later(&aitta, 26 * 60 + 1, &["backup", "create"])
        .env("BACKUP_LOCAL_DIR", "/nowhere")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(6));
    assert_eq!((receiver.take().len(), chat.take().len()), (1, 1));
    json_later(&aitta, 26 * 60 + 2, &["backup", "create"]);
    assert!(only(&receiver).json()["failingSince"].is_string());
    let words = only(&chat).body;
    assert!(words.contains("backups work again"), "{words}");
    json_later(&aitta, 26 * 60 + 3, &["backup", "create"]);
    assert!(only(&receiver).json()["failingSince"].is_null());
    nothing(&chat);
}

/// Nothing happens there: it is found by looking.
#[test]
fn a_backup_that_is_overdue_is_told_by_a_timer_and_so_is_its_end() {
    let (receiver, chat) = (Receiver::start(), Receiver::start());
    let aitta = machine(&receiver).env("BACKUP_SLACK_URL", &chat.url("/services/T/B/x"));
    aitta.json(&["backup", "create"]);
    let aitta = aitta.env("ENABLE_AUTO_BACKUP", "true");
    json_later(&aitta, 0, &["schedule", "run-due"]);
    receiver.take();
    chat.take();
    let (file, away) = (aitta.home().join("shop.db"), aitta.home().join("away.db"));
    std::fs::rename(&file, &away).unwrap();
    json_later(&aitta, 30 * 60, &["schedule", "run-due"]);
    let told: Vec<Value> = receiver.take().iter().map(Request::json).collect();
    let overdue = told.iter().find(|notice| notice["event"] == "backup_overdue");
    let overdue = overdue.unwrap_or_else(|| panic!("{told:#?}"));
    assert!(
        overdue["error"].as_str().unwrap().starts_with("the newest verified backup is of "),
        "{overdue:#}"
    );
    assert!(told.iter().any(|notice| notice["type"] == "backup_failure"), "{told:#?}");
    let words: String = chat.take().into_iter().map(|request| request.body).collect();
    assert!(words.contains("a backup is overdue"), "{words}");

    std::fs::rename(&away, &file).unwrap();
    json_later(&aitta, 31 * 60, &["schedule", "run-due"]);
    let told: Vec<Value> = receiver.take().iter().map(Request::json).collect();
    let ended: Vec<&Value> = told.iter().filter(|notice| notice["event"] == "works_again").collect();
    assert!(ended.len() == 1 && ended[0]["ended"] == "backup_overdue", "{told:#?}");
    let words: String = chat.take().into_iter().map(|request| request.body).collect();
    assert!(words.contains("no backup is overdue any more"), "{words}");
}

/// A schedule that nothing sees to can only be told by what somebody starts.
#[test]
fn a_schedule_that_nobody_sees_to_is_told_by_any_command_and_its_end_by_the_next() {
    let receiver = Receiver::start();
    let aitta = machine(&receiver).env("ENABLE_AUTO_BACKUP", "true");
    aitta.json(&["backup", "create"]);
    let events = |receiver: &Receiver| -> Vec<String> {
        receiver
            .take()
            .iter()
            .map(|request| request.json()["event"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(events(&receiver), ["backup_created", "schedule_forsaken"]);
    aitta.json(&["backup", "list"]);
    assert_eq!(events(&receiver), [] as [&str; 0], "once");
    json_later(&aitta, 0, &["schedule", "run-due"]);
    aitta.json(&["backup", "list"]);
    let told = events(&receiver);
    assert!(told.iter().any(|event| event == "works_again"), "a timer does: {told:?}");
}

/// What nobody has got was not told, so the next time is told at once.
#[test]
fn what_did_not_arrive_keeps_nobody_from_being_told_of_it_again() {
    let receiver = Receiver::start();
    let aitta = machine(&receiver);
    receiver.answers(&[Answer::Status(404, "")]);
    fail_a_backup(&aitta, 0);
    assert_eq!(receiver.take().len(), 1);
    fail_a_backup(&aitta, 1);
    assert_eq!(receiver.take().len(), 1);
    fail_a_backup(&aitta, 2);
    nothing(&receiver);
}

#[test]
fn a_dead_mans_switch_is_told_the_start_and_the_end_of_one_run() {
    let receiver = Receiver::start();
    let aitta = machine(&receiver).env_remove("BACKUP_WEBHOOK_URL").env_remove("BACKUP_WEBHOOK_SECRET");
    let aitta = aitta.env("BACKUP_PING_URL", &receiver.url("/ping/5f"));
    aitta.json(&["backup", "create"]);
    let told: Vec<String> = receiver.take().into_iter().map(|request| request.path).collect();
    let run = told[0].strip_prefix("/ping/5f/start?rid=").unwrap_or_else(|| panic!("{told:?}"));
    assert_eq!(told[1..], [format!("/ping/5f?rid={run}")]);
    aitta.json(&["backup", "verify", "latest"]);
    nothing(&receiver);
    fail_a_backup(&aitta, 0);
    let told: Vec<String> = receiver.take().into_iter().map(|request| request.path).collect();
    assert!(told[1].starts_with("/ping/5f/fail?rid=") && !told[1].ends_with(run), "{told:?}");
}

#[test]
fn a_test_says_of_each_channel_whether_it_arrives_and_nobody_to_tell_is_said() {
    let receiver = Receiver::start();
    let aitta = machine(&receiver).env("BACKUP_TEAMS_URL", "http://127.0.0.1:9/flow");
    let tested = aitta.run(["notify", "test", "--json"]);
    let report: Value = serde_json::from_str(&tested.stdout).unwrap();
    assert_eq!((tested.code, &report["delivered"]), (Some(1), &serde_json::json!(["webhook"])), "{tested:?}");
    assert_eq!(report["failed"][0][0], "teams", "{report}");
    assert_eq!(only(&receiver).json()["event"], "test");
    let none = Aitta::new();
    assert_eq!(none.run(["notify", "test"]).code, Some(3));
    assert!(none.run(["notify", "status"]).success().stdout.contains("nobody is told of anything"));
    for (name, value) in [
        ("BACKUP_WEBHOOK_URL", "http://93.184.215.14/geheim"),
        ("BACKUP_SLACK_URL", "https://169.254.169.254/geheim"),
        ("BACKUP_MAIL_URL", "smtps://u:geheim@mail.example.com?from=a@example.com&to=geheim"),
        ("BACKUP_PING_URL", "geheim"),
    ] {
        let wrong = Aitta::new().env(name, value).run(["config", "check"]);
        let said = format!("{wrong:?}");
        assert!(said.contains(&format!("{name} can't be used")) && !said.contains("geheim"), "{said}");
        // It is no reason to make no backup.
        assert_eq!(wrong.code, Some(0), "{said}");
    }
}

/// What a shell without the variables finds is told by the next program that has them.
#[test]
fn a_program_that_knows_no_channel_keeps_nobody_from_being_told() {
    let receiver = Receiver::start();
    let aitta = machine(&receiver);
    let without = |args: &[&str]| {
        let mut command = aitta.command(args);
        command.env_remove("BACKUP_WEBHOOK_URL").env_remove("BACKUP_WEBHOOK_SECRET");
        command
    };
    receiver.answers(&[Answer::Status(500, "")]);
    fail_a_backup(&aitta, 0);
    let first = only(&receiver);
    assert!(without(&["runs"]).output().unwrap().status.success());
    json_later(&aitta, 2, &["notify", "send"]);
    assert_eq!(only(&receiver).header("webhook-id"), first.header("webhook-id"));
    json_later(&aitta, 3, &["backup", "create"]);
    receiver.take();
    // A failure that such a program has met itself.
    let output =
        without(&["backup", "create"]).env("DATABASE_URL", "sqlite:/nowhere/shop.db").output().unwrap();
    assert!(!output.status.success());
    nothing(&receiver);
    aitta.json(&["notify", "send"]);
    assert_eq!(only(&receiver).json()["type"], "backup_failure");
}

#[test]
fn each_damaged_archive_is_told_by_itself() {
    let receiver = Receiver::start();
    let aitta = machine(&receiver);
    let mut made = Vec::new();
    for _ in 0..2 {
        made.push(aitta.json(&["backup", "create"])["archive"]["id"].as_str().unwrap().to_owned());
    }
    receiver.take();
    for id in &made {
        let file = aitta.store_dir().join("backups").join(format!("{id}.backup"));
        let mut bytes = std::fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&file, bytes).unwrap();
    }
    assert_eq!(aitta.run(["backup", "verify", "--all"]).code, Some(5));
    let mut told: Vec<String> = receiver
        .take()
        .iter()
        .map(|request| {
            let told = request.json();
            assert_eq!(told["event"], "backup_damaged", "{told}");
            told["backupId"].as_str().unwrap().to_owned()
        })
        .collect();
    told.sort();
    made.sort();
    assert_eq!(told, made);
}

/// Nothing was begun, and it is a night without a backup all the same.
#[test]
fn a_backup_that_could_not_even_begin_is_told() {
    let receiver = Receiver::start();
    let aitta = machine(&receiver).env_remove("BACKUP_ENCRYPTION_KEY");
    assert_eq!(aitta.run(["backup", "create"]).code, Some(4));
    let told = only(&receiver).json();
    assert_eq!((&told["type"], &told["run"]), (&"backup_failure".into(), &Value::Null), "{told}");
}

#[test]
fn a_switch_hears_each_failure_and_no_old_success_after_it() {
    let receiver = Receiver::start();
    let aitta = machine(&receiver).env_remove("BACKUP_WEBHOOK_URL").env_remove("BACKUP_WEBHOOK_SECRET");
    let aitta = aitta.env("BACKUP_PING_URL", &receiver.url("/ping/5f"));
    receiver.answers(&[Answer::Status(204, ""), Answer::Status(500, "")]);
    aitta.json(&["backup", "create"]);
    receiver.take();
    for minutes in [2, 3] {
        fail_a_backup(&aitta, minutes);
        let told: Vec<String> = receiver.take().into_iter().map(|request| request.path).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("/start?") && told[1].contains("/fail?"), "{told:?}");
    }
    json_later(&aitta, 300, &["notify", "send"]);
    nothing(&receiver);
    // The safety archive of a restore is no backup of the night.
    aitta.json(&["backup", "restore", "--backup-id", "latest", "--tables", "Booking", "--reason", "drill"]);
    nothing(&receiver);
}

#[test]
fn an_answer_that_repeats_the_address_is_kept_nowhere() {
    let receiver = Receiver::start();
    let aitta = machine(&receiver);
    receiver.answers(&[Answer::Echo(500)]);
    let made = aitta.run(["backup", "create"]);
    let status = aitta.run(["notify", "status"]);
    for said in [format!("{made:?}"), format!("{status:?}")] {
        assert!(said.contains("answered 500") && !said.contains("geheim"), "{said}");
    }
    let catalog = std::fs::read(aitta.data_dir().join("catalog.db")).unwrap();
    assert!(!catalog.windows(6).any(|window| window == b"geheim"));
}

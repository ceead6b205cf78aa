//! SIGTERM and Ctrl-C end every command within ten seconds, whatever the store does.

use std::time::{Duration, Instant};

use aitta_testing::{Aitta, Hostile, HostileServer};
use rustix::process::{Pid, Signal, kill_process};

use crate::faults::sample;

/// With some air for a busy machine.
const WITHIN: Duration = Duration::from_secs(14);

/// Commands that begin with a listing, and those that begin with something else.
const COMMANDS: [&[&str]; 7] = [
    &["backup", "list"],
    &["backup", "create", "--reason", "test"],
    &["backup", "verify", "--all"],
    &["backup", "restore", "--backup-id", "latest", "--reason", "drill"],
    &["catalog", "rebuild"],
    &["key", "status"],
    &["store", "sweep"],
];

pub(super) fn at(server: &HostileServer) -> Aitta {
    sample()
        .env_remove("BACKUP_LOCAL_DIR")
        .env("BACKUP_STORAGE_TYPE", "s3")
        .env("S3_BACKUP_BUCKET", "bucket")
        .env("AWS_REGION", "eu-north-1")
        .env("AWS_ACCESS_KEY_ID", "id")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("BACKUP_STORE_ENDPOINT", server.endpoint())
        .env("S3_PATH_STYLE", "true")
}

/// Sends the signal after a while, and expects the end soon after it.
fn ends_by(signal: Signal, what: &str, server: &HostileServer) {
    let aitta = at(server);
    std::thread::scope(|scope| {
        let aitta = &aitta;
        for command in COMMANDS {
            scope.spawn(move || {
                // Each has data of its own, or one would wait for the other.
                let data = aitta.home().join(command.join("-"));
                let mut child = aitta.command(command).env("AITTA_DATA_DIR", data).spawn().unwrap();
                std::thread::sleep(Duration::from_secs(3));
                assert!(child.try_wait().unwrap().is_none(), "{what}, {command:?}: it has ended by itself");
                kill_process(Pid::from_child(&child), signal).unwrap();
                let begun = Instant::now();
                while child.try_wait().unwrap().is_none() {
                    if begun.elapsed() > WITHIN {
                        child.kill().unwrap();
                        panic!("{what}, {command:?}: it goes on after {signal:?}");
                    }
                    std::thread::sleep(Duration::from_millis(20));
                }
                let output = child.wait_with_output().unwrap();
                let told = String::from_utf8_lossy(&output.stderr).into_owned();
                // The status of the keys says what could not be asked, and is no failure.
                let is_status = command == ["key", "status"];
                let code = output.status.code();
                assert!(
                    code == Some(130) || is_status && code == Some(0),
                    "{what}, {command:?}: {code:?}: {told}"
                );
            });
        }
    });
}

#[test]
fn silent_store_does_not_keep_a_command_from_ending() {
    ends_by(Signal::TERM, "silence", &HostileServer::start(|_| Hostile::silence()));
}

#[test]
fn store_with_an_endless_list_does_not_keep_a_command_from_ending() {
    // A page in half a second, each with something new: it gets on, and has no end.
    let server = HostileServer::start(|asked| {
        std::thread::sleep(Duration::from_millis(500));
        let n = asked.number;
        if asked.path.contains("uploads") {
            let upload = format!("<Upload><Key>backups/{n}</Key><UploadId>u{n}</UploadId></Upload>");
            return Hostile::whole(
                200,
                format!(
                    "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k{n}</NextKeyMarker>\
                     <NextUploadIdMarker>u{n}</NextUploadIdMarker>{upload}</ListMultipartUploadsResult>"
                ),
            );
        }
        let objects: String = (0..20)
            .map(|i| {
                format!(
                    "<Contents><Key>backups/backup-17{n:011}-{i:08x}.backup</Key><Size>9</Size></Contents>"
                )
            })
            .collect();
        Hostile::whole(
            200,
            format!(
                "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t{n}</NextContinuationToken>\
                 {objects}</ListBucketResult>"
            ),
        )
    });
    for signal in [Signal::INT, Signal::TERM] {
        ends_by(signal, "an endless list", &server);
    }
}

#[test]
fn store_that_drips_does_not_keep_a_command_from_ending() {
    let server = HostileServer::start(|_| Hostile::drip(200, Duration::from_secs(1), 100_000));
    ends_by(Signal::TERM, "dripping", &server);
}

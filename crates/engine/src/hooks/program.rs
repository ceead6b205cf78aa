//! A program from its start to its end: in a group of its own, with an environment of its own, and with what it prints
//! bounded.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aitta_model::ErrorCode;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

use crate::config::{Hook, trust};
use crate::{Error, Result};

/// Bytes of what a program prints that are kept: the last ones.
const KEPT: usize = 64 * 1024;

/// What a program has started may hold its output open for years: so long is waited for what is left in it.
const READ_AFTER: Duration = Duration::from_millis(300);

/// Between the polite signal and the other one.
#[cfg(unix)]
const GRACE: Duration = Duration::from_secs(3);

/// What a program needs to run, or to reach the manager of services, containers or clusters. Everything else stays here,
/// above all secrets.
const PASSED_ON: [&str; 20] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "TMPDIR",
    "TMP",
    "TEMP",
    "TZ",
    "LANG",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "DOCKER_HOST",
    "KUBECONFIG",
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "USERPROFILE",
    "APPDATA",
    "LOCALAPPDATA",
];

fn is_passed_on(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    PASSED_ON.contains(&name.as_str()) || name.starts_with("LC_")
}

/// A hook whose program may be started.
pub(super) struct Program<'h> {
    hook: &'h Hook,
    /// By its one name.
    path: PathBuf,
}

/// How it ended.
pub(super) enum Ended {
    Well,
    /// With this status.
    Badly(String),
    TooLong,
    Stopped,
}

impl<'h> Program<'h> {
    /// Looks whether the program is there, and in nobody else's hands.
    ///
    /// # Errors
    /// `hook_failed`.
    pub(super) fn of(hook: &'h Hook) -> Result<Self> {
        let shown = hook.program().display();
        let failed = |what: String, hint: &str| Error::new(ErrorCode::HookFailed, what, hint);
        let path = trust::own(hook.program()).map_err(|e| {
            failed(
                format!("{shown} cannot be started: {e}"),
                "check the path in the hooks of the profile, and the rights of the file",
            )
        })?;
        let path = path
            .map_err(|others| failed(format!("{shown} is not started, because {others}"), trust::REMEDY))?;
        if !is_program(&path) {
            return Err(failed(
                format!("{shown} is no program that can be run"),
                "name a program or a script in the hooks of the profile, and make it executable with `chmod u+x`",
            ));
        }
        Ok(Self { hook, path })
    }

    /// Runs it to its end, and gives the last of what it has printed.
    ///
    /// # Errors
    /// Those of the system when it can't be started.
    pub(super) async fn run(
        &self,
        environment: &[(&str, String)],
        timeout: Duration,
        cancel: &CancellationToken,
    ) -> io::Result<(Ended, String)> {
        if cancel.is_cancelled() {
            return Ok((Ended::Stopped, String::new()));
        }
        let mut command = Command::new(&self.path);
        command.args(self.hook.arguments()).env_clear();
        command.envs(std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_passed_on)));
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        #[cfg(unix)]
        // Some programs are several, by the name that they are started with.
        command.arg0(self.hook.program()).current_dir("/").process_group(0);
        let mut child = command.spawn()?;
        let mut group = Group::of(&child);
        let tail: Arc<Mutex<Tail>> = Arc::default();
        let readers = [
            child.stdout.take().map(|pipe| tokio::spawn(read(pipe, tail.clone()))),
            child.stderr.take().map(|pipe| tokio::spawn(read(pipe, tail.clone()))),
        ];
        let ended = tokio::select! {
            biased;
            status = child.wait() => match status? {
                status if status.success() => Ended::Well,
                status => Ended::Badly(status.to_string()),
            },
            () = cancel.cancelled() => Ended::Stopped,
            () = tokio::time::sleep(timeout) => Ended::TooLong,
        };
        match ended {
            // What it has started, such as the application, goes on.
            Ended::Well | Ended::Badly(_) => group.leave(),
            Ended::TooLong | Ended::Stopped => group.end(&mut child).await,
        }
        for mut reader in readers.into_iter().flatten() {
            if tokio::time::timeout(READ_AFTER, &mut reader).await.is_err() {
                reader.abort();
            }
        }
        let text = tail.lock().unwrap_or_else(PoisonError::into_inner).text();
        Ok((ended, text))
    }
}

#[cfg(unix)]
fn is_program(path: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &std::path::Path) -> bool {
    path.is_file()
}

/// The program and whatever it has started, which are killed when the one that waits for it is dropped.
struct Group {
    #[cfg(unix)]
    id: Option<rustix::process::Pid>,
}

#[cfg(unix)]
impl Group {
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        Self { id }
    }

    fn leave(&mut self) {
        self.id = None;
    }

    async fn end(&mut self, child: &mut Child) {
        use rustix::process::Signal;
        self.signal(Signal::TERM);
        // Whether it has ended or not, what is left of the group ends now.
        let _ended = tokio::time::timeout(GRACE, child.wait()).await;
        self.signal(Signal::KILL);
        let _ended = child.wait().await;
        self.leave();
    }

    fn signal(&self, signal: rustix::process::Signal) {
        if let Some(id) = self.id
            && let Err(error) = rustix::process::kill_process_group(id, signal)
        {
            tracing::debug!(%error, "nothing is left of a hook");
        }
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        self.signal(rustix::process::Signal::KILL);
    }
}

#[cfg(not(unix))]
impl Group {
    fn of(_: &Child) -> Self {
        Self {}
    }

    fn leave(&mut self) {}

    async fn end(&mut self, child: &mut Child) {
        let _ended = child.kill().await;
    }
}

/// The end of what is printed.
#[derive(Default)]
struct Tail {
    bytes: VecDeque<u8>,
    is_cut: bool,
}

impl Tail {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
        let over = self.bytes.len().saturating_sub(KEPT);
        self.is_cut |= over > 0;
        self.bytes.drain(..over);
    }

    /// A line that was cut is left out: half of a secret would not be known for one.
    fn text(&mut self) -> String {
        let bytes = self.bytes.make_contiguous();
        let from = match self.is_cut {
            true => bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1),
            false => 0,
        };
        String::from_utf8_lossy(&bytes[from..]).into_owned()
    }
}

async fn read(mut pipe: impl AsyncRead + Unpin, tail: Arc<Mutex<Tail>>) {
    let mut buffer = vec![0; 8192];
    while let Ok(count @ 1..) = pipe.read(&mut buffer).await {
        tail.lock().unwrap_or_else(PoisonError::into_inner).push(&buffer[..count]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_gets_what_it_needs_and_no_secret() {
        for name in ["PATH", "HOME", "LC_ALL", "XDG_RUNTIME_DIR", "SystemRoot"] {
            assert!(is_passed_on(name), "{name}");
        }
        for name in [
            "DATABASE_URL",
            "BACKUP_ENCRYPTION_KEY",
            "BACKUP_RETIRED_KEYS",
            "BACKUP_WEBHOOK_SECRET",
            "AITTA_KEY_PASSPHRASE",
            "AITTA_MFA_TOKEN",
            "AITTA_PROFILE",
            "AWS_SECRET_ACCESS_KEY",
            "PGPASSWORD",
            "LD_PRELOAD",
            "LD_LIBRARY_PATH",
        ] {
            assert!(!is_passed_on(name), "{name}");
        }
    }

    #[test]
    fn only_the_last_whole_lines_of_much_output_are_kept() {
        let mut tail = Tail::default();
        tail.push(b"short\n");
        assert_eq!(tail.text(), "short\n");
        for number in 0..20_000 {
            tail.push(format!("line {number}\n").as_bytes());
        }
        let text = tail.text();
        assert!(text.len() <= KEPT && text.starts_with("line ") && text.ends_with("line 19999\n"));
        tail.push(&vec![b'x'; 2 * KEPT]);
        assert_eq!(tail.text(), "", "the rest of a line is no line");
    }
}

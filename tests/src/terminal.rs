//! A terminal with a program in it, and somebody at its keyboard.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// How long a program may take until it asks the next question. Generous: the machine may be busy with other tests.
const WITHIN: Duration = Duration::from_secs(120);

/// A program in a terminal of its own. It is killed with this.
pub struct Terminal {
    child: Child,
    keyboard: File,
    shown: Arc<Mutex<String>>,
    /// What was looked at.
    seen: usize,
}

impl Terminal {
    /// Starts a program with this terminal as its input and output.
    ///
    /// # Panics
    /// When the system has no terminal, or the program can't be run.
    #[must_use]
    pub fn start(command: &mut Command) -> Self {
        let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&screen).unwrap();
        unlockpt(&screen).unwrap();
        let name = ptsname(&screen, Vec::new()).unwrap();
        let open = || File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        let child = command.stdin(open()).stdout(open()).stderr(open()).spawn().unwrap();
        // The command holds the terminal open, and would hide its end.
        command
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        let keyboard = File::from(screen);
        let shown: Arc<Mutex<String>> = Arc::default();
        let (mut reader, into) = (keyboard.try_clone().unwrap(), shown.clone());
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // The end of the program is an error of the terminal.
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..count]);
                into.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
            }
        });
        Self { child, keyboard, shown, seen: 0 }
    }

    /// Everything that was shown so far.
    #[must_use]
    pub fn shown(&self) -> String {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until this is shown, after what was waited for before.
    ///
    /// # Panics
    /// When it does not come.
    pub fn until(&mut self, text: &str) {
        let deadline = Instant::now() + WITHIN;
        loop {
            let shown = self.shown();
            if let Some(at) = shown[self.seen..].find(text) {
                self.seen += at + text.len();
                return;
            }
            assert!(Instant::now() < deadline, "waited for {text:?}:\n{shown}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Types a line.
    ///
    /// # Panics
    /// When the terminal is gone.
    pub fn line(&mut self, text: &str) {
        writeln!(self.keyboard, "{text}").unwrap();
    }

    /// Waits for a question and answers it.
    ///
    /// # Panics
    /// As [`Self::until`] and [`Self::line`].
    pub fn answer(&mut self, question: &str, answer: &str) {
        self.until(question);
        self.line(answer);
    }

    /// Ends the program as no program can hinder.
    ///
    /// # Panics
    /// When it has ended before.
    pub fn kill(mut self) {
        assert!(self.child.try_wait().unwrap().is_none(), "it has ended by itself:\n{}", self.shown());
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end. Returns what it showed, too.
    ///
    /// # Panics
    /// When it does not end.
    pub fn end(mut self) -> (ExitStatus, String) {
        let deadline = Instant::now() + WITHIN;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, self.shown());
            }
            assert!(Instant::now() < deadline, "it does not end:\n{}", self.shown());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

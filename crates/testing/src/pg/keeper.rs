//! Runs a server and removes its folder when the test process is gone, even if it was killed.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::user;

/// Reads words from its standard input: `start`, or the signal that stops the server. The end of the
/// input means that the test process is gone, because the system closes what a dead process held.
///
/// At the end TERM comes before QUIT: a shell starts background processes deaf to QUIT, and the server
/// may not have got as far as listening to it yet.
const SCRIPT: &str = r#"
trap '' PIPE
pid=
while read -r word; do
    if [ "$word" = start ]; then
        : >log
        "$@" >>log 2>&1 </dev/null &
        pid=$!
    elif [ -n "$pid" ]; then
        kill -s "$word" "$pid"
        wait "$pid"
        pid=
    fi
    echo done
done
if [ -n "$pid" ]; then
    kill -s TERM "$pid"
    kill -s QUIT "$pid"
    wait "$pid"
fi
dir=$(pwd)
cd /
rm -rf "$dir"
"#;

pub(crate) struct Keeper {
    dir: PathBuf,
    process: Child,
    /// Taken when the keeper is dropped.
    words: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Keeper {
    /// A keeper of `dir`, which runs `command` there on `start`.
    pub(crate) fn new(dir: PathBuf, command: &[String]) -> Self {
        use std::os::unix::process::CommandExt;
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", SCRIPT, "keeper"])
            .args(command)
            .current_dir(&dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .env_remove("PGDATA")
            // Ctrl-C ends the tests; the keeper has to outlive them.
            .process_group(0);
        let mut process = user::run_as_ordinary_user(&mut shell)
            .spawn()
            .unwrap_or_else(|e| panic!("/bin/sh can't be run in {}: {e}", dir.display()));
        let words = process.stdin.take();
        let answers = process.stdout.take().map(BufReader::new);
        let answers = answers.unwrap_or_else(|| panic!("the keeper has no output"));
        Self { dir, process, words, answers }
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn start(&mut self) {
        self.tell("start");
    }

    /// Returns when the server is gone.
    pub(crate) fn stop(&mut self, signal: &str) {
        self.tell(signal);
    }

    fn tell(&mut self, word: &str) {
        let sent = self.words.as_mut().map(|words| writeln!(words, "{word}"));
        let mut answer = String::new();
        let answered = self.answers.read_line(&mut answer);
        assert!(
            matches!((&sent, &answered), (Some(Ok(())), Ok(1..))),
            "the keeper of the test server is gone: {sent:?} {answered:?}"
        );
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.words.take());
        drop(self.process.wait());
    }
}

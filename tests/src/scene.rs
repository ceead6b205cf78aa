//! Programs that a test starts, and their end.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Names the scene to everything that runs in it, and to what that starts in turn.
pub(crate) const MARK: &str = "AITTA_TEST_SCENE";

/// How long a program may take to start. Generous: the machine may be busy with other tests.
pub(crate) const START_WITHIN: Duration = Duration::from_secs(60);

/// A private folder and programs that run in it. When it is dropped all of them are ended, those that they
/// have started as well, and the folder is removed. When the test itself is killed, the system ends those
/// that it started.
pub struct Scene {
    dir: TempDir,
    children: Vec<Child>,
}

impl Default for Scene {
    fn default() -> Self {
        Self::new()
    }
}

impl Scene {
    /// Where nothing runs yet.
    ///
    /// # Panics
    /// When there is no room for a temporary folder.
    #[must_use]
    pub fn new() -> Self {
        Self { dir: tempfile::Builder::new().prefix("aitta-scene-").tempdir().unwrap(), children: Vec::new() }
    }

    /// The folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A program that will run here. Give it to [`Self::start`].
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        // setpriv is one of the essential programs of Debian.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(program);
        command.current_dir(self.dir()).env(MARK, self.dir()).stdin(Stdio::null());
        command
    }

    /// Starts a program, whose complaints go to [`Self::log`]. Returns its number.
    ///
    /// # Panics
    /// When it can't be run.
    pub fn start(&mut self, name: &str, command: &mut Command) -> usize {
        let log = File::create(self.log_path(name)).unwrap();
        let child = command.stdout(log.try_clone().unwrap()).stderr(log).spawn();
        self.children.push(child.unwrap_or_else(|e| panic!("{name} can't be run: {e}")));
        self.children.len() - 1
    }

    /// Starts a program and waits for the first line that it prints in which something is found.
    ///
    /// # Panics
    /// When it ends, or prints nothing of that kind in time.
    pub fn start_and_read<T>(
        &mut self,
        name: &str,
        command: &mut Command,
        find: impl Fn(&str) -> Option<T>,
    ) -> T {
        let number = self.start(name, command);
        let deadline = Instant::now() + START_WITHIN;
        loop {
            if let Some(found) = self.log(name).lines().find_map(&find) {
                return found;
            }
            self.assert_runs(number, name);
            assert!(Instant::now() < deadline, "{name} says nothing:\n{}", self.log(name));
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Starts a program that listens on the two ports it is given, and returns the first when it listens on
    /// both. Another program may be quicker to take a port that was free: then it is tried again.
    ///
    /// # Panics
    /// When it does not listen in time.
    pub fn start_listening(&mut self, name: &str, command: impl Fn(&Self, [u16; 2]) -> Command) -> u16 {
        let listens = |port: &u16| TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], *port))).is_ok();
        for _ in 0..5 {
            let ports = free_ports();
            let mut command = command(self, ports);
            let number = self.start(name, &mut command);
            let deadline = Instant::now() + START_WITHIN;
            while !self.has_ended(number) {
                if ports.iter().all(listens) {
                    return ports[0];
                }
                assert!(Instant::now() < deadline, "{name} does not listen:\n{}", self.log(name));
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        panic!("{name} does not start:\n{}", self.log(name))
    }

    /// What a program has printed.
    #[must_use]
    pub fn log(&self, name: &str) -> String {
        std::fs::read(self.log_path(name))
            .map(|b| String::from_utf8_lossy(&b).into_owned())
            .unwrap_or_default()
    }

    fn log_path(&self, name: &str) -> PathBuf {
        self.dir().join(format!("{name}.log"))
    }

    fn has_ended(&mut self, number: usize) -> bool {
        self.children[number].try_wait().unwrap().is_some()
    }

    fn assert_runs(&mut self, number: usize, name: &str) {
        assert!(!self.has_ended(number), "{name} has ended:\n{}", self.log(name));
    }

    /// Everything that runs here, by its mark.
    fn running(&self) -> Vec<Pid> {
        let mark = format!("{MARK}={}", self.dir().display());
        let is_marked = |dir: &Path| {
            let environment = std::fs::read(dir.join("environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
        };
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        processes
            .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
            .filter(|(_, dir)| is_marked(dir))
            .filter_map(|(id, _)| Pid::from_raw(id))
            .collect()
    }

    /// Memory of a program that runs here and only its own, in bytes: what it holds and does not share.
    ///
    /// # Panics
    /// When no such program runs.
    #[must_use]
    pub fn private_memory(&self, program: &Path) -> u64 {
        let pid = self.pid_of(program);
        let file = File::open(format!("/proc/{}/smaps_rollup", pid.as_raw_nonzero())).unwrap();
        let lines = BufReader::new(file).lines().map_while(Result::ok);
        let kilobytes = lines.filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.starts_with("Private_").then(|| value.trim().trim_end_matches(" kB").parse::<u64>().ok())?
        });
        kilobytes.sum::<u64>() * 1024
    }

    /// Time that everything here has spent on a processor so far.
    #[must_use]
    pub fn processor_time(&self) -> Duration {
        // proc_pid_stat(5): the 14th and 15th field, in ticks; Linux has 100 of them in a second for
        // programs on every machine.
        let ticks = |pid: Pid| {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
            let after_name = stat.rsplit_once(')')?.1;
            Some(
                after_name
                    .split_whitespace()
                    .skip(11)
                    .take(2)
                    .filter_map(|f| f.parse::<u64>().ok())
                    .sum::<u64>(),
            )
        };
        Duration::from_millis(self.running().into_iter().filter_map(ticks).sum::<u64>() * 10)
    }

    /// Time since the start of a program that runs here.
    ///
    /// # Panics
    /// When no such program runs.
    #[must_use]
    pub fn age(&self, program: &Path) -> Duration {
        let pid = self.pid_of(program);
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap();
        // proc_pid_stat(5): the 22nd field, in ticks since the machine was started.
        let begun = stat.rsplit_once(')').unwrap().1.split_whitespace().nth(19).unwrap();
        let begun = Duration::from_millis(begun.parse::<u64>().unwrap() * 10);
        let up = std::fs::read_to_string("/proc/uptime").unwrap();
        let up = Duration::from_secs_f64(up.split(' ').next().unwrap().parse().unwrap());
        up.saturating_sub(begun)
    }

    fn pid_of(&self, program: &Path) -> Pid {
        let program = program.canonicalize().unwrap();
        let is_it = |pid: &Pid| {
            std::fs::read_link(format!("/proc/{}/exe", pid.as_raw_nonzero())).is_ok_and(|exe| exe == program)
        };
        let found = self.running().into_iter().find(is_it);
        found.unwrap_or_else(|| panic!("{} does not run", program.display()))
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        // What was started while they were being ended is met by the next round.
        for _ in 0..5 {
            let running = self.running();
            if running.is_empty() {
                break;
            }
            for pid in running {
                // One that has just ended by itself is what was wanted.
                let _ended = kill_process(pid, Signal::KILL).is_err();
            }
            for child in &mut self.children {
                drop(child.wait());
            }
        }
    }
}

/// Two free ports.
fn free_ports() -> [u16; 2] {
    // Both are held before either is given back, or they would be the same.
    let held = [(), ()].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}

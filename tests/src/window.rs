//! The app's own window, on a virtual screen, with a session bus, a home and a data folder of its own.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::scene::START_WITHIN;
use crate::{Page, Scene, told};

/// Width and height of the screen, unless another one is asked for.
const SCREEN: (u32, u32) = (1600, 1000);

/// The app before its start.
pub struct Window {
    scene: Scene,
    program: PathBuf,
    variables: Vec<(String, String)>,
    keychain: bool,
    screen: (u32, u32),
    clock: bool,
}

/// What the moved clock is read from, in the private folder.
const CLOCK: &str = "clock";

/// The app with its window.
pub struct Started {
    /// What the window shows.
    pub page: Page,
    program: PathBuf,
    display: String,
    /// Last: the programs end after the session.
    scene: Scene,
}

impl Default for Window {
    fn default() -> Self {
        Self::new()
    }
}

impl Window {
    /// The app that was built with the tests.
    ///
    /// # Panics
    /// When it was not built.
    #[must_use]
    pub fn new() -> Self {
        if let Some(program) = std::env::var_os("AITTA_TEST_DESKTOP") {
            return Self::of(Path::new(&program));
        }
        let test = std::env::current_exe().unwrap();
        let beside = test.ancestors().skip(1).take(3).map(|dir| dir.join("aitta-desktop"));
        let found = beside.into_iter().find(|path| path.is_file());
        Self::of(&found.unwrap_or_else(|| panic!("aitta-desktop is not built: run `cargo xtask test`")))
    }

    /// A certain program.
    #[must_use]
    pub fn of(program: &Path) -> Self {
        let scene = Scene::new();
        for name in ["home", "data", "store", "run"] {
            std::fs::create_dir(scene.dir().join(name)).unwrap();
        }
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(scene.dir().join("run"), private).unwrap();
        Self {
            scene,
            program: program.to_owned(),
            variables: Vec::new(),
            keychain: false,
            screen: SCREEN,
            clock: false,
        }
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a database, a key and [`Started::store_dir`] as its store, all by the environment.
    #[must_use]
    pub fn protecting(self, database: &str, key: &str) -> Self {
        let store = self.scene.dir().join("store").display().to_string();
        self.env("DATABASE_URL", database).env("BACKUP_LOCAL_DIR", &store).env("BACKUP_ENCRYPTION_KEY", key)
    }

    /// With a keychain, empty and open.
    #[must_use]
    pub fn with_keychain(mut self) -> Self {
        self.keychain = true;
        self
    }

    /// On a screen of this size.
    #[must_use]
    pub fn on_screen(mut self, width: u32, height: u32) -> Self {
        self.screen = (width, height);
        self
    }

    /// With a clock that [`Started::move_clock`] moves: that of the program and of everything that draws its page. What
    /// measures time from the start of the machine, such as a timer, goes on as it does.
    #[must_use]
    pub fn with_clock(mut self) -> Self {
        self.clock = true;
        self
    }

    /// A private folder, such as for the database.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.scene.dir()
    }

    /// Starts it. `name` is that of the test.
    ///
    /// # Panics
    /// When the window does not appear.
    pub async fn start(self, name: &str) -> Started {
        let Self { mut scene, program, variables, keychain, screen, clock } = self;
        let display = start_screen(&mut scene, screen);
        let dir = scene.dir().to_owned();
        let at = |name: &str| dir.join(name).display().to_string();
        let mut environment = vec![
            ("DISPLAY", display.clone()),
            ("HOME", at("home")),
            ("XDG_CACHE_HOME", at("home/cache")),
            ("XDG_CONFIG_HOME", at("home/config")),
            ("XDG_DATA_HOME", at("home/data")),
            ("XDG_STATE_HOME", at("home/state")),
            ("XDG_RUNTIME_DIR", at("run")),
            ("AITTA_DATA_DIR", at("data")),
            ("AITTA_LOG", "warn".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            // Programs of the desktop that would be started to ask them for settings.
            ("GTK_USE_PORTAL", "0".to_owned()),
            ("NO_AT_BRIDGE", "1".to_owned()),
        ];
        let bus = start_bus(&mut scene, &environment);
        environment.push(("DBUS_SESSION_BUS_ADDRESS", bus));
        if keychain {
            start_keychain(&mut scene, &environment);
        }
        environment.extend(variables.iter().map(|(name, value)| (name.as_str(), value.clone())));
        let mut application = program.clone();
        if clock {
            write_clock(&dir, Duration::ZERO);
            environment.push(("FAKETIME_TIMESTAMP_FILE", at(CLOCK)));
            environment.push(("FAKETIME_NO_CACHE", "1".to_owned()));
            environment.push(("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()));
            application = under_the_clock(&dir, &program);
        }
        let driver = told("AITTA_TEST_TAURI_DRIVER");
        let port = scene.start_listening("tauri-driver", |scene, [port, native]| {
            let mut command = scene.command(&driver);
            // The app inherits the environment by way of both drivers; nothing else of ours reaches it.
            command.env_clear().env(crate::scene::MARK, scene.dir());
            for name in ["PATH", "TMPDIR"] {
                command.envs(std::env::var_os(name).map(|value| (name, value)));
            }
            command.envs(environment.iter().map(|(name, value)| (*name, value)));
            command.arg("--port").arg(port.to_string()).arg("--native-port").arg(native.to_string());
            command
        });
        let capabilities = json!({ "tauri:options": { "application": application } });
        let Value::Object(capabilities) = capabilities else { unreachable!() };
        let opened = Page::open(name, port, capabilities).await;
        let page = opened.unwrap_or_else(|e| panic!("no window: {e}\n{}", scene.log("tauri-driver")));
        page.until("the page", "return !!document.querySelector('main')").await;
        Started { page, program, display, scene }
    }
}

impl Started {
    /// The folder of the store.
    #[must_use]
    pub fn store_dir(&self) -> PathBuf {
        self.scene.dir().join("store")
    }

    /// The names of the whole archives in the store.
    ///
    /// # Panics
    /// When the store can't be read.
    #[must_use]
    pub fn archives(&self) -> Vec<String> {
        match std::fs::read_dir(self.store_dir().join("backups")) {
            Ok(entries) => {
                let mut names: Vec<String> =
                    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
                names.retain(|name| name.ends_with(".backup"));
                names.sort();
                names
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(e) => panic!("the store can't be read: {e}"),
        }
    }

    /// The private folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.scene.dir()
    }

    /// Moves the clock of the app to so long after that of the machine.
    ///
    /// # Panics
    /// When it has no clock of its own.
    pub fn move_clock(&self, later: Duration) {
        assert!(self.dir().join(CLOCK).exists(), "started without a clock that can be moved");
        write_clock(self.dir(), later);
    }

    /// Hides the window, as it is hidden while it is in the tray.
    ///
    /// # Panics
    /// When there is none to be hidden.
    pub fn hide(&self) {
        self.xdotool(&["search", "--onlyvisible", "--name", TITLE, "windowunmap"]);
    }

    /// Shows it again.
    ///
    /// # Panics
    /// When there is none to be shown.
    pub fn show(&self) {
        self.xdotool(&["search", "--name", TITLE, "windowmap"]);
    }

    fn xdotool(&self, args: &[&str]) {
        let mut command = self.scene.command("xdotool");
        let output = command.args(args).env("DISPLAY", &self.display).output().unwrap();
        assert!(output.status.success(), "xdotool {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Time since its program was started.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.scene.age(&self.program)
    }

    /// Memory that the app's own process holds for itself, in bytes.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.scene.private_memory(&self.program)
    }

    /// Processor time of the app and of everything that draws its page, so far.
    #[must_use]
    pub fn processor_time(&self) -> Duration {
        self.scene.processor_time()
    }

    /// What the app has logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.scene.log("tauri-driver")
    }
}

/// The title of the window alone; programs of its desktop have windows, too.
const TITLE: &str = "^Aitta$";

/// In one step: what is read half written ends the app.
fn write_clock(dir: &Path, later: Duration) {
    let beside = dir.join("clock.new");
    std::fs::write(&beside, format!("+{}\n", later.as_secs())).unwrap();
    std::fs::rename(beside, dir.join(CLOCK)).unwrap();
}

/// The library that gives a program another clock, for `LD_PRELOAD`.
///
/// # Panics
/// When it is not installed.
#[must_use]
pub fn faketime() -> PathBuf {
    let libraries = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let library =
        libraries.map(|entry| entry.path().join("faketime/libfaketimeMT.so.1")).find(|path| path.is_file());
    library.unwrap_or_else(|| panic!("no libfaketime: `cargo xtask test` installs it"))
}

/// Starts the program under the clock. The drivers keep that of the machine: with theirs moved they would end the
/// session.
fn under_the_clock(dir: &Path, program: &Path) -> PathBuf {
    let library = faketime();
    let script = dir.join("under-the-clock");
    let text = format!("#!/bin/sh\nLD_PRELOAD='{}' exec '{}' \"$@\"\n", library.display(), program.display());
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).unwrap();
    script
}

/// A screen without a machine behind it. Returns its name.
fn start_screen(scene: &mut Scene, (width, height): (u32, u32)) -> String {
    let mut screen = scene.command("Xvfb");
    // It chooses a number that is free, and prints it.
    let size = format!("{width}x{height}x24");
    screen.args(["-displayfd", "1", "-screen", "0", &size, "-nolisten", "tcp"]);
    let number = scene.start_and_read("Xvfb", &mut screen, |line| line.trim().parse::<u32>().ok());
    format!(":{number}")
}

/// A session bus. Returns its address. What it starts by itself, such as a keychain, is at home here too.
fn start_bus(scene: &mut Scene, environment: &[(&str, String)]) -> String {
    let mut bus = scene.command("dbus-daemon");
    bus.args(["--session", "--nofork", "--print-address"]);
    bus.envs(environment.iter().map(|(name, value)| (*name, value)));
    scene.start_and_read("dbus-daemon", &mut bus, |line| {
        line.starts_with("unix:").then(|| line.trim().to_owned())
    })
}

/// The keychain of the desktop, opened by a password, as after a login.
fn start_keychain(scene: &mut Scene, environment: &[(&str, String)]) {
    let password = scene.dir().join("keychain-password");
    std::fs::write(&password, "pw\n").unwrap();
    let mut daemon = scene.command("gnome-keyring-daemon");
    daemon.args(["--foreground", "--unlock", "--components=secrets"]);
    daemon.envs(environment.iter().map(|(name, value)| (*name, value)));
    daemon.stdin(std::fs::File::open(password).unwrap());
    scene.start("gnome-keyring-daemon", &mut daemon);
    let deadline = Instant::now() + START_WITHIN;
    loop {
        let mut ask = scene.command("dbus-send");
        ask.args(["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus"]);
        ask.args(["org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"]);
        ask.envs(environment.iter().map(|(name, value)| (*name, value)));
        let answer = ask.output().unwrap();
        if String::from_utf8_lossy(&answer.stdout).contains("boolean true") {
            return;
        }
        assert!(Instant::now() < deadline, "no keychain:\n{}", scene.log("gnome-keyring-daemon"));
        std::thread::sleep(Duration::from_millis(20));
    }
}

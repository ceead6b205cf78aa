//! Aitta against `pg_dump` and `pg_restore`, on the same server and the same data.

use std::path::{Path, PathBuf};

use crate::run::{cargo, output, run as execute};
use crate::{Result, install, paths};

mod data;
mod measure;
mod night;
mod options;
mod rotation;
mod server;
mod stores;
mod ui;

use measure::Sample;
use options::{Options, Part};
use server::Server;

const KEY: &str = "00000000000000000000000000000000000000000000000000000000be9c1000";

/// A contender and its runs.
struct Entry {
    what: &'static str,
    name: &'static str,
    samples: Vec<Sample>,
    /// Size of the result, or bytes read.
    bytes: u64,
}

/// One way to do a job. `{…}` are replaced before it is run.
struct Contender {
    name: &'static str,
    line: &'static str,
    /// Below the working folder.
    result: &'static str,
}

impl Contender {
    /// Whether it is a build of Aitta.
    fn is_ours(&self) -> bool {
        self.line.starts_with("{aitta}") || self.line.starts_with("{other}")
    }
}

const AITTA: &str = "aitta";
/// The build that `--against` names; it takes part only then.
const OTHER: &str = "aitta, the build compared with";

const BACKUPS: [Contender; 5] = [
    Contender { name: AITTA, line: "{aitta} backup create --json", result: "store" },
    Contender { name: OTHER, line: "{other} backup create --json", result: "store" },
    Contender {
        name: "pg_dump -Fp, zstd -1 -T0, openssl",
        line: "{pg_dump} -Fp -d '{url}' | zstd -q -1 -T0 | openssl enc -aes-256-cbc -pbkdf2 -pass pass:x -out plain.enc",
        result: "plain.enc",
    },
    Contender {
        name: "pg_dump -Fc, openssl",
        line: "{pg_dump} -Fc -d '{url}' | openssl enc -aes-256-cbc -pbkdf2 -pass pass:x -out custom.enc",
        result: "custom.enc",
    },
    Contender {
        name: "pg_dump -Fd -j2, not encrypted",
        line: "{pg_dump} -Fd -j2 -d '{url}' -f directory",
        result: "directory",
    },
];

const RESTORES: [Contender; 4] = [
    Contender {
        name: AITTA,
        line: "{aitta} backup restore --backup-id latest --to '{new}' --reason bench --json",
        result: "store",
    },
    Contender {
        name: OTHER,
        line: "{other} backup restore --backup-id latest --to '{new}' --reason bench --json",
        result: "store",
    },
    Contender {
        name: "pg_restore -j2, not encrypted",
        line: "{pg_restore} -j2 -d '{target}' directory",
        result: "directory",
    },
    Contender {
        name: "aitta, into an empty database that is there: one transaction",
        line: "{aitta} backup restore --backup-id latest --to '{target}' --reason bench --json",
        result: "store",
    },
];

const TABLE: [Contender; 2] = [
    Contender {
        name: AITTA,
        line: "{aitta} backup restore --backup-id latest --tables Setting --reason bench --json",
        result: "store",
    },
    Contender {
        name: OTHER,
        line: "{other} backup restore --backup-id latest --tables Setting --reason bench --json",
        result: "store",
    },
];

/// Measures and prints one table.
pub(crate) fn run(args: &[String]) -> Result {
    match args.first().map(String::as_str) {
        Some("ui") => return ui::run(),
        Some("night") => return night::run(&Options::parse(&args[1..])?),
        Some("rotation") => return rotation::run(),
        Some("stores") => return stores::run(&args[1..]),
        _ => {}
    }
    let options = Options::parse(args)?;
    for (program, package) in [("openssl", "openssl"), ("zstd", "zstd")] {
        install::program(program, package)?;
    }
    if options.contender_is(AITTA) {
        execute(&mut cargo(&["build", "--release", "--package", "aitta-cli"])?)?;
    }
    let server = Server::start(options.keep)?;
    data::ensure(&server, "bench", options.scale)?;
    let work = Work::new(server)?;

    let mut entries = Vec::new();
    if options.wants(Part::Backup) {
        entries.extend(work.compare("backup", "bench", &BACKUPS, &options)?);
    }
    if options.wants(Part::Restore) {
        for (backup, restore) in [(&BACKUPS[0], &RESTORES[0]), (&BACKUPS[4], &RESTORES[2])] {
            if options.contender_is(restore.name) {
                work.prepare("bench", backup, &options)?;
            }
        }
        entries.extend(work.compare("restore", "bench", &RESTORES, &options)?);
    }
    if options.wants(Part::Table) && options.contender_is(AITTA) {
        work.prepare("bench", &BACKUPS[0], &options)?;
        entries.extend(work.compare("one small table", "bench", &TABLE, &options)?);
    }
    if options.wants(Part::Memory) && options.contender_is(AITTA) {
        data::ensure(&work.server, "bench_small", options.scale / 10.0)?;
        let aitta = |all: &'static [Contender]| &all[..2];
        entries.extend(work.compare("backup, a tenth", "bench_small", aitta(&BACKUPS), &options)?);
        work.prepare("bench_small", &BACKUPS[0], &options)?;
        entries.extend(work.compare("restore, a tenth", "bench_small", aitta(&RESTORES), &options)?);
    }
    work.print(&entries, &options)
}

/// Where results lie while they are measured.
struct Work {
    server: Server,
    dir: PathBuf,
}

impl Work {
    fn new(server: Server) -> Result<Self> {
        let dir = paths::cache()?.join("bench-results");
        drop(std::fs::remove_dir_all(&dir));
        std::fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        Ok(Self { server, dir })
    }

    /// In turn, so that a change of the machine's mood meets all of them.
    fn compare(
        &self,
        what: &'static str,
        database: &str,
        contenders: &[Contender],
        options: &Options,
    ) -> Result<Vec<Entry>> {
        let takes_part = |c: &&Contender| match c.name {
            OTHER => options.against.is_some() && options.contender_is(AITTA),
            name => options.contender_is(name),
        };
        let chosen: Vec<_> = contenders.iter().filter(takes_part).collect();
        let new = |c: &&Contender| Entry { what, name: c.name, samples: Vec::new(), bytes: 0 };
        let mut entries: Vec<Entry> = chosen.iter().map(new).collect();
        for number in 1..=options.runs {
            for (contender, entry) in chosen.iter().zip(&mut entries) {
                let (sample, bytes) = self.once(database, contender, options)?;
                println!(
                    "{what} {number}/{}: {}: {:.2} s, {:.2} s CPU, {} MiB",
                    options.runs,
                    contender.name,
                    sample.wall,
                    sample.cpu,
                    sample.peak >> 20
                );
                entry.samples.push(sample);
                entry.bytes = bytes;
            }
        }
        Ok(entries)
    }

    /// Makes what a restore starts from.
    fn prepare(&self, database: &str, contender: &Contender, options: &Options) -> Result {
        println!("preparing {}", contender.result);
        self.once(database, contender, options).map(drop)
    }

    fn once(&self, database: &str, contender: &Contender, options: &Options) -> Result<(Sample, u64)> {
        let restores = contender.line.contains("restore");
        let makes = contender.line.contains("{new}");
        let fills = contender.line.contains("{target}");
        if makes {
            self.server.remove("bench_target")?;
        } else if fills {
            self.server.recreate("bench_target")?;
        }
        let result = self.dir.join(contender.result);
        if !restores {
            drop(std::fs::remove_dir_all(&result));
            drop(std::fs::remove_file(&result));
            if contender.is_ours() {
                // What it remembers of its store: an empty one that had archives is refused.
                drop(std::fs::remove_dir_all(self.dir.join("data")));
            }
        }
        for folder in ["store", "data"] {
            std::fs::create_dir_all(self.dir.join(folder)).map_err(|e| e.to_string())?;
        }
        // Each contender starts without the dirty pages of the one before.
        self.server.sql("postgres", "CHECKPOINT")?;
        execute(&mut std::process::Command::new("sync"))?;

        let url = self.server.url(database);
        let target = paths::target()?;
        let line = contender
            .line
            .replace("{aitta}", &format!("'{}'", target.join("release/aitta").display()))
            .replace("{other}", &format!("'{}'", options.against.as_deref().unwrap_or_default()))
            .replace("{pg_dump}", &self.server.program("pg_dump"))
            .replace("{pg_restore}", &self.server.program("pg_restore"))
            .replace("{url}", &url)
            .replace("{new}", &self.server.url("bench_target"))
            .replace("{target}", &self.server.url("bench_target"));
        let variables = [
            ("DATABASE_URL", url),
            ("BACKUP_ENCRYPTION_KEY", KEY.to_owned()),
            ("BACKUP_LOCAL_DIR", self.dir.join("store").display().to_string()),
            ("AITTA_DATA_DIR", self.dir.join("data").display().to_string()),
        ];
        let line = format!("cd '{}' && {line}", self.dir.display());
        let (sample, report) = measure::run(&line, &variables, self.server.pid)?;
        let bytes = match number_in(&report, "read_bytes") {
            Some(read) if restores => read,
            _ => size_of(&result),
        };
        if makes || fills {
            self.server.remove("bench_target")?;
        }
        Ok((sample, bytes))
    }

    fn print(&self, entries: &[Entry], options: &Options) -> Result {
        let text = |database: &str| {
            let query = "SELECT pg_size_pretty(pg_database_size(current_database()))";
            self.server.sql(database, query)
        };
        println!("\n| job | contender | wall | ratio | CPU | server CPU | peak memory | bytes | ratio |");
        println!("|---|---|--:|--:|--:|--:|--:|--:|--:|");
        for entry in entries {
            let mine = entries.iter().find(|e| e.what == entry.what && e.name == AITTA);
            let ratio = |of: fn(&Entry) -> f64| {
                mine.map_or("–".to_owned(), |mine| format!("{:.2}", of(entry) / of(mine)))
            };
            println!(
                "| {} | {} | {:.2} s | {} | {:.2} s | {:.2} s | {} MiB | {:.3} MB | {} |",
                entry.what,
                entry.name,
                entry.median(|s| s.wall),
                ratio(|e| e.median(|s| s.wall)),
                entry.median(|s| s.cpu),
                entry.median(|s| s.server_cpu),
                entry.samples.iter().map(|s| s.peak).max().unwrap_or(0) >> 20,
                entry.bytes as f64 / 1e6,
                ratio(|e| e.bytes as f64),
            );
        }
        println!(
            "\nMedian of {} runs; the highest memory of all runs, that of several processes added up; bytes: \
             size of a backup, or bytes read by a restore of Aitta. Ratio: to Aitta.\n\
             Scale {}: {} on disk. Server: {}; {}. Every contender starts after a checkpoint and a sync. \
             Within the times shown Aitta flushes its archive, reads it back and checks every byte, and after a \
             restore compares every table with the archive; the others do none of that. The small table is \
             replaced in the live database, which includes the safety backup of what was there.\nMachine: {}.",
            options.runs,
            options.scale,
            text("bench")?,
            self.server.sql("bench", "SHOW server_version")?,
            server::SETTINGS,
            machine()
        );
        Ok(())
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.dir) {
            eprintln!("{} is left: {error}", self.dir.display());
        }
    }
}

impl Entry {
    fn median(&self, of: impl Fn(&Sample) -> f64) -> f64 {
        median(&self.samples, of)
    }
}

fn median(samples: &[Sample], of: impl Fn(&Sample) -> f64) -> f64 {
    let mut values: Vec<f64> = samples.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_once(':').map_or("?".to_owned(), |(_, value)| value.trim().to_owned())
    };
    let memory = field(&read("/proc/meminfo"), "MemTotal").replace(" kB", "").parse::<u64>().unwrap_or(0);
    let version = |program: &str, arg: &str| {
        let text = output(std::process::Command::new(program).arg(arg)).unwrap_or_default();
        text.lines().next().unwrap_or_default().to_owned()
    };
    let system = field(&read("/etc/os-release").replace('=', ":"), "PRETTY_NAME").replace('"', "");
    format!(
        "{}, {} cores, {} GiB, {system}; {}; {}; {}",
        field(&read("/proc/cpuinfo"), "model name"),
        std::thread::available_parallelism().map_or(0, usize::from),
        (memory + (1 << 19)) >> 20,
        version("rustc", "--version"),
        version("openssl", "version"),
        version("zstd", "--version").trim_matches(['*', ' ']),
    )
}

/// The first number of that name in a JSON text.
fn number_in(json: &str, name: &str) -> Option<u64> {
    let (_, after) = json.split_once(&format!("\"{name}\""))?;
    let digits = after.trim_start_matches([':', ' ']);
    digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn size_of(path: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(path) else {
        return std::fs::metadata(path).map_or(0, |meta| meta.len());
    };
    entries.flatten().map(|entry| size_of(&entry.path())).sum()
}

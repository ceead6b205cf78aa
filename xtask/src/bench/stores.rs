//! A store of objects against its targets. The S3 server of the tests stands for the cloud: on this machine, and on
//! the disk that the local folder lies on.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::measure::{self, Sample};
use super::options::Options;
use super::server::Server;
use super::{KEY, data, median, number_in, size_of};
use crate::run::{cargo, output, run as execute};
use crate::{Result, install, paths};

const OTHER_KEY: &str = "11111111111111111111111111111111111111111111111111111111be9c1001";

/// `cargo xtask bench stores`: prints a table.
pub(super) fn run(args: &[String]) -> Result {
    let options = Options::parse(args)?;
    let aws = install::aws()?;
    execute(&mut cargo(&["build", "--release", "--package", "aitta-cli"])?)?;
    execute(&mut cargo(&["build", "--release", "--package", "aitta-tests", "--example", "bench_stores"])?)?;
    let server = Server::start(options.keep)?;
    data::ensure(&server, "bench", options.scale)?;
    let mut scene = Scene::new(&server)?;
    let mut lines = Vec::new();
    scene.backups(&options, &mut lines)?;
    scene.uploads(&options, &aws, &mut lines)?;
    println!("\n| what | target | measured |\n|---|---|---|");
    for (what, target, measured) in lines {
        println!("| {what} | {target} | {measured} |");
    }
    println!("\nMedians of {} runs, in turn; scale {}.", options.runs, options.scale);
    Ok(())
}

type Line = (&'static str, &'static str, String);

struct Scene<'a> {
    server: &'a Server,
    dir: PathBuf,
    cloud: Cloud,
}

impl<'a> Scene<'a> {
    fn new(server: &'a Server) -> Result<Self> {
        let dir = paths::cache()?.join("bench-results");
        drop(std::fs::remove_dir_all(&dir));
        for name in ["cloud", "store", "data-local", "data-s3", "large"] {
            let dir = dir.join(name);
            std::fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        }
        let cloud = Cloud::start(&dir.join("cloud"))?;
        Ok(Self { server, dir, cloud })
    }

    /// The same backup into a folder and into the bucket, and one small table back from there.
    fn backups(&mut self, options: &Options, lines: &mut Vec<Line>) -> Result {
        const BACKUP: &str = "backup create --json";
        // The first archive in a store is read back to the last byte, which is not what happens every night.
        self.aitta(BACKUP, &self.local())?;
        self.aitta(BACKUP, &self.bucket())?;
        let (mut local, mut bucket) = (Vec::new(), Vec::new());
        for number in 1..=options.runs {
            local.push(self.aitta(BACKUP, &self.local())?.0);
            bucket.push(self.aitta(BACKUP, &self.bucket())?.0);
            told("backup to a folder", number, &local);
            told("backup to S3", number, &bucket);
        }
        let (here, there) = (median(&local, |s| s.wall), median(&bucket, |s| s.wall));
        lines.push(("backup to a local folder", "", shown(&local)));
        lines.push((
            "the same to S3",
            "1.15 × the folder",
            format!("{}, {:.2} ×", shown(&bucket), there / here),
        ));

        self.cloud.seen()?;
        let restore = "backup restore --backup-id latest --tables Setting --reason drill --json";
        let (sample, report) = self.aitta(restore, &self.bucket())?;
        let size = size_of(&self.dir.join("store/backups")) / (options.runs as u64 + 1);
        let seen = self.cloud.seen()?;
        lines.push((
            "one small table from S3: bytes read of the object",
            "1 %",
            format!(
                "{:.3} % ({} of {size} bytes; {} requests of all kinds; {:.2} s; the report says {})",
                100.0 * seen.read as f64 / size as f64,
                seen.read,
                seen.requests,
                sample.wall,
                number_in(&report, "read_bytes").unwrap_or(0),
            ),
        ));
        Ok(())
    }

    /// A prepared archive of 1 GB into the bucket, and its rotation there.
    fn uploads(&mut self, options: &Options, aws: &Path, lines: &mut Vec<Line>) -> Result {
        let plant = |what: &str, dir: &str| {
            let dir = self.dir.join(dir);
            output(Command::new(example()?).arg(what).arg(dir).arg(KEY)).map(|id| id.trim().to_owned())
        };
        plant("plant-small", "small")?;
        let id = plant("plant", "large")?;
        let (mut aitta, mut cli) = (Vec::new(), Vec::new());
        let mut size = 0;
        for number in 1..=options.runs {
            // Another data folder and another prefix at each run: nothing is there but a small archive, since the
            // first one in a store is read back to the last byte, and later ones once a week.
            let mut report = String::new();
            for dir in ["small", "large"] {
                let variables = self.copying(number, dir)?;
                self.aitta("catalog rebuild", &variables)?;
                let sample;
                (sample, report) = self.aitta("store copy --json", &variables)?;
                if dir == "large" {
                    aitta.push(sample);
                }
            }
            size = number_in(&report, "copied_bytes").unwrap_or(0);
            let object = self.dir.join(format!("large/backups/{id}.backup"));
            let line = format!(
                "'{}' s3 cp --quiet --endpoint-url {} '{}' s3://{}/aws-{number}",
                aws.display(),
                self.cloud.endpoint,
                object.display(),
                self.cloud.bucket
            );
            execute(&mut Command::new("sync"))?;
            cli.push(measure::run(&line, &self.cloud.variables(), self.server.pid)?.0);
            told("aitta store copy", number, &aitta);
            told("aws s3 cp", number, &cli);
        }
        if size < 1_000_000_000 {
            return Err(format!("{size} bytes were copied, and not the prepared archive"));
        }
        let ratio = median(&aitta, |s| s.wall) / median(&cli, |s| s.wall);
        lines.push(("`aws s3 cp` of a prepared archive of 1.07 GB", "", shown(&cli)));
        lines.push(("`aitta store copy` of it", "1.2 × aws", format!("{}, {ratio:.2} ×", shown(&aitta))));
        let peak = aitta.iter().map(|s| s.peak).max().unwrap_or(0) >> 20;
        lines.push(("memory of that, at most", "128 MiB", format!("{peak} MiB")));

        let mut variables = self.copying(1, "large")?;
        variables.retain(|(name, _)| *name != "BACKUP_ENCRYPTION_KEY");
        variables.push(("BACKUP_ENCRYPTION_KEY", OTHER_KEY.to_owned()));
        variables.push(("BACKUP_RETIRED_KEYS", KEY.to_owned()));
        self.cloud.seen()?;
        let (sample, report) = self.aitta("--copy 1 key rotate --reason drill --json", &variables)?;
        let seen = self.cloud.seen()?;
        lines.push((
            "rotation of it in S3: parts sent",
            "1",
            format!(
                "{} ({} bytes of {size}; {} requests of all kinds; {:.2} s; the report says {})",
                seen.parts,
                seen.sent,
                seen.requests,
                sample.wall,
                number_in(&report, "written_bytes").unwrap_or(0)
            ),
        ));
        Ok(())
    }

    fn aitta(&self, command: &str, variables: &[(&str, String)]) -> Result<(Sample, String)> {
        // Each run starts without the dirty pages of the one before.
        self.server.sql("postgres", "CHECKPOINT")?;
        execute(&mut Command::new("sync"))?;
        let program = paths::target()?.join("release/aitta");
        measure::run(&format!("'{}' {command}", program.display()), variables, self.server.pid)
    }

    fn local(&self) -> Vec<(&'static str, String)> {
        let mut variables = self.common("data-local");
        variables.push(("BACKUP_LOCAL_DIR", self.dir.join("store").display().to_string()));
        variables
    }

    fn bucket(&self) -> Vec<(&'static str, String)> {
        let mut variables = self.common("data-s3");
        variables.extend(self.cloud.variables());
        variables.push(("BACKUP_STORAGE_TYPE", "s3".to_owned()));
        variables.push(("S3_BACKUP_BUCKET", self.cloud.bucket.clone()));
        variables.push(("BACKUP_STORE_ENDPOINT", self.cloud.endpoint.clone()));
        variables.push(("S3_PATH_STYLE", "true".to_owned()));
        variables
    }

    /// A profile whose first store is this folder, and whose second one is the bucket.
    fn copying(&self, number: usize, dir: &str) -> Result<Vec<(&'static str, String)>> {
        let data = self.dir.join(format!("data-copy-{number}"));
        let file = self.dir.join(format!("copy-{number}.toml"));
        let text = format!(
            "[profile.large]\ndatabase = \"{}\"\nstore = {{ type = \"local\", dir = \"{}\" }}\n\
             copies = [{{ type = \"s3\", bucket = \"{}\", region = \"{}\", endpoint = \"{}\", path_style = true, \
             prefix = \"copy-{number}\" }}]\n",
            self.server.url("bench"),
            self.dir.join(dir).display(),
            self.cloud.bucket,
            self.cloud.region,
            self.cloud.endpoint,
        );
        let written = std::fs::create_dir_all(&data).and_then(|()| std::fs::write(&file, text));
        written.map_err(|e| format!("{}: {e}", file.display()))?;
        let mut variables = self.cloud.variables();
        variables.push(("AITTA_CONFIG", file.display().to_string()));
        variables.push(("AITTA_PROFILE", "large".to_owned()));
        variables.push(("AITTA_DATA_DIR", data.display().to_string()));
        variables.push(("BACKUP_ENCRYPTION_KEY", KEY.to_owned()));
        Ok(variables)
    }

    fn common(&self, data: &str) -> Vec<(&'static str, String)> {
        vec![
            ("DATABASE_URL", self.server.url("bench")),
            ("BACKUP_ENCRYPTION_KEY", KEY.to_owned()),
            ("AITTA_DATA_DIR", self.dir.join(data).display().to_string()),
        ]
    }
}

impl Drop for Scene<'_> {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.dir) {
            eprintln!("{} is left: {error}", self.dir.display());
        }
    }
}

fn told(what: &str, number: usize, samples: &[Sample]) {
    if let Some(sample) = samples.last() {
        println!("{what} {number}: {:.2} s, {:.2} s CPU, {} MiB", sample.wall, sample.cpu, sample.peak >> 20);
    }
}

fn shown(samples: &[Sample]) -> String {
    format!("{:.2} s, {:.2} s CPU", median(samples, |s| s.wall), median(samples, |s| s.cpu))
}

fn example() -> Result<PathBuf> {
    Ok(paths::target()?.join("release/examples/bench_stores"))
}

/// The S3 server, in a process of its own.
struct Cloud {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    endpoint: String,
    bucket: String,
    region: String,
    id: String,
    secret: String,
}

/// What it has been asked for.
struct Seen {
    sent: u64,
    read: u64,
    parts: u64,
    requests: u64,
}

impl Cloud {
    /// With its bucket somewhere below `dir`.
    fn start(dir: &Path) -> Result<Self> {
        let mut command = Command::new(example()?);
        command.arg("serve").env("TMPDIR", dir).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(|e| format!("the S3 server can't be run: {e}"))?;
        let (input, output) = (process.stdin.take(), process.stdout.take());
        let (input, output) = input.zip(output).ok_or("the S3 server has no pipes")?;
        let mut output = BufReader::new(output);
        let words = words(&mut output)?;
        let [endpoint, bucket, region, id, secret] =
            <[String; 5]>::try_from(words).map_err(|words| format!("the S3 server says {words:?}"))?;
        Ok(Self { process, input, output, endpoint, bucket, region, id, secret })
    }

    fn seen(&mut self) -> Result<Seen> {
        self.input.write_all(b"\n").map_err(|e| format!("the S3 server is gone: {e}"))?;
        let words = words(&mut self.output)?;
        let numbers: Vec<u64> = words.iter().filter_map(|word| word.parse().ok()).collect();
        match numbers[..] {
            [sent, read, parts, requests] => Ok(Seen { sent, read, parts, requests }),
            _ => Err(format!("the S3 server says {words:?}")),
        }
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ACCESS_KEY_ID", self.id.clone()),
            ("AWS_SECRET_ACCESS_KEY", self.secret.clone()),
            ("AWS_REGION", self.region.clone()),
            ("AWS_DEFAULT_REGION", self.region.clone()),
        ]
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        if let Err(error) = self.process.kill().and_then(|()| self.process.wait()) {
            eprintln!("the S3 server is left: {error}");
        }
    }
}

fn words(output: &mut BufReader<ChildStdout>) -> Result<Vec<String>> {
    let mut line = String::new();
    output.read_line(&mut line).map_err(|e| format!("the S3 server: {e}"))?;
    Ok(line.split_whitespace().map(str::to_owned).collect())
}

//! Wall time, CPU time and memory of a pipeline, and the CPU time of the server behind it.

use std::collections::HashMap;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Result;

/// One run.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sample {
    pub(super) wall: f64,
    /// Seconds of user and system time of all its processes.
    pub(super) cpu: f64,
    /// Seconds of user and system time of the server's processes.
    pub(super) server_cpu: f64,
    /// The highest resident memory of each of its processes, added up, in bytes.
    pub(super) peak: u64,
}

/// Runs a line of bash. `name` is what its `time` is for, in errors.
pub(super) fn run(line: &str, variables: &[(&str, String)], server: u32) -> Result<(Sample, String)> {
    // Bash adds up the time of everything that it has waited for, and so of whole pipelines.
    let script = format!("set -o pipefail\nTIMEFORMAT='cpu %U %S'\ntime {{ {line}; }}");
    let before = server_cpu(server);
    let started = Instant::now();
    let mut child = Command::new("bash")
        .args(["-c", &script])
        .envs(variables.iter().map(|(name, value)| (*name, value.as_str())))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("bash can't be run: {e}"))?;
    // Both are small; a full pipe would stop the program that we measure.
    let (stdout, stderr) = (reader(child.stdout.take()), reader(child.stderr.take()));
    let peak = watch(&mut child)?;
    let wall = started.elapsed().as_secs_f64();
    let status = child.wait().map_err(|e| e.to_string())?;
    let (stdout, stderr) = (stdout.join().unwrap_or_default(), stderr.join().unwrap_or_default());
    if !status.success() {
        return Err(format!("{line}\nfailed: {status}\n{stdout}{stderr}"));
    }
    let times = stderr.lines().rev().find_map(|line| line.strip_prefix("cpu "));
    let cpu = times.unwrap_or_default().split(' ').filter_map(|t| t.parse::<f64>().ok()).sum();
    // A backend is counted by the postmaster when it has ended, a moment after its client.
    std::thread::sleep(Duration::from_millis(200));
    Ok((Sample { wall, cpu, server_cpu: server_cpu(server) - before, peak }, stdout))
}

fn reader(pipe: Option<impl std::io::Read + Send + 'static>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        drop(pipe.map(|mut pipe| pipe.read_to_end(&mut bytes)));
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Waits for the end. The system keeps the highest value itself, so looking now and then is enough.
fn watch(child: &mut Child) -> Result<u64> {
    let mut highest: HashMap<u32, u64> = HashMap::new();
    loop {
        for pid in descendants(child.id()) {
            let entry = highest.entry(pid).or_default();
            *entry = (*entry).max(high_water(pid).unwrap_or(0));
        }
        if child.try_wait().map_err(|e| e.to_string())?.is_some() {
            return Ok(highest.values().sum());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// All processes below, without the shell itself.
fn descendants(pid: u32) -> Vec<u32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let children: Vec<u32> = children.split_whitespace().filter_map(|pid| pid.parse().ok()).collect();
    children.iter().copied().chain(children.iter().flat_map(|pid| descendants(*pid))).collect()
}

fn high_water(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    // A shell between fork and exec is not the program yet.
    if status.starts_with("Name:\tbash\n") {
        return None;
    }
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

/// Seconds that the postmaster, its children, and those that have ended have used.
fn server_cpu(postmaster: u32) -> f64 {
    let ticks: u64 = descendants(postmaster).iter().chain([&postmaster]).map(|pid| ticks(*pid)).sum();
    // The unit of /proc on every Linux in use.
    ticks as f64 / 100.0
}

/// Own time and that of ended children: fields 14 to 17 of proc_pid_stat(5).
fn ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    after_name.split_whitespace().skip(11).take(4).filter_map(|field| field.parse::<u64>().ok()).sum()
}

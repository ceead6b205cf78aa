//! Fuzzing.

use std::process::Command;

use crate::run::{run as execute, works};
use crate::{Result, paths};

/// Runs every target of `fuzz/` for so many seconds. A finding is a failure.
pub(crate) fn run(args: &[String]) -> Result {
    let seconds: u32 = match args.first() {
        None => 60,
        Some(text) => text.parse().map_err(|_| format!("{text:?} is not a number of seconds"))?,
    };
    if !works("cargo", &["+nightly", "--version"]) {
        execute(Command::new("rustup").args(["toolchain", "install", "nightly", "--profile", "minimal"]))?;
    }
    if !works("cargo", &["fuzz", "--version"]) {
        execute(Command::new("cargo").args(["install", "cargo-fuzz", "--locked"]))?;
    }
    let folder = paths::root().join("fuzz/fuzz_targets");
    let entries = std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut targets: Vec<String> = entries
        .flatten()
        .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".rs")?.to_owned()))
        .collect();
    targets.sort();
    if targets.is_empty() {
        return Err(format!("{} holds no target", folder.display()));
    }
    for target in &targets {
        println!("fuzzing {target} for {seconds} s");
        let mut fuzz = Command::new("cargo");
        fuzz.args(["+nightly", "fuzz", "run", target]).current_dir(paths::root());
        // Of its own: these builds share nothing with ours.
        fuzz.env("CARGO_TARGET_DIR", paths::cache()?.join("target-fuzz"));
        // Cargo tells the programs it runs which toolchain it is; ours is not the one wanted here.
        for name in ["CARGO", "RUSTUP_TOOLCHAIN"] {
            fuzz.env_remove(name);
        }
        let corpus = paths::root().join("fuzz/corpus").join(target);
        let seeds = paths::root().join("fuzz/seeds").join(target);
        if seeds.is_dir() {
            // The first folder takes new findings, the others are only read.
            std::fs::create_dir_all(&corpus).map_err(|e| format!("{}: {e}", corpus.display()))?;
            fuzz.args([corpus, seeds]);
        }
        execute(fuzz.args(["--", &format!("-max_total_time={seconds}"), "-print_final_stats=1"]))?;
    }
    println!("{} fuzz targets, no finding", targets.len());
    Ok(())
}

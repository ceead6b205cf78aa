//! What `cargo xtask bench stores` needs beside the program that it measures.
//!
//! - `serve`: an S3 server with its bucket in a temporary folder. Prints what opens it, and after each line of its
//!   input what it has been asked for since the last; ends with its input.
//! - `plant DIR KEY`: a store in a folder with an archive of 1.07 GB in it. Prints its id.
//! - `plant-small DIR KEY`: the same with a small archive.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a tool of the build")]

use std::sync::Arc;

use aitta_engine::store::{LocalStore, Store};
use aitta_testing::plant_large;
use aitta_testing::s3::{BUCKET, REGION, S3Call, S3Server, Seen};

fn main() {
    let args: Vec<_> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve"] => serve(),
        ["plant", dir, key] => plant(dir, async |store| plant_large(store.as_ref(), key).await),
        ["plant-small", dir, key] => {
            plant(dir, async |store| aitta_testing::plant(&store, key, 1).await.remove(0))
        }
        _ => panic!("`serve`, `plant DIR KEY` or `plant-small DIR KEY`"),
    }
}

fn serve() {
    let server = S3Server::start();
    let keys = server.keys();
    println!("{} {BUCKET} {REGION} {} {}", server.endpoint(), keys.id, keys.secret);
    for line in std::io::stdin().lines() {
        line.unwrap();
        let seen = server.take_seen();
        let sent: u64 = seen.iter().map(|seen| seen.sent).sum();
        let parts = seen.iter().filter(|seen| seen.call == S3Call::Part).count();
        println!("{sent} {} {parts} {}", read(&seen), seen.len());
    }
}

/// Bytes that were asked for: every read of Aitta is of a range.
fn read(seen: &[Seen]) -> u64 {
    let gets = seen.iter().filter(|seen| seen.call == S3Call::Get);
    gets.map(|get| get.range.as_deref().and_then(length).unwrap_or_else(|| panic!("{get:?}"))).sum()
}

/// Of `bytes=a-b`.
fn length(range: &str) -> Option<u64> {
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    Some(to.parse::<u64>().ok()? + 1 - from.parse::<u64>().ok()?)
}

fn plant(dir: &str, archive: impl AsyncFnOnce(Arc<dyn Store>) -> String) {
    std::fs::create_dir_all(dir).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!("{}", runtime.block_on(archive(Arc::new(LocalStore::new(dir.into())))));
}

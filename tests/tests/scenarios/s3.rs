//! Archives in S3, on good and on bad days, against real servers.

mod adopting;
mod guards;
mod locks;
mod mistakes;
mod network;
mod rewriting;
mod uploads;

use std::time::Duration;

use aitta_engine::store::s3::{PartSizes, Retries, S3Store};
use aitta_engine::store::{Checksums, S3Config};
use aitta_engine::store::{StoreError, StoreErrorKind};
use aitta_testing::conformance::{store_conformance, store_conformance_with};
use aitta_testing::s3::{BUCKET, Moto, S3Server, config};

const ID: &str = "backup-1642684800000-a1b2c3d4";
const MIB: usize = 1 << 20;

/// Quick, so that a test of what never gets better ends soon.
const FEW: Retries = Retries {
    attempts: 3,
    first_wait: Duration::from_millis(5),
    longest_wait: Duration::from_millis(20),
    answer_within: Duration::from_secs(20),
    give_up_after: Duration::from_secs(60),
};

/// The smallest parts that S3 takes, and most of them in files.
const SMALL: PartSizes = PartSizes { steps: &[(1, 5 << 20), (9_999, (5 << 20) + 1_000)], in_memory: 5 << 20 };

#[tokio::test(flavor = "multi_thread")]
async fn s3_store_conforms() {
    let server = S3Server::start();
    store_conformance(&server.store()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_store_without_the_newer_checksums_conforms() {
    let server = S3Server::start();
    let config = S3Config { checksums: Checksums::WhenRequired, ..config(&server.endpoint(), BUCKET) };
    store_conformance(&S3Store::new(config, server.keys().credentials()).with_part_sizes(SMALL)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_store_that_spools_its_parts_conforms() {
    let server = S3Server::start();
    store_conformance(&server.store().with_part_sizes(SMALL)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_store_in_moto_conforms() {
    let moto = Moto::start();
    // As many objects as its pages, which are short, have to make it three of them.
    store_conformance_with(&moto.store(), 2 * Moto::PAGE + 1).await;
}

fn pattern(len: usize) -> Vec<u8> {
    (0..=250).cycle().take(len).collect()
}

#[track_caller]
fn kind<T>(answer: Result<T, StoreError>) -> StoreErrorKind {
    match answer {
        Ok(_) => panic!("the store should have refused"),
        Err(error) => error.kind,
    }
}

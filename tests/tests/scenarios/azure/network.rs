//! Lines that are silent, slow or broken, and names that don't exist.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use aitta_engine::store::{AzureConfig, StoreSecret};
use aitta_engine::store::{AzureLimits, AzureStore, Credentials, Store, StoreErrorKind, archive_name};
use aitta_testing::conformance::upload;
use aitta_testing::{AZURE_ACCOUNT, Azurite, Line, Quality, azure_limits};

use super::{ID, all_fail, sample};

fn at(address: &str, limits: AzureLimits) -> AzureStore {
    let config = AzureConfig {
        account: AZURE_ACCOUNT.to_owned(),
        container: "line".to_owned(),
        prefix: String::new(),
        endpoint: Some(format!("http://{address}/{AZURE_ACCOUNT}")),
        // Some of the names here are not of this machine.
        plain_http: true,
        tier: "Hot".to_owned(),
    };
    AzureStore::with_limits(config, Credentials::given(StoreSecret::new(Azurite::key())), limits)
}

/// It takes connections and never says a word.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_server_is_given_up_soon() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let limits = AzureLimits {
        attempts: 6,
        answer_within: Duration::from_millis(300),
        retry_for: Duration::from_millis(600),
        ..azure_limits()
    };
    let store = at(&silent.local_addr().unwrap().to_string(), limits);
    let begun = Instant::now();
    let failed = all_fail(&store).await;
    for failed in &failed {
        assert_eq!(failed.kind, StoreErrorKind::Unreachable, "{failed}");
        assert!(failed.hint.as_deref().unwrap().contains("BACKUP_STORE_ENDPOINT"));
    }
    // Three attempts each, and one question after a put.
    let taken = begun.elapsed();
    assert!(taken < Duration::from_millis(2_500) * failed.len() as u32, "{taken:?}");
}

/// The name doesn't exist, or this machine can't look up names: the hint covers both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn name_without_an_address_may_be_the_fault_of_either() {
    let limits = AzureLimits { attempts: 2, first_wait: Duration::from_millis(5), ..azure_limits() };
    let store = at("aitta-no-such-account.invalid", limits);
    for failed in all_fail(&store).await {
        assert_eq!(failed.kind, StoreErrorKind::Unreachable, "{failed}");
        let hint = failed.hint.unwrap();
        assert!(hint.contains("AZURE_STORAGE_ACCOUNT") && hint.contains("DNS"), "{hint}");
    }
}

/// The line breaks in the middle of blocks, and each is sent again until it is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn upload_over_a_line_that_breaks_ends_well() {
    let server = Azurite::start();
    server.create_container("line");
    let bad = Quality { break_after: Some(11 << 20), bytes_per_second: Some(40 << 20) };
    let line = Line::to(&server.address(), bad);
    let store = at(&line.address(), AzureLimits { attempts: 8, ..azure_limits() });
    let bytes = sample(30 << 20);
    upload(&store, &archive_name(ID), &bytes).await.unwrap();
    assert!(line.breaks() >= 2, "{} breaks", line.breaks());
    assert!(store.read(&archive_name(ID), 0..30 << 20).await.unwrap() == bytes);
}

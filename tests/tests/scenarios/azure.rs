//! The store in Azure Blob Storage, on Azurite.

use std::time::{Duration, Instant};

use aitta_engine::store::{
    ARCHIVES, AzureLimits, AzureStore, Credentials, PutMode, REWRITABLE, Store, StoreError, StoreErrorKind,
    archive_name, sidecar_name,
};
use aitta_engine::store::{AzureConfig, StoreSecret};
use aitta_testing::conformance::{store_conformance, upload};
use aitta_testing::{AZURE_ACCOUNT, Azurite, azure_limits};
use bytes::Bytes;

mod guards;
mod network;
mod proxy;

use proxy::Proxy;

const ID: &str = "backup-1642684800000-a1b2c3d4";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn azure_store_conforms() {
    let server = Azurite::start();
    store_conformance(&server.store("plain")).await;
    server.create_container("folder");
    let config = AzureConfig { prefix: "office/".to_owned(), ..server.config("folder") };
    store_conformance(&store(config, &Azurite::key())).await;
    // With a SAS, too: other requests, and other headers.
    server.create_container("signed");
    store_conformance(&store(server.config("signed"), &Azurite::sas("rwdlac", 600))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_stream_is_read_back_and_rotation_sends_the_header_only() {
    let server = Azurite::start();
    let proxy = Proxy::to(&server.address()).await;
    server.create_container("large");
    let endpoint = format!("http://{}/{AZURE_ACCOUNT}", proxy.address());
    let config = AzureConfig { endpoint: Some(endpoint), tier: "Cool".to_owned(), ..server.config("large") };
    let store = store(config, &Azurite::key());
    let name = archive_name(ID);
    let mut bytes = sample(27 << 20);
    let mut writing = store.create(&name).await.unwrap();
    for piece in bytes.chunks(1_000_003) {
        writing.write(piece.to_vec()).await.unwrap();
    }
    writing.commit().await.unwrap();
    let blob = format!("/large/{name}");
    assert_eq!(block_sizes(&server, &blob), [4096, 8 << 20, 8 << 20, 8 << 20, (3 << 20) - 4096]);
    assert_eq!(store.read(&name, 0..27 << 20).await.unwrap(), bytes);

    let before = server.request("HEAD", &blob, &[], b"");
    let _ = proxy.take();
    let sent = store.rewrite(&name, 512, Bytes::from(vec![9; 512])).await.unwrap();
    let (wire, requests) = proxy.take();
    assert_eq!(sent, REWRITABLE);
    assert!(wire < 16 << 10, "{wire} bytes for a header: {requests:?}");
    bytes[512..1024].fill(9);
    assert_eq!(store.read(&name, 0..27 << 20).await.unwrap(), bytes);
    let after = server.request("HEAD", &blob, &[], b"");
    for header in ["x-ms-access-tier", "content-type", "content-length", "x-ms-meta-aitta_upload"] {
        assert_eq!(before.header(header), after.header(header), "{header}");
        assert!(after.header(header).is_some(), "{header}");
    }
    assert_eq!(after.header("x-ms-access-tier"), Some("Cool"));
    assert_ne!(before.header("etag"), after.header("etag"));
    assert_eq!(block_sizes(&server, &blob).len(), 5);
}

/// Blobs that something else has copied into the container have other blocks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn header_of_a_blob_of_other_blocks_is_rewritten_too() {
    let server = Azurite::start();
    let store = server.store("foreign");
    let bytes = sample(20 << 20);
    let whole = archive_name(ID);
    let headers = [("x-ms-blob-type", "BlockBlob"), ("x-ms-meta-owner", "somebody")];
    assert_eq!(server.request("PUT", &format!("/foreign/{whole}"), &headers, &bytes).status, 201);
    let pieces = archive_name("backup-1642684800001-a1b2c3d4");
    let mut list = "<BlockList>".to_owned();
    for (id, piece) in ["MDAwMA%3D%3D", "MDAwMQ%3D%3D", "MDAwMg%3D%3D"].iter().zip(bytes.chunks(9 << 20)) {
        let path = format!("/foreign/{pieces}?comp=block&blockid={id}");
        assert_eq!(server.request("PUT", &path, &[], piece).status, 201);
        list.push_str(&format!("<Latest>{}</Latest>", id.replace("%3D", "=")));
    }
    list.push_str("</BlockList>");
    let path = format!("/foreign/{pieces}?comp=blocklist");
    assert_eq!(server.request("PUT", &path, &[("x-ms-meta-owner", "somebody")], list.as_bytes()).status, 201);

    for (name, first) in [(&whole, 20 << 20), (&pieces, 9 << 20)] {
        let mut expected = bytes.clone();
        for (round, sent) in [(1, first), (2, REWRITABLE)] {
            let at = round as usize * 512;
            assert_eq!(store.rewrite(name, at as u64, Bytes::from(vec![round; 512])).await.unwrap(), sent);
            expected[at..at + 512].fill(round);
            assert_eq!(store.read(name, 0..20 << 20).await.unwrap(), expected, "{name}");
        }
        let found = server.request("HEAD", &format!("/foreign/{name}"), &[], b"");
        assert_eq!(found.header("x-ms-meta-owner"), Some("somebody"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_uploads_of_one_name_the_first_to_commit_stays() {
    let server = Azurite::start();
    let store = server.store("race");
    let other = server.store_with("race", azure_limits());
    let name = archive_name(ID);
    let (one, two) = (sample(9 << 20), vec![7; 9 << 20]);
    let mut first = store.create(&name).await.unwrap();
    let mut second = other.create(&name).await.unwrap();
    let (wrote, wrote_too) = tokio::join!(first.write(one.clone()), second.write(two));
    wrote.unwrap();
    wrote_too.unwrap();
    let (done, refused) = tokio::join!(first.commit(), second.commit());
    // Whose commit came first is the server's to say. The other's blocks are gone with it.
    let (kept, failed) = match (done, refused) {
        (Ok(()), Err(e)) => (one, e),
        (Err(e), Ok(())) => (vec![7; 9 << 20], e),
        both => panic!("one commit and one refusal were to be expected: {both:?}"),
    };
    assert_eq!(failed.kind, StoreErrorKind::AlreadyExists, "{failed}");
    assert_eq!(store.read(&name, 0..9 << 20).await.unwrap(), kept);
    let again = upload(&store, &name, b"third").await;
    assert_eq!(again.unwrap_err().kind, StoreErrorKind::AlreadyExists);
    other.settle().await;
    store.settle().await;
    assert_eq!(store.list(ARCHIVES).await.unwrap().len(), 1);
}

/// The server has done what it was asked, and the line breaks before it can say so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_answers_neither_fail_what_was_done_nor_hide_what_was_not() {
    let server = Azurite::start();
    let proxy = Proxy::to(&server.address()).await;
    server.create_container("lost");
    let endpoint = format!("http://{}/{AZURE_ACCOUNT}", proxy.address());
    let store = store(AzureConfig { endpoint: Some(endpoint), ..server.config("lost") }, &Azurite::key());
    let (name, sidecar) = (archive_name(ID), sidecar_name(ID));

    proxy.cut("comp=blocklist", 0);
    proxy.cut("&comp=block ", 0);
    upload(&store, &name, &sample(50_000)).await.unwrap();
    assert_eq!(proxy.cuts_left(), 0);
    assert_eq!(store.read(&name, 0..50_000).await.unwrap(), sample(50_000));

    proxy.cut("PUT ", 0);
    store.put(&sidecar, Bytes::from_static(b"{}"), PutMode::Create).await.unwrap();
    assert_eq!(proxy.cuts_left(), 0);
    let again = store.put(&sidecar, Bytes::from_static(b"[]"), PutMode::Create).await;
    assert_eq!(again.unwrap_err().kind, StoreErrorKind::AlreadyExists);

    proxy.cut("comp=blocklist HTTP", 0);
    assert_eq!(store.rewrite(&name, 0, Bytes::from_static(b"new")).await.unwrap(), REWRITABLE);
    assert_eq!(proxy.cuts_left(), 0);
    assert_eq!(store.read(&name, 0..3).await.unwrap(), b"new");

    proxy.cut("DELETE ", 0);
    store.delete(&name).await.unwrap();
    assert_eq!(proxy.cuts_left(), 0);
    assert_eq!(kind(store.head(&name).await), StoreErrorKind::NotFound);
    assert_eq!(kind(store.delete(&name).await), StoreErrorKind::NotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answer_that_is_cut_is_gone_on_with() {
    let server = Azurite::start();
    let proxy = Proxy::to(&server.address()).await;
    server.create_container("cut");
    let endpoint = format!("http://{}/{AZURE_ACCOUNT}", proxy.address());
    let store = store(AzureConfig { endpoint: Some(endpoint), ..server.config("cut") }, &Azurite::key());
    let bytes = sample(6 << 20);
    upload(&store, &archive_name(ID), &bytes).await.unwrap();
    for after in [0, 100, 1 << 20, 3 << 20] {
        proxy.cut("GET ", after);
    }
    let _ = proxy.take();
    let read = store.read(&archive_name(ID), 10..6 << 20).await.unwrap();
    assert!(read == bytes[10..], "the bytes differ");
    assert_eq!(proxy.cuts_left(), 0);
    let (_, requests) = proxy.take();
    assert!(requests.len() >= 5, "{requests:?}");

    for _ in 0..20 {
        proxy.cut("GET ", 0);
    }
    let failed = store.read(&archive_name(ID), 0..100).await.unwrap_err();
    assert_eq!(failed.kind, StoreErrorKind::Unreachable, "{failed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_that_is_restarted_in_the_middle_costs_no_upload() {
    let mut server = Azurite::start();
    server.create_container("restart");
    let patient = AzureLimits { attempts: 60, longest_wait: Duration::from_secs(1), ..azure_limits() };
    let store = server.store_with("restart", patient);
    let bytes = sample(20 << 20);
    let mut writing = store.create(&archive_name(ID)).await.unwrap();
    writing.write(bytes[..10 << 20].to_vec()).await.unwrap();
    server.stop();
    let (went_on, ()) = tokio::join!(
        async {
            writing.write(bytes[10 << 20..].to_vec()).await?;
            writing.commit().await
        },
        async { tokio::task::block_in_place(|| server.restart()) }
    );
    // Azurite writes its index down now and then: what it has forgotten is refused, and never half stored.
    match went_on {
        Ok(()) => assert_eq!(store.read(&archive_name(ID), 0..20 << 20).await.unwrap(), bytes),
        Err(e) => {
            assert_ne!(e.kind, StoreErrorKind::Unreachable, "{e}");
            assert_eq!(kind(store.head(&archive_name(ID)).await), StoreErrorKind::NotFound, "{e}");
        }
    }
}

/// What a killed process has left: blocks and no list.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sweep_discards_what_is_abandoned_and_nothing_else() {
    let server = Azurite::start();
    let dead = server.store("swept");
    let impatient = AzureLimits { abandoned_after: Duration::ZERO, ..azure_limits() };
    let store = server.store_with("swept", impatient);
    upload(&store, &archive_name(ID), b"whole").await.unwrap();
    let abandoned = archive_name("backup-1642684800001-a1b2c3d4");
    let mut left = dead.create(&abandoned).await.unwrap();
    left.write(sample(100_000)).await.unwrap();
    // A block is on its way; its arrival is what is waited for.
    until(|| uncommitted(&server, "swept").contains(&abandoned));
    std::mem::forget(left);
    let foreign = archive_name("backup-1642684800002-a1b2c3d4");
    let path = format!("/swept/{foreign}?comp=block&blockid=MDAwMA%3D%3D");
    assert_eq!(server.request("PUT", &path, &[], b"somebody else's").status, 201);
    let own = archive_name("backup-1642684800003-a1b2c3d4");
    let mut writing = store.create(&own).await.unwrap();
    writing.write(sample(100_000)).await.unwrap();
    until(|| uncommitted(&server, "swept").contains(&own));
    // A sweep that was killed between its two steps.
    let killed = archive_name("backup-1642684800004-a1b2c3d4");
    let headers = [("x-ms-blob-type", "BlockBlob"), ("x-ms-meta-aitta_discarded", "1")];
    assert_eq!(server.request("PUT", &format!("/swept/{killed}"), &headers, b"").status, 201);
    assert_eq!(store.list(ARCHIVES).await.unwrap().len(), 1);
    assert_eq!(kind(store.head(&killed).await), StoreErrorKind::NotFound);

    // The store that is less than a day patient spares it all but the rest of the sweep.
    let patient = server.store_with("swept", azure_limits());
    assert_eq!(patient.sweep().await.unwrap(), 1);
    assert_eq!(store.sweep().await.unwrap(), 1);
    assert_eq!(uncommitted(&server, "swept"), [foreign, own.clone()]);
    assert_eq!(store.sweep().await.unwrap(), 0);
    writing.commit().await.unwrap();
    assert_eq!(store.read(&own, 0..100_000).await.unwrap(), sample(100_000));
    assert_eq!(store.read(&archive_name(ID), 0..5).await.unwrap(), b"whole");
    assert_eq!(server.request("HEAD", &format!("/swept/{killed}"), &[], b"").status, 404);
    assert_eq!(server.request("HEAD", &format!("/swept/{abandoned}"), &[], b"").status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropped_upload_takes_its_blocks_along() {
    let server = Azurite::start();
    let store = server.store("dropped");
    let mut dropped = store.create(&archive_name(ID)).await.unwrap();
    dropped.write(sample(30 << 20)).await.unwrap();
    drop(dropped);
    store.settle().await;
    assert_eq!(uncommitted(&server, "dropped"), Vec::<String>::new());
    assert_eq!(server.request("HEAD", &format!("/dropped/{}", archive_name(ID)), &[], b"").status, 404);
}

/// Blocks that are too large for memory.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spooled_blocks_arrive_as_they_were_written() {
    let server = Azurite::start();
    let proxy = Proxy::to(&server.address()).await;
    server.create_container("spooled");
    let endpoint = format!("http://{}/{AZURE_ACCOUNT}", proxy.address());
    let config = AzureConfig { endpoint: Some(endpoint), ..server.config("spooled") };
    let limits =
        AzureLimits { blocks: vec![(2, 1 << 20), (9, 5 << 20)], spool_over: 1 << 20, ..azure_limits() };
    let store = AzureStore::with_limits(config, Credentials::given(StoreSecret::new(Azurite::key())), limits);
    let bytes = sample(18 << 20);
    let mut writing = store.create(&archive_name(ID)).await.unwrap();
    // Sent twice: the second attempt begins at the start of the file again.
    proxy.cut("content-length: 5242880", 0);
    proxy.cut("content-length: 5242880", 0);
    for piece in bytes.chunks(700_001) {
        writing.write(piece.to_vec()).await.unwrap();
    }
    writing.commit().await.unwrap();
    assert_eq!(proxy.cuts_left(), 0);
    let expected = [4096, 1 << 20, 5 << 20, 5 << 20, 5 << 20, (2 << 20) - 4096];
    assert_eq!(block_sizes(&server, &format!("/spooled/{}", archive_name(ID))), expected);
    assert_eq!(store.read(&archive_name(ID), 0..18 << 20).await.unwrap(), bytes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listing_goes_through_all_pages() {
    let server = Azurite::start();
    server.create_container("pages");
    let store = server.store_with("pages", AzureLimits { page: Some(7), ..azure_limits() });
    let names: Vec<String> =
        (0..50).map(|number| archive_name(&format!("backup-16426848000{number:02}-a1b2c3d4"))).collect();
    for name in &names {
        store.put(name, Bytes::from_static(b"x"), PutMode::Create).await.unwrap();
    }
    store.put("backups/deeper/one.backup", Bytes::from_static(b"x"), PutMode::Create).await.unwrap();
    let listed: Vec<String> =
        store.list(ARCHIVES).await.unwrap().into_iter().map(|object| object.name).collect();
    assert_eq!(listed, names);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_mistake_has_its_own_kind() {
    let server = Azurite::start();
    let good = server.store("mistakes");
    upload(&good, &archive_name(ID), b"archive").await.unwrap();
    let config = || server.config("mistakes");
    let other_key = "b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXI=";
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let missing = AzureConfig { container: "nowhere".to_owned(), ..config() };
    let stranger = AzureConfig {
        account: "stranger".to_owned(),
        endpoint: Some(format!("http://{}/stranger", server.address())),
        ..config()
    };
    let dead = AzureConfig { endpoint: Some(format!("http://{closed}/{AZURE_ACCOUNT}")), ..config() };
    let connection = format!("AccountName=other;AccountKey={}", Azurite::key());
    let cases = [
        (
            "another key",
            config(),
            other_key.to_owned(),
            StoreErrorKind::WrongCredentials,
            "AZURE_STORAGE_KEY",
        ),
        ("no key", config(), "hunter2!".to_owned(), StoreErrorKind::WrongCredentials, "AZURE_STORAGE_KEY"),
        ("another account's", config(), connection, StoreErrorKind::WrongCredentials, "AZURE_STORAGE_KEY"),
        ("SAS that ended", config(), Azurite::sas("rwdlac", -60), StoreErrorKind::ExpiredCredentials, "SAS"),
        ("no container", missing, Azurite::key(), StoreErrorKind::StoreMissing, "AZURE_CONTAINER"),
        ("no account", stranger, Azurite::key(), StoreErrorKind::StoreMissing, "AZURE_STORAGE_ACCOUNT"),
        ("dead", dead, Azurite::key(), StoreErrorKind::Unreachable, "BACKUP_STORE_ENDPOINT"),
    ];
    for (what, config, secret, expected, hint) in cases {
        let started = Instant::now();
        let store = store(config, &secret);
        for failed in all_fail(&store).await {
            assert_eq!(failed.kind, expected, "{what}: {failed}");
            assert!(failed.hint.as_deref().unwrap_or_default().contains(hint), "{what}: {:?}", failed.hint);
            let shown = format!("{failed} {failed:?}");
            for secret in [secret.as_str(), &Azurite::key(), "sig=", "hunter2"] {
                assert!(!shown.contains(secret), "{what}: {shown}");
            }
        }
        assert!(started.elapsed() < Duration::from_secs(30), "{what}: {:?}", started.elapsed());
    }
    let none = AzureStore::with_limits(config(), Credentials::unsaid(), azure_limits());
    for failed in all_fail(&none).await {
        assert_eq!(failed.kind, StoreErrorKind::NoCredentials);
        for variable in ["AZURE_STORAGE_KEY", "AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_CONNECTION_STRING"] {
            assert!(failed.hint.as_deref().unwrap().contains(variable));
        }
    }
    assert_eq!(good.read(&archive_name(ID), 0..7).await.unwrap(), b"archive");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sas_that_may_only_read_is_denied_the_rest() {
    let server = Azurite::start();
    let good = server.store("reading");
    upload(&good, &archive_name(ID), b"archive").await.unwrap();
    let store = store(server.config("reading"), &Azurite::sas("rl", 600));
    assert_eq!(store.read(&archive_name(ID), 0..7).await.unwrap(), b"archive");
    assert_eq!(store.list(ARCHIVES).await.unwrap().len(), 1);
    let new = archive_name("backup-1642684800001-a1b2c3d4");
    let refused = [
        upload(&store, &new, b"new").await.unwrap_err(),
        store.put(&sidecar_name(ID), Bytes::from_static(b"{}"), PutMode::Create).await.unwrap_err(),
        store.rewrite(&archive_name(ID), 0, Bytes::from_static(b"x")).await.unwrap_err(),
        store.delete(&archive_name(ID)).await.unwrap_err(),
    ];
    for failed in refused {
        assert_eq!(failed.kind, StoreErrorKind::Denied, "{failed}");
        assert!(failed.hint.unwrap().contains("AZURE_STORAGE_SAS_TOKEN"));
    }
    store.settle().await;
    assert_eq!(good.read(&archive_name(ID), 0..7).await.unwrap(), b"archive");
    assert_eq!(kind(good.head(&new).await), StoreErrorKind::NotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connection_string_opens_the_store() {
    let server = Azurite::start();
    server.create_container("connected");
    let config = AzureConfig { endpoint: None, ..server.config("connected") };
    let endpoint = server.endpoint();
    let strings = [
        format!(
            "DefaultEndpointsProtocol=http;AccountName={AZURE_ACCOUNT};AccountKey={};BlobEndpoint={endpoint};",
            Azurite::key()
        ),
        format!("BlobEndpoint={endpoint};SharedAccessSignature={}", Azurite::sas("rwdlac", 600)),
    ];
    for text in strings {
        let store = store(config.clone(), &text);
        upload(&store, &archive_name(ID), b"archive").await.unwrap();
        assert_eq!(store.read(&archive_name(ID), 0..7).await.unwrap(), b"archive");
        store.delete(&archive_name(ID)).await.unwrap();
    }
    let store = store(server.config("connected"), &Azurite::key());
    assert_eq!(store.location(), format!("{endpoint}/connected"));
}

fn store(config: AzureConfig, secret: &str) -> AzureStore {
    AzureStore::with_limits(config, Credentials::given(StoreSecret::new(secret)), azure_limits())
}

/// The errors of everything that a store can be asked.
async fn all_fail(store: &AzureStore) -> Vec<StoreError> {
    let name = archive_name(ID);
    let answers = [
        store.list(ARCHIVES).await.err(),
        store.head(&name).await.err(),
        store.read(&name, 0..1).await.err(),
        store.read(&name, 0..0).await.err(),
        store.create(&name).await.err(),
        store.put(&sidecar_name(ID), Bytes::from_static(b"{}"), PutMode::Create).await.err(),
        store.rewrite(&name, 0, Bytes::from_static(b"x")).await.err(),
        store.delete(&name).await.err(),
        store.sweep().await.err(),
    ];
    let number = answers.len();
    let failed: Vec<_> = answers.into_iter().flatten().collect();
    assert_eq!(failed.len(), number, "something has succeeded: {failed:?}");
    failed
}

fn sample(len: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

fn block_sizes(server: &Azurite, blob: &str) -> Vec<u64> {
    let list = server.request("GET", &format!("{blob}?comp=blocklist&blocklisttype=committed"), &[], b"");
    between(&list.body, "<Size>", "</Size>").iter().map(|size| size.parse().unwrap()).collect()
}

/// Names that have blocks and no list.
fn uncommitted(server: &Azurite, container: &str) -> Vec<String> {
    let names = |include: &str| {
        let path = format!("/{container}?restype=container&comp=list{include}");
        let list = server.request("GET", &path, &[], b"");
        assert_eq!(list.status, 200, "{}", list.body);
        between(&list.body, "<Name>", "</Name>")
    };
    let whole = names("");
    names("&include=uncommittedblobs").into_iter().filter(|name| !whole.contains(name)).collect()
}

fn between(text: &str, start: &str, end: &str) -> Vec<String> {
    text.split(start).skip(1).map(|rest| rest.split(end).next().unwrap_or_default().to_owned()).collect()
}

#[track_caller]
fn until(mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < deadline, "it did not come to pass within 30 s");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[track_caller]
fn kind<T>(answer: Result<T, StoreError>) -> StoreErrorKind {
    match answer {
        Ok(_) => panic!("the store should have refused"),
        Err(error) => error.kind,
    }
}

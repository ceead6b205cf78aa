//! What a container promises, and what it keeps of blobs that are gone. Azurite has neither versions nor policies:
//! what Azure would say is put into its answers.

use aitta_engine::Error;
use aitta_engine::store::{
    ARCHIVES, AzureStore, OldVersions, PutMode, Store, StoreErrorKind, archive_name, check, sidecar_name,
};
use aitta_model::GuardState::{Fine, Unknown, Warning};
use aitta_model::{ErrorCode, GuardState, StoreGuard};
use aitta_testing::conformance::upload;
use aitta_testing::{AZURE_ACCOUNT, Azurite};
use bytes::Bytes;

use super::proxy::Proxy;
use super::{ID, store};

fn expect(guards: &[StoreGuard], expected: &[(&str, GuardState, &str)]) {
    for (name, state, words) in expected {
        let found = guards.iter().find(|guard| guard.guard == *name);
        let found = found.unwrap_or_else(|| panic!("{name} is not among {guards:?}"));
        assert_eq!(found.state, *state, "{found:?}");
        assert!(found.words.contains(words), "{found:?}");
    }
}

async fn behind(proxy: &Proxy, server: &Azurite, container: &str) -> AzureStore {
    server.create_container(container);
    let endpoint = Some(format!("http://{}/{AZURE_ACCOUNT}", proxy.address()));
    store(aitta_engine::store::AzureConfig { endpoint, ..server.config(container) }, &Azurite::key())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn container_says_what_it_promises() {
    let server = Azurite::start();
    let private = server.store("private");
    let report = check(&private).await.unwrap();
    let expected = [
        ("public_access", Fine, "private"),
        ("versioning", Unknown, "Data protection"),
        ("encryption", Fine, "encrypts"),
        ("object_lock", Warning, "immutability policy"),
        ("create_only", Fine, "never lets"),
    ];
    assert_eq!(report.guards.len(), expected.len());
    expect(&report.guards, &expected);

    let public = [("x-ms-blob-public-access", "blob")];
    assert_eq!(server.request("PUT", "/public?restype=container", &public, b"").status, 201);
    let public = store(server.config("public"), &Azurite::key());
    expect(&check(&public).await.unwrap().guards, &[("public_access", Warning, "lets everybody in")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn versions_and_policies_are_seen_where_the_service_tells_of_them() {
    let server = Azurite::start();
    let proxy = Proxy::to(&server.address()).await;
    let store = behind(&proxy, &server, "guarded").await;
    proxy.add_header("HEAD ", "x-ms-version-id: 2026-11-25T12:00:00.0000000Z");
    expect(&check(&store).await.unwrap().guards, &[("versioning", Fine, "brought back")]);
    // Of the container, which is asked for by GET.
    proxy.add_header("restype=container", "x-ms-immutable-storage-with-versioning-enabled: true");
    let expected = [("versioning", Fine, "brought back"), ("object_lock", Fine, "immutability policies")];
    expect(&check(&store).await.unwrap().guards, &expected);
}

/// A SAS of the container may read and write blobs, and not ask for the container.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_sas_may_not_ask_for_is_unknown() {
    let server = Azurite::start();
    server.create_container("signed");
    let config = server.config("signed");
    let store = store(config, &Azurite::sas_of("o", "rwdl", 600));
    store.put(&sidecar_name(ID), Bytes::from_static(b"{}"), PutMode::Create).await.unwrap();
    let guards = store.guards(&sidecar_name(ID)).await;
    let expected = [
        ("public_access", Unknown, "a SAS of the account can"),
        ("object_lock", Unknown, "a SAS of the account can"),
        ("encryption", Fine, "encrypts"),
    ];
    expect(&guards, &expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retained_archive_is_not_deleted() {
    let server = Azurite::start();
    let proxy = Proxy::to(&server.address()).await;
    let store = behind(&proxy, &server, "retained").await;
    upload(&store, &archive_name(ID), b"archive").await.unwrap();
    store.put(&sidecar_name(ID), Bytes::from_static(b"{}"), PutMode::Create).await.unwrap();
    proxy.add_header("HEAD ", "x-ms-immutability-policy-until-date: Tue, 01 Jan 2097 00:00:00 GMT");
    let refused = store.delete(&archive_name(ID)).await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::Locked, "{refused}");
    let error = Error::from(refused);
    assert_eq!(error.code(), ErrorCode::StoreLocked);
    assert!(error.hint().contains("2097-01-01"), "{}", error.hint());
    assert_eq!(store.check_deletable(&archive_name(ID)).await.unwrap_err().kind, StoreErrorKind::Locked);
    store.delete(&sidecar_name(ID)).await.unwrap();
    assert_eq!(store.list(ARCHIVES).await.unwrap().len(), 1);

    proxy.add_header("HEAD ", "x-ms-legal-hold: true");
    let held = store.delete(&archive_name(ID)).await.unwrap_err();
    assert!(held.hint.unwrap().contains("legal hold"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn policy_that_has_ended_retains_nothing() {
    let server = Azurite::start();
    let proxy = Proxy::to(&server.address()).await;
    let store = behind(&proxy, &server, "ended").await;
    upload(&store, &archive_name(ID), b"archive").await.unwrap();
    proxy.add_header("HEAD ", "x-ms-immutability-policy-until-date: Tue, 06 Jan 2026 00:00:00 GMT");
    store.delete(&archive_name(ID)).await.unwrap();
}

/// The answer is that of Microsoft's documentation, with the names of archives.
/// <https://learn.microsoft.com/en-us/rest/api/storageservices/list-blobs>
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_versions_and_deleted_blobs_are_counted() {
    let server = Azurite::start();
    let proxy = Proxy::to(&server.address()).await;
    let store = behind(&proxy, &server, "versions").await;
    upload(&store, &archive_name(ID), b"archive").await.unwrap();
    assert_eq!(store.old_versions(ARCHIVES).await, OldVersions::None);
    let blob = |more: &str, size: u32| {
        let name = archive_name(ID);
        format!(
            "<Blob><Name>{name}</Name>{more}<Properties><Content-Length>{size}</Content-Length></Properties></Blob>"
        )
    };
    let blobs = [
        blob("<VersionId>2026-11-25T12:00:00.0000000Z</VersionId>", 100),
        blob(
            "<VersionId>2026-11-25T12:00:01.0000000Z</VersionId><IsCurrentVersion>true</IsCurrentVersion>",
            10,
        ),
        blob("<Deleted>true</Deleted>", 1000),
    ];
    let list = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults><Blobs>{}</Blobs><NextMarker/></EnumerationResults>",
        blobs.concat()
    );
    proxy.set_body("include=", &list);
    assert_eq!(store.old_versions(ARCHIVES).await, OldVersions::Kept { count: 2, bytes: 1100 });
}

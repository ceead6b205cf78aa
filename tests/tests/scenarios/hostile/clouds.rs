//! S3 and Azure in the hands of somebody else: endless listings, endless and slow answers. Nothing of what they say is
//! authenticated yet, so it is bounded.

use std::time::{Duration, Instant};

use aitta_engine::store::s3::Retries;
use aitta_engine::store::{
    ARCHIVES, AzureConfig, AzureStore, Credentials, OldVersions, S3Store, Store, StoreError, StoreErrorKind,
    StoreSecret, archive_name,
};
use aitta_testing::s3::{BUCKET, Keys, config};
use aitta_testing::{Asked, Hostile, HostileServer, azure_limits};

use super::within;

const ID: &str = "backup-1642684800000-a1b2c3d4";
const LIMIT: Duration = Duration::from_secs(240);

const PATIENCE: Retries = Retries {
    attempts: 3,
    first_wait: Duration::from_millis(1),
    longest_wait: Duration::from_millis(2),
    answer_within: Duration::from_secs(10),
    give_up_after: Duration::from_secs(20),
};

/// Both kinds of store at a server that answers so.
fn stores(
    s3: impl Fn(&Asked) -> Hostile + Send + Sync + 'static,
    azure: impl Fn(&Asked) -> Hostile + Send + Sync + 'static,
) -> [(&'static str, HostileServer, Box<dyn Store>); 2] {
    let (s3, azure) = (HostileServer::start(s3), HostileServer::start(azure));
    let keys = Keys { id: "id".to_owned(), secret: "secret".to_owned() };
    let bucket = S3Store::new(config(s3.endpoint(), BUCKET), keys.credentials()).with_retries(PATIENCE);
    let container = AzureConfig {
        account: "account".to_owned(),
        container: "backups".to_owned(),
        prefix: "shop/".to_owned(),
        endpoint: Some(format!("{}/account", azure.endpoint())),
        plain_http: false,
        tier: "Hot".to_owned(),
    };
    let secret = Credentials::given(StoreSecret::new("Zm9yIHRoZSB0ZXN0cyBvZiBhaXR0YSBvbmx5"));
    let limits = aitta_engine::store::AzureLimits {
        answer_within: Duration::from_secs(10),
        retry_for: Duration::from_secs(2),
        ..azure_limits()
    };
    let container = AzureStore::with_limits(container, secret, limits);
    [("S3", s3, Box::new(bucket)), ("Azure", azure, Box::new(container))]
}

fn s3_page(names: impl Iterator<Item = String>, next: Option<&str>) -> Hostile {
    let objects: String = names
        .map(|name| format!("<Contents><Key>shop/{ARCHIVES}{name}</Key><Size>5000</Size></Contents>"))
        .collect();
    let more = next.map_or_else(
        || "<IsTruncated>false</IsTruncated>".to_owned(),
        |next| {
            format!("<IsTruncated>true</IsTruncated><NextContinuationToken>{next}</NextContinuationToken>")
        },
    );
    xml(format!("<ListBucketResult>{more}{objects}</ListBucketResult>"))
}

fn azure_page(names: impl Iterator<Item = String>, next: Option<&str>) -> Hostile {
    let blobs: String = names
        .map(|name| {
            format!(
                "<Blob><Name>shop/{ARCHIVES}{name}</Name><Properties><Content-Length>5000</Content-Length>\
                 </Properties></Blob>"
            )
        })
        .collect();
    let next = next.unwrap_or_default();
    xml(format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults><Blobs>{blobs}</Blobs>\
         <NextMarker>{next}</NextMarker></EnumerationResults>"
    ))
}

fn xml(body: String) -> Hostile {
    Hostile::whole(200, body).header("content-type", "application/xml")
}

fn names(page: u64, count: u64) -> impl Iterator<Item = String> {
    (0..count).map(move |n| format!("backup-17{page:011}-{n:08x}.backup"))
}

/// Lists, and expects an error that says why and what to do.
#[track_caller]
fn refused(what: &str, stores: [(&'static str, HostileServer, Box<dyn Store>); 2], reason: &str) {
    for (kind, server, store) in stores {
        let error =
            within(LIMIT, &format!("{kind}: {what}"), async move || store.list(ARCHIVES).await.unwrap_err());
        assert_eq!(error.kind, StoreErrorKind::Other, "{kind}, {what}: {error}");
        assert!(error.to_string().contains(reason), "{kind}, {what}: {error}");
        let told = aitta_engine::Error::from(error);
        assert!(told.hint().len() > 20, "{kind}, {what}: {told}");
        assert!(server.asked() < 5_000, "{kind}, {what}: {} requests", server.asked());
    }
}

/// With as many names as there are names.
#[test]
fn listing_without_an_end_is_refused() {
    let next = |asked: &Asked| format!("t{}", asked.number);
    refused(
        "endless names",
        stores(
            move |asked| s3_page(names(asked.number, 1000), Some(&next(asked))),
            move |asked| azure_page(names(asked.number, 1000), Some(&next(asked))),
        ),
        "it lists more than",
    );
}

/// What answers the same, an empty page after another, or a circle, would be asked for ever.
#[test]
fn listing_that_does_not_get_on_is_refused() {
    refused(
        "the same token",
        stores(
            |asked| s3_page(names(asked.number, 1), Some("same")),
            |asked| azure_page(names(asked.number, 1), Some("same")),
        ),
        "the same page",
    );
    let round = |asked: &Asked| format!("t{}", asked.number % 3);
    refused(
        "a circle",
        stores(
            move |asked| s3_page(names(asked.number, 1), Some(&round(asked))),
            move |asked| azure_page(names(asked.number, 1), Some(&round(asked))),
        ),
        "the same page",
    );
    let next = |asked: &Asked| format!("t{}", asked.number);
    refused(
        "empty pages",
        stores(
            move |asked| s3_page(names(0, 0), Some(&next(asked))),
            move |asked| azure_page(names(0, 0), Some(&next(asked))),
        ),
        "empty page",
    );
}

/// One page that never ends, of names or of one name; and a name that is too long.
#[test]
fn page_without_an_end_is_refused() {
    let start = "<?xml version=\"1.0\"?><ListBucketResult><IsTruncated>false</IsTruncated>";
    let again = format!("<Contents><Key>{}</Key></Contents>", "a".repeat(65_000));
    let blobs = "<?xml version=\"1.0\"?><EnumerationResults><Blobs>";
    let blob = format!("<Blob><Name>{}</Name></Blob>", "a".repeat(65_000));
    refused(
        "an endless page",
        stores(move |_| Hostile::endless(200, start, &again), move |_| Hostile::endless(200, blobs, &blob)),
        "the answer is longer than",
    );
    let one = format!("{start}<Contents><Key>");
    let other = format!("{blobs}<Blob><Name>");
    refused(
        "an endless name",
        stores(
            move |_| Hostile::endless(200, &one, &"a".repeat(1 << 20)),
            move |_| Hostile::endless(200, &other, &"a".repeat(1 << 20)),
        ),
        "the answer is longer than",
    );
    let long = || std::iter::once("a".repeat(2000));
    refused(
        "a long name",
        stores(move |_| s3_page(long(), None), move |_| azure_page(long(), None)),
        "a name of",
    );
}

/// An error may be long, too: neither is it taken in whole, nor told in whole.
#[test]
fn error_without_an_end_is_cut() {
    let long = "no".repeat(100_000);
    let s3 = format!("<Error><Code>Odd</Code><Message>{long}</Message></Error>");
    let azure = s3.clone();
    let answer = |text: String| Hostile::whole(403, text).header("x-ms-error-code", "Odd");
    for (kind, _server, store) in stores(move |_| answer(s3.clone()), move |_| answer(azure.clone())) {
        let error = within(LIMIT, kind, async move || store.list(ARCHIVES).await.unwrap_err());
        assert!(error.to_string().len() < 1_500, "{kind}: {} bytes", error.to_string().len());
    }
    let endless =
        |_: &Asked| Hostile::endless(403, "<Error><Code>Odd</Code><Message>", &"no".repeat(100_000));
    for (kind, _server, store) in stores(endless, endless) {
        let error = within(LIMIT, kind, async move || store.list(ARCHIVES).await.unwrap_err());
        assert!(error.to_string().len() < 1_500, "{kind}: {} bytes", error.to_string().len());
    }
}

/// The other listings, of uploads and of old versions.
#[test]
fn every_listing_of_s3_ends() {
    let answer = |asked: &Asked| {
        let n = asked.number;
        if asked.path.contains("versioning") {
            xml("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>".to_owned())
        } else if asked.path.contains("uploads") {
            xml(format!(
                "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k{n}</NextKeyMarker>\
                 <NextUploadIdMarker>u{n}</NextUploadIdMarker></ListMultipartUploadsResult>"
            ))
        } else {
            xml(format!(
                "<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker>\
                 <NextVersionIdMarker>v</NextVersionIdMarker>{}</ListVersionsResult>",
                "<Version><Key>a</Key><VersionId>v</VersionId><IsLatest>false</IsLatest>\
                 <Size>9223372036854775807</Size></Version>"
                    .repeat(3)
            ))
        }
    };
    let [(_, _server, store), _] = stores(answer, |_| Hostile::silence());
    let (swept, versions) = within(LIMIT, "uploads and versions", async move || {
        (store.sweep().await, store.old_versions("").await)
    });
    assert!(swept.is_err());
    assert!(matches!(versions, OldVersions::Unknown(_)), "{versions:?}");
}

fn ranged(asked: &Asked, answer: Hostile) -> Hostile {
    let (first, last) = asked.range.unwrap_or((0, 9));
    answer
        .header("content-range", format!("bytes {first}-{last}/99999999999"))
        .header("etag", "\"1\"")
        .header("last-modified", "Wed, 25 Nov 2026 10:00:00 GMT")
}

/// Bytes that come so slowly that they never are what was asked for.
#[test]
fn body_that_drips_is_given_up() {
    let drip = |asked: &Asked| {
        let (first, last) = asked.range.unwrap_or((0, 9));
        ranged(asked, Hostile::drip(206, Duration::from_millis(700), last - first + 1))
    };
    for (kind, _server, store) in stores(drip, drip) {
        let begun = Instant::now();
        let error =
            within(LIMIT, kind, async move || store.read(&archive_name(ID), 0..4096).await.unwrap_err());
        assert_eq!(error.kind, StoreErrorKind::Unreachable, "{kind}: {error}");
        assert!(begun.elapsed() < Duration::from_secs(60), "{kind}: {:?}", begun.elapsed());
    }
}

/// More than was asked for, without end, whatever length is told.
#[test]
fn body_without_an_end_is_refused() {
    let endless = |asked: &Asked| ranged(asked, Hostile::endless(206, "", &"A".repeat(1 << 16)));
    for (kind, _server, store) in stores(endless, endless) {
        let error: StoreError =
            within(LIMIT, kind, async move || store.read(&archive_name(ID), 0..4096).await.unwrap_err());
        assert_ne!(error.kind, StoreErrorKind::NotFound, "{kind}: {error}");
    }
}

/// A size that no object has, before anything of it is known to be true.
#[test]
fn size_that_nobody_has_is_not_believed() {
    for size in ["9223372036854775807", "18446744073709551615", "99999999999999"] {
        let told = move |asked: &Asked| {
            if asked.method == "HEAD" {
                ranged(asked, Hostile::whole(200, "").header("content-length", size))
            } else {
                let (first, last) = asked.range.unwrap_or((0, 9));
                ranged(asked, Hostile::whole(206, vec![b'A'; (last - first + 1).min(1 << 20) as usize]))
            }
        };
        for (kind, _server, store) in stores(told, told) {
            let failed = within(LIMIT, kind, async move || {
                let keys = aitta_engine::keys::KeyRing::from_hex(aitta_testing::KEY).unwrap();
                let store = std::sync::Arc::from(store);
                aitta_engine::reading::OpenArchive::open(store, ID.parse().unwrap(), &keys)
                    .await
                    .err()
                    .unwrap()
            });
            assert!(!failed.hint().is_empty(), "{kind}, {size}: {failed}");
        }
    }
}

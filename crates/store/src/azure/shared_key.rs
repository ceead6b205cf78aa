//! Signs requests with the key of the account.
//!
//! `Authorization: SharedKey {account}:{base64(HMAC-SHA-256[key](string to sign))}`
//! Source: <https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key>.

use azure_core::credentials::Secret;
use azure_core::hmac::hmac_sha256;
use azure_core::http::Url;
use azure_core::http::headers::Headers;

/// The standard headers that are signed, in this order, each on a line of its own.
/// The date stands in `x-ms-date`, so that `date` stays empty.
const SIGNED: [&str; 11] = [
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
];

/// The value of the header `Authorization`.
///
/// # Errors
/// A key that is no base64.
pub(super) fn authorization(
    account: &str,
    key: &str,
    verb: &str,
    url: &Url,
    headers: &Headers,
) -> azure_core::Result<String> {
    let text = string_to_sign(account, verb, url, headers);
    let signature = hmac_sha256(&text, &Secret::new(key.to_owned()))?;
    Ok(format!("SharedKey {account}:{signature}"))
}

fn string_to_sign(account: &str, verb: &str, url: &Url, headers: &Headers) -> String {
    let mut text = verb.to_owned();
    for name in SIGNED {
        let value = headers.get_optional_str(&name.into()).unwrap_or_default();
        // Since version 2015-02-21 a length of zero is signed as none.
        let value = if name == "content-length" && value == "0" { "" } else { value };
        text.push('\n');
        text.push_str(value.trim());
    }
    let mut own: Vec<(String, &str)> = headers
        .iter()
        .map(|(name, value)| (name.as_str().to_ascii_lowercase(), value.as_str().trim()))
        .filter(|(name, _)| name.starts_with("x-ms-"))
        .collect();
    own.sort();
    text.push('\n');
    for (name, value) in own {
        text.push_str(&format!("{name}:{value}\n"));
    }
    text.push_str(&resource(account, url));
    text
}

/// Account and encoded path, then the parameters, decoded and in order. An emulator has the account in its path, too,
/// and there it stands twice.
fn resource(account: &str, url: &Url) -> String {
    let mut parameters: Vec<(String, String)> =
        url.query_pairs().map(|(name, value)| (name.to_lowercase(), value.into_owned())).collect();
    parameters.sort();
    let mut text = format!("/{account}{}", url.path());
    let mut last = None;
    for (name, value) in &parameters {
        // Values of one name are a list.
        if last == Some(name) {
            text.push(',');
        } else {
            text.push_str(&format!("\n{name}:"));
        }
        text.push_str(value);
        last = Some(name);
    }
    text
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> Headers {
        let mut headers = Headers::new();
        for (name, value) in pairs {
            headers.insert(*name, *value);
        }
        headers
    }

    /// The example of Microsoft's page for Get Container Metadata.
    #[test]
    fn documented_request_has_the_documented_string() {
        let url =
            "https://myaccount.blob.core.windows.net/mycontainer?comp=metadata&restype=container&timeout=20";
        let headers =
            headers(&[("x-ms-version", "2015-02-21"), ("x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT")]);
        let expected = "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\n\
            x-ms-version:2015-02-21\n/myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20";
        assert_eq!(string_to_sign("myaccount", "GET", &url.parse().unwrap(), &headers), expected);
    }

    /// The page's resource of a listing with several values of one parameter.
    #[test]
    fn documented_listing_has_the_documented_resource() {
        let url = "https://myaccount.blob.core.windows.net/mycontainer?restype=container&comp=list\
            &include=snapshots&include=metadata&include=uncommittedblobs";
        let expected = "/myaccount/mycontainer\ncomp:list\ninclude:metadata,snapshots,uncommittedblobs\n\
            restype:container";
        assert_eq!(resource("myaccount", &url.parse().unwrap()), expected);
        let emulator = "http://127.0.0.1:10000/devstoreaccount1/c/a%2Fb?blockid=YWI%2BYw%3D%3D";
        let expected = "/devstoreaccount1/devstoreaccount1/c/a%2Fb\nblockid:YWI+Yw==";
        assert_eq!(resource("devstoreaccount1", &emulator.parse().unwrap()), expected);
    }

    #[test]
    fn standard_headers_stand_in_their_lines_and_a_length_of_zero_is_none() {
        let url: Url = "https://a.blob.core.windows.net/c/b".parse().unwrap();
        let pairs = [
            ("content-length", "11"),
            ("content-md5", "md5"),
            ("content-type", "text/plain"),
            ("if-match", "etag"),
            ("range", "bytes=0-1"),
        ];
        let expected = "PUT\n\n\n11\nmd5\ntext/plain\n\n\netag\n\n\nbytes=0-1\n/a/c/b";
        assert_eq!(string_to_sign("a", "PUT", &url, &headers(&pairs)), expected);
        let empty = string_to_sign("a", "PUT", &url, &headers(&[("content-length", "0")]));
        assert_eq!(empty, "PUT\n\n\n\n\n\n\n\n\n\n\n\n/a/c/b");
    }

    /// Microsoft's examples come without a key: this signature was made by `openssl dgst -sha256 -mac HMAC`.
    #[test]
    fn signature_is_the_one_of_openssl() {
        let url: Url = "https://a.blob.core.windows.net/c".parse().unwrap();
        let headers = headers(&[("x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT")]);
        let signed = authorization("a", "SmVmZUplZmVKZWZlSmVmZQ==", "GET", &url, &headers).unwrap();
        assert_eq!(signed, "SharedKey a:Q6Bk1VZpxr9LbLrNrvEPROAWE8n+On0cAQUk26W7Mjc=");
    }
}

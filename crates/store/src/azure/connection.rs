//! What the credentials of Azure are: an account key, a SAS, or a connection string that holds one of the two.

use azure_core::base64;
use zeroize::Zeroizing;

use crate::AzureConfig;

/// What requests are authorized with.
pub(super) enum Login {
    /// Each request is signed with the key of the account.
    Key {
        /// Whose key it is.
        account: String,
        /// In base64, as Azure shows it.
        key: Zeroizing<String>,
    },
    /// A shared access signature: the parameters go into the query of each request.
    Sas(Zeroizing<String>),
}

/// Why a text is none of them. It never holds a part of the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    Neither,
    KeyNotBase64,
    NothingInside,
    OtherAccount(String),
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Neither => f.write_str("the text is no account key, no SAS token and no connection string"),
            Self::KeyNotBase64 => f.write_str("the account key is no base64"),
            Self::NothingInside => {
                f.write_str("the connection string holds neither AccountKey nor SharedAccessSignature")
            }
            Self::OtherAccount(other) => {
                write!(f, "the connection string is for the account {other}, and the store names another one")
            }
        }
    }
}

impl std::error::Error for Unreadable {}

/// Reads the credentials of a container; with them the endpoint, where they name one.
///
/// # Errors
/// Why they can't be used.
pub(super) fn login(text: &str, config: &AzureConfig) -> Result<(Login, Option<String>), Unreadable> {
    let text = text.trim();
    if let Some(parts) = Parts::of(text) {
        if let Some(account) = parts.account()
            && account != config.account
        {
            return Err(Unreadable::OtherAccount(account));
        }
        let login = match (parts.get("AccountKey"), parts.get("SharedAccessSignature")) {
            (Some(key), _) => Login::Key { account: config.account.clone(), key: account_key(key)? },
            (None, Some(sas)) => Login::Sas(sas_token(sas).ok_or(Unreadable::Neither)?),
            (None, None) => return Err(Unreadable::NothingInside),
        };
        return Ok((login, parts.endpoint()));
    }
    if let Some(sas) = sas_token(text) {
        return Ok((Login::Sas(sas), None));
    }
    let key = account_key(text).map_err(|_| Unreadable::Neither)?;
    Ok((Login::Key { account: config.account.clone(), key }, None))
}

/// Account and endpoint of a connection string; `None` when the text is something else.
pub fn connection(text: &str) -> Option<(String, Option<String>)> {
    let parts = Parts::of(text.trim())?;
    Some((parts.account()?, parts.endpoint()))
}

/// Azure makes keys of 64 bytes. Fewer than 16 are a word that happens to be base64.
fn account_key(text: &str) -> Result<Zeroizing<String>, Unreadable> {
    match base64::decode(text).map(Zeroizing::new) {
        Ok(key) if key.len() >= 16 => Ok(Zeroizing::new(text.to_owned())),
        _ => Err(Unreadable::KeyNotBase64),
    }
}

fn sas_token(text: &str) -> Option<Zeroizing<String>> {
    let token = text.trim_start_matches('?');
    let signed = token.split('&').any(|pair| pair.strip_prefix("sig=").is_some_and(|sig| !sig.is_empty()));
    (signed && !token.contains(char::is_whitespace)).then(|| Zeroizing::new(token.to_owned()))
}

/// `Name=value;Name=value`. Values hold `=` themselves.
struct Parts<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Option<Self> {
        const NAMES: [&str; 4] = ["AccountName", "AccountKey", "SharedAccessSignature", "BlobEndpoint"];
        let parts: Option<Vec<_>> = text
            .split(';')
            .filter(|part| !part.trim().is_empty())
            .map(|part| part.trim().split_once('='))
            .collect();
        let parts = parts?;
        let known = |name: &str| NAMES.iter().any(|known| known.eq_ignore_ascii_case(name));
        parts.iter().any(|(name, _)| known(name)).then_some(Self(parts))
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        let found = self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| *value).filter(|value| !value.is_empty())
    }

    /// As it is named, or as the endpoint has it: in the path for an address, else in front of the host.
    fn account(&self) -> Option<String> {
        if let Some(name) = self.get("AccountName") {
            return Some(name.to_owned());
        }
        let url = url::Url::parse(self.get("BlobEndpoint")?).ok()?;
        let account = match url.host()? {
            url::Host::Domain(host) if host.contains('.') => host.split('.').next()?,
            _ => url.path_segments()?.next()?,
        };
        (!account.is_empty()).then(|| account.to_owned())
    }

    fn endpoint(&self) -> Option<String> {
        if let Some(endpoint) = self.get("BlobEndpoint") {
            return Some(endpoint.trim_end_matches('/').to_owned());
        }
        let scheme = self.get("DefaultEndpointsProtocol").unwrap_or("https");
        let suffix = self.get("EndpointSuffix").unwrap_or("core.windows.net");
        let usual = scheme == "https" && suffix == "core.windows.net";
        (!usual).then(|| Some(format!("{scheme}://{}.blob.{suffix}", self.account()?))).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "Zm9yIHRoZSB0ZXN0cyBvZiBhaXR0YSBvbmx5";
    const SAS: &str = "sv=2024-11-04&ss=b&sp=rwl&se=2030-01-01T00:00:00Z&sig=c2lnbmF0dXJl%3D";

    fn config() -> AzureConfig {
        AzureConfig {
            account: "aitta".to_owned(),
            container: "backups".to_owned(),
            prefix: String::new(),
            endpoint: None,
            tier: "Hot".to_owned(),
            plain_http: false,
        }
    }

    fn read(text: &str) -> Result<(String, Option<String>), Unreadable> {
        login(text, &config()).map(|(login, endpoint)| match login {
            Login::Key { account, key } => (format!("{account} {}", key.as_str()), endpoint),
            Login::Sas(sas) => (sas.as_str().to_owned(), endpoint),
        })
    }

    #[test]
    fn keys_tokens_and_connection_strings_are_told_apart() {
        assert_eq!(read(KEY), Ok((format!("aitta {KEY}"), None)));
        assert_eq!(read(&format!(" {KEY}\n")), Ok((format!("aitta {KEY}"), None)));
        assert_eq!(read(SAS), Ok((SAS.to_owned(), None)));
        assert_eq!(read(&format!("?{SAS}")), Ok((SAS.to_owned(), None)));
        let with_key = format!(
            "DefaultEndpointsProtocol=https;AccountName=aitta;AccountKey={KEY};EndpointSuffix=core.windows.net"
        );
        assert_eq!(read(&with_key), Ok((format!("aitta {KEY}"), None)));
        let with_sas =
            format!("BlobEndpoint=https://aitta.blob.core.windows.net/;SharedAccessSignature={SAS}");
        let endpoint = "https://aitta.blob.core.windows.net".to_owned();
        assert_eq!(read(&with_sas), Ok((SAS.to_owned(), Some(endpoint))));
    }

    #[test]
    fn what_is_none_of_them_is_refused_without_being_shown() {
        let none = ["", "hunter2", "not a key at all", "sv=2024-11-04&sp=r", "c2hvcnQ="];
        for text in none {
            assert_eq!(read(text), Err(Unreadable::Neither), "{text}");
        }
        assert_eq!(read("AccountName=aitta;AccountKey=hunter2!"), Err(Unreadable::KeyNotBase64));
        assert_eq!(read("AccountName=aitta"), Err(Unreadable::NothingInside));
        let other = read(&format!("AccountName=other;AccountKey={KEY}"));
        assert_eq!(other, Err(Unreadable::OtherAccount("other".to_owned())));
        for error in [read("AccountName=aitta;AccountKey=hunter2!"), read("hunter2")] {
            assert!(error.is_err_and(|error| !error.to_string().contains("hunter2")));
        }
    }

    #[test]
    fn connection_string_names_account_and_endpoint() {
        let told =
            |text: &str| connection(text).map(|(account, endpoint)| (account, endpoint.unwrap_or_default()));
        let expected = |account: &str, endpoint: &str| Some((account.to_owned(), endpoint.to_owned()));
        assert_eq!(told(&format!("AccountName=aitta;AccountKey={KEY}")), expected("aitta", ""));
        let china = format!("AccountName=aitta;AccountKey={KEY};EndpointSuffix=core.chinacloudapi.cn");
        assert_eq!(told(&china), expected("aitta", "https://aitta.blob.core.chinacloudapi.cn"));
        let local = format!("BlobEndpoint=http://127.0.0.1:10000/local;SharedAccessSignature={SAS}");
        assert_eq!(told(&local), expected("local", "http://127.0.0.1:10000/local"));
        let cloud = format!("BlobEndpoint=https://aitta.blob.core.windows.net/;SharedAccessSignature={SAS}");
        assert_eq!(told(&cloud), expected("aitta", "https://aitta.blob.core.windows.net"));
        for text in [KEY, SAS, "", "hunter2"] {
            assert_eq!(connection(text), None, "{text}");
        }
    }
}

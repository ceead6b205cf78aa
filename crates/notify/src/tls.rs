//! TLS, the same for HTTP and mail.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

/// Trusts what the system trusts, and `roots` (DER) besides.
///
/// On a system that trusts nobody, as in a container without certificates, only `roots` are trusted. Then TLS fails
/// when it is used, and receivers in the own network are reached all the same.
///
/// # Errors
/// A root is malformed.
pub(crate) fn config(roots: &[Vec<u8>]) -> Result<ClientConfig, rustls::Error> {
    // Named here: the default of the process depends on which features other crates have switched on.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots: Vec<CertificateDer<'static>> = roots.iter().cloned().map(CertificateDer::from).collect();
    let mut store = RootCertStore::empty();
    for root in &roots {
        store.add(root.clone())?;
    }
    let builder =
        ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let config = match Verifier::new_with_extra_roots(roots, provider) {
        Ok(verifier) => builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)),
        Err(_) => builder.with_root_certificates(store),
    };
    Ok(config.with_no_client_auth())
}

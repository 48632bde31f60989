//! Which certificates are trusted: those of `SSL_CERT_FILE`, else the system's.

use std::fs;
use std::sync::Arc;

use chancery_pki::pem;
use rustls::pki_types::CertificateDer;
use tokio_rustls::TlsConnector;

use super::Failure;
use crate::client_env::SYSTEM_ROOTS;

/// A TLS client that trusts the certificates of a PEM file.
pub(super) fn connector(file: Option<&str>) -> Result<TlsConnector, Failure> {
    let wrong = |why: String| Failure::Usage(format!("SSL_CERT_FILE: {why}"));
    let path = match file.filter(|path| !path.is_empty()) {
        Some(path) => path,
        None => SYSTEM_ROOTS
            .into_iter()
            .find(|path| fs::exists(path).unwrap_or(false))
            .ok_or_else(|| wrong("is not set, and the system has no trusted roots".to_owned()))?,
    };
    let text = fs::read_to_string(path).map_err(|error| wrong(format!("{path}: {error}")))?;
    let blocks = pem::parse(&text).map_err(|error| wrong(format!("{path}: {error}")))?;
    let certificates = blocks
        .into_iter()
        .filter(|block| block.label == "CERTIFICATE");
    let mut roots = rustls::RootCertStore::empty();
    // Systems have some that the library does not take.
    let (taken, _) =
        roots.add_parsable_certificates(certificates.map(|block| CertificateDer::from(block.der)));
    if taken == 0 {
        return Err(wrong(format!(
            "{path}: holds no certificate that can be trusted"
        )));
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

//! Which certificates are trusted: those of a file, else the system's.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chancery_pki::pem;
use chancery_store::in_words;
use rustls::pki_types::CertificateDer;
use tokio_rustls::TlsConnector;

use super::Failure;
use super::settings::Given;
use crate::client_env::SYSTEM_ROOTS;

/// A TLS client that trusts the certificates of a PEM file.
pub(super) fn connector(file: Option<&Given<PathBuf>>) -> Result<TlsConnector, Failure> {
    let by = file.map_or("the system", |file| &file.by);
    let wrong = |why: String| Failure::Usage(format!("{by}: {why}"));
    let system = || {
        let mut roots = SYSTEM_ROOTS.into_iter().map(Path::new);
        roots.find(|path| path.exists())
    };
    let path = match file {
        Some(file) => file.value.as_path(),
        None => system().ok_or_else(|| wrong("it has no trusted roots; give --ca-file".into()))?,
    };
    let shown = path.display();
    let text = fs::read_to_string(path);
    let text = text.map_err(|error| wrong(format!("{shown}: {}", in_words(&error))))?;
    let blocks = pem::parse(&text).map_err(|error| wrong(format!("{shown}: {error}")))?;
    let certificates = blocks
        .into_iter()
        .filter(|block| block.label == "CERTIFICATE");
    let mut roots = rustls::RootCertStore::empty();
    // Systems have some that the library does not take.
    let (taken, _) =
        roots.add_parsable_certificates(certificates.map(|block| CertificateDer::from(block.der)));
    if taken == 0 {
        return Err(wrong(format!(
            "{shown}: holds no certificate that can be trusted"
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
